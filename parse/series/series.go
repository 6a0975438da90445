// Package series makes series of patches out of mails and applies them to a
// tree, prefix by prefix.
//
// It knows how a kernel list writes series: [PATCH v2 3/7], covers, replies,
// resends, replacements, the same mail by way of two lists, a new version as a
// new thread or as a reply to the old one. It leaves out what a patch changes;
// applying belongs to parse/patch.
//
// Which mails make the series, and their order:
//   - Several inputs (files on a command line) are one series in the order
//     they were given, whatever numbers their subjects carry: the user knows
//     what comes first. Mixed versions and numbers out of order are noted.
//   - One input with many mails (mbox, maildir, folder, stdin) is put together:
//     of every thread the newest version, ordered by n/m. If it holds more than
//     one numbered series, the user has to choose. Patches without n/m keep
//     their order; in a folder that is the order of the file names.
//   - Covers and replies are no patches. A reply with an unquoted diff is one
//     only where its input has no patch of its own.
//
// "Patch k" of a report is the position in the series, from 1, not n of n/m.
package series

import (
	"fmt"
	"strings"
	"time"

	"ptreview/parse/mbox"
	"ptreview/parse/patch"
)

// Series is an ordered set of patches with their mail identity.
type Series struct {
	Subject    string // title of the cover or of the only or first patch
	Version    int    // highest vN of its patches, 1 if they carry none
	MessageID  string // of the cover, else of the first patch
	BaseCommit string // of the base-commit trailer, "" without one
	Total      int    // m of n/m; the number of patches if they carry none
	Missing    []int  // the n of n/m that no mail had
	Cover      *mbox.Mail
	Patches    []*Patch
	Notes      []Note
}

// Patch is one patch of a series.
type Patch struct {
	Position  int // in the series, from 1
	N, Total  int // n/m of the subject; 0, 0 without one
	Version   int
	Subject   string // with its brackets
	Title     string // without them
	MessageID string
	InReplyTo string
	From      mbox.Address
	Date      time.Time
	File      string // the input it was read from
	Mail      *mbox.Mail
	Diff      *patch.Patch
}

// Label names the patch for messages: its position and subject.
func (p *Patch) Label() string {
	if p.Subject == "" {
		return fmt.Sprintf("patch %d (%s)", p.Position, p.File)
	}
	return fmt.Sprintf("patch %d (%s)", p.Position, p.Subject)
}

// Note is a remark about how the series was put together. File and Line may be
// empty.
type Note struct {
	File string
	Line int
	Text string
}

func (n Note) String() string {
	switch {
	case n.File == "":
		return n.Text
	case n.Line == 0:
		return n.File + ": " + n.Text
	}
	return fmt.Sprintf("%s:%d: %s", n.File, n.Line, n.Text)
}

// Error says why the inputs make no series.
type Error struct {
	File   string // "" when no single file is to blame
	Reason string
}

func (e *Error) Error() string {
	if e.File == "" {
		return e.Reason
	}
	return e.File + ": " + e.Reason
}

// Input is what one argument of a command gave.
type Input struct {
	Name  string
	Mails []*mbox.Mail
}

// Options chooses among several series of an input.
type Options struct {
	// MessageID is the id of any mail of the series wanted, "" for the only one.
	MessageID string
}

// FromInputs makes one series of the inputs. See the package comment for the
// order. Mails that are needed must be whole and their diffs readable; others
// are only noted.
// Errors: *Error, those of patch.FromMail.
func FromInputs(inputs []Input, opts Options) (*Series, error) {
	if len(inputs) == 0 {
		return nil, &Error{Reason: "no mail given"}
	}
	var all selection
	for _, in := range inputs {
		sel, err := choose(in, opts)
		if err != nil {
			return nil, err
		}
		all.notes = append(all.notes, sel.notes...)
		if len(sel.patches) == 0 {
			if len(inputs) == 1 || !sel.isTalk() {
				return nil, &Error{File: in.Name, Reason: sel.reason()}
			}
			all.notes = append(all.notes, Note{File: in.Name, Text: sel.reason()})
		}
		if all.cover == nil {
			all.cover = sel.cover
		}
		all.patches = append(all.patches, sel.patches...)
	}
	if len(all.patches) == 0 {
		return nil, &Error{File: inputs[0].Name, Reason: "holds no patch"}
	}
	if len(inputs) > 1 {
		all.noteOrder()
	}
	return all.series()
}

// selection is the mails picked for a series, in order.
type selection struct {
	cover   *mbox.Mail
	patches []*letter
	notes   []Note
	skipped []*letter // mails without a patch
}

// isTalk reports whether a selection without patches is a cover letter or
// replies, which may lie among the patches on a command line.
func (s *selection) isTalk() bool {
	for _, l := range s.skipped {
		if l.kind != patch.Reply {
			return false
		}
	}
	return true
}

// reason says why a selection has no patch.
func (s *selection) reason() string {
	if s.cover != nil {
		return "holds a cover letter but no patch"
	}
	for _, l := range s.skipped {
		if l.kind == patch.Reply {
			return "holds no patch: it is a reply, and the code it quotes is none"
		}
	}
	return "holds no patch: no diff was found in it"
}

func (s *selection) note(l *letter, format string, args ...any) {
	s.notes = append(s.notes, Note{l.mail.File, l.mail.Line, fmt.Sprintf(format, args...)})
}

// noteOrder says where the order given is not the one the subjects suggest.
func (s *selection) noteOrder() {
	numbered := make(map[int]*letter) // last numbered patch of each version
	versions := make(map[int]bool)
	for _, l := range s.patches {
		if l.tag.Total == 0 {
			continue
		}
		versions[l.tag.Version] = true
		if last := numbered[l.tag.Version]; last != nil && last.tag.N > l.tag.N && last.tag.Total == l.tag.Total {
			s.note(l, "patch %d/%d is given after %d/%d: the order of the arguments is kept",
				l.tag.N, l.tag.Total, last.tag.N, last.tag.Total)
		}
		numbered[l.tag.Version] = l
	}
	if len(versions) > 1 {
		s.notes = append(s.notes, Note{Text: "the arguments mix versions of a series: all of them are applied, in the order given"})
	}
}

// series reads the diffs of the selection.
func (s *selection) series() (*Series, error) {
	out := &Series{Version: 1, Cover: s.cover, Notes: s.notes}
	for i, l := range s.patches {
		if l.err != nil {
			return nil, l.err
		}
		diff := l.diff
		if len(diff.Files) == 0 {
			return nil, &Error{File: l.mail.File, Reason: fmt.Sprintf("%q has no diff: the mail is cut short or the patch was lost on the way", l.mail.Subject)}
		}
		for _, w := range diff.Warnings {
			out.Notes = append(out.Notes, Note{w.Mail, w.Line, w.Text})
		}
		out.Patches = append(out.Patches, newPatch(i+1, l, diff))
	}
	out.describe()
	return out, nil
}

func newPatch(position int, l *letter, diff *patch.Patch) *Patch {
	p := &Patch{
		Position: position, N: l.tag.N, Total: l.tag.Total, Version: l.tag.Version,
		Subject: diff.Subject, Title: l.tag.Title,
		MessageID: l.mail.MessageID, InReplyTo: l.mail.InReplyTo,
		From: diff.From, Date: l.mail.Date, File: l.mail.File, Mail: l.mail, Diff: diff,
	}
	if diff.Subject != l.mail.Subject {
		p.Title = mbox.ParseSubject(diff.Subject).Title
	}
	return p
}

// describe fills in what the patches and the cover say about the whole.
func (s *Series) describe() {
	first := s.Patches[0]
	s.Subject, s.MessageID, s.Total = first.Title, first.MessageID, len(s.Patches)
	if s.Subject == "" {
		s.Subject = first.File
	}
	for _, p := range s.Patches {
		s.Version = max(s.Version, p.Version)
		if s.BaseCommit == "" {
			s.BaseCommit = p.Diff.BaseCommit
		}
	}
	if s.Cover != nil {
		s.Subject, s.MessageID = mbox.ParseSubject(s.Cover.Subject).Title, s.Cover.MessageID
		if cover, err := patch.FromMail(s.Cover); err == nil && cover.BaseCommit != "" {
			s.BaseCommit = cover.BaseCommit
		}
	}
	s.count()
}

// count finds the numbers missing of n/m, where all patches carry the same m.
func (s *Series) count() {
	total, seen := s.Patches[0].Total, make(map[int]bool)
	for _, p := range s.Patches {
		if p.Total != total || p.Total == 0 || p.Version != s.Patches[0].Version {
			return
		}
		seen[p.N] = true
	}
	s.Total = total
	for n := 1; n <= total; n++ {
		if !seen[n] {
			s.Missing = append(s.Missing, n)
		}
	}
	if len(s.Missing) > 0 {
		s.Notes = append(s.Notes, Note{Text: fmt.Sprintf("of %d patches %s missing", total, numbers(s.Missing))})
	}
}

// numbers lists numbers as a sentence needs them: "3 is", "1, 4 to 7 are".
func numbers(list []int) string {
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		switch {
		case j > i+1:
			parts = append(parts, fmt.Sprintf("%d to %d", list[i], list[j]))
		case j == i+1:
			parts = append(parts, fmt.Sprint(list[i]), fmt.Sprint(list[j]))
		default:
			parts = append(parts, fmt.Sprint(list[i]))
		}
		i = j + 1
	}
	verb := " are"
	if len(list) == 1 {
		verb = " is"
	}
	return strings.Join(parts, ", ") + verb
}
