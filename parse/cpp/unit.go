package cpp

import (
	"bufio"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"

	"ptreview/parse/source"
)

// Unit is a preprocessed translation unit. It is safe for concurrent use.
type Unit struct {
	Names *Names
	Set   *source.Set
	// Tokens is what the parser reads, closed by one token of kind EOF.
	Tokens []Token
	// Expansions are the macro uses the tokens come from, by ExpID; the first
	// one is unused.
	Expansions []Expansion
	// Pragmas stood between the tokens, in order.
	Pragmas []Pragma
	// Includes are the files that were read, in order. A file skipped because
	// of its include guard is none.
	Includes []Include
	// Missing are the includes for which there was no file.
	Missing []Missing
	// Errors are what a compiler would refuse, Warnings what #warning and
	// other complaints said; in the order they were met.
	Errors, Warnings []*Error
	// Reused is how many of the tokens were taken over from units read
	// earlier. It depends on what those were, and nothing else does.
	Reused int
	// Stretches are the runs of tokens that units may share, in order and
	// apart. Like Reused they change nothing.
	Stretches []Stretch

	macros []*Macro // in force at the end
	sorted sync.Once
	memory *Cache // to which Tokens and Expansions go back; nil if to none
}

// Include is a file taking part in a unit.
type Include struct {
	Lexed   *Lexed
	Spelled string     // its path as __FILE__ gives it
	Pos     source.Pos // the # of the #include; 0 for the unit's own and forced files
	Parent  int        // the including one in Unit.Includes, or -1
}

// File returns the file.
func (in Include) File() *source.File { return in.Lexed.File }

// Missing is an #include for which no file was found.
type Missing struct {
	Name string // with its quotes or brackets
	Pos  source.Pos
}

// Pragma is a #pragma or _Pragma.
type Pragma struct {
	Before int     // index in Unit.Tokens of the token that follows it
	Tokens []Token // what follows the word pragma
	Loc    Loc     // of the # or _Pragma
}

// Macro returns the macro in force at the end of the unit under name, or nil.
// Built-in macros such as __LINE__ are not listed.
func (u *Unit) Macro(name string) *Macro {
	m := u.Macros()
	i := sort.Search(len(m), func(i int) bool { return m[i].Name >= name })
	if i < len(m) && m[i].Name == name {
		return m[i]
	}
	return nil
}

// Macros returns the macros in force at the end of the unit, by name.
func (u *Unit) Macros() []*Macro {
	u.sorted.Do(func() {
		sort.Slice(u.macros, func(i, j int) bool { return u.macros[i].Name < u.macros[j].Name })
	})
	return u.macros
}

// Use is one step from a token's spelling to the file that used it.
type Use struct {
	Macro *Macro
	Pos   source.Pos // where the macro's name is spelled
}

// Chain returns the macro uses loc comes from, innermost first; none if it
// was written in a file as it is. An argument comes from where it is written,
// not from the macro it is handed to.
func (u *Unit) Chain(loc Loc) []Use {
	var chain []Use
	for id := loc.Exp; id != 0; id = u.Expansions[id].Parent {
		chain = append(chain, Use{u.Expansions[id].Macro, u.Expansions[id].Use})
	}
	return chain
}

// Outermost returns the place in a file where loc's outermost macro use
// stands, or its own.
func (u *Unit) Outermost(loc Loc) source.Pos {
	pos := loc.Pos
	for id := loc.Exp; id != 0; id = u.Expansions[id].Parent {
		pos = u.Expansions[id].Use
	}
	return pos
}

// Position spells out Outermost.
func (u *Unit) Position(loc Loc) source.Position {
	return u.Set.Position(u.Outermost(loc))
}

// HasWord reports whether a word is an identifier among the tokens from first up to
// end.
func (u *Unit) HasWord(first, end int, word string) bool {
	sym := u.Names.Find(word)
	return slices.ContainsFunc(u.Tokens[first:end], func(t Token) bool { return t.Sym == sym && t.Kind == Ident })
}

// Spelling returns the text of t.
func (u *Unit) Spelling(t Token) string { return spelling(u.Names, t) }

func spelling(n *Names, t Token) string {
	if t.Flags&Digraph != 0 {
		return digraphs(t.Sym)
	}
	return n.String(t.Sym)
}

func digraphs(s Sym) string {
	switch s {
	case LBrack:
		return "<:"
	case RBrack:
		return ":>"
	case LBrace:
		return "<%"
	case RBrace:
		return "%>"
	case Hash:
		return "%:"
	}
	return "%:%:"
}

// Dump writes the tokens with a newline before the first one of each line and
// a blank wherever else tokens could run together.
func (u *Unit) Dump(w io.Writer) error {
	b := bufio.NewWriter(w)
	pragmas := u.Pragmas
	for i, t := range u.Tokens {
		for len(pragmas) > 0 && pragmas[0].Before == i {
			b.WriteString("\n#pragma")
			for _, pt := range pragmas[0].Tokens {
				b.WriteByte(' ')
				b.WriteString(u.Spelling(pt))
			}
			b.WriteByte('\n')
			pragmas = pragmas[1:]
		}
		if t.Flags&LineStart != 0 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(u.Spelling(t))
	}
	b.WriteByte('\n')
	return b.Flush()
}

// Text returns the spellings of the tokens, joined by blanks.
func (u *Unit) Text() string {
	words := make([]string, 0, len(u.Tokens))
	for _, t := range u.Tokens {
		if t.Kind != EOF {
			words = append(words, u.Spelling(t))
		}
	}
	return strings.Join(words, " ")
}
