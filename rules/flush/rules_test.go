package flush_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/flush"
	"ptreview/testdata/demo"
)

func TestMissing(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/flush/missing/*.txtar", checktest.Options{
		Rules: []*check.Rule{flush.Missing},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
