package unit

import (
	"ptreview/arch"
	"ptreview/parse/syntax"
)

// Setup is a boot-time assignment, typed in a unit.
type Setup struct {
	C    string
	Expr syntax.Expr
}

// Setup returns the assignments of a machine that apply to the unit's class,
// in order, typed at its end. skipped are the errors of those that make no
// sense in it, for want of a declaration most often.
func (u *Unit) Setup(m *arch.Machine) (list []Setup, skipped []error) {
	for _, a := range m.Setup {
		if !a.When.Holds(u.Class.Value) {
			continue
		}
		x, err := u.Types.EvalString(a.C)
		if err != nil {
			skipped = append(skipped, err)
			continue
		}
		list = append(list, Setup{a.C, x})
	}
	return list, skipped
}
