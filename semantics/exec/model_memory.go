package exec

import (
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
)

// strings_ are the functions of lib/string.c.
func strings_() map[string]*Model {
	return join(
		each("copies bytes, also where source and destination overlap", memcpy,
			`memcpy memmove __memcpy __memmove`),
		each("fills memory with a byte", memset, `memset __memset`),
		each("compares bytes", memcmp, `memcmp bcmp __builtin_memcmp`),
		each("returns the length of a string", strlen, `strlen`),
		each("returns the length of a string, at most a limit", strnlen, `strnlen`),
		each("compares strings", strcmp, `strcmp`),
		each("compares strings up to a limit", strncmp, `strncmp`),
		each("finds a byte in a string", strchr, `strchr`),
		each("copies a string with its terminating zero", strcpy, `strcpy`),
	)
}

func memcpy(k *Primitive) (Value, error) {
	n, err := k.Addr(2)
	if err != nil {
		return Value{}, err
	}
	return k.Args[0], k.M.copyBytes(k.fr, k.site.loc, k.Args[0], k.Args[1], n)
}

func memset(k *Primitive) (Value, error) {
	at, err := k.Addr(0)
	if err != nil {
		return Value{}, err
	}
	n, err := k.Addr(2)
	if err != nil {
		return Value{}, err
	}
	return k.Args[0], k.M.Mem.Set(at, k.M.Bits.Extract(k.Args[1], 7, 0), n)
}

// byteAt reads one byte of a string.
func (k *Primitive) byteAt(arg int, i uint64) (bits.Term, error) {
	if err := k.M.step(k.fr, k.site.loc); err != nil {
		return bits.Term{}, err
	}
	at := k.M.Bits.Add(k.Args[arg], k.M.Pointer(i))
	return k.Load(at, 1)
}

// compareBytes compares up to n bytes of arguments 0 and 1, to the end of the
// strings if they are some.
func (k *Primitive) compareBytes(n uint64, strings bool) (Value, error) {
	for i := uint64(0); i < n; i++ {
		x, err := k.byteAt(0, i)
		if err != nil {
			return x, err
		}
		y, err := k.byteAt(1, i)
		if err != nil {
			return y, err
		}
		differ, err := k.Decide(k.M.Bits.Ne(x, y))
		if err != nil || differ {
			b := k.M.Bits
			return b.Sub(b.ZExt(x, 32), b.ZExt(y, 32)), err
		}
		if !strings {
			continue
		}
		end, err := k.Decide(k.M.Bits.Eq(x, bits.Const(8, 0)))
		if err != nil || end {
			return bits.Const(32, 0), err
		}
	}
	return bits.Const(32, 0), nil
}

func memcmp(k *Primitive) (Value, error) {
	n, err := k.Addr(2)
	if err != nil {
		return Value{}, err
	}
	return k.compareBytes(n, false)
}

func strcmp(k *Primitive) (Value, error) { return k.compareBytes(^uint64(0), true) }

func strncmp(k *Primitive) (Value, error) {
	n, err := k.Addr(2)
	if err != nil {
		return Value{}, err
	}
	return k.compareBytes(n, true)
}

// scan returns the index of the first byte of argument 0 that is c or the
// terminating zero, at most limit.
func (k *Primitive) scan(c bits.Term, limit uint64) (i uint64, found bool, err error) {
	for ; i < limit; i++ {
		x, err := k.byteAt(0, i)
		if err != nil {
			return i, false, err
		}
		hit, err := k.Decide(k.M.Bits.Eq(x, c))
		if err != nil || hit {
			return i, true, err
		}
		end, err := k.Decide(k.M.Bits.Eq(x, bits.Const(8, 0)))
		if err != nil || end {
			return i, false, err
		}
	}
	return i, false, nil
}

func strlen(k *Primitive) (Value, error) {
	n, _, err := k.scan(bits.Const(8, 0), ^uint64(0))
	return k.M.Pointer(n), err
}

func strnlen(k *Primitive) (Value, error) {
	limit, err := k.Addr(1)
	if err != nil {
		return Value{}, err
	}
	n, _, err := k.scan(bits.Const(8, 0), limit)
	return k.M.Pointer(n), err
}

func strchr(k *Primitive) (Value, error) {
	n, found, err := k.scan(k.M.Bits.Extract(k.Args[1], 7, 0), ^uint64(0))
	if err != nil || !found {
		return k.M.Pointer(0), err
	}
	return k.M.Bits.Add(k.Args[0], k.M.Pointer(n)), nil
}

func strcpy(k *Primitive) (Value, error) {
	for i := uint64(0); ; i++ {
		c, err := k.byteAt(1, i)
		if err != nil {
			return c, err
		}
		if err := k.Store(k.M.Bits.Add(k.Args[0], k.M.Pointer(i)), c); err != nil {
			return c, err
		}
		end, err := k.Decide(k.M.Bits.Eq(c, bits.Const(8, 0)))
		if err != nil || end {
			return k.Args[0], err
		}
	}
}

// allocators never fail: what happens when they do is for another machine to
// decide.
func allocators() map[string]*Model {
	return join(
		each("returns memory that is not initialised unless __GFP_ZERO is given; it does not fail",
			kmalloc, `kmalloc __kmalloc __kmalloc_noprof kmalloc_noprof kmalloc_node kvmalloc_node
			__kmalloc_node kvmalloc`),
		each("returns memory filled with zeros; it does not fail", kzalloc, `kzalloc kzalloc_noprof kvzalloc vzalloc`),
		each("returns an object of the cache, not initialised unless __GFP_ZERO is given; it does not fail. Where the cache's object_size is not known the object has 4096 bytes",
			cacheAlloc, `kmem_cache_alloc kmem_cache_alloc_noprof kmem_cache_alloc_node kmem_cache_alloc_node_noprof`),
		each("returns an object of the cache filled with zeros; it does not fail", cacheZalloc, `kmem_cache_zalloc`),
		each("returns an object to its cache", cacheFree, `kmem_cache_free`),
		each("frees memory of an allocator; NULL is ignored", kfree, `kfree kvfree vfree kfree_sensitive`),
	)
}

// gfpZero is __GFP_ZERO.
// Source: include/linux/gfp_types.h, v6.1 and v6.12.
const gfpZero = 0x100

func kmalloc(k *Primitive) (Value, error) {
	flags, err := k.Addr(1)
	if err != nil {
		return Value{}, err
	}
	if flags&gfpZero != 0 {
		return kzalloc(k)
	}
	return k.allocate("memory of " + k.Name + " at " + k.Place() + ", which nothing was written to")
}

func kzalloc(k *Primitive) (Value, error) { return k.allocate("") }

func (k *Primitive) allocate(undefined string) (Value, error) {
	size, err := k.Addr(0)
	if err != nil {
		return Value{}, err
	}
	return k.Alloc(mem.Spec{Name: k.Name + " at " + k.Place(), Kind: mem.Heap, Size: max(size, 1), Undefined: undefined}, 64)
}

func kfree(k *Primitive) (Value, error) {
	at, err := k.Addr(0)
	if err != nil || at == 0 {
		return Value{}, err
	}
	return Value{}, k.M.Mem.Free(at, k.Name+" at "+k.Place())
}

func cacheAlloc(k *Primitive) (Value, error) {
	flags, err := k.Addr(1)
	if err != nil {
		return Value{}, err
	}
	if flags&gfpZero != 0 {
		return cacheZalloc(k)
	}
	return k.cacheObject("memory of " + k.Name + " at " + k.Place() + ", which nothing was written to")
}

func cacheZalloc(k *Primitive) (Value, error) { return k.cacheObject("") }

func (k *Primitive) cacheObject(undefined string) (Value, error) {
	size := uint64(4096)
	if v, err := k.LoadField(0, "object_size"); err == nil {
		if n, ok := v.Uint64(); ok && n > 0 {
			size = n
		}
	}
	return k.Alloc(mem.Spec{Name: k.Name + " at " + k.Place(), Kind: mem.Heap, Size: size, Undefined: undefined}, 64)
}

func cacheFree(k *Primitive) (Value, error) {
	at, err := k.Addr(1)
	if err != nil {
		return Value{}, err
	}
	return Value{}, k.M.Mem.Free(at, k.Name+" at "+k.Place())
}
