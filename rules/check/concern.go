package check

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/tree"
	"ptreview/semantics/names"
)

// Ignored reports whether it is certain, from text alone, that no rule which
// needs a class says anything about a series: each ignores every change. It
// knows changes within C files of generic code; of anything else it says
// false. index returns what the names of a tree can mean, and is asked only
// where that can decide. The error is a failure to read, or the end of ctx.
func Ignored(ctx context.Context, req *Request, index func(tree.Tree) (*names.Index, error)) (bool, error) {
	if len(req.Prefixes) < 2 || !mayIgnore(req) {
		return false, nil
	}
	ix, err := index(req.Prefixes[0].Tree)
	if err != nil || ix == nil {
		return false, err
	}
	for k := 1; k < len(req.Prefixes); k++ {
		for _, f := range req.Prefixes[k].Changed {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			if !readsAsC(f) {
				continue
			}
			c, err := compare(req, ix, k, f.Path)
			if err != nil || !req.ignores(c) {
				return false, err
			}
		}
	}
	return true, nil
}

// mayIgnore reports whether a series has nothing but changes that rules can
// ignore, and some that they would read otherwise. Code of mm is left out, as
// it is about what the rules look for.
func mayIgnore(req *Request) bool {
	for _, rule := range req.Rules {
		if rule.readsClasses() && rule.Ignores == nil {
			return false
		}
	}
	some := false
	for k := 1; k < len(req.Prefixes); k++ {
		for _, f := range req.Prefixes[k].Changed {
			for _, p := range []string{f.Path, f.Old} {
				if isReviewed(p) && (isKconfigFile(p) || isMakefile(p)) {
					return false
				}
			}
			if !readsAsC(f) {
				continue
			}
			if f.Path != f.Old || path.Ext(f.Path) != ".c" || ArchOf(f.Path) != "generic" || strings.HasPrefix(f.Path, "mm/") {
				return false
			}
			some = true
		}
	}
	return some
}

// readsAsC reports whether a file that a patch changed is C code of the kernel.
func readsAsC(f ChangedFile) bool {
	return isC(f.Path) && isReviewed(f.Path) || isC(f.Old) && isReviewed(f.Old)
}

// compare says what patch k can mean in one C file; nil if that is not known.
func compare(req *Request, ix *names.Index, k int, file string) (*names.Change, error) {
	cache := req.Reader.Cache()
	before, err := version(req, cache, k-1, file)
	if names.IsNotKnown(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	after, err := version(req, cache, k, file)
	if names.IsNotKnown(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ix.Compare(cache.Names, before, after), nil
}

func version(req *Request, cache *cpp.Cache, k int, file string) (names.File, error) {
	data, err := fs.ReadFile(req.Prefixes[k].Tree, file)
	if err != nil {
		return names.File{}, err
	}
	return names.Version(req.Prefixes[k].Tree, cache, cache.Set.Add(file, data))
}

// ignores reports whether all rules ignore a change.
func (req *Request) ignores(c *names.Change) bool {
	if c == nil {
		return false
	}
	for _, rule := range req.Rules {
		if rule.readsClasses() && !rule.Ignores(c) {
			return false
		}
	}
	return true
}

// concerns reports whether a rule would read anything on an architecture: some
// changed definition is compiled into its kernel, or what is configured or
// built may change. Programs of the kernel tree that run elsewhere and other
// architectures' files concern it not, as gatherer.applies sees it.
func (r *review) concerns(a *arch.Arch) bool {
	for k := range r.changes {
		for i := range r.changes[k] {
			c := &r.changes[k][i]
			if isReviewed(c.Path) && (c.Arch == "generic" || c.Arch == a.Name) {
				return true
			}
		}
	}
	for k := 1; k < len(r.Prefixes); k++ {
		if r.touches(k, a, isKconfigFile) != nil || r.touches(k, a, isMakefile) != nil {
			return true
		}
	}
	return false
}

// noteUnconcerned names the architectures without a class that was looked at
// because no rule would read anything there.
func (r *review) noteUnconcerned() {
	var names []string
	for _, a := range r.Archs {
		if !r.concerns(a) {
			names = append(names, a.Name)
		}
	}
	switch {
	case len(r.Prefixes) == 0 || len(names) == 0:
	case len(names) == len(r.Archs):
		r.Notes = append(r.Notes, "nothing that the series changes is code that a rule reads: no configuration was looked at")
	default:
		r.Notes = append(r.Notes, fmt.Sprintf("the series changes no code of %s: no configuration of them was looked at", strings.Join(names, ", ")))
	}
}
