// Package mapping holds the rules about mapping page tables: the pointers that
// pte_offset_map() and its relatives return, and the locks that come with them.
// What a function does with either is read from the tree under review, so that a
// call may return NULL where its definition there says so, and nowhere else.
//
// # map/unchecked-null
//
// The pointer of a call that may not have mapped is used without a check.
//
// Since v6.5 pte_offset_map() and pte_offset_map_lock() return NULL when the
// page table has gone, or was never there (mm/pgtable-generic.c,
// __pte_offset_map()): a huge page can take its place at any time while only
// mmap_lock is held for reading, or not at all. What follows the pointer without
// a look then writes to a low address; what gives it back with
// pte_unmap_unlock() releases a lock that was never taken.
//
// The rule follows every path of a changed function in every class, decides
// conditions as far as the function itself does, and looks into the functions it
// calls. Reported are paths on which the call fails and its pointer is read,
// written through, handed to something that does so, or unmapped.
//
// Bad:
//
//	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
//	if (pte_none(ptep_get(pte)))
//
// Good:
//
//	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
//	if (!pte)
//		return 0;
//	if (pte_none(ptep_get(pte)))
//
// A patch that lets a function return NULL which did not, as mm/pgtable-generic.c
// did in v6.5, leaves callers behind that it does not touch. They are one finding,
// where the function begins to fail, with the list of those callers that check
// nothing, and the later patch of the series that repairs each. They are looked
// for by the names in the text of fs/, kernel/, lib/, mm/, virt/ and arch/, also
// by way of macros and of functions that hand the pointer on. Generic code is
// followed in classes of one architecture, that of an architecture in its own, in
// configurations that compile it. What failed before is not new.
//
// Blind spots: pointers in arrays, functions called through pointers, and
// conditions that only the meaning of other data connects. Callers of a function
// that begins to fail in other folders are not looked for, nor in other
// configurations than the first that compiles them.
//
// # map/unbalanced
//
// A mapped page table is not given back on some path, or twice, or by a pointer
// that has left it.
//
// pte_unmap() ends what pte_offset_map() began: a kmap of the table where tables
// lie in high memory (CONFIG_HIGHPTE, arm and x86-32), and since v6.5 a
// read-side section of RCU everywhere. One that is missing leaves the task
// unable to sleep, and one too many ends a section that others rely on. kunmap
// goes by the page of its argument, so that a pointer which a loop moved behind
// the last entry names the wrong one.
//
// The rule follows the paths of a changed function as map/unchecked-null does.
// What a function returns to its caller mapped, or leaves in a structure of its
// caller, is the caller's to give back. A patch that lets a function hand on a map
// or a lock that it did not leaves callers behind, which are one finding as there.
//
// Bad:
//
//	for (pte = pte_offset_map(pmd, addr); addr != end; addr += PAGE_SIZE, pte++)
//		if (!pte_none(ptep_get(pte)))
//			return 1;
//	pte_unmap(pte);
//
// Good:
//
//	start = pte = pte_offset_map(pmd, addr);
//	if (!start)
//		return 0;
//	for (; addr != end && !found; addr += PAGE_SIZE, pte++)
//		found = !pte_none(ptep_get(pte));
//	pte_unmap(start);
//
// Blind spots: as of map/unchecked-null; and locks that are handed on in a
// structure together with what tells whether they are held.
//
// # map/sleeps
//
// Something that may sleep is called where a mapped table or a spinlock forbids
// it.
//
// Since v6.6 pte_offset_map() and its relatives enter a read-side section of RCU,
// which pte_unmap() leaves (mm/pgtable-generic.c, __pte_offset_map()); before,
// with CONFIG_HIGHPTE, they mapped the table by kmap_atomic(), which turns
// preemption off. Under the lock of the table nobody may sleep in any kernel. A
// task that does is not run again before others that spin for its lock, or lets a
// grace period end that a table is freed after. Most configurations do not check
// it, so that it shows as a hang.
//
// The rule knows from the tree's definition what a map begins, and which locks a
// path holds. A function sleeps if its own text in the tree calls might_sleep(),
// cond_resched() or schedule(), or a function that does, on every path other than
// those that unlikely() and warnings mark; an allocation does by its constant
// flags.
//
// Bad:
//
//	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
//	for (; addr != end; pte++, addr += PAGE_SIZE) {
//		cond_resched();
//
// Good:
//
//	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
//	for (; addr != end && !need_resched(); pte++, addr += PAGE_SIZE) {
//	...
//	pte_unmap_unlock(start, ptl);
//	cond_resched();
//
// Blind spots: functions that sleep on some of their paths only; access to user
// memory; allocation with flags that are not constant; locks that are members of a
// structure and taken by their address; functions called through pointers.
//
// # map/wrong-lock
//
// A page table is changed under a lock that may not be its own.
//
// With split locks each table has one, which pte_lockptr() finds by way of the
// pmd. Since v6.5 the table can be taken away from under a map while mmap_lock is
// not held for writing: a pmd that is read again after pte_offset_map() can name
// another table or none, and its lock protects nothing that was mapped.
// pte_offset_map_nolock() finds the lock by the same reading of the pmd
// (mm/pgtable-generic.c, v6.5), and pte_offset_map_lock() compares the pmd under
// it. The same goes for an entry that is written through the map of one pmd while
// only the lock of another is held.
//
// The rule follows the paths of a changed function as map/unchecked-null does. In
// a tree whose pte_offset_map() cannot fail, a pmd does not change under a map,
// and may be read again. Where tables share the lock of their mm nothing is said.
//
// Bad:
//
//	pte = pte_offset_map(pmd, addr);
//	...
//	ptl = pte_lockptr(mm, pmd);
//	spin_lock(ptl);
//
// Good:
//
//	pte = pte_offset_map_nolock(mm, pmd, addr, &ptl);
//	...
//	spin_lock(ptl);
//	if (unlikely(!pmd_same(pmdval, pmdp_get_lockless(pmd))))
//
// Blind spots: what keeps a pmd as it is other than its own lock, mmap_lock held
// for writing by a caller for one; tables that are named by members of structures;
// locks that a caller holds.
package mapping
