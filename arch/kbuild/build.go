package kbuild

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"ptreview/arch"
)

// Build is the state of one kernel tree, architecture and configuration in
// which files are about to be compiled. It is safe for concurrent use; the
// fields are not to be changed after the first call.
type Build struct {
	FS      fs.FS // the kernel tree, without generated files
	Arch    *arch.Arch
	Variant *arch.Variant
	// Value returns a Kconfig symbol's value without the CONFIG_ prefix: "y",
	// "m", "" for unset and n, else the text without quotes.
	Value func(symbol string) string
	// Autoconf is the content of include/generated/autoconf.h.
	Autoconf []byte
	// Offsets compiles a C file of DEFINE()s, such as kernel/bounds.c. Nil
	// means that headers made this way are not available.
	Offsets func(source string) ([]Offset, error)

	topOnce sync.Once
	top     *maker
	topErr  error

	headersOnce sync.Once
	headers     map[string]*header
	headersErr  error
	unknown     []string
	mu          sync.Mutex // guards unknown
}

// srcarch is the folder below arch/.
func (b *Build) srcarch() string { return "arch/" + b.Arch.Name }

// newMaker returns a make process with the variables of the command line and
// environment of an in-tree build.
func (b *Build) newMaker() *maker {
	m := newMaker(b.FS, b.Value)
	m.refuses = b.Variant.Refuses
	for name, text := range map[string]string{
		"srctree": ".", "objtree": ".", "VPATH": "", "abs_srctree": ".", "abs_objtree": ".",
		"SRCARCH": b.Arch.Name, "ARCH": b.Arch.Name, "SUBARCH": b.Arch.SubArch, "sub_make_done": "1",
		"CONFIG_SHELL": "sh", "MAKE_VERSION": "4.3", "MAKECMDGOALS": "", "AWK": "awk",
		"CC": b.Variant.Triple + "-gcc", "LD": b.Variant.Triple + "-ld",
		"CROSS_COMPILE": b.Variant.Triple + "-", "Q": "@", "CURDIR": ".",
		"MAKEFILE_LIST": "Makefile", "MAKEFLAGS": "--no-print-directory", ".FEATURES": "output-sync",
	} {
		m.set(name, text)
	}
	if version, ok := strings.CutPrefix(b.Variant.Compiler, "clang"); ok {
		m.set("LLVM", version)
	}
	return m
}

// makefile returns the evaluated top Makefile, which includes the
// architecture's.
func (b *Build) makefile() (*maker, error) {
	b.topOnce.Do(func() {
		b.top = b.newMaker()
		b.topErr = b.top.readFile("Makefile")
		b.note(b.top)
	})
	return b.top, b.topErr
}

// note remembers what a make process did not understand.
func (b *Build) note(m *maker) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unknown = append(b.unknown, m.unknown...)
}

// Unknown returns the shell commands and included files that evaluation so far
// could not answer, sorted, each once. Most of them have no part in how a C
// file is compiled.
func (b *Build) Unknown() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.unknown)
	slices.Sort(list)
	return slices.Compact(list)
}

// fork returns a copy of m whose variables can be changed.
func (m *maker) fork() *maker {
	return &maker{
		fsys: m.fsys, value: m.value, refuses: m.refuses,
		vars:   maps.Clone(m.vars),
		target: maps.Clone(m.target),
		rules:  slices.Clone(m.rules),
	}
}

// inFolder evaluates the Kbuild file or Makefile of a source folder on top of
// the top Makefile, as scripts/Makefile.build does.
func (b *Build) inFolder(dir string) (*maker, error) {
	top, err := b.makefile()
	if err != nil {
		return nil, err
	}
	m := top.fork()
	m.set("obj", dir)
	m.set("src", dir)
	for _, list := range []string{"obj-y", "obj-m", "lib-y", "lib-m", "ccflags-y", "subdir-ccflags-y"} {
		m.set(list, "")
	}
	defer b.note(m)
	for _, name := range []string{"Kbuild", "Makefile"} {
		if _, err := fs.Stat(b.FS, path.Join(dir, name)); err == nil {
			return m, m.readFile(path.Join(dir, name))
		}
	}
	return m, nil
}

// words returns a variable's expanded words.
func (m *maker) words(name string) ([]string, error) {
	text, err := m.lookup(name)
	if err != nil {
		return nil, fmt.Errorf("variable %s: %w", name, err)
	}
	return strings.Fields(text), nil
}
