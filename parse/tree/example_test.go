package tree_test

import (
	"fmt"
	"io/fs"
	"testing/fstest"

	"ptreview/parse/tree"
)

func ExampleNewOverlay() {
	base := tree.Embedded(fstest.MapFS{
		"mm/memory.c": {Data: []byte("int before;\n")},
		"mm/gone.c":   {Data: []byte("int gone;\n")},
	})
	after := tree.NewOverlay(base, map[string][]byte{
		"mm/memory.c": []byte("int after;\n"),
		"mm/gone.c":   nil,
		"mm/new.c":    {},
	})
	content, err := after.ReadFile("mm/memory.c")
	fmt.Printf("%s%v\n", content, err)
	names, err := fs.Glob(after, "mm/*")
	fmt.Println(names, err)
	// Output:
	// int after;
	// <nil>
	// [mm/memory.c mm/new.c] <nil>
}
