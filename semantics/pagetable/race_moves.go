package pagetable

// move is what the environment can do with the pmd in its present form.
type move struct {
	what string // unique among the moves of a moment
	do   func() error
}

// moves lists what the environment may do now.
func (p *play) moves() []move {
	s := p.stage
	now := s.now()
	var list []move
	if now != nil && now.table != nil && now.table.young != nil && !p.noted {
		t := now.table
		list = append(list, move{"hardware notes a write through the entry in " + t.name, func() error {
			p.noted = true
			return s.m.Mem.Bytes(t.entry, t.young)
		}})
	}
	for _, t := range s.tables {
		if t.freed {
			list = append(list, move{"the frame of " + t.name + " becomes a page table of another mm", func() error {
				t.freed, t.queued, t.alien = false, false, true
				return s.giveAway(t)
			}})
		}
	}
	switch {
	case now == nil:
		return list
	case now.table != nil:
		return append(list, p.removals(now.table)...)
	case s.held(s.pmdLock):
		return list
	case now == s.huge:
		return append(list, p.ofHuge()...)
	case s.irqsOff > 0 && p.cleared && s.syncs:
		return list // the move waits for interrupts before it goes on
	}
	return append(list, p.ofNone()...)
}

// removals take a table out of the tree.
func (p *play) removals(t *raceTable) []move {
	s := p.stage
	if !p.era.Removes || s.held(t.lock) || p.era.PmdLock && s.held(s.pmdLock) {
		return nil
	}
	list := []move{{t.name + " is taken out of the tree; the pmd is none", func() error {
		t.taken, t.queued, p.cleared = true, true, true
		return s.become(s.none)
	}}}
	if s.huge == nil || s.irqsOff > 0 { // every CPU has to take an interrupt first
		return list
	}
	return append(list, move{t.name + " is collapsed: the pmd maps a huge page, the table is kept to split it", func() error {
		t.taken = true
		return s.become(s.huge)
	}})
}

// ofHuge are the moves of a pmd that maps a huge page.
func (p *play) ofHuge() []move {
	s := p.stage
	list := []move{{"the huge page is zapped; the pmd is none", func() error {
		for _, t := range s.tables {
			if t.taken && !t.alien {
				t.queued = true
			}
		}
		p.cleared = true
		return s.become(s.none)
	}}}
	if t := s.deposited(); t != nil {
		list = append(list, move{"the huge page is split; the pmd points to " + t.name, func() error { return s.link(t) }})
	}
	return list
}

// ofNone are the moves of an empty pmd.
func (p *play) ofNone() []move {
	s := p.stage
	var list []move
	for _, t := range s.tables {
		if !t.used {
			list = append(list, move{"a fault lets the pmd point to " + t.name + ", a new one", func() error { return s.link(t) }})
			break
		}
	}
	for _, t := range s.tables {
		if t.freed {
			list = append(list, move{"a fault lets the pmd point to the frame of " + t.name + " again, as a new table", func() error {
				t.freed, t.queued, t.young = false, false, nil // it is empty
				if err := s.giveAway(t); err != nil {
					return err
				}
				return s.link(t)
			}})
		}
	}
	if s.huge != nil {
		list = append(list, move{"a fault maps a huge page at the pmd", func() error { return s.become(s.huge) }})
	}
	return list
}

// link puts a table into the tree.
func (s *stage) link(t *raceTable) error {
	t.used, t.taken = true, false
	return s.become(t.form)
}

func (s *stage) become(f *form) error { return s.m.Mem.Bytes(s.window, f.bytes) }
