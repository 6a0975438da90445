package exec

import (
	"errors"

	"ptreview/semantics/bits"
)

// errNotModelled is what a model says of a statement that only looks like the
// ones it knows.
var errNotModelled = errors.New("assembly without a model")

// ppcStorePair stores an entry of 64 bits as two words, the upper one first, on
// a big-endian processor of 32 bits.
// Source: arch/powerpc/include/asm/nohash/pgtable.h and book3s/32/pgtable.h,
// __set_pte_at, v6.1 and v6.12.
func ppcStorePair(a *Asm, _ []string) error {
	if len(a.Outputs) != 2 || len(a.Inputs) != 1 || !a.Outputs[0].Addr.IsValid() || !a.Outputs[1].Addr.IsValid() ||
		!a.Inputs[0].Value.IsValid() || a.Inputs[0].Value.Width() != 64 {
		return errNotModelled
	}
	b, v := a.M.Bits, a.Inputs[0].Value
	if err := a.Store(a.Outputs[0].Addr, b.Extract(v, 63, 32)); err != nil {
		return err
	}
	return a.Store(a.Outputs[1].Addr, b.Extract(v, 31, 0))
}

// riscvNoMemoryType is what stands where boot code may write the bits of a
// memory type: none, on a processor without Svpbmt.
// Source: arch/riscv/include/asm/errata_list.h, ALT_SVPBMT, v6.1 and v6.12.
func riscvNoMemoryType(a *Asm, _ []string) error {
	if len(a.Outputs) != 1 {
		return errNotModelled
	}
	a.M.result.Assumptions = note(a.M.result.Assumptions, "the processor has no memory types in entries (Svpbmt)")
	return a.Set(0, bits.Const(64, 0))
}

// x86UserLimit is the end of user space, which boot code chooses by the levels
// of page tables.
// Source: arch/x86/include/asm/page_64.h, task_size_max, v6.1 and v6.12.
func x86UserLimit(a *Asm, _ []string) error {
	which := "%[small]"
	if large, known := a.M.features["pgtable_l5_enabled"]; !known {
		return errNotModelled
	} else if large {
		which = "%[large]"
	}
	return asmMove(a, "%0", which)
}

// s390InvalidatePage is IPTE: the invalid bit of the entry that the origin in
// r1 and the page index in r2 designate is set.
// Source: z/Architecture Principles of Operation, chapter 10, INVALIDATE PAGE
// TABLE ENTRY: the origin is that of 2 KiB, the index bits 44 to 51 of r2.
func s390InvalidatePage(a *Asm, _ []string) error {
	const invalid = 0x400
	return a.s390Invalidate(invalid, 11, func(b *bits.Builder, address bits.Term) bits.Term {
		return b.And(b.LShr(address, bits.Const(64, 12)), bits.Const(64, 0xff))
	})
}

// s390InvalidateRegion is IDTE: the invalid bit of the region or segment table
// entry that r1 and the index of its type in r2 designate is set.
// Source: z/Architecture Principles of Operation, chapter 10, INVALIDATE DAT
// TABLE ENTRY: bits 60 and 61 of r1 are the table's type, the origin is that
// of 4 KiB.
func s390InvalidateRegion(a *Asm, _ []string) error {
	const invalid = 0x20
	return a.s390Invalidate(invalid, 12, func(b *bits.Builder, address bits.Term) bits.Term {
		r1, err := a.value("%[r1]")
		kind, known := b.Extract(r1, 3, 2).Uint64()
		if err != nil || !known {
			return bits.Term{}
		}
		shift := map[uint64]uint64{0: 20, 1: 31, 2: 42, 3: 53}[kind]
		return b.And(b.LShr(address, bits.Const(64, shift)), bits.Const(64, 0x7ff))
	})
}

// s390Invalidate sets a bit of the only output, if it is the entry that the
// table in r1, aligned to 1<<align bytes, has at the index of the address in
// r2. Tables of 2048 entries span 16 KiB.
func (a *Asm) s390Invalidate(invalid uint64, align int, index func(*bits.Builder, bits.Term) bits.Term) error {
	r1, err := a.value("%[r1]")
	if err != nil {
		return err
	}
	r2, err := a.value("%[r2]")
	if err != nil {
		return err
	}
	if len(a.Outputs) != 1 || !a.Outputs[0].Addr.IsValid() || r1.Width() != 64 || r2.Width() != 64 {
		return errNotModelled
	}
	b := a.M.Bits
	i := index(b, r2)
	if !i.IsValid() {
		return errNotModelled
	}
	entry := b.Add(b.And(r1, b.Not(bits.Const(64, 1<<align-1))), b.Shl(i, bits.Const(64, 3)))
	const table = 1<<14 - 1
	low := func(x bits.Term) bits.Term { return b.And(x, bits.Const(64, table)) }
	same, err := a.M.decide(a.fr, b.Eq(low(entry), low(a.Outputs[0].Addr)), a.loc)
	if err != nil {
		return err
	}
	if !same {
		return a.M.unsupported(a.fr, a.loc, "an instruction that invalidates another entry than its operand", nil)
	}
	old, err := a.Load(a.Outputs[0].Addr, 8)
	if err != nil {
		return err
	}
	return a.Store(a.Outputs[0].Addr, b.Or(old, bits.Const(64, invalid)))
}
