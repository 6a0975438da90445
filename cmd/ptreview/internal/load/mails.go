package load

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"ptreview/parse/mbox"
	"ptreview/parse/patch"
	"ptreview/parse/series"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// Stdin is the argument that stands for standard input.
const Stdin = "-"

// Mails reads the series that the named files, folders and maildirs hold.
// stdin is read for the argument "-".
func Mails(names []string, stdin io.Reader) (*series.Series, error) {
	var inputs []series.Input
	for _, name := range names {
		in, err := input(name, stdin)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, in)
	}
	return series.FromInputs(inputs, series.Options{})
}

func input(name string, stdin io.Reader) (series.Input, error) {
	if name == Stdin {
		mails, err := mbox.Parse(stdin, "standard input")
		return series.Input{Name: "standard input", Mails: mails}, err
	}
	mails, _, err := mbox.Read(name)
	var missing *fs.PathError
	if errors.As(err, &missing) && missing.Path == name {
		err = fmt.Errorf("%s: %w; name patch mails, or folders that hold them", name, missing.Err)
	}
	return series.Input{Name: name, Mails: mails}, err
}

// Mailed is the series of mails that were read before, in their order.
func Mailed(mails []*mbox.Mail) (*series.Series, error) {
	var inputs []series.Input
	for _, m := range mails {
		inputs = append(inputs, series.Input{Name: m.File, Mails: []*mbox.Mail{m}})
	}
	return series.FromInputs(inputs, series.Options{})
}

// Bytes reads a series from mails in memory.
func Bytes(mails map[string][]byte, order []string) (*series.Series, error) {
	var inputs []series.Input
	for _, name := range order {
		list, err := mbox.ParseBytes(mails[name], name)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, series.Input{Name: name, Mails: list})
	}
	return series.FromInputs(inputs, series.Options{})
}

// Apply puts a series on a base, prefix by prefix, into req, and returns the
// prefixes.
func Apply(req *check.Request, s *series.Series, base tree.Tree) ([]*series.Prefix, error) {
	prefixes, err := s.Prefixes(base)
	if err != nil {
		return nil, err
	}
	describe(req, s)
	for _, p := range prefixes {
		req.Prefixes = append(req.Prefixes, prefix(p))
		if p.Result != nil {
			for _, n := range p.Result.Notes {
				req.Notes = append(req.Notes, n.String())
			}
		}
	}
	return prefixes, nil
}

func prefix(p *series.Prefix) check.Prefix {
	out := check.Prefix{Tree: p.Tree}
	if p.Result == nil {
		return out
	}
	for _, c := range p.Result.Changes {
		f := check.ChangedFile{Path: c.Path, Old: c.From, Added: lineNumbers(c.Added), Removed: lineNumbers(c.Removed)}
		if c.After == nil {
			f.Path = ""
		}
		out.Changed = append(out.Changed, f)
	}
	return out
}

func lineNumbers(refs []patch.LineRef) []int {
	lines := make([]int, len(refs))
	for i, r := range refs {
		lines[i] = r.Line
	}
	return lines
}

// describe names the series and its patches in req.
func describe(req *check.Request, s *series.Series) {
	req.Series = check.SeriesInfo{Subject: s.Subject, Version: s.Version, MessageID: s.MessageID}
	for _, p := range s.Patches {
		req.Series.Patches = append(req.Series.Patches, check.PatchInfo{
			N: p.Position, Subject: subjectOf(p), MessageID: p.MessageID, Message: p.Diff.Message,
		})
		for _, w := range p.Diff.Warnings {
			req.Notes = append(req.Notes, w.String())
		}
	}
	for _, n := range s.Notes {
		req.Notes = append(req.Notes, n.String())
	}
}

func subjectOf(p *series.Patch) string {
	if p.Subject != "" {
		return p.Subject
	}
	return p.File
}

// Fragments puts what the patches alone show into req.
func Fragments(req *check.Request, s *series.Series) {
	describe(req, s)
	req.Tree.Source = "none"
	for _, p := range s.Patches {
		for _, f := range p.Diff.Files {
			if f.Binary {
				continue
			}
			frag := check.Fragment{Patch: p.Position, Path: f.Path()}
			for _, h := range f.Hunks {
				frag.Before = append(frag.Before, side(h, h.OldStart, '-'))
				frag.After = append(frag.After, side(h, h.NewStart, '+'))
			}
			req.Fragments = append(req.Fragments, frag)
		}
	}
}

// side returns the lines of a hunk that are context or marked with own.
func side(h *patch.Hunk, start int, own byte) check.HunkSide {
	out := check.HunkSide{Line: start}
	var text strings.Builder
	line := start
	for _, l := range h.Lines {
		if l.Op != ' ' && l.Op != own {
			continue
		}
		if l.Op == own {
			out.Changed = append(out.Changed, line)
		}
		text.WriteString(l.Text)
		text.WriteByte('\n')
		line++
	}
	out.Text = text.String()
	return out
}
