package cpp

import "ptreview/parse/source"

// Kind classifies a preprocessing token.
type Kind uint8

// The kinds of tokens. Keywords are identifiers here.
const (
	EOF    Kind = iota
	Ident       // identifier or keyword
	Number      // pp-number
	Char        // character constant with its prefix
	String      // string literal with its prefix
	Punct       // punctuator; Sym is one of the constants of names.go
	Other       // any other single character, or a literal its line does not end
	Header      // <...> in an #include
)

// Flags tell how a token was spelled.
type Flags uint8

// Flag bits.
const (
	SpaceBefore Flags = 1 << iota // white space or a comment stands before it where it is spelled
	LineStart                     // first token of its line
	NoExpand                      // an identifier that must not be expanded again
	Digraph                       // a punctuator spelled as its digraph

	spaceAfterTight // white space comes before it behind tight padding; see pad
	spaceFlipped    // behind neutral padding, the opposite of SpaceBefore holds
	pasteLeft       // in a replacement list: ## follows
	stringify       // in a replacement list: a parameter behind #
)

// Token is one preprocessing token. It is small because a translation unit of
// the kernel has half a million of them.
type Token struct {
	Kind  Kind
	Flags Flags
	param uint16     // in a replacement list: number of the parameter, from 1
	Sym   Sym        // the spelling, interned
	Pos   source.Pos // where the token is spelled
	Exp   ExpID      // the macro use that produced it, 0 for none
}

// Loc is where a token or syntax node comes from: the place of its spelling
// and the macro use that put it there.
type Loc struct {
	Pos source.Pos
	Exp ExpID
}

// Loc returns the place of t.
func (t Token) Loc() Loc { return Loc{t.Pos, t.Exp} }

// ExpID names one macro use in a Unit. Zero means "not from a macro".
type ExpID uint32

// Expansion is one macro use. The chain of Parent links leads from the
// innermost use to the one written in a file.
type Expansion struct {
	Macro  *Macro
	Use    source.Pos // where the macro's name is spelled
	Parent ExpID      // the use whose replacement list holds that name, or 0
}
