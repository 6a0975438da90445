package flow

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/unit"
)

// What enters and leaves lazy MMU mode, in which an architecture may put off what
// follows from changed entries.
// Source: include/linux/pgtable.h, v6.1 and v6.12.
const (
	EnterLazy = "arch_enter_lazy_mmu_mode"
	leaveLazy = "arch_leave_lazy_mmu_mode"
)

// Entering is the first place where a function enters lazy MMU mode without having
// done so before.
type Entering struct {
	Loc     cpp.Loc
	Through *Function // that is called there and does it; nil for the primitive
}

// enterLazy notes that lazy MMU mode is entered by a call, of f if that is not the
// primitive.
func (w *walk) enterLazy(c *syntax.Call, name string, s *state, f *Function) {
	if s.lazy > 0 {
		site := w.site(c, name)
		w.event(Event{Kind: LazyNested, Site: site, Loc: c.Loc(), Text: syntax.ExprString(c), Since: s.lazySince, Trail: s.trail})
		return
	}
	s.lazily, s.lazySince = true, c.Loc()
	if w.fn.Lazy == nil {
		w.fn.Lazy = &Entering{c.Loc(), f}
	}
}

// checkLazy looks for ends of the function in lazy MMU mode where other ends are
// out of it: one that never leaves it does so for its caller.
func (w *walk) checkLazy() {
	leaves := false
	for _, e := range w.ends {
		leaves = leaves || e.state.lazily && e.state.lazy == 0
	}
	for _, e := range w.ends {
		if leaves && e.state.lazily && e.state.lazy > 0 {
			w.event(Event{Kind: LazyKept, Loc: e.loc, Since: e.state.lazySince, Trail: e.state.trail})
		}
	}
}

// Nesting says whether lazy MMU mode can be entered in lazy MMU mode.
type Nesting uint8

// The answers.
const (
	Unclear  Nesting = iota // the definitions do not tell
	Harmless                // there is no such mode, or it counts
	Breaks                  // leaving the inner one ends the outer one
)

// LazyNesting reads from the definitions of a unit's class whether lazy MMU mode
// nests: those that do nothing, or count, can; those that set a member or flag on
// entering which they reset on leaving cannot. Errors: those of reading.
func (a *Analysis) LazyNesting(u *unit.Unit) (Nesting, error) {
	enter, err := a.lazyEffect(u, EnterLazy)
	if err != nil || enter == nil {
		return Unclear, err
	}
	leave, err := a.lazyEffect(u, leaveLazy)
	if err != nil || leave == nil {
		return Unclear, err
	}
	switch {
	case enter.counts || leave.counts || enter.empty && leave.empty:
		return Harmless, nil
	case enter.opens(leave):
		return Breaks, nil
	}
	return Unclear, nil
}

// lazyEffect is what one of the two does to memory, as far as it is spelled.
type lazyEffect struct {
	empty  bool
	counts bool
	set    map[string]bool // members that get a constant other than zero, or flags set
	reset  map[string]bool // that get zero, or are cleared
}

// opens reports whether something that e sets is reset by the other.
func (e *lazyEffect) opens(other *lazyEffect) bool {
	for m := range e.set {
		if other.reset[m] {
			return true
		}
	}
	return false
}

// lazyEffect reads a definition; nil if there is none, or a macro that is not empty.
func (a *Analysis) lazyEffect(u *unit.Unit, name string) (*lazyEffect, error) {
	if m := u.Cpp.Macro(name); m != nil {
		if isEmptyMacro(u.Cpp, m) {
			return &lazyEffect{empty: true}, nil
		}
		return nil, nil
	}
	from, def, err := a.define(a.ctx, u, name)
	if err != nil {
		if a.isMissing(err) {
			return nil, nil
		}
		return nil, err
	}
	body, err := from.File.Body(def)
	if err != nil {
		return nil, nil
	}
	e := &lazyEffect{empty: len(body.Items) == 0, set: make(map[string]bool), reset: make(map[string]bool)}
	syntax.Inspect(body, func(n syntax.Node) bool {
		e.see(n)
		return true
	})
	return e, nil
}

// see notes what one node does.
func (e *lazyEffect) see(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Assign:
		m, isMember := n.L.(*syntax.Member)
		lit, isLit := n.R.(*syntax.IntLit)
		switch {
		case n.Op != syntax.NoOp:
			e.counts = e.counts || isMember
		case isMember && isLit && lit.Value != 0:
			e.set[m.Name] = true
		case isMember && isLit:
			e.reset[m.Name] = true
		}
	case *syntax.Postfix:
		_, isMember := n.X.(*syntax.Member)
		e.counts = e.counts || isMember
	case *syntax.Unary:
		_, isMember := n.X.(*syntax.Member)
		e.counts = e.counts || isMember && (n.Op == syntax.Inc || n.Op == syntax.Dec)
	case *syntax.Call:
		if len(n.Args) == 0 {
			return
		}
		switch flag := syntax.ExprString(n.Args[0]); calleeName(n) {
		case "set_thread_flag":
			e.set["flag "+flag] = true
		case "clear_thread_flag":
			e.reset["flag "+flag] = true
		}
	}
}

// isEmptyMacro reports whether a macro does nothing: its text is empty, or an empty
// loop that runs once.
func isEmptyMacro(u *cpp.Unit, m *cpp.Macro) bool {
	for _, t := range m.Body {
		switch u.Spelling(t) {
		case "do", "{", "}", "while", "(", ")", "0", "void":
		default:
			return false
		}
	}
	return true
}
