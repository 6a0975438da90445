package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
	"ptreview/cmd/ptreview/internal/progress"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/parse/tree"
	"ptreview/semantics/contract"
	"ptreview/semantics/exec"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// machineFlags choose a kernel, its configuration and a machine to boot it on.
type machineFlags struct {
	Tree     string   `help:"Kernel source tree." placeholder:"DIR"`
	Git      string   `help:"Git repository of a kernel; HEAD is read." placeholder:"DIR"`
	Arch     string   `help:"Architecture, as its folder below arch/ is called." placeholder:"NAME"`
	ArchData []string `help:"Data file of a further architecture, or of a known one that it replaces." placeholder:"FILE" sep:"none"`
	Class    string   `help:"Class of configurations, as ptreview classes prints it (default: the first defconfig)." placeholder:"ID"`
	Config   string   `help:"A .config instead of a class." placeholder:"FILE"`
	Machine  string   `help:"Machine to boot on, by a part of its name (default: the first)." placeholder:"NAME"`
}

type emulateCmd struct {
	Function string   `arg:"" help:"Function to run."`
	Mails    []string `arg:"" optional:"" name:"mail" help:"Patch mails that are applied to the tree first, in memory."`
	machineFlags
	File     string            `help:"C file that sees the function (default: found by name)." placeholder:"FILE"`
	State    string            `help:"What the entry is that the function works on: pmd maps a huge page." placeholder:"TEXT"`
	Arg      map[string]string `help:"Value of a parameter, of the entry of a level (pmd=…), of the user address, or of an lvalue over parameters (vmf->flags=…), in C." placeholder:"NAME=C" mapsep:"none"`
	Symbolic []string          `help:"What may have any value, named as for --arg." placeholder:"NAME"`
	NoAssume []string          `help:"Kinds of assumptions about free values that are not made: entry, memory, guard, lock or all." placeholder:"KIND"`
	Machines bool              `name:"all-machines" help:"Run it on every machine of the class."`
	Assume   []string          `help:"Condition in C over the parameters that free values fulfil." placeholder:"C" sep:"none"`
	Paths    int               `help:"Most paths." default:"64" placeholder:"N"`
	Steps    int               `help:"Most steps of a run." default:"1000000" placeholder:"N"`
	Time     time.Duration     `help:"Most time for all." default:"60s" placeholder:"DURATION"`
	Trace    int               `help:"Source lines of a trace that are shown, the last ones; 0 for none." default:"40" placeholder:"N"`
	Race     bool              `help:"Play the function while other CPUs collapse, zap, split and free its page table."`
	Era      string            `help:"Locking rules that --race keeps to: mmap_lock, pmd-lock, pt-lock or all (default: those of the tree)." placeholder:"ERA"`
	Format   string            `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help is shown by ptreview emulate --help.
func (*emulateCmd) Help() string {
	return `Runs a function of the tree on the emulated machine: memory, struct pages and an
mm with real page tables. Prints what it returns, the source lines it goes
through, locks and flushes, and the entries of the tables before and after, as
the kernel's own predicates read them. With --symbolic a value is free: every
path that some value takes is shown with its condition and an example, which is
run. A free entry of a table has any bits first. Where that does not say all, it
is in turn empty, a table's, and what the architecture's helpers make; what is
assumed then is shown, and --no-assume leaves it out. Exit status: 0 it was run,
also if it ends in a trap; 2 bad usage; 3 not run, or not all of it.

Examples:
  ptreview emulate __pte_offset_map_lock --tree linux/ --arch x86
  ptreview emulate pmd_same --tree linux/ --arch powerpc \
      --class powerpc/ppc64_defconfig+PPC_4K_PAGES \
      --machine 'radix_enabled()=false'
  ptreview emulate pmd_same --tree linux/ --arch arm64 \
      --symbolic pmd_a --arg pmd_b=0
  ptreview emulate __pte_offset_map_lock series/ --tree linux/ \
      --arch powerpc --symbolic pmd --symbolic addr --all-machines
  ptreview emulate __split_huge_pmd --tree linux/ --arch arm64 \
      --state 'maps a huge page'
  ptreview emulate __pte_offset_map_lock --tree linux/ --arch arm64 \
      --race --era pmd-lock`
}

func (c *emulateCmd) Run(ctx context.Context, s streams) error {
	base, err := c.patched(ctx, s)
	if err != nil {
		return err
	}
	site, err := c.on(base)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Time)
	defer cancel()
	if c.Race {
		return c.race(ctx, s, site)
	}
	p := newProgress(s.err)
	defer p.Done()
	list, err := c.machines(ctx, site, p)
	if err != nil {
		return err
	}
	p.Done()
	if err := c.print(s, list); err != nil {
		return err
	}
	for _, r := range list {
		if !r.Complete {
			return &statusError{status: exitIncomplete}
		}
	}
	return nil
}

// machines runs the function on the machine chosen, or on all.
func (c *emulateCmd) machines(ctx context.Context, s *site, p *progress.Line) ([]*report.Emulation, error) {
	machines := []*arch.Machine{s.machine}
	if c.Machines {
		if c.Machine != "" {
			return nil, errors.New("--machine and --all-machines both say where to run; give one of them")
		}
		if all := s.program.Class.Machines(); len(all) > 0 {
			machines = all
		}
	}
	var list []*report.Emulation
	for i, m := range machines {
		p.Show(shareOf(i, len(machines), 0), c.Function+" "+m.Name)
		on := *s
		on.machine = m
		r, err := c.emulate(ctx, &on)
		if err != nil {
			return nil, c.failure(ctx, err)
		}
		list = append(list, r)
	}
	return list, nil
}

// emulations is the JSON form of runs on all machines.
type emulations struct {
	Schema     string              `json:"schema"`
	Emulations []*report.Emulation `json:"emulations"`
}

func (c *emulateCmd) print(s streams, list []*report.Emulation) error {
	switch {
	case c.Format == "json" && c.Machines:
		return encode(s.out, emulations{"ptreview.emulations/v1", list})
	case c.Format == "json":
		return encode(s.out, list[0])
	}
	for i, r := range list {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := report.EmulationText(s.out, r, report.Options{Profile: profile(s.out), Trace: c.Trace}); err != nil {
			return err
		}
	}
	return nil
}

// without reads --no-assume.
func without(names []string) ([]pagetable.AssumptionKind, error) {
	all := pagetable.AssumptionKinds()
	var list []pagetable.AssumptionKind
	for _, n := range names {
		k := pagetable.AssumptionKind(n)
		switch {
		case n == "all":
			list = append(list, all...)
		case slices.Contains(all, k):
			list = append(list, k)
		default:
			return nil, fmt.Errorf("there are no assumptions called %q; the kinds are %s", n, joinKinds(all))
		}
	}
	return list, nil
}

func joinKinds(kinds []pagetable.AssumptionKind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return strings.Join(append(names, "all"), ", ")
}

// patched returns the tree with the mails applied.
func (c *emulateCmd) patched(ctx context.Context, s streams) (tree.Tree, error) {
	if len(c.Mails) == 0 {
		return openBase(c.Tree, c.Git)
	}
	review := &reviewCmd{Inputs: c.Mails, Tree: c.Tree, Git: c.Git}
	review.ArchData, review.Cache = c.ArchData, noCache
	review.reviews = review.reviewer(s)
	req, err := review.request(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(req.Prefixes) == 0 {
		return nil, errors.New("give the kernel that the patches apply to with --tree DIR or --git DIR")
	}
	return req.Prefixes[len(req.Prefixes)-1].Tree, nil
}

// failure tells bad usage from what could not be run.
func (c *emulateCmd) failure(ctx context.Context, err error) error {
	var usage *pagetable.CallError
	var missing *missingError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &statusError{exitIncomplete, fmt.Errorf("%s was not run to the end in %s; --time gives it more", c.Function, c.Time)}
	case ctx.Err() != nil:
		return &statusError{exitIncomplete, errors.New("interrupted")}
	case errors.As(err, &usage), errors.As(err, &missing):
		return err
	}
	return &statusError{exitIncomplete, fmt.Errorf("%s was not run: %w", c.Function, err)}
}

// site is a class on a machine, ready to run functions.
type site struct {
	class   *class.Class
	program *facts.TreeProgram
	machine *arch.Machine
}

// on chooses class and machine for a tree.
func (c *machineFlags) on(base tree.Tree) (*site, error) {
	flags := archFlags{ArchData: c.ArchData}
	known, err := flags.load()
	if err != nil {
		return nil, err
	}
	cl, err := c.choose(base, known)
	if err != nil {
		return nil, err
	}
	read, err := unit.NewClass(cl.ID, cl.Arch, cl.Config)
	if err != nil {
		return nil, err
	}
	m, err := machineNamed(read, c.Machine)
	if err != nil {
		return nil, err
	}
	reader := unit.NewReader(source.NewSet(), unit.Options{Archs: known})
	return &site{cl, facts.NewProgram(reader, base, read, nil), m}, nil
}

// choose returns the class asked for.
func (c *machineFlags) choose(base tree.Tree, known *arch.Set) (*class.Class, error) {
	if c.Class != "" && c.Config != "" {
		return nil, errors.New("--class and --config both name a configuration; give one of them")
	}
	name := c.Arch
	if c.Class != "" {
		if name = class.ArchOf(c.Class); c.Arch != "" && c.Arch != name {
			return nil, fmt.Errorf("the class %s is none of %s", c.Class, c.Arch)
		}
	}
	if c.Config != "" {
		var archs []string
		if c.Arch != "" {
			archs = []string{c.Arch}
		}
		cfg, err := explicitConfig(known, c.Config, archs)
		if err != nil {
			return nil, err
		}
		kc, err := kconfig.Load(base, cfg.Arch.Name, kconfig.Env{})
		if err != nil {
			return nil, err
		}
		chooser, err := class.NewExplicit(cfg.Arch, kc, cfg.Name, cfg.Data)
		if err != nil {
			return nil, err
		}
		return chooser.Base(), nil
	}
	if name == "" {
		return nil, fmt.Errorf("give an architecture with --arch, or a class with --class; known are %s", strings.Join(known.Names(), ", "))
	}
	a, err := namedArch(known, name)
	if err != nil {
		return nil, err
	}
	if _, err := base.Stat("arch/" + name + "/Kconfig"); err != nil {
		return nil, fmt.Errorf("the tree has no architecture %s: there is no arch/%s/Kconfig", name, name)
	}
	if c.Class != "" {
		return classByID(base, a, c.Class)
	}
	kc, err := kconfig.Load(base, a.Name, kconfig.Env{})
	if err != nil {
		return nil, err
	}
	chooser, err := class.NewChooser(base, a, kc)
	if err != nil {
		return nil, err
	}
	return chooser.Base(), nil
}

// machineNamed returns the machine whose name has all of text, else the first.
func machineNamed(c *unit.Class, text string) (*arch.Machine, error) {
	list := c.Machines()
	if len(list) == 0 {
		list = []*arch.Machine{{}}
	}
	var names []string
	for _, m := range list {
		if m.Name == text {
			return m, nil
		}
		names = append(names, fmt.Sprintf("%q", m.Name))
	}
	for _, m := range list {
		if strings.Contains(m.Name, text) {
			return m, nil
		}
	}
	return nil, fmt.Errorf("%s has no machine called %q; it has %s", c.ID, text, strings.Join(names, ", "))
}

// maxTrace is how many lines of a run are kept: conditions are shown with theirs.
const maxTrace = 20_000

// emulate runs the function.
func (c *emulateCmd) emulate(ctx context.Context, s *site) (*report.Emulation, error) {
	u, fn, err := s.find(ctx, c.Function, c.File)
	if err != nil {
		return nil, err
	}
	emu := pagetable.New(s.program, s.machine, pagetable.Options{
		Paths: c.Paths, Trace: maxTrace,
		Budget: exec.Budget{Steps: c.Steps, Terms: 4_000_000, Bytes: 128 << 20, Forks: 10_000},
	})
	call := pagetable.Call{State: c.State, Symbolic: c.Symbolic, Assume: c.Assume}
	if call.Without, err = without(c.NoAssume); err != nil {
		return nil, &missingError{err.Error()}
	}
	for _, name := range sortedKeys(c.Arg) {
		call.Set = append(call.Set, pagetable.Setting{Name: name, Text: c.Arg[name]})
	}
	if len(c.Symbolic) > 0 {
		prover := contract.NewProver(emu, u)
		for _, level := range contract.MadeLevels() {
			call.Made = append(call.Made, prover.Made(ctx, level)...)
		}
	}
	states, err := emu.States(u, fn)
	if err != nil {
		return nil, err
	}
	out, err := emu.Call(ctx, u, fn, call)
	if err != nil {
		return nil, err
	}
	if out.NeedsCallers() {
		if call.Callers, err = emu.Preconditions(ctx, u, fn); err != nil {
			return nil, err
		}
		if len(call.Callers.Guards)+len(call.Callers.Locks) > 0 {
			if out, err = emu.Call(ctx, u, fn, call); err != nil {
				return nil, err
			}
		}
	}
	at := u.Cpp.Position(fn.NameAt)
	r := &report.Emulation{
		Schema: "ptreview.emulation/v1", Function: fn.Name, File: at.Path, Line: at.Line, Unit: u.Path,
		Class: s.class.ID, Fragment: append([]string{}, s.class.Extra...), Machine: s.machine.Name,
		States:   append([]string{}, states...),
		Symbolic: append([]string{}, c.Symbolic...), Assumed: append([]string{}, c.Assume...),
	}
	r.Called(out, c.Trace)
	r.Dropped = []string{}
	if call.Callers != nil {
		for _, d := range call.Callers.Dropped {
			r.Dropped = append(r.Dropped, d.String())
		}
	}
	return r, nil
}

func sortedKeys(m map[string]string) []string {
	var list []string
	for name := range m {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

// missingError is a function that cannot be found as it was named.
type missingError struct{ text string }

func (e *missingError) Error() string { return e.text }

// headerUnits are what generic code of page tables sees: where functions of
// headers are looked for.
var headerUnits = [...]string{"mm/pgtable-generic.c", "mm/memory.c", "mm/huge_memory.c", "mm/hugetlb.c"}

// find returns a function and the unit to run it in.
func (s *site) find(ctx context.Context, name, file string) (*unit.Unit, *syntax.FuncDef, error) {
	if file != "" {
		return s.inFile(ctx, name, file)
	}
	files, err := s.program.Functions(ctx, name, "fs", "arch/"+s.class.Arch.Name)
	if err != nil {
		return nil, nil, err
	}
	var units []*unit.Unit
	for _, f := range files {
		u, err := s.program.Read(ctx, f)
		if err != nil {
			return nil, nil, err
		}
		if definition(u, name) != nil {
			units = append(units, u)
		}
	}
	switch {
	case len(units) == 1:
		return units[0], definition(units[0], name), nil
	case len(units) > 1:
		var paths []string
		for _, u := range units {
			paths = append(paths, u.Path)
		}
		return nil, nil, &missingError{fmt.Sprintf("%s is defined in %s; choose one with --file", name, strings.Join(paths, ", "))}
	}
	return s.inHeaders(ctx, name)
}

// inFile returns a function that a given file sees.
func (s *site) inFile(ctx context.Context, name, file string) (*unit.Unit, *syntax.FuncDef, error) {
	if _, err := s.program.Tree.Stat(file); err != nil {
		return nil, nil, &missingError{fmt.Sprintf("the tree has no file %s", file)}
	}
	u, err := s.program.Read(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	if d := definition(u, name); d != nil {
		return u, d, nil
	}
	return nil, nil, notThere([]*unit.Unit{u}, name, s)
}

// inHeaders returns a function of a header, in a unit that sees it.
func (s *site) inHeaders(ctx context.Context, name string) (*unit.Unit, *syntax.FuncDef, error) {
	var units []*unit.Unit
	for _, f := range headerUnits {
		if _, err := s.program.Tree.Stat(f); err != nil || !s.program.Compiles(f) {
			continue
		}
		u, err := s.program.Read(ctx, f)
		if err != nil {
			return nil, nil, err
		}
		if d := definition(u, name); d != nil {
			return u, d, nil
		}
		units = append(units, u)
	}
	return nil, nil, notThere(units, name, s)
}

func definition(u *unit.Unit, name string) *syntax.FuncDef {
	if o := u.Types.Lookup(name); o != nil {
		return o.Def
	}
	return nil
}

// notThere says why a name is no function of units, and what they have that is
// spelled alike.
func notThere(units []*unit.Unit, name string, s *site) error {
	for _, u := range units {
		if m := u.Cpp.Macro(name); m != nil {
			at := u.Cpp.Set.Position(m.Pos)
			return &missingError{fmt.Sprintf("%s is a macro in %s (%s:%d); only functions can be run", name, s.class.ID, at.Path, at.Line)}
		}
	}
	text := fmt.Sprintf("no function %s is defined in %s", name, s.class.ID)
	if near := nearest(units, name); len(near) > 0 {
		text += "; there is " + strings.Join(near, ", ")
	}
	return &missingError{text + "; --file names the C file of one that is elsewhere"}
}

// nearest returns the functions of units whose names differ least.
func nearest(units []*unit.Unit, name string) []string {
	const shown = 3
	distance := make(map[string]int)
	for _, u := range units {
		for d := range u.File.AllDeclared() {
			if d.Func && d.Def && distance[d.Name] == 0 {
				distance[d.Name] = editDistance(name, d.Name) + 1
			}
		}
	}
	var list []string
	for n, d := range distance {
		if d <= 1+max(2, len(name)/3) {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		if d := distance[a] - distance[b]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return list[:min(shown, len(list))]
}

// editDistance is how many letters have to be changed, added or taken away to
// make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
