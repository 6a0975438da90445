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

	words   *vocabulary
	lex     *lexer
	ahead   token // valid if hasHead
	hasHead bool
	record  *recording // of the file being read
	stmt    Pos        // of the statement being read

	root         *entry
	parent       *entry // the block being read
	current      *entry // the entry whose options are read
	files        []string
	active       []Pos // the sources being read
	bytes        int
	count        int
	blocks       int
	warnings     []Warning
	rewritten    []*node   // by node.id
	named        []*Symbol // by name.id
	formed       []*node   // by term.id
	symbols      []*Symbol
	freeSymbols  []Symbol // allocated in one piece, as are the others
	freeEntries  []entry
	freeProps    []property
	freeLists    []*entry
	freeLines    []*property
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
		words:     sources.words,
		constants: map[string]*Symbol{},
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

func (p *parser) newSymbol(name string) *Symbol {
	if len(p.freeSymbols) == 0 {
		p.freeSymbols = make([]Symbol, 256)
	}
	s := &p.freeSymbols[0]
	p.freeSymbols = p.freeSymbols[1:]
	s.name = name
	s.entries, s.props = cut(&p.freeLists, 1), cut(&p.freeLines, 4)
	s.dirTerms = cut(&p.nodes.lists, 1)
	return p.addSymbol(s)
}

// cut returns an empty list of a capacity from a larger piece.
func cut[T any](free *[]T, capacity int) []T {
	if len(*free) < capacity {
		*free = make([]T, max(1024, capacity))
	}
	list := (*free)[:0:capacity]
	*free = (*free)[capacity:]
	return list
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

// warnText warns of what no statement tells.
func (p *parser) warnText(pos Pos, format string, args ...any) {
	p.record.varies = true
	p.warn(pos, format, args...)
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
	if err := p.enter(); err != nil {
		return err
	}
	p.active = append(p.active, Pos{Path: name})
	// After a mistake a parser may take other steps.
	if known := file.statements.Load(); known != nil && len(p.errs.list) == 0 {
		err = p.redo(name, *known)
	} else {
		err = p.parseText(name, file)
	}
	p.active = p.active[:len(p.active)-1]
	p.blocks--
	return err
}

// parseText reads the file's text, and keeps its statements if they are the
// same for every parser.
func (p *parser) parseText(name string, file *sourceFile) error {
	lex, record := p.lex, p.record
	p.lex = &lexer{path: name, src: file.text, line: 1, macros: p.macros, warn: p.warnText}
	p.record = &recording{varies: strings.Contains(file.text, "$")}
	err := p.parseBlock(p.statement, nil)
	if err == nil && len(p.errs.list) == 0 && !p.record.varies {
		list := slices.Clip(p.record.list)
		file.statements.Store(&list)
	}
	p.lex, p.record, p.hasHead = lex, record, false
	return err
}

// enter counts blocks that are open, files included.
func (p *parser) enter() error {
	if p.blocks++; p.blocks > maxBlockDepth {
		return p.fatalf(p.stmt, "blocks are nested too deeply")
	}
	return nil
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

// statement reads one statement of a file, menu or if.
func (p *parser) statement(t token) (bool, error) {
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
	p.record.varies = true
	text := p.lex.assignment()
	if err := p.macros.assign(name.text, op.text, text, p.lex.pos()); err != nil {
		return false, p.fatal(err)
	}
	return true, nil
}

func (p *parser) mainMenu() error {
	title, ok, err := p.title()
	if !ok {
		return err
	}
	return p.doLine(statement{kind: stmtMainMenu, text: title})
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
	return p.do(statement{kind: stmtSource, text: name})
}

func (p *parser) menu() error {
	title, ok, err := p.title()
	if !ok {
		return err
	}
	if err := p.doLine(statement{kind: stmtMenu, text: title}); err != nil {
		return err
	}
	if err := p.options(p.menuOption); err != nil {
		return err
	}
	return p.inside(p.statement)
}

func (p *parser) ifBlock(read statementFunc) error {
	cond, ok, err := p.expr()
	if !ok {
		return err
	}
	if err := p.doLine(statement{kind: stmtIf, cond: cond}); err != nil {
		return err
	}
	return p.inside(read)
}

// inside reads the block of the current entry, and its end.
func (p *parser) inside(read statementFunc) error {
	pos, e := p.stmt, p.current
	if err := p.do(statement{kind: stmtEnter}); err != nil {
		return err
	}
	p.stmt = e.pos
	if err := p.parseBlock(read, e); err != nil {
		return err
	}
	p.stmt = pos
	return p.do(statement{kind: stmtLeave})
}

func (p *parser) comment() error {
	title, ok, err := p.title()
	if !ok {
		return err
	}
	if err := p.doLine(statement{kind: stmtComment, text: title}); err != nil {
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
	if err := p.doLine(statement{kind: stmtConfig, name: p.words.symbol(t.text)}); err != nil {
		return err
	}
	if err := p.options(p.configOption); err != nil {
		return err
	}
	end := stmtEndConfig
	if menu {
		end = stmtEndMenuConfig
	}
	return p.do(statement{kind: end})
}

// choiceBlock reads a choice. Up to linux 6.8 it may carry a name, and a name
// used again continues the choice.
func (p *parser) choiceBlock() error {
	t, err := p.next()
	switch {
	case err != nil:
		return err
	case t.kind == tokEOL || t.kind == tokEOF:
	case t.kind != tokWord || !p.dialect.choiceSymbols:
		return p.unexpected(t, "end of line")
	default:
		return p.fatalf(p.stmt, "named choices are not supported")
	}
	if err := p.do(statement{kind: stmtChoice}); err != nil {
		return err
	}
	if err := p.options(p.choiceOption); err != nil {
		return err
	}
	if err := p.do(statement{kind: stmtEndOptions}); err != nil {
		return err
	}
	return p.inside(p.choiceStatement)
}

func warningf(pos Pos, format string, args ...any) Warning {
	return Warning{Pos: pos, Msg: fmt.Sprintf(format, args...)}
}
