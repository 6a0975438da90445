package kbuild

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Bounds of one evaluation. Kernel Makefiles stay far below; a hostile patch
// to one must not.
const (
	maxSteps   = 1 << 20 // expansions
	maxNesting = 200     // of expansions and of includes
	maxValue   = 1 << 20 // bytes of one expansion
)

// MakeError is what stops the evaluation of a Makefile.
type MakeError struct {
	Path   string
	Line   int // from 1
	Reason string
}

func (e *MakeError) Error() string { return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Reason) }

// errBudget is wrapped in a MakeError when a bound above is exceeded.
var errBudget = errors.New("evaluation exceeds its budget")

// variable is a make variable; a simple one (:=) was expanded when assigned.
type variable struct {
	text   string
	simple bool
}

// rule is one explicit or pattern rule with its recipe, not yet expanded.
type rule struct {
	targets, needs []string
	recipe         []string
}

// maker evaluates Makefiles in order, like one make process.
type maker struct {
	fsys  fs.FS
	value func(symbol string) string // of CONFIG_ variables
	// refuses are the options the compiler does not know.
	refuses []string
	vars    map[string]variable
	target  map[string]map[string]variable // target-specific variables
	rules   []rule

	// unknown collects the shell commands that were not understood.
	unknown []string

	path    string
	line    int
	steps   int
	nesting int
}

func newMaker(fsys fs.FS, value func(string) string) *maker {
	return &maker{
		fsys: fsys, value: value,
		vars:   make(map[string]variable),
		target: make(map[string]map[string]variable),
	}
}

func (m *maker) set(name, text string) { m.vars[name] = variable{text, true} }

func (m *maker) fail(format string, args ...any) error {
	return &MakeError{m.path, m.line, fmt.Sprintf(format, args...)}
}

// readFile evaluates the Makefile at name. A missing file is an error that
// unwraps to fs.ErrNotExist.
func (m *maker) readFile(name string) error {
	data, err := fs.ReadFile(m.fsys, name)
	if err != nil {
		return err
	}
	return m.read(name, string(data))
}

func (m *maker) read(name, text string) error {
	if m.nesting++; m.nesting > maxNesting {
		return m.fail("includes are nested too deeply")
	}
	path, line := m.path, m.line
	m.path = name
	defer func() { m.path, m.line = path, line; m.nesting-- }()

	r := makeReader{m: m, lines: strings.Split(text, "\n")}
	return r.run()
}

// makeReader goes through the lines of one file.
type makeReader struct {
	m     *maker
	lines []string
	next  int
	conds []makeCond
	// rule is the rule whose recipe may follow, nil outside.
	rule *rule
}

// makeCond is an open ifeq. live tells whether its current branch is read,
// done whether one of its branches was, outer whether the whole is.
type makeCond struct {
	live, done, outer bool
	line              int
}

func (r *makeReader) live() bool {
	return len(r.conds) == 0 || r.conds[len(r.conds)-1].live
}

func (r *makeReader) run() error {
	for r.next < len(r.lines) {
		r.m.line = r.next + 1
		raw := r.logical()
		if strings.HasPrefix(raw, "\t") && r.rule != nil {
			if r.live() {
				r.rule.recipe = append(r.rule.recipe, raw[1:])
			}
			continue
		}
		line := strings.TrimLeft(stripComment(raw), " \t")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := r.statement(line); err != nil {
			return err
		}
	}
	if n := len(r.conds); n > 0 {
		r.m.line = r.conds[n-1].line
		return r.m.fail("missing endif")
	}
	return nil
}

// logical returns the next line with its continuations joined by one blank.
func (r *makeReader) logical() string {
	line := strings.TrimSuffix(r.lines[r.next], "\r")
	r.next++
	for continues(line) && r.next < len(r.lines) {
		more := strings.TrimSuffix(r.lines[r.next], "\r")
		r.next++
		line = strings.TrimRight(line[:len(line)-1], " \t") + " " + strings.TrimLeft(more, " \t")
	}
	return line
}

func continues(line string) bool {
	n := 0
	for strings.HasSuffix(line[:len(line)-n], "\\") {
		n++
	}
	return n%2 == 1
}

// stripComment removes a # comment; \# stands for #.
func stripComment(line string) string {
	if !strings.Contains(line, "#") {
		return line
	}
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line) && line[i+1] == '#':
			b.WriteByte('#')
			i++
		case line[i] == '#':
			return b.String()
		default:
			b.WriteByte(line[i])
		}
	}
	return b.String()
}

func (r *makeReader) statement(line string) error {
	word, rest := firstWord(line)
	switch word {
	case "ifeq", "ifneq", "ifdef", "ifndef":
		return r.open(word, rest)
	case "else":
		return r.otherwise(rest)
	case "endif":
		if len(r.conds) == 0 {
			return r.m.fail("endif without ifeq")
		}
		r.conds = r.conds[:len(r.conds)-1]
		return nil
	case "define":
		return r.define(rest)
	}
	if !r.live() {
		return nil
	}
	switch word {
	case "include", "-include", "sinclude":
		r.rule = nil
		return r.include(rest, word == "include")
	case "export", "override", "private":
		if op, _, _ := splitAssignment(rest); op == "" {
			return nil
		}
		line = rest
	case "unexport", "undefine", "vpath":
		return nil
	}
	return r.assignmentOrRule(line)
}

func firstWord(line string) (word, rest string) {
	i := strings.IndexAny(line, " \t(")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimLeft(line[i:], " \t")
}

func (r *makeReader) open(word, rest string) error {
	c := makeCond{outer: r.live(), line: r.m.line}
	if c.outer {
		holds, err := r.test(word, rest)
		if err != nil {
			return err
		}
		c.live, c.done = holds, holds
	}
	if len(r.conds) > maxNesting {
		return r.m.fail("conditionals are nested too deeply")
	}
	r.conds = append(r.conds, c)
	return nil
}

func (r *makeReader) otherwise(rest string) error {
	if len(r.conds) == 0 {
		return r.m.fail("else without ifeq")
	}
	c := &r.conds[len(r.conds)-1]
	c.live = c.outer && !c.done
	if word, cond := firstWord(rest); c.live && strings.HasPrefix(word, "if") {
		holds, err := r.test(word, cond)
		if err != nil {
			return err
		}
		c.live = holds
	}
	c.done = c.done || c.live
	return nil
}

func (r *makeReader) test(word, rest string) (bool, error) {
	switch word {
	case "ifdef", "ifndef":
		name, err := r.m.expand(rest)
		if err != nil {
			return false, err
		}
		return (r.m.raw(strings.TrimSpace(name)) != "") == (word == "ifdef"), nil
	}
	a, b, ok := comparands(rest)
	if !ok {
		return false, r.m.fail("%s without two things to compare", word)
	}
	x, err := r.m.expand(a)
	if err != nil {
		return false, err
	}
	y, err := r.m.expand(b)
	return (x == y) == (word == "ifeq"), err
}

// comparands splits "(a,b)" or "'a' 'b'".
func comparands(s string) (a, b string, ok bool) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		args := splitArgs(s[1 : len(s)-1])
		if len(args) < 2 {
			return "", "", false
		}
		return strings.TrimSpace(args[0]), strings.TrimSpace(strings.Join(args[1:], ",")), true
	}
	if a, s, ok = quoted(s); !ok {
		return "", "", false
	}
	b, _, ok = quoted(strings.TrimSpace(s))
	return a, b, ok
}

func quoted(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return "", "", false
	}
	end := strings.IndexByte(s[1:], s[0])
	if end < 0 {
		return "", "", false
	}
	return s[1 : 1+end], s[2+end:], true
}

func (r *makeReader) define(rest string) error {
	name, _, _ := strings.Cut(rest, " ")
	name = strings.TrimRight(name, "=:+ \t")
	var body []string
	for depth := 1; ; {
		if r.next >= len(r.lines) {
			return r.m.fail("missing endef")
		}
		line := r.lines[r.next]
		r.next++
		switch word, _ := firstWord(strings.TrimSpace(line)); word {
		case "define":
			depth++
		case "endef":
			depth--
		}
		if depth == 0 {
			break
		}
		body = append(body, line)
	}
	if r.live() {
		r.m.vars[name] = variable{text: strings.Join(body, "\n")}
	}
	return nil
}

func (r *makeReader) include(rest string, must bool) error {
	names, err := r.m.expand(rest)
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(names) {
		err := r.m.readFile(path.Clean(name))
		if errors.Is(err, fs.ErrNotExist) {
			if must {
				// A generated makefile: nothing in it matters here.
				r.m.unknown = append(r.m.unknown, "include "+name)
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *makeReader) assignmentOrRule(line string) error {
	if op, name, text := splitAssignment(line); op != "" {
		r.rule = nil
		expanded, err := r.m.expand(name)
		if err != nil {
			return err
		}
		return r.m.assign(r.m.vars, nil, strings.TrimSpace(expanded), op, text)
	}
	return r.addRule(line)
}

// splitAssignment returns the operator of an assignment, "" if line is none.
func splitAssignment(line string) (op, name, text string) {
	depth := 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '$' && i+1 < len(line) && line[i+1] != '(' && line[i+1] != '{':
			i++
		case c == '(' || c == '{':
			depth++
		case c == ')' || c == '}':
			depth--
		case depth > 0:
		case c == '=':
			start := i
			if i > 0 && strings.IndexByte(":+?!", line[i-1]) >= 0 {
				start--
			}
			return line[start : i+1], strings.TrimSpace(line[:start]), strings.TrimLeft(line[i+1:], " \t")
		case c == ':':
			if strings.HasPrefix(line[i:], "::=") {
				return ":=", strings.TrimSpace(line[:i]), strings.TrimLeft(line[i+3:], " \t")
			}
			if !strings.HasPrefix(line[i:], ":=") {
				return "", "", "" // a rule
			}
		}
	}
	return "", "", ""
}

// assign executes one assignment in a table of variables; a += to a variable
// of a target starts from the global one in outer.
func (m *maker) assign(table, outer map[string]variable, name, op, text string) error {
	old, known := table[name]
	if !known {
		old, known = outer[name]
	}
	switch op {
	case "=":
		table[name] = variable{text: text}
		return nil
	case "?=":
		if !known {
			table[name] = variable{text: text}
		}
		return nil
	case "+=":
		if known && !old.simple || !known {
			table[name] = variable{text: joinNonEmpty(old.text, text)}
			return checkSize(m, table[name].text)
		}
	}
	expanded, err := m.expand(text)
	if err != nil {
		return err
	}
	if op == "+=" {
		expanded = joinNonEmpty(old.text, expanded)
	}
	table[name] = variable{expanded, true}
	return checkSize(m, expanded)
}

func checkSize(m *maker, s string) error {
	if len(s) > maxValue {
		return fmt.Errorf("%w: %w", m.fail("variable is too long"), errBudget)
	}
	return nil
}

func joinNonEmpty(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

func (r *makeReader) addRule(line string) error {
	head, rest, ok := cutRule(line)
	if !ok {
		// A line that is only an expansion, as $(call …) or $(error …).
		_, err := r.m.expand(line)
		return err
	}
	targets, err := r.m.expand(head)
	if err != nil {
		return err
	}
	if op, name, text := splitAssignment(rest); op != "" {
		r.rule = nil
		return r.targetVariable(strings.Fields(targets), op, name, text)
	}
	rest, recipe, inline := strings.Cut(rest, ";")
	needs, err := r.m.expand(rest)
	if err != nil {
		return err
	}
	if len(r.m.rules) > maxSteps {
		return r.m.fail("too many rules")
	}
	r.m.rules = append(r.m.rules, rule{targets: strings.Fields(targets), needs: strings.Fields(needs)})
	r.rule = &r.m.rules[len(r.m.rules)-1]
	if inline {
		r.rule.recipe = append(r.rule.recipe, recipe)
	}
	return nil
}

func (r *makeReader) targetVariable(targets []string, op, name, text string) error {
	for _, t := range targets {
		table := r.m.target[t]
		if table == nil {
			table = make(map[string]variable)
			r.m.target[t] = table
		}
		if err := r.m.assign(table, r.m.vars, name, op, text); err != nil {
			return err
		}
	}
	return nil
}

// cutRule splits a rule at its colon.
func cutRule(line string) (targets, rest string, ok bool) {
	depth := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case ':':
			if depth == 0 {
				return line[:i], strings.TrimLeft(line[i+1:], ": \t"), true
			}
		}
	}
	return "", "", false
}
