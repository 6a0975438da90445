package kconfig

import (
	"fmt"
	"slices"
)

// symbolState is what one evaluation knows about a symbol.
type symbolState struct {
	text    string // value of a string, int or hex; the name of an undefined one
	user    string // the same, as assigned
	tri     Tri
	userTri Tri
	visible Tri // of the prompts
	dir     Tri
	rev     Tri
	implied Tri

	hasUser bool // an assignment was accepted
	valid   bool // computed, or being computed
	write   bool // belongs into a .config
}

// choiceState is what one evaluation knows about a choice.
type choiceState struct {
	rank   []*Symbol // members, the last assigned first
	chosen *Symbol
	done   bool
	user   *Symbol // choiceSymbols: the member assigned y
}

// evaluation computes one configuration.
type evaluation struct {
	k        *Kconfig
	state    []symbolState // by Symbol.index
	choices  []choiceState // by choice.index
	memo     []uint8       // by node.id: 0 unknown, otherwise 1 + value
	shown    []bool        // by index into Kconfig.script: headings that are visible
	modules  Tri
	depth    int
	tooDeep  *Symbol
	warnings []Warning
}

// maxEvaluationDepth bounds the recursion through dependencies; Load refuses
// chains longer than maxDependencyDepth, only ranges may add to them.
const maxEvaluationDepth = 3 * maxDependencyDepth

func (k *Kconfig) newEvaluation() *evaluation {
	ev := &evaluation{
		k:       k,
		state:   make([]symbolState, len(k.symbols)),
		choices: make([]choiceState, len(k.choices)),
		memo:    make([]uint8, k.nodes.count),
	}
	for t, s := range [...]*Symbol{No: k.no, Mod: k.mod, Yes: k.yes} {
		ev.state[s.index] = symbolState{tri: Tri(t), valid: true}
	}
	if k.dialect.choiceSymbols {
		for _, c := range k.choices {
			ev.state[c.sym.index].hasUser = true
		}
	}
	return ev
}

func (ev *evaluation) warn(pos Pos, format string, args ...any) {
	if len(ev.warnings) < 10000 {
		ev.warnings = append(ev.warnings, Warning{pos, fmt.Sprintf(format, args...)})
	}
}

func (ev *evaluation) of(s *Symbol) *symbolState { return &ev.state[s.index] }

// Olddefconfig returns the configuration that user and Kconfig's defaults
// make, as conf --olddefconfig does: assignments that are invalid, hidden or
// overruled are dropped, and a later one of the same symbol wins. The
// warnings are conf's; their positions are in the .config or in the Kconfig.
// The only error is an *Error for a chain of dependencies too long to follow.
func (k *Kconfig) Olddefconfig(user Assignments) (*Config, []Warning, error) {
	ev := k.newEvaluation()
	ev.assign(user)
	ev.computeAll()
	if k.dialect.dropOutOfRange {
		ev.dropOutOfRange()
	}
	return ev.config()
}

// config returns what was computed.
func (ev *evaluation) config() (*Config, []Warning, error) {
	ev.computeShown()
	if ev.tooDeep != nil {
		return nil, nil, &Error{Pos: ev.tooDeep.pos(), Msg: "dependencies of " + ev.tooDeep.name + " are nested too deeply"}
	}
	return &Config{ev: ev}, ev.warnings, nil
}

func (ev *evaluation) computeAll() {
	ev.compute(ev.k.modules)
	for _, s := range ev.k.symbols {
		ev.compute(s)
	}
}

// dropOutOfRange forgets assigned numbers outside their range. What was
// computed from the nearer bound meanwhile stays, as in conf; whether a
// condition of a range still sees that bound depends on the order.
func (ev *evaluation) dropOutOfRange() {
	dropped := false
	for _, s := range ev.k.numbers {
		st := ev.of(s)
		if st.hasUser && !s.choiceValue && !ev.withinRange(s, st.user) {
			st.hasUser, st.valid = false, false
			clear(ev.memo)
			dropped = true
		}
	}
	if dropped {
		ev.computeAll()
	}
}

// hashedNumbers returns the int and hex symbols in the order of conf's hash
// table before linux 6.11: buckets by 32-bit FNV hash, the newest first.
func hashedNumbers(symbols []*Symbol) []*Symbol {
	var list []*Symbol
	for _, s := range slices.Backward(symbols) {
		if s.isNumber() {
			list = append(list, s)
		}
	}
	bucket := func(s *Symbol) uint32 {
		h := uint32(2166136261)
		for i := range len(s.name) {
			h = (h ^ uint32(s.name[i])) * 0x01000193
		}
		return h % 9973
	}
	slices.SortStableFunc(list, func(a, b *Symbol) int { return int(bucket(a)) - int(bucket(b)) })
	return list
}

// typeOf returns the type s behaves as.
func (ev *evaluation) typeOf(s *Symbol) Type {
	if s.typ != Tristate {
		return s.typ
	}
	inYesChoice := ev.k.dialect.choiceSymbols && s.choiceValue && ev.of(s).visible == Yes
	if inYesChoice || ev.modules == No {
		return Bool
	}
	return Tristate
}

// compute fills in the state of s.
func (ev *evaluation) compute(s *Symbol) {
	st := ev.of(s)
	if st.valid {
		return
	}
	st.valid = true
	if s.typ == Unknown {
		st.text = s.name
		return
	}
	if ev.depth >= maxEvaluationDepth {
		ev.tooDeep = s
		return
	}
	ev.depth++
	st.write = false
	ev.computeVisibility(s)
	st.write = st.visible != No
	st.tri, st.text = No, ev.emptyText(s.typ)
	if s.isLogic() {
		ev.computeLogic(s, st)
	} else {
		ev.computeText(s, st)
	}
	if s == ev.k.modules {
		ev.modules = st.tri
	}
	if s.group != nil {
		st.write = false
	}
	ev.depth--
}

func (ev *evaluation) emptyText(t Type) string {
	switch {
	case t == Int && !ev.k.dialect.emptyNumbers:
		return "0"
	case t == Hex && !ev.k.dialect.emptyNumbers:
		return "0x0"
	case t == Bool || t == Tristate:
		return "n"
	}
	return ""
}

// computeVisibility fills in what the prompts, dependencies, selects and
// implies of s come to.
func (ev *evaluation) computeVisibility(s *Symbol) {
	st := ev.of(s)
	tri := No
	for _, q := range s.props {
		if q.isPrompt() {
			tri = max(tri, ev.promptVisible(s, q))
		}
	}
	if tri == Mod && (s.typ != Tristate || ev.modules == No) {
		tri = Yes
	}
	st.visible = tri
	if s.choiceValue {
		return
	}
	st.dir = ev.bound(s, s.dir, Yes)
	st.rev = ev.bound(s, s.rev, No)
	st.implied = ev.bound(s, s.implied, No)
}

// promptVisible returns the visibility of a prompt. A tristate member that is
// only visible as m is hidden in a choice that is y.
func (ev *evaluation) promptVisible(s *Symbol, q *property) Tri {
	v := ev.value(q.cond)
	if v == Mod && ev.k.dialect.choiceSymbols && s.choiceValue && s.typ == Tristate &&
		ev.of(s.memberOf.sym).tri == Yes {
		return No
	}
	return v
}

func (ev *evaluation) bound(s *Symbol, n *node, missing Tri) Tri {
	v := missing
	if n != nil {
		v = ev.value(n)
	}
	if v == Mod && ev.typeOf(s) == Bool {
		v = Yes
	}
	return v
}

func (ev *evaluation) computeLogic(s *Symbol, st *symbolState) {
	switch {
	case !ev.k.dialect.choiceSymbols && s.memberOf != nil:
		ev.choose(s.memberOf)
		st.tri = No
		if st.visible != No && ev.choices[s.memberOf.index].chosen == s {
			st.tri = Yes
		}
	case ev.k.dialect.choiceSymbols && s.choiceValue && st.visible == Yes:
		if ev.choices[s.memberOf.index].chosen == s {
			st.tri = Yes
		}
	default:
		st.tri = ev.logicValue(s, st)
	}
	if st.tri == Mod && ev.typeOf(s) == Bool {
		st.tri = Yes
	}
	if s.group != nil && ev.k.dialect.choiceSymbols && st.tri == Yes {
		ev.chooseBySymbol(s.group)
	}
}

// logicValue returns what the assignment, or the default, and the selects of
// s come to.
func (ev *evaluation) logicValue(s *Symbol, st *symbolState) Tri {
	tri := No
	if st.visible != No && st.hasUser {
		tri = min(st.userTri, st.visible)
	} else {
		st.write = st.write || st.rev != No
		if s.group == nil {
			tri = ev.logicDefault(s, st)
		}
	}
	if st.dir < st.rev {
		ev.warn(s.pos(), "unmet direct dependencies of %s, which is selected: %s", s.name, s.dir.expr())
	}
	return max(tri, st.rev)
}

func (ev *evaluation) logicDefault(s *Symbol, st *symbolState) Tri {
	tri := No
	if q, cond := ev.firstWhere(s, propDefault); q != nil {
		tri = min(ev.value(q.value), cond)
		st.write = st.write || tri != No
	}
	if st.implied != No {
		st.write = true
		tri = min(max(tri, st.implied), st.dir)
	}
	return tri
}

// firstWhere returns the first property of the kind whose condition is not n,
// and that condition's value.
func (ev *evaluation) firstWhere(s *Symbol, kind propKind) (*property, Tri) {
	for _, q := range s.props {
		if q.kind == kind {
			if v := ev.value(q.cond); v != No {
				return q, v
			}
		}
	}
	return nil, No
}

func (ev *evaluation) computeText(s *Symbol, st *symbolState) {
	if st.visible != No && st.hasUser {
		st.text = st.user
	} else if q, _ := ev.firstWhere(s, propDefault); q != nil && q.value.op == OpSym {
		st.write = true
		ev.compute(q.value.x)
		st.text = ev.defaultText(q.value.x)
	}
	ev.clamp(s, st)
}

// defaultText is the text a default takes over from the symbol it names; a
// bool or tristate one lends none but n.
func (ev *evaluation) defaultText(s *Symbol) string {
	if s.quoted {
		return s.name
	}
	return ev.of(s).text
}

// clamp moves a number outside its range to the nearer bound.
func (ev *evaluation) clamp(s *Symbol, st *symbolState) {
	if !s.isNumber() {
		return
	}
	q, _ := ev.firstWhere(s, propRange)
	if q == nil {
		return
	}
	bound := q.low
	val := parseLong(st.text, s.typ.base())
	if val >= ev.boundValue(q.low, s) {
		bound = q.high
		if val <= ev.boundValue(q.high, s) {
			return
		}
	}
	st.text = ev.defaultText(bound)
}

func (ev *evaluation) boundValue(bound, s *Symbol) int64 {
	ev.compute(bound)
	base := s.typ.base()
	if bound.isNumber() {
		base = bound.typ.base()
	}
	return parseLong(ev.defaultText(bound), base)
}

func (ev *evaluation) withinRange(s *Symbol, text string) bool {
	if !s.typ.accepts(text) {
		return false
	}
	q, _ := ev.firstWhere(s, propRange)
	if q == nil {
		return true
	}
	val := parseLong(text, s.typ.base())
	return val >= ev.boundValue(q.low, s) && val <= ev.boundValue(q.high, s)
}

func (t Type) base() int {
	if t == Hex {
		return 16
	}
	return 10
}

// choose decides a choice of linux 6.11 or newer: the member last assigned y,
// else the default unless assigned n, else the first one not assigned, else
// the one assigned n longest ago; always among the visible ones.
func (ev *evaluation) choose(c *choice) {
	ch := &ev.choices[c.index]
	if ch.done {
		return
	}
	ch.done = true
	for _, s := range c.members {
		ev.computeVisibility(s)
	}
	visible := func(s *Symbol) bool { return ev.of(s).visible != No }
	rank := ch.rank
	if rank == nil {
		rank = c.members
	}
	for _, s := range rank {
		if st := ev.of(s); visible(s) && st.hasUser && st.userTri == Yes {
			ch.chosen = s
			return
		}
	}
	if s := ev.choiceDefault(c); s != nil && !(ev.of(s).hasUser && ev.of(s).userTri == No) {
		ch.chosen = s
		return
	}
	for _, s := range c.members {
		if visible(s) && !ev.of(s).hasUser {
			ch.chosen = s
			return
		}
	}
	for _, s := range slices.Backward(rank) {
		if visible(s) {
			ch.chosen = s
			return
		}
	}
}

// choiceDefault returns the first visible default, else the first visible
// member, else nil.
func (ev *evaluation) choiceDefault(c *choice) *Symbol {
	for _, q := range c.sym.props {
		if q.kind != propDefault || ev.value(q.cond) == No {
			continue
		}
		if s := q.value.x; s != nil && ev.of(s).visible != No {
			return s
		}
	}
	for _, s := range c.members {
		if ev.of(s).visible != No {
			return s
		}
	}
	return nil
}

// chooseBySymbol decides a choice, older than linux 6.11, that is y.
func (ev *evaluation) chooseBySymbol(c *choice) {
	st, ch := ev.of(c.sym), &ev.choices[c.index]
	for _, s := range c.members {
		ev.computeVisibility(s)
	}
	if ch.user != nil && ev.of(ch.user).visible != No {
		ch.chosen = ch.user
		return
	}
	if ch.chosen = ev.choiceDefault(c); ch.chosen == nil {
		st.tri = No
		clear(ev.memo) // what was computed for the members took the choice for y
	}
}

// value returns the value of n; nil is y.
func (ev *evaluation) value(n *node) Tri {
	if n == nil {
		return Yes
	}
	if m := ev.memo[n.id]; m != 0 {
		return Tri(m - 1)
	}
	v := ev.computeNode(n)
	ev.memo[n.id] = 1 + uint8(v)
	return v
}

func (ev *evaluation) computeNode(n *node) Tri {
	switch n.op {
	case OpSym:
		ev.compute(n.x)
		return ev.of(n.x).tri
	case OpNot:
		return Yes - ev.value(n.args[0])
	case OpAnd:
		v := Yes
		for _, a := range n.args {
			if v = min(v, ev.value(a)); v == No {
				break
			}
		}
		return v
	case OpOr:
		v := No
		for _, a := range n.args {
			if v = max(v, ev.value(a)); v == Yes {
				break
			}
		}
		return v
	}
	ev.compute(n.x)
	ev.compute(n.y)
	return compareValues(n.op, n.x.typ, ev.text(n.x), n.y.typ, ev.text(n.y))
}

// text returns the value of s as a comparison sees it.
func (ev *evaluation) text(s *Symbol) string {
	switch {
	case s.isLogic():
		return ev.of(s).tri.String()
	case s.quoted:
		return s.name
	}
	return ev.of(s).text
}
