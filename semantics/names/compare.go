package names

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"ptreview/arch"
	"ptreview/parse/cpp"
)

func sortStable[T any](list []T, less func(a, b T) bool) {
	sort.SliceStable(list, func(i, j int) bool { return less(list[i], list[j]) })
}

// Change is what a patch did to a C file, as far as names tell. A reason is ""
// where the file's headers and the file itself prove that in no configuration
// of any architecture …
type Change struct {
	// Traps: … a function calls what leads to a trap of a helper in a way that
	// it did not before.
	Traps string
	// Misses: … a changed function uses a name that nothing declares, but for
	// those that the file missed before.
	Misses string
	// Clashes: … a function gets a second definition or another linkage.
	Clashes string
	// Flushes: … the file flushes the TLB in a place more.
	Flushes string
	// Entries: … a function of the file has a pointer to entries of a page table
	// in its hands.
	Entries string
	// Tables: … a function of the file has to do with page tables of any level.
	Tables string
}

// all sets every reason that is not set yet.
func (c *Change) all(reason string) {
	for _, r := range []*string{&c.Traps, &c.Misses, &c.Clashes, &c.Flushes, &c.Entries, &c.Tables} {
		if *r == "" {
			*r = reason
		}
	}
}

// File is a version of a C file with the headers that only it and its
// neighbours include.
type File struct {
	Lexed *cpp.Lexed
	Local []*cpp.Lexed
}

// Compare says what a patch to one C file can mean. Both versions have the
// names of the same cache.
func (x *Index) Compare(names *cpp.Names, before, after File) *Change {
	c := &comparison{Index: x, out: &Change{}, own: newBuilder(names)}
	for _, lx := range after.Local {
		c.own.add(lx)
	}
	c.own.add(after.Lexed)
	c.old = c.own.newOutline(c.own, before.Lexed)
	c.new = c.own.newOutline(c.own, after.Lexed)
	if odd := c.old.odd + c.new.odd; odd != "" {
		c.out.all(odd)
		return c.out
	}
	c.out.Flushes = moreFlushes(names, before.Lexed, after.Lexed)
	c.out.Entries = c.naming(after, IsEntryWord)
	c.out.Tables = c.naming(after, IsTableWord)
	c.prepare(after)
	c.run()
	return c.out
}

// moreFlushes names a flush that stands in a file more often than before, "" if
// there is none.
func moreFlushes(names *cpp.Names, before, after *cpp.Lexed) string {
	n := make(map[word]int)
	count := func(lx *cpp.Lexed, by int) {
		if lx == nil {
			return
		}
		for _, t := range lx.Tokens {
			if isName(t) {
				n[t.Sym] += by
			}
		}
	}
	count(before, -1)
	count(after, 1)
	if after == nil {
		return ""
	}
	for _, t := range after.Tokens {
		if isName(t) && n[t.Sym] > 0 && IsFlush(names.String(t.Sym)) {
			return names.String(t.Sym) + " is called in a place more"
		}
	}
	return ""
}

// naming names a word of a kind in the file or in a header of its own; "" if there
// is none.
func (c *comparison) naming(after File, is func(word string) bool) string {
	for _, lx := range append([]*cpp.Lexed{after.Lexed}, after.Local...) {
		if lx == nil {
			continue
		}
		for _, t := range lx.Tokens {
			if isName(t) && is(c.own.names.String(t.Sym)) {
				return c.own.names.String(t.Sym) + " stands in it"
			}
		}
	}
	return ""
}

// IsEntryWord reports whether a word tells that code may have a pointer to
// entries of a last-level page table in its hands: the type, its helpers, the
// members and functions that hold one. Code that has one has to name it.
// Source: include/linux/pgtable.h, mm.h and rmap.h, v6.1 and v6.12.
func IsEntryWord(word string) bool {
	switch word {
	case "pte", "ptep", "get_locked_pte", "follow_pte", "arch_enter_lazy_mmu_mode":
		return true
	}
	return strings.HasPrefix(word, "pte_") || strings.HasPrefix(word, "ptep_") || strings.Contains(word, "page_vma_mapped")
}

// IsTableWord reports whether a word tells that code may have an entry of a page
// table of any level in its hands, or a pointer to one: the name of a level begins
// it, or what follows an underscore in it. Code that has one has to name it.
func IsTableWord(word string) bool {
	for rest, more := word, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, "_")
		for _, level := range []string{"pte", "pmd", "pud", "p4d", "pgd"} {
			if strings.HasPrefix(part, level) {
				return true
			}
		}
	}
	return IsEntryWord(word)
}

// IsFlush reports whether a name is that of a flush of the TLB that has to have
// been done when it returns. What deals with a fault that only some hardware
// takes may do nothing.
// Source: Documentation/core-api/cachetlb.rst, v6.1 and v6.12.
func IsFlush(name string) bool {
	switch name {
	case "flush_pmd_tlb_range", "flush_pud_tlb_range", "flush_hugetlb_tlb_range":
		return true
	}
	return strings.HasPrefix(name, "flush_tlb_") && !strings.HasPrefix(name, "flush_tlb_fix_spurious_fault")
}

// comparison compares two versions of a file.
type comparison struct {
	*Index
	out      *Change
	own      *builder // of the file and its local headers
	defs     map[word][]int
	ownFlags map[word]flags
	// generators are uses of macros outside functions.
	generators []generator
	old, new   *outline
	local      map[word]bool // all words of the local headers
	moved      map[word]bool // words of declarations that changed
	evidence   map[word][]evidence
	reader     *bodyReader
}

// evidence is the use of a name in a function that the file had before.
type evidence struct {
	context string
	piece   int // in the new outline
	in      *body
}

func (c *comparison) name(w word) string { return c.own.names.String(w) }

// is reports whether a word has one of the flags, in the tree's headers or as a
// macro of the file's own.
func (c *comparison) is(w word, f flags) bool {
	return (c.of(c.name(w))|c.ownFlags[w])&f != 0
}

// flag finds the flags of the file's own macros.
func (c *comparison) flag() {
	c.ownFlags = make(map[word]flags)
	for w := range c.own.noret {
		c.ownFlags[w] |= noReturn
	}
	for changed := true; changed; {
		changed = false
		for i := range c.own.defs {
			d := &c.own.defs[i]
			if !d.macro {
				continue
			}
			f := c.ownFlags[d.name]
			if d.function {
				f |= functions
			} else {
				f |= objects
			}
			if len(d.pastes) > 0 {
				f |= glues | gluesTrap
			}
			if d.jumps {
				f |= jumps
			}
			if shapesFunction(d.body) {
				f |= shapes
			}
			if d.declares {
				f |= declares
			}
			for _, w := range d.words {
				mentioned := c.of(c.name(w)) | c.ownFlags[w]
				f |= mentioned & inherited
				if mentioned&noReturn != 0 {
					f |= jumps
				}
			}
			changed = changed || f != c.ownFlags[d.name]
			c.ownFlags[d.name] = f
		}
	}
}

// generator is the use of a macro outside functions, which may make some.
type generator struct {
	callee word
	words  []word
	texts  []string
}

// generators finds them in the file and its local headers.
func (c *comparison) findGenerators() {
	for _, it := range c.own.items {
		for i := range it.head {
			if i+1 >= len(it.head) || !isName(it.head[i]) || !isPunct(it.head[i+1], cpp.LParen) || !c.is(it.head[i].Sym, functions) ||
				it.body == nil && !c.is(it.head[i].Sym, shapes) {
				continue
			}
			g := generator{callee: it.head[i].Sym}
			for _, t := range it.head[i+2 : closing(it.head, i+1)+1] {
				if isName(t) {
					g.words, g.texts = append(g.words, t.Sym), append(g.texts, c.name(t.Sym))
				}
			}
			for _, t := range it.body {
				if isName(t) {
					g.words = append(g.words, t.Sym)
				}
			}
			c.generators = append(c.generators, g)
		}
	}
}

func (c *comparison) prepare(after File) {
	c.defs, c.local, c.moved = make(map[word][]int), make(map[word]bool), make(map[word]bool)
	for i := range c.own.defs {
		c.defs[c.own.defs[i].name] = append(c.defs[c.own.defs[i].name], i)
	}
	c.flag()
	c.findGenerators()
	for _, lx := range after.Local {
		for _, t := range lx.Tokens {
			if t.Kind == cpp.Ident {
				c.local[t.Sym] = true
			}
		}
	}
	c.reader = &bodyReader{
		vocabulary: c.own.vocabulary,
		isMacro:    func(w word) bool { return c.is(w, functions) },
		isAny:      func(w word) bool { return c.is(w, functions|objects) },
		glues:      func(w word) bool { return c.is(w, glues) },
		declares:   func(w word) bool { return c.is(w, declares) },
	}
}

// run looks at everything that differs.
func (c *comparison) run() {
	if !c.sameOutline() {
		return
	}
	c.gather()
	var changed []int
	for i := range c.new.pieces {
		p := &c.new.pieces[i]
		if p.kind != function {
			continue
		}
		k, ok := c.old.funcs[p.name]
		if n := c.new.funcs[p.name]; n < 0 || ok && k < 0 {
			if !c.unchanged(p) {
				c.out.all(p.name + " has several definitions")
				return
			}
			continue
		}
		if !ok || !sameTokens(c.old.pieces[k].head, p.head) || !sameTokens(c.old.pieces[k].body, p.body) {
			changed = append(changed, i)
		}
	}
	names := make(map[string]bool)
	for _, i := range changed {
		names[c.new.pieces[i].name] = true
	}
	for _, i := range changed {
		c.function(i, names)
	}
}

// unchanged reports whether one of several functions of a name is one of the
// old ones.
func (c *comparison) unchanged(p *piece) bool {
	for i := range c.old.pieces {
		if o := &c.old.pieces[i]; o.kind == function && o.name == p.name && sameTokens(o.head, p.head) && sameTokens(o.body, p.body) {
			return true
		}
	}
	return false
}

func sameTokens(a, b []cpp.Token) bool {
	return slices.EqualFunc(a, b, func(x, y cpp.Token) bool { return x.Kind == y.Kind && x.Sym == y.Sym })
}

// sameOutline compares everything but the bodies of functions: data may come
// and go, and functions.
func (c *comparison) sameOutline() bool {
	keys := func(o *outline) []string {
		list := make([]string, len(o.pieces))
		for i := range o.pieces {
			list[i] = o.pieces[i].key
		}
		return list
	}
	gone, come, ok := diff(keys(c.old), keys(c.new))
	if !ok {
		c.out.all("too much of the file changes")
		return false
	}
	for _, side := range []struct {
		o, other *outline
		list     []int
	}{{c.old, c.new, gone}, {c.new, c.old, come}} {
		for _, i := range side.list {
			p := &side.o.pieces[i]
			switch p.kind {
			case directive:
				c.out.all("a directive changes: " + p.key)
			case function:
				if _, both := side.other.funcs[p.name]; both {
					c.out.all(p.name + " moves")
				}
			case declaration:
				if !isData(p.head) {
					c.out.all("a declaration changes: " + p.key[:min(len(p.key), 60)])
				}
				for w := range p.words {
					c.moved[w] = true
				}
			}
		}
	}
	return c.out.Traps == "" && c.out.Misses == "" && c.out.Clashes == ""
}

// isData reports whether a piece outside functions can neither declare a
// function nor stand for one: no name has parentheses behind it.
func isData(head []cpp.Token) bool {
	for i, t := range head {
		if isPunct(t, cpp.Assign) {
			return true
		}
		if isPunct(t, cpp.LParen) && i > 0 {
			return false
		}
		if t.Kind == cpp.Ident && t.Sym == cpp.KwTypedef {
			return false
		}
	}
	return true
}

// gather collects which names the functions that are there in both versions
// use in every configuration.
func (c *comparison) gather() {
	c.evidence = make(map[word][]evidence)
	for i := range c.old.pieces {
		p := &c.old.pieces[i]
		at, ok := c.new.funcs[p.name]
		if p.kind != function || !p.plain || !ok || at < 0 || c.old.funcs[p.name] < 0 || c.new.pieces[at].group != p.group {
			continue
		}
		b := c.reader.read(p.head, p.body)
		for _, o := range b.occurrences {
			if b.locals[o.name] || b.maybe[o.name] {
				continue
			}
			c.evidence[o.name] = append(c.evidence[o.name], evidence{o.context, at, b})
		}
	}
}

// function looks at one function that changed or is new.
func (c *comparison) function(i int, changed map[string]bool) {
	p := &c.new.pieces[i]
	var was *piece
	if k, ok := c.old.funcs[p.name]; ok {
		was = &c.old.pieces[k]
	}
	if c.is(c.own.names.Find(p.name), functions) {
		c.out.all(p.name + " is made by a macro")
		return
	}
	if !p.plain || was != nil && (!was.plain || was.group != p.group) {
		c.out.all(p.name + " has conditionals")
		return
	}
	if was == nil || !sameTokens(was.head, p.head) {
		c.declares(p, was)
	}
	d := c.edit(was, p, changed)
	if d.whole {
		d.calls, d.uses = nil, nil
	}
	c.traps(p, d)
	c.misses(i, p, d)
}

// declares looks at a new head of a function.
func (c *comparison) declares(p, was *piece) {
	w := c.own.names.Find(p.name)
	if was != nil && isStatic(was.head) == isStatic(p.head) {
		return
	}
	mentions := 0
	for i := range c.new.pieces {
		if c.new.pieces[i].isDeclaring(w, p.name) {
			mentions++
		}
	}
	if c.out.Clashes == "" && (mentions != 1 || c.local[w] || c.mayMake(p.name)) {
		c.out.Clashes = p.name + " may be declared elsewhere"
	}
}

func isStatic(head []cpp.Token) bool {
	return slices.ContainsFunc(head, func(t cpp.Token) bool { return t.Kind == cpp.Ident && t.Sym == cpp.KwStatic })
}

// traps looks for calls that may lead to a trap of a helper.
func (c *comparison) traps(p *piece, d edit) {
	if c.out.Traps != "" {
		return
	}
	start := d.calls
	if d.whole {
		start = nil
		for i := range p.body {
			if c.callable(p.body, i) {
				start = append(start, p.body[i].Sym)
			}
		}
	}
	seen := make(map[word]bool)
	for queue := start; len(queue) > 0; queue = queue[1:] {
		w := queue[0]
		if seen[w] {
			continue
		}
		seen[w] = true
		if c.has(c.name(w), trapping|gluesTrap) {
			c.out.Traps = fmt.Sprintf("%s can lead to %s", p.name, c.name(w))
			return
		}
		if len(c.defs[w]) == 0 {
			queue = append(queue, c.generated(c.name(w))...)
		}
		for _, i := range c.defs[w] {
			o := &c.own.defs[i]
			if o.macro && len(o.pastes) > 0 {
				c.out.Traps = fmt.Sprintf("%s uses %s, which puts names together", p.name, c.name(w))
				return
			}
			queue = append(queue, o.words...)
		}
	}
}

// generated returns what a name may lead to if a macro of the file made it.
func (c *comparison) generated(name string) []word {
	var list []word
	for i := range c.generators {
		g := &c.generators[i]
		if slices.ContainsFunc(g.texts, func(t string) bool { return strings.Contains(name, t) }) {
			list = append(append(list, g.callee), g.words...)
		}
	}
	return list
}

// callable reports whether the token at i may name something that is called or
// expanded: members are not, unless they are macros.
func (c *comparison) callable(toks []cpp.Token, i int) bool {
	if !isName(toks[i]) {
		return false
	}
	if i > 0 && (isPunct(toks[i-1], cpp.Dot) || isPunct(toks[i-1], cpp.Arrow)) {
		return c.is(toks[i].Sym, functions|objects)
	}
	return true
}

// misses looks for names that may not be declared.
func (c *comparison) misses(at int, p *piece, d edit) {
	if c.out.Misses != "" {
		return
	}
	b := c.reader.read(p.head, p.body)
	for _, o := range b.occurrences {
		if !d.whole && !d.uses[o.index] && !d.removed[o.name] {
			continue
		}
		if !c.declared(at, o) {
			c.out.Misses = fmt.Sprintf("%s uses %s", p.name, c.name(o.name))
			return
		}
	}
}

// declared reports whether a name is declared at a piece for certain, or missed
// by the file before.
func (c *comparison) declared(at int, o occurrence) bool {
	name := c.name(o.name)
	if _, isTrap := arch.TrapNamed(name); isTrap {
		return len(c.evidence[o.name]) > 0 // left alone by the preprocessor
	}
	if o.glued {
		return isConfigTest(o.context, name)
	}
	if !c.is(o.name, functions|objects) {
		if k, ok := c.new.funcs[name]; ok && k >= 0 && k <= at && c.new.pieces[k].plain && c.new.within(c.new.pieces[at].group, c.new.pieces[k].group) {
			return true
		}
	}
	if c.moved[o.name] {
		return false
	}
	for _, e := range c.evidence[o.name] {
		if !c.new.within(c.new.pieces[at].group, c.new.pieces[e.piece].group) {
			continue // not there in all configurations
		}
		if (e.context == "" || e.context == o.context) && c.sameMeaning(o.name, e, at) {
			return true
		}
	}
	return false
}

// isConfigTest reports whether a name is the Kconfig symbol that a test such as
// IS_ENABLED() is asked about.
func isConfigTest(context, name string) bool {
	if len(name) < 7 || name[:7] != "CONFIG_" {
		return false
	}
	switch context {
	case "IS_ENABLED#0/", "IS_BUILTIN#0/", "IS_MODULE#0/", "IS_REACHABLE#0/":
		return true
	}
	return false
}

// sameMeaning reports whether a name means at a piece what it means where it
// was used before: nothing between the two declares it, nor anything that a
// macro of that name stands for, and no variable of the function is meant.
func (c *comparison) sameMeaning(w word, e evidence, at int) bool {
	from, to := min(e.piece, at), max(e.piece, at)
	seen := map[word]bool{w: true}
	for queue := []word{w}; len(queue) > 0; queue = queue[1:] {
		w := queue[0]
		name := c.name(w)
		for i := from + 1; i <= to; i++ {
			if c.new.pieces[i].isDeclaring(w, name) {
				return false
			}
		}
		if len(seen) > 1 && (e.in.locals[w] || e.in.maybe[w] || c.moved[w]) {
			return false
		}
		for _, inner := range c.mentions(name) {
			// What no file here spells is nothing that one of them declares.
			if s := c.own.names.Find(inner); s != 0 && !seen[s] {
				seen[s] = true
				queue = append(queue, s)
			} else if s == 0 && len(c.mentions(inner)) > 0 {
				s = c.own.names.Intern([]byte(inner))
				seen[s] = true
				queue = append(queue, s)
			}
		}
		for _, i := range c.defs[w] {
			if !c.own.defs[i].macro {
				continue
			}
			for _, s := range c.own.defs[i].words {
				if !seen[s] {
					seen[s] = true
					queue = append(queue, s)
				}
			}
		}
	}
	return true
}
