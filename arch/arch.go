// Package arch holds what is known of each processor architecture of the
// kernel: its compilers' predefined macros and type sizes, the machines it can
// boot on, the configurations to start from.
//
// It is data: one file per architecture below data, in the form that Load
// describes. What has to be read from a kernel tree – Kconfig, Kbuild – is the
// business of the packages below this one, and nothing here knows C. An
// architecture missing from the list is not an error of the tree; callers
// report it as not covered.
package arch

import "strings"

// Arch is one architecture, a folder below arch/ of the kernel.
type Arch struct {
	Name   string // the folder's name, which Kbuild calls SRCARCH
	Symbol string // the Kconfig symbol that is y in all its configurations
	// SubArch is what the build calls SUBARCH where that is not Name: the
	// architecture of the machine that um runs on.
	SubArch  string
	Variants []*Variant
	Machines []*Machine
	// Entries are how page tables are filled, MM what a new mm has beside
	// them: assignments to members of MM, a pointer to it.
	Entries []Entry
	MM      []Assign
	// Running are what is known while a task runs, beside the boot: assignments
	// to registers that hold pointers, and to what those point to. CURRENT is the
	// address of the task.
	Running []Assign
	// Hardware is how the processor reads the entries.
	Hardware []Hardware
	// Own are the bits of entries that the architecture keeps for itself, so
	// that pte_same() and its relatives may ignore them: expressions of C. One
	// that a configuration does not know is of no consequence there.
	Own []string
	// Pfns is how many page frames entries can name where the kernel's headers
	// have no MAX_PHYSMEM_BITS: an expression of C, "" if they have.
	Pfns string
	// DoubleWord holds in the configurations of a 32-bit kernel in which an
	// aligned load or store of two words of a page table is one to all
	// others; "" if that is so in none.
	DoubleWord Cond
	// Traps are the trap macros that only this architecture has; Traps()
	// lists those of all.
	Traps []Trap

	// Headers are those that the compiler brings with it and that kernel code
	// of the architecture includes, as far as it uses them.
	Headers []Header

	// Defconfigs are configurations worth starting from, as "make NAME"
	// spells them; the first is the one meant when nothing else is said.
	Defconfigs []string

	Digest string // SHA-256 of its data file, in hexadecimal digits
}

// Header is a file of the compiler: "larchintrin.h".
type Header struct {
	Name    string
	Content []byte
}

// Variant is one target of an Arch's compiler: word size and byte order.
type Variant struct {
	Name string // "ppc64le"
	// Selects holds in the configurations that are compiled for this
	// variant. The variants of an architecture exclude each other.
	Selects Cond
	ABI     ABI
	Triple  string // GNU triple of a compiler that can build it
	// Compiler is which one: "" is Triple's gcc, NoCompiler none that is
	// known, otherwise the name of a clang, of which Triple is the --target.
	Compiler string
	// Flags are the options that make the compiler compile for the variant
	// as Kbuild does in the plainest configuration.
	Flags []string
	// Exclusive are lists of options of which only the last one given counts.
	Exclusive [][]string
	// Refuses are the options that Makefiles try and the compiler does not
	// know.
	Refuses []string
	// Has and Lacks are the questions that the compiler answers otherwise than
	// gcc does on every target, as far as kernel code asks them:
	// "__has_attribute(model)".
	Has, Lacks []string
	// UTSMachine is what uname -m says, and UTS_MACHINE in generated headers.
	UTSMachine string

	predef func() *predef // what the compiler predefines, taken apart once
}

// Clang reports whether the compiler is a clang.
func (v *Variant) Clang() bool { return strings.HasPrefix(v.Compiler, "clang") }

// NoCompiler is the Compiler of a variant that has none to be had.
const NoCompiler = "none"

// Command returns the command that runs the variant's compiler, with what
// chooses the target: powerpc64-linux-gnu-gcc, or clang-22 --target=hexagon.
// It is nil where there is no compiler.
func (v *Variant) Command() []string {
	switch v.Compiler {
	case "":
		return []string{v.Triple + "-gcc"}
	case NoCompiler:
		return nil
	}
	return []string{v.Compiler, "--target=" + v.Triple}
}

// Machine is what is known only at boot, in one of its outcomes.
type Machine struct {
	// Name is what a report prints: "radix_enabled()=false". It is empty for
	// the single machine of an architecture that knows no difference.
	Name string
	// Requires holds in the configurations whose kernel can run on it.
	Requires Cond
	// Inputs are the results of feature tests, by function (or function-like
	// macro) name, or by call: "mmu_has_feature(MMU_FTR_16M_PAGE)". A name the
	// tree does not have is of no consequence.
	Inputs map[string]bool
	// Setup is what boot code has written before page tables are used.
	Setup []Assign
	// Prefix begins the names of helpers that only this machine uses: "hash__".
	Prefix string
	// Source cites where the kernel does it.
	Source string
}

// Assign is a C assignment to a global, evaluated in a translation unit of the
// class under review: its constants differ by configuration and by version.
// A name that a version does not know, or has as something else than a
// variable, is of no consequence: the assignment is left out there. So is the
// rest of what lies at a fixed low address: only members assigned to exist.
// CURRENT stands for the address of the task that runs.
type Assign struct {
	When Cond // the assignment is made only where this holds
	C    string
}

// Lval returns the text left of the assignment's "=".
func (a Assign) Lval() string {
	for i := 0; i < len(a.C); i++ {
		if a.C[i] == '=' {
			end := i
			for end > 0 && a.C[end-1] == ' ' {
				end--
			}
			return a.C[:end]
		}
	}
	return a.C
}

// Variant returns the variant that a configuration is compiled for, nil if
// none says it is. value returns what .config has for a symbol without its
// CONFIG_ prefix: "y", "m", "" when unset, otherwise the text.
func (a *Arch) Variant(value func(symbol string) string) *Variant {
	for _, v := range a.Variants {
		if v.Selects.Holds(value) {
			return v
		}
	}
	return nil
}

// MachinesOf returns the machines a configuration's kernel can run on.
func (a *Arch) MachinesOf(value func(symbol string) string) []*Machine {
	var list []*Machine
	for _, m := range a.Machines {
		if m.Requires.Holds(value) {
			list = append(list, m)
		}
	}
	return list
}
