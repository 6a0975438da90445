package exec

import (
	"errors"
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// Model describes a kernel primitive in Go. Contract is one sentence on what
// it promises, for the list of models a report can print.
type Model struct {
	Contract string
	// Run performs the call. The result is resized to the function's result
	// type; no value stands for 0.
	Run func(k *Primitive) (Value, error)
}

// Primitive is one call of a modelled function. Args have the widths of the
// parameters' types.
type Primitive struct {
	M    *Machine
	Name string
	Args []Value

	fr   *frame
	site *callSite
}

// model finds the model of a function, nil if it has none.
func (m *Machine) model(name string) *Model {
	if model := m.opt.Models[name]; model != nil {
		return model
	}
	return DefaultModels()[name]
}

func (m *Machine) callModel(fr *frame, site *callSite, model *Model, name string, args []bits.Term) (bits.Term, error) {
	if err := m.effect(); err != nil {
		return bits.Term{}, err
	}
	k := m.primitive()
	k.Name, k.Args, k.fr, k.site = name, args, fr, site
	m.begin()
	v, err := model.Run(k)
	m.finish()
	m.modelled--
	if err != nil {
		return v, k.located(err)
	}
	switch {
	case site.bits == 0: // void
		return bits.Term{}, nil
	case isRecord(site.result):
		if !v.IsValid() {
			return m.unknownResult(fr, site, "result of "+name)
		}
		return v, nil
	case !v.IsValid():
		return bits.Const(site.bits, 0), nil
	case site.bits == 1:
		return nonzero(m.Bits, v), nil
	}
	return m.Bits.Resize(v, site.bits, false), nil
}

// primitive returns the call of a model that is about to begin. That of one
// which is over is used again.
func (m *Machine) primitive() *Primitive {
	if m.modelled == len(m.primitives) {
		m.primitives = append(m.primitives, &Primitive{M: m})
	}
	m.modelled++
	return m.primitives[m.modelled-1]
}

// located turns a fault of memory into a trap at the call.
func (k *Primitive) located(err error) error {
	var trap *Trap
	var unsupported *Unsupported
	if errors.As(err, &trap) || errors.As(err, &unsupported) {
		return err
	}
	return k.M.memError(k.fr, k.site.loc, err)
}

// Unit returns the unit the call stands in.
func (k *Primitive) Unit() *types.Unit { return k.fr.code.unit }

// ArgType returns the type of argument i.
func (k *Primitive) ArgType(i int) types.Type {
	if i < len(k.site.types) {
		return k.site.types[i]
	}
	return nil
}

// ResultType returns the type the function returns.
func (k *Primitive) ResultType() types.Type { return k.site.result }

// Addr returns argument i as an address or size.
// Errors: *Unsupported if it is not known.
func (k *Primitive) Addr(i int) (uint64, error) {
	if i >= len(k.Args) {
		return 0, k.Unsupported(fmt.Sprintf("%s with %d arguments", k.Name, len(k.Args)))
	}
	v, ok := k.M.address(k.Args[i])
	if !ok {
		return 0, k.Unsupported(notKnown(fmt.Sprintf("argument %d of %s", i+1, k.Name), k.Args[i]))
	}
	return v, nil
}

// Unsupported ends the run.
func (k *Primitive) Unsupported(what string) error {
	return k.M.unsupported(k.fr, k.site.loc, what, nil)
}

// Trap ends the run with a trap at the call.
func (k *Primitive) Trap(kind TrapKind, message string) error {
	return k.M.trap(k.fr, k.site.loc, &Trap{Kind: kind, Message: message})
}

// Event notes the call in the result.
func (k *Primitive) Event() { k.M.event(k.site.event(k.fr, k.Name), k.Args) }

// Place says where the call stands, for messages.
func (k *Primitive) Place() string { return k.fr.position(k.site.loc).String() }

// Decide returns the outcome of a condition, as a branch does.
func (k *Primitive) Decide(cond bits.Term) (bool, error) {
	return k.M.decide(k.fr, cond, k.site.loc)
}

// Unknown returns a value nothing is known of.
func (k *Primitive) Unknown(why string, width int) Value {
	name := k.Name
	for _, v := range k.Args {
		name += " " + v.Key()
	}
	return k.M.named(name+": "+why, why, width)
}

// Pointer returns a as a value.
func (m *Machine) Pointer(a uint64) Value { return bits.Const(m.Mem.PointerBits(), a) }

// Load reads size bytes at an address, as the code would.
func (k *Primitive) Load(at Value, size int) (Value, error) {
	return k.M.loadBytes(k.fr, k.site.loc, at, size)
}

// Store writes v at an address, as the code would.
func (k *Primitive) Store(at, v Value) error {
	return k.M.storeBytes(k.fr, k.site.loc, at, v)
}

// LoadField reads a member, by its path, of the record argument i points to.
func (k *Primitive) LoadField(i int, path ...string) (Value, error) {
	t, _ := types.Unqual(k.ArgType(i)).(*types.Pointer)
	if t == nil {
		return Value{}, k.Unsupported(fmt.Sprintf("argument %d of %s is no pointer", i+1, k.Name))
	}
	var off int64
	at := t.Elem
	for _, name := range path {
		k.Unit().Complete(at)
		f := fieldOf(at, name)
		if f == nil {
			return Value{}, k.Unsupported(fmt.Sprintf("%s: %s has no member %s", k.Name, at, name))
		}
		off, at = off+f.Offset, f.Type
	}
	m := k.M
	addr := m.Bits.Add(k.Args[i], bits.Const(m.Mem.PointerBits(), uint64(off)))
	return k.Load(addr, int(at.Size()))
}

// fieldOf finds a member by name, also inside anonymous ones.
func fieldOf(t types.Type, name string) *types.Field {
	r, ok := types.Unqual(t).(*types.Record)
	if !ok {
		return nil
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.Name == name {
			return f
		}
		if f.Name == "" {
			if inner := fieldOf(f.Type, name); inner != nil {
				sum := *inner
				sum.Offset += f.Offset
				return &sum
			}
		}
	}
	return nil
}

// Alloc makes an object and returns its address.
func (k *Primitive) Alloc(s mem.Spec, align uint64) (Value, error) {
	o, err := k.M.Mem.Alloc(s, align)
	if err != nil {
		return Value{}, err
	}
	return k.M.Pointer(o.Addr), nil
}

// compareSwap is a compare-and-swap of a scalar: what was there, and whether
// it was what was wanted.
func (m *Machine) compareSwap(fr *frame, loc cpp.Loc, at bits.Term, t types.Type, want, v bits.Term) (bits.Term, bool, error) {
	m.begin()
	defer m.finish()
	old, err := m.loadScalar(fr, loc, at, t)
	if err != nil {
		return old, false, err
	}
	same, err := m.decide(fr, m.Bits.Eq(old, want), loc)
	if err != nil || !same {
		return old, false, err
	}
	return old, true, m.storeScalar(fr, loc, at, v, t)
}
