package check

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// judgeClasses runs the rules on every class and machine worth reading.
func (r *review) judgeClasses(ctx context.Context) error {
	if len(r.Prefixes) == 0 || !r.changesC() {
		return nil
	}
	var jobs []*classJob
	for _, a := range r.Archs {
		r.tell("choosing configurations of " + a.Name)
		list, err := r.archJobs(ctx, a)
		if err != nil {
			return err
		}
		jobs = append(jobs, list...)
	}
	r.total = len(jobs)
	if err := r.runJobs(ctx, jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		for _, o := range j.outcomes {
			r.record(o.key, len(o.findings), o.notRun)
			r.merge(o.findings, o.again)
		}
	}
	return nil
}

func (r *review) changesC() bool {
	for _, list := range r.changes {
		if len(list) > 0 {
			return true
		}
	}
	return false
}

// runJobs runs jobs on several goroutines. Each writes only to its own job, so
// that their order does not matter.
func (r *review) runJobs(ctx context.Context, jobs []*classJob) error {
	n := max(1, min(r.Jobs, runtime.GOMAXPROCS(0)*4))
	next := make(chan *classJob)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for j := range next {
				j.err = j.run(ctx)
				r.step(j.meta.ID)
			}
		})
	}
	for _, j := range jobs {
		next <- j
	}
	close(next)
	wg.Wait()
	var errs []error
	for _, j := range jobs {
		if j.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", j.meta.ID, j.err))
		}
	}
	return errors.Join(errs...)
}

// archJobs chooses the classes of one architecture.
func (r *review) archJobs(ctx context.Context, a *arch.Arch) ([]*classJob, error) {
	last := r.Prefixes[len(r.Prefixes)-1].Tree
	kc, err := kconfig.Load(last, a.Name, kconfig.Env{})
	if err != nil {
		return nil, fmt.Errorf("Kconfig of %s: %w", a.Name, err)
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
	conds, err := r.conditions(ctx, a)
	if err != nil {
		return nil, err
	}
	var list []*class.Class
	if r.Config != nil {
		list = []*class.Class{chooser.Base()}
	} else {
		var unmet []class.Unmet
		if list, unmet, err = chooser.Classes(conds.formulas); err != nil {
			return nil, err
		}
		for _, u := range unmet {
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
		cov.classes = append(cov.classes, c)
		jobs = append(jobs, &classJob{review: r, meta: c, class: read, conds: conds})
	}
	return jobs, nil
}

// classJob is all rules on one class, over all patches and machines.
type classJob struct {
	*review
	meta     *class.Class
	class    *unit.Class
	conds    *archConditions
	programs []*facts.TreeProgram // by prefix
	outcomes []passOutcome
	err      error
}

// passOutcome is what one pass said.
type passOutcome struct {
	key      unitKey
	findings []Finding
	notRun   []string
	again    func(f *Finding, prefix int) (bool, error)
}

func (j *classJob) run(ctx context.Context) error {
	j.programs = make([]*facts.TreeProgram, len(j.Prefixes))
	for k := range j.programs {
		j.programs[k] = facts.NewProgram(j.Reader, j.Prefixes[k].Tree, j.class)
	}
	for _, scope := range []Scope{PerClass, PerMachine} {
		for _, m := range j.machines(scope) {
			for _, rule := range j.Rules {
				if rule.Scope == scope {
					if err := j.judge(ctx, rule, m); err != nil {
						return err
					}
				}
			}
		}
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

// judge runs one rule on one machine, patch by patch.
func (j *classJob) judge(ctx context.Context, rule *Rule, m *arch.Machine) error {
	key := unitKey{rule: rule.Name, arch: j.meta.Arch.Name, class: j.meta.ID}
	if m != nil {
		key.machine = m.Name
	}
	judgedAny := false
	for k := 1; k < len(j.Prefixes); k++ {
		if len(j.changes[k]) == 0 {
			continue
		}
		p, err := j.judgePatch(ctx, rule, m, k-1, k)
		if err != nil {
			return err
		}
		judgedAny = true
		j.outcomes = append(j.outcomes, passOutcome{key, p.findings, p.notRun, j.againAt(ctx, rule, m, k)})
	}
	if !judgedAny {
		j.outcomes = append(j.outcomes, passOutcome{key: key})
	}
	return nil
}

// judgePatch runs a rule on the functions that patch k changed, as they are at
// prefix at, which is k or later, against what they were before patch k.
func (j *classJob) judgePatch(ctx context.Context, rule *Rule, m *arch.Machine, from, at int) (*Pass, error) {
	p := j.pass(ctx, rule, at)
	p.Class, p.Machine, p.conds, p.review = j.meta, m, j.conds, j.review
	entries, err := j.entries(ctx, p, m, from, at)
	if err != nil {
		return nil, err
	}
	p.Entries = entries
	if m != nil {
		p.Run, p.RunBefore = j.runner(at, m), j.runner(from, m)
	}
	p.callers = func(e *Entry) ([]*Entry, error) { return j.callersOf(ctx, p, m, from, at, e) }
	if err := rule.Run(p); err != nil {
		return nil, fmt.Errorf("%s: %w", rule.Name, err)
	}
	return p, nil
}

// runner returns the executor of a prefix on a machine. A new one is made for
// each pass, as functions are known by their graph.
func (j *classJob) runner(k int, m *arch.Machine) Runner {
	if j.NewRunner != nil {
		return j.NewRunner(j.programs[k], m)
	}
	return emulated(j.programs[k], m)
}

// againAt returns a function that judges a finding of patch k again on a later
// prefix.
func (j *classJob) againAt(ctx context.Context, rule *Rule, m *arch.Machine, k int) func(*Finding, int) (bool, error) {
	return func(f *Finding, prefix int) (bool, error) {
		p, err := j.judgeSpan(ctx, rule, m, k, prefix)
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

// judgeSpan judges the changes of patch k as prefix "at" has them.
func (j *classJob) judgeSpan(ctx context.Context, rule *Rule, m *arch.Machine, k, at int) (*Pass, error) {
	return j.judgePatch(ctx, rule, m, k-1, at)
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
