package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
	"ptreview/rules"
	"ptreview/rules/check"
)

// linux61 returns the kernel on which the founding case is real.
func linux61(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("PTREVIEW_LINUX_6_1")
	if dir == "" {
		t.Skip("SKIPPED: PTREVIEW_LINUX_6_1 is not set: the founding series is not reviewed on a real kernel")
	}
	return dir
}

// mail returns the one mail of the corpus that the pattern names.
func mail(t testing.TB, pattern string) string {
	t.Helper()
	dir := os.Getenv("PTREVIEW_CORPUS")
	if dir == "" {
		t.Skip("SKIPPED: PTREVIEW_CORPUS is not set: real mails are not reviewed")
	}
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: got %q (%v), want one mail", pattern, found, err)
	}
	return found[0]
}

// founding returns the founding series for the tree: a first patch that gives
// it pmdp_get_lockless(), then the two real mails.
func founding(t testing.TB, linux string) []string {
	t.Helper()
	return []string{
		locklessPatch(t, linux),
		mail(t, "pte-map-may-fail/v2-03-*.mbox"),
		mail(t, "pte-map-may-fail/v2-04-*.mbox"),
	}
}

// onFew adds to a review the choice of the founding architecture and of one more.
// With PTREVIEW_FULL=1 it stays on all of them.
func onFew(args ...string) []string {
	if os.Getenv("PTREVIEW_FULL") != "" {
		return args
	}
	return append([]string{"--arch", "powerpc", "--arch", "x86"}, args...)
}

// locklessPatch writes the mail that gives 6.1 the helper under its later name.
func locklessPatch(t testing.TB, linux string) string {
	t.Helper()
	const file = "include/linux/pgtable.h"
	data, err := os.ReadFile(filepath.Join(linux, file))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	at := slices.Index(lines, "#ifndef pte_offset_kernel\n")
	if at < 3 {
		t.Fatalf("%s has no fallback of pte_offset_kernel()", file)
	}
	added := []string{
		"#ifndef pmdp_get_lockless", "static inline pmd_t pmdp_get_lockless(pmd_t *pmdp)", "{",
		"\treturn READ_ONCE(*pmdp);", "}", "#define pmdp_get_lockless pmdp_get_lockless", "#endif", "",
	}
	var b strings.Builder
	fmt.Fprintf(&b, "From: test <test@example.org>\nSubject: [PATCH 1/3] mm: pmdp_get_lockless() for all\n")
	fmt.Fprintf(&b, "Message-ID: <lockless@example.org>\n\n---\ndiff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n", file, file, file, file)
	fmt.Fprintf(&b, "@@ -%d,6 +%d,%d @@\n", at-2, at-2, 6+len(added))
	for _, l := range lines[at-3 : at] {
		b.WriteString(" " + l)
	}
	for _, l := range added {
		b.WriteString("+" + l + "\n")
	}
	for _, l := range lines[at : at+3] {
		b.WriteString(" " + l)
	}
	name := filepath.Join(t.TempDir(), "0001-lockless.patch")
	if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// review runs ptreview review and returns its report; the exit status has to
// be want, and stderr empty.
func review(t testing.TB, want int, args ...string) *check.Report {
	t.Helper()
	status, out, errs := inProcess(t, append([]string{"review", "--format", "json"}, args...)...)
	if status != want {
		t.Errorf("got exit status %d, want %d; %s", status, want, errs)
	}
	if len(errs) > 0 {
		t.Errorf("got %q on stderr, want nothing", errs)
	}
	for _, list := range []string{"coverage", "findings", "where", "path", "patches", "classes", "machines", "not_run", "fragment"} {
		if bytes.Contains(out, []byte(`"`+list+`": null`)) {
			t.Errorf("got null for %s, want a list", list)
		}
	}
	var r check.Report
	dec := json.NewDecoder(bytes.NewReader(out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		t.Fatalf("the report: %v", err)
	}
	for _, c := range r.Coverage {
		t.Logf("%s: %d classes, machines %q, %d units, %d clean, %d findings, not run %v",
			c.Arch, len(c.Classes), c.Machines, c.Units, c.Clean, c.Findings, c.NotRun)
	}
	return &r
}

// only returns the report's one finding of a rule.
func only(t *testing.T, r *check.Report, rule string) *check.Finding {
	t.Helper()
	var found *check.Finding
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Rule == rule {
			found = &r.Findings[i]
			n++
		}
	}
	if n != 1 {
		t.Fatalf("got %d findings of %s, want 1: %s", n, rule, summary(r))
	}
	return found
}

func summary(r *check.Report) string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, fmt.Sprintf("%s %s %s %s", f.Severity, f.Rule, f.Arch, f.Message))
	}
	return strings.Join(list, "; ")
}

func wantFindings(t *testing.T, r *check.Report, n int) {
	t.Helper()
	if len(r.Findings) != n {
		t.Errorf("got %d findings, want %d: %s", len(r.Findings), n, summary(r))
	}
}

// wantAllRun checks that nothing was left out on any architecture.
func wantAllRun(t *testing.T, r *check.Report) {
	t.Helper()
	for _, c := range r.Coverage {
		if len(c.NotRun) > 0 {
			t.Errorf("%s: got units not run: %v, want all run", c.Arch, c.NotRun)
		}
	}
	for _, g := range r.Gaps {
		t.Errorf("got a gap on %s, want none: %s: %s", g.Arch, g.What, g.Reason)
	}
}

const (
	hash4k  = "arch/powerpc/include/asm/book3s/64/hash-4k.h"
	generic = "mm/pgtable-generic.c"
)

var hash4kFragment = []string{"CONFIG_PPC_4K_PAGES=y", "CONFIG_PPC_BOOK3S_64=y", "CONFIG_TRANSPARENT_HUGEPAGE=y"}

func TestFoundingSeries(t *testing.T) {
	linux := linux61(t)
	r := review(t, exitFindings, append([]string{"--tree", linux}, founding(t, linux)...)...)
	wantFindings(t, r, 2)
	wantAllRun(t, r)
	callers := only(t, r, "map/unchecked-null")
	checkCallers(t, callers)
	f := only(t, r, "trap/arch-helper")
	checkFounding(t, linux, f)
	if f.Severity != check.Error || f.FixedByPatch != nil {
		t.Errorf("got severity %s, fixed by %v, want an error that nothing fixes", f.Severity, f.FixedByPatch)
	}
	looked, units := make(map[string]bool), map[string]int{"powerpc": 1}
	for _, w := range callers.Where {
		units[class.ArchOf(w.Class)]++
	}
	for _, c := range r.Coverage {
		looked[c.Arch] = c.Units > 0 && len(c.Classes) > 0
		if want := units[c.Arch]; c.Findings != want {
			t.Errorf("%s: got %d units with findings, want %d", c.Arch, c.Findings, want)
		}
	}
	for _, a := range []string{"arm64", "powerpc", "riscv", "s390", "x86"} {
		if !looked[a] {
			t.Errorf("%s was not looked at", a)
		}
	}
	t.Run("compiler", func(t *testing.T) { compilerAgrees(t, linux, r, f) })
}

// checkCallers compares the callers that the series leaves behind with those read
// in the source.
func checkCallers(t *testing.T, f *check.Finding) {
	t.Helper()
	if f.Severity != check.Error || f.Helper != "pte_offset_map" || f.Location.File != "include/linux/mm.h" || f.Location.Patch != 3 {
		t.Errorf("got %s of %s at %+v, want an error of pte_offset_map in include/linux/mm.h", f.Severity, f.Helper, f.Location)
	}
	got := make(map[string]bool)
	for _, x := range f.Sites {
		got[f.Rule+" "+x.File+" "+x.Function] = true
	}
	want := expectation(t, "founding-callers-6.1.txt")
	compareSites(t, got, want)
	before := expectation(t, "linux-6.1.txt")
	for site := range expectation(t, "founding-6.1.txt") {
		if strings.HasPrefix(site, f.Rule+" ") && !before[site] && !want[site] {
			t.Errorf("an audit of the series finds %s, which is no caller", site)
		}
	}
}

// butCallers adds to a review the choice of all rules but that of the callers that
// the founding series leaves behind.
func butCallers(args ...string) []string {
	for _, rule := range rules.All() {
		if rule.Name != "map/unchecked-null" {
			args = append(args, "--rule", rule.Name)
		}
	}
	return args
}

// checkFounding compares a finding with what the founding series does.
func checkFounding(t *testing.T, linux string, f *check.Finding) {
	t.Helper()
	got := fmt.Sprintln(f.Helper, f.Arch, f.Entry, f.Confidence, f.New, f.FirstBadPatch, f.Location.Patch, f.Location.File, f.Location.Side)
	want := fmt.Sprintln("hash__pmd_same", "powerpc", "__pte_offset_map_lock", check.Executed, true, 3, 3, generic, "after")
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.Contains(f.Location.Text, "pmd_same(pmdval, pmdp_get_lockless(pmd))") {
		t.Errorf("got location %q, want the line that calls pmd_same()", f.Location.Text)
	}
	var path []string
	for _, s := range f.Path {
		path = append(path, s.Function)
	}
	if got, want := strings.Join(path, " → "), "__pte_offset_map_lock → pmd_same → hash__pmd_same"; got != want {
		t.Errorf("got path %s, want %s", got, want)
	}
	if f.Path[0].File != generic || f.Path[0].Line != f.Location.Line {
		t.Errorf("got a path from %v, want one from the location, line %d", f.Path[0], f.Location.Line)
	}
	if f.Trap == nil || f.Trap.Kind != "BUG" || f.Trap.File != hash4k {
		t.Fatalf("got trap %+v, want BUG in %s", f.Trap, hash4k)
	}
	if line := lineOf(t, linux, f.Trap.File, f.Trap.Line); !strings.Contains(line, "BUG()") {
		t.Errorf("got trap line %d, %q, want that of the BUG()", f.Trap.Line, line)
	}
	checkWhere(t, f)
	if f.Evidence == nil || len(f.Evidence.Inputs) == 0 || len(f.Evidence.Trace) == 0 {
		t.Fatal("got no inputs or no trace of the execution")
	}
	if n := len(f.Evidence.Tables); n < 2 || f.Evidence.Tables[n-1].Level != "pte" || !slices.Contains(f.Evidence.Tables[n-1].Before.Means, "present") {
		t.Errorf("got tables %+v, want those down to a page", f.Evidence.Tables)
	}
	if got := strings.Join(f.Evidence.Proved, "; "); got != "it is reached whenever pmd points to a table below, with any addr; it is not reached when pmd is empty, with any addr" || len(f.Evidence.Assumptions) != 2 {
		t.Errorf("got proved %q, assuming %+v; want the trap for every entry of a table and two assumptions", got, f.Evidence.Assumptions)
	}
	if last := f.Evidence.Trace[len(f.Evidence.Trace)-1]; last.File != hash4k || last.Line != f.Trap.Line {
		t.Errorf("got a trace that ends at %s:%d, want the trap", last.File, last.Line)
	}
}

func checkWhere(t *testing.T, f *check.Finding) {
	t.Helper()
	if len(f.Where) != 1 {
		t.Fatalf("got %d places %+v, want 1", len(f.Where), f.Where)
	}
	w := f.Where[0]
	if !slices.Equal(w.Fragment, hash4kFragment) || w.Machine != "radix_enabled()=false" {
		t.Errorf("got %q on %q, want %q on radix_enabled()=false", w.Fragment, w.Machine, hash4kFragment)
	}
	row := fmt.Sprintf("%s:%d inside __pte_offset_map_lock", hash4k, f.Trap.Line)
	if w.Object != "mm/pgtable-generic.o" || w.BugTable != row {
		t.Errorf("got %s: %s, want mm/pgtable-generic.o: %s", w.Object, w.BugTable, row)
	}
}

// lineOf returns a line of a file that the series does not touch.
func lineOf(t *testing.T, linux, file string, n int) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(linux, file))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	if n < 1 || n > len(lines) {
		t.Fatalf("%s has no line %d", file, n)
	}
	return lines[n-1]
}

func TestFoundingSeriesRepaired(t *testing.T) {
	linux := linux61(t)
	args := append(butCallers(onFew("--tree", linux)...), founding(t, linux)...)
	r := review(t, exitClean, append(args, mail(t, "hash4k-fix/v1-powerpc-*.mbox"))...)
	wantFindings(t, r, 1)
	wantAllRun(t, r)
	f := only(t, r, "trap/arch-helper")
	checkFounding(t, linux, f)
	wantFixed(t, f, 4)
}

func wantFixed(t *testing.T, f *check.Finding, by int) {
	t.Helper()
	if f.FixedByPatch == nil || *f.FixedByPatch != by || f.Severity != check.Note {
		t.Errorf("got %s, fixed by %v, want a note, fixed by patch %d", f.Severity, f.FixedByPatch, by)
	}
}

func TestFoundingSeriesWithoutFirst(t *testing.T) {
	linux := linux61(t)
	r := review(t, exitFindings, append([]string{"--tree", linux}, founding(t, linux)[1:]...)...)
	named, read := make(map[string]bool), 0
	for _, f := range r.Findings {
		if f.Rule != "build/undeclared" || f.Severity != check.Error || !strings.Contains(f.Message, "pmdp_get_lockless()") {
			t.Errorf("got %s %s: %s, want only that pmdp_get_lockless() is undeclared", f.Severity, f.Rule, f.Message)
			continue
		}
		named[f.Arch] = true
	}
	for _, c := range r.Coverage {
		if len(c.Classes) == 0 {
			continue // rules on definitions alone
		}
		read++
		if !named[c.Arch] {
			t.Errorf("%s: pmdp_get_lockless() is not named", c.Arch)
		}
		if !slices.ContainsFunc(c.NotRun, func(n check.NotRunCount) bool { return strings.Contains(n.Reason, "pmdp_get_lockless") }) {
			t.Errorf("%s: got units not run %v, want those of trap/arch-helper, for want of pmdp_get_lockless()", c.Arch, c.NotRun)
		}
	}
	if want := len(arch.All()); len(named) != want || read != want {
		t.Errorf("got %d architectures named of %d read, want all %d", len(named), read, want)
	}
}

func TestSeedReplyAlone(t *testing.T) {
	r := review(t, exitClean, mail(t, "seed/reply-with-quick-fix.mbox"))
	if len(r.Helpers) != 1 {
		t.Fatalf("got helpers %+v, want one", r.Helpers)
	}
	h := r.Helpers[0]
	if h.Helper != "hash__pmd_same" || h.Arch != "powerpc" || h.File != hash4k || !strings.HasPrefix(h.Before, "traps (BUG)") || !strings.HasPrefix(h.After, "constant 1") {
		t.Errorf("got %+v, want hash__pmd_same of powerpc to trap before and to be constant 1 after", h)
	}
	wantFindings(t, r, 1)
	wantConstant(t, only(t, r, "contract/constant"))
	if len(r.Series.Patches) != 1 {
		t.Errorf("got patches %+v, want one", r.Series.Patches)
	}
	for _, c := range r.Coverage {
		for _, n := range c.NotRun {
			if !strings.Contains(n.Reason, "no tree given") {
				t.Errorf("%s: got not run for %q, want no tree given", c.Arch, n.Reason)
			}
		}
	}
}

// wantConstant checks the warning about the quick fix.
func wantConstant(t *testing.T, f *check.Finding) {
	t.Helper()
	if f.Severity != check.Warning || f.Helper != "hash__pmd_same" || f.Arch != "powerpc" || f.Location.File != hash4k || f.FixedByPatch != nil {
		t.Errorf("got %+v, want a warning about hash__pmd_same", f)
	}
	if !strings.Contains(f.Message, "entries that differ") {
		t.Errorf("got %q, want it to speak of entries that differ", f.Message)
	}
}

func TestSeedReplyOnFoundingSeries(t *testing.T) {
	linux := linux61(t)
	args := append(butCallers(onFew("--tree", linux)...), founding(t, linux)...)
	r := review(t, exitFindings, append(args, mail(t, "seed/reply-with-quick-fix.mbox"))...)
	wantFindings(t, r, 4)
	wantFixed(t, only(t, r, "trap/arch-helper"), 4)
	wantConstant(t, only(t, r, "contract/constant"))
	wantLaw(t, only(t, r, "contract/law"))
	wantRace(t, r, only(t, r, "race/page-table"))
	wantAllRun(t, r)
}

// wantRace checks that a table is used that was freed, where tables are taken
// away without mmap_lock, and that nothing of the kind is said of the tree as it
// is.
func wantRace(t *testing.T, r *check.Report, f *check.Finding) {
	t.Helper()
	if f.Severity != check.Warning || f.Arch != "powerpc" || f.Helper != "hash__pmd_same" || f.Entry != "__pte_offset_map_lock" ||
		f.FirstBadPatch != 4 || f.Trap == nil || f.Trap.Kind != "use of a freed table" || f.Evidence == nil || f.Evidence.Era != "pmd-lock" {
		t.Errorf("got %+v, want a warning that __pte_offset_map_lock gives out a freed table", f)
	}
	if len(f.Where) != 1 || f.Where[0].Machine != "radix_enabled()=false" || !slices.Equal(f.Where[0].Fragment, hash4kFragment) {
		t.Errorf("got it in %+v, want 4K pages on the hash MMU", f.Where)
	}
	var moves []string
	for _, s := range f.Evidence.Schedule {
		if s.Thread == check.ThreadEnvironment {
			moves = append(moves, s.Effect)
		}
	}
	if want := []string{"pmd: page table 1 -> none", "page table 1: freed"}; !slices.Equal(moves, want) {
		t.Errorf("got moves %q, want %q", moves, want)
	}
	last := f.Evidence.Schedule[len(f.Evidence.Schedule)-1]
	if last.Thread != check.ThreadReview || !strings.Contains(last.Effect, "which is freed") {
		t.Errorf("got %+v in the end, want the use of a freed table", last)
	}
	eras := make(map[string]string)
	for _, p := range r.Races {
		for _, e := range p.Eras {
			if p.Patch == 4 && p.Function == f.Entry && p.Class == f.Where[0].Class && p.Machine == f.Where[0].Machine {
				eras[fmt.Sprint(e.Era, e.Own)] = e.Outcome
			}
		}
	}
	want := map[string]string{"mmap_locktrue": check.NoRace, "pmd-lockfalse": check.RaceFound, "pt-lockfalse": check.RaceFound}
	if !maps.Equal(eras, want) {
		t.Errorf("got %q, want %q", eras, want)
	}
}

// wantLaw checks that what silences the trap is refused: entries that differ
// are called the same, which is shown with two of them.
func wantLaw(t *testing.T, f *check.Finding) {
	t.Helper()
	if f.Severity != check.Error || f.Arch != "powerpc" || f.Helper != "pmd_same" || f.FirstBadPatch != 4 ||
		f.Evidence == nil || f.Confidence != check.Executed {
		t.Errorf("got %s %s of %s on %s, patch %d, %s; want an executed error of pmd_same on powerpc, patch 4",
			f.Severity, f.Rule, f.Helper, f.Arch, f.FirstBadPatch, f.Confidence)
	}
}

func TestSeedWebCopy(t *testing.T) {
	for _, args := range [][]string{
		{"review", mail(t, "seed/web-copy.txt")},
		{"review", "--tree", linux61(t), mail(t, "seed/web-copy.txt")},
	} {
		status, out, errs := inProcess(t, args...)
		if status != exitUsage || len(out) > 0 || bytes.Count(errs, []byte("\n")) != 1 {
			t.Errorf("got status %d, %q, %q, want it refused in one sentence", status, out, errs)
		}
		if !regexp.MustCompile(`web-copy\.txt:\d+: .*white space is lost`).Match(errs) {
			t.Errorf("got %q, want the reason that white space is lost", errs)
		}
	}
}

// TestExplicitConfig reviews the founding series in one configuration each.
func TestExplicitConfig(t *testing.T) {
	linux := linux61(t)
	series := founding(t, linux)
	for _, tt := range []struct {
		name   string
		lines  []string
		status int
	}{
		{"64k", nil, exitClean},
		{"64k-thp", []string{"CONFIG_TRANSPARENT_HUGEPAGE=y"}, exitClean},
		{"4k", hash4kFragment, exitFindings},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), tt.name+".config")
			if err := os.WriteFile(name, witness(t, linux, "ppc64_defconfig", tt.lines), 0o644); err != nil {
				t.Fatal(err)
			}
			r := review(t, tt.status, append(butCallers("--tree", linux, "--config", name), series...)...)
			wantAllRun(t, r)
			wantOnlyClass(t, r, name)
			if tt.status == exitClean {
				wantFindings(t, r, 0)
				return
			}
			wantFindings(t, r, 1)
			checkFounding(t, linux, only(t, r, "trap/arch-helper"))
		})
	}
}

// wantOnlyClass checks that coverage names the configuration and no other.
func wantOnlyClass(t *testing.T, r *check.Report, config string) {
	t.Helper()
	classes := 0
	for _, c := range r.Coverage {
		for _, cl := range c.Classes {
			classes++
			if c.Arch != "powerpc" || !strings.Contains(cl.ID, filepath.Base(config)) {
				t.Errorf("got class %s of %s, want %s of powerpc", cl.ID, c.Arch, config)
			}
		}
		if c.Arch == "powerpc" && (c.Units == 0 || len(c.Machines) != 2) {
			t.Errorf("got %d units on machines %q, want hash and radix", c.Units, c.Machines)
		}
	}
	if classes != 1 {
		t.Errorf("got %d classes, want 1", classes)
	}
}

// witness returns the .config that a defconfig of powerpc and lines on top of
// it make.
func witness(t *testing.T, linux, defconfig string, lines []string) []byte {
	t.Helper()
	fsys := os.DirFS(linux)
	kc, err := kconfig.Load(fsys, "powerpc", kconfig.Env{})
	if err != nil {
		t.Fatal(err)
	}
	base, err := kconfig.Defconfig(fsys, "powerpc", defconfig)
	if err != nil {
		t.Fatal(err)
	}
	fragment, err := kconfig.ParseConfig(strings.NewReader(strings.Join(lines, "\n")+"\n"), "fragment")
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := kc.Olddefconfig(kconfig.Merge(base, fragment))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range fragment {
		if got := c.Value(line.Name).Text; got != line.Value {
			t.Errorf("CONFIG_%s: got %q, want %q", line.Name, got, line.Value)
		}
	}
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCleanSeriesAreSilent reviews real mails in which nothing is wrong. They
// are those that apply to 6.1 and change an architecture that is known, or
// generic code.
func TestCleanSeriesAreSilent(t *testing.T) {
	linux := linux61(t)
	for _, pattern := range []string{
		"negatives/v1-01-mm-debug-vm-pgtable-*.mbox",
		"negatives/v3-08-mm-khugepaged-*.mbox",
		"arch-pte-map-may-fail/v2-11-powerpc-*.mbox",
		"arch-pte-map-may-fail/v2-12-powerpc-*.mbox",
		"arch-pte-map-may-fail/v2-15-s390-*.mbox",
		"arch-pte-map-may-fail/v2-16-s390-*.mbox",
		"arch-pte-map-may-fail/v2-21-x86-*.mbox",
		"arch-pte-map-may-fail/v2-22-x86-*.mbox",
		"pte-map-may-fail/v2-10-mm-pagewalk-*.mbox",
		"pte-map-may-fail/v2-12-mm-vmalloc-*.mbox",
	} {
		t.Run(filepath.Base(pattern), func(t *testing.T) {
			args := []string{"--tree", linux}
			if strings.Contains(pattern, "vmalloc") {
				args = onFew(args...) // the longest of them by far
			}
			r := review(t, exitClean, append(args, mail(t, pattern))...)
			wantFindings(t, r, 0)
			r.Gaps = nil // what no defconfig can be made to is named, and is no fault
			withoutUncompiled(r)
			wantAllRun(t, r)
		})
	}
}

// withoutUncompiled drops the units of files that no configuration of an
// architecture compiles, as long as it is not so on all of them.
func withoutUncompiled(r *check.Report) {
	run := slices.ContainsFunc(r.Coverage, func(c check.Coverage) bool { return c.Clean > 0 && len(c.NotRun) == 0 })
	for i := range r.Coverage {
		c := &r.Coverage[i]
		c.NotRun = slices.DeleteFunc(c.NotRun, func(n check.NotRunCount) bool {
			return run && strings.HasPrefix(n.Reason, "no configuration that was looked at compiles ")
		})
	}
}

// TestSeriesWithoutItsBase reviews a real mail whose base gives it functions
// that 6.1 does not have: the names are told, on its architecture alone.
func TestSeriesWithoutItsBase(t *testing.T) {
	linux := linux61(t)
	r := review(t, exitFindings, "--tree", linux, mail(t, "arch-pte-map-may-fail/v2-03-arm64-*.mbox"))
	wantFindings(t, r, 2)
	for i, name := range []string{"pte_alloc_huge()", "pte_offset_huge()"} {
		f := r.Findings[i]
		if f.Rule != "build/undeclared" || f.Arch != "arm64" || !strings.HasPrefix(f.Message, name) {
			t.Errorf("got %s on %s: %s, want that %s is undeclared on arm64", f.Rule, f.Arch, f.Message, name)
		}
	}
}

// TestHelpersOfLinux lists the definitions that the founding case is about.
func TestHelpersOfLinux(t *testing.T) {
	linux := linux61(t)
	status, out, errs := inProcess(t, "helpers", "--tree", linux, "--format", "json", "hash__pmd_same")
	if status != exitClean {
		t.Fatalf("got exit status %d: %s", status, errs)
	}
	var list []definedHelper
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, d := range list {
		got[d.Arch+" "+d.File] = d.Meaning
		if !strings.Contains(d.Condition, "CONFIG_PPC_64K_PAGES") || !strings.Contains(d.Condition, "CONFIG_TRANSPARENT_HUGEPAGE") {
			t.Errorf("%s: got condition %s, want one of page size and huge pages", d.File, d.Condition)
		}
		if line := lineOf(t, linux, d.File, d.Line); !strings.Contains(line, "hash__pmd_same(") {
			t.Errorf("got %s:%d, %q, want the line that defines it", d.File, d.Line, line)
		}
	}
	want := map[string]string{
		"powerpc " + hash4k: "traps (BUG)",
		"powerpc arch/powerpc/include/asm/book3s/64/hash-64k.h": "compares pmd_a and pmd_b",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
