package pagetable

import (
	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
)

// patchedAsm are the instructions that boot code completes: what it writes
// into them is a variable of the kernel, which the machine sets.
// Source: arch/m68k/include/asm/page_mm.h, ___pa and __va, and
// arch/arm/include/asm/memory.h, __pv_stub and __pv_add_carry_stub for ARM and
// Thumb-2 instructions, v6.1 and v6.12.
func (w *world) patchedAsm() map[string]exec.AsmModel {
	plus := func(a *exec.Asm) (int, error) { return -1, withPhysicalOffset(a, a.M.Bits.Add) }
	minus := func(a *exec.Asm) (int, error) { return -1, withPhysicalOffset(a, a.M.Bits.Sub) }
	return map[string]exec.AsmModel{
		"@ __pv_stub; 1: add %0, %1, %2; 2: add %0, %0, %3":                                                          plus,
		"@ __pv_stub; 1: sub %0, %1, %2; 2: sub %0, %0, %3":                                                          minus,
		"@ __pv_stub; 0: movw %0, #0; lsl %0, #21; add %0, %1, %0":                                                   plus,
		"@ __pv_stub; 0: movw %0, #0; lsl %0, #21; sub %0, %1, %0":                                                   minus,
		"@ __pv_add_carry_stub; 0: movw %R0, #0; adds %Q0, %1, %R0, lsl #20; 1: mov %R0, %2; adc %R0, %R0, #0":       plus,
		"@ __pv_add_carry_stub; 0: movw %R0, #0; lsls %R0, #21; adds %Q0, %1, %R0; 1: mvn %R0, #0; adc %R0, %R0, #0": plus,
		"mrs %0, tcr_el1": func(a *exec.Asm) (int, error) { return -1, w.translationControl(a) },
		"1: addl #0,%0": func(a *exec.Asm) (int, error) {
			return -1, withBootConstant(a, "m68k_memoffset", a.M.Bits.Add)
		},
		"1: subl #0,%0": func(a *exec.Asm) (int, error) {
			return -1, withBootConstant(a, "m68k_memoffset", a.M.Bits.Sub)
		},
		"li %0, 0; nop":               noMemoryType,
		"886 :; li %0, 0; nop; 887 :": noMemoryType,
		"886 :; nop; 887 :":           unpatched,
	}
}

// noMemoryType is a riscv processor that knows neither Svpbmt nor T-Head's
// memory types: what boot code patches for these stays as it was.
// Source: arch/riscv/include/asm/errata_list.h, ALT_SVPBMT, v6.1 and v6.12.
func noMemoryType(a *exec.Asm) (int, error) {
	return -1, a.Set(0, bits.Const(a.M.Mem.PointerBits(), 0))
}

// unpatched are instructions that do nothing on such a processor: values that
// are also outputs stay.
// Source: arch/riscv/include/asm/errata_list.h, ALT_THEAD_PMA, v6.1 and v6.12.
func unpatched(a *exec.Asm) (int, error) {
	for i := range a.Outputs {
		if !a.Outputs[i].Value.IsValid() {
			return -1, a.Set(i, a.Unknown(a.M.Mem.PointerBits()))
		}
		if err := a.Set(i, a.Outputs[i].Value); err != nil {
			return -1, err
		}
	}
	return -1, nil
}

// withBootConstant sets the only output to what op makes of the first input
// and a variable of the kernel.
func withBootConstant(a *exec.Asm, variable string, op func(x, y bits.Term) bits.Term) error {
	at, err := a.M.Global(variable)
	if err != nil {
		return err
	}
	x := a.Inputs[0].Value
	c, err := a.Load(bits.Const(x.Width(), at), x.Width()/8)
	if err != nil {
		return err
	}
	return a.Set(0, op(x, c))
}

// withPhysicalOffset sets the only output to what op makes of the first input,
// an address, and of what physical addresses differ by from linear ones.
func withPhysicalOffset(a *exec.Asm, op func(x, y bits.Term) bits.Term) error {
	at, err := a.M.Global("__pv_offset")
	if err != nil {
		return err
	}
	offset, err := a.Load(bits.Const(a.M.Mem.PointerBits(), at), 8)
	if err != nil {
		return err
	}
	return a.Set(0, op(a.M.Bits.ZExt(a.Inputs[0].Value, 64), offset))
}

// translationControl gives TCR_EL1 the size of the addresses that the machine
// has, T1SZ in bits 16 to 21; other fields are not known.
// Source: Arm ARM DDI 0487, D24.2.190, TCR_EL1; arch/arm64/include/asm/memory.h,
// vabits_actual, v6.12: 52 where boot code found that the processor has it.
func (w *world) translationControl(a *exec.Asm) error {
	v, b := a.Unknown(64), a.M.Bits
	if large, known := w.e.machine.Inputs["lpa2_is_enabled"]; known {
		size := uint64(64 - 48)
		if large {
			size = 64 - 52
		}
		v = b.Or(b.And(v, b.Not(bits.Const(64, 63<<16))), bits.Const(64, size<<16))
	}
	return a.Set(0, v)
}
