package kbuild

import (
	"fmt"
	"strings"
)

// Offset is one constant that C code hands to assembly: a DEFINE() or
// OFFSET() of a file such as arch/x86/kernel/asm-offsets.c.
type Offset struct {
	Name  string
	Value int64
	// Comment is the expression the value comes from.
	Comment string
}

// formatOffsets writes a header of offsets.
// Source: scripts/Makefile.lib, filechk_offsets, v6.1.
func formatOffsets(list []Offset, guard string) []byte {
	var out strings.Builder
	for _, o := range list {
		fmt.Fprintf(&out, "#define %s %d /* %s */\n", o.Name, o.Value, strings.ReplaceAll(o.Comment, "*/", "* /"))
	}
	return guarded(guard, out.String())
}
