package pagetable

import (
	"context"

	"ptreview/semantics/bits"
)

// Rows are the entries of the tables for the address of a run, from the top
// level on, folded ones left out, as they were before it and after it.
type Rows struct {
	program       *program
	before, after []Entry
}

// rows reads the entries for the address in use.
func (w *world) rows() []Entry {
	var list []Entry
	last := uint64(0)
	for _, level := range levelNames {
		at := w.levels[level]
		if at == last || at == 0 {
			continue
		}
		last = at
		if size := w.entrySize(level); size > 0 {
			if v, err := w.m.Mem.Load(at, size); err == nil {
				list = append(list, Entry{Level: level, At: at, term: v})
			}
		}
	}
	return list
}

// toKeep returns rows that outlive their machine: of what is not one value only
// its text is left.
func toKeep(list []Entry) []Entry {
	for i := range list {
		if e := &list[i]; !e.term.IsConst() {
			*e = Entry{Level: e.Level, At: e.At, Value: Value{Text: bits.CText(e.term, shownText)}}
		}
	}
	return list
}

// Decode says what the rows of a run mean, by the kernel's own predicates. Both
// lists are empty if the function worked on no tables, and have the same entries
// otherwise.
func (e *Emulator) Decode(ctx context.Context, r *Rows) (before, after []Entry) {
	if len(r.before) == 0 || len(r.before) != len(r.after) {
		return nil, nil
	}
	e.ctx = ctx
	defer func() { e.ctx = context.Background() }()
	w := &world{program: r.program, e: e, ctx: ctx}
	d := &decoder{caller: &caller{world: w}}
	return d.decoded(r.before), d.decoded(r.after)
}

// decoded adds meanings to entries.
func (d *decoder) decoded(list []Entry) []Entry {
	out := make([]Entry, len(list))
	for i, e := range list {
		out[i] = Entry{Level: e.Level, At: e.At, Value: e.Value}
		if e.term.IsValid() {
			out[i].Value = d.meaning(e.Level, e.term)
		}
	}
	return out
}
