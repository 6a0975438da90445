package kbuild

import (
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

// facilityBit is one entry of a facility list.
var facilityBit = regexp.MustCompile(`^\s*(-?[0-9]+)\s*,?\s*(/\*.*)?$`)

// facilities makes the facility lists of s390: bit numbers, most significant
// first, turned into 64 bit words. The numbers stand in a C table of the
// generator, some of them under an #ifdef of a configuration symbol.
// Source: arch/s390/tools/gen_facilities.c, v6.1 and v6.12.
func (b *Build) facilities() ([]byte, error) {
	name := b.srcarch() + "/tools/gen_facilities.c"
	data, err := fs.ReadFile(b.FS, name)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	out.WriteString("#include <linux/const.h>\n\n")
	list, skip := "", 0
	var words []uint64
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimSpace(line)
		if symbol, ok := strings.CutPrefix(line, "#ifdef CONFIG_"); ok {
			if skip > 0 || b.Value(symbol) != "y" {
				skip++
			}
			continue
		}
		switch {
		case strings.HasPrefix(line, "#if"):
			return nil, fmt.Errorf("%s:%d: condition not understood: %s", name, n, line)
		case strings.HasPrefix(line, "#endif"):
			skip = max(skip-1, 0)
		case skip > 0:
		case strings.HasPrefix(line, ".name = \""):
			list, _, _ = strings.Cut(strings.TrimPrefix(line, ".name = \""), "\"")
			words = []uint64{0}
		case list != "" && facilityBit.MatchString(line):
			bit, err := strconv.Atoi(facilityBit.FindStringSubmatch(line)[1])
			switch {
			case err != nil || bit > 64*1024:
				return nil, fmt.Errorf("%s:%d: bad facility number", name, n)
			case bit < 0:
				writeFacilities(&out, list, words)
				list = ""
			default:
				for len(words) <= bit/64 {
					words = append(words, 0)
				}
				words[bit/64] |= 1 << (63 - bit%64)
			}
		}
	}
	return guarded("__ASM_S390_FACILITY_DEFS__", out.String()), nil
}

func writeFacilities(out *strings.Builder, name string, words []uint64) {
	var list []string
	for _, w := range words {
		list = append(list, fmt.Sprintf("_AC(0x%016x,UL)", w))
	}
	fmt.Fprintf(out, "#define %s %s\n", name, strings.Join(list, ","))
}
