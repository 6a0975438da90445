// Package config reads what files and the environment set. It knows files and
// variables, their places and their mistakes; what settings there are, and what
// becomes of their values, is the business of the commands.
package config

import "strings"

// Kind is what the value of a setting looks like.
type Kind int

// The kinds of values.
const (
	Word   Kind = iota // text or a number
	List               // several; a single one may stand without brackets
	Switch             // true or false
)

// Setting is something that can be set.
type Setting struct {
	Key  string // as in a file: "fail-on"
	Kind Kind
	// Refused says why a tree that is reviewed may not set it, "" if it may:
	// nothing that such a tree sets can have a command run, anything sent, or
	// a file written or read outside of it.
	Refused string
	// Check says what is wrong with a word of the value; nil takes any.
	Check func(word string) error
}

// prefix begins the names of variables.
const prefix = "PTREVIEW_"

// Variable is the name of a setting in the environment: "PTREVIEW_FAIL_ON".
func (s *Setting) Variable() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(s.Key, "-", "_"))
}

// Level is where a value stands. A lower one hides those above it.
type Level int

// The levels, by precedence.
const (
	Environment Level = iota
	Tree
	User
	System
)

// levelNames are for people.
func levelNames() []string { return []string{"environment", "tree", "user", "system"} }

func (l Level) String() string { return levelNames()[l] }

// Value is what one place says of one setting.
type Value struct {
	Key   string
	Kind  Kind
	Words []string // one of a Word; "true" or "false" of a Switch
	Level Level
	Place string // "/etc/ptreview/config.yaml:3", "PTREVIEW_FAIL_ON"
}

// Text shows the value as a flag takes it.
func (v *Value) Text() string { return strings.Join(v.Words, ",") }
