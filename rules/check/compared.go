package check

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"ptreview/arch"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
)

// emulators are the emulated machine of the prefix before a patch and of the
// one that is judged, made when first asked for.
type emulators struct {
	before, after *facts.TreeProgram
	machine       *arch.Machine
	made          [2]*pagetable.Emulator
}

// Emulators returns the emulated machine before the patch and as the prefix has
// it. PerMachine only.
func (p *Pass) Emulators() (before, after *pagetable.Emulator) {
	e := p.view.emulators
	if e.made[0] == nil {
		e.made[0] = pagetable.New(e.before, e.machine, pagetable.Options{})
		e.made[1] = pagetable.New(e.after, e.machine, pagetable.Options{})
	}
	return e.made[0], e.made[1]
}

// Read reads a C file of the class, whether or not the patch is about it. A
// file that is not there or not compiled in has no After.
func (p *Pass) Read(file string) (UnitPair, error) { return p.read(file) }

func (j *classJob) readPair(ctx context.Context, p *Pass, v *view, file string) (UnitPair, error) {
	for _, u := range v.units {
		if u.After.Path == file {
			return u, nil
		}
	}
	g := &gatherer{view: v, job: j, cannot: p.NotRun}
	after, err := g.read(ctx, v.at, file)
	if err != nil {
		return UnitPair{}, err
	}
	before, err := g.read(ctx, v.from, file)
	return UnitPair{After: after, before: &beforeUnit{done: true, unit: before}}, err
}

// compared is a comparison of the two definitions of a change.
type compared struct {
	patch      int
	path, name string
	Compared
}

// Compared records what was found out about the definitions of a change, for
// the list of helpers.
func (p *Pass) Compared(d *DefinitionChange, result string) {
	p.compared = append(p.compared, compared{p.Patch, d.Path, d.Name(), Compared{p.Class.ID, p.Machine.Name, result}})
}

// comparedAs returns what was found out about a change, by class and machine.
func (r *review) comparedAs(patch int, d *DefinitionChange) []Compared {
	var list []Compared
	for _, c := range r.compared {
		if c.patch == patch && c.path == d.Path && c.name == d.Name() && !slices.Contains(list, c.Compared) {
			list = append(list, c.Compared)
		}
	}
	slices.SortFunc(list, func(a, b Compared) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Machine, b.Machine), cmp.Compare(a.Result, b.Result))
	})
	return list
}

// Changed says in which class and on which machine a changed definition was
// judged, with the symbols that put it in force.
func (p *Pass) Changed(d *DefinitionChange) Where {
	places := []stepPlace{}
	if d.After != nil {
		places = append(places, stepPlace{d.Name(), d.Path, d.After.First})
	}
	when := p.conds.inForce(p.review, p.Class.Arch, p.Patch, places)
	return Where{Class: p.Class.ID, Fragment: nonNil(p.Class.Fragment(when)), Machine: p.Machine.Name, Needs: p.Class.Needs}
}

// Claim is what a patch says about what it changes.
type Claim uint8

// The claims.
const (
	NoClaim Claim = iota
	Tidies        // it cleans up, converts, renames or refactors
	Nothing       // it changes nothing
)

var (
	nothing = regexp.MustCompile(`(?i)\bno(t any|t intend(ed)? any)?\s+(intended\s+|intentional\s+)?(functional|functionality|behaviou?ral|behaviou?r|semantic)\s+(change|difference)|\bno\s+change\s+in\s+(functionality|behaviou?r)|\bNFCI?\b`)
	tidies  = regexp.MustCompile(`(?i)\b(refactor|clean(s|ed|ing)?[ -]?up|convert|rename|renaming)`)
)

// negated is what stands before a word that is said not to be so: "don't rename".
var negated = regexp.MustCompile(`(?i)(\bnot|n't|\bnever|\bwithout)\s+$`)

// saysTidies reports whether a text says that the patch tidies up.
func saysTidies(text string) bool {
	return slices.ContainsFunc(tidies.FindAllStringIndex(text, -1), func(at []int) bool { return !negated.MatchString(text[:at[0]]) })
}

// claimOf reads the subject and message of a patch.
func claimOf(subject, message string) Claim {
	text := subject + "\n" + message
	switch {
	case nothing.MatchString(text):
		return Nothing
	case saysTidies(text):
		return Tidies
	}
	return NoClaim
}

// Claims returns what each patch says of itself, in their order.
func (s *SeriesInfo) Claims() []Claim {
	list := make([]Claim, len(s.Patches))
	for i, p := range s.Patches {
		list[i] = claimOf(p.Subject, p.Message)
	}
	return list
}

// claim returns what patch k says of itself.
func (r *review) claim(k int) Claim {
	claims := r.Claims
	if claims == nil {
		claims = r.Series.Claims()
	}
	if k > len(claims) {
		return NoClaim
	}
	return claims[k-1]
}
