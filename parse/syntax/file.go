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

// File is a parsed translation unit. Its declarations and bodies are parsed
// when first asked for, unless they had to be parsed to know that they are
// correct; what Parse reports is what parsing all of them reports. It is safe
// for concurrent use.
type File struct {
	Unit *cpp.Unit

	opt      Options
	typedefs *symTable // name → token index from which it is visible
	index
	// Of a fragment: names may be guessed to be types, and the places of its
	// conditional directives.
	guess    bool
	branches []source.Pos

	mu    sync.Mutex // guards the trees of the index, and
	slabs *slabs     // the memory of those parsed later
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
	p.scope = scope{file: file.typedefs, before: len(unit.Tokens), asks: new(askList)}
	b := &fileParser{p: p, file: file, out: newOutliner(p), drops: len(unit.Stretches) > 0}
	for p.tok.Kind != cpp.EOF {
		b.stretch()
	}
	return file, file.finish(b.errs)
}

func newFile(unit *cpp.Unit, opt Options) *File {
	f := &File{Unit: unit, opt: opt, typedefs: new(symTable), slabs: new(slabs)}
	for _, name := range builtinTypedefs() {
		*f.typedefs.ref(unit.Names.Intern([]byte(name))) = -1
	}
	return f
}

// fileParser parses the declarations of a file, those of a stretch that other
// units have had by what is known about them.
type fileParser struct {
	p    *parser
	out  *outliner
	file *File
	next int // in Unit.Stretches
	errs []declError
	// drops tells not to keep the trees of correct declarations. Few of those
	// that units share are asked for, and most of them in other units.
	drops bool
}

// stretch parses from the current token to the end of the stretch it stands
// in, or to the next stretch.
func (b *fileParser) stretch() {
	list, pos := b.p.unit.Stretches, b.p.pos
	for b.next < len(list) && list[b.next].End <= pos {
		b.next++
	}
	if b.next == len(list) {
		b.afresh(pos, b.p.end, nil)
		return
	}
	s := list[b.next]
	if pos < s.First {
		b.afresh(pos, s.First, nil)
		return
	}
	if !b.known(s) {
		b.afresh(s.First, min(s.End, b.p.end), s.Notes)
	}
}

// known takes over what is known about the declarations of s from the current
// token on; false if nothing is.
func (b *fileParser) known(s cpp.Stretch) bool {
	outlines := outlinesOf(s.Notes)
	if outlines == nil || b.p.maxDepth != defaultMaxDepth {
		return false
	}
	for _, o := range outlines.list {
		if int(o.start) == b.p.pos-s.First && b.fits(o) {
			b.p.extra += o.extra
			b.file.addRun(o, s.First, nil)
			b.p.scope.declareAll(o, s.First)
			b.p.seek(s.First + int(o.end))
			return true
		}
	}
	return false
}

// fits reports whether the circumstances of o are given.
func (b *fileParser) fits(o *outline) bool {
	if b.p.extra+o.extra > b.p.maxShared() {
		return false
	}
	for _, q := range o.asks {
		if _, isType := b.file.typedefs.get(cpp.Sym(q >> 1)); isType != (q&1 != 0) {
			return false
		}
	}
	return true
}

// afresh parses declarations up to limit, at least one, and keeps with notes,
// unless nil, what the whole and correct ones before limit declare. Indexes
// are counted from base.
func (b *fileParser) afresh(base, limit int, notes *cpp.Notes) {
	b.out.begin(base)
	for b.p.tok.Kind != cpp.EOF && b.p.pos < limit {
		start := b.p.pos
		decl := b.p.externalDecl()
		if b.p.err == nil && b.p.pos <= limit {
			b.add(start, decl)
			continue
		}
		b.endRun(notes)
		b.alone(start, decl)
		return
	}
	b.endRun(notes)
}

// alone adds a declaration that has an error or belongs to more than one
// stretch.
func (b *fileParser) alone(start int, decl Decl) {
	if b.p.err != nil {
		bad := b.p.badDecl(start)
		b.errs = append(b.errs, declError{b.file.decls, b.p.errs[len(b.p.errs)-1]})
		decl = bad
	}
	b.out.begin(start)
	b.add(start, decl)
	b.endRun(nil)
}

// add describes a declaration parsed from token start on, and keeps its tree
// if need be.
func (b *fileParser) add(start int, decl Decl) {
	b.out.add(start, decl)
	_, bad := decl.(*BadDecl)
	if b.drops && !bad {
		b.p.slabs.again()
		b.out.trees = nil
	}
}

// endRun adds the declarations outlined to the file.
func (b *fileParser) endRun(notes *cpp.Notes) {
	o, trees := b.out.finish()
	if notes != nil && o.start < o.end && b.p.maxDepth == defaultMaxDepth {
		keepOutline(notes, o)
	}
	b.file.addRun(o, b.out.base, trees)
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
