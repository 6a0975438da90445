package facts

import (
	"path"
	"slices"
	"strings"

	"ptreview/arch/class"
	"ptreview/arch/kbuild"
	"ptreview/parse/cpp"
)

// Headers answers under which Kconfig condition something in a header is in
// force on one architecture, slicing backwards: from the conditionals around
// it, to the includes of its file, to the files around those. Macros other
// than Kconfig's are followed to where they are defined. It is not safe for
// concurrent use.
type Headers struct {
	arch  string
	store *Store
	cache *cpp.Cache

	headers []*folder                // in the order of their paths
	bodies  []*folder                // of C files that may define helpers
	users   map[string][]string      // see Users
	sites   map[string][]includeSite // spelled include → where
	inforce map[string]class.Formula // path → condition of its being included
	macros  map[string]class.Formula // macro → condition of its being defined
	options *kbuild.Macros           // of Makefiles, nil before they are asked for
	pending map[string]bool          // paths and macros being computed: cycles
	err     error
}

// NewHeaders lists the headers of a tree that a translation unit of the
// architecture can include: include/linux, include/asm-generic and its own;
// and the C files of mm/ and of the architecture's mm/.
func NewHeaders(store *Store, architecture string) (*Headers, error) {
	h := &Headers{
		arch: architecture, store: store, cache: store.cache,
		users:   make(map[string][]string),
		sites:   make(map[string][]includeSite),
		inforce: make(map[string]class.Formula),
		macros:  make(map[string]class.Formula),
		pending: make(map[string]bool),
	}
	for _, root := range []string{"arch/" + architecture + "/include/asm", "include/asm-generic", "include/linux"} {
		d, err := store.folder(root, ".h")
		if err != nil {
			return nil, err
		}
		h.headers = append(h.headers, d)
	}
	for _, root := range []string{"arch/" + architecture + "/mm", "mm"} {
		d, err := store.folder(root, ".c")
		if err != nil {
			return nil, err
		}
		h.bodies = append(h.bodies, d)
	}
	return h, nil
}

// Err returns the first error met while reading headers.
func (h *Headers) Err() error { return h.err }

// placed is a file of an index.
type placed struct {
	path string
	file *storeFile
}

// mentioning returns the headers that contain a word.
func (h *Headers) mentioning(word string) []placed {
	return h.containing(h.headers, word, func(d *folder) *postings { return &d.mentions })
}

// defining returns the files of folders that may define a word.
func (h *Headers) defining(folders []*folder, word string) []placed {
	return h.containing(folders, word, func(d *folder) *postings { return &d.defines })
}

func (h *Headers) containing(folders []*folder, word string, index func(*folder) *postings) []placed {
	hash := h.store.hash.ofString(word)
	var list []placed
	for _, d := range folders {
		if d.err != nil && h.err == nil {
			h.err = d.err
		}
		index(d).of(hash, func(i uint32) bool {
			list = append(list, placed{d.paths[i], d.files[i]})
			return true
		})
	}
	return list
}

// ContainsWord reports whether text has word as a whole word.
func ContainsWord(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		start := from + i
		end := start + len(word)
		if (start == 0 || !isWordByte(text[start-1])) && (end == len(text) || !isWordByte(text[end])) {
			return true
		}
		from = end
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (h *Headers) lexed(p string) *cpp.Lexed { return h.store.lexed(p) }

// Located is a definition with the condition under which it is in force.
type Located struct {
	Path string
	Definition
	When class.Formula
}

// Definitions returns the definitions of name in the headers, by path and
// line, then those in C files. A definition that no configuration can see is
// left out.
func (h *Headers) Definitions(name string) []Located {
	return h.located(name, h.defining(h.headers, name))
}

// SourceDefinitions returns the definitions of name in the C files of mm/ and
// of the architecture.
func (h *Headers) SourceDefinitions(name string) []Located {
	return h.located(name, h.defining(h.bodies, name))
}

func (h *Headers) located(name string, files []placed) []Located {
	var out []Located
	for _, p := range files {
		h.store.analyse(p.path, p.file)
		for _, i := range p.file.defining(name) {
			d := p.file.defs[i]
			if when := h.At(p.path, d.Group, name); !when.IsFalse() {
				out = append(out, Located{p.path, d, when})
			}
		}
	}
	return out
}

// At returns the condition of a conditional group of a header, its inclusion
// included. self is the name being defined there, whose own "#ifndef self"
// says nothing about the configuration; "" if none.
func (h *Headers) At(p string, group int, self string) class.Formula {
	return class.And(h.Included(p), h.group(p, group, self))
}

// Included returns the condition under which a unit of the architecture
// includes the header.
func (h *Headers) Included(p string) class.Formula {
	if f, ok := h.inforce[p]; ok {
		return f
	}
	if h.pending[p] {
		return class.False()
	}
	if h.isRoot(p) {
		h.inforce[p] = class.True()
		return class.True()
	}
	h.pending[p] = true
	f := h.includers(p)
	delete(h.pending, p)
	if len(h.pending) == 0 || f.IsTrue() {
		// Inside a cycle the result leaves out what is still being computed.
		h.inforce[p] = f
	}
	return f
}

// isRoot reports whether generic code can be taken to include the header: all
// of include/linux, and C files.
func (h *Headers) isRoot(p string) bool {
	return strings.HasPrefix(p, "include/linux/") || path.Ext(p) == ".c"
}

// standsIn returns the name <asm/x.h> under which asm-generic/x.h is included
// where the architecture has no header of that name.
func (h *Headers) standsIn(p string) (spelled string, ok bool) {
	rest, ok := strings.CutPrefix(p, "include/asm-generic/")
	if !ok {
		return "", false
	}
	if _, has := slices.BinarySearch(h.headers[0].paths, "arch/"+h.arch+"/include/asm/"+rest); has {
		return "", false
	}
	spelled = "asm/" + rest
	return spelled, slices.ContainsFunc(h.headers, func(d *folder) bool { return len(d.includes[spelled]) > 0 })
}

// includers returns the disjunction over the places that include p.
func (h *Headers) includers(p string) class.Formula {
	var alternatives []class.Formula
	found := false
	spellings := h.spellings(p)
	standIn, ok := h.standsIn(p)
	if ok {
		if h.isSourced(standIn) {
			return class.True()
		}
		spellings = append(spellings, standIn)
	}
	for _, spelled := range spellings {
		for _, site := range h.includeSites(spelled) {
			if site.path == p || spelled != standIn && !h.resolves(site, spelled, p) {
				continue
			}
			found = true
			alternatives = append(alternatives, class.And(h.Included(site.path), h.group(site.path, site.group, "")))
		}
	}
	if !found {
		return h.sourced(p)
	}
	return class.Or(alternatives...)
}

// sourced is the condition of a header that no other one includes: some C file
// may. Of asm-generic, which is there for all architectures, only the files
// that may define helpers are asked.
func (h *Headers) sourced(p string) class.Formula {
	rest, isGeneric := strings.CutPrefix(p, "include/")
	if !strings.HasPrefix(rest, "asm-generic/") || !isGeneric {
		return class.True()
	}
	if h.isSourced(rest) {
		return class.True()
	}
	return class.False()
}

// isSourced reports whether a C file that may define helpers includes a header.
func (h *Headers) isSourced(spelled string) bool {
	return slices.ContainsFunc(h.bodies, func(d *folder) bool { return len(d.includes[spelled]) > 0 })
}

// spellings returns how #include lines name the header.
func (h *Headers) spellings(p string) []string {
	if rest, ok := strings.CutPrefix(p, "arch/"+h.arch+"/include/"); ok {
		return []string{rest, path.Base(p)}
	}
	return []string{strings.TrimPrefix(p, "include/"), path.Base(p)}
}

type includeSite struct {
	path  string
	group int
	quote bool
}

// includeSites returns the #include lines that spell the name exactly.
func (h *Headers) includeSites(spelled string) []includeSite {
	if sites, ok := h.sites[spelled]; ok {
		return sites
	}
	var sites []includeSite
	for _, d := range h.headers {
		for _, p := range d.includes[spelled] {
			sites = h.addSites(sites, p, spelled)
		}
	}
	h.sites[spelled] = sites
	return sites
}

func (h *Headers) addSites(sites []includeSite, p, spelled string) []includeSite {
	lx := h.lexed(p)
	if lx == nil {
		return sites
	}
	for _, in := range lx.Includes() {
		if len(in.Name) == 0 {
			continue
		}
		text := h.cache.Names.String(in.Name[0].Sym)
		if len(text) > 2 && text[1:len(text)-1] == spelled {
			sites = append(sites, includeSite{p, in.Group, text[0] == '"'})
		}
	}
	return sites
}

// resolves reports whether an include at site finds p: by its full name, or
// by a quoted name relative to the including file.
func (h *Headers) resolves(site includeSite, spelled, p string) bool {
	if site.quote && path.Join(path.Dir(site.path), spelled) == p {
		return true
	}
	return strings.HasSuffix(p, "include/"+spelled)
}

// group returns the condition of a group and of the groups around it.
func (h *Headers) group(p string, group int, self string) class.Formula {
	lx := h.lexed(p)
	if lx == nil {
		return class.False()
	}
	groups := lx.Conditionals()
	var parts []class.Formula
	for g := group; g >= 0; g = groups[g].Parent {
		if h.isGuard(lx, groups[g]) {
			continue
		}
		own := h.condition(groups[g], self)
		if groups[g].Prev >= 0 {
			for prev := groups[g].Prev; prev >= 0; prev = groups[prev].Prev {
				parts = append(parts, class.Not(h.condition(groups[prev], self)))
			}
		}
		parts = append(parts, own)
	}
	return class.And(parts...)
}

// isGuard reports whether a group is the one around a whole header. A name that
// gets a replacement there is no guard's: it is the header that defines f
// unless somebody else has.
func (h *Headers) isGuard(lx *cpp.Lexed, g cpp.Group) bool {
	if g.Parent >= 0 || g.Prev >= 0 || len(g.Cond) == 0 || lx.Guard() == 0 {
		return false
	}
	for _, d := range lx.Defines() {
		if d.Name == lx.Guard() && !d.Undef && len(d.Macro.Body) > 0 && d.Macro.Body[0].Kind == cpp.Ident {
			return false
		}
	}
	return slices.ContainsFunc(g.Cond, func(t cpp.Token) bool { return t.Sym == lx.Guard() })
}

func (h *Headers) condition(g cpp.Group, self string) class.Formula {
	defined := func(name string) class.Formula { return h.defined(name, self) }
	switch g.Kind {
	case cpp.Else:
		return class.True()
	case cpp.Ifdef, cpp.Elifdef, cpp.Ifndef, cpp.Elifndef:
		if len(g.Cond) == 0 {
			return class.False()
		}
		f := defined(h.cache.Names.String(g.Cond[0].Sym))
		if g.Kind == cpp.Ifndef || g.Kind == cpp.Elifndef {
			return class.Not(f)
		}
		return f
	}
	p := ifExpr{names: h.cache.Names, toks: g.Cond, defined: defined}
	return p.parse()
}

// defined returns the condition under which a macro is defined when a header
// asks.
func (h *Headers) defined(name, self string) class.Formula {
	switch {
	case strings.HasPrefix(name, "CONFIG_"):
		return class.Atom(name)
	case name == self:
		return h.definedElsewhere(name)
	}
	switch name {
	case "__KERNEL__":
		return class.True()
	case "__ASSEMBLY__", "__ASSEMBLER__", "__cplusplus", "__GENERATING_BOUNDS_H", "__GENKSYMS__",
		"__CHECKER__", "LINKER_SCRIPT", "BUILD_VDSO", "BUILD_VDSO32", "__BPF_TRACING__", "MODULE":
		return class.False()
	}
	return h.definedElsewhere(name)
}

// definedElsewhere is the disjunction over the #define lines of a macro that
// do not stand under their own "#ifndef name": those are the fallbacks that
// the question is about.
func (h *Headers) definedElsewhere(name string) class.Formula {
	if f, ok := h.macros[name]; ok {
		return f
	}
	key := "#" + name
	if h.pending[key] {
		return class.Atom("defined(" + name + ")")
	}
	h.pending[key] = true
	f := h.defineSites(name)
	delete(h.pending, key)
	if len(h.pending) == 0 {
		h.macros[name] = f
	}
	return f
}

func (h *Headers) defineSites(name string) class.Formula {
	var alternatives []class.Formula
	any := false
	for _, p := range h.defining(h.headers, name) {
		lx := h.lexed(p.path)
		if lx == nil {
			continue
		}
		for _, d := range lx.Defines() {
			if d.Undef || h.cache.Names.String(d.Name) != name {
				continue
			}
			any = true
			if h.isFallback(lx, d, name) {
				continue
			}
			alternatives = append(alternatives, h.At(p.path, d.Group, ""))
		}
	}
	if when, found := h.onCommandLine(name); found {
		return class.Or(append(alternatives, when)...)
	}
	if !any && isCompilerMacro(name) {
		return class.Atom("defined(" + name + ")")
	}
	return class.Or(alternatives...)
}

// isFallback reports whether a #define stands under "not defined already".
func (h *Headers) isFallback(lx *cpp.Lexed, d cpp.DefineAt, name string) bool {
	groups := lx.Conditionals()
	for g := d.Group; g >= 0; g = groups[g].Parent {
		if h.isGuard(lx, groups[g]) {
			continue
		}
		for _, t := range groups[g].Cond {
			if h.cache.Names.String(t.Sym) == name {
				return true
			}
		}
	}
	return false
}

// isCompilerMacro reports whether a name has the form of a predefined macro.
func isCompilerMacro(name string) bool {
	return strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// OwnDefinitions returns the definitions of name in headers of the
// architecture and of asm-generic: those a helper can have.
func (h *Headers) OwnDefinitions(name string) []Located {
	return h.located(name, h.defining(h.headers[:2], name))
}

// Absent returns the condition under which no header defines name, never where
// none does at all: then the name is a local one, or one of the compiler's.
func (h *Headers) Absent(name string) class.Formula {
	var there []class.Formula
	for _, d := range h.Definitions(name) {
		if d.When.IsTrue() {
			return class.False()
		}
		there = append(there, d.When)
	}
	if len(there) == 0 {
		return class.False()
	}
	return class.Not(class.Or(there...))
}

// Users returns the names of functions and macros in headers whose definition
// mentions name.
func (h *Headers) Users(name string) []string {
	if list, ok := h.users[name]; ok {
		return list
	}
	seen := map[string]bool{name: true}
	var out []string
	for _, p := range h.mentioning(name) {
		h.store.analyse(p.path, p.file)
		for i := range p.file.defs {
			d := &p.file.defs[i]
			if d.Function && !seen[d.Name] && ContainsWord(d.Text, name) {
				seen[d.Name] = true
				out = append(out, d.Name)
			}
		}
	}
	h.users[name] = out
	return out
}

// Meaning returns what a located definition does.
func (h *Headers) Meaning(d Located) Meaning {
	lx := h.lexed(d.Path)
	if lx == nil {
		return Meaning{Text: "cannot be read"}
	}
	return DefinitionMeaning(h.cache, lx.File, d.Definition)
}
