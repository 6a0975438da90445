package arch

// TrapKind says how a trap macro ends a run or the build.
type TrapKind uint8

// The kinds of trap macros.
const (
	TrapBug      TrapKind = iota // the machine stops in BUG()
	TrapWarn                     // a splat, and the run goes on
	TrapPanic                    // panic()
	TrapBuild                    // the compiler refuses, unless the call is folded away
	TrapNoReturn                 // unreachable(): being here is undefined
)

// String returns the word reports use.
func (k TrapKind) String() string {
	switch k {
	case TrapBug:
		return "BUG"
	case TrapWarn:
		return "WARN"
	case TrapPanic:
		return "panic"
	case TrapBuild:
		return "BUILD_BUG"
	case TrapNoReturn:
		return "unreachable"
	}
	panic("arch: unknown trap kind")
}

// trapKindNamed is the inverse of String.
func trapKindNamed(word string) (TrapKind, bool) {
	for k := TrapBug; k <= TrapNoReturn; k++ {
		if k.String() == word {
			return k, true
		}
	}
	return 0, false
}

// When says for which value of its condition a trap macro fires.
type When uint8

// The values of When.
const (
	Always When = iota // the macro has no condition
	OnTrue
	OnFalse
)

// Trap is a macro (or function) of the generic kernel whose use is a trap,
// whatever an architecture or configuration makes of it.
type Trap struct {
	Name string
	Kind TrapKind
	When When
	// Arg is the index of the condition among the arguments, unless When is
	// Always.
	Arg int
	// Returns is the C type of the use as an expression: "void" or "int". An
	// int is the condition's truth.
	Returns string
	// Function is set for what is a C function and needs no recognition in
	// the preprocessor.
	Function bool
}

// Traps returns the trap macros. Those built upon others (VM_BUG_ON and the
// like) are left out on purpose: what they mean depends on the configuration,
// and their expansion says it in terms of these.
// Source: include/asm-generic/bug.h, include/linux/build_bug.h,
// include/linux/compiler.h and compiler_types.h, v6.1 and v6.12.
func Traps() []Trap {
	return []Trap{
		{Name: "BUG", Kind: TrapBug, Returns: "void"},
		{Name: "BUG_ON", Kind: TrapBug, When: OnTrue, Returns: "void"},
		{Name: "BUILD_BUG", Kind: TrapBuild, Returns: "void"},
		{Name: "BUILD_BUG_ON", Kind: TrapBuild, When: OnTrue, Returns: "void"},
		{Name: "BUILD_BUG_ON_MSG", Kind: TrapBuild, When: OnTrue, Returns: "void"},
		{Name: "WARN", Kind: TrapWarn, When: OnTrue, Returns: "int"},
		{Name: "WARN_ON", Kind: TrapWarn, When: OnTrue, Returns: "int"},
		{Name: "WARN_ONCE", Kind: TrapWarn, When: OnTrue, Returns: "int"},
		{Name: "WARN_ON_ONCE", Kind: TrapWarn, When: OnTrue, Returns: "int"},
		{Name: "WARN_TAINT", Kind: TrapWarn, When: OnTrue, Returns: "int"},
		{Name: "WARN_TAINT_ONCE", Kind: TrapWarn, When: OnTrue, Returns: "int"},
		{Name: "compiletime_assert", Kind: TrapBuild, When: OnFalse, Returns: "void"},
		{Name: "panic", Kind: TrapPanic, Returns: "void", Function: true},
		{Name: "unreachable", Kind: TrapNoReturn, Returns: "void"},
	}
}

// TrapNamed returns the trap of that name.
func TrapNamed(name string) (Trap, bool) {
	for _, t := range Traps() {
		if t.Name == name {
			return t, true
		}
	}
	return Trap{}, false
}

// TrapMacros returns the names the preprocessor must leave alone, sorted.
func TrapMacros() []string {
	var names []string
	for _, t := range Traps() {
		if !t.Function {
			names = append(names, t.Name)
		}
	}
	return names
}
