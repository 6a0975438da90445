package kconfig

import (
	"errors"
	"fmt"
)

// Pos is a line of a file of the tree. Path is slash-separated and relative
// to the root of the tree; Line starts at 1.
type Pos struct {
	Path string
	Line int
}

// String returns path:line.
func (p Pos) String() string { return fmt.Sprintf("%s:%d", p.Path, p.Line) }

// Error is one thing that cannot be read or does not make sense, and where.
type Error struct {
	Pos Pos
	Msg string
}

// Error returns path:line: message.
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Msg }

// Warning is what the kernel's conf would print and carry on after.
type Warning struct {
	Pos Pos
	Msg string
}

// String returns path:line: warning: message.
func (w Warning) String() string { return w.Pos.String() + ": warning: " + w.Msg }

// maxErrors bounds how many mistakes of one input are collected.
const maxErrors = 20

// errorList collects mistakes; its zero value is empty.
type errorList struct{ list []error }

func (l *errorList) add(pos Pos, format string, args ...any) {
	if len(l.list) < maxErrors {
		l.list = append(l.list, &Error{Pos: pos, Msg: fmt.Sprintf(format, args...)})
	}
}

func (l *errorList) full() bool { return len(l.list) >= maxErrors }

// err returns nil, the only error, or all of them joined.
func (l *errorList) err() error {
	if len(l.list) == 1 {
		return l.list[0]
	}
	return errors.Join(l.list...)
}
