package kconfig

// optionFunc reads one option of an entry after its first token; it returns
// false, nil where the token starts something else.
type optionFunc func(first token) (bool, error)

// options reads the options of the current entry.
func (p *parser) options(option optionFunc) error {
	for {
		t, err := p.nextStatement()
		if err != nil {
			return err
		}
		if t.kind == tokWord && !t.expanded {
			if ok, err := option(t); ok || err != nil {
				if err != nil {
					return err
				}
				continue
			}
		}
		p.ahead, p.hasHead = t, true
		return nil
	}
}

func (p *parser) configOption(t token) (bool, error) {
	switch t.text {
	case "bool", "tristate", "int", "hex", "string":
		return true, p.typeOption(typeKeyword(t.text))
	case "prompt":
		return true, p.promptOption()
	case "default":
		return true, p.defaultOption(Unknown)
	case "def_bool":
		return true, p.defaultOption(Bool)
	case "def_tristate":
		return true, p.defaultOption(Tristate)
	case "select":
		return true, p.selectOption(stmtSelect)
	case "imply":
		return true, p.selectOption(stmtImply)
	case "range":
		return true, p.rangeOption()
	case "modules":
		return true, p.doLine(statement{kind: stmtModules})
	}
	return p.commonOption(t)
}

func (p *parser) choiceOption(t token) (bool, error) {
	old := p.dialect.choiceSymbols
	switch {
	case t.text == "prompt":
		return true, p.promptOption()
	case t.text == "bool", t.text == "tristate" && old:
		return true, p.typeOption(typeKeyword(t.text))
	case t.text == "optional" && old:
		return true, p.doLine(statement{kind: stmtOptional})
	case t.text == "default":
		return true, p.choiceDefault()
	}
	return p.commonOption(t)
}

// commonOption reads what entries of symbols and choices share.
func (p *parser) commonOption(t token) (bool, error) {
	if t.text == "help" {
		return true, p.helpOption()
	}
	return p.commentOption(t)
}

func (p *parser) commentOption(t token) (bool, error) {
	if t.text != "depends" {
		return false, nil
	}
	if on, err := p.next(); err != nil {
		return true, err
	} else if !on.isKeyword("on") {
		return true, p.unexpected(on, "on")
	}
	cond, ok, err := p.expr()
	if !ok {
		return true, err
	}
	return true, p.doLine(statement{kind: stmtDepends, cond: cond})
}

func (p *parser) menuOption(t token) (bool, error) {
	if t.text != "visible" {
		return p.commentOption(t)
	}
	cond, ok, err := p.condition()
	if !ok {
		return true, err
	}
	return true, p.doLine(statement{kind: stmtVisible, cond: cond})
}

func typeKeyword(s string) Type {
	for t := Bool; t <= String; t++ {
		if t.String() == s {
			return t
		}
	}
	panic("kconfig: not a type: " + s)
}

// typeOption reads the rest of bool "prompt" if cond.
func (p *parser) typeOption(t Type) error {
	quoted, err := p.peek()
	if err != nil {
		return err
	}
	if quoted.kind == tokQuoted {
		err = p.promptOption()
	} else {
		err = p.endOfLine()
	}
	if err != nil {
		return err
	}
	return p.do(statement{kind: stmtType, typ: t})
}

func (p *parser) promptOption() error {
	text, ok, err := p.title()
	if !ok {
		return err
	}
	cond, ok, err := p.condition()
	if !ok {
		return err
	}
	return p.doLine(statement{kind: stmtPrompt, text: text, cond: cond})
}

func (p *parser) defaultOption(t Type) error {
	value, ok, err := p.expr()
	if !ok {
		return err
	}
	cond, ok, err := p.condition()
	if !ok {
		return err
	}
	return p.doLine(statement{kind: stmtDefault, typ: t, value: value, cond: cond})
}

func (p *parser) choiceDefault() error {
	s, ok, err := p.symbolName()
	if !ok {
		return err
	}
	cond, ok, err := p.condition()
	if !ok {
		return err
	}
	return p.doLine(statement{kind: stmtDefault, value: s.term, cond: cond})
}

func (p *parser) selectOption(kind stmtKind) error {
	s, ok, err := p.symbolName()
	if !ok {
		return err
	}
	cond, ok, err := p.condition()
	if !ok {
		return err
	}
	return p.doLine(statement{kind: kind, name: s, cond: cond})
}

func (p *parser) rangeOption() error {
	low, ok, err := p.operand()
	if !ok {
		return err
	}
	high, ok, err := p.operand()
	if !ok {
		return err
	}
	cond, ok, err := p.condition()
	if !ok {
		return err
	}
	return p.doLine(statement{kind: stmtRange, name: low, high: high, cond: cond})
}

func (p *parser) helpOption() error {
	if err := p.endOfLine(); err != nil {
		return err
	}
	return p.do(statement{kind: stmtHelp, text: p.lex.help()})
}

// condition reads an optional "if expr"; ok is false after a mistake.
func (p *parser) condition() (t *term, ok bool, err error) {
	word, err := p.peek()
	if err != nil {
		return nil, false, err
	}
	if !word.isKeyword("if") {
		return nil, true, nil
	}
	p.hasHead = false
	return p.expr()
}

// symbolName reads the unquoted name of a symbol.
func (p *parser) symbolName() (n *name, ok bool, err error) {
	t, err := p.next()
	if err != nil {
		return nil, false, err
	}
	if t.kind != tokWord || isReserved(t) {
		return nil, false, p.unexpected(t, "a symbol")
	}
	return p.words.symbol(t.text), true, nil
}

// operand reads a symbol or a string constant.
func (p *parser) operand() (n *name, ok bool, err error) {
	t, err := p.next()
	switch {
	case err != nil:
		return nil, false, err
	case t.kind == tokQuoted:
		return p.words.constant(t.text), true, nil
	case t.kind == tokWord && !isReserved(t):
		return p.words.symbol(t.text), true, nil
	}
	return nil, false, p.unexpected(t, "a symbol or string")
}

// isReserved reports whether t is a keyword, which cannot name a symbol.
func isReserved(t token) bool {
	if t.expanded {
		return false
	}
	switch t.text {
	case "bool", "choice", "comment", "config", "def_bool", "def_tristate", "default", "depends",
		"endchoice", "endif", "endmenu", "help", "hex", "if", "imply", "int", "mainmenu", "menu",
		"menuconfig", "modules", "on", "prompt", "range", "select", "source", "string", "tristate", "visible":
		return true
	}
	return false
}

// expr reads an expression; ok is false after a mistake, which is recorded
// and whose line is skipped.
func (p *parser) expr() (t *term, ok bool, err error) { return p.disjunction(0) }

func (p *parser) disjunction(depth int) (*term, bool, error) {
	return p.operands(OpOr, "||", func() (*term, bool, error) { return p.conjunction(depth) })
}

func (p *parser) conjunction(depth int) (*term, bool, error) {
	return p.operands(OpAnd, "&&", func() (*term, bool, error) { return p.factor(depth) })
}

func (p *parser) operands(op Op, sign string, read func() (*term, bool, error)) (*term, bool, error) {
	var args []*term
	for {
		n, ok, err := read()
		if !ok {
			return nil, false, err
		}
		args = append(args, n)
		t, err := p.peek()
		if err != nil {
			return nil, false, err
		}
		if !t.isOperator(sign) {
			return p.words.join(op, args), true, nil
		}
		p.hasHead = false
	}
}

// factor reads !factor, (expr), an operand or a comparison of two operands.
func (p *parser) factor(depth int) (n *term, ok bool, err error) {
	if depth > maxParentheses {
		return nil, false, p.fatalf(p.stmt, "expression is nested too deeply")
	}
	t, err := p.peek()
	if err != nil {
		return nil, false, err
	}
	switch {
	case t.isOperator("!"):
		p.hasHead = false
		n, ok, err := p.factor(depth + 1)
		if !ok {
			return nil, false, err
		}
		return p.words.join(OpNot, []*term{n}), true, nil
	case t.isOperator("("):
		p.hasHead = false
		return p.parenthesized(depth)
	}
	return p.comparison()
}

func (p *parser) parenthesized(depth int) (*term, bool, error) {
	n, ok, err := p.disjunction(depth + 1)
	if !ok {
		return nil, false, err
	}
	t, err := p.next()
	if err != nil {
		return nil, false, err
	}
	if !t.isOperator(")") {
		return nil, false, p.unexpected(t, ")")
	}
	return n, true, nil
}

func (p *parser) comparison() (*term, bool, error) {
	x, ok, err := p.operand()
	if !ok {
		return nil, false, err
	}
	t, err := p.peek()
	if err != nil {
		return nil, false, err
	}
	op, ok := comparisonOp(t)
	if !ok {
		return x.term, true, nil
	}
	p.hasHead = false
	y, ok, err := p.operand()
	if !ok {
		return nil, false, err
	}
	return p.words.compare(op, x, y), true, nil
}

func comparisonOp(t token) (Op, bool) {
	if t.kind == tokOperator {
		for op := OpEq; op <= OpGe; op++ {
			if comparisonText(op) == t.text {
				return op, true
			}
		}
	}
	return 0, false
}
