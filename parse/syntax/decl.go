package syntax

import "ptreview/parse/cpp"

// externalDecl parses one declaration of file scope; nil for a lone semicolon.
func (p *parser) externalDecl() Decl {
	switch {
	case p.tok.Sym == cpp.Semi:
		p.next()
		return nil
	case isAsm(p.tok.Sym):
		return p.topAsm()
	case p.tok.Sym == cpp.KwStaticAssert:
		return p.staticAssert()
	}
	first := p.pos
	s := p.specifiers()
	if p.tok.Sym == cpp.Semi || p.err != nil {
		return p.finishDecl(&s, nil)
	}
	attrs := p.attributes(nil)
	d := p.declarator(s.base, needName)
	if p.err == nil && p.startsBody(&d) {
		return p.funcDef(first, &s, attrs, d)
	}
	return p.finishDecl(&s, p.declaratorList(&s, attrs, d))
}

// declaration parses a declaration in a block, attrs being attributes already
// read in front of it.
func (p *parser) declaration(attrs []Attr) Decl {
	if p.tok.Sym == cpp.KwStaticAssert {
		return p.staticAssert()
	}
	s := p.specifiers()
	s.attrs = append(attrs, s.attrs...)
	if p.tok.Sym == cpp.Semi || p.err != nil {
		return p.finishDecl(&s, nil)
	}
	own := p.attributes(nil)
	d := p.declarator(s.base, needName)
	if p.err == nil && p.startsBody(&d) {
		p.fail(d.at, "nested function '%s' is not supported", p.names.String(d.sym))
	}
	return p.finishDecl(&s, p.declaratorList(&s, own, d))
}

// finishDecl ends a declaration with its semicolon.
func (p *parser) finishDecl(s *specs, vars []*Declarator) Decl {
	p.want(cpp.Semi)
	if p.err != nil {
		return nil
	}
	decl := p.slabs.declarations.put(Declaration{Storage: s.storage, Base: s.base, Attrs: s.attrs, Vars: vars})
	decl.At = At{s.at}
	return decl
}

// startsBody reports whether the declarator is that of a function definition.
func (p *parser) startsBody(d *declared) bool {
	if p.tok.Sym == cpp.LBrace {
		return true
	}
	return d.oldFn != nil && p.tok.Sym != cpp.Semi && p.startsType(0) && !isAttribute(p.tok.Sym)
}

// declaratorList parses what follows the first declarator: its initialiser
// and the other declarators.
func (p *parser) declaratorList(s *specs, attrs []Attr, d declared) []*Declarator {
	var vars []*Declarator
	for {
		vars = append(vars, p.initDeclarator(s, attrs, d))
		if !p.got(cpp.Comma) {
			return vars
		}
		p.share(s)
		attrs = p.attributes(nil)
		d = p.declarator(s.base, needName)
	}
}

func (p *parser) initDeclarator(s *specs, attrs []Attr, d declared) *Declarator {
	v := p.slabs.declarators.put(Declarator{Name: p.names.String(d.sym), Type: d.typ, Attrs: attrs})
	v.At = At{d.at}
	if d.oldFn != nil && p.err == nil {
		p.fail(d.oldFn.Loc(), "parameter names without types outside a definition")
	}
	if isAsm(p.tok.Sym) {
		v.AsmName = p.asmName()
	}
	v.Attrs = p.attributes(v.Attrs)
	kind := otherName
	if s.storage&Typedef != 0 {
		kind = typeName
	}
	if p.err == nil {
		p.scope.declare(d.sym, kind, d.index)
	}
	if p.got(cpp.Assign) {
		v.Init = p.initializer()
	}
	return v
}

// funcDef parses a function definition up to its body and skips that.
func (p *parser) funcDef(first int, s *specs, attrs []Attr, d declared) Decl {
	typ, own := funcType(d.typ)
	fn := p.slabs.funcDefs.put(FuncDef{Storage: s.storage, Name: p.names.String(d.sym), Type: typ, NameAt: d.at, First: first})
	fn.At = At{s.at}
	fn.Attrs = append(append(clip(s.attrs), attrs...), own...)
	switch {
	case typ == nil || s.storage&Typedef != 0:
		p.failHere("'%s' has a body but is not declared as a function", fn.Name)
	case d.oldFn == typ:
		p.oldStyleParams(typ)
	case d.oldFn != nil:
		p.fail(d.oldFn.Loc(), "parameter names without types outside a definition")
	}
	if p.err != nil {
		return nil
	}
	fn.Open = p.pos
	p.skipBody(fn)
	return fn
}

// funcType returns the function type of a definition's declarator and the
// attributes written inside its parentheses.
func funcType(t TypeExpr) (*Func, []Attr) {
	var attrs []Attr
	for {
		switch x := t.(type) {
		case *Func:
			return x, attrs
		case *Qualified:
			if x.Quals != 0 {
				return nil, nil
			}
			attrs = append(attrs, x.Attrs...)
			t = x.Elem
		default:
			return nil, nil
		}
	}
}

// skipBody moves behind the brace that closes the current one.
func (p *parser) skipBody(fn *FuncDef) {
	end := p.closingBrace()
	if end < 0 {
		p.failHere("the body of '%s' is not closed", fn.Name)
		return
	}
	fn.Close = end
	p.seek(end + 1)
}

// closingBrace returns the index of the brace that closes the current one, or
// -1.
func (p *parser) closingBrace() int {
	if p.closing != nil {
		if end, ok := p.closing[p.pos]; ok {
			return end
		}
		return -1
	}
	depth := 0
	for i := p.pos; i < p.end; i++ {
		switch p.toks[i].Sym {
		case cpp.LBrace:
			depth++
		case cpp.RBrace:
			depth--
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// staticAssert parses _Static_assert(condition, "message"); the message may
// be missing.
func (p *parser) staticAssert() *StaticAssert {
	s := &StaticAssert{}
	s.At = At{p.loc()}
	p.next()
	p.want(cpp.LParen)
	s.Cond = p.conditional()
	if p.got(cpp.Comma) {
		s.Message = p.stringBytes()
	}
	p.want(cpp.RParen)
	p.want(cpp.Semi)
	return s
}

// initializer parses an expression or a braced list.
func (p *parser) initializer() Expr {
	if p.tok.Sym == cpp.LBrace {
		return p.initList()
	}
	return p.assign()
}

func (p *parser) initList() *InitList {
	p.enter()
	defer p.leave()
	list := &InitList{}
	list.At = At{p.loc()}
	p.next()
	height := 0
	for p.tok.Kind != cpp.EOF && p.tok.Sym != cpp.RBrace {
		item := InitItem{Path: p.designation()}
		item.Value = p.initializer()
		height = max(height, p.height)
		list.Items = append(list.Items, item)
		if !p.got(cpp.Comma) {
			break
		}
	}
	p.want(cpp.RBrace)
	p.rise(height + 1)
	return list
}

// designation parses ".a[2] =", "[1 ... 3] =", and the old "a:" and "[2]".
func (p *parser) designation() []Designator {
	if p.tok.Kind == cpp.Ident && p.peek(1).Sym == cpp.Colon && !cpp.Keyword(p.tok.Sym) {
		d := Designator{Field: p.text()}
		p.next()
		p.next()
		return []Designator{d}
	}
	path := p.designators(nil)
	if len(path) == 0 {
		return nil
	}
	if !p.got(cpp.Assign) && (len(path) > 1 || path[0].Field != "") {
		p.failHere("expected '=' after a designator, found %s", p.found())
	}
	return path
}

func (p *parser) designators(path []Designator) []Designator {
	for {
		switch p.tok.Sym {
		case cpp.Dot:
			p.next()
			path = append(path, Designator{Field: p.memberName()})
		case cpp.LBrack:
			p.next()
			d := Designator{Lo: p.assign()}
			if p.got(cpp.Ellipsis) {
				d.Hi = p.assign()
			}
			p.want(cpp.RBrack)
			path = append(path, d)
		default:
			return path
		}
	}
}

// memberName parses the name behind . or ->.
func (p *parser) memberName() string {
	if p.tok.Kind != cpp.Ident || cpp.Keyword(p.tok.Sym) {
		p.failHere("expected a member name, found %s", p.found())
		return ""
	}
	name := p.text()
	p.next()
	return name
}
