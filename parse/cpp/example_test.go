package cpp_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

func Example() {
	fsys := fstest.MapFS{
		"mm/pte.c":           {Data: []byte("#include <asm/page.h>\nunsigned long size = PAGE_SIZE;\n")},
		"include/asm/page.h": {Data: []byte("#define PAGE_SHIFT 12\n#define PAGE_SIZE (1UL << PAGE_SHIFT)\n")},
	}
	cache := cpp.NewCache(source.NewSet())
	unit, err := cache.Preprocess(context.Background(), "mm/pte.c", &cpp.Options{FS: fsys, Angle: []string{"include"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(unit.Text())
	shift := unit.Tokens[7]
	for _, use := range unit.Chain(shift.Loc()) {
		fmt.Println(use.Macro.Name, "used at", unit.Set.Position(use.Pos))
	}
	// Output:
	// unsigned long size = ( 1UL << 12 ) ;
	// PAGE_SHIFT used at include/asm/page.h:2:27
	// PAGE_SIZE used at mm/pte.c:2:22
}
