package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// judgeClasses runs the rules on every class and machine worth reading. Classes
// of one architecture are chosen while those of the one before are read.
func (r *review) judgeClasses(ctx context.Context) error {
	if len(r.Prefixes) == 0 || !r.changesC() {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan *classJob)
	workers := r.startWorkers(ctx, queue)
	jobs, err := r.chooseJobs(ctx, queue)
	close(queue)
	if err != nil {
		cancel()
	}
	workers.Wait()
	if err != nil {
		return err
	}
	var errs []error
	for _, j := range jobs {
		if j.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", j.id, j.err))
			continue
		}
		for _, o := range j.outcomes {
			r.record(o.key, len(o.findings), o.notRun)
			r.merge(o.findings, o.again)
		}
	}
	r.recordUncovered(jobs)
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

// chooseJobs sends the classes of all architectures to the workers, and
// returns them in order.
func (r *review) chooseJobs(ctx context.Context, queue chan<- *classJob) ([]*classJob, error) {
	var jobs []*classJob
	for _, a := range r.Archs {
		r.tell("choosing configurations of " + a.Name)
		list, err := r.archJobs(ctx, a)
		if err != nil {
			return nil, err
		}
		r.expect(len(list))
		jobs = append(jobs, list...)
		for _, j := range list {
			select {
			case queue <- j:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	return jobs, nil
}

// startWorkers starts goroutines that run jobs. Each writes only to its own
// job, so that their order does not matter.
func (r *review) startWorkers(ctx context.Context, queue <-chan *classJob) *sync.WaitGroup {
	var workers sync.WaitGroup
	for range max(1, r.Jobs) {
		workers.Go(func() {
			for j := range queue {
				j.err = j.run(ctx)
				r.step(j.id)
				j.release()
			}
		})
	}
	return &workers
}

// archJobs chooses the classes of one architecture.
func (r *review) archJobs(ctx context.Context, a *arch.Arch) ([]*classJob, error) {
	last := r.Prefixes[len(r.Prefixes)-1].Tree
	kc, err := kconfig.Load(last, a.Name, kconfig.Env{})
	if err != nil {
		return nil, fmt.Errorf("reading Kconfig of %s: %w", a.Name, err)
	}
	var chooser *class.Chooser
	if r.Config != nil {
		chooser, err = class.NewExplicit(a, kc, r.Config.Name, r.Config.Data)
	} else {
		chooser, err = class.NewChooser(last, a, kc)
	}
	if err != nil {
		return nil, err
	}
	conds, err := r.conditions(ctx, a, kc)
	if err != nil {
		return nil, err
	}
	var list []*class.Class
	if r.Config != nil {
		list = []*class.Class{chooser.Base()}
		r.noteDropped(chooser.Dropped())
	} else {
		var unmet []class.Unmet
		if list, unmet, err = chooser.Classes(conds.formulas); err != nil {
			return nil, err
		}
		for _, u := range unmet {
			if conds.optional[u.When.String()] {
				continue
			}
			r.gaps = append(r.gaps, Gap{Arch: a.Name, What: "configurations with " + u.When.String(), Reason: u.Reason})
		}
	}
	cov := r.archCoverage(a.Name)
	var jobs []*classJob
	for _, c := range list {
		read, err := unit.NewClass(c.ID, a, c.Config)
		if err != nil {
			r.gaps = append(r.gaps, Gap{Arch: a.Name, What: c.ID, Reason: err.Error()})
			continue
		}
		if g, ok := r.Generated[a.Name]; ok {
			read.Generated = g
		}
		cov.classes = append(cov.classes, ClassInfo{ID: c.ID, Base: c.Base, Fragment: nonNil(c.Extra)})
		jobs = append(jobs, &classJob{review: r, id: c.ID, arch: a, meta: c, class: read, conds: conds, compiled: make(map[string]bool)})
	}
	return jobs, nil
}

// noteDropped says which symbols of the user's .config Kconfig did not take as
// they were, as happens with one of another tree.
func (r *review) noteDropped(names []string) {
	const shown = 8
	if len(names) == 0 {
		return
	}
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if len(names) > shown {
		text += fmt.Sprintf(" and %d others", len(names)-shown)
	}
	r.Notes = append(r.Notes, fmt.Sprintf("%s: the tree's Kconfig gives other values than asked for to %s", r.Config.Name, text))
}

// classJob is all rules on one class, over all patches and machines.
type classJob struct {
	*review
	id       string
	arch     *arch.Arch
	meta     *class.Class
	class    *unit.Class
	conds    *archConditions
	programs []*facts.TreeProgram // by prefix
	outcomes []passOutcome
	compiled map[string]bool // C files that were asked for and that the class compiles
	err      error
}

// passOutcome is what one pass said.
type passOutcome struct {
	key      unitKey
	findings []Finding
	notRun   []string
	again    again
}

// open makes the programs of all prefixes; close drops them with their units,
// which together would not fit into memory for all classes.
func (j *classJob) open() {
	j.programs = make([]*facts.TreeProgram, len(j.Prefixes))
	for k := range j.programs {
		j.programs[k] = facts.NewProgram(j.Reader, j.Prefixes[k].Tree, j.class)
	}
}

func (j *classJob) close() {
	j.programs = nil
	j.Reader.ForgetClass(j.class)
}

// release drops what only a finding needs again, when there is none.
func (j *classJob) release() {
	for _, o := range j.outcomes {
		if len(o.findings) > 0 {
			return
		}
	}
	j.meta, j.class, j.conds = nil, nil, nil
}

// run judges patch after patch, dropping the units of prefixes left behind.
func (j *classJob) run(ctx context.Context) error {
	j.open()
	defer j.close()
	for k := 1; k < len(j.Prefixes); k++ {
		if err := j.runPatch(ctx, k); err != nil {
			return err
		}
		j.Reader.ForgetUnits(j.Prefixes[k-1].Tree, j.class)
	}
	return nil
}

// runPatch runs all rules on patch k.
func (j *classJob) runPatch(ctx context.Context, k int) error {
	for _, scope := range []Scope{PerClass, PerMachine} {
		for _, m := range j.machines(scope) {
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
		if len(j.changes[k]) == 0 {
			j.outcomes = append(j.outcomes, passOutcome{key: key})
			continue
		}
		if v == nil {
			var err error
			if v, err = j.view(ctx, m, k-1, k); err != nil {
				return err
			}
		}
		p, err := j.judge(ctx, rule, v)
		if err != nil {
			return err
		}
		j.outcomes = append(j.outcomes, passOutcome{key, p.findings, p.notRun, j.againAt(rule, m, k)})
	}
	return nil
}

// machines returns the machines to run rules of a scope on; nil stands for
// "any".
func (j *classJob) machines(scope Scope) []*arch.Machine {
	if scope == PerClass {
		return []*arch.Machine{nil}
	}
	if list := j.class.Machines(); len(list) > 0 {
		return list
	}
	return []*arch.Machine{{}}
}

// judge runs a rule on what a view shows.
func (j *classJob) judge(ctx context.Context, rule *Rule, v *view) (*Pass, error) {
	p := j.pass(ctx, rule, v.at)
	p.Class, p.Machine, p.conds, p.review = j.meta, v.machine, j.conds, j.review
	p.Entries, p.Users, p.Units, p.Changes = v.entries, v.users, v.units, v.changes
	p.Run, p.RunBefore = v.run, v.runBefore
	p.notRun = append(p.notRun, v.notRun...)
	p.callers = func(e *Entry) ([]*Entry, error) { return j.callersOf(ctx, p, v, e) }
	if err := rule.Run(p); err != nil {
		return nil, fmt.Errorf("%s: %w", rule.Name, err)
	}
	return p, nil
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
// prefix.
func (j *classJob) againAt(rule *Rule, m *arch.Machine, k int) again {
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
		for i := range p.findings {
			if fingerprint(&p.findings[i]) == f.Fingerprint {
				return true, nil
			}
		}
		// Not judged is not repaired.
		return len(p.notRun) > 0, nil
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
