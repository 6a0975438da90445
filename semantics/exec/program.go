package exec

import (
	"slices"
	"sync"

	"ptreview/arch"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// Program is the translation units of one class, with what was compiled of
// them. Machines may share it; it is safe for concurrent use.
type Program struct {
	abi *arch.ABI
	// more finds the unit that defines a name no unit so far does.
	more func(name string) (*types.Unit, error)

	mu    sync.Mutex
	units []*types.Unit
	names map[string]definition
	codes map[*syntax.FuncDef]*code
	inits map[*types.Object]*code
	traps map[string]arch.Trap
	// numbers are given to variables and functions as code mentions them.
	numbers map[*types.Object]int
}

// definition is where a name is defined; no obj means nowhere.
type definition struct {
	unit *types.Unit
	obj  *types.Object
}

// NewProgram joins units, which must be of one target. more is asked for the
// unit that defines a name with external linkage none of them defines; it may
// be nil, and return nil when there is none.
func NewProgram(abi *arch.ABI, units []*types.Unit, more func(name string) (*types.Unit, error)) *Program {
	p := &Program{
		abi: abi, more: more,
		units: append([]*types.Unit(nil), units...),
		names: make(map[string]definition),
		codes: make(map[*syntax.FuncDef]*code),
		inits: make(map[*types.Object]*code),
		traps: make(map[string]arch.Trap), numbers: make(map[*types.Object]int),
	}
	for _, t := range arch.Traps() {
		p.traps[t.Name] = t
	}
	return p
}

// number numbers a variable or function of file scope, or a static local.
func (p *Program) number(o *types.Object) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, ok := p.numbers[o]
	if !ok {
		n = len(p.numbers)
		p.numbers[o] = n
	}
	return n
}

// ABI returns the target's sizes.
func (p *Program) ABI() *arch.ABI { return p.abi }

// Units returns the units read so far.
func (p *Program) Units() []*types.Unit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*types.Unit(nil), p.units...)
}

// resolve finds the definition that an object of a unit stands for: itself if
// the unit defines it, otherwise that of another unit. found is false if there
// is none.
func (p *Program) resolve(u *types.Unit, o *types.Object) (definition, bool, error) {
	if o.Local {
		return definition{u, o}, true, nil
	}
	if o.Storage&syntax.Register != 0 {
		return definition{}, false, nil // a processor's register, nobody's variable
	}
	own := defines(u.File(), o.Name)
	if own && (o.Storage&syntax.Static != 0 || !o.HasAttr("weak")) {
		return definition{u, o}, true, nil
	}
	d, err := p.external(o.Name)
	if err != nil {
		return definition{}, false, err
	}
	if d.obj == nil && own {
		return definition{u, o}, true, nil
	}
	return d, d.obj != nil, nil
}

// external finds the definition of a name with external linkage.
func (p *Program) external(name string) (definition, error) {
	p.mu.Lock()
	d, ok := p.names[name]
	if !ok {
		d = p.search(name)
		ok = d.obj != nil
		if ok {
			p.names[name] = d
		}
	}
	p.mu.Unlock()
	if ok || p.more == nil {
		return d, nil
	}
	u, err := p.more(name) // may take long and call back
	if err != nil {
		return definition{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if u != nil && !slices.Contains(p.units, u) {
		p.units = append(p.units, u)
		p.forgetMissing()
		d = p.search(name)
	}
	p.names[name] = d
	return d, nil
}

// forgetMissing drops what no unit defined: the newest one may.
func (p *Program) forgetMissing() {
	for name, d := range p.names {
		if d.obj == nil {
			delete(p.names, name)
		}
	}
}

// search looks through the units, preferring a definition that is not weak.
func (p *Program) search(name string) definition {
	var weak definition
	for _, u := range p.units {
		if !defines(u.File(), name) {
			continue
		}
		o := u.Lookup(name)
		if o == nil || o.Storage&syntax.Static != 0 || o.HasAttr("gnu_inline") {
			continue
		}
		if !o.HasAttr("weak") {
			return definition{u, o}
		}
		if weak.obj == nil {
			weak = definition{u, o}
		}
	}
	return weak
}

// defines reports whether f defines name, as opposed to declaring it.
func defines(f *syntax.File, name string) bool {
	defined, prototype := false, false
	for _, d := range f.Declared(name) {
		switch {
		case d.Def:
			return true
		case d.Enum:
		case d.Func && !d.Alias:
			prototype = true // which is no definition
		case d.Storage&syntax.Typedef == 0 && (d.Init || d.Storage&syntax.Extern == 0 || d.Alias):
			defined = true
		}
	}
	return defined && !prototype
}

// aliasOf returns the name an object is an alias for, "" if it is none.
func aliasOf(o *types.Object) string {
	for _, a := range o.Attrs {
		if a.Name == "alias" && len(a.Args) == 1 {
			if s, ok := a.Args[0].(*syntax.StringLit); ok {
				return string(s.Value)
			}
		}
	}
	return ""
}
