package check

import "sort"

// unitKey names one unit of work. Class and machine are empty for rules whose
// scope has none.
type unitKey struct{ rule, arch, class, machine string }

// verdict is the outcome of a unit of work over all patches.
type verdict struct {
	found  bool
	notRun string // the first reason
}

// archCoverage is what was looked at of one architecture.
type archCoverage struct {
	classes  []ClassInfo
	machines map[string]bool
	units    map[unitKey]*verdict
}

func (r *review) archCoverage(name string) *archCoverage {
	c := r.coverage[name]
	if c == nil {
		c = &archCoverage{machines: make(map[string]bool), units: make(map[unitKey]*verdict)}
		r.coverage[name] = c
	}
	return c
}

// record adds the outcome of a pass to its unit of work.
func (r *review) record(key unitKey, findings int, notRun []string) {
	c := r.archCoverage(key.arch)
	v := c.units[key]
	if v == nil {
		v = &verdict{}
		c.units[key] = v
	}
	v.found = v.found || findings > 0
	if v.notRun == "" && len(notRun) > 0 {
		v.notRun = notRun[0]
	}
	if key.machine != "" {
		c.machines[key.machine] = true
	}
}

// coverageList returns the coverage of all architectures, by name.
func (r *review) coverageList() []Coverage {
	names := make([]string, 0, len(r.coverage))
	for name := range r.coverage {
		names = append(names, name)
	}
	sort.Strings(names)
	list := make([]Coverage, 0, len(names))
	for _, name := range names {
		list = append(list, r.coverage[name].summary(name))
	}
	return list
}

func (c *archCoverage) summary(name string) Coverage {
	out := Coverage{Arch: name, Classes: []ClassInfo{}, Machines: []string{}, NotRun: []NotRunCount{}}
	out.Classes = append(out.Classes, c.classes...)
	for m := range c.machines {
		out.Machines = append(out.Machines, m)
	}
	sort.Strings(out.Machines)
	reasons := make(map[string]int)
	byID := make(map[string]*ClassInfo, len(out.Classes))
	for i := range out.Classes {
		byID[out.Classes[i].ID] = &out.Classes[i]
	}
	for key, v := range c.units {
		class := byID[key.class]
		if class == nil {
			class = &ClassInfo{} // of the architecture as a whole
		}
		out.Units++
		switch {
		case v.found:
			out.Findings++
			class.Findings++
		case v.notRun != "":
			reasons[v.notRun]++
			class.NotRun++
		default:
			out.Clean++
			class.Clean++
		}
	}
	for reason, n := range reasons {
		out.NotRun = append(out.NotRun, NotRunCount{reason, n})
	}
	sort.Slice(out.NotRun, func(i, j int) bool { return out.NotRun[i].Reason < out.NotRun[j].Reason })
	return out
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
