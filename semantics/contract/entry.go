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
	empty   string // what stands in an entry of which nothing was made
	prot    string // of flags, "" if there is no way to protect pages
	limit   string // pfns are below
	align   string // pfns have none of these bits, "" for any
	leaf    string // an expression of pfn and prot; "" if there are no leaves
	swapped []step // that helpers make to an entry of swap, each or not
	changes []step // that helpers make to a leaf, each or not
	// table is a statement that makes e point to a table of pfn; "" if there are
	// none. arm writes the entry behind e too, for the other half of a page.
	table string
	// tableGiven are conditions on the pfn of a table.
	tableGiven []string
	swap       string // an expression of type and offset
	// swapGiven are conditions on them.
	swapGiven []string
}

// step is a helper that makes another entry of one: name(e). given is a
// condition on the flags that e was made with, "" for any.
type step struct{ name, text, given string }

// The flags of a vma that decide its protection, from VM_READ on.
var vmFlags = []string{"VM_READ", "VM_WRITE", "VM_EXEC", "VM_SHARED"}

// recipe finds out how a class makes the entries of a level.
func (p *Prover) recipe(level string) *recipe {
	if r := p.recipes[level]; r != nil {
		return r
	}
	r := &recipe{level: level, empty: p.empty(level)}
	p.recipes[level] = r
	r.prot = p.protections()
	r.limit = p.pageFrames()
	switch level {
	case "pte":
		r.leaf = p.first("pfn_pte(pfn, prot)")
		r.swap, r.swapGiven = p.first("swp_entry_to_pte(swp_entry(type, offset))"), swapLimits
	case "pmd":
		r.align = "(PMD_SIZE / PAGE_SIZE - 1)"
		if p.huge("has_transparent_hugepage()") {
			r.leaf = p.first("pmd_mkhuge(pfn_pmd(pfn, prot))")
		}
		if p.meets(hasMigration) {
			r.swap = p.first("swp_entry_to_pmd(swp_entry(type, offset))")
		}
		r.swapGiven = []string{"type == SWP_MIGRATION_READ || type == SWP_MIGRATION_WRITE", "offset < " + r.limit, "!(offset & " + r.align + ")"}
		r.table = p.first("pmd_populate_kernel(&init_mm, &e, (pte_t *)__va(pfn << PAGE_SHIFT))")
	case "pud":
		if p.meets("unfolded pud") {
			r.table = p.first("pud_populate(&init_mm, &e, (pmd_t *)__va(pfn << PAGE_SHIFT))")
		}
		r.align = "(PUD_SIZE / PAGE_SIZE - 1)"
		// linux 6.12 has a question of its own for this level, too.
		has := p.first("has_transparent_hugepage() && has_transparent_pud_hugepage()", "has_transparent_hugepage()")
		if p.e.ClassValue("HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD") == "y" && p.huge(has) {
			r.leaf = p.first("pud_mkhuge(pfn_pud(pfn, prot))")
		}
	}
	if r.prot == "" {
		r.leaf = ""
	}
	if r.table != "" {
		r.tableGiven = p.tables()
	}
	r.changes = p.steps(level, leafSteps)
	r.swapped = p.steps(level, swapSteps)
	return r
}

// pageFrames is the number of page frames that the kernel supports: of all that
// entries have room for, those that an architecture's data says memory can have.
func (p *Prover) pageFrames() string {
	var texts []string
	if own := p.e.Arch().Pfns; own != "" {
		texts = append(texts, "("+own+")")
	}
	limit := p.first(append(texts, "(1UL << (MAX_PHYSMEM_BITS - PAGE_SHIFT))", "(1UL << (MAX_POSSIBLE_PHYSMEM_BITS - PAGE_SHIFT))", "(~0UL >> PAGE_SHIFT)")...)
	// Sparse memory of arm has room for more than its entries without LPAE.
	if room := "(1ULL << (8 * sizeof(phys_addr_t) - PAGE_SHIFT))"; p.has(room) {
		limit = fmt.Sprintf("(unsigned long)(%s < %s ? %s : %s)", limit, room, limit, room)
	}
	return limit
}

// tables are conditions on the page frames that tables may lie in. Page 0 is
// never given away: vectors are there, or its address would be NULL. The
// others are what the linear map shows, without the tables that stand in empty
// entries.
func (p *Prover) tables() []string {
	list := []string{"pfn", "(unsigned long)__pa(__va(pfn << PAGE_SHIFT)) >> PAGE_SHIFT == pfn && (sizeof(long) == 8 || (unsigned long)__va(pfn << PAGE_SHIFT) >= PAGE_OFFSET)"}
	for _, name := range []string{"invalid_pte_table", "invalid_pmd_table", "invalid_pud_table"} {
		if p.has("(unsigned long)" + name) {
			list = append(list, "(unsigned long)__va(pfn << PAGE_SHIFT) != (unsigned long)"+name)
		}
	}
	return list
}

// empty is what an entry of a new table has.
func (p *Prover) empty(level string) string {
	for _, e := range p.e.Arch().Entries {
		text := fmt.Sprintf("__%s(%s)", level, e.Empty)
		if e.Level == level && e.Empty != "" && e.When.Holds(p.e.ClassValue) && p.has(text) {
			return text
		}
	}
	return "{ 0 }"
}

// protections is an expression of flags: what vm_get_page_prot() returns for
// each of their values on this machine. It is asked before, so that laws need
// not look into a table at an address that depends on an input.
func (p *Prover) protections() string {
	if !strings.HasSuffix(p.numbers(), declaredProt) {
		return "" // a kernel that knows of no protection makes no entries of pages
	}
	from := p.first("vm_get_page_prot(flags)", "protection_map[flags]")
	if from == "" {
		p.unmade = "how pages are protected is not known"
		return ""
	}
	prot, err := p.e.Protections(p.ctx, p.unit, "pgprot_val("+from+")")
	if err != nil {
		p.unmade = "how pages are protected: " + pagetable.ReasonOf(err)
		return ""
	}
	return "__pgprot(" + tabulated(prot) + ")"
}

// tabulated is an expression of flags that has a value for each of 16, without
// a branch: the exclusive or of a number for each set of flags, of those sets
// whose flags are all there.
func tabulated(values [16]uint64) string {
	sets := values // by the flags in the set
	for bit := range 4 {
		for flags := range sets {
			if flags>>bit&1 != 0 {
				sets[flags] ^= sets[flags&^(1<<bit)]
			}
		}
	}
	text := fmt.Sprintf("%#xULL", sets[0])
	for flags, v := range sets {
		if flags == 0 || v == 0 {
			continue
		}
		text += fmt.Sprintf(" ^ (%#xULL", v)
		for bit := range 4 {
			if flags>>bit&1 != 0 {
				text += fmt.Sprintf(" & 0ULL - (flags >> %d & 1)", bit)
			}
		}
		text += ")"
	}
	return text
}

// swapLimits are what the type and the offset of an entry of swap may be; the
// offset as mm/swapfile.c finds out, generic_max_swapfile_size(). The first
// page of swap is its header. The last one of a device as large as an entry can
// name is left out: x86 would write the entry of it, on device 0, as an empty one.
var swapLimits = []string{
	"type < MAX_SWAPFILES",
	"offset && offset < swp_offset(pte_to_swp_entry(swp_entry_to_pte(swp_entry(0, ~0UL))))",
}

// optional is a helper that may be used on an entry where a class has what it
// needs.
type optional struct{ name, needs, given string }

// mayWrite is the condition under which generic code makes entries writable:
// include/linux/mm.h, maybe_mkwrite().
const mayWrite = "flags & 2"

// The helpers used on entries, in this order, each or not. Those that undo
// what an earlier one does have no place here.
var (
	leafSteps = []optional{
		{"mkold", "", ""}, {"mkdirty", "", ""}, {"MKWRITE", "", mayWrite}, {"wrprotect", "", ""},
		{"mksoft_dirty", hasSoftDirty, ""}, {"mkuffd_wp", hasWP, ""}, {"mkspecial", hasSpecial, ""},
	}
	swapSteps = []optional{
		{"swp_mksoft_dirty", hasSoftDirty, ""}, {"swp_mkuffd_wp", hasWP, ""}, {"swp_mkexclusive", hasExclusive, ""},
	}
)

func (p *Prover) steps(level string, list []optional) []step {
	var steps []step
	for _, o := range list {
		text := p.resolve(fmt.Sprintf("%s_%s(e)", level, o.name))
		if p.lacks(at(o.needs, level)) == "" && p.has(text) {
			steps = append(steps, step{strings.TrimSuffix(text, "(e)"), text, o.given})
		}
	}
	return steps
}

// has reports whether the text of an expression or statement makes sense where
// entries e, a, b and c and the numbers that laws may name are known.
func (p *Prover) has(text string) bool {
	for _, level := range []string{"pte", "pmd", "pud", "p4d", "pgd"} {
		if p.e.Understands(p.unit, fmt.Sprintf("({ %s_t e, a, b, c; %s %s; })", level, p.numbers(), text)) {
			return true
		}
	}
	return false
}

// declaredProt declares the protection that an entry is made with.
const declaredProt = " pgprot_t prot;"

// numbers declares what laws may name beside entries. A protection is only
// there in units that know of any.
func (p *Prover) numbers() string {
	if p.declared == "" {
		p.declared = "unsigned long pfn = 0, flags = 0, type = 0, offset = 0, newflags = 0, a_pfn = 0, b_pfn = 0, a_flags = 0, a_type = 0, a_offset = 0;"
		if p.e.Understands(p.unit, "({ pgprot_t prot; 0; })") {
			p.declared += declaredProt
		}
	}
	return p.declared
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
	return p.spell(text)
}

// spell replaces what laws have names of their own for: a protection of a
// vma's flags, a new table, what clears an entry, the bits of an entry that
// the architecture keeps for itself.
func (p *Prover) spell(text string) string {
	text = p.spellHardware(text)
	if strings.Contains(text, "PROT(newflags)") {
		text = strings.ReplaceAll(text, "PROT(newflags)", "({ unsigned long flags = newflags; pgprot_t prot = "+p.recipe("pte").prot+"; prot; })")
	}
	for _, level := range []string{"pte", "pmd", "pud"} {
		if mark := level + "_CLEAR"; strings.Contains(text, mark) {
			clear := level + "_clear(x)"
			if !p.has("({ " + level + "_t x[2]; " + clear + "; 0; })") {
				clear = level + "_clear(&init_mm, 0, x)"
			}
			text = strings.ReplaceAll(text, mark, clear)
		}
	}
	text = strings.ReplaceAll(text, "TABLE", "(pte_t *)get_zeroed_page(GFP_KERNEL)")
	if strings.Contains(text, "(OWN)") {
		text = strings.ReplaceAll(text, "OWN", p.own())
	}
	return text
}

// own is an expression of the bits that $_same() may ignore.
func (p *Prover) own() string {
	own := "0"
	for _, bits := range p.e.Arch().Own {
		if p.has(bits) {
			own += " | " + bits
		}
	}
	return own
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
	case Leaf, Mapped:
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
	say("%s_t %s = %s; ", r.level, name, r.empty)
	if k == None {
		return
	}
	body, pfn := "", "0"
	switch k {
	case Swap:
	case Mapped:
		pfn = "({ struct page *page = virt_to_page((void *)get_zeroed_page(GFP_KERNEL)); memset(page, 0, sizeof(*page)); page_to_pfn(page); })"
	default:
		pfn = input("pfn")
		q.Assume = append(q.Assume, pfn+" < "+r.limit)
	}
	switch k {
	case Leaf, Mapped:
		if r.align != "" {
			q.Assume = append(q.Assume, fmt.Sprintf("!(%s & %s)", pfn, r.align))
		}
		flags := input("flags")
		q.Assume = append(q.Assume, flags+" < 16")
		body = fmt.Sprintf("unsigned long flags = %s; pgprot_t prot = %s; %s_t e = %s; ", flags, r.prot, r.level, r.leaf)
		body += changed(q, r.changes, flags, input("how"))
	case Table:
		for _, limit := range r.tableGiven {
			q.Assume = append(q.Assume, fmt.Sprintf("({ unsigned long pfn = %s; %s; })", pfn, limit))
		}
		body = fmt.Sprintf("%s_t es[2] = { { 0 } }; %s; %s_t e = es[0]; ", r.level, strings.ReplaceAll(r.table, "&e", "es"), r.level)
	case Swap:
		typ, offset := input("type"), input("offset")
		for _, limit := range r.swapGiven {
			q.Assume = append(q.Assume, fmt.Sprintf("({ unsigned long type = %s, offset = %s; %s; })", typ, offset, limit))
		}
		body = fmt.Sprintf("unsigned long type = %s, offset = %s; %s_t e = %s; ", typ, offset, r.level, r.swap)
		body += changed(q, r.swapped, "0", input("how"))
	}
	say("{ unsigned long pfn = %s; %s%s = e; } ", pfn, body, name)
}

// changed is a statement that makes those of the steps whose bits are set in
// the input how, to an entry of the input flags.
func changed(q *pagetable.Question, steps []step, flags, how string) string {
	q.Assume = append(q.Assume, fmt.Sprintf("%s < %d", how, 1<<len(steps)))
	text := ""
	for i, c := range steps {
		if c.given != "" {
			q.Assume = append(q.Assume, fmt.Sprintf("({ unsigned long flags = %s; !(%s & %d) || %s; })", flags, how, 1<<i, c.given))
		}
		text += fmt.Sprintf("e = %s & %d ? %s : e; ", how, 1<<i, c.text)
	}
	return text
}
