package report

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muesli/termenv"

	"ptreview/cmd/ptreview/internal/report/html"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// evil is what a patch could try in any place.
const evil = "</script></style></title>--><script>window.hacked=1</script><img src=x onerror=window.hacked=1>" +
	"<svg onload=window.hacked=1>\" onmouseover=\"window.hacked=1\" ' javascript:window.hacked=1 {{.}} \u202e\u2066\x1b[31m\x00"

// filled sets every string of a value, as deep as it goes, to text; lists get two
// elements and numbers are 1.
func filled(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			filled(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i), text)
		}
	}
}

// evilPage is a page of a report that has something evil in every place.
func evilPage(t *testing.T) string {
	t.Helper()
	var r check.Report
	filled(reflect.ValueOf(&r).Elem(), evil)
	return pageOf(t, &Material{Report: &r, Series: hostileSeries(t)})
}

func pageOf(t *testing.T, m *Material) string {
	t.Helper()
	var b strings.Builder
	if err := HTML(&b, m, Options{Profile: termenv.Ascii, Stats: true}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTMLHostile(t *testing.T) {
	page := evilPage(t)
	for tag, want := range map[string]int{"<script": 1, "</script": 1, "<style": 1, "</style": 1, "</title>\n<style": 1, "<img": 0, "<svg onload": 0, "\u202e": 0, "\u2066": 0, "\x1b": 0, "<!--": 0} {
		if got := strings.Count(page, tag); got != want {
			t.Errorf("%q: got %d, want %d", tag, got, want)
		}
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("got a place in the page that html/template has no escape for")
	}
}

// fullReport has something in every section of a page.
func fullReport() *check.Report {
	r := sample()
	r.Series.Subject = "mm: a series"
	f := &r.Findings[0]
	f.Rule, f.Advice = "trap/arch-helper", "Do not call h() here."
	f.Fix = &check.Fix{File: "mm/a.h", Line: 1, Text: "#define h h"}
	f.Evidence.Tables = []check.TableRow{
		{Level: "pmd", Address: "0xc000000001003000", Before: check.TableValue{Value: "0x8000000001004000", Means: []string{"table"}}, After: check.TableValue{Value: "0x0000000000000000", Means: []string{"empty"}}},
		{Level: "pte", Address: "0xc000000001004028", Before: check.TableValue{Value: "0xc000000001005106", Means: []string{"present", "pfn 0x1005"}}, After: check.TableValue{Value: "0xc000000001005106", Means: []string{"present", "pfn 0x1005"}}},
	}
	before := 1
	f.Evidence.Era = "pmd-lock"
	f.Evidence.Schedule = []check.ScheduleStep{
		{Thread: check.ThreadReview, Function: "e", File: "mm/a.c", Line: 3, Text: "pmdval = READ_ONCE(*pmd);", Effect: "reads the pmd: page table 1"},
		{Thread: check.ThreadEnvironment, Text: "page table 1 is freed", Effect: "page table 1: freed", Before: &before},
		{Thread: check.ThreadReview, Function: "the caller of e", Text: "reads the entry"},
	}
	f.Evidence.Assumptions = []check.Assumption{{Kind: "entry", Text: "the pmd was read from a live table", File: "mm/a.c", Line: 1}}
	r.Coverage = []check.Coverage{
		{Arch: "arm64", Units: 3, Clean: 3, Classes: []check.ClassInfo{{ID: "arm64/defconfig", Clean: 3}}},
		{Arch: "powerpc", Machines: []string{"radix_enabled()=false", "radix_enabled()=true"}, Units: 6, Clean: 3, Findings: 2,
			NotRun: []check.NotRunCount{{Reason: "not supported: asm goto", Units: 1}},
			Classes: []check.ClassInfo{
				{ID: "powerpc/x", Fragment: []string{"CONFIG_A=y"}, Needs: []string{"EXPERT"}, Findings: 2},
				{ID: "powerpc/y", Clean: 3, NotRun: 1},
			}},
	}
	r.Races = []check.Played{{Patch: 1, Function: "e", File: "mm/a.c", Arch: "powerpc", Class: "powerpc/x", Eras: []check.PlayedEra{{Era: "mmap_lock", Own: true, Outcome: check.NoRace}}}}
	r.Excluded = []check.Excluded{{Patch: 1, Entry: "e", Helper: "h", Trap: check.Trap{Kind: "BUG", File: "mm/a.h", Line: 4}, Arch: "powerpc", Class: "powerpc/x"}}
	r.Gaps = []check.Gap{{Arch: "arm64", What: "generated/x.h", Reason: "cannot be made"}, {Arch: "powerpc", What: "generated/x.h", Reason: "cannot be made"}}
	return r
}

// fullMaterial is the full report with a tree that has the source of its paths.
func fullMaterial() *Material {
	base := tree.Embedded(fstest.MapFS{
		"mm/a.c": {Data: []byte("void e(pmd_t *pmd)\n{\n\th(*pmd);\n}\n")},
		"mm/a.h": {Data: []byte("#define h(pmd)\t\\\n\t({\t\\\n\t\t(void)(pmd);\t\\\n\t\tBUG();\t\\\n\t})\n")},
	})
	return &Material{Report: fullReport(), Trees: []tree.Tree{base, base, base}}
}

// TestHTMLQuotes checks that each step of a path has the source around it, with
// the line that takes the next step.
func TestHTMLQuotes(t *testing.T) {
	page := pageOf(t, fullMaterial())
	for _, want := range []string{
		`<code class="takes">h(*pmd);</code>`, `<div class="r hit"><i>3</i><b>›</b><code>	h(*pmd);</code></div>`,
		`<div class="r"><i>1</i><b></b><code>void e(pmd_t *pmd)</code></div>`, `<div class="r hit"><i>4</i><b>›</b><code>		BUG();	\</code></div>`,
		`<b class="boom">BUG();</b>`,
	} {
		if n := strings.Count(page, want); n != 2 {
			t.Errorf("got %d times %s, want one for each finding", n, want)
		}
	}
	m := fullMaterial()
	m.Report.Findings[0].Path[0].Line = 5 // both findings have the path
	if page := pageOf(t, m); strings.Contains(page, `<code class="takes">h(*pmd);</code>`) {
		t.Error("got source for a line that the file does not have")
	}
}

// TestHTMLSaysAll checks that a page counts all units, says why some were not
// run, and has every section that the report has something for.
func TestHTMLSaysAll(t *testing.T) {
	page := pageOf(t, &Material{Report: fullReport()})
	for _, want := range []string{
		"<b>1</b> error</li>", "<b>0</b> warnings</li>", "<b>1</b> note</li>",
		"<b>6</b> units clean</li>", "<b>2</b> with findings</li>", "<b>1</b> not run</li>",
		"not supported: asm goto <span class=\"faint\">– 1 unit: powerpc 1</span>",
		">powerpc/y: not run</span>", ">arm64/defconfig: clean</span>", "href=\"#finding-1\" title=\"powerpc/x\"",
		"only with CONFIG_EXPERT=y", "generated/x.h: cannot be made <span class=\"faint\">– arm64, powerpc</span>",
		"Patch 2 of the series takes this away", "<svg class=\"tables\"", "<svg class=\"timeline\"",
		"<h2 id=\"h-helpers\">", "<h2 id=\"h-played\">", "<h2 id=\"h-excluded\">", "<h2 id=\"h-notes\">", "<h2 id=\"h-rules\">",
		"A page-table helper that traps on some architecture", "<ul class=\"bad\">", "<pre class=\"good\">", "Blind spots:",
		"This version of ptreview does not have the rule.",
		"<p>Do not call h() here.</p>", "mm/a.h, after line 1</figcaption><div class=\"r add\"><i></i><b>+</b><code>#define h h</code>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("got no %q", want)
		}
	}
	for i := range 2 {
		if want := fmt.Sprintf("id=\"rule-%d\"", i+1); strings.Count(page, want) != 1 || strings.Count(page, "href=\"#rule-"+fmt.Sprint(i+1)) != 1 {
			t.Errorf("got not one section %s and one link to it", want)
		}
	}
	empty := pageOf(t, &Material{Report: &check.Report{Coverage: fullReport().Coverage[1:]}})
	if want := `Nothing was found in what was looked at; <a href="#notrun">not all of it was</a>.`; !strings.Contains(empty, want) {
		t.Errorf("got no %q", want)
	}
}

// manyReport has n findings, on as many architectures as there are.
func manyReport(n int) *check.Report {
	r := fullReport()
	one := r.Findings[0]
	r.Findings = nil
	for i := range n {
		f := one
		f.Helper = fmt.Sprintf("helper%d", i)
		f.Message = fmt.Sprintf("e() now calls %s(), which traps", f.Helper)
		e := *f.Evidence
		for range 400 {
			e.Trace = append(e.Trace, check.TraceLine{Function: "e", File: "mm/a.c", Line: 3, Text: "pmd = READ_ONCE(*pmdp);", Depth: 3})
		}
		f.Evidence = &e
		r.Findings = append(r.Findings, f)
	}
	r.Coverage = nil
	for a := range 22 {
		c := check.Coverage{Arch: fmt.Sprintf("arch%d", a)}
		for k := range 40 {
			c.Classes = append(c.Classes, check.ClassInfo{ID: fmt.Sprintf("arch%d/class%d", a, k), Clean: 9})
			c.Clean += 9
		}
		r.Coverage = append(r.Coverage, c)
	}
	return r
}

// TestHTMLMany checks that a large report makes a page that is closed at first,
// can be filtered, and stays of a size that a mail or an archive of builds takes.
func TestHTMLMany(t *testing.T) {
	page := pageOf(t, &Material{Report: manyReport(400)})
	if n := strings.Count(page, " open>"); n > 0 {
		t.Errorf("got %d open findings of 400, want none", n)
	}
	if !strings.Contains(page, `<input type="search" id="filter"`) {
		t.Error("got nothing to filter 400 findings with")
	}
	if n, most := len(page), 8<<20; n > most {
		t.Errorf("got %d bytes, want at most %d", n, most)
	}
	if !strings.Contains(page, "… 390 lines before") {
		t.Error("got a trace that was cut without a word")
	}
	if few := pageOf(t, &Material{Report: fullReport()}); strings.Count(few, " open>") != 2 || strings.Contains(few, `id="filter"`) {
		t.Errorf("got %d open findings, want 2 and no filter", strings.Count(few, " open>"))
	}
	if len(fullReport().Findings) > html.Few {
		t.Error("the report has more findings than a page opens")
	}
}
