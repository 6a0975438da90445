package kbuild

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// raw returns a variable's text, not expanded.
func (m *maker) raw(name string) string {
	if v, ok := m.vars[name]; ok {
		return v.text
	}
	if symbol, ok := strings.CutPrefix(name, "CONFIG_"); ok && m.value != nil {
		return m.value(symbol)
	}
	return ""
}

// lookup returns a variable's expanded value.
func (m *maker) lookup(name string) (string, error) {
	v, ok := m.vars[name]
	if !ok {
		return m.raw(name), nil
	}
	if v.simple {
		return v.text, nil
	}
	return m.expand(v.text)
}

// expand replaces the variables and functions in s.
func (m *maker) expand(s string) (string, error) {
	if !strings.Contains(s, "$") {
		return s, nil
	}
	m.steps++
	m.nesting++
	defer func() { m.nesting-- }()
	if m.steps > maxSteps || m.nesting > maxNesting {
		return "", fmt.Errorf("%w: %w", m.fail("expansion does not end"), errBudget)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '$' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		text, n, err := m.reference(s[i:])
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		i += n - 1
		if b.Len() > maxValue {
			return "", fmt.Errorf("%w: %w", m.fail("expansion is too long"), errBudget)
		}
	}
	return b.String(), nil
}

// reference expands what follows a $ and returns how many bytes it took.
func (m *maker) reference(s string) (text string, n int, err error) {
	switch s[0] {
	case '$':
		return "$", 1, nil
	case '(', '{':
		end := matching(s)
		if end < 0 {
			return "", 0, m.fail("unterminated variable reference")
		}
		text, err = m.parenthesised(s[1:end])
		return text, end + 1, err
	}
	text, err = m.lookup(s[:1])
	return text, 1, err
}

// matching returns the index of the bracket that closes s[0], or -1.
func matching(s string) int {
	open, shut := s[0], byte(')')
	if open == '{' {
		shut = '}'
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func (m *maker) parenthesised(s string) (string, error) {
	if name, rest, ok := strings.Cut(s, " "); ok && isFunction(name) {
		return m.function(name, rest)
	}
	if name, rest, ok := strings.Cut(s, "\t"); ok && isFunction(name) {
		return m.function(name, rest)
	}
	s, err := m.expand(s)
	if err != nil {
		return "", err
	}
	if name, subst, ok := strings.Cut(s, ":"); ok {
		if from, to, ok := strings.Cut(subst, "="); ok {
			return m.substitutionReference(name, from, to)
		}
	}
	return m.lookup(s)
}

func (m *maker) substitutionReference(name, from, to string) (string, error) {
	value, err := m.lookup(name)
	if err != nil {
		return "", err
	}
	if !strings.Contains(from, "%") {
		from, to = "%"+from, "%"+to
	}
	return eachWord(value, func(w string) string { return patsubst(from, to, w) }), nil
}

func isFunction(name string) bool {
	switch name {
	case "subst", "patsubst", "strip", "findstring", "filter", "filter-out", "sort",
		"word", "words", "wordlist", "firstword", "lastword", "dir", "notdir", "suffix",
		"basename", "addsuffix", "addprefix", "join", "wildcard", "realpath", "abspath",
		"if", "or", "and", "foreach", "call", "value", "eval", "shell", "origin",
		"flavor", "error", "warning", "info":
		return true
	}
	return false
}

// splitArgs splits at commas outside brackets.
func splitArgs(s string) []string {
	var args []string
	depth, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case ',':
			if depth == 0 {
				args = append(args, s[start:i])
				start = i + 1
			}
		}
	}
	return append(args, s[start:])
}

// function evaluates $(name rest). Those that need their arguments unexpanded
// come first.
func (m *maker) function(name, rest string) (string, error) {
	args := splitArgs(strings.TrimLeft(rest, " \t"))
	switch name {
	case "if":
		return m.ifFunction(args)
	case "or", "and":
		return m.logical(args, name == "and")
	case "foreach":
		return m.foreach(args)
	case "value":
		return m.raw(strings.TrimSpace(args[0])), nil
	case "eval", "error", "warning", "info":
		return "", nil
	}
	for i, a := range args {
		x, err := m.expand(a)
		if err != nil {
			return "", err
		}
		args[i] = x
	}
	switch name {
	case "call":
		return m.call(args)
	case "shell":
		return m.shell(strings.Join(args, ",")), nil
	case "wildcard":
		return m.wildcard(strings.Join(args, ",")), nil
	case "origin":
		if _, ok := m.vars[args[0]]; ok {
			return "file", nil
		}
		return "undefined", nil
	case "flavor":
		return "recursive", nil
	}
	return textFunction(name, args), nil
}

func (m *maker) ifFunction(args []string) (string, error) {
	cond, err := m.expand(strings.TrimSpace(args[0]))
	if err != nil {
		return "", err
	}
	switch {
	case cond != "" && len(args) > 1:
		return m.expand(args[1])
	case cond == "" && len(args) > 2:
		return m.expand(strings.Join(args[2:], ","))
	}
	return "", nil
}

func (m *maker) logical(args []string, and bool) (string, error) {
	last := ""
	for _, a := range args {
		x, err := m.expand(strings.TrimSpace(a))
		if err != nil {
			return "", err
		}
		if (x == "") == and {
			return x, nil
		}
		last = x
	}
	return last, nil
}

func (m *maker) foreach(args []string) (string, error) {
	if len(args) < 3 {
		return "", m.fail("foreach needs three arguments")
	}
	name, err := m.expand(strings.TrimSpace(args[0]))
	if err != nil {
		return "", err
	}
	list, err := m.expand(args[1])
	if err != nil {
		return "", err
	}
	old, had := m.vars[name]
	defer func() {
		delete(m.vars, name)
		if had {
			m.vars[name] = old
		}
	}()
	body := strings.Join(args[2:], ",")
	var out []string
	for _, w := range strings.Fields(list) {
		m.set(name, w)
		x, err := m.expand(body)
		if err != nil {
			return "", err
		}
		out = append(out, x)
	}
	return strings.Join(out, " "), nil
}

// call evaluates $(call name,args…). What a kernel Makefile asks of the
// compiler is answered as a current gcc does: it has every option a Makefile
// tries to use, but for those its variant refuses.
// Source: scripts/Kbuild.include, scripts/Makefile.compiler, v6.1 and v6.12.
func (m *maker) call(args []string) (string, error) {
	name := strings.TrimSpace(args[0])
	arg := func(i int) string {
		if i < len(args) {
			return strings.TrimSpace(args[i])
		}
		return ""
	}
	switch name {
	case "cc-option":
		if slices.Contains(m.refuses, arg(1)) {
			return arg(2), nil
		}
		return arg(1), nil
	case "as-option", "ld-option", "__cc-option", "hostcc-option":
		return arg(1), nil
	case "cc-option-yn":
		return "y", nil
	case "cc-disable-warning":
		return "-Wno-" + arg(1), nil
	case "as-instr", "as-instr64", "as-instr32":
		return arg(2), nil
	case "try-run":
		// arm64 tries an asm operand that gcc must refuse.
		if strings.Contains(arg(1), `"K" (4294967295)`) {
			return arg(3), nil
		}
		return arg(2), nil
	case "gcc-min-version":
		return m.atLeast("GCC_VERSION", arg(1)), nil
	case "clang-min-version":
		return m.atLeast("CLANG_VERSION", arg(1)), nil
	case "rustc-min-version":
		return m.atLeast("RUSTC_VERSION", arg(1)), nil
	case "test-ge":
		return yes(number(arg(1)) >= number(arg(2))), nil
	case "test-gt":
		return yes(number(arg(1)) > number(arg(2))), nil
	case "test-le":
		return yes(number(arg(1)) <= number(arg(2))), nil
	case "test-lt":
		return yes(number(arg(1)) < number(arg(2))), nil
	case "rustc-option", "rustc-option-yn", "cc-cross-prefix", "cmd", "if_changed",
		"if_changed_dep", "if_changed_rule", "filechk", "read-file":
		return "", nil
	}
	return m.callVariable(name, args[1:])
}

func (m *maker) callVariable(name string, args []string) (string, error) {
	v, ok := m.vars[name]
	if !ok {
		return "", nil
	}
	saved := make([]variable, len(args))
	for i, a := range args {
		key := strconv.Itoa(i + 1)
		saved[i] = m.vars[key]
		m.set(key, a)
	}
	defer func() {
		for i := range args {
			m.vars[strconv.Itoa(i+1)] = saved[i]
		}
	}()
	return m.expand(v.text)
}

func (m *maker) atLeast(symbol, version string) string {
	return yes(number(m.raw("CONFIG_"+symbol)) >= number(version))
}

func yes(b bool) string {
	if b {
		return "y"
	}
	return ""
}

func number(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0
	}
	return n
}

// sedCommand is a shell command whose output reaches compiler options:
// arch/riscv/Makefile edits its -march string.
var sedCommand = regexp.MustCompile(`^echo (\S*) \| sed -E 's/([^/]*)/([^/]*)/'$`)

// exprCommand compares two words, as arch/mips/Makefile does with addresses.
var exprCommand = regexp.MustCompile(`^expr (\w+) \\?([<>]) (\w+)$`)

// compareWords answers for expr(1), which compares as numbers only what has
// decimal digits alone.
func compareWords(x, op, y string) string {
	order := strings.Compare(x, y)
	a, err1 := strconv.ParseInt(x, 10, 64)
	b, err2 := strconv.ParseInt(y, 10, 64)
	if err1 == nil && err2 == nil {
		order = cmp.Compare(a, b)
	}
	if op == "<" && order < 0 || op == ">" && order > 0 {
		return "1"
	}
	return "0"
}

// uname answers for a Linux machine of the build's SUBARCH, where that is
// another one than the architecture.
func (m *maker) uname(command string) (string, bool) {
	host := m.vars["SUBARCH"].text
	switch {
	case host == m.vars["SRCARCH"].text || !strings.HasPrefix(command, "uname"):
	case command == "uname -s":
		return "Linux", true
	case command == "uname -m" && host == "x86":
		return "x86_64", true
	case strings.HasPrefix(command, "uname -m | sed "):
		return host, true
	}
	return "", false
}

func (m *maker) shell(command string) string {
	command = strings.TrimSpace(command)
	if out, ok := m.uname(command); ok {
		return out
	}
	if c := sedCommand.FindStringSubmatch(command); c != nil {
		re, err := regexp.Compile(c[2])
		if err == nil {
			to := regexp.MustCompile(`\\([0-9])`).ReplaceAllString(c[3], "$${$1}")
			if loc := re.FindStringSubmatchIndex(c[1]); loc != nil {
				return c[1][:loc[0]] + string(re.ExpandString(nil, to, c[1], loc)) + c[1][loc[1]:]
			}
			return c[1]
		}
	}
	if strings.Contains(command, " --version ") {
		cc, err := m.lookup("CC")
		if err == nil && strings.HasPrefix(command, "LC_ALL=C "+cc+" --version ") {
			return m.raw("CONFIG_CC_VERSION_TEXT")
		}
	}
	if c := exprCommand.FindStringSubmatch(command); c != nil {
		return compareWords(c[1], c[2], c[3])
	}
	if len(m.unknown) < 1000 {
		m.unknown = append(m.unknown, command)
	}
	return ""
}

func (m *maker) wildcard(patterns string) string {
	var found []string
	for _, p := range strings.Fields(patterns) {
		matches, err := fs.Glob(m.fsys, path.Clean(p))
		if err != nil {
			continue
		}
		for _, name := range matches {
			if strings.HasPrefix(p, "./") {
				name = "./" + name
			}
			found = append(found, name)
		}
	}
	return strings.Join(found, " ")
}

// textFunction evaluates the functions that only look at their arguments.
func textFunction(name string, args []string) string {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	rest := func(i int) string {
		if i < len(args) {
			return strings.Join(args[i:], ",")
		}
		return ""
	}
	switch name {
	case "subst":
		if arg(0) == "" {
			return rest(2)
		}
		return strings.ReplaceAll(rest(2), arg(0), arg(1))
	case "patsubst":
		from, to := strings.TrimSpace(arg(0)), strings.TrimSpace(arg(1))
		return eachWord(rest(2), func(w string) string { return patsubst(from, to, w) })
	case "strip":
		return strings.Join(strings.Fields(rest(0)), " ")
	case "findstring":
		if strings.Contains(rest(1), arg(0)) {
			return arg(0)
		}
		return ""
	case "filter", "filter-out":
		return filter(strings.Fields(arg(0)), strings.Fields(rest(1)), name == "filter")
	case "sort":
		words := strings.Fields(rest(0))
		sort.Strings(words)
		return strings.Join(slices.Compact(words), " ")
	case "word", "words", "wordlist", "firstword", "lastword":
		return pickWords(name, args)
	case "addsuffix":
		return eachWord(rest(1), func(w string) string { return w + arg(0) })
	case "addprefix":
		return eachWord(rest(1), func(w string) string { return arg(0) + w })
	case "join":
		return joinWords(strings.Fields(arg(0)), strings.Fields(rest(1)))
	case "realpath", "abspath":
		return eachWord(rest(0), path.Clean)
	}
	return eachWord(rest(0), func(w string) string { return namePart(name, w) })
}

func eachWord(list string, f func(string) string) string {
	words := strings.Fields(list)
	for i, w := range words {
		words[i] = f(w)
	}
	return strings.Join(words, " ")
}

// patsubst replaces word by to if it matches from; % is the wildcard of both.
func patsubst(from, to, word string) string {
	stem, ok := matchPattern(from, word)
	if !ok {
		return word
	}
	return strings.Replace(to, "%", stem, 1)
}

func matchPattern(pattern, word string) (stem string, ok bool) {
	prefix, suffix, wild := strings.Cut(pattern, "%")
	if !wild {
		return "", pattern == word
	}
	if len(word) < len(prefix)+len(suffix) || !strings.HasPrefix(word, prefix) || !strings.HasSuffix(word, suffix) {
		return "", false
	}
	return word[len(prefix) : len(word)-len(suffix)], true
}

func filter(patterns, words []string, keep bool) string {
	var out []string
	for _, w := range words {
		hit := slices.ContainsFunc(patterns, func(p string) bool {
			_, ok := matchPattern(p, w)
			return ok
		})
		if hit == keep {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

func pickWords(name string, args []string) string {
	words := strings.Fields(args[len(args)-1])
	switch {
	case name == "words":
		return strconv.Itoa(len(words))
	case len(words) == 0:
		return ""
	case name == "firstword":
		return words[0]
	case name == "lastword":
		return words[len(words)-1]
	}
	from := number(args[0])
	to := from
	if name == "wordlist" && len(args) > 2 {
		to = number(args[1])
	}
	if from < 1 || from > len(words) || to < from {
		return ""
	}
	return strings.Join(words[from-1:min(to, len(words))], " ")
}

func joinWords(a, b []string) string {
	var out []string
	for i := 0; i < len(a) || i < len(b); i++ {
		w := ""
		if i < len(a) {
			w = a[i]
		}
		if i < len(b) {
			w += b[i]
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

func namePart(function, word string) string {
	slash := strings.LastIndexByte(word, '/') + 1
	dot := strings.LastIndexByte(word, '.')
	switch function {
	case "dir":
		if slash == 0 {
			return "./"
		}
		return word[:slash]
	case "notdir":
		return word[slash:]
	case "suffix":
		if dot >= slash {
			return word[dot:]
		}
		return ""
	case "basename":
		if dot >= slash {
			return word[:dot]
		}
	}
	return word
}
