package types

import (
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// Error is what is wrong with the C of a unit. Position is where the
// outermost macro use stands.
type Error struct {
	Loc      cpp.Loc
	Position source.Position
	Msg      string
}

func (e *Error) Error() string { return e.Position.String() + ": " + e.Msg }

// UndeclaredError is a name that no declaration before its use provides.
type UndeclaredError struct {
	Name     string
	Loc      cpp.Loc
	Position source.Position
	Call     bool // it is called: C89's implicit function declaration
	// Later is set when the unit declares the name, but only further down.
	Later bool
}

func (e *UndeclaredError) Error() string {
	what := "undeclared identifier"
	if e.Call {
		what = "call of undeclared function"
	}
	tail := ""
	if e.Later {
		tail = ", which is declared only further down"
	}
	return fmt.Sprintf("%s: %s %s%s", e.Position, what, e.Name, tail)
}

// MemberError is a member that a record does not have.
type MemberError struct {
	Name     string
	Record   *Record
	Loc      cpp.Loc
	Position source.Position
}

func (e *MemberError) Error() string {
	return fmt.Sprintf("%s: %s has no member %s", e.Position, e.Record, e.Name)
}

// AssertError is a _Static_assert that fails.
type AssertError struct {
	Message  string
	Loc      cpp.Loc
	Position source.Position
}

func (e *AssertError) Error() string {
	return fmt.Sprintf("%s: static assertion failed: %s", e.Position, e.Message)
}

// UnsupportedError is C that this package does not know the meaning of. It is
// a limit of ptreview, not a fault of the code.
type UnsupportedError struct {
	What     string
	Loc      cpp.Loc
	Position source.Position
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: not supported: %s", e.Position, e.What)
}
