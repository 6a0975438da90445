package kconfig

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
)

// Env is what surrounds a Kconfig when it is read.
type Env struct {
	// Vars are environment variables as make exports them (ARCH, CC,
	// KERNELVERSION…). They win over what Load finds out by itself.
	Vars map[string]string
	// Probe answers a shell command: its standard output, and whether the
	// answer is known. Nil is the Probe of ToolchainFor(srcarch).
	Probe func(cmd string) (stdout string, known bool)
	// Files are those of the same tree, for several calls of Load to share;
	// nil is none.
	Files *Files
}

// Probe is a shell command that Kconfig asked, where, and its answer.
type Probe struct {
	Pos     Pos
	Command string
	Output  string
}

// Kconfig is the Kconfig of one architecture of one tree. It is immutable
// and safe for concurrent use.
type Kconfig struct {
	// SrcArch is the folder below arch/ whose Kconfig is included.
	SrcArch string
	// Title is the main menu's.
	Title string
	// Files are the files read, in order.
	Files []string
	// Warnings are what conf would print while reading.
	Warnings []Warning
	// Probes are the shell commands asked, in order.
	Probes []Probe
	// UnknownProbes are those whose answer is not known; they were taken for
	// failures.
	UnknownProbes []Probe

	dialect      dialect
	symbols      []*Symbol // by index, constants and undefined ones included
	words        *vocabulary
	named        []*Symbol // by name.id, those of words that this Kconfig mentions
	choices      []*choice
	nodes        *nodeTable
	yes, mod, no *Symbol
	modules      *Symbol
	script       []writeStep
	numbers      []*Symbol // for dropOutOfRange
}

// Load reads the file Kconfig at the root of fsys, and all it includes, for
// the architecture srcarch (the name of a folder below arch).
// Errors: one *Error, or several joined, for what conf would refuse to read.
func Load(fsys fs.FS, srcarch string, env Env) (*Kconfig, error) {
	if _, err := fs.Stat(fsys, "Kconfig"); err != nil {
		return nil, &Error{Pos: Pos{"Kconfig", 1}, Msg: "not a kernel tree: " + err.Error()}
	}
	if env.Files == nil {
		env.Files = NewFiles(fsys, nil)
	}
	return load(srcarch, env)
}

func load(srcarch string, env Env) (*Kconfig, error) {
	k := &Kconfig{SrcArch: srcarch, dialect: env.Files.dialect}
	tools := ToolchainFor(srcarch)
	vars := tools.Vars()
	vars["KERNELVERSION"] = env.Files.version
	maps.Copy(vars, env.Vars)
	if env.Probe == nil {
		env.Probe = newProber(env.Files.fsys, tools, vars).Probe
	}
	p := newParser(env.Files)
	p.srctree = vars["srctree"]
	p.macros = k.newMacros(p, vars, env.Probe)
	if err := p.parse(); err != nil {
		return nil, err
	}
	k.take(p)
	return k, nil
}

func (k *Kconfig) newMacros(p *parser, vars map[string]string, probe func(string) (string, bool)) *macros {
	return &macros{
		vars: map[string]*macro{},
		env:  vars,
		warn: p.warn,
		info: func(pos Pos, text string) { p.warn(pos, "%s", text) },
		shell: func(cmd string, pos Pos) string {
			out, known := probe(cmd)
			asked := Probe{Pos: pos, Command: cmd, Output: out}
			k.Probes = append(k.Probes, asked)
			if !known {
				k.UnknownProbes = append(k.UnknownProbes, asked)
			}
			return out
		},
	}
}

// parse reads all files and links what they define.
func (p *parser) parse() error {
	err := p.parseFile("Kconfig", Pos{"Kconfig", 1})
	if err == nil || err == errStop {
		err = p.errs.err()
	}
	if err != nil {
		return err
	}
	if p.root.prompt == nil {
		p.current = p.root
		p.addPrompt(propMenu, defaultMainMenu, nil)
	}
	p.finalize(p.root)
	p.joinReverse()
	p.linkChoices()
	p.checkProperties()
	p.checkCycles()
	return p.errs.err()
}

func (k *Kconfig) take(p *parser) {
	k.Title = p.root.prompt.text
	k.Files, k.Warnings = p.files, p.warnings
	k.symbols, k.words, k.named, k.choices = p.symbols, p.words, p.named, p.choices
	k.nodes, k.yes, k.mod, k.no, k.modules = p.nodes, p.yes, p.mod, p.no, p.modules
	k.script = writeScript(p.root, p.count, len(p.symbols))
	if k.dialect.dropOutOfRange {
		k.numbers = hashedNumbers(p.symbols)
	}
}

// Symbol returns the symbol name (without CONFIG_), or nil if the Kconfig
// neither defines nor mentions it.
func (k *Kconfig) Symbol(name string) *Symbol {
	n := k.words.find(name)
	if n == nil || int(n.id) >= len(k.named) || isTriName(name) {
		return nil
	}
	return k.named[n.id]
}

// Symbols calls yield for every symbol that is defined, in the order of first
// mention, until yield returns false. Symbols of choices are left out.
func (k *Kconfig) Symbols(yield func(*Symbol) bool) {
	for _, s := range k.symbols {
		if s.IsDefined() && !s.IsChoice() && !yield(s) {
			return
		}
	}
}

// KernelVersion returns what the tree's Makefile calls KERNELVERSION, as in
// 6.12.5-rc1, or "" without a Makefile that says so.
func KernelVersion(fsys fs.FS) string {
	data, err := fs.ReadFile(fsys, "Makefile")
	if err != nil {
		return ""
	}
	parts := map[string]string{}
	for i, line := range strings.SplitN(string(data), "\n", 30) {
		name, value, ok := strings.Cut(line, "=")
		if ok && i < 29 {
			parts[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	v := parts["VERSION"]
	if v != "" && parts["PATCHLEVEL"] != "" {
		v = fmt.Sprintf("%s.%s", v, parts["PATCHLEVEL"])
		if parts["SUBLEVEL"] != "" {
			v = fmt.Sprintf("%s.%s", v, parts["SUBLEVEL"])
		}
	}
	return v + parts["EXTRAVERSION"]
}

// dialect says in what the kernel's conf changed over the versions.
type dialect struct {
	// choiceSymbols: a choice is a symbol of its own, bool or tristate and
	// maybe optional (before linux 6.11).
	choiceSymbols bool
	// emptyNumbers: an int or hex without value is empty instead of 0.
	emptyNumbers bool
	// dropOutOfRange: a number outside its range is replaced by the default
	// instead of by the nearer bound, after all else is computed.
	dropOutOfRange bool
	// laxUnset: "is not set" may have more text after it.
	laxUnset bool
}

// readDialect looks into the tree's own scripts/kconfig. A tree without it is
// read as linux 6.12 would.
func readDialect(fsys fs.FS) dialect {
	var d dialect
	source := func(name string) string {
		data, _ := fs.ReadFile(fsys, "scripts/kconfig/"+name)
		return string(data)
	}
	if s := source("expr.h"); s != "" {
		d.choiceSymbols = !strings.Contains(s, "choice_members")
	}
	if s := source("symbol.c"); s != "" {
		d.emptyNumbers = strings.Contains(s, "symbol_empty")
	}
	if s := source("confdata.c"); s != "" {
		d.dropOutOfRange = strings.Contains(s, "sym_string_within_range(")
		d.laxUnset = strings.Contains(s, `strncmp(p, "is not set"`)
	}
	return d
}
