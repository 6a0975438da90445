package pagetable

import (
	"fmt"
	"strings"

	"ptreview/semantics/exec"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// program is a unit ready to be run, with the texts prepared in it.
type program struct {
	unit  *unit.Unit
	exec  *exec.Program
	texts map[textIn]*prepared
	geo   *geometry // nil until measured
	// pulled is the number of units that the function in progress pulled in.
	pulled int
}

type textIn struct {
	unit *types.Unit
	text string
}

type prepared struct {
	expr *exec.Prepared
	err  error
}

// How many further units the runs of one function may pull in, and those of all
// functions of a unit: each takes some tens of megabytes. Code farther away
// counts as not known.
const (
	unitsPerRun  = 8
	unitsPerUnit = 32
)

// program returns the program that begins with a unit.
func (e *Emulator) program(u *unit.Unit) *program {
	if p := e.units[u]; p != nil {
		return p
	}
	asked := make(map[*types.Unit]bool)
	p := &program{unit: u, texts: make(map[textIn]*prepared)}
	more := func(name string) (*types.Unit, error) {
		if e.boot[name] {
			return nil, nil
		}
		t, err := e.tree.Types(e.ctx, u, name)
		switch {
		case t == nil || err != nil || asked[t]:
			return t, err
		case p.pulled == unitsPerRun && !e.initcall || len(asked) == unitsPerUnit:
			return nil, nil
		}
		p.pulled++
		asked[t] = true
		return t, nil
	}
	p.exec = exec.NewProgram(u.ABI, []*types.Unit{u.Types}, more)
	e.units[u] = p
	return p
}

// prepare reads C text at the end of a unit, once.
func (p *program) prepare(u *types.Unit, text string) (*exec.Prepared, error) {
	key := textIn{u, text}
	t := p.texts[key]
	if t == nil {
		t = new(prepared)
		t.expr, t.err = p.exec.Prepare(u, text)
		p.texts[key] = t
	}
	return t.expr, t.err
}

// first returns the first text that makes sense in the unit.
func (p *program) first(texts ...string) (string, error) {
	var first error
	for _, text := range texts {
		_, err := p.prepare(p.unit.Types, text)
		if err == nil {
			return text, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", fmt.Errorf("%s: %w", texts[0], first)
}

// has reports whether a text makes sense in the unit.
func (p *program) has(text string) bool {
	_, err := p.prepare(p.unit.Types, text)
	return err == nil
}

// replaceWord replaces an identifier in C text.
func replaceWord(text, word, by string) string {
	var out strings.Builder
	for len(text) > 0 {
		n := len(baseName(text))
		if n == 0 {
			n = 1
			out.WriteByte(text[0])
		} else if text[:n] == word {
			out.WriteString(by)
		} else {
			out.WriteString(text[:n])
		}
		text = text[n:]
	}
	return out.String()
}
