package report

import (
	"fmt"

	"ptreview/rules/check"
)

// excluded says which traps no caller lets happen.
func (t *text) excluded(list []check.Excluded) {
	if len(list) == 0 {
		return
	}
	t.printf("%s\n", t.bold("reached by no caller"))
	for _, x := range excludedAlike(list) {
		t.item(x.text)
		t.assumptions("    ", x.assumptions)
	}
	t.printf("\n")
}

// exclusion says that no caller lets a trap happen.
type exclusion struct {
	text        string
	assumptions []check.Assumption
}

// excludedAlike words exclusions, those of several classes and machines once.
func excludedAlike(list []check.Excluded) []exclusion {
	var all []exclusion
	told := make(map[string]bool)
	for _, x := range list {
		text := fmt.Sprintf("patch %d  %s: %s() reaches %s() and its %s at %s:%d in no run that its callers in the tree allow; --no-assume leaves out what they establish",
			x.Patch, x.Arch, x.Entry, x.Helper, x.Trap.Kind, x.Trap.File, x.Trap.Line)
		key := text + fmt.Sprint(x.Assumptions)
		if !told[key] {
			told[key] = true
			all = append(all, exclusion{text, x.Assumptions})
		}
	}
	return all
}
