package cpp

import (
	"strings"

	"ptreview/parse/source"
)

// Error is what is wrong at a place of a unit.
type Error struct {
	Position source.Position
	Includes []source.Position // the #include lines that led there, innermost first
	Message  string
}

// Error returns file:line:col: message.
func (e *Error) Error() string { return e.Position.String() + ": " + e.Message }

// Stack returns the message with a line for every #include that led there.
func (e *Error) Stack() string {
	var b strings.Builder
	for _, p := range e.Includes {
		b.WriteString("included from " + p.String() + "\n")
	}
	b.WriteString(e.Error())
	return b.String()
}

// LimitError ends a unit that would cost more than Options.Limits allow.
type LimitError struct{ Cause *Error }

// Error returns file:line:col: message.
func (e *LimitError) Error() string { return e.Cause.Error() }

// Unwrap returns the place and what was exceeded.
func (e *LimitError) Unwrap() error { return e.Cause }
