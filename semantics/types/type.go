package types

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
)

// Basic is an arithmetic type or void. A unit has one value per kind.
type Basic struct {
	Kind   BasicKind
	Signed bool
	size   int64
	align  int64
}

// Pointer is a pointer type.
type Pointer struct {
	Elem Type
	size int64
}

// Array is an array; Len is -1 while unknown (int a[]) or not constant (VLA).
type Array struct {
	Elem Type
	Len  int64
	VLA  bool
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
// Complete.
type Record struct {
	Tag      string
	Union    bool
	Complete bool
	Fields   []Field
	size     int64
	align    int64
}

// Field is a member of a Record. Offset is the byte offset; for a bit-field
// it is the offset of its storage unit of Type's size, and BitOffset counts
// from the least significant bit of that unit as the target's loads see it
// (endianness already applied).
type Field struct {
	Name      string // "" for an anonymous record, whose members are visible
	Type      Type
	Offset    int64
	BitWidth  int // 0: not a bit-field
	BitOffset int
}

// Enum is an enumeration; it behaves like Repr.
type Enum struct {
	Tag      string
	Complete bool
	Repr     *Basic
}

// Qualified adds qualifiers to a type. It never wraps another Qualified.
type Qualified struct {
	Elem                      Type
	Const, Volatile, Restrict bool
}

// Unqual strips qualifiers.
func Unqual(t Type) Type {
	if q, ok := t.(*Qualified); ok {
		return q.Elem
	}
	return t
}
