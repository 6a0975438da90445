package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ptreview/cmd/ptreview/internal/baseline"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/rules/check"
)

// baselineFlags say which findings are known.
type baselineFlags struct {
	Baseline string `help:"Known findings, each with its reason: they do not count. See ptreview baseline." placeholder:"FILE"`
}

// load reads the file, nil for none.
func (f *baselineFlags) load() (*baseline.Baseline, error) {
	if f.Baseline == "" {
		return nil, nil
	}
	return readBaseline(f.Baseline)
}

func readBaseline(name string) (*baseline.Baseline, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("the baseline cannot be read: %w", err)
	}
	return baseline.Read(name, data)
}

// isAbsolute holds for files that a configuration names: from where it is heard,
// any tree may be the working folder, and bring a file of its own.
func isAbsolute(name string) error {
	if !filepath.IsAbs(name) {
		return fmt.Errorf("%s is looked for in the working folder, which may be a tree under review; give an absolute path", name)
	}
	return nil
}

// suppress marks what is known. It comes after the cache, which keeps reviews as
// they are, and does not say of a part of a series that the rest is gone.
func (c *reviewCmd) suppress(r *check.Report) {
	if c.known == nil {
		return
	}
	unmatched := c.known.Apply(r)
	if c.brief || c.of > 0 {
		return
	}
	note(r, c.known.Unmatched(unmatched, !c.narrowed() && !report.HasNotRun(r)))
}

// note adds a note to a report, unless it is empty.
func note(r *check.Report, text string) {
	if text != "" {
		r.Notes = append(r.Notes, text)
	}
}

type baselineCmd struct {
	From   string `required:"" help:"Report of ptreview review --format json, or one finding of it; - for standard input." placeholder:"REPORT.json"`
	Reason string `help:"Why its findings are left as they are (default: left to be filled in)." placeholder:"TEXT"`
	AddTo  string `name:"add-to" help:"Add to this file what it does not have, and leave the rest of it as it is." placeholder:"FILE"`
}

// Help is shown by ptreview baseline --help.
func (*baselineCmd) Help() string {
	return `Writes a baseline: a file of known findings, each with the reason why it is left
as it is, so that only new ones fail a review. No comment in the code hides one.

  findings:
    - fingerprint: 7c8d73e6731fbbbc
      rule: trap/arch-helper
      helper: hash__pmd_same
      entry: __pte_offset_map_lock
      arch: powerpc
      reason: hash has no huge pages here

An entry without a reason is an error. Of rule, helper, entry and arch any may be
left out; where one is there and the finding is of another, it counts, and a note
says so. Entries that match no finding are named in a note too.

Examples:
  ptreview review --tree linux/ --format json series/ > report.json
  ptreview baseline --from report.json > known.yaml
  ptreview baseline --from report.json --reason TEXT --add-to known.yaml
  ptreview review --tree linux/ --baseline known.yaml series/`
}

func (c *baselineCmd) Run(s streams) error {
	r, err := readReport(c.From, s)
	if err != nil {
		return err
	}
	entries, err := baseline.Entries(r, c.Reason)
	if err != nil {
		return fmt.Errorf("%s: %w", c.From, err)
	}
	if c.AddTo != "" {
		return c.add(s, entries)
	}
	if _, err := s.out.Write(baseline.Format(entries)); err != nil {
		return fmt.Errorf("writing the baseline: %w", err)
	}
	if c.Reason == "" && len(entries) > 0 {
		fmt.Fprintln(s.err, "ptreview: give every entry a reason; without one it is an error")
	}
	return nil
}

// add puts entries into a file, which may be a new one.
func (c *baselineCmd) add(s streams, entries []baseline.Known) error {
	if c.Reason == "" {
		return errors.New("--add-to needs --reason: a baseline in use has no entry without one")
	}
	old, err := readBaseline(c.AddTo)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = baseline.Read(c.AddTo, nil)
	}
	if err != nil {
		return err
	}
	data, added, err := old.With(entries)
	if err != nil {
		return err
	}
	if added > 0 {
		if err := writeFile(c.AddTo, data); err != nil {
			return fmt.Errorf("writing %s: %w", c.AddTo, err)
		}
	}
	_, err = fmt.Fprintf(s.out, "%s: %d added, %d there already\n", report.Clean(c.AddTo), added, len(entries)-added)
	return err
}

// writeFile writes a file whole or not at all.
func writeFile(name string, data []byte) error {
	o := &output{name: name}
	o.face.Write = plain(data)
	defer o.discard()
	if err := o.open(); err != nil {
		return err
	}
	if err := o.fill(nil, report.Options{}); err != nil {
		return err
	}
	return o.place()
}
