package exec

import (
	"bytes"
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// paravirtual marks a call of x86 through a table of functions.
const paravirtual = "[paravirt_opptr]"

// identity is what boot code puts in the place of a call whose function returns
// its argument, where no hypervisor asks for another one.
var identity = []byte("mov %%rdi, %%rax")

// paravirtCall is such a call on a machine without a hypervisor: what the template
// has for that, else the function that the table names.
// Source: arch/x86/include/asm/paravirt_types.h, ____PVOP_CALL and
// ____PVOP_ALT_CALL, and paravirt.h, __pte, v6.1 and v6.12; System V ABI, AMD64
// supplement, 3.2.3, parameter passing.
func paravirtCall(a *Asm) error {
	if bytes.Contains(a.template, identity) {
		in := a.register("D")
		if in == nil {
			return errNotModelled
		}
		return a.setRegister("a", in.Value)
	}
	op, _, err := a.named(strings.Trim(paravirtual, "[]"))
	if err != nil || !op.Addr.IsValid() {
		return errNotModelled
	}
	size := a.M.Mem.PointerBits() / 8
	at, err := a.Load(op.Addr, size)
	if err != nil {
		return err
	}
	addr, ok := a.M.address(at)
	f, known := a.M.funcAt[addr]
	if !ok || !known || size != 8 {
		return errNotModelled
	}
	v, err := a.callNative(at, f)
	if err != nil || !v.IsValid() {
		return err
	}
	return a.setRegister("a", v)
}

// paravirtArgs are the registers that such a call passes arguments in.
var paravirtArgs = []string{"D", "S", "d", "c"}

// callNative calls a function with the values of registers.
func (a *Asm) callNative(at bits.Term, d definition) (bits.Term, error) {
	fun, ok := types.Unqual(d.obj.Type).(*types.Func)
	if !ok || len(fun.Params) > len(paravirtArgs) {
		return bits.Term{}, errNotModelled
	}
	var args []bits.Term
	for i, p := range fun.Params {
		in := a.register(paravirtArgs[i])
		if in == nil {
			return bits.Term{}, errNotModelled
		}
		d.unit.Complete(p.Type)
		v, err := a.asArgument(in.Value, p.Type)
		if err != nil {
			return bits.Term{}, err
		}
		args = append(args, v)
	}
	if isRecord(fun.Result) {
		return bits.Term{}, errNotModelled
	}
	site := &callSite{loc: a.loc, fun: fun, result: fun.Result, named: &eventSource{d.obj.Name, spot{a.fr.code.unit, a.loc}}}
	return a.M.callPointer(a.fr, site, at, args)
}

// asArgument makes an argument of a type of what a register has: a struct is
// passed by the address of its bytes.
func (a *Asm) asArgument(v bits.Term, t types.Type) (bits.Term, error) {
	if isRecord(t) {
		o, err := a.M.Mem.Alloc(mem.Spec{Name: "argument", Kind: mem.Stack, Size: uint64(t.Size())}, 8)
		if err != nil {
			return bits.Term{}, a.M.memError(a.fr, a.loc, err)
		}
		err = a.M.Mem.Store(o.Addr, a.M.Bits.Resize(v, 8*int(t.Size()), false))
		return bits.Const(a.M.Mem.PointerBits(), o.Addr), err
	}
	n, ok := a.M.prog.numOf(t)
	if !ok {
		return bits.Term{}, errNotModelled
	}
	return a.M.Bits.Resize(v, n.bits, n.signed), nil
}

// register returns the input in a register of x86, nil if there is none.
func (a *Asm) register(name string) *Operand {
	for i := range a.Inputs {
		if strings.TrimLeft(a.Inputs[i].Constraint, "%") == name {
			return &a.Inputs[i]
		}
	}
	return nil
}

// setRegister writes the output in a register, if there is one.
func (a *Asm) setRegister(name string, v bits.Term) error {
	for i := range a.Outputs {
		if strings.TrimLeft(a.Outputs[i].Constraint, "=+&") == name {
			return a.Set(i, v)
		}
	}
	return nil
}
