package exec

import (
	"ptreview/parse/cpp"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// cpus are functions about the processor and the task that run the code.
func cpus() map[string]*Model {
	return join(
		each("returns 0: the code runs on one processor", nothing, `
			debug_smp_processor_id smp_processor_id raw_smp_processor_id`),
		each("returns the task that runs the code, whose members are not known until set", current,
			`get_current`),
		each("returns 0 and notes the assumption: the processor lacks optional capabilities", capability, `
			alternative_has_feature_likely alternative_has_feature_unlikely alternative_has_cap_likely
			alternative_has_cap_unlikely cpus_have_const_cap __cpus_have_const_cap
			__riscv_has_extension_likely __riscv_has_extension_unlikely`),
		each("says whether a static branch is enabled, by the count in its key", staticBranch,
			`arch_static_branch arch_static_branch_jump`),
	)
}

// CurrentTask returns the address of the task that runs the code; its type is
// struct task_struct as seen from a unit.
func (m *Machine) CurrentTask(u *types.Unit) (uint64, error) {
	if m.tasks != 0 {
		return m.tasks, nil
	}
	size, align := uint64(16<<10), uint64(64)
	if r := u.Record("task_struct"); r != nil {
		size, align = uint64(r.Size()), uint64(r.Align())
	}
	o, err := m.Mem.Alloc(mem.Spec{Name: "current", Kind: mem.Heap, Size: size, Undefined: "a member of current"}, align)
	if err != nil {
		return 0, m.memError(nil, cpp.Loc{}, err)
	}
	m.tasks = o.Addr
	return o.Addr, nil
}

func current(k *Primitive) (Value, error) {
	a, err := k.M.CurrentTask(k.Unit())
	return k.M.Pointer(a), err
}

// staticBranch is arch_static_branch(key, branch): the patched instruction
// jumps if the key is enabled, the other way round if branch is set.
// Source: include/linux/jump_label.h and jump_label_type() of
// kernel/jump_label.c, v6.1 and v6.12.
func staticBranch(k *Primitive) (Value, error) {
	count, err := k.LoadField(0, "enabled", "counter")
	if err != nil {
		return Value{}, err
	}
	b := k.M.Bits
	enabled := b.Slt(bits.Const(count.Width(), 0), count)
	return b.Xor(enabled, nonzero(b, k.Args[1])), nil
}
