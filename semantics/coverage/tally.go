package coverage

import (
	"cmp"
	"slices"
)

// tally adds the parts of a row, in any order.
type tally struct {
	read     int
	bodies   map[body]outcome
	failures map[Failure]*seen
}

// seen is how often something failed.
type seen struct {
	units int
	first string
}

func newTally() *tally {
	return &tally{bodies: make(map[body]outcome), failures: make(map[Failure]*seen)}
}

func (t *tally) add(p *part) {
	if p.read {
		t.read++
	}
	for key, o := range p.bodies {
		if old, ok := t.bodies[key]; !ok || o < old {
			t.bodies[key] = o
		}
	}
	for f := range p.failures {
		s := t.failures[f]
		if s == nil {
			s = &seen{first: p.file}
			t.failures[f] = s
		}
		s.units++
		s.first = min(s.first, p.file)
	}
}

func (t *tally) row() *Row {
	r := &Row{UnitsRead: t.read, Bodies: len(t.bodies), Failures: []Failure{}}
	for _, o := range t.bodies {
		if o >= parsed {
			r.Parsed++
		}
		if o == typed {
			r.Typed++
		}
	}
	type spot struct {
		file string
		line int
	}
	skipped := make(map[spot]bool)
	for f, s := range t.failures {
		f.Units, f.Unit = s.units, s.first
		r.Failures = append(r.Failures, f)
		if f.Kind == Declaration {
			skipped[spot{f.File, f.Line}] = true
		}
	}
	r.Skipped = len(skipped)
	slices.SortFunc(r.Failures, func(a, b Failure) int {
		return cmp.Or(
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Function, b.Function),
		)
	})
	return r
}
