package history

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"ptreview/parse/tree"
)

// pack is a pack file with its index. go-git's Scanner reads the objects and
// its PatchDelta puts the deltas together. Its Packfile is not used: it keys
// the cache of bases by hash, for which it has to know the hash of every
// offset, 900 MB in a pack of 11 million objects. Here the offset is the key.
type pack struct {
	name    string // without .pack
	index   *packIndex
	file    *os.File
	scanner *packfile.Scanner
	bases   recent[int64, packed]
}

// packed is an object with its deltas applied.
type packed struct {
	kind plumbing.ObjectType
	data []byte
}

const (
	// maxChain bounds a chain of deltas. Git makes chains of 50, and 4,095
	// is the most its packs can ask for.
	maxChain = 4096
	// maxChainBytes bounds the deltas of one chain held at the same time.
	maxChainBytes = 512 << 20
	// maxBases is how much content one pack keeps for later deltas.
	maxBases = 64 << 20
)

func openPack(dir, name string) (*pack, error) {
	file, err := os.Open(filepath.Join(dir, name+".pack"))
	if err != nil {
		return nil, err
	}
	index, err := openIndex(filepath.Join(dir, name+".idx"))
	if err != nil {
		file.Close()
		return nil, err
	}
	return &pack{
		name: name, index: index, file: file,
		scanner: packfile.NewScanner(file),
		bases:   newRecent[int64](maxBases, func(o packed) int { return len(o.data) + 64 }),
	}, nil
}

func (p *pack) close() error {
	err := p.index.close()
	if closeErr := p.file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// delta is one link of a chain: what to apply, and where it stood.
type delta struct {
	offset int64
	data   []byte
}

// read returns the object at an offset.
func (p *pack) read(offset int64) (plumbing.ObjectType, []byte, error) {
	base, chain, err := p.chain(offset)
	if err != nil {
		return 0, nil, fmt.Errorf("%s.pack: offset %d: %w", p.name, offset, err)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		if err := checkDelta(chain[i].data); err != nil {
			return 0, nil, err
		}
		base.data, err = packfile.PatchDelta(base.data, chain[i].data)
		if err != nil {
			return 0, nil, fmt.Errorf("%s.pack: offset %d: %w", p.name, chain[i].offset, err)
		}
		p.bases.put(chain[i].offset, base)
	}
	return base.kind, base.data, nil
}

// chain collects deltas, the outermost first, down to an object that is known
// or has none.
func (p *pack) chain(offset int64) (packed, []delta, error) {
	var chain []delta
	bytes := 0
	for len(chain) <= maxChain && bytes <= maxChainBytes {
		if base, ok := p.bases.get(offset); ok {
			return base, chain, nil
		}
		header, data, err := p.inflate(offset)
		if err != nil {
			return packed{}, nil, err
		}
		switch header.Type {
		case plumbing.OFSDeltaObject:
			chain = append(chain, delta{offset, data})
			offset = header.OffsetReference
		case plumbing.REFDeltaObject:
			chain = append(chain, delta{offset, data})
			next, ok, err := p.index.find(header.Reference)
			if err != nil {
				return packed{}, nil, err
			}
			if !ok {
				return packed{}, nil, fmt.Errorf("%w: delta of %s, which is not in the pack", errMalformed, header.Reference)
			}
			offset = next
		default:
			base := packed{header.Type, data}
			p.bases.put(offset, base)
			return base, chain, nil
		}
		bytes += len(data)
	}
	return packed{}, nil, fmt.Errorf("%w: chain of deltas without end", errMalformed)
}

// inflate reads what stands at an offset: an object or a delta.
func (p *pack) inflate(offset int64) (*packfile.ObjectHeader, []byte, error) {
	header, err := p.scanner.SeekObjectHeader(offset)
	if err != nil {
		return nil, nil, err
	}
	if header.Length < 0 || header.Length > tree.MaxFileSize {
		return nil, nil, errTooLarge
	}
	var content bytes.Buffer
	content.Grow(int(min(header.Length, 1<<20)))
	n, _, err := p.scanner.NextObject(&content)
	if err != nil {
		return nil, nil, err
	}
	if n != header.Length {
		return nil, nil, fmt.Errorf("%w: %d bytes where %d are announced", errMalformed, n, header.Length)
	}
	return header, content.Bytes(), nil
}

// checkDelta refuses a delta that announces more than a file may have.
// Source: Documentation/gitformat-pack.txt, "Deltified representation".
func checkDelta(data []byte) error {
	_, data = deltaSize(data)
	if size, _ := deltaSize(data); size > tree.MaxFileSize {
		return errTooLarge
	}
	return nil
}

// deltaSize reads a number of seven bits a byte, lowest first.
func deltaSize(data []byte) (uint64, []byte) {
	var size uint64
	for i := 0; i < len(data) && i < 9; i++ {
		size |= uint64(data[i]&0x7f) << (7 * i)
		if data[i] < 0x80 {
			return size, data[i+1:]
		}
	}
	return size, nil
}
