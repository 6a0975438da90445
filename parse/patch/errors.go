package patch

import "fmt"

// Place is a spot in a mail, with the file and hunk it belongs to.
type Place struct {
	Mail string
	Line int
	Path string // "" outside a file
	Hunk int    // from 1; 0 outside a hunk
}

func (p Place) String() string {
	s := fmt.Sprintf("%s:%d:", p.Mail, p.Line)
	if p.Path != "" {
		s += " " + p.Path + ":"
	}
	if p.Hunk > 0 {
		s += fmt.Sprintf(" hunk %d:", p.Hunk)
	}
	return s
}

// SyntaxError is a diff that cannot be read.
type SyntaxError struct {
	Place
	Reason string
}

func (e *SyntaxError) Error() string { return e.Place.String() + " " + e.Reason }

// WhitespaceError is a diff whose white space was changed on the way, so that
// it cannot be applied as it stands.
type WhitespaceError struct {
	Place
	Reason string
}

func (e *WhitespaceError) Error() string {
	return fmt.Sprintf("%s white space is lost: %s; take the diff from the original mail", e.Place, e.Reason)
}

// PathError is a file name that a patch must not have.
type PathError struct {
	Place  // Path is empty: the name is not one
	Name   string
	Reason string
}

func (e *PathError) Error() string {
	return fmt.Sprintf("%s file name %q %s", e.Place, e.Name, e.Reason)
}
