package types

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// ObjectKind says what a name stands for.
type ObjectKind uint8

// The object kinds.
const (
	Var ObjectKind = iota
	Function
	TypeName
	EnumConst
	Builtin // a compiler builtin or an opaque trap macro such as BUG
)

// Object is a declared name. File-scope objects of one name are one Object,
// however often it is declared; Def or Decl is the definition when there is
// one in this unit.
type Object struct {
	Name    string
	Kind    ObjectKind
	Type    Type
	Storage syntax.Storage
	Local   bool // declared in a function: parameter or block scope
	At      cpp.Loc
	Def     *syntax.FuncDef    // of a Function, nil if only declared
	Decl    *syntax.Declarator // of a Var, the declarator with the initialiser if any
	Asm     string             // asm("name")
	Attrs   []syntax.Attr
	Value   Const // of an EnumConst
	// Index numbers the local objects of one function from 0.
	Index int
}

// Const is the value of an integer constant expression: the low Size*8 bits
// of Lo (and Hi for __int128) are its two's complement in Type.
type Const struct {
	Lo, Hi uint64
	Type   Type
}
