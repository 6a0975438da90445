package report

import (
	"bufio"
	"fmt"
	"path"
	"slices"
	"strings"

	"ptreview/cmd/ptreview/internal/report/letter"
	"ptreview/parse/patch"
	"ptreview/parse/series"
	"ptreview/rules/check"
	"ptreview/semantics/pagetable"
)

// mailWidth is what own text is wrapped to: two columns less than 72, which
// letter.Own may need.
const mailWidth = 70

// How many lines of a hunk stand before and behind one that has a comment.
const (
	quotedBefore = 10
	quotedAfter  = 3
)

// mailBody writes the text of a mail.
type mailBody struct {
	out strings.Builder
	m   *Material
	p   *series.Patch // nil for the series
	opt Options
}

func newMailBody(m *Material, p *series.Patch, opt Options) *mailBody {
	return &mailBody{m: m, p: p, opt: opt}
}

// own writes text of one's own, as Text writes it.
func (b *mailBody) own(write func(*text)) {
	var s strings.Builder
	t := &text{w: bufio.NewWriter(&s), m: b.m, opt: b.opt}
	write(t)
	t.w.Flush() // to a strings.Builder: no error
	b.out.WriteString(letter.Own(s.String()))
}

// prose writes a paragraph and a blank line.
func (b *mailBody) prose(s string) {
	b.own(func(t *text) { t.wrap("", s) })
	b.blank()
}

func (b *mailBody) blank() { b.out.WriteByte('\n') }

// base names what the series was applied to.
func (b *mailBody) base() string {
	info := b.m.Report.Tree
	switch {
	case info.Source == "none":
		return ", without a tree"
	case info.BaseCommit != "":
		return fmt.Sprintf(" on linux %s at %.12s", info.KernelVersion, info.BaseCommit)
	case info.KernelVersion != "":
		return " on linux " + info.KernelVersion
	}
	return ""
}

// lead says what follows, and whose words are quoted.
func (b *mailBody) lead(of []*check.Finding) {
	count := make(map[check.Severity]int)
	for _, f := range of {
		count[f.Severity]++
	}
	var parts []string
	for _, s := range []check.Severity{check.Error, check.Warning, check.Note} {
		if count[s] > 0 {
			parts = append(parts, plural(count[s], string(s), string(s)+"s"))
		}
	}
	b.prose(fmt.Sprintf("%s in patch %d of %d%s.", strings.Join(parts, ", "), b.p.Position, len(b.m.Series.Patches), b.base()))
	who := firstNonEmpty(b.p.Mail.From.Name, b.p.Mail.From.Addr) + " wrote:"
	if d := b.p.Date; !d.IsZero() {
		who = "On " + d.Format("Mon, 2 Jan 2006 15:04:05 -0700") + ", " + who
	}
	b.own(func(t *text) { t.wrap("", who) })
}

// quoted is a hunk with the findings below its lines.
type quoted struct {
	file  string
	hunk  *Hunk
	below map[int][]*check.Finding // by index into hunk.Lines
}

// findings writes the hunks that have some, in their order, each finding below
// its line; and then those that have no line of the patch.
func (b *mailBody) findings(of []*check.Finding) {
	var list []*quoted
	var loose []*check.Finding
	for _, f := range of {
		h := b.m.Hunk(f.Location)
		if f.Location.Patch != b.p.Position || h == nil || h.At < 0 {
			loose = append(loose, f)
			continue
		}
		i := slices.IndexFunc(list, func(q *quoted) bool { return q.file == f.Location.File && q.hunk.Header == h.Header })
		if i < 0 {
			i = len(list)
			list = append(list, &quoted{f.Location.File, h, make(map[int][]*check.Finding)})
		}
		list[i].below[h.At] = append(list[i].below[h.At], f)
	}
	slices.SortStableFunc(list, func(x, y *quoted) int { return x.hunk.Lines[0].MailLine - y.hunk.Lines[0].MailLine })
	file := ""
	for _, q := range list {
		if q.file != file {
			b.fileHeader(q.file)
			file = q.file
		}
		b.hunk(q)
	}
	for _, f := range loose {
		b.loose(f)
	}
}

// fileHeader quotes the names of a file before and after.
func (b *mailBody) fileHeader(file string) {
	i := slices.IndexFunc(b.p.Diff.Files, func(f *patch.File) bool { return f.NewPath == file || f.OldPath == file })
	if i < 0 {
		return
	}
	for _, side := range [][3]string{{"--- ", "a", b.p.Diff.Files[i].OldPath}, {"+++ ", "b", b.p.Diff.Files[i].NewPath}} {
		name := "/dev/null"
		if side[2] != "" {
			name = path.Join(side[1], side[2])
		}
		b.out.WriteString(letter.Quote(side[0] + name))
	}
}

// hunk quotes what matters of a hunk: what leads to a line with a finding, and a
// little behind it.
func (b *mailBody) hunk(q *quoted) {
	b.out.WriteString(letter.Quote(q.hunk.Header))
	left := false
	for i, line := range q.hunk.Lines {
		if !q.near(i) {
			if !left {
				b.out.WriteString(letter.Quote("[...]"))
			}
			left = true
			continue
		}
		left = false
		b.out.WriteString(letter.Quote(string(line.Op) + line.Text))
		for k, f := range q.below[i] {
			if k == 0 {
				b.blank()
			}
			b.finding(f)
		}
	}
	if len(q.below[len(q.hunk.Lines)-1]) == 0 {
		b.blank()
	}
}

// near reports whether a line is close to one with a finding.
func (q *quoted) near(i int) bool {
	for at := range q.below {
		if at-quotedBefore <= i && i <= at+quotedAfter {
			return true
		}
	}
	return false
}

// loose writes a finding that no line of a hunk is to blame for.
func (b *mailBody) loose(f *check.Finding) {
	l := f.Location
	switch {
	case l.Side == "message" && l.Text != "":
		b.out.WriteString(letter.Quote(l.Text))
		b.blank()
	case l.File != "":
		b.prose(fmt.Sprintf("At %s:%d:", l.File, l.Line))
	}
	b.finding(f)
}

// finding writes a comment: what is wrong, what shows it and what to do.
func (b *mailBody) finding(f *check.Finding) {
	b.prose(f.Message + ".")
	if f.FixedByPatch != nil {
		b.prose(fmt.Sprintf("Patch %d of the series takes this away; it is broken from patch %d on until then, where a bisection may end.", *f.FixedByPatch, f.FirstBadPatch))
	}
	b.own(func(t *text) {
		of := string(f.Severity) + ", " + string(f.Confidence)
		if f.Arch != "" {
			of = f.Arch + ", " + of
		}
		t.wrap("  ", of)
		t.path(f)
		t.sites(f)
		t.where(f.Where)
		if f.FixedByPatch == nil && f.Evidence != nil {
			shown := *f.Evidence
			shown.Trace, shown.Schedule = nil, nil // the path is there already
			t.evidence(&shown)
		}
	})
	if e := f.Evidence; f.FixedByPatch == nil && e != nil && len(e.Schedule) > 0 {
		b.schedule(e.Schedule)
	}
	b.own(func(t *text) {
		t.advice(f)
		t.printf("  to see it again\n")
		if f.Replay != "" {
			t.code("    ", f.Replay)
		}
		t.code("    ", f.See)
	})
	b.blank()
}

// schedule writes a race in two columns. They are indented: a line of dashes
// ends the text of a mail for some programs.
func (b *mailBody) schedule(list []check.ScheduleStep) {
	const indent = "  "
	b.own(func(t *text) {
		t.printf("  schedule\n")
		columns := pagetable.Columns("code under review", moments(list), t.width()-len(indent))
		for line := range strings.Lines(columns) {
			t.printf("%s%s", indent, line)
		}
	})
}

// again says where the report comes from that a replay reads.
func (b *mailBody) again() {
	b.own(func(t *text) {
		t.wrap("", "PATCHES are the mails of this series, and REPORT.json comes from:")
		t.printf("  ptreview review --tree LINUX --format json PATCHES > REPORT.json\n")
	})
	b.blank()
}

// tags offers the trailers of a later repair; they are the author's to give.
func (b *mailBody) tags(r *letter.Reply) {
	if r.From.Addr == "" {
		return
	}
	b.prose("A repair that is a patch of its own, and no new version of this series, may carry:")
	b.own(func(t *text) {
		t.printf("Reported-by: %s\n", r.From)
		t.printf("Closes: https://lore.kernel.org/r/%s\n", r.ID)
	})
	b.blank()
}

// footer says who wrote, and how to make it stop.
func (b *mailBody) footer() {
	b.out.WriteString("-- \n")
	who := "ptreview " + b.m.Report.Tool.Version + ", a program that reviews page-table code. "
	if from := b.opt.Mail.From; from.Addr != "" {
		who += "To get no more of these mails, write so to " + from.Addr + "; answers to this one reach it too."
	} else {
		who += "It sends no mail by itself: tell who sent this one if you want no more of them."
	}
	b.own(func(t *text) { t.wrap("", who) })
}
