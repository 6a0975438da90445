package kbuild

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"ptreview/arch/kconfig"
)

// Macros says which macros the Makefiles of a tree define on the command line
// of every compiler run, and in which configurations: those of the top
// Makefile and of the architecture's. It is safe for concurrent use.
type Macros struct {
	mentions map[string]int // how often -D or -U names a macro
	words    []conditional  // understood options of every run
}

// NewMacros reads the two Makefiles. A missing one defines nothing.
func NewMacros(fsys fs.FS, srcarch string) (*Macros, error) {
	m := &Macros{mentions: make(map[string]int)}
	f := &folder{srcarch: srcarch, vars: make(map[string][]conditional)}
	for _, name := range []string{"Makefile", "arch/" + srcarch + "/Makefile"} {
		data, err := fs.ReadFile(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		text := string(data)
		m.mention(text)
		if err := f.read(name, text); err != nil {
			return nil, err
		}
	}
	m.words = slices.Concat(f.vars["KBUILD_CPPFLAGS"], f.vars["KBUILD_CFLAGS"])
	return m, nil
}

// mention counts -DNAME and -UNAME, wherever they stand.
func (m *Macros) mention(text string) {
	for i := 0; i+2 < len(text); i++ {
		if text[i] != '-' || text[i+1] != 'D' && text[i+1] != 'U' || i > 0 && (isWordByte(text[i-1]) || text[i-1] == '-') {
			continue
		}
		end := i + 2
		for end < len(text) && isWordByte(text[end]) {
			end++
		}
		m.mentions[text[i+2:end]]++
	}
	delete(m.mentions, "")
}

func isWordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// Names returns the macros that are mentioned, sorted.
func (m *Macros) Names() []string { return slices.Sorted(maps.Keys(m.mentions)) }

// Of returns the condition under which name is defined, where found says that
// a Makefile defines it at all; nil is always. sure is false if the Makefiles
// do more to it than is understood.
func (m *Macros) Of(name string) (e *kconfig.Expr, sure, found bool) {
	if m.mentions[name] == 0 {
		return nil, true, false
	}
	var ways []*kconfig.Expr
	for _, w := range m.words {
		macro, ok := strings.CutPrefix(w.word, "-D")
		macro, _, _ = strings.Cut(macro, "=")
		if !ok || macro != name {
			continue
		}
		if w.unsure {
			return nil, false, true
		}
		ways = append(ways, w.cond)
	}
	switch {
	case len(ways) != m.mentions[name]:
		return nil, false, true
	case slices.Contains(ways, nil):
		return nil, true, true
	case len(ways) == 1:
		return ways[0], true, true
	}
	return kconfig.Or(ways...), true, true
}
