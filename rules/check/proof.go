package check

import (
	"context"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/semantics/contract"
	"ptreview/semantics/exec"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
)

// Proof is what was found out about an entry for all values of the entries of
// tables and addresses that it is called with.
type Proof struct {
	Free        []string // names of what had any value besides: "addr"
	Kinds       []ProofKind
	Assumptions []Assumption
}

// ProofKind says how all calls end whose entries are of one kind: "pmd points
// to a table below". Known is false if not all is known of them;
// All that every one ends in Trap, which is nil if none traps.
type ProofKind struct {
	Text       string
	Known, All bool
	Trap       *RunTrap
}

// Proofs runs an entry with values that are free. It returns nil if the entry
// has none, or they could not be run.
type Proofs func(context.Context, *Entry) (*Proof, error)

// The limits of a proof. Functions of which it shows something have a few
// paths.
const (
	proofPaths = 64
	proofTerms = 1_000_000
)

// symbolic returns what proves in the emulated machine, for the values that
// callers allow.
func symbolic(prog *facts.TreeProgram, m *arch.Machine, callers preconditions) Proofs {
	var emu *pagetable.Emulator
	return func(ctx context.Context, e *Entry) (*Proof, error) {
		if emu == nil {
			emu = pagetable.New(prog, m, pagetable.Options{Paths: proofPaths, Budget: exec.Budget{Terms: proofTerms}})
		}
		u, fn := e.After.Unit, e.After.Def
		entries, addresses := emu.Free(u, fn)
		if len(entries) == 0 {
			return nil, ctx.Err()
		}
		prover := contract.NewProver(emu, u)
		call := pagetable.Call{Symbolic: slices.Concat(entries, addresses)}
		for _, level := range contract.MadeLevels() {
			call.Made = append(call.Made, prover.Made(ctx, level)...)
		}
		pre, err := callers(ctx, e)
		if err != nil {
			return nil, err
		}
		call.Callers = pre
		out, err := emu.Call(ctx, u, fn, call)
		if err != nil {
			return nil, ctx.Err() // what is shown then is the example
		}
		p := proof(out)
		p.Free = addresses
		return p, nil
	}
}

func proof(out *pagetable.Called) *Proof {
	p := &Proof{Assumptions: assumptions(out.Assumptions)}
	for i := range out.Kinds {
		k := &out.Kinds[i]
		trap, all, sure := k.Ends()
		kind := ProofKind{Text: k.Text, Known: sure, All: all}
		if trap != nil {
			kind.Trap = &RunTrap{trap.Function, trap.Use.Path, trap.Use.Line}
		}
		p.Kinds = append(p.Kinds, kind)
	}
	return p
}

func assumptions(list []pagetable.Assumption) []Assumption {
	var out []Assumption
	for _, a := range list {
		out = append(out, Assumption{string(a.Kind), a.Text, a.File, a.Line})
	}
	return out
}

// Evidence are sentences about all values for a trap, those of kinds whose every
// call ends there first; none if the proof does not have one.
func (p *Proof) Evidence(t RunTrap) []string {
	var reached, other []string
	with := ""
	if len(p.Free) > 0 {
		with = ", with any " + strings.Join(p.Free, ", ")
	}
	for _, k := range p.Kinds {
		switch {
		case k.Known && k.All && *k.Trap == t:
			reached = append(reached, "it is reached whenever "+k.Text+with)
		case k.Known && k.Trap == nil:
			other = append(other, "it is not reached when "+k.Text+with)
		case k.Known && k.Trap != nil && *k.Trap == t:
			other = append(other, "it is reached for some values when "+k.Text)
		}
	}
	if len(reached) == 0 {
		return nil
	}
	return append(reached, other...)
}
