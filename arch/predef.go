package arch

import (
	"embed"
	"fmt"
	"strings"
	"sync"
)

// The files below predef hold, for one variant each, what gcc 12.2 predefines,
// as printed by
//
//	TRIPLE-gcc CommonFlags… Flags… -dM -E -x c /dev/null | LC_ALL=C sort
//
// and then, for every option of optionTable that can apply, a section headed
// "== OPTION" with the #undef and #define lines by which the output changes
// when the option is appended. "go test ./arch -update" writes them anew.
//
//go:embed predef/*.h
var predefFiles embed.FS

// CommonFlags are the options every kernel object is compiled with that bear
// on predefined macros.
// Source: Makefile, KBUILD_CFLAGS, v6.1.
func CommonFlags() []string {
	return []string{
		"-nostdinc", "-std=gnu11", "-O2", "-fshort-wchar", "-fno-PIE", "-fno-stack-protector",
		"-fno-asynchronous-unwind-tables",
	}
}

// optionTable lists the compiler options of kernel Makefiles that change
// predefined macros, by the variants they apply to ("" is all).
func optionTable() map[string][]string {
	return map[string][]string{
		"": {
			"-Os", "-O3", "-funsigned-char", "-fsigned-char", "-fno-builtin", "-ffreestanding",
			"-fstack-protector", "-fstack-protector-strong", "-fstack-protector-all",
			"-fPIE", "-fPIC", "-fpic", "-fpie",
			"-fsanitize=kernel-address", "-fsanitize=thread",
			"-pg", "-g", "-fasynchronous-unwind-tables",
		},
		"x86_64": {
			"-fcf-protection=branch", "-march=k8", "-march=nocona", "-march=core2",
			"-march=atom", "-mtune=generic",
		},
		"i386": {
			"-fcf-protection=branch", "-march=i386", "-march=i486", "-march=i586",
			"-march=pentium-mmx", "-march=i686", "-march=pentium3", "-march=pentium4",
			"-march=pentium-m", "-march=k6", "-march=athlon", "-march=k8", "-march=core2",
			"-march=atom", "-march=geode", "-march=winchip-c6", "-march=winchip2",
			"-march=c3", "-march=c3-2", "-mtune=generic", "-mtune=pentium2",
			"-mtune=pentium3", "-mtune=pentium4", "-mtune=core2",
		},
		"arm64":   armOptions(),
		"arm64be": armOptions(),
		"riscv64": riscvOptions("rv64ima"),
		"riscv32": riscvOptions("rv32ima"),
		"s390x": {
			"-march=z10", "-march=z196", "-march=zEC12", "-march=z13", "-march=z14",
			"-march=z15", "-march=z16", "-mpacked-stack", "-fno-PIE",
		},
		"ppc64":   append(powerOptions(), "-mabi=elfv1", "-mabi=elfv2", "-mcall-aixdesc"),
		"ppc64le": powerOptions(),
		"ppc32":   powerOptions(),
	}
}

func armOptions() []string {
	return []string{
		"-mbranch-protection=none", "-mbranch-protection=pac-ret",
		"-mbranch-protection=pac-ret+leaf", "-mbranch-protection=pac-ret+bti",
		"-mbranch-protection=pac-ret+leaf+bti", "-msign-return-address=all",
		"-msign-return-address=non-leaf",
	}
}

// riscvOptions lists every -march string a Makefile can put together.
func riscvOptions(base string) []string {
	list := []string{"-mcmodel=medany", "-mcmodel=medlow"}
	for _, c := range []string{"", "c"} {
		for _, i := range []string{"", "_zicsr_zifencei"} {
			for _, b := range []string{"", "_zicbom"} {
				for _, p := range []string{"", "_zihintpause"} {
					list = append(list, "-march="+base+c+i+b+p)
				}
			}
		}
	}
	return list
}

func powerOptions() []string {
	list := []string{
		"-mlong-double-128", "-mprefixed", "-mpcrel", "-mno-altivec", "-mno-vsx",
		"-mhard-float", "-msoft-float",
	}
	for _, cpu := range []string{
		"powerpc64", "cell", "970", "power4", "power5", "power6", "power7", "power8",
		"power9", "power10", "e5500", "e6500", "powerpc", "powerpc64le", "603", "604",
		"740", "750", "7400", "7450", "8540", "8548", "e500mc", "401", "403", "405",
		"440", "464", "476", "860", "e300c2", "e300c3", "G3", "G4", "G5", "801", "821",
	} {
		list = append(list, "-mcpu="+cpu)
	}
	return list
}

// predef is one file, taken apart.
type predef struct {
	base    string
	options map[string]string
}

var predefs = sync.OnceValue(func() map[string]*predef {
	files, err := predefFiles.ReadDir("predef")
	if err != nil {
		panic("arch: " + err.Error())
	}
	all := make(map[string]*predef)
	for _, f := range files {
		data, err := predefFiles.ReadFile("predef/" + f.Name())
		if err != nil {
			panic("arch: " + err.Error())
		}
		all[strings.TrimSuffix(f.Name(), ".h")] = parsePredef(string(data))
	}
	return all
})

func parsePredef(data string) *predef {
	base, rest, _ := strings.Cut(data, "\n== ")
	p := &predef{base: base + "\n", options: make(map[string]string)}
	for section := range strings.SplitSeq(rest, "\n== ") {
		option, text, _ := strings.Cut(section, "\n")
		if option != "" {
			p.options[option] = strings.TrimRight(text, "\n") + "\n"
		}
	}
	return p
}

func (v *Variant) predef() *predef { return predefs()[v.Name] }

// Predefined returns the macros the compiler defines before reading anything,
// as #define and #undef lines: those of the variant's plain flags, then what
// each of flags changes, in their order. An option not listed in optionTable
// changes nothing.
func (v *Variant) Predefined(flags []string) string {
	p := v.predef()
	var b strings.Builder
	b.WriteString(p.base)
	for _, f := range flags {
		b.WriteString(p.options[f])
	}
	return b.String()
}

// changes returns the lines that turn the macro set from into to, both sorted
// "#define" lines.
func changes(from, to string) string {
	old, now := defineLines(from), defineLines(to)
	var b strings.Builder
	for line := range strings.Lines(from) {
		if name := macroName(line); name != "" && now[name] != old[name] {
			fmt.Fprintf(&b, "#undef %s\n", name)
		}
	}
	for line := range strings.Lines(to) {
		if name := macroName(line); name != "" && now[name] != old[name] {
			b.WriteString(line)
		}
	}
	return b.String()
}

func defineLines(text string) map[string]string {
	lines := make(map[string]string)
	for line := range strings.Lines(text) {
		if name := macroName(line); name != "" {
			lines[name] = line
		}
	}
	return lines
}

// macroName returns the name a #define line defines, "" for other lines.
func macroName(line string) string {
	rest, ok := strings.CutPrefix(line, "#define ")
	if !ok {
		return ""
	}
	n := 0
	for n < len(rest) && isWordByte(rest[n]) {
		n++
	}
	return rest[:n]
}
