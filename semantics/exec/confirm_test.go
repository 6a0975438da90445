package exec_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	ptexec "ptreview/semantics/exec"
)

// The files in testdata are tables: TEST(name, want) { body } is a function
// that returns want.

var testLine = regexp.MustCompile(`(?m)^TEST\((\w+), (.*?)\) \{`)

const (
	testMacro = "#define TEST(name, want) unsigned long long test_##name(void)\n"
)

// names returns the tests of a table.
func names(src string) []string {
	var list []string
	for _, m := range testLine.FindAllStringSubmatch(src, -1) {
		list = append(list, m[1])
	}
	return list
}

// tableOf returns the source with each test as a function test_NAME, and one
// want_NAME that returns what it should.
func tableOf(src string) string {
	return testMacro + src + "\n" + wants(src)
}

func wants(src string) string {
	var b strings.Builder
	for _, m := range testLine.FindAllStringSubmatch(src, -1) {
		fmt.Fprintf(&b, "unsigned long long want_%s(void) { return %s; }\n", m[1], m[2])
	}
	return b.String()
}

func runTable(t *testing.T, target, file string) {
	src := readFile(t, file)
	p := program(t, target, tableOf(src))
	list := names(src)
	if len(list) == 0 {
		t.Fatalf("%s has no tests", file)
	}
	for _, name := range list {
		t.Run(name, func(t *testing.T) {
			m := ptexec.New(p, ptexec.Options{})
			want, err := m.Call(context.Background(), "want_"+name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.Call(context.Background(), "test_"+name)
			switch {
			case err != nil:
				t.Fatal(err)
			case got.Trap != nil:
				t.Fatal(got.Trap)
			case got.Return != want.Return:
				t.Errorf("got %v, want %v", got.Return, want.Return)
			case !got.Exact():
				t.Errorf("not exact: %v %v", got.Unknowns, got.Skipped)
			}
		})
	}
}

var tables = []struct{ target, file string }{
	{"x86_64", "integers.c"},
	{"x86_64", "records.c"},
	{"x86_64", "control.c"},
	{"arm64", "control.c"},
	{"riscv64", "records.c"},
	{"ppc64", "bigendian.c"},
	{"s390x", "bigendian.c"},
	{"ppc32", "longs32.c"},
	{"mips", "longs32.c"},
	{"alpha", "alpha.c"},
}

func TestRun(t *testing.T) {
	for _, tt := range tables {
		t.Run(tt.target+"/"+tt.file, func(t *testing.T) {
			runTable(t, tt.target, filepath.Join("testdata", tt.file))
		})
	}
}

// TestRunConfirm compiles the x86_64 tables with the host's gcc and compares
// what they promise with what really comes out.
func TestRunConfirm(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("skipped: no gcc for x86_64, tables not confirmed")
	}
	for _, tt := range tables {
		if tt.target != "x86_64" {
			continue
		}
		t.Run(tt.file, func(t *testing.T) {
			src := readFile(t, filepath.Join("testdata", tt.file))
			got := compileAndRun(t, gcc, tableOf(src)+mainOf(names(src)))
			for name, line := range got {
				if line[0] != line[1] {
					t.Errorf("%s: gcc got %s, want %s", name, line[0], line[1])
				}
			}
			if len(got) != len(names(src)) {
				t.Errorf("%d lines for %d tests", len(got), len(names(src)))
			}
		})
	}
}

// mainOf prints a line "name got want" for each test.
func mainOf(list []string) string {
	var b strings.Builder
	b.WriteString("int printf(const char *, ...);\nint main(void) {\n")
	for _, name := range list {
		fmt.Fprintf(&b, "printf(\"%s %%llx %%llx\\n\", test_%s(), want_%s());\n", name, name, name)
	}
	b.WriteString("return 0; }\n")
	return b.String()
}

func compileAndRun(t *testing.T, gcc, src string) map[string][2]string {
	t.Helper()
	dir := t.TempDir()
	file, binary := filepath.Join(dir, "x.c"), filepath.Join(dir, "x")
	if err := os.WriteFile(file, []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(gcc, "-w", "-std=gnu11", "-O1", "-fwrapv", "-fno-strict-aliasing", "-o", binary, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := make(map[string][2]string)
	sc := bufio.NewScanner(bytes.NewReader(out))
	for sc.Scan() {
		if f := strings.Fields(sc.Text()); len(f) == 3 {
			lines[f[0]] = [2]string{f[1], f[2]}
		}
	}
	return lines
}
