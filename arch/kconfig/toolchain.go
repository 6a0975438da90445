package kconfig

// Toolchain is a compiler, assembler and linker as Kconfig sees them: what
// their programs are called, what versions they claim, and a table of what
// they accept.
type Toolchain struct {
	// Prefix stands before the names of the programs, as CROSS_COMPILE.
	Prefix string
	// CCVersionText is the first line of $(CC) --version.
	CCVersionText string
	// CCInfo, ASInfo and LDInfo are what scripts/cc-version.sh,
	// as-version.sh and ld-version.sh print.
	CCInfo, ASInfo, LDInfo string

	srcarch string
}

// ToolchainFor returns the toolchain that answers for an architecture: gcc
// 12.2 and binutils 2.40 as Debian 12 builds them. An architecture without a
// table of its own gets the answers that all others have in common.
func ToolchainFor(srcarch string) Toolchain {
	t := Toolchain{
		CCInfo:  "GCC 120200",
		ASInfo:  "GNU 24000",
		LDInfo:  "BFD 24000",
		srcarch: srcarch,
	}
	build := "12.2.0-14"
	switch srcarch {
	case "arm64":
		t.Prefix = "aarch64-linux-gnu-"
	case "powerpc":
		t.Prefix, build = "powerpc64-linux-gnu-", "12.2.0-13"
	case "riscv":
		t.Prefix, build = "riscv64-linux-gnu-", "12.2.0-13"
	case "s390":
		t.Prefix = "s390x-linux-gnu-"
	case "x86":
		t.Prefix, build = "x86_64-linux-gnu-", "12.2.0-14+deb12u1"
	}
	t.CCVersionText = t.Prefix + "gcc (Debian " + build + ") 12.2.0"
	return t
}

// Vars returns the environment variables that make would give conf for this
// toolchain, without rustc, bindgen and pahole on the machine.
func (t Toolchain) Vars() map[string]string {
	return map[string]string{
		"ARCH":            t.srcarch,
		"SRCARCH":         t.srcarch,
		"srctree":         ".",
		"CROSS_COMPILE":   t.Prefix,
		"CC":              t.Prefix + "gcc",
		"LD":              t.Prefix + "ld",
		"AR":              t.Prefix + "ar",
		"NM":              t.Prefix + "nm",
		"OBJCOPY":         t.Prefix + "objcopy",
		"HOSTCC":          "gcc",
		"HOSTCXX":         "g++",
		"PYTHON3":         "python3",
		"PAHOLE":          "pahole",
		"RUSTC":           "rustc",
		"BINDGEN":         "bindgen",
		"CC_VERSION_TEXT": t.CCVersionText,
	}
}
