package history

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// packIndex answers where in a pack an object is, straight from the mapped
// file: nothing is read when it is opened.
// Source: Documentation/gitformat-pack.txt, "Version 2 pack-*.idx files".
type packIndex struct {
	file   string
	data   []byte
	unmap  func() error
	count  int
	names  []byte // count × 20
	small  []byte // count × 4: offset, or position in large
	large  []byte // × 8
	fanout []byte // 256 × 4: how many names begin with this byte or less
}

const (
	hashSize    = 20
	indexHeader = 8
	fanoutSize  = 256 * 4
	indexTail   = 2 * hashSize
)

func openIndex(file string) (*packIndex, error) {
	data, unmap, err := mapFile(file)
	if err != nil {
		return nil, err
	}
	x := &packIndex{file: file, data: data, unmap: unmap}
	if err := x.split(); err != nil {
		unmap()
		return nil, err
	}
	return x, nil
}

// split finds the tables.
func (x *packIndex) split() error {
	if len(x.data) < indexHeader+fanoutSize+indexTail || !bytes.HasPrefix(x.data, []byte("\xfftOc")) {
		return &unsupportedError{"a pack index of version 1"}
	}
	if version := binary.BigEndian.Uint32(x.data[4:]); version != 2 {
		return &unsupportedError{fmt.Sprintf("a pack index of version %d", version)}
	}
	x.fanout = x.data[indexHeader : indexHeader+fanoutSize]
	rest := x.data[indexHeader+fanoutSize : len(x.data)-indexTail]
	last := uint32(0)
	for b := range 256 {
		n := x.upTo(byte(b))
		if n < last {
			return fmt.Errorf("%s: %w: its fan-out table goes down", x.file, errMalformed)
		}
		last = n
	}
	if uint64(last)*(hashSize+4+4) > uint64(len(rest)) {
		return fmt.Errorf("%s: %w: cut short", x.file, errMalformed)
	}
	x.count = int(last)
	x.names = rest[:x.count*hashSize]
	rest = rest[x.count*(hashSize+4):] // over the names and the checksums
	x.small, x.large = rest[:x.count*4], rest[x.count*4:]
	return nil
}

func (x *packIndex) close() error { return x.unmap() }

func (x *packIndex) upTo(first byte) uint32 {
	return binary.BigEndian.Uint32(x.fanout[int(first)*4:])
}

func (x *packIndex) name(i int) []byte { return x.names[i*hashSize : (i+1)*hashSize] }

// lower returns the position of the first name that is not less than key,
// which has at least one byte.
func (x *packIndex) lower(key []byte) int {
	lo, hi := 0, int(x.upTo(key[0]))
	if key[0] > 0 {
		lo = int(x.upTo(key[0] - 1))
	}
	return lo + sort.Search(hi-lo, func(i int) bool { return bytes.Compare(x.name(lo+i), key) >= 0 })
}

// find returns the offset of an object in the pack.
func (x *packIndex) find(h plumbing.Hash) (int64, bool, error) {
	i := x.lower(h[:])
	if i >= x.count || !bytes.Equal(x.name(i), h[:]) {
		return 0, false, nil
	}
	small := binary.BigEndian.Uint32(x.small[i*4:])
	if small < 1<<31 {
		return int64(small), true, nil
	}
	at := int(small&(1<<31-1)) * 8
	if at+8 > len(x.large) {
		return 0, false, fmt.Errorf("%s: %w: an offset outside of its table", x.file, errMalformed)
	}
	offset := int64(binary.BigEndian.Uint64(x.large[at:]))
	if offset < 0 {
		return 0, false, fmt.Errorf("%s: %w: an offset below zero", x.file, errMalformed)
	}
	return offset, true, nil
}

// maxPrefix is how many hashes are listed for a shortened one; more than one
// is ambiguous anyway unless all but one are no commits.
const maxPrefix = 1000

// withPrefix returns the hashes that begin with the digits, two or more.
func (x *packIndex) withPrefix(digits string) []Hash {
	key, err := hex.DecodeString(digits[:len(digits)&^1])
	if err != nil || len(key) == 0 {
		return nil
	}
	var list []Hash
	for i := x.lower(key); i < x.count && len(list) < maxPrefix; i++ {
		h := hex.EncodeToString(x.name(i))
		if !strings.HasPrefix(h, digits[:len(digits)&^1]) {
			break
		}
		if strings.HasPrefix(h, digits) {
			list = append(list, Hash(h))
		}
	}
	return list
}
