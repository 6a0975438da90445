package pagetable

import (
	"fmt"
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
)

// lockState is what a spin lock's memory holds, where the architecture's
// arch_spin_is_locked() is a macro that reads it: alpha, arc, hexagon, sh and
// sparc, of 32 bits, among others. Elsewhere it is a function, which a model
// stands for, and size is 0.
type lockState struct {
	size           uint64
	locked, unlock byte // each byte of it
}

// lockModels lets the models of spin locks leave in memory what such a macro
// reads.
func (w *world) lockModels(all map[string]*exec.Model) {
	if w.unit.Cpp.Macro("arch_spin_is_locked") == nil {
		return
	}
	for name, m := range exec.DefaultModels() {
		if !strings.Contains(name, "spin_") || strings.Contains(name, "bit_spin") || strings.Contains(name, "is_locked") {
			continue
		}
		run, releases := m.Run, strings.Contains(name, "unlock")
		all[name] = &exec.Model{Contract: m.Contract, Run: func(k *exec.Primitive) (exec.Value, error) {
			v, err := run(k)
			if err != nil {
				return v, err
			}
			return v, w.markLock(k, releases)
		}}
	}
}

// markLock writes the state of a lock that was taken or released.
func (w *world) markLock(k *exec.Primitive, released bool) error {
	if w.geo == nil {
		return nil
	}
	if k.IsInput(0) {
		return nil // the model knows it to be one of memory without objects
	}
	at, err := k.Addr(0)
	if err != nil {
		return err
	}
	held, _ := w.m.Lock(at)
	if held == released {
		return nil // a lock that was tried in vain
	}
	s := w.lockState()
	if s.size == 0 {
		return nil
	}
	state := s.locked
	if released {
		state = s.unlock
	}
	return w.m.Mem.Set(at, bits.Const(8, uint64(state)), s.size)
}

// lockState asks the macro, once.
func (w *world) lockState() lockState {
	if w.geo.lock == nil {
		s := w.probeLock()
		w.geo.lock = &s
	}
	return *w.geo.lock
}

func (w *world) probeLock() lockState {
	size, err := w.number("sizeof(arch_spinlock_t)")
	if err != nil || size == 0 {
		return lockState{}
	}
	o, err := w.m.Mem.Alloc(mem.Spec{Name: "spin lock", Kind: mem.Heap, Size: size}, 64)
	if err != nil {
		return lockState{}
	}
	says := make(map[bool][]byte)
	for _, state := range []byte{0xff, 0, 1} {
		if w.m.Mem.Set(o.Addr, bits.Const(8, uint64(state)), size) != nil {
			return lockState{}
		}
		held, err := w.truth(fmt.Sprintf("arch_spin_is_locked((arch_spinlock_t *)%s)", w.ulong(o.Addr)))
		if err != nil {
			return lockState{}
		}
		says[held] = append(says[held], state)
	}
	if len(says[true]) == 0 || len(says[false]) == 0 {
		return lockState{}
	}
	return lockState{size, says[true][0], says[false][0]}
}
