package build_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/build"
	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/testdata/demo"
)

func TestRedefined(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/build/redefined/*.txtar", checktest.Options{
		Rules: []*check.Rule{build.Redefined},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}

func TestUndeclared(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/build/undeclared/*.txtar", checktest.Options{
		Rules: []*check.Rule{build.Undeclared},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}

func TestBisect(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/build/bisect/*.txtar", checktest.Options{
		Rules: []*check.Rule{build.Undeclared, build.Redefined, build.Bisect},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}

func TestSignature(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/build/signature/*.txtar", checktest.Options{
		Rules: []*check.Rule{build.Signature},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
