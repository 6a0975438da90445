package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/flow"
	"ptreview/semantics/unit"
)

// callerWalk follows the callers of contracts in the classes of one architecture.
type callerWalk struct {
	search    *callerSearch
	arch      *arch.Arch
	contracts []altered
	scan      *callerScan
	host      *callerHost // nil if the architecture has no callers

	pending map[string]*textCaller // by key: not followed yet
	order   []string               // keys
	done    map[string]bool        // path#name of functions that were followed
	read    map[string]bool        // C files
	sites   []*heedSite
	handing []altered
	notRun  []string
}

// callerHost has the classes of one architecture, for one search.
type callerHost struct {
	kcs     []*kconfig.Kconfig
	chooser *class.Chooser
	objects []*kbuild.Objects
	headers *facts.Headers
	used    []*searchClass
	byID    map[string]*searchClass
}

// searchClass is a class in which callers are followed.
type searchClass struct {
	info ClassInfo
	meta *class.Class
	at   []prefixClass
}

// run finds the callers by their text, chooses classes that compile them, and
// follows them there.
func (w *callerWalk) run(ctx context.Context) error {
	if err := w.find(ctx); err != nil || len(w.pending) == 0 {
		return err
	}
	list, err := w.classes()
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := w.inClass(ctx, c); err != nil {
			return err
		}
	}
	if w.search.Config != nil {
		return nil // others were not asked for
	}
	for _, key := range w.order {
		if c := w.pending[key]; c != nil {
			w.notRun = append(w.notRun, fmt.Sprintf("no configuration that was looked at has %s() of %s, which calls what the series changes", c.def.Name, c.path))
		}
	}
	return nil
}

// find collects the callers whose text names a contract.
func (w *callerWalk) find(ctx context.Context) error {
	folder := "arch/" + w.arch.Name
	own := w.scan
	generic := own.callers
	own.callers = nil
	if err := w.search.addHeaders(own, []string{folder}); err != nil {
		return err
	}
	folders := []string{folder}
	if w.isHost() {
		folders = append(slices.Clone(callerFolders), folder)
		own.callers = append(generic, own.callers...)
	}
	if err := w.search.addSources(ctx, own, folders); err != nil {
		return err
	}
	w.pending, w.done, w.read = make(map[string]*textCaller), make(map[string]bool), make(map[string]bool)
	for i := range own.callers {
		c := &own.callers[i]
		if w.pending[c.key()] == nil {
			w.pending[c.key()] = c
			w.order = append(w.order, c.key())
		}
	}
	return nil
}

func (w *callerWalk) isHost() bool { return w.search.hostOfGeneric() == w.arch.Name }

// classes returns the classes to follow the callers in, the usual ones first.
func (w *callerWalk) classes() ([]*searchClass, error) {
	s := w.search
	if err := w.open(); err != nil {
		return nil, err
	}
	h := w.host
	var formulas []class.Formula
	seen := make(map[string]bool)
	for _, key := range w.order {
		f := w.when(w.pending[key])
		if text := f.String(); isKconfig(f) && !seen[text] {
			seen[text] = true
			formulas = append(formulas, f)
		}
	}
	if s.Config != nil {
		formulas = nil
	}
	chosen, unmet, err := h.chooser.Classes(formulas)
	if err != nil {
		return nil, err
	}
	for _, u := range unmet {
		if u.Impossible {
			w.dropImpossible(u.When)
		}
	}
	var list []*searchClass
	for _, c := range chosen {
		in := h.byID[c.ID]
		if in == nil {
			at, err := s.classAt(h.chooser, h.kcs, c)
			if err != nil {
				continue // what is compiled in it alone is not run
			}
			in = &searchClass{ClassInfo{ID: c.ID, Base: c.Base, Fragment: nonNil(c.Extra), Needs: c.Needs}, c, at}
			h.byID[c.ID] = in
		}
		list = append(list, in)
	}
	return list, nil
}

// open reads the configurations of the architecture.
func (w *callerWalk) open() error {
	s := w.search
	h := &callerHost{byID: make(map[string]*searchClass), objects: s.objects(w.arch)}
	var err error
	if h.kcs, err = s.kconfigs(w.arch); err != nil {
		return err
	}
	if h.chooser, err = s.chooser(w.arch, h.kcs[len(h.kcs)-1]); err != nil {
		return err
	}
	if h.headers, err = facts.NewHeaders(s.stores[s.k], w.arch.Name); err != nil {
		return err
	}
	w.host = h
	return nil
}

// when returns the condition under which a caller is compiled, as far as Kconfig
// decides it.
func (w *callerWalk) when(c *textCaller) class.Formula {
	f := w.host.headers.At(c.path, c.def.Group, c.def.Name)
	if path.Ext(c.path) != ".c" {
		return f
	}
	when, found, err := w.host.objects[w.search.k].Of(c.path)
	if err != nil || !found {
		return f
	}
	built := class.FromKconfig(w.host.kcs[w.search.k], when.Expr)
	if both := class.And(built, f); isKconfig(both) {
		return both
	}
	return built
}

// dropImpossible takes off the callers that no configuration compiles.
func (w *callerWalk) dropImpossible(f class.Formula) {
	for key, c := range w.pending {
		if c != nil && w.when(c).String() == f.String() {
			delete(w.pending, key)
		}
	}
}

// inClass follows in a class what is pending and may be compiled there.
func (w *callerWalk) inClass(ctx context.Context, in *searchClass) error {
	s := w.search
	if in.at[s.k].class == nil || in.at[s.k-1].class == nil {
		return nil
	}
	files := w.filesIn(in)
	if len(files) == 0 && !w.headersPending() {
		return nil
	}
	f := newClassFollower(w, in)
	defer f.close()
	for _, file := range files {
		if err := f.file(ctx, file); err != nil {
			return err
		}
	}
	if err := f.headers(ctx, files); err != nil {
		return err
	}
	if f.followed && !slices.Contains(w.host.used, in) {
		w.host.used = append(w.host.used, in)
	}
	return nil
}

// filesIn returns the C files with pending callers that a class may compile.
func (w *callerWalk) filesIn(in *searchClass) []string {
	var files []string
	for _, key := range w.order {
		c := w.pending[key]
		if c == nil || path.Ext(c.path) != ".c" || slices.Contains(files, c.path) || !w.compiles(in, c.path) {
			continue
		}
		if w.host.headers.At(c.path, c.def.Group, c.def.Name).Eval(in.meta.Truth) != class.No {
			files = append(files, c.path)
		}
	}
	return files
}

func (w *callerWalk) compiles(in *searchClass, file string) bool {
	when, found, err := w.host.objects[w.search.k].Of(file)
	return err != nil || !found || in.at[w.search.k].class.Config.Eval(when.Expr) != kconfig.No
}

func (w *callerWalk) headersPending() bool {
	return slices.ContainsFunc(w.order, func(key string) bool { return w.pending[key] != nil && path.Ext(w.pending[key].path) == ".h" })
}

// classFollower follows functions in one class, as two prefixes have them.
type classFollower struct {
	*callerWalk
	in       *searchClass
	reader   *unit.Reader
	flows    []*flowing // by prefix
	gained   map[string]flow.Duties
	followed bool // something was
}

func newClassFollower(w *callerWalk, in *searchClass) *classFollower {
	return &classFollower{
		callerWalk: w, in: in, reader: w.search.Reader.Leaving(flow.Opaque()...),
		flows: make([]*flowing, len(w.search.Prefixes)), gained: make(map[string]flow.Duties),
	}
}

func (f *classFollower) close() {
	for _, c := range f.in.at {
		f.reader.ForgetClass(c.class)
	}
}

// at returns what follows functions of a prefix, nil where the class does not
// exist.
func (f *classFollower) at(ctx context.Context, k int) *flowing {
	if f.in.at[k].class == nil {
		return nil
	}
	if f.flows[k] == nil {
		tr := f.search.Prefixes[k].Tree
		f.flows[k] = newFlowing(ctx, facts.NewProgram(f.reader, tr, f.in.at[k].class, f.host.objects[k]), f.search.sleepers.of(f.search.stores[k], f.arch.Name))
	}
	return f.flows[k]
}

// shed drops the units read so far when they are many.
func (f *classFollower) shed() {
	if f.reader.Units() <= maxUnitsKept {
		return
	}
	f.close()
	f.reader = f.search.Reader.Leaving(flow.Opaque()...)
	clear(f.flows)
}

// file follows the callers in a C file, and in the headers it includes.
func (f *classFollower) file(ctx context.Context, file string) error {
	f.shed()
	u, err := f.at(ctx, f.search.k).prog.Read(ctx, file)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.cannot(file, file+" cannot be read in this class: "+err.Error())
		return nil
	}
	f.read[file] = true
	calls, err := f.calls(ctx, u, file)
	if err != nil || calls == nil {
		return err
	}
	for def := range u.File.Functions() {
		where := pathOf(u, def)
		key := where + "#" + u.Cpp.Names.String(def.Name)
		if f.done[key] || f.search.changed[key] || where != file && f.pendingAt(u, def) == "" || !calls.in(def) {
			continue
		}
		f.done[key] = true
		f.followed = true
		if err := f.function(ctx, u, def, where, calls); err != nil {
			return err
		}
	}
	f.settle(u)
	return nil
}

// settle takes off the functions that the unit has: those that were not followed
// call nothing that gained duties once macros are expanded.
func (f *classFollower) settle(u *unit.Unit) {
	for def := range u.File.Functions() {
		if key := f.pendingAt(u, def); key != "" {
			f.pending[key] = nil
		}
	}
}

// pendingAt returns the key of the pending caller that a function of a unit is, ""
// if it is none. Macros can give a function another name than its text has.
func (f *classFollower) pendingAt(u *unit.Unit, def syntax.Function) string {
	at := u.Cpp.Position(u.Cpp.Tokens[def.NameAt].Loc())
	for _, key := range f.order {
		if c := f.pending[key]; c != nil && c.path == at.Path && c.def.First <= at.Line && at.Line <= c.def.Last {
			return key
		}
	}
	return ""
}

// cannot gives up the pending callers of a file, for a reason.
func (f *classFollower) cannot(file, reason string) {
	f.giveUp(file)
	f.notRun = append(f.notRun, reason)
}

func (f *classFollower) giveUp(file string) {
	for _, key := range f.order {
		if c := f.pending[key]; c != nil && c.path == file {
			f.pending[key] = nil
		}
	}
}

// headers follows the callers in headers that no C file read so far includes.
func (f *classFollower) headers(ctx context.Context, read []string) error {
	for _, key := range f.order {
		c := f.pending[key]
		if c == nil || path.Ext(c.path) != ".h" || f.host.headers.At(c.path, c.def.Group, c.def.Name).Eval(f.in.meta.Truth) == class.No {
			continue
		}
		folders := []string{"arch/" + f.arch.Name + "/mm", "arch/" + f.arch.Name + "/kernel", "mm"}
		list, err := f.search.includersOf(c, nil, folders)
		if err != nil {
			return err
		}
		tried := 0
		for _, file := range list {
			if f.pending[key] == nil || tried == maxUsers {
				break
			}
			if slices.Contains(read, file) || !f.compiles(f.in, file) {
				continue
			}
			tried++
			if err := f.file(ctx, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// callMarks finds functions that call what has gained duties.
type callMarks struct {
	u      *unit.Unit
	names  symSet
	marks  *macroMarks
	by     map[string]altered
	gained map[string]flow.Duties
}

func (c *callMarks) in(def syntax.Function) bool {
	return c.marks.uses(def) || slices.ContainsFunc(c.u.Cpp.Tokens[def.Open:def.Close], func(t cpp.Token) bool {
		return t.Kind == cpp.Ident && c.names.has(t.Sym)
	})
}

// contractOf returns the contract that a function calls, the first of several.
func (c *callMarks) contractOf(def syntax.Function) altered {
	for _, t := range c.u.Cpp.Tokens[def.Open:def.Close] {
		if t.Kind == cpp.Ident && c.names.has(t.Sym) {
			return c.by[c.u.Cpp.Names.String(t.Sym)]
		}
	}
	for _, x := range c.by {
		if x.by.After.Macro {
			return x
		}
	}
	return altered{}
}

// calls returns what in a unit has gained duties, nil if nothing has.
func (f *classFollower) calls(ctx context.Context, u *unit.Unit, file string) (*callMarks, error) {
	c := &callMarks{u: u, by: make(map[string]altered), gained: make(map[string]flow.Duties)}
	var macros symSet
	seen := false
	for _, x := range f.contracts {
		if x.file != "" && x.file != file {
			continue
		}
		d, known, err := f.gains(ctx, u, file, x)
		if err != nil {
			return nil, err
		}
		seen = seen || known
		if d == 0 {
			continue
		}
		c.gained[x.name], c.by[x.name] = d, x
		sym := u.Cpp.Names.Find(x.name)
		c.names.add(sym)
		if u.Cpp.Macro(x.name) != nil {
			macros.add(sym)
		}
	}
	if len(c.by) == 0 {
		if seen {
			f.giveUp(file)
			f.settle(u)
		}
		return nil, nil
	}
	c.marks = newMacroMarks(u.Cpp, macros)
	return c, nil
}

// gains returns the duties that callers of a contract have since the patch, in the
// class: it is the same in all units that see it. known is false where one does
// not, or where it cannot be told.
func (f *classFollower) gains(ctx context.Context, u *unit.Unit, file string, x altered) (d flow.Duties, known bool, err error) {
	key := x.file + "#" + x.name
	if d, ok := f.gained[key]; ok {
		return d, true, nil
	}
	d, known, err = f.at(ctx, f.search.k).Duties(u, x.name)
	if err != nil {
		return 0, false, f.unclear(ctx, x.name, err)
	}
	if d != 0 {
		was, err := f.dutiesBefore(ctx, file, x.name)
		if err != nil {
			return 0, false, f.unclear(ctx, x.name, err)
		}
		d &^= was
	}
	if d &= f.search.duties(); known {
		f.gained[key] = d
	}
	return d, known, nil
}

// unclear notes that it cannot be told what a function hands on.
func (f *classFollower) unclear(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reason := fmt.Sprintf("whether callers of %s() have more to heed cannot be told: %v", name, err)
	if !slices.Contains(f.notRun, reason) {
		f.notRun = append(f.notRun, reason)
	}
	return nil
}

// dutiesBefore returns the duties before the patch; all of them for a name that
// was not there, and so has no callers that could have been left behind.
func (f *classFollower) dutiesBefore(ctx context.Context, file, name string) (flow.Duties, error) {
	u, err := f.unitBefore(ctx, file)
	if err != nil || u == nil {
		return flow.MayFail | flow.HandsMap | flow.HandsLock, err
	}
	d, known, err := f.at(ctx, f.search.k-1).Duties(u, name)
	if err != nil || !known {
		return flow.MayFail | flow.HandsMap | flow.HandsLock, err
	}
	return d, nil
}

// unitBefore reads a C file as the prefix before the patch has it, nil if it has
// not.
func (f *classFollower) unitBefore(ctx context.Context, file string) (*unit.Unit, error) {
	k := f.search.k - 1
	for _, c := range f.search.Prefixes[k+1].Changed {
		if c.Path == file && c.Old != "" {
			file = c.Old
		}
	}
	if _, err := fs.Stat(f.search.Prefixes[k].Tree, file); err != nil {
		return nil, nil
	}
	return f.at(ctx, k).prog.Read(ctx, file)
}

// function follows one caller, for each rule.
func (f *classFollower) function(ctx context.Context, u *unit.Unit, def syntax.Function, where string, calls *callMarks) error {
	name := u.Cpp.Names.String(def.Name)
	o := u.Types.Lookup(name)
	if o == nil || o.Def == nil {
		return nil
	}
	after, err := f.at(ctx, f.search.k).Run(u, o.Def)
	if err != nil {
		return err
	}
	h := f.heeding(ctx, u.Path, name, after, calls.gained)
	contract := calls.contractOf(def)
	for _, rule := range f.search.Rules {
		if rule.Heed == nil || calls.of(rule.Heed.Of) == 0 {
			continue
		}
		fault, err := f.judge(rule, h)
		if err != nil {
			return err
		}
		if fault == nil {
			continue
		}
		at := u.Cpp.Position(fault.Loc)
		by := contract
		if x, ok := calls.by[fault.Call]; ok {
			by = x
		}
		f.sites = append(f.sites, &heedSite{
			Site: Site{Arch: ArchOf(where), Class: f.in.info.ID, Function: name, File: at.Path, Line: at.Line, Call: fault.Call, Message: fault.Text},
			rule: rule, by: by.by, walk: f.callerWalk, in: f.in, unit: u.Path, path: where, gained: calls.gained,
		})
	}
	return f.handsOn(ctx, u, o.Def, where, after, contract)
}

// of returns those of some duties that were gained.
func (c *callMarks) of(d flow.Duties) flow.Duties {
	var all flow.Duties
	for _, g := range c.gained {
		all |= g
	}
	return all & d
}

// heeding is a caller, read in a C file, as the patch has it there.
func (f *classFollower) heeding(ctx context.Context, file, name string, after *flow.Function, gained map[string]flow.Duties) *Heeding {
	return &Heeding{
		Name: name, After: &Followed{Function: after},
		Before: func() (*Followed, error) { return f.before(ctx, file, name) },
		Gained: func(function string) flow.Duties { return gained[function] },
	}
}

// judge asks a rule, and notes what it cannot judge.
func (f *classFollower) judge(rule *Rule, h *Heeding) (*Fault, error) {
	fault, notRun, err := judgeHeeding(rule, h)
	if notRun != "" && !slices.Contains(f.notRun, notRun) {
		f.notRun = append(f.notRun, notRun)
	}
	return fault, err
}

// judgeHeeding asks a rule. notRun says why it cannot judge.
func judgeHeeding(rule *Rule, h *Heeding) (fault *Fault, notRun string, err error) {
	fault, err = rule.Heed.Fault(h)
	var not *NotRunError
	if errors.As(err, &not) {
		return nil, not.Reason, nil
	}
	return fault, "", err
}

// before follows a function as the prefix before the patch has it.
func (f *classFollower) before(ctx context.Context, file, name string) (*Followed, error) {
	u, err := f.unitBefore(ctx, file)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &NotRunError{file + " as it was before the patch cannot be read in this class: " + err.Error()}
	}
	if u == nil {
		return nil, nil
	}
	o := u.Types.Lookup(name)
	if o == nil || o.Def == nil {
		return nil, nil
	}
	fn, err := f.at(ctx, f.search.k-1).Run(u, o.Def)
	if err != nil {
		return nil, err
	}
	return &Followed{Function: fn}, nil
}

// handsOn adds a caller whose own callers have new duties with it.
func (f *classFollower) handsOn(ctx context.Context, u *unit.Unit, def *syntax.FuncDef, where string, after *flow.Function, c altered) error {
	d := after.Summary.Duties()
	if d == 0 {
		return nil
	}
	was, err := f.dutiesBefore(ctx, u.Path, def.Name)
	if err != nil {
		return f.unclear(ctx, def.Name, err)
	}
	if d&^was == 0 {
		return nil
	}
	next := altered{name: def.Name, by: c.by}
	if path.Ext(where) == ".c" && def.Storage&syntax.Static != 0 {
		next.file = where
	}
	f.handing = append(f.handing, next)
	return nil
}
