package facts

import (
	"ptreview/arch/class"
	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
)

// onCommandLine returns the condition under which Makefiles define a macro for
// all files of the kernel; found is false if they never do. What they do with
// it may be more than is understood: then the condition is an atom.
func (h *Headers) onCommandLine(name string) (when class.Formula, found bool) {
	if h.options == nil {
		m, err := kbuild.NewMacros(h.store.fsys, h.arch)
		if err != nil {
			if h.err == nil {
				h.err = err
			}
			m = new(kbuild.Macros)
		}
		h.options = m
	}
	e, sure, found := h.options.Of(name)
	if !found {
		return class.False(), false
	}
	if when, ok := ofMakefile(e); ok && sure {
		return when, true
	}
	return class.Atom("defined(" + name + ")"), true
}

// ofMakefile turns a condition of a Makefile, where a symbol holds if it is y
// or m, into a formula. ok is false if it compares other values.
func ofMakefile(e *kconfig.Expr) (f class.Formula, ok bool) {
	if e == nil {
		return class.True(), true
	}
	switch e.Op {
	case kconfig.OpSym:
		return class.Or(class.Atom("CONFIG_"+e.X.Name), class.Atom("CONFIG_"+e.X.Name+"_MODULE")), !e.X.IsConst()
	case kconfig.OpEq:
		switch e.Y.Name {
		case "y":
			return class.Atom("CONFIG_" + e.X.Name), true
		case "m":
			return class.Atom("CONFIG_" + e.X.Name + "_MODULE"), true
		}
		return class.False(), false
	case kconfig.OpNot, kconfig.OpAnd, kconfig.OpOr:
	default:
		return class.False(), false
	}
	args := make([]class.Formula, len(e.Args))
	for i, a := range e.Args {
		if args[i], ok = ofMakefile(a); !ok {
			return class.False(), false
		}
	}
	switch e.Op {
	case kconfig.OpNot:
		return class.Not(args[0]), true
	case kconfig.OpAnd:
		return class.And(args...), true
	}
	return class.Or(args...), true
}
