package coverage

import (
	"errors"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// part is what one unit adds to a row.
type part struct {
	file     string
	read     bool
	bodies   map[body]outcome
	failures map[Failure]bool // Units and Unit are not set
}

// body is one function definition.
type body struct {
	file string
	line int
	name string
}

// outcome is how far a body came.
type outcome uint8

const (
	unparsed outcome = iota
	parsed
	typed
)

func newPart(file string) *part {
	return &part{file: file, bodies: make(map[body]outcome), failures: make(map[Failure]bool)}
}

// unit reads everything of u.
func (p *part) unit(u *unit.Unit) {
	for _, g := range u.Gaps {
		if !g.Harmless() { // otherwise bodies that need the header fail
			p.gap(g)
		}
	}
	for _, d := range u.File.Decls() {
		if fn, ok := d.(*syntax.FuncDef); ok {
			p.body(u, fn)
		}
	}
	var errs []error
	for _, name := range u.Types.Objects() {
		errs = append(errs, u.Types.Init(u.Types.Lookup(name))...)
	}
	errs = append(errs, u.Types.StaticAsserts()...)
	for _, err := range append(errs, u.Types.Errors()...) {
		var parser *syntax.Error
		if !errors.As(err, &parser) { // that was a gap
			p.fail(Type, err, "")
		}
	}
}

func (p *part) gap(g unit.Gap) {
	switch g.Kind {
	case unit.NotGenerated:
		p.failAt(Generated, g.At, g.Name+": "+strings.TrimPrefix(g.Err.Error(), g.Name+": "), "")
	case unit.NoHeader:
		p.failAt(Header, g.At, "there is no "+g.Name, "")
	case unit.Preprocessing:
		p.fail(Preprocess, g.Err, "")
	case unit.Syntax:
		p.fail(Declaration, g.Err, "")
	}
}

func (p *part) body(u *unit.Unit, fn *syntax.FuncDef) {
	at := u.Types.Position(fn.NameAt)
	key := body{at.Path, at.Line, fn.Name}
	if _, err := u.File.Body(fn); err != nil {
		p.fail(BodyParse, err, fn.Name)
		p.bodies[key] = unparsed
		return
	}
	_, errs := u.Types.Check(fn)
	for _, err := range errs {
		p.fail(BodyType, err, fn.Name)
	}
	if len(errs) > 0 {
		p.bodies[key] = parsed
		return
	}
	p.bodies[key] = typed
}

// fail records an error, each one of a list for itself.
func (p *part) fail(kind Kind, err error, function string) {
	var list syntax.ErrorList
	if errors.As(err, &list) {
		for _, e := range list {
			p.failAt(kind, e.Pos, e.Msg, function)
		}
		return
	}
	at, reason := place(err)
	p.failAt(kind, at, reason, function)
}

func (p *part) failAt(kind Kind, at source.Position, reason, function string) {
	f := Failure{Kind: kind, Reason: reason, File: at.Path, Line: at.Line, Function: function}
	if f.File == "" {
		f.File = p.file
	}
	p.failures[f] = true
}

// place takes an error apart.
func place(err error) (at source.Position, reason string) {
	var (
		syntaxError *syntax.Error
		cppError    *cpp.Error
		typeError   *types.Error
		undeclared  *types.UndeclaredError
		member      *types.MemberError
		assert      *types.AssertError
		unsupported *types.UnsupportedError
	)
	switch {
	case errors.As(err, &syntaxError):
		at = syntaxError.Pos
	case errors.As(err, &cppError):
		at = cppError.Position
	case errors.As(err, &typeError):
		at = typeError.Position
	case errors.As(err, &undeclared):
		at = undeclared.Position
	case errors.As(err, &member):
		at = member.Position
	case errors.As(err, &assert):
		at = assert.Position
	case errors.As(err, &unsupported):
		at = unsupported.Position
	}
	reason = err.Error()
	if prefix := at.String() + ": "; len(reason) > len(prefix) && reason[:len(prefix)] == prefix {
		reason = reason[len(prefix):]
	}
	return at, reason
}
