package contract

import (
	"regexp"
	"strings"

	"ptreview/arch"
)

// Laws of the family hardware compare what helpers say of an entry with what
// the processor does with it, as the architecture's data file has it from the
// manual. $HW_WRITE(x) holds where user space may write through the entry x
// without a fault, $HW_READ(x) and $HW_EXEC(x) alike; $HW_LEAF(x) where the
// entry maps a page for anybody, $HW_TABLE(x) where it leads to a table;
// $HW_FRAME(x) and $HW_NEXT(x) are physical addresses.
//
// A fault that software repairs – a bit for accessed or dirty that it keeps
// itself – counts as one: the laws that an access succeeds are about entries
// that are young, and dirty where they are written through.
const (
	fork    = "mm/memory.c" // do_wp_page, do_swap_page, handle_pte_fault
	zap     = "mm/rmap.c"   // page_vma_mkclean_one, folio_referenced_one
	numaFor = "mm/mprotect.c"
)

// hardwareLaws are asked of entries that helpers make.
var hardwareLaws = []template{
	{"pte pmd pud", "$_present", "hardware", "an entry through which user space may read is present", "!$HW_READ(a) || $_present(a)", "", needsHW("READ"), []Kind{Leaf, None, Swap}, fork},
	{"pte pmd pud", "$_none", "hardware", "an empty entry maps nothing for the processor", "!$_none(a) || !$HW_LEAF(a)", "", needsHW("LEAF"), []Kind{Leaf, None, Swap}, helped},
	{"pte pmd", "$_none", "swap hardware", "an entry that swap left faults", "!$HW_LEAF(a)", "", both(hasSwap, needsHW("LEAF")), swap, fork},
	{"pte pmd pud", "$_pfn", "hardware", "the page that the processor accesses is the one that the entry has", "!$HW_READ(a) || $HW_FRAME(a) >> PAGE_SHIFT == $_pfn(a)", "", needsHW("FRAME"), leaf, helped},
	{"pte pmd pud", "$_write", "hardware", "user space can write through an entry only if it is writable", "!$HW_WRITE(a) || $_write(a)", "", needsHW("WRITE"), leaf, fork},
	{"pte pmd pud", "$_wrprotect", "hardware", "user space cannot write through an entry that is write protected", "!$HW_WRITE($_wrprotect(a))", "", needsHW("WRITE"), leaf, fork},
	{"pte pmd pud", "$_mkclean", "hardware", "a write through an entry that was clean is noticed: it faults, or the entry is dirty for the processor too", "!$HW_WRITE(a) || $_dirty(a) || $HW_SETS_DIRTY(a)", "", needsHW("WRITE"), leaf, zap},
	{"pte pmd pud", "$_mkold", "hardware", "a read through an entry that is old is noticed: it faults, or the processor makes it young", "!$HW_READ(a) || $_young(a) || $HW_SETS_YOUNG(a)", "", needsHW("READ"), leaf, zap},
	{"pte pmd pud", "$_mkyoung", "hardware", "user space can read through an entry with a right to read that is made young", "$HW_READ($_mkyoung(a))", "a_flags & 1", needsHW("READ"), leaf, fork},
	{"pte pmd pud", "$_mkwrite", "hardware", "user space can write through an entry of a writable area that is made young, dirty and writable", "$HW_WRITE($MKWRITE($_mkdirty($_mkyoung(a))))", "(a_flags & 11) == 11", needsHW("WRITE"), leaf, fork},
	{"pte pmd pud", "$_mkyoung", "none hardware", "user space cannot read through an entry of an area without rights, young or not", "!$HW_READ(a) && !$HW_READ($_mkyoung(a))", "!(a_flags & 7)", needsHW("READ"), leaf, numaFor},
	{"pte pmd pud", "$_mkdirty", "hardware", "user space cannot write through an entry of an area that is not writable, young and dirty or not", "!$HW_WRITE(a) && !$HW_WRITE($_mkdirty($_mkyoung(a)))", "!(a_flags & 2)", needsHW("WRITE"), leaf, fork},
	{"pte pmd", "$_modify", "hardware", "user space can write through an entry that was young and dirty and has another protection only if that allows it", "!$HW_WRITE($_modify($_mkdirty($_mkyoung(a)), PROT(newflags)))", "!(newflags & 2)", needsHW("WRITE"), leaf, numaFor},
	{"pte pmd", "$_modify", "none hardware", "user space cannot read through an entry that was young and whose protection became none", "!$HW_READ($_modify($_mkdirty($_mkyoung(a)), PROT(newflags)))", "!(newflags & 7)", needsHW("READ"), leaf, numaFor},
	{"pte pmd", "$_protnone", "hardware", "an entry that waits for a NUMA fault faults", "!$_protnone(a) || !$HW_READ(a) && !$HW_WRITE(a)", "", both(hasNUMA, needsHW("WRITE")), leaf, numaFor},
	{"pmd pud", "$_leaf", "hardware", "an entry of a huge page maps a page for the processor, if any", "!$HW_TABLE(a)", "", both(hasTHP, needsHW("TABLE")), leaf, helped},
	{"pmd pud", "$_bad", "hardware", "an entry that points to a table leads the processor to one", "$HW_TABLE(a) && !$HW_LEAF(a)", "", needsHW("TABLE"), table, helped},
	{"pmd", "$_populate", "hardware", "the processor finds the table that an entry was made of", "$HW_NEXT(a) == (unsigned long long)a_pfn << PAGE_SHIFT", "__pa(__va((unsigned long)a_pfn << PAGE_SHIFT)) == (unsigned long)a_pfn << PAGE_SHIFT", needsHW("NEXT"), table, helped},
}

// needsHW is the gate of a law that asks the processor something.
func needsHW(what string) string { return "hardware $ " + what }

// asked finds what a law asks of the processor: pte_HW_WRITE(.
var asked = regexp.MustCompile(`\b(pte|pmd|pud|p4d|pgd)_HW_(READ|WRITE|EXEC|LEAF|TABLE|FRAME|NEXT|SETS_YOUNG|SETS_DIRTY)\(`)

// hardware returns how the processor reads entries of a level, nil if that is
// not known.
func (p *Prover) hardware(level string) *arch.Hardware {
	for _, h := range p.e.Arch().HardwareOf(level, p.e.ClassValue) {
		if h.If == "" || p.huge(h.If) {
			return &h
		}
	}
	return nil
}

// meetsHardware reports whether it is known what a gate "hardware pte WRITE"
// names.
func (p *Prover) meetsHardware(gate string) bool {
	level, what, _ := strings.Cut(gate, " ")
	h := p.hardware(level)
	return h != nil && h.Asks(what) != ""
}

// spellHardware replaces what a law asks of the processor by C of the entry's
// bits.
func (p *Prover) spellHardware(text string) string {
	for {
		at := asked.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		level, what := text[at[2]:at[3]], text[at[4]:at[5]]
		end := closing(text, at[1])
		h := p.hardware(level)
		if end < 0 || h == nil || h.Asks(what) == "" {
			break
		}
		text = text[:at[0]] + h.C(h.Asks(what), text[at[1]:end]) + text[end+1:]
	}
	return text
}

// closing returns where the parenthesis is that closes the one before from, -1
// if there is none.
func closing(text string, from int) int {
	depth := 1
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return -1
}
