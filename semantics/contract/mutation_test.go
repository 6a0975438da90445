package contract_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/semantics/contract"
)

// mistake is a definition of a helper that breaks a law. $ stands for the level.
type mistake struct{ law, helper, is string }

// mistakes are those that laws need which are not of a family.
var mistakes = []mistake{
	{"$_same/itself", "$_same(a, b)", "$_val(a) && $_val(a) == $_val(b)"},
	{"$_same/symmetric", "$_same(a, b)", "$_val(a) <= $_val(b)"},
	{"$_same/transitive", "$_same(a, b)", "!(($_val(a) ^ $_val(b)) & PTE_PFN_MASK) || !(($_val(a) ^ $_val(b)) & _PAGE_DIRTY)"},
	{"$_same/none", "$_same(a, b)", "1"},
	{"$_same/present", "$_same(a, b)", "1"},
	{"$_same/bits", "$_same(a, b)", "!(($_val(a) ^ $_val(b)) & ~_PAGE_ACCESSED)"},
	{"$_same/table", "$_same(a, b)", "!(($_val(a) ^ $_val(b)) & ~PTE_PFN_MASK)"},

	{"$_pfn/made", "$_pfn(e)", "($_val(e) & PTE_PFN_MASK & ~(1UL << 45)) >> PAGE_SHIFT"},
	{"$_present/page", "$_present(e)", "!!($_val(e) & _PAGE_PRESENT)"},
	{"$_none/page", "$_none(e)", "!($_val(e) & (_PAGE_PRESENT | PTE_PFN_MASK))"},
	{"pte_none/empty", "pte_clear(mm, addr, p)", "*(p) = __pte(pte_val(*(p)) & ~_PAGE_PRESENT)"},
	{"$_none/empty", "$_clear(p)", "*(p) = __$($_val(*(p)) & ~_PAGE_PRESENT)"},
	{"$_none/not present", "$_none(e)", "!($_val(e) & ~_PAGE_PRESENT & ~PTE_PFN_MASK & ~_PAGE_USER & ~_PAGE_ACCESSED & ~_PAGE_PSE)"},
	{"$_none/swap", "swp_entry_to_$(e)", "__$(swp_type(e) << 59 | swp_offset(e) << 8 | PROTNONE)"},
	{"$_none/table", "$_none(e)", "!($_val(e) & PROTNONE)"},
	{"$_bad/table", "$_bad(e)", "($_val(e) & ~PTE_PFN_MASK) != (_PAGE_TABLE & ~_PAGE_ACCESSED)"},
	{"$_present/table", "$_present(e)", "!!($_val(e) & _PAGE_PSE)"},
	{"$_leaf/table", "$_leaf(e)", "!!($_val(e) & _PAGE_PRESENT)"},
	{"$_leaf/page", "$_leaf(e)", "$_val(e) & _PAGE_PSE && $_val(e) & _PAGE_PRESENT"},
	{"$_trans_huge/page", "$_trans_huge(e)", "$_val(e) & _PAGE_PSE && $_val(e) & _PAGE_PRESENT"},
	{"$_trans_huge/table", "$_trans_huge(e)", "!!($_val(e) & _PAGE_PRESENT)"},
	{"pte_mkhuge/huge", "pte_mkhuge(e)", "e"},
	{"$_wrprotect/dirty", "$_wrprotect(e)", "__$($_val(e) & ~(_PAGE_RW | _PAGE_DIRTY))"},
	{"$_wrprotect/clean", "$_wrprotect(e)", "__$(($_val(e) & ~_PAGE_RW) | _PAGE_DIRTY)"},
	{"$_protnone/none", "$_protnone(e)", "($_val(e) & PRESENT_$) == _PAGE_PRESENT"},
	{"$_protnone/access", "$_protnone(e)", "!!($_val(e) & PRESENT_$)"},
	{"$_modify/write", "$_modify(e, prot)", "__$($_val(e) | pgprot_val(prot))"},
	{"$_modify/young", "$_modify(e, prot)", "__$(($_val(e) & ~_PAGE_ACCESSED) | (pgprot_val(prot) & ~_PAGE_ACCESSED))"},
	{"$_savedwrite/saved", "$_mk_savedwrite(e)", "e"},
	{"$_savedwrite/cleared", "$_clear_savedwrite(e)", "e"},

	{"swp_entry_to_$/type", "swp_entry_to_$(e)", "__$(swp_type(e) << 60 | swp_offset(e) << 9)"},
	{"swp_entry_to_$/offset", "swp_entry_to_$(e)", "__$(swp_type(e) << 59 | (swp_offset(e) & ~(1UL << 20)) << 9)"},
	{"swp_entry_to_$/swap", "swp_entry_to_$(e)", "__$(swp_type(e) << 59 | swp_offset(e) << 8)"},
	{"swp_entry_to_$/exclusive", "swp_entry_to_$(e)", "__$(swp_type(e) << 59 | swp_offset(e) << 9 | EXCLUSIVE)"},
	{"swp_entry_to_$/soft dirty", "swp_entry_to_$(e)", "__$(swp_type(e) << 59 | swp_offset(e) << 9 | SWP_SOFT_DIRTY)"},
	{"swp_entry_to_$/uffd-wp", "swp_entry_to_$(e)", "__$(swp_type(e) << 59 | swp_offset(e) << 9 | SWP_UFFD_WP)"},

	{"set_$_at/get", "set_pte_at(mm, addr, p, e)", "*(p) = pte_wrprotect(e)"},
	{"$p_get_and_clear/get", "ptep_get_and_clear(mm, addr, p)", "(pte_clear(mm, addr, p), *(p))"},
	{"$p_get_and_clear/none", "ptep_get_and_clear(mm, addr, p)", "*(p)"},
	{"$_clear/none", "pte_clear(mm, addr, p)", "*(p) = pte_wrprotect(*(p))"},
	{"$p_set_wrprotect/protected", "ptep_set_wrprotect(mm, addr, p)", "*(p) = pte_mkold(*(p))"},

	{"$_none/folded", "$_none(e)", "!$_val(e)"},
	{"$_present/folded", "$_present(e)", "!!$_val(e)"},
	{"$_bad/folded", "$_bad(e)", "!$_val(e)"},
	{"pmd_offset/folded", "pmd_offset(p, addr)", "(pmd_t *)(p) + ((addr) >> 12 & 1)"},

	{"$_present/hardware", "$_present(e)", "!!($_val(e) & PROTNONE)"},
	{"$_none/hardware", "$_none(e)", "!($_val(e) & _PAGE_DIRTY)"},
	{"$_none/swap hardware", "swp_entry_to_$(e)", "__$(swp_type(e) << 59 | swp_offset(e) << 9 | _PAGE_PRESENT | _PAGE_PSE)"},
	{"$_pfn/hardware", "$_pfn(e)", "($_val(e) & PTE_PFN_MASK & ~(1UL << 45)) >> PAGE_SHIFT"},
	{"$_write/hardware", "$_write(e)", "$_val(e) & _PAGE_RW && $_val(e) & _PAGE_DIRTY"},
	{"$_wrprotect/hardware", "$_wrprotect(e)", "$_young(e) ? __$($_val(e) & ~_PAGE_RW) : e"},
	{"$_mkclean/hardware", "$_dirty(e)", "$_val(e) & _PAGE_DIRTY && $_val(e) & _PAGE_ACCESSED && !($_val(e) & SOFT_DIRTY)"},
	{"$_mkold/hardware", "$_young(e)", "$_val(e) & _PAGE_ACCESSED && $_val(e) & _PAGE_DIRTY"},
	{"$_mkyoung/hardware", "$_mkyoung(e)", "__$($_val(e) & ~_PAGE_USER)"},
	{"$_mkwrite/hardware", "$_mkwrite(e)", "__$($_val(e) | DEVMAP)"},
	{"$_mkyoung/none hardware", "$_mkyoung(e)", "__$($_val(e) | _PAGE_ACCESSED | _PAGE_PRESENT | _PAGE_USER)"},
	{"$_mkdirty/hardware", "$_mkdirty(e)", "__$($_val(e) | _PAGE_DIRTY | _PAGE_RW)"},
	{"$_modify/hardware", "$_modify(e, prot)", "__$($_val(e) | pgprot_val(prot))"},
	{"$_modify/none hardware", "$_modify(e, prot)", "__$($_val(e) | pgprot_val(prot))"},
	{"$_protnone/hardware", "$_protnone(e)", "($_val(e) & PRESENT_$) != PROTNONE"},
	{"$_leaf/hardware", "$_mkhuge(e)", "e"},
	{"pmd_bad/hardware", "pmd_populate_kernel(mm, e, table)", "*(e) = __pmd(entry_table(table) & ~_PAGE_PRESENT)"},
	{"pud_bad/hardware", "pud_populate(mm, e, table)", "*(e) = __pud(entry_table(table) | _PAGE_PSE)"},
	{"pmd_populate/hardware", "pmd_populate_kernel(mm, e, table)", "*(e) = __pmd(entry_table(table) ^ (1UL << 20))"},
}

// Whether a fact is so, changed in the bits x of an entry: of one that maps a
// page, and of one that swap left.
var (
	spoiled = map[string]string{
		"pfn": "x ^ 1UL << 40", "present": "x & ~PRESENT_$", "dirty": "x ^ _PAGE_DIRTY", "young": "x ^ _PAGE_ACCESSED",
		"write": "x ^ _PAGE_RW", "special": "x ^ SPECIAL", "soft_dirty": "x ^ SOFT_DIRTY", "uffd_wp": "x ^ UFFD_WP",
		"devmap": "x ^ DEVMAP", "protnone": "x ^ (_PAGE_PRESENT | PROTNONE)", "huge": "x ^ _PAGE_PSE",
	}
	spoiledSwap = map[string]string{
		"type": "x ^ 1UL << 60", "offset": "x ^ 1UL << 29", "none": "0", "present": "x | _PAGE_PRESENT",
		"swp_soft_dirty": "x ^ SWP_SOFT_DIRTY", "swp_uffd_wp": "x ^ SWP_UFFD_WP", "swp_exclusive": "x ^ EXCLUSIVE",
	}
)

// ofChange are the helpers that make another entry of one.
var ofChange = regexp.MustCompile(`^(\$_(?:mk|clear_|wrprotect|modify|swp_mk|swp_clear_)\w*)/(keeps )?(\w+)$`)

// noMistake says which laws nothing can break in the miniature, and why.
var noMistake = map[string]string{
	"pte_*/keeps huge": "there is no pte_trans_huge()",
	"pte_same/huge":    "there is no pte_trans_huge()",
	"p[mu]d_same/huge": "all entries of these levels that map pages are huge",
	"p??_same/devmap":  "no entry is made a device mapping before another change",
}

// lawTemplate is the name of a law with $ for its level.
func lawTemplate(l contract.Law) string {
	return regexp.MustCompile(`(^|_)`+l.Level+`(p?_|/)`).ReplaceAllString(l.Name, "${1}$$${2}")
}

// mistakeOf returns C text that breaks a law, "" if none is known.
func mistakeOf(l contract.Law) string {
	for _, name := range []string{l.Name, lawTemplate(l)} {
		if i := slices.IndexFunc(mistakes, func(m mistake) bool { return m.law == name }); i >= 0 {
			return define(l.Level, mistakes[i].helper, mistakes[i].is)
		}
	}
	name := lawTemplate(l)
	if fact, ok := strings.CutPrefix(name, "$_same/"); ok && spoiled[fact] != "" {
		text := define(l.Level, "$_same(a, b)", "1")
		if fact == "huge" { // as all entries of a level are that map a page
			text += define(l.Level, "$_trans_huge(e)", "!!($_val(e) & _PAGE_DIRTY)")
		}
		return text
	}
	m := ofChange.FindStringSubmatch(name)
	if m == nil {
		return ""
	}
	helper, param := m[1]+"(e)", "e"
	if m[1] == "$_modify" {
		helper, param = "$_modify(e, prot)", "e, prot"
	}
	if m[2] == "" {
		return define(l.Level, helper, "e")
	}
	facts := spoiled
	if strings.Contains(m[1], "_swp_") {
		facts = spoiledSwap
	}
	if facts[m[3]] == "" {
		return ""
	}
	return define(l.Level, helper, "{ unsigned long x = $_val("+m[1]+"("+param+")); __$("+facts[m[3]]+"); }")
}

// define is C text that gives a helper another meaning. In it the helper means
// what it meant.
func define(level, helper, is string) string {
	name, _, _ := strings.Cut(helper, "(")
	text := "#undef " + name + "\n#define " + helper + " (" + is + ")\n"
	return strings.ReplaceAll(text, "$", level)
}

// machines are where a law is asked: on one with everything, on one with folded
// levels, and on one whose processor neither marks an entry young nor dirty.
var machines = []struct {
	name string
	text func() string
	arch func() *arch.Arch
}{
	{"everything", helpers, func() *arch.Arch { return arch.Named("x86") }},
	{"folded", func() string { return shared + strings.ReplaceAll(level, "LEVEL", "pte") + folded }, func() *arch.Arch { return arch.Named("x86") }},
	{"software", helpers, software},
}

// software is x86 with a processor that faults where another marks entries.
func software() *arch.Arch {
	a := *arch.Named("x86")
	a.Hardware = slices.Clone(a.Hardware)
	for i := range a.Hardware {
		h := &a.Hardware[i]
		h.SetsYoung, h.SetsDirty = "", ""
		if h.Read != "" {
			h.Read, h.Write = "("+h.Read+") && X & 0x20", "("+h.Write+") && X & 0x20 && X & 0x40"
		}
	}
	return &a
}

// TestProved has helpers that keep all laws.
func TestProved(t *testing.T) {
	for _, m := range machines {
		all := prove(t, proverOn(t, m.arch(), m.text()))
		for _, l := range contract.Laws() {
			if o := all[l.Name]; o != nil && o.Status != contract.Proved {
				t.Errorf("%s: %s: got %s, want it proved", m.name, l.Name, o)
			}
		}
	}
}

// TestBroken plants a mistake for every law, at every level, that breaks it.
func TestBroken(t *testing.T) {
	for _, l := range contract.Laws() {
		text, why := mistakeOf(l), excused(l.Name)
		switch {
		case text == "" && why == "":
			t.Errorf("%s: no mistake is known that breaks it", l.Name)
		case why == "":
			t.Run(l.Name, func(t *testing.T) { broken(t, l, text) })
		}
	}
}

// excused returns why a law has no mistake, "" if it must have one.
func excused(law string) string {
	for pattern, why := range noMistake {
		if ok, err := path.Match(pattern, law); err == nil && ok {
			return why
		}
	}
	return ""
}

// broken looks for a machine on which the mistake breaks the law.
func broken(t *testing.T, l contract.Law, text string) {
	var got []string
	for _, m := range machines {
		o, err := proverOn(t, m.arch(), m.text()+text).Prove(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		if o.Status == contract.Broken {
			return
		}
		got = append(got, m.name+": "+o.String())
	}
	t.Errorf("got %q, want it broken by\n%s", got, text)
}

// TestExcused looks for reasons that are about no law.
func TestExcused(t *testing.T) {
	for pattern := range noMistake {
		if !slices.ContainsFunc(contract.Laws(), func(l contract.Law) bool {
			ok, err := path.Match(pattern, l.Name)
			return err == nil && ok
		}) {
			t.Errorf("%s: there is no such law", pattern)
		}
	}
}
