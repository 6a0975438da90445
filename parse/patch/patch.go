// Package patch reads unified diffs out of mails and applies them.
//
// It knows the diffs that git, quilt and diff -u write, and what mail does to
// them: signatures, notes below ---, base-commit blocks, scissors, diffs in
// the text of a reply. Every hunk is counted: text is part of a hunk only if
// the counts of its header say so, and a hunk whose lines do not add up is an
// error with its place. Quoted code (`> +…`) is never a patch.
//
// It leaves out binary content, symbolic links and submodules, which are named
// and skipped, and combined and context diffs, which are refused. Which mails
// make a series is the matter of parse/series.
package patch

import (
	"fmt"

	"ptreview/parse/mbox"
)

// Patch is the diff of one mail, with its commit message.
type Patch struct {
	Mail    string // name of the mail's file, as messages print it
	Kind    Kind
	Subject string       // of the mail, or given in its text
	From    mbox.Address // of the mail, or given in its text

	Message     string // commit message: the text before --- or the diff
	MessageLine int    // line of Mail on which Message begins
	BaseCommit  string // of the base-commit trailer, "" without one

	Files    []*File
	Warnings []Warning
}

// Kind is what a mail is to a reviewer.
type Kind int

const (
	Plain     Kind = iota // talk: no diff, no cover letter
	Cover                 // the letter before a series
	Diff                  // a patch
	Reply                 // an answer without a diff of its own
	ReplyDiff             // an answer with an unquoted diff in its text
)

func (k Kind) String() string {
	switch k {
	case Cover:
		return "cover letter"
	case Diff:
		return "patch"
	case Reply:
		return "reply"
	case ReplyDiff:
		return "reply with a diff"
	}
	return "mail without a diff"
}

// Op is what a patch does to a file.
type Op int

const (
	Modify Op = iota
	Create
	Delete
	Rename // may modify too
	Copy   // may modify too
	Mode   // only the mode changes
)

func (o Op) String() string {
	return [...]string{"modify", "create", "delete", "rename", "copy", "mode"}[o]
}

// File is what a patch does to one file. Paths are slash-separated, relative
// to the top of the tree, and safe: no path leaves it or enters .git.
type File struct {
	Op       Op
	OldPath  string // "" for Create
	NewPath  string // "" for Delete
	OldMode  string // octal as written, "" if not given
	NewMode  string
	OldIndex string // abbreviated blob ids of the index line, "" without one
	NewIndex string
	Binary   bool // content is not shown, or is a git binary patch
	Hunks    []*Hunk
	MailLine int // line of the mail on which the file's header begins
}

// Path returns the path a reader knows the file by: the new one if there is one.
func (f *File) Path() string {
	if f.NewPath != "" {
		return f.NewPath
	}
	return f.OldPath
}

// Hunk is one @@ block. Starts are line numbers from 1, or 0 in an empty file.
type Hunk struct {
	OldStart, OldLines int
	NewStart, NewLines int
	Section            string // text after the second @@
	Lines              []Line
	MailLine           int // line of the mail with the @@
}

// Line is one line of a hunk.
type Line struct {
	Op       byte   // ' ', '+' or '-'
	Text     string // without operator and newline
	NoEOL    bool   // the file ends here without a newline
	MailLine int
}

// Header returns the @@ line of the hunk in full form.
func (h *Hunk) Header() string {
	s := fmt.Sprintf("@@ -%d,%d +%d,%d @@", h.OldStart, h.OldLines, h.NewStart, h.NewLines)
	if h.Section != "" {
		s += " " + h.Section
	}
	return s
}

// Warning is something odd that did not keep the patch from being read.
type Warning struct {
	Mail string
	Line int
	Text string
}

func (w Warning) String() string { return fmt.Sprintf("%s:%d: %s", w.Mail, w.Line, w.Text) }

// Parse reads the diff in text. name is the file that messages name, and
// lineAt maps a line of text, from 1, to a line of that file; nil is identity.
// A text without any diff is a Patch without files.
// Errors: *SyntaxError, *WhitespaceError, *PathError.
func Parse(name string, text []byte, lineAt func(int) int) (*Patch, error) {
	if lineAt == nil {
		lineAt = func(n int) int { return n }
	}
	s := &scanner{lines: splitLines(text), lineAt: lineAt, patch: &Patch{Mail: name}}
	if err := s.scan(); err != nil {
		return nil, err
	}
	s.message()
	s.checkDiffstat()
	if len(s.patch.Files) > 0 {
		s.patch.Kind = Diff
	}
	return s.patch, nil
}

// FromMail reads the diff in a mail and tells what kind of mail it is.
// Errors: those of Parse, and *mbox.Error for a mail that was not read in full.
func FromMail(m *mbox.Mail) (*Patch, error) {
	if m.Err != nil {
		return nil, m.Err
	}
	p, err := Parse(m.File, m.Body, m.FileLine)
	if err != nil {
		return nil, err
	}
	p.Kind = classify(m, len(p.Files) > 0)
	p.Message = m.Text([]byte(p.Message))
	if p.Kind == Diff {
		p.readInBodyHeader()
	}
	if p.Subject == "" {
		p.Subject = m.Subject
	}
	if p.From == (mbox.Address{}) {
		p.From = m.From
	}
	for _, n := range m.Notes {
		p.Warnings = append(p.Warnings, Warning{Mail: n.File, Line: n.Line, Text: n.Text})
	}
	return p, nil
}

// KindOfBroken tells what kind of mail m is when FromMail could not read it:
// what cannot be read counts as a diff, so that nobody takes it for talk.
func KindOfBroken(m *mbox.Mail) Kind { return classify(m, true) }

func classify(m *mbox.Mail, hasDiff bool) Kind {
	tag := mbox.ParseSubject(m.Subject)
	switch {
	case tag.Reply && hasDiff:
		return ReplyDiff
	case tag.Reply:
		return Reply
	case hasDiff:
		return Diff
	case tag.IsCover():
		return Cover
	}
	return Plain
}
