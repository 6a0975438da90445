package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/semantics/facts"
	"ptreview/semantics/flow"
	"ptreview/semantics/names"
)

// Heed is how a rule judges functions that a patch left alone and that call
// others whose contract it changed.
type Heed struct {
	// Of are the duties that the rule is about.
	Of flow.Duties
	// Fault returns what a caller does wrong under the new contract and did not
	// under the old one, nil for nothing. A *NotRunError says why it could not be
	// judged.
	Fault func(*Heeding) (*Fault, error)
	// Says what the patch does to its callers, "f() may return NULL now, and
	// callers do not check it": the functions, and how many callers.
	Says   func(functions []string, callers int) string
	Advice string
}

// Heeding is a caller of functions whose contract was changed.
type Heeding struct {
	Name  string
	After *Followed
	// Before returns it as the prefix before the patch has it; nil if it was not
	// there.
	Before func() (*Followed, error)
	// Gained returns the duties that a function's callers have since the patch.
	Gained func(function string) flow.Duties
}

// Fault is what a caller does wrong.
type Fault struct {
	Loc  cpp.Loc // of the call that it does not heed
	Call string
	Text string // a sentence without its full stop
}

// handed is a changed function that hands a map or lock to its callers.
type handed struct {
	patch      int
	path, name string
}

// altered is a name whose callers have new duties to heed, by the definition
// that a patch changed.
type altered struct {
	name string
	file string // the only one whose callers it has; "" for any
	by   *DefinitionChange
}

// judgeCallers looks for callers that the patches left behind.
func (r *review) judgeCallers(ctx context.Context) error {
	if !slices.ContainsFunc(r.Rules, func(rule *Rule) bool { return rule.Heed != nil }) {
		return nil
	}
	for k := 1; k < len(r.Prefixes); k++ {
		changed := r.handingChanges(k)
		for _, domain := range slices.Sorted(maps.Keys(changed)) {
			s := &callerSearch{review: r, k: k, domain: domain, changed: make(map[string]bool), known: make(map[string]bool), told: make(map[string]bool)}
			if err := s.run(ctx, changed[domain]); err != nil {
				return err
			}
		}
	}
	return nil
}

// handingChanges returns the changes of a patch to what can hand maps or locks to
// callers, by the architecture whose callers they concern.
func (r *review) handingChanges(k int) map[string][]altered {
	out := make(map[string][]altered)
	for i := range r.changes[k] {
		c := &r.changes[k][i]
		if c.After == nil || !c.Function() || !isReviewed(c.Path) || c.Arch != "generic" && !r.covers(c.Arch) {
			continue
		}
		if r.handing[handed{k, c.Path, c.Name()}] || c.After.Macro && handsMore(c) {
			out[c.Arch] = append(out[c.Arch], altered{c.Name(), ownFile(c.Path, c.After), c})
		}
	}
	return out
}

// handsMore reports whether a macro's text has a word that can make it hand more
// to its callers than it did.
func handsMore(c *DefinitionChange) bool {
	was := make(map[string]bool)
	if c.Before != nil && c.Before.Macro {
		for _, word := range strings.Fields(c.Before.Text) {
			was[word] = true
		}
	}
	return slices.ContainsFunc(strings.Fields(c.After.Text), func(word string) bool {
		return !was[word] && (word == "NULL" || names.IsEntryWord(word) || strings.Contains(word, "lock"))
	})
}

// ownFile returns the C file that alone can name a definition, "" if others can.
func ownFile(file string, d *facts.Definition) string {
	if path.Ext(file) == ".c" && (d.Macro || strings.HasPrefix(d.Text, "static ")) {
		return file
	}
	return ""
}

// callerSearch looks for the callers of what one patch changed, for one
// architecture or, if that is "generic", for all.
type callerSearch struct {
	*review
	k       int
	domain  string
	changed map[string]bool // path#name of what the patch changed
	known   map[string]bool // path#name of the contracts looked for
	sites   []*heedSite
	told    map[string]bool // sites, as rule and path#function

	followed int // functions
}

// heedSite is a site with what is needed to judge it again.
type heedSite struct {
	Site
	rule *Rule
	by   *DefinitionChange // of the contract
	walk *callerWalk
	in   *searchClass
	unit string // C file that the function was read in
	path string // where it stands
	// gained are the duties of the callers of functions since the patch.
	gained map[string]flow.Duties
}

// run looks for callers of contracts, then for those of callers that hand on what
// they are given.
func (s *callerSearch) run(ctx context.Context, contracts []altered) error {
	for i := range s.changes[s.k] {
		s.changed[s.changes[s.k][i].Path+"#"+s.changes[s.k][i].Name()] = true
	}
	for len(contracts) > 0 {
		for _, c := range contracts {
			s.known[c.file+"#"+c.name] = true
		}
		next, err := s.round(ctx, contracts)
		if err != nil {
			return err
		}
		contracts = slices.DeleteFunc(next, func(c altered) bool { return s.known[c.file+"#"+c.name] })
	}
	if err := s.findSiteRepairs(ctx); err != nil {
		return err
	}
	s.note()
	s.report(ctx)
	return nil
}

// note says where callers were looked for, and how many were followed.
func (s *callerSearch) note() {
	if s.followed == 0 {
		return
	}
	own := "arch/"
	if s.domain != "generic" {
		own += s.domain + "/"
	}
	s.Notes = append(s.Notes, fmt.Sprintf("patch %d: callers of what it changes were looked for in %s/ and %s: %d were followed, those in generic code in configurations of %s",
		s.k, strings.Join(callerFolders, "/, "), own, s.followed, s.hostOfGeneric()))
}

// round follows the callers of contracts, and returns those among them that hand
// on what they are given.
func (s *callerSearch) round(ctx context.Context, contracts []altered) ([]altered, error) {
	generic, err := s.scanHeaders(contracts, genericHeaders)
	if err != nil {
		return nil, err
	}
	var walks []*callerWalk
	for _, a := range s.searched() {
		walks = append(walks, &callerWalk{search: s, arch: a, contracts: contracts, scan: generic.clone()})
	}
	err = inParallel(ctx, max(1, s.Jobs), walks, func(w *callerWalk) error { return w.run(ctx) })
	if err != nil {
		return nil, err
	}
	var next []altered
	for _, w := range walks {
		s.collect(w)
		next = append(next, w.handing...)
	}
	return next, nil
}

// duties are those that a rule of the review is about.
func (s *callerSearch) duties() flow.Duties {
	var all flow.Duties
	for _, rule := range s.Rules {
		if rule.Heed != nil {
			all |= rule.Heed.Of
		}
	}
	return all
}

// searched returns the architectures whose callers are looked for.
func (s *callerSearch) searched() []*arch.Arch {
	if s.domain == "generic" {
		return s.Archs
	}
	return slices.DeleteFunc(slices.Clone(s.Archs), func(a *arch.Arch) bool { return a.Name != s.domain })
}

// hostOfGeneric is the architecture in whose classes generic code is followed.
func (s *callerSearch) hostOfGeneric() string {
	list := s.searched()
	const usual = "x86"
	if slices.ContainsFunc(list, func(a *arch.Arch) bool { return a.Name == usual }) {
		return usual
	}
	return list[0].Name
}

// collect takes over what a walk found.
func (s *callerSearch) collect(w *callerWalk) {
	for _, x := range w.sites {
		key := x.rule.Name + " " + x.path + "#" + x.Function
		if !s.told[key] {
			s.told[key] = true
			s.sites = append(s.sites, x)
		}
	}
	s.followed += len(w.done)
	if w.host == nil {
		return
	}
	c := s.archCoverage(w.arch.Name)
	for _, in := range w.host.used {
		if !slices.ContainsFunc(c.classes, func(info ClassInfo) bool { return info.ID == in.info.ID }) {
			c.classes = append(c.classes, in.info)
		}
	}
	for _, rule := range s.Rules {
		if rule.Heed == nil {
			continue
		}
		for _, in := range w.host.used {
			n := 0
			for _, x := range w.sites {
				if x.rule == rule && x.in == in {
					n++
				}
			}
			s.record(unitKey{rule: rule.Name, arch: w.arch.Name, class: in.info.ID}, n, nil)
		}
		if len(w.notRun) > 0 {
			s.record(unitKey{rule: rule.Name, arch: w.arch.Name}, 0, []string{strings.Join(w.notRun, "; ")})
		}
	}
}

// report makes one finding of the sites of each rule.
func (s *callerSearch) report(ctx context.Context) {
	for _, rule := range s.Rules {
		if rule.Heed == nil {
			continue
		}
		var sites []*heedSite
		for _, x := range s.sites {
			if x.rule == rule {
				sites = append(sites, x)
			}
		}
		if len(sites) == 0 {
			continue
		}
		p := s.pass(ctx, rule, s.k)
		p.Report(s.finding(rule, sites))
		s.merge(p.findings, func(_ context.Context, _ *Finding, prefix int) (bool, error) {
			return slices.ContainsFunc(sites, func(x *heedSite) bool {
				return x.RepairedByPatch == nil || *x.RepairedByPatch > prefix
			}), nil
		})
	}
}

// finding says at the changed definition what it does to callers.
func (s *callerSearch) finding(rule *Rule, sites []*heedSite) Finding {
	slices.SortFunc(sites, func(a, b *heedSite) int { return compareSites(&a.Site, &b.Site) })
	by := s.contractsOf(sites)
	first := by[0]
	var functions []string
	for _, c := range by {
		functions = append(functions, c.Name()+"()")
	}
	at := first.Location(s.k)
	f := Finding{
		Severity: rule.Severity, Confidence: Reachable, Advice: rule.Heed.Advice,
		Message: rule.Heed.Says(functions, len(sites)) + s.repaired(sites),
		Helper:  first.Name(), Arch: first.Arch, Where: []Where{},
		Location: at, Path: []Step{{Function: first.Name(), File: at.File, Line: at.Line}},
	}
	for _, x := range sites {
		f.Sites = append(f.Sites, x.Site)
		w := Where{Class: x.in.info.ID, Fragment: nonNil(x.in.info.Fragment), Needs: x.in.info.Needs}
		if !f.has(w) {
			f.Where = append(f.Where, w)
		}
	}
	return f
}

// contractsOf returns the changes that sites do not heed, in the order in which the
// patch has them.
func (s *callerSearch) contractsOf(sites []*heedSite) []*DefinitionChange {
	var list []*DefinitionChange
	for _, x := range sites {
		if !slices.Contains(list, x.by) {
			list = append(list, x.by)
		}
	}
	order := func(file string) int {
		return slices.IndexFunc(s.Prefixes[s.k].Changed, func(c ChangedFile) bool { return c.Path == file })
	}
	slices.SortFunc(list, func(a, b *DefinitionChange) int {
		return cmp.Or(order(a.Path)-order(b.Path), a.After.First-b.After.First, strings.Compare(a.Name(), b.Name()))
	})
	return list
}

// repaired says how many sites later patches repair.
func (s *callerSearch) repaired(sites []*heedSite) string {
	n := 0
	for _, x := range sites {
		if x.RepairedByPatch != nil {
			n++
		}
	}
	switch {
	case n == 0:
		return ""
	case n == len(sites):
		return "; later patches of the series repair them all, but until then the series cannot be bisected"
	}
	return fmt.Sprintf("; later patches of the series repair %d of them", n)
}

// compareSites orders generic sites before those of architectures, by name and
// place.
func compareSites(a, b *Site) int {
	rank := func(x *Site) string {
		if x.Arch == "generic" {
			return ""
		}
		return x.Arch
	}
	return cmp.Or(strings.Compare(rank(a), rank(b)), strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Function, b.Function))
}
