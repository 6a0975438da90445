package pagetable

import (
	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
)

// patchedAsm are the instructions that boot code completes: what it writes
// into them is a variable of the kernel, which the machine sets.
// Source: arch/m68k/include/asm/page_mm.h, ___pa and __va, v6.1 and v6.12.
func patchedAsm() map[string]exec.AsmModel {
	return map[string]exec.AsmModel{
		"1: addl #0,%0": func(a *exec.Asm) (int, error) {
			return -1, withBootConstant(a, "m68k_memoffset", a.M.Bits.Add)
		},
		"1: subl #0,%0": func(a *exec.Asm) (int, error) {
			return -1, withBootConstant(a, "m68k_memoffset", a.M.Bits.Sub)
		},
	}
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
