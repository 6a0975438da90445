package lazy_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/lazy"
	"ptreview/testdata/demo"
)

func TestNested(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/lazy/nested/*.txtar", checktest.Options{
		Rules: []*check.Rule{lazy.Nested},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
