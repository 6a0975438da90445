package level_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/level"
	"ptreview/testdata/demo"
)

func TestFolded(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/level/folded/*.txtar", checktest.Options{
		Rules: []*check.Rule{level.Folded},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
