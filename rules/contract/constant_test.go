package contract_test

import (
	"io/fs"
	"testing"

	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/contract"
	"ptreview/testdata/demo"
)

func TestConstant(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/contract/constant/*.txtar", checktest.Options{
		Rules: []*check.Rule{contract.Constant},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}

func TestEmpty(t *testing.T) {
	checktest.Run(t, "../../testdata/rules/contract/empty/*.txtar", checktest.Options{
		Rules: []*check.Rule{contract.Empty},
		Base:  map[string]fs.FS{"demo": demo.Tree()},
	})
}
