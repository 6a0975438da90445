package check

import (
	"fmt"
	"strings"

	"ptreview/arch"
)

// concerns reports whether a rule would read anything on an architecture: some
// changed definition is compiled into its kernel, or what is configured or
// built may change. Programs of the kernel tree that run elsewhere and other
// architectures' files concern it not, as gatherer.applies sees it.
func (r *review) concerns(a *arch.Arch) bool {
	for k := range r.changes {
		for i := range r.changes[k] {
			c := &r.changes[k][i]
			if isReviewed(c.Path) && (c.Arch == "generic" || c.Arch == a.Name) {
				return true
			}
		}
	}
	for k := 1; k < len(r.Prefixes); k++ {
		if r.touches(k, a, isKconfigFile) != nil || r.touches(k, a, isMakefile) != nil {
			return true
		}
	}
	return false
}

// noteUnconcerned names the architectures without a class that was looked at
// because no rule would read anything there.
func (r *review) noteUnconcerned() {
	var names []string
	for _, a := range r.Archs {
		if !r.concerns(a) {
			names = append(names, a.Name)
		}
	}
	switch {
	case len(r.Prefixes) == 0 || len(names) == 0:
	case len(names) == len(r.Archs):
		r.Notes = append(r.Notes, "nothing that the series changes is code that a rule reads: no configuration was looked at")
	default:
		r.Notes = append(r.Notes, fmt.Sprintf("the series changes no code of %s: no configuration of them was looked at", strings.Join(names, ", ")))
	}
}
