package tree

import "encoding/binary"

// encoder writes numbers and texts one behind the other.
type encoder struct{ bytes []byte }

func (e *encoder) number(n int)   { e.bytes = binary.AppendUvarint(e.bytes, uint64(n)) }
func (e *encoder) signed(n int64) { e.bytes = binary.AppendVarint(e.bytes, n) }
func (e *encoder) text(s string)  { e.number(len(s)); e.bytes = append(e.bytes, s...) }

// decoder reads what an encoder wrote. After anything malformed bad is set, and
// zeros are returned.
type decoder struct {
	rest []byte
	bad  bool
}

// number returns a count, which is never more than the bytes that are left:
// whatever is counted takes at least one.
func (d *decoder) number() int {
	n, size := binary.Uvarint(d.rest)
	if d.bad || size <= 0 || n > uint64(len(d.rest)-size) {
		d.bad = true
		return 0
	}
	d.rest = d.rest[size:]
	return int(n)
}

func (d *decoder) signed() int64 {
	n, size := binary.Varint(d.rest)
	if d.bad || size <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) text() string {
	n := d.number()
	s := string(d.rest[:n])
	d.rest = d.rest[n:]
	return s
}

// done reports whether all was read and nothing was malformed.
func (d *decoder) done() bool { return !d.bad && len(d.rest) == 0 }
