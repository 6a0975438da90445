package mapping_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/mapping"
	"ptreview/testdata/demo"
)

func TestUncheckedNull(t *testing.T) { run(t, "unchecked-null", mapping.UncheckedNull) }

func TestUnbalanced(t *testing.T) { run(t, "unbalanced", mapping.Unbalanced) }

func TestSleeps(t *testing.T) { run(t, "sleeps", mapping.Sleeps) }

func TestWrongLock(t *testing.T) { run(t, "wrong-lock", mapping.WrongLock) }

func run(t *testing.T, name string, rule *check.Rule) {
	checktest.Run(t, "../../testdata/rules/map/"+name+"/*.txtar", checktest.Options{
		Rules: []*check.Rule{rule},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
