package check

import (
	"context"
	"embed"
	"fmt"
	"path"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/fragment"
	"ptreview/semantics/names"
	"ptreview/semantics/unit"
)

// Scope says what a rule is run on.
type Scope uint8

// The scopes.
const (
	// PerDefinition rules judge one changed definition as it stands in its
	// file. They need no tree beyond the patch itself.
	PerDefinition Scope = iota
	// PerClass rules judge the functions a patch changed in one class; they
	// do not depend on the machine.
	PerClass
	// PerMachine rules judge them on one machine of the class.
	PerMachine
	// PerSeries rules judge what others found, patch by patch.
	PerSeries
)

// Rule is one thing to look for. A rule is a value: it has no state, reads
// its Pass and reports there.
type Rule struct {
	Name     string // family/what-is-wrong
	Doc      Doc
	Severity Severity // of its findings, where it does not say otherwise
	// Advice is what to do about its findings, as one sentence without a capital
	// and a full stop, where they do not say it better.
	Advice string
	Scope  Scope
	Run    func(*Pass) error
	// Alone judges one changed definition as it stands in its file, before Run
	// judges it in classes. It needs no tree. A PerDefinition rule has none.
	Alone func(*Pass) error
	// Audit judges a function as it stands in a tree, without a patch. Followed is
	// nil where nothing in it can map a page table. A rule without it judges
	// changes only.
	Audit func(*Pass, *Entry, *Followed)
	// Heed judges callers that a patch left alone of functions whose contract it
	// changed. A rule without it judges changed functions only.
	Heed *Heed
	// Repaired judges the findings that a later patch of the series takes away, in
	// the order in which they were found. PerSeries only, which has no Run.
	Repaired func([]Finding) []Finding
	// Ignores reports whether the rule can say nothing about a change to a C
	// file, in whatever configuration of whatever architecture. A rule without
	// it reads every change.
	Ignores func(*names.Change) bool
	// Sparse rules judge in some classes what stands for all, and claim nothing
	// of what they cannot play to the end: a unit of work counts where they
	// played something, and all of it. PerMachine only.
	Sparse bool
}

// alone returns what judges single definitions, nil if the rule does not.
func (r *Rule) alone() func(*Pass) error {
	if r.Scope == PerDefinition {
		return r.Run
	}
	return r.Alone
}

// readsClasses reports whether a rule is run on classes.
func (r *Rule) readsClasses() bool { return r.Scope == PerClass || r.Scope == PerMachine }

// Doc is a rule's section of its family's doc.go.
type Doc struct {
	Summary string // first sentence
	Text    string // the whole section
}

// MustDoc cuts the section of a rule out of its family's embedded doc.go. A
// section begins with "# name" in the package comment.
func MustDoc(files embed.FS, name string) Doc {
	data, err := files.ReadFile("doc.go")
	if err != nil {
		panic(err) // the embed pattern names it
	}
	var section []string
	in := false
	for _, line := range strings.Split(string(data), "\n") {
		text, isComment := strings.CutPrefix(line, "//")
		if !isComment {
			if in {
				break
			}
			continue
		}
		text = strings.TrimPrefix(text, " ")
		if heading, ok := strings.CutPrefix(text, "# "); ok {
			if in {
				break
			}
			in = heading == name
			continue
		}
		if in {
			section = append(section, text)
		}
	}
	text := strings.TrimSpace(strings.Join(section, "\n"))
	if text == "" {
		panic(fmt.Sprintf("check: doc.go has no section %q", name))
	}
	first, _, _ := strings.Cut(text, "\n\n")
	return Doc{Summary: strings.ReplaceAll(first, "\n", " "), Text: text}
}

// Pass is what one run of a rule sees: one patch, and as its scope says one
// definition, class or machine.
type Pass struct {
	Ctx   context.Context
	Rule  *Rule
	Patch int // the prefix under judgement, from 1
	Set   *source.Set
	Cache *cpp.Cache

	Definition *DefinitionChange // PerDefinition

	Class   *class.Class  // PerClass, PerMachine
	Machine *arch.Machine // PerMachine
	Entries []*Entry      // the changed functions as the class sees them
	// Users are functions that the patch left alone but that use a name it
	// removed, moved or added in a header; their Change is that name's.
	Users []*Entry
	// Units are the units read for both.
	Units []UnitPair
	// Changes are all definitions that the patch changed.
	Changes []DefinitionChange
	// Claim is what the patch says of itself, its subject and message.
	Claim Claim
	// Run executes an entry as the prefix has it, RunBefore as the prefix
	// before the patch has it. PerMachine only; nil without an executor.
	Run, RunBefore Runner
	// RunAllowed is Run with those inputs only that all callers in the tree
	// allow; it returns nil if they say nothing. PerMachine only; nil without the
	// emulated machine, or where nothing is to be assumed of callers.
	RunAllowed Runner
	// CallersHold returns the locks that all callers of a function of the prefix
	// hold, "page table lock". PerMachine only; nil as RunAllowed.
	CallersHold func(*unit.Unit, *syntax.FuncDef) ([]string, error)
	// Prove runs an entry of the prefix for all values. PerMachine only; nil
	// without the emulated machine, or as RunAllowed.
	Prove Proofs

	findings []Finding
	before   []Finding // that were there before
	notRun   []string
	compared []compared
	played   []Played
	excluded []Excluded
	audit    bool // there is no patch
	lead     bool // the class and machine stand for others
	view     *view
	lines    *lineIndex
	review   *review
	conds    *archConditions
	callers  func(e *Entry, word string) ([]*Entry, bool, error)
	defining func(name string) (*Entry, error)
	read     func(file string) (UnitPair, error)
	follow   func(e *Entry, after bool) (*Followed, error)
}

// DefinitionChange is a changed definition with what it means before and
// after. A missing side is nil.
type DefinitionChange struct {
	facts.Change
	Arch string // from the path; "generic" outside arch/
	// Old and New are the meanings of Before and After. A definition that was
	// moved from another file as it stands has its meaning there as Old.
	Old, New *facts.Meaning
	// Line is where the change stands, on Side, in the patch's files.
	Line int
	Side string
	// Cause is the place to show instead, where not the definition changed but
	// the configuration that it is in force under.
	Cause *Location

	oldFile, newFile *source.File // that Before and After are lines of
}

// Location returns the place of the change, with the text of its line.
func (d *DefinitionChange) Location(patch int) Location {
	if d.Cause != nil {
		return *d.Cause
	}
	l := Location{Patch: patch, File: d.Path, Line: d.Line, Side: d.Side}
	f := d.newFile
	if d.Side == "before" {
		f = d.oldFile
	}
	if f != nil {
		l.Text = strings.TrimSpace(string(f.LineText(d.Line)))
	}
	return l
}

// ExecuteBefore runs the old definition on its own, with made-up entries.
// Errors: those of fragment.Run.
func (d *DefinitionChange) ExecuteBefore(ctx context.Context) ([]fragment.Call, error) {
	return execute(ctx, d.oldFile, d.Before)
}

// ExecuteAfter runs the new definition on its own, with made-up entries.
func (d *DefinitionChange) ExecuteAfter(ctx context.Context) ([]fragment.Call, error) {
	return execute(ctx, d.newFile, d.After)
}

func execute(ctx context.Context, f *source.File, d *facts.Definition) ([]fragment.Call, error) {
	if f == nil || d == nil || d.Macro {
		return nil, fragment.ErrSurroundings
	}
	var text []byte
	for n := d.First; n <= d.Last; n++ {
		text = append(append(text, f.LineText(n)...), '\n')
	}
	return fragment.Run(ctx, f.Path, d.Name, text, d.First)
}

// Function reports whether the change is one of a function or function-like
// macro.
func (d *DefinitionChange) Function() bool {
	return d.After != nil && d.After.Function || d.Before != nil && d.Before.Function
}

// Moves reports whether the change is one of where a name has a definition, not
// only of what it says.
func (d *DefinitionChange) Moves() bool {
	return d.Before == nil || d.After == nil || d.Before.Conditions != d.After.Conditions
}

// UnitPair is a unit after a patch, and before it when that is asked for.
type UnitPair struct {
	After  *unit.Unit
	before *beforeUnit
}

// beforeUnit is read when first asked for.
type beforeUnit struct {
	read func() (*unit.Unit, error)
	done bool
	unit *unit.Unit
	err  error
}

// Before returns the unit as it was; nil if the class did not compile it, or it
// did not exist.
func (p UnitPair) Before() (*unit.Unit, error) {
	if b := p.before; !b.done {
		b.unit, b.err = b.read()
		b.done = true
	}
	return p.before.unit, p.before.err
}

// Entry is a changed function in one class, before and after the patch.
type Entry struct {
	Path   string // where the function stands
	Unit   string // the C file it was read in
	Name   string
	Change *DefinitionChange // nil if it only uses a changed macro
	Before *facts.Function   // nil if it is new
	After  *facts.Function   // nil if it is gone
	Graph  *facts.Graph      // that After belongs to
	// NewSites are the calls of After that Before has not: another callee,
	// or the same one under other guards.
	NewSites []facts.Site
}

// Report adds a finding. What the pass knows is filled in; a rule names the
// architecture where it is not that of the class.
func (p *Pass) Report(f Finding) {
	f.Rule = p.Rule.Name
	if f.Severity == "" {
		f.Severity = p.Rule.Severity
	}
	if f.Advice == "" {
		f.Advice = p.Rule.Advice
	}
	f.New = true
	f.FirstBadPatch = p.Patch
	if p.Class != nil && f.Arch == "" {
		f.Arch = p.Class.Arch.Name
	}
	f.See = "ptreview explain " + p.Rule.Name
	p.findings = append(p.findings, f)
}

// Had tells of a defect that an entry had before the patch and has still: a note,
// which is no fault of the patch.
func (p *Pass) Had(f Finding) {
	p.Report(f)
	last := len(p.findings) - 1
	f = p.findings[last]
	p.findings = p.findings[:last]
	f.New, f.Severity, f.Fix = false, Note, nil
	p.before = append(p.before, f)
}

// NotRun says that the unit of work could not be judged, and why. The reason
// names no line, so that equal ones can be counted.
func (p *Pass) NotRun(reason string) { p.notRun = append(p.notRun, reason) }

// AddedBy returns the patch that added the line of the file as this prefix
// has it, 0 if no patch did.
func (p *Pass) AddedBy(path string, line int) int { return p.lines.addedBy(p.Patch, path, line) }

// Callers returns generic functions of mm/ that reach the changed function of e
// and that were there before. It is not complete where more C files call it than
// are read.
func (p *Pass) Callers(e *Entry) (list []*Entry, complete bool, err error) { return p.callers(e, "") }

// CallersWith returns those of Callers that name a word themselves.
func (p *Pass) CallersWith(e *Entry, word string) (list []*Entry, complete bool, err error) {
	return p.callers(e, word)
}

// GraphBefore returns the graph that the functions before the patch belong to.
func (p *Pass) GraphBefore() *facts.Graph { return p.view.before }

// Defining returns the function with external linkage that a name means in the
// class, wherever it is defined; nil if nothing of its architecture's mm/ or of the
// units that were read defines it.
func (p *Pass) Defining(name string) (*Entry, error) { return p.defining(name) }

// IsAboutTables reports whether a function is about page tables: it is one of mm,
// of an architecture or of a header, or has entries in its hands.
func (e *Entry) IsAboutTables() bool {
	return strings.HasPrefix(e.Path, "mm/") || ArchOf(e.Path) != "generic" || path.Ext(e.Path) == ".h" ||
		spells(e.After.Unit, e.After.Def.First, e.After.Def.Close, names.IsEntryWord)
}

// NotRunError is why an entry could not be executed at all.
type NotRunError struct{ Reason string }

func (e *NotRunError) Error() string { return e.Reason }
