package main

import "slices"

// unattendedFlags are those of reviews that another program asks for: git for a
// hook, or b4.
type unattendedFlags struct {
	Rule []string `help:"Rules to run (default: all). See ptreview explain." placeholder:"NAME"`
	archFlags
	baselineFlags
	NoAssume bool `help:"As ptreview review --no-assume."`
	Jobs     int  `help:"Configurations read at the same time (default: one for each CPU)." placeholder:"N"`
	cacheFlags

	levels *levels
}

// AfterApply keeps what else than flags says how to review.
func (c *unattendedFlags) AfterApply(l *levels) error {
	c.levels = l
	return nil
}

// review returns a review as the flags want it. What is named as given is not to be
// set by files and the environment.
func (c *unattendedFlags) review(given ...string) *reviewCmd {
	l := *c.levels
	l.given = append(slices.Clone(l.given), given...)
	return &reviewCmd{
		Rule: c.Rule, NoAssume: c.NoAssume, Jobs: c.Jobs,
		archFlags: c.archFlags, baselineFlags: c.baselineFlags, cacheFlags: c.cacheFlags, levels: &l,
	}
}
