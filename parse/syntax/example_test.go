package syntax_test

import (
	"fmt"
	"os"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
)

func ExampleFile_Body() {
	cache := cpp.NewCache(source.NewSet())
	unit := lexed(cache, "entry.c", []byte(`
typedef struct { unsigned long pte; } pte_t;
static inline int pte_same(pte_t a, pte_t b) { return a.pte == b.pte; }
`))
	file, errs := syntax.Parse(unit, syntax.Options{})
	if len(errs) > 0 {
		fmt.Println(errs)
		return
	}
	body, err := file.Body(file.Func("pte_same"))
	if err != nil {
		fmt.Println(err)
		return
	}
	x := body.Items[0].(*syntax.Return).X
	fmt.Println(unit.Position(x.Loc()), syntax.ExprString(x))
	// Output: entry.c:3:61 a.pte == b.pte
}

func ExampleParseFragment() {
	cache := cpp.NewCache(source.NewSet())
	file, errs := syntax.ParseFragment(cache, cache.Set.Add("hunk", []byte(`
	return NULL;
}

static inline int pte_none(pte_t pte)
{
	return !pte_val(pte);
}
`)))
	for _, err := range errs {
		fmt.Println(err)
	}
	if err := syntax.Print(os.Stdout, file.Func("pte_none")); err != nil {
		fmt.Println(err)
	}
	// Output:
	// hunk:3:1: expected a type, found '}'
	// static inline int pte_none(pte_t pte);
}
