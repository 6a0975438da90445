package contract

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/rules/check"
	"ptreview/semantics/contract"
	"ptreview/semantics/names"
	"ptreview/semantics/unit"
)

// Meaning compares the old and the new definition of a helper for all inputs.
var Meaning = &check.Rule{
	Name:     "contract/meaning",
	Doc:      check.MustDoc(doc, "contract/meaning"),
	Severity: check.Note,
	Advice:   "if the difference is meant, leave it; if not, restore the result for the values shown",
	Scope:    check.PerMachine,
	Run:      runMeaning,
	Ignores:  func(*names.Change) bool { return true },
}

// maxCompared bounds the helpers of one patch that are compared in one class on
// one machine.
const maxCompared = 60

func runMeaning(p *check.Pass) error {
	n := 0
	for i := range p.Changes {
		d := &p.Changes[i]
		if !isHelper(p, d) {
			continue
		}
		if n++; n > maxCompared {
			p.NotRun(fmt.Sprintf("more than %d helpers are changed", maxCompared))
			return nil
		}
		if err := compare(p, d); err != nil {
			return err
		}
	}
	return nil
}

// isHelper reports whether a change is one of a helper that works on entries:
// an architecture's, or the fallback of those that define none.
func isHelper(p *check.Pass, d *check.DefinitionChange) bool {
	if !d.Function() || d.After == nil || ofOtherMachine(p, d.Name()) {
		return false
	}
	own := "arch/" + p.Class.Arch.Name + "/"
	switch {
	case strings.HasPrefix(d.Path, own+"include/"), strings.HasPrefix(d.Path, own+"mm/"), strings.HasPrefix(d.Path, "include/asm-generic/"):
		return true
	case strings.HasPrefix(d.Path, "include/linux/") && contract.LevelOf(d.Name()) != "":
		return strings.Contains(d.After.Conditions, d.Name()) || strings.Contains(d.After.Conditions, "__HAVE_ARCH_")
	}
	return false
}

// compare compares the definitions of one change where a unit has both.
func compare(p *check.Pass, d *check.DefinitionChange) error {
	for _, pair := range p.Units {
		before, err := pair.Before()
		if err != nil {
			return err
		}
		if before == nil || !inForce(p, pair.After, d) {
			continue
		}
		o, err := compareIn(p, d, before, pair.After)
		if err != nil || o == nil {
			return err
		}
		judge(p, d, o)
		return nil
	}
	return nil
}

// compareIn compares the definitions of two units; nil if they have nothing to
// do with entries, or are not both there to be called the same way.
func compareIn(p *check.Pass, d *check.DefinitionChange, before, after *unit.Unit) (*contract.Comparison, error) {
	eb, ea := p.Emulators()
	pb, pa := contract.NewProver(eb, before), contract.NewProver(ea, after)
	def := after.File.Func(d.Name())
	if def == nil {
		def = before.File.Func(d.Name())
	}
	if def != nil && !aboutEntries(def) {
		return nil, nil
	}
	whole := &contract.Comparison{}
	if def != nil && !onlyComputes(def) {
		var err error
		whole, err = contract.CompareFunction(p.Ctx, pb, pa, d.Name())
		if err != nil || whole.Status == contract.Absent {
			return nil, err
		}
		if whole.Status != contract.NotRun || path.Ext(d.Path) != ".h" {
			return whole, nil
		}
	}
	c, reason := callOf(d, def, pb, pa, after)
	switch {
	case whole.Reason != "" && c == nil:
		return whole, nil
	case reason != "":
		return &contract.Comparison{Reason: reason}, nil
	case c == nil:
		return nil, nil
	}
	o, err := contract.Compare(p.Ctx, pb, pa, c)
	if err == nil && whole.Reason != "" && o.Status == contract.Proved {
		return whole, nil // what else it does is not known
	}
	return o, err
}

// notCompared says why two definitions were not compared. That is a unit not run
// where the rule owes an answer: for what generic code calls, and for whatever a
// patch that promises to change nothing touches. What one architecture's C file
// keeps to itself is no helper; the list of helpers says that it was not compared.
func notCompared(p *check.Pass, d *check.DefinitionChange, reason string) {
	p.Compared(d, "not compared: "+reason)
	if path.Ext(d.Path) == ".h" || p.Claim != check.NoClaim {
		p.NotRun(fmt.Sprintf("%s() before and after: %s", d.Name(), reason))
	}
}

// inForce reports whether a unit sees the definition that was changed.
func inForce(p *check.Pass, u *unit.Unit, d *check.DefinitionChange) bool {
	if d.After.Macro {
		m := u.Cpp.Macro(d.Name())
		if m == nil {
			return false
		}
		at := p.Position(m.Pos)
		return at.Path == d.Path && d.After.First <= at.Line && at.Line <= d.After.Last
	}
	def := u.File.Func(d.Name())
	if def == nil {
		return false
	}
	at := u.Cpp.Position(def.NameAt)
	return at.Path == d.Path && d.After.First <= at.Line && at.Line <= d.After.Last
}

// callOf returns how the helper is called in both units; nil if it is not about
// entries, or not in both. The reason says why it cannot be called.
func callOf(d *check.DefinitionChange, def *syntax.FuncDef, before, after *contract.Prover, u *unit.Unit) (*contract.Call, string) {
	if def == nil {
		return contract.MacroCall(d.Name(), macroParams(u, d.Name()), before, after), ""
	}
	if u.File.Func(d.Name()) != def {
		return nil, ""
	}
	c, reason := contract.CallOf(u, def)
	if c != nil && (!before.Understands(c) || !after.Understands(c)) {
		return nil, "" // it takes other arguments now, or is new
	}
	return c, reason
}

func macroParams(u *unit.Unit, name string) int {
	m := u.Cpp.Macro(name)
	if m == nil || m.Variadic {
		return 0
	}
	return len(m.Params)
}

// aboutEntries reports whether a function takes or returns an entry.
func aboutEntries(def *syntax.FuncDef) bool {
	list := []syntax.TypeExpr{def.Type.Result}
	for _, q := range def.Type.Params {
		list = append(list, q.Type)
	}
	return slices.ContainsFunc(list, func(t syntax.TypeExpr) bool {
		return slices.ContainsFunc(strings.Fields(syntax.TypeString(t)), func(word string) bool {
			return slices.Contains([]string{"pte_t", "pmd_t", "pud_t", "p4d_t", "pgd_t"}, word)
		})
	})
}

// onlyComputes reports whether all that a function is given is passed by value,
// and all that it leaves behind is its value.
func onlyComputes(def *syntax.FuncDef) bool {
	if syntax.TypeString(def.Type.Result) == "void" {
		return false
	}
	return !slices.ContainsFunc(def.Type.Params, func(q *syntax.Param) bool {
		return strings.ContainsAny(syntax.TypeString(q.Type), "*[")
	})
}

func judge(p *check.Pass, d *check.DefinitionChange, o *contract.Comparison) {
	switch o.Status {
	case contract.Proved:
		p.Compared(d, o.String())
	case contract.NotRun:
		notCompared(p, d, o.Reason)
	case contract.Broken:
		p.Compared(d, o.String())
		if !o.Repairs() {
			reportMeaning(p, d, o)
		}
	}
}

// promised is what to do about a difference in a patch that says there is none.
const promised = "restore the result for the values shown, or have the patch say what it changes and why"

// reportMeaning reports a difference. It is more than a note only where the
// patch says that there is none.
func reportMeaning(p *check.Pass, d *check.DefinitionChange, o *contract.Comparison) {
	on := p.Class.Arch.Name
	if p.Machine.Name != "" {
		on += ", " + p.Machine.Name
	}
	f := check.Finding{
		Confidence: check.Executed,
		Helper:     d.Name(),
		Message:    fmt.Sprintf("%s() now differs on %s: %s", d.Name(), on, strings.TrimPrefix(o.String(), "differs: ")),
		Where:      []check.Where{p.Changed(d)},
		Location:   d.Location(p.Patch),
		Path:       []check.Step{},
		Evidence:   &check.Evidence{Counterexample: []string{o.String()}},
	}
	switch p.Claim {
	case check.Nothing:
		f.Severity = check.Error
		f.Advice = promised
		f.Message += "; the patch says that nothing changes"
	case check.Tidies:
		f.Severity = check.Warning
		f.Advice = promised
		f.Message += "; the patch says that it tidies up"
	}
	p.Report(f)
}
