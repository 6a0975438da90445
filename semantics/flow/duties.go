package flow

import (
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/semantics/unit"
)

// Duties are what the callers of a function have to heed.
type Duties uint8

// The duties.
const (
	MayFail   Duties = 1 << iota // the pointer to entries that it hands on can be NULL
	HandsMap                     // a map that it made is to be ended
	HandsLock                    // a lock that it took is to be released
)

// Duties returns what callers of a function have to heed, as it ends.
func (s *Summary) Duties() Duties {
	if s == nil {
		return 0
	}
	var d Duties
	null, pointers := make(map[string]bool), make(map[string]bool) // by place; "" is the result
	for i := range s.Outcomes {
		o := &s.Outcomes[i]
		for _, out := range append([]Out{{Value: o.Result}}, o.Outs...) {
			switch v := out.Value; {
			case v.Kind == mapped:
				d |= HandsMap
				pointers[out.Place] = true
			case v.Kind == constant && v.N == 0:
				null[out.Place] = true
			}
		}
		if len(o.Locked) > 0 || slices.Contains(o.locks, true) {
			d |= HandsLock
		}
	}
	for place := range pointers {
		if null[place] {
			d |= MayFail
		}
	}
	return d
}

// Duties returns what callers of a name have to heed, by its definition as a
// macro or function that a unit sees. known is false if there is neither. The
// error says why it cannot be followed, or is that of define.
func (a *Analysis) Duties(u *unit.Unit, name string) (d Duties, known bool, err error) {
	w := &walk{Analysis: a, fn: &Function{Unit: u}, scopes: newScopes()}
	if m := u.Cpp.Macro(name); m != nil && m.Function {
		return w.macroDuties(m)
	}
	from, def, err := a.define(a.ctx, u, name)
	if err != nil {
		if a.isMissing(err) {
			return 0, false, nil
		}
		return 0, false, err
	}
	f, err := a.Run(from, def)
	if err != nil {
		return 0, false, err
	}
	return f.Summary.Duties(), true, f.failure(name)
}

// macroDuties is Duties of a macro: what its text names, in macros too.
func (w *walk) macroDuties(m *cpp.Macro) (Duties, bool, error) {
	fails, err := w.macroMayFail(m, 0)
	if err != nil {
		return 0, false, err
	}
	var d Duties
	if fails {
		d |= MayFail
	}
	words := make(map[string]bool)
	w.macroWords(m, words)
	for word := range words {
		switch {
		case word == "pte_offset_map":
			d |= HandsMap
		case strings.HasPrefix(word, "spin_lock"):
			d |= HandsLock
		case w.givesEntry(word):
			inner, _, err := w.Duties(w.fn.Unit, word)
			if err != nil {
				return 0, false, err
			}
			d |= inner &^ MayFail
		}
	}
	return d, true, nil
}

// macroWords adds the name of a macro and all that its text names.
func (w *walk) macroWords(m *cpp.Macro, words map[string]bool) {
	if words[m.Name] {
		return
	}
	words[m.Name] = true
	for _, t := range m.Body {
		if t.Kind != cpp.Ident {
			continue
		}
		word := w.fn.Unit.Cpp.Names.String(t.Sym)
		if inner := w.fn.Unit.Cpp.Macro(word); inner != nil && word != m.Name {
			w.macroWords(inner, words)
			continue
		}
		words[word] = true
	}
}
