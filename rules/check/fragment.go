package check

import (
	"bytes"
	"context"
	"strings"

	"ptreview/parse/source"
	"ptreview/semantics/facts"
	"ptreview/semantics/fragment"
)

// NoTree is why rules that need a tree were not run on a patch alone.
const NoTree = "no tree given"

// maxPadding bounds the line numbers that a hunk's text is moved to.
const maxPadding = 1 << 20

// fragmentChanges finds the definitions that stand whole in the hunks of a
// patch, and notes that everything else was not judged.
func (r *review) fragmentChanges() error {
	last := 0
	for _, f := range r.Fragments {
		last = max(last, f.Patch)
	}
	r.changes = make([][]DefinitionChange, last+1)
	for _, f := range r.Fragments {
		if !isC(f.Path) {
			continue
		}
		before, oldFiles := r.sideDefinitions(f.Path, f.Before)
		after, newFiles := r.sideDefinitions(f.Path, f.After)
		changed := ChangedFile{Path: f.Path, Old: f.Path, Added: changedLines(f.After), Removed: changedLines(f.Before)}
		for _, c := range facts.Changes(f.Path, before, after) {
			if !touches(c, changed) {
				continue
			}
			r.changes[f.Patch] = append(r.changes[f.Patch],
				r.change(c, oldFiles[c.Before], newFiles[c.After], changed))
		}
		r.withoutTree(ArchOf(f.Path))
	}
	return nil
}

// withoutTree records the rules that a patch alone does not allow.
func (r *review) withoutTree(architecture string) {
	for _, rule := range r.Rules {
		if rule.readsClasses() {
			r.record(unitKey{rule: rule.Name, arch: architecture}, 0, []string{NoTree})
		}
	}
}

// sideDefinitions returns the definitions in one side of the hunks of a file,
// with the file that each one's lines belong to.
func (r *review) sideDefinitions(path string, sides []HunkSide) ([]facts.Definition, map[*facts.Definition]*source.File) {
	var defs []facts.Definition
	var files []*source.File
	for _, h := range sides {
		var text bytes.Buffer
		text.WriteString(strings.Repeat("\n", min(max(h.Line-1, 0), maxPadding)))
		text.WriteString(h.Text)
		f := r.Reader.Set().Add(path, text.Bytes())
		for _, d := range r.definitions(f) {
			defs = append(defs, d)
			files = append(files, f)
		}
	}
	owner := make(map[*facts.Definition]*source.File, len(defs))
	for i := range defs {
		owner[&defs[i]] = files[i]
	}
	return defs, owner
}

func changedLines(sides []HunkSide) []int {
	var lines []int
	for _, h := range sides {
		lines = append(lines, h.Changed...)
	}
	return lines
}

// touches reports whether a changed line lies in the definition: definitions
// that a hunk only shows in part on one side are not changed.
func touches(c facts.Change, f ChangedFile) bool {
	within := func(lines []int, d *facts.Definition) bool {
		if d == nil {
			return false
		}
		for _, l := range lines {
			if d.First <= l && l <= d.Last {
				return true
			}
		}
		return false
	}
	return within(f.Added, c.After) || within(f.Removed, c.Before)
}

// helperChanges lists the architectures' definitions that the series changes.
func (r *review) helperChanges(ctx context.Context) []HelperChange {
	var list []HelperChange
	for k, changes := range r.changes {
		for i := range changes {
			d := &changes[i]
			if !d.Function() || d.Arch == "generic" && !strings.HasPrefix(d.Path, "include/asm-generic/") {
				continue
			}
			h := HelperChange{Patch: k, Helper: d.Name(), Arch: d.Arch, File: d.Path, Line: d.Line, Side: d.Side}
			if d.Old != nil {
				h.Before = d.Old.Text
			}
			if d.New != nil {
				h.After = d.New.Text
			}
			if d.prototypeChanged() {
				h.After += ", another prototype"
			}
			h.BeforeRun, h.AfterRun = ran(d.ExecuteBefore(ctx)), ran(d.ExecuteAfter(ctx))
			h.Compared = r.comparedAs(k, d)
			list = append(list, h)
		}
	}
	return list
}

// ran spells the executions of a definition; none if it could not be run alone.
func ran(calls []fragment.Call, err error) []string {
	if err != nil {
		return nil
	}
	var list []string
	for _, c := range calls {
		list = append(list, c.String())
	}
	return list
}

// prototypeChanged reports whether what stands before a function's body
// differs.
func (d *DefinitionChange) prototypeChanged() bool {
	if d.Before == nil || d.After == nil || d.Before.Macro || d.After.Macro {
		return false
	}
	return prototype(d.Before.Text) != prototype(d.After.Text)
}

func prototype(text string) string {
	head, _, _ := strings.Cut(text, "{")
	return head
}
