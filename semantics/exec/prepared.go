package exec

import (
	"context"
	"fmt"

	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// Prepared is C text read once, to be evaluated on several machines of the
// Program it was prepared by.
type Prepared struct{ code *code }

// Prepare reads C text as Machine.Eval does.
func (p *Program) Prepare(u *types.Unit, text string) (*Prepared, error) {
	e, err := u.EvalString(text)
	if err != nil {
		return nil, err
	}
	return &Prepared{p.compileExpr(u, e, text)}, nil
}

// Evaluate is Eval of a prepared text.
func (m *Machine) Evaluate(ctx context.Context, e *Prepared) (*Result, error) {
	return m.guarded(ctx, func() (bits.Term, error) { return m.evaluate(e.code) })
}

// evaluate runs an expression in a frame of its own.
func (m *Machine) evaluate(k *code) (bits.Term, error) {
	fr := m.push(k, nil, nil)
	defer m.pop(fr)
	if v, ok := fr.run(k.body); ok {
		return bits.Word(k.bits, v), nil
	}
	return m.take()
}

// CallIn is Call of a function that unit u defines, static ones included.
func (m *Machine) CallIn(ctx context.Context, u *types.Unit, fn string, args ...Value) (*Result, error) {
	o := u.Lookup(fn)
	if o == nil || o.Kind != types.Function || o.Def == nil {
		return nil, fmt.Errorf("in its unit: %w", &UndefinedError{fn})
	}
	return m.guarded(ctx, func() (bits.Term, error) { return m.enter(definition{u, o}, args) })
}
