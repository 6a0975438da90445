package facts

import (
	"slices"

	"ptreview/parse/cpp"
)

// mentions tells which files of a folder contain a word. It is immutable.
type mentions struct {
	paths []string // sorted
	words []cpp.Sym
	// Files of words[i]: the indexes in paths from start[i] to start[i+1] of
	// files.
	start []uint32
	files []uint32
	err   error // the first failure to read one of the files
}

// of returns the files that contain word, a Sym of Store.words, by path.
func (m *mentions) of(word cpp.Sym) []string {
	i, ok := slices.BinarySearch(m.words, word)
	if !ok {
		return nil
	}
	list := make([]string, 0, m.start[i+1]-m.start[i])
	for _, f := range m.files[m.start[i]:m.start[i+1]] {
		list = append(list, m.paths[f])
	}
	return list
}

// mentionsKey names a folder's files with an extension.
type mentionsKey struct{ root, ext string }

// mentions returns the index of the files that List gives, made once.
func (s *Store) mentions(root, ext string) (*mentions, error) {
	if s.parent != nil && !touches(s.changed, root) {
		return s.parent.mentions(root, ext)
	}
	key := mentionsKey{root, ext}
	s.mu.Lock()
	m := s.indexes[key]
	s.mu.Unlock()
	if m != nil {
		return m, nil
	}
	paths, err := s.List(root, ext)
	if err != nil {
		return nil, err
	}
	m = s.indexFiles(paths)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexes[key] = m
	return m, nil
}

// indexFiles counts first how many files have each word, so that all lists of
// files stand in one.
func (s *Store) indexFiles(paths []string) *mentions {
	m := &mentions{paths: paths}
	texts := make([]*storeFile, len(paths))
	for i, p := range paths {
		texts[i] = s.file(p)
		if m.err == nil {
			m.err = texts[i].err
		}
	}
	next := make([]uint32, s.words.Len()) // by word: files with it, then where the next one goes
	for _, f := range texts {
		for _, w := range f.words {
			next[w]++
		}
	}
	total := uint32(0)
	for w, n := range next {
		if n == 0 {
			continue
		}
		m.words, m.start = append(m.words, cpp.Sym(w)), append(m.start, total)
		next[w], total = total, total+n
	}
	m.start = append(m.start, total)
	m.files = make([]uint32, total)
	for i, f := range texts {
		for _, w := range f.words {
			m.files[next[w]] = uint32(i)
			next[w]++
		}
	}
	return m
}
