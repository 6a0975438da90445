package flow

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// Summary is what a function does with maps and locks, one Outcome for each
// different way in which it can end.
type Summary struct {
	Outcomes []Outcome
	Writes   []string // places whose value no outcome tells
}

// Outcome is one way in which a function ends. Places are spelled from its
// parameters.
type Outcome struct {
	Result Given
	Outs   []Out    // what it stores for its caller, by place
	Ended  []string // the maps it was given and gave back
	Locked []string // the locks it was given and took
	Freed  []string // or released
	// Dropped are the parameters whose page table's lock the caller held, and the
	// function found by itself and released.
	Dropped []string
	RCU     int
	Lazy    int  // lazy MMU modes entered less those left
	Lazily  bool // one was entered, left or not
	// Zero and Other are places that were zero, or were not, when a function that
	// ends so was entered; Equal are pairs of parameters that were the same.
	Zero, Other []string
	Equal       [][2]int
	// Facts are conditions on what it was given that were decided; Nonzero are
	// places that are not zero when it ends.
	Facts, Nonzero map[string]bool
	maps           int // it makes, and hands on
	locks          []bool
	lockOf         []string
	mapFrom        []origin
}

// Given is a value that a caller gets.
type Given struct {
	Kind kind
	N    int64
	Ref  int // of the outcome's maps or locks
	Arg  int // the parameter that is handed on, from 1; 0 for another value
}

// Out is a value that a caller finds at a place.
type Out struct {
	Place string
	Value Given
}

// maxOutcomes bounds a summary. A function with more is not followed.
const maxOutcomes = 100

// mayBeNull reports whether a function that maps can return NULL instead.
func (s *Summary) mayBeNull() bool {
	return s != nil && s.maps() && slices.ContainsFunc(s.Outcomes, func(o Outcome) bool { return o.null() })
}

func (o *Outcome) null() bool { return o.Result.Kind == constant && o.Result.N == 0 }

// maps reports whether the function can return a map.
func (s *Summary) maps() bool {
	return slices.ContainsFunc(s.Outcomes, func(o Outcome) bool { return o.Result.Kind == mapped })
}

// matters returns the places that can hold a map or lock: they do at some end,
// or they hold what the function was given.
func (w *walk) matters() map[string]bool {
	places := make(map[string]bool)
	for _, e := range w.ends {
		for p, v := range e.state.vars {
			if v.kind == mapped || v.kind == lock || v.kind == unknown && slices.Contains(w.fn.params, w.places[v.sym]) {
				places[p] = true
			}
		}
		for _, m := range e.state.maps {
			places[m.param] = true
		}
		for _, l := range e.state.locks {
			places[l.param] = true
		}
	}
	for _, p := range w.fn.params {
		places[p] = true
	}
	return places
}

// summarise tells of every end what a caller sees, and records what ends that
// should not.
func (w *walk) summarise() (*Summary, error) {
	out := &Summary{}
	index := make(map[string]int)
	for i := range w.ends {
		w.ends[i] = w.handsMap(w.ends[i])
	}
	matters := w.matters()
	out.Writes = w.writes(matters)
	for _, e := range w.ends {
		o := w.outcome(e, matters)
		facts, nonzero := o.Facts, o.Nonzero
		o.Facts, o.Nonzero = nil, nil
		result := o.Result
		o.Result.N = 0
		if o.Result.Kind == constant && result.N != 0 {
			o.Result.N = 1
		}
		key := fmt.Sprintf("%+v", o)
		o.Result, o.Facts, o.Nonzero = result, facts, nonzero
		if i, ok := index[key]; ok {
			common(out.Outcomes[i].Facts, facts)
			common(out.Outcomes[i].Nonzero, nonzero)
			if was := &out.Outcomes[i].Result; *was != result && was.Kind == constant {
				was.N = 1 // other than zero is all that they share
			}
			continue
		}
		index[key] = len(out.Outcomes)
		out.Outcomes = append(out.Outcomes, o)
	}
	if len(out.Outcomes) > maxOutcomes {
		return nil, errTooManyEnds
	}
	w.checkEnds()
	w.checkLazy()
	return out, nil
}

// common keeps the facts that others share.
func common(facts, others map[string]bool) {
	for f, holds := range facts {
		if o, ok := others[f]; !ok || o != holds {
			delete(facts, f)
		}
	}
}

// writes returns the places that a caller can see and that the function may have
// written, other than those that an outcome tells the value of.
func (w *walk) writes(matters map[string]bool) []string {
	seen := make(map[string]bool)
	for _, e := range w.ends {
		for p := range e.state.stale {
			v, known := e.state.vars[p]
			same := known && v.kind == unknown && w.places[v.sym] == p
			if w.isHanded(p) && !matters[p] && !same {
				seen[p] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// handsMap makes an end that hands on a pointer to entries one that maps, if the
// function is one that pte_offset_map() is made of, or enters a read-side section
// for its caller to leave.
func (w *walk) handsMap(e end) end {
	if !pointsTo(w.fn.Def.Type.Result, "pte_t") {
		return e
	}
	entered := e.state.rcu == 1
	maps := entered || w.isMapper()
	switch {
	case e.value.kind == unknown && maps:
		sym := w.symbol("map by definition")
		e.state.maps[sym] = mapping{site: &Site{}, live: true}
		e.value = value{kind: mapped, sym: sym}
	case e.value.kind != mapped || !maps:
		return e
	}
	m := e.state.maps[e.value.sym]
	if in := w.section(entered); in != "" {
		m.section = in
	}
	if !slices.Contains(w.fn.params, m.table) {
		m.table = w.mappedFrom()
	}
	e.state.maps[e.value.sym] = m
	if entered {
		e.state.rcu = 0 // the map stands for it
	}
	return e
}

// mappedFrom returns the parameter that is the pmd of the table that the function maps,
// "" if there is none.
func (w *walk) mappedFrom() string {
	for i, p := range w.fn.Def.Type.Params {
		if pointsTo(p.Type, "pmd_t") {
			return w.fn.params[i]
		}
	}
	return ""
}

// isMapper reports whether pte_offset_map() returns what the function does.
func (w *walk) isMapper() bool {
	u := w.fn.Unit
	names, ok := w.mappers[u]
	if !ok {
		names = make(map[string]bool)
		w.mappers[u] = names
		w.addMappers(names, "pte_offset_map")
	}
	return names[w.fn.Def.Name]
}

// addMappers adds a function, and those whose result it returns.
func (w *walk) addMappers(names map[string]bool, name string) {
	if names[name] || name == "pte_offset_kernel" { // which needs no unmapping
		return
	}
	names[name] = true
	u := w.fn.Unit
	if m := u.Cpp.Macro(name); m != nil {
		for _, t := range m.Body {
			if word := u.Cpp.Names.String(t.Sym); t.Kind == cpp.Ident && w.givesEntry(word) {
				w.addMappers(names, word)
			}
		}
		return
	}
	from, def, err := w.define(w.ctx, u, name)
	if err != nil {
		return
	}
	body, err := from.File.Body(def)
	if err != nil {
		return
	}
	syntax.Inspect(body, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.Call); ok {
			if callee := calleeName(c); w.givesEntry(callee) {
				w.addMappers(names, callee)
			}
		}
		return true
	})
}

// givesEntry reports whether a name is a function that returns a pointer to
// entries.
func (w *walk) givesEntry(name string) bool {
	f := w.declared(name)
	return f != nil && w.pointsTo(f.Result, "pte_t")
}

// outcome tells of one end what a caller sees.
func (w *walk) outcome(e end, matters map[string]bool) Outcome {
	o := Outcome{RCU: e.state.rcu, Lazy: e.state.lazy, Lazily: e.state.lazily, Facts: make(map[string]bool), Nonzero: make(map[string]bool)}
	w.premises(e.state, &o, matters)
	h := &handing{w: w, s: e.state, o: &o, maps: make(map[int]int), locks: make(map[int]int)}
	o.Result = h.give(e.value)
	var places []string
	for p, v := range e.state.vars {
		if w.isHanded(p) && v.kind == unknown && v.sym != 0 && e.state.nonzero[v.sym] {
			o.Nonzero[p] = true
		}
		if w.isHanded(p) && matters[p] && e.state.isStale(p) {
			places = append(places, p)
		}
	}
	sort.Strings(places)
	for _, p := range places {
		v := e.state.vars[p]
		g := h.give(v)
		same := v.kind == unknown && w.places[v.sym] == p // as it was given
		if g != (Given{}) || !same {
			o.Outs = append(o.Outs, Out{p, g})
		}
	}
	if len(o.mapFrom) == 1 && len(o.lockOf) == 1 && !slices.Contains(w.fn.params, o.lockOf[0]) {
		o.lockOf[0] = o.mapFrom[0].table // that comes with its map
	}
	for _, m := range e.state.maps {
		if m.param != "" && !m.live {
			o.Ended = append(o.Ended, m.param)
		}
	}
	for _, l := range e.state.locks {
		switch {
		case l.held == l.entered:
		case l.param == "" && l.entered:
			if table := w.givenTable(l.table); table != "" {
				o.Dropped = append(o.Dropped, table)
			}
		case l.param == "":
		case l.held:
			o.Locked = append(o.Locked, l.param)
		default:
			o.Freed = append(o.Freed, l.param)
		}
	}
	sort.Strings(o.Ended)
	sort.Strings(o.Locked)
	sort.Strings(o.Freed)
	sort.Strings(o.Dropped)
	return o
}

// givenTable returns the parameter that a table is found from, "" if there is none
// or another one has a part in it.
func (w *walk) givenTable(table string) string {
	from, one := "", true
	renamed(table, func(word string) string {
		if slices.Contains(w.fn.params, word) && word != from {
			from, one = word, from == ""
		}
		return word
	})
	if !one {
		return ""
	}
	return from
}

// premises notes what an end says of what the function was given.
func (w *walk) premises(s *state, o *Outcome, matters map[string]bool) {
	for f, holds := range s.facts {
		if w.isGiven(f) && !s.wrote(f) {
			o.Facts[f] = holds
		}
	}
	for sym, place := range w.places {
		if !matters[place] || !slices.Contains(w.fn.params, root(place)) {
			continue
		}
		switch nz, known := s.nonzero[sym]; {
		case s.zero[sym]:
			o.Zero = append(o.Zero, place)
		case known && nz:
			o.Other = append(o.Other, place)
		}
	}
	sort.Strings(o.Zero)
	sort.Strings(o.Other)
	for i, p := range w.fn.params {
		for k, q := range w.fn.params[i+1:] {
			if s.facts[p+" == "+q] || s.facts[q+" == "+p] {
				o.Equal = append(o.Equal, [2]int{i, i + 1 + k})
			}
		}
	}
}

// isGiven reports whether a fact speaks of parameters and no other variable.
func (w *walk) isGiven(fact string) bool {
	given, own := false, false
	renamed(fact, func(word string) string {
		switch {
		case slices.Contains(w.fn.params, word):
			given = true
		case w.scopes.used[word] > 0 || strings.Contains(word, "'"):
			own = true
		}
		return word
	})
	return given && !own
}

// wrote reports whether a place in a fact was written since the function was
// entered.
func (s *state) wrote(fact string) bool {
	for p := range s.stale {
		if variable := root(p); p != variable && mentions(fact, variable) && strings.Contains(fact, path(p)) {
			return true
		}
	}
	return false
}

// possible reports whether a call with these arguments can end so. Locks that
// were not found by the same call are taken to be different ones.
func (o *Outcome) possible(t *translation) bool {
	for _, p := range o.Zero {
		if v := t.known(p); isPointer(v) || v.kind == constant && v.n != 0 || v.kind == unknown && v.sym != 0 && t.a.state.nonzero[v.sym] {
			return false
		}
	}
	for _, p := range o.Other {
		if t.known(p).isZero() {
			return false
		}
	}
	for f, holds := range o.Facts {
		if known, ok := t.a.state.facts[t.fact(f)]; ok && known != holds {
			return false
		}
	}
	for _, pair := range o.Equal {
		if values := t.a.values; pair[1] < len(values) && isPointer(values[pair[0]]) && isPointer(values[pair[1]]) && values[pair[0]].sym != values[pair[1]].sym {
			return false
		}
	}
	return true
}

// handing numbers the maps and locks of an end that it hands on.
type handing struct {
	w           *walk
	s           *state
	o           *Outcome
	maps, locks map[int]int
}

func (h *handing) give(v value) Given {
	switch v.kind {
	case constant:
		return Given{Kind: constant, N: v.n}
	case mapped:
		if m := h.s.maps[v.sym]; !m.live || m.param != "" {
			return Given{}
		}
		ref, ok := h.maps[v.sym]
		if !ok {
			ref = h.o.maps
			h.maps[v.sym] = ref
			h.o.maps++
			h.o.mapFrom = append(h.o.mapFrom, h.s.maps[v.sym].origin)
		}
		return Given{Kind: mapped, Ref: ref}
	case lock:
		l := h.s.locks[v.sym]
		if l.param != "" {
			return Given{}
		}
		ref, ok := h.locks[v.sym]
		if !ok {
			ref = len(h.o.locks)
			h.locks[v.sym] = ref
			h.o.locks = append(h.o.locks, l.held)
			h.o.lockOf = append(h.o.lockOf, h.w.givenTable(l.table))
		}
		return Given{Kind: lock, Ref: ref}
	case unknown:
		if place := h.w.places[v.sym]; place != "" {
			return Given{Arg: slices.Index(h.w.fn.params, place) + 1}
		}
	}
	return Given{}
}

// isHanded reports whether a caller sees a place: it is reached through a
// parameter.
func (w *walk) isHanded(place string) bool {
	return slices.Contains(w.fn.params, root(place)) && inMemory(place)
}

// checkEnds looks for maps and locks that the function made and left to nobody.
func (w *walk) checkEnds() {
	locals := w.locals()
	for _, e := range w.ends {
		visible := e.visible(locals)
		for _, sym := range sorted(e.state.maps) {
			if m := e.state.maps[sym]; m.live && m.param == "" && m.site.Callee != "" && !visible[sym] {
				w.event(Event{Kind: NotEnded, Site: m.site, Loc: e.loc, Trail: e.state.trail})
			}
		}
		for _, sym := range sorted(e.state.locks) {
			if l := e.state.locks[sym]; l.held && l.param == "" && l.site != nil && !visible[sym] && !l.member && w.releases(sym) {
				w.event(Event{Kind: StillHeld, Site: l.site, Loc: e.loc, Trail: e.state.trail})
			}
		}
	}
}

// visible returns the maps and locks that somebody holds after an end.
func (e *end) visible(locals map[string]bool) map[int]bool {
	seen := map[int]bool{e.value.sym: e.value.kind == mapped || e.value.kind == lock}
	for p, v := range e.state.vars {
		if (v.kind == mapped || v.kind == lock) && (inMemory(p) || !locals[root(p)]) {
			seen[v.sym] = true
		}
	}
	return seen
}

// locals returns the places that variables and parameters of the function have.
func (w *walk) locals() map[string]bool {
	all := make(map[string]bool)
	for name, n := range w.scopes.used {
		all[name] = true
		for i := 2; i <= n; i++ {
			all[fmt.Sprint(name, "'", i)] = true
		}
	}
	return all
}

// releases reports whether the function releases a lock on some way out: one
// that never does hands it on by other means.
func (w *walk) releases(sym int) bool {
	return slices.ContainsFunc(w.ends, func(e end) bool {
		l, ok := e.state.locks[sym]
		return ok && !l.held
	})
}

func sorted[V any](m map[int]V) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Ints(keys)
	return keys
}

// apply continues a state with every outcome of a call.
func (w *walk) apply(c *syntax.Call, name string, f *Function, a arguments) []result {
	sum := f.Summary
	if len(sum.Outcomes) == 0 {
		return nil // it does not return
	}
	var out []result
	for i := range sum.Outcomes {
		if !sum.Outcomes[i].possible(&translation{w, c, f, a}) {
			continue
		}
		if r, ok := w.applyOne(c, name, f, &sum.Outcomes[i], arguments{a.state.clone(), a.values}); ok {
			out = append(out, r)
		}
	}
	return out
}

func (w *walk) applyOne(c *syntax.Call, name string, f *Function, o *Outcome, a arguments) (result, bool) {
	s := a.state
	w.site(c, name).From = f
	t := &translation{w: w, c: c, f: f, a: a}
	for _, p := range o.Ended {
		if x, v, ok := t.argument(p); ok && !w.unmap(s, v, x, c.Loc()) {
			return result{}, false
		}
	}
	for _, p := range o.Freed {
		if x, v, ok := t.argument(p); ok && !w.unlock(s, v, x, c) {
			return result{}, false
		}
	}
	for _, p := range o.Dropped {
		s.unlockOf(t.spelled(p))
	}
	for _, p := range o.Locked {
		if _, v, ok := t.argument(p); ok {
			w.lock(s, v)
		}
	}
	for _, p := range f.Summary.Writes {
		if at, ok := t.place(p); ok {
			s.forget(at)
		}
	}
	t.assume(o)
	s.rcu += o.RCU
	if o.Lazily {
		w.enterLazy(c, name, s, f)
	}
	s.lazy += o.Lazy
	g := &receiving{w: w, c: c, name: name, s: s, o: o, t: t, made: make(map[Given]value)}
	for _, out := range o.Outs {
		if p, ok := t.place(out.Place); ok {
			v := g.get(out.Value)
			if l, ok := s.locks[v.sym]; v.kind == lock && ok && strings.Contains(out.Place, "->") {
				l.member = true
				s.locks[v.sym] = l
			}
			if v == (value{}) {
				s.forget(p)
				continue
			}
			s.assign(p, v)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(o.Nonzero)) {
		if at, ok := t.place(p); ok {
			if v := w.read(at, s); v.kind == unknown && v.sym != 0 {
				s.nonzero[v.sym] = true
			}
		}
	}
	v := g.get(o.Result)
	if o.null() && f.Summary.maps() {
		s.trail = &Step{s.trail, c.Loc(), syntax.ExprString(c) + " is NULL"}
		v.null = w.site(c, name)
	}
	if v == (value{}) {
		v = w.unknownResult(c, name, arguments{state: s})
	}
	return result{s, v}, true
}

// translation turns places of a callee's parameters into those of its caller.
type translation struct {
	w *walk
	c *syntax.Call
	f *Function
	a arguments
}

// argument returns the argument that a parameter's place begins with, and the
// value at the place.
func (t *translation) argument(place string) (syntax.Expr, value, bool) {
	i := slices.Index(t.f.params, root(place))
	if i < 0 || i >= len(t.c.Args) {
		return nil, value{}, false
	}
	if place == t.f.params[i] {
		return t.c.Args[i], t.a.values[i], true
	}
	p, ok := t.place(place)
	if !ok {
		return nil, value{}, false
	}
	return &syntax.Ident{Name: p}, t.w.read(p, t.a.state), true
}

// assume notes in the caller what an outcome says of what it was given.
func (t *translation) assume(o *Outcome) {
	s := t.a.state
	for f, holds := range o.Facts {
		if text := t.fact(f); text != "" {
			s.facts[text] = holds
			t.w.assumed[text] = true
		}
	}
	for _, p := range o.Zero {
		if v := t.known(p); v.kind == unknown && v.sym != 0 {
			s.zero[v.sym] = true
			s.replace(v.sym, number(0))
		}
	}
	for _, p := range o.Other {
		if v := t.known(p); v.kind == unknown && v.sym != 0 {
			s.nonzero[v.sym] = true
		}
	}
}

// fact spells a fact on parameters in the words of the caller, "" if it cannot.
func (t *translation) fact(f string) string {
	ok := true
	text := renamed(f, func(word string) string {
		i := slices.Index(t.f.params, word)
		if i < 0 {
			return word
		}
		if i >= len(t.c.Args) {
			ok = false
			return word
		}
		if v := t.a.values[i]; v.kind == address {
			return "&" + v.place
		}
		p, isPlace := t.w.place(t.c.Args[i], t.a.state)
		if !isPlace {
			ok = false
		}
		return p
	})
	if !ok {
		return ""
	}
	return addressed.ReplaceAllString(text, "$1.")
}

// addressed is a member reached through the address of a variable.
var addressed = regexp.MustCompile(`&([\w.'>-]+)->`)

// known returns what is known of the value at a parameter's place.
func (t *translation) known(place string) value {
	if i := slices.Index(t.f.params, place); i >= 0 {
		if i < len(t.a.values) {
			return t.a.values[i]
		}
		return value{}
	}
	if p, ok := t.place(place); ok {
		return t.w.read(p, t.a.state)
	}
	return value{}
}

// place returns the caller's spelling of a place.
func (t *translation) place(place string) (string, bool) {
	param := root(place)
	i := slices.Index(t.f.params, param)
	if i < 0 || i >= len(t.c.Args) {
		return "", false
	}
	// What the argument points to, and what stands before a member of it.
	var object, members string
	if v := t.a.values[i]; v.kind == address {
		object, members = v.place, v.place+"."
	} else if pointer, ok := t.w.place(t.c.Args[i], t.a.state); ok {
		object, members = "*"+pointer, pointer+"->"
	} else {
		return "", false
	}
	if place == "*"+param {
		return object, true
	}
	rest, ok := strings.CutPrefix(place, param+"->")
	return members + rest, ok
}

// receiving makes the maps and locks of an outcome those of a state.
type receiving struct {
	w    *walk
	c    *syntax.Call
	name string
	s    *state
	o    *Outcome
	t    *translation
	made map[Given]value
}

func (g *receiving) get(v Given) value {
	if v.Arg > 0 && v.Arg <= len(g.t.a.values) {
		return g.t.a.values[v.Arg-1]
	}
	switch v.Kind {
	case constant:
		return number(v.N)
	case mapped:
		if m, ok := g.made[v]; ok {
			return m
		}
		m := g.w.newMap(g.c, g.name, g.s, origin{g.table(g.o.mapFrom[v.Ref].table), g.o.mapFrom[v.Ref].section}, v.Ref)
		g.made[v] = m
		return m
	case lock:
		if l, ok := g.made[v]; ok {
			return l
		}
		sym := g.w.at(g.c, fmt.Sprint("lock", v.Ref))
		g.s.drop(sym)
		l := g.w.found(g.c, g.name, g.s, g.table(g.o.lockOf[v.Ref]))
		l.held = g.o.locks[v.Ref]
		g.s.locks[sym] = l
		g.made[v] = value{kind: lock, sym: sym}
		return g.made[v]
	}
	return value{}
}

// table spells a callee's pmd in the words of its caller, "" if it cannot.
func (g *receiving) table(text string) string { return g.t.spelled(text) }

// spelled spells the argument that a parameter is, "" if it is none.
func (t *translation) spelled(param string) string {
	return argument(t.c, slices.Index(t.f.params, param))
}

// At spells out a place in the function's unit.
func (f *Function) At(loc cpp.Loc) string { return f.Unit.Cpp.Position(loc).String() }
