package syntax

import "ptreview/parse/cpp"

// nameMode says whether a declarator has a name.
type nameMode uint8

const (
	needName     nameMode = iota // variables, functions, typedefs
	abstractName                 // type names
	mayName                      // parameters, bit-fields
)

// declared is a parsed declarator.
type declared struct {
	at    cpp.Loc // of the name, or where the declarator begins
	index int     // token index of the name
	sym   cpp.Sym // 0 without a name
	typ   TypeExpr
	oldFn *Func // set when parameters were given as mere names (K&R)
}

// declarator parses a declarator of the given base type. Its type is built
// inside out: slot is where the next link of the chain from the name towards
// the base type goes.
func (p *parser) declarator(base TypeExpr, mode nameMode) declared {
	depth := p.depth
	pointer, slot := p.pointers()
	if d, ok := p.plainName(mode); ok {
		d.typ = base
		if pointer != nil {
			*slot = base
			d.typ = pointer
		}
		p.depth = depth
		return d
	}
	d := &declared{at: p.loc(), index: p.pos}
	*p.linksBehind(d, &d.typ, pointer, slot, mode) = base
	p.depth = depth
	return *d
}

// plainName parses a name that no suffix follows, or nothing where no name is
// needed and nothing of a declarator is left. Most declarators are that.
func (p *parser) plainName(mode nameMode) (declared, bool) {
	d := declared{at: p.loc(), index: p.pos}
	if p.tok.Kind != cpp.Ident || mode == abstractName || cpp.Keyword(p.tok.Sym) {
		return d, mode != needName && (p.tok.Sym == cpp.RParen || p.tok.Sym == cpp.Comma)
	}
	if next := p.peek(1).Sym; next == cpp.LParen || next == cpp.LBrack {
		return d, false
	}
	d.sym = p.tok.Sym
	p.next()
	return d, true
}

// declaratorLinks parses one level of a declarator, which begins at *slot, and
// returns the slot its base type belongs into. The levels it enters stay
// entered until the whole declarator is read, so that a type is never deeper
// than the limit.
func (p *parser) declaratorLinks(d *declared, slot *TypeExpr, mode nameMode) *TypeExpr {
	pointer, pointerSlot := p.pointers()
	return p.linksBehind(d, slot, pointer, pointerSlot, mode)
}

// linksBehind parses what follows the pointers of a level.
func (p *parser) linksBehind(d *declared, slot *TypeExpr, pointer TypeExpr, pointerSlot *TypeExpr, mode nameMode) *TypeExpr {
	var attrs []Attr
	switch {
	case p.tok.Sym == cpp.LParen && p.nestedDeclarator(mode):
		p.enter()
		p.next()
		at := p.loc()
		if attrs = p.attributes(nil); len(attrs) > 0 {
			inner := &Qualified{Attrs: attrs}
			inner.At = At{at}
			*p.declaratorLinks(d, slot, mode) = inner
			slot = &inner.Elem
		} else {
			slot = p.declaratorLinks(d, slot, mode)
		}
		p.want(cpp.RParen)
	case p.tok.Kind == cpp.Ident && mode != abstractName && !cpp.Keyword(p.tok.Sym):
		d.at, d.index, d.sym = p.loc(), p.pos, p.tok.Sym
		p.next()
	case mode == needName:
		p.failHere("expected a name, found %s", p.found())
	}
	slot = p.suffixes(d, slot)
	if pointer != nil {
		*slot = pointer
		slot = pointerSlot
	}
	return slot
}

// pointers parses "* const *"; it returns the outermost pointer, the one
// written last, and the slot of the type that the first points to.
func (p *parser) pointers() (TypeExpr, *TypeExpr) {
	var outer TypeExpr
	var slot *TypeExpr
	for p.tok.Sym == cpp.Star {
		p.enter()
		ptr := p.slabs.pointers.put(Pointer{Elem: outer})
		ptr.At = At{p.loc()}
		if slot == nil {
			slot = &ptr.Elem
		}
		outer = ptr
		p.next()
		at := p.loc()
		if quals, attrs := p.pointerQuals(); quals != 0 || len(attrs) > 0 {
			outer = qualify(ptr, quals, attrs, at)
		}
	}
	return outer, slot
}

func (p *parser) pointerQuals() (Quals, []Attr) {
	var quals Quals
	var attrs []Attr
	for p.tok.Kind == cpp.Ident && cpp.Keyword(p.tok.Sym) {
		if bit := qualSpec(p.tok.Sym); bit != 0 {
			quals |= bit
			p.next()
		} else if isAttribute(p.tok.Sym) {
			attrs = p.attributes(attrs)
		} else {
			break
		}
	}
	return quals, attrs
}

// nestedDeclarator tells "(*f)" from the parameter list of an unnamed
// function, at a left parenthesis.
func (p *parser) nestedDeclarator(mode nameMode) bool {
	if mode == needName {
		return true
	}
	n := p.skipAttributes(1)
	return p.peek(n).Sym != cpp.RParen && !p.startsType(n)
}

// suffixes parses array and function suffixes.
func (p *parser) suffixes(d *declared, slot *TypeExpr) *TypeExpr {
	for {
		switch p.tok.Sym {
		case cpp.LBrack:
			p.enter()
			a := p.arraySuffix()
			*slot = a
			slot = &a.Elem
		case cpp.LParen:
			p.enter()
			f := p.funcSuffix(d)
			*slot = f
			slot = &f.Result
		default:
			return slot
		}
	}
}

// arraySuffix parses [n], [], [*] and [static const n].
func (p *parser) arraySuffix() *Array {
	a := &Array{}
	a.At = At{p.loc()}
	p.next()
	for p.tok.Kind == cpp.Ident {
		if bit := qualSpec(p.tok.Sym); bit != 0 {
			a.Quals |= bit
		} else if p.tok.Sym != cpp.KwStatic {
			break
		}
		p.next()
	}
	if p.tok.Sym == cpp.Star && p.peek(1).Sym == cpp.RBrack {
		p.next()
	}
	if p.tok.Sym != cpp.RBrack {
		a.Len = p.assign()
	}
	p.want(cpp.RBrack)
	return a
}

// funcSuffix parses a parameter list.
func (p *parser) funcSuffix(d *declared) *Func {
	f := p.slabs.funcs.put(Func{})
	f.At = At{p.loc()}
	p.next()
	mark := p.scope.open()
	defer p.scope.close(mark)
	switch {
	case p.tok.Sym == cpp.RParen:
		f.NoProto = true
	case p.tok.Sym == cpp.KwVoid && p.peek(1).Sym == cpp.RParen:
		p.next()
	case p.tok.Sym == cpp.Ellipsis:
		f.Variadic = true
		p.next()
	case p.tok.Kind == cpp.Ident && !p.startsType(0) && p.oldStyleNames():
		p.identifierList(f)
		d.oldFn = f
	default:
		p.params(f)
	}
	p.want(cpp.RParen)
	return f
}

func (p *parser) params(f *Func) {
	for p.err == nil {
		if p.got(cpp.Ellipsis) {
			f.Variadic = true
			return
		}
		f.Params = append(f.Params, p.param())
		if !p.got(cpp.Comma) {
			return
		}
	}
}

func (p *parser) param() *Param {
	p.enter()
	defer p.leave()
	param := p.slabs.params.put(Param{})
	s := p.specifiers()
	if p.err == nil && s.storage&^Register != 0 {
		p.fail(s.at, "storage class of a parameter")
	}
	d := p.declarator(s.base, mayName)
	param.At = At{s.at}
	param.Type = d.typ
	param.Attrs = p.attributes(s.attrs)
	if d.sym != 0 {
		param.At = At{d.at}
		param.Name = p.names.String(d.sym)
		p.scope.declare(d.sym, otherName, d.index)
	}
	return param
}

// oldStyleNames reports whether the current name begins a list of mere names,
// f(a, b), rather than a parameter of unknown type.
func (p *parser) oldStyleNames() bool {
	next := p.peek(1).Sym
	return !p.guess && !cpp.Keyword(p.tok.Sym) && (next == cpp.Comma || next == cpp.RParen)
}

// identifierList parses the names of a K&R definition; their types follow
// behind the declarator.
func (p *parser) identifierList(f *Func) {
	f.NoProto = true
	for {
		if p.tok.Kind != cpp.Ident || cpp.Keyword(p.tok.Sym) {
			p.failHere("expected a parameter name, found %s", p.found())
			return
		}
		param := &Param{Name: p.text()}
		param.At = At{p.loc()}
		f.Params = append(f.Params, param)
		p.next()
		if !p.got(cpp.Comma) {
			return
		}
	}
}

// oldStyleParams parses the declarations between the declarator and the body
// of a K&R definition.
func (p *parser) oldStyleParams(f *Func) {
	byName := make(map[string]*Param, len(f.Params))
	for _, param := range f.Params {
		byName[param.Name] = param
	}
	for p.err == nil && p.tok.Sym != cpp.LBrace {
		s := p.specifiers()
		for p.err == nil {
			d := p.declarator(s.base, needName)
			param := byName[p.names.String(d.sym)]
			if p.err == nil && (param == nil || param.Type != nil) {
				p.fail(d.at, "'%s' is not a parameter that still needs a type", p.names.String(d.sym))
				return
			}
			if p.err == nil {
				param.Type = d.typ
				param.Attrs = p.attributes(s.attrs)
			}
			if !p.got(cpp.Comma) {
				break
			}
			p.share(&s)
		}
		p.want(cpp.Semi)
	}
	for _, param := range f.Params {
		if param.Type == nil && p.err == nil {
			p.fail(param.Loc(), "parameter '%s' has no type", param.Name)
		}
	}
}
