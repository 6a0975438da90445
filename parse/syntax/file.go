package syntax

import (
	"errors"
	"sync"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// Options sets limits. The zero value is usable.
type Options struct {
	// MaxDepth bounds the nesting of the tree, so that neither this package
	// nor those that walk the tree exhaust their stack. 0 means 3000.
	MaxDepth int
}

// File is a parsed translation unit. Everything but the bodies is there when
// Parse returns; it is safe for concurrent use.
type File struct {
	Unit  *cpp.Unit
	Decls []Decl
	// Funcs has the definition of each function by name. Where a name is
	// defined more than once the last definition counts, as after extern
	// inline.
	Funcs map[string]*FuncDef
	// Duplicates holds the definitions that a later one replaced.
	Duplicates []*FuncDef

	opt      Options
	typedefs map[cpp.Sym]int // visible from this token index on
	// Of a fragment: names may be guessed to be types, and the places of its
	// conditional directives.
	guess    bool
	branches []source.Pos
}

// lazyBody is a function's body, parsed when first asked for.
type lazyBody struct {
	once  sync.Once
	block *Block
	err   error
}

// Parse parses a preprocessed translation unit, without function bodies. Each
// error is an *Error and belongs to a BadDecl of the file or to a repeated
// function definition; the rest of the file is complete.
func Parse(unit *cpp.Unit, opt Options) (*File, []error) {
	p := newParser(unit, 0, tokenCount(unit), opt.MaxDepth)
	file := newFile(unit, opt)
	p.scope = scope{file: file.typedefs, before: len(unit.Tokens)}
	for p.tok.Kind != cpp.EOF {
		start := p.pos
		decl := p.externalDecl()
		if p.err != nil {
			decl = p.badDecl(start)
		}
		if decl != nil {
			file.add(decl, p)
		}
	}
	return file, file.errors(p.errs)
}

func newFile(unit *cpp.Unit, opt Options) *File {
	f := &File{
		Unit:     unit,
		Funcs:    make(map[string]*FuncDef, len(unit.Tokens)/128),
		opt:      opt,
		typedefs: make(map[cpp.Sym]int),
	}
	for _, name := range builtinTypedefs() {
		f.typedefs[unit.Names.Intern([]byte(name))] = -1
	}
	return f
}

// add appends a declaration and reports functions defined twice. In a
// fragment they may stand in different branches of an #if.
func (f *File) add(decl Decl, p *parser) {
	f.Decls = append(f.Decls, decl)
	fn, ok := decl.(*FuncDef)
	if !ok {
		return
	}
	old := f.Funcs[fn.Name]
	f.Funcs[fn.Name] = fn
	if old == nil {
		return
	}
	f.Duplicates = append(f.Duplicates, old)
	if !f.guess && old.Storage&(Extern|Inline) != Extern|Inline {
		p.errs = append(p.errs, &Error{
			At: fn.NameAt, Pos: f.Unit.Position(fn.NameAt),
			Msg: "function '" + fn.Name + "' is defined twice, first at " + f.Unit.Position(old.NameAt).String(),
		})
	}
}

func (f *File) errors(list ErrorList) []error {
	if len(list) == 0 {
		return nil
	}
	return list.Unwrap()
}

// badDecl turns the error that stopped parsing into a declaration and moves
// behind it.
func (p *parser) badDecl(start int) *BadDecl {
	at := p.errAt
	err := p.takeError()
	p.errs = append(p.errs, err)
	next := p.resync(start, at)
	bad := &BadDecl{First: start, Last: next, Err: err}
	bad.At = At{p.toks[start].Loc()}
	p.seek(next)
	return bad
}

// resync returns the index behind the declaration that begins at start and is
// wrong at token at: behind the next ; outside braces or behind a } that ends
// outside braces, with what follows it on its line.
func (p *parser) resync(start, at int) int {
	depth := 0
	for i := start; i < p.end; i++ {
		switch p.toks[i].Sym {
		case cpp.LBrace:
			depth++
			continue
		case cpp.RBrace:
			depth--
			if depth <= 0 && i >= at && p.declEndsAt(i) {
				return i + 1
			}
			depth = max(depth, 0)
		case cpp.Semi:
			if depth == 0 && i >= at && p.peekAt(i+1) != cpp.LBrace {
				return i + 1
			}
		}
	}
	return p.end
}

// declEndsAt reports whether the } at index i ends a declaration, as opposed
// to one in "struct s { … } x;".
func (p *parser) declEndsAt(i int) bool {
	return i+1 >= p.end || p.toks[i+1].Flags&cpp.LineStart != 0
}

// Body returns the body of a function of f. It is parsed on the first request;
// later ones get the same result. An error is an ErrorList, and the block then
// lacks the statements that could not be parsed.
func (f *File) Body(fn *FuncDef) (*Block, error) {
	fn.body.once.Do(func() {
		fn.body.block, fn.body.err = f.parseBody(fn)
	})
	return fn.body.block, fn.body.err
}

// errNoBody cannot come from Parse: it tells of a FuncDef made by hand.
var errNoBody = errors.New("syntax: function definition without a body")

func (f *File) parseBody(fn *FuncDef) (*Block, error) {
	if fn.Open >= fn.Close || fn.Close >= len(f.Unit.Tokens) {
		return nil, errNoBody
	}
	if pos, ok := f.branchInside(f.Unit.Tokens[fn.First], f.Unit.Tokens[fn.Close]); ok {
		at := cpp.Loc{Pos: pos}
		return nil, ErrorList{{At: at, Pos: f.Unit.Position(at), Msg: "conditional directive inside '" + fn.Name + "'"}}
	}
	p := newParser(f.Unit, fn.Open, fn.Close+1, f.opt.MaxDepth)
	p.scope = scope{file: f.typedefs, before: fn.First, levels: 1, all: f.guess}
	p.inBody = true
	p.guess = f.guess
	p.declareParams(fn.Type)
	block := p.block()
	if p.err == nil && p.tok.Kind != cpp.EOF {
		p.failHere("expected the end of the body, found %s", p.found())
	}
	if p.err != nil {
		p.errs = append(p.errs, p.takeError())
	}
	if len(p.errs) > 0 {
		return block, p.errs
	}
	return block, nil
}

// declareParams makes the names of parameters shadow typedefs of file scope.
func (p *parser) declareParams(fn *Func) {
	for _, param := range fn.Params {
		if param.Name != "" {
			p.scope.declare(p.names.Intern([]byte(param.Name)), otherName, p.pos)
		}
	}
}
