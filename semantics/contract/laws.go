package contract

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// template is a law of several levels. $ stands for the level, "pte"; a, b and
// c are entries.
type template struct {
	levels string // those it is about
	helper string
	about  string // what is said
	says   string
	holds  string
	given  string // a condition on the entries, "" for none
	needs  string // a gate
	kinds  []Kind
	source string
}

const (
	debug  = "mm/debug_vm_pgtable.c"
	helped = "Documentation/mm/arch_pgtable_helpers.rst"
)

// Gates are what a class must have for a law to be one: Kconfig symbols of
// which one must be y, after "defined " a macro, after "own " a function that
// the architecture itself defines, after "unfolded " a level whose entries point
// to tables. What asm-generic gives
// classes without a feature says nothing, and so do its predicates.
const (
	hasSpecial   = "ARCH_HAS_PTE_SPECIAL"                         // include/linux/pgtable.h, mm/debug_vm_pgtable.c pte_special_tests
	hasDevmap    = "ARCH_HAS_PTE_DEVMAP"                          // mm/debug_vm_pgtable.c, pte_devmap_tests
	hasSoftDirty = "MEM_SOFT_DIRTY"                               // mm/debug_vm_pgtable.c, pte_soft_dirty_tests
	hasWP        = "HAVE_ARCH_USERFAULTFD_WP"                     // include/asm-generic/pgtable_uffd.h
	hasNUMA      = "NUMA_BALANCING"                               // mm/debug_vm_pgtable.c, pte_protnone_tests
	hasTHP       = "TRANSPARENT_HUGEPAGE"                         // include/linux/pgtable.h
	hasHugetlb   = "HUGETLB_PAGE"                                 // mm/debug_vm_pgtable.c, hugetlb_basic_tests
	hasMigration = "ARCH_ENABLE_THP_MIGRATION"                    // include/linux/swapops.h
	hasSwap      = "SWAP|MIGRATION|DEVICE_PRIVATE|MEMORY_FAILURE" // who makes such entries
	hasExclusive = "own pte_swp_mkexclusive"                      // include/linux/pgtable.h, v6.1: __HAVE_ARCH_PTE_SWP_EXCLUSIVE
)

var (
	leaf   = []Kind{Leaf}
	swap   = []Kind{Swap}
	none   = []Kind{None}
	mapped = []Kind{Mapped}
	table  = []Kind{Table}
	every  = []Kind{Leaf, None, Table, Swap}
)

// fact is what can be told of an entry; $ stands for it in text.
type fact struct {
	name  string // the predicate
	is    string // "whether it is dirty"
	value string // an expression of the entry X, of which equal values are the same
	needs string
}

// facts of entries that map pages.
var facts = []fact{
	{"pfn", "the page", "$_pfn(X)", ""},
	{"present", "that it is present", "!$_present(X)", ""},
	{"dirty", "whether it is dirty", "!$_dirty(X)", ""},
	{"young", "whether it is young", "!$_young(X)", ""},
	{"write", "whether it may be written", "!$_write(X)", ""},
	{"special", "whether it is special", "!$_special(X)", hasSpecial},
	{"soft_dirty", "whether it is soft dirty", "!$_soft_dirty(X)", hasSoftDirty},
	{"uffd_wp", "userfaultfd's mark", "!$_uffd_wp(X)", hasWP},
	{"devmap", "whether it is a device mapping", "!$_devmap(X)", hasDevmap},
	{"protnone", "whether it waits for a NUMA fault", "!$_protnone(X)", hasNUMA},
	{"huge", "whether it is a huge page", "!$_trans_huge(X)", hasTHP},
}

// facts of entries that swap left.
var swapFacts = []fact{
	{"type", "the swap device", "swp_type($_to_swp_entry(X))", ""},
	{"offset", "the place in it", "swp_offset($_to_swp_entry(X))", ""},
	{"none", "that it is not empty", "!$_none(X)", ""},
	{"present", "that it is not present", "!$_present(X)", ""},
	{"swp_soft_dirty", "whether it is soft dirty", "!$_swp_soft_dirty(X)", hasSoftDirty},
	{"swp_uffd_wp", "userfaultfd's mark", "!$_swp_uffd_wp(X)", hasWP},
	{"swp_exclusive", "whether it is exclusive", "!$_swp_exclusive(X)", hasExclusive},
}

// change makes another entry of one.
type change struct {
	levels string
	helper string
	makes  string // an expression of the entry a
	what   string // "making it dirty"
	// fact is what the change is for, and on what it then is; spoils are the
	// further facts that it may change, by their names.
	fact   string
	on     bool
	spoils string
	needs  string
	// keeping is a condition on the entries of which it keeps the facts it is
	// not for.
	keeping string
}

// changes of entries that map pages. Making one dirty, or marking it for
// userfaultfd, is a change that also counts as soft dirty or takes away the
// right to write; an entry of a device may be marked by the special bit; the
// protections of some architectures make entries young.
var changes = []change{
	{"pte pmd pud", "$_mkdirty", "$_mkdirty(a)", "making it dirty", "dirty", true, "soft_dirty", "", ""},
	{"pte pmd pud", "$_mkclean", "$_mkclean(a)", "making it clean", "dirty", false, "", "", ""},
	{"pte pmd pud", "$_mkyoung", "$_mkyoung(a)", "making it young", "young", true, "", "", ""},
	{"pte pmd pud", "$_mkold", "$_mkold(a)", "making it old", "young", false, "", "", ""},
	{"pte pmd pud", "$_mkwrite", "$MKWRITE(a)", "making it writable", "write", true, "", "", "a_flags & 2"},
	{"pte pmd pud", "$_wrprotect", "$_wrprotect(a)", "write protection", "write", false, "", "", ""},
	{"pte pmd", "$_mkspecial", "$_mkspecial(a)", "making it special", "special", true, "", hasSpecial, ""},
	{"pte pmd pud", "$_mksoft_dirty", "$_mksoft_dirty(a)", "making it soft dirty", "soft_dirty", true, "", hasSoftDirty, ""},
	{"pte pmd pud", "$_clear_soft_dirty", "$_clear_soft_dirty(a)", "clearing its soft dirty bit", "soft_dirty", false, "", hasSoftDirty, ""},
	{"pte pmd", "$_mkuffd_wp", "$_mkuffd_wp(a)", "marking it for userfaultfd", "uffd_wp", true, "write", hasWP, ""},
	{"pte pmd", "$_clear_uffd_wp", "$_clear_uffd_wp(a)", "taking userfaultfd's mark away", "uffd_wp", false, "", hasWP, ""},
	{"pte pmd pud", "$_mkdevmap", "$_mkdevmap(a)", "making it a device mapping", "devmap", true, "special huge", hasDevmap, ""},
	{"pte pmd", "$_modify", "$_modify(a, PROT(newflags))", "another protection", "", false, "write protnone young", "", ""},
	{"pmd pud", "$_mkinvalid", "$_mkinvalid(a)", "making it invalid while it is split", "", false, "protnone", hasTHP, ""},
}

// changes of entries that swap left.
var swapChanges = []change{
	{"pte pmd", "$_swp_mksoft_dirty", "$_swp_mksoft_dirty(a)", "making it soft dirty", "swp_soft_dirty", true, "", hasSoftDirty, ""},
	{"pte pmd", "$_swp_clear_soft_dirty", "$_swp_clear_soft_dirty(a)", "clearing its soft dirty bit", "swp_soft_dirty", false, "", hasSoftDirty, ""},
	{"pte pmd", "$_swp_mkuffd_wp", "$_swp_mkuffd_wp(a)", "marking it for userfaultfd", "swp_uffd_wp", true, "", hasWP, ""},
	{"pte pmd", "$_swp_clear_uffd_wp", "$_swp_clear_uffd_wp(a)", "taking userfaultfd's mark away", "swp_uffd_wp", false, "", hasWP, ""},
	{"pte", "$_swp_mkexclusive", "$_swp_mkexclusive(a)", "making it exclusive", "swp_exclusive", true, "", hasExclusive, ""},
	{"pte", "$_swp_clear_exclusive", "$_swp_clear_exclusive(a)", "making it shared", "swp_exclusive", false, "", hasExclusive, ""},
}

// templates are the laws that are not of the form "X sets" or "X keeps".
var templates = []template{
	{"pte pmd pud", "$_same", "itself", "an entry is the same as itself", "$_same(a, a)", "", "", every, debug},
	{"pte pmd pud", "$_same", "symmetric", "if a is the same as b, b is the same as a", "!$_same(a, b) == !$_same(b, a)", "", "", every, helped},
	{"pte pmd pud", "$_same", "transitive", "if a is the same as b and b as c, a is the same as c", "!$_same(a, b) || !$_same(b, c) || $_same(a, c)", "", "", leaf, helped},
	{"pte pmd pud", "$_same", "none", "an entry that is empty is not the same as one that is not", "!$_same(a, b) || !$_none(a) == !$_none(b)", "", "", every, helped},
	{"pte pmd pud", "$_same", "present", "an entry that is present is not the same as one that is not", "!$_same(a, b) || !$_present(a) == !$_present(b)", "", "", every, helped},
	{"pte pmd pud", "$_same", "bits", "entries that are the same differ in nothing but what the architecture keeps for itself", "!$_same(a, b) || !(($_val(a) ^ $_val(b)) & ~(typeof($_val(a)))(OWN))", "", "", every, helped},
	{"pmd pud", "$_same", "table", "entries that point to tables at different places are not the same", "!$_same(a, b) || a_pfn == b_pfn", "", "", table, helped},

	{"pte pmd pud", "$_pfn", "made", "an entry has the page that it was made of", "$_pfn(a) == a_pfn", "", "", leaf, debug},
	{"pte pmd pud", "$_present", "page", "an entry of a page is present, whatever its protection", "$_present(a)", "", "", leaf, helped},
	{"pte pmd pud", "$_none", "page", "an entry of a page is not empty", "!$_none(a)", "", "", leaf, helped},
	{"pte pmd pud", "$_none", "empty", "an entry that is cleared is empty", "({ $_t x[2] __attribute__((aligned(16))) = { a, a }; $_CLEAR; $_none(x[0]); })", "", "unfolded $", every, debug},
	{"pte pmd pud", "$_none", "not present", "an empty entry is not present", "!($_none(a) && $_present(a))", "", "", every, helped},
	{"pte pmd", "$_none", "swap", "an entry that swap left is neither empty nor present", "!$_none(a) && !$_present(a)", "", hasSwap, swap, helped},
	{"pmd pud", "$_none", "table", "an entry that points to a table is not empty", "!$_none(a)", "", "", table, debug},
	{"pmd pud", "$_bad", "table", "an entry that points to a table is not bad", "!$_bad(a)", "", "", table, debug},
	{"pmd pud", "$_present", "table", "an entry that points to a table is present", "$_present(a)", "", "", table, debug},
	{"pmd pud", "$_leaf", "table", "an entry that points to a table is no leaf", "!$_leaf(a)", "", "", table, helped},
	{"pmd pud", "$_leaf", "page", "an entry of a huge page is a leaf", "$_leaf(a)", "", hasTHP, leaf, debug},
	{"pmd pud", "$_trans_huge", "page", "an entry of a huge page is one", "$_trans_huge(a)", "", hasTHP, leaf, debug},
	{"pmd", "$_trans_huge", "table", "an entry that points to a table is no huge page", "!$_trans_huge(a)", "", hasTHP, table, helped},
	{"pte", "pte_mkhuge", "huge", "an entry made huge is huge", "pte_huge(pte_mkhuge(a))", "", hasHugetlb, leaf, debug},
	{"pte pmd pud", "$_wrprotect", "dirty", "write protection keeps an entry that was made dirty dirty", "$_dirty($_wrprotect($_mkdirty(a)))", "", "", leaf, debug},
	{"pte pmd pud", "$_wrprotect", "clean", "write protection keeps an entry that was made clean clean", "!$_dirty($_wrprotect($_mkclean(a)))", "", "", leaf, debug},
	{"pte pmd", "$_protnone", "none", "a page that nobody may access waits for a NUMA fault, and is present", "$_protnone(a) && $_present(a)", "!(a_flags & 7)", hasNUMA, leaf, debug},
	{"pte pmd", "$_protnone", "access", "a page that may be read does not wait for a NUMA fault", "!$_protnone(a)", "a_flags & 1", hasNUMA, leaf, helped},
	{"pte pmd", "$_modify", "write", "an entry with another protection may be written as that says", "!$_write($_modify(a, PROT(newflags))) || newflags & 2", "", "", leaf, helped},
	{"pte pmd", "$_modify", "young", "an entry that was used stays so with another protection", "!$_young(a) || $_young($_modify(a, PROT(newflags)))", "", "", leaf, helped},
	{"pte pmd", "$_savedwrite", "saved", "a right to write that is saved is there", "$_savedwrite($_mk_savedwrite($_clear_savedwrite(a)))", "$_protnone(a)", hasNUMA, leaf, debug},
	{"pte pmd", "$_savedwrite", "cleared", "a saved right to write that is cleared is gone", "!$_savedwrite($_clear_savedwrite($_mk_savedwrite(a)))", "$_protnone(a)", hasNUMA, leaf, debug},

	{"pte", "swp_entry_to_pte", "type", "an entry keeps the swap device", "swp_type(pte_to_swp_entry(swp_entry_to_pte(swp_entry(type, offset)))) == type", "", hasSwap, nil, debug},
	{"pte", "swp_entry_to_pte", "offset", "an entry keeps the place in swap", "swp_offset(pte_to_swp_entry(swp_entry_to_pte(swp_entry(type, offset)))) == offset", "", hasSwap, nil, debug},
	{"pte", "swp_entry_to_pte", "swap", "an entry of swap is one", "is_swap_pte(swp_entry_to_pte(swp_entry(type, offset)))", "", hasSwap, nil, debug},
	{"pte", "swp_entry_to_pte", "exclusive", "a new entry of swap is not exclusive", "!pte_swp_exclusive(swp_entry_to_pte(swp_entry(type, offset)))", "", hasExclusive, nil, debug},
	{"pte", "swp_entry_to_pte", "soft dirty", "a new entry of swap is not soft dirty", "!pte_swp_soft_dirty(swp_entry_to_pte(swp_entry(type, offset)))", "", hasSoftDirty, nil, debug},
	{"pte", "swp_entry_to_pte", "uffd-wp", "a new entry of swap has no mark of userfaultfd", "!pte_swp_uffd_wp(swp_entry_to_pte(swp_entry(type, offset)))", "", hasWP, nil, helped},
	{"pmd", "swp_entry_to_pmd", "type", "an entry keeps what it waits for", "swp_type(pmd_to_swp_entry(a)) == a_type", "", hasMigration, swap, debug},
	{"pmd", "swp_entry_to_pmd", "offset", "an entry keeps the page that migrates", "swp_offset(pmd_to_swp_entry(a)) == a_offset", "", hasMigration, swap, debug},

	{"pte", "set_pte_at", "get", "what is set in a table is there", "({ pte_t *p = TABLE; set_pte_at(&init_mm, 0, p, a); pte_t x = ptep_get(p); pte_same(x, a) && pte_pfn(x) == pte_pfn(a) && !pte_write(x) == !pte_write(a); })", "", "", mapped, debug},
	{"pte", "ptep_get_and_clear", "get", "what is taken out of a table is what was set", "({ pte_t *p = TABLE; set_pte_at(&init_mm, 0, p, a); pte_t x = ptep_get_and_clear(&init_mm, 0, p); pte_same(x, a); })", "", "", mapped, debug},
	{"pte", "ptep_get_and_clear", "none", "what is taken out of a table is no longer there", "({ pte_t *p = TABLE; set_pte_at(&init_mm, 0, p, a); ptep_get_and_clear(&init_mm, 0, p); pte_none(ptep_get(p)); })", "", "", mapped, debug},
	{"pte", "pte_clear", "none", "an entry that is cleared is empty", "({ pte_t *p = TABLE; set_pte_at(&init_mm, 0, p, a); pte_clear(&init_mm, 0, p); pte_none(ptep_get(p)); })", "", "", mapped, debug},
	{"pte", "ptep_set_wrprotect", "protected", "an entry that is write protected in its table is not writable", "({ pte_t *p = TABLE; set_pte_at(&init_mm, 0, p, a); ptep_set_wrprotect(&init_mm, 0, p); !pte_write(ptep_get(p)); })", "", "", mapped, debug},

	{"pgd", "$_none", "folded", "an entry of a folded level is never empty", "!$_none(a)", "", "defined __PAGETABLE_P4D_FOLDED", none, helped},
	{"pgd", "$_present", "folded", "an entry of a folded level is present", "$_present(a)", "", "defined __PAGETABLE_P4D_FOLDED", none, helped},
	{"pgd", "$_bad", "folded", "an entry of a folded level is not bad", "!$_bad(a)", "", "defined __PAGETABLE_P4D_FOLDED", none, helped},
	{"p4d", "$_none", "folded", "an entry of a folded level is never empty", "!$_none(a)", "", "defined __PAGETABLE_PUD_FOLDED", none, helped},
	{"p4d", "$_present", "folded", "an entry of a folded level is present", "$_present(a)", "", "defined __PAGETABLE_PUD_FOLDED", none, helped},
	{"p4d", "$_bad", "folded", "an entry of a folded level is not bad", "!$_bad(a)", "", "defined __PAGETABLE_PUD_FOLDED", none, helped},
	{"pud", "$_none", "folded", "an entry of a folded level is never empty", "!$_none(a)", "", "defined __PAGETABLE_PMD_FOLDED", none, helped},
	{"pud", "$_present", "folded", "an entry of a folded level is present", "$_present(a)", "", "defined __PAGETABLE_PMD_FOLDED", none, helped},
	{"pud", "$_bad", "folded", "an entry of a folded level is not bad", "!$_bad(a)", "", "defined __PAGETABLE_PMD_FOLDED", none, helped},
	{"pud", "pmd_offset", "folded", "below a folded level the table is the entry itself", "({ pud_t *p = &a; (void *)pmd_offset(p, newflags << 12) == (void *)p; })", "", "defined __PAGETABLE_PMD_FOLDED", none, helped},
}

// Laws returns all laws, in a fixed order: by helper as the tables above name
// them.
func Laws() []Law {
	var list []Law
	for _, t := range allTemplates() {
		for level := range strings.FieldsSeq(t.levels) {
			list = append(list, t.at(level))
		}
	}
	return list
}

// IsChange reports whether laws say of a helper, pte_mkdirty, that it makes
// another entry of the one that it is given.
func IsChange(helper string) bool {
	_, name, _ := strings.Cut(helper, "_")
	name = strings.TrimSuffix(name, "_novma")
	return slices.ContainsFunc(slices.Concat(changes, swapChanges), func(c change) bool { return c.helper == "$_"+name })
}

func allTemplates() []template {
	list := append(slices.Clone(templates), hardwareLaws...)
	for _, f := range facts {
		if f.name != "present" { // said above, of entries of every kind
			list = append(list, f.told())
		}
	}
	for _, c := range changes {
		list = append(list, c.laws(facts, leaf)...)
	}
	for _, c := range swapChanges {
		list = append(list, c.laws(swapFacts, swap)...)
	}
	return list
}

// told is the law that entries which differ in a fact are not the same.
func (f fact) told() template {
	return template{
		levels: "pte pmd pud", helper: "$_same", about: f.name,
		says:  "entries that are the same agree on " + f.is,
		holds: "!$_same(a, b) || " + f.of("a") + " == " + f.of("b"), needs: f.needs, kinds: leaf, source: helped,
	}
}

func (f fact) of(entry string) string { return strings.ReplaceAll(f.value, "X", entry) }

// laws are what a change does, and what it keeps.
func (c change) laws(facts []fact, kinds []Kind) []template {
	var list []template
	for _, f := range facts {
		t := template{levels: c.levels, helper: c.helper, kinds: kinds, source: helped, needs: both(c.needs, f.needs)}
		switch {
		case f.name == c.fact:
			not := "!"
			if c.on {
				not = ""
			}
			t.about, t.source = strings.ReplaceAll(f.name, "swp_", ""), debug
			t.says = c.what + " " + map[bool]string{true: "sets", false: "clears"}[c.on] + " " + f.is
			t.holds = fmt.Sprintf("%s$_%s(%s)", not, f.name, c.makes)
		case slices.Contains(strings.Fields(c.spoils), f.name):
			continue
		default:
			t.about, t.says, t.given = "keeps "+f.name, c.what+" keeps "+f.is, c.keeping
			t.holds = f.of(c.makes) + " == " + f.of("a")
		}
		list = append(list, t)
	}
	return list
}

// both joins gates.
func both(a, b string) string {
	if a == b || b == "" {
		return a
	}
	if a == "" {
		return b
	}
	return a + " && " + b
}

var word = regexp.MustCompile(`\b[a-z]\w*\b`)

// at puts a level into a text. Special entries above the lowest level have a
// gate of their own since v6.12; before, there were none.
func at(text, level string) string {
	text = strings.ReplaceAll(text, "$MKWRITE", level+"_MKWRITE")
	if level != "pte" {
		text = strings.ReplaceAll(text, hasSpecial, "ARCH_SUPPORTS_"+strings.ToUpper(level)+"_PFNMAP")
	}
	return strings.NewReplacer("$_", level+"_", "$HW", level+"_HW", "unfolded $", "unfolded "+level, "hardware $", "hardware "+level).Replace(text)
}

func (t template) at(level string) Law {
	helper := at(t.helper, level)
	l := Law{
		Helper: helper, Name: helper + "/" + t.about, Says: t.says, Level: level, Kinds: t.kinds,
		Source: t.source, Needs: at(t.needs, level), Given: at(t.given, level), Holds: at(t.holds, level),
	}
	used := word.FindAllString(l.Holds, -1)
	for _, e := range []string{"a", "b", "c"} {
		if slices.Contains(used, e) || slices.Contains(used, e+"_pfn") {
			l.Entries = append(l.Entries, e)
		}
	}
	return l
}

var helperName = regexp.MustCompile(`\b(\w+_)?(pte|pmd|pud|p4d|pgd|swp|ptep)_\w+`)

// Helpers returns the names of the functions and macros that laws mention, each
// once, in order.
func Helpers(laws []Law) []string {
	seen := make(map[string]bool)
	var list []string
	for _, l := range laws {
		text := l.Holds + " " + l.Given
		for _, name := range helperName.FindAllString(text, -1) {
			if strings.Contains(name, "_HW_") {
				continue // what the processor is asked
			}
			if strings.HasSuffix(name, "_MKWRITE") || strings.HasSuffix(name, "_CLEAR") {
				name = strings.ToLower(name)
			}
			if !seen[name] && !strings.HasSuffix(name, "_t") {
				seen[name] = true
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return list
}
