package arch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/rogpeppe/go-internal/txtar"
)

// Limits on a data file. The largest built-in one has a tenth of them.
const (
	maxDataSize    = 8 << 20 // bytes
	maxDataYAML    = 1 << 20 // bytes of the YAML part
	maxAssignments = 20_000  // of all machines together
)

// DataError says what is wrong with a data file. Line is 0 where no line is to
// blame.
type DataError struct {
	File string
	Line int
	Why  string
}

func (e *DataError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Why
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Why)
}

// LoadFile reads the data file at a path. The error is a *DataError or the
// reason why the file cannot be read.
func LoadFile(name string) (*Arch, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxDataSize {
		return nil, &DataError{name, 0, "too large to be a data file of an architecture"}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Load(name, data)
}

// Load reads the data file of an architecture: a txtar archive whose comment
// is YAML, followed by a file predef/VARIANT.h for each variant and, where
// kernel code includes headers of the compiler, a file include/NAME for each
// of them. The keys are
//
//	name          folder below arch/
//	symbol        Kconfig symbol that is y in all its configurations
//	subarch       SUBARCH of the build, if that is not name (um)
//	defconfigs    configurations worth starting from, the default first
//	variants      targets of its compiler: name, selects, triple, compiler,
//	              flags, exclusive, refuses, has, lacks, uts_machine, abi (see
//	              Variant and ABI)
//	machines      what is known only at boot: name, requires, inputs, source,
//	              setup, a list of {when, set: [assignment, …]} (see Machine)
//	mm            assignments to a new mm, in the form of setup
//	entries       how page tables are filled: when, level, table, empty, leaf,
//	              source (see Entry); levels: […] instead of level stands for
//	              one entry each, in which __LEVEL is __pgd and the like
//	own           bits of entries that the architecture keeps for itself
//	pfns          how many page frames entries can name (see Arch)
//	double_word   condition under which two words of a table are read in one
//	hardware      how the processor reads entries: when, if, level or levels,
//	              entry, leaf, table, frame, next, read, write, exec, sets,
//	              source (see Hardware); LEAF and READ stand for the conditions of these keys
//	traps         trap macros only this architecture has: name, kind (BUG, WARN,
//	              panic, BUILD_BUG, unreachable), when (always, true, false),
//	              arg, returns, function (see Trap)
//
// Other keys are errors. file is what errors, *DataError, call the file.
func Load(file string, data []byte) (*Arch, error) {
	if len(data) > maxDataSize {
		return nil, &DataError{file, 0, "too large to be a data file of an architecture"}
	}
	archive := txtar.Parse(data)
	if len(archive.Comment) > maxDataYAML {
		return nil, &DataError{file, 0, "the part before the first file is too large"}
	}
	l := &loader{file: file, lines: make(map[string]int)}
	var d archData
	if err := yaml.UnmarshalWithOptions(archive.Comment, &d, yaml.Strict()); err != nil {
		return nil, l.yamlError(err)
	}
	a := l.arch(&d)
	takeHeaders(a, archive)
	l.predefs(a, archive, data)
	if l.err != nil {
		return nil, l.err
	}
	sum := sha256.Sum256(data)
	a.Digest = hex.EncodeToString(sum[:])
	return a, nil
}

// The shape of the YAML part.
type archData struct {
	Name       text
	Symbol     text
	SubArch    text `yaml:"subarch"`
	Defconfigs []string
	Variants   []variantData
	Machines   []machineData
	MM         []setData
	Running    []setData
	Entries    []entryData
	Hardware   []hardwareData
	Own        []string
	Pfns       string
	DoubleWord text `yaml:"double_word"`
	Traps      []trapData
}

type variantData struct {
	Name       text
	Selects    text
	Triple     text
	Compiler   text
	Flags      []string
	Exclusive  [][]string
	Refuses    []string
	Has        []string
	Lacks      []string
	UTSMachine text `yaml:"uts_machine"`
	ABI        ABI  `yaml:"abi"`
}

type machineData struct {
	Name     text
	Requires text
	Inputs   map[string]bool
	Setup    []setData
	Prefix   text
	Source   text
}

type setData struct {
	When text
	Set  []text
}

type entryData struct {
	When   text
	Level  text
	Levels []text
	Table  text
	Empty  text
	Leaf   text
	Source text
}

type trapData struct {
	Name     text
	Kind     text
	When     text
	Arg      int
	Returns  text
	Function bool
}

// text is a string and its line in the file, 0 if it is not there.
type text struct {
	s    string
	line int
}

// UnmarshalYAML takes any scalar as it is written.
func (t *text) UnmarshalYAML(node ast.Node) error {
	token := node.GetToken()
	t.line = token.Position.Line
	switch n := node.(type) {
	case *ast.StringNode:
		t.s = n.Value
	case *ast.LiteralNode:
		t.s = n.Value.Value
	case ast.ScalarNode:
		t.s = token.Value
	default:
		return &DataError{Line: t.line, Why: "a text is wanted here"}
	}
	return nil
}

// loader turns the YAML part into an Arch and keeps the first error.
type loader struct {
	file        string
	err         error
	lines       map[string]int // of variants
	assignments int
}

func (l *loader) fail(line int, format string, args ...any) {
	if l.err == nil {
		l.err = &DataError{l.file, line, fmt.Sprintf(format, args...)}
	}
}

// yamlError gives an error of the YAML reader our form.
func (l *loader) yamlError(err error) error {
	var own *DataError
	if errors.As(err, &own) {
		return &DataError{l.file, own.Line, own.Why}
	}
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return &DataError{l.file, 0, err.Error()}
	}
	line, why := 0, ye.GetMessage()
	if t := ye.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	var te *yaml.TypeError
	if errors.As(err, &te) {
		why = fmt.Sprintf("%s is wanted here, not %s", te.DstType.Kind(), te.SrcType.Kind())
	}
	return &DataError{l.file, line, why}
}

func (l *loader) arch(d *archData) *Arch {
	a := &Arch{Name: d.Name.s, Symbol: d.Symbol.s, SubArch: d.SubArch.s, Defconfigs: d.Defconfigs}
	switch {
	case !isWord(a.Name):
		l.fail(d.Name.line, "name must be a folder below arch/, not %q", a.Name)
	case !isWord(a.Symbol):
		l.fail(d.Symbol.line, "symbol must be a Kconfig symbol, not %q", a.Symbol)
	case a.SubArch != "" && !isWord(a.SubArch):
		l.fail(d.SubArch.line, "subarch must be a folder below arch/, not %q", a.SubArch)
	case len(d.Defconfigs) == 0:
		l.fail(0, "no defconfigs")
	case len(d.Variants) == 0:
		l.fail(0, "no variants")
	case len(d.Machines) == 0:
		l.fail(0, "no machines; one without a name stands for all")
	}
	for i := range d.Variants {
		a.Variants = append(a.Variants, l.variant(&d.Variants[i]))
	}
	for i := range d.Machines {
		a.Machines = append(a.Machines, l.machine(&d.Machines[i]))
	}
	a.MM = l.assigns(d.MM)
	a.Running = l.assigns(d.Running)
	for i := range d.Entries {
		a.Entries = append(a.Entries, l.entries(&d.Entries[i])...)
	}
	for i := range d.Hardware {
		a.Hardware = append(a.Hardware, l.hardware(&d.Hardware[i])...)
	}
	a.Own, a.Pfns = d.Own, d.Pfns
	a.DoubleWord = l.cond(d.DoubleWord)
	for i := range d.Traps {
		a.Traps = append(a.Traps, l.trap(&d.Traps[i]))
	}
	slices.SortFunc(a.Traps, func(x, y Trap) int { return strings.Compare(x.Name, y.Name) })
	if a.SubArch == "" {
		a.SubArch = a.Name
	}
	return a
}

func (l *loader) variant(d *variantData) *Variant {
	v := &Variant{
		Name: d.Name.s, Selects: l.cond(d.Selects), ABI: d.ABI, Triple: d.Triple.s,
		Compiler: d.Compiler.s, Flags: d.Flags, Exclusive: d.Exclusive, Refuses: d.Refuses, Has: d.Has, Lacks: d.Lacks,
		UTSMachine: d.UTSMachine.s,
	}
	if v.Compiler == "gcc" {
		v.Compiler = ""
	}
	line := d.Name.line
	switch {
	case !isWord(v.Name):
		l.fail(line, "the name of a variant must be a word, not %q", v.Name)
	case l.lines[v.Name] != 0:
		l.fail(line, "variant %s is there twice", v.Name)
	case v.Compiler != "" && v.Compiler != NoCompiler && !strings.HasPrefix(v.Compiler, "clang-"):
		l.fail(d.Compiler.line, "compiler must be gcc, clang-VERSION or %s, not %q", NoCompiler, v.Compiler)
	case v.Triple == "" && v.Compiler != NoCompiler:
		l.fail(line, "variant %s has no triple", v.Name)
	case v.UTSMachine == "":
		l.fail(line, "variant %s has no uts_machine", v.Name)
	}
	if why := v.ABI.check(); why != "" {
		l.fail(line, "abi of variant %s: %s", v.Name, why)
	}
	l.lines[v.Name] = line
	return v
}

func (l *loader) machine(d *machineData) *Machine {
	return &Machine{
		Name: d.Name.s, Requires: l.cond(d.Requires), Inputs: d.Inputs,
		Setup: l.assigns(d.Setup), Prefix: d.Prefix.s, Source: d.Source.s,
	}
}

// assigns makes the assignments of all lists in order.
func (l *loader) assigns(list []setData) []Assign {
	var all []Assign
	for i := range list {
		when := l.cond(list[i].When)
		l.assignments += len(list[i].Set)
		if l.assignments > maxAssignments {
			l.fail(list[i].When.line, "more than %d assignments", maxAssignments)
			return nil
		}
		for _, c := range list[i].Set {
			a := Assign{When: when, C: c.s}
			if a.Lval() == a.C {
				l.fail(c.line, "%q is no assignment", a.C)
			}
			all = append(all, a)
		}
	}
	return all
}

func (l *loader) entries(d *entryData) []Entry {
	names := d.Levels
	if d.Level.line != 0 {
		names = append(names[:len(names):len(names)], d.Level)
	}
	if len(names) == 0 {
		l.fail(d.Source.line, "an entry needs level or levels")
	}
	list := make([]Entry, len(names))
	for i, level := range names {
		l.checkLevel(level)
		named := func(c text) string { return strings.ReplaceAll(c.s, "__LEVEL", "__"+level.s) }
		list[i] = Entry{
			When: l.cond(d.When), Level: level.s,
			Table: named(d.Table), Empty: named(d.Empty), Leaf: named(d.Leaf), Source: d.Source.s,
		}
		if e := &list[i]; e.Table == "" && e.Empty == "" && e.Leaf == "" {
			l.fail(level.line, "an entry needs table, empty or leaf")
		}
	}
	return list
}

func (l *loader) checkLevel(level text) {
	if !slices.Contains(levels(), level.s) {
		l.fail(level.line, "%q is no level of page tables; there are %s", level.s, strings.Join(levels(), ", "))
	}
}

func (l *loader) trap(d *trapData) Trap {
	t := Trap{Name: d.Name.s, Arg: d.Arg, Returns: d.Returns.s, Function: d.Function}
	kind, ok := trapKindNamed(d.Kind.s)
	if !ok {
		l.fail(d.Kind.line, "%q is no kind of trap", d.Kind.s)
	}
	t.Kind = kind
	switch d.When.s {
	case "", "always":
	case "true":
		t.When = OnTrue
	case "false":
		t.When = OnFalse
	default:
		l.fail(d.When.line, "when of a trap must be always, true or false, not %q", d.When.s)
	}
	switch {
	case !isWord(t.Name):
		l.fail(d.Name.line, "the name of a trap must be a word, not %q", t.Name)
	case t.Returns != "void" && t.Returns != "int":
		l.fail(d.Name.line, "trap %s must return void or int", t.Name)
	case t.Arg < 0:
		l.fail(d.Name.line, "trap %s: arg is an index from 0", t.Name)
	}
	return t
}

func (l *loader) cond(t text) Cond {
	c := Cond(t.s)
	if err := c.Check(); err != nil {
		l.fail(t.line, "condition %q: %v", t.s, err)
	}
	return c
}

// takeHeaders moves the compiler's headers from the archive to a.
func takeHeaders(a *Arch, archive *txtar.Archive) {
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool {
		name, ok := strings.CutPrefix(f.Name, "include/")
		if ok {
			a.Headers = append(a.Headers, Header{name, f.Data})
		}
		return ok
	})
}

// predefs gives each variant its file.
func (l *loader) predefs(a *Arch, archive *txtar.Archive, data []byte) {
	files := make(map[string]string)
	for _, f := range archive.Files {
		name, ok := strings.CutSuffix(strings.TrimPrefix(f.Name, "predef/"), ".h")
		if !ok || l.lines[name] == 0 || f.Name != predefName(name) {
			l.fail(markerLine(data, f.Name), "%s belongs to no variant", f.Name)
		}
		if files[name] != "" {
			l.fail(markerLine(data, f.Name), "%s is there twice", f.Name)
		}
		files[name] = string(f.Data)
		if line, why := checkPredef(files[name]); line != 0 {
			l.fail(markerLine(data, f.Name)+line, "%s", why)
		}
	}
	for _, v := range a.Variants {
		macros := files[v.Name]
		if macros == "" {
			l.fail(l.lines[v.Name], "there is no %s for variant %s", predefName(v.Name), v.Name)
		}
		v.predef = sync.OnceValue(func() *predef { return parsePredef(macros) })
	}
}

func predefName(variant string) string { return "predef/" + variant + ".h" }

// markerLine returns the line of a txtar file's marker.
func markerLine(data []byte, name string) int {
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		if strings.HasPrefix(text, "-- ") && strings.Trim(text, "- \n") == name {
			return line
		}
	}
	return 0
}

func isWord(s string) bool {
	for i := range len(s) {
		if !isWordByte(s[i]) {
			return false
		}
	}
	return s != ""
}
