package flow

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

const enumConst = types.EnumConst

// call evaluates a call.
func (w *walk) call(c *syntax.Call, s *state) ([]result, error) {
	name := calleeName(c)
	if i := asserted(name); i >= 0 && i < len(c.Args) {
		_, no, err := w.cond(c.Args[i], s)
		return truths(nil, no), err
	}
	if t, ends := trapEnds(name); t.Name != "" || ends {
		return w.trap(t, ends, c, s)
	}
	if name == "__builtin_expect" && len(c.Args) > 0 {
		return w.eval(c.Args[0], s)
	}
	if name == "__builtin_constant_p" {
		return one(s, number(0)), nil
	}
	list, err := w.arguments(c, s)
	if err != nil {
		return nil, err
	}
	var out []result
	for _, a := range list {
		if a.state.dead {
			continue
		}
		more, err := w.invoke(c, name, a)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return fewer(out), nil
}

// asserted returns the argument that a debugging macro asserts to be false, -1 if
// the name is none. What is asserted is what the author relies on, also where
// the configuration makes nothing of it.
// Source: include/linux/mmdebug.h, v6.1 and v6.12.
func asserted(name string) int {
	switch name {
	case "VM_BUG_ON", "VM_BUG_ON_VMA", "VM_BUG_ON_MM", "VM_BUG_ON_PAGE", "VM_BUG_ON_FOLIO":
		return 0
	}
	return -1
}

func calleeName(c *syntax.Call) string {
	if f, ok := c.Fun.(*syntax.Ident); ok {
		return f.Name
	}
	return ""
}

// trap evaluates the use of a trap macro.
func (w *walk) trap(t arch.Trap, ends bool, c *syntax.Call, s *state) ([]result, error) {
	if t.When == arch.Always || t.Arg >= len(c.Args) {
		if ends {
			return nil, nil
		}
		return one(s, number(1)), nil
	}
	yes, no, err := w.cond(c.Args[t.Arg], s)
	if err != nil {
		return nil, err
	}
	if t.When == arch.OnFalse {
		yes, no = no, yes
	}
	if ends {
		yes = nil
	}
	return truths(yes, no), nil
}

// arguments is a state after the arguments of a call were evaluated.
type arguments struct {
	state  *state
	values []value
}

func (w *walk) arguments(c *syntax.Call, s *state) ([]arguments, error) {
	list := []arguments{{state: s}}
	if _, named := c.Fun.(*syntax.Ident); !named {
		results, err := w.eval(c.Fun, s)
		if err != nil {
			return nil, err
		}
		list = nil
		for _, r := range fewer(results) {
			list = append(list, arguments{state: r.state})
		}
	}
	for _, x := range c.Args {
		var next []arguments
		for _, a := range list {
			if a.state.dead {
				continue
			}
			results, err := w.eval(x, a.state)
			if err != nil {
				return nil, err
			}
			for _, r := range fewer(results) {
				values := append(a.values[:len(a.values):len(a.values)], r.value)
				next = append(next, arguments{r.state, values})
			}
		}
		list = next
	}
	return list, nil
}

// invoke is what a call does after its arguments.
func (w *walk) invoke(c *syntax.Call, name string, a arguments) ([]result, error) {
	w.checkSleep(c, name, a)
	w.checkTable(c, name, a)
	if out, done, err := w.primitive(c, name, a); done || err != nil {
		return out, err
	}
	if w.isUndeclared(name) {
		return nil, &UndeclaredError{name}
	}
	f, err := w.callee(name)
	if err == nil && f == nil && a.state.holdsLockOf(c) {
		f, err = w.defined(name) // it may release the lock
	}
	if err != nil {
		return nil, err
	}
	if ends, err := w.passNull(c, name, a); ends || err != nil {
		return nil, err
	}
	if f == nil || f.Summary == nil {
		if f != nil && f.Err != nil {
			return nil, f.failure(name)
		}
		return one(a.state, w.unknownResult(c, name, a)), nil
	}
	return w.apply(c, name, f, a), nil
}

// UndeclaredError says that a function calls what nothing declares: nothing is
// known of what it does.
type UndeclaredError struct{ Name string }

func (e *UndeclaredError) Error() string { return "it calls " + e.Name + "(), which nothing declares" }

// isUndeclared reports whether a name that is called is neither a variable nor
// declared in the unit.
func (w *walk) isUndeclared(name string) bool {
	if name == "" || strings.HasPrefix(name, "__builtin_") {
		return false
	}
	_, local := w.scopes.of(name)
	return !local && w.fn.Unit.Types.Lookup(name) == nil
}

// callee returns a function that can do something with a map or a lock, nil for
// others and for those without a definition.
func (w *walk) callee(name string) (*Function, error) {
	if name == "" {
		return nil, nil
	}
	if !w.carries(name) {
		return w.nearby(name)
	}
	return w.defined(name)
}

// defined follows the definition of a function, wherever it stands; nil if there
// is none.
func (w *walk) defined(name string) (*Function, error) {
	u, def, err := w.define(w.ctx, w.fn.Unit, name)
	if err != nil {
		if w.isMissing(err) {
			return nil, nil
		}
		return nil, err
	}
	return w.Run(u, def)
}

// nearby returns a function of the same C file that hands on nothing: what it
// returns may say what its caller did with a map. One that cannot be followed is
// nil.
func (w *walk) nearby(name string) (*Function, error) {
	o := w.fn.Unit.Types.Lookup(name)
	if o == nil || o.Def == nil || w.near >= maxNear || w.fn.Unit.Cpp.Position(o.Def.NameAt).Path != w.fn.Unit.Path {
		return nil, nil
	}
	w.near++
	f, err := w.Run(w.fn.Unit, o.Def)
	w.near--
	if f.Err != nil {
		return nil, err
	}
	return f, err
}

// carries reports whether the type of a function lets it hand on maps or locks:
// it returns a pointer to an entry or lock, or has a parameter that points to
// one, or to a structure with one.
func (w *walk) carries(name string) bool {
	f := w.declared(name)
	return f != nil && (w.isCarrier(f.Result) ||
		slices.ContainsFunc(f.Params, func(p types.Param) bool { return w.carriesIn(p.Type) }))
}

// declared returns the type of a function of file scope, nil if the name is none.
func (w *walk) declared(name string) *types.Func {
	o := w.fn.Unit.Types.Lookup(name)
	if o == nil {
		return nil
	}
	f, _ := types.Unqual(o.Type).(*types.Func)
	return f
}

// isCarrier reports whether a type points to entries of a page table of the last
// level, or to a lock.
func (w *walk) isCarrier(t types.Type) bool {
	return w.pointsTo(t, "pte_t") || w.pointsTo(t, "spinlock_t")
}

func (w *walk) pointsTo(t types.Type, name string) bool {
	p, ok := types.Unqual(t).(*types.Pointer)
	def := w.fn.Unit.Types.Typedef(name)
	return ok && def != nil && types.Unqual(p.Elem) == types.Unqual(def)
}

// carriesIn is isCarrier for parameters, which can also point to a variable or
// member that is one.
func (w *walk) carriesIn(t types.Type) bool {
	p, ok := types.Unqual(t).(*types.Pointer)
	if !ok {
		return false
	}
	if w.isCarrier(t) || w.isCarrier(p.Elem) {
		return true
	}
	r, ok := types.Unqual(p.Elem).(*types.Record)
	return ok && w.fn.Unit.Types.Complete(r) && slices.ContainsFunc(r.Fields, func(f types.Field) bool { return w.pointsTo(f.Type, "pte_t") })
}

// passNull handles pointers that did not map, or no longer do, and are arguments;
// ends says that the path is over.
func (w *walk) passNull(c *syntax.Call, name string, a arguments) (ends bool, err error) {
	for i, v := range a.values {
		if !v.isZero() || v.null == nil {
			if v.kind == mapped {
				w.use(a.state, v, c.Args[i].Loc(), syntax.ExprString(c.Args[i]))
				if a.state.dead {
					return true, nil
				}
				a.values[i].moved = false
			}
			continue
		}
		uses, known, err := w.usesNull(name, i, a.values)
		if err != nil {
			return true, err
		}
		if !known {
			w.event(Event{Kind: NullPassed, Site: v.null, Loc: c.Args[i].Loc(), Text: calledAs(c), Trail: a.state.trail})
			continue
		}
		if uses {
			w.event(Event{Kind: NullUse, Site: v.null, Loc: c.Args[i].Loc(), Text: syntax.ExprString(c), Trail: a.state.trail})
			return true, nil
		}
	}
	return false, nil
}

// usesNull reports whether a function uses the pointer that parameter i is, if
// that is NULL, and whether the function is known at all.
func (w *walk) usesNull(name string, i int, values []value) (uses, known bool, err error) {
	if name == "" {
		return false, false, nil
	}
	u, def, err := w.define(w.ctx, w.fn.Unit, name)
	if err != nil {
		if w.isMissing(err) {
			return false, false, nil
		}
		return false, false, err
	}
	if i >= len(def.Type.Params) {
		return false, false, nil
	}
	args := make([]value, len(def.Type.Params))
	for k := range args {
		if k < len(values) && values[k].kind == constant {
			args[k] = number(values[k].n)
		} else {
			args[k] = value{sym: w.symbol(fmt.Sprint("argument ", k))}
		}
	}
	site := &Site{Callee: name}
	args[i] = value{kind: constant, null: site}
	f := &Function{Unit: u, Def: def, sites: make(map[string]*Site)}
	key := fmt.Sprint(def.NameAt, u.Path, i, args2text(args))
	if done, ok := w.nulls[key]; ok {
		return done, true, nil
	}
	if len(w.running) >= maxDepth {
		return false, false, nil
	}
	body, err := u.File.Body(def)
	if err != nil {
		return false, false, nil
	}
	w.nulls[key] = false // while it is recursive
	f.least = len(w.running)
	w.running = append(w.running, f)
	_, err = w.Analysis.walk(f, body, args)
	w.running = w.running[:len(w.running)-1]
	if err != nil {
		delete(w.nulls, key)
		return false, false, w.ctx.Err()
	}
	for _, e := range f.Events {
		if e.Site == site && (e.Kind == NullUse || e.Kind == NullUnmap) {
			uses = true
		}
	}
	w.nulls[key] = uses
	return uses, true, nil
}

// calledAs spells the function of a call.
func calledAs(c *syntax.Call) string { return syntax.ExprString(c.Fun) }

func args2text(args []value) string {
	var b strings.Builder
	for _, v := range args {
		fmt.Fprint(&b, v.kind, v.n, v.null != nil, ",")
	}
	return b.String()
}

// unknownResult is what is known after a call of which nothing is known.
func (w *walk) unknownResult(c *syntax.Call, name string, a arguments) value {
	for _, v := range a.values {
		if v.kind == address {
			w.havoc(a.state, v.place)
		}
	}
	if f := w.declared(name); f != nil && w.pointsTo(f.Result, "spinlock_t") {
		return w.lockPointer(c, name, a)
	}
	sym := w.at(c, "result")
	a.state.drop(sym)
	return value{sym: sym}
}

// havoc forgets what a callee may have written by way of a pointer. Maps and
// locks are not handed on by functions that have no pointer to one.
func (w *walk) havoc(s *state, place string) {
	delete(s.zeroed, place)
	for p, v := range s.vars {
		if (p == place || below(p, place)) && v.kind != mapped && v.kind != lock && v.null == nil {
			delete(s.vars, p)
		}
	}
	for f := range s.facts {
		if speaksOf(f, place) {
			delete(s.facts, f)
		}
	}
}

// lockPointer returns the lock that a function finds, not held: the same one as
// long as its arguments are.
func (w *walk) lockPointer(c *syntax.Call, name string, a arguments) value {
	sym := w.at(c, "lock")
	if l, ok := a.state.locks[sym]; !ok || !l.held {
		a.state.drop(sym)
		a.state.locks[sym] = w.found(c, name, a.state, argument(c, len(c.Args)-1))
	}
	return value{kind: lock, sym: sym}
}

func argument(c *syntax.Call, i int) string {
	if i < 0 || i >= len(c.Args) {
		return ""
	}
	return syntax.ExprString(c.Args[i])
}
