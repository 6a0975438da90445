package report

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a tab of a headless Chromium that notes what it is told and what it
// asks for.
type browser struct {
	t        *testing.T
	ctx      context.Context
	messages func() []string // of the console
	requests func() []string
}

// openBrowser starts a browser, or skips the test where there is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("SKIPPED: there is no chromium: pages are not opened in a browser")
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(t.TempDir()),
	}
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // it refuses to sandbox what root runs
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	b.do(chromedp.EmulateViewport(1200, 900))
	b.watch()
	return b
}

// do runs actions.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// media emulates a medium, "" for the screen, and what the system prefers.
func (b *browser) media(medium, scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// watch notes requests and what is written to the console from now on.
func (b *browser) watch() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	messages, requests := make(chan string, 1000), make(chan string, 1000)
	console := chromedp.Console(b.ctx)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			messages <- m.String()
		}
	}()
	sent := chromedp.Events(b.ctx, network.RequestWillBeSent)
	go func() {
		for e, err := range sent {
			if err != nil {
				return
			}
			requests <- e.Request.URL
		}
	}()
	b.messages, b.requests = drain(messages), drain(requests)
}

// drain returns what takes all that a channel has.
func drain(c chan string) func() []string {
	return func() []string {
		var list []string
		for {
			select {
			case s := <-c:
				list = append(list, s)
			default:
				return list
			}
		}
	}
}

// open writes a page to a file and opens that.
func (b *browser) open(page string) {
	b.t.Helper()
	name := filepath.Join(b.t.TempDir(), "report.html")
	if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate("file://" + name))
}

// demoPages are the pages of the demo, which have trees and executions.
func demoPages(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "testdata", "faces", "html.golden"))
	if err != nil {
		t.Fatal(err)
	}
	const head = "<!DOCTYPE html>"
	var pages []string
	for _, part := range strings.Split(string(data), head)[1:] {
		pages = append(pages, head+part)
	}
	if len(pages) != 3 {
		t.Fatalf("got %d pages, want one for each act of the demo", len(pages))
	}
	return pages
}

// TestPageLoads opens pages of all kinds: nothing may be asked for but the page,
// and the console must stay empty, which is where a policy that does not fit the
// page would be complained of.
func TestPageLoads(t *testing.T) {
	b := openBrowser(t)
	pages := append(demoPages(t), evilPage(t), pageOf(t, fullMaterial()), pageOf(t, &Material{Report: manyReport(41)}))
	for i, page := range pages {
		b.open(page)
		b.do(chromedp.Click("#theme"), chromedp.Click("#all"))
		if open := ask[int](b, `document.querySelectorAll("details:not([open])").length`); open > 0 {
			t.Errorf("page %d: %d details are closed after all were opened", i, open)
		}
		if got := b.messages(); len(got) > 0 {
			t.Errorf("page %d: got %q on the console, want nothing", i, got)
		}
		if got := b.requests(); len(got) != 1 || !strings.HasPrefix(got[0], "file://") {
			t.Errorf("page %d: got requests for %q, want only the page", i, got)
		}
		if wide := ask[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("page %d is %d wider than the window", i, wide)
		}
	}
	b.do(chromedp.EmulateViewport(360, 740))
	for i, page := range pages[:3] {
		b.open(page)
		b.do(chromedp.Click("#all"))
		if wide := ask[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("page %d is %d wider than a small window", i, wide)
		}
	}
}

// TestPageHostile checks that nothing which a patch says is run or becomes part
// of the page, and that the policy alone would keep a script from running.
func TestPageHostile(t *testing.T) {
	b := openBrowser(t)
	page := evilPage(t)
	b.open(page)
	b.do(chromedp.Click("#all"))
	if ask[bool](b, `"hacked" in window`) {
		t.Error("what a patch says was run")
	}
	if got := ask[int](b, `document.querySelectorAll("script, style, img, iframe, object, form, link, base").length`); got != 2 {
		t.Errorf("got %d elements that load or run something, want the style and the script", got)
	}
	if got := ask[string](b, `[...document.querySelectorAll("*")].flatMap(e => [...e.attributes]).filter(a => /^on/.test(a.name) || /^\s*javascript:/i.test(a.value)).map(a => a.name).join()`); got != "" {
		t.Errorf("got attributes %s that run something", got)
	}
	if !strings.HasPrefix(ask[string](b, "document.title"), "</script></style></title>") {
		t.Error("the title is not what the patch says")
	}
	b.messages()
	b.open(strings.Replace(page, "<main", `<script>window.hacked=1</script><img src="http://127.0.0.1:9/x"><main style="color:red"`, 1))
	if ask[bool](b, `"hacked" in window`) {
		t.Error("the policy lets a foreign script run")
	}
	refused := strings.Join(b.messages(), "\n")
	for _, what := range []string{"inline script", "inline style", "127.0.0.1:9"} {
		if !strings.Contains(refused, what) {
			t.Errorf("the policy did not refuse the %s: %s", what, refused)
		}
	}
}

// press presses a key and returns what has the focus then.
func (b *browser) press(key string) string {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key))
	return ask[string](b, `(e => !e || e === document.body ? "" : e.tagName + (e.id ? "#" + e.id : "") + "." + e.className + " " + (e.parentElement.closest("li, section")?.className ?? "") + " " + e.textContent.trim().slice(0, 30))(document.activeElement)`)
}

// TestPageKeyboard walks a page with the keyboard: past the contents by the first
// stop, to a step of the path, which opens and closes, to the theme, and out at
// the end.
func TestPageKeyboard(t *testing.T) {
	b := openBrowser(t)
	b.open(pageOf(t, fullMaterial()))
	if got := b.press(kb.Tab); !strings.HasPrefix(got, "A.skip") {
		t.Errorf("got %q first, want what skips to the findings", got)
	}
	if ring := ask[string](b, `getComputedStyle(document.activeElement).outlineStyle`); ring == "none" {
		t.Error("what has the focus is not to be seen")
	}
	if got := b.press(kb.Enter); !strings.HasPrefix(got, "MAIN#main") {
		t.Errorf("got %q after skipping, want the findings", got)
	}
	steps := `[...document.querySelectorAll(".path details")]`
	for range 10 {
		if got := b.press(kb.Tab); strings.HasPrefix(got, "SUMMARY. trap") {
			break
		}
	}
	b.press(kb.Enter)
	if got := ask[string](b, steps+`.filter(d => d.open).map(d => d.querySelector(".hit").innerText.replace(/\s+/g, " ").trim()).join()`); got != `4 › BUG(); \` {
		t.Errorf("got %q open, want the source of the trap", got)
	}
	b.press(" ")
	if n := ask[int](b, steps+`.filter(d => d.open).length`); n != 0 {
		t.Errorf("got %d steps open after closing it, want none", n)
	}
	out := false
	for range 100 {
		if b.press(kb.Tab) == "" {
			out = true
			break
		}
	}
	if !out {
		t.Error("the keyboard does not get out of the page")
	}
}

// follow clicks on a link and waits for part of what it leads to to be seen.
func (b *browser) follow(link, part string) {
	b.t.Helper()
	b.do(chromedp.Click(link))
	seen := fmt.Sprintf(`location.hash && document.querySelector(location.hash + %q)?.checkVisibility({contentVisibilityAuto: true})`, " "+part)
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](seen, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		b.t.Errorf("%s does not open what it leads to: %v", link, err)
	}
}

// TestPageLinks follows the link of a finding to its rule, which is closed.
func TestPageLinks(t *testing.T) {
	b := openBrowser(t)
	b.open(pageOf(t, fullMaterial()))
	b.follow(`#finding-1 .more a`, ".prose")
	b.follow(`.matrix tbody tr:nth-child(2) th a`, "table")
	if dead := ask[[]string](b, `[...document.querySelectorAll("a[href^='#']")].filter(a => !document.querySelector(a.hash)).map(a => a.hash)`); len(dead) > 0 {
		t.Errorf("got links to nothing: %q", dead)
	}
	b.open(pageOf(t, &Material{Report: manyReport(41)}))
	b.do(chromedp.SendKeys("#filter", "helper3 powerpc"))
	if got := ask[string](b, `document.getElementById("shown").textContent + ", " + document.querySelectorAll("article.finding:not([hidden])").length`); got != "11 of 41, 11" {
		t.Errorf("got %s, want helper3 and helper30 to helper39", got)
	}
}

func TestPageTheme(t *testing.T) {
	b := openBrowser(t)
	const paper = `getComputedStyle(document.body).backgroundColor`
	const pressed = `document.getElementById("theme").getAttribute("aria-pressed")`
	b.media("", "light")
	b.open(pageOf(t, fullMaterial()))
	light := ask[string](b, paper)
	if got := ask[string](b, pressed); got != "false" {
		t.Errorf("got a button that says %s on a light page", got)
	}
	b.do(chromedp.Click("#theme"))
	dark := ask[string](b, paper)
	if got := ask[string](b, pressed); dark == light || got != "true" {
		t.Errorf("got %s, said to be dark: %s, after the button was pressed", dark, got)
	}
	b.do(chromedp.Reload())
	if got := ask[string](b, paper); got != dark {
		t.Errorf("got %s after loading it again, want what was chosen", got)
	}
	b.do(chromedp.Click("#theme"))
	b.media("", "dark")
	if got := ask[string](b, paper); got != light {
		t.Errorf("got %s, want light as chosen", got)
	}
	ask[bool](b, `localStorage.clear(), true`)
	b.do(chromedp.Reload())
	if got := ask[string](b, paper); got != dark {
		t.Errorf("got %s, want dark as the system prefers", got)
	}
	b.media("print", "dark")
	if got := ask[string](b, paper); got != light {
		t.Errorf("got %s on paper, want what is light", got)
	}
}

// TestPagePrint checks that paper shows what is closed on a screen, also where
// scripts do not run.
func TestPagePrint(t *testing.T) {
	b := openBrowser(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	const closed = `[...document.querySelectorAll("details:not([open]) > :not(summary)")].map(e => e.getBoundingClientRect().height > 0 && e.checkVisibility({contentVisibilityAuto: true}))`
	b.open(pageOf(t, fullMaterial()))
	if ask[bool](b, `document.querySelector(".controls").checkVisibility()`) {
		t.Error("there are buttons, which do nothing without a script")
	}
	if got := ask[[]bool](b, closed); len(got) < 10 || slices.Contains(got, true) {
		t.Errorf("got %v on a screen, want much that is closed", got)
	}
	b.media("print", "light")
	if got := ask[[]bool](b, closed); slices.Contains(got, false) {
		t.Errorf("got %v on paper, want all to be seen", got)
	}
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	if err != nil || !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Errorf("got no PDF: %v", err)
	}
}

// TestPageAccessible reads pages as a screen reader does.
func TestPageAccessible(t *testing.T) {
	b := openBrowser(t)
	for i, page := range append(demoPages(t), pageOf(t, fullMaterial()), pageOf(t, &Material{Report: manyReport(41)})) {
		b.open(page)
		b.do(chromedp.Click("#all"))
		tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			t.Fatal(err)
		}
		accessible(t, fmt.Sprintf("page %d", i), tree.Nodes)
	}
}

// named are the roles of what is operated or drawn, which must have a name.
var named = []string{"link", "button", "DisclosureTriangle", "searchbox", "textbox", "image", "img", "region", "navigation", "table", "RootWebArea"}

func accessible(t *testing.T, page string, nodes []*accessibility.Node) {
	t.Helper()
	count := make(map[string]int)
	level := 0
	for _, n := range nodes {
		if n.Ignored {
			continue
		}
		role, name := axText(n.Role), strings.TrimSpace(axText(n.Name))
		count[role]++
		if slices.Contains(named, role) && name == "" {
			t.Errorf("%s: a %s has no name", page, role)
		}
		if role != "heading" {
			continue
		}
		for _, p := range n.Properties {
			if p.Name == "level" {
				var l int
				if err := json.Unmarshal(p.Value.Value, &l); err != nil {
					t.Fatal(err)
				}
				if l > level+1 {
					t.Errorf("%s: heading %q is of level %d below one of level %d", page, name, l, level)
				}
				level = l
			}
		}
	}
	if count["table"] == 0 || count["columnheader"] < 3*count["table"] || count["rowheader"] == 0 {
		t.Errorf("%s: got %d tables with %d column headers and %d row headers, want each to have some", page, count["table"], count["columnheader"], count["rowheader"])
	}
	for _, role := range []string{"banner", "main", "contentinfo", "navigation", "link", "button"} {
		if count[role] == 0 {
			t.Errorf("%s: there is no %s", page, role)
		}
	}
}

// axText is the text of a value; "" for what has none.
func axText(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	if json.Unmarshal(v.Value, &s) != nil {
		return ""
	}
	return s
}

// TestPageAxe lets axe-core judge pages, light and dark. PTREVIEW_AXE names the
// folder of the npm package.
func TestPageAxe(t *testing.T) {
	dir := os.Getenv("PTREVIEW_AXE")
	if dir == "" {
		t.Skip("SKIPPED: PTREVIEW_AXE is not set: pages are not judged by axe-core")
	}
	axe, err := os.ReadFile(filepath.Join(dir, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	b := openBrowser(t)
	const run = `axe.run().then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 120) + " " + n.failureSummary).slice(0, 3).join("; ")))`
	for i, page := range append(demoPages(t), pageOf(t, fullMaterial())) {
		for _, scheme := range []string{"light", "dark"} {
			b.media("", scheme)
			b.open(page)
			b.do(chromedp.Click("#all"))
			ask[bool](b, string(axe)+"\n;true")
			found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](run, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range found {
				t.Errorf("page %d, %s: %s", i, scheme, v)
			}
		}
	}
}
