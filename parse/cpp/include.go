package cpp

import (
	"fmt"
	"path"
	"strings"
	"sync"
)

// searchPath is the directories in which includes are looked for: first those
// for quoted names only. A file remembers the index it was found at, for
// #include_next.
type searchPath struct {
	dirs  []searchDir
	angle int // where the directories for <...> begin
	known *searches
}

// searches is what was found in the directories of one search path so far, for
// all units that read the same Files.
type searches struct {
	mu   sync.RWMutex
	done map[searchKey]located
}

func (s *searches) get(key searchKey) (located, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at, ok := s.done[key]
	return at, ok
}

func (s *searches) put(key searchKey, at located) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[key] = at
}

// searchesIn returns what was found in the directories of f.
func (f *Files) searchesIn(opt *Options) *searches {
	key := strings.Join(opt.Quote, "\x00") + "\x01" + strings.Join(opt.Angle, "\x00")
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.searches[key]
	if s == nil {
		s = &searches{done: make(map[searchKey]located)}
		f.searches[key] = s
	}
	return s
}

type searchDir struct {
	dir     string // clean
	spelled string // as in Options
}

// Places where a file is found other than by the search path.
const (
	foundBeside = -1 // next to the including file
	foundMain   = -2 // the unit's own file, or a forced one: the path does not apply
)

type searchKey struct {
	dir  string // of the including file, for quoted names
	name string
	from int // where the search begins
}

// located is a file with the way it was found; lx is nil for none.
type located struct {
	lx      *Lexed
	path    string
	spelled string
	found   int
}

func newSearchPath(files *Files, opt *Options) searchPath {
	s := searchPath{known: files.searchesIn(opt)}
	s.add(opt.Quote)
	s.angle = len(s.dirs)
	s.add(opt.Angle)
	return s
}

// add appends dirs, leaving out repeats as gcc does.
func (s *searchPath) add(dirs []string) {
	seen := make(map[string]bool)
	for _, d := range dirs {
		c := path.Clean(d)
		if !seen[c] {
			seen[c] = true
			s.dirs = append(s.dirs, searchDir{c, d})
		}
	}
}

// force starts reading a file of -include.
func (r *reader) force(name string) {
	at := located{path: path.Clean(name), spelled: name, found: foundMain}
	lx, err := r.files.Open(at.path)
	if err == nil && lx == nil {
		at, err = r.search.from(r, 0, name)
		lx = at.lx
	}
	if err != nil {
		r.fatal = err
		return
	}
	if lx == nil {
		r.unit.Missing = append(r.unit.Missing, Missing{Name: quoted(name)})
		r.errorf(0, "forced include %s: no such file", name)
		return
	}
	r.push(frame{lx: lx, path: at.path, spelled: at.spelled, found: at.found}, 0)
}

func quoted(name string) string { return `"` + name + `"` }

// include executes an #include of f.
func (r *reader) include(f *frame, it *item) {
	r.spoil() // reached only by an argument of a macro use that goes on behind it
	hash := f.lx.Tokens[it.hash]
	name, ok := r.headerName(f, it)
	if !ok {
		return
	}
	at, err := r.find(name, it.kind == itemIncludeNext)
	switch {
	case err != nil:
		r.fatal = fmt.Errorf("%s: %w", r.cache.Set.Position(hash.Pos), err)
	case at.lx == nil:
		r.unit.Missing = append(r.unit.Missing, Missing{Name: name, Pos: hash.Pos})
		r.errorf(hash.Pos, "%s: no such file", name)
	case r.guarded(at.lx, it.kind == itemImport):
	case len(r.frames) >= r.limit.Depth:
		r.exceeded(hash.Pos, "nested #include", r.limit.Depth)
	default:
		const cost = 128 // an include costs about as much as so many tokens
		r.spend(cost)
		r.push(frame{lx: at.lx, path: at.path, spelled: at.spelled, found: at.found}, hash.Pos)
	}
}

// guarded reports whether reading lx again can yield nothing.
func (r *reader) guarded(lx *Lexed, imported bool) bool {
	if lx.guard != 0 && r.lookup(lx.guard) != nil {
		return true
	}
	if !lx.once && !imported {
		return false
	}
	for i := range r.unit.Includes {
		if r.unit.Includes[i].Lexed.File == lx.File {
			return true
		}
	}
	return false
}

// headerName returns the name an #include of f asks for, in its quotes or
// brackets.
func (r *reader) headerName(f *frame, it *item) (string, bool) {
	hash := f.lx.Tokens[it.hash]
	toks := f.lx.Tokens[it.first:it.end]
	if len(toks) == 0 || toks[0].Kind != Header && toks[0].Kind != String {
		toks = r.expandLine(hash, toks)
	}
	var name string
	switch {
	case len(toks) == 0:
	case toks[0].Kind == Header || toks[0].Kind == String:
		name = spelling(r.names, toks[0])
		if len(toks) > 1 {
			r.warn(toks[1].Pos, "extra tokens at end of #"+r.directiveName(f, it)+" directive")
		}
	case toks[0].Sym == Lt && toks[0].Kind == Punct:
		for i, t := range toks {
			if t.Sym == Gt && t.Kind == Punct {
				name = spellAll(r.names, toks[:i+1])
				break
			}
		}
	}
	switch {
	case name == "" || name[0] != '"' && name[0] != '<':
		r.errorf(hash.Pos, "#%s expects \"FILENAME\" or <FILENAME>", r.directiveName(f, it))
		return "", false
	case len(name) == 2:
		r.errorf(hash.Pos, "empty filename in #%s", r.directiveName(f, it))
		return "", false
	}
	return name, true
}

// find looks for the header name, in its quotes or brackets.
func (r *reader) find(name string, next bool) (located, error) {
	f := r.frame()
	key := searchKey{name: name}
	switch {
	case next && f.found != foundMain:
		key.from = f.found + 1
	case name[0] == '<':
		key.from = r.search.angle
	default:
		key.dir, key.from = dirOf(f.spelled), foundBeside
	}
	if at, ok := r.search.known.get(key); ok {
		return at, nil
	}
	at, err := r.locate(key, f)
	if err != nil {
		return located{}, err
	}
	r.search.known.put(key, at)
	return at, nil
}

func (r *reader) locate(key searchKey, f *frame) (located, error) {
	name := key.name[1 : len(key.name)-1]
	if path.IsAbs(name) {
		return located{}, nil // nothing outside the tree is read
	}
	if key.from == foundBeside {
		spelled := name
		if key.dir != "" {
			spelled = key.dir + "/" + name
		}
		at, err := r.open(dirOf(f.path), name, spelled, foundBeside)
		if err != nil || at.lx != nil {
			return at, err
		}
		key.from = 0
	}
	return r.search.from(r, key.from, name)
}

// from looks for name in the directories from index i on.
func (s *searchPath) from(r *reader, i int, name string) (located, error) {
	for ; i < len(s.dirs); i++ {
		d := s.dirs[i]
		at, err := r.open(d.dir, name, d.spelled+"/"+name, i)
		if err != nil || at.lx != nil {
			return at, err
		}
	}
	return located{}, nil
}

func (r *reader) open(dir, name, spelled string, found int) (located, error) {
	p, ok := clean(dir, name)
	if !ok {
		return located{}, nil
	}
	lx, err := r.files.Open(p)
	if err != nil || lx == nil {
		return located{}, err
	}
	return located{lx, p, spelled, found}, nil
}

// unquote returns the value of a string literal without a prefix; false if it
// has escapes that a file name has no use for.
func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	s = s[1 : len(s)-1]
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			if i++; i >= len(s) || s[i] != '\\' && s[i] != '"' {
				return "", false
			}
		}
		out = append(out, s[i])
	}
	return string(out), true
}
