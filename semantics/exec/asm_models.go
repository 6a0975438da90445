package exec

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"ptreview/semantics/bits"
)

// asmPattern describes assembly whose key matches. Groups of the expression
// are operands as the template writes them.
type asmPattern struct {
	key *regexp.Regexp
	run func(a *Asm, groups []string) error
}

// asmPatterns is the assembly that page-table code uses and that no function
// name covers.
// Source: arch/x86/include/asm/cmpxchg.h, arch/riscv/include/asm/cmpxchg.h,
// arch/arm64/include/asm/barrier.h, v6.1 and v6.12.
var asmPatterns = sync.OnceValue(func() []asmPattern {
	p := func(key string, run func(*Asm, []string) error) asmPattern {
		return asmPattern{regexp.MustCompile("^" + key + "$"), run}
	}
	const op = `(%\S+?)`
	return []asmPattern{
		p(`xchg[bwlq]? `+op+`, ?`+op, asmExchange),
		p(`(?:\d+:; )?lock xadd[bwlq]? `+op+`, ?`+op, asmAdd),
		p(`(?:\d+:; )?(?:lock )?cmpxchg[bwlq]? `+op+`, ?`+op, asmCompareExchange),
		p(`amo(swap|add|and|or|xor)\.[wd]\S* (\S+), ?`+op+`, ?`+op, amo),
		p(`0: lr\.[wd]\S* `+op+`, ?`+op+`; bne `+op+`, ?`+op+`, ?1f; sc\.[wd]\S* `+op+`, ?`+op+`, ?`+op+
			`; bnez `+op+`, ?0b(?:; fence [rw]+, ?[rw]+)?; 1:`, loadReserved),
		p(`ldar[bh]? `+op+`, ?`+op, func(a *Asm, g []string) error { return asmMove(a, g[0], g[1]) }),
		p(`stlr[bh]? `+op+`, ?`+op, func(a *Asm, g []string) error { return asmMove(a, g[1], g[0]) }),
		p(`lw %0, ?%2, ?r0; andn %1, ?%0, ?%3; or %1, ?%1, ?%4; sw %1, ?%2, ?r0`, microblazeUpdate),
		p(`(1: l[wd]arx .*; st[wd]cx\. .*; bne-? 1b)`, func(a *Asm, g []string) error { return ppcUpdate(a, g[0]) }),
		p(`stw(?:%U\d)?%X0 %2,%0; (?:mbar|eieio); stw(?:%U\d)?%X\d %L2,%1`, ppcStorePair),
		p(`886 ?:; li %0, ?0; nop; 887 ?:`, riscvNoMemoryType),
		p(`(?:\d+:; )+movq %\[small\],%0(?:; \d+:)+`, x86UserLimit),
		p(`swap \[`+op+`\], ?`+op, sparcSwap),
		p(`ipte %\[r1\],%\[r2\],0,%\[m4\]`, s390InvalidatePage),
		p(`idte %\[r1\],(?:0|%\[r3\]),%\[r2\],%\[m4\]`, s390InvalidateRegion),
	}
})

// knownAsm returns what runs assembly with the given key, nil if nothing does.
func knownAsm(key string) func(*Asm) error {
	if strings.HasPrefix(key, "661: ") {
		return sparcPatched
	}
	if strings.Contains(key, paravirtual) {
		return paravirtCall
	}
	for _, p := range asmPatterns() {
		if m := p.key.FindStringSubmatch(key); m != nil {
			return func(a *Asm) error { return p.run(a, m[1:]) }
		}
	}
	return nil
}

// operand finds the operand that a template calls %1, %q1, %z1 or %[name]. out
// is its number among the outputs, -1 if it is an input.
func (a *Asm) operand(ref string) (o *Operand, out int, err error) {
	ref = strings.TrimLeft(strings.TrimPrefix(ref, "%"), "abchkqwxyzUXL")
	ref = strings.TrimSuffix(strings.TrimPrefix(ref, "%"), ",")
	if name, ok := strings.CutPrefix(ref, "["); ok {
		return a.named(strings.TrimSuffix(name, "]"))
	}
	n, convErr := strconv.Atoi(ref)
	switch {
	case convErr != nil || n >= len(a.Outputs)+len(a.Inputs):
		return nil, -1, a.M.unsupported(a.fr, a.loc, "assembly operand %"+ref, nil)
	case n < len(a.Outputs):
		return &a.Outputs[n], n, nil
	}
	return &a.Inputs[n-len(a.Outputs)], -1, nil
}

func (a *Asm) named(name string) (*Operand, int, error) {
	for i := range a.Outputs {
		if a.Outputs[i].Name == name {
			return &a.Outputs[i], i, nil
		}
	}
	for i := range a.Inputs {
		if a.Inputs[i].Name == name {
			return &a.Inputs[i], -1, nil
		}
	}
	return nil, -1, a.M.unsupported(a.fr, a.loc, "assembly operand "+name, nil)
}

// value returns what an operand holds: what memory has for one in memory.
func (a *Asm) value(ref string) (bits.Term, error) {
	o, out, err := a.operand(ref)
	if err != nil {
		return bits.Term{}, err
	}
	switch {
	case o.Value.IsValid():
		return o.Value, nil
	case o.Addr.IsValid():
		return a.Load(o.Addr, int(o.Type.Size()))
	case out >= 0:
		if v := a.tied(out); v.IsValid() {
			return v, nil
		}
	}
	return bits.Term{}, a.M.unsupported(a.fr, a.loc, "assembly operand "+ref+" without a value", nil)
}

// set writes a register or memory operand.
func (a *Asm) set(ref string, v bits.Term) error {
	o, out, err := a.operand(ref)
	switch {
	case err != nil:
		return err
	case out >= 0 && !o.Addr.IsValid():
		return a.Set(out, v)
	case o.Addr.IsValid():
		return a.Store(o.Addr, a.M.Bits.Resize(v, 8*int(o.Type.Size()), false))
	}
	return a.M.unsupported(a.fr, a.loc, "assembly that writes to input "+ref, nil)
}

func asmMove(a *Asm, to, from string) error {
	v, err := a.value(from)
	if err != nil {
		return err
	}
	return a.set(to, v)
}

// asmExchange is x86's xchg register, memory.
func asmExchange(a *Asm, g []string) error {
	reg, mem := g[0], g[1]
	v, err := a.value(reg)
	if err != nil {
		return err
	}
	if err := asmMove(a, reg, mem); err != nil {
		return err
	}
	return a.set(mem, v)
}

// sparcSwap exchanges a register with the word at an address.
// Source: The SPARC Architecture Manual, version 8, B.7.
func sparcSwap(a *Asm, g []string) error {
	addr, err := a.value(g[0])
	if err != nil {
		return err
	}
	v, err := a.value(g[1])
	if err != nil {
		return err
	}
	old, err := a.Load(addr, 4)
	if err != nil {
		return err
	}
	if err := a.Store(addr, a.M.Bits.Resize(v, 32, false)); err != nil {
		return err
	}
	return a.set(g[1], old)
}

// asmAdd is x86's lock xadd register, memory.
func asmAdd(a *Asm, g []string) error {
	reg, mem := g[0], g[1]
	v, err := a.value(reg)
	if err != nil {
		return err
	}
	old, err := a.value(mem)
	if err != nil {
		return err
	}
	if err := a.set(mem, a.M.Bits.Add(old, a.M.Bits.Resize(v, old.Width(), true))); err != nil {
		return err
	}
	return a.set(reg, old)
}

// asmCompareExchange is x86's cmpxchg register, memory: the accumulator is an
// operand of its own, and flags may be one.
func asmCompareExchange(a *Asm, g []string) error {
	acc := -1
	for i, o := range a.Outputs {
		if strings.Contains(o.Constraint, "a") && !strings.Contains(o.Constraint, "@") {
			acc = i
		}
	}
	if acc < 0 {
		return a.M.unsupported(a.fr, a.loc, "cmpxchg without accumulator", nil)
	}
	want, err := a.value("%" + strconv.Itoa(acc))
	if err != nil {
		return err
	}
	old, same, err := a.swap(g[1], want, g[0])
	if err != nil {
		return err
	}
	if err := a.Set(acc, old); err != nil {
		return err
	}
	for i, o := range a.Outputs {
		if strings.Contains(o.Constraint, "@ccz") || strings.Contains(o.Constraint, "@cce") {
			return a.Set(i, a.M.Bits.ZExt(bits.Bool(same), 8)) // which is 1 also in a signed type
		}
	}
	return nil
}

// swap stores operand from in operand mem if mem has the value wanted.
func (a *Asm) swap(mem string, want bits.Term, from string) (old bits.Term, same bool, err error) {
	if old, err = a.value(mem); err != nil {
		return old, false, err
	}
	b := a.M.Bits
	same, err = a.M.decide(a.fr, b.Eq(old, b.Resize(want, old.Width(), false)), a.loc)
	if err != nil || !same {
		return old, false, err
	}
	return old, true, asmMove(a, mem, from)
}

// amo is a riscv atomic memory operation: result, operand, address.
func amo(a *Asm, g []string) error {
	op, to, from, mem := g[0], g[1], g[2], g[3]
	old, err := a.value(mem)
	if err != nil {
		return err
	}
	x, err := a.value(from)
	if err != nil {
		return err
	}
	f := fetchOp(op)
	if op == "swap" {
		f = replace
	}
	if err := a.set(mem, f(a.M.Bits, old, a.M.Bits.Resize(x, old.Width(), true))); err != nil {
		return err
	}
	if to == "zero" || to == "x0" {
		return nil
	}
	return a.set(to, old)
}

// loadReserved is riscv's compare and exchange by lr and sc. The groups are
// those of the pattern: lr's two, bne's two, sc's three, bnez's one.
func loadReserved(a *Asm, g []string) error {
	want, err := a.value(g[3])
	if err != nil {
		return err
	}
	old, same, err := a.swap(g[1], want, g[5])
	if err != nil {
		return err
	}
	if err := a.set(g[0], old); err != nil || !same {
		return err
	}
	return a.set(g[4], bits.Const(32, 0))
}

// ppcUpdate runs a powerpc loop that changes a word between load-and-reserve
// and store-conditional, which succeeds at once with one thread.
func ppcUpdate(a *Asm, key string) error {
	regs := make(map[string]bits.Term)
	var outs []string // registers written, in order
	var flags bits.Term
	for _, part := range strings.Split(strings.TrimPrefix(key, "1: "), "; ") {
		op, rest, _ := strings.Cut(part, " ")
		args := strings.Split(strings.ReplaceAll(rest, " ", ""), ",")
		v, err := a.ppcStep(op, args, regs, flags)
		if err != nil {
			return err
		}
		if strings.HasSuffix(op, ".") {
			flags = v
		}
		if v.IsValid() && !strings.HasPrefix(op, "st") {
			regs[args[0]] = v
			outs = append(outs, args[0])
		}
	}
	for _, ref := range outs {
		if err := a.set(ref, regs[ref]); err != nil {
			return err
		}
	}
	return nil
}

// ppcStep runs one instruction; the value is what it leaves in its first
// operand, or for a store in the flags.
func (a *Asm) ppcStep(op string, args []string, regs map[string]bits.Term, flags bits.Term) (bits.Term, error) {
	b := a.M.Bits
	read := func(i int) (bits.Term, error) {
		if v, ok := regs[args[i]]; ok {
			return v, nil
		}
		return a.value(args[i])
	}
	switch {
	case (op == "ldarx" || op == "lwarx") && len(args) == 3:
		at, err := read(2)
		if err != nil {
			return at, err
		}
		return a.Load(at, map[string]int{"ldarx": 8, "lwarx": 4}[op])
	case (op == "stdcx." || op == "stwcx.") && len(args) == 3:
		v, err := read(0)
		if err != nil {
			return v, err
		}
		at, err := read(2)
		if err != nil {
			return at, err
		}
		return bits.Const(1, 0), a.Store(at, v)
	case (op == "bne-" || op == "bne") && flags.IsValid():
		again, err := a.M.decide(a.fr, nonzero(b, flags), a.loc)
		if err == nil && again {
			err = a.M.trap(a.fr, a.loc, &Trap{Kind: TrapNoProgress, Message: "the entry is busy, and nothing else runs that could change it"})
		}
		return bits.Term{}, err
	}
	f := ppcOperation(strings.TrimSuffix(op, "."))
	if f == nil || len(args) != 3 {
		return bits.Term{}, a.M.unsupported(a.fr, a.loc, "instruction "+op, nil)
	}
	x, err := read(1)
	if err != nil {
		return x, err
	}
	y, err := read(2)
	if err != nil {
		return y, err
	}
	return f(b, x, b.Resize(y, x.Width(), false)), nil
}

func ppcOperation(op string) combine {
	switch op {
	case "andc":
		return atomicOp("andnot")
	case "and", "or", "xor", "add":
		return fetchOp(op)
	}
	return nil
}

// microblazeUpdate is pte_update: the word at input 0 loses the bits of input 1
// and gets those of input 2.
// Source: arch/microblaze/include/asm/pgtable.h, pte_update, v6.1 and v6.12.
func microblazeUpdate(a *Asm, _ []string) error {
	if len(a.Outputs) != 2 || len(a.Inputs) != 3 {
		return a.M.unsupported(a.fr, a.loc, "assembly operands of pte_update", nil)
	}
	b, at := a.M.Bits, a.Inputs[0].Value
	old, err := a.Load(at, 4)
	if err != nil {
		return err
	}
	v := b.Or(b.And(old, b.Not(a.Inputs[1].Value)), a.Inputs[2].Value)
	if err := a.Store(at, v); err != nil {
		return err
	}
	if err := a.Set(0, old); err != nil {
		return err
	}
	return a.Set(1, v)
}
