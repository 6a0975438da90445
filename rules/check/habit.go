package check

import (
	"slices"
	"strings"
	"sync"

	"ptreview/arch"
	"ptreview/semantics/facts"
)

// Habit says how the functions of some folders get at the entries of page
// tables: how often they follow a pointer to one, and how often they call what
// is there for it.
type Habit struct{ Raw, Accessor int }

// Settled reports whether what there is of it goes by the accessor, but for one
// place in twenty: code that does not is an exception.
func (h Habit) Settled() bool { return h.Accessor >= 3 && h.Raw*20 <= h.Accessor }

// Access is a way to get at entries of a type: reading or writing them, and the
// names of what is there for it.
type Access struct {
	Type      string // "pte_t"
	Write     bool
	Accessors []string
}

// habits are counted once for each tree, as they read many files.
type habits struct {
	mu    sync.Mutex
	known map[string]Habit
}

// Habit counts the accesses in the C files below a folder, as the tree was
// before the series: what a series does itself is no habit yet.
func (p *Pass) Habit(folder string, a Access) (Habit, error) {
	h := &p.review.habits
	h.mu.Lock()
	defer h.mu.Unlock()
	key := folder + " " + a.Type
	if a.Write {
		key += " written"
	}
	if found, ok := h.known[key]; ok {
		return found, nil
	}
	store := p.review.stores[0]
	files, err := store.List(folder, ".c")
	if err != nil {
		return Habit{}, err
	}
	var sum Habit
	for _, file := range files {
		if !store.Mentions(file, a.Type) && !slices.ContainsFunc(a.Accessors, func(name string) bool { return store.Mentions(file, name) }) {
			continue
		}
		for _, d := range store.Definitions(file) {
			one := habitOf(d.Text, a)
			sum.Raw += one.Raw
			sum.Accessor += one.Accessor
		}
	}
	if h.known == nil {
		h.known = make(map[string]Habit)
	}
	h.known[key] = sum
	return sum, nil
}

// habitOf counts the accesses of a definition, given as its tokens. Pointers are
// told by their declarations in it, so that members of structures are not counted.
func habitOf(text string, a Access) Habit {
	words := strings.Fields(text)
	pointers, declared := pointersTo(words, a.Type)
	var h Habit
	for i, w := range words {
		switch {
		case slices.Contains(a.Accessors, w):
			h.Accessor++
		case w == "*" && !declared[i] && i > 0 && i+1 < len(words) && pointers[words[i+1]] && !isOperand(words[i-1]):
			if written := i+2 < len(words) && words[i+2] == "="; written == a.Write {
				h.Raw++
			}
		}
	}
	return h
}

// pointersTo returns the names that tokens declare as pointers to a type, and the
// stars of the declarations.
func pointersTo(words []string, typ string) (names map[string]bool, stars map[int]bool) {
	names, stars = make(map[string]bool), make(map[int]bool)
	for i, w := range words {
		if w != typ {
			continue
		}
		for j := i + 1; j+1 < len(words) && (words[j] == "*" || words[j] == "," || isName(words[j])); j++ {
			if words[j] == "*" {
				stars[j] = true
				if isName(words[j+1]) && words[j-1] != "*" {
					names[words[j+1]] = true
				}
			}
		}
	}
	return names, stars
}

// isOperand reports whether a token can be the left side of a product.
func isOperand(word string) bool {
	return word != "return" && (isName(word) || word == ")" || word == "]" || word[0] >= '0' && word[0] <= '9')
}

func isName(word string) bool {
	c := word[0]
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// ArchDefinition is a definition of a helper in the headers or C files of an
// architecture.
type ArchDefinition struct {
	Arch, Path string
	facts.Definition
}

// ArchDefinitions returns the functions and macros of a name that architectures
// define, in their order, as the prefix has them: in their headers and in the C
// files below their mm/. What only says that the name is taken is left out.
func (p *Pass) ArchDefinitions(name string) ([]ArchDefinition, error) {
	return archDefinitions(p.review.stores[p.Patch], name)
}

// ArchDefinitionsAtEnd is ArchDefinitions as the whole series leaves them.
func (p *Pass) ArchDefinitionsAtEnd(name string) ([]ArchDefinition, error) {
	return archDefinitions(p.review.stores[len(p.review.stores)-1], name)
}

func archDefinitions(store *facts.Store, name string) ([]ArchDefinition, error) {
	var list []ArchDefinition
	for _, a := range arch.All() {
		for _, at := range []struct{ folder, ext string }{{"include", ".h"}, {"mm", ".c"}} {
			files, err := store.List("arch/"+a.Name+"/"+at.folder, at.ext)
			if err != nil {
				return nil, err
			}
			for _, file := range files {
				if !store.Mentions(file, name) {
					continue
				}
				for _, d := range store.Definitions(file) {
					if d.Name == name && d.Function && !d.IsMarker() {
						list = append(list, ArchDefinition{a.Name, file, d})
					}
				}
			}
		}
	}
	return list, nil
}
