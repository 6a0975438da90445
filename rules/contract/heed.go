package contract

import (
	"fmt"
	"strings"

	"ptreview/rules/check"
	"ptreview/semantics/contract"
	"ptreview/semantics/unit"
)

// heed is a helper that ignores its argument though it has to look.
type heed struct {
	is       *contract.Regard
	was      *contract.Regard // nil if there was none to be called so
	law      string           // that does not hold with it; "" if it looked before
	how      *contract.Counterexample
	siblings []string // architectures whose own one looks
}

// heedOf judges a changed helper; nil if it looks at its argument, did not
// before, or need not.
func heedOf(p *check.Pass, d *check.DefinitionChange, laws []contract.Law, before, after *unit.Unit) (*heed, error) {
	eb, ea := p.Emulators()
	pa := contract.NewProver(ea, after)
	pb := pa
	if before != nil {
		pb = contract.NewProver(eb, before)
	}
	c, _ := callOf(d, after.File.Func(d.Name()), pa, pa, after)
	if c == nil || !c.Answers() {
		return nil, nil
	}
	laws = applying(p, pa, laws)
	if len(laws) == 0 {
		return nil, nil // the class has no use for it
	}
	h := &heed{}
	var err error
	if h.is, err = pa.Regards(p.Ctx, c, contract.AnyBits); err != nil || !ignores(d, h.is) {
		return nil, err
	}
	if before != nil && pb.Understands(c) {
		if h.was, err = pb.Regards(p.Ctx, c, contract.AnyBits); err != nil || h.was.Heed == h.is.Heed {
			return nil, err // it ignored it already
		}
	}
	if h.was != nil && h.was.Heed == contract.Looks {
		if h.was, err = pb.Regards(p.Ctx, c, contract.Made); err != nil || h.was.Heed == h.is.Heed && h.was.Value == h.is.Value {
			return nil, err // entries that there are get what they got
		}
	}
	if h.siblings, err = siblingsOf(p, d.Name()); err != nil {
		return nil, err
	}
	return h.judged(p, d, pa, laws)
}

func applying(p *check.Pass, pr *contract.Prover, laws []contract.Law) []contract.Law {
	var list []contract.Law
	for _, l := range laws {
		if pr.Applies(p.Ctx, l) {
			list = append(list, l)
		}
	}
	return list
}

// ignores reports whether a helper pays no heed to what it is given. What the
// compiler refuses is nothing that a kernel runs into, and what only gives an
// entry another type may well give it back.
func ignores(d *check.DefinitionChange, r *contract.Regard) bool {
	switch r.Heed {
	case contract.Fixed:
		return true
	case contract.Unchanged:
		return contract.IsChange(contract.PublicName(d.Name()))
	case contract.Traps:
		return !strings.HasPrefix(r.Trap, "BUILD_BUG")
	}
	return false
}

// judged is h if the helper has to look: it told the class's entries apart
// before, or answers now what a law says is wrong.
func (h *heed) judged(p *check.Pass, d *check.DefinitionChange, pa *contract.Prover, laws []contract.Law) (*heed, error) {
	switch {
	case h.was != nil && h.was.Heed == contract.Looks, h.was != nil && h.is.Heed == contract.Traps && h.was.Heed != contract.Unclear:
		return h, nil
	case h.was == nil && len(h.siblings) == 0:
		return nil, nil
	}
	for _, l := range laws {
		o, err := pa.Prove(p.Ctx, l)
		if err != nil {
			return nil, err
		}
		if o.Status == contract.Broken && (o.Counterexample.Trap == "") == (h.is.Heed != contract.Traps) {
			h.law, h.how = l.Says, o.Counterexample
			return h, nil
		}
	}
	if h.was != nil && h.was.Heed == contract.Unclear {
		p.NotRun(fmt.Sprintf("whether %s() looked at its argument before: %s", d.Name(), h.was.Reason))
	}
	return nil, nil
}

// reportHeed reports it. Who meets a trap is for trap/arch-helper to say: where
// generic code uses the helper, it is no more than a note.
func reportHeed(p *check.Pass, d *check.DefinitionChange, h *heed) error {
	f := check.Finding{
		Confidence: check.Executed,
		Helper:     d.Name(),
		Message:    h.text(d),
		Where:      []check.Where{p.Changed(d)},
		Location:   d.Location(p.Patch),
		Path:       []check.Step{},
		Evidence:   &check.Evidence{Counterexample: []string{"run with all values of its arguments: " + d.Name() + "() " + says(h.is)}},
	}
	if h.law != "" {
		f.Evidence.Counterexample = append(f.Evidence.Counterexample, h.law+": not so for "+h.how.String())
	}
	if h.is.Heed == contract.Traps {
		used, err := p.UsedByGeneric(contract.PublicName(d.Name()))
		if err != nil {
			return err
		}
		if used {
			f.Severity = check.Note
		}
	}
	p.Report(f)
	return nil
}

func (h *heed) text(d *check.DefinitionChange) string {
	text := fmt.Sprintf("%s() %s", d.Name(), strings.Replace(says(h.is), " in "+d.Name()+"()", "", 1))
	switch {
	case h.was == nil:
	case h.was.Heed == contract.Fixed:
		text += "; before, it gave " + h.was.Value + " for entries that helpers make"
	case h.was.Heed == contract.Unchanged:
		text += "; before, it gave back what it was given"
	case h.was.Heed == contract.Traps:
		text += "; before, it ended in a " + h.was.Trap + "()"
	case h.was.Heed == contract.Looks:
		text += "; before, it looked at its argument"
	}
	if h.law != "" {
		text += fmt.Sprintf("; it is relied on that %s: not so for %s", h.law, h.how)
	}
	if len(h.siblings) > 0 {
		text += "; that of " + fewOf(h.siblings) + " looks at its argument"
	}
	return text
}

// siblingsOf returns the architectures whose own helper looks, by the name that
// was changed or, where only this one has that, by the name that all have.
func siblingsOf(p *check.Pass, name string) ([]string, error) {
	list, err := p.SiblingsThatLook(name)
	if public := contract.PublicName(name); err == nil && len(list) == 0 && public != name {
		list, err = p.SiblingsThatLook(public)
	}
	return list, err
}

// fewOf names the first of a list and counts the others.
func fewOf(list []string) string {
	const named = 4
	if len(list) <= named+1 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(list[:named], ", "), len(list)-named)
}

func says(r *contract.Regard) string {
	switch r.Heed {
	case contract.Fixed:
		return "gives " + r.Value + ", whatever it is given"
	case contract.Unchanged:
		return "gives back what it is given, unchanged"
	}
	return "ends in a " + r.Trap + "(), whatever it is given"
}
