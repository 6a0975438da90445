package arch

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the predefined macros of data/*.txtar from the installed compilers")

// compiler returns the command of a variant's compiler, which there is, or
// skips.
func compiler(t *testing.T, v *Variant) []string {
	t.Helper()
	command := v.Command()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skipf("skipped: no %s, predefined macros of %s not compared", command[0], v.Name)
	}
	return command
}

// macros asks a compiler for its predefined macros, sorted; ok is false when
// it does not know an option.
func macros(command, flags []string) (text string, ok bool) {
	args := append(slices.Clone(command[1:]), flags...)
	cmd := exec.Command(command[0], append(args, "-dM", "-E", "-x", "c", "/dev/null")...)
	out, err := cmd.Output()
	if err != nil {
		return "", false
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	sort.Strings(lines)
	return strings.Join(lines, "\n") + "\n", true
}

func TestPredefined(t *testing.T) {
	for _, a := range All() {
		for _, v := range a.Variants {
			if v.Command() == nil {
				t.Logf("Debian has no gcc for %s: its predefined macros are not compared", v.Name)
				continue
			}
			t.Run(v.Name, func(t *testing.T) {
				gcc := compiler(t, v)
				flags := append(CommonFlags(), v.Flags...)
				base, ok := macros(gcc, flags)
				if !ok {
					t.Fatalf("%s refuses %v", gcc, flags)
				}
				var file bytes.Buffer
				file.WriteString(base)
				var differ []string
				options := append(slices.Clone(optionTable()[""]), optionTable()[v.Name]...)
				for _, o := range options {
					now, ok := macros(gcc, append(slices.Clone(flags), o))
					if !ok {
						continue
					}
					delta := changes(base, now)
					if delta != "" {
						file.WriteString("== " + o + "\n" + delta)
					}
					if v.predef().options[o] != delta {
						differ = append(differ, o)
					}
				}
				if *update {
					rewrite(t, a.Name, v.Name, file.Bytes())
					return
				}
				if got := v.Predefined(nil); got != base {
					t.Errorf("predefined macros differ from those of %s:\n%s", gcc, changes(got, base))
				}
				if len(differ) > 0 {
					t.Errorf("options whose macros differ: %v", differ)
				}
			})
		}
	}
}

// rewrite puts the macros of a variant into the data file of its architecture.
func rewrite(t *testing.T, architecture, variant string, macros []byte) {
	t.Helper()
	name := "data/" + architecture + dataSuffix
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(data)
	at := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == predefName(variant) })
	archive.Files[at].Data = macros
	if err := os.WriteFile(name, txtar.Format(archive), 0o666); err != nil {
		t.Fatal(err)
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
		"hexagon": {
			"-mv5", "-mv55", "-mv60", "-mv62", "-mv65", "-mv66", "-mv67", "-mv68", "-mv69", "-mv71",
			"-mv73", "-mv75", "-mv79", "-mv81",
		},
		"arm64":    armOptions(),
		"arm64be":  armOptions(),
		"riscv64":  riscvOptions("rv64ima"),
		"riscv32":  riscvOptions("rv32ima"),
		"m68k":     m68kOptions(),
		"coldfire": m68kOptions(),
		"openrisc": {
			"-mhard-mul", "-msoft-mul", "-mhard-div", "-msoft-div", "-mcmov", "-mror", "-mrori",
			"-msext", "-msfimm", "-mshftimm",
		},
		"s390x": {
			"-march=z10", "-march=z196", "-march=zEC12", "-march=z13", "-march=z14",
			"-march=z15", "-march=z16", "-mpacked-stack", "-fno-PIE",
		},
		"ppc64":   append(powerOptions(), "-mabi=elfv1", "-mabi=elfv2", "-mcall-aixdesc"),
		"ppc64le": powerOptions(),
		"ppc32":   powerOptions(),

		"arm": arm32Options(), "armeb": arm32Options(), "armv7m": arm32Options(),
		"armoabi": arm32Options(), "armeboabi": arm32Options(),
		"mips": mipsOptions(), "mipsel": mipsOptions(), "mips64": mipsOptions(), "mips64el": mipsOptions(),
		"alpha": {"-mcpu=ev4", "-mcpu=ev5", "-mcpu=ev56", "-mcpu=pca56", "-mcpu=ev6", "-mcpu=ev67", "-mtune=ev6"},
		"arc":   arcOptions(), "arceb": arcOptions(),
	}
}

func arm32Options() []string {
	list := []string{
		"-mthumb", "-mfpu=vfp", "-mno-unaligned-access", "-mtp=cp15", "-mapcs", "-mapcs-frame",
		"-mthumb-interwork", "-mno-thumb-interwork", "-mno-fdpic", "-funwind-tables",
		"-mstack-protector-guard=tls", "-mword-relocations",
	}
	for _, arch := range []string{
		"armv4", "armv4t", "armv5te", "armv6", "armv6k", "armv7-a", "armv7-m",
	} {
		list = append(list, "-march="+arch)
	}
	for _, cpu := range []string{
		"arm7tdmi", "arm9tdmi", "arm9e", "strongarm110", "strongarm1100", "xscale", "arm1136j-s",
	} {
		list = append(list, "-mtune="+cpu)
	}
	return list
}

func mipsOptions() []string {
	list := []string{
		"-modd-spreg", "-mno-mdmx", "-mno-mips3d", "-mno-loongson-mmi", "-msmartmips", "-mmicromips",
		"-mno-daddi", "-mno-check-zero-division", "-mfix-r4000", "-mfix-r4400", "-msym32", "-mno-branch-likely",
		"-fno-omit-frame-pointer", "-mtune=34kc", "-mno-fix-r10000", "-mfix-r10000", "-mr10k-cache-barrier=store", "-mnan=2008",
	}
	for _, cpu := range []string{
		"r3000", "mips1", "r4300", "mips3", "r4600", "mips32", "mips32r2", "mips32r5", "mips32r6",
		"mips64", "mips64r2", "mips64r5", "mips64r6", "p5600", "r5000", "mips4", "r5500", "rm5200",
		"rm7000", "sb1", "r10000", "octeon", "loongson2e", "loongson2f", "loongson3a",
	} {
		list = append(list, "-march="+cpu)
	}
	return list
}

func arcOptions() []string {
	return []string{
		"-mcpu=arc700", "-mcpu=hs38", "-mcpu=archs", "-mlock", "-mswape", "-munaligned-access", "-mno-unaligned-access",
		"-mll64", "-mno-ll64", "-mno-div-rem", "-ffixed-gp", "-fsection-anchors", "-fno-common",
		"-mcpu=hs4x", "-mcpu=hs4xd", "-mcpu=hs4x_rel31", "-mcpu=hs38_linux",
	}
}

// m68kOptions are those of arch/m68k/Makefile.
func m68kOptions() []string {
	list := []string{"-m68000", "-m68020", "-m68030", "-m68040", "-m68060", "-m5200", "-m5307", "-mcfv4e"}
	for _, cpu := range []string{
		"68020", "54455", "5475", "5407", "532x", "537x", "5307", "528x", "5275", "5272", "5271",
		"523x", "5253", "5249", "5208", "5206e", "5206",
	} {
		list = append(list, "-mcpu="+cpu)
	}
	return list
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
