package main

import (
	"context"
	"fmt"
	"time"

	"ptreview/arch"
	"ptreview/cmd/ptreview/internal/load"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules"
	"ptreview/rules/check"
	"ptreview/semantics/unit"
	"ptreview/testdata/demo"
)

type demoCmd struct {
	Format faceName `help:"How to print: ${faces}." default:"text"`
}

// Help is shown by ptreview demo --help.
func (*demoCmd) Help() string {
	return `Reviews two patches against a kernel in miniature that is built into the
program: the founding case of ptreview, retold. Then the repair that was offered
first, and the right one. Needs no kernel, no compiler and no network.

Examples:
  ptreview demo
  ptreview demo --format terse`
}

func (c *demoCmd) Run(ctx context.Context, s streams) error {
	base := tree.Embedded(demo.Tree())
	series := demo.Series()
	acts := []struct {
		title string
		mails []demo.Mail
	}{
		{"Generic code compares a pmd again, under the lock of its table.", series},
		{"The first repair offered: the helper that crashed answers 1.", append(series[:len(series):len(series)], demo.WrongFix())},
		{"The right repair: the helper compares the entries.", append(series[:len(series):len(series)], demo.RightFix())},
	}
	for i, act := range acts {
		m, err := demoReview(ctx, base, act.mails)
		if err != nil {
			return err
		}
		if c.Format == "text" {
			fmt.Fprintf(s.out, "=== %d. %s\n\n", i+1, act.title)
		}
		face := faceFlags{Format: c.Format}
		if err := face.writeReport(s, &outputs{}, m, report.Options{}); err != nil {
			return err
		}
		if c.Format == "text" && i < len(acts)-1 {
			fmt.Fprintln(s.out)
		}
	}
	return nil
}

func demoReview(ctx context.Context, base tree.Tree, mails []demo.Mail) (*report.Material, error) {
	started := time.Now()
	data := make(map[string][]byte)
	var order []string
	for _, m := range mails {
		data[m.Name] = m.Data
		order = append(order, m.Name)
	}
	ser, err := load.Bytes(data, order)
	if err != nil {
		return nil, err
	}
	req := &check.Request{
		Version: version(), Rules: rules.All(), Jobs: 2,
		Reader: unit.NewReader(source.NewSet(), unit.Options{}),
		Tree:   check.TreeInfo{Source: "demo"},
	}
	if req.Tree.KernelVersion, err = tree.Version(base); err != nil {
		return nil, err
	}
	m := &report.Material{Series: ser}
	if m.Applied, err = load.Apply(req, ser, base); err != nil {
		return nil, err
	}
	for _, p := range req.Prefixes {
		m.Trees = append(m.Trees, p.Tree)
	}
	if err := chooseArchs(req, arch.Builtin(), nil); err != nil {
		return nil, err
	}
	if m.Report, err = check.Review(ctx, req); err != nil {
		return nil, err
	}
	m.Report.Stats.Seconds = time.Since(started).Seconds()
	return m, nil
}
