package contract

import (
	"context"

	"ptreview/semantics/pagetable"
)

// MadeLevels are the levels that Made knows of.
func MadeLevels() []string { return []string{"pte", "pmd", "pud"} }

// Made lists how the class makes entries of a level that point to no table: of
// pages of any number and protection, and for swap. Its levels are pte, pmd and
// pud; entries of others only point to tables.
func (p *Prover) Made(ctx context.Context, level string) []pagetable.Made {
	switch level {
	case "pte", "pmd", "pud":
	default:
		return nil
	}
	p.ctx = ctx
	defer func() { p.ctx = context.Background() }()
	r := p.recipe(level)
	var list []pagetable.Made
	add := func(k Kind, text string) {
		if !r.makes(k) {
			return
		}
		var q pagetable.Question
		r.make(&q, "entry", k)
		list = append(list, pagetable.Made{
			Level: level, Name: "entry", Text: text, Inputs: q.Inputs, Assume: q.Assume, Prepare: q.Prepare,
		})
	}
	page, swap := "maps a page", "is a swap entry"
	if level != "pte" {
		page, swap = "maps a huge page", "is a migration entry"
	}
	add(Leaf, page)
	if level == "pte" || r.leaf != "" { // what is not made does not migrate
		add(Swap, swap)
	}
	return list
}
