package check

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"

	"ptreview/arch/class"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// unseen says which changed headers no unit that was read includes: what they
// define was not judged.
func (g *gatherer) unseen() {
	told := make(map[string]bool)
	for _, c := range g.changes {
		if c.Change.After == nil || !c.Function() || path.Ext(c.Path) != ".h" || !g.applies(c.Path) {
			continue
		}
		if !g.included[c.Path] && !told[c.Path] && g.job.mayInclude(g.at, c.Path) {
			told[c.Path] = true
			g.cannot("no C file that was read includes " + c.Path)
		}
	}
}

// mayInclude reports whether a unit of the class can include a header at all.
func (j *classJob) mayInclude(k int, header string) bool {
	defer j.conds.acquire()()
	h, err := j.conds.at(j.review, j.arch, k)
	return err != nil || h.Included(header).Eval(j.at[k].meta.Truth) != class.No
}

// gatherer collects the entries of one patch in one class.
type gatherer struct {
	*view
	job      *classJob
	cannot   func(reason string) // what is not run, and why
	seen     map[string]bool     // path#name
	tried    map[string]bool     // C files to read
	included map[string]bool     // files that the units read include
}

// applies reports whether a file can take part in the class: it is generic or
// of the architecture itself, and no program of its own.
func (g *gatherer) applies(file string) bool {
	a := ArchOf(file)
	return isReviewed(file) && (a == "generic" || a == g.job.arch.Name)
}

// isReviewed reports whether a file is part of the kernel proper.
func isReviewed(file string) bool {
	for _, other := range []string{"tools/", "scripts/", "samples/", "Documentation/", "usr/"} {
		if strings.HasPrefix(file, other) {
			return false
		}
	}
	return true
}

// changedFiles returns the C files that the patch changed.
func (g *gatherer) changedFiles() []string {
	var files []string
	for i := range g.changes {
		c := &g.changes[i]
		if g.applies(c.Path) && path.Ext(c.Path) == ".c" && !slices.Contains(files, c.Path) {
			files = append(files, c.Path)
		}
	}
	return files
}

// usedNames returns the names in headers whose change matters where they are
// used: of macros, and of what is no longer where it was.
func (g *gatherer) usedNames() map[string]bool {
	names := make(map[string]bool)
	for i := range g.changes {
		c := &g.changes[i]
		if g.applies(c.Path) && path.Ext(c.Path) == ".h" && (c.Moves() || c.Function() && c.After.Macro) {
			names[c.Name()] = true
		}
	}
	return names
}

// maxUsers bounds the C files read for the changes of one patch to headers.
const maxUsers = 4

// readUsers reads C files until each name is used in one of them, as far as
// there are such files. A file may name it where the class does not see it.
func (g *gatherer) readUsers(ctx context.Context, names map[string]bool) error {
	open := maps.Clone(names)
	settled := 0 // of g.units
	settle := func() {
		for ; settled < len(g.units); settled++ {
			settleIn(g.units[settled].After, open)
		}
	}
	settle()
	candidates := slices.DeleteFunc(g.candidates(nil), func(c string) bool { return g.tried[c] })
	for range maxUsers {
		file := g.bestUser(open, candidates)
		if file == "" {
			return nil
		}
		candidates = slices.DeleteFunc(candidates, func(c string) bool { return c == file })
		if err := g.unit(ctx, file); err != nil {
			return err
		}
		settle()
	}
	for _, name := range sortedKeys(open) {
		if g.bestUser(map[string]bool{name: true}, candidates) != "" {
			g.cannot("none of the C files that were read uses " + name)
		}
	}
	return nil
}

// settleIn takes off the names that a function of a unit uses.
func settleIn(in *unit.Unit, names map[string]bool) {
	u := in.Cpp
	var syms symSet
	for name := range names {
		syms.add(u.Names.Find(name))
	}
	if len(syms.list) == 0 {
		return
	}
	for def := range in.File.Functions() {
		for i := def.Open; i < def.Close; i++ {
			if t := &u.Tokens[i]; syms.has(t.Sym) && t.Kind == cpp.Ident {
				delete(names, u.Names.String(t.Sym))
			}
		}
	}
	for i := 1; i < len(u.Expansions); i++ {
		if m := u.Expansions[i].Macro; syms.has(m.Sym) {
			delete(names, m.Name)
		}
	}
}

// bestUser returns the candidate whose text has most of the names, the first of
// equals, or else one that uses a header's definition which uses one of them.
func (g *gatherer) bestUser(names map[string]bool, candidates []string) string {
	best, most := "", 0
	for _, file := range candidates {
		if n := len(g.uses(names, file)); n > most {
			best, most = file, n
		}
	}
	for _, name := range sortedKeys(names) {
		if best == "" {
			best = g.userThrough(name, candidates)
		}
	}
	return best
}

// unread returns the changes to headers that none of the units read so far
// includes.
func (g *gatherer) unread() []*DefinitionChange {
	var list []*DefinitionChange
	for i := range g.changes {
		c := &g.changes[i]
		if (c.Function() || c.Moves()) && path.Ext(c.Path) == ".h" && g.applies(c.Path) && !g.included[c.Path] {
			list = append(list, c)
		}
	}
	return list
}

// user returns the C file that uses most of what is unread, "" if none uses any.
func (g *gatherer) user() string {
	names := make(map[string]bool)
	for _, c := range g.unread() {
		names[c.Name()] = true
	}
	return g.bestUser(names, g.candidates(nil))
}

// includer returns a C file that may include a header which is unread: inline
// functions that nobody uses, and macros that others ask for, can still be
// judged there. It is the first file that names one of them, as it does to
// include it, else the first; "" if all are read.
func (g *gatherer) includer() string {
	unread := g.unread()
	candidates := g.candidates(nil)
	if len(unread) == 0 || len(candidates) == 0 {
		return ""
	}
	for _, c := range unread {
		names := func(file string) bool { return !g.tried[file] && g.job.includes(g.at, file, c.Path) }
		if i := slices.IndexFunc(candidates, names); i >= 0 {
			return candidates[i]
		}
	}
	return candidates[0]
}

// candidates returns the C files that the class compiles and in which users
// are looked for: those of have, those the series changes anywhere, then those
// of mm/ by name.
func (g *gatherer) candidates(have []string) []string {
	var list []string
	for _, file := range slices.Concat(have, g.job.changedC(g.job.arch.Name), g.job.mmFiles(g.at)) {
		if !slices.Contains(list, file) && g.job.programs[g.at].Compiles(file) {
			list = append(list, file)
		}
	}
	return list
}

// uses returns which of the names stand in a file, by name.
func (g *gatherer) uses(names map[string]bool, file string) []string {
	store := g.job.stores[g.at]
	var used []string
	for _, name := range sortedKeys(names) {
		if store.Mentions(file, name) {
			used = append(used, name)
		}
	}
	return used
}

// userThrough returns the first file that uses a header's definition which
// uses name, "" if there is none.
func (g *gatherer) userThrough(name string, candidates []string) string {
	tr := g.job.Prefixes[g.at].Tree
	names, err := g.job.conds.wrappers(tr, name)
	if err != nil {
		return ""
	}
	for _, file := range candidates {
		if g.job.calls(g.at, file, names) {
			return file
		}
	}
	return ""
}

// changedC returns the C files that any patch of the series changes.
func (r *review) changedC(architecture string) []string {
	seen := make(map[string]bool)
	var files []string
	for _, list := range r.changes {
		for _, c := range list {
			a := ArchOf(c.Path)
			if path.Ext(c.Path) == ".c" && !seen[c.Path] && (a == "generic" || a == architecture) {
				seen[c.Path] = true
				files = append(files, c.Path)
			}
		}
	}
	return files
}

// mmFiles returns the C files of mm/, by name.
func (r *review) mmFiles(k int) []string {
	list, err := fs.ReadDir(r.Prefixes[k].Tree, "mm")
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range list {
		if !e.IsDir() && path.Ext(e.Name()) == ".c" {
			files = append(files, "mm/"+e.Name())
		}
	}
	sort.Strings(files)
	return files
}

// unit adds the entries of one C file.
func (g *gatherer) unit(ctx context.Context, file string) error {
	if g.tried[file] {
		return nil
	}
	g.tried[file] = true
	after, err := g.read(ctx, g.at, file)
	if err != nil || after == nil {
		return err
	}
	pair := UnitPair{After: after, before: &beforeUnit{read: func() (*unit.Unit, error) { return g.readBefore(ctx, file) }}}
	for _, in := range after.Cpp.Includes {
		g.included[in.File().Path] = true
	}
	g.units = append(g.units, pair)
	for _, def := range g.changedFunctions(after, file) {
		var before *unit.Unit
		if !g.isNew(after.Cpp.Names.String(def.Name), file) {
			if before, err = pair.Before(); err != nil {
				return err
			}
		}
		if e := g.entry(ctx, before, after, def); e != nil {
			g.entries = append(g.entries, e)
		}
	}
	for _, use := range g.usersOfMoved(after) {
		before, err := pair.Before()
		if err != nil {
			return err
		}
		if e := g.entry(ctx, before, after, use.def); e != nil {
			e.Change = use.change
			g.users = append(g.users, e)
		}
	}
	return nil
}

// isNew reports whether nothing of the prefix before the patch that the unit of
// a C file can include, nor the file itself, has a word: then there is no need
// to read the unit as it was.
func (g *gatherer) isNew(name, file string) bool {
	defer g.job.conds.acquire()()
	h, err := g.job.conds.at(g.job.review, g.job.arch, g.from)
	return err == nil && !h.Names(name) && !g.job.stores[g.from].Mentions(g.oldPath(file), name)
}

// readBefore reads a unit of the prefix before the patch, nil if it was not one.
func (g *gatherer) readBefore(ctx context.Context, file string) (*unit.Unit, error) {
	old := g.oldPath(file)
	_, was := g.job.programs[g.from].Built(old)
	if _, is := g.job.programs[g.at].Built(file); is && !was {
		return nil, nil // the patch put it into a Makefile
	}
	return g.read(ctx, g.from, old)
}

// oldPath returns the path that a file had before the patch.
func (g *gatherer) oldPath(file string) string {
	for _, f := range g.job.Prefixes[g.from+1].Changed {
		if f.Path == file && f.Old != "" {
			return f.Old
		}
	}
	return file
}

// read reads a unit of a prefix; nil if the file is not there or the class
// does not compile it. What else keeps it from being read is a reason not to run.
func (g *gatherer) read(ctx context.Context, k int, file string) (*unit.Unit, error) {
	if _, err := fs.Stat(g.job.Prefixes[k].Tree, file); err != nil {
		return nil, nil
	}
	if !g.job.programs[k].Compiles(file) {
		return nil, nil
	}
	g.job.compiled[file] = true
	u, err := g.job.programs[k].Read(ctx, file)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		g.cannot(file + " cannot be read in this class: " + err.Error())
		return nil, nil
	}
	return u, nil
}

// changedFunctions returns the functions of the unit whose definition the
// patch changed, or that use a macro it changed, in order.
func (g *gatherer) changedFunctions(u *unit.Unit, file string) []syntax.Function {
	paths := make(map[cpp.Sym][]string) // of names
	var names, macros symSet
	for _, c := range g.changes {
		if c.Change.After == nil || !c.Function() {
			continue
		}
		if c.Change.After.Macro {
			macros.add(u.Cpp.Names.Find(c.Name()))
			continue
		}
		sym := u.Cpp.Names.Find(c.Name())
		names.add(sym)
		paths[sym] = append(paths[sym], c.Path)
	}
	marks := newMacroMarks(u.Cpp, macros)
	var defs []syntax.Function
	for def := range u.File.Functions() {
		if names.has(def.Name) && slices.Contains(paths[def.Name], pathOf(u, def)) || marks.uses(def) {
			defs = append(defs, def)
		}
	}
	return defs
}

// pathOf returns the file in which a function's name stands.
func pathOf(u *unit.Unit, def syntax.Function) string {
	return u.Cpp.Position(u.Cpp.Tokens[def.NameAt].Loc()).Path
}

// macroMarks finds functions that use certain macros.
type macroMarks struct {
	u      *cpp.Unit
	marked []bool // of u.Expansions: come from such a macro; nil if none does
}

func newMacroMarks(u *cpp.Unit, macros symSet) *macroMarks {
	m := &macroMarks{u: u}
	if !slices.ContainsFunc(u.Expansions[1:], func(e cpp.Expansion) bool { return macros.has(e.Macro.Sym) }) {
		return m
	}
	// Parents come before children, so one pass decides all.
	m.marked = make([]bool, len(u.Expansions))
	for i := 1; i < len(u.Expansions); i++ {
		e := u.Expansions[i]
		m.marked[i] = macros.has(e.Macro.Sym) || e.Parent != 0 && int(e.Parent) < i && m.marked[e.Parent]
	}
	return m
}

func (m *macroMarks) uses(def syntax.Function) bool {
	return m.marked != nil && slices.ContainsFunc(m.u.Tokens[def.Open:def.Close], func(t cpp.Token) bool {
		return t.Exp != 0 && m.marked[t.Exp]
	})
}

// use is a function that uses a name whose definition is no longer where it was.
type use struct {
	def    syntax.Function
	change *DefinitionChange
}

// usersOfMoved returns the functions of a unit that use a name which the patch
// takes away from a header, puts under another condition or defines anew: what
// it means there, if anything, may be another thing now.
func (g *gatherer) usersOfMoved(u *unit.Unit) []use {
	moved := make(map[cpp.Sym]*DefinitionChange)
	var names symSet
	for i := range g.changes {
		c := &g.changes[i]
		if c.Moves() && path.Ext(c.Path) == ".h" && g.applies(c.Path) {
			sym := u.Cpp.Names.Find(c.Name())
			names.add(sym)
			moved[sym] = c
		}
	}
	if len(moved) == 0 {
		return nil
	}
	var uses []use
	for def := range u.File.Functions() {
		for i := def.Open; i < def.Close; i++ {
			if t := &u.Cpp.Tokens[i]; names.has(t.Sym) && t.Kind == cpp.Ident {
				uses = append(uses, use{def, moved[t.Sym]})
				break
			}
		}
	}
	return uses
}

// entry returns the entry of a function, nil if another unit has shown it
// already.
func (g *gatherer) entry(ctx context.Context, before, after *unit.Unit, def syntax.Function) *Entry {
	where, name := pathOf(after, def), after.Cpp.Names.String(def.Name)
	key := where + "#" + name
	if g.seen[key] {
		return nil
	}
	fn, err := g.after.Function(after, name)
	if err != nil || fn == nil {
		return nil
	}
	g.seen[key] = true
	e := &Entry{Path: where, Unit: after.Path, Name: name, After: fn, Graph: g.after}
	e.Change = g.changeOf(where, name)
	e.Before = g.beforeOf(ctx, before, name)
	e.NewSites = newSites(g.before, e.Before, g.after, fn)
	return e
}

func (g *gatherer) changeOf(file, name string) *DefinitionChange {
	for i := range g.changes {
		c := &g.changes[i]
		if c.Path == file && c.Name() == name {
			return c
		}
	}
	return nil
}

// beforeOf returns the function as it was: in the same unit, which is nil if
// the patch made it, or wherever the patch removed a definition of that name
// from.
func (g *gatherer) beforeOf(ctx context.Context, u *unit.Unit, name string) *facts.Function {
	if fn := g.inBefore(u, name); fn != nil {
		return fn
	}
	for _, c := range g.changes {
		if c.Name() != name || c.Change.After != nil || c.Change.Before.Macro || path.Ext(c.Path) != ".c" {
			continue
		}
		from, err := g.job.programs[g.from].Read(ctx, c.Path)
		if err != nil {
			continue
		}
		if fn := g.inBefore(from, name); fn != nil {
			return fn
		}
	}
	return nil
}

func (g *gatherer) inBefore(u *unit.Unit, name string) *facts.Function {
	if u == nil {
		return nil
	}
	fn, err := g.before.InUnit(u, name)
	if err != nil {
		return nil
	}
	return fn
}

// newSites returns the sites of after that before does not have: another
// callee, or other guards.
func newSites(bg *facts.Graph, before *facts.Function, ag *facts.Graph, after *facts.Function) []facts.Site {
	old := make(map[string]int)
	if before != nil {
		for _, s := range bg.Sites(before) {
			old[siteKey(s)]++
		}
	}
	var fresh []facts.Site
	for _, s := range ag.Sites(after) {
		if k := siteKey(s); old[k] > 0 {
			old[k]--
			continue
		}
		fresh = append(fresh, s)
	}
	return fresh
}

func siteKey(s facts.Site) string {
	return s.Callee + "\x00" + strings.Join(s.Guards, "\x00")
}

// maxCallerUnits bounds the C files read in search of who calls a helper.
const maxCallerUnits = 4

// callersOf returns generic functions that reach the changed function of e
// and were there before, file by file, and whether these are all that the C files
// of mm/ have; with a word those that have it in their text.
func (j *classJob) callersOf(ctx context.Context, p *Pass, v *view, e *Entry, word string) ([]*Entry, bool, error) {
	names, err := j.conds.wrappers(j.Prefixes[v.at].Tree, e.Name)
	if err != nil {
		return nil, false, err
	}
	g := &gatherer{view: v, job: j, cannot: p.NotRun, seen: make(map[string]bool)}
	var callers []*Entry
	read := 0
	for _, file := range j.mmFiles(v.at) {
		if !j.calls(v.at, file, names) || !j.programs[v.at].Compiles(file) || word != "" && !j.stores[v.at].Mentions(file, word) {
			continue
		}
		if read == maxCallerUnits {
			return callers, false, nil
		}
		read++
		u, err := g.read(ctx, v.at, file)
		if err != nil {
			return nil, false, err
		}
		if u == nil {
			continue
		}
		before, err := g.read(ctx, v.from, file)
		if err != nil {
			return nil, false, err
		}
		callers = append(callers, g.callersIn(ctx, before, u, e.Name, word)...)
	}
	return callers, true, nil
}

// definingEntry returns the function that a name means in a class, nil if none of
// the files that a call graph looks into defines it.
func (j *classJob) definingEntry(ctx context.Context, v *view, name string) (*Entry, error) {
	u, _, err := j.programs[v.at].Define(ctx, nil, name)
	if err != nil {
		return nil, ctx.Err() // a name that is not defined there
	}
	fn, err := v.after.InUnit(u, name)
	if err != nil || fn == nil {
		return nil, ctx.Err()
	}
	e := &Entry{Path: u.Cpp.Position(fn.Def.NameAt).Path, Unit: u.Path, Name: name, After: fn, Graph: v.after}
	if was, _, err := j.programs[v.from].Define(ctx, nil, name); err == nil {
		if e.Before, err = v.before.InUnit(was, name); err != nil {
			return nil, err
		}
	}
	return e, ctx.Err()
}

// calls reports whether the text of a file of a prefix has a call of one of the
// names.
func (r *review) calls(k int, file string, names []string) bool {
	for _, n := range names {
		if !r.stores[k].Mentions(file, n) {
			continue
		}
		data, err := source.ReadShared(r.Prefixes[k].Tree, file)
		if err == nil && bytes.Contains(data, []byte(n+"(")) {
			return true
		}
	}
	return false
}

// includes reports whether the text of a file of a prefix names a header of
// that base name, <asm/NAME.h> or <linux/NAME.h>.
func (r *review) includes(k int, file, header string) bool {
	base := path.Base(header)
	if !r.stores[k].Mentions(file, strings.TrimSuffix(base, ".h")) {
		return false
	}
	data, err := source.ReadShared(r.Prefixes[k].Tree, file)
	return err == nil && bytes.Contains(data, []byte("/"+base+">"))
}

// callersIn returns the functions of a C file that reach name, and have a word if
// one is given.
func (g *gatherer) callersIn(ctx context.Context, before, u *unit.Unit, name, word string) []*Entry {
	var out []*Entry
	for def := range u.File.Functions() {
		if pathOf(u, def) != u.Path || word != "" && !u.Cpp.HasWord(def.Open, def.Close, word) {
			continue
		}
		own := u.Cpp.Names.String(def.Name)
		fn, err := g.after.Function(u, own)
		if err != nil || fn == nil || !g.reaches(fn, name) {
			continue
		}
		e := &Entry{Path: u.Path, Unit: u.Path, Name: own, After: fn, Graph: g.after}
		e.Before = g.beforeOf(ctx, before, own)
		out = append(out, e)
	}
	return out
}

// maxWrapperDepth is how many calls may lie between a generic function and
// the helper it is taken for a caller of.
const maxWrapperDepth = 3

// reaches reports whether f calls name, directly or through a few functions
// of its unit.
func (g *gatherer) reaches(f *facts.Function, name string) bool {
	level := []*facts.Function{f}
	seen := map[*facts.Function]bool{f: true}
	for range maxWrapperDepth {
		var next []*facts.Function
		for _, f := range level {
			for _, s := range g.after.Sites(f) {
				if s.Callee == name {
					return true
				}
				c, err := g.after.InUnit(f.Unit, s.Callee)
				if err == nil && c != nil && !seen[c] {
					seen[c] = true
					next = append(next, c)
				}
			}
		}
		level = next
	}
	return false
}
