package pagetable

import (
	"context"
	"fmt"

	"ptreview/semantics/exec"
	"ptreview/semantics/unit"
)

// Protections returns what from, an expression of C in flags, is for each of
// the 16 combinations of VM_READ, VM_WRITE, VM_EXEC and VM_SHARED, on a machine
// whose boot code has completed its table of protections: pgprot_val() of
// vm_get_page_prot(flags). Errors: as of Ask, and a protection that depends on
// what is not known.
func (e *Emulator) Protections(ctx context.Context, u *unit.Unit, from string) (prot [16]uint64, err error) {
	e.ctx = ctx
	defer func() { e.ctx = context.Background() }()
	p := e.program(u)
	for round := 1; ; round++ {
		known := len(p.exec.Units())
		_, err = exec.Explore(1, func(d *exec.Decisions) error {
			w, err := e.boots(ctx, p, d)
			if err != nil {
				return err
			}
			if err := w.protectionMap(); err != nil {
				return err
			}
			for flags := range prot {
				if prot[flags], err = w.number(fmt.Sprintf("({ unsigned long flags = %d; unsigned long long prot = %s; prot; })", flags, from)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(p.exec.Units()) == known || round == 4 {
			return prot, err
		}
	}
}
