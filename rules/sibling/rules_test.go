package sibling_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/sibling"
	"ptreview/testdata/demo"
)

func TestSameShape(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/sibling/same-shape/*.txtar", checktest.Options{
		Rules: []*check.Rule{sibling.SameShape},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
