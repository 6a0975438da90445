package race

import (
	"context"
	"embed"
	"path"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/names"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

//go:embed doc.go
var doc embed.FS

// PageTable reports races for a page table that a patch lets functions lose.
var PageTable = &check.Rule{
	Name:     "race/page-table",
	Doc:      check.MustDoc(doc, "race/page-table"),
	Severity: check.Error,
	Advice:   "compare the pmd with what was read once the lock of its table is held, with a helper that tells entries apart, and begin anew if it differs",
	Scope:    check.PerMachine,
	Run:      runPageTable,
	Ignores:  func(*names.Change) bool { return true },
	Sparse:   true,
}

// maxPlayed bounds the functions played for one patch in one class on one
// machine. What helpers for page tables are there for comes first.
const maxPlayed = 4

// bounds of the schedules of one function in one era.
var bounds = pagetable.Bounds{Moves: 2, Runs: 400}

func runPageTable(p *check.Pass) error {
	list, err := players(p)
	if err != nil {
		return err
	}
	for i := range list[:min(len(list), maxPlayed)] {
		if err := play(p, &list[i]); err != nil {
			return err
		}
	}
	return nil
}

// player is a function to play, with the changed definition it is played for.
type player struct {
	check.SourceFunction
	cause *check.Entry
}

// players lists the functions to play, those first that map and lock a table.
func players(p *check.Pass) ([]player, error) {
	var list []player
	add := func(f check.SourceFunction, cause *check.Entry) {
		same := func(x player) bool { return x.File == f.File && x.Name == f.Name }
		if playable(&f.Definition, f.File) && !slices.ContainsFunc(list, same) {
			list = append(list, player{f, cause})
		}
	}
	for _, e := range p.Entries {
		if !here(p, e) {
			continue
		}
		if f := p.Source(e.Path, e.Name); f != nil && strings.HasPrefix(e.Path, "mm/") {
			add(*f, e)
		}
		users, err := p.Using(e.Name)
		if err != nil {
			return nil, err
		}
		for _, f := range users {
			add(f, e)
		}
	}
	slices.SortStableFunc(list, func(a, b player) int { return rank(&a) - rank(&b) })
	return list, nil
}

// rank is less for functions that others rely on to get a table.
func rank(f *player) int {
	if strings.HasPrefix(f.Text, "pte_t * ") {
		return 0
	}
	return 1
}

// here reports whether a changed function is to be judged in this class on this
// machine: an architecture's everywhere, what all have in common where once is
// enough, and where it may differ since a pmd is read in two.
func here(p *check.Pass, e *check.Entry) bool {
	return strings.HasPrefix(e.Path, "arch/") || p.Leads() || wide(e.After.Unit)
}

func wide(u *unit.Unit) bool {
	t := u.Types.Typedef("pmd_t")
	return t != nil && int(t.Size()) > u.ABI.PointerSize
}

// locking are the words of functions that wait for locks of tables, or hold off
// that a table is freed.
var locking = []string{"spin_lock", "spin_lock_nested", "rcu_read_lock", "pmd_lock", "pte_lockptr",
	"pte_offset_map_lock", "__pte_offset_map_lock", "__pte_offset_map", "pte_offset_map_nolock", "pte_offset_map_rw_nolock"}

// playable reports whether the text of a function says that anybody may call it
// with a pmd, and that it sees to locks itself.
func playable(d *facts.Definition, file string) bool {
	head, body, _ := strings.Cut(d.Text, "{")
	if strings.HasPrefix(head, "static ") || strings.Contains(head, " __init ") || !strings.Contains(head, "pmd_t * ") {
		return false
	}
	if strings.Contains(d.Name, "huge") || strings.Contains(path.Base(file), "huge") {
		return false // for entries that only some callers have
	}
	return slices.ContainsFunc(strings.Fields(body), func(w string) bool { return slices.Contains(locking, w) })
}

// side is a function before or after the patch.
type side struct {
	emu  *pagetable.Emulator
	unit *unit.Unit
	def  *syntax.FuncDef
}

func newSide(emu *pagetable.Emulator, u *unit.Unit, name string) *side {
	if u == nil {
		return nil
	}
	if o := u.Types.Lookup(name); o != nil && o.Def != nil {
		return &side{emu, u, o.Def}
	}
	return nil
}

func (s *side) races(ctx context.Context, era pagetable.Era) (*pagetable.RaceOutcome, error) {
	return s.emu.Races(ctx, s.unit, s.def, era, bounds)
}

// found is a race with the eras that it is new in.
type found struct {
	race  *pagetable.Race
	era   pagetable.Era // that it was played in
	eras  []string
	inOwn bool
}

// play plays one function in all eras, before the patch only if it races after
// it.
func play(p *check.Pass, f *player) error {
	pair, err := p.Read(f.File)
	if err != nil || pair.After == nil {
		return err
	}
	was, err := pair.Before()
	if err != nil {
		return err
	}
	eb, ea := p.Emulators()
	after, before := newSide(ea, pair.After, f.Name), newSide(eb, was, f.Name)
	if after == nil {
		return nil
	}
	j := &judge{Pass: p, player: f, before: before, after: after}
	for i, era := range eras(p.Era()) {
		if i > 0 && !j.elsewhere() {
			break
		}
		if err := j.inEra(era); err != nil {
			return err
		}
	}
	p.Play(f.Name, f.File, j.outcomes)
	for i := range j.found {
		j.report(&j.found[i])
	}
	return nil
}

// eras lists all, that of the tree first.
func eras(own pagetable.Era) []pagetable.Era {
	list := []pagetable.Era{own}
	for _, e := range pagetable.Eras() {
		if e.Name != own.Name {
			list = append(list, e)
		}
	}
	return list
}

// judge is one function under judgement.
type judge struct {
	*check.Pass
	*player
	before, after *side // before is nil if the patch made the function
	outcomes      []check.PlayedEra
	found         []found
}

// elsewhere reports whether to play a function in eras that are not that of the
// tree: where it went well in its own, if it was not made for that one, and
// where it is judged first of all.
func (j *judge) elsewhere() bool {
	return j.before != nil && j.outcomes[0].Outcome != check.NotPlayed && (j.Leads() || strings.HasPrefix(j.cause.Path, "arch/"))
}

// inEra plays the function in one era.
func (j *judge) inEra(era pagetable.Era) error {
	own := era.Name == j.Era().Name
	out, err := j.after.races(j.Ctx, era)
	if err != nil {
		return err
	}
	result := check.PlayedEra{Era: era.Name, Own: own, Outcome: check.NoRace, Schedules: out.Runs}
	if !out.Complete {
		result.Outcome, result.Text = check.NotPlayed, out.Incomplete[0]
	}
	for i := range out.Races {
		r := &out.Races[i]
		outcome, why, err := j.verdict(era, r)
		if err != nil {
			return err
		}
		if worse(outcome, result.Outcome) {
			result.Outcome, result.Text = outcome, why
		}
		if outcome == check.RaceFound {
			j.keep(era, own, r)
		}
	}
	j.outcomes = append(j.outcomes, result)
	return nil
}

// worse orders the outcomes of one era.
func worse(a, b string) bool {
	order := []string{check.NoRace, check.RaceOld, check.NotPlayed, check.RaceFound}
	return slices.Index(order, a) > slices.Index(order, b)
}

// verdict says what is to be made of a race: it is told if it is certain, new,
// and happens again on another machine.
func (j *judge) verdict(era pagetable.Era, r *pagetable.Race) (outcome, why string, err error) {
	if !r.Exact {
		return check.NotPlayed, r.Message + ", if at all: it depends on " + r.Why[0], nil
	}
	if r.Kind == pagetable.RaceTrap {
		// A helper that may fail now, say, and a caller that does not look.
		return check.NotPlayed, r.Message + ", which is no race for a table", nil
	}
	if j.before != nil {
		was, err := j.before.races(j.Ctx, era)
		switch {
		case err != nil:
			return "", "", err
		case slices.ContainsFunc(was.Races, func(b pagetable.Race) bool { return b.Message == r.Message }):
			return check.RaceOld, r.Message, nil
		case len(was.Races) > 0 && era.Name != j.Era().Name: // it was not made for the era
			return check.RaceOld, was.Races[0].Message + " before, " + r.Message + " now", nil
		case !was.Complete && !was.FailsAlone():
			return check.NotPlayed, r.Message + ", maybe as before the patch: " + was.Incomplete[0], nil
		}
	}
	again, err := j.after.emu.ReplayRace(j.Ctx, j.after.unit, j.after.def, era, r.Start, r.Schedule)
	switch {
	case j.Ctx.Err() != nil:
		return "", "", j.Ctx.Err()
	case err != nil:
		return check.NotPlayed, r.Message + ", but not again: " + err.Error(), nil
	case again == nil || again.Message != r.Message:
		return check.NotPlayed, r.Message + ", but not again", nil
	}
	locked, err := j.locked()
	if err != nil || locked {
		return check.NotPlayed, r.Message + ", but every caller in the tree holds the page table lock", err
	}
	return check.RaceFound, r.Message, nil
}

// locked reports whether all callers hold the lock of a table, which is not in
// the play: it may be the one that keeps others away.
func (j *judge) locked() (bool, error) {
	if j.CallersHold == nil {
		return false, nil
	}
	locks, err := j.CallersHold(j.after.unit, j.after.def)
	return slices.Contains(locks, "page table lock"), err
}

// keep adds a race to those that are told, once for all eras.
func (j *judge) keep(era pagetable.Era, own bool, r *pagetable.Race) {
	i := slices.IndexFunc(j.found, func(f found) bool { return f.race.Message == r.Message })
	if i < 0 {
		i = len(j.found)
		j.found = append(j.found, found{race: r, era: era})
	}
	j.found[i].eras = append(j.found[i].eras, era.Name)
	j.found[i].inOwn = j.found[i].inOwn || own
}
