package check

import (
	"io/fs"
	"path"
	"slices"

	"ptreview/parse/cpp"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
)

// SelfTests is what the kernel's own test of page-table helpers did on the
// machine of a pass: one Initcall for each way through branches that depend on
// what is not known. There is none where the file is not there.
type SelfTests struct {
	Before, After []*pagetable.Initcall
}

// OffersSelfTest reports whether a kernel of the class can have the test: it
// compiles it, or would with nothing but CONFIG_DEBUG_VM_PGTABLE=y in addition.
func (p *Pass) OffersSelfTest() bool {
	after := p.view.emulators.after
	if _, err := fs.Stat(after.Tree, pagetable.SelfTestFile); err != nil {
		return false
	}
	offered := after.Class.Value("MMU") == "y" && after.Class.Value("ARCH_HAS_DEBUG_VM_PGTABLE") == "y"
	return offered || after.Compiles(pagetable.SelfTestFile)
}

// MentionsInSelfTest reports whether the test has a word, or one of names of
// headers that use it.
func (p *Pass) MentionsInSelfTest(word string) (bool, error) {
	names, err := p.conds.wrappers(p.review.Prefixes[p.view.at].Tree, word)
	if err != nil {
		return false, err
	}
	for _, n := range names {
		if p.review.stores[p.view.at].Mentions(pagetable.SelfTestFile, n) {
			return true, nil
		}
	}
	return false, nil
}

// SelfTestSees reports whether what a changed file has can be in force in the
// test: a header that it includes, or C that the class compiles. A file that is
// gone, or a test that cannot be read, is taken for one that does.
func (p *Pass) SelfTestSees(file string) bool {
	after := p.view.emulators.after
	if _, err := fs.Stat(after.Tree, file); err != nil {
		return true
	}
	if path.Ext(file) != ".h" {
		return after.Compiles(file)
	}
	u, err := after.Read(p.Ctx, pagetable.SelfTestFile)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(u.Cpp.Includes, func(in cpp.Include) bool { return in.File().Path == file })
}

// RunSelfTest runs the test after the patch and, if it then shows anything,
// before it.
// Errors: *NotRunError, the end of the context.
func (p *Pass) RunSelfTest() (SelfTests, error) {
	var s SelfTests
	var err error
	e := p.view.emulators
	if s.After, err = p.selfTest(e.after); err != nil || !shows(s.After) {
		return s, err
	}
	if _, missing := fs.Stat(e.before.Tree, pagetable.SelfTestFile); missing != nil {
		return s, nil
	}
	s.Before, err = p.selfTest(e.before)
	return s, err
}

func (p *Pass) selfTest(prog *facts.TreeProgram) ([]*pagetable.Initcall, error) {
	calls, err := pagetable.RunSelfTest(p.Ctx, prog, p.view.machine)
	if err != nil && p.Ctx.Err() == nil {
		return nil, &NotRunError{"the kernel's own test of page-table helpers: " + err.Error()}
	}
	return calls, err
}

// shows reports whether a run met a WARN or a BUG.
func shows(calls []*pagetable.Initcall) bool {
	for _, c := range calls {
		if c.Trap != nil || len(c.Warnings) > 0 {
			return true
		}
	}
	return false
}

// Along says in which class and on which machine a run went along a path, with
// the symbols that put its definitions in force, and further lines of .config.
func (p *Pass) Along(path []Step, further ...string) Where {
	var places []stepPlace
	for _, s := range path {
		places = append(places, stepPlace{s.Function, s.File, s.Line})
	}
	when := p.conds.inForce(p.review, p.Class.Arch, p.Patch, places)
	fragment := nonNil(p.Class.Fragment(when))
	for _, line := range further {
		fragment = appendNew(fragment, line)
	}
	return Where{Class: p.Class.ID, Fragment: fragment, Machine: p.Machine.Name, Needs: p.Class.Needs}
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}
