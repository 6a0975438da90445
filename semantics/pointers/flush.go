package pointers

import (
	"maps"
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/forward"
	"ptreview/semantics/names"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// Unflushed is an entry that a function clears, or makes allow less, and whose
// lock it drops, on a path to its end without a flush of the TLB.
type Unflushed struct {
	Helper  string // that cleared it
	Pointer string
	Loc     cpp.Loc
	Dropped cpp.Loc // where the lock was dropped
}

// Flushing is what a function does about the TLB.
type Flushing struct {
	// Cleared are the pointers of the entries that it clears or tightens.
	Cleared map[string]bool
	Left    []Unflushed
	// Gathers is set if it has to do with a struct mmu_gather, which flushes
	// later.
	Gathers bool
	Flushes int // how many calls there are that flush
}

// Clears reports whether a function may clear or tighten an entry itself.
func Clears(fn *facts.Function) bool { return spells(fn, clears) }

// FlushingOf follows the clears of a function, under locks that it finds itself,
// to its ends.
func FlushingOf(fn *facts.Function) *Flushing {
	f := &flushing{unit: fn.Unit, out: &Flushing{Cleared: make(map[string]bool)}, near: make(map[string]bool)}
	body := Body(fn)
	if body == nil {
		return f.out
	}
	f.types = entryTypes(fn.Unit)
	f.locks = locksFound(fn.Unit, body)
	if f.out.Gathers = fn.Unit.Cpp.HasWord(fn.Def.First, fn.Def.Close, "mmu_gather"); f.out.Gathers {
		return f.out
	}
	forward.Run(&forward.Client[pending]{
		Clone: func(p pending) pending { return maps.Clone(p) },
		Join: func(into, from pending) pending {
			for key, u := range from {
				if was, ok := into[key]; !ok || was.Dropped == (cpp.Loc{}) {
					into[key] = u
				}
			}
			return into
		},
		Expr: f.expr,
		Declare: func(p pending, d *syntax.Declarator) {
			if d.Init != nil {
				f.expr(p, d.Init)
			}
		},
		Learn: f.learn, Ends: endsPath, Leave: f.leave,
		Final: func() { f.final = true },
	}, body, pending{})
	return f.out
}

// pending are the entries that were not flushed yet, by pointer.
type pending map[string]Unflushed

type flushing struct {
	unit  *unit.Unit
	types map[types.Type]string
	locks map[string]bool // that the function finds or takes itself, as C text
	near  map[string]bool // functions of the file: whether they flush
	final bool
	out   *Flushing
}

func (f *flushing) expr(p pending, x syntax.Expr) {
	syntax.Inspect(x, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Sizeof, syntax.TypeExpr:
			return false
		case *syntax.Call:
			for _, a := range n.Args {
				f.expr(p, a)
			}
			f.call(p, n)
			return false
		}
		return true
	})
}

func (f *flushing) call(p pending, c *syntax.Call) {
	name := Called(c)
	if clears(name) {
		if to := f.entryOf(c); to != "" {
			f.out.Cleared[to] = true
			p[to] = Unflushed{Helper: name, Pointer: to, Loc: c.Loc()}
		}
	}
	switch {
	case f.flushes(name, 0):
		if f.final {
			f.out.Flushes++
		}
		clear(p)
	case f.dropsLock(c):
		for key, u := range p {
			if u.Dropped == (cpp.Loc{}) {
				u.Dropped = c.Loc()
				p[key] = u
			}
		}
	}
}

// entryOf spells the pointer to an entry that a call is given.
func (f *flushing) entryOf(c *syntax.Call) string {
	for _, a := range c.Args {
		if q, ok := types.Unqual(types.TypeOf(a)).(*types.Pointer); ok && f.types[types.Unqual(q.Elem)] != "" {
			return syntax.ExprString(a)
		}
	}
	return ""
}

// locksFound returns the locks that a function takes, or gets the pointer to.
func locksFound(u *unit.Unit, body *syntax.Block) map[string]bool {
	found := make(map[string]bool)
	t := types.Unqual(u.Types.Typedef("spinlock_t"))
	isLock := func(x syntax.Expr) bool {
		p, ok := types.Unqual(types.TypeOf(x)).(*types.Pointer)
		return ok && types.Unqual(p.Elem) == t
	}
	syntax.Inspect(body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			to := n.L
			if d, ok := to.(*syntax.Unary); ok && d.Op == syntax.Deref { // a macro's *(&ptl)
				if a, ok := d.X.(*syntax.Unary); ok && a.Op == syntax.AddrOf {
					to = a.X
				}
			}
			if isLock(to) {
				found[syntax.ExprString(to)] = true
			}
		case *syntax.Declarator:
			if n.Init != nil && isLock(n.Init) {
				found[n.Name] = true
			}
		case *syntax.Call:
			for _, a := range n.Args {
				if Called(n) == "spin_lock" {
					found[syntax.ExprString(a)] = true
				} else if x, ok := a.(*syntax.Unary); ok && x.Op == syntax.AddrOf && isLock(x.X) {
					found[syntax.ExprString(x.X)] = true
				}
			}
		}
		return true
	})
	return found
}

// dropsLock reports whether a call drops a lock that the function took: a page
// table lock by its pointer, or that of a walk over the maps of a page, which
// drops it before it goes on.
func (f *flushing) dropsLock(c *syntax.Call) bool {
	if len(c.Args) == 0 {
		return false
	}
	switch Called(c) {
	case "spin_unlock":
		return f.locks[syntax.ExprString(c.Args[0])]
	case "page_vma_mapped_walk", "page_vma_mapped_walk_done":
		a, ok := c.Args[0].(*syntax.Unary)
		return ok && a.Op == syntax.AddrOf
	}
	return false
}

// clears reports whether a helper takes an entry away, or lets it allow less.
// Source: include/linux/pgtable.h, v6.1 and v6.12.
func clears(name string) bool {
	switch name {
	case "pte_clear", "ptep_clear", "ptep_get_and_clear", "ptep_get_and_clear_full", "ptep_set_wrprotect", "ptep_clear_flush",
		"pmd_clear", "pmdp_huge_get_and_clear", "pmdp_huge_get_and_clear_full", "pmdp_set_wrprotect", "pmdp_huge_clear_flush",
		"pudp_huge_get_and_clear", "pudp_huge_get_and_clear_full", "pudp_huge_clear_flush", "pmdp_collapse_flush",
		"huge_ptep_get_and_clear", "huge_ptep_set_wrprotect", "huge_ptep_clear_flush":
		return true
	}
	return false
}

// maxFlushDepth bounds how far a flush is looked for in functions of the file.
const maxFlushDepth = 3

// flushes reports whether a function flushes the TLB or has it flushed later: by
// its name, or as a function of the file by what it calls.
func (f *flushing) flushes(name string, depth int) bool {
	if name == "" || depth > maxFlushDepth {
		return false
	}
	if isFlush(name) {
		return true
	}
	if known, ok := f.near[name]; ok {
		return known
	}
	f.near[name] = false
	o := f.unit.Types.Lookup(name)
	if o == nil || o.Def == nil || f.unit.Cpp.Position(o.Def.NameAt).Path != f.unit.Path {
		return false
	}
	for _, t := range f.unit.Cpp.Tokens[o.Def.Open:o.Def.Close] {
		if t.Kind == cpp.Ident && f.flushes(f.unit.Cpp.Names.String(t.Sym), depth+1) {
			f.near[name] = true
			return true
		}
	}
	return false
}

// FlushesAfter reports whether a function of a unit flushes behind the place where
// it first names another, other than by that.
func FlushesAfter(u *unit.Unit, def *syntax.FuncDef, name string) bool {
	f := &flushing{unit: u, near: map[string]bool{name: false}}
	sym, behind := u.Cpp.Names.Find(name), false
	for _, t := range u.Cpp.Tokens[def.Open:def.Close] {
		if t.Kind != cpp.Ident {
			continue
		}
		if behind && f.flushes(u.Cpp.Names.String(t.Sym), 0) {
			return true
		}
		behind = behind || t.Sym == sym
	}
	return false
}

// isFlush reports whether a name is that of a flush, at once or in a batch.
// Source: Documentation/core-api/cachetlb.rst, include/asm-generic/tlb.h and
// mm/rmap.c, v6.1 and v6.12.
func isFlush(name string) bool {
	if names.IsFlush(name) {
		return true
	}
	return slices.ContainsFunc([]string{
		"tlb_flush", "tlb_remove", "tlb_ubc", "tlbbatch", "clear_flush", "collapse_flush", "flush_tlb", "flush_all",
		"pmdp_invalidate", "pudp_invalidate", "modify_prot_commit",
	}, func(part string) bool { return strings.Contains(name, part) && !strings.Contains(name, "spurious") })
}

// learn drops what needs no flush on a side of a condition: the entry was not
// there, nobody could use it, or the code keeps count itself.
func (f *flushing) learn(p pending, x syntax.Expr, holds bool) {
	switch n := x.(type) {
	case *syntax.Unary:
		if n.Op == syntax.Not {
			f.learn(p, n.X, !holds)
		}
	case *syntax.Binary:
		if n.Op == syntax.LogAnd || n.Op == syntax.LogOr {
			f.learn(p, n.X, holds)
			f.learn(p, n.Y, holds)
		}
	case *syntax.Call:
		name := Called(n)
		switch {
		case name == "__builtin_expect" && len(n.Args) > 0:
			f.learn(p, n.Args[0], holds)
		case strings.HasSuffix(name, "_none"):
			if holds {
				clear(p)
			}
		case strings.Contains(name, "accessible"), strings.Contains(name, "flush"), strings.HasSuffix(name, "_present"), strings.HasSuffix(name, "_young"):
			if !holds {
				clear(p)
			}
		}
	case *syntax.Ident:
		if !holds && strings.Contains(n.Name, "flush") {
			clear(p)
		}
	case *syntax.Member:
		if !holds && strings.Contains(n.Name, "flush") {
			clear(p)
		}
	}
}

// leave records what is left where the function ends.
func (f *flushing) leave(p pending, _ cpp.Loc) {
	if !f.final {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(p)) {
		u := p[key]
		if u.Dropped != (cpp.Loc{}) && !slices.ContainsFunc(f.out.Left, func(o Unflushed) bool { return o.Pointer == key }) {
			f.out.Left = append(f.out.Left, u)
		}
	}
}
