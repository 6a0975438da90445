package syntax

import "ptreview/parse/cpp"

// block parses { … }.
func (p *parser) block() *Block {
	p.enter()
	defer p.leave()
	b := &Block{}
	b.At = At{p.want(cpp.LBrace)}
	mark := p.scope.open()
	defer p.scope.close(mark)
	for p.got(cpp.KwLabel) {
		p.localLabels(b)
	}
	for p.tok.Kind != cpp.EOF && p.tok.Sym != cpp.RBrace {
		start := p.pos
		item := p.blockItem()
		if p.err != nil {
			if !p.recoverStmt(start) {
				return b
			}
			continue
		}
		b.Items = append(b.Items, item)
	}
	b.Rbrace = p.want(cpp.RBrace)
	return b
}

// recoverStmt notes the error that stopped the statement at index start and
// moves behind it, if there is a place to go on.
func (p *parser) recoverStmt(start int) bool {
	if !p.inBody || len(p.errs) >= maxBodyErrors {
		return false
	}
	depth := 0
	for i := start; i < p.end; i++ {
		switch p.toks[i].Sym {
		case cpp.LBrace:
			depth++
			continue
		case cpp.RBrace:
			depth--
		case cpp.Semi:
		default:
			continue
		}
		if depth > 0 || i < p.errAt {
			continue
		}
		p.errs = append(p.errs, p.takeError())
		if depth == 0 {
			i++
		}
		p.seek(i)
		return true
	}
	return false
}

func (p *parser) localLabels(b *Block) {
	for {
		b.Labels = append(b.Labels, p.labelName())
		if !p.got(cpp.Comma) {
			break
		}
	}
	p.want(cpp.Semi)
}

// blockItem parses a declaration or statement.
func (p *parser) blockItem() Stmt {
	at := p.loc()
	var attrs []Attr
	if isAttribute(p.tok.Sym) {
		attrs = p.attributes(nil)
		if p.tok.Sym == cpp.Semi {
			return p.emptyStmt(at, attrs)
		}
	}
	if p.startsDecl() {
		d := &DeclStmt{Decl: p.declaration(attrs)}
		d.At = At{at}
		return d
	}
	if len(attrs) > 0 {
		p.failHere("expected ';' or a declaration after attributes, found %s", p.found())
	}
	return p.stmt()
}

// startsDecl reports whether a declaration begins here. A type name before a
// colon is a label.
func (p *parser) startsDecl() bool {
	if p.tok.Sym == cpp.KwStaticAssert {
		return true
	}
	if p.tok.Kind == cpp.Ident && !cpp.Keyword(p.tok.Sym) && p.peek(1).Sym == cpp.Colon {
		return false
	}
	if p.guess && p.looksLikeDecl() {
		return true
	}
	return p.startsType(0)
}

func (p *parser) emptyStmt(at cpp.Loc, attrs []Attr) Stmt {
	s := &ExprStmt{Attrs: attrs}
	s.At = At{at}
	p.want(cpp.Semi)
	return s
}

// stmt parses a statement with its labels.
func (p *parser) stmt() Stmt {
	depth := p.depth
	defer func() { p.depth = depth }()
	var first Stmt
	slot := &first
	for {
		label, body := p.label()
		if label == nil {
			break
		}
		p.enter()
		*slot = label
		slot = body
	}
	*slot = p.labelled(first != nil)
	return first
}

// labelled parses what follows labels. As newer compilers do, it allows a
// declaration there and the end of the block.
func (p *parser) labelled(labels bool) Stmt {
	if !labels {
		return p.plainStmt()
	}
	if p.tok.Sym == cpp.RBrace {
		s := &ExprStmt{}
		s.At = At{p.loc()}
		return s
	}
	return p.blockItem()
}

// label parses one label and returns it with the place for the statement
// behind it, or nil.
func (p *parser) label() (Stmt, *Stmt) {
	at := p.loc()
	switch {
	case p.tok.Sym == cpp.KwCase:
		c := &Case{}
		c.At = At{at}
		p.next()
		c.Lo = p.conditional()
		if p.got(cpp.Ellipsis) {
			c.Hi = p.conditional()
		}
		p.want(cpp.Colon)
		return c, &c.Body
	case p.tok.Sym == cpp.KwDefault:
		d := &Default{}
		d.At = At{at}
		p.next()
		p.want(cpp.Colon)
		return d, &d.Body
	case p.tok.Kind == cpp.Ident && p.peek(1).Sym == cpp.Colon && !cpp.Keyword(p.tok.Sym):
		l := &Label{Name: p.text()}
		l.At = At{at}
		p.next()
		p.next()
		l.Attrs = p.attributes(nil)
		return l, &l.Body
	}
	return nil, nil
}

// plainStmt parses a statement without labels.
func (p *parser) plainStmt() Stmt {
	switch p.tok.Sym {
	case cpp.LBrace:
		return p.block()
	case cpp.Semi:
		return p.emptyStmt(p.loc(), nil)
	case cpp.KwIf:
		return p.ifStmt()
	case cpp.KwWhile:
		return p.whileStmt()
	case cpp.KwDo:
		return p.doStmt()
	case cpp.KwFor:
		return p.forStmt()
	case cpp.KwSwitch:
		return p.switchStmt()
	case cpp.KwGoto:
		return p.gotoStmt()
	case cpp.KwBreak, cpp.KwContinue:
		return p.jumpStmt()
	case cpp.KwReturn:
		return p.returnStmt()
	case cpp.KwAsm, cpp.KwAsm2, cpp.KwAsm3:
		return p.asmStmt()
	case cpp.KwAttribute, cpp.KwAttribute2:
		at := p.loc()
		return p.emptyStmt(at, p.attributes(nil))
	}
	return p.exprStmt()
}

func (p *parser) exprStmt() Stmt {
	s := &ExprStmt{}
	s.At = At{p.loc()}
	s.X = p.expr()
	p.want(cpp.Semi)
	return s
}

// parenExpr parses the condition of a statement.
func (p *parser) parenExpr() Expr {
	p.want(cpp.LParen)
	x := p.expr()
	p.want(cpp.RParen)
	return x
}

// nested parses the statement that another one governs.
func (p *parser) nested() Stmt {
	p.enter()
	defer p.leave()
	return p.stmt()
}

func (p *parser) ifStmt() Stmt {
	s := &If{}
	s.At = At{p.loc()}
	p.next()
	s.Cond = p.parenExpr()
	s.Then = p.nested()
	if p.got(cpp.KwElse) {
		s.Else = p.nested()
	}
	return s
}

func (p *parser) whileStmt() Stmt {
	s := &While{}
	s.At = At{p.loc()}
	p.next()
	s.Cond = p.parenExpr()
	s.Body = p.nested()
	return s
}

func (p *parser) doStmt() Stmt {
	s := &DoWhile{}
	s.At = At{p.loc()}
	p.next()
	s.Body = p.nested()
	p.want(cpp.KwWhile)
	s.Cond = p.parenExpr()
	p.want(cpp.Semi)
	return s
}

func (p *parser) forStmt() Stmt {
	s := &For{}
	s.At = At{p.loc()}
	p.next()
	mark := p.scope.open()
	defer p.scope.close(mark)
	p.want(cpp.LParen)
	switch {
	case p.got(cpp.Semi):
	case p.startsDecl():
		d := &DeclStmt{}
		d.At = At{p.loc()}
		d.Decl = p.declaration(nil)
		s.Init = d
	default:
		s.Init = p.exprStmt()
	}
	if p.tok.Sym != cpp.Semi {
		s.Cond = p.expr()
	}
	p.want(cpp.Semi)
	if p.tok.Sym != cpp.RParen {
		s.Post = p.expr()
	}
	p.want(cpp.RParen)
	s.Body = p.nested()
	return s
}

func (p *parser) switchStmt() Stmt {
	s := &Switch{}
	s.At = At{p.loc()}
	p.next()
	s.X = p.parenExpr()
	s.Body = p.nested()
	return s
}

func (p *parser) gotoStmt() Stmt {
	s := &Goto{}
	s.At = At{p.loc()}
	p.next()
	if p.got(cpp.Star) {
		s.X = p.expr()
	} else {
		s.Name = p.labelName()
	}
	p.want(cpp.Semi)
	return s
}

func (p *parser) jumpStmt() Stmt {
	at, sym := p.loc(), p.tok.Sym
	p.next()
	p.want(cpp.Semi)
	if sym == cpp.KwBreak {
		s := &Break{}
		s.At = At{at}
		return s
	}
	s := &Continue{}
	s.At = At{at}
	return s
}

func (p *parser) returnStmt() Stmt {
	s := &Return{}
	s.At = At{p.loc()}
	p.next()
	if p.tok.Sym != cpp.Semi {
		s.X = p.expr()
	}
	p.want(cpp.Semi)
	return s
}
