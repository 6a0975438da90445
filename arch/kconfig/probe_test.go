package kconfig

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const probesHead = `# What the compilers, assemblers and linkers of Debian 12 (gcc 12.2.0, binutils
# 2.40; packages gcc-<triplet>) answer to the questions that the Kconfig files of
# linux 6.1 and 6.12 ask. Made on a machine with all of them by
#	go test ./arch/kconfig -run TestProbeTable -update
# with PTREVIEW_LINUX_6_1 and PTREVIEW_LINUX_6_12 set: every command was run.
#
# A line is: answer, question. Answers: y, n, or = for an output that follows
# after =>. Questions: see question in probe.go; one with a #hash is asked by
# that version of a script of the tree, where versions differ in the answer.
# Those of section all are answered alike for every target of gcc; hexagon, which
# only clang has, answers for clang-22 and its tools.
`

// asker runs commands for real and notes the questions they stand for.
type asker struct {
	t    *testing.T
	p    *prober
	cmd  func(cmd string) string
	seen answers
}

func (a *asker) Probe(cmd string) (string, bool) {
	out := a.cmd(cmd)
	if inner, yes, _, ok := cutConditional(cmd); ok {
		if _, ok := a.p.builtin(inner, strings.Fields(inner)); !ok {
			a.note(a.p.question(inner), map[bool]string{true: "y", false: "n"}[out == yes+"\n"])
		}
		return out, true
	}
	fields := strings.Fields(cmd)
	if _, ok := positional(fields); ok || strings.Contains(fields[0], "-version.sh") && a.p.tool(fields[1]) != "" && !strings.HasPrefix(fields[1], "no-") {
		return out, true
	}
	if strings.HasSuffix(cmd, " -print-file-name=plugin") {
		out = "plugin\n"
	}
	a.note("sh "+a.p.normalize(fields), "="+strings.TrimSuffix(out, "\n"))
	return out, true
}

// note stores an answer under the version of the script asked, if any.
func (a *asker) note(question, answer string) {
	q := a.p.withVersion(question)
	if old, ok := a.seen[q]; ok && old != answer {
		a.t.Errorf("%s: answered %q and %q", q, old, answer)
	}
	a.seen[q] = answer
}

// dropVersions removes script versions that all answer alike.
func dropVersions(seen answers) answers {
	byQuestion := map[string]map[string]bool{}
	for q, answer := range seen {
		plain, _, _ := strings.Cut(q, " #")
		if byQuestion[plain] == nil {
			byQuestion[plain] = map[string]bool{}
		}
		byQuestion[plain][answer] = true
	}
	out := answers{}
	for q, answer := range seen {
		if plain, _, _ := strings.Cut(q, " #"); len(byQuestion[plain]) == 1 {
			q = plain
		}
		out[q] = answer
	}
	return out
}

func shell(t testing.TB, vars map[string]string) func(string) string {
	dir, env := t.TempDir(), environ(vars)
	return func(cmd string) string {
		c := exec.Command("/bin/sh", "-c", cmd)
		c.Dir, c.Env = dir, env
		// A command that fails is an answer, too.
		out, _ := c.Output()
		return string(out)
	}
}

// askCompilers returns what the real toolchain of srcarch answers to all
// questions of the real trees.
func askCompilers(t *testing.T, srcarch string) answers {
	needToolchain(t, srcarch)
	seen := answers{}
	for _, variable := range realTrees {
		tree := realTree(t, variable)
		vars := oracleVars(tree, srcarch)
		a := &asker{t: t, p: newProber(os.DirFS(tree), ToolchainFor(srcarch), vars), cmd: shell(t, vars), seen: seen}
		if _, err := Load(os.DirFS(tree), srcarch, Env{Vars: vars, Probe: a.Probe}); err != nil {
			t.Fatal(err)
		}
	}
	return dropVersions(seen)
}

// TestProbeTable checks every line of probes.txt against the compilers of
// this machine, and that no line is missing.
func TestProbeTable(t *testing.T) {
	if testing.Short() && !*update {
		t.Skip("SKIPPED: asking the real compilers takes 20 s")
	}
	all := map[string]answers{}
	for _, srcarch := range compiledArches {
		t.Run(srcarch, func(t *testing.T) {
			seen := askCompilers(t, srcarch)
			all[srcarch] = seen
			if *update {
				return
			}
			table := readAnswers(probeTable, srcarch)
			for _, q := range slices.Sorted(maps.Keys(seen)) {
				if table[q] != seen[q] {
					t.Errorf("%s: table has %q, compiler says %q", q, table[q], seen[q])
				}
			}
		})
	}
	if *update && len(all) == len(compiledArches) {
		writeFile(t, "probes.txt", formatAnswers(all))
	}
}

func formatAnswers(all map[string]answers) string {
	common := answers{}
	for q, a := range all[compiledArches[0]] {
		same := true
		for _, srcarch := range compiledArches {
			same = same && (all[srcarch][q] == a || ToolchainFor(srcarch).LLVM != "")
		}
		if same {
			common[q] = a
		}
	}
	var b strings.Builder
	b.WriteString(probesHead)
	formatSection(&b, "all", common, nil)
	for _, srcarch := range compiledArches {
		formatSection(&b, srcarch, all[srcarch], common)
	}
	return b.String()
}

func formatSection(b *strings.Builder, name string, list, without answers) {
	fmt.Fprintf(b, "\n[%s]\n", name)
	for _, q := range slices.Sorted(maps.Keys(list)) {
		if a, ok := without[q]; ok && a == list[q] {
			continue
		}
		if output, ok := strings.CutPrefix(list[q], "="); ok {
			fmt.Fprintf(b, "= %s => %s\n", q, output)
		} else {
			fmt.Fprintf(b, "%s %s\n", list[q], q)
		}
	}
}

// TestProbeOtherwise checks what is answered for tools that are not there.
func TestProbeOtherwise(t *testing.T) {
	p := newProber(os.DirFS(t.TempDir()), Toolchain{}, map[string]string{"RUSTC": "rustc", "CC": "gcc"})
	for _, tt := range []struct {
		cmd, want string
		known     bool
	}{
		{"command -v rustc >/dev/null 2>&1 && rustc --version || echo n", "n\n", true},
		{"command -v gcc >/dev/null 2>&1 && gcc --version || echo n", "", false},
		{"command -v rustc >/dev/null 2>&1 && rustc --version", "", false},
	} {
		if got, known := p.Probe(tt.cmd); got != tt.want || known != tt.known {
			t.Errorf("%s: got %q, %v, want %q, %v", tt.cmd, got, known, tt.want, tt.known)
		}
	}
}
