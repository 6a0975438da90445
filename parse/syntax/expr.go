package syntax

import "ptreview/parse/cpp"

// expr parses an expression with commas.
func (p *parser) expr() Expr {
	x := p.assign()
	for p.tok.Sym == cpp.Comma {
		c := &Comma{X: x}
		c.At = At{p.loc()}
		h := p.height
		p.next()
		c.Y = p.assign()
		p.rise(max(h, p.height) + 1)
		x = c
	}
	return x
}

// assign parses an assignment expression.
func (p *parser) assign() Expr {
	x := p.conditional()
	op, ok := assignOp(p.tok.Sym)
	if !ok {
		return x
	}
	p.enter()
	a := &Assign{Op: op, L: x}
	a.At = At{p.loc()}
	h := p.height
	p.next()
	a.R = p.assign()
	p.rise(max(h, p.height) + 1)
	p.leave()
	return a
}

func assignOp(sym cpp.Sym) (Op, bool) {
	switch sym {
	case cpp.Assign:
		return NoOp, true
	case cpp.AddAssign:
		return Add, true
	case cpp.SubAssign:
		return Sub, true
	case cpp.MulAssign:
		return Mul, true
	case cpp.DivAssign:
		return Div, true
	case cpp.ModAssign:
		return Rem, true
	case cpp.AndAssign:
		return And, true
	case cpp.OrAssign:
		return Or, true
	case cpp.XorAssign:
		return Xor, true
	case cpp.ShlAssign:
		return Shl, true
	case cpp.ShrAssign:
		return Shr, true
	}
	return NoOp, false
}

// conditional parses c ? t : f and whatever binds tighter. It is also the
// grammar's constant expression.
func (p *parser) conditional() Expr {
	c := p.binary(1)
	if p.tok.Sym != cpp.Question {
		return c
	}
	p.enter()
	x := &Cond{C: c}
	x.At = At{c.Loc()}
	h := p.height
	p.next()
	if p.tok.Sym != cpp.Colon {
		x.T = p.expr()
		h = max(h, p.height)
	}
	p.want(cpp.Colon)
	x.F = p.conditional()
	p.rise(max(h, p.height) + 1)
	p.leave()
	return x
}

// binaryOp returns the operator and its precedence, 0 for other tokens.
func binaryOp(sym cpp.Sym) (Op, int) {
	switch sym {
	case cpp.OrOr:
		return LogOr, 1
	case cpp.AndAnd:
		return LogAnd, 2
	case cpp.Or:
		return Or, 3
	case cpp.Xor:
		return Xor, 4
	case cpp.And:
		return And, 5
	case cpp.EqEq:
		return Eq, 6
	case cpp.NotEq:
		return Ne, 6
	case cpp.Lt:
		return Lt, 7
	case cpp.Gt:
		return Gt, 7
	case cpp.Le:
		return Le, 7
	case cpp.Ge:
		return Ge, 7
	case cpp.Shl:
		return Shl, 8
	case cpp.Shr:
		return Shr, 8
	case cpp.Plus:
		return Add, 9
	case cpp.Minus:
		return Sub, 9
	case cpp.Star:
		return Mul, 10
	case cpp.Slash:
		return Div, 10
	case cpp.Percent:
		return Rem, 10
	}
	return NoOp, 0
}

// binary parses operators of at least the given precedence.
func (p *parser) binary(least int) Expr {
	x := p.cast()
	for {
		op, prec := binaryOp(p.tok.Sym)
		if prec < least || prec == 0 {
			return x
		}
		b := &Binary{Op: op, X: x}
		b.At = At{p.loc()}
		h := p.height
		p.next()
		b.Y = p.binary(prec + 1)
		p.rise(max(h, p.height) + 1)
		x = b
	}
}

// cast parses (type)x, compound literals and unary expressions.
func (p *parser) cast() Expr {
	if p.tok.Sym != cpp.LParen || !p.startsType(1) {
		return p.unary()
	}
	p.enter()
	defer p.leave()
	at := p.loc()
	var to TypeExpr
	p.holds(func() { to = p.parenType() })
	h := p.height
	if p.tok.Sym == cpp.LBrace {
		return p.postfix(p.compoundLit(at, to, h))
	}
	c := &Cast{To: to}
	c.At = At{at}
	c.X = p.cast()
	p.rise(max(h, p.height) + 1)
	return c
}

// compoundLit parses the braces of (type){…}; h is the height of the type.
func (p *parser) compoundLit(at cpp.Loc, of TypeExpr, h int) Expr {
	c := &CompoundLit{Of: of}
	c.At = At{at}
	c.Init = p.initList()
	p.rise(max(h, p.height) + 1)
	return c
}

func unaryOp(sym cpp.Sym) Op {
	switch sym {
	case cpp.Plus:
		return Plus
	case cpp.Minus:
		return Minus
	case cpp.Not:
		return Not
	case cpp.Tilde:
		return BitNot
	case cpp.Star:
		return Deref
	case cpp.And:
		return AddrOf
	case cpp.KwReal, cpp.KwReal2:
		return RealPart
	case cpp.KwImag, cpp.KwImag2:
		return ImagPart
	case cpp.Inc:
		return Inc
	case cpp.Dec:
		return Dec
	}
	return NoOp
}

// unary parses prefix operators.
func (p *parser) unary() Expr {
	sym := p.tok.Sym
	if op := unaryOp(sym); op != NoOp {
		p.enter()
		defer p.leave()
		u := &Unary{Op: op}
		u.At = At{p.loc()}
		p.next()
		if op == Inc || op == Dec {
			u.X = p.unary()
		} else {
			u.X = p.cast()
		}
		p.rise(p.height + 1)
		return u
	}
	switch {
	case sym == cpp.KwSizeof || isAlignof(sym):
		return p.sizeof()
	case sym == cpp.AndAnd:
		return p.labelAddr()
	case isExtension(sym):
		p.enter()
		defer p.leave()
		p.next()
		return p.cast()
	}
	return p.postfix(p.primary())
}

func isAlignof(sym cpp.Sym) bool {
	return sym == cpp.KwAlignof || sym == cpp.KwAlignof2 || sym == cpp.KwAlignof3
}

// sizeof parses sizeof and _Alignof of a type or expression.
func (p *parser) sizeof() Expr {
	p.enter()
	defer p.leave()
	s := &Sizeof{Align: p.tok.Sym != cpp.KwSizeof}
	s.At = At{p.loc()}
	p.next()
	if p.tok.Sym != cpp.LParen || !p.startsType(1) {
		s.X = p.unary()
		p.rise(p.height + 1)
		return s
	}
	at := p.loc()
	p.holds(func() { s.Of = p.parenType() })
	if p.tok.Sym == cpp.LBrace {
		s.X = p.postfix(p.compoundLit(at, s.Of, p.height))
		s.Of = nil
	}
	p.rise(p.height + 1)
	return s
}

func (p *parser) labelAddr() Expr {
	l := &LabelAddr{}
	l.At = At{p.loc()}
	p.next()
	l.Name = p.labelName()
	p.rise(1)
	return l
}

func (p *parser) labelName() string {
	if p.tok.Kind != cpp.Ident || cpp.Keyword(p.tok.Sym) {
		p.failHere("expected a label, found %s", p.found())
		return ""
	}
	name := p.text()
	p.next()
	return name
}

// postfix parses what follows a primary expression.
func (p *parser) postfix(x Expr) Expr {
	for {
		h := p.height
		switch p.tok.Sym {
		case cpp.LParen:
			x = p.call(x)
		case cpp.LBrack:
			i := &Index{X: x}
			i.At = At{x.Loc()}
			p.next()
			p.enter()
			i.I = p.expr()
			p.leave()
			p.want(cpp.RBrack)
			x = i
		case cpp.Dot, cpp.Arrow:
			m := &Member{X: x, Arrow: p.tok.Sym == cpp.Arrow}
			m.At = At{x.Loc()}
			p.next()
			m.NameAt = p.loc()
			m.Name = p.memberName()
			x = m
		case cpp.Inc, cpp.Dec:
			op := &Postfix{Op: unaryOp(p.tok.Sym), X: x}
			op.At = At{x.Loc()}
			p.next()
			x = op
		default:
			return x
		}
		p.rise(max(h, p.height) + 1)
	}
}

func (p *parser) call(fun Expr) Expr {
	c := &Call{Fun: fun}
	c.At = At{fun.Loc()}
	p.next()
	c.Args, c.Rparen = p.arguments()
	return c
}

// arguments parses expressions up to the right parenthesis.
func (p *parser) arguments() ([]Expr, cpp.Loc) {
	p.enter()
	defer p.leave()
	var args []Expr
	h := 0
	for p.tok.Sym != cpp.RParen || len(args) > 0 {
		args = append(args, p.assign())
		h = max(h, p.height)
		if !p.got(cpp.Comma) {
			break
		}
	}
	p.height = h
	return args, p.want(cpp.RParen)
}

// primary parses names, constants, parentheses and the builtins that have a
// grammar of their own.
func (p *parser) primary() Expr {
	p.rise(1)
	switch p.tok.Kind {
	case cpp.Number:
		return p.number()
	case cpp.Char:
		return p.charLit()
	case cpp.String:
		return p.stringLit()
	case cpp.Ident:
		if cpp.Keyword(p.tok.Sym) {
			return p.keywordExpr()
		}
		return p.ident()
	}
	if p.tok.Sym == cpp.LParen {
		return p.paren()
	}
	p.failHere("expected an expression, found %s", p.found())
	return p.badExpr()
}

// badExpr stands in for an expression after an error, in trees that are
// thrown away.
func (p *parser) badExpr() Expr {
	x := &Ident{}
	x.At = At{p.loc()}
	return x
}

func (p *parser) ident() Expr {
	x := &Ident{Name: p.text()}
	x.At = At{p.loc()}
	p.next()
	return x
}

// paren parses (expr) and ({ … }).
func (p *parser) paren() Expr {
	p.enter()
	defer p.leave()
	if p.peek(1).Sym == cpp.LBrace {
		s := &StmtExpr{}
		s.At = At{p.loc()}
		p.next()
		p.holds(func() { s.Body = p.block() })
		p.want(cpp.RParen)
		return s
	}
	p.next()
	x := p.expr()
	p.want(cpp.RParen)
	return x
}

func (p *parser) keywordExpr() Expr {
	switch p.tok.Sym {
	case cpp.KwFunc, cpp.KwFunction, cpp.KwPrettyFunction:
		return p.ident()
	case cpp.KwGeneric:
		return p.builtin(p.generic)
	case cpp.KwBuiltinOffsetof:
		return p.builtin(p.offsetof)
	case cpp.KwBuiltinTypesCompatible:
		return p.builtin(p.typesCompatible)
	case cpp.KwBuiltinChooseExpr:
		return p.builtin(p.chooseExpr)
	case cpp.KwBuiltinVaArg:
		return p.builtin(p.vaArg)
	case cpp.KwBuiltinHasAttribute:
		return p.builtin(p.hasAttribute)
	case cpp.KwBuiltinShuffle:
		return p.ident()
	case cpp.KwBuiltinConvertVector:
		p.failHere("%s is not supported", p.text())
	default:
		p.failHere("expected an expression, found %s", p.found())
	}
	return p.badExpr()
}

// builtin parses name ( … ) where parse reads what is in the parentheses.
func (p *parser) builtin(parse func(at cpp.Loc) Expr) Expr {
	p.enter()
	defer p.leave()
	at := p.loc()
	p.next()
	p.want(cpp.LParen)
	var x Expr
	p.holds(func() { x = parse(at) })
	p.want(cpp.RParen)
	return x
}

func (p *parser) generic(at cpp.Loc) Expr {
	g := &Generic{X: p.assign()}
	g.At = At{at}
	for p.got(cpp.Comma) {
		var a Assoc
		if !p.got(cpp.KwDefault) {
			a.Of = p.typeName()
		}
		p.want(cpp.Colon)
		a.X = p.assign()
		g.Assocs = append(g.Assocs, a)
	}
	if len(g.Assocs) == 0 {
		p.failHere("_Generic without associations")
	}
	return g
}

func (p *parser) offsetof(at cpp.Loc) Expr {
	o := &Offsetof{Of: p.typeName()}
	o.At = At{at}
	p.want(cpp.Comma)
	o.Path = p.designators([]Designator{{Field: p.memberName()}})
	return o
}

func (p *parser) typesCompatible(at cpp.Loc) Expr {
	t := &TypesCompatible{A: p.typeName()}
	t.At = At{at}
	p.want(cpp.Comma)
	t.B = p.typeName()
	return t
}

func (p *parser) chooseExpr(at cpp.Loc) Expr {
	c := &ChooseExpr{C: p.assign()}
	c.At = At{at}
	p.want(cpp.Comma)
	c.T = p.assign()
	p.want(cpp.Comma)
	c.F = p.assign()
	return c
}

func (p *parser) vaArg(at cpp.Loc) Expr {
	v := &VaArg{X: p.assign()}
	v.At = At{at}
	p.want(cpp.Comma)
	v.Of = p.typeName()
	return v
}

func (p *parser) hasAttribute(at cpp.Loc) Expr {
	h := &HasAttribute{}
	h.At = At{at}
	if p.startsType(0) {
		h.Of = p.typeName()
	} else {
		h.X = p.assign()
	}
	p.want(cpp.Comma)
	if p.tok.Kind != cpp.Ident {
		p.failHere("expected an attribute, found %s", p.found())
		return h
	}
	h.Attr = p.attribute()
	return h
}
