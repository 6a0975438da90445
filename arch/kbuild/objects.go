package kbuild

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"ptreview/arch/kconfig"
)

// Objects says in which configurations the C files of a tree are compiled. It
// is safe for concurrent use.
type Objects struct {
	fsys    fs.FS
	srcarch string

	mu      sync.Mutex
	folders map[string]*folder
	answers map[string]answer // by file
}

// answer is what Of returns.
type answer struct {
	condition Condition
	found     bool
	err       error
}

// NewObjects returns the Objects of a tree for the architecture srcarch.
func NewObjects(fsys fs.FS, srcarch string) *Objects {
	return &Objects{fsys: fsys, srcarch: srcarch, folders: make(map[string]*folder), answers: make(map[string]answer)}
}

// Condition is when a file is compiled.
type Condition struct {
	// Expr is the formula, of which m or y means compiled; nil is always.
	Expr *kconfig.Expr
	// Unknown are the Makefile conditions on the way that could not be read
	// as formulas. Expr takes them for true.
	Unknown []string
}

// Of returns the condition of the C file at name. found is false if no
// Makefile lists it.
func (o *Objects) Of(name string) (c Condition, found bool, err error) {
	o.mu.Lock()
	a, known := o.answers[name]
	o.mu.Unlock()
	if !known {
		a.condition, a.found, a.err = o.of(name)
		o.mu.Lock()
		o.answers[name] = a
		o.mu.Unlock()
	}
	return a.condition, a.found, a.err
}

func (o *Objects) of(name string) (c Condition, found bool, err error) {
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	object := strings.TrimSuffix(base, path.Ext(base)) + ".o"
	f, err := o.folder(dir)
	if err != nil {
		return c, false, err
	}
	cond, found := f.object(object)
	if !found {
		return c, false, nil
	}
	outer, found, err := o.folderCondition(dir)
	if err != nil || !found {
		return c, false, err
	}
	return Condition{kconfig.And(present(outer.Expr, cond)...), slices.Concat(outer.Unknown, f.unknown)}, true, nil
}

// present drops the formulas that always hold.
func present(list ...*kconfig.Expr) []*kconfig.Expr {
	return slices.DeleteFunc(list, func(e *kconfig.Expr) bool { return e == nil })
}

// both is the conjunction of two formulas, nil if both always hold.
func both(a, b *kconfig.Expr) *kconfig.Expr {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return kconfig.And(a, b)
}

// folderCondition is when a build descends into dir.
func (o *Objects) folderCondition(dir string) (c Condition, found bool, err error) {
	if dir == "." {
		return c, true, nil
	}
	for above := path.Dir(dir); ; above = path.Dir(above) {
		f, err := o.folder(above)
		if err != nil {
			return c, false, err
		}
		if cond, ok := f.descends(above, dir); ok {
			outer, found, err := o.folderCondition(above)
			return Condition{both(outer.Expr, cond), slices.Concat(outer.Unknown, f.unknown)}, found, err
		}
		if above == "." {
			// The top Makefile knows some of its own folders by other names.
			return c, !strings.Contains(dir, "/"), nil
		}
	}
}

// folder is a Makefile read for all configurations at once: every word of a
// variable with the condition under which it is there.
type folder struct {
	srcarch string
	vars    map[string][]conditional
	unknown []string
}

type conditional struct {
	word string
	cond *kconfig.Expr // nil: always
	// unsure says that a condition around it is not part of cond, since it
	// was not understood.
	unsure bool
}

func (o *Objects) folder(dir string) (*folder, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f := o.folders[dir]; f != nil {
		return f, nil
	}
	f := &folder{srcarch: o.srcarch, vars: make(map[string][]conditional)}
	for _, name := range []string{"Kbuild", "Makefile"} {
		name = path.Join(dir, name)
		data, err := fs.ReadFile(o.fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := f.read(name, string(data)); err != nil {
			return nil, err
		}
		break
	}
	o.folders[dir] = f
	return f, nil
}

// objectLists are the variables that name what a folder compiles.
func objectLists() []string { return []string{"obj-y", "obj-m", "lib-y", "lib-m"} }

// object returns when the folder compiles an object of its own.
func (f *folder) object(object string) (*kconfig.Expr, bool) {
	var ways []*kconfig.Expr
	found, always := false, false
	add := func(c *kconfig.Expr) {
		found = true
		if c == nil {
			always = true
			return
		}
		ways = append(ways, c)
	}
	for _, list := range objectLists() {
		for _, o := range f.vars[list] {
			name, ok := strings.CutSuffix(o.word, ".o")
			if !ok {
				continue
			}
			parts := f.parts(name)
			if len(parts) == 0 && o.word == object {
				add(o.cond)
			}
			for _, p := range parts {
				if p.word == object {
					add(both(o.cond, p.cond))
				}
			}
		}
	}
	if always || !found {
		return nil, found
	}
	if len(ways) == 1 {
		return ways[0], true
	}
	return kconfig.Or(ways...), true
}

// parts are the objects a composite object is linked from.
func (f *folder) parts(name string) []conditional {
	return slices.Concat(f.vars[name+"-objs"], f.vars[name+"-y"], f.vars[name+"-m"])
}

// descends returns when the Makefile in above descends into dir.
func (f *folder) descends(above, dir string) (*kconfig.Expr, bool) {
	for _, list := range append(objectLists(), "core-y", "drivers-y", "libs-y", "net-y") {
		for _, o := range f.vars[list] {
			if strings.HasSuffix(o.word, "/") && path.Join(above, o.word) == dir {
				return o.cond, true
			}
		}
	}
	return nil, false
}

// folderReader reads a Makefile into a folder.
type folderReader struct {
	f     *folder
	conds []branch
}

// branch is an open conditional: the formula of its current branch and the
// negations of those before it.
type branch struct{ now, not *kconfig.Expr }

func (f *folder) read(name, text string) error {
	r := folderReader{f: f}
	lines := makeReader{m: &maker{path: name}, lines: strings.Split(text, "\n")}
	inRule := false
	for lines.next < len(lines.lines) {
		line := lines.logical()
		if strings.HasPrefix(line, "\t") && inRule {
			continue
		}
		line = strings.TrimSpace(stripComment(line))
		if line == "" {
			continue
		}
		if r.conditional(line) {
			continue
		}
		op, target, value := splitAssignment(line)
		if inRule = op == ""; !inRule {
			r.assign(target, op, value)
		}
	}
	return nil
}

// conditional handles the directives that open and close conditionals.
func (r *folderReader) conditional(line string) bool {
	word, rest := firstWord(line)
	switch word {
	case "ifeq", "ifneq", "ifdef", "ifndef":
		if len(r.conds) < maxNesting {
			c := r.formula(word, rest)
			r.conds = append(r.conds, branch{now: c, not: negation(c)})
		}
	case "else":
		r.otherwise(rest)
	case "endif":
		r.conds = r.conds[:max(len(r.conds)-1, 0)]
	default:
		return false
	}
	return true
}

func negation(e *kconfig.Expr) *kconfig.Expr {
	if e == nil {
		return nil // unknown, and so is its negation
	}
	return kconfig.Not(e)
}

func (r *folderReader) otherwise(rest string) {
	if len(r.conds) == 0 {
		return
	}
	b := &r.conds[len(r.conds)-1]
	b.now = b.not
	if word, cond := firstWord(rest); strings.HasPrefix(word, "if") {
		c := r.formula(word, cond)
		b.now = both(b.not, c)
		b.not = both(b.not, negation(c))
	}
}

var (
	oneSymbol   = regexp.MustCompile(`^\$\(CONFIG_(\w+)\)$`)
	someSymbols = regexp.MustCompile(`^(?:\$\(CONFIG_\w+\))+$`)
	eachSymbol  = regexp.MustCompile(`\$\(CONFIG_(\w+)\)`)
)

// formula reads a Makefile condition; nil if it is not understood.
func (r *folderReader) formula(word, rest string) *kconfig.Expr {
	text := word + " " + rest
	positive := word == "ifeq" || word == "ifdef"
	var e *kconfig.Expr
	switch word {
	case "ifdef", "ifndef":
		if symbol, ok := strings.CutPrefix(strings.TrimSpace(rest), "CONFIG_"); ok {
			e = kconfig.Sym(symbol)
		}
	default:
		if a, b, ok := comparands(rest); ok {
			e = comparison(a, b)
		}
	}
	if e == nil {
		r.f.unknown = append(r.f.unknown, text)
		return nil
	}
	if !positive {
		return kconfig.Not(e)
	}
	return e
}

// comparison is the formula of ifeq (a,b); nil if it is not understood.
func comparison(a, b string) *kconfig.Expr {
	if !someSymbols.MatchString(a) {
		a, b = b, a
	}
	if m := oneSymbol.FindStringSubmatch(a); m != nil {
		switch b {
		case "":
			return kconfig.Not(kconfig.Sym(m[1]))
		case "n":
			return nil // never true: such a symbol is empty
		}
		return kconfig.Compare(kconfig.OpEq, kconfig.Operand{Name: m[1]}, kconfig.Operand{Name: b, Quoted: b != "y" && b != "m"})
	}
	symbols := eachSymbol.FindAllStringSubmatch(a, -1)
	if !someSymbols.MatchString(a) || b != strings.Repeat("y", len(symbols)) {
		return nil
	}
	var all []*kconfig.Expr
	for _, s := range symbols {
		all = append(all, kconfig.Compare(kconfig.OpEq, kconfig.Operand{Name: s[1]}, kconfig.Operand{Name: "y"}))
	}
	return kconfig.And(all...)
}

// where is the conjunction of the open conditionals.
func (r *folderReader) where() *kconfig.Expr {
	var e *kconfig.Expr
	for _, b := range r.conds {
		e = both(e, b.now)
	}
	return e
}

func (r *folderReader) assign(name, op, value string) {
	cond := r.where()
	unsure := slices.ContainsFunc(r.conds, func(b branch) bool { return b.now == nil })
	if m := symbolSuffix.FindStringSubmatch(name); m != nil {
		name = m[1] + "y"
		cond = both(cond, kconfig.Sym(m[2]))
	}
	if strings.Contains(name, "$") {
		return
	}
	if op == ":=" || op == "=" {
		r.f.vars[name] = unless(r.f.vars[name], cond)
	}
	for _, w := range r.expand(value) {
		if len(r.f.vars[name]) < maxSteps {
			r.f.vars[name] = append(r.f.vars[name], conditional{w.word, both(cond, w.cond), unsure || w.unsure})
		}
	}
}

var symbolSuffix = regexp.MustCompile(`^([\w-]+-)\$\(CONFIG_(\w+)\)$`)

// unless keeps the words where cond does not hold.
func unless(words []conditional, cond *kconfig.Expr) []conditional {
	if cond == nil {
		return nil
	}
	kept := make([]conditional, len(words))
	for i, w := range words {
		kept[i] = conditional{w.word, both(w.cond, kconfig.Not(cond)), w.unsure}
	}
	return kept
}

var reference = regexp.MustCompile(`^\$\(([\w-]+)\)$`)

// expand splits a value into words. A word that is a variable becomes its
// words; one with another function in it is left out.
func (r *folderReader) expand(value string) []conditional {
	value = strings.ReplaceAll(value, "$(SRCARCH)", r.f.srcarch)
	var out []conditional
	for _, w := range strings.Fields(value) {
		if m := reference.FindStringSubmatch(w); m != nil {
			out = append(out, r.f.vars[m[1]]...)
			continue
		}
		if before, after, ok := strings.Cut(w, "$(BITS)"); ok {
			wide := kconfig.Sym("64BIT")
			out = append(out, conditional{word: before + "64" + after, cond: wide}, conditional{word: before + "32" + after, cond: kconfig.Not(wide)})
			continue
		}
		if !strings.Contains(w, "$") {
			out = append(out, conditional{word: w})
		}
	}
	return out
}
