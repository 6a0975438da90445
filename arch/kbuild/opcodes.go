package kbuild

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// opcodeKind says where instructions of some formats have the third and fourth
// digit of their opcode.
type opcodeKind struct {
	byte    int // of the instruction; 0 for an opcode of two digits
	mask    int // what of that byte counts
	formats []string
}

// instruction is one line of opcodes.txt: "0e mvcl RR_RR".
type instruction struct {
	opcode, name, format string
	kind                 *opcodeKind
}

// longName is the length from which on a name does not fit into an entry of
// the table: it stands in a list of its own.
const longName = 6

// Opcodes are hexadecimal digits, the rest are C identifiers.
var (
	opcodeDigits = regexp.MustCompile(`^[0-9a-f]{2,16}$`)
	opcodeWord   = regexp.MustCompile(`^\w{1,19}$`)
	kindField    = regexp.MustCompile(`^\.(byte|mask) = (\w+),$`)
	kindFormat   = regexp.MustCompile(`^"(\w+)",$`)
)

// opcodes makes the disassembler's tables of s390 from the list of its
// instructions, which the last word of a command names, and the kinds of
// formats, which stand in the generator.
// Source: arch/s390/tools/gen_opcode_table.c, v6.1 and v6.12.
func (b *Build) opcodes(words []string) ([]byte, error) {
	if len(words) == 0 {
		return nil, fmt.Errorf("no list of instructions is given")
	}
	kinds, err := b.opcodeKinds()
	if err != nil {
		return nil, err
	}
	list, err := b.instructions(path.Clean(words[len(words)-1]), kinds)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	writeFormats(&out, list)
	writeLongNames(&out, list)
	writeOpcodes(&out, list)
	return guarded("__S390_GENERATED_DIS_DEFS_H__", out.String()), nil
}

// opcodeKinds reads the table of the generator.
func (b *Build) opcodeKinds() ([]*opcodeKind, error) {
	name := b.srcarch() + "/tools/gen_opcode_table.c"
	data, err := fs.ReadFile(b.FS, name)
	if err != nil {
		return nil, err
	}
	var kinds []*opcodeKind
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimSpace(line)
		if f := kindField.FindStringSubmatch(line); f != nil {
			value, err := strconv.ParseUint(f[2], 0, 8)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, n, err)
			}
			if f[1] == "byte" {
				kinds = append(kinds, &opcodeKind{byte: int(value)})
			} else if len(kinds) > 0 {
				kinds[len(kinds)-1].mask = int(value)
			}
		}
		if f := kindFormat.FindStringSubmatch(line); f != nil && len(kinds) > 0 {
			last := kinds[len(kinds)-1]
			last.formats = append(last.formats, f[1])
		}
	}
	return kinds, nil
}

// instructions reads the list at name.
func (b *Build) instructions(name string, kinds []*opcodeKind) ([]instruction, error) {
	data, err := fs.ReadFile(b.FS, name)
	if err != nil {
		return nil, err
	}
	var list []instruction
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 || !opcodeDigits.MatchString(f[0]) || !opcodeWord.MatchString(f[1]) || !opcodeWord.MatchString(f[2]) {
			return nil, fmt.Errorf("%s:%d: not an opcode, a name and a format", name, n)
		}
		base, _, _ := strings.Cut(f[2], "_")
		at := slices.IndexFunc(kinds, func(k *opcodeKind) bool { return slices.Contains(k.formats, base) })
		if at < 0 {
			return nil, fmt.Errorf("%s:%d: the generator does not know the format %s", name, n, base)
		}
		if kinds[at].byte != 0 && len(f[0]) < 3 {
			return nil, fmt.Errorf("%s:%d: an opcode of two digits has the format %s", name, n, base)
		}
		list = append(list, instruction{f[0], f[1], f[2], kinds[at]})
	}
	return list, nil
}

func writeFormats(out *bytes.Buffer, list []instruction) {
	var names []string
	for _, i := range list {
		names = append(names, i.format)
	}
	slices.Sort(names)
	writeEnum(out, "INSTR_", slices.Compact(names))
}

func writeLongNames(out *bytes.Buffer, list []instruction) {
	var names, upper []string
	for _, i := range list {
		if len(i.name) >= longName {
			names = append(names, i.name)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		upper = append(upper, strings.ToUpper(n))
	}
	writeEnum(out, "LONG_INSN_", upper)
	out.WriteString("#define LONG_INSN_INITIALIZER { \\\n")
	for i, n := range names {
		fmt.Fprintf(out, "\t[LONG_INSN_%s] = \"%s\", \\\n", upper[i], n)
	}
	out.WriteString("}\n\n")
}

func writeEnum(out *bytes.Buffer, prefix string, names []string) {
	out.WriteString("enum {\n")
	for _, n := range names {
		out.WriteString("\t" + prefix + n + ",\n")
	}
	fmt.Fprintf(out, "}; /* %d */\n\n", len(names))
}

// opcodeGroup are the instructions whose opcodes begin with the same byte:
// count entries of the table from offset on.
type opcodeGroup struct {
	opcode        string
	kind          *opcodeKind
	offset, count int
}

// writeOpcodes writes the table of instructions by opcode, those with an
// opcode of one byte last, and that of its groups.
func writeOpcodes(out *bytes.Buffer, list []instruction) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y instruction) int { return strings.Compare(x.opcode, y.opcode) })
	var groups []opcodeGroup
	offset := 0
	write := func(i instruction) {
		groups = addOpcode(groups, i, offset)
		writeOpcode(out, i, offset)
		offset++
	}
	out.WriteString("#define OPCODE_TABLE_INITIALIZER { \\\n")
	first := ""
	for _, i := range list {
		if i.kind.byte == 0 {
			continue
		}
		if first != i.opcode[:2] {
			first = i.opcode[:2]
			fmt.Fprintf(out, "\t/* %s */ \\\n", first)
		}
		write(i)
	}
	out.WriteString("\t/* 1-byte opcode instructions */ \\\n")
	for _, i := range list {
		if i.kind.byte == 0 {
			write(i)
		}
	}
	out.WriteString("}\n\n#define OPCODE_OFFSET_INITIALIZER { \\\n")
	for _, g := range groups {
		fmt.Fprintf(out, "\t{ .opcode = 0x%s, .mask = 0x%02x, .byte = %d, .offset = %d, .count = %d }, \\\n",
			g.opcode, g.kind.mask, g.kind.byte, g.offset, g.count)
	}
	out.WriteString("}\n")
}

// addOpcode adds the instruction to the last group if it belongs there, as all
// with an opcode of one byte do.
func addOpcode(groups []opcodeGroup, i instruction, offset int) []opcodeGroup {
	if n := len(groups); n > 0 {
		if last := &groups[n-1]; last.opcode == i.opcode[:2] || last.kind.byte == 0 {
			last.count++
			return groups
		}
	}
	return append(groups, opcodeGroup{i.opcode[:2], i.kind, offset, 1})
}

func writeOpcode(out *bytes.Buffer, i instruction, offset int) {
	digits := i.opcode
	if i.kind.byte != 0 {
		digits = digits[2:]
	}
	fmt.Fprintf(out, "\t[%4d] = { .opfrag = 0x%s, .format = INSTR_%s, ", offset, digits, i.format)
	if len(i.name) < longName {
		fmt.Fprintf(out, ".name = \"%s\" ", i.name)
	} else {
		fmt.Fprintf(out, ".offset = LONG_INSN_%s ", strings.ToUpper(i.name))
	}
	out.WriteString("}, \\\n")
}
