package exec

import (
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// fillFn writes an initialiser over the object at addr, which belongs to it
// entirely.
type fillFn func(fr *frame, addr uint64) error

// initialise compiles the initialiser of an object of type t.
func (c *compiler) initialise(init syntax.Expr, t types.Type) fillFn {
	switch x := init.(type) {
	case *syntax.InitList:
		return c.initList(x, t)
	case *syntax.StringLit:
		if _, ok := types.Unqual(t).(*types.Array); ok {
			return c.initString(x, t.Size())
		}
	}
	return c.initValue(init, t, nil)
}

// initList zeroes the object and stores the entries.
func (c *compiler) initList(list *syntax.InitList, t types.Type) fillFn {
	in := types.InitializerOf(list)
	if in == nil {
		return failingFill(c.failing(list, "initialiser"))
	}
	entries := make([]fillFn, len(in.Entries))
	for i := range in.Entries {
		entries[i] = c.initEntry(list, &in.Entries[i])
	}
	loc, size := list.Loc(), uint64(t.Size())
	return func(fr *frame, addr uint64) error {
		if err := fr.m.Mem.Set(addr, bits.Const(8, 0), size); err != nil {
			return fr.m.memError(fr, loc, err)
		}
		for _, fill := range entries {
			if err := fill(fr, addr); err != nil {
				return err
			}
		}
		return nil
	}
}

func failingFill(x expr) fillFn {
	return func(fr *frame, _ uint64) error {
		_, err := x.term(fr)
		return err
	}
}

// initEntry compiles one entry with its repetitions.
func (c *compiler) initEntry(list *syntax.InitList, e *types.InitEntry) fillFn {
	fill := c.initOne(list, e)
	offset := uint64(e.Offset)
	if len(e.Repeats) == 0 {
		return func(fr *frame, addr uint64) error { return fill(fr, addr+offset) }
	}
	return func(fr *frame, addr uint64) error {
		return repeat(e.Repeats, addr+offset, func(a uint64) error {
			if err := fr.m.step(fr, list.Loc()); err != nil {
				return err
			}
			return fill(fr, a)
		})
	}
}

// repeat calls f for every combination of the repetitions.
func repeat(rs []types.Repeat, addr uint64, f func(uint64) error) error {
	if len(rs) == 0 {
		return f(addr)
	}
	for i := int64(0); i < rs[0].Count; i++ {
		if err := repeat(rs[1:], addr+uint64(i*rs[0].Stride), f); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) initOne(list *syntax.InitList, e *types.InitEntry) fillFn {
	if e.Value == nil {
		size, loc := uint64(e.Type.Size()), list.Loc()
		return func(fr *frame, addr uint64) error {
			if err := fr.m.Mem.Set(addr, bits.Const(8, 0), size); err != nil {
				return fr.m.memError(fr, loc, err)
			}
			return nil
		}
	}
	if s, ok := e.Value.(*syntax.StringLit); ok {
		if _, ok := types.Unqual(e.Type).(*types.Array); ok {
			return c.initString(s, e.Type.Size())
		}
	}
	return c.initValue(e.Value, e.Type, e.Field)
}

// initValue stores an expression into a scalar, a record or a bit-field.
func (c *compiler) initValue(e syntax.Expr, t types.Type, f *types.Field) fillFn {
	x, loc := c.converted(e, t), e.Loc()
	w := c.prog.pointer().bits
	if isAggregate(t) {
		size := uint64(t.Size())
		return func(fr *frame, addr uint64) error {
			from, err := x.term(fr)
			if err != nil {
				return err
			}
			return fr.m.copyBytes(fr, loc, bits.Const(w, addr), from, size)
		}
	}
	if _, ok := c.prog.numOf(t); !ok {
		return failingFill(c.failing(e, "initialiser of type %v", t))
	}
	return func(fr *frame, addr uint64) error {
		v, err := x.term(fr)
		if err != nil {
			return err
		}
		if f != nil {
			return fr.m.storeField(fr, loc, bits.Const(w, addr), v, f)
		}
		return fr.m.storeScalar(fr, loc, bits.Const(w, addr), v, t)
	}
}

// stringBytes returns the bytes of a literal in memory, with the terminating
// zero.
func (p *Program) stringBytes(s *syntax.StringLit) ([]byte, bool) {
	unit := 1
	switch s.Prefix {
	case "", "u8":
		return append(append([]byte(nil), s.Value...), 0), true
	case "L":
		unit = p.abi.WCharSize
	case "u":
		unit = 2
	case "U":
		unit = 4
	default:
		return nil, false
	}
	var out []byte
	for i := 0; i+4 <= len(s.Value)+4; i += 4 {
		var element [4]byte
		if i+4 <= len(s.Value) {
			copy(element[:], s.Value[i:])
		}
		for k := range unit {
			if p.abi.BigEndian {
				k = unit - 1 - k
			}
			out = append(out, element[k])
		}
	}
	return out, true
}

// initString copies a literal into an array of size bytes, cutting it off or
// filling up with zeros.
func (c *compiler) initString(s *syntax.StringLit, size int64) fillFn {
	data, ok := c.prog.stringBytes(s)
	if !ok {
		return failingFill(c.failing(s, "string literal"))
	}
	data = data[:min(int64(len(data)), size)]
	loc := s.Loc()
	return func(fr *frame, addr uint64) error {
		m := fr.m
		if err := m.Mem.Set(addr, bits.Const(8, 0), uint64(size)); err != nil {
			return m.memError(fr, loc, err)
		}
		if err := m.Mem.Bytes(addr, data); err != nil {
			return m.memError(fr, loc, err)
		}
		return nil
	}
}

// stringLit compiles a literal as an array in memory: the same each time.
func (c *compiler) stringLit(s *syntax.StringLit) expr {
	data, ok := c.prog.stringBytes(s)
	if !ok {
		return c.failing(s, "string literal")
	}
	return general(func(fr *frame) (bits.Term, error) {
		m := fr.m
		if a, ok := m.literals[s]; ok {
			return bits.Const(m.Mem.PointerBits(), a), nil
		}
		o, err := m.Mem.Alloc(mem.Spec{Name: quoted(s.Value), Kind: mem.String, Size: uint64(len(data))}, 8)
		if err == nil {
			err = m.Mem.Bytes(o.Addr, data)
		}
		if err != nil {
			return bits.Term{}, m.memError(fr, s.Loc(), err)
		}
		m.literals[s] = o.Addr
		return bits.Const(m.Mem.PointerBits(), o.Addr), nil
	})
}

// quoted shortens a literal for use as an object's name.
func quoted(s []byte) string {
	if len(s) > 24 {
		return `"` + string(s[:24]) + `…"`
	}
	return `"` + string(s) + `"`
}

// compoundLit compiles (type){…}: an object of its own at file scope, one per
// call inside a function.
func (c *compiler) compoundLit(e *syntax.CompoundLit) expr {
	t := types.TypeOf(e)
	fill := c.initialise(e.Init, t)
	place := c.literalPlace(e, t)
	scalar := !isAggregate(t)
	return general(func(fr *frame) (bits.Term, error) {
		m := fr.m
		addr, err := place(fr)
		if err != nil {
			return bits.Term{}, err
		}
		if err := fill(fr, addr); err != nil {
			return bits.Term{}, err
		}
		at := bits.Const(m.Mem.PointerBits(), addr)
		if scalar {
			return m.loadScalar(fr, e.Loc(), at, t)
		}
		return at, nil
	})
}

// literalPlace returns where a compound literal lives.
func (c *compiler) literalPlace(e *syntax.CompoundLit, t types.Type) func(*frame) (uint64, error) {
	if c.code.def != nil {
		n := c.newTemp()
		return func(fr *frame) (uint64, error) { return fr.tempAddr(n, t, e.Loc()) }
	}
	return func(fr *frame) (uint64, error) {
		m := fr.m
		if a, ok := m.literals[e]; ok {
			return a, nil
		}
		o, err := m.Mem.Alloc(mem.Spec{Name: "compound literal", Kind: mem.Global, Size: uint64(t.Size())}, uint64(t.Align()))
		if err != nil {
			return 0, m.memError(fr, e.Loc(), err)
		}
		m.literals[e] = o.Addr
		return o.Addr, nil
	}
}

// newTemp numbers an intermediate object of the frame.
func (c *compiler) newTemp() int {
	c.code.temps++
	return c.code.temps - 1
}
