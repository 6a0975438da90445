package race_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/race"
	"ptreview/testdata/demo"
)

func TestPageTable(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/race/page-table/*.txtar", checktest.Options{
		Rules: []*check.Rule{race.PageTable},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
