package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/muesli/termenv"

	"ptreview/rules/check"
)

// Options say how text looks.
type Options struct {
	Profile termenv.Profile // termenv.Ascii for no colour
	Stats   bool
	// Links makes places and mails links, for a terminal that knows them.
	Links bool
	// Types and MailLines are for Terse.
	Types     bool
	MailLines bool
	Trace     int // source lines of an execution to show; 0 means 12
	Width     int // columns of Text; 0 means 80
	Mail      MailOptions
	// Brief makes one line of the text of a report in which all is clean or known,
	// below the notes and what is known if there is any.
	Brief bool
}

// Text writes a report for a reader at a terminal or of a log.
func Text(w io.Writer, m *Material, opt Options) error {
	r := m.Report
	if opt.Trace == 0 {
		opt.Trace = 12
	}
	t := &text{w: bufio.NewWriter(w), m: m, opt: opt}
	if opt.Brief && isClean(r) {
		for _, n := range r.Notes {
			t.printf("ptreview: %s\n", Clean(n))
		}
		for _, f := range known(r) {
			t.printf("ptreview: known: %s\n", Clean(knownText(f)))
		}
		t.printf("ptreview: %s: ", Clean(r.Series.Subject))
		t.summary(r)
		return t.w.Flush()
	}
	t.header(r)
	for _, f := range told(r) {
		t.finding(f)
	}
	t.helpers(r.Helpers)
	t.races(r.Races)
	t.excluded(r.Excluded)
	t.knownFindings(r)
	t.notes(r)
	t.matrix(r.Coverage)
	if n := beforeText(r); n != "" {
		t.printf("%s\n", n)
	}
	t.summary(r)
	return t.w.Flush()
}

// isClean reports whether everything was looked at and nothing was found that
// counts.
func isClean(r *check.Report) bool {
	return len(told(r)) == 0 &&
		!slices.ContainsFunc(r.Coverage, func(c check.Coverage) bool { return len(c.NotRun) > 0 })
}

type text struct {
	w   *bufio.Writer
	m   *Material
	opt Options
}

func (t *text) printf(format string, args ...any) { fmt.Fprintf(t.w, format, args...) }

// style colours s where the terminal can.
func (t *text) style(s string, bold bool, color string) string {
	st := t.opt.Profile.String(Clean(s))
	if color != "" {
		st = st.Foreground(t.opt.Profile.Color(color))
	}
	if bold {
		st = st.Bold()
	}
	return st.String()
}

func (t *text) bold(s string) string { return t.style(s, true, "") }
func (t *text) faint(s string) string {
	return t.opt.Profile.String(Clean(s)).Faint().String()
}

func (t *text) severity(s check.Severity) string {
	color := map[check.Severity]string{check.Error: "1", check.Warning: "3", check.Note: "6"}[s]
	return t.style(string(s), true, color)
}

func (t *text) header(r *check.Report) {
	subject := r.Series.Subject
	if subject == "" {
		subject = "series"
	}
	t.printf("%s\n", t.bold(subject))
	on := "linux "
	if len(r.Series.Patches) > 0 || r.Tree.KernelVersion == "" {
		t.printf("%s", plural(len(r.Series.Patches), "patch", "patches"))
		on = " on linux "
	}
	if r.Tree.KernelVersion != "" {
		t.printf("%s%s", on, Clean(r.Tree.KernelVersion))
	}
	if r.Tree.Source == "none" {
		t.printf(", no tree given")
	}
	t.printf("\n")
	if len(r.Series.Patches) > 1 {
		for _, p := range r.Series.Patches {
			t.printf("  %d  %s\n", p.N, t.archived(p.Subject, p.MessageID))
		}
	}
	t.printf("\n")
}

func firstNonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (t *text) evidence(e *check.Evidence) {
	if e == nil {
		return
	}
	if len(e.Counterexample) > 0 {
		t.printf("  executed\n")
		for _, c := range e.Counterexample {
			t.paragraph("    ", "      ", c, Clean)
		}
	}
	if len(e.Inputs) > 0 {
		t.printf("  executed with\n")
		for _, in := range e.Inputs {
			t.paragraph("    ", "      ", in, Clean)
		}
	}
	t.schedule(e)
	if len(e.Proved) > 0 {
		t.printf("  proved for all values\n")
		for _, p := range e.Proved {
			t.wrap("    ", p)
		}
	}
	t.assumptions("    ", e.Assumptions)
	for _, n := range e.NotAssumed {
		t.paragraph("    not assumed: ", "      ", n, Clean)
	}
	if len(e.Trace) == 0 {
		return
	}
	first := max(0, len(e.Trace)-t.opt.Trace)
	t.printf("  trace\n")
	if first > 0 {
		t.printf("    %s\n", t.faint(fmt.Sprintf("… %d lines before", first)))
	}
	for _, s := range e.Trace[first:] {
		code := "    " + strings.Repeat("  ", max(0, s.Depth)) + Clean(s.Text)
		if place, ok := placeBeside(code, s.File, s.Line, t.width()); ok {
			t.printf("%s  %s\n", code, t.faint(place))
		} else {
			t.printf("%s\n%*s%s\n", code, indentOf(code)+4, "", t.faint(place))
		}
	}
}

// indentOf returns how many blanks a line begins with.
func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// placeBeside returns file:line with as many of the file's folders as fit
// beside the code within so many columns; ok is false if not even its name does.
func placeBeside(code, file string, line, columns int) (place string, ok bool) {
	whole := fmt.Sprintf("%s:%d", file, line)
	room := columns - utf8.RuneCountInString(code) - 2
	for place = whole; utf8.RuneCountInString(place) > room; {
		_, rest, more := strings.Cut(strings.TrimPrefix(place, "…/"), "/")
		if !more {
			return whole, false
		}
		place = rest
		if strings.Contains(rest, "/") {
			place = "…/" + rest
		}
	}
	return place, true
}

func (t *text) helpers(list []check.HelperChange) {
	if len(list) == 0 {
		return
	}
	t.printf("%s\n", t.bold("helper definitions changed"))
	for _, h := range list {
		t.printf("  patch %d  %s  %s  %s\n", h.Patch, Clean(h.Arch), t.bold(h.Helper+"()"), t.faint(fmt.Sprintf("%s:%d", h.File, h.Line)))
		t.side("before: ", h.Before, h.BeforeRun)
		t.side("after:  ", h.After, h.AfterRun)
		t.compared(h.Compared)
	}
	t.printf("\n")
}

// compared prints what was found out about the two definitions, each result
// with the number of classes and machines that have it.
func (t *text) compared(list []check.Compared) {
	for _, r := range comparedAlike(list) {
		of := ""
		if r.N > 1 {
			of = fmt.Sprintf(", %d classes and machines", r.N)
		}
		t.printf("    compared: %s%s\n", Clean(r.Of), t.faint(of))
	}
}

// side prints what a definition did or does, and how it ran.
func (t *text) side(label, meaning string, runs []string) {
	t.printf("    %s%s\n", label, Clean(firstNonEmpty(meaning, "not defined here")))
	for _, run := range runs {
		t.printf("      executed: %s\n", Clean(run))
	}
}

func (t *text) notes(r *check.Report) {
	if len(r.Notes) > 0 {
		t.printf("%s\n", t.bold("about the input"))
		for _, n := range r.Notes {
			t.item(n)
		}
		t.printf("\n")
	}
	if len(r.Gaps) > 0 {
		t.printf("%s\n", t.bold("not read"))
		for _, g := range r.Gaps {
			t.item(g.Arch + ": " + g.What + ": " + g.Reason)
		}
		t.printf("\n")
	}
}

func (t *text) summary(r *check.Report) {
	counts := severities(r)
	clean, notRun := unitCounts(r)
	t.printf("%s, %s, %s%s; %s clean, %d not run\n",
		plural(counts[check.Error], "error", "errors"), plural(counts[check.Warning], "warning", "warnings"),
		plural(counts[check.Note], "note", "notes"), besides(r), plural(clean, "unit", "units"), notRun)
	if t.opt.Stats {
		t.printf("%s\n", costs(r.Stats))
	}
}

// costs says what a review took.
func costs(s check.Stats) string {
	return fmt.Sprintf("%.2f s, %s, %s%s", s.Seconds, plural(s.Files, "file read", "files read"),
		plural(s.Units, "translation unit", "translation units"), cachedNote(s))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// width is what prose is wrapped to, in columns, where nothing else is said.
const width = 80

func (t *text) width() int {
	if t.opt.Width > 0 {
		return t.opt.Width
	}
	return width
}

// wrap writes a paragraph of at most t.width() columns behind an indent.
func (t *text) wrap(indent, s string) { t.paragraph(indent, indent, s, Clean) }

// wrapAs is wrap with a style for each line.
func (t *text) wrapAs(indent, s string, style func(string) string) {
	t.paragraph(indent, indent, s, style)
}

// item is wrap for one of several: lines after the first stand further in.
func (t *text) item(s string) { t.paragraph("  ", "    ", s, Clean) }

func (t *text) paragraph(first, indent, s string, style func(string) string) {
	line, columns := "", 0
	for _, word := range strings.Fields(Clean(s)) {
		n := utf8.RuneCountInString(word)
		if columns > 0 && len(first)+columns+1+n > t.width() {
			t.printf("%s%s\n", first, style(line))
			first, line, columns = indent, "", 0
		}
		if columns > 0 {
			line += " "
			columns++
		}
		line += word
		columns += n
	}
	t.printf("%s%s\n", first, style(line))
}

// Clean makes text from a patch safe for a terminal: control characters are
// shown, not sent, and so are those that turn the order of what follows around.
// Source: Unicode Standard Annex 9, explicit directional formatting.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, s)
}

// cachedNote says that the costs are those of an earlier review.
func cachedNote(s check.Stats) string {
	if s.Cached {
		return " when it was made first"
	}
	return ""
}
