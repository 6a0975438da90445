package arch

import (
	"embed"
	"strings"
	"sync"
)

// The files below predef hold, for one variant each, what gcc 12.2 predefines,
// as printed by
//
//	TRIPLE-gcc CommonFlags… Flags… -dM -E -x c /dev/null | LC_ALL=C sort
//
// and then, for every option that predef_test.go lists, a section headed
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
// each of flags changes, in their order. An option the variant's file has no
// section for changes nothing.
func (v *Variant) Predefined(flags []string) string {
	p := v.predef()
	var b strings.Builder
	b.WriteString(p.base)
	for _, f := range flags {
		b.WriteString(p.options[f])
	}
	return b.String()
}
