package pagetable

import (
	"fmt"
	"maps"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
)

// assembly is the inline assembly that only a machine can run: instructions
// that a boot completes, and those with a register of the processor's own
// between them.
func (w *world) assembly() map[string]exec.AsmModel {
	all := w.patchedAsm()
	maps.Copy(all, pageMaskAsm())
	maps.Copy(all, ia64Asm())
	all["1:ll.d %[tmp], %[buddy]; bnez %[tmp], 2f; or %[tmp], %[tmp], %[global]; sc.d %[tmp], %[buddy]; beqz %[tmp], 1b; nop; 2:; dbar 0"] = loongarchBuddy
	return all
}

// pageMaskAsm is the PageMask register of mips. Every size of page is there:
// what is written can be read again.
// Source: MIPS32 Architecture, volume III, PageMask Register; arch/mips/mm/
// tlb-r4k.c, has_transparent_hugepage, v6.1 and v6.12.
func pageMaskAsm() map[string]exec.AsmModel {
	var mask bits.Term
	return map[string]exec.AsmModel{
		"mtc0 %z0, $5": func(a *exec.Asm) (int, error) {
			mask = a.Inputs[0].Value
			return -1, nil
		},
		"mfc0 %0, $5": func(a *exec.Asm) (int, error) {
			if !mask.IsValid() {
				mask = a.Unknown(32)
			}
			return -1, a.Set(0, mask)
		},
	}
}

// ia64Asm is the atomic instructions of ia64. A compare-and-exchange compares
// with what was moved to the register ar.ccv before.
// Source: Itanium Architecture Software Developer's Manual, volume 3, cmpxchg,
// fetchadd and xchg; arch/ia64/include/uapi/asm/gcc_intrin.h, v6.1.
func ia64Asm() map[string]exec.AsmModel {
	var ccv bits.Term
	all := map[string]exec.AsmModel{
		"mf": func(*exec.Asm) (int, error) { return -1, nil },
		"mov ar.ccv=%0": func(a *exec.Asm) (int, error) {
			ccv = a.M.Bits.Resize(a.Inputs[0].Value, 64, false)
			return -1, nil
		},
	}
	exchange := func(size int, next func(a *exec.Asm, old, operand bits.Term) bits.Term) exec.AsmModel {
		return func(a *exec.Asm) (int, error) {
			at := a.Inputs[0].Value
			old, err := a.Load(at, size)
			if err != nil {
				return -1, err
			}
			operand := a.M.Bits.Resize(a.Inputs[1].Value, 8*size, true)
			if err := a.Store(at, next(a, old, operand)); err != nil {
				return -1, err
			}
			return -1, a.Set(0, a.M.Bits.ZExt(old, 64))
		}
	}
	for _, size := range []int{1, 2, 4, 8} {
		all[fmt.Sprintf("xchg%d %%0=[%%1],%%2", size)] = exchange(size, func(_ *exec.Asm, _, operand bits.Term) bits.Term { return operand })
		for _, order := range []string{"acq", "rel"} {
			all[fmt.Sprintf("fetchadd%d.%s %%0=[%%1],%%2", size, order)] = exchange(size, func(a *exec.Asm, old, operand bits.Term) bits.Term {
				return a.M.Bits.Add(old, operand)
			})
			all[fmt.Sprintf("cmpxchg%d.%s %%0=[%%1],%%2,ar.ccv", size, order)] = exchange(size, func(a *exec.Asm, old, operand bits.Term) bits.Term {
				if !ccv.IsValid() {
					ccv = a.Unknown(64)
				}
				return a.M.Bits.Ite(a.M.Bits.Eq(old, a.M.Bits.Resize(ccv, 8*size, false)), operand, old)
			})
		}
	}
	return all
}

// loongarchBuddy makes the other entry of a pair global if it is none.
// Source: LoongArch Reference Manual, volume 1, LL and SC; arch/loongarch/
// include/asm/pgtable.h, set_pte, v6.1.
func loongarchBuddy(a *exec.Asm) (int, error) {
	b := a.M.Bits
	at := a.Outputs[0].Addr
	was, err := a.Load(at, 8)
	if err != nil {
		return -1, err
	}
	none := b.Eq(was, bits.Const(64, 0))
	if err := a.Store(at, b.Ite(none, b.ZExt(a.Inputs[0].Value, 64), was)); err != nil {
		return -1, err
	}
	return -1, a.Set(1, b.Ite(none, bits.Const(64, 1), was))
}
