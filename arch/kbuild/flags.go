package kbuild

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Flags are the options one C file is compiled with, as far as they decide
// what the compiler reads.
type Flags struct {
	Include []string // folders searched for <> and "" includes, in order
	Forced  []string // files read first, in order
	// Macros are -D and -U options in order, as #define and #undef lines.
	Macros string
	// Options are the others, for arch.Variant.Predefined.
	Options []string
}

// Has reports whether an option was given.
func (f *Flags) Has(option string) bool { return slices.Contains(f.Options, option) }

// CharUnsigned reports whether plain char is unsigned, which the last option
// that says so decides, otherwise the target.
func (f *Flags) CharUnsigned(target bool) bool {
	for _, o := range f.Options {
		switch o {
		case "-funsigned-char", "-fno-signed-char":
			target = true
		case "-fsigned-char", "-fno-unsigned-char":
			target = false
		}
	}
	return target
}

// Flags returns the options of the C file at source, a path from the top of
// the tree. A tree whose Makefile says nothing about includes, such as a
// fixture, gets those every kernel uses.
// Source: scripts/Makefile.lib, c_flags, v6.1 and v6.12.
func (b *Build) Flags(source string) (*Flags, error) {
	dir, base := path.Split(source)
	dir = path.Clean(dir)
	m, err := b.inFolder(dir)
	if err != nil {
		return nil, err
	}
	stem := strings.TrimSuffix(base, path.Ext(base))
	m.set("target-stem", stem)
	text, err := b.compileLine(m, dir, stem)
	if err != nil {
		return nil, err
	}
	flags := parseFlags(shellWords(text))
	b.completeFixture(flags)
	return flags, nil
}

// compileLine puts the command line together in the order Makefile.lib has.
func (b *Build) compileLine(m *maker, dir, stem string) (string, error) {
	include, err := m.expand("$(NOSTDINC_FLAGS) $(LINUXINCLUDE)")
	if err != nil {
		return "", err
	}
	own, err := m.fileFlags(stem)
	if err != nil {
		return "", err
	}
	modules, err := m.modulesOf(stem)
	if err != nil {
		return "", err
	}
	name, inModule := stem, false
	if len(modules) > 0 {
		name, inModule = modules[0].name, modules[0].module
	}
	part, file := "$(KBUILD_CFLAGS_KERNEL)", " -DKBUILD_MODFILE='\""+path.Join(dir, name)+"\"'"
	if inModule {
		part = "$(KBUILD_CFLAGS_MODULE)"
	}
	part, err = m.expand(part)
	if err != nil {
		return "", err
	}
	token := func(s string) string { return strings.NewReplacer("-", "_", ",", "_").Replace(s) }
	return include + " -include include/linux/compiler_types.h " + own + " " + part + file +
		" -DKBUILD_BASENAME='\"" + token(stem) + "\"'" +
		" -DKBUILD_MODNAME='\"" + token(name) + "\"'" +
		" -D__KBUILD_MODNAME=kmod_" + token(name), nil
}

// fileFlags returns what Makefile.lib calls _c_flags.
func (m *maker) fileFlags(stem string) (string, error) {
	text, err := m.expand("$(filter-out $(CFLAGS_REMOVE_" + stem + ".o), " +
		"$(filter-out $(ccflags-remove-y), $(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) $(ccflags-y)) $(CFLAGS_" + stem + ".o))")
	if err != nil {
		return "", err
	}
	for _, s := range []string{"KASAN", "KCSAN", "KMSAN"} {
		on, err := m.sanitized(s, stem)
		if err != nil {
			return "", err
		}
		if !on {
			continue
		}
		more, err := m.lookup("CFLAGS_" + s)
		if err != nil {
			return "", err
		}
		text += " " + more
		if s == "KCSAN" {
			text += " -D__KCSAN_INSTRUMENT_BARRIERS__"
		}
	}
	return text, nil
}

// sanitized reports whether a sanitizer instruments the file: it is on unless
// the file's or folder's Makefile says n.
func (m *maker) sanitized(sanitizer, stem string) (bool, error) {
	if m.raw("CONFIG_"+sanitizer) != "y" {
		return false, nil
	}
	words, err := m.expand("$(patsubst n%,," +
		"$(" + sanitizer + "_SANITIZE_" + stem + ".o)$(" + sanitizer + "_SANITIZE)y)")
	return words != "", err
}

// membership says which linked object a file is part of.
type membership struct {
	name   string // without suffix
	module bool
}

// modulesOf returns the composite objects the file is part of, otherwise
// whether it is one of obj-m by itself.
func (m *maker) modulesOf(stem string) ([]membership, error) {
	var out []membership
	for _, list := range []string{"obj-y", "obj-m"} {
		objects, err := m.words(list)
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			name, ok := strings.CutSuffix(o, ".o")
			if !ok {
				continue
			}
			has, err := m.partOf(name, stem)
			if err != nil {
				return nil, err
			}
			if has {
				out = append(out, membership{name, list == "obj-m"})
			}
		}
	}
	return out, nil
}

func (m *maker) partOf(object, stem string) (bool, error) {
	composite := false
	for _, suffix := range []string{"-objs", "-y", "-m"} {
		parts, err := m.words(object + suffix)
		if err != nil {
			return false, err
		}
		composite = composite || len(parts) > 0
		if slices.Contains(parts, stem+".o") {
			return true, nil
		}
	}
	return !composite && object == stem, nil
}

// parseFlags sorts the words of a command line.
func parseFlags(words []string) *Flags {
	f := &Flags{}
	var macros strings.Builder
	for i := 0; i < len(words); i++ {
		w := words[i]
		// take returns the argument of an option, glued to it or not.
		take := func(option string) (string, bool) {
			rest, ok := strings.CutPrefix(w, option)
			if !ok || rest != "" {
				return rest, ok
			}
			if i++; i < len(words) {
				return words[i], true
			}
			return "", false
		}
		switch {
		case w == "-include":
			if file, ok := take("-include"); ok {
				f.Forced = appendNew(f.Forced, path.Clean(file))
			}
		case strings.HasPrefix(w, "-I"):
			if dir, ok := take("-I"); ok {
				f.Include = appendNew(f.Include, path.Clean(dir))
			}
		case strings.HasPrefix(w, "-D"):
			if def, ok := take("-D"); ok {
				name, value, valued := strings.Cut(def, "=")
				if !valued {
					value = "1"
				}
				macros.WriteString("#define " + name + " " + value + "\n")
			}
		case strings.HasPrefix(w, "-U"):
			if name, ok := take("-U"); ok {
				macros.WriteString("#undef " + name + "\n")
			}
		default:
			f.Options = append(f.Options, w)
		}
	}
	f.Macros = macros.String()
	return f
}

// appendNew appends s unless list has it: gcc ignores a repeated folder.
func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// shellWords splits a command line into words and removes quotes.
func shellWords(s string) []string {
	var words []string
	var b strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			b.WriteByte(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
			inWord = true
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				words = append(words, b.String())
				b.Reset()
				inWord = false
			}
		default:
			b.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, b.String())
	}
	return words
}

// completeFixture supplies what the Makefile of a small tree leaves out.
func (b *Build) completeFixture(f *Flags) {
	if len(f.Include) > 0 {
		return
	}
	f.Include = append(f.Include, b.defaultInclude()...)
	f.Macros = "#define __KERNEL__ 1\n" + f.Macros
	forced := []string{
		"include/linux/compiler-version.h", "include/linux/kconfig.h", "include/linux/compiler_types.h",
	}
	f.Forced = f.Forced[:0]
	for _, name := range forced {
		if _, err := fs.Stat(b.FS, name); err == nil {
			f.Forced = append(f.Forced, name)
		}
	}
}

// defaultInclude is LINUXINCLUDE of every kernel since 3.7.
func (b *Build) defaultInclude() []string {
	a := b.srcarch()
	return []string{
		a + "/include", a + "/include/generated", "include",
		a + "/include/uapi", a + "/include/generated/uapi",
		"include/uapi", "include/generated/uapi",
	}
}
