package exec

import (
	"strings"

	"ptreview/semantics/bits"
)

// With one thread an atomic operation is its plain one. Modelling it by the
// name of the architecture's function spares the assembly behind it.
// Source: Documentation/atomic_t.txt and scripts/atomic/atomics.tbl, v6.12,
// for names, the order of arguments and results.

// atomics are arch_atomic_* and arch_atomic64_*, xchg and cmpxchg, and the
// operations on bitmaps.
func atomics() map[string]*Model {
	all := make(map[string]*Model)
	for prefix, size := range map[string]int{"arch_atomic_": 4, "arch_atomic64_": 8} {
		for _, order := range []string{"", "_relaxed", "_acquire", "_release"} {
			atomicNames(all, prefix, order, size)
		}
	}
	add(all, "replaces 8 bytes if they have the value expected and returns the old one", atomicCompare(8, false), "__cmpxchg64", "__cmpxchg64_local")
	add(all, "replaces 8 bytes if they have the value expected, else stores what is there; says which", atomicCompare(8, true), "__try_cmpxchg64", "__try_cmpxchg64_local")
	add(all, "sets 8 bytes", atomicSet(8), "set_64bit")
	for _, order := range []string{"", "_relaxed", "_acquire", "_release", "_acq", "_rel", "_mb", "_local"} {
		add(all, "exchanges a word in memory, whose size is an argument, and returns the old one", exchange,
			"__xchg"+order, "__arch_xchg"+order)
		add(all, "compares a word in memory, whose size is an argument, with another and replaces it if they are equal; returns the old one",
			compareExchange, "__cmpxchg"+order, "__arch_cmpxchg"+order)
	}
	return join(all, bitmaps(), bitSearches())
}

func add(all map[string]*Model, contract string, run func(*Primitive) (Value, error), names ...string) {
	for _, name := range names {
		all[name] = &Model{Contract: contract, Run: run}
	}
}

// atomicNames adds the operations of one size with one ordering.
func atomicNames(all map[string]*Model, prefix, order string, size int) {
	for _, op := range []string{"add", "sub", "and", "or", "xor", "andnot"} {
		f := atomicOp(op)
		add(all, "changes an atomic by "+op, atomicChange(size, f, noValue), prefix+op)
		add(all, "changes an atomic by "+op+" and returns the new value", atomicChange(size, f, newValue), prefix+op+"_return"+order)
		add(all, "changes an atomic by "+op+" and returns the old value", atomicChange(size, f, oldValue), prefix+"fetch_"+op+order)
	}
	for _, op := range []string{"inc", "dec"} {
		f := atomicOp(op)
		add(all, op+"rements an atomic", atomicChange(size, f, noValue), prefix+op)
		add(all, op+"rements an atomic and returns the new value", atomicChange(size, f, newValue), prefix+op+"_return"+order)
		add(all, op+"rements an atomic and returns the old value", atomicChange(size, f, oldValue), prefix+"fetch_"+op+order)
		add(all, op+"rements an atomic and says whether it became 0", atomicChange(size, f, isZero), prefix+op+"_and_test")
	}
	if order == "" || order == "_acquire" {
		add(all, "returns the value of an atomic", atomicRead(size), prefix+"read"+order)
	}
	if order == "" || order == "_release" {
		add(all, "sets an atomic", atomicSet(size), prefix+"set"+order)
	}
	add(all, "subtracts from an atomic and says whether it became 0", atomicChange(size, atomicOp("sub"), isZero), prefix+"sub_and_test")
	add(all, "adds to an atomic and says whether it became negative", atomicChange(size, atomicOp("add"), isNegative), prefix+"add_negative"+order)
	add(all, "replaces an atomic and returns the old value", atomicExchange(size), prefix+"xchg"+order)
	add(all, "replaces an atomic if it has the value expected and returns the old one", atomicCompare(size, false), prefix+"cmpxchg"+order)
	add(all, "replaces an atomic if it has the value expected, else stores what it has there; says which", atomicCompare(size, true), prefix+"try_cmpxchg"+order)
	add(all, "adds to an atomic unless it has some value and returns the old one", atomicUnless(size, oldValue), prefix+"fetch_add_unless")
	add(all, "adds to an atomic unless it has some value and says whether it did", atomicUnless(size, noValue), prefix+"add_unless")
}

// atomicOp returns the operation of a name.
func atomicOp(name string) combine {
	switch name {
	case "inc":
		return func(b *bits.Builder, old, _ bits.Term) bits.Term { return b.Add(old, bits.Const(old.Width(), 1)) }
	case "dec":
		return func(b *bits.Builder, old, _ bits.Term) bits.Term { return b.Sub(old, bits.Const(old.Width(), 1)) }
	case "andnot":
		return func(b *bits.Builder, old, x bits.Term) bits.Term { return b.And(old, b.Not(x)) }
	}
	return fetchOp(name)
}

// answer chooses what an operation returns.
type answer func(b *bits.Builder, old, now bits.Term) bits.Term

func noValue(*bits.Builder, bits.Term, bits.Term) bits.Term  { return bits.Term{} }
func oldValue(_ *bits.Builder, old, _ bits.Term) bits.Term   { return old }
func newValue(_ *bits.Builder, _, now bits.Term) bits.Term   { return now }
func isZero(b *bits.Builder, _, now bits.Term) bits.Term     { return b.Not(nonzero(b, now)) }
func isNegative(b *bits.Builder, _, now bits.Term) bits.Term { return bit(b, now, now.Width()-1) }

// atomicChange is an operation on the last argument, by the first if there are
// two.
func atomicChange(size int, f combine, result answer) func(*Primitive) (Value, error) {
	return func(k *Primitive) (Value, error) {
		at := k.Args[len(k.Args)-1]
		old, err := k.Load(at, size)
		if err != nil {
			return old, err
		}
		b := k.M.Bits
		now := f(b, old, b.Resize(k.Args[0], 8*size, true))
		return result(b, old, now), k.Store(at, now)
	}
}

func atomicRead(size int) func(*Primitive) (Value, error) {
	return func(k *Primitive) (Value, error) { return k.Load(k.Args[0], size) }
}

func atomicSet(size int) func(*Primitive) (Value, error) {
	return func(k *Primitive) (Value, error) {
		return Value{}, k.Store(k.Args[0], k.M.Bits.Resize(k.Args[1], 8*size, true))
	}
}

func atomicExchange(size int) func(*Primitive) (Value, error) {
	return func(k *Primitive) (Value, error) {
		old, err := k.Load(k.Args[0], size)
		if err != nil {
			return old, err
		}
		return old, k.Store(k.Args[0], k.M.Bits.Resize(k.Args[1], 8*size, true))
	}
}

// atomicCompare is cmpxchg(v, old, new), or try_cmpxchg(v, &old, new).
func atomicCompare(size int, try bool) func(*Primitive) (Value, error) {
	return func(k *Primitive) (Value, error) {
		b, want := k.M.Bits, k.Args[1]
		if try {
			var err error
			if want, err = k.Load(k.Args[1], size); err != nil {
				return want, err
			}
		}
		old, same, err := k.swap(k.Args[0], size, b.Resize(want, 8*size, true), k.Args[2])
		if err != nil || !try {
			return old, err
		}
		if !same {
			return bits.Bool(false), k.Store(k.Args[1], old)
		}
		return bits.Bool(true), nil
	}
}

// swap stores v at an address if want is there; it returns what was.
func (k *Primitive) swap(at Value, size int, want, v Value) (old Value, same bool, err error) {
	if old, err = k.Load(at, size); err != nil {
		return old, false, err
	}
	b := k.M.Bits
	same, err = k.Decide(b.Eq(old, b.Resize(want, 8*size, true)))
	if err != nil || !same {
		return old, false, err
	}
	return old, true, k.Store(at, b.Resize(v, 8*size, true))
}

// atomicUnless is add_unless(v, a, u).
func atomicUnless(size int, result answer) func(*Primitive) (Value, error) {
	return func(k *Primitive) (Value, error) {
		b := k.M.Bits
		old, err := k.Load(k.Args[0], size)
		if err != nil {
			return old, err
		}
		same, err := k.Decide(b.Eq(old, b.Resize(k.Args[2], 8*size, true)))
		if err != nil {
			return old, err
		}
		if !same {
			err = k.Store(k.Args[0], b.Add(old, b.Resize(k.Args[1], 8*size, true)))
		}
		if v := result(b, old, old); v.IsValid() {
			return v, err
		}
		return bits.Bool(!same), err
	}
}

// wordSize returns the last argument, a size in bytes.
func (k *Primitive) wordSize() (int, error) {
	n, err := k.Addr(len(k.Args) - 1)
	if err == nil && (n == 0 || n > 16) {
		err = k.Unsupported(k.Name + " of an odd size")
	}
	return int(n), err
}

// exchange is xchg with the pointer first (powerpc) or the value first (arm64,
// s390, where the address may be an integer).
func exchange(k *Primitive) (Value, error) {
	if len(k.Args) != 3 {
		return Value{}, k.Unsupported(k.Name)
	}
	size, err := k.wordSize()
	if err != nil {
		return Value{}, err
	}
	at, v := k.Args[1], k.Args[0]
	if isPointer(k.ArgType(0)) {
		at, v = v, at
	}
	old, err := k.Load(at, size)
	if err != nil {
		return old, err
	}
	return old, k.Store(at, k.M.Bits.Resize(v, 8*size, false))
}

// compareExchange is cmpxchg(ptr, old, new, size).
func compareExchange(k *Primitive) (Value, error) {
	if len(k.Args) != 4 {
		return Value{}, k.Unsupported(k.Name)
	}
	size, err := k.wordSize()
	if err != nil {
		return Value{}, err
	}
	b := k.M.Bits
	old, _, err := k.swap(k.Args[0], size, b.Resize(k.Args[1], 8*size, false), b.Resize(k.Args[2], 8*size, false))
	return old, err
}

// bitmaps are set_bit(nr, addr) and its likes.
func bitmaps() map[string]*Model {
	all := make(map[string]*Model)
	for op, f := range map[string]combine{
		"set":    fetchOp("or"),
		"clear":  atomicOp("andnot"),
		"change": fetchOp("xor"),
	} {
		for _, prefix := range []string{"", "_", "__", "arch_", "arch___"} {
			add(all, op+"s a bit of a bitmap", bitChange(f, false), prefix+op+"_bit")
			add(all, op+"s a bit of a bitmap and says whether it was set", bitChange(f, true), prefix+"test_and_"+op+"_bit")
		}
	}
	add(all, "says whether a bit of a bitmap is set", bitChange(noChange, true), "arch_test_bit", "arch_test_bit_acquire")
	for _, prefix := range []string{"", "arch_"} {
		add(all, "sets a bit of a bitmap and says whether it was set", bitChange(fetchOp("or"), true), prefix+"test_and_set_bit_lock")
		add(all, "clears a bit of a bitmap", bitChange(atomicOp("andnot"), false), prefix+"clear_bit_unlock", prefix+"__clear_bit_unlock")
	}
	return all
}

// noChange leaves a value as it is.
func noChange(_ *bits.Builder, old, _ bits.Term) bits.Term { return old }

func bitChange(f combine, test bool) func(*Primitive) (Value, error) {
	return func(k *Primitive) (Value, error) {
		nr, err := k.Addr(0)
		if err != nil {
			return Value{}, err
		}
		b := k.M.Bits
		size := k.M.prog.abi.LongSize
		word := uint64(int64(nr)) / uint64(8*size) * uint64(size)
		at := b.Add(k.Args[1], k.M.Pointer(word))
		old, err := k.Load(at, size)
		if err != nil {
			return old, err
		}
		n := int(nr % uint64(8*size))
		mask := b.Shl(bits.Const(8*size, 1), bits.Const(8*size, uint64(n)))
		if err := k.Store(at, f(b, old, mask)); err != nil || !test {
			return Value{}, err
		}
		return bit(b, old, n), nil
	}
}

// bitSearches are __ffs and its likes, which are instructions on most
// processors.
func bitSearches() map[string]*Model {
	all := make(map[string]*Model)
	search := func(names, contract string, zeroUndefined bool, f func(b *bits.Builder, x bits.Term) bits.Term) {
		add(all, contract, func(k *Primitive) (Value, error) {
			b, x := k.M.Bits, k.Args[0]
			if zeroUndefined {
				zero, err := k.Decide(b.Eq(x, bits.Const(x.Width(), 0)))
				if err != nil || zero {
					return k.Unknown(k.Name+" of 0", 32), err
				}
			}
			return f(b, x), nil
		}, strings.Fields(names)...)
	}
	search("__ffs variable__ffs __ffs64", "returns the number of the lowest bit set, from 0", true,
		func(b *bits.Builder, x bits.Term) bits.Term { return ctz(b, x, 32) })
	search("__fls variable__fls", "returns the number of the highest bit set, from 0", true,
		func(b *bits.Builder, x bits.Term) bits.Term {
			return b.Sub(bits.Const(32, uint64(x.Width()-1)), clz(b, x, 32))
		})
	search("ffz variable_ffz", "returns the number of the lowest bit not set, from 0", false,
		func(b *bits.Builder, x bits.Term) bits.Term { return ctz(b, b.Not(x), 32) })
	search("ffs variable_ffs", "returns the number of the lowest bit set, from 1; 0 if none", false,
		func(b *bits.Builder, x bits.Term) bits.Term { return ffs(b, x, 32) })
	search("fls fls64 variable_fls", "returns the number of the highest bit set, from 1; 0 if none", false,
		func(b *bits.Builder, x bits.Term) bits.Term {
			return b.Sub(bits.Const(32, uint64(x.Width())), clz(b, x, 32))
		})
	search("__arch_hweight8 __arch_hweight16 __arch_hweight32 __arch_hweight64 __sw_hweight8 __sw_hweight16 __sw_hweight32 __sw_hweight64",
		"returns the number of bits set", false,
		func(b *bits.Builder, x bits.Term) bits.Term { return popcount(b, x, 32) })
	return all
}

// capability answers a test of an optional CPU capability.
func capability(k *Primitive) (Value, error) {
	k.M.result.Assumptions = note(k.M.result.Assumptions, "the processor has no optional capability that "+k.Name+" asks for")
	return Value{}, nil
}
