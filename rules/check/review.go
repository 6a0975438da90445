package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"

	"ptreview/parse/source"
	"ptreview/semantics/facts"
)

// Review runs the rules of a request and returns the report. Stats.Seconds is
// left to the caller. The error is about what leaves no report at all: a tree
// that cannot be read, the end of ctx. What could not be judged is in the
// report.
func Review(ctx context.Context, req *Request) (*Report, error) {
	r := &review{Request: req, merged: make(map[string]*judged), coverage: make(map[string]*archCoverage), handing: make(map[handed]bool)}
	for _, s := range stages {
		if err := s.run(r, ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return r.report(ctx), nil
}

// review is a review under way.
type review struct {
	*Request
	lines    *lineIndex
	changes  [][]DefinitionChange // by patch; [0] is empty
	merged   map[string]*judged   // by fingerprint
	judged   []*judged            // in the order of first finding
	before   []*judged            // that were there before, in the order of first finding
	compared []compared           // definitions before and after
	played   []Played             // by architecture and class, then by patch
	excluded []Excluded           // as played
	eras     []eraOf              // by prefix
	coverage map[string]*archCoverage
	gaps     []Gap
	stores   []*facts.Store // by prefix
	habits   habits
	handing  map[handed]bool // changed functions that hand something on
	sleepers sleepers

	progress sync.Mutex
	share    float64 // of the architectures that are done
}

// stage is one step of a review.
type stage struct {
	name string
	run  func(*review, context.Context) error
}

// stages in order. before says why one comes before another; a test reads it.
var stages = []stage{
	{"definitions", (*review).findChanges},
	{"definition rules", (*review).judgeDefinitions},
	{"class rules", (*review).judgeClasses},
	{"callers", (*review).judgeCallers},
	{"repairs", (*review).findRepairs},
}

// before lists which stage must precede which, and why.
var before = []struct{ first, second, why string }{
	{"definitions", "definition rules", "rules are run on changed definitions"},
	{"definitions", "class rules", "entries are the changed functions as a class sees them"},
	{"class rules", "callers", "which changed functions hand something on shows when they are followed"},
	{"callers", "repairs", "only what was found can be repaired by a later patch"},
	{"class rules", "repairs", "only what was found can be repaired by a later patch"},
	{"definition rules", "repairs", "only what was found can be repaired by a later patch"},
}

// isC reports whether a path holds C that rules look at.
func isC(p string) bool { return path.Ext(p) == ".c" || path.Ext(p) == ".h" }

// ArchOf returns the architecture a path belongs to, or "generic".
func ArchOf(p string) string {
	rest, ok := strings.CutPrefix(p, "arch/")
	if !ok {
		return "generic"
	}
	name, _, ok := strings.Cut(rest, "/")
	if !ok {
		return "generic"
	}
	return name
}

// findChanges compares the definitions of every changed file, patch by patch.
func (r *review) findChanges(ctx context.Context) error {
	r.changes = make([][]DefinitionChange, len(r.Prefixes))
	if len(r.Prefixes) == 0 {
		return r.fragmentChanges()
	}
	for k := 1; k < len(r.Prefixes); k++ {
		for _, f := range r.Prefixes[k].Changed {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !isC(f.Path) && !isC(f.Old) {
				continue
			}
			list, err := r.fileChanges(k, f)
			if err != nil {
				return err
			}
			r.changes[k] = append(r.changes[k], list...)
		}
		matchMoved(r.changes[k])
	}
	r.indexTrees()
	r.lines = newLineIndex(r.Prefixes, func(k int, p string) int {
		file, err := r.file(k, p)
		if err != nil || file == nil {
			return 0
		}
		return file.Lines()
	})
	return nil
}

// matchMoved gives definitions that a patch only moved to another file the
// meaning they had there.
func matchMoved(changes []DefinitionChange) {
	type text struct{ name, text string }
	gone := make(map[text]*facts.Meaning)
	for _, c := range changes {
		if c.After == nil {
			gone[text{c.Before.Name, c.Before.Text}] = c.Old
		}
	}
	for i := range changes {
		if c := &changes[i]; c.Before == nil {
			c.Old = gone[text{c.After.Name, c.After.Text}]
		}
	}
}

// indexTrees makes the stores of the prefixes, sharing what did not change.
func (r *review) indexTrees() {
	for k := range r.Prefixes {
		if k == 0 {
			r.stores = append(r.stores, facts.NewStore(r.Prefixes[0].Tree, r.Reader.Cache()))
			continue
		}
		var changed []string
		for _, f := range r.Prefixes[k].Changed {
			for _, p := range []string{f.Path, f.Old} {
				if p != "" {
					changed = append(changed, p)
				}
			}
		}
		r.stores = append(r.stores, r.stores[k-1].Derive(r.Prefixes[k].Tree, changed))
	}
	r.eras = make([]eraOf, len(r.Prefixes))
}

// file returns a file of a prefix, nil if it is not there.
func (r *review) file(k int, p string) (*source.File, error) {
	if p == "" {
		return nil, nil
	}
	data, err := fs.ReadFile(r.Prefixes[k].Tree, p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return r.Reader.Set().Add(p, data), nil
}

func (r *review) fileChanges(k int, f ChangedFile) ([]DefinitionChange, error) {
	oldFile, err := r.file(k-1, f.Old)
	if err != nil {
		return nil, err
	}
	newFile, err := r.file(k, f.Path)
	if err != nil {
		return nil, err
	}
	var list []DefinitionChange
	for _, c := range facts.Changes(firstOf(f.Path, f.Old), r.definitions(oldFile), r.definitions(newFile)) {
		list = append(list, r.change(c, oldFile, newFile, f))
	}
	return list, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (r *review) definitions(f *source.File) []facts.Definition {
	if f == nil {
		return nil
	}
	return facts.Definitions(r.Reader.Cache(), r.Reader.Cache().Lex(f))
}

// change adds meanings and place to a change of a definition.
func (r *review) change(c facts.Change, oldFile, newFile *source.File, f ChangedFile) DefinitionChange {
	d := DefinitionChange{Change: c, Arch: ArchOf(c.Path), oldFile: oldFile, newFile: newFile}
	if c.Before != nil {
		m := facts.DefinitionMeaning(r.Reader.Cache(), oldFile, *c.Before)
		d.Old = &m
	}
	if c.After == nil {
		d.Line, d.Side = c.Before.First, "before"
		return d
	}
	m := facts.DefinitionMeaning(r.Reader.Cache(), newFile, *c.After)
	d.New = &m
	d.Line, d.Side = firstIn(f.Added, c.After.First, c.After.Last), "after"
	if d.Line == 0 && c.Before != nil && f.Path == f.Old {
		d.Line, d.Side = firstIn(f.Removed, c.Before.First, c.Before.Last), "before"
	}
	if d.Line == 0 {
		d.Line, d.Side = c.After.First, "after" // only what stands around it changed
	}
	return d
}

// firstIn returns the first changed line within a definition, 0 if there is
// none.
func firstIn(lines []int, first, last int) int {
	i := sort.SearchInts(lines, first)
	if i < len(lines) && lines[i] <= last {
		return lines[i]
	}
	return 0
}

// pass makes the pass of one rule with what every pass has.
func (r *review) pass(ctx context.Context, rule *Rule, k int) *Pass {
	return &Pass{
		Ctx: ctx, Rule: rule, Patch: k,
		Set: r.Reader.Set(), Cache: r.Reader.Cache(), lines: r.lines, review: r,
	}
}

// judgeDefinitions runs the rules that need no class.
func (r *review) judgeDefinitions(ctx context.Context) error {
	for _, rule := range r.Rules {
		if rule.alone() == nil {
			continue
		}
		for _, a := range r.Archs {
			r.record(unitKey{rule: rule.Name, arch: a.Name}, 0, nil)
		}
		for k := range r.changes {
			for i := range r.changes[k] {
				if err := r.judgeDefinition(ctx, rule, k, &r.changes[k][i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *review) judgeDefinition(ctx context.Context, rule *Rule, k int, d *DefinitionChange) error {
	p := r.pass(ctx, rule, k)
	p.Definition = d
	if err := rule.alone()(p); err != nil {
		return fmt.Errorf("%s: %s: %w", rule.Name, d.Name(), err)
	}
	if len(p.findings) > 0 || r.covers(d.Arch) {
		r.record(unitKey{rule: rule.Name, arch: d.Arch}, len(p.findings), p.notRun)
	}
	r.merge(p.findings, func(ctx context.Context, _ *Finding, at int) (bool, error) {
		return r.definitionStill(ctx, rule, d, at)
	})
	return nil
}

// covers reports whether an architecture has a row of its own in the coverage:
// one that is reviewed, or whatever a patch without a tree names.
func (r *review) covers(name string) bool {
	if len(r.Prefixes) == 0 {
		return true
	}
	for _, a := range r.Archs {
		if a.Name == name {
			return true
		}
	}
	return false
}

// definitionStill judges the definition of a finding as a later prefix has it.
func (r *review) definitionStill(ctx context.Context, rule *Rule, d *DefinitionChange, at int) (bool, error) {
	f, err := r.file(at, d.Path)
	if err != nil || f == nil {
		return false, err
	}
	for _, def := range sameDefinitions(r.definitions(f), d.After) {
		later := *d
		later.After = &def
		m := facts.DefinitionMeaning(r.Reader.Cache(), f, def)
		later.New, later.newFile = &m, f
		p := r.pass(ctx, rule, at)
		p.Definition = &later
		if err := rule.alone()(p); err != nil {
			return false, err
		}
		if len(p.findings) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// sameDefinitions returns what became of a definition in a later version of
// its file: the one under the same conditions, else all of its name.
func sameDefinitions(defs []facts.Definition, was *facts.Definition) []facts.Definition {
	var named []facts.Definition
	for _, def := range defs {
		if def.Name != was.Name {
			continue
		}
		if def.Conditions == was.Conditions {
			return []facts.Definition{def}
		}
		named = append(named, def)
	}
	return named
}

// findRepairs looks for the later patch that takes each finding away. What is
// repaired within the series is a note.
func (r *review) findRepairs(ctx context.Context) error {
	last := len(r.Prefixes) - 1
	if err := r.findOldRepairs(ctx); err != nil {
		return err
	}
	for _, j := range r.judged {
		f := j.finding
		if f.FirstBadPatch >= last {
			continue
		}
		still, err := j.still(ctx, last)
		if err != nil {
			return err
		}
		if still {
			continue
		}
		by := last
		for k := f.FirstBadPatch + 1; k < last; k++ {
			if len(r.changes[k]) == 0 {
				continue
			}
			if still, err = j.still(ctx, k); err != nil {
				return err
			}
			if !still {
				by = k
				break
			}
		}
		f.FixedByPatch, f.Severity = &by, Note
		f.Fix = nil
		f.Advice = fmt.Sprintf("repair it in patch %d or before it, so that every commit works by itself; patch %d, which takes it away, comes too late for that", f.FirstBadPatch, by)
	}
	r.judgeRepairs()
	return nil
}

// judgeRepairs runs the rules that judge what a later patch takes away.
func (r *review) judgeRepairs() {
	var fixed []Finding
	for _, j := range r.judged {
		if j.finding.FixedByPatch != nil {
			fixed = append(fixed, *j.finding)
		}
	}
	for _, rule := range r.Rules {
		if rule.Repaired == nil || len(fixed) == 0 {
			continue
		}
		list := rule.Repaired(fixed)
		for i := range list {
			f := &list[i]
			f.Rule, f.Severity, f.New, f.See = rule.Name, rule.Severity, true, "ptreview explain "+rule.Name
		}
		r.merge(list, nil)
	}
}

// tell reports progress: what is done now, and what share of all architectures
// has been done since the last time.
func (r *review) tell(share float64, what string) {
	r.progress.Lock()
	defer r.progress.Unlock()
	r.share += share / float64(len(r.Archs))
	if r.Progress != nil {
		r.Progress(Progress{min(r.share, 1), what})
	}
}

// report puts everything together.
func (r *review) report(ctx context.Context) *Report {
	names := make([]string, len(r.Rules))
	for i, rule := range r.Rules {
		names[i] = rule.Name
	}
	findings := r.sortedFindings()
	if len(r.Prefixes) > 0 { // what patches alone show cannot be run
		for i := range findings {
			findings[i].Replay = "ptreview replay --finding " + findings[i].Fingerprint + " REPORT.json PATCHES"
		}
	}
	return &Report{
		Schema:   SchemaName,
		Tool:     Tool{Version: r.Version, Rules: names},
		Series:   r.Series,
		Tree:     r.Tree,
		Coverage: r.coverageList(),
		Findings: findings,
		Before:   r.sortedBefore(),
		Helpers:  r.helperChanges(ctx),
		Races:    r.races(),
		Excluded: r.exclusions(),
		NoAssume: r.NoAssume,
		Notes:    r.Notes,
		Gaps:     r.gaps,
		Stats:    Stats{Files: r.Reader.Set().Len(), Units: r.Reader.Units()},
	}
}
