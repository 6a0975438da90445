package cpp

// Sym is an interned spelling. Zero is no spelling. The punctuators, the
// keywords of GNU C and the words the preprocessor itself knows have fixed
// values; every other value belongs to the Names that gave it.
type Sym uint32

// The punctuators. A digraph has the Sym of the punctuator it stands for.
const (
	LParen    Sym = iota + 1 // (
	RParen                   // )
	LBrack                   // [
	RBrack                   // ]
	LBrace                   // {
	RBrace                   // }
	Comma                    // ,
	Semi                     // ;
	Colon                    // :
	Question                 // ?
	Dot                      // .
	Ellipsis                 // ...
	Arrow                    // ->
	Inc                      // ++
	Dec                      // --
	Plus                     // +
	Minus                    // -
	Star                     // *
	Slash                    // /
	Percent                  // %
	And                      // &
	Or                       // |
	Xor                      // ^
	Tilde                    // ~
	Not                      // !
	Shl                      // <<
	Shr                      // >>
	Lt                       // <
	Gt                       // >
	Le                       // <=
	Ge                       // >=
	EqEq                     // ==
	NotEq                    // !=
	AndAnd                   // &&
	OrOr                     // ||
	Assign                   // =
	AddAssign                // +=
	SubAssign                // -=
	MulAssign                // *=
	DivAssign                // /=
	ModAssign                // %=
	AndAssign                // &=
	OrAssign                 // |=
	XorAssign                // ^=
	ShlAssign                // <<=
	ShrAssign                // >>=
	Hash                     // #
	HashHash                 // ##
)

// The keywords of GNU C11. Every spelling has its own Sym: KwConst2 is
// __const, KwConst3 __const__.
const (
	KwAuto                   Sym = iota + HashHash + 1 // auto
	KwBreak                                            // break
	KwCase                                             // case
	KwChar                                             // char
	KwConst                                            // const
	KwConst2                                           // __const
	KwConst3                                           // __const__
	KwContinue                                         // continue
	KwDefault                                          // default
	KwDo                                               // do
	KwDouble                                           // double
	KwElse                                             // else
	KwEnum                                             // enum
	KwExtern                                           // extern
	KwFloat                                            // float
	KwFor                                              // for
	KwGoto                                             // goto
	KwIf                                               // if
	KwInline                                           // inline
	KwInline2                                          // __inline
	KwInline3                                          // __inline__
	KwInt                                              // int
	KwLong                                             // long
	KwRegister                                         // register
	KwRestrict                                         // restrict
	KwRestrict2                                        // __restrict
	KwRestrict3                                        // __restrict__
	KwReturn                                           // return
	KwShort                                            // short
	KwSigned                                           // signed
	KwSigned2                                          // __signed
	KwSigned3                                          // __signed__
	KwSizeof                                           // sizeof
	KwStatic                                           // static
	KwStruct                                           // struct
	KwSwitch                                           // switch
	KwTypedef                                          // typedef
	KwUnion                                            // union
	KwUnsigned                                         // unsigned
	KwVoid                                             // void
	KwVolatile                                         // volatile
	KwVolatile2                                        // __volatile
	KwVolatile3                                        // __volatile__
	KwWhile                                            // while
	KwAlignas                                          // _Alignas
	KwAlignof                                          // _Alignof
	KwAlignof2                                         // __alignof
	KwAlignof3                                         // __alignof__
	KwAtomic                                           // _Atomic
	KwBool                                             // _Bool
	KwComplex                                          // _Complex
	KwComplex2                                         // __complex
	KwComplex3                                         // __complex__
	KwGeneric                                          // _Generic
	KwNoreturn                                         // _Noreturn
	KwStaticAssert                                     // _Static_assert
	KwThreadLocal                                      // _Thread_local
	KwThread                                           // __thread
	KwFloat16                                          // _Float16
	KwFloat32                                          // _Float32
	KwFloat32x                                         // _Float32x
	KwFloat64                                          // _Float64
	KwFloat64x                                         // _Float64x
	KwFloat128                                         // _Float128
	KwFloat128GNU                                      // __float128
	KwIbm128                                           // __ibm128
	KwInt128                                           // __int128
	KwAsm                                              // asm
	KwAsm2                                             // __asm
	KwAsm3                                             // __asm__
	KwAttribute                                        // __attribute
	KwAttribute2                                       // __attribute__
	KwAutoType                                         // __auto_type
	KwExtension                                        // __extension__
	KwImag                                             // __imag
	KwImag2                                            // __imag__
	KwReal                                             // __real
	KwReal2                                            // __real__
	KwLabel                                            // __label__
	KwTypeof                                           // typeof
	KwTypeof2                                          // __typeof
	KwTypeof3                                          // __typeof__
	KwTypeofUnqual                                     // typeof_unqual
	KwTypeofUnqual2                                    // __typeof_unqual__
	KwSegFS                                            // __seg_fs
	KwSegGS                                            // __seg_gs
	KwFunc                                             // __func__
	KwFunction                                         // __FUNCTION__
	KwPrettyFunction                                   // __PRETTY_FUNCTION__
	KwBuiltinVaArg                                     // __builtin_va_arg
	KwBuiltinOffsetof                                  // __builtin_offsetof
	KwBuiltinTypesCompatible                           // __builtin_types_compatible_p
	KwBuiltinChooseExpr                                // __builtin_choose_expr
	KwBuiltinHasAttribute                              // __builtin_has_attribute
	KwBuiltinConvertVector                             // __builtin_convertvector
	KwBuiltinShuffle                                   // __builtin_shuffle
)

// Words of the preprocessor.
const (
	symDefined         Sym = iota + KwBuiltinShuffle + 1 // defined
	symVaArgs                                            // __VA_ARGS__
	symVaOpt                                             // __VA_OPT__
	symDefine                                            // define
	symUndef                                             // undef
	symInclude                                           // include
	symIncludeNext                                       // include_next
	symImport                                            // import
	symIfdef                                             // ifdef
	symIfndef                                            // ifndef
	symElif                                              // elif
	symElifdef                                           // elifdef
	symElifndef                                          // elifndef
	symEndif                                             // endif
	symLineDir                                           // line
	symError                                             // error
	symWarning                                           // warning
	symPragmaDir                                         // pragma
	symIdent                                             // ident
	symSccs                                              // sccs
	symAssert                                            // assert
	symUnassert                                          // unassert
	symOnce                                              // once
	symGCC                                               // GCC
	symSystemHeader                                      // system_header
	symPoison                                            // poison
	symPushMacro                                         // push_macro
	symPopMacro                                          // pop_macro
	symMessage                                           // message
	symDependency                                        // dependency
	symLINE                                              // __LINE__
	symFILE                                              // __FILE__
	symBaseFile                                          // __BASE_FILE__
	symFileName                                          // __FILE_NAME__
	symIncludeLevel                                      // __INCLUDE_LEVEL__
	symCounter                                           // __COUNTER__
	symDATE                                              // __DATE__
	symTIME                                              // __TIME__
	symTimestamp                                         // __TIMESTAMP__
	symPragmaOp                                          // _Pragma
	symHasInclude                                        // __has_include
	symHasIncludeNext                                    // __has_include_next
	symHasAttribute                                      // __has_attribute
	symHasCppAttribute                                   // __has_cpp_attribute
	symHasCAttribute                                     // __has_c_attribute
	symHasBuiltin                                        // __has_builtin
	symHasFeature                                        // __has_feature
	symHasExtension                                      // __has_extension
	symZero                                              // 0
	symOne                                               // 1
	lastFixed                                            // not a word
)

// fixed holds the spellings of the fixed Syms, in their order, from Sym 1.
var fixed = [...]string{
	"(", ")", "[", "]", "{", "}", ",", ";", ":", "?", ".", "...", "->", "++", "--", "+",
	"-", "*", "/", "%", "&", "|", "^", "~", "!", "<<", ">>", "<", ">", "<=", ">=", "==",
	"!=", "&&", "||", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=",
	"#", "##",
	"auto", "break", "case", "char", "const", "__const", "__const__", "continue", "default",
	"do", "double", "else", "enum", "extern", "float", "for", "goto", "if", "inline",
	"__inline", "__inline__", "int", "long", "register", "restrict", "__restrict",
	"__restrict__", "return", "short", "signed", "__signed", "__signed__", "sizeof",
	"static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile",
	"__volatile", "__volatile__", "while", "_Alignas", "_Alignof", "__alignof",
	"__alignof__", "_Atomic", "_Bool", "_Complex", "__complex", "__complex__", "_Generic",
	"_Noreturn", "_Static_assert", "_Thread_local", "__thread", "_Float16", "_Float32",
	"_Float32x", "_Float64", "_Float64x", "_Float128", "__float128", "__ibm128", "__int128",
	"asm", "__asm", "__asm__", "__attribute", "__attribute__", "__auto_type",
	"__extension__", "__imag", "__imag__", "__real", "__real__", "__label__", "typeof",
	"__typeof", "__typeof__", "typeof_unqual", "__typeof_unqual__", "__seg_fs", "__seg_gs",
	"__func__", "__FUNCTION__", "__PRETTY_FUNCTION__", "__builtin_va_arg",
	"__builtin_offsetof", "__builtin_types_compatible_p", "__builtin_choose_expr",
	"__builtin_has_attribute", "__builtin_convertvector", "__builtin_shuffle",
	"defined", "__VA_ARGS__", "__VA_OPT__", "define", "undef", "include", "include_next",
	"import", "ifdef", "ifndef", "elif", "elifdef", "elifndef", "endif", "line", "error",
	"warning", "pragma", "ident", "sccs", "assert", "unassert", "once", "GCC",
	"system_header", "poison", "push_macro", "pop_macro", "message", "dependency",
	"__LINE__", "__FILE__", "__BASE_FILE__", "__FILE_NAME__", "__INCLUDE_LEVEL__",
	"__COUNTER__", "__DATE__", "__TIME__", "__TIMESTAMP__", "_Pragma", "__has_include",
	"__has_include_next", "__has_attribute", "__has_cpp_attribute", "__has_c_attribute",
	"__has_builtin", "__has_feature", "__has_extension", "0", "1",
}

// Keyword reports whether s is a keyword of GNU C11.
func Keyword(s Sym) bool { return s >= KwAuto && s <= KwBuiltinShuffle }

// Punctuator reports whether s is a punctuator.
func Punctuator(s Sym) bool { return s >= LParen && s <= HashHash }
