package pagetable

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// function is a function to be run, with what its parameters say about it.
type function struct {
	unit    *unit.Unit
	def     *syntax.FuncDef
	program *program
	params  []param
	level   string // of the entry it works on, "" if on none
	// doubt says why some caller may not exist that passes what is passed
	// here; "" for a function that anybody calls.
	doubt string
}

// param is a parameter. base is what its type is built upon, as spelled: a
// typedef name, "struct page", "unsigned long".
type param struct {
	name  string
	typ   types.Type
	base  string
	stars int
	// level is set for entries of tables and pointers to them.
	level string
	// second is set for what is not the first of its kind: another mm, an
	// entry of another table, or where the function leaves the one it saw.
	second bool
}

// function reads the parameters of fn.
func (e *Emulator) function(u *unit.Unit, fn *syntax.FuncDef) (*function, error) {
	f := &function{unit: u, def: fn, program: e.program(u)}
	o := u.Types.Lookup(fn.Name)
	if o == nil || o.Def != fn {
		return nil, fmt.Errorf("%s is not the function of its unit", fn.Name)
	}
	t, ok := types.Unqual(o.Type).(*types.Func)
	if !ok {
		return nil, fmt.Errorf("the type of %s is not known", fn.Name)
	}
	if t.Variadic {
		return nil, fmt.Errorf("%s takes a variable number of arguments", fn.Name)
	}
	for i, p := range t.Params {
		f.params = append(f.params, newParam(fn.Type.Params[i], p.Type))
	}
	f.judge()
	f.doubt = doubt(u, fn)
	return f, nil
}

// doubt tells functions whose callers have looked at the entry before.
func doubt(u *unit.Unit, fn *syntax.FuncDef) string {
	file := u.Cpp.Position(fn.Loc()).Path
	switch {
	case isInit(fn):
		return "whether the kernel is as far as when it runs an __init function"
	case strings.Contains(fn.Name, "huge") || strings.Contains(path.Base(file), "huge"):
		return "whether callers of a function for huge pages pass this"
	case fn.Storage&syntax.Static != 0 && strings.HasSuffix(file, ".c"):
		return "whether callers of a static function pass this"
	}
	return ""
}

// isInit reports whether a function is run only while the kernel boots.
func isInit(fn *syntax.FuncDef) bool {
	for _, a := range fn.Attrs {
		if a.Name != "section" || len(a.Args) != 1 {
			continue
		}
		if s, ok := a.Args[0].(*syntax.StringLit); ok && strings.HasPrefix(string(s.Value), ".init") {
			return true
		}
	}
	return false
}

// newParam reads one parameter.
func newParam(p *syntax.Param, t types.Type) param {
	q := param{name: p.Name, typ: types.Unqual(t)}
	x := p.Type
	for {
		switch y := x.(type) {
		case *syntax.Qualified:
			x = y.Elem
			continue
		case *syntax.Pointer:
			q.stars++
			x = y.Elem
			continue
		case *syntax.Array:
			q.stars++
			x = y.Elem
			continue
		case *syntax.Record:
			q.base = "struct " + y.Tag
			if y.Union {
				q.base = "union " + y.Tag
			}
		default:
			q.base = syntax.TypeString(x)
		}
		break
	}
	if q.name == "" {
		q.name = q.base
	}
	for _, level := range levelNames {
		if q.base == level+"_t" {
			q.level = level
		}
	}
	return q
}

// judge finds the entry the function works on: the lowest one it is given.
// What takes an mm or a vma finds the pmd itself.
func (f *function) judge() {
	seen := make(map[string]bool)
	lowest := -1
	for i := range f.params {
		p := &f.params[i]
		if p.stars == 1 {
			p.second = seen[p.base] || p.isSeen()
			seen[p.base] = seen[p.base] || !p.second
		}
		if p.level != "" && p.stars < 2 && !p.second {
			lowest = max(lowest, slices.Index(levelNames[:], p.level))
		}
	}
	if lowest >= 0 {
		f.level = levelNames[lowest]
		return
	}
	for _, p := range f.params {
		switch p.base {
		case "struct mm_struct", "struct vm_area_struct", "struct vm_fault", "pgtable_t":
			f.level = "pmd"
		}
	}
}

// isSeen reports whether a parameter is where the function leaves the entry
// it saw, by its name: pmdvalp.
func (p param) isSeen() bool {
	return p.level != "" && p.stars == 1 && strings.Contains(p.name, "val")
}

// scenario is one choice of arguments.
type scenario struct {
	state state
	last  bool // the address is the last page of its page table
	// null and flag are indexes of the parameters that are NULL and 1 where
	// they are otherwise not, -1 for none.
	null, flag int
}

// scenarios lists the choices for a function: every state of the entry, with
// two addresses, and with each flag set and each pointer left out in turn.
func (f *function) scenarios() []scenario {
	var list []scenario
	for _, s := range statesOf(f.level) {
		list = append(list, scenario{state: s, null: -1, flag: -1})
		if f.has(param.isAddress) {
			list = append(list, scenario{state: s, last: true, null: -1, flag: -1})
		}
		for i, p := range f.params {
			if p.isSeen() && strings.HasSuffix(p.name, "valp") {
				list = append(list, scenario{state: s, null: i, flag: -1})
			}
			if p.isFlag() {
				list = append(list, scenario{state: s, null: -1, flag: i})
			}
		}
	}
	return list
}

func (f *function) has(is func(param) bool) bool { return slices.ContainsFunc(f.params, is) }

// isAddress reports whether a parameter is a user address, by its name.
func (p param) isAddress() bool {
	if p.stars > 0 || !p.isInteger() {
		return false
	}
	switch p.name {
	case "addr", "address", "start", "vaddr", "uaddr", "va", "haddr", "start_addr", "old_addr", "end", "old_end":
		return true
	}
	return false
}

func (p param) isInteger() bool {
	switch t := p.typ.(type) {
	case *types.Basic:
		return t.Kind != types.Void && t.Kind < types.Float
	case *types.Enum:
		return true
	}
	return false
}

// isFlag reports whether a parameter is a truth value: a bool, or an int that
// nothing else is known of.
func (p param) isFlag() bool {
	t, ok := p.typ.(*types.Basic)
	_, known := p.number()
	return ok && (t.Kind == types.Bool || t.Kind == types.Int) && p.stars == 0 && p.level == "" && !known
}

// number names what an integer parameter is, by its name or type.
func (p param) number() (what string, known bool) {
	switch p.name {
	case "pfn":
		return "pfn", true
	case "size", "len":
		return "page size", true
	case "nr", "nr_pages", "npages", "count":
		return "one", true
	case "floor", "ceiling":
		return "zero", true
	}
	switch p.base {
	case "gfp_t":
		return "gfp", true
	}
	return "", false
}
