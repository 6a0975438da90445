package kconfig

// Toolchain is a compiler, assembler and linker as Kconfig sees them: what
// their programs are called, what versions they claim, and a table of what
// they accept.
type Toolchain struct {
	// Prefix stands before the names of the programs, as CROSS_COMPILE.
	Prefix string
	// LLVM stands behind them, as LLVM of make's command line, where the
	// compiler is a clang: "-22".
	LLVM string
	// ClangFlags choose its target, as CLANG_FLAGS of the Makefiles.
	ClangFlags string
	// CCVersionText is the first line of $(CC) --version.
	CCVersionText string
	// CCInfo, ASInfo and LDInfo are what scripts/cc-version.sh,
	// as-version.sh and ld-version.sh print.
	CCInfo, ASInfo, LDInfo string

	srcarch string
	section string // of the table of answers
}

// gccBuild returns the prefix of the compiler that Debian 12 has for an
// architecture, and what stands in brackets in the first line of its
// --version.
func gccBuild(srcarch string) (prefix, build string) {
	switch srcarch {
	case "alpha":
		return "alpha-linux-gnu-", "Debian 12.2.0-13"
	case "arc":
		return "arc-linux-gnu-", "Debian 12.2.0-13"
	case "arm":
		return "arm-linux-gnueabi-", "Debian 12.2.0-14"
	case "arm64":
		return "aarch64-linux-gnu-", "Debian 12.2.0-14"
	case "m68k":
		return "m68k-linux-gnu-", "Debian 12.2.0-13"
	case "mips":
		return "mips-linux-gnu-", "Debian 12.2.0-14"
	case "openrisc":
		return "or1k-elf-", "GCC 12.2.0-14+deb12u1 Debian 1.0.4+b2"
	case "parisc":
		return "hppa-linux-gnu-", "Debian 12.2.0-13"
	case "powerpc":
		return "powerpc64-linux-gnu-", "Debian 12.2.0-13"
	case "riscv":
		return "riscv64-linux-gnu-", "Debian 12.2.0-13"
	case "s390":
		return "s390x-linux-gnu-", "Debian 12.2.0-14"
	case "sh":
		return "sh4-linux-gnu-", "Debian 12.2.0-13"
	case "sparc":
		return "sparc64-linux-gnu-", "Debian 12.2.0-13"
	case "um", "x86":
		return "x86_64-linux-gnu-", "Debian 12.2.0-14+deb12u1"
	case "xtensa":
		return "xtensa-lx106-elf-", "12.2.0-14+deb12u1+13+b2"
	}
	return srcarch + "-linux-", "GCC"
}

// ToolchainFor returns the toolchain that answers for an architecture: gcc
// 12.2 and binutils 2.40 as Debian 12 builds them, clang 22 for hexagon, which
// no gcc knows. For csky, ia64, loongarch, microblaze and nios2, which Debian
// does not have, it is the same versions of gcc and binutils as their
// documentation describes them, without a C library. Any other architecture
// gets the answers that all have in common.
func ToolchainFor(srcarch string) Toolchain {
	if srcarch == "hexagon" {
		return clangFor(srcarch, "hexagon-linux-musl")
	}
	prefix, build := gccBuild(srcarch)
	t := Toolchain{
		Prefix:        prefix,
		CCVersionText: prefix + "gcc (" + build + ") 12.2.0",
		CCInfo:        "GCC 120200",
		ASInfo:        "GNU 24000",
		LDInfo:        "BFD 24000",
		srcarch:       srcarch,
		section:       srcarch,
	}
	if srcarch == "um" {
		t.section = "x86"
	}
	return t
}

// clangFor is the clang that Debian 12 was given later.
func clangFor(srcarch, triple string) Toolchain {
	return Toolchain{
		LLVM: "-22",
		ClangFlags: "--target=" + triple + " -fintegrated-as -Werror=unknown-warning-option " +
			"-Werror=ignored-optimization-argument -Werror=option-ignored -Werror=unused-command-line-argument",
		CCVersionText: "Debian clang version 22.1.8 (1~deb12u1)",
		CCInfo:        "Clang 220108",
		ASInfo:        "LLVM 0",
		LDInfo:        "LLD 220108",
		srcarch:       srcarch,
		section:       srcarch,
	}
}

// CC returns the name of the compiler.
func (t Toolchain) CC() string { return t.program("gcc", "clang") }

// program returns the name of a program that GNU and LLVM call differently.
func (t Toolchain) program(gnu, llvm string) string {
	if t.LLVM != "" {
		return llvm + t.LLVM
	}
	return t.Prefix + gnu
}

// Vars returns the environment variables that make would give conf for this
// toolchain, without rustc, bindgen and pahole on the machine.
func (t Toolchain) Vars() map[string]string {
	vars := map[string]string{
		"ARCH":            t.srcarch,
		"SRCARCH":         t.srcarch,
		"srctree":         ".",
		"CROSS_COMPILE":   t.Prefix,
		"CC":              t.CC(),
		"LD":              t.program("ld", "ld.lld"),
		"AR":              t.program("ar", "llvm-ar"),
		"NM":              t.program("nm", "llvm-nm"),
		"OBJCOPY":         t.program("objcopy", "llvm-objcopy"),
		"HOSTCC":          "gcc",
		"HOSTCXX":         "g++",
		"PYTHON3":         "python3",
		"PAHOLE":          "pahole",
		"RUSTC":           "rustc",
		"BINDGEN":         "bindgen",
		"CC_VERSION_TEXT": t.CCVersionText,
	}
	if t.LLVM != "" {
		vars["LLVM"], vars["CLANG_FLAGS"] = t.LLVM, t.ClangFlags
	}
	if t.srcarch == "um" {
		// What the Makefile of um exports on an x86 machine.
		vars["SUBARCH"], vars["HEADER_ARCH"] = "x86", "x86"
	}
	return vars
}
