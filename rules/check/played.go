package check

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"sync"

	"ptreview/arch"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
)

// eraOf is the era of a prefix, read when first asked for.
type eraOf struct {
	once sync.Once
	era  pagetable.Era
}

// Era returns the locking rules of the tree under judgement.
func (p *Pass) Era() pagetable.Era {
	e := &p.review.eras[p.view.at]
	e.once.Do(func() { e.era = pagetable.EraOf(p.review.stores[p.view.at]) })
	return e.era
}

// Play records what came of playing a function of a file in some eras.
func (p *Pass) Play(function, file string, eras []PlayedEra) {
	p.played = append(p.played, Played{
		Patch: p.Patch, Function: function, File: file, Arch: p.Class.Arch.Name,
		Class: p.Class.ID, Machine: p.Machine.Name, Eras: eras,
	})
}

// unclear reports whether something could not be played to the end.
func (p *Pass) unclear() bool {
	return slices.ContainsFunc(p.played, func(f Played) bool {
		return slices.ContainsFunc(f.Eras, func(e PlayedEra) bool { return e.Outcome == NotPlayed })
	})
}

// judged reports whether a rule has judged what there is, all of it or enough
// for a finding.
func (p *Pass) judged() bool {
	return !p.Rule.Sparse || len(p.findings) > 0 || len(p.played) > 0 && !p.unclear()
}

// races returns what was played, patch by patch.
func (r *review) races() []Played {
	slices.SortStableFunc(r.played, func(a, b Played) int { return cmp.Compare(a.Patch, b.Patch) })
	return r.played
}

// Leads reports whether generic code is to be judged here where once is enough:
// in one class of one architecture, on its first machine.
func (p *Pass) Leads() bool { return p.lead }

func (j *classJob) leads(v *view) bool {
	return j.lead && v.machine != nil && v.machine.Name == j.machines(PerMachine, v.at)[0].Name
}

// leading returns the index of the job of a plan that stands for generic code,
// -1 if it is none of this architecture: one with huge pages if there is one.
func (r *review) leading(p *archPlan) int {
	if len(p.jobs) == 0 || r.leadArch() != p.arch {
		return -1
	}
	i := slices.IndexFunc(p.jobs, func(j *classJob) bool {
		c := j.at[len(j.at)-1].class
		return c != nil && c.Value("TRANSPARENT_HUGEPAGE") == "y"
	})
	return max(i, 0)
}

// leadArch returns the architecture that generic code is judged on where one is
// enough: x86 if it is reviewed, else the first.
func (r *review) leadArch() *arch.Arch {
	for _, a := range r.Archs {
		if a.Name == "x86" {
			return a
		}
	}
	return r.Archs[0]
}

// SourceFunction is a function of a C file, by its text.
type SourceFunction struct {
	File string
	facts.Definition
}

// Using returns the functions of the C files in mm/ that use a name, or what a
// header defines with it, as their text says; by file and line.
func (p *Pass) Using(name string) ([]SourceFunction, error) {
	r, k := p.review, p.view.at
	names, err := p.conds.wrappers(r.Prefixes[k].Tree, name)
	if err != nil {
		return nil, err
	}
	var list []SourceFunction
	for _, file := range r.mmFiles(k) {
		if !slices.ContainsFunc(names, func(n string) bool { return r.stores[k].Mentions(file, n) }) {
			continue
		}
		for _, d := range r.stores[k].Definitions(file) {
			if d.Function && !d.Macro && d.Name != name && usesAny(d.Text, names) {
				list = append(list, SourceFunction{file, d})
			}
		}
	}
	return list, nil
}

// Source returns the definition of a function in a C file, by its text; nil if
// there is none.
func (p *Pass) Source(file, name string) *SourceFunction {
	if path.Ext(file) != ".c" {
		return nil
	}
	for _, d := range p.review.stores[p.view.at].Definitions(file) {
		if d.Function && !d.Macro && d.Name == name {
			return &SourceFunction{file, d}
		}
	}
	return nil
}

// usesAny reports whether the text of a definition has one of the names.
func usesAny(text string, names []string) bool {
	for _, w := range strings.Fields(text) {
		if _, ok := slices.BinarySearch(names, w); ok {
			return true
		}
	}
	return false
}

// Schedule spells out the timeline of a race, step by step.
func Schedule(r *pagetable.Race) []ScheduleStep {
	list := []ScheduleStep{}
	for _, m := range r.Timeline {
		step := ScheduleStep{Effect: strings.Join(m.Effects, "; ")}
		if m.Line == nil {
			step.Thread, step.Text = ThreadEnvironment, m.Move
			if m.Before >= 0 {
				step.Before = &m.Before
			}
		} else {
			step.Thread, step.Text = ThreadReview, m.Line.Text
			step.Function, step.File, step.Line = m.Line.Function, m.Line.File, m.Line.Line
		}
		list = append(list, step)
	}
	return list
}

// Moves returns the moves that the environment chose in a schedule.
func Moves(list []ScheduleStep) []pagetable.Move {
	var moves []pagetable.Move
	for _, s := range list {
		if s.Thread == ThreadEnvironment && s.Before != nil {
			moves = append(moves, pagetable.Move{Before: *s.Before, What: s.Text})
		}
	}
	return moves
}
