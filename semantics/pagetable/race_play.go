package pagetable

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/semantics/exec"
	"ptreview/semantics/types"
)

// play is one run of a function with moves at given accesses.
type play struct {
	*stage
	x        *explorer
	era      Era
	args     *arguments
	schedule []Move
	visited  map[string]bool // nil for a run that is only repeated

	point   int             // shared accesses so far
	done    int             // moves of the schedule made
	history hash.Hash       // of what the code has seen and done
	seen    map[access]bool // since the last move
	stale   int             // accesses in a row that were seen before
	values  []string        // what the pmd has been
	cleared bool            // the environment emptied the pmd since interrupts were last on
	noted   bool            // hardware noted a write
	step    int             // of the trace, at the last shared access
	events  []event
}

// access is one with what it read or wrote, and where it stands.
type access struct {
	kind  exec.AccessKind
	addr  uint64
	value string
	loc   cpp.Loc
}

// How many accesses in a row may show nothing new since the last move: until
// the environment waits for something to happen, and until nothing will. The
// second is more than a walk over the entries of most tables makes.
const (
	patience = 16
	stuck    = 1200
)

// event is something that happened before a step of the trace: what the
// environment did, a shared access of the code, or a line of the caller.
type event struct {
	step   int
	text   string // of the environment, "" otherwise
	before int    // as Moment.Before
	effect string
	line   *Line
}

// raceError ends a run that failed.
type raceError struct {
	kind RaceKind
	text string
}

func (e *raceError) Error() string { return string(e.kind) + " " + e.text }

// errVisited ends a run that came to a state another has come from.
var errVisited = errors.New("this state was visited")

// again plays the schedule of a race once more, noting what every access does.
func (x *explorer) again(ctx context.Context, r *Race) (*Race, error) {
	now, err := x.run(ctx, r.Schedule, nil)
	if err == nil && (now == nil || now.place() != r.place()) {
		err = errors.New("internal: a schedule does not repeat: " + r.Message)
	}
	return now, err
}

// run plays a schedule. It returns nil if nothing failed.
func (x *explorer) run(ctx context.Context, schedule []Move, visited map[string]bool) (*Race, error) {
	var race *Race
	_, err := exec.Explore(1, func(d *exec.Decisions) error {
		w, err := x.e.boots(ctx, x.f.program, d)
		if err != nil {
			return err
		}
		args, err := w.arguments(x.f, x.s)
		if err != nil {
			return err
		}
		stage, err := w.stage(args)
		if err != nil {
			return err
		}
		p := &play{stage: stage, x: x, era: x.era, args: args, schedule: schedule, visited: visited,
			history: fnv.New128a(), seen: make(map[access]bool)}
		race, err = p.run(ctx)
		if err == errVisited {
			return nil
		}
		return err
	})
	return race, err
}

func (p *play) run(ctx context.Context) (*Race, error) {
	if now := p.now(); now != nil && now.table != nil {
		now.table.used = true
	}
	p.remember()
	p.m.Watch(p.watch)
	r, err := p.m.CallIn(ctx, p.x.f.unit.Types, p.x.f.def.Name, p.args.values...)
	p.m.Watch(nil)
	if r == nil || r.Trap != nil || err != nil {
		return p.ended(r, err)
	}
	err = p.caller(r)
	return p.ended(r, err)
}

// ended makes a race of what ended a run.
func (p *play) ended(r *exec.Result, err error) (*Race, error) {
	var failed *raceError
	switch {
	case errors.As(err, &failed):
	case errors.Is(err, exec.ErrBudget) && p.done > 0 && r != nil && p.done == len(p.schedule):
		failed = &raceError{RaceNoProgress, "in " + p.x.f.def.Name + ": " + err.Error()}
	case err != nil:
		return nil, err
	case r.Trap != nil:
		if held := callerHolds(r); held != nil && !p.holdsAny() {
			if p.done == 0 {
				return nil, held
			}
			p.x.out.stop(held.Error())
			return nil, nil
		}
		if !errors.As(p.tornSeen(), &failed) {
			failed = trapRace(r.Trap)
		}
		if failed.kind == RaceTrap && r.Trap.Kind == exec.TrapWild && p.wide() {
			p.x.out.stop("memory above 4 GiB is not emulated")
			return nil, nil
		}
	default:
		return nil, nil
	}
	return p.race(r, failed), nil
}

// holdsAny reports whether the code holds one of the locks of the tables: a
// lock that it releases and never took is then another one.
func (p *play) holdsAny() bool {
	return p.held(p.pmdLock) || p.held(p.tables[0].lock) || p.held(p.tables[1].lock)
}

// trapRace says what a trap of the function means.
func trapRace(t *exec.Trap) *raceError {
	in := "in " + innermost(t.Stack)
	var lock *exec.LockError
	switch {
	case t.Kind == exec.TrapFreed:
		return &raceError{RaceFreed, in}
	case t.Kind == exec.TrapLock && errors.As(t, &lock):
		return &raceError{RaceUnlock, in}
	case t.Kind == exec.TrapLock:
		return &raceError{RaceDeadlock, in}
	case t.Kind == exec.TrapNoProgress:
		return &raceError{RaceNoProgress, in}
	}
	what := t.Macro
	if what == "" {
		what = t.Kind.String()
	}
	return &raceError{RaceTrap, what + " " + in}
}

func (p *play) race(r *exec.Result, failed *raceError) *Race {
	race := &Race{Kind: failed.kind, Message: failed.Error(), Start: startOf(p.x.s), Schedule: p.schedule[:p.done]}
	run := p.stage.run(p.x.f, p.args, &exec.Result{
		Trap: r.Trap, Unknowns: r.Unknowns, Skipped: r.Skipped,
	})
	race.Trap, race.Exact, race.Why = run.Trap, run.Exact, run.Why
	race.Timeline = p.timeline(r, failed)
	return race
}

// watch is the Watcher of a run.
func (p *play) watch(a *exec.Access) (bool, error) {
	if !p.shared(a) {
		return false, nil
	}
	if err := p.before(a.Step); err != nil {
		return true, err
	}
	p.step = a.Step
	if p.visited == nil {
		p.tell(a)
	}
	if err := p.judge(a); err != nil {
		return true, err
	}
	return true, p.note(a)
}

// shared reports whether others write where an access goes, or look.
func (p *play) shared(a *exec.Access) bool {
	if a.Kind == exec.AccessLock {
		return true
	}
	return a.Addr-p.window < p.size || p.tableAt(a.Addr) != nil
}

// before lets the environment move ahead of a shared access.
func (p *play) before(step int) error {
	if p.irqsOff == 0 {
		p.cleared = false
	}
	if err := p.grace(); err != nil {
		return err
	}
	at := p.point
	p.point++
	for p.done < len(p.schedule) && p.schedule[p.done].Before == at {
		if err := p.make(p.schedule[p.done].What); err != nil {
			return err
		}
		p.done++
		if err := p.grace(); err != nil {
			return err
		}
	}
	if p.done < len(p.schedule) || p.visited == nil {
		return nil
	}
	return p.branch(at)
}

// make makes one move.
func (p *play) make(what string) error {
	list := p.moves()
	i := slices.IndexFunc(list, func(m move) bool { return m.what == what })
	if i < 0 {
		return fmt.Errorf("internal: a schedule does not repeat: %s", what)
	}
	clear(p.seen)
	p.stale = 0
	p.remember()
	was := p.nowIs()
	err := list[i].do()
	p.remember()
	e := event{step: p.step, text: what, before: p.point - 1}
	if is := p.nowIs(); is != was {
		e.effect = "pmd: " + was + " -> " + is
	}
	p.events = append(p.events, e)
	return err
}

// say notes what the environment does of itself.
func (p *play) say(what, effect string) {
	p.events = append(p.events, event{step: p.step, text: what, before: -1, effect: effect})
}

// grace frees tables nobody can be reading.
func (p *play) grace() error {
	freed, err := p.release()
	for _, t := range freed {
		p.say(t.name+" is freed: no RCU read-side section is left", t.name+": freed")
	}
	return err
}

// remember notes what the pmd is.
func (p *play) remember() {
	v, err := p.value()
	if s := v.String(); err == nil && !slices.Contains(p.values, s) {
		p.values = append(p.values, s)
	}
}

// branch queues the schedules that go on from here, unless they are already.
func (p *play) branch(at int) error {
	key := p.state()
	if p.visited[key] {
		return errVisited
	}
	p.visited[key] = true
	if len(p.schedule) >= p.x.bounds.Moves || p.stale > patience {
		return nil
	}
	for _, m := range p.moves() {
		next := append(slices.Clone(p.schedule), Move{Before: at, What: m.what})
		p.x.queue = append(p.x.queue, next)
	}
	return nil
}

// state is all that what follows depends on: what the code has seen and done
// so far, and where the environment is.
func (p *play) state() string {
	key := fmt.Sprintf("%d %x %s %v %v", p.point, p.history.Sum(nil), p.nowIs(), p.cleared, p.noted)
	for _, t := range p.tables {
		key += fmt.Sprintf(" %v%v%v%v%v%d", t.taken, t.queued, t.freed, t.used, t.alien, t.again)
	}
	return key
}

// note adds an access to what the code has seen and done.
func (p *play) note(a *exec.Access) error {
	v := a.Value
	if a.Kind == exec.AccessLoad {
		v, _ = p.m.Mem.Load(a.Addr, a.Size)
	}
	fmt.Fprintf(p.history, "%d %x %d %v\n", a.Kind, a.Addr, a.Size, v)
	now := access{a.Kind, a.Addr, v.String(), a.Loc}
	if !p.seen[now] {
		p.seen[now], p.stale = true, 0
		return nil
	}
	if p.stale++; p.stale > stuck && p.done > 0 && p.done == len(p.schedule) {
		return &raceError{RaceNoProgress, "in " + a.Func}
	}
	return nil
}

// judge looks at an access of the code under review.
func (p *play) judge(a *exec.Access) error {
	t := p.tableAt(a.Addr)
	if a.Kind == exec.AccessLock || t == nil || t.freed {
		return nil // freed memory speaks for itself
	}
	if t.alien {
		return &raceError{RaceFreed, "by " + a.Func}
	}
	if a.Kind == exec.AccessStore {
		return p.update(t, "by "+a.Func)
	}
	return nil
}

// update is a write to an entry of t.
func (p *play) update(t *raceTable, by string) error {
	if t.taken {
		return &raceError{RaceLost, by}
	}
	if p.held(t.lock) {
		return nil
	}
	for _, other := range p.tables {
		if other != t && p.held(other.lock) {
			return &raceError{RaceWrongLock, by}
		}
	}
	return nil
}

// caller does what callers do with what the function gave them.
func (p *play) caller(r *exec.Result) error {
	p.step = r.Recorded()
	if err := p.torn(r); err != nil {
		return err
	}
	entry, ok := p.returnsEntry(r)
	if !ok || entry == 0 {
		return nil
	}
	by := "by the caller of " + p.x.f.def.Name
	t := p.tableAt(entry)
	if err := p.callerDoes("reads the entry", t, func() error { return p.callerReads(t, by) }); err != nil {
		return err
	}
	lock, err := p.givenLock()
	if err != nil || lock == 0 {
		return err
	}
	if t.lock != lock {
		return &raceError{RaceWrongLock, by}
	}
	if !p.held(lock) {
		return nil
	}
	return p.callerDoes("writes the entry", t, func() error { return p.update(t, by) })
}

// callerDoes is one access of the caller, which others may move before.
func (p *play) callerDoes(what string, t *raceTable, access func() error) error {
	if err := p.before(p.step); err != nil {
		return err
	}
	p.history.Write([]byte(what))
	effect := "it is no table"
	if t != nil {
		effect = "it is one of " + t.name + t.status()
	}
	p.events = append(p.events, event{step: p.step, before: -1, effect: effect, line: &Line{Function: "the caller of " + p.x.f.def.Name, Text: what}})
	return access()
}

func (p *play) callerReads(t *raceTable, by string) error {
	switch {
	case t == nil:
		return &raceError{RaceTorn, "leads " + strings.TrimPrefix(by, "by ") + " to what is no page table"}
	case t.gone():
		return &raceError{RaceFreed, by}
	}
	return nil
}

// returnsEntry returns the address that a function returns as that of an entry
// of a page table.
func (p *play) returnsEntry(r *exec.Result) (uint64, bool) {
	if t, ok := p.x.f.result().(*types.Pointer); !ok || types.Unqual(t.Elem) != types.Unqual(p.unit.Types.Typedef("pte_t")) {
		return 0, false
	}
	return r.Return.Uint64()
}

// result returns what a function returns.
func (f *function) result() types.Type {
	t, ok := types.Unqual(f.unit.Types.Lookup(f.def.Name).Type).(*types.Func)
	if !ok {
		return nil
	}
	return types.Unqual(t.Result)
}

// givenLock returns the lock that a function leaves with its caller, 0 if none.
func (p *play) givenLock() (uint64, error) {
	for i, q := range p.x.f.params {
		if q.base != "spinlock_t" || q.stars != 2 {
			continue
		}
		at, ok := p.args.values[i].Uint64()
		if !ok || at == 0 {
			return 0, nil
		}
		return p.pointer(at)
	}
	return 0, nil
}

// torn looks whether a pmd that the function read has ever been one, where the
// machine reads it in two.
func (p *play) torn(r *exec.Result) error {
	if entry, ok := p.returnsEntry(r); !p.wide() || ok && entry == 0 {
		return nil // halves that do not match may also say that there is no table
	}
	if err := p.tornSeen(); err != nil {
		return err
	}
	pmd := p.unit.Types.Typedef("pmd_t")
	if pmd == nil || !p.x.f.has(func(q param) bool { return q.level == "pmd" && q.stars == 1 }) || p.x.f.result() != types.Unqual(pmd) {
		return nil
	}
	where := "in what " + p.x.f.def.Name + " returns"
	if !isRecord(p.x.f.result()) {
		return p.tornValue(r.Return, where)
	}
	if at, ok := r.Return.Uint64(); ok {
		return p.tornAt(at, where)
	}
	return nil
}

// tornSeen is torn for what the function left where it stores what it saw.
func (p *play) tornSeen() error {
	if !p.wide() {
		return nil
	}
	p.remember()
	for i, q := range p.x.f.params {
		if !q.isSeen() || q.level != "pmd" {
			continue
		}
		if at, ok := p.args.values[i].Uint64(); ok && at != 0 {
			if err := p.tornAt(at, "in *"+q.name+" of "+p.x.f.def.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *play) tornAt(at uint64, where string) error {
	v, err := p.m.Mem.Load(at, p.entryBytes)
	if err != nil {
		return err
	}
	return p.tornValue(v, where)
}

func (p *play) tornValue(v exec.Value, where string) error {
	if !v.IsConst() || slices.Contains(p.values, v.String()) {
		return nil
	}
	return &raceError{RaceTorn, where}
}
