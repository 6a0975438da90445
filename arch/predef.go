package arch

import (
	"fmt"
	"slices"
	"strings"
)

// CommonFlags are the options every kernel object is compiled with that bear
// on predefined macros.
// Source: Makefile, KBUILD_CFLAGS, v6.1.
func CommonFlags() []string {
	return []string{
		"-nostdinc", "-std=gnu11", "-O2", "-fshort-wchar", "-fno-PIE", "-fno-stack-protector",
		"-fno-asynchronous-unwind-tables",
	}
}

// predef is one file predef/VARIANT.h of a data file, taken apart. It holds
// what the variant's compiler (gcc 12.2 where there is one) predefines, as
// printed by
//
//	TRIPLE-gcc CommonFlags… Flags… -dM -E -x c /dev/null | LC_ALL=C sort
//
// and then, for every option that predef_test.go lists, a section headed
// "== OPTION" with the #undef and #define lines by which the output changes
// when the option is appended. "go test ./arch -update" writes it anew.
type predef struct {
	base    string
	options map[string]string
	defined map[string]bool // macros of base
	depends map[string]bool // macros that some option changes
}

func parsePredef(data string) *predef {
	base, rest, _ := strings.Cut(data, "\n== ")
	p := &predef{
		base: base + "\n", options: make(map[string]string),
		defined: make(map[string]bool), depends: make(map[string]bool),
	}
	addNames(p.defined, p.base)
	for section := range strings.SplitSeq(rest, "\n== ") {
		option, text, _ := strings.Cut(section, "\n")
		if option != "" {
			p.options[option] = strings.TrimRight(text, "\n") + "\n"
			addNames(p.depends, text)
		}
	}
	return p
}

// addNames adds the macros that lines #define or #undef.
func addNames(names map[string]bool, text string) {
	for line := range strings.Lines(text) {
		name, undef := strings.CutPrefix(line, "#undef ")
		if !undef {
			name = macroName(line)
		}
		if name = strings.TrimSpace(name); name != "" {
			names[name] = true
		}
	}
}

// checkPredef returns the first line of a file, from 1, that is of no use, and
// why.
func checkPredef(data string) (line int, why string) {
	for text := range strings.Lines(data) {
		line++
		text = strings.TrimSuffix(text, "\n")
		switch {
		case strings.HasPrefix(text, "== "):
		case macroName(text) != "":
		case strings.HasPrefix(text, "#undef ") && len(strings.Fields(text)) == 2:
		default:
			return line, fmt.Sprintf("%q is neither #define, #undef nor == OPTION", text)
		}
	}
	if line == 0 {
		return 1, "no macro is defined"
	}
	return 0, ""
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

// Predefined returns the macros the compiler defines before reading anything,
// as #define and #undef lines: those of the variant's plain flags, then what
// each of flags changes, in their order. An option the variant's file has no
// section for changes nothing, and neither does one that a later option of the
// same Exclusive list overrides.
func (v *Variant) Predefined(flags []string) string {
	p := v.predef()
	var b strings.Builder
	b.WriteString(p.base)
	for i, f := range flags {
		if text := p.options[f]; text != "" && !v.overridden(f, flags[i+1:]) {
			b.WriteString(text)
		}
	}
	return b.String()
}

// overridden reports whether later options make one of no effect.
func (v *Variant) overridden(option string, later []string) bool {
	for _, list := range v.Exclusive {
		if !slices.Contains(list, option) {
			continue
		}
		for _, o := range later {
			if slices.Contains(list, o) {
				return true
			}
		}
	}
	return false
}

// Predefines reports whether the variant's compiler defines a macro before
// reading anything; sure is false where that depends on its options.
func (v *Variant) Predefines(macro string) (defined, sure bool) {
	p := v.predef()
	if p.depends[macro] {
		return false, false
	}
	return p.defined[macro], true
}
