package kconfig

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// probeTable says what a toolchain answers. Its head tells how it was made.
//
//go:embed probes.txt
var probeTable string

// unrunTable is the same for targets without a compiler to ask.
//
//go:embed probes-unrun.txt
var unrunTable string

// answers maps questions, as question.key spells them, to answers: y and n
// for a command that succeeds or fails, otherwise its output after a "=".
type answers map[string]string

// readAnswers returns the answers for an architecture: those in the section
// of its name, and those in the section "all".
func readAnswers(table, srcarch string) answers {
	found := answers{}
	wanted := false
	for line := range strings.Lines(table) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			name := strings.Trim(line, "[]")
			wanted = name == "all" || name == srcarch
		case wanted:
			answer, key, _ := strings.Cut(line, " ")
			if answer == "=" {
				var output string
				key, output, _ = strings.Cut(key, " => ")
				answer = "=" + output
			}
			found[key] = answer
		}
	}
	return found
}

// prober answers the shell commands of a Kconfig without running them.
type prober struct {
	fsys    fs.FS
	tools   Toolchain
	answers answers
	vars    map[string]string
}

func newProber(fsys fs.FS, t Toolchain, vars map[string]string) *prober {
	return &prober{fsys: fsys, tools: t, answers: readAnswers(probeTable+unrunTable, t.section), vars: vars}
}

// Probe returns the standard output of cmd and whether it is known. For an
// unknown command the output is that of one that fails.
func (p *prober) Probe(cmd string) (stdout string, known bool) {
	inner, yes, no, ok := cutConditional(cmd)
	if !ok {
		return p.output(cmd)
	}
	success, known := p.succeeds(inner)
	if success {
		return yes + "\n", known
	}
	return no + "\n", known
}

// cutConditional takes apart what $(if-success,…) makes:
// { inner; } >/dev/null 2>&1 && echo "yes" || echo "no".
func cutConditional(cmd string) (inner, yes, no string, ok bool) {
	rest, ok := strings.CutPrefix(cmd, "{ ")
	if !ok {
		return "", "", "", false
	}
	inner, rest, ok = strings.Cut(rest, `; } >/dev/null 2>&1 && echo "`)
	if !ok {
		return "", "", "", false
	}
	yes, rest, ok = strings.Cut(rest, `" || echo "`)
	return inner, yes, strings.TrimSuffix(rest, `"`), ok
}

// output answers $(shell,cmd).
func (p *prober) output(cmd string) (string, bool) {
	fields := strings.Fields(cmd)
	if out, ok := positional(fields); ok {
		return out + "\n", true
	}
	if out, ok := p.otherwise(fields); ok {
		return out + "\n", true
	}
	if len(fields) > 0 {
		switch p.inTree(fields[0]) {
		case "scripts/cc-version.sh":
			return p.tools.CCInfo + "\n", true
		case "scripts/as-version.sh":
			return p.tools.ASInfo + "\n", true
		case "scripts/ld-version.sh":
			return p.tools.LDInfo + "\n", true
		}
	}
	answer, known := p.lookup("sh " + p.normalize(fields))
	if output, ok := strings.CutPrefix(answer, "="); ok && output != "" {
		return output + "\n", known
	}
	return "", known
}

// otherwise answers: command -v tool >/dev/null 2>&1 && … || echo word, for the
// tools that the machine has not got. Linux 6.4 asks so for its Rust compiler.
func (p *prober) otherwise(fields []string) (string, bool) {
	n := len(fields)
	if n < 7 || fields[0] != "command" || fields[1] != "-v" || fields[n-3] != "||" || fields[n-2] != "echo" {
		return "", false
	}
	switch p.tool(fields[2]) {
	case "RUSTC", "BINDGEN", "PAHOLE":
		return fields[n-1], true
	}
	return "", false
}

// positional answers: set -- word… && echo $n.
func positional(fields []string) (string, bool) {
	n := len(fields)
	if n < 5 || fields[0] != "set" || fields[1] != "--" || fields[n-3] != "&&" || fields[n-2] != "echo" {
		return "", false
	}
	words := fields[2 : n-3]
	i, err := strconv.Atoi(strings.TrimPrefix(fields[n-1], "$"))
	if err != nil || i < 1 {
		return "", false
	}
	if i > len(words) {
		return "", true
	}
	return words[i-1], true
}

// succeeds answers $(success,cmd).
func (p *prober) succeeds(cmd string) (success, known bool) {
	fields := strings.Fields(cmd)
	if success, ok := p.builtin(cmd, fields); ok {
		return success, true
	}
	answer, known := p.lookup(p.question(cmd))
	return answer == "y", known
}

// lookup returns the answer to a question. What a script of the tree answers
// may depend on the version of the script.
func (p *prober) lookup(question string) (string, bool) {
	if answer, ok := p.answers[p.withVersion(question)]; ok {
		return answer, true
	}
	answer, ok := p.answers[question]
	return answer, ok
}

// withVersion returns question with a hash of the script of the tree that it
// runs, or unchanged where it runs none.
func (p *prober) withVersion(question string) string {
	command, ok := strings.CutPrefix(question, "sh ")
	if !ok {
		return question
	}
	for _, w := range strings.Fields(command) {
		if !strings.HasSuffix(w, ".sh") || !fs.ValidPath(w) {
			continue
		}
		if data, err := fs.ReadFile(p.fsys, w); err == nil {
			sum := sha256.Sum256(data)
			return fmt.Sprintf("%s #%x", question, sum[:4])
		}
	}
	return question
}

// builtin answers test and command -v.
func (p *prober) builtin(cmd string, fields []string) (success, ok bool) {
	switch {
	case len(fields) == 3 && fields[0] == "command" && fields[1] == "-v":
		return true, p.tool(fields[2]) != ""
	case strings.HasPrefix(cmd, `test -z "`) && strings.HasSuffix(cmd, `"`):
		return cmd == `test -z ""`, true
	case len(fields) == 4 && fields[0] == "test" && fields[2] == "=":
		return strings.Trim(fields[1], `"`) == strings.Trim(fields[3], `"`), true
	case len(fields) == 3 && fields[0] == "test" && fields[1] == "-e" &&
		strings.HasSuffix(fields[2], "plugin/include/plugin-version.h"):
		// Debian has the headers of gcc's plugins in a package of their own.
		return false, true
	}
	return false, false
}

// question returns how the table spells the question whether cmd succeeds:
// "cc options", "cpp options", "ld options", "as options: text", "c hash"
// for a piece of C, and "sh command" for the rest.
func (p *prober) question(cmd string) string {
	cmd = strings.TrimPrefix(cmd, `trap "rm -rf .tmp_$$" EXIT; mkdir .tmp_$$; `)
	if text, rest, ok := cutPipe(cmd, `printf "%b\n" "`, `" | `); ok {
		options, ok := strings.CutSuffix(p.normalize(strings.Fields(rest)), " -c -x assembler-with-cpp -o /dev/null -")
		if options, isCC := strings.CutPrefix(options, "$CC"); ok && isCC {
			return "as" + options + ": " + text
		}
	}
	if text, rest, ok := cutPipe(cmd, "echo '", "' | "); ok {
		sum := sha256.Sum256([]byte(text + "\n" + p.normalize(strings.Fields(rest))))
		return fmt.Sprintf("c %x", sum[:6])
	}
	line := p.normalize(strings.Fields(cmd))
	for _, form := range [...]struct{ name, prefix, suffix string }{
		{"cc ", "$CC -Werror ", " -c -x c /dev/null -o .tmp_$$/tmp.o"},
		{"cpp ", "$CC -Werror ", " -E -x c /dev/null -o /dev/null"},
		{"ld ", "$LD -v ", ""},
	} {
		options, isTool := strings.CutPrefix(line, form.prefix)
		options, whole := strings.CutSuffix(options, form.suffix)
		if isTool && whole {
			return form.name + options
		}
	}
	return "sh " + line
}

// cutPipe cuts prefix text separator rest.
func cutPipe(cmd, prefix, separator string) (text, rest string, ok bool) {
	rest, ok = strings.CutPrefix(cmd, prefix)
	if !ok {
		return "", "", false
	}
	i := strings.LastIndex(rest, separator)
	if i < 0 {
		return "", "", false
	}
	return rest[:i], rest[i+len(separator):], true
}

// normalize joins words without those that choose a target, with the names of
// the toolchain's programs replaced by those of make's variables, and paths made
// relative to the tree.
func (p *prober) normalize(words []string) string {
	target := strings.Fields(p.tools.ClangFlags)
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(target, w) })
	out := make([]string, len(words))
	for i, w := range words {
		switch tool := p.tool(w); {
		case tool != "":
			out[i] = "$" + tool
		case strings.HasPrefix(w, `"`) && strings.HasSuffix(w, `"`) && strings.Contains(w, "="):
			out[i] = p.normalizeSetting(w)
		case strings.HasPrefix(w, "-I"):
			out[i] = "-I" + p.inTree(w[2:])
		default:
			out[i] = p.inTree(w)
		}
	}
	return strings.Join(out, " ")
}

// normalizeSetting does the same for "CC=gcc".
func (p *prober) normalizeSetting(w string) string {
	name, value, _ := strings.Cut(strings.Trim(w, `"`), "=")
	if tool := p.tool(value); tool != "" {
		value = "$" + tool
	}
	return `"` + name + "=" + value + `"`
}

// tool returns the variable that holds the program w.
func (p *prober) tool(w string) string {
	for _, name := range [...]string{"CC", "LD", "AR", "NM", "OBJCOPY", "PYTHON3", "PAHOLE", "RUSTC", "BINDGEN"} {
		if w != "" && w == p.vars[name] {
			return name
		}
	}
	if w == "$CC" {
		return "CC"
	}
	return ""
}

// inTree returns path relative to the root of the tree if it lies there.
func (p *prober) inTree(path string) string {
	return strings.TrimPrefix(path, p.vars["srctree"]+"/")
}
