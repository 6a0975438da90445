package facts

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/unit"
)

// Caller is one call of a function, with what its caller has seen and holds
// there. Conditions are C text over the parameters of the function called, as
// far as the caller's words can be said with them.
type Caller struct {
	Function string
	File     string
	Line     int
	Guards   []string
	Locks    []HeldLock
}

// HeldLock is a lock that is held at a call: "mmap_lock", "page table lock" or
// "RCU". File and Line are where it was taken, or asserted.
type HeldLock struct {
	Name string
	File string
	Line int
}

// Callers is what is known of the callers of a function. Incomplete says why
// there may be others, "" if these are all.
type Callers struct {
	List       []Caller
	Incomplete string
}

// maxCallerFiles bounds the C files read to find the callers of one function.
const maxCallerFiles = 6

// Callers finds the calls of the function def of u in the class: of a static
// one in its file, of others in the C files of memory management and of the
// architecture. Errors: the end of ctx, and of reading units.
func (p *TreeProgram) Callers(ctx context.Context, g *Graph, u *unit.Unit, def *syntax.FuncDef) (*Callers, error) {
	return p.callers(ctx, g, u, def, maxCallerDepth)
}

// maxCallerDepth is how far locks are looked for in callers of static callers.
const maxCallerDepth = 3

func (p *TreeProgram) callers(ctx context.Context, g *Graph, u *unit.Unit, def *syntax.FuncDef, depth int) (*Callers, error) {
	out := &Callers{}
	home := u.Cpp.Position(def.NameAt).Path
	units := []*unit.Unit{u}
	if def.Storage&syntax.Static == 0 || !strings.HasSuffix(home, ".c") {
		var err error
		if units, err = p.mentioning(ctx, u, def.Name, out); err != nil {
			return nil, err
		}
	}
	for _, in := range units {
		for fn := range in.File.Functions() {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if in.Cpp.Position(in.Cpp.Tokens[fn.NameAt].Loc()).Path != in.Path || !spells(in, fn, def.Name) {
				continue
			}
			f, err := g.InUnit(in, in.Cpp.Names.String(fn.Name))
			if err != nil || f == nil {
				out.Incomplete = in.Cpp.Names.String(fn.Name) + "() cannot be read"
				continue
			}
			calls := g.callsIn(f, def)
			if len(calls) > 0 && depth > 0 && f.Def.Storage&syntax.Static != 0 {
				outer, err := p.callers(ctx, g, in, f.Def, depth-1)
				if err != nil {
					return nil, err
				}
				for i := range calls {
					calls[i].Locks = append(calls[i].Locks, outer.Locks()...)
				}
			}
			out.List = append(out.List, calls...)
		}
	}
	return out, nil
}

// Locks returns the locks that every caller holds, each as its first does;
// none if there may be other callers.
func (c *Callers) Locks() []HeldLock {
	if c.Incomplete != "" || len(c.List) == 0 {
		return nil
	}
	var list []HeldLock
	for _, l := range c.List[0].Locks {
		if !slices.ContainsFunc(list, l.same) && len(c.WithoutLock(l.Name)) == 0 {
			list = append(list, l)
		}
	}
	return list
}

func (l HeldLock) same(x HeldLock) bool { return x.Name == l.Name }

// WithoutLock returns the callers of which nothing says that they hold a lock.
func (c *Callers) WithoutLock(name string) []Caller {
	return slices.DeleteFunc(slices.Clone(c.List), func(x Caller) bool {
		return slices.ContainsFunc(x.Locks, HeldLock{Name: name}.same)
	})
}

// WithoutGuard returns the callers that have not seen a condition.
func (c *Callers) WithoutGuard(text string) []Caller {
	return slices.DeleteFunc(slices.Clone(c.List), func(x Caller) bool { return slices.Contains(x.Guards, text) })
}

// spells reports whether a function's body has a name.
func spells(u *unit.Unit, fn syntax.Function, name string) bool {
	for _, t := range u.Cpp.Tokens[fn.Open:fn.Close] {
		if u.Cpp.Names.String(t.Sym) == name {
			return true
		}
	}
	return false
}

// mentioning reads the units that seem to call a name.
func (p *TreeProgram) mentioning(ctx context.Context, home *unit.Unit, name string, out *Callers) ([]*unit.Unit, error) {
	var files []string
	p.mu.Lock()
	for i := range p.roots() {
		list, err := p.folder(i)
		if err != nil {
			p.mu.Unlock()
			return nil, err
		}
		for _, file := range list {
			data, err := source.ReadShared(p.Tree, file)
			if err == nil && file != home.Path && bytes.Contains(data, []byte(name+"(")) && p.Compiles(file) {
				files = append(files, file)
			}
		}
	}
	p.mu.Unlock()
	if len(files) >= maxCallerFiles {
		out.Incomplete = fmt.Sprintf("%d files call it, more than are read", len(files))
		return nil, nil
	}
	units := []*unit.Unit{home}
	for _, file := range files {
		u, err := p.Read(ctx, file)
		if err != nil {
			return nil, err
		}
		units = append(units, u)
	}
	return units, nil
}

// callsIn returns the calls of def in f.
func (g *Graph) callsIn(f *Function, def *syntax.FuncDef) []Caller {
	var list []Caller
	sites := g.Sites(f)
	asserted := g.Asserted(f)
	for i, s := range sites {
		if s.Callee != def.Name || len(s.Call.Args) != len(def.Type.Params) {
			continue
		}
		at := f.Unit.Cpp.Position(s.Loc)
		c := Caller{Function: f.Name, File: at.Path, Line: at.Line, Locks: append(g.heldAt(f, sites[:i], s), asserted...)}
		words := newRenaming(s.Call, def, assignedAgain(f.Body))
		for _, guard := range s.Guards {
			for _, part := range conjuncts(guard) {
				if text, ok := words.apply(part); ok {
					c.Guards = append(c.Guards, text)
				}
			}
		}
		list = append(list, c)
	}
	return list
}

// conjuncts splits a condition into those that must all hold.
func conjuncts(text string) []string {
	if inner, ok := strings.CutPrefix(text, "!("); ok && strings.HasSuffix(inner, ")") && closedAt(inner) == len(inner)-1 {
		var list []string
		for _, part := range splitTop(inner[:len(inner)-1], "||") {
			list = append(list, negated(part))
		}
		return list
	}
	if strings.HasPrefix(text, "(") && closedAt(text[1:]) == len(text)-2 {
		return conjuncts(text[1 : len(text)-1])
	}
	parts := splitTop(text, "&&")
	if len(parts) == 1 {
		return parts
	}
	var list []string
	for _, part := range parts {
		list = append(list, conjuncts(part)...)
	}
	return list
}

// closedAt returns where the parenthesis closes that was opened before text, -1
// if nowhere.
func closedAt(text string) int {
	depth := 1
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// splitTop splits text at an operator outside parentheses and of the lowest
// precedence there: not at && where there is a || or a ?.
func splitTop(text, op string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth > 0 {
			continue
		}
		if text[i] == '?' || text[i] == ',' || op == "&&" && strings.HasPrefix(text[i:], "||") {
			return []string{text}
		}
		if strings.HasPrefix(text[i:], op) {
			parts = append(parts, strings.TrimSpace(text[start:i]))
			i++
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(text[start:]))
}

// renaming says a caller's words with the names of parameters.
type renaming struct{ from, to []string }

// assignedAgain returns the variables that a body assigns to more than once:
// what was seen of one need not be true of what is passed.
func assignedAgain(body *syntax.Block) map[string]bool {
	times := make(map[string]int)
	syntax.Inspect(body, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok {
			times[syntax.ExprString(a.L)]++
		}
		return true
	})
	again := make(map[string]bool)
	for name, n := range times {
		again[name] = n > 1
	}
	return again
}

func newRenaming(call *syntax.Call, def *syntax.FuncDef, again map[string]bool) *renaming {
	r := &renaming{}
	for i, a := range call.Args {
		name := def.Type.Params[i].Name
		text := syntax.ExprString(a)
		if name == "" || again[strings.TrimPrefix(text, "&")] {
			continue
		}
		if of, ok := strings.CutPrefix(text, "&"); ok {
			r.add(of, "(*"+name+")")
		} else {
			r.add(text, name)
		}
	}
	return r
}

func (r *renaming) add(from, to string) {
	if from != "" && !strings.ContainsAny(from, "(){}?:,= ") {
		r.from, r.to = append(r.from, from), append(r.to, to)
	}
}

// apply replaces what was passed by the names of parameters; ok is false if
// nothing of it occurs.
func (r *renaming) apply(guard string) (text string, ok bool) {
	order := make([]int, len(r.from))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(r.from[b]) - len(r.from[a]) })
	var out strings.Builder
	for len(guard) > 0 {
		n := 0
		for _, i := range order {
			if startsWithWord(guard, r.from[i]) {
				out.WriteString(r.to[i])
				n, ok = len(r.from[i]), true
				break
			}
		}
		if n == 0 {
			if n = wordLength(guard); n == 0 {
				n = 1
			}
			out.WriteString(guard[:n])
		}
		guard = guard[n:]
	}
	return out.String(), ok
}

// startsWithWord reports whether text begins with word, not with a longer name
// or a member of it.
func startsWithWord(text, word string) bool {
	rest, ok := strings.CutPrefix(text, word)
	return ok && (rest == "" || !isWordByte(rest[0]) && rest[0] != '.' && rest[0] != '[' && !strings.HasPrefix(rest, "->"))
}

// wordLength is the length of the name or member expression that text begins
// with.
func wordLength(text string) int {
	n := 0
	for n < len(text) {
		switch {
		case isWordByte(text[n]) || text[n] == '.':
			n++
		case strings.HasPrefix(text[n:], "->"):
			n += 2
		default:
			return n
		}
	}
	return n
}

// lockCalls are the functions that take and release the locks of page tables,
// or say that one is held.
// Source: include/linux/mmap_lock.h, include/linux/mm.h, v6.1 and v6.12.
var lockCalls = []struct {
	name  string
	takes string
	drops string
}{
	{"mmap_read_lock", "mmap_lock", ""}, {"mmap_write_lock", "mmap_lock", ""}, {"mmap_write_lock_nested", "mmap_lock", ""},
	{"mmap_assert_locked", "mmap_lock", ""}, {"mmap_assert_write_locked", "mmap_lock", ""},
	{"mmap_read_unlock", "", "mmap_lock"}, {"mmap_write_unlock", "", "mmap_lock"},
	{"pmd_lock", pageTableLock, ""}, {"pud_lock", pageTableLock, ""},
	{"spin_lock", pageTableLock, ""}, {"spin_lock_nested", pageTableLock, ""}, {"_raw_spin_lock_nested", pageTableLock, ""}, {"spin_unlock", "", pageTableLock},
	{"rcu_read_lock", "RCU", ""}, {"rcu_read_unlock", "", "RCU"},
}

const pageTableLock = "page table lock"

// heldAt returns the locks that calls before a site took for certain and that
// none before it may have released.
func (g *Graph) heldAt(f *Function, before []Site, at Site) []HeldLock {
	var held []HeldLock
	for _, s := range before {
		for _, l := range lockCalls {
			if l.name != s.Callee || strings.HasPrefix(l.name, "spin_") && !ofPageTable(s.Call) {
				continue
			}
			switch {
			case l.takes != "" && always(s, at):
				p := f.Unit.Cpp.Position(s.Loc)
				held = append(held, HeldLock{l.takes, p.Path, p.Line})
			case l.drops != "" && !elsewhere(s, at):
				held = slices.DeleteFunc(held, func(h HeldLock) bool { return h.Name == l.drops })
			}
		}
	}
	return held
}

// ofPageTable reports whether a lock is that of a table, by its name.
func ofPageTable(c *syntax.Call) bool {
	return len(c.Args) > 0 && strings.Contains(syntax.ExprString(c.Args[0]), "ptl")
}

// always reports whether what gets to a site came by an earlier one.
func always(s, at Site) bool {
	return len(s.Guards) <= len(at.Guards) && slices.Equal(s.Guards, at.Guards[:len(s.Guards)])
}

// elsewhere reports whether what came by an earlier site does not get to at:
// they are on two sides of a branch.
func elsewhere(s, at Site) bool {
	for i, guard := range s.Guards {
		if i >= len(at.Guards) {
			return false
		}
		if at.Guards[i] != guard {
			return at.Guards[i] == negated(guard) || guard == negated(at.Guards[i])
		}
	}
	return false
}

// Asserted returns the locks that a function itself says are held when it is
// called.
func (g *Graph) Asserted(f *Function) []HeldLock {
	var list []HeldLock
	for _, s := range g.Sites(f) {
		if len(s.Guards) > 0 {
			continue
		}
		switch {
		case s.Callee == "mmap_assert_locked", s.Callee == "mmap_assert_write_locked":
			p := f.Unit.Cpp.Position(s.Loc)
			list = append(list, HeldLock{"mmap_lock", p.Path, p.Line})
		}
	}
	return list
}
