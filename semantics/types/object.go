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
// one in this unit. An Object that Lookup returned or that an expression
// refers to has its Type.
type Object struct {
	Name    string
	Kind    ObjectKind
	Type    Type // nil when it could not be resolved
	Storage syntax.Storage
	Local   bool // declared in a function: parameter or block scope, not extern
	At      cpp.Loc
	Def     *syntax.FuncDef    // of a Function, nil if only declared
	Decl    *syntax.Declarator // of a Var, the declarator with the initialiser if any
	Asm     string             // asm("name")
	Attrs   []syntax.Attr
	Value   Const // of an EnumConst
	// Index numbers the local objects of one function from 0, parameters
	// first.
	Index int
	// Align is the alignment in bytes an attribute asks of a variable, 0 if
	// none does.
	Align int64

	file    *fileObject // how a file-scope object was declared
	generic bool        // a builtin whose type its arguments decide
}

// HasAttr reports whether a declaration of o carries the attribute.
func (o *Object) HasAttr(name string) bool {
	_, ok := findAttr(o.Attrs, name)
	return ok
}

// Const is a constant value: the low Size*8 bits of Lo (and Hi for __int128)
// are its two's complement in Type. The bits above repeat the sign of a signed
// type and are zero for an unsigned one, up to bit 127.
//
// Type is an integer, enumeration or pointer type.
type Const struct {
	Lo, Hi uint64
	Type   Type
	// ICE tells an integer constant expression of the standard (with gcc's
	// reading of it) from an expression that merely folds, such as
	// 0 && f() or (long)&((struct s *)0)->m.
	ICE bool
}

// Int64 returns the value as a signed number, wrapped to 64 bits.
func (c Const) Int64() int64 { return int64(c.Lo) }

// Uint64 returns the low 64 bits.
func (c Const) Uint64() uint64 { return c.Lo }

// IsZero reports whether the value is 0.
func (c Const) IsZero() bool { return c.Lo == 0 && c.Hi == 0 }

// Negative reports whether the value is below 0.
func (c Const) Negative() bool { return int64(c.Hi) < 0 && isSigned(c.Type) }

// String returns the value in decimal.
func (c Const) String() string { return int128{c.Hi, c.Lo}.text(isSigned(c.Type)) }

// Selection is what a Member names: the Obj of its TypeInfo.
type Selection struct {
	Record *Record
	// Path leads through anonymous members to the field named.
	Path []*Field
	// Offset is the sum of the path's offsets, in bytes.
	Offset int64
}

// Field is the field named.
func (s *Selection) Field() *Field { return s.Path[len(s.Path)-1] }

// Initializer is a braced initialiser laid out over its type: the Obj of an
// InitList's TypeInfo. The object starts as zeroes; Entries are then stored in
// order, later ones over earlier ones.
type Initializer struct {
	Type Type
	// Size is that of the object in bytes: more than the type's where a
	// flexible array member is initialised.
	Size    int64
	Entries []InitEntry
}

// InitEntry stores Value, converted to Type, at byte Offset of the object
// (and at every combination of Repeats).
type InitEntry struct {
	Offset int64
	Type   Type
	// Field is the bit-field stored to, nil for anything else. Offset is then
	// that of its storage unit.
	Field *Field
	// Value is nil where the range [Offset, Offset+Type.Size()) is set to
	// zero again. Otherwise it is no InitList, except for the braces around
	// a scalar, which are removed. A StringLit may initialise an array.
	Value   syntax.Expr
	Repeats []Repeat
}

// Repeat repeats an entry Count times, Stride bytes apart, for a designator
// [lo ... hi].
type Repeat struct {
	Count, Stride int64
}

// TypeOf returns the type Check gave e, nil if none. It is the type of the
// expression as it stands: qualified for an lvalue, an array before it decays.
func TypeOf(e syntax.Expr) Type {
	t, _ := e.Typed().Type.(Type)
	return t
}

// ConstOf returns the constant value of e, nil if it has none.
func ConstOf(e syntax.Expr) *Const {
	c, _ := e.Typed().Const.(*Const)
	return c
}

// ObjectOf returns the object an identifier names, nil for other expressions.
func ObjectOf(e syntax.Expr) *Object {
	o, _ := e.Typed().Obj.(*Object)
	return o
}

// SelectionOf returns what a member expression selects.
func SelectionOf(e *syntax.Member) *Selection {
	s, _ := e.Typed().Obj.(*Selection)
	return s
}

// InitializerOf returns the layout of a braced initialiser.
func InitializerOf(e *syntax.InitList) *Initializer {
	i, _ := e.Typed().Obj.(*Initializer)
	return i
}

// Chosen returns the operand that a _Generic or __builtin_choose_expr stands
// for, nil for other expressions or if there is none.
func Chosen(e syntax.Expr) syntax.Expr {
	switch e.(type) {
	case *syntax.Generic, *syntax.ChooseExpr:
		x, _ := e.Typed().Obj.(syntax.Expr)
		return x
	}
	return nil
}
