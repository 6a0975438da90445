package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ptreview/cmd/ptreview/internal/near"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/syntax"
	"ptreview/rules/check"
	"ptreview/semantics/exec"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// race plays the function against moves of its environment.
func (c *emulateCmd) race(ctx context.Context, s streams, on *site) error {
	if len(c.Symbolic) > 0 || len(c.Arg) > 0 || len(c.Assume) > 0 || c.Machines {
		return errors.New("--race plays the function from every state that its entry can be in; it takes no --arg, --symbolic, --assume or --all-machines")
	}
	own := pagetable.EraOf(facts.NewStore(on.program.Tree, on.program.Reader.Cache()))
	eras, err := c.eras(own)
	if err != nil {
		return err
	}
	u, fn, err := on.find(ctx, c.Function, c.File)
	if err != nil {
		return c.failure(ctx, err)
	}
	emu := pagetable.New(on.program, on.machine, pagetable.Options{Budget: exec.Budget{Steps: c.Steps}})
	out := &report.Races{
		Schema: "ptreview.race/v1", Function: fn.Name, File: u.Cpp.Position(fn.Loc()).Path,
		Arch: on.class.Arch.Name, Class: on.class.ID, Machine: on.machine.Name, OwnEra: own.Name, Assumptions: []string{}, Eras: []report.RaceEra{},
	}
	complete := true
	p := newProgress(s.err)
	defer p.Done()
	for i, era := range eras {
		p.Show(shareOf(i, len(eras), 0), fn.Name+", with the locks of "+era.Name)
		played, err := emu.Races(ctx, u, fn, era, pagetable.Bounds{})
		if err != nil {
			return c.failure(ctx, err)
		}
		complete = complete && played.Complete
		out.Add(played)
	}
	p.Done()
	if c.Format == "json" {
		err = encode(s.out, out)
	} else {
		err = report.RacesText(s.out, out, report.Options{Profile: profile(s.out)})
	}
	if err == nil && !complete {
		return &statusError{status: exitIncomplete}
	}
	return err
}

// eras returns those that --era names.
func (c *emulateCmd) eras(own pagetable.Era) ([]pagetable.Era, error) {
	switch c.Era {
	case "":
		return []pagetable.Era{own}, nil
	case "all":
		return pagetable.Eras(), nil
	}
	if era, ok := pagetable.EraNamed(c.Era); ok {
		return []pagetable.Era{era}, nil
	}
	return nil, fmt.Errorf("no era is called %q%s", c.Era, near.Instead(c.Era, append(eraNames(), "all"), "there are"))
}

// replayRace plays the schedule of a finding once more.
func replayRace(ctx context.Context, emu *pagetable.Emulator, u *unit.Unit, fn *syntax.FuncDef, f *check.Finding) (report.Replay, error) {
	era, ok := pagetable.EraNamed(f.Evidence.Era)
	if !ok || len(f.Evidence.Inputs) == 0 {
		return report.Replay{}, errors.New("the finding does not say how its race begins")
	}
	race, err := emu.ReplayRace(ctx, u, fn, era, f.Evidence.Inputs[0], check.Moves(f.Evidence.Schedule))
	switch {
	case err != nil:
		return report.Replay{}, err
	case race == nil:
		return report.Replay{Outcome: report.Differs, Reason: "with this schedule nothing fails"}, nil
	case string(race.Kind) != f.Trap.Kind:
		return report.Replay{Outcome: report.Differs, Reason: "it ends in " + race.Message}, nil
	case slices.EqualFunc(check.Schedule(race), f.Evidence.Schedule, sameStep):
		return report.Replay{Outcome: report.Reproduced, Reason: "step for step"}, nil
	}
	return report.Replay{Outcome: report.Reproduced, Reason: "the same end, by other steps"}, nil
}

// sameStep reports whether two steps do the same in the same place.
func sameStep(a, b check.ScheduleStep) bool {
	return a.Thread == b.Thread && a.Function == b.Function && a.File == b.File && a.Line == b.Line && a.Text == b.Text && a.Effect == b.Effect
}
