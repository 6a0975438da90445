// Package types resolves the C types of one translation unit, types its
// expressions and folds its integer constants, the way gcc does for a given
// target.
//
// It knows GNU C11 as the kernel uses it: attributes that change a layout,
// bit-fields of both byte orders, typeof, statement expressions, the
// compiler's builtins, the difference between an integer constant expression
// and something that merely folds. It works on demand: a unit holds thousands
// of inline functions and records, and only what is asked for is resolved.
//
// It leaves out what only the optimiser knows (__builtin_constant_p of a
// parameter, __builtin_object_size), code generation, and every check that
// gcc leaves to a warning. Complex numbers, nested functions and decimal
// floating point are errors.
package types

import (
	"strconv"
	"strings"

	"ptreview/parse/syntax"
)

// Type is a resolved C type. Types are compared with Identical, not ==,
// except that one Record or Enum of a unit is one value.
type Type interface {
	// String returns the type as C writes it: "struct page *", "pte_t[512]".
	String() string
	// Size is in bytes; 0 for void, functions and incomplete types (GNU C
	// says 1 for the first two in sizeof; Sizeof does so).
	Size() int64
	// Align is in bytes, at least 1.
	Align() int64
}

// BasicKind is an arithmetic type or void.
type BasicKind uint8

// The basic kinds. The order is the conversion rank within each signedness.
const (
	Void BasicKind = iota
	Bool
	Char // plain char: distinct type, signedness from the ABI
	SChar
	UChar
	Short
	UShort
	Int
	UInt
	Long
	ULong
	LongLong
	ULongLong
	Int128
	UInt128
	Float
	Double
	LongDouble
	Float128
	numBasic
)

// Basic is an arithmetic type or void. A unit has one value per kind, and
// further ones for the odd widths of bit-fields wider than int.
type Basic struct {
	Kind   BasicKind
	Signed bool
	// Bits is the precision of an integer type: 1 for _Bool, otherwise
	// 8*Size(), except that GNU C gives "unsigned long x:40" a type of 40
	// bits in which arithmetic wraps.
	Bits  int
	size  int64
	align int64
}

// Pointer is a pointer type.
type Pointer struct {
	Elem        Type
	size, align int64
}

// Array is an array; Len is -1 while unknown (int a[]) or not constant (VLA).
type Array struct {
	Elem Type
	Len  int64
	VLA  bool
	// LenExpr is the length as written when VLA, a syntax.Expr.
	LenExpr any
}

// Vector is a GNU vector of Len elements.
type Vector struct {
	Elem Type
	Len  int64
	size int64
	max  int64 // largest alignment
}

// Func is a function type.
type Func struct {
	Result   Type
	Params   []Param
	Variadic bool
	NoProto  bool
}

// Param is a parameter of a function type, adjusted (arrays and functions are
// pointers).
type Param struct {
	Name string
	Type Type
}

// Record is a struct or union. Fields, size and alignment are valid once
// Complete; an expression that Check has typed has completed the records it
// looks into, any other is completed with Unit.Complete.
type Record struct {
	Tag         string
	Union       bool
	Complete    bool
	Transparent bool // __attribute__((transparent_union))
	Fields      []Field
	size        int64
	align       int64
	userAlign   bool // an aligned attribute took part
	lazy        *recordBody
	definition  int // of a tag of file scope: 1 + number of the declaration with its members
}

// Field is a member of a Record. Offset is the byte offset; for a bit-field
// it is the offset of its storage unit of Unit bytes, and BitOffset counts
// from the least significant bit of that unit as the target's loads see it
// (endianness already applied).
//
// Unit is Type's size where an aligned unit of that size holds the bit-field
// and lies within the record. A packed bit-field may do neither; its unit is
// then just the bytes it touches, 1 to 17 of them.
type Field struct {
	Name      string // "" for an anonymous record, whose members are visible
	Type      Type
	Offset    int64
	BitWidth  int // 0: not a bit-field
	BitOffset int
	Unit      int64 // of a bit-field
	Attrs     []syntax.Attr
	align     int64 // what __alignof__ says of it
}

// IsBitField reports whether f is a bit-field.
func (f *Field) IsBitField() bool { return f.BitWidth > 0 }

// Enum is an enumeration; it behaves like Repr.
type Enum struct {
	Tag      string
	Complete bool
	Repr     *Basic

	lazy       *enumBody
	definition int // of a tag of file scope: 1 + number of the declaration with its enumerators
}

// Qualified adds qualifiers to a type. It never wraps another Qualified.
type Qualified struct {
	Elem                      Type
	Const, Volatile, Restrict bool
	// Aligned is the alignment in bytes an attribute gave a typedef, 0 for
	// that of Elem.
	Aligned int64
	// Space is a named address space such as "seg_gs", "" for the usual.
	Space string
}

// Unqual strips qualifiers.
func Unqual(t Type) Type {
	if q, ok := t.(*Qualified); ok {
		return q.Elem
	}
	return t
}

// Size implements Type.
func (t *Basic) Size() int64 { return t.size }

// Align implements Type.
func (t *Basic) Align() int64 { return t.align }

// Size implements Type.
func (t *Pointer) Size() int64 { return t.size }

// Align implements Type.
func (t *Pointer) Align() int64 { return t.align }

// Size implements Type.
func (t *Array) Size() int64 {
	if t.Len < 0 {
		return 0
	}
	return t.Len * t.Elem.Size()
}

// Align implements Type.
func (t *Array) Align() int64 { return t.Elem.Align() }

// Size implements Type.
func (t *Vector) Size() int64 { return t.size }

// Align implements Type.
func (t *Vector) Align() int64 { return min(t.size, t.max) }

// Size implements Type.
func (t *Func) Size() int64 { return 0 }

// Align implements Type.
func (t *Func) Align() int64 { return 1 }

// Size implements Type.
func (t *Record) Size() int64 { return t.size }

// Align implements Type.
func (t *Record) Align() int64 { return max(t.align, 1) }

// Size implements Type.
func (t *Enum) Size() int64 {
	if !t.Complete {
		return 0
	}
	return t.Repr.size
}

// Align implements Type.
func (t *Enum) Align() int64 {
	if !t.Complete {
		return 1
	}
	return t.Repr.align
}

// Size implements Type.
func (t *Qualified) Size() int64 { return t.Elem.Size() }

// Align implements Type.
func (t *Qualified) Align() int64 {
	if t.Aligned > 0 {
		return t.Aligned
	}
	return t.Elem.Align()
}

// Sizeof is the value of the sizeof operator: Size, but 1 for void and
// functions.
func Sizeof(t Type) int64 {
	switch t := Unqual(t).(type) {
	case *Func:
		return 1
	case *Basic:
		if t.Kind == Void {
			return 1
		}
	}
	return t.Size()
}

// maxTypeText bounds String: function types nested by typedefs double with
// each level.
const maxTypeText = 2000

func (t *Basic) String() string     { return spell(t) }
func (t *Pointer) String() string   { return spell(t) }
func (t *Array) String() string     { return spell(t) }
func (t *Vector) String() string    { return spell(t) }
func (t *Func) String() string      { return spell(t) }
func (t *Record) String() string    { return spell(t) }
func (t *Enum) String() string      { return spell(t) }
func (t *Qualified) String() string { return spell(t) }

func spell(t Type) string {
	room := maxTypeText
	return strings.TrimRight(declare(t, "", &room), " ")
}

// declare writes the declaration of inner with type t, inside out as C does.
func declare(t Type, inner string, room *int) string {
	*room -= 8
	if *room < 0 || len(inner) > maxTypeText {
		return "…"
	}
	switch t := t.(type) {
	case *Pointer:
		return declare(t.Elem, pointerInner("*", t.Elem, inner), room)
	case *Array:
		n := ""
		if t.Len >= 0 {
			n = strconv.FormatInt(t.Len, 10)
		}
		return declare(t.Elem, inner+"["+n+"]", room)
	case *Func:
		return declare(t.Result, inner+"("+paramList(t, room)+")", room)
	case *Qualified:
		if p, ok := t.Elem.(*Pointer); ok {
			star := "*" + strings.TrimRight(qualifiers(t), " ")
			if inner != "" {
				star += " "
			}
			return declare(p.Elem, pointerInner(star, p.Elem, inner), room)
		}
		return qualifiers(t) + declare(t.Elem, inner, room)
	}
	name := specifier(t)
	if inner == "" || inner[0] == '[' {
		return name + inner
	}
	return name + " " + inner
}

func pointerInner(star string, elem Type, inner string) string {
	switch Unqual(elem).(type) {
	case *Array, *Func:
		return "(" + star + inner + ")"
	}
	return star + inner
}

func paramList(t *Func, room *int) string {
	var parts []string
	for _, p := range t.Params {
		parts = append(parts, strings.TrimRight(declare(p.Type, "", room), " "))
	}
	switch {
	case t.Variadic:
		parts = append(parts, "...")
	case len(parts) == 0 && !t.NoProto:
		parts = append(parts, "void")
	}
	return strings.Join(parts, ", ")
}

func qualifiers(q *Qualified) string {
	var b strings.Builder
	if q.Space != "" {
		b.WriteString("__" + q.Space + " ")
	}
	if q.Const {
		b.WriteString("const ")
	}
	if q.Volatile {
		b.WriteString("volatile ")
	}
	if q.Restrict {
		b.WriteString("restrict ")
	}
	return b.String()
}

// basicName spells a basic kind.
func basicName(k BasicKind) string {
	names := [...]string{"void", "_Bool", "char", "signed char", "unsigned char", "short",
		"unsigned short", "int", "unsigned int", "long", "unsigned long", "long long",
		"unsigned long long", "__int128", "unsigned __int128", "float", "double",
		"long double", "_Float128"}
	return names[k]
}

func specifier(t Type) string {
	switch t := t.(type) {
	case *Basic:
		if t.Kind > Bool && t.Kind <= UInt128 && t.Bits != int(t.size)*8 {
			return basicName(t.Kind) + ":" + strconv.Itoa(t.Bits)
		}
		return basicName(t.Kind)
	case *Record:
		return tagged(map[bool]string{false: "struct", true: "union"}[t.Union], t.Tag)
	case *Enum:
		return tagged("enum", t.Tag)
	case *Vector:
		return "__vector(" + strconv.FormatInt(t.Len, 10) + ") " + specifier(t.Elem)
	}
	return "?"
}

func tagged(word, tag string) string {
	if tag == "" {
		return word + " {…}"
	}
	return word + " " + tag
}
