package unit

import (
	"errors"
	"fmt"
	"strings"

	"ptreview/arch"
	"ptreview/arch/kbuild"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/parse/tree"
	"ptreview/semantics/types"
)

// Unit is one C file as the compiler of a class reads it.
type Unit struct {
	Path  string
	Tree  tree.Tree
	Class *Class
	Flags *kbuild.Flags
	ABI   *arch.ABI

	Cpp   *cpp.Unit
	File  *syntax.File
	Types *types.Unit
	// Gaps are what could not be read, in order of position in the unit.
	Gaps []Gap
}

// GapKind says what is missing from a unit.
type GapKind uint8

// The kinds of gaps.
const (
	// NotGenerated is a header of the build that could not be made; the unit
	// was read as if it were empty.
	NotGenerated GapKind = iota
	// NoHeader is an #include for which there is no file.
	NoHeader
	// Preprocessing is an error of the preprocessor, an #error among them.
	Preprocessing
	// Syntax is a declaration that could not be parsed.
	Syntax
)

// Gap is one thing that could not be read.
type Gap struct {
	Kind GapKind
	// Name is the header of NotGenerated and NoHeader.
	Name string
	At   source.Position
	Err  error
}

// CouldDeclare reports whether name could stand in the header that is missing.
func (g Gap) CouldDeclare(name string) bool {
	switch g.Kind {
	case NotGenerated:
		return strings.Contains(name, g.names())
	case NoHeader:
		return true
	}
	return false
}

// Harmless reports a missing header that defines only names of a certain kind:
// what uses one of them shows it by itself.
func (g Gap) Harmless() bool { return g.Kind == NotGenerated && g.names() != "" }

// names is a part of every name that a header of NotGenerated defines.
func (g Gap) names() string {
	var not *kbuild.NotMadeError
	if errors.As(g.Err, &not) {
		return not.Names
	}
	return ""
}

// String returns one line for a report.
func (g Gap) String() string {
	switch g.Kind {
	case NotGenerated:
		return fmt.Sprintf("%s: generated header %s is empty: %v", g.At, g.Name, g.Err)
	case NoHeader:
		return fmt.Sprintf("%s: there is no header %s", g.At, g.Name)
	}
	return g.Err.Error()
}

// gaps collects what preprocessing and parsing left out.
func (u *Unit) gaps(failure func(name string) error, syntaxErrors []error) {
	for _, in := range u.Cpp.Includes {
		name := in.File().Path
		if err := failure(name); err != nil {
			u.Gaps = append(u.Gaps, Gap{Kind: NotGenerated, Name: name, At: u.Cpp.Set.Position(in.Pos), Err: err})
		}
	}
	absent := make(map[source.Position]bool)
	for _, m := range u.Cpp.Missing {
		at := u.Cpp.Set.Position(m.Pos)
		absent[at] = true
		u.Gaps = append(u.Gaps, Gap{Kind: NoHeader, Name: m.Name, At: at})
	}
	for _, e := range u.Cpp.Errors {
		if absent[e.Position] {
			continue // the same, said as an error
		}
		u.Gaps = append(u.Gaps, Gap{Kind: Preprocessing, At: e.Position, Err: e})
	}
	for _, e := range syntaxErrors {
		g := Gap{Kind: Syntax, Err: e}
		if se, ok := e.(*syntax.Error); ok {
			g.At = se.Pos
		}
		u.Gaps = append(u.Gaps, g)
	}
}
