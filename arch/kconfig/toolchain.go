package kconfig

// Toolchain is a compiler, assembler and linker as Kconfig sees them.
type Toolchain struct {
	Prefix        string // of the programs' names, as CROSS_COMPILE
	CCVersionText string // first line of $(CC) --version
	CCInfo        string // what scripts/cc-version.sh prints
	ASInfo        string // scripts/as-version.sh
	LDInfo        string // scripts/ld-version.sh
	table         string // name of its answers in probeTable
}

// ToolchainFor returns the toolchain that answers for an architecture. One
// that has no table of its own gets gcc's common answers.
func ToolchainFor(srcarch string) Toolchain {
	t := Toolchain{
		CCInfo: "GCC 120200",
		ASInfo: "GNU 24000",
		LDInfo: "BFD 24000",
		table:  srcarch,
	}
	switch srcarch {
	case "powerpc":
		t.Prefix = "powerpc64-linux-gnu-"
	case "arm64":
		t.Prefix = "aarch64-linux-gnu-"
	case "riscv":
		t.Prefix = "riscv64-linux-gnu-"
	case "s390":
		t.Prefix = "s390x-linux-gnu-"
	case "x86":
		t.Prefix = "x86_64-linux-gnu-"
	}
	t.CCVersionText = t.Prefix + "gcc (Debian 12.2.0-14) 12.2.0"
	if srcarch == "x86" {
		t.CCVersionText = "x86_64-linux-gnu-gcc (Debian 12.2.0-14+deb12u1) 12.2.0"
	}
	return t
}

// vars returns the environment that make would give conf.
func (t Toolchain) vars(srcarch string) map[string]string {
	return map[string]string{
		"ARCH":            srcarch,
		"SRCARCH":         srcarch,
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
		"RUSTC":           "no-rustc",
		"BINDGEN":         "no-bindgen",
		"CC_VERSION_TEXT": t.CCVersionText,
	}
}

func (t Toolchain) prober(vars map[string]string) func(string) (string, bool) {
	return func(cmd string) (string, bool) { return "", false }
}
