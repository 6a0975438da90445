// Package exec runs typed GNU C of kernel translation units.
//
// Values are bits terms, so that one engine serves concrete runs and runs with
// free variables; memory is a mem.Memory. A value that is a constant of at most
// 64 bits, as nearly all are, is computed as a plain word: every expression can
// be evaluated as one, and where its value is none it is put aside as a term
// and the same expression goes on with terms (value.go). Frames, locals and
// arguments of calls that are over are used again, so that nothing may hold on
// to them. A function is compiled on its first
// call into closures and a flat list of steps with jumps, which makes goto,
// switch and loops alike. Wrapping, promotions, bit-fields and byte order are
// those of the target, signed overflow wraps (-fno-strict-overflow) and
// arguments are evaluated from left to right.
//
// A run ends in a Result or in an error. Traps (BUG, a NULL dereference, a lock
// taken twice…) are part of a Result. What the package does not know the
// meaning of is an *Unsupported error with its place: the run is then "not
// run", never a guess. Atomics, locks, allocators and the assembly of page-table
// helpers are modelled; inline assembly and functions without a body that no
// Model describes leave fresh unknowns behind. A branch that depends on a value
// that is not constant takes the outcome its Decisions say and is noted, and
// Explore drives all outcomes up to a bound.
//
// Left out, an *Unsupported error where a run comes to it:
//   - floating point, complex numbers, vectors;
//   - variable length arrays and pointers to them, alloca of a size that is not
//     known;
//   - nested functions, setjmp, jumps into a statement expression, label
//     addresses in an initialiser, a goto to an address that is no label's;
//   - casts to a union, aliases of aliases, register variables that are structs
//     or whose address is taken;
//   - builtins without a model, __builtin_*_overflow on 128 bits;
//   - a store or a copy to an address that is not known or can be one of more
//     than 64, and a modelled function whose address or size is not known;
//   - modelled assembly with operands that its model does not know;
//   - a loop that does not end after a branch whose condition was not known;
//   - what the type checker or the parser makes no sense of.
//
// Random programs of csmith (bit-fields, unions, packed structs, pointers,
// arrays, long long, no floating point) measure how faithful runs are: their
// checksums are those of gcc -O0 and -O2 on x86_64, s390x and 32-bit arm.
//
// There is one thread; what other CPUs do in the meantime is for a Watcher to play.
package exec

import (
	"errors"
	"fmt"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// Value is an argument or result of a call: an integer or pointer as a term of
// its type's width, or the address of a struct or union.
type Value = bits.Term

// Budget bounds a run. Zero fields mean the default.
type Budget struct {
	Steps int    // statements and conditions; 10 million
	Depth int    // nested calls; 400
	Forks int    // decisions on one path; 1000
	Terms int    // bits nodes; 1 million
	Bytes uint64 // contents of memory; 256 MiB
	Trace int    // source lines kept, the last ones; 20,000
}

func (b Budget) withDefaults() Budget {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&b.Steps, 10_000_000)
	def(&b.Depth, 400)
	def(&b.Forks, 1000)
	def(&b.Terms, 1_000_000)
	def(&b.Trace, 20_000)
	if b.Bytes == 0 {
		b.Bytes = 256 << 20
	}
	return b
}

// Options is what a run needs beside the program.
type Options struct {
	Budget Budget
	// Features are the results of feature tests, by function name or by call
	// as written: "radix_enabled", "mmu_has_feature(MMU_FTR_HPTE_TABLE)".
	Features map[string]bool
	// Models describe functions by name. They come before the functions'
	// own bodies and before DefaultModels.
	Models map[string]*Model
	// Asm describes inline assembly by normalised template (see AsmKey), on
	// top of what the package knows.
	Asm map[string]AsmModel
	// Layout says where memory is; the zero value is mem.DefaultLayout.
	Layout mem.Layout
	// Decisions are the outcomes of branches that are not constant. nil
	// takes the false side each time.
	Decisions *Decisions
	// IsZero says of a variable that no unit defines whether it holds zeros.
	// nil says so of none.
	IsZero func(name string) bool
	// DoubleWord says that a load or store of two words is one, as others see
	// it.
	DoubleWord bool
	// HeldByCaller says of the name of a function that releases a lock whether
	// the caller of what runs may hold one that nobody on the machine ever took.
	// Each can be released once. nil says no.
	HeldByCaller func(release string) bool
	// StopOnWarn makes a WARN end the run like a BUG.
	StopOnWarn bool
}

// ErrBudget is wrapped by errors of runs that exceeded their Budget.
var ErrBudget = errors.New("budget exceeded")

// Unsupported is C or assembly that the package cannot run.
type Unsupported struct {
	Construct string
	Position  source.Position
	Err       error // the cause, if any
}

// Error reads "file:line:col: not supported: construct".
func (e *Unsupported) Error() string {
	s := fmt.Sprintf("%s: not supported: %s", e.Position, e.Construct)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Unsupported) Unwrap() error { return e.Err }

// TrapKind says what kind of trap a run met.
type TrapKind uint8

// The kinds of traps.
const (
	TrapBug TrapKind = iota
	TrapWarn
	TrapPanic
	TrapBuild
	TrapUnreachable
	TrapNull
	TrapWild
	TrapBounds
	TrapFreed
	TrapDivide
	TrapLock // unlock of a lock not held, or taking one that is held
	TrapNoProgress
)

var trapNames = [...]string{"BUG", "WARN", "panic", "BUILD_BUG", "unreachable",
	"NULL dereference", "wild access", "out of bounds", "use after free",
	"division by zero", "locking", "no progress"}

// String returns the word reports use.
func (k TrapKind) String() string { return trapNames[k] }

// Trap is what ends a run, or a warning on its way.
type Trap struct {
	Kind     TrapKind
	Macro    string // BUG_ON, WARN_ON_ONCE…; "" for implicit traps
	Message  string
	Position source.Position // of the outermost macro use
	Unit     *types.Unit     // Loc belongs to it
	Loc      cpp.Loc
	Stack    []Frame // innermost first
	Err      error   // the *mem.AccessError of a memory trap
}

// Error makes a Trap travel as an error inside a run.
func (t *Trap) Error() string {
	var access *mem.AccessError
	if errors.As(t.Err, &access) { // which names the fault
		return t.Position.String() + ": " + t.Message
	}
	s := t.Position.String() + ": " + t.Kind.String()
	if t.Message != "" {
		s += ": " + t.Message
	}
	return s
}

// Unwrap returns the fault behind a trap of memory or locking.
func (t *Trap) Unwrap() error { return t.Err }

// Frame is one call in progress. Call is where it was called from, not valid
// for the outermost.
type Frame struct {
	Func string
	Call source.Position
}

// Step is one source line executed.
type Step struct {
	Unit  *types.Unit
	Loc   cpp.Loc
	Func  string
	Depth int
}

// Position spells out where the step stands.
func (s Step) Position() source.Position { return s.Unit.Position(s.Loc) }

// Choice is a branch whose condition was not constant.
type Choice struct {
	Cond     bits.Term
	Taken    bool
	Forced   bool     // no input takes the other side
	Reasons  []string // why the condition is not known; none for an input
	Position source.Position
}

// Result is how a call went.
type Result struct {
	Return   Value // no value for void
	Trap     *Trap // nil if the call returned
	Warnings []*Trap
	Dropped  int // recorded steps that were too old to keep
	Choices  []Choice
	// Unknowns are the reasons why the path taken may not be one a machine
	// takes: what its branches depend on and cannot be known.
	Unknowns []string
	// Skipped are the functions without a body or model that were called,
	// and assembly nobody describes: effects they have were not seen.
	Skipped     []string
	Assumptions []string
	Steps       int
	// Inputs are the free variables made so far, in order.
	Inputs []bits.Term

	named  []string // of what is not known, where runs are compared
	trace  trace
	events eventLog
}

// Exact reports whether a machine would certainly have done the same.
func (r *Result) Exact() bool { return len(r.Unknowns) == 0 && len(r.Skipped) == 0 }

// trapKinds translates the kinds of trap macros.
var trapKinds = [...]TrapKind{
	arch.TrapBug:      TrapBug,
	arch.TrapWarn:     TrapWarn,
	arch.TrapPanic:    TrapPanic,
	arch.TrapBuild:    TrapBuild,
	arch.TrapNoReturn: TrapUnreachable,
}

// faultKinds translates the faults of memory.
var faultKinds = [...]TrapKind{
	mem.NullDeref:    TrapNull,
	mem.Wild:         TrapWild,
	mem.OutOfBounds:  TrapBounds,
	mem.UseAfterFree: TrapFreed,
	mem.DeadLocal:    TrapFreed,
	mem.NotData:      TrapWild,
	mem.BadFree:      TrapWild,
	mem.DoubleFree:   TrapFreed,
}
