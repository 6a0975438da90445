package exec

import (
	"fmt"
	"slices"
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

	fr       *frame
	loc      cpp.Loc
	known    func(*Asm) error
	template []byte // as written
	volatile bool   // the compiler may not drop it
}

// Operand is an operand of inline assembly.
type Operand struct {
	Name       string
	Constraint string
	Type       types.Type
	// Value is what is read: of inputs and of outputs with "+". It is not
	// valid for other outputs, nor for inputs that are in memory for sure. A
	// struct has that of its bytes.
	Value bits.Term
	// Addr is the address of an operand that may be in memory.
	Addr bits.Term

	place target
}

// Set writes output i.
func (a *Asm) Set(i int, v bits.Term) error {
	o := &a.Outputs[i]
	if isRecord(o.Type) {
		return a.Store(o.place.at, a.M.Bits.Resize(v, 8*int(o.Type.Size()), false))
	}
	n, _ := a.M.prog.numOf(o.place.typ)
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
	return a.M.named("assembly "+a.Key, a.where(), width) // it is an event
}

func (a *Asm) where() string {
	return "inline assembly at " + a.fr.position(a.loc).String()
}

// AsmModel describes inline assembly. For asm goto it returns the label taken,
// counted from 0, or -1 to go on behind the statement.
type AsmModel func(a *Asm) (label int, err error)

// AsmKey normalises a template for Options.Asm: white space is one blank,
// instructions are separated by "; ". Comments, other sections (tables for
// patching at boot) and assembler directives are dropped; labels stay.
func AsmKey(template []byte) string {
	var out []string
	elsewhere := 0
	for _, part := range asmParts(string(template)) {
		switch op, _, _ := strings.Cut(part, " "); {
		case op == ".pushsection" || op == ".section" || op == ".subsection":
			elsewhere++
		case op == ".popsection" || op == ".previous":
			elsewhere = max(elsewhere-1, 0)
		case elsewhere > 0 || strings.HasPrefix(op, "."):
		default:
			out = append(out, part)
		}
	}
	return strings.Join(out, "; ")
}

// asmParts cuts a template into labels with or without an instruction and
// directives. x86 writes its lock prefix with a separator or without.
func asmParts(template string) []string {
	for {
		head, rest, ok := strings.Cut(template, "/*")
		_, tail, closed := strings.Cut(rest, "*/")
		if !ok || !closed {
			break
		}
		template = head + " " + tail
	}
	var parts []string
	// parisc writes a line's end as an exclamation mark.
	template = strings.NewReplacer("!0:", "\n0:", "!.", "\n.").Replace(template)
	for _, line := range strings.Split(template, "\n") {
		line, _, _ = strings.Cut(line, "# ")
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, part := range strings.Split(line, ";") {
			if words := strings.Fields(part); len(words) > 0 {
				parts = append(parts, splitLabel(words)...)
			}
		}
	}
	return joinLock(parts)
}

// splitLabel sets a label apart from a directive behind it, so that the
// directive is seen.
func splitLabel(words []string) []string {
	if strings.HasSuffix(words[0], ":") && len(words) > 1 && strings.HasPrefix(words[1], ".") {
		return []string{words[0], strings.Join(words[1:], " ")}
	}
	if label, directive, ok := strings.Cut(words[0], ":."); ok {
		return []string{label + ":", strings.Join(append([]string{"." + directive}, words[1:]...), " ")}
	}
	return []string{strings.Join(words, " ")}
}

func joinLock(parts []string) []string {
	var out []string
	for i := 0; i < len(parts); i++ {
		if parts[i] == "lock" && i+1 < len(parts) {
			i++
			parts[i] = "lock " + parts[i]
		}
		out = append(out, parts[i])
	}
	return out
}

// asmOperand is a compiled operand.
type asmOperand struct {
	syntax.AsmOperand
	typ   types.Type
	place *place // of outputs
	value expr   // of inputs in registers
	addr  expr   // of operands in memory
}

func (c *compiler) asmStmt(s *syntax.Asm) {
	key := AsmKey(s.Template)
	known := knownAsm(key)
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
	st.x = general(func(fr *frame) (bits.Term, error) {
		a := &Asm{
			M: fr.m, Key: key, Clobbers: s.Clobbers, Labels: len(labels), fr: fr, loc: s.Loc(), known: known,
			template: s.Template, volatile: s.Volatile || s.Goto || len(s.Outputs) == 0,
		}
		fr.m.begin()
		defer fr.m.finish()
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
		return bits.Term{}, fr.jump(&jump, labels[n])
	})
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
	o.X = types.AsmOutput(o.X)
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
	if a.addr.isNone() || where == inEither {
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
	if !x.addr.isNone() {
		o.Addr = t.at
	}
	if isRecord(x.typ) && strings.HasPrefix(x.Constraint, "+") {
		o.Value, err = fr.m.loadSmall(fr, x.place.loc, t.at, x.typ)
	} else if _, ok := fr.m.prog.numOf(x.place.typ); ok && strings.HasPrefix(x.Constraint, "+") && !isAggregate(x.place.typ) {
		o.Value, err = t.read(fr)
	}
	return o, err
}

func (x *asmOperand) input(fr *frame) (Operand, error) {
	o := Operand{Name: x.Name, Constraint: x.Constraint, Type: x.typ}
	var err error
	if !x.addr.isNone() {
		if o.Addr, err = x.addr.term(fr); err != nil {
			return o, err
		}
	}
	if !x.value.isNone() {
		o.Value, err = x.value.term(fr)
	}
	if err == nil && o.Value.IsValid() && isRecord(x.typ) {
		o.Value, err = fr.m.loadSmall(fr, x.X.Loc(), o.Value, x.typ)
	}
	return o, err
}

// loadSmall reads a struct that fits a register; a larger one gives no value.
func (m *Machine) loadSmall(fr *frame, loc cpp.Loc, at bits.Term, t types.Type) (bits.Term, error) {
	if size := t.Size(); size == 0 || size > 16 {
		return bits.Term{}, nil
	}
	return m.loadBytes(fr, loc, at, int(t.Size()))
}

// run applies the model of the statement, or what holds of any.
func (a *Asm) run() (int, error) {
	if model := a.M.opt.Asm[a.Key]; model != nil {
		return model(a)
	}
	if a.known != nil {
		if err := a.known(a); err != errNotModelled {
			return -1, err
		}
		return a.opaque()
	}
	if a.Key == "" {
		return -1, a.empty()
	}
	if barrier(a.Key) && a.keepsOutputs() {
		a.noted()
		return -1, nil
	}
	a.noted()
	return a.opaque()
}

// noted makes the statement an event of a run that is compared.
func (a *Asm) noted() {
	if !a.M.compared() {
		return
	}
	var args []bits.Term
	for _, list := range [][]Operand{a.Outputs, a.Inputs} {
		for i := range list {
			for _, v := range []bits.Term{list[i].Value, list[i].Addr} {
				if v.IsValid() {
					args = append(args, v)
				}
			}
		}
	}
	a.M.event(a.fr.eventAt(a.loc, "assembly "+a.Key), args)
}

// keepsOutputs reports whether every output has its value already, as where
// boot code may patch a nop.
func (a *Asm) keepsOutputs() bool {
	for i := range a.Outputs {
		if !strings.HasPrefix(a.Outputs[i].Constraint, "+") {
			return false
		}
	}
	return true
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
	t := a.Outputs[i].Type
	if size := t.Size(); isRecord(t) && size > 0 && size <= 16 {
		return a.Unknown(8 * int(size)), nil
	}
	n, ok := a.M.prog.numOf(t)
	if !ok || isAggregate(t) {
		return bits.Term{}, a.M.unsupported(a.fr, a.loc, fmt.Sprintf("assembly output of type %v", t), nil)
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
	if a.mayStore() {
		a.M.skip(a.where())
	}
	for n := range a.Labels {
		taken, err := a.M.decide(a.fr, a.Unknown(1), a.loc)
		if err != nil || taken {
			return n, err
		}
	}
	return -1, nil
}

// mayStore reports whether a statement can change memory that is no output of
// it: if it says so, or if the compiler may not drop it and it has what can be
// an address. A statement that is not volatile is a function of its inputs.
// Source: GCC manual, Extended Asm, Volatile and Clobbers and Scratch
// Registers.
func (a *Asm) mayStore() bool {
	if slices.Contains(a.Clobbers, "memory") {
		return true
	}
	return a.volatile && (slices.ContainsFunc(a.Inputs, a.mayPoint) || slices.ContainsFunc(a.Outputs, a.mayPoint))
}

// firstPage is the size in bytes of what is not mapped at address 0, as with
// the smallest pages.
const firstPage = 4096

// mayPoint reports whether an operand is a register that can hold an address
// when the statement begins. Nothing lies in the first page.
func (a *Asm) mayPoint(o Operand) bool {
	if n, ok := o.Value.Uint64(); ok && n < firstPage {
		return false
	}
	return o.Value.IsValid() && o.Value.Width() >= a.M.Mem.PointerBits() && strings.Trim(o.Constraint, "inIJKLMNOPEFG%") != ""
}

// barrier recognises instructions that only order memory accesses, wait, or
// look after caches and translations, which means nothing to one thread.
func barrier(key string) bool {
	for _, part := range strings.Split(key, "; ") {
		words := strings.Fields(part)
		if strings.HasSuffix(words[0], ":") {
			words = words[1:] // a label
		} else if len(words) > 1 && words[1] == ":" {
			words = words[2:]
		}
		if len(words) > 0 && !isBarrier(words) {
			return false
		}
	}
	return true
}
