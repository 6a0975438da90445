package history_test

import (
	"fmt"

	"ptreview/parse/history"
)

func ExampleDiffLines() {
	diff := history.DiffLines([]byte("pgd\npud\npte\n"), []byte("pgd\np4d\npud\npte\n"))
	fmt.Println("added", diff.Added, "removed", diff.Removed)
	old, same := diff.OldLine(3)
	fmt.Println("line 3 was line", old, same)
	// Output:
	// added [2] removed []
	// line 3 was line 2 true
}
