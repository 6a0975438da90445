package check

import (
	"path"
	"slices"

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

// recordUncovered counts what nobody looks at: architectures that are not
// known, and C files that the series changes and no class compiles.
func (r *review) recordUncovered(jobs []*classJob) {
	for _, name := range r.Unknown {
		r.notRunEverywhere(name, "nothing is known of this architecture")
	}
	for k, changes := range r.changes {
		for i := range changes {
			c := &changes[i]
			switch {
			case c.After == nil || !c.Function():
			case slices.Contains(r.Unknown, c.Arch):
			case path.Ext(c.Path) == ".c" && isReviewed(c.Path):
				r.recordUncompiled(k, c, jobs)
			}
		}
	}
}

// recordUncompiled counts a C file for every architecture none of whose
// classes compiles it.
func (r *review) recordUncompiled(k int, c *DefinitionChange, jobs []*classJob) {
	for _, a := range r.Archs {
		if c.Arch != "generic" && c.Arch != a.Name {
			continue
		}
		compiled := false
		for _, j := range jobs {
			compiled = compiled || j.arch == a && j.compiled[c.Path]
		}
		if !compiled {
			r.notRunEverywhere(a.Name, "no configuration that was looked at compiles "+c.Path)
		}
	}
}

// notRunEverywhere records one unit of every rule that needs a class.
func (r *review) notRunEverywhere(architecture, reason string) {
	for _, rule := range r.Rules {
		if rule.Scope != PerDefinition {
			r.record(unitKey{rule: rule.Name, arch: architecture}, 0, []string{reason})
		}
	}
}
