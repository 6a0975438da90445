package check

import (
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// isKconfigFile reports whether a path holds Kconfig, isMakefile whether it
// says what is compiled and how.
func isKconfigFile(p string) bool { return strings.HasPrefix(path.Base(p), "Kconfig") }

func isMakefile(p string) bool {
	base := path.Base(p)
	return base == "Kbuild" || strings.HasPrefix(base, "Makefile")
}

// touches returns the first file that patch k changes, matches, and can matter
// to an architecture, files of that architecture first. Nil is none.
func (r *review) touches(k int, a *arch.Arch, matches func(string) bool) *ChangedFile {
	var generic *ChangedFile
	for i := range r.Prefixes[k].Changed {
		f := &r.Prefixes[k].Changed[i]
		p := firstOf(f.Path, f.Old)
		if !matches(p) || !isReviewed(p) {
			continue
		}
		switch ArchOf(p) {
		case a.Name:
			return f
		case "generic":
			if generic == nil {
				generic = f
			}
		}
	}
	return generic
}

// configures reports whether any patch can change what is configured or
// compiled on any architecture reviewed.
func (r *review) configures() bool {
	for k := 1; k < len(r.Prefixes); k++ {
		for _, a := range r.Archs {
			if r.touches(k, a, isKconfigFile) != nil || r.touches(k, a, isMakefile) != nil {
				return true
			}
		}
	}
	return false
}

// kconfigs returns the Kconfig of an architecture at each prefix; those that no
// patch tells apart are the same value.
func (r *review) kconfigs(a *arch.Arch) ([]*kconfig.Kconfig, error) {
	list := make([]*kconfig.Kconfig, len(r.Prefixes))
	for k := len(list) - 1; k >= 0; k-- {
		if k+1 < len(list) && r.touches(k+1, a, isKconfigFile) == nil {
			list[k] = list[k+1]
			continue
		}
		tr := r.Prefixes[k].Tree
		kc, err := kconfig.Load(tr, a.Name, kconfig.Env{Files: r.Reader.KconfigFiles(tr)})
		if err != nil {
			return nil, fmt.Errorf("reading Kconfig of %s: %w", a.Name, err)
		}
		list[k] = kc
	}
	return list, nil
}

// prefixClass is a class as one prefix has it. Both are nil where that prefix
// builds nothing from the lines of the class.
type prefixClass struct {
	meta  *class.Class
	class *unit.Class
}

// classAt returns a class, chosen for the last prefix, as all prefixes have it.
func (r *review) classAt(ch *class.Chooser, kcs []*kconfig.Kconfig, c *class.Class) ([]prefixClass, error) {
	list := make([]prefixClass, len(kcs))
	for k := len(kcs) - 1; k >= 0; k-- {
		if k+1 < len(kcs) && kcs[k] == kcs[k+1] {
			list[k] = list[k+1]
			continue
		}
		meta := c
		if k+1 < len(kcs) {
			var err error
			if meta, err = ch.Under(kcs[k], c); err != nil {
				return nil, err
			}
			if meta == nil {
				continue
			}
		}
		read, err := unit.NewClass(c.ID, c.Arch, meta.Config)
		if err != nil {
			return nil, err
		}
		if g, ok := r.Generated[c.Arch.Name]; ok {
			read.Generated = g
		}
		list[k] = prefixClass{meta, read}
	}
	return list, nil
}

// configChanges returns the definitions that come into force or go out of it in
// the class because patch k changes Kconfig or a Makefile, and those whose text
// asks for a symbol whose value it changes.
func (j *classJob) configChanges(k int) ([]DefinitionChange, []string, error) {
	cause := j.touches(k, j.arch, isKconfigFile)
	if cause == nil {
		cause = j.touches(k, j.arch, isMakefile)
	}
	if cause == nil || j.at[k-1].class == nil || j.at[k].class == nil {
		return nil, nil, nil
	}
	defer j.conds.acquire()()
	h, err := j.conds.at(j.review, j.arch, k)
	if err != nil {
		return nil, nil, err
	}
	c := configChange{job: j, k: k, h: h, cause: place(k, cause), seen: make(map[string]bool)}
	for i := range j.changes[k] {
		c.seen[j.changes[k][i].Path+"#"+j.changes[k][i].Name()] = true
	}
	c.switched()
	c.compiled()
	return c.out, c.notRun, nil
}

// place is the first changed line of a file.
func place(k int, f *ChangedFile) Location {
	switch {
	case len(f.Added) > 0:
		return Location{Patch: k, File: f.Path, Line: f.Added[0], Side: "after"}
	case len(f.Removed) > 0:
		return Location{Patch: k, File: f.Old, Line: f.Removed[0], Side: "before"}
	}
	return Location{Patch: k, File: firstOf(f.Path, f.Old), Line: 1, Side: "after"}
}

// configChange collects what a change of configuration means for one class.
type configChange struct {
	job    *classJob
	k      int
	h      *facts.Headers
	cause  Location
	seen   map[string]bool // path#name
	out    []DefinitionChange
	notRun []string
}

func (c *configChange) add(d facts.Located, was, is bool) {
	key := c.key(d)
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	change := DefinitionChange{Change: facts.Change{Path: d.Path}, Arch: ArchOf(d.Path), Line: d.First, Side: "after", Cause: &c.cause}
	if was {
		change.Before = &d.Definition
	}
	if is {
		change.After = &d.Definition
	}
	c.out = append(c.out, change)
}

func (c *configChange) key(d facts.Located) string { return d.Path + "#" + d.Name }

// switched adds the definitions that conditions of Kconfig symbols switch.
func (c *configChange) switched() {
	before, after := c.job.at[c.k-1].meta, c.job.at[c.k].meta
	symbols := differing(before.Config, after.Config)
	if len(symbols) == 0 {
		return
	}
	for _, s := range c.h.Switched(symbols, before.Truth, after.Truth) {
		switch {
		case s.Was == class.Unknown || s.Is == class.Unknown:
			c.notRun = append(c.notRun, fmt.Sprintf("whether %s of %s is in force cannot be told", s.Name, s.Path))
		default:
			c.add(s.Located, s.Was == class.Yes, s.Is == class.Yes)
		}
	}
}

// compiled adds the functions of the C files that come to be compiled.
func (c *configChange) compiled() {
	was, is := c.job.programs[c.k-1], c.job.programs[c.k]
	for _, file := range c.h.Sources() {
		before, _ := was.Built(file)
		after, _ := is.Built(file)
		if before || !after {
			continue
		}
		for _, d := range c.h.Functions(file) {
			if d.When.Eval(c.job.at[c.k].meta.Truth) != class.No {
				c.add(d, false, true)
			}
		}
	}
}

// differing returns the symbols that two configurations give different values.
func differing(before, after *kconfig.Config) []string {
	seen := make(map[string]bool)
	var names []string
	compare := func(name string, _ kconfig.Value) bool {
		b, a := before.Value(name), after.Value(name)
		if !seen[name] && (b.Text != a.Text || b.Written != a.Written && a.Text != "n") {
			names = append(names, name)
		}
		seen[name] = true
		return true
	}
	before.Values(compare)
	after.Values(compare)
	sort.Strings(names)
	return names
}

// maxConfigured bounds the conditions of one patch to Kconfig.
const maxConfigured = 60

// configConditions returns conditions for a patch that changes Kconfig. For a
// symbol that it defines otherwise than before: that it can be set where it could
// not, and with that each symbol which depends on it and which code of page
// tables asks for, and each trap among that code.
func (r *review) configConditions(h *facts.Headers, a *arch.Arch, before, after *kconfig.Kconfig) []class.Formula {
	if before == after {
		return nil
	}
	var out []class.Formula
	for _, change := range kconfig.Diff(before, after) {
		name := change.Name
		if change.After == nil {
			continue
		}
		fresh := class.And(settable(after, name), class.Not(settable(before, name)))
		if fresh.IsFalse() {
			continue
		}
		symbols := slices.DeleteFunc(dependents(after, name), func(s string) bool { return !h.Names("CONFIG_" + s) })
		for _, s := range symbols {
			out = append(out, class.And(class.Atom("CONFIG_"+s), fresh))
		}
		for _, d := range h.Asking(symbols) {
			if (ArchOf(d.Path) == a.Name || strings.HasPrefix(d.Path, "include/asm-generic/")) && usesTrap(d.Text) {
				out = append(out, class.And(d.When, fresh))
			}
		}
		if len(out) > maxConfigured {
			return out[:maxConfigured]
		}
	}
	return out
}

// settable returns the condition under which a symbol can be other than n, as
// its own definition and what selects it say.
func settable(k *kconfig.Kconfig, name string) class.Formula {
	s := k.Symbol(name)
	if s == nil || !s.IsDefined() {
		return class.False()
	}
	var ways []class.Formula
	if by := s.SelectedBy(); by != nil {
		ways = append(ways, class.FromKconfig(k, by))
	}
	for _, d := range s.Definitions() {
		if d.Prompt != nil {
			ways = append(ways, class.FromKconfig(k, d.Prompt.If))
		}
		for _, p := range d.Defaults {
			ways = append(ways, class.And(class.FromKconfig(k, p.Value), class.FromKconfig(k, p.If)))
		}
	}
	return class.Or(ways...)
}

// maxDependentDepth is how far symbols that depend on changed ones are followed.
const maxDependentDepth = 3

// dependents returns a symbol and those that depend on it, nearest first.
func dependents(k *kconfig.Kconfig, name string) []string {
	known := map[string]bool{name: true}
	list := []string{name}
	for range maxDependentDepth {
		var next []string
		k.Symbols(func(s *kconfig.Symbol) bool {
			if s.IsDefined() && !known[s.Name()] && asksFor(s, known) {
				next = append(next, s.Name())
			}
			return true
		})
		sort.Strings(next)
		for _, n := range next {
			known[n] = true
		}
		list = append(list, next...)
	}
	return list
}

// asksFor reports whether the value of a symbol depends on known ones directly.
func asksFor(s *kconfig.Symbol, known map[string]bool) bool {
	found := false
	look := func(name string) bool {
		found = found || known[name]
		return !found
	}
	for _, e := range []*kconfig.Expr{s.Depends(), s.SelectedBy()} {
		if e != nil {
			e.Symbols(look)
		}
	}
	for _, d := range s.Definitions() {
		for _, p := range d.Defaults {
			for _, e := range []*kconfig.Expr{p.Value, p.If} {
				if e != nil {
					e.Symbols(look)
				}
			}
		}
	}
	return found
}
