package syntax

func (p *printer) block(b *Block) {
	p.put("{")
	p.indent++
	if len(b.Labels) > 0 {
		p.line()
		p.put("__label__ ")
		for i, name := range b.Labels {
			if i > 0 {
				p.put(", ")
			}
			p.put(name)
		}
		p.put(";")
	}
	for _, item := range b.Items {
		p.line()
		p.stmt(item)
	}
	p.indent--
	p.line()
	p.put("}")
}

func (p *printer) stmt(s Stmt) {
	switch s := s.(type) {
	case *Block:
		p.block(s)
	case *DeclStmt:
		p.decl(s.Decl)
	case *ExprStmt:
		p.exprStmt(s)
	case *If:
		p.ifStmt(s)
	case *While:
		p.put("while (")
		p.expr(s.Cond, precComma)
		p.put(")")
		p.nested(s.Body)
	case *DoWhile:
		p.put("do")
		p.nested(s.Body)
		p.line()
		p.put("while (")
		p.expr(s.Cond, precComma)
		p.put(");")
	case *For:
		p.forStmt(s)
	case *Switch:
		p.put("switch (")
		p.expr(s.X, precComma)
		p.put(")")
		p.nested(s.Body)
	case *Asm:
		p.asm(s)
	case *Case, *Default, *Label:
		p.label(s)
	default:
		p.jump(s)
	}
}

// nested writes the statement that another one governs.
func (p *printer) nested(s Stmt) {
	if b, ok := s.(*Block); ok {
		p.put(" ")
		p.block(b)
		return
	}
	p.indent++
	p.line()
	p.stmt(s)
	p.indent--
}

func (p *printer) exprStmt(s *ExprStmt) {
	for i := range s.Attrs {
		p.attr(&s.Attrs[i])
	}
	if s.X != nil {
		p.expr(s.X, precComma)
	}
	p.put(";")
}

func (p *printer) ifStmt(s *If) {
	p.put("if (")
	p.expr(s.Cond, precComma)
	p.put(")")
	p.nested(s.Then)
	if s.Else != nil {
		p.line()
		p.put("else")
		p.nested(s.Else)
	}
}

func (p *printer) forStmt(s *For) {
	p.put("for (")
	if s.Init != nil {
		p.stmt(s.Init)
	} else {
		p.put(";")
	}
	if s.Cond != nil {
		p.put(" ")
		p.expr(s.Cond, precComma)
	}
	p.put(";")
	if s.Post != nil {
		p.put(" ")
		p.expr(s.Post, precComma)
	}
	p.put(")")
	p.nested(s.Body)
}

// label writes a label and the statement behind it.
func (p *printer) label(s Stmt) {
	var body Stmt
	switch s := s.(type) {
	case *Case:
		p.put("case ")
		p.expr(s.Lo, precCond)
		if s.Hi != nil {
			p.put(" ... ")
			p.expr(s.Hi, precCond)
		}
		p.put(":")
		body = s.Body
	case *Default:
		p.put("default:")
		body = s.Body
	case *Label:
		p.put(s.Name, ":")
		p.attrsAfter(s.Attrs)
		body = s.Body
	}
	p.line()
	p.stmt(body)
}

func (p *printer) jump(s Stmt) {
	switch s := s.(type) {
	case *Goto:
		p.put("goto ")
		if s.X != nil {
			p.put("*")
			p.expr(s.X, precComma)
		}
		p.put(s.Name, ";")
	case *Break:
		p.put("break;")
	case *Continue:
		p.put("continue;")
	case *Return:
		p.put("return")
		if s.X != nil {
			p.put(" ")
			p.expr(s.X, precComma)
		}
		p.put(";")
	}
}

func (p *printer) asm(a *Asm) {
	p.put("asm")
	if a.Volatile {
		p.put(" volatile")
	}
	if a.Inline {
		p.put(" inline")
	}
	if a.Goto {
		p.put(" goto")
	}
	p.put("(")
	p.quoted(a.Template)
	if a.Extended {
		p.put(" :")
		p.operands(a.Outputs)
		p.put(" :")
		p.operands(a.Inputs)
		p.put(" :")
		p.clobbers(a.Clobbers)
	}
	if len(a.Labels) > 0 {
		p.put(" :")
		for i, name := range a.Labels {
			if i > 0 {
				p.put(",")
			}
			p.put(" ", name)
		}
	}
	p.put(");")
}

func (p *printer) operands(list []AsmOperand) {
	for i, op := range list {
		if i > 0 {
			p.put(",")
		}
		if op.Name != "" {
			p.put(" [", op.Name, "]")
		}
		p.put(" ")
		p.quoted([]byte(op.Constraint))
		p.put(" (")
		p.expr(op.X, precComma)
		p.put(")")
	}
}

func (p *printer) clobbers(list []string) {
	for i, c := range list {
		if i > 0 {
			p.put(",")
		}
		p.put(" ")
		p.quoted([]byte(c))
	}
}
