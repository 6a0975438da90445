package exec

import (
	"cmp"
	"strconv"
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// sparcPatched is a sequence of instructions that boot code replaces on
// processors with a hypervisor, by what the template has for them in the
// sections .sun4v_1insn_patch and .sun4v_2insn_patch: an address and one or two
// instructions.
// Source: arch/sparc/kernel/setup_64.c, sun4v_patch, v6.1 and v6.12; The SPARC
// Architecture Manual, Version 9, appendix A.
func sparcPatched(a *Asm) error {
	code := sparcCode(string(a.template))
	if code == nil {
		return errNotModelled
	}
	hypervisor, err := a.sparcHypervisor()
	if err != nil {
		return err
	}
	list := code.base
	if hypervisor {
		list = code.patched
	}
	for _, insn := range list {
		if !sparcKnown(insn) {
			return errNotModelled
		}
	}
	regs := make(map[string]bits.Term)
	for _, insn := range list {
		if err := a.sparcStep(insn, regs); err != nil {
			return err
		}
	}
	for i := range a.Outputs {
		v, ok := regs["%"+strconv.Itoa(i)]
		if !ok {
			// What a scratch register holds is not known.
			if v = a.tied(i); !v.IsValid() {
				v = a.Unknown(64)
			}
		}
		if err := a.Set(i, v); err != nil {
			return err
		}
	}
	return nil
}

// sparcHypervisor reports whether boot code found a hypervisor.
// Source: arch/sparc/include/asm/spitfire.h, enum ultra_tlb_layout, v6.1 and
// v6.12: spitfire, cheetah, cheetah_plus, hypervisor.
func (a *Asm) sparcHypervisor() (bool, error) {
	at, err := a.M.Global("tlb_type")
	if err != nil {
		return false, err
	}
	kind, err := a.Load(bits.Const(a.M.Mem.PointerBits(), at), 4)
	if err != nil {
		return false, err
	}
	const hypervisor = 3
	return a.M.decide(a.fr, a.M.Bits.Eq(kind, bits.Const(32, hypervisor)), a.loc)
}

// sparcSequence are the instructions of a template, and what they are on sun4v.
type sparcSequence struct{ base, patched []string }

// sparcCode reads a template; nil if it is not understood.
func sparcCode(template string) *sparcSequence {
	var s sparcSequence
	places := make(map[string]int) // of labels
	section, at := "", -1
	for _, line := range strings.Split(template, "\n") {
		label, rest, labelled := strings.Cut(strings.TrimSpace(line), ":")
		if !labelled {
			rest = label
		}
		words := strings.Fields(rest)
		if labelled && section == "" {
			places[label] = len(s.base)
		}
		if len(words) == 0 {
			continue
		}
		switch text := strings.Join(words, " "); {
		case words[0] == ".section":
			section = strings.TrimSuffix(words[1], ",")
		case words[0] == ".previous":
			section = ""
		case section == "":
			s.base = append(s.base, text)
			if s.patched != nil {
				s.patched = append(s.patched, text)
			}
		case section != ".sun4v_1insn_patch" && section != ".sun4v_2insn_patch":
		case words[0] == ".word":
			if s.patched == nil {
				s.patched = append(s.patched, s.base...)
			}
			place, ok := places[strings.TrimSuffix(words[1], "b")]
			if at = place; !ok {
				return nil
			}
		case at < 0 || at >= len(s.patched):
			return nil
		default:
			s.patched[at] = text
			at++
		}
	}
	if s.patched == nil || section != "" {
		return nil
	}
	return &s
}

func sparcKnown(insn string) bool {
	op, _, _ := strings.Cut(insn, " ")
	return isWord("nop mov sethi and andn or sllx srlx", op)
}

// sparcStep runs one instruction, whose last operand is its result.
func (a *Asm) sparcStep(insn string, regs map[string]bits.Term) error {
	op, rest, _ := strings.Cut(insn, " ")
	if op == "nop" {
		return nil
	}
	args := strings.Split(strings.ReplaceAll(rest, " ", ""), ",")
	var in []bits.Term
	for _, ref := range args[:len(args)-1] {
		v, err := a.sparcOperand(ref, regs)
		if err != nil {
			return err
		}
		in = append(in, v)
	}
	b := a.M.Bits
	var v bits.Term
	switch {
	case op == "mov" && len(in) == 1:
		v = in[0]
	case op == "sethi" && len(in) == 1:
		v = b.Shl(b.And(in[0], bits.Const(64, 1<<22-1)), bits.Const(64, 10))
	case len(in) != 2:
		return errNotModelled
	case op == "and":
		v = b.And(in[0], in[1])
	case op == "andn":
		v = b.And(in[0], b.Not(in[1]))
	case op == "or":
		v = b.Or(in[0], in[1])
	case op == "sllx":
		v = b.Shl(in[0], b.And(in[1], bits.Const(64, 63)))
	case op == "srlx":
		v = b.LShr(in[0], b.And(in[1], bits.Const(64, 63)))
	}
	regs[args[len(args)-1]] = v
	return nil
}

// sparcParts are the operators on constants: what they shift by, and how many
// bits they leave.
var sparcParts = map[string][2]int{"uhi": {42, 22}, "hi": {10, 22}, "ulo": {32, 10}, "lo": {0, 10}}

// sparcOperand returns a register, a constant, or a part of a constant:
// %%uhi(%2).
func (a *Asm) sparcOperand(ref string, regs map[string]bits.Term) (bits.Term, error) {
	if v, ok := regs[ref]; ok {
		return v, nil
	}
	if n, err := strconv.ParseUint(ref, 0, 12); err == nil {
		return bits.Const(64, n), nil
	}
	if name, arg, ok := strings.Cut(strings.TrimPrefix(ref, "%%"), "("); ok {
		part, known := sparcParts[name]
		v, err := a.sparcOperand(strings.TrimSuffix(arg, ")"), regs)
		if err != nil || !known {
			return v, cmp.Or(err, errNotModelled)
		}
		b := a.M.Bits
		return b.And(b.LShr(v, bits.Const(64, uint64(part[0]))), bits.Const(64, 1<<part[1]-1)), nil
	}
	o, _, err := a.operand(ref)
	if err != nil {
		return bits.Term{}, err
	}
	v, err := a.value(ref)
	if err != nil {
		return v, err
	}
	return a.M.Bits.Resize(v, 64, types.IsSigned(types.Unqual(o.Type))), nil
}
