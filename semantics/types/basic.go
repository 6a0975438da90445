package types

// makeBasics makes the arithmetic types of the target.
func (u *Unit) makeBasics() {
	long := int64(u.abi.LongSize)
	sizes := [numBasic]int64{
		Void: 0, Bool: 1, Char: 1, SChar: 1, UChar: 1, Short: 2, UShort: 2, Int: 4, UInt: 4,
		Long: long, ULong: long, LongLong: 8, ULongLong: 8, Int128: 16, UInt128: 16,
		Float: 4, Double: 8, LongDouble: int64(u.abi.LongDouble), Float128: 16,
	}
	for k := range numBasic {
		b := &Basic{Kind: k, size: sizes[k], Bits: int(sizes[k]) * 8}
		b.align = max(1, u.naturalAlign(b.size))
		switch k {
		case Bool:
			b.Bits = 1
		case Char:
			b.Signed = !u.abi.CharUnsigned
		case SChar, Short, Int, Long, LongLong, Int128:
			b.Signed = true
		}
		u.basic[k] = b
	}
	for i, signed := range []bool{false, true} {
		for n := range u.odd[i] {
			u.odd[i][n] = u.oddType(n, signed)
		}
	}
}

// naturalAlign is the alignment of a basic type outside records.
func (u *Unit) naturalAlign(size int64) int64 {
	if size&(size-1) != 0 { // 12 bytes of x87 and 68881
		size = 4
	}
	return min(size, int64(u.abi.MaxAlign))
}

// oddType makes the type of a bit-field of n bits.
func (u *Unit) oddType(n int, signed bool) *Basic {
	size := int64(1)
	for size*8 < int64(n) {
		size *= 2
	}
	like := u.integer(int(size)*8, !signed)
	if n == like.Bits {
		return like
	}
	b := *like
	b.Bits = n
	return &b
}

// integer is gcc's integer type of that many bits: the first of int, char,
// short, long, long long and __int128.
func (u *Unit) integer(bits int, unsigned bool) *Basic {
	kinds := [...]BasicKind{Int, SChar, Short, Long, LongLong, Int128}
	for _, k := range kinds {
		if int(u.basic[k].size)*8 == bits {
			if unsigned {
				k++
			}
			return u.basic[k]
		}
	}
	panic("types: no integer type has this width")
}

// integerFor is the narrowest integer type with at least that many bits.
func (u *Unit) integerFor(bits int, unsigned bool) *Basic {
	n := 8
	for n < bits {
		n *= 2
	}
	return u.integer(n, unsigned)
}

// fieldAlign is the alignment of a member of type t, and of _Alignof: some
// targets align long long and double less inside records.
func (c *checker) fieldAlign(t Type) int64 {
	if q, ok := t.(*Qualified); ok {
		if q.Aligned > 0 {
			return q.Aligned
		}
		t = q.Elem
	}
	switch t := t.(type) {
	case *Array:
		return c.fieldAlign(t.Elem)
	case *Enum:
		return c.fieldAlign(t.Repr)
	case *Basic:
		if t.size == 8 && c.u.abi.LongLongAlign > 0 {
			return min(t.align, int64(c.u.abi.LongLongAlign))
		}
	}
	return t.Align()
}
