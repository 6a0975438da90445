package contract

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/semantics/pagetable"
)

// recipe is how entries of a level are made, in C that the unit understands.
type recipe struct {
	level   string
	prot    string   // of flags, "" if there is no way to protect pages
	limit   string   // pfns are below
	align   string   // pfns have none of these bits, "" for any
	leaf    string   // an expression of pfn and prot; "" if there are no leaves
	changes []change // that helpers make to a leaf, each or not
	table   string   // a statement that makes e point to a table of pfn; "" if there are none
	swap    string   // an expression of pfn, the offset
}

// change is a helper that makes another entry of one: name(e).
type change struct{ name, text string }

// The flags of a vma that decide its protection, from VM_READ on.
var vmFlags = []string{"VM_READ", "VM_WRITE", "VM_EXEC", "VM_SHARED"}

// recipe finds out how a class makes the entries of a level.
func (p *Prover) recipe(level string) *recipe {
	if r := p.recipes[level]; r != nil {
		return r
	}
	r := &recipe{level: level}
	p.recipes[level] = r
	r.prot = p.first("vm_get_page_prot(flags & 15)", "protection_map[flags & 15]")
	if r.prot == "" && p.has("PAGE_SHARED") && p.has("PAGE_READONLY") {
		r.prot = "({ pgprot_t prot = PAGE_READONLY; if (flags & 2) prot = PAGE_SHARED; prot; })"
	}
	r.limit = p.first("(1UL << (MAX_PHYSMEM_BITS - PAGE_SHIFT))", "(1UL << (MAX_POSSIBLE_PHYSMEM_BITS - PAGE_SHIFT))", "(~0UL >> PAGE_SHIFT)")
	switch level {
	case "pte":
		r.leaf = p.first("pfn_pte(pfn, prot)")
		r.swap = p.first("swp_entry_to_pte(swp_entry(1, pfn & 0xff))")
	case "pmd":
		r.align = "(PMD_SIZE / PAGE_SIZE - 1)"
		if p.huge("has_transparent_hugepage()") {
			r.leaf = p.first("pmd_mkhuge(pfn_pmd(pfn, prot))")
		}
		r.table = p.first("pmd_populate_kernel(&init_mm, &e, (pte_t *)__va(pfn << PAGE_SHIFT))")
	case "pud":
		r.align = "(PUD_SIZE / PAGE_SIZE - 1)"
		if p.e.ClassValue("HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD") == "y" && p.huge("has_transparent_hugepage()") {
			r.leaf = p.first("pud_mkhuge(pfn_pud(pfn, prot))")
		}
	}
	if r.prot == "" {
		r.leaf = ""
	}
	for _, name := range []string{"mkdirty", "mkyoung", "MKWRITE", "wrprotect"} {
		if text := p.resolve(fmt.Sprintf("%s_%s(e)", level, name)); p.has(text) {
			r.changes = append(r.changes, change{strings.TrimSuffix(text, "(e)"), text})
		}
	}
	return r
}

// has reports whether the text of an expression or statement makes sense where
// an entry e, a pfn, flags and a prot are known.
func (p *Prover) has(text string) bool {
	for _, level := range []string{"pte", "pmd", "pud"} {
		if p.e.Understands(p.unit, fmt.Sprintf("({ %s_t e, a, b; unsigned long pfn = 0, flags = 0; pgprot_t prot; %s; })", level, text)) {
			return true
		}
	}
	return false
}

func (p *Prover) first(texts ...string) string {
	for _, text := range texts {
		if p.has(text) {
			return text
		}
	}
	return ""
}

// resolve spells the helpers that differ by version: until 6.5 pte_mkwrite()
// took the entry only.
func (p *Prover) resolve(text string) string {
	for _, level := range []string{"pte", "pmd", "pud"} {
		macro := level + "_MKWRITE"
		if !strings.Contains(text, macro) {
			continue
		}
		name := level + "_mkwrite"
		if p.has(fmt.Sprintf("%s_t x = %s_mkwrite_novma(e)", level, level)) {
			name += "_novma"
		}
		text = strings.ReplaceAll(text, macro, name)
	}
	return text
}

// choice is one way to make all entries of a law: a kind for each.
type choice []Kind

// choices lists the ways to give n entries kinds that the level has.
func (r *recipe) choices(kinds []Kind, n int) []choice {
	var own []Kind
	for _, k := range kinds {
		if r.makes(k) {
			own = append(own, k)
		}
	}
	list := []choice{nil}
	for range n {
		var longer []choice
		for _, c := range list {
			for _, k := range own {
				longer = append(longer, append(slices.Clone(c), k))
			}
		}
		list = longer
	}
	return list
}

func (r *recipe) makes(k Kind) bool {
	switch k {
	case Leaf:
		return r.leaf != ""
	case Table:
		return r.table != ""
	case Swap:
		return r.swap != ""
	}
	return true
}

// make adds the inputs, assumptions and statements that make an entry called
// name.
func (r *recipe) make(q *pagetable.Question, name string, k Kind) {
	input := func(what string) string {
		in := name + "_" + what
		q.Inputs = append(q.Inputs, pagetable.Input{Name: in, Type: "unsigned long"})
		return in
	}
	say := func(format string, args ...any) { q.Prepare += fmt.Sprintf(format, args...) }
	say("%s_t %s = { 0 }; ", r.level, name)
	if k == None {
		return
	}
	pfn := input("pfn")
	q.Assume = append(q.Assume, pfn+" < "+r.limit)
	body := ""
	switch k {
	case Leaf:
		if r.align != "" {
			q.Assume = append(q.Assume, fmt.Sprintf("!(%s & %s)", pfn, r.align))
		}
		flags, how := input("flags"), input("how")
		q.Assume = append(q.Assume, flags+" < 16", fmt.Sprintf("%s < %d", how, 1<<len(r.changes)))
		body = fmt.Sprintf("unsigned long flags = %s, how = %s; pgprot_t prot = %s; %s_t e = %s; ", flags, how, r.prot, r.level, r.leaf)
		for i, c := range r.changes {
			body += fmt.Sprintf("e = how & %d ? %s : e; ", 1<<i, c.text)
		}
	case Table:
		body = fmt.Sprintf("%s_t e = { 0 }; %s; ", r.level, r.table)
	case Swap:
		body = fmt.Sprintf("%s_t e = %s; ", r.level, r.swap)
	}
	say("{ unsigned long pfn = %s; %s%s = e; } ", pfn, body, name)
}
