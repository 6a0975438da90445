package pagetable

import (
	"context"
	"errors"

	"ptreview/arch"
	"ptreview/semantics/facts"
)

// The kernel's own test of page-table helpers, which a boot calls: the file it
// is in and its initcall.
const (
	SelfTestFile = "mm/debug_vm_pgtable.c"
	SelfTestCall = "debug_vm_pgtable"
)

// RunSelfTest boots a machine of the class of prog and runs the test on it, as
// RunInitcall does. The class need not compile the file.
// Errors: the end of ctx, and why the test cannot be run, without places.
func RunSelfTest(ctx context.Context, prog *facts.TreeProgram, m *arch.Machine) ([]*Initcall, error) {
	calls, err := RunInitcall(ctx, prog, m, SelfTestFile, SelfTestCall)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, errors.New(reasonOf(err))
	}
	return calls, nil
}
