package rules_test

import (
	"io/fs"
	"path/filepath"
	"testing"

	"ptreview/rules"
	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/testdata/demo"
)

// onKernels are the rules whose subject no kernel in miniature has; rules/check
// tests them on real ones, with and without mistakes.
var onKernels = map[string]string{
	"contract/law":       "laws are asked of all helpers of an architecture",
	"contract/meaning":   "changed helpers are compared on emulated page tables",
	"contract/self-test": "mm/debug_vm_pgtable.c is run",
}

// archives are the archives of a rule.
func archives(rule *check.Rule) string {
	return filepath.Join("..", "testdata", "rules", filepath.FromSlash(rule.Name), "*.txtar")
}

// TestFixtures checks that every rule has code that it reports, and code near it
// that it does not.
func TestFixtures(t *testing.T) {
	for _, rule := range rules.All() {
		files, err := filepath.Glob(archives(rule))
		if err != nil {
			t.Fatal(err)
		}
		if onKernels[rule.Name] != "" {
			if len(files) > 0 {
				t.Errorf("%s: got archives, so that it needs no excuse", rule.Name)
			}
			continue
		}
		var bad, good bool
		for _, file := range files {
			b, g, err := checktest.Kinds(file)
			if err != nil {
				t.Fatal(err)
			}
			bad, good = bad || b, good || g
		}
		if !bad || !good {
			t.Errorf("%s: of %d archives, got one with a finding: %v, one without or with a function that has none: %v; want both", rule.Name, len(files), bad, good)
		}
	}
}

// TestRepairs takes back what archives with findings change: no finding stays.
func TestRepairs(t *testing.T) {
	for _, rule := range rules.All() {
		if onKernels[rule.Name] != "" {
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			checktest.Repair(t, archives(rule), checktest.Options{
				Rules: []*check.Rule{rule},
				Base:  map[string]fs.FS{"demo": demo.Tree()},
			})
		})
	}
}
