package mem

import "encoding/binary"

// Nearly every access is to a few concrete bytes of an object that was found
// before. Word and SetWord do that and nothing else; what they refuse is for
// Load and Store, which know everything.

// Word reads size bytes (1 to 8) at addr in the target's byte order. ok is
// false, and nothing has happened, where that takes more than looking at them.
func (m *Memory) Word(addr uint64, size int) (v uint64, ok bool) {
	o := *m.recentAt(addr)
	if o == nil || !o.holds(addr) || o.gone {
		if o, _ = m.Find(addr); o == nil {
			return 0, false
		}
	}
	if off := addr - o.Addr; size == 8 && o.plain && o.state == nil && o.Size-off >= 8 && !m.layout.BigEndian {
		return binary.LittleEndian.Uint64(o.data[off:]), true
	}
	return m.WordOf(o, addr-o.Addr, size)
}

// WordOf is Word inside an object, off bytes from its beginning.
func (m *Memory) WordOf(o *Object, off uint64, size int) (v uint64, ok bool) {
	switch {
	case off > o.Size || uint64(size) > o.Size-off:
		return 0, false
	case !o.plain:
		return 0, size <= 8 && o.data == nil && o.undefined == "" && o.mayHaveData()
	case o.state != nil && !o.allConcrete(off, size):
		return 0, false
	}
	return m.bytesAt(o.data[off:], size)
}

// mayHaveData reports whether o is alive and no function.
func (o *Object) mayHaveData() bool { return o.FreedBy == "" && !o.gone && o.Kind != Function }

// bytesAt reads the first size bytes of data.
func (m *Memory) bytesAt(data []byte, size int) (v uint64, ok bool) {
	big := m.layout.BigEndian
	switch size {
	case 1:
		return uint64(data[0]), true
	case 2:
		if big {
			return uint64(binary.BigEndian.Uint16(data)), true
		}
		return uint64(binary.LittleEndian.Uint16(data)), true
	case 4:
		if big {
			return uint64(binary.BigEndian.Uint32(data)), true
		}
		return uint64(binary.LittleEndian.Uint32(data)), true
	case 8:
		if big {
			return binary.BigEndian.Uint64(data), true
		}
		return binary.LittleEndian.Uint64(data), true
	}
	return 0, false
}

func (o *Object) allConcrete(off uint64, size int) bool {
	for _, s := range o.state[off : off+uint64(size)] {
		if s != concrete {
			return false
		}
	}
	return true
}

// SetWord writes the low size bytes (1 to 8) of v at addr in the target's byte
// order. ok is false, and nothing has happened, where that takes more than
// writing them.
func (m *Memory) SetWord(addr uint64, size int, v uint64) (ok bool) {
	o := *m.recentAt(addr)
	if o == nil || !o.holds(addr) || o.gone {
		if o, _ = m.Find(addr); o == nil {
			return false
		}
	}
	return m.SetWordOf(o, addr-o.Addr, size, v)
}

// SetWordOf is SetWord inside an object, off bytes from its beginning.
func (m *Memory) SetWordOf(o *Object, off uint64, size int, v uint64) (ok bool) {
	if off > o.Size || uint64(size) > o.Size-off {
		return false
	}
	fresh := !o.plain
	if fresh && !m.clears(o, size) {
		return false
	}
	data := o.data[off:]
	old, ok := m.bytesAt(data, size)
	if !ok {
		return false
	}
	if o.state != nil && !o.allConcrete(off, size) {
		clear(o.state[off : off+uint64(size)]) // which makes them concrete
		fresh = true
	}
	if old != v || fresh {
		m.putBytes(data, size, v)
		m.touch(o)
	}
	return true
}

// clears makes room in a live local that has none yet and that size bytes
// cover, so that nothing of it stays undefined.
func (m *Memory) clears(o *Object, size int) bool {
	if o.Kind != Stack || !o.mayHaveData() || o.data != nil || uint64(size) != o.Size {
		return false
	}
	if size > 8 || size&(size-1) != 0 || m.used+o.Size > m.layout.Limit {
		return false
	}
	m.makeRoom(o)
	return true
}

// putBytes writes the first size bytes of data.
func (m *Memory) putBytes(data []byte, size int, v uint64) {
	big := m.layout.BigEndian
	switch size {
	case 1:
		data[0] = byte(v)
	case 2:
		if big {
			binary.BigEndian.PutUint16(data, uint16(v))
		} else {
			binary.LittleEndian.PutUint16(data, uint16(v))
		}
	case 4:
		if big {
			binary.BigEndian.PutUint32(data, uint32(v))
		} else {
			binary.LittleEndian.PutUint32(data, uint32(v))
		}
	case 8:
		if big {
			binary.BigEndian.PutUint64(data, v)
		} else {
			binary.LittleEndian.PutUint64(data, v)
		}
	}
}
