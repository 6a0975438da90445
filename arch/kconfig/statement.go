package kconfig

import "strings"

// statement is what a parser makes of a line or of the end of an entry. A file
// without macros has the same statements for every architecture.
type statement struct {
	kind  stmtKind
	typ   Type // of stmtType, and of a stmtDefault that gives one
	line  int32
	name  *name // of a config; the target of a select or imply; the low end of a range
	high  *name // of a range
	text  string
	value *term // of a default
	cond  *term // nil is none
}

type stmtKind uint8

const (
	stmtMainMenu stmtKind = iota
	stmtSource
	stmtConfig
	stmtEndConfig     // after the options of a config
	stmtEndMenuConfig // after those of a menuconfig
	stmtMenu
	stmtComment
	stmtIf
	stmtChoice
	stmtEndOptions // of a choice
	stmtEnter      // the block of the current entry begins
	stmtLeave      // and ends
	stmtType
	stmtPrompt
	stmtDefault
	stmtSelect
	stmtImply
	stmtRange
	stmtDepends
	stmtVisible
	stmtHelp
	stmtOptional
	stmtModules
)

// recording is the statements of a file being read.
type recording struct {
	list   []statement
	varies bool // they are not the same for every parser
}

// doLine does s and takes the end of its line.
func (p *parser) doLine(s statement) error {
	if err := p.do(s); err != nil {
		return err
	}
	return p.endOfLine()
}

// do does s, which was read at p.stmt.
func (p *parser) do(s statement) error {
	s.line = int32(p.stmt.Line)
	if !p.record.varies {
		p.record.list = append(p.record.list, s)
	}
	return p.act(&s)
}

// redo does the statements of the file path.
func (p *parser) redo(path string, list []statement) error {
	for i := range list {
		p.stmt = Pos{path, int(list[i].line)}
		if err := p.act(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) act(s *statement) error {
	switch s.kind {
	case stmtSource:
		return p.parseFile(p.sourcePath(s.text), p.stmt)
	case stmtConfig, stmtMenu, stmtComment, stmtIf, stmtChoice:
		return p.actEntry(s)
	case stmtEndConfig, stmtEndMenuConfig:
		p.endConfig(s.kind == stmtEndMenuConfig)
	case stmtEndOptions:
		p.endOptions()
	case stmtEnter:
		p.parent = p.current
		return p.enter()
	case stmtLeave:
		p.parent = p.parent.parent
		p.blocks--
	case stmtMainMenu:
		return p.actMainMenu(s.text)
	case stmtModules:
		return p.actModules()
	default:
		p.actOption(s)
	}
	return nil
}

// actEntry adds the entry that s begins.
func (p *parser) actEntry(s *statement) error {
	if p.count > maxEntries {
		return p.fatalf(p.stmt, "too many entries")
	}
	switch s.kind {
	case stmtConfig:
		p.add(p.symbolOf(s.name))
	case stmtIf:
		p.add(nil).dep = p.node(s.cond)
	case stmtChoice:
		p.addChoice()
	case stmtMenu:
		p.add(nil).isMenu = true
		p.addPrompt(propMenu, s.text, nil)
	case stmtComment:
		p.add(nil).isMenu = true
		p.addPrompt(propComment, s.text, nil)
	}
	return nil
}

// actOption adds an option to the current entry.
func (p *parser) actOption(s *statement) {
	switch s.kind {
	case stmtType:
		p.setType(s.typ)
	case stmtPrompt:
		p.addPrompt(propPrompt, s.text, p.node(s.cond))
	case stmtDefault:
		value := p.node(s.value)
		p.addProperty(property{kind: propDefault, value: value, cond: p.node(s.cond)})
		if s.typ != Unknown {
			p.setType(s.typ)
		}
	case stmtSelect:
		target := p.symbolOf(s.name)
		p.addProperty(property{kind: propSelect, target: target, cond: p.node(s.cond)})
	case stmtImply:
		target := p.symbolOf(s.name)
		p.addProperty(property{kind: propImply, target: target, cond: p.node(s.cond)})
	case stmtRange:
		low, high := p.symbolOf(s.name), p.symbolOf(s.high)
		p.addProperty(property{kind: propRange, low: low, high: high, cond: p.node(s.cond)})
	case stmtDepends:
		p.current.dep = p.nodes.and(p.current.dep, p.node(s.cond))
	case stmtVisible:
		p.current.visibility = p.nodes.and(p.current.visibility, p.node(s.cond))
	case stmtHelp:
		p.setHelp(s.text)
	case stmtOptional:
		p.current.choice.optional = true
	}
}

func (p *parser) actMainMenu(title string) error {
	if p.count > 0 || p.root.prompt != nil {
		return p.mistake("mainmenu must be the first statement")
	}
	p.current = p.root
	p.addPrompt(propMenu, title, nil)
	return nil
}

func (p *parser) actModules() error {
	s := p.current.sym
	if p.modulesSet {
		return p.mistake("symbol '%s' redefines option 'modules' already defined by symbol '%s'", s.name, p.modules.name)
	}
	p.modules, p.modulesSet = s, true
	return nil
}

// mistake records a mistake in the current statement.
func (p *parser) mistake(format string, args ...any) error {
	p.errs.add(p.stmt, format, args...)
	if p.errs.full() {
		return errStop
	}
	return nil
}

func (p *parser) endConfig(menu bool) {
	e := p.current
	if menu && e.prompt != nil {
		e.prompt.kind = propMenu
	} else if menu {
		p.warn(e.pos, "menuconfig statement without prompt")
	}
	if !p.dialect.choiceSymbols && e.enclosingChoice() != nil {
		p.checkMember(e)
	}
}

func (p *parser) checkMember(e *entry) {
	if e.prompt == nil {
		p.errs.add(e.pos, "choice member must have a prompt")
	}
	if e.sym.typ != Bool {
		p.errs.add(e.pos, "choice member must be bool")
	}
}

func (p *parser) endOptions() {
	e := p.current
	if e.prompt == nil && p.dialect.choiceSymbols {
		p.warn(e.pos, "choice must have a prompt")
	} else if e.prompt == nil {
		p.errs.add(e.pos, "choice must have a prompt")
	}
}

// add puts a new entry for s at the end of the current block.
func (p *parser) add(s *Symbol) *entry {
	p.count++
	if len(p.freeEntries) == 0 {
		p.freeEntries = make([]entry, 256)
	}
	e := &p.freeEntries[0]
	p.freeEntries = p.freeEntries[1:]
	*e = entry{sym: s, pos: p.stmt, parent: p.parent}
	p.parent.children = append(p.parent.children, e)
	p.current = e
	if s != nil {
		s.entries = append(s.entries, e)
	}
	return e
}

func (p *parser) addChoice() {
	s := p.addSymbol(&Symbol{name: "choice " + p.stmt.String()})
	c := &choice{index: len(p.choices), sym: s}
	s.group = c
	if !p.dialect.choiceSymbols {
		s.typ = Bool
	}
	p.choices = append(p.choices, c)
	c.entry = p.add(s)
	c.entry.choice = c
}

func (p *parser) setType(t Type) {
	s := p.current.sym
	if s.typ == Unknown {
		s.typ = t
	} else if s.typ != t {
		p.warn(p.stmt, "ignoring type redefinition of '%s' from '%s' to '%s'", s.name, s.typ, t)
	}
}

func (p *parser) addProperty(q property) *property {
	q.entry, q.pos = p.current, p.stmt
	if len(p.freeProps) == 0 {
		p.freeProps = make([]property, 256)
	}
	at := &p.freeProps[0]
	p.freeProps = p.freeProps[1:]
	*at = q
	if s := p.current.sym; s != nil {
		s.props = append(s.props, at)
	}
	return at
}

func (p *parser) addPrompt(kind propKind, text string, cond *node) {
	if trimmed := strings.TrimLeft(text, " \t\n\r\f\v"); trimmed != text {
		p.warn(p.stmt, "leading whitespace ignored")
		text = trimmed
	}
	if p.current.prompt != nil {
		p.warn(p.stmt, "prompt redefined")
	}
	if kind == propPrompt {
		for e := p.current.parent; e != nil; e = e.parent {
			cond = p.nodes.and(cond, e.visibility)
		}
	}
	p.current.prompt = p.addProperty(property{kind: kind, text: text, cond: cond})
}

func (p *parser) setHelp(text string) {
	if p.current.help != "" {
		p.warn(p.stmt, "'%s' defined with more than one help text -- only the last one will be used", p.current.sym.name)
	}
	if strings.TrimSpace(text) == "" {
		p.warn(p.stmt, "'%s' defined with blank help text", p.current.sym.name)
	}
	p.current.help = text
}
