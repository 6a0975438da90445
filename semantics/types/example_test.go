package types_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

func ExampleUnit_Check() {
	const src = `
typedef struct { unsigned long pmd; } pmd_t;
int pmd_same(pmd_t a, pmd_t b)
{
	return a.pmd == b.pmd && helper(a);
}
`
	cache := cpp.NewCache(source.NewSet())
	unit, err := cache.Preprocess(context.Background(), "pmd.c", &cpp.Options{FS: fstest.MapFS{"pmd.c": {Data: []byte(src)}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	file, _ := syntax.Parse(unit, syntax.Options{})
	u := types.NewUnit(file, &arch.Named("powerpc").Variants[0].ABI, types.Options{})
	info, errs := u.Check(file.Func("pmd_same"))
	fmt.Println(info.Type, len(info.Params))
	for _, err := range errs {
		fmt.Println(err)
	}
	// Output:
	// int (struct {…}, struct {…}) 2
	// pmd.c:5:27: call of undeclared function helper
}
