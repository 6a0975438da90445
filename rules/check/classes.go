package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// judgeClasses runs the rules on every class and machine worth reading.
func (r *review) judgeClasses(ctx context.Context) error {
	if r.Ignored {
		r.Notes = append(r.Notes, "whatever is configured, no rule can say anything about what the series changes: no configuration was looked at")
		return nil
	}
	r.noteUnconcerned()
	if len(r.Prefixes) == 0 || !r.changesC() && !r.configures() {
		return nil
	}
	plans, err := r.work(ctx)
	if err != nil {
		return err
	}
	var errs []error
	var jobs []*classJob
	for _, p := range plans {
		r.Notes = append(r.Notes, p.notes...)
		r.gaps = append(r.gaps, p.gaps...)
		r.archCoverage(p.arch.Name).classes = p.classes
		jobs = append(jobs, p.jobs...)
	}
	for _, j := range jobs {
		if j.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", j.id, j.err))
			continue
		}
		for _, o := range j.outcomes {
			if o.judged {
				r.record(o.key, len(o.findings), o.notRun)
			}
			r.merge(o.findings, o.again)
			r.mergeBefore(o.before, o.againBefore)
			r.compared = append(r.compared, o.compared...)
			r.played = append(r.played, o.played...)
			r.excluded = append(r.excluded, o.excluded...)
		}
		for k := range j.handing {
			r.handing[k] = true
		}
	}
	r.recordUncovered(plans)
	return errors.Join(errs...)
}

func (r *review) changesC() bool {
	for _, list := range r.changes {
		if len(list) > 0 {
			return true
		}
	}
	return false
}

// archPlan is what is to be looked at of one architecture.
type archPlan struct {
	arch    *arch.Arch
	jobs    []*classJob
	open    int // jobs to do; of the crew
	classes []ClassInfo
	gaps    []Gap
	notes   []string
	never   map[string]bool // changed C files that no configuration compiles, proven
}

// plan chooses the classes of one architecture.
func (r *review) plan(ctx context.Context, a *arch.Arch) (*archPlan, error) {
	if !r.concerns(a) {
		return &archPlan{arch: a}, nil
	}
	kcs, err := r.kconfigs(a)
	if err != nil {
		return nil, err
	}
	last := len(kcs) - 1
	chooser, err := r.chooser(a, kcs[last])
	if err != nil {
		return nil, err
	}
	conds, err := r.conditions(ctx, a, kcs)
	if err != nil {
		return nil, err
	}
	p := &archPlan{arch: a, never: r.neverCompiled(chooser, kcs[last], conds.objects[last], a)}
	list := []*class.Class{chooser.Base()}
	if r.Config != nil {
		p.noteDropped(r.Config.Name, chooser.Dropped())
	} else if list, err = p.choose(chooser, conds); err != nil {
		return nil, err
	}
	for _, c := range list {
		at, err := r.classAt(chooser, kcs, c)
		if err != nil {
			p.gaps = append(p.gaps, Gap{Arch: a.Name, What: c.ID, Reason: err.Error()})
			continue
		}
		p.classes = append(p.classes, ClassInfo{ID: c.ID, Base: c.Base, Fragment: nonNil(c.Extra), Needs: c.Needs})
		p.jobs = append(p.jobs, &classJob{review: r, plan: p, id: c.ID, arch: a, at: at, conds: conds, compiled: make(map[string]bool), handing: make(map[handed]bool)})
	}
	if i := r.leading(p); i >= 0 {
		p.jobs[i].lead = true
	}
	return p, nil
}

// chooser returns what chooses classes of an architecture by the Kconfig of the
// last prefix.
func (r *review) chooser(a *arch.Arch, kc *kconfig.Kconfig) (*class.Chooser, error) {
	if r.Config != nil {
		return class.NewExplicit(a, kc, r.Config.Name, r.Config.Data)
	}
	return class.NewChooser(r.Prefixes[len(r.Prefixes)-1].Tree, a, kc)
}

// choose returns the classes that the conditions ask for.
func (p *archPlan) choose(chooser *class.Chooser, conds *archConditions) ([]*class.Class, error) {
	list, unmet, err := chooser.Classes(conds.formulas)
	if err != nil {
		return nil, err
	}
	for _, u := range unmet {
		if !u.Impossible && !conds.optional[u.When.String()] {
			p.gaps = append(p.gaps, Gap{Arch: p.arch.Name, What: "configurations with " + u.When.String(), Reason: u.Reason})
		}
	}
	return list, nil
}

// noteDropped says which symbols of the user's .config Kconfig did not take as
// they were, as happens with one of another tree.
func (p *archPlan) noteDropped(file string, names []string) {
	const shown = 8
	if len(names) == 0 {
		return
	}
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if len(names) > shown {
		text += fmt.Sprintf(" and %d others", len(names)-shown)
	}
	p.notes = append(p.notes, fmt.Sprintf("%s: the tree's Kconfig gives other values than asked for to %s", file, text))
}

// classJob is all rules on one class, over all patches and machines.
type classJob struct {
	*review
	plan     *archPlan
	id       string
	arch     *arch.Arch
	at       []prefixClass // by prefix
	conds    *archConditions
	programs []*facts.TreeProgram // by prefix; nil where there is no class
	changed  [][]DefinitionChange // by patch, filled on demand
	unclear  [][]string           // what is not known of them
	outcomes []passOutcome
	compiled map[string]bool // C files that were asked for and that the class compiles
	lead     bool            // the class stands for others, as Pass.Leads says
	err      error

	handing    map[handed]bool // changed functions that hand something on
	flowReader *unit.Reader    // of units for flows; nil until one is asked for
	flows      []*flowing      // by prefix, made on demand
}

// passOutcome is what one pass said.
type passOutcome struct {
	judged      bool // it counts
	key         unitKey
	findings    []Finding
	before      []Finding // that were there before
	notRun      []string
	compared    []compared
	played      []Played
	excluded    []Excluded
	again       again
	againBefore again
}

// open makes the programs of all prefixes; close drops them with their units,
// which together would not fit into memory for all classes.
func (j *classJob) open() {
	j.programs = make([]*facts.TreeProgram, len(j.Prefixes))
	for k := range j.programs {
		if c := j.at[k].class; c != nil {
			j.programs[k] = facts.NewProgram(j.Reader, j.Prefixes[k].Tree, c, j.conds.objects[k])
		}
	}
}

func (j *classJob) close() {
	j.programs = nil
	for _, c := range j.at {
		j.Reader.ForgetClass(c.class)
		if j.flowReader != nil {
			j.flowReader.ForgetClass(c.class)
		}
	}
	j.flowReader, j.flows = nil, nil
}

// release drops what only a finding needs again, when there is none.
func (j *classJob) release() {
	for _, o := range j.outcomes {
		if len(o.findings)+len(o.before) > 0 {
			return
		}
	}
	j.at, j.conds, j.changed = nil, nil, nil
}

// run judges patch after patch, dropping the units of prefixes left behind.
func (j *classJob) run(ctx context.Context) error {
	j.open()
	defer j.close()
	for k := 1; k < len(j.Prefixes); k++ {
		if err := j.runPatch(ctx, k); err != nil {
			return err
		}
		j.Reader.ForgetUnits(j.Prefixes[k-1].Tree, j.at[k-1].class)
		j.dropFlows(k - 1)
	}
	return nil
}

// runPatch runs all rules on patch k.
func (j *classJob) runPatch(ctx context.Context, k int) error {
	for _, scope := range []Scope{PerClass, PerMachine} {
		for _, m := range j.machines(scope, k) {
			if err := j.runRules(ctx, scope, m, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// runRules runs the rules of one scope on one machine for patch k.
func (j *classJob) runRules(ctx context.Context, scope Scope, m *arch.Machine, k int) error {
	var v *view
	for _, rule := range j.Rules {
		if rule.Scope != scope {
			continue
		}
		key := unitKey{rule: rule.Name, arch: j.arch.Name, class: j.id}
		if m != nil {
			key.machine = m.Name
		}
		changes, notRun, err := j.changesOf(k)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			if rule.Sparse {
				continue
			}
			j.outcomes = append(j.outcomes, passOutcome{judged: true, key: key, notRun: notRun})
			continue
		}
		if v == nil {
			if v, err = j.view(ctx, m, k-1, k); err != nil {
				return err
			}
		}
		p, err := j.judge(ctx, rule, v)
		if err != nil {
			return err
		}
		j.outcomes = append(j.outcomes, passOutcome{
			p.judged(), key, p.findings, p.before, p.notRun, p.compared, p.played, p.excluded,
			j.againAt(rule, m, k, func(p *Pass) []Finding { return p.findings }),
			j.againAt(rule, m, k, func(p *Pass) []Finding { return p.before }),
		})
	}
	return nil
}

// machines returns the machines of prefix k to run rules of a scope on; nil
// stands for "any".
func (j *classJob) machines(scope Scope, k int) []*arch.Machine {
	if scope == PerClass {
		return []*arch.Machine{nil}
	}
	if c := j.at[k].class; c != nil && len(c.Machines()) > 0 {
		return c.Machines()
	}
	return []*arch.Machine{{}}
}

// changesOf returns what patch k changes in the class: what it changes for all,
// and what comes of its changes to Kconfig and Makefiles. notRun says what is
// not known.
func (j *classJob) changesOf(k int) (changes []DefinitionChange, notRun []string, err error) {
	if j.changed == nil {
		j.changed, j.unclear = make([][]DefinitionChange, len(j.Prefixes)), make([][]string, len(j.Prefixes))
	}
	if j.changed[k] != nil {
		return j.changed[k], j.unclear[k], nil
	}
	if j.at[k-1].class == nil || j.at[k].class == nil {
		return nil, []string{"the tree before or after the patch builds nothing from this configuration"}, nil
	}
	more, notRun, err := j.configChanges(k)
	if err != nil {
		return nil, nil, err
	}
	j.changed[k], j.unclear[k] = slices.Concat(j.changes[k], more), notRun
	if j.changed[k] == nil {
		j.changed[k] = []DefinitionChange{}
	}
	return j.changed[k], notRun, nil
}

// judge runs a rule on what a view shows.
func (j *classJob) judge(ctx context.Context, rule *Rule, v *view) (*Pass, error) {
	p := j.pass(ctx, rule, v.at)
	p.Class, p.Machine, p.conds = j.at[v.at].meta, v.machine, j.conds
	p.Entries, p.Users, p.Units, p.Changes = v.entries, v.users, v.units, v.changes
	p.Run, p.RunBefore = v.run, v.runBefore
	if j.NewRunner == nil && rule.Scope == PerMachine {
		j.assume(ctx, p, v)
	}
	p.Claim, p.view = j.claim(v.from+1), v
	p.read = func(file string) (UnitPair, error) { return j.readPair(ctx, p, v, file) }
	if !rule.Sparse {
		p.notRun = append(p.notRun, v.notRun...)
	}
	p.follow = func(e *Entry, after bool) (*Followed, error) { return j.follow(ctx, v, e, after) }
	p.lead = j.leads(v)
	p.callers = func(e *Entry, word string) ([]*Entry, bool, error) { return j.callersOf(ctx, p, v, e, word) }
	p.defining = func(name string) (*Entry, error) { return j.definingEntry(ctx, v, name) }
	if err := rule.Run(p); err != nil {
		return nil, fmt.Errorf("%s: %w", rule.Name, err)
	}
	return p, nil
}

// assume lets a pass take for granted what callers establish and what tables
// hold, without which nothing can be said for all values.
func (j *classJob) assume(ctx context.Context, p *Pass, v *view) {
	if j.NoAssume {
		return
	}
	prog := j.programs[v.at]
	callers := established(prog, v.machine)
	p.CallersHold = locksOf(ctx, prog, v.machine)
	p.RunAllowed = guarded(prog, v.machine, callers)
	p.Prove = symbolic(prog, v.machine, callers)
}

// runner returns the executor of a prefix on a machine. A new one is made for
// each view, as functions are known by their graph.
func (j *classJob) runner(k int, m *arch.Machine) Runner {
	if j.NewRunner != nil {
		return j.NewRunner(j.programs[k], m)
	}
	return emulated(j.programs[k], m)
}

// againAt returns a function that judges a finding of patch k again on a later
// prefix, where it is one of those that found returns.
func (j *classJob) againAt(rule *Rule, m *arch.Machine, k int, found func(*Pass) []Finding) again {
	return func(ctx context.Context, f *Finding, prefix int) (bool, error) {
		j.open()
		defer j.close()
		v, err := j.view(ctx, m, k-1, prefix)
		if err != nil {
			return false, err
		}
		p, err := j.judge(ctx, rule, v)
		if err != nil {
			return false, err
		}
		list := found(p)
		for i := range list {
			if kin(&list[i]) == kin(f) {
				return true, nil
			}
		}
		// Not judged is not repaired.
		return len(p.notRun) > 0 || p.unclear(), nil
	}
}

func inputsOf(m *arch.Machine) map[string]bool {
	if m == nil {
		return nil
	}
	return m.Inputs
}

func (j *classJob) graph(ctx context.Context, k int, m *arch.Machine) *facts.Graph {
	return facts.NewGraph(ctx, j.programs[k], j.Reader.Set(), inputsOf(m))
}
