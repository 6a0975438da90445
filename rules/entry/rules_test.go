package entry_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/entry"
	"ptreview/testdata/demo"
)

func TestRawAccess(t *testing.T) { run(t, "raw-access", entry.RawAccess) }

func TestWrongSetter(t *testing.T) { run(t, "wrong-setter", entry.WrongSetter) }

func run(t *testing.T, name string, rule *check.Rule) {
	checktest.Run(t, "../../testdata/rules/entry/"+name+"/*.txtar", checktest.Options{
		Rules: []*check.Rule{rule},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
