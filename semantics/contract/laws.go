package contract

import "strings"

// template is a law of several levels. $ stands for the level, "pte".
type template struct {
	levels  string // those it is about
	helper  string
	about   string // what is said
	says    string
	entries string // names
	holds   string
	kinds   []Kind
	source  string
}

const (
	debug  = "mm/debug_vm_pgtable.c"
	helped = "Documentation/mm/arch_pgtable_helpers.rst"
)

var (
	leaf  = []Kind{Leaf}
	every = []Kind{Leaf, None, Table, Swap}
)

// templates are the laws, by helper.
var templates = []template{
	{"pte pmd pud", "$_same", "itself", "an entry is the same as itself", "a", "$_same(a, a)", every, debug},
	{"pte pmd pud", "$_same", "symmetric", "if a is the same as b, b is the same as a", "a b", "!$_same(a, b) == !$_same(b, a)", every, helped},
	{"pte pmd pud", "$_same", "none", "an entry that is empty is not the same as one that is not", "a b", "!$_same(a, b) || !$_none(a) == !$_none(b)", every, helped},
	{"pte pmd pud", "$_same", "present", "an entry that is present is not the same as one that is not", "a b", "!$_same(a, b) || !$_present(a) == !$_present(b)", every, helped},
	{"pte pmd pud", "$_same", "pfn", "entries of different pages are not the same", "a b", "!$_same(a, b) || $_pfn(a) == $_pfn(b)", leaf, helped},
	{"pte pmd pud", "$_same", "write", "a writable entry is not the same as a protected one", "a b", "!$_same(a, b) || !$_write(a) == !$_write(b)", leaf, helped},
	{"pte pmd pud", "$_same", "dirty", "a dirty entry is not the same as a clean one", "a b", "!$_same(a, b) || !$_dirty(a) == !$_dirty(b)", leaf, helped},

	{"pte pmd pud", "$_mkdirty", "dirty", "an entry made dirty is dirty", "e", "$_dirty($_mkdirty(e))", leaf, debug},
	{"pte pmd pud", "$_mkclean", "clean", "an entry made clean is not dirty", "e", "!$_dirty($_mkclean(e))", leaf, debug},
	{"pte pmd pud", "$_mkyoung", "young", "an entry made young is young", "e", "$_young($_mkyoung(e))", leaf, debug},
	{"pte pmd pud", "$_mkold", "old", "an entry made old is not young", "e", "!$_young($_mkold(e))", leaf, debug},
	{"pte pmd pud", "$_mkwrite", "write", "an entry made writable is writable", "e", "$_write($MKWRITE(e))", leaf, debug},
	{"pte pmd pud", "$_wrprotect", "protected", "an entry that is write protected is not writable", "e", "!$_write($_wrprotect(e))", leaf, debug},
	{"pte pmd pud", "$_wrprotect", "dirty", "write protection keeps an entry that was made dirty dirty", "e", "$_dirty($_wrprotect($_mkdirty(e)))", leaf, debug},
	{"pte pmd pud", "$_wrprotect", "clean", "write protection keeps an entry that was made clean clean", "e", "!$_dirty($_wrprotect($_mkclean(e)))", leaf, debug},
	{"pte pmd", "$_mkspecial", "special", "an entry made special is special", "e", "$_special($_mkspecial(e))", leaf, debug},
	{"pte pmd", "$_mksoft_dirty", "soft dirty", "an entry made soft dirty is so", "e", "$_soft_dirty($_mksoft_dirty(e))", leaf, debug},
	{"pte pmd", "$_clear_soft_dirty", "clean", "an entry whose soft dirty bit was cleared has none", "e", "!$_soft_dirty($_clear_soft_dirty(e))", leaf, debug},
	{"pte pmd", "$_mkuffd_wp", "uffd-wp", "an entry marked for userfaultfd is so", "e", "$_uffd_wp($_mkuffd_wp(e))", leaf, helped},
	{"pte pmd", "$_clear_uffd_wp", "clear", "an entry whose userfaultfd mark was cleared has none", "e", "!$_uffd_wp($_clear_uffd_wp(e))", leaf, helped},
	{"pte pmd pud", "$_mkdevmap", "devmap", "an entry made a device mapping is one", "e", "$_devmap($_mkdevmap(e))", leaf, debug},
	{"pte", "pte_mkhuge", "huge", "an entry made huge is huge", "e", "pte_huge(pte_mkhuge(e))", leaf, debug},
	{"pmd", "pmd_mkhuge", "huge", "an entry made huge is a huge page", "e", "pmd_trans_huge(pmd_mkhuge(e))", leaf, debug},
	{"pmd pud", "$_leaf", "huge", "a huge page is a leaf", "e", "$_leaf($_mkhuge(e))", leaf, debug},

	{"pte pmd pud", "$_mkdirty", "pfn", "making dirty keeps the page", "e", "$_pfn($_mkdirty(e)) == $_pfn(e)", leaf, helped},
	{"pte pmd pud", "$_mkclean", "pfn", "making clean keeps the page", "e", "$_pfn($_mkclean(e)) == $_pfn(e)", leaf, helped},
	{"pte pmd pud", "$_mkyoung", "pfn", "making young keeps the page", "e", "$_pfn($_mkyoung(e)) == $_pfn(e)", leaf, helped},
	{"pte pmd pud", "$_mkold", "pfn", "making old keeps the page", "e", "$_pfn($_mkold(e)) == $_pfn(e)", leaf, helped},
	{"pte pmd pud", "$_mkwrite", "pfn", "making writable keeps the page", "e", "$_pfn($MKWRITE(e)) == $_pfn(e)", leaf, helped},
	{"pte pmd pud", "$_wrprotect", "pfn", "write protection keeps the page", "e", "$_pfn($_wrprotect(e)) == $_pfn(e)", leaf, helped},
	{"pte pmd pud", "$_mkdirty", "present", "making dirty keeps an entry present", "e", "!$_present(e) || $_present($_mkdirty(e))", leaf, helped},
	{"pte pmd pud", "$_mkclean", "present", "making clean keeps an entry present", "e", "!$_present(e) || $_present($_mkclean(e))", leaf, helped},
	{"pte pmd pud", "$_mkyoung", "present", "making young keeps an entry present", "e", "!$_present(e) || $_present($_mkyoung(e))", leaf, helped},
	{"pte pmd pud", "$_mkold", "present", "making old keeps an entry present", "e", "!$_present(e) || $_present($_mkold(e))", leaf, helped},
	{"pte pmd pud", "$_mkwrite", "present", "making writable keeps an entry present", "e", "!$_present(e) || $_present($MKWRITE(e))", leaf, helped},
	{"pte pmd pud", "$_wrprotect", "present", "write protection keeps an entry present", "e", "!$_present(e) || $_present($_wrprotect(e))", leaf, helped},
	{"pte pmd pud", "$_mkold", "dirty", "making old keeps what dirty says", "e", "!$_dirty($_mkold(e)) == !$_dirty(e)", leaf, helped},
	{"pte pmd pud", "$_mkold", "write", "making old keeps what may be written", "e", "!$_write($_mkold(e)) == !$_write(e)", leaf, helped},
	{"pte pmd pud", "$_mkclean", "young", "making clean keeps what young says", "e", "!$_young($_mkclean(e)) == !$_young(e)", leaf, helped},
	{"pte pmd pud", "$_wrprotect", "young", "write protection keeps what young says", "e", "!$_young($_wrprotect(e)) == !$_young(e)", leaf, helped},

	{"pte pmd pud", "$_none", "not present", "an empty entry is not present", "e", "!($_none(e) && $_present(e))", every, helped},
	{"pmd pud", "$_present", "invalid", "an entry that is made invalid while it is split still counts as present", "e", "$_present($_mkinvalid(e))", leaf, helped},
}

// Laws returns all laws, in a fixed order.
func Laws() []Law {
	var list []Law
	for _, t := range templates {
		for level := range strings.FieldsSeq(t.levels) {
			list = append(list, t.at(level))
		}
	}
	return list
}

func (t template) at(level string) Law {
	at := func(s string) string { return strings.ReplaceAll(s, "$_", level+"_") }
	return Law{
		Helper: at(t.helper), Name: at(t.helper) + "/" + t.about, Says: t.says, Level: level,
		Entries: strings.Fields(t.entries), Kinds: t.kinds, Source: t.source,
		Holds: strings.ReplaceAll(at(t.holds), "$MKWRITE", level+"_MKWRITE"),
	}
}
