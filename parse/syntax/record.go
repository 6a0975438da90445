package syntax

import "ptreview/parse/cpp"

// record parses a struct or union specifier.
func (p *parser) record() TypeExpr {
	r := p.slabs.records.put(Record{Union: p.tok.Sym == cpp.KwUnion})
	r.At = At{p.loc()}
	p.next()
	r.Attrs = p.attributes(nil)
	r.Tag = p.tag()
	if p.tok.Sym == cpp.LBrace {
		p.enter()
		r.Body = true
		p.next()
		p.members(r)
		p.want(cpp.RBrace)
		r.Attrs = p.attributes(r.Attrs)
		p.leave()
	} else if r.Tag == "" {
		p.failHere("expected a tag or '{', found %s", p.found())
	}
	return r
}

// tag parses the name of a struct, union or enum, if there is one.
func (p *parser) tag() string {
	if p.tok.Kind != cpp.Ident || cpp.Keyword(p.tok.Sym) {
		return ""
	}
	name := p.text()
	p.next()
	return name
}

func (p *parser) members(r *Record) {
	for p.tok.Kind != cpp.EOF && p.tok.Sym != cpp.RBrace {
		switch p.tok.Sym {
		case cpp.Semi:
			p.next()
		case cpp.KwStaticAssert:
			r.Asserts = append(r.Asserts, p.staticAssert())
		default:
			p.member(r)
		}
	}
}

// member parses one declaration of members.
func (p *parser) member(r *Record) {
	s := p.specifiers()
	if p.err == nil && s.storage != 0 {
		p.fail(s.at, "storage class of a member")
	}
	if p.tok.Sym == cpp.Semi {
		f := p.slabs.fields.put(Field{Type: s.base, Attrs: s.attrs})
		f.At = At{s.at}
		r.Fields = append(r.Fields, f)
	} else {
		p.memberDeclarators(r, &s)
	}
	p.want(cpp.Semi)
}

func (p *parser) memberDeclarators(r *Record, s *specs) {
	for p.err == nil {
		f := p.slabs.fields.put(Field{Attrs: p.attributes(clip(s.attrs))})
		f.At = At{p.loc()}
		f.Type = s.base
		if p.tok.Sym != cpp.Colon {
			d := p.declarator(s.base, needName)
			f.At, f.Type = At{d.at}, d.typ
			f.Name = p.names.String(d.sym)
		}
		if p.got(cpp.Colon) {
			f.Width = p.conditional()
		}
		f.Attrs = p.attributes(f.Attrs)
		r.Fields = append(r.Fields, f)
		if !p.got(cpp.Comma) {
			return
		}
		p.share(s)
	}
}

// clip keeps appends to one declarator's attributes out of the next one's.
func clip(list []Attr) []Attr { return list[:len(list):len(list)] }

// enum parses an enum specifier.
func (p *parser) enum() TypeExpr {
	e := &Enum{}
	e.At = At{p.loc()}
	p.next()
	e.Attrs = p.attributes(nil)
	e.Tag = p.tag()
	if p.tok.Sym == cpp.LBrace {
		p.enter()
		e.Body = true
		p.next()
		p.enumerators(e)
		p.want(cpp.RBrace)
		e.Attrs = p.attributes(e.Attrs)
		p.leave()
	} else if e.Tag == "" {
		p.failHere("expected a tag or '{', found %s", p.found())
	}
	return e
}

func (p *parser) enumerators(e *Enum) {
	for p.tok.Sym != cpp.RBrace {
		if p.tok.Kind != cpp.Ident || cpp.Keyword(p.tok.Sym) {
			p.failHere("expected an enumerator, found %s", p.found())
			return
		}
		item := p.slabs.enumerators.put(Enumerator{Name: p.text()})
		item.At = At{p.loc()}
		sym, index := p.tok.Sym, p.pos
		p.next()
		item.Attrs = p.attributes(nil)
		if p.got(cpp.Assign) {
			item.Value = p.conditional()
		}
		p.scope.declare(sym, otherName, index)
		e.Items = append(e.Items, item)
		if !p.got(cpp.Comma) {
			return
		}
	}
}
