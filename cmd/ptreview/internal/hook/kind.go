// Package hook installs ptreview as a hook of git, takes it away again, and
// reads what git gives a hook: which commits are pushed, and which options came
// with the push.
//
// The package leaves out the reviews, and what becomes of their result.
package hook

import (
	"fmt"
	"slices"

	"ptreview/cmd/ptreview/internal/near"
)

// Kind is a hook that ptreview can be.
type Kind struct {
	Name string // "pre-commit"
	// Reviews is what the hook looks at.
	Reviews Subject
	// Input says that git writes lines to standard input.
	Input bool
	// Receives says that it runs where commits are pushed to.
	Receives bool
}

// Subject is what a hook reviews.
type Subject int

const (
	// Index is what is staged, on HEAD.
	Index Subject = iota
	// Head is the last commit.
	Head
	// Pushed are the commits of a push.
	Pushed
	// Mail is a patch mail that is about to be sent.
	Mail
)

// Kinds returns the hooks that ptreview can be.
// Source: githooks(5), git 2.39.
func Kinds() []Kind {
	return []Kind{
		{Name: "pre-commit", Reviews: Index},
		{Name: "commit-msg", Reviews: Index},
		{Name: "pre-applypatch", Reviews: Index},
		{Name: "post-applypatch", Reviews: Head},
		{Name: "pre-push", Reviews: Pushed, Input: true},
		{Name: "pre-receive", Reviews: Pushed, Input: true, Receives: true},
		{Name: "update", Reviews: Pushed, Receives: true},
		{Name: "sendemail-validate", Reviews: Mail},
	}
}

// Named returns the kind of a name.
func Named(name string) (Kind, error) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("there is no hook %q to be%s", name, near.Instead(name, names(), "the kinds are"))
}

func names() []string {
	var list []string
	for _, k := range Kinds() {
		list = append(list, k.Name)
	}
	slices.Sort(list)
	return list
}
