package report

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/muesli/termenv"
)

// Definition is one definition of a helper as one architecture sees it.
type Definition struct {
	Arch      string
	File      string
	Line      int
	Meaning   string
	Condition string
}

// Definitions writes definitions by their place, with the architectures that
// have them in force and when. Architectures that agree stand together.
func Definitions(w io.Writer, list []Definition, profile termenv.Profile) error {
	list = append([]Definition(nil), list...)
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Meaning < b.Meaning // a macro may mean another thing elsewhere
	})
	t := &text{w: bufio.NewWriter(w), opt: Options{Profile: profile}}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].File == list[0].File && list[n].Line == list[0].Line && list[n].Meaning == list[0].Meaning {
			n++
		}
		t.definition(list[:n])
		list = list[n:]
	}
	return t.w.Flush()
}

// definition writes one definition with all that have it.
func (t *text) definition(all []Definition) {
	t.printf("%s  %s\n", t.bold(fmt.Sprintf("%s:%d", all[0].File, all[0].Line)), Clean(all[0].Meaning))
	var conditions []string
	archs := make(map[string][]string)
	for _, d := range all {
		if archs[d.Condition] == nil {
			conditions = append(conditions, d.Condition)
		}
		archs[d.Condition] = append(archs[d.Condition], d.Arch)
	}
	for _, c := range conditions {
		t.item(strings.Join(archs[c], ", ") + ": " + c)
	}
}
