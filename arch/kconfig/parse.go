package kconfig

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Bounds on what is read, far above any kernel: linux 6.12 has 1,600 files of
// 6.4 MB in all, nested 5 deep.
const (
	maxFiles        = 20000
	maxSourceBytes  = 128 << 20
	maxSourceDepth  = 64
	maxBlockDepth   = 256
	maxParentheses  = 500
	maxEntries      = 1 << 20
	defaultMainMenu = "Main menu"
)

// parser reads the files of one Kconfig.
type parser struct {
	sources *Files
	srctree string
	dialect dialect
	macros  *macros
	nodes   *nodeTable
	errs    errorList

	lex     *lexer
	ahead   token // valid if hasHead
	hasHead bool
	stmt    Pos // of the statement being read

	root         *entry
	parent       *entry // the block being read
	current      *entry // the entry whose options are read
	files        []string
	active       []Pos // the sources being read
	bytes        int
	count        int
	blocks       int
	warnings     []Warning
	rewritten    map[*node]*node
	symbols      []*Symbol
	freeSymbols  []Symbol // allocated in one piece, as are the other two
	freeEntries  []entry
	freeProps    []property
	byName       map[string]*Symbol
	constants    map[string]*Symbol
	choices      []*choice
	yes, mod, no *Symbol
	modules      *Symbol
	modulesSet   bool
}

func newParser(sources *Files) *parser {
	d := sources.dialect
	p := &parser{
		sources:   sources,
		dialect:   d,
		byName:    map[string]*Symbol{},
		constants: map[string]*Symbol{},
		rewritten: map[*node]*node{},
		root:      &entry{isMenu: true},
	}
	p.yes, p.mod, p.no = p.constant("y"), p.constant("m"), p.constant("n")
	p.modules = p.no
	p.nodes = newNodeTable(p.yes, p.no, d.choiceSymbols)
	p.parent, p.current = p.root, p.root
	return p
}

func (p *parser) constant(name string) *Symbol {
	s := p.constants[name]
	if s == nil {
		s = p.addSymbol(&Symbol{name: name, quoted: true})
		if isTriName(name) {
			s.typ = Tristate
		}
		p.constants[name] = s
	}
	return s
}

func (p *parser) symbol(name string) *Symbol {
	if isTriName(name) {
		return p.constants[name]
	}
	s := p.byName[name]
	if s == nil {
		if len(p.freeSymbols) == 0 {
			p.freeSymbols = make([]Symbol, 256)
		}
		s, p.freeSymbols = &p.freeSymbols[0], p.freeSymbols[1:]
		s.name = name
		p.addSymbol(s)
		p.byName[name] = s
	}
	return s
}

func (p *parser) addSymbol(s *Symbol) *Symbol {
	s.index = len(p.symbols)
	p.symbols = append(p.symbols, s)
	return s
}

func (p *parser) warn(pos Pos, format string, args ...any) {
	if len(p.warnings) < 10000 {
		p.warnings = append(p.warnings, warningf(pos, format, args...))
	}
}

// errStop ends reading after a mistake that was recorded.
var errStop = errors.New("stop")

// fatal records err, which came from a macro or a file, and ends reading.
func (p *parser) fatal(err error) error {
	p.errs.list = append(p.errs.list, err)
	return errStop
}

func (p *parser) fatalf(pos Pos, format string, args ...any) error {
	p.errs.add(pos, format, args...)
	return errStop
}

// syntax records a mistake in the current statement and skips its line.
func (p *parser) syntax(format string, args ...any) error {
	p.errs.add(p.stmt, format, args...)
	if p.errs.full() {
		return errStop
	}
	for {
		t, err := p.next()
		if err != nil || t.kind == tokEOL || t.kind == tokEOF {
			return err
		}
	}
}

func (p *parser) next() (token, error) {
	if p.hasHead {
		p.hasHead = false
		return p.ahead, nil
	}
	t, err := p.lex.next()
	if err != nil {
		return t, p.fatal(err)
	}
	return t, nil
}

func (p *parser) peek() (token, error) {
	if !p.hasHead {
		t, err := p.next()
		if err != nil {
			return t, err
		}
		p.ahead, p.hasHead = t, true
	}
	return p.ahead, nil
}

// nextStatement returns the first token of the next statement and notes where
// it stands.
func (p *parser) nextStatement() (token, error) {
	for {
		t, err := p.next()
		if err != nil || t.kind != tokEOL {
			p.stmt = p.lex.pos()
			return t, err
		}
	}
}

// parseFile reads the file name, which from includes.
func (p *parser) parseFile(name string, from Pos) error {
	file, err := p.readFile(name, from)
	if err != nil {
		return err
	}
	outer := p.lex
	p.lex = p.newLexer(name, file)
	p.active = append(p.active, Pos{Path: name})
	err = p.parseBlock(p.statement, nil)
	p.active = p.active[:len(p.active)-1]
	if p.lex.keep && err == nil && len(p.errs.list) == 0 {
		tokens := slices.Clip(p.lex.record)
		file.tokens.Store(&tokens)
	}
	p.lex, p.hasHead = outer, false
	return err
}

// newLexer returns a lexer that replays or records tokens if that is safe:
// after a mistake a parser may take other steps.
func (p *parser) newLexer(name string, file *sourceFile) *lexer {
	l := &lexer{path: name, src: file.text, line: 1, macros: p.macros, warn: p.warn}
	if len(p.errs.list) > 0 {
		return l
	}
	if tokens := file.tokens.Load(); tokens != nil {
		l.known = *tokens
	} else {
		l.keep = !strings.Contains(file.text, "$")
	}
	return l
}

func (p *parser) readFile(name string, from Pos) (*sourceFile, error) {
	for _, a := range p.active {
		if a.Path == name {
			return nil, p.fatalf(from, "recursive inclusion of %q", name)
		}
	}
	if len(p.active) >= maxSourceDepth || len(p.files) >= maxFiles {
		return nil, p.fatalf(from, "too many files")
	}
	file, err := p.sources.file(name)
	if err != nil {
		return nil, p.fatalf(from, "can't open file %q", name)
	}
	if p.bytes += len(file.text); p.bytes > maxSourceBytes {
		return nil, p.fatalf(from, "Kconfig files are larger than %d MiB", maxSourceBytes>>20)
	}
	p.files = append(p.files, name)
	return file, nil
}

// sourcePath returns name relative to the root of the tree, as fs.FS wants it.
func (p *parser) sourcePath(name string) string {
	if rest, ok := strings.CutPrefix(name, p.srctree+"/"); ok {
		name = rest
	}
	return path.Clean(name)
}

// statementFunc reads one statement after its first token; it returns false,
// nil where it does not know it.
type statementFunc func(first token) (bool, error)

// parseBlock reads statements up to end, or to the end of the file where end
// is nil, for which a keyword ends the block.
func (p *parser) parseBlock(statement statementFunc, open *entry) error {
	if p.blocks++; p.blocks > maxBlockDepth {
		return p.fatalf(p.stmt, "blocks are nested too deeply")
	}
	defer func() { p.blocks-- }()
	start := p.stmt
	for {
		t, err := p.nextStatement()
		switch {
		case err != nil:
			return err
		case t.kind == tokEOF && open != nil:
			return p.fatalf(start, "missing end statement for this entry")
		case t.kind == tokEOF:
			return nil
		case open != nil && isEndKeyword(t):
			return p.endBlock(t, open)
		}
		if ok, err := statement(t); err != nil {
			return err
		} else if ok {
			continue
		}
		if t.kind == tokWord {
			err = p.syntax("unknown statement %q", t.text)
		} else {
			err = p.syntax("invalid statement")
		}
		if err != nil {
			return err
		}
	}
}

func isEndKeyword(t token) bool {
	return t.isKeyword("endmenu") || t.isKeyword("endif") || t.isKeyword("endchoice")
}

func (p *parser) endBlock(t token, open *entry) error {
	want := "endif"
	switch {
	case open.choice != nil:
		want = "endchoice"
	case open.isMenu:
		want = "endmenu"
	}
	if !t.isKeyword(want) {
		return p.fatalf(p.stmt, "unexpected '%s' within %s block", t.text, want[3:])
	}
	return p.endOfLine()
}

// endOfLine takes the end of the statement.
func (p *parser) endOfLine() error {
	t, err := p.next()
	if err != nil || t.kind == tokEOL || t.kind == tokEOF {
		return err
	}
	return p.syntax("unexpected %s", t)
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

// statement reads one statement of a file, menu or if.
func (p *parser) statement(t token) (bool, error) {
	if p.count > maxEntries {
		return true, p.fatalf(p.stmt, "too many entries")
	}
	if t.kind != tokWord {
		return false, nil
	}
	if !t.expanded {
		switch t.text {
		case "config", "menuconfig":
			return true, p.config(t.text == "menuconfig")
		case "choice":
			return true, p.choiceBlock()
		case "menu":
			return true, p.menu()
		case "if":
			return true, p.ifBlock(p.statement)
		case "comment":
			return true, p.comment()
		case "source":
			return true, p.source()
		case "mainmenu":
			return true, p.mainMenu()
		}
	}
	return p.assignment(t)
}

// choiceStatement reads one statement of a choice.
func (p *parser) choiceStatement(t token) (bool, error) {
	switch {
	case t.isKeyword("config"):
		return true, p.config(false)
	case t.isKeyword("if"):
		return true, p.ifBlock(p.choiceStatement)
	case t.isKeyword("comment"):
		return true, p.comment()
	}
	return false, nil
}

func (p *parser) assignment(name token) (bool, error) {
	op, err := p.peek()
	if err != nil {
		return false, err
	}
	if !op.isOperator("=") && !op.isOperator(":=") && !op.isOperator("+=") {
		return false, nil
	}
	p.hasHead = false
	text := p.lex.assignment()
	if err := p.macros.assign(name.text, op.text, text, p.lex.pos()); err != nil {
		return false, p.fatal(err)
	}
	return true, nil
}

func (p *parser) mainMenu() error {
	if p.count > 0 || p.root.prompt != nil {
		return p.syntax("mainmenu must be the first statement")
	}
	title, ok, err := p.title()
	if !ok {
		return err
	}
	p.current = p.root
	p.addPrompt(propMenu, title, nil)
	return p.endOfLine()
}

// title reads a quoted string; ok is false after a mistake.
func (p *parser) title() (text string, ok bool, err error) {
	t, err := p.next()
	if err != nil {
		return "", false, err
	}
	if t.kind == tokQuoted {
		return t.text, true, nil
	}
	return "", false, p.unexpected(t, "a quoted string")
}

// unexpected records that t stands where want should.
func (p *parser) unexpected(t token, want string) error {
	p.ahead, p.hasHead = t, true
	return p.syntax("unexpected %s, want %s", t, want)
}

func (p *parser) source() error {
	name, ok, err := p.title()
	if !ok {
		return err
	}
	if err := p.endOfLine(); err != nil {
		return err
	}
	return p.parseFile(p.sourcePath(name), p.stmt)
}

func (p *parser) menu() error {
	title, ok, err := p.title()
	if !ok {
		return err
	}
	e := p.add(nil)
	e.isMenu = true
	p.addPrompt(propMenu, title, nil)
	if err := p.endOfLine(); err != nil {
		return err
	}
	if err := p.options(p.menuOption); err != nil {
		return err
	}
	return p.inside(e, p.statement)
}

func (p *parser) ifBlock(statement statementFunc) error {
	cond, ok, err := p.expr()
	if !ok {
		return err
	}
	e := p.add(nil)
	e.dep = cond
	if err := p.endOfLine(); err != nil {
		return err
	}
	return p.inside(e, statement)
}

func (p *parser) inside(e *entry, statement statementFunc) error {
	outer, pos := p.parent, p.stmt
	p.stmt = e.pos
	p.parent = e
	err := p.parseBlock(statement, e)
	p.parent, p.stmt = outer, pos
	return err
}

func (p *parser) comment() error {
	title, ok, err := p.title()
	if !ok {
		return err
	}
	e := p.add(nil)
	e.isMenu = true
	p.addPrompt(propComment, title, nil)
	if err := p.endOfLine(); err != nil {
		return err
	}
	return p.options(p.commentOption)
}

func (p *parser) config(menu bool) error {
	t, err := p.next()
	if err != nil {
		return err
	}
	if t.kind != tokWord {
		return p.unexpected(t, "a symbol")
	}
	e := p.add(p.symbol(t.text))
	if err := p.endOfLine(); err != nil {
		return err
	}
	if err := p.options(p.configOption); err != nil {
		return err
	}
	if menu && e.prompt != nil {
		e.prompt.kind = propMenu
	} else if menu {
		p.warn(e.pos, "menuconfig statement without prompt")
	}
	if !p.dialect.choiceSymbols && e.enclosingChoice() != nil {
		p.checkMember(e)
	}
	return nil
}

func (p *parser) checkMember(e *entry) {
	if e.prompt == nil {
		p.errs.add(e.pos, "choice member must have a prompt")
	}
	if e.sym.typ != Bool {
		p.errs.add(e.pos, "choice member must be bool")
	}
}

func (p *parser) choiceBlock() error {
	c, err := p.newChoice()
	if c == nil {
		return err
	}
	e := p.add(c.sym)
	e.choice = c
	if c.entry == nil {
		c.entry = e
	}
	if err := p.options(p.choiceOption); err != nil {
		return err
	}
	if e.prompt == nil && p.dialect.choiceSymbols {
		p.warn(e.pos, "choice must have a prompt")
	} else if e.prompt == nil {
		p.errs.add(e.pos, "choice must have a prompt")
	}
	return p.inside(e, p.choiceStatement)
}

// newChoice reads the line of a choice. Up to linux 6.8 it may carry a name,
// and a name used again continues the choice.
func (p *parser) newChoice() (*choice, error) {
	t, err := p.next()
	if err != nil {
		return nil, err
	}
	if t.kind == tokEOL || t.kind == tokEOF {
		return p.addChoice(), nil
	}
	if t.kind != tokWord || !p.dialect.choiceSymbols {
		return nil, p.unexpected(t, "end of line")
	}
	return nil, p.fatalf(p.stmt, "named choices are not supported")
}

func (p *parser) addChoice() *choice {
	s := p.addSymbol(&Symbol{name: "choice " + p.stmt.String()})
	c := &choice{index: len(p.choices), sym: s}
	s.group = c
	if !p.dialect.choiceSymbols {
		s.typ = Bool
	}
	p.choices = append(p.choices, c)
	return c
}

func warningf(pos Pos, format string, args ...any) Warning {
	return Warning{Pos: pos, Msg: fmt.Sprintf(format, args...)}
}
