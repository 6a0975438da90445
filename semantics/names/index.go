package names

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// Index is what the names of one tree's headers can mean. It is immutable.
type Index struct {
	flags     map[string]flags
	macros    map[string][]string // names that a macro's definitions mention
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

// summary keeps what questions are asked about.
func (b *builder) summary(trap map[word]bool, sets map[flags]map[word]bool) *Index {
	x := &Index{flags: make(map[string]flags), macros: make(map[string][]string), mentioned: newBloom(len(b.seen))}
	for w := range b.seen {
		x.mentioned.add(b.names.String(w))
	}
	trapNames := make([]string, 0, len(trap))
	for w := range trap {
		trapNames = append(trapNames, b.names.String(w))
		x.flags[b.names.String(w)] |= trapping
	}
	slices.Sort(trapNames)
	for f, set := range sets {
		for w := range set {
			x.flags[b.names.String(w)] |= f
		}
	}
	seen := make(map[string]bool)
	for i := range b.defs {
		d := &b.defs[i]
		if !d.macro {
			continue
		}
		name := b.names.String(d.name)
		if d.function {
			x.flags[name] |= functions
		} else if len(d.words) > 0 {
			x.flags[name] |= objects
		}
		for _, w := range d.words {
			x.macros[name] = append(x.macros[name], b.names.String(w))
		}
		for _, p := range d.pastes {
			x.note(name, p, trapNames, seen)
		}
	}
	for name, list := range x.macros {
		slices.Sort(list)
		x.macros[name] = slices.Compact(list)
	}
	slices.SortFunc(x.glued, func(a, b pattern) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return x
}

// note records one pattern of a macro.
func (x *Index) note(name string, p pattern, trapNames []string, seen map[string]bool) {
	if p.open() {
		x.flags[name] |= glues
	}
	closed := make(pattern, len(p))
	fixed := false
	for i, part := range p {
		closed[i] = part
		if part.kind != literal {
			closed[i].kind, closed[i].param = unknown, 0
		}
		fixed = fixed || part.kind == literal && part.text != ""
	}
	if p.open() && x.flags[name]&gluesTrap == 0 && slices.ContainsFunc(trapNames, closed.matches) {
		x.flags[name] |= gluesTrap
	}
	if key := fmt.Sprint(closed); fixed && !seen[key] {
		seen[key] = true
		x.glued = append(x.glued, closed)
	}
}

// has reports whether a name has one of the flags.
func (x *Index) has(name string, f flags) bool { return x.flags[name]&f != 0 }

// mayMake reports whether a header may declare a name: it has the word, or a
// macro puts it together.
func (x *Index) mayMake(name string) bool {
	return x.mentioned.has(name) || slices.ContainsFunc(x.glued, func(p pattern) bool { return p.matches(name) })
}

// stored is the form of an Index on disk.
type stored struct {
	Names  []string
	Flags  []uint16
	Macros []string // name, number of mentions, mentions
	Counts []uint32
	Bloom  []byte
	Glued  [][]string // a part begins with = if it is literal
}

// MarshalBinary returns a form that Unmarshal reads, the same for the same
// content.
func (x *Index) MarshalBinary() ([]byte, error) {
	var s stored
	for _, name := range slices.Sorted(maps.Keys(x.flags)) {
		s.Names, s.Flags = append(s.Names, name), append(s.Flags, uint16(x.flags[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(x.macros)) {
		s.Macros = append(append(s.Macros, name), x.macros[name]...)
		s.Counts = append(s.Counts, uint32(len(x.macros[name])))
	}
	s.Bloom = x.mentioned
	for _, p := range x.glued {
		var parts []string
		for _, part := range p {
			if part.kind == literal {
				parts = append(parts, "="+part.text)
			} else {
				parts = append(parts, "")
			}
		}
		s.Glued = append(s.Glued, parts)
	}
	var out bytes.Buffer
	err := gob.NewEncoder(&out).Encode(&s)
	return out.Bytes(), err
}

// Unmarshal returns the index of its binary form.
func Unmarshal(data []byte) (*Index, error) {
	var s stored
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&s); err != nil {
		return nil, err
	}
	if len(s.Names) != len(s.Flags) || len(s.Bloom) == 0 {
		return nil, errors.New("malformed index of names")
	}
	x := &Index{flags: make(map[string]flags, len(s.Names)), macros: make(map[string][]string, len(s.Counts)), mentioned: s.Bloom}
	for i, name := range s.Names {
		x.flags[name] = flags(s.Flags[i])
	}
	at := 0
	for _, n := range s.Counts {
		if at+1+int(n) > len(s.Macros) {
			return nil, errors.New("malformed index of names")
		}
		x.macros[s.Macros[at]] = s.Macros[at+1 : at+1+int(n)]
		at += 1 + int(n)
	}
	for _, parts := range s.Glued {
		var p pattern
		for _, text := range parts {
			if lit, ok := strings.CutPrefix(text, "="); ok {
				p = append(p, part{kind: literal, text: lit})
			} else {
				p = append(p, part{kind: unknown})
			}
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
