package kbuild

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// NotMadeError says why a generated header could not be made.
type NotMadeError struct {
	Path   string
	Reason string
	Err    error // the cause, if there is one
	// Names is a part of every name that the header defines; "" where it
	// could define anything.
	Names string
}

func (e *NotMadeError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Path, e.Reason, e.Err)
	}
	return e.Path + ": " + e.Reason
}

// Unwrap returns the cause.
func (e *NotMadeError) Unwrap() error { return e.Err }

// header is one generated header: how to make it.
type header struct {
	make func() ([]byte, error)
}

// Headers returns the paths of all headers a build generates, sorted,
// including those this package cannot make.
func (b *Build) Headers() ([]string, error) {
	if err := b.listHeaders(); err != nil {
		return nil, err
	}
	paths := make([]string, 0, len(b.headers))
	for name := range b.headers {
		paths = append(paths, name)
	}
	slices.Sort(paths)
	return paths, nil
}

// Header makes one generated header. The error is fs.ErrNotExist for a path
// that no build generates, a *NotMadeError for one it does; in the latter case
// the content holds what could be made all the same.
func (b *Build) Header(name string) ([]byte, error) {
	if err := b.listHeaders(); err != nil {
		return nil, err
	}
	h := b.headers[name]
	if h == nil {
		return nil, &fs.PathError{Op: "generate", Path: name, Err: fs.ErrNotExist}
	}
	data, err := h.make()
	var not *NotMadeError
	if err != nil && !errors.As(err, &not) {
		err = &NotMadeError{Path: name, Reason: "cannot be generated", Err: err}
	}
	return data, err
}

func (b *Build) listHeaders() error {
	b.headersOnce.Do(func() {
		b.headers = make(map[string]*header)
		b.addFixed()
		for _, step := range []func() error{b.addAsmHeaders, b.addRuleHeaders, b.addHostHeaders} {
			if b.headersErr = step(); b.headersErr != nil {
				return
			}
		}
	})
	return b.headersErr
}

// CompilerHeaders returns the paths of the headers that come with the compiler,
// for whose own folder one of the search path stands.
func (b *Build) CompilerHeaders() []string {
	var paths []string
	for _, h := range b.Arch.Headers {
		paths = append(paths, path.Join(b.srcarch(), "include/generated", h.Name))
	}
	return paths
}

func (b *Build) add(name string, make func() ([]byte, error)) {
	b.headers[name] = &header{make}
}

// addMissing lists a header that exists in a build but is not made here, with
// what is part of all names that it defines.
func (b *Build) addMissing(name, reason, names string) {
	if b.headers[name] == nil {
		b.add(name, func() ([]byte, error) { return nil, &NotMadeError{Path: name, Reason: reason, Names: names} })
	}
}

// noSymbols is the list of symbols that modules use, by which a kernel drops
// the others' exports, as a build begins.
const noSymbols = "/* the symbols that modules use */\n"

// addFixed lists the headers of the top Makefile and Kbuild file.
func (b *Build) addFixed() {
	b.add("include/generated/autoconf.h", func() ([]byte, error) { return b.Autoconf, nil })
	b.add("include/generated/utsrelease.h", b.utsrelease)
	b.add("include/generated/compile.h", b.compile)
	b.add("include/generated/uapi/linux/version.h", b.version)
	b.add("include/generated/timeconst.h", b.timeconst)
	b.addOffsets("include/generated/bounds.h", "kernel/bounds.c", "__LINUX_BOUNDS_H__")
	b.addOffsets("include/generated/asm-offsets.h", b.srcarch()+"/kernel/asm-offsets.c", "__ASM_OFFSETS_H__")
	for i, name := range b.CompilerHeaders() {
		b.add(name, func() ([]byte, error) { return b.Arch.Headers[i].Content, nil })
	}
	b.add("include/generated/autoksyms.h", func() ([]byte, error) { return []byte(noSymbols), nil })
	for _, name := range []string{"vdso-offsets.h", "vdso32-offsets.h", "vdso64-offsets.h", "compat_vdso-offsets.h"} {
		b.addMissing("include/generated/"+name, "it lists symbol addresses of a linked vdso", "vdso")
	}
}

func (b *Build) addOffsets(name, source, guard string) {
	b.add(name, func() ([]byte, error) {
		if b.Offsets == nil {
			return nil, &NotMadeError{Path: name, Reason: "no compiler for " + source}
		}
		list, err := b.Offsets(source)
		if err != nil {
			err = &NotMadeError{Path: name, Reason: "cannot evaluate all of " + source, Err: err}
		}
		return formatOffsets(list, guard), err
	})
}

// asmFolders are the two folders of generated asm/ headers with the folder of
// generic headers each falls back to.
func (b *Build) asmFolders() [2]struct{ obj, generic string } {
	gen := b.srcarch() + "/include/generated"
	return [2]struct{ obj, generic string }{
		{gen + "/asm", "include/asm-generic"},
		{gen + "/uapi/asm", "include/uapi/asm-generic"},
	}
}

// asmMakefiles are the names the Makefile for asm/ headers has had.
func asmMakefiles() []string {
	return []string{"scripts/Makefile.asm-headers", "scripts/Makefile.asm-generic"}
}

// addAsmHeaders lists the wrappers of generic headers and, since 6.11, the
// system call headers of architectures with the generic table.
func (b *Build) addAsmHeaders() error {
	for _, f := range b.asmFolders() {
		m, err := b.asmMaker(f.obj, f.generic)
		if err != nil {
			return err
		}
		generic, err := m.words("generic-y")
		if err != nil {
			return err
		}
		for _, name := range generic {
			b.addWrapper(path.Join(f.obj, path.Base(name)))
		}
		if err := b.addRules(m); err != nil {
			return err
		}
		b.note(m)
	}
	return nil
}

func (b *Build) addWrapper(name string) {
	b.add(name, func() ([]byte, error) {
		return []byte("#include <asm-generic/" + path.Base(name) + ">\n"), nil
	})
}

// asmMaker evaluates scripts/Makefile.asm-headers for one folder. A tree
// without it gets the rule all of them share.
func (b *Build) asmMaker(obj, generic string) (*maker, error) {
	m := b.newMaker()
	m.set("obj", obj)
	m.set("generic", generic)
	for _, name := range asmMakefiles() {
		err := m.readFile(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return m, err
		}
	}
	src := strings.Replace(obj, "/generated", "", 1)
	for _, name := range []string{src + "/Kbuild", generic + "/Kbuild"} {
		if err := m.readFile(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return m, m.read("(asm headers)", "generic-y += $(foreach f,$(filter-out $(generated-y),$(mandatory-y)),"+
		"$(if $(wildcard ./"+src+"/$(f)),,$(f)))\ngeneric-y := $(addprefix $(obj)/,$(generic-y))\n")
}

// ruleMakefiles are the Makefiles, below arch/X, that generate headers for
// "make prepare".
func ruleMakefiles() []string {
	return []string{"kernel/syscalls", "entry/syscalls", "tools"}
}

// addRuleHeaders lists the headers that an architecture's own Makefiles make,
// and then those its Kbuild files announce as generated-y.
func (b *Build) addRuleHeaders() error {
	if err := b.addTopRules(); err != nil {
		return err
	}
	var makers []*maker
	for _, dir := range ruleMakefiles() {
		dir = path.Join(b.srcarch(), dir)
		if _, err := fs.Stat(b.FS, path.Join(dir, "Makefile")); err != nil {
			continue
		}
		m := b.newMaker()
		m.set("obj", dir)
		m.set("src", dir)
		if err := m.readFile("scripts/Kbuild.include"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := m.readFile(path.Join(dir, "Makefile")); err != nil {
			return err
		}
		if err := b.addRules(m); err != nil {
			return err
		}
		b.note(m)
		makers = append(makers, m)
	}
	return b.addAnnounced(makers)
}

// addTopRules lists the headers of the architecture that the top Makefile and
// the architecture's, which is part of it, make themselves.
func (b *Build) addTopRules() error {
	top, err := b.makefile()
	if err != nil {
		return err
	}
	own := top.fork()
	folder := b.srcarch() + "/include/generated/"
	own.rules = slices.DeleteFunc(own.rules, func(r rule) bool {
		return !slices.ContainsFunc(r.targets, func(t string) bool { return strings.HasPrefix(path.Clean(t), folder) })
	})
	return b.addRules(own)
}

// addAnnounced lists the headers of generated-y that no explicit rule makes:
// pattern rules of makers do, or nothing that is known.
func (b *Build) addAnnounced(makers []*maker) error {
	for _, f := range b.asmFolders() {
		m := b.newMaker()
		src := strings.Replace(f.obj, "/generated", "", 1)
		if err := m.readFile(src + "/Kbuild"); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return err
		}
		names, err := m.words("generated-y")
		if err != nil {
			return err
		}
		for _, name := range names {
			target := path.Join(f.obj, name)
			b.addPatternRule(makers, target)
			b.addMissing(target, "no rule for it is understood", "")
		}
	}
	return nil
}

// addPatternRule lists target if it is not yet, and one of makers has a rule
// for it.
func (b *Build) addPatternRule(makers []*maker, target string) {
	for _, m := range makers {
		if _, _, ok := m.ruleFor(target); ok && b.headers[target] == nil {
			b.add(target, func() ([]byte, error) { return b.runRule(m, target) })
		}
	}
}

// addRules lists the headers m has explicit rules for, and those of syscall-y,
// which pattern rules make.
func (b *Build) addRules(m *maker) error {
	targets, err := m.words("syscall-y")
	if err != nil {
		return err
	}
	for _, r := range m.rules {
		if len(r.recipe) > 0 {
			targets = append(targets, r.targets...)
		}
	}
	for _, t := range targets {
		t = path.Clean(t)
		if !strings.HasSuffix(t, ".h") || strings.Contains(t, "%") || b.headers[t] != nil {
			continue
		}
		b.add(t, func() ([]byte, error) { return b.runRule(m, t) })
	}
	return nil
}

// runRule makes target by what its recipe would do.
func (b *Build) runRule(m *maker, target string) ([]byte, error) {
	command, err := m.command(target)
	if err != nil {
		return nil, err
	}
	return b.run(target, command)
}

// command returns the expanded command line of the recipe for target.
func (m *maker) command(target string) (string, error) {
	m = m.fork()
	r, stem, ok := m.ruleFor(target)
	if !ok {
		return "", &NotMadeError{Path: target, Reason: "no rule makes it"}
	}
	for _, pattern := range slices.Sorted(mapKeys(m.target)) {
		if _, ok := matchPattern(pattern, target); ok {
			for name, v := range m.target[pattern] {
				m.vars[name] = v
			}
		}
	}
	var needs []string
	for _, n := range r.needs {
		needs = append(needs, strings.ReplaceAll(n, "%", stem))
	}
	needs = append(needs, m.moreNeeds(target)...)
	m.set("@", target)
	m.set("*", stem)
	m.set("^", strings.Join(needs, " "))
	m.set("<", "")
	if len(needs) > 0 {
		m.set("<", needs[0])
	}
	m.set("real-prereqs", strings.Join(slices.DeleteFunc(needs, func(n string) bool { return n == "FORCE" }), " "))
	m.set("basetarget", strings.TrimSuffix(path.Base(target), path.Ext(target)))
	return m.recipeCommand(target, r)
}

// moreNeeds returns what rules without a recipe add to a target, file name
// patterns resolved.
func (m *maker) moreNeeds(target string) []string {
	var needs []string
	for _, r := range m.rules {
		if len(r.recipe) > 0 || !slices.ContainsFunc(r.targets, func(t string) bool { return path.Clean(t) == target }) {
			continue
		}
		for _, n := range r.needs {
			if !strings.ContainsAny(n, "*?[") {
				needs = append(needs, n)
			} else if found, err := fs.Glob(m.fsys, path.Clean(n)); err == nil {
				needs = append(needs, found...)
			}
		}
	}
	return needs
}

func mapKeys[V any](table map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range table {
			if !yield(k) {
				return
			}
		}
	}
}

// ruleFor returns the rule with a recipe for target: an explicit one, else
// the pattern rule with the shortest stem.
func (m *maker) ruleFor(target string) (found rule, stem string, ok bool) {
	for _, r := range m.rules {
		if len(r.recipe) == 0 {
			continue
		}
		for _, t := range r.targets {
			s, match := matchPattern(path.Clean(t), target)
			switch {
			case match && !strings.Contains(t, "%"):
				return r, "", true
			case match && (!ok || len(s) < len(stem)):
				found, stem, ok = r, s, true
			}
		}
	}
	return found, stem, ok
}

// recipeCommand resolves $(call if_changed,x), $(call filechk,x) and
// $(call cmd,x), of which a header's recipe consists, or finds the line of a
// plain recipe that writes the target.
func (m *maker) recipeCommand(target string, r rule) (string, error) {
	for _, line := range r.recipe {
		if strings.HasSuffix(strings.TrimSpace(line), "> $@") {
			return m.expand(line)
		}
	}
	line := strings.TrimSpace(r.recipe[0])
	inner, ok := strings.CutPrefix(line, "$(call ")
	if !ok || !strings.HasSuffix(inner, ")") {
		return "", &NotMadeError{Path: target, Reason: "its recipe is not understood: " + line}
	}
	args := splitArgs(strings.TrimSuffix(inner, ")"))
	if len(args) < 2 {
		return "", &NotMadeError{Path: target, Reason: "its recipe is not understood: " + line}
	}
	variable := "cmd_" + strings.TrimSpace(args[1])
	if strings.TrimSpace(args[0]) == "filechk" {
		variable = "filechk_" + strings.TrimSpace(args[1])
	}
	for i, a := range args[1:] {
		x, err := m.expand(a)
		if err != nil {
			return "", err
		}
		m.set(fmt.Sprint(i+1), strings.TrimSpace(x))
	}
	return m.lookup(variable)
}

// run does what a generator command does. It knows the kernel's generators by
// the name of their script.
func (b *Build) run(target, command string) ([]byte, error) {
	words := shellWords(command)
	for i, w := range words {
		switch path.Base(w) {
		case "syscallhdr.sh":
			return b.syscallHeader(target, words[i+1:])
		case "syscalltbl.sh":
			return b.syscallTable(words[i+1:])
		case "syscalltbl":
			return b.syscallS390(words[i+1:], b.srcarch()+"/kernel/syscalls/syscall.tbl")
		case "gen-cpucaps.awk":
			return b.cpucaps(target, words[i:])
		case "gen-mach-types":
			if b.Arch.Name == "sh" {
				return b.machTypesSH(words[i:])
			}
			return b.machTypes(words[i:])
		case "syscallnr.sh":
			return b.syscallNumber(words[i+1:])
		case "gen-sysreg.awk":
			return b.sysreg(target, words[i:])
		case "gen_facilities":
			return b.facilities()
		case "gen_opcode_table":
			return b.opcodes(words[i+1:])
		case "orc_hash.sh":
			return b.orcHash(words[i+1:])
		case "xen-hypercalls.sh":
			return b.hypercalls(words[i+2:])
		}
	}
	return nil, &NotMadeError{Path: target, Reason: "its generator is not known: " + command}
}
