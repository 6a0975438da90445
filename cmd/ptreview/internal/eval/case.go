// Package eval holds reviews against what is expected of them. A case names a
// kernel and patches, and says what has to be found there and what must not be;
// what came of many cases makes the recall and the precision of each rule.
//
// It reads cases, makes their patches and compares reports with them. Which
// folder a kernel lies in, and how it is reviewed, is left to the caller.
package eval

import (
	"regexp"

	"ptreview/rules/check"
)

// Case is one review, and what is expected of it.
type Case struct {
	Name string // of the file, and behind a colon its own if it has one
	File string // the file it stands in
	Why  string // what it is about

	// Tree names the kernel: a name that the caller knows, or a folder beside the
	// file, if there is a slash in it.
	Tree  Text
	Archs []Text // none for all
	// Quick are the architectures that stand for all in a quick run; an empty list
	// leaves the case out of it, nil leaves it as it is.
	Quick  []Text
	Config Text // a .config beside the file; "" for the usual configurations

	Base    []Patch // that are put on the kernel first
	Patches []Patch // that are reviewed

	Expect []*Expectation // that have to be found
	Allow  []*Expectation // that may be found
	Clean  bool           // nothing but notes may be found
	NotRun []*NotRun      // what is known not to be run
}

// Text is a text of a file.
type Text struct {
	Value string
	Line  int // from 1
}

// Patch is one step of a series. It has a mail, or a file, or edits, or files to
// restore.
type Patch struct {
	Mail    Text // a mail of the corpus; a pattern of exactly one
	File    Text // a patch beside the file
	Reverse bool // it is taken out instead
	Edits   []Edit
	Restore []Text // files that become what the kernel has
	// Subject and Message are what edits and restored files say of themselves.
	Subject string
	Message string
	Line    int
}

// Edit replaces the one match of an expression in a file of the kernel.
type Edit struct {
	File  Text
	Match *regexp.Regexp
	With  string // as of Regexp.Expand
	Every bool   // or every one
	Line  int
}

// Expectation describes findings. Of a list any may be it, and what is empty may
// be anything.
type Expectation struct {
	Rules    []string
	Severity check.Severity
	Archs    []string
	Helpers  []string
	Entries  []string
	Files    []string // patterns, as of path.Match
	LineText *regexp.Regexp
	Message  *regexp.Regexp
	Patch    int    // the first bad one; 0 for any
	FixedBy  int    // the patch that repairs it; 0 for any or none
	Why      string // it is right
	Missed   string // why it is known not to be found; "" for what has to be
	Line     int    // where it stands in its file
}

// NotRun are units of work that are known not to be run.
type NotRun struct {
	Reason *regexp.Regexp
	Why    string
}
