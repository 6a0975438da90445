package syntax

import "ptreview/parse/cpp"

// Node is anything with a place.
type Node interface {
	Loc() cpp.Loc
}

// At is embedded by every node and holds where the node begins: for binary
// operators the operator, for calls the opening parenthesis' callee, otherwise
// its first token.
type At struct{ At cpp.Loc }

// Loc implements Node.
func (a At) Loc() cpp.Loc { return a.At }

// Type is what semantics/types attaches to expressions; this package never
// looks inside.
type Type interface{ String() string }

// ---- expressions

// Expr is an expression node.
type Expr interface {
	Node
	Typed() *TypeInfo
}

// TypeInfo is filled in by semantics/types, at most once per node.
type TypeInfo struct {
	Type Type // nil until checked
	// Const holds the value of an integer constant expression, nil
	// otherwise; its dynamic type belongs to semantics/types.
	Const any
	// Obj is the declared thing an identifier or member names; its dynamic
	// type belongs to semantics/types.
	Obj any
}

type exprBase struct {
	At
	TypeInfo
}

// Typed implements Expr.
func (e *exprBase) Typed() *TypeInfo { return &e.TypeInfo }

// The expression nodes.
type (
	// Ident is a name used as an expression. Builtins such as
	// __builtin_expect are plain names.
	Ident struct {
		exprBase
		Name string
	}
	// IntLit is an integer constant. Text keeps the spelling with suffix.
	IntLit struct {
		exprBase
		Text     string
		Value    uint64
		Unsigned bool // has a u suffix
		Long     int  // number of l suffixes, 0 to 2
		Decimal  bool // not octal, hexadecimal or binary
	}
	// FloatLit is a floating constant, kept as text.
	FloatLit struct {
		exprBase
		Text string
	}
	// CharLit is a character constant; Prefix is "", "L", "u", "U" or "u8".
	// Value knows no target: it is the byte (0 to 255) or code point as
	// written, to be converted to the constant's type. Multi marks constants
	// such as 'ab', whose Value is the int that gcc gives them.
	CharLit struct {
		exprBase
		Value  int64
		Prefix string
		Multi  bool
	}
	// StringLit is a run of adjacent string literals, escapes decoded,
	// without the terminating zero. With prefix L, u or U each element of
	// the string takes four bytes of Value, least significant first.
	StringLit struct {
		exprBase
		Value  []byte
		Prefix string
	}
	// Unary is a prefix operator: + - ! ~ * & ++ -- __real__ __imag__.
	Unary struct {
		exprBase
		Op Op
		X  Expr
	}
	// Postfix is x++ or x--.
	Postfix struct {
		exprBase
		Op Op
		X  Expr
	}
	// Binary is an arithmetic, shift, relational, equality, bitwise or
	// logical operator.
	Binary struct {
		exprBase
		Op   Op
		X, Y Expr
	}
	// Assign is L = R (Op zero) or L op= R.
	Assign struct {
		exprBase
		Op   Op
		L, R Expr
	}
	// Cond is C ? T : F; T is nil for the GNU form C ?: F.
	Cond struct {
		exprBase
		C, T, F Expr
	}
	// Comma is X, Y.
	Comma struct {
		exprBase
		X, Y Expr
	}
	// Call is Fun(Args…).
	Call struct {
		exprBase
		Fun    Expr
		Args   []Expr
		Rparen cpp.Loc
	}
	// Index is X[I].
	Index struct {
		exprBase
		X, I Expr
	}
	// Member is X.Name or X->Name; NameAt is where Name stands.
	Member struct {
		exprBase
		X      Expr
		Name   string
		Arrow  bool
		NameAt cpp.Loc
	}
	// Cast is (To)X.
	Cast struct {
		exprBase
		To TypeExpr
		X  Expr
	}
	// CompoundLit is (Of){…}.
	CompoundLit struct {
		exprBase
		Of   TypeExpr
		Init *InitList
	}
	// Sizeof is sizeof X, sizeof(Of), _Alignof(Of) or __alignof__ X: exactly
	// one of X and Of is set.
	Sizeof struct {
		exprBase
		Align bool
		X     Expr
		Of    TypeExpr
	}
	// StmtExpr is ({ … }).
	StmtExpr struct {
		exprBase
		Body *Block
	}
	// LabelAddr is &&name.
	LabelAddr struct {
		exprBase
		Name string
	}
	// Generic is _Generic(X, type: expr, …, default: expr).
	Generic struct {
		exprBase
		X      Expr
		Assocs []Assoc
	}
	// Offsetof is __builtin_offsetof(Of, path).
	Offsetof struct {
		exprBase
		Of   TypeExpr
		Path []Designator
	}
	// TypesCompatible is __builtin_types_compatible_p(A, B).
	TypesCompatible struct {
		exprBase
		A, B TypeExpr
	}
	// ChooseExpr is __builtin_choose_expr(C, T, F).
	ChooseExpr struct {
		exprBase
		C, T, F Expr
	}
	// VaArg is __builtin_va_arg(X, Of).
	VaArg struct {
		exprBase
		X  Expr
		Of TypeExpr
	}
	// HasAttribute is __builtin_has_attribute(X, attr) or of a type: exactly
	// one of X and Of is set.
	HasAttribute struct {
		exprBase
		X    Expr
		Of   TypeExpr
		Attr Attr
	}
	// InitList is a braced initialiser.
	InitList struct {
		exprBase
		Items []InitItem
	}
)

// Assoc is one association of a Generic; Of is nil for default.
type Assoc struct {
	Of TypeExpr
	X  Expr
}

// InitItem is one initialiser with its designators, outermost first.
type InitItem struct {
	Path  []Designator
	Value Expr // an InitList for nested braces
}

// Designator is .Field, [Lo] or [Lo ... Hi].
type Designator struct {
	Field  string
	Lo, Hi Expr
}

// Op is an operator. Compound assignments use the operator of their left half.
type Op uint8

// The operators.
const (
	NoOp     Op = iota
	Add         // +
	Sub         // -
	Mul         // *
	Div         // /
	Rem         // %
	And         // &  (binary)
	Or          // |
	Xor         // ^
	Shl         // <<
	Shr         // >>
	LogAnd      // &&
	LogOr       // ||
	Eq          // ==
	Ne          // !=
	Lt          // <
	Le          // <=
	Gt          // >
	Ge          // >=
	Plus        // + (unary)
	Minus       // - (unary)
	Not         // !
	BitNot      // ~
	Deref       // * (unary)
	AddrOf      // & (unary)
	Inc         // ++
	Dec         // --
	RealPart    // __real__
	ImagPart    // __imag__
)

// ---- types as written

// TypeExpr is a type as written; declarators are already turned inside out,
// so that "int *a[3]" is Array(3, Pointer(Basic int)).
type TypeExpr interface {
	Node
	typeExpr()
}

type typeBase struct{ At }

func (typeBase) typeExpr() {}

// Quals is a set of type qualifiers.
type Quals uint8

// Qualifier bits.
const (
	Const Quals = 1 << iota
	Volatile
	Restrict
	Atomic
	SegGS // __seg_gs, an x86 address space
	SegFS // __seg_fs
)

// BasicKind is an arithmetic type or void, specifiers already combined.
type BasicKind uint8

// The basic kinds.
const (
	Void BasicKind = iota
	Bool
	CharPlain // char without signed or unsigned
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
	Float128 // also _Float32…, rare: Name tells
	VaList   // __builtin_va_list
	Auto     // __auto_type
)

// The type nodes.
type (
	// Basic is an arithmetic type, void, __builtin_va_list or __auto_type.
	Basic struct {
		typeBase
		Kind BasicKind
	}
	// Named is a typedef name.
	Named struct {
		typeBase
		Name string
	}
	// Record is a struct or union, with its members when Body is true.
	Record struct {
		typeBase
		Union  bool
		Tag    string // "" when anonymous
		Body   bool
		Fields []*Field
		Attrs  []Attr
		// Asserts holds the static assertions between the members.
		Asserts []*StaticAssert
	}
	// Enum is an enumeration, with its enumerators when Body is true.
	Enum struct {
		typeBase
		Tag   string
		Body  bool
		Items []*Enumerator
		Attrs []Attr
	}
	// Typeof is typeof(X) or typeof(Of); exactly one is set. Unqual is
	// typeof_unqual, which drops qualifiers.
	Typeof struct {
		typeBase
		X      Expr
		Of     TypeExpr
		Unqual bool
	}
	// Qualified adds qualifiers and attributes to Elem.
	Qualified struct {
		typeBase
		Quals Quals
		Attrs []Attr
		Elem  TypeExpr
	}
	// Pointer is a pointer to Elem.
	Pointer struct {
		typeBase
		Elem TypeExpr
	}
	// Array is an array of Elem. Len is nil for [] and [*].
	Array struct {
		typeBase
		Elem  TypeExpr
		Len   Expr
		Quals Quals // of a parameter: int a[const 3]
	}
	// Func is a function type.
	Func struct {
		typeBase
		Result   TypeExpr
		Params   []*Param
		Variadic bool
		NoProto  bool // declared with ()
		Attrs    []Attr
	}
)

// Field is one member, one declarator of a struct declaration.
type Field struct {
	At
	Name  string // "" for an anonymous member or unnamed bit-field
	Type  TypeExpr
	Width Expr // bit-field width, nil otherwise
	Attrs []Attr
}

// Enumerator is one constant of an Enum; Value is nil when implied.
type Enumerator struct {
	At
	Name  string
	Value Expr
	Attrs []Attr
}

// Param is one parameter; Name is "" in an abstract declarator.
type Param struct {
	At
	Name  string
	Type  TypeExpr
	Attrs []Attr
}

// Attr is one GNU attribute, name without surrounding underscores. Args holds
// what parses as expressions; an attribute that takes a type has it in TypeArg.
// _Alignas(8) and _Alignas(long) are attributes named aligned.
type Attr struct {
	At
	Name    string
	Args    []Expr
	TypeArg TypeExpr
}

// ---- declarations

// Storage is a set of storage class and function specifiers.
type Storage uint16

// Storage bits.
const (
	Typedef Storage = 1 << iota
	Extern
	Static
	AutoStorage
	Register
	Inline
	Noreturn
	ThreadLocal
)

// Decl is a declaration at file scope or in a block.
type Decl interface {
	Node
	decl()
}

type declBase struct{ At }

func (declBase) decl() {}

// The declaration nodes.
type (
	// Declaration is specifiers with zero or more declarators. A lone
	// "struct s { … };" has Base and no Vars.
	Declaration struct {
		declBase
		Storage Storage
		Base    TypeExpr
		Attrs   []Attr
		Vars    []*Declarator
	}
	// FuncDef is a function definition. Its body is parsed on demand by
	// File.Body.
	FuncDef struct {
		declBase
		Storage Storage
		Name    string
		Type    *Func
		Attrs   []Attr
		NameAt  cpp.Loc // where the name stands; At is the first specifier
		First   int     // index of the first token of the declaration
		Open    int     // token index of the body's {
		Close   int     // token index of the matching }
		body    lazyBody
	}
	// StaticAssert is _Static_assert(Cond, Message).
	StaticAssert struct {
		declBase
		Cond    Expr
		Message []byte
	}
	// TopAsm is asm("…"); at file scope.
	TopAsm struct {
		declBase
		Template []byte
	}
	// BadDecl stands for tokens that could not be parsed; Err says why.
	BadDecl struct {
		declBase
		First, Last int // token indexes, half open
		Err         error
	}
)

// Declarator is one declared name: a variable, function or typedef, by its
// Declaration's storage.
type Declarator struct {
	At
	Name    string
	Type    TypeExpr
	Attrs   []Attr
	AsmName string // asm("r1") of a register variable or renamed symbol
	Init    Expr   // nil, an expression or an *InitList
}

// ---- statements

// Stmt is a statement node.
type Stmt interface {
	Node
	stmt()
}

type stmtBase struct{ At }

func (stmtBase) stmt() {}

// The statement nodes.
type (
	// Block is { … }. Labels holds the names of __label__ declarations.
	Block struct {
		stmtBase
		Items  []Stmt
		Labels []string
		Rbrace cpp.Loc
	}
	// DeclStmt is a declaration in a block.
	DeclStmt struct {
		stmtBase
		Decl Decl
	}
	// ExprStmt is an expression; X is nil for a lone semicolon, which may
	// carry attributes: __attribute__((fallthrough));
	ExprStmt struct {
		stmtBase
		X     Expr
		Attrs []Attr
	}
	// If is if (Cond) Then else Else; Else may be nil.
	If struct {
		stmtBase
		Cond       Expr
		Then, Else Stmt
	}
	// While is while (Cond) Body.
	While struct {
		stmtBase
		Cond Expr
		Body Stmt
	}
	// DoWhile is do Body while (Cond);
	DoWhile struct {
		stmtBase
		Body Stmt
		Cond Expr
	}
	// For is for (Init; Cond; Post) Body; any of the three may be nil. Init
	// is an *ExprStmt or *DeclStmt.
	For struct {
		stmtBase
		Init Stmt
		Cond Expr
		Post Expr
		Body Stmt
	}
	// Switch is switch (X) Body.
	Switch struct {
		stmtBase
		X    Expr
		Body Stmt
	}
	// Case is case Lo: or case Lo ... Hi: followed by Body.
	Case struct {
		stmtBase
		Lo, Hi Expr // Hi is nil unless a range
		Body   Stmt
	}
	// Default is default: followed by Body.
	Default struct {
		stmtBase
		Body Stmt
	}
	// Label is name: followed by Body.
	Label struct {
		stmtBase
		Name  string
		Attrs []Attr
		Body  Stmt
	}
	// Goto is goto Name; or goto *X;
	Goto struct {
		stmtBase
		Name string
		X    Expr
	}
	// Break is break;
	Break struct{ stmtBase }
	// Continue is continue;
	Continue struct{ stmtBase }
	// Return is return X; X may be nil.
	Return struct {
		stmtBase
		X Expr
	}
	// Asm is an asm statement. Extended tells one with operand sections, be
	// they empty: only there does the template know % escapes.
	Asm struct {
		stmtBase
		Volatile, Inline, Goto bool
		Extended               bool
		Template               []byte
		Outputs, Inputs        []AsmOperand
		Clobbers               []string
		Labels                 []string
	}
)

// AsmOperand is [Name] "Constraint" (X).
type AsmOperand struct {
	Name       string
	Constraint string
	X          Expr
}
