package pagetable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/unit"
)

// Era says under which locks other CPUs may take a page table out of the tree.
// In every era they may fill, zap and split entries of the pmd under its lock,
// and in none is a table freed before all RCU read-side sections have ended
// that began before it was taken out; code with interrupts disabled or a
// spinlock held is in such a section.
type Era struct {
	Name string
	Text string // the rule in a sentence
	// Removes says that tables are taken out under a reader: it does not
	// hold mmap_lock, or that does not keep anybody away.
	Removes bool
	// PmdLock says that this is done under the lock of the pmd too, not only
	// under that of the page table.
	PmdLock bool
}

// The eras.
// Source: mm/khugepaged.c, retract_page_tables() and collapse_huge_page(),
// v6.1 and v6.12; mm/pt_reclaim.c, try_to_free_pte(), v6.14.
var (
	eraMmapLock = Era{Name: "mmap_lock",
		Text: "mmap_lock is held: no page table is taken out of the tree under a reader"}
	eraPmdLock = Era{Name: "pmd-lock", Removes: true, PmdLock: true,
		Text: "page tables are taken out of the tree under the locks of the pmd and of the page table (since 6.6), and freed after a grace period of RCU"}
	eraPtLock = Era{Name: "pt-lock", Removes: true,
		Text: "page tables are taken out of the tree under the lock of the page table only, and freed after a grace period of RCU (since 2024)"}
)

// Eras lists all eras, in the order of time.
func Eras() []Era { return []Era{eraMmapLock, eraPmdLock, eraPtLock} }

// EraNamed returns an era by name; ok is false if there is none.
func EraNamed(name string) (e Era, ok bool) {
	for _, e := range Eras() {
		if e.Name == name {
			return e, true
		}
	}
	return Era{}, false
}

// Bounds limit the schedules that Races explores. Zero fields mean the
// default.
type Bounds struct {
	Moves int // of the environment in one schedule; 2
	Runs  int // of each state that the entry begins in; 2000
}

func (b Bounds) withDefaults() Bounds {
	if b.Moves <= 0 {
		b.Moves = 2
	}
	if b.Runs <= 0 {
		b.Runs = 2000
	}
	return b
}

// RaceKind says what went wrong.
type RaceKind string

// What can go wrong between a function and its environment.
const (
	RaceFreed      RaceKind = "use of a freed table"
	RaceLost       RaceKind = "an update of a table that is no longer in the tree"
	RaceWrongLock  RaceKind = "a lock taken on the wrong table"
	RaceUnlock     RaceKind = "unlock of another lock"
	RaceDeadlock   RaceKind = "a lock taken twice"
	RaceNoProgress RaceKind = "a loop without progress"
	RaceTorn       RaceKind = "a torn read"
	RaceTrap       RaceKind = "a trap" // BUG and its likes, only with moves
)

// Race is a way in which a function fails.
type Race struct {
	Kind     RaceKind
	Message  string // "…, by the caller of f"
	Start    string // what the entry is in the beginning
	Schedule []Move
	Timeline []Moment
	Trap     *Trap // nil if the function itself went on
	// Exact says that a machine could certainly do the same; Why is what was
	// unknown otherwise.
	Exact bool
	Why   []string
}

// Move is one move of the environment: before shared access number Before of
// the function and its caller, from 0 on.
type Move struct {
	Before int
	What   string
}

// Moment is one line of a timeline: of the code under review, or what the
// environment does.
type Moment struct {
	Line *Line  // nil for the environment
	Move string // "" for the code
	// Before is the access that a move of the schedule is made before, -1 for
	// what follows by itself and for the code.
	Before int
	// Effects are the shared accesses of the code, or what the move makes of
	// the pmd.
	Effects []string
}

// RaceOutcome is all that was found out about a function in an era.
type RaceOutcome struct {
	Function string
	Era      Era
	Races    []Race // one of each kind and place, with the fewest moves
	Runs     int
	States   int // that are different
	// Complete says that there are no other schedules within the bounds.
	Complete    bool
	Assumptions []string
	Incomplete  []string // as Outcome.Incomplete
}

// raceAssumptions hold for every schedule.
var raceAssumptions = []string{
	"a lock in a struct page may be taken and let go after its table is gone, if nothing is done under it",
	"accesses are seen by all CPUs in the order of the program",
	"nothing moves any more while a loop goes round without seeing anything new",
	"a caller that gets an entry with its lock held reads and writes it, and otherwise reads it",
}

// Races runs the function fn of u with the environment moving between its
// shared accesses: those to the pmd that it works on and the page tables that
// were ever below it, and to locks. Each move is made in one, of entries that
// the kernel's own functions wrote, and only while no lock that it takes is
// held. Errors: the end of ctx. What could not be run is in the outcome.
func (e *Emulator) Races(ctx context.Context, u *unit.Unit, fn *syntax.FuncDef, era Era, bounds Bounds) (*RaceOutcome, error) {
	e.ctx = ctx
	defer func() { e.ctx = context.Background() }()
	out := &RaceOutcome{Function: fn.Name, Era: era, Complete: true, Assumptions: slices.Clone(raceAssumptions)}
	f, err := e.function(u, fn)
	if err == nil && f.level != "pmd" && f.level != "pte" {
		err = errors.New("the function works on no pmd and on no entry of a page table")
	}
	if err != nil {
		out.stop(reasonOf(err))
		return out, ctx.Err()
	}
	f.program.pulled = 0
	x := &explorer{e: e, f: f, era: era, bounds: bounds.withDefaults(), out: out, alone: make(map[string]bool)}
	for _, s := range f.playable() {
		x.s = s
		if err := x.explore(ctx); err != nil {
			return out, err
		}
	}
	out.Races = slices.DeleteFunc(out.Races, func(r Race) bool { return x.alone[r.place()] })
	return out, nil
}

// stop notes that something could not be run.
func (o *RaceOutcome) stop(reason string) {
	o.Complete = false
	if !slices.Contains(o.Incomplete, reason) {
		o.Incomplete = append(o.Incomplete, reason)
	}
}

// add keeps a race unless there is one of its kind and place.
func (o *RaceOutcome) add(r *Race) {
	same := func(x Race) bool { return x.Kind == r.Kind && x.Message == r.Message }
	if !slices.ContainsFunc(o.Races, same) {
		o.Races = append(o.Races, *r)
	}
}

// explorer runs the schedules of one scenario, those with fewer moves first.
type explorer struct {
	e      *Emulator
	f      *function
	s      scenario
	era    Era
	bounds Bounds
	out    *RaceOutcome

	queue   [][]Move
	visited map[string]bool
	// alone are the failures that need no move, of all scenarios.
	alone map[string]bool
}

// explore visits every state once. A schedule leads to new ones where the
// environment can move.
func (x *explorer) explore(ctx context.Context) error {
	const rounds = 4
	for round := 1; ; round++ {
		known := len(x.f.program.exec.Units())
		x.queue, x.visited = [][]Move{nil}, make(map[string]bool)
		err := x.schedules(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case len(x.f.program.exec.Units()) > known && round < rounds:
			continue // boot-time variables of units that were pulled in are set now
		case err != nil && !errors.Is(err, errNoState):
			x.out.stop(reasonOf(err))
		}
		x.out.States += len(x.visited)
		return nil
	}
}

func (x *explorer) schedules(ctx context.Context) error {
	for n := 0; n < len(x.queue); n++ {
		if n >= x.bounds.Runs {
			return fmt.Errorf("more than %d schedules", x.bounds.Runs)
		}
		race, err := x.run(ctx, x.queue[n], x.visited)
		if err != nil {
			return err
		}
		x.out.Runs++
		if race == nil || ctx.Err() != nil {
			continue
		}
		if len(race.Schedule) == 0 {
			x.alone[race.place()] = true
			x.out.stop(failsAlone + race.Message)
			continue
		}
		if race, err = x.again(ctx, race); err != nil {
			return err
		}
		x.out.add(race)
	}
	return nil
}

// failsAlone begins the reason why a function could not be played to the end
// that fails without its environment.
const failsAlone = "the function fails before anything moves: "

// FailsAlone reports whether the function fails without its environment, and
// that is all that keeps it from being played to the end.
func (o *RaceOutcome) FailsAlone() bool {
	return len(o.Incomplete) > 0 && !slices.ContainsFunc(o.Incomplete, func(s string) bool { return !strings.HasPrefix(s, failsAlone) })
}

// ReplayRace plays one schedule on a machine that nothing was run on before,
// beginning as a race's Start says. It returns nil if nothing fails. Errors:
// the end of ctx, a schedule that the machine cannot make, what could not be
// run.
func (e *Emulator) ReplayRace(ctx context.Context, u *unit.Unit, fn *syntax.FuncDef, era Era, start string, schedule []Move) (*Race, error) {
	e = New(e.tree, e.machine, e.opt)
	e.ctx = ctx
	f, err := e.function(u, fn)
	if err != nil {
		return nil, err
	}
	for _, s := range f.playable() {
		if startOf(s) != start {
			continue
		}
		x := &explorer{e: e, f: f, s: s, era: era, bounds: Bounds{}.withDefaults(), out: new(RaceOutcome), alone: make(map[string]bool)}
		for {
			known := len(f.program.exec.Units())
			race, err := x.run(ctx, schedule, nil)
			if len(f.program.exec.Units()) > known && ctx.Err() == nil {
				continue // their boot-time variables are set now
			}
			if err == nil && race == nil && len(x.out.Incomplete) > 0 {
				err = errors.New(x.out.Incomplete[0])
			}
			return race, err
		}
	}
	return nil, fmt.Errorf("%s is never played with %q", fn.Name, start)
}

// playable lists the scenarios that are played.
func (f *function) playable() []scenario {
	return slices.DeleteFunc(f.scenarios(), func(s scenario) bool { return s.last || s.null >= 0 || s.flag >= 0 })
}

// startOf says what the entry is in the beginning.
func startOf(s scenario) string { return s.state.level + ": " + s.state.text }

// place tells apart races that have nothing to do with one another.
func (r *Race) place() string {
	if r.Trap == nil {
		return string(r.Kind) + r.Message
	}
	return string(r.Kind) + r.Trap.Use.String()
}
