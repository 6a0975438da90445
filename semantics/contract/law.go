package contract

import (
	"fmt"
	"strings"
)

// Law is what a helper has to do.
type Law struct {
	Helper string // whose law it is: "pte_mkdirty"
	Name   string // the helper and what is said of it: "pte_mkdirty/dirty"
	Says   string // "an entry made dirty is dirty"
	Level  string // "pte", "pmd", "pud", "p4d" or "pgd"
	// Entries are the names of the entries it is about.
	Entries []string
	// Holds is the law, a condition in C over Entries.
	Holds string
	// Given is what the entries are known to be, a condition in C, "" for any.
	Given string
	// Needs are what a class must have for the law to be one: "NUMA_BALANCING",
	// "A && B", "A|B", "defined MACRO", "own function"; "" if all have it.
	Needs string
	// Kinds are what the entries may be.
	Kinds []Kind
	// Source is where the kernel says or tries it.
	Source string
}

// Kind is what an entry is for.
type Kind uint8

// The kinds of entries. A leaf above the lowest level is a huge page.
const (
	Leaf Kind = iota
	None
	Table
	Swap
	Mapped // a leaf of a page that exists, whose struct page may be looked at
)

var kindNames = [...]string{"a page", "nothing", "a table", "swap", "a page of memory"}

// String says what an entry of the kind maps.
func (k Kind) String() string { return kindNames[k] }

// Domain is a set of entries.
type Domain uint8

// The domains, from the widest.
const (
	AnyBits Domain = iota // every value of the entry's type
	Present               // values that count as present, and above the lowest level as leaf
	Made                  // what the architecture's helpers make
	Tried                 // some entries that helpers make, one of each kind
)

var domainNames = [...]string{"all values", "all present entries", "all entries that helpers make", "entries that were tried"}

// String says which entries a domain has.
func (d Domain) String() string { return domainNames[d] }

// Status is what was found out about a law.
type Status uint8

// The states. A law that is not proved and not broken was not run, or not to
// the end.
const (
	NotRun Status = iota
	Proved
	Broken
	Absent // the class has no such helper, or no such entries
)

var statusNames = [...]string{"not run", "proved", "broken", "absent"}

// String returns the name of the state.
func (s Status) String() string { return statusNames[s] }

// Outcome is what was found out about a law on one class and machine.
type Outcome struct {
	Status Status
	Domain Domain // of a proof, or of the counterexample
	Reason string // why it was not run
	// Counterexample is set where the law is broken.
	Counterexample *Counterexample
	// Assumptions are in what the proof or counterexample was limited.
	Assumptions []string
	Paths       int
}

// Counterexample are entries for which a law does not hold.
type Counterexample struct {
	Entries []Value
	// Trap is set where the law could not be evaluated for them: "BUG in
	// hash__pmd_same".
	Trap string
}

// Value is an entry and how it was made.
type Value struct {
	Name string
	Bits string // of the entry, hexadecimal
	Made string // "pfn 0x1, VM_READ|VM_WRITE, pte_mkdirty"
}

// String is one line.
func (c *Counterexample) String() string {
	var parts []string
	for _, v := range c.Entries {
		s := v.Name + " = " + v.Bits
		if v.Made != "" {
			s += " (" + v.Made + ")"
		}
		parts = append(parts, s)
	}
	if c.Trap != "" {
		parts = append(parts, c.Trap)
	}
	return strings.Join(parts, ", ")
}

// String is one line.
func (o *Outcome) String() string {
	switch o.Status {
	case Proved:
		return fmt.Sprintf("proved for %s", o.Domain)
	case Broken:
		return "broken: " + o.Counterexample.String()
	}
	if o.Reason != "" {
		return o.Status.String() + ": " + o.Reason
	}
	return o.Status.String()
}
