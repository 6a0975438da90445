package pointers

import (
	"slices"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/types"
)

// HugeUse is an ordinary helper, or a plain access, that is given a pointer to an
// entry of hugetlb.
type HugeUse struct {
	Helper string // that is used; "" for a plain access
	Huge   string // that is there for hugetlb
	Text   string
	Finder string // that found the entry
	Loc    cpp.Loc
}

// hugeFinders return pointers to entries of hugetlb.
// Source: include/linux/hugetlb.h, v6.1 and v6.12.
var hugeFinders = [...]string{"huge_pte_offset", "huge_pte_alloc", "hugetlb_walk"}

// hugeHelper returns what is to be used for entries of hugetlb in place of an
// ordinary helper, "" if that is for them as well.
// Source: include/asm-generic/hugetlb.h, v6.1 and v6.12.
func hugeHelper(name string) string {
	switch name {
	case "ptep_get":
		return "huge_ptep_get"
	case "set_pte_at", "set_ptes":
		return "set_huge_pte_at"
	case "pte_clear":
		return "huge_pte_clear"
	case "ptep_get_and_clear", "ptep_clear_flush", "ptep_set_wrprotect", "ptep_set_access_flags":
		return "huge_" + name
	}
	return ""
}

// HugeUses returns the ordinary uses of hugetlb entries in a function, as far as it
// found them itself, in the order of its text.
func HugeUses(fn *facts.Function) []HugeUse {
	if !spells(fn, func(name string) bool { return slices.Contains(hugeFinders[:], name) }) {
		return nil
	}
	body, sources := bodyOf(fn)
	if body == nil {
		return nil
	}
	var list []HugeUse
	for _, a := range Accesses(fn) {
		if by := sources.finder(a.Pointer); by != "" && !a.Write {
			list = append(list, HugeUse{Huge: "huge_ptep_get", Text: a.Text, Finder: by, Loc: a.Loc})
		}
	}
	syntax.Inspect(body, func(n syntax.Node) bool {
		c, ok := n.(*syntax.Call)
		if !ok {
			return true
		}
		name := Called(c)
		huge := hugeHelper(name)
		if huge == "" || slices.ContainsFunc(fn.Unit.Cpp.Chain(c.Loc()), func(use cpp.Use) bool { return hugeHelper(use.Macro.Name) == "" }) {
			return true
		}
		for _, x := range c.Args {
			if by := sources.finder(x); by != "" {
				list = append(list, HugeUse{name, huge, syntax.ExprString(c), by, c.Loc()})
			}
		}
		return true
	})
	return list
}

// finder returns what found the entry of hugetlb that an expression points to, ""
// if anything else may have.
func (s Sources) finder(x syntax.Expr) string {
	v := types.ObjectOf(x)
	if v == nil || !v.Local {
		return ""
	}
	by := ""
	for _, from := range s[v] {
		if k := types.ConstOf(from); k != nil && k.IsZero() {
			continue
		}
		name := Called(from)
		if !slices.Contains(hugeFinders[:], name) {
			return ""
		}
		by = name
	}
	return by
}
