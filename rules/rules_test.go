package rules_test

import (
	"strings"
	"testing"

	"ptreview/rules"
)

// TestAdvice checks that every rule says what to do, so that it can be put behind
// a message: one sentence without a capital and a full stop.
func TestAdvice(t *testing.T) {
	for _, r := range rules.All() {
		a := r.Advice
		if len(a) < 20 || len(a) > 160 || strings.ToLower(a[:1]) != a[:1] || strings.HasSuffix(a, ".") || strings.Contains(a, "\n") {
			t.Errorf("%s: got advice %q, want one short sentence without a capital and a full stop", r.Name, a)
		}
	}
}
