package names

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// Index is what the names of one tree's headers can mean. It is immutable.
type Index struct {
	// table has a line for each name of which there is something to say:
	// the name, its flags in hexadecimal, and for macros what their
	// definitions mention, with tabs between. Lines are sorted by name.
	table     []byte
	mentioned bloom
	glued     []pattern // names that macros put together, parameters being anything
}

type flags uint16

const (
	trapping  flags                                  = 1 << iota // can lead to a trap of a helper
	functions                                                    // a function-like macro
	objects                                                      // a macro without parameters
	glues                                                        // a macro that puts its arguments into names
	gluesTrap                                                    // … and such a name can lead to a trap of a helper
	jumps                                                        // a macro that can end a statement early
	noReturn                                                     // a function that does not come back
	declares                                                     // a macro that may declare one of its arguments
	shapes                                                       // a macro that may make a function
	inherited = jumps | declares | glues | gluesTrap             // by macros that mention it
)

// Files lists what an index is made of: all headers of a tree outside of
// drivers and the like, which only those can include, and the C files that
// define helpers which are not inline.
func Files(fsys fs.FS) ([]string, error) {
	var list []string
	for _, root := range []string{"arch", "include"} {
		err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && p == root:
				return fs.SkipAll
			case err != nil:
				return err
			case d.IsDir():
			case path.Ext(p) == ".h", path.Ext(p) == ".c" && inArchMM(p):
				list = append(list, p)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", root, err)
		}
	}
	slices.Sort(list)
	return list, nil
}

func inArchMM(p string) bool {
	parts := strings.Split(p, "/")
	return len(parts) > 3 && parts[0] == "arch" && parts[2] == "mm"
}

// Build reads the files of an index. The error is the first failure to read
// one, or that what macros make of one has no bound.
func Build(fsys fs.FS, files []string) (*Index, error) {
	cache := cpp.NewCache(source.NewSet())
	b := newBuilder(cache.Names)
	for _, p := range files {
		data, err := fs.ReadFile(fsys, p)
		if err != nil {
			return nil, err
		}
		b.add(cache.Lex(cache.Set.Add(p, data)))
	}
	return b.index()
}

// UnboundedError says that macros make more of a line than can be looked at.
type UnboundedError struct {
	Path string
	Line int
}

func (e *UnboundedError) Error() string {
	return fmt.Sprintf("%s:%d: what macros make of this has no bound", e.Path, e.Line)
}

// IsUnbounded reports whether an error of Build is about what the headers say,
// not about reading them.
func IsUnbounded(err error) bool {
	var e *UnboundedError
	return errors.As(err, &e)
}

// index closes over everything that was added.
func (b *builder) index() (*Index, error) {
	users := b.users()
	shaping := b.shaping(users)
	suspects := b.trapping(users, nil)
	failed := b.expandItems(func(w word) bool { return shaping[w] && suspects[w] })
	if len(failed) > 0 {
		at := failed[0].lx.File
		line := at.Line(at.Offset(failed[0].head[0].Pos))
		return nil, &UnboundedError{at.Path, line}
	}
	users = b.users()
	b.glueing(users)
	glue := b.gluings()
	users = b.users()
	set := b.trapping(users, glue)
	return b.summary(set, map[flags]map[word]bool{
		jumps: b.jumping(users), declares: b.declaring(users), shapes: b.shaping(users), noReturn: b.noret,
	}), nil
}

// summary is an Index in the making.
type summary struct {
	flags  map[string]flags
	macros map[string][]string // names that a macro's definitions mention
	glued  map[string]pattern
}

// summary keeps what questions are asked about.
func (b *builder) summary(trap map[word]bool, sets map[flags]map[word]bool) *Index {
	s := &summary{make(map[string]flags), make(map[string][]string), make(map[string]pattern)}
	trapNames := make([]string, 0, len(trap))
	for w := range trap {
		trapNames = append(trapNames, b.names.String(w))
		s.flags[b.names.String(w)] |= trapping
	}
	for f, set := range sets {
		for w := range set {
			s.flags[b.names.String(w)] |= f
		}
	}
	for i := range b.defs {
		d := &b.defs[i]
		if !d.macro {
			continue
		}
		name := b.names.String(d.name)
		if d.function {
			s.flags[name] |= functions
		} else if len(d.words) > 0 {
			s.flags[name] |= objects
		}
		for _, w := range d.words {
			s.macros[name] = append(s.macros[name], b.names.String(w))
		}
		for _, p := range d.pastes {
			s.note(name, p, trapNames)
		}
	}
	x := &Index{table: s.table(), mentioned: newBloom(len(b.seen))}
	for w := range b.seen {
		x.mentioned.add(b.names.String(w))
	}
	for _, key := range slices.Sorted(maps.Keys(s.glued)) {
		x.glued = append(x.glued, s.glued[key])
	}
	return x
}

// note records one pattern of a macro.
func (s *summary) note(name string, p pattern, trapNames []string) {
	closed := make(pattern, len(p))
	fixed := false
	for i, part := range p {
		closed[i] = part
		if part.kind != literal {
			closed[i].kind, closed[i].param = unknown, 0
		}
		fixed = fixed || part.kind == literal && part.text != ""
	}
	if p.open() {
		s.flags[name] |= glues
		if s.flags[name]&gluesTrap == 0 && slices.ContainsFunc(trapNames, closed.matches) {
			s.flags[name] |= gluesTrap
		}
	}
	if fixed {
		s.glued[closed.String()] = closed
	}
}

func (s *summary) table() []byte {
	for name := range s.macros {
		s.flags[name] |= 0
	}
	var out []byte
	for _, name := range slices.Sorted(maps.Keys(s.flags)) {
		out = append(out, name...)
		out = append(out, '\t')
		out = strconv.AppendUint(out, uint64(s.flags[name]), 16)
		slices.Sort(s.macros[name])
		for _, m := range slices.Compact(s.macros[name]) {
			out = append(append(out, '\t'), m...)
		}
		out = append(out, '\n')
	}
	return out
}

// line returns what the table says about a name, nil if nothing.
func (x *Index) line(name string) []byte {
	low, high := 0, len(x.table) // of beginnings of lines
	for low < high {
		mid := low + (high-low)/2
		for mid > low && x.table[mid-1] != '\n' {
			mid--
		}
		end := mid + bytes.IndexByte(x.table[mid:], '\n')
		if end < mid {
			return nil // no line
		}
		key, rest, _ := bytes.Cut(x.table[mid:end], []byte{'\t'})
		switch strings.Compare(name, string(key)) {
		case 0:
			return rest
		case -1:
			high = mid
		default:
			low = end + 1
		}
	}
	return nil
}

// of returns the flags of a name.
func (x *Index) of(name string) flags {
	hex, _, _ := bytes.Cut(x.line(name), []byte{'\t'})
	n, err := strconv.ParseUint(string(hex), 16, 16)
	if err != nil {
		return 0
	}
	return flags(n)
}

// has reports whether a name has one of the flags.
func (x *Index) has(name string, f flags) bool { return x.of(name)&f != 0 }

// mentions returns the names that the definitions of a macro mention.
func (x *Index) mentions(name string) []string {
	_, rest, ok := bytes.Cut(x.line(name), []byte{'\t'})
	if !ok {
		return nil
	}
	return strings.Split(string(rest), "\t")
}

// mayMake reports whether a header may declare a name: it has the word, or a
// macro puts it together.
func (x *Index) mayMake(name string) bool {
	return x.mentioned.has(name) || slices.ContainsFunc(x.glued, func(p pattern) bool { return p.matches(name) })
}

// String spells a pattern so that parsePattern reads it.
func (p pattern) String() string {
	var parts []string
	for _, x := range p {
		if x.kind == literal {
			parts = append(parts, strconv.Quote(x.text))
		} else {
			parts = append(parts, "*")
		}
	}
	return strings.Join(parts, "\t")
}

func parsePattern(line string) (pattern, error) {
	var p pattern
	for text := range strings.SplitSeq(line, "\t") {
		if text == "*" {
			p = append(p, part{kind: unknown})
			continue
		}
		lit, err := strconv.Unquote(text)
		if err != nil {
			return nil, errMalformed
		}
		p = append(p, part{kind: literal, text: lit})
	}
	return p, nil
}

var errMalformed = errors.New("malformed index of names")

// MarshalBinary returns a form that Unmarshal reads, the same for the same
// content: the lengths of the table and of the words, both, and the patterns.
func (x *Index) MarshalBinary() ([]byte, error) {
	var out []byte
	out = binary.LittleEndian.AppendUint32(out, uint32(len(x.table)))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(x.mentioned)))
	out = append(append(out, x.table...), x.mentioned...)
	for _, p := range x.glued {
		out = append(append(out, p.String()...), '\n')
	}
	return out, nil
}

// Unmarshal returns the index of its binary form, which it keeps.
func Unmarshal(data []byte) (*Index, error) {
	if len(data) < 8 {
		return nil, errMalformed
	}
	table, words := uint64(binary.LittleEndian.Uint32(data)), uint64(binary.LittleEndian.Uint32(data[4:]))
	data = data[8:]
	if table+words > uint64(len(data)) || words == 0 {
		return nil, errMalformed
	}
	x := &Index{table: data[:table], mentioned: data[table : table+words]}
	for line := range strings.Lines(string(data[table+words:])) {
		p, err := parsePattern(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		x.glued = append(x.glued, p)
	}
	return x, nil
}

// bloom is a set of words that may have some that were never added.
type bloom []byte

// bitsPerWord and probes give one wrong answer in about 300.
const (
	bitsPerWord = 12
	probes      = 6
)

func newBloom(words int) bloom { return make(bloom, words*bitsPerWord/8+1) }

func (b bloom) add(w string) {
	h1, h2 := hashes(w)
	for i := range uint64(probes) {
		n := (h1 + i*h2) % uint64(len(b)*8)
		b[n/8] |= 1 << (n % 8)
	}
}

func (b bloom) has(w string) bool {
	h1, h2 := hashes(w)
	for i := range uint64(probes) {
		n := (h1 + i*h2) % uint64(len(b)*8)
		if b[n/8]&(1<<(n%8)) == 0 {
			return false
		}
	}
	return true
}

// hashes is FNV-1a and a second hash made of it.
func hashes(w string) (uint64, uint64) {
	h := uint64(14695981039346656037)
	for i := range len(w) {
		h = (h ^ uint64(w[i])) * 1099511628211
	}
	g := h ^ h>>29
	g *= 0xbf58476d1ce4e5b9
	return h, g ^ g>>32 | 1
}
