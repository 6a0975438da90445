package syntax

import "ptreview/parse/cpp"

func isAsm(sym cpp.Sym) bool {
	return sym == cpp.KwAsm || sym == cpp.KwAsm2 || sym == cpp.KwAsm3
}

// topAsm parses asm("…"); at file scope.
func (p *parser) topAsm() Decl {
	a := &TopAsm{}
	a.At = At{p.loc()}
	p.next()
	p.want(cpp.LParen)
	a.Template = p.stringBytes()
	p.want(cpp.RParen)
	p.want(cpp.Semi)
	return a
}

// asmName parses asm("name") behind a declarator.
func (p *parser) asmName() string {
	p.next()
	p.want(cpp.LParen)
	name := p.stringBytes()
	p.want(cpp.RParen)
	return string(name)
}

// asmStmt parses an asm statement with its operands.
func (p *parser) asmStmt() Stmt {
	a := &Asm{}
	a.At = At{p.loc()}
	p.next()
	p.asmQualifiers(a)
	p.want(cpp.LParen)
	a.Template = p.stringBytes()
	for section := 0; p.got(cpp.Colon); section++ {
		a.Extended = true
		p.asmSection(a, section)
	}
	p.want(cpp.RParen)
	p.want(cpp.Semi)
	return a
}

func (p *parser) asmQualifiers(a *Asm) {
	for {
		switch sym := p.tok.Sym; {
		case qualSpec(sym) == Volatile:
			a.Volatile = true
		case storageSpec(sym) == Inline:
			a.Inline = true
		case sym == cpp.KwGoto:
			a.Goto = true
		default:
			return
		}
		p.next()
	}
}

// asmSection parses the part behind one colon: outputs, inputs, clobbers,
// labels.
func (p *parser) asmSection(a *Asm, section int) {
	if p.tok.Sym == cpp.Colon || p.tok.Sym == cpp.RParen {
		return
	}
	for p.err == nil {
		switch section {
		case 0:
			a.Outputs = append(a.Outputs, p.asmOperand())
		case 1:
			a.Inputs = append(a.Inputs, p.asmOperand())
		case 2:
			a.Clobbers = append(a.Clobbers, string(p.stringBytes()))
		case 3:
			a.Labels = append(a.Labels, p.labelName())
		default:
			p.failHere("asm has more than four operand sections")
		}
		if !p.got(cpp.Comma) {
			return
		}
	}
}

// asmOperand parses [name] "constraint" (expression).
func (p *parser) asmOperand() AsmOperand {
	var op AsmOperand
	if p.got(cpp.LBrack) {
		op.Name = p.text()
		if p.tok.Kind != cpp.Ident {
			p.failHere("expected an operand name, found %s", p.found())
		}
		p.next()
		p.want(cpp.RBrack)
	}
	op.Constraint = string(p.stringBytes())
	p.want(cpp.LParen)
	p.enter()
	op.X = p.expr()
	p.leave()
	p.want(cpp.RParen)
	return op
}
