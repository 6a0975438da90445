package kbuild

import (
	"crypto/sha1"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// orcHash makes the hash of the layout of unwind tables, by which a kernel
// knows modules made for another one: of the lines that number registers and
// types, and of struct orc_entry.
// Source: scripts/orc_hash.sh, v6.12.
func (b *Build) orcHash(words []string) ([]byte, error) {
	at := slices.Index(words, "<")
	if at < 0 || at+1 == len(words) {
		return nil, fmt.Errorf("generator without input")
	}
	data, err := fs.ReadFile(b.FS, path.Clean(words[at+1]))
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	inside := false
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#define ORC_REG_") || strings.HasPrefix(line, "#define ORC_TYPE_") {
			text.WriteString(line)
		}
		inside = inside || line == "struct orc_entry {\n"
		if inside {
			text.WriteString(line)
		}
		inside = inside && line[0] != '}'
	}
	out := "#define ORC_HASH "
	for _, b := range sha1.Sum([]byte(text.String())) {
		out += fmt.Sprintf("0x%02x,", b)
	}
	return []byte(out + "\n"), nil
}

var hypercallDefine = regexp.MustCompile(`^\s*#\s*define\s+(\w*__HYPERVISOR_[a-z]\w*)\s+(\w+)`)

// hypercalls lists the calls of Xen by the numbers that its headers define. A
// name that is the value of another stands under that one.
// Source: scripts/xen-hypercalls.sh, v6.1 and v6.12.
func (b *Build) hypercalls(headers []string) ([]byte, error) {
	byValue := make(map[string]string)
	for _, name := range headers {
		data, err := fs.ReadFile(b.FS, path.Clean(name))
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(data)) {
			if m := hypercallDefine.FindStringSubmatch(line); m != nil {
				byValue[m[2]] = m[1]
			}
		}
	}
	var lines []string
	for _, name := range byValue {
		if _, is := byValue[name]; !is {
			lines = append(lines, "HYPERCALL("+strings.TrimPrefix(name, "__HYPERVISOR_")+")\n")
		}
	}
	slices.Sort(lines)
	return []byte(strings.Join(slices.Compact(lines), "")), nil
}
