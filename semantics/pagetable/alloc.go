package pagetable

import (
	"errors"
	"fmt"
	"strings"

	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
)

// allocators are the page allocator and what stands upon it. It does not fail:
// what happens when it does is another question.
func (w *world) allocators(each func(contract string, run func(*exec.Primitive) (exec.Value, error), names string)) {
	// Where the flags and the order are among the arguments.
	pages := func(flags, order int, linear bool) func(*exec.Primitive) (exec.Value, error) {
		return func(k *exec.Primitive) (exec.Value, error) { return w.allocPages(k, flags, order, linear) }
	}
	const contract = "returns pages that nothing was written to, or of zeros if __GFP_ZERO is given; it does not fail"
	each(contract, pages(0, 1, false), `
		alloc_pages alloc_pages_noprof __alloc_pages __alloc_pages_noprof __folio_alloc
		__folio_alloc_noprof folio_alloc folio_alloc_noprof vma_alloc_folio vma_alloc_folio_noprof`)
	each(contract, pages(1, 2, false), `
		alloc_pages_node alloc_pages_node_noprof __alloc_pages_node __alloc_pages_node_noprof`)
	each(contract, pages(0, 1, true), `__get_free_pages get_free_pages_noprof`)
	each("returns a page of zeros; it does not fail", func(k *exec.Primitive) (exec.Value, error) {
		return w.takePages(k, 0, gfpZero, true)
	}, `get_zeroed_page get_zeroed_page_noprof`)
	each("frees pages, given by their struct page", w.freePages, `__free_pages`)
	each("frees pages, given by their address; 0 is ignored", w.freeAddress, `free_pages`)
	each("returns memory of the cache that nothing was written to, or of zeros if __GFP_ZERO is given; it does not fail", w.fromCache, `
		kmem_cache_alloc kmem_cache_alloc_noprof kmem_cache_alloc_lru kmem_cache_alloc_node kmem_cache_zalloc`)
	each("frees memory of a cache", toCache, `kmem_cache_free`)
}

// gfpZero is __GFP_ZERO.
// Source: include/linux/gfp_types.h, v6.1 and v6.12.
const gfpZero = 0x100

func (w *world) allocPages(k *exec.Primitive, flags, order int, linear bool) (exec.Value, error) {
	gfp, err := k.Addr(flags)
	if err != nil {
		return exec.Value{}, err
	}
	n, err := k.Addr(order)
	if err != nil {
		return exec.Value{}, err
	}
	return w.takePages(k, n, gfp, linear)
}

// takePages allocates 2^order pages: their address or struct page.
func (w *world) takePages(k *exec.Primitive, order, gfp uint64, linear bool) (exec.Value, error) {
	const maxOrder = 20
	if w.geo == nil || order > maxOrder {
		return exec.Value{}, k.Unsupported(k.Name + " before there is memory, or of more than there can be")
	}
	size := w.geo.pageSize << order
	at, err := w.reserve(size, size)
	if err != nil {
		return exec.Value{}, err
	}
	spec := mem.Spec{Name: "of " + k.Name, Kind: mem.PageFrame, Addr: at, Size: size}
	if gfp&gfpZero == 0 {
		spec.Undefined = "a new page, which nothing was written to"
	}
	if _, err := w.m.Mem.Place(spec); err != nil {
		return exec.Value{}, err
	}
	k.Event()
	if w.e.initcall {
		w.newPage(w.page(at))
	}
	if linear {
		return w.m.Pointer(at), nil
	}
	return w.m.Pointer(w.page(at)), nil
}

func (w *world) freePages(k *exec.Primitive) (exec.Value, error) {
	page, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	if !w.isPage(page) {
		return exec.Value{}, k.Trap(exec.TrapWild, fmt.Sprintf("%s of %#x, which is no struct page", k.Name, page))
	}
	k.Event()
	return exec.Value{}, w.release(k, w.geo.linear+(page-w.geo.pages)/w.geo.pageBytes<<w.geo.pageShift)
}

func (w *world) freeAddress(k *exec.Primitive) (exec.Value, error) {
	at, err := k.Addr(0)
	if err != nil || at == 0 {
		return exec.Value{}, err
	}
	k.Event()
	return exec.Value{}, w.release(k, at)
}

// release ends the life of pages. Of pages that were never touched there is
// nothing to forget.
func (w *world) release(k *exec.Primitive, at uint64) error {
	err := w.m.Mem.Free(at, k.Name+" at "+k.Place())
	var access *mem.AccessError
	if errors.As(err, &access) && access.Fault == mem.BadFree {
		return k.Unsupported(k.Name + " of a part of what was allocated")
	}
	return err
}

// fromCache allocates an object whose size only its cache knows: a page, which
// is more than most have. The flags are the second argument, behind the list
// where one is given.
func (w *world) fromCache(k *exec.Primitive) (exec.Value, error) {
	at := 1
	if strings.HasPrefix(k.Name, "kmem_cache_alloc_lru") {
		at = 2
	}
	gfp, err := k.Addr(at)
	if err != nil {
		return exec.Value{}, err
	}
	if k.Name == "kmem_cache_zalloc" {
		gfp |= gfpZero
	}
	return w.takePages(k, 0, gfp, true)
}

func toCache(k *exec.Primitive) (exec.Value, error) {
	at, err := k.Addr(1)
	if err != nil || at == 0 {
		return exec.Value{}, err
	}
	k.Event()
	return exec.Value{}, k.M.Mem.Free(at, k.Name+" at "+k.Place())
}
