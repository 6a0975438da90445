package exec

import (
	"fmt"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// Asm is one execution of an inline assembly statement. A model reads Inputs
// and Outputs and calls Set for each output.
type Asm struct {
	M        *Machine
	Key      string // the normalised template
	Outputs  []Operand
	Inputs   []Operand
	Clobbers []string
	Labels   int // number of labels of an asm goto

	fr  *frame
	loc cpp.Loc
}

// Operand is an operand of inline assembly.
type Operand struct {
	Name       string
	Constraint string
	Type       types.Type
	// Value is what is read: of inputs and of outputs with "+". It is not
	// valid for other outputs, nor for inputs that are in memory for sure.
	Value bits.Term
	// Addr is the address of an operand that may be in memory.
	Addr bits.Term

	place target
}

// Set writes output i.
func (a *Asm) Set(i int, v bits.Term) error {
	o := &a.Outputs[i]
	n, _ := a.M.prog.numOf(o.Type)
	_, err := o.place.write(a.fr, a.M.Bits.Resize(v, n.bits, n.signed))
	return err
}

// Load reads size bytes at an address.
func (a *Asm) Load(at bits.Term, size int) (bits.Term, error) {
	return a.M.loadBytes(a.fr, a.loc, at, size)
}

// Store writes whole bytes at an address.
func (a *Asm) Store(at, v bits.Term) error { return a.M.storeBytes(a.fr, a.loc, at, v) }

// Unknown returns a value that this statement leaves open.
func (a *Asm) Unknown(width int) bits.Term {
	return a.M.unknown(a.where(), width)
}

func (a *Asm) where() string {
	return "inline assembly at " + a.fr.position(a.loc).String()
}

// AsmModel describes inline assembly. For asm goto it returns the label taken,
// counted from 0, or -1 to go on behind the statement.
type AsmModel func(a *Asm) (label int, err error)

// AsmKey normalises a template for Options.Asm: white space is one blank,
// separators between instructions are ";", comments and empty instructions are
// dropped.
func AsmKey(template []byte) string {
	var out []string
	for _, line := range strings.FieldsFunc(string(template), func(r rune) bool { return r == '\n' || r == ';' }) {
		if i := strings.Index(line, "#"); i == 0 {
			continue
		}
		if words := strings.Fields(line); len(words) > 0 {
			out = append(out, strings.Join(words, " "))
		}
	}
	return strings.Join(out, "; ")
}

// asmOperand is a compiled operand.
type asmOperand struct {
	syntax.AsmOperand
	typ   types.Type
	place *place // of outputs
	value evalFn // of inputs in registers
	addr  evalFn // of operands in memory
}

func (c *compiler) asmStmt(s *syntax.Asm) {
	key := AsmKey(s.Template)
	var outs, ins []asmOperand
	for _, o := range s.Outputs {
		outs = append(outs, c.asmOutput(o))
	}
	for _, o := range s.Inputs {
		ins = append(ins, c.asmInput(o))
	}
	var labels []*label
	for _, name := range s.Labels {
		labels = append(labels, c.label(name))
	}
	st := step{op: opEval, loc: s.Loc(), scope: c.scope}
	jump := st
	st.x = func(fr *frame) (bits.Term, error) {
		a := &Asm{M: fr.m, Key: key, Clobbers: s.Clobbers, Labels: len(labels), fr: fr, loc: s.Loc()}
		if err := a.operands(outs, ins); err != nil {
			return bits.Term{}, err
		}
		n, err := a.run()
		if err != nil || n < 0 {
			return bits.Term{}, err
		}
		if n >= len(labels) {
			return bits.Term{}, fr.m.unsupported(fr, s.Loc(), fmt.Sprintf("label %d of an asm goto with %d", n, len(labels)), nil)
		}
		return bits.Term{}, fr.leave(&jump, labels[n])
	}
	c.emit(st)
}

// Where an operand may be, by its constraint. The letters A, Q, R, S and T
// mean memory to some architectures and registers to others.
const (
	inRegister = iota
	inMemory
	inEither
)

func operandIn(constraint string) int {
	letters := strings.TrimLeft(constraint, "=+&%")
	switch {
	case letters == "" || strings.Trim(letters, "moVZ<>AQRST") != "":
		return inRegister
	case strings.Trim(letters, "moVZ<>") == "":
		return inMemory
	}
	return inEither
}

// isLvalue reports whether e has an address.
func isLvalue(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Ident:
		o := types.ObjectOf(e)
		return o != nil && o.Kind == types.Var
	case *syntax.Unary:
		return e.Op == syntax.Deref
	case *syntax.Index:
		return true
	case *syntax.Member:
		s := types.SelectionOf(e)
		return s != nil && !s.Field().IsBitField()
	}
	return false
}

func (c *compiler) asmOutput(o syntax.AsmOperand) asmOperand {
	a := asmOperand{AsmOperand: o, typ: types.TypeOf(o.X)}
	if operandIn(o.Constraint) != inRegister && isLvalue(o.X) {
		a.addr = c.addressOf(o.X)
	}
	p := c.place(o.X)
	a.place = &p
	c.written[types.ObjectOf(o.X)] = true
	return a
}

func (c *compiler) asmInput(o syntax.AsmOperand) asmOperand {
	a := asmOperand{AsmOperand: o, typ: types.TypeOf(o.X)}
	where := operandIn(o.Constraint)
	if where != inRegister && isLvalue(o.X) {
		a.addr = c.addressOf(o.X)
	}
	if a.addr == nil || where == inEither {
		a.value = c.value(o.X)
	}
	return a
}

// operands evaluates everything the statement reads.
func (a *Asm) operands(outs, ins []asmOperand) error {
	for i := range outs {
		o, err := outs[i].output(a.fr)
		if err != nil {
			return err
		}
		a.Outputs = append(a.Outputs, o)
	}
	for i := range ins {
		o, err := ins[i].input(a.fr)
		if err != nil {
			return err
		}
		a.Inputs = append(a.Inputs, o)
	}
	return nil
}

func (x *asmOperand) output(fr *frame) (Operand, error) {
	o := Operand{Name: x.Name, Constraint: x.Constraint, Type: x.typ}
	t, err := x.place.target(fr)
	if err != nil {
		return o, err
	}
	o.place = t
	if x.addr != nil {
		o.Addr = t.at
	}
	if n, ok := fr.m.prog.numOf(x.place.typ); ok && strings.HasPrefix(x.Constraint, "+") && !isAggregate(x.place.typ) {
		o.Value, err = t.read(fr, n)
	}
	return o, err
}

func (x *asmOperand) input(fr *frame) (Operand, error) {
	o := Operand{Name: x.Name, Constraint: x.Constraint, Type: x.typ}
	var err error
	if x.addr != nil {
		if o.Addr, err = x.addr(fr); err != nil {
			return o, err
		}
	}
	if x.value != nil {
		o.Value, err = x.value(fr)
	}
	return o, err
}

// run applies the model of the statement, or what holds of any.
func (a *Asm) run() (int, error) {
	if model := a.M.opt.Asm[a.Key]; model != nil {
		return model(a)
	}
	if a.Key == "" {
		return -1, a.empty()
	}
	if barrier(a.Key) && len(a.Outputs) == 0 {
		return -1, nil
	}
	return a.opaque()
}

// empty is a statement without instructions: outputs are what their registers
// held.
func (a *Asm) empty() error {
	for i := range a.Outputs {
		if strings.HasPrefix(a.Outputs[i].Constraint, "+") {
			continue
		}
		v := a.tied(i)
		if !v.IsValid() {
			var err error
			if v, err = a.fresh(i); err != nil {
				return err
			}
		}
		if err := a.Set(i, v); err != nil {
			return err
		}
	}
	return nil
}

// tied returns the value of the input that shares the register of output i.
func (a *Asm) tied(i int) bits.Term {
	for _, in := range a.Inputs {
		c := strings.TrimLeft(in.Constraint, "%")
		if c == fmt.Sprint(i) || a.Outputs[i].Name != "" && c == "["+a.Outputs[i].Name+"]" {
			return in.Value
		}
	}
	return bits.Term{}
}

func (a *Asm) fresh(i int) (bits.Term, error) {
	n, ok := a.M.prog.numOf(a.Outputs[i].Type)
	if !ok || isAggregate(a.Outputs[i].Type) {
		return bits.Term{}, a.M.unsupported(a.fr, a.loc, fmt.Sprintf("assembly output of type %v", a.Outputs[i].Type), nil)
	}
	return a.Unknown(n.bits), nil
}

// opaque is assembly nobody describes: every output is unknown, memory may
// have changed, and asm goto may go anywhere.
func (a *Asm) opaque() (int, error) {
	a.M.Mem.Tick()
	for i := range a.Outputs {
		v, err := a.fresh(i)
		if err != nil {
			return -1, err
		}
		if err := a.Set(i, v); err != nil {
			return -1, err
		}
	}
	for _, c := range a.Clobbers {
		if c == "memory" {
			a.M.skip(a.where())
		}
	}
	for n := range a.Labels {
		taken, err := a.M.decide(a.fr, a.Unknown(1), a.loc)
		if err != nil || taken {
			return n, err
		}
	}
	return -1, nil
}

// barrier recognises instructions that only order memory accesses or wait,
// which means nothing to one thread.
func barrier(key string) bool {
	for _, part := range strings.Split(key, "; ") {
		op, _, _ := strings.Cut(part, " ")
		switch op {
		case "mfence", "lfence", "sfence", "pause", "nop", // x86
			"dmb", "dsb", "isb", "yield", // arm64
			"fence",                                       // riscv
			"sync", "lwsync", "eieio", "isync", "ptesync", // powerpc
			"bcr": // s390
		case "lock", "addl": // x86: lock; addl $0,-4(%rsp)
			if !strings.HasPrefix(strings.TrimPrefix(part, "lock "), "addl $0,") && part != "lock" {
				return false
			}
		default:
			return false
		}
	}
	return true
}
