package exec

import (
	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
)

// trapCall compiles the use of a trap macro, or of panic().
func (c *compiler) trapCall(e *syntax.Call, t arch.Trap) expr {
	if t.When == arch.Always {
		return general(func(fr *frame) (bits.Term, error) {
			return bits.Term{}, fr.m.fire(fr, e, t)
		})
	}
	if t.Arg >= len(e.Args) {
		return c.failing(e, "%s without its condition", t.Name)
	}
	cond, loc := c.cond(e.Args[t.Arg]), e.Loc()
	return general(func(fr *frame) (bits.Term, error) {
		v, err := cond.term(fr)
		if err != nil {
			return v, err
		}
		holds, err := fr.m.trapHolds(fr, loc, t, v)
		if err != nil {
			return v, err
		}
		if holds {
			if err := fr.m.fire(fr, e, t); err != nil {
				return v, err
			}
		}
		if t.Returns == "int" {
			return bits.Const(32, truth(holds)), nil
		}
		return bits.Term{}, nil
	})
}

// trapHolds decides the condition of a trap. What the compiler is to refuse
// must be constant to it; where it is not here, the compiler must have seen
// more than this package and have let it pass.
func (m *Machine) trapHolds(fr *frame, loc cpp.Loc, t arch.Trap, cond bits.Term) (bool, error) {
	cond = nonzero(m.Bits, cond)
	if t.When == arch.OnFalse {
		cond = m.Bits.Not(cond)
	}
	if t.Kind == arch.TrapBuild && !cond.IsConst() {
		m.result.Assumptions = note(m.result.Assumptions, t.Name+" at "+fr.position(loc).String()+" lets the build pass")
		return false, nil
	}
	return m.decide(fr, cond, loc)
}

// fire ends the run at a trap macro, or notes a warning.
func (m *Machine) fire(fr *frame, e *syntax.Call, t arch.Trap) error {
	trap := &Trap{Kind: trapKinds[t.Kind], Macro: t.Name, Message: syntax.ExprString(e)}
	m.trap(fr, e.Loc(), trap)
	if t.Kind != arch.TrapWarn || m.opt.StopOnWarn {
		return trap
	}
	for _, w := range m.result.Warnings {
		if w.Position == trap.Position {
			return nil
		}
	}
	m.result.Warnings = append(m.result.Warnings, trap)
	return nil
}
