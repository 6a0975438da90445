package class

import (
	"sort"
	"strings"

	"ptreview/arch/kconfig"
)

// Fragment returns the .config lines that make f hold in c, and no others:
// those of its first alternative that c meets, told with symbols a user can
// set, without what another line of the fragment already needs. Sorted.
func (c *Class) Fragment(f Formula) []string {
	terms, ok := f.Terms()
	if !ok {
		return append([]string(nil), c.Extra...)
	}
	for _, t := range terms {
		if c.meets(t) {
			return c.fragment(t)
		}
	}
	return append([]string(nil), c.Extra...)
}

func (c *Class) fragment(t Term) []string {
	e := &explainer{c: c, lines: make(map[string]bool), seen: make(map[string]bool)}
	for _, l := range t {
		for _, word := range strings.Fields(l.Atom) {
			if name, ok := strings.CutPrefix(word, "CONFIG_"); ok {
				e.symbol(name)
			}
		}
	}
	e.dropNeeded()
	return e.sorted()
}

// explainer collects the settable symbols behind others.
type explainer struct {
	c     *Class
	lines map[string]bool
	seen  map[string]bool
}

func (e *explainer) sorted() []string {
	lines := make([]string, 0, len(e.lines))
	for line := range e.lines {
		lines = append(lines, line)
	}
	sort.Strings(lines)
	return lines
}

// symbol explains the value that a symbol has.
func (e *explainer) symbol(name string) {
	if e.seen[name] {
		return
	}
	e.seen[name] = true
	sym := e.c.Config.Kconfig().Symbol(name)
	if sym == nil || !sym.IsDefined() {
		if base, isModule := strings.CutSuffix(name, "_MODULE"); isModule {
			e.symbol(base)
		}
		return
	}
	t := e.c.Config.Tri(name)
	switch {
	case sym.HasPrompt() && t != kconfig.No:
		e.lines["CONFIG_"+name+"="+t.String()] = true
	case sym.HasPrompt():
		e.unset(sym)
	default:
		e.promptless(sym, t != kconfig.No)
	}
}

// unset says that a symbol with a prompt is n: in a choice by naming the
// member that is y.
func (e *explainer) unset(sym *kconfig.Symbol) {
	if choice, ok := sym.Choice(); ok {
		for _, m := range choice.Members {
			if e.c.Config.Tri(m.Name()) == kconfig.Yes {
				e.lines["CONFIG_"+m.Name()+"=y"] = true
				return
			}
		}
	}
	if e.c.Config.Eval(sym.Depends()) == kconfig.No {
		e.expr(sym.Depends(), false)
		return
	}
	e.lines["# CONFIG_"+sym.Name()+" is not set"] = true
}

// promptless explains a symbol that only defaults and selects decide.
func (e *explainer) promptless(sym *kconfig.Symbol, set bool) {
	if by := sym.SelectedBy(); set && by != nil && e.c.Config.Eval(by) != kconfig.No {
		e.expr(by, true)
		return
	}
	for _, d := range sym.Definitions() {
		for _, def := range d.Defaults {
			cond := def.If
			holds := e.c.Config.Eval(cond) != kconfig.No
			if holds {
				e.expr(cond, true)
				e.expr(def.Value, set)
				return
			}
			if !set {
				e.expr(cond, false)
			}
		}
	}
}

// expr explains why x holds, or why it does not.
func (e *explainer) expr(x *kconfig.Expr, holds bool) {
	if x == nil || (e.c.Config.Eval(x) != kconfig.No) != holds {
		return
	}
	switch x.Op {
	case kconfig.OpNot:
		e.expr(x.Args[0], !holds)
	case kconfig.OpAnd, kconfig.OpOr:
		// A true conjunction and a false disjunction need all their parts,
		// the others one.
		all := (x.Op == kconfig.OpAnd) == holds
		for _, a := range x.Args {
			if (e.c.Config.Eval(a) != kconfig.No) != holds {
				continue
			}
			e.expr(a, holds)
			if !all {
				return
			}
		}
	default:
		x.Symbols(func(name string) bool { e.symbol(name); return true })
	}
}

// dropNeeded removes symbols that another line's symbol depends on or is
// selected from: who sets that one has them.
func (e *explainer) dropNeeded() {
	for _, line := range e.sorted() {
		name, ok := strings.CutPrefix(line, "CONFIG_")
		if !ok || !e.lines[line] {
			continue
		}
		name, _, _ = strings.Cut(name, "=")
		sym := e.c.Config.Kconfig().Symbol(name)
		needed := make(map[string]bool)
		e.needs(sym.Depends(), needed)
		if choice, ok := sym.Choice(); ok {
			e.needs(choice.Symbol.Depends(), needed)
		}
		delete(needed, name)
		for n := range needed {
			delete(e.lines, "CONFIG_"+n+"=y")
		}
	}
}

// needs adds the symbols that x cannot hold without, those they depend on
// included.
func (e *explainer) needs(x *kconfig.Expr, out map[string]bool) {
	switch {
	case x == nil:
	case x.Op == kconfig.OpAnd:
		for _, a := range x.Args {
			e.needs(a, out)
		}
	case x.Op == kconfig.OpSym && !x.X.IsConst() && !out[x.X.Name]:
		out[x.X.Name] = true
		if sym := e.c.Config.Kconfig().Symbol(x.X.Name); sym != nil && sym.IsDefined() {
			e.needs(sym.Depends(), out)
		}
	}
}
