// Package rules lists the rules.
package rules

import (
	"ptreview/rules/build"
	"ptreview/rules/check"
	"ptreview/rules/contract"
	"ptreview/rules/entry"
	"ptreview/rules/flush"
	"ptreview/rules/lazy"
	"ptreview/rules/level"
	"ptreview/rules/mapping"
	"ptreview/rules/race"
	"ptreview/rules/sibling"
	"ptreview/rules/trap"
)

// All returns every rule, in the order in which they are run and listed.
func All() []*check.Rule {
	return []*check.Rule{
		build.Undeclared,
		build.Redefined,
		build.Signature,
		build.Bisect,
		trap.ArchHelper,
		trap.NewAssert,
		trap.BuildBug,
		mapping.UncheckedNull,
		mapping.Unbalanced,
		mapping.Sleeps,
		mapping.WrongLock,
		lazy.Nested,
		entry.RawAccess,
		entry.WrongSetter,
		level.Folded,
		flush.Missing,
		sibling.SameShape,
		contract.Constant,
		contract.Law,
		contract.Meaning,
		contract.Empty,
		race.PageTable,
		contract.SelfTest,
	}
}

// Named returns the rule of that name, or nil.
func Named(name string) *check.Rule {
	for _, r := range All() {
		if r.Name == name {
			return r
		}
	}
	return nil
}
