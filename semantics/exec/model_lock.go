package exec

import (
	"fmt"

	"ptreview/semantics/bits"
)

// lock is a lock that code which ran on the machine has taken. Readers counts
// shared holds; an exclusive one has none.
type lock struct {
	at      uint64
	held    bool
	readers int
	since   spot
}

// recentLocks is how many locks that were looked up are remembered, by bits of
// the address.
const recentLocks = 64

// HeldLocks returns the number of locks taken and not released.
func (m *Machine) HeldLocks() int { return m.heldLocks }

// Lock says whether a lock is held, and whether code that ran on the machine
// has ever taken it.
func (m *Machine) Lock(addr uint64) (held, taken bool) {
	l := m.takenLock(addr)
	return l != nil && l.held, l != nil
}

// takenLock returns the state of a lock, nil if it was never taken.
func (m *Machine) takenLock(at uint64) *lock {
	recent := &m.recentLocks[at>>3%recentLocks]
	if l := *recent; l != nil && l.at == at {
		return l
	}
	l := m.locks[at]
	if l != nil {
		*recent = l
	}
	return l
}

// lock returns the state of a lock, to be changed.
func (m *Machine) lock(at uint64) *lock {
	l := m.takenLock(at)
	if l == nil {
		l = &lock{at: at}
		m.locks[at] = l
	}
	return l
}

// hold notes that a lock is taken, once more if it is shared.
func (k *Primitive) hold(l *lock, shared bool) {
	if !l.held {
		k.M.heldLocks++
	}
	l.held, l.since = true, spot{k.fr.code.unit, k.site.loc}
	if shared {
		l.readers++
	}
	k.Event()
}

// isHeld reports whether a lock is held, and by how many readers.
func (m *Machine) isHeld(at uint64) (held bool, readers int) {
	if l := m.takenLock(at); l != nil {
		return l.held, l.readers
	}
	return false, 0
}

// LockError is the cause of a trap at the release of a lock. Held means that
// it is held the other way; Taken that code that ran on the machine had taken
// it before: if not, it may be the caller's.
type LockError struct {
	Func  string
	Addr  uint64
	Held  bool
	Taken bool
}

// Error reads "spin_unlock: the lock at 0x… is not held".
func (e *LockError) Error() string {
	if e.Addr == rcuKey {
		return e.Func + " outside an RCU read-side section"
	}
	return fmt.Sprintf("%s: the lock at %#x is not held", e.Func, e.Addr)
}

// rcuKey stands for the one RCU read-side section in the table of locks: no
// object can be at this address.
const rcuKey = 1

func locks() map[string]*Model {
	return join(
		each("takes an exclusive lock; taking one that is held cannot end, with one thread", lockExclusive, `
			spin_lock spin_lock_bh spin_lock_irq raw_spin_lock raw_spin_lock_irq raw_spin_lock_bh
			_raw_spin_lock _raw_spin_lock_bh _raw_spin_lock_irq _raw_spin_lock_irqsave
			_raw_spin_lock_nested _raw_spin_lock_nest_lock __raw_spin_lock
			_raw_spin_lock_irqsave_nested
			_raw_write_lock _raw_write_lock_irq _raw_write_lock_bh _raw_write_lock_irqsave
			mutex_lock mutex_lock_nested mutex_lock_interruptible mutex_lock_killable
			mutex_lock_interruptible_nested mutex_lock_killable_nested
			down_write down_write_nested down_write_killable down_write_killable_nested
			bit_spin_lock`),
		each("releases an exclusive lock; one that is not held is a trap", unlockExclusive, `
			spin_unlock spin_unlock_bh spin_unlock_irq raw_spin_unlock raw_spin_unlock_irq
			_raw_spin_unlock _raw_spin_unlock_bh _raw_spin_unlock_irq __raw_spin_unlock
			_raw_spin_unlock_irqrestore spin_unlock_irqrestore
			_raw_write_unlock _raw_write_unlock_irq _raw_write_unlock_bh _raw_write_unlock_irqrestore
			mutex_unlock up_write bit_spin_unlock __bit_spin_unlock`),
		each("takes an exclusive lock if it is free and says whether it did", tryExclusive, `
			spin_trylock raw_spin_trylock _raw_spin_trylock _raw_spin_trylock_bh
			_raw_write_trylock mutex_trylock down_write_trylock`),
		each("takes a shared lock; taking one held exclusively cannot end, with one thread", lockShared, `
			_raw_read_lock _raw_read_lock_irq _raw_read_lock_bh _raw_read_lock_irqsave
			down_read down_read_nested down_read_killable down_read_interruptible
			down_read_non_owner`),
		each("releases a shared lock; one that is not held is a trap", unlockShared, `
			_raw_read_unlock _raw_read_unlock_irq _raw_read_unlock_bh _raw_read_unlock_irqrestore
			up_read up_read_non_owner`),
		each("takes a shared lock unless it is held exclusively and says whether it did", tryShared, `
			_raw_read_trylock down_read_trylock`),
		each("turns an exclusive hold into a shared one", downgrade, `downgrade_write`),
		each("says whether the lock is held", isHeld, `
			rwsem_is_locked mutex_is_locked queued_spin_is_locked`),
		each("enters an RCU read-side section", rcuLock, `rcu_read_lock __rcu_read_lock rcu_read_lock_sched`),
		each("leaves an RCU read-side section; being in none is a trap", rcuUnlock,
			`rcu_read_unlock __rcu_read_unlock rcu_read_unlock_sched`),
	)
}

func lockExclusive(k *Primitive) (Value, error) {
	at, err := k.lockAddr()
	if err != nil {
		return Value{}, err
	}
	l := k.M.lock(at)
	if l.held {
		return Value{}, k.Trap(TrapLock, fmt.Sprintf("%s: the lock at %#x is held since %s", k.Name, at, l.since.position()))
	}
	k.hold(l, false)
	return Value{}, nil
}

// lockAddr returns the address of the lock, which must be one of live memory.
func (k *Primitive) lockAddr() (uint64, error) {
	which := 0
	if k.Name == "bit_spin_lock" || k.Name == "bit_spin_unlock" || k.Name == "__bit_spin_unlock" {
		which = 1 // bit_spin_lock(bitnum, addr)
	}
	if key, ok := k.touchBeyond(which); ok {
		return key, nil
	}
	at, err := k.Addr(which)
	if err != nil {
		return 0, err
	}
	o, err := k.M.Mem.Find(at)
	if err == nil && (o == nil || o.FreedBy != "") {
		err = k.M.Mem.Check(at, 1, true) // says what is wrong with it
	}
	if err == nil {
		err = k.M.touch(k.fr, k.site.loc, AccessLock, at, 0, bits.Term{})
	}
	return at, err
}

func unlockExclusive(k *Primitive) (Value, error) {
	at, err := k.lockAddr()
	if err != nil {
		return Value{}, err
	}
	if held, readers := k.M.isHeld(at); !held || readers > 0 {
		return Value{}, k.notHeld(at)
	}
	k.M.release(at)
	k.Event()
	return Value{}, nil
}

func (k *Primitive) notHeld(at uint64) error {
	held, taken := k.M.Lock(at)
	if by := k.M.opt.HeldByCaller; by != nil && !held && !taken && by(k.Name) {
		k.M.lock(at) // which counts as taken
		k.Event()
		return nil
	}
	err := &LockError{Func: k.Name, Addr: at, Held: held, Taken: taken}
	return k.M.trap(k.fr, k.site.loc, &Trap{Kind: TrapLock, Message: err.Error(), Err: err})
}

func tryExclusive(k *Primitive) (Value, error) {
	at, err := k.lockAddr()
	if err != nil {
		return Value{}, err
	}
	if held, _ := k.M.isHeld(at); held {
		return Value{}, nil
	}
	_, err = lockExclusive(k)
	return k.M.Pointer(1), err
}

func lockShared(k *Primitive) (Value, error) {
	at, err := k.lockAddr()
	if err != nil {
		return Value{}, err
	}
	l := k.M.lock(at)
	if l.held && l.readers == 0 {
		return Value{}, k.Trap(TrapLock, fmt.Sprintf("%s: the lock at %#x is held exclusively since %s", k.Name, at, l.since.position()))
	}
	k.hold(l, true)
	return Value{}, nil
}

func unlockShared(k *Primitive) (Value, error) {
	at, err := k.lockAddr()
	if err != nil {
		return Value{}, err
	}
	if _, readers := k.M.isHeld(at); readers == 0 {
		return Value{}, k.notHeld(at)
	}
	k.M.release(at)
	k.Event()
	return Value{}, nil
}

// release ends an exclusive hold or a shared one.
func (m *Machine) release(at uint64) {
	l := m.lock(at)
	l.readers = max(l.readers-1, 0)
	if l.readers == 0 {
		l.held = false
		m.heldLocks--
	}
	m.Mem.Tick()
}

func tryShared(k *Primitive) (Value, error) {
	at, err := k.lockAddr()
	if err != nil {
		return Value{}, err
	}
	if held, readers := k.M.isHeld(at); held && readers == 0 {
		return Value{}, nil
	}
	_, err = lockShared(k)
	return k.M.Pointer(1), err
}

func downgrade(k *Primitive) (Value, error) {
	if v, err := unlockExclusive(k); err != nil {
		return v, err
	}
	return lockShared(k)
}

func isHeld(k *Primitive) (Value, error) {
	at, err := k.lockAddr()
	if err != nil {
		return Value{}, err
	}
	held, _ := k.M.isHeld(at)
	return k.M.Pointer(truth(held)), nil
}

func rcuLock(k *Primitive) (Value, error) {
	k.hold(k.M.lock(rcuKey), true)
	return Value{}, nil
}

func rcuUnlock(k *Primitive) (Value, error) {
	if _, readers := k.M.isHeld(rcuKey); readers == 0 {
		return Value{}, k.notHeld(rcuKey)
	}
	k.M.release(rcuKey)
	k.Event()
	return Value{}, nil
}
