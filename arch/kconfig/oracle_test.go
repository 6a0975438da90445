package kconfig

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "rewrite probes.txt from the compilers of this machine")

// realTrees are the kernel trees the oracle tests run on.
var realTrees = []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12"}

// realArches are the architectures that the slower tests visit.
var realArches = []string{"arm64", "powerpc", "riscv", "s390", "x86"}

// compiledArches are those that Debian has a compiler for; the table of
// answers is made from them.
var compiledArches = []string{
	"alpha", "arc", "arm", "arm64", "m68k", "mips", "openrisc", "parisc", "powerpc",
	"riscv", "s390", "sh", "sparc", "x86", "xtensa",
	"hexagon", // by clang
}

// realTree returns the tree that the environment variable names.
func realTree(t testing.TB, variable string) string {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skipf("SKIPPED: %s is not set: nothing is compared with that kernel", variable)
	}
	return dir
}

// oracleVars are the variables both conf and Load get. The tools that are not
// part of the toolchain are named so that no machine has them.
func oracleVars(tree, srcarch string) map[string]string {
	vars := ToolchainFor(srcarch).Vars()
	vars["srctree"] = tree
	vars["KERNELVERSION"] = KernelVersion(os.DirFS(tree))
	for _, name := range []string{"PYTHON3", "PAHOLE", "RUSTC", "BINDGEN"} {
		vars[name] = "no-" + strings.ToLower(name)
	}
	return vars
}

func environ(vars map[string]string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LC_ALL=C"}
	for name, value := range vars {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
}

var loaded sync.Map // tree and architecture → *Kconfig

func loadReal(t testing.TB, tree, srcarch string) *Kconfig {
	t.Helper()
	key := tree + " " + srcarch
	if k, ok := loaded.Load(key); ok {
		return k.(*Kconfig)
	}
	k, err := Load(os.DirFS(tree), srcarch, Env{Vars: oracleVars(tree, srcarch)})
	if err != nil {
		t.Fatal(err)
	}
	loaded.Store(key, k)
	return k
}

// answerPopen replaces popen in conf: where PTREVIEW_ANSWERS names a file of
// commands and outputs, commands are answered from it and never run.
const answerPopen = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
FILE *answer_popen(const char *cmd, const char *mode)
{
	size_t n, m;
	const char *name = getenv("PTREVIEW_ANSWERS");
	FILE *in = name ? fopen(name, "r") : NULL;
	while (in && fscanf(in, "%zu %zu", &n, &m) == 2 && fgetc(in) == '\n') {
		char *key = calloc(1, n + 1), *out = calloc(1, m + 1);
		if (fread(key, 1, n, in) == n && fread(out, 1, m, in) == m && !strcmp(key, cmd)) {
			FILE *answer = tmpfile();
			fwrite(out, 1, m, answer);
			rewind(answer);
			return answer;
		}
		free(key);
		free(out);
	}
	if (!name)
		return popen(cmd, mode);
	fprintf(stderr, "no answer for: %s\n", cmd);
	exit(9);
}
int answer_pclose(FILE *f) { return getenv("PTREVIEW_ANSWERS") ? fclose(f) : pclose(f); }
`

// buildConf builds the tree's own conf and returns its path. It is kept in
// the user's cache folder under the hash of its sources.
func buildConf(t testing.TB, tree string) string {
	t.Helper()
	for _, tool := range []string{"gcc", "flex", "bison"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: %s is not installed: nothing is compared with the kernel's conf", tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	dir := filepath.Join(cache, "ptreview-test", "conf-"+hashSources(t, tree))
	conf := filepath.Join(dir, "conf")
	if _, err := os.Stat(conf); err == nil {
		return conf
	}
	work := t.TempDir()
	copySources(t, filepath.Join(tree, "scripts/kconfig"), filepath.Join(work, "kconfig"))
	if include := filepath.Join(tree, "scripts/include"); isDir(include) {
		copySources(t, include, filepath.Join(work, "include"))
	}
	writeFile(t, filepath.Join(work, "kconfig/popen.c"), answerPopen)
	writeFile(t, filepath.Join(work, "kconfig/batch.c"), batchMain)
	run(t, filepath.Join(work, "kconfig"), `
		bison -o parser.tab.c --defines=parser.tab.h -t -l parser.y
		flex -o lexer.lex.c -L lexer.l
		gcc -O2 -w -c popen.c -o popen.o
		gcc -O2 -w -D_GNU_SOURCE -I. -I../include -Dpopen=answer_popen -Dpclose=answer_pclose -o ../conf \
			batch.c confdata.c expr.c lexer.lex.c menu.c parser.tab.c preprocess.c symbol.c util.c popen.o`)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(work, "conf"))
	if err != nil {
		t.Fatal(err)
	}
	tmp := fmt.Sprintf("%s.%d", conf, os.Getpid())
	if err := os.WriteFile(tmp, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tmp, conf); err != nil {
		t.Fatal(err)
	}
	return conf
}

func hashSources(t testing.TB, tree string) string {
	t.Helper()
	h := sha256.New()
	h.Write([]byte(answerPopen + batchMain))
	files, err := filepath.Glob(filepath.Join(tree, "scripts/kconfig/*.[chly]"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources of conf in %s", tree)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(data)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

func copySources(t testing.TB, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(from, "*.[chly]"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(to, filepath.Base(f)), string(data))
	}
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t testing.TB, dir, script string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-ec", script)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// oracle is the kernel's conf for one tree and architecture.
type oracle struct {
	conf, dir string
	env       []string
}

// newOracle returns a conf that gets the answers k got.
func newOracle(t testing.TB, tree string, k *Kconfig) *oracle {
	t.Helper()
	return newOracleOf(t, tree, k, oracleVars(tree, k.SrcArch))
}

func newOracleOf(t testing.TB, tree string, k *Kconfig, vars map[string]string) *oracle {
	t.Helper()
	o := &oracle{conf: buildConf(t, tree), dir: t.TempDir()}
	var b strings.Builder
	for _, p := range k.Probes {
		fmt.Fprintf(&b, "%d %d\n%s%s", len(p.Command), len(p.Output), p.Command, p.Output)
	}
	path := filepath.Join(o.dir, "answers")
	writeFile(t, path, b.String())
	vars = maps.Clone(vars)
	vars["PTREVIEW_ANSWERS"] = path
	o.env = environ(vars)
	return o
}

// newRealOracle returns a conf that asks the compilers of this machine.
func newRealOracle(t testing.TB, tree, srcarch string) *oracle {
	t.Helper()
	needToolchain(t, srcarch)
	return &oracle{conf: buildConf(t, tree), dir: t.TempDir(), env: environ(oracleVars(tree, srcarch))}
}

// run returns the .config that conf makes of text in a mode like
// --olddefconfig.
func (o *oracle) run(t testing.TB, mode, text string) string {
	t.Helper()
	config := filepath.Join(o.dir, ".config")
	writeFile(t, config, text)
	cmd := exec.Command(o.conf, mode, "Kconfig")
	cmd.Dir, cmd.Env = o.dir, o.env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("conf: %v\n%.2000s", err, out)
	}
	data, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// needToolchain skips unless this machine has the compiler the table of
// srcarch was made from.
func needToolchain(t testing.TB, srcarch string) {
	t.Helper()
	tools := ToolchainFor(srcarch)
	out, err := exec.Command(tools.CC(), "--version").Output()
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed: its answers are not checked", tools.CC())
	}
	first, _, _ := strings.Cut(string(out), "\n")
	if first != tools.CCVersionText {
		t.Skipf("SKIPPED: this machine has %q, the table was made from %q", first, tools.CCVersionText)
	}
}

// written returns the text of a .config.
func written(t testing.TB, c *Config) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// firstDifference returns the first lines in which two texts differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := 0; i < len(g) && i < len(w); i++ {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: got %q, want %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(g), len(w))
}

// compareWithConf checks that text becomes the same .config here and there,
// and that conf accepts that .config unchanged.
func compareWithConf(t *testing.T, k *Kconfig, o *oracle, list Assignments, text string) {
	t.Helper()
	c, _, err := k.Olddefconfig(list)
	if err != nil {
		t.Error(err)
		return
	}
	got, want := written(t, c), o.run(t, "--olddefconfig", text)
	if got != want {
		t.Errorf("differs from conf: %s", firstDifference(got, want))
	}
}

// acceptsOurs checks that conf takes what we write for list unchanged, and
// makes the same autoconf.h of it.
func acceptsOurs(t *testing.T, k *Kconfig, o *oracle, list Assignments) {
	t.Helper()
	c, _, err := k.Olddefconfig(list)
	if err != nil {
		t.Fatal(err)
	}
	got := written(t, c)
	header := filepath.Join(o.dir, "include/generated/autoconf.h")
	if again := o.run(t, "--syncconfig", got); again != got {
		t.Errorf("conf changes our .config: %s", firstDifference(again, got))
	}
	want, err := os.ReadFile(header)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := sortedLines(string(c.Autoconf())), sortedLines(string(want)); a != b {
		t.Errorf("autoconf.h differs: %s", firstDifference(a, b))
	}
}

func sortedLines(s string) string {
	lines := strings.Split(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func parseText(t testing.TB, text, name string) Assignments {
	t.Helper()
	list, err := ParseConfig(strings.NewReader(text), name)
	if err != nil {
		t.Logf("%v", err)
	}
	return list
}

// defaultConfig is the defconfig that stands for an architecture.
func defaultConfig(srcarch string) string {
	switch srcarch {
	case "powerpc":
		return "ppc64_defconfig"
	case "x86":
		return "x86_64_defconfig"
	}
	return "defconfig"
}

func eachRealArch(t *testing.T, f func(t *testing.T, tree, srcarch string)) {
	for _, variable := range realTrees {
		t.Run(strings.TrimPrefix(variable, "PTREVIEW_"), func(t *testing.T) {
			tree := realTree(t, variable)
			for _, srcarch := range realArches {
				t.Run(srcarch, func(t *testing.T) { f(t, tree, srcarch) })
			}
		})
	}
}

// TestAutoconfEqualsConf compares the macros that C sees.
func TestAutoconfEqualsConf(t *testing.T) {
	eachRealArch(t, func(t *testing.T, tree, srcarch string) {
		k := loadReal(t, tree, srcarch)
		list, err := Defconfig(os.DirFS(tree), srcarch, defaultConfig(srcarch))
		if err != nil {
			t.Fatal(err)
		}
		acceptsOurs(t, k, newOracle(t, tree, k), list)
	})
}

func assignmentsText(list Assignments) string {
	var b strings.Builder
	for _, a := range list {
		b.WriteString(a.String() + "\n")
	}
	return b.String()
}

// TestRealCompilers compares with a conf that runs the real compilers.
func TestRealCompilers(t *testing.T) {
	eachRealArch(t, func(t *testing.T, tree, srcarch string) {
		o := newRealOracle(t, tree, srcarch)
		list, err := Defconfig(os.DirFS(tree), srcarch, defaultConfig(srcarch))
		if err != nil {
			t.Fatal(err)
		}
		compareWithConf(t, loadReal(t, tree, srcarch), o, list, assignmentsText(list))
	})
}

func randomValue(r *rand.Rand, t Type) string {
	logic := []string{"y", "y", "y", "m", "n", "n", "yes", ""}
	switch t {
	case Int:
		return []string{"0", "1", "3", "7", "12", "64", "512", "4096", "100000", "-5", "007", "9999999999999999999999", "x"}[r.IntN(13)]
	case Hex:
		return []string{"0x0", "0x10", "ff", "0XC0000000", "0xffffffff80000000", "g"}[r.IntN(6)]
	case String:
		return []string{`""`, `"some text"`, `"a \\ and \" quote"`, "bare", `"open`}[r.IntN(5)]
	}
	return logic[r.IntN(len(logic))]
}
