package kbuild

import (
	"fmt"
	"strings"
)

// machTypesSH makes the list of SuperH boards: MACH_ and mach_is_ of each one,
// true in the kernels that are configured for it.
// Source: arch/sh/tools/gen-mach-types, v6.1 and v6.12.
func (b *Build) machTypesSH(words []string) ([]byte, error) {
	_, text, err := b.awkInput(words)
	if err != nil {
		return nil, err
	}
	var boards, tests strings.Builder
	for entry := range strings.Lines(text) {
		fields := strings.Fields(entry)
		if len(fields) != 2 || entry[0] == '#' {
			continue
		}
		fmt.Fprintf(&boards, "#ifdef CONFIG_%s\n#define MACH_%s 1\n#else\n#define MACH_%s 0\n#endif\n", fields[1], fields[0], fields[0])
		fmt.Fprintf(&tests, "#define mach_is_%s() (MACH_%s)\n", strings.ToLower(fields[0]), fields[0])
	}
	return guarded("__ASM_SH_MACHTYPES_H", boards.String()+tests.String()), nil
}
