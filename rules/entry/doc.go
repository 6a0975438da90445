// Package entry holds the rules about single entries of page tables: how they
// are read, and by what they are written.
//
// # entry/raw-access
//
// An entry of a page table is read or written directly where the tree goes by
// accessors.
//
// Since v6.9 arm64 keeps the accessed and dirty bits of 16 neighbours in any one
// of them, and ptep_get() gathers them (arch/arm64/mm/contpte.c,
// contpte_ptep_get()); what reads *ptep sees a page as clean that is not. The
// same goes for writes, which x86 hands to a hypervisor and others follow by
// barriers. Generic mm was converted in v6.5 (mm: ptep_get() conversion), so
// that it depends on the tree whether a direct read is a mistake: it is one
// where some architecture defines the accessor to do more than the access, and
// the base of the series has at most one direct access in mm/ for twenty by the
// accessor. v6.1 has 97 to 54 there and nothing is said, v6.12 none to 170.
//
// A second claim is about 32-bit kernels with wide entries (x86 with PAE, arm
// with LPAE): a read by pmdp_get_lockless() that becomes a plain one, or
// pmdp_get(), in a function that takes no lock it did not take before, can see
// the halves of two entries.
//
// Bad:
//
//	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
//	if (pte_dirty(*pte))
//
// Good:
//
//	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
//	if (pte_dirty(ptep_get(pte)))
//
// Entries are told by their type. Variables, what is reached through the address
// of one, memory just allocated and what macros of headers do are no finding;
// code of an architecture is judged only where that defines the accessor itself,
// and goes by it.
//
// Blind spots: configurations in which an entry is a bare number, and pointers
// that come from a structure and point to a copy.
//
// # entry/wrong-setter
//
// An entry is set, read or cleared by a helper that is for other entries.
//
// Three claims, each where an architecture of the tree asserts or does something
// else. set_pte_at() is for entries that are not present: powerpc warns of one
// that the hardware may have loaded, as it flushes nothing (arch/powerpc/mm/
// pgtable.c, set_ptes(), v6.12; set_pte_at(), v6.1). set_pmd_at() is for leaves,
// and powerpc and s390 take what it is given for one; a table is put in by
// pmd_populate(). And an entry that huge_pte_offset(), huge_pte_alloc() or
// hugetlb_walk() found may stand for many on arm64, be a segment's on s390, or
// have halves on powerpc 8xx: huge_ptep_get() and its relatives know
// (include/asm-generic/hugetlb.h).
//
// Bad:
//
//	pte = ptep_get(ptep);
//	if (pte_present(pte))
//		set_pte_at(mm, addr, ptep, pte_mkclean(pte));
//
// Good:
//
//	pte = ptep_get(ptep);
//	if (pte_present(pte)) {
//		pte = ptep_modify_prot_start(vma, addr, ptep);
//		ptep_modify_prot_commit(vma, addr, ptep, pte, pte_mkclean(pte));
//	}
//
// An entry is known to be present where every path has read it by the same
// pointer and asked pte_present() of what it read, and nothing was given the
// pointer since. Code of an architecture is judged for the first claim only, and
// only by its own setter.
//
// Blind spots: what callers have found out about an entry, and pointers to entries
// of hugetlb that a function is given.
package entry
