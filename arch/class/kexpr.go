package class

import (
	"strings"

	"ptreview/arch/kconfig"
)

// FromKconfig turns an expression of k into a formula that holds where the
// expression is m or y. Comparisons become atoms that Class.Truth can compute
// where both sides are numbers.
func FromKconfig(k *kconfig.Kconfig, e *kconfig.Expr) Formula {
	if e == nil {
		return True()
	}
	switch e.Op {
	case kconfig.OpNot:
		// !m is m in Kconfig, but no Makefile or header sees it so.
		return Not(FromKconfig(k, e.Args[0]))
	case kconfig.OpAnd, kconfig.OpOr:
		args := make([]Formula, len(e.Args))
		for i, a := range e.Args {
			args[i] = FromKconfig(k, a)
		}
		if e.Op == kconfig.OpAnd {
			return And(args...)
		}
		return Or(args...)
	case kconfig.OpSym:
		return symbolSet(k, e.X)
	}
	return comparison(k, e)
}

func symbolSet(k *kconfig.Kconfig, x kconfig.Operand) Formula {
	if x.IsConst() {
		if x.Name == "y" || x.Name == "m" {
			return True()
		}
		return False()
	}
	if strings.HasPrefix(x.Name, "choice ") {
		// A choice has no name in a .config, and its members depend on what it
		// depends on themselves.
		return True()
	}
	if s := k.Symbol(x.Name); s == nil || s.Type() != kconfig.Tristate {
		return Atom("CONFIG_" + x.Name)
	}
	return Or(Atom("CONFIG_"+x.Name), Atom("CONFIG_"+x.Name+"_MODULE"))
}

// comparison handles X = y and its like; anything else stays one atom.
func comparison(k *kconfig.Kconfig, e *kconfig.Expr) Formula {
	if e.Op == kconfig.OpEq || e.Op == kconfig.OpNe {
		if f, ok := equalsTri(k, e.X, e.Y); ok {
			if e.Op == kconfig.OpNe {
				return Not(f)
			}
			return f
		}
	}
	return Atom(e.String())
}

func equalsTri(k *kconfig.Kconfig, x, y kconfig.Operand) (Formula, bool) {
	if x.IsConst() {
		x, y = y, x
	}
	if x.IsConst() {
		return Formula{}, false
	}
	switch y.Name {
	case "y":
		return Atom("CONFIG_" + x.Name), true
	case "m":
		return Atom("CONFIG_" + x.Name + "_MODULE"), true
	case "n":
		return Not(symbolSet(k, x)), true
	}
	return Formula{}, false
}
