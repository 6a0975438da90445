package check

import (
	"context"
	"slices"
	"sync"

	"ptreview/arch"
)

// crew is the goroutines of a review. Each takes a class that is ready to be
// read, else chooses the classes of the next architecture: so few classes wait,
// and what they hold. What a job finds stays in the job, so that the order in
// which jobs are done does not matter.
type crew struct {
	*review
	ctx context.Context

	mu       sync.Mutex
	changed  sync.Cond
	plans    []*archPlan // by architecture, as they are made
	next     int         // the architecture to choose for
	choosing int         // goroutines that are choosing
	ready    []*classJob
	failed   []error // by architecture
}

// work chooses and judges the classes of all architectures, and returns them in
// the order of the architectures. The error is that of the first architecture
// that has one, whichever fails first.
func (r *review) work(ctx context.Context) ([]*archPlan, error) {
	c := &crew{review: r, ctx: ctx, plans: make([]*archPlan, len(r.Archs)), failed: make([]error, len(r.Archs))}
	c.changed.L = &c.mu
	var workers sync.WaitGroup
	for range max(1, r.Jobs) {
		workers.Go(c.run)
	}
	workers.Wait()
	for _, err := range append(c.failed, ctx.Err()) {
		if err != nil {
			return nil, err
		}
	}
	return c.plans, nil
}

func (c *crew) run() {
	for {
		job, next := c.take()
		switch {
		case job != nil:
			job.err = job.run(c.ctx)
			c.tell(1/float64(len(job.plan.jobs)), job.id)
			job.release()
			c.done(job)
		case next >= 0:
			c.choose(next)
		default:
			return
		}
	}
}

// take returns a job, or the index of an architecture, or nil and -1 when there
// is nothing left to do.
func (c *crew) take() (*classJob, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.ctx.Err() != nil || slices.ContainsFunc(c.failed, isError):
			return nil, -1
		case len(c.ready) > 0:
			j := c.ready[0]
			c.ready = c.ready[1:]
			return j, -1
		case c.next < len(c.Archs):
			c.next++
			c.choosing++
			return nil, c.next - 1
		case c.choosing == 0:
			return nil, -1
		}
		c.changed.Wait()
	}
}

// choose makes the plan of one architecture and its jobs ready.
func (c *crew) choose(i int) {
	c.tell(0, "choosing configurations of "+c.Archs[i].Name)
	plan, err := c.plan(c.ctx, c.Archs[i])
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed.Broadcast()
	c.choosing--
	if err != nil {
		c.failed[i] = err
		return
	}
	c.plans[i] = plan
	if plan.open = len(plan.jobs); plan.open == 0 {
		c.tell(1, plan.arch.Name)
		c.forget(plan.arch)
	}
	c.ready = append(c.ready, plan.jobs...)
}

// done lets go of what only one architecture needs, with its last job.
func (c *crew) done(j *classJob) {
	c.mu.Lock()
	defer c.mu.Unlock()
	j.plan.open--
	if j.plan.open == 0 {
		c.forget(j.arch)
	}
}

// forget lets go of the files of an architecture. Others that read some of them
// too read them again.
func (r *review) forget(a *arch.Arch) {
	folder := "arch/" + a.Name
	r.Reader.ForgetFolder(folder)
	for _, s := range r.stores {
		s.Forget(folder)
	}
}

func isError(err error) bool { return err != nil }
