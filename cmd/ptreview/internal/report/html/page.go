// Package html writes the report of a review as one page that needs nothing
// else: no network, no other file, and no script for what it says.
//
// It knows how things look, and draws timelines and page tables. It leaves out
// where its words and source lines come from. All of them are hostile: they are
// escaped by html/template, control characters and marks that turn the direction
// of text are shown and not sent, and a policy in the page forbids every script
// and style but its own.
package html

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"unicode"

	"ptreview/rules/check"
)

// Page is what a page shows.
type Page struct {
	Report *check.Report
	// Counts are errors, warnings and notes, and Units what came of the units of
	// work; of each the last words of a sentence: "2 errors".
	Counts, Units []Count
	Findings      []Finding
	Known         []Finding // numbered behind them
	Matrix        []Row
	NotRun        []Reason
	Helpers       []Helper
	Played        []Played
	Excluded      []Excluded
	Gaps          []Gap
	Rules         []Rule
	Costs         string // "" if not to be shown
}

// Count is a number with what it counts.
type Count struct {
	N    int
	Of   string
	Kind string // a class of the style: error, warning, note, clean, notrun
}

// Finding is one finding with all around it.
type Finding struct {
	*check.Finding
	N      int // from 1
	RuleN  int // of Page.Rules, from 1
	Open   bool
	Change *Code
	Steps  []Step
	// Tables and Timeline are nil where there are none.
	Tables   *Tables
	Timeline *Timeline
	// Trace is the end of the trace, and Left how many lines are before it.
	Trace []check.TraceLine
	Left  int
}

// Code is some lines of a file.
type Code struct {
	File  string
	Line  int // the one that is meant
	Lines []Line
}

// Line is a line of source. Op is '+' or '-' where a patch is quoted.
type Line struct {
	Number int // 0 for none
	Op     byte
	Text   string
	Hit    bool // it is the one that is meant
}

// Step is one step of a path: a function and the line that takes the next step.
type Step struct {
	check.Step
	Text   string // the line, "" if it is not at hand
	Source *Code  // around it; nil if it is not at hand
	Trap   string // what is reached here, "" for a call
}

// Row is an architecture in the matrix.
type Row struct {
	*check.Coverage
	N      int // from 1
	NotRun int // units
	Cells  []Cell
}

// Cell is a class of configurations in the matrix.
type Cell struct {
	*check.ClassInfo
	Mark string // a class of the style: clean, found, notrun
	N    int    // of the finding to look at, 0 for none
}

// Reason is why units were not run, with the architectures that it holds for.
type Reason struct {
	Text  string
	Units int
	Archs []string
}

// Helper is a changed definition. Compared are results with how many classes
// and machines have each.
type Helper struct {
	*check.HelperChange
	Compared []Count
}

// Played are functions that were played with the same outcome.
type Played struct {
	Patch    int
	Function string
	Outcome  string
	On       []string
}

// Excluded is a trap that no caller lets happen.
type Excluded struct {
	Text        string
	Assumptions []check.Assumption
}

// Gap is something that was not read for some architectures.
type Gap struct {
	What, Reason string
	Archs        []string
}

// Rule is the page of a rule.
type Rule struct {
	Name     string
	Severity check.Severity
	Summary  string
	Blocks   []Block // what follows the summary
	Findings []int   // their numbers
}

// Block is a paragraph, some code or a list. Kind is a class of the style: "",
// bad, good.
type Block struct {
	Kind  string
	Text  string
	Code  string
	Items []string
}

//go:embed style.css
var style string

//go:embed script.js
var script string

//go:embed page.html
var page string

//go:embed parts.html
var parts string

// Write writes a page. Errors: those of w.
func Write(w io.Writer, p *Page) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"style":   func() template.CSS { return template.CSS(style) },
		"own":     func() template.JS { return template.JS(script) },
		"csp":     policy,
		"op":      func(b byte) string { return string(rune(b)) },
		"depth":   func(n int) int { return min(max(n, 0), maxDepth) },
		"inc":     func(n int) int { return n + 1 },
		"text":    func(list []string) string { return strings.Join(list, ", ") },
		"input":   input,
		"meaning": func(c check.Confidence) string { return meanings[c] },
	}).Parse(page)
	if err == nil {
		t, err = t.Parse(parts)
	}
	if err != nil {
		panic(err) // the templates are part of the program
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return err
	}
	_, err = io.WriteString(w, Visible(b.String()))
	return err
}

// Few is how many findings a page can show in full without being long.
const Few = 6

// Many reports whether there are more.
func (p *Page) Many() bool { return len(p.Findings)+len(p.Known) > Few }

// maxDepth is how many depths of calls the style knows.
const maxDepth = 16

// policy forbids everything but the page's own style and script.
// Source: W3C, Content Security Policy Level 3.
func policy() string {
	return "default-src 'none'; style-src '" + hash(style) + "'; script-src '" + hash(script) + "'; base-uri 'none'; form-action 'none'"
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Visible shows what would not be seen: control characters, and what makes
// source look other than it reads.
// Source: CVE-2021-42574.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// meanings say what a confidence is worth.
var meanings = map[check.Confidence]string{
	check.Executed:  "The kernel's own source was run, and it happened.",
	check.Reachable: "A path leads there; in the runs that took it something was not known.",
	check.Possible:  "Not all that is needed to be sure is known.",
}

// input cuts "pmd: points to a page table" into a name and what it has; the name
// is "" where there is none.
func input(s string) [2]string {
	name, has, ok := strings.Cut(s, ": ")
	if !ok || strings.ContainsAny(name, " ,") {
		return [2]string{"", s}
	}
	return [2]string{name, has}
}
