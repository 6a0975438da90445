package main

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ptreview/arch/kconfig"
	"ptreview/cmd/ptreview/internal/load"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// compilerAgrees builds the object that the founding finding names, in the
// configuration it names and in the one without it, and looks for the row of
// __bug_table that it promises.
func compilerAgrees(t *testing.T, linux string, r *check.Report, f *check.Finding) {
	w := f.Where[0]
	patched := patchedFiles(t, linux)
	var in []string
	for _, b := range bugTable(t, buildObject(t, linux, classOf(t, r, w.Class), patched, w.Object), f.Entry) {
		in = append(in, b.String())
	}
	if !slices.Equal(in, []string{w.BugTable}) {
		t.Errorf("4K: got rows %q, want only %q", in, w.BugTable)
	}
	for _, b := range bugTable(t, buildObject(t, linux, classOf(t, r, "powerpc/ppc64_defconfig"), patched, w.Object), f.Entry) {
		t.Errorf("64K: got row %s, want none", b)
	}
}

// classOf returns a class of powerpc by what the report tells of it.
func classOf(t *testing.T, r *check.Report, id string) check.ClassInfo {
	t.Helper()
	for _, c := range r.Coverage {
		for _, cl := range c.Classes {
			if cl.ID == id {
				return cl
			}
		}
	}
	t.Fatalf("no class %s", id)
	return check.ClassInfo{}
}

// patchedFiles writes the files that the founding series changes, as it leaves
// them, and returns the folder.
func patchedFiles(t *testing.T, linux string) string {
	t.Helper()
	base, err := tree.Open(linux)
	if err != nil {
		t.Fatal(err)
	}
	s, err := load.Mails(founding(t, linux), nil)
	if err != nil {
		t.Fatal(err)
	}
	var req check.Request
	if _, err := load.Apply(&req, s, base); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	last := req.Prefixes[len(req.Prefixes)-1].Tree
	for _, p := range req.Prefixes {
		for _, f := range p.Changed {
			data, err := fs.ReadFile(last, f.Path)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(dir, f.Path)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// buildObject builds an object of the patched tree in a class of powerpc, as
// the kernel's own make would, and returns its path. The kernel's conf has to
// take the class' witness as it is.
func buildObject(t *testing.T, linux string, class check.ClassInfo, patched, object string) string {
	t.Helper()
	tools := kconfig.ToolchainFor("powerpc")
	for _, tool := range []string{tools.Prefix + "gcc", "make", "flex", "bison", "bc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: no %s: the compiler is not asked about %s", tool, object)
		}
	}
	k := &kernelBuild{linux: linux, prefix: tools.Prefix}
	k.configure(t, witness(t, linux, class.Base, class.Fragment), tools)
	k.review(t)
	return k.compile(t, patched, object)
}

// kernelBuild is an O= folder of a kernel for powerpc.
type kernelBuild struct {
	linux, prefix string
	dir           string
}

func (k *kernelBuild) make(t *testing.T, target string) {
	t.Helper()
	runTool(t, exec.Command("make", "-s", "-C", k.linux, "O="+k.dir, "ARCH=powerpc", "CROSS_COMPILE="+k.prefix, target))
}

func runTool(t *testing.T, cmd *exec.Cmd) []byte {
	t.Helper()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%.300s: %v\n%s", cmd, err, errs.Bytes())
	}
	return out
}

// configure prepares a build with a witness, once for each: the folder is kept
// in the user's cache.
func (k *kernelBuild) configure(t *testing.T, config []byte, tools kconfig.Toolchain) {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	sum := sha256.Sum256(append([]byte(k.linux+"\n"), config...))
	k.dir = filepath.Join(cache, "ptreview", "witness", fmt.Sprintf("%x", sum[:8]))
	done := filepath.Join(k.dir, ".done")
	if _, err := os.Stat(done); err == nil {
		return
	}
	if err := os.MkdirAll(k.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(k.dir, ".config")
	if err := os.WriteFile(name, config, 0o644); err != nil {
		t.Fatal(err)
	}
	k.make(t, "olddefconfig")
	k.wantUnchanged(t, config, name, tools)
	k.make(t, "prepare")
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// review reviews the founding series with the headers of the build: the answer
// is that of the configuration.
func (k *kernelBuild) review(t *testing.T) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(k.dir, ".config"))
	if err != nil {
		t.Fatal(err)
	}
	want, findings := exitClean, 0
	if bytes.Contains(config, []byte("\nCONFIG_PPC_4K_PAGES=y\n")) {
		want, findings = exitFindings, 1
	}
	r := review(t, want, append(butCallers("--tree", k.linux, "--build", k.dir), founding(t, k.linux)...)...)
	wantFindings(t, r, findings)
	wantAllRun(t, r)
	if findings > 0 {
		checkFounding(t, k.linux, only(t, r, "trap/arch-helper"))
	}
}

// wantUnchanged compares a witness with what the kernel's conf makes of it.
// Another compiler than the one that the table of answers was made from
// changes the symbols that ask for it.
func (k *kernelBuild) wantUnchanged(t *testing.T, config []byte, name string, tools kconfig.Toolchain) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, config) {
		return
	}
	version, _, _ := strings.Cut(string(runTool(t, exec.Command(k.prefix+"gcc", "--version"))), "\n")
	if version != tools.CCVersionText {
		t.Logf("the kernel's conf asked %q, the witness was made for %q", version, tools.CCVersionText)
		return
	}
	want := strings.Split(string(config), "\n")
	for i, line := range strings.Split(string(got), "\n") {
		if i >= len(want) || line != want[i] {
			t.Fatalf("the kernel's conf changes the witness: line %d: got %q, want %q", i+1, line, want[min(i, len(want)-1)])
		}
	}
}

// compile builds an object twice: once by the kernel's make, which leaves the
// command it used, then by that command with the patched files before the
// tree's. The tree itself is left alone.
func (k *kernelBuild) compile(t *testing.T, patched, object string) string {
	t.Helper()
	k.make(t, object)
	stem := strings.TrimSuffix(object, ".o")
	record := filepath.Join(k.dir, filepath.Dir(object), "."+filepath.Base(object)+".cmd")
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	_, line, _ = strings.Cut(line, ":= ")
	line, _, _ = strings.Cut(line, " ;")
	compiler, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	out := filepath.Join(t.TempDir(), filepath.Base(object))
	for _, change := range [][2]string{
		{" " + filepath.Join(k.linux, stem+".c"), " " + filepath.Join(patched, stem+".c")},
		{" -o " + object + " ", " -o " + out + " "},
		{"-Wp,-MMD," + filepath.Join(filepath.Dir(object), "."+filepath.Base(object)+".d"), "-Wp,-MMD," + out + ".d"},
	} {
		if !strings.Contains(rest, change[0]) {
			t.Fatalf("%s: got command %q, want one with %q", record, line, change[0])
		}
		rest = strings.Replace(rest, change[0], change[1], 1)
	}
	first := fmt.Sprintf("%s -I%[2]s/include -I%[2]s/arch/powerpc/include -fmacro-prefix-map=%[2]s/= ", compiler, patched)
	cmd := exec.Command("/bin/sh", "-c", first+rest)
	cmd.Dir = k.dir
	runTool(t, cmd)
	return out
}

// bugRow is a row of __bug_table.
type bugRow struct {
	file     string
	line     int
	function string
}

func (b bugRow) String() string { return fmt.Sprintf("%s:%d inside %s", b.file, b.line, b.function) }

// bugEntrySize is the size of struct bug_entry with relative pointers and
// CONFIG_DEBUG_BUGVERBOSE. Source: include/asm-generic/bug.h, v6.1.
const bugEntrySize = 12

// bugTable returns the rows of the __bug_table of an object, which has to
// define function.
func bugTable(t *testing.T, name, function string) []bugRow {
	t.Helper()
	o, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	r := &objectReader{File: o, t: t}
	if r.symbols, err = o.Symbols(); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.symbols, func(s elf.Symbol) bool { return s.Name == function && s.Section != elf.SHN_UNDEF }) {
		t.Fatalf("%s does not define %s", name, function)
	}
	section := o.Section("__bug_table")
	if section == nil {
		return nil
	}
	data := r.data(section)
	relocs := r.relocations(section)
	var rows []bugRow
	for at := 0; at+bugEntrySize <= len(data); at += bugEntrySize {
		code, file := relocs[uint64(at)], relocs[uint64(at+4)]
		rows = append(rows, bugRow{r.text(file), int(o.ByteOrder.Uint16(data[at+8:])), r.functionAt(code)})
	}
	return rows
}

// objectReader reads what a linker would.
type objectReader struct {
	*elf.File
	t       *testing.T
	symbols []elf.Symbol
}

// target is what a relocation points to.
type target struct {
	section elf.SectionIndex
	offset  uint64
}

func (r *objectReader) data(s *elf.Section) []byte {
	r.t.Helper()
	data, err := s.Data()
	if err != nil {
		r.t.Fatal(err)
	}
	return data
}

// relocations returns the targets of a section's relocations, by offset.
func (r *objectReader) relocations(of *elf.Section) map[uint64]target {
	r.t.Helper()
	out := make(map[uint64]target)
	for _, s := range r.Sections {
		if s.Type != elf.SHT_RELA || int(s.Info) >= len(r.Sections) || r.Sections[s.Info] != of {
			continue
		}
		list := make([]elf.Rela64, s.Size/s.Entsize)
		if err := binary.Read(bytes.NewReader(r.data(s)), r.ByteOrder, list); err != nil {
			r.t.Fatal(err)
		}
		for _, e := range list {
			if n := elf.R_SYM64(e.Info); n > 0 { // those of the TOC have no symbol
				sym := r.symbols[n-1]
				out[e.Off] = target{sym.Section, sym.Value + uint64(e.Addend)}
			}
		}
	}
	return out
}

// text returns the string at a target.
func (r *objectReader) text(at target) string {
	r.t.Helper()
	data := r.data(r.Sections[at.section])
	s, _, _ := bytes.Cut(data[at.offset:], []byte{0})
	return string(s)
}

// functionAt returns the function whose code a target lies in. The code of a
// function has its name behind a dot, the name alone is its descriptor's.
func (r *objectReader) functionAt(at target) string {
	for _, s := range r.symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Section == at.section && s.Value <= at.offset && at.offset < s.Value+s.Size {
			return strings.TrimPrefix(s.Name, ".")
		}
	}
	return ""
}
