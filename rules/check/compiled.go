package check

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
	"ptreview/semantics/facts"
)

// compiledConditions returns the conditions under which the changed
// definitions are compiled at all: those of their files in the Makefiles, and
// those around them.
func (r *review) compiledConditions(h *facts.Headers, kc *kconfig.Kconfig, objects *kbuild.Objects, a *arch.Arch, k int) []class.Formula {
	var out []class.Formula
	for _, c := range r.changes[k] {
		if c.After == nil || c.Arch != "generic" && c.Arch != a.Name {
			continue
		}
		f := h.At(c.Path, c.After.Group, c.After.Name)
		if path.Ext(c.Path) == ".c" {
			when, found, err := objects.Of(c.Path)
			if err == nil && found {
				f = class.And(class.FromKconfig(kc, when.Expr), f)
			}
		}
		if isKconfig(f) {
			out = append(out, f)
		}
	}
	return out
}

// neverCompiled returns the changed C files that no configuration of an
// architecture compiles once the series is applied.
func (r *review) neverCompiled(ch *class.Chooser, kc *kconfig.Kconfig, objects *kbuild.Objects, a *arch.Arch) map[string]bool {
	never := make(map[string]bool)
	base := ch.Base()
	seen := make(map[string]bool)
	for _, changes := range r.changes {
		for i := range changes {
			c := &changes[i]
			if seen[c.Path] || !c.inUnit() || c.Arch != "generic" && c.Arch != a.Name {
				continue
			}
			seen[c.Path] = true
			when, found, err := objects.Of(c.Path)
			if err != nil || !found {
				continue
			}
			// Makefile conditions that are no formulas count as true in it.
			f := class.FromKconfig(kc, when.Expr)
			if f.Eval(base.Truth) == class.No && ch.Equivalent(f, class.False()) == class.Yes {
				never[c.Path] = true
			}
		}
	}
	return never
}

// inUnit reports whether a change leaves a function in a C file, which is read
// where a class compiles it.
func (d *DefinitionChange) inUnit() bool {
	return d.After != nil && d.Function() && path.Ext(d.Path) == ".c" && isReviewed(d.Path)
}

// recordUncovered counts what nobody looks at: architectures that are not
// known, and C files that the series changes and no class compiles. Where none
// can there is nothing to look at, which is a note.
func (r *review) recordUncovered(plans []*archPlan) {
	for _, name := range r.Unknown {
		r.notRunEverywhere(name, "nothing is known of this architecture")
	}
	never := make(map[string][]string) // C file → architectures
	for _, changes := range r.changes {
		for i := range changes {
			if c := &changes[i]; c.inUnit() && !slices.Contains(r.Unknown, c.Arch) {
				r.recordUncompiled(c, plans, never)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(never)) {
		r.Notes = append(r.Notes, fmt.Sprintf("%s: no configuration of %s compiles it", file, strings.Join(never[file], ", ")))
	}
}

// recordUncompiled counts a C file for every architecture none of whose
// classes compiles it, or adds those that cannot to never.
func (r *review) recordUncompiled(c *DefinitionChange, plans []*archPlan, never map[string][]string) {
	for _, p := range plans {
		name := p.arch.Name
		compiles := func(j *classJob) bool { return j.compiled[c.Path] }
		switch {
		case c.Arch != "generic" && c.Arch != name, slices.ContainsFunc(p.jobs, compiles):
		case !p.never[c.Path]:
			r.notRunEverywhere(name, "no configuration that was looked at compiles "+c.Path)
		case !slices.Contains(never[c.Path], name):
			never[c.Path] = append(never[c.Path], name)
		}
	}
}

// notRunEverywhere records one unit of every rule that needs a class.
func (r *review) notRunEverywhere(architecture, reason string) {
	for _, rule := range r.Rules {
		if rule.readsClasses() {
			r.record(unitKey{rule: rule.Name, arch: architecture}, 0, []string{reason})
		}
	}
}
