package main

import (
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/semantics/contract"
	"ptreview/semantics/facts"
)

// lawConditions are the conditions that tell the classes of an architecture
// apart for some laws: those of every definition of their helpers, and of what
// these come to as far as the architecture has more than one definition of it.
type lawConditions struct {
	d    *definer
	list []class.Formula
	seen map[string]bool // of list, as text
	mmu  class.Formula   // laws of page tables ask for an MMU
	done map[string]bool // names that were followed
	// traps are the names of those: one is a trap however a class makes it.
	traps map[string]bool
}

// ownConditions returns those of the helpers' own definitions.
func ownConditions(d *definer, _ *arch.Arch, laws []contract.Law) ([]class.Formula, error) {
	c := &lawConditions{d: d, seen: make(map[string]bool), mmu: class.Atom("CONFIG_MMU")}
	for _, name := range contract.Helpers(laws) {
		found, err := d.definitions(name)
		if err != nil {
			return nil, err
		}
		for _, l := range found {
			c.add(l.When)
		}
	}
	return c.list, nil
}

// conditions returns those of laws, the helpers' own first.
func conditions(d *definer, a *arch.Arch, laws []contract.Law) ([]class.Formula, error) {
	c := &lawConditions{d: d, seen: make(map[string]bool), mmu: class.Atom("CONFIG_MMU"), done: make(map[string]bool), traps: make(map[string]bool)}
	for _, t := range slices.Concat(arch.Traps(), a.Traps) {
		c.traps[t.Name] = true
	}
	queue := contract.Helpers(laws)
	for _, name := range queue {
		found, err := d.definitions(name)
		if err != nil {
			return nil, err
		}
		for _, l := range found {
			c.add(l.When)
		}
	}
	for len(queue) > 0 {
		next, err := c.follow(queue[0])
		if err != nil {
			return nil, err
		}
		queue = append(queue[1:], next...)
	}
	return c.list, nil
}

// add notes a condition once.
func (c *lawConditions) add(when class.Formula) {
	when = class.And(c.mmu, when)
	if text := when.String(); !when.IsFalse() && !c.seen[text] {
		c.seen[text] = true
		c.list = append(c.list, when)
	}
}

// follow adds the conditions of what the definitions of a name mention, each
// together with that of the definition that mentions it. It returns what was
// mentioned for the first time.
func (c *lawConditions) follow(name string) (next []string, err error) {
	if c.done[name] {
		return nil, nil
	}
	c.done[name] = true
	callers, err := c.d.definitions(name)
	if err != nil {
		return nil, err
	}
	for _, caller := range callers {
		for _, word := range mentionedIn(caller) {
			if c.traps[word] {
				continue
			}
			own, err := c.own(word)
			if err != nil {
				return nil, err
			}
			for _, l := range own {
				if len(own) > 1 {
					c.add(class.And(caller.When, l.When))
				}
			}
			if len(own) > 0 && !c.done[word] {
				next = append(next, word)
			}
		}
	}
	return next, nil
}

// own returns the definitions of a name of which the architecture's headers
// have one, nil if they have none.
func (c *lawConditions) own(name string) ([]facts.Located, error) {
	if len(c.d.OwnDefinitions(name)) == 0 {
		return nil, nil
	}
	return c.d.definitions(name)
}

// mentionedIn returns the names in a definition but its own, each once.
func mentionedIn(l facts.Located) []string {
	seen := map[string]bool{l.Name: true}
	var list []string
	for word := range strings.FieldsSeq(l.Text) {
		if c := word[0]; (c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') && !seen[word] {
			seen[word] = true
			list = append(list, word)
		}
	}
	return list
}
