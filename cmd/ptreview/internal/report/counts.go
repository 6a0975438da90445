package report

import "ptreview/rules/check"

// severities counts the findings of each severity, without known ones.
func severities(r *check.Report) map[check.Severity]int {
	count := make(map[check.Severity]int)
	for _, f := range told(r) {
		count[f.Severity]++
	}
	return count
}

// unitCounts sums the units of work that are clean, and that were not run.
func unitCounts(r *check.Report) (clean, notRun int) {
	for i := range r.Coverage {
		clean += r.Coverage[i].Clean
		notRun += notRunUnits(&r.Coverage[i])
	}
	return clean, notRun
}

// HasNotRun reports whether units of work were not run.
func HasNotRun(r *check.Report) bool {
	_, notRun := unitCounts(r)
	return notRun > 0
}

// notRunUnits sums the units of work of an architecture that were not run.
func notRunUnits(c *check.Coverage) int {
	units := 0
	for _, n := range c.NotRun {
		units += n.Units
	}
	return units
}
