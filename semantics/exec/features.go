package exec

import (
	"sort"
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// gate is a feature test with an argument: mmu_has_feature(MMU_FTR_RADIX).
type gate struct {
	name  string
	arg   string // C text, evaluated in the unit of the call
	value bool
}

// splitFeatures separates feature tests by name from those by argument.
func splitFeatures(all map[string]bool) (map[string]bool, []gate) {
	plain := make(map[string]bool)
	var gates []gate
	for key, value := range all {
		name, rest, ok := strings.Cut(key, "(")
		arg := strings.TrimSpace(strings.TrimSuffix(rest, ")"))
		name = strings.TrimSpace(name)
		if !ok || arg == "" {
			plain[name] = value
			continue
		}
		gates = append(gates, gate{name, arg, value})
	}
	sort.Slice(gates, func(i, j int) bool {
		if gates[i].name != gates[j].name {
			return gates[i].name < gates[j].name
		}
		return gates[i].arg < gates[j].arg
	})
	return plain, gates
}

// feature answers a call that tests a feature the machine is told about.
func (m *Machine) feature(fr *frame, site *callSite, name string) (bits.Term, bool) {
	if v, ok := m.features[name]; ok {
		return m.truthOf(site.result, v)
	}
	for _, g := range m.gates {
		if g.name == name && len(site.args) > 0 && m.passes(fr, site, g) {
			return m.truthOf(site.result, g.value)
		}
	}
	return bits.Term{}, false
}

// truthOf makes v a value of type t.
func (m *Machine) truthOf(t types.Type, v bool) (bits.Term, bool) {
	n, ok := m.prog.numOf(t)
	if !ok {
		return bits.Term{}, false
	}
	return bits.Const(n.bits, truth(v)), true
}

// passes reports whether the first argument of a call is that of the gate.
// Arguments of feature tests have no effects, so that evaluating one more
// often does no harm.
func (m *Machine) passes(fr *frame, site *callSite, g gate) bool {
	k := m.constant(fr.code.unit, g.arg)
	if k == nil {
		return false
	}
	v, err := site.args[0].term(fr)
	if err != nil {
		return false
	}
	want, ok := m.prog.constTerm(k, site.types[0])
	return ok && v == want
}

// constant evaluates constant C text in a unit; nil if it is none there.
func (m *Machine) constant(u *types.Unit, text string) *types.Const {
	key := textIn{u, text}
	if k, ok := m.constants[key]; ok {
		return k
	}
	var k *types.Const
	if e, err := u.EvalString(text); err == nil {
		k = types.ConstOf(e)
	}
	m.constants[key] = k
	return k
}

// textIn is C text to be read in a unit.
type textIn struct {
	unit *types.Unit
	text string
}
