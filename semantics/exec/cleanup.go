package exec

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// cleanup is a variable with __attribute__((cleanup(fn))), in the scope of
// those declared before it.
type cleanup struct {
	outer *cleanup
	depth int
	local *local
	fn    *types.Object
	unit  *types.Unit
	site  *callSite
}

// pushCleanup begins the scope of a local that has to be cleaned up.
func (c *compiler) pushCleanup(l *local) {
	for _, a := range l.obj.Attrs {
		if a.Name == "cleanup" && len(a.Args) == 1 {
			c.addCleanup(l, a.Args[0], l.obj.At)
		}
	}
}

func (c *compiler) addCleanup(l *local, fn syntax.Expr, loc cpp.Loc) {
	o := types.ObjectOf(fn)
	if o == nil || o.Kind != types.Function {
		c.emit(step{op: opEval, x: c.failing(fn, "cleanup attribute")})
		return
	}
	c.needMemory(l.obj)
	u := &cleanup{outer: c.scope, local: l, fn: o, unit: c.unit,
		site: &callSite{loc: loc, result: c.unit.Basic(types.Void)}}
	u.site.konst = make([]konstFn, 1)
	if c.scope != nil {
		u.depth = c.scope.depth
	}
	u.depth++
	c.scope = u
}

// cleanUp calls the cleanup functions of the scopes left when going from one
// place to another, innermost first.
func (fr *frame) cleanUp(from, to *cleanup) error {
	keep := shared(from, to)
	for ; from != keep; from = from.outer {
		addr, err := fr.localAddr(from.local)
		if err != nil {
			return err
		}
		args := []bits.Term{bits.Const(fr.m.Mem.PointerBits(), addr)}
		if _, err := fr.m.callObject(fr, from.site, from.unit, from.fn, args); err != nil {
			return err
		}
	}
	return nil
}

// shared returns the innermost scope that is around both.
func shared(a, b *cleanup) *cleanup {
	for a != b {
		if b == nil || a != nil && a.depth >= b.depth {
			a = a.outer
		} else {
			b = b.outer
		}
	}
	return a
}
