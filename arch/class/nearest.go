package class

import (
	"slices"
	"strings"

	"ptreview/arch/kconfig"
	"ptreview/arch/sat"
)

// wish is a literal that says that a model assigns a symbol, or decides a
// choice, as a base does.
type wish struct {
	lit    sat.Lit
	value  *value // whose input it is about, or
	choice *pick
}

// wishes returns a wish for every assignment in the encoding. Dependencies
// come first: a model near the base gives up the last ones first.
func (e *encoding) wishes(b *base) []wish {
	said := make(map[string]kconfig.Assignment)
	for _, a := range b.lines {
		said[a.Name] = a
	}
	var list []wish
	for _, v := range e.order {
		switch {
		case v.sym.IsChoice():
			list = e.choiceWishes(list, v, b, said)
		case v.input != nil:
			list = append(list, wish{lit: e.asSaid(v, said), value: v})
		}
	}
	return list
}

// asSaid returns where the input of v is the line of a base, or none as there.
func (e *encoding) asSaid(v *value, said map[string]kconfig.Assignment) sat.Lit {
	a, ok := said[v.sym.Name()]
	if !ok {
		return v.input.unset
	}
	if isText(v.sym) {
		for _, alt := range v.input.texts {
			if alt.text == textOf(a.Value) {
				return alt.lit
			}
		}
		return v.input.unset
	}
	in := v.input
	switch a.Value {
	case "y":
		return in.tri.yes
	case "m":
		return e.and(in.tri.set, in.tri.yes.Not())
	case "n":
		return e.and(in.unset.Not(), in.tri.set.Not())
	}
	return in.unset
}

// textOf takes the quotes off the value of a line.
func textOf(value string) string {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return value
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(value[1 : len(value)-1])
}

// choiceWishes adds how a base decides a choice: by a line, or by none.
func (e *encoding) choiceWishes(list []wish, v *value, b *base, said map[string]kconfig.Assignment) []wish {
	p := e.choices[v.sym]
	mode, lines := kconfig.No, false
	at := -1
	for i, m := range v.choice.Members {
		if a, ok := said[m.Name()]; ok {
			lines = true
			switch {
			case a.Value == "y":
				mode, at = kconfig.Yes, i
			case a.Value == "m":
				mode = max(mode, kconfig.Mod)
			}
		}
	}
	if v.input != nil {
		in := v.input.tri
		list = append(list, wish{lit: map[kconfig.Tri]sat.Lit{
			kconfig.No: in.set.Not(), kconfig.Mod: e.and(in.set, in.yes.Not()), kconfig.Yes: in.yes,
		}[mode], choice: p})
	}
	if lines && at < 0 {
		for i, m := range v.choice.Members {
			if b.made.Tri(m.Name()) == kconfig.Yes {
				at = i
			}
		}
	}
	if at < 0 {
		return append(list, wish{lit: p.unset, choice: p})
	}
	// Where nothing of the choice is visible its lines do not count.
	return append(list, wish{lit: e.or(p.picked[at], p.visible.Not()), choice: p})
}

// nearest returns the wishes that a model of hard has to give up. None of them
// alone can be kept with all that are kept.
func (e *encoding) nearest(wishes []wish, hard []sat.Lit) (broken []wish, ok bool) {
	kept := slices.Clone(hard)
	for _, w := range wishes {
		e.sat.Prefer(w.lit)
		if w.value != nil && w.lit != w.value.input.unset {
			e.sat.Prefer(w.value.input.unset.Not())
		} else if w.value != nil {
			e.sat.Prefer(w.lit)
		}
	}
	if e.sat.Solve(kept...) != sat.Sat {
		return nil, false
	}
	open := slices.Clone(wishes)
	take := func() {
		var still []wish
		for _, w := range open {
			if e.sat.True(w.lit) {
				kept = append(kept, w.lit)
			} else {
				still = append(still, w)
			}
		}
		open = still
	}
	for take(); len(open) > 0; {
		w := open[0]
		open = open[1:]
		switch e.sat.Solve(append(kept, w.lit)...) {
		case sat.Sat:
			kept = append(kept, w.lit)
			take()
		default:
			broken = append(broken, w)
		}
	}
	return broken, e.sat.Solve(kept...) == sat.Sat
}

// lines returns the .config lines by which the last model differs from a base
// whose broken wishes are given, sorted by symbol.
func (e *encoding) lines(broken []wish) []string {
	set := make(map[string]string)
	for _, w := range broken {
		switch {
		case w.choice != nil:
			e.choiceLines(set, w.choice)
		case e.sat.True(w.value.vis.set):
			set[w.value.sym.Name()] = e.line(w.value)
		}
	}
	return sortedLines(set)
}

// allLines returns a line for every visible symbol of the encoding.
func (e *encoding) allLines() []string {
	set := make(map[string]string)
	for _, v := range e.order {
		switch {
		case v.sym.IsChoice():
			e.choiceLines(set, e.choices[v.sym])
		case v.input != nil && e.sat.True(v.vis.set):
			set[v.sym.Name()] = e.line(v)
		}
	}
	return sortedLines(set)
}

func sortedLines(set map[string]string) []string {
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	lines := make([]string, len(names))
	for i, n := range names {
		lines[i] = set[n]
	}
	return lines
}

// choiceLines names the member that is y, or the values of all where none is.
func (e *encoding) choiceLines(set map[string]string, p *pick) {
	for i, m := range p.choice.Members {
		v := e.value(m)
		if e.sat.True(v.tri.yes) && e.sat.True(p.vis[i].yes) {
			set[m.Name()] = e.line(v)
			return
		}
	}
	for i, m := range p.choice.Members {
		if e.sat.True(p.vis[i].set) {
			set[m.Name()] = e.line(e.value(m))
		}
	}
}

func (e *encoding) line(v *value) string {
	name := "CONFIG_" + v.sym.Name()
	switch {
	case v.sym.Type() == kconfig.String:
		return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(e.textIn(v)) + `"`
	case isText(v.sym):
		return name + "=" + e.textIn(v)
	case e.sat.True(v.tri.yes):
		return name + "=y"
	case e.sat.True(v.tri.set):
		return name + "=m"
	}
	return "# " + name + " is not set"
}

// textIn returns the text of v in the last model.
func (e *encoding) textIn(v *value) string {
	for _, a := range v.texts {
		if e.sat.True(a.lit) {
			return a.text
		}
	}
	panic("class: " + v.sym.Name() + " has no text in the model")
}
