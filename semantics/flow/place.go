package flow

import (
	"strconv"
	"strings"

	"ptreview/parse/syntax"
)

// A place is spelled as C does it from the name of a variable: "vmf->pte",
// "*ptlp", "pvmw.pte". Variables of inner scopes that hide others, or live in
// another scope of the same function, have a number behind their name.

// member returns the place of a member of the object at a place.
func member(place, name string) string { return place + "." + name }

// root returns the variable that a place begins with.
func root(place string) string {
	place = strings.TrimLeft(place, "*(")
	if i := strings.IndexFunc(place, func(r rune) bool { return !isWordRune(r) }); i >= 0 {
		return place[:i]
	}
	return place
}

func isWordRune(r rune) bool {
	return r == '_' || r == '\'' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// mentions reports whether text, a place or a condition over places, has the
// variable in it.
func mentions(text, variable string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], variable)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(variable)
		if (i == 0 || !isWordRune(rune(text[i-1])) && !isMemberName(text[:i])) && (end == len(text) || !isWordRune(rune(text[end]))) {
			return true
		}
		from = end
	}
}

// inMemory reports whether a place, or a condition, depends on what a pointer
// points to.
func inMemory(text string) bool { return strings.ContainsAny(text, "*>") }

// scopes maps the names of variables to the places they have.
type scopes struct {
	open []map[string]string
	seen map[*syntax.Declarator]string
	used map[string]int // how many variables of a name there were
	// entries are the places declared as pointers to entries, locks those of locks.
	entries, locks map[string]bool
}

func newScopes() *scopes {
	return &scopes{seen: make(map[*syntax.Declarator]string), used: make(map[string]int), entries: make(map[string]bool), locks: make(map[string]bool)}
}

func (s *scopes) push() { s.open = append(s.open, make(map[string]string)) }
func (s *scopes) pop()  { s.open = s.open[:len(s.open)-1] }

// declare returns the place of a variable that is declared here, the same
// however often the declaration is come by.
func (s *scopes) declare(d *syntax.Declarator) string {
	place, ok := s.seen[d]
	if !ok {
		place = s.fresh(d.Name)
		s.seen[d] = place
		s.entries[place], s.locks[place] = pointsTo(d.Type, "pte_t"), pointsTo(d.Type, "spinlock_t")
	}
	s.open[len(s.open)-1][d.Name] = place
	return place
}

// param declares a parameter.
func (s *scopes) param(p *syntax.Param) string {
	place := s.fresh(p.Name)
	s.open[len(s.open)-1][p.Name] = place
	s.entries[place], s.locks[place] = pointsTo(p.Type, "pte_t"), pointsTo(p.Type, "spinlock_t")
	return place
}

// isEntry reports whether a place holds a pointer to entries of a table: it is
// declared so, or is a member of the name that such members have.
func (s *scopes) isEntry(place string) bool {
	return s.entries[place] || strings.HasSuffix(place, ">pte") || strings.HasSuffix(place, ".pte")
}

// pointsTo reports whether a type is spelled as a pointer to a named type.
func pointsTo(t syntax.TypeExpr, name string) bool {
	for {
		switch x := t.(type) {
		case *syntax.Qualified:
			t = x.Elem
			continue
		case *syntax.Pointer:
			elem := x.Elem
			if q, ok := elem.(*syntax.Qualified); ok {
				elem = q.Elem
			}
			n, ok := elem.(*syntax.Named)
			return ok && n.Name == name
		}
		return false
	}
}

func (s *scopes) fresh(name string) string {
	s.used[name]++
	if n := s.used[name]; n > 1 {
		return name + "'" + strconv.Itoa(n)
	}
	return name
}

// of returns the place of a name, and whether it is a variable of the function.
func (s *scopes) of(name string) (string, bool) {
	for i := len(s.open) - 1; i >= 0; i-- {
		if place, ok := s.open[i][name]; ok {
			return place, true
		}
	}
	return name, false
}

// renamed spells text with other words for the variables in it. Names of members
// are none.
func renamed(text string, to func(word string) string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if !isWordRune(rune(text[i])) {
			b.WriteByte(text[i])
			i++
			continue
		}
		end := i
		for end < len(text) && isWordRune(rune(text[end])) {
			end++
		}
		word := text[i:end]
		if !isMemberName(text[:i]) {
			word = to(word)
		}
		b.WriteString(word)
		i = end
	}
	return b.String()
}

// isMemberName reports whether what follows text is the name of a member.
func isMemberName(text string) bool {
	return strings.HasSuffix(text, ".") || strings.HasSuffix(text, "->")
}

// written spells a variable in a fact when it no longer holds what the function
// was entered with: a fact on that stays true.
func written(variable string) string { return variable + "'w" }

// path returns what a place has behind its variable: ->f of p->f, and * of *p.
func path(place string) string {
	if rest := place[strings.Index(place, root(place))+len(root(place)):]; rest != "" {
		return rest
	}
	return "*"
}

// speaksOf reports whether a fact may be another one when a place is written. What
// the function was entered with stays what it was.
func speaksOf(fact, place string) bool {
	variable := root(place)
	if place == variable {
		return mentions(fact, written(place))
	}
	return (mentions(fact, variable) || mentions(fact, written(variable))) && strings.Contains(fact, path(place))
}
