package trap_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/trap"
	"ptreview/testdata/demo"
)

func TestArchHelper(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/trap/arch-helper/*.txtar", checktest.Options{
		Rules: []*check.Rule{trap.ArchHelper},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}

func TestNewAssert(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/trap/new-assert/*.txtar", checktest.Options{
		Rules: []*check.Rule{trap.ArchHelper, trap.NewAssert},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}

func TestBuildBug(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/trap/build-bug/*.txtar", checktest.Options{
		Rules: []*check.Rule{trap.BuildBug},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
