package facts

import "slices"

// folder is an index of the files below one folder that have the same
// extension. It is immutable.
type folder struct {
	paths    []string // sorted
	files    []*storeFile
	mentions postings            // files that contain a word
	defines  postings            // files that may define it
	includes map[string][]string // what #include lines spell → paths, sorted
	err      error               // the first failure to read one of the files
}

// folderKey names the files below root with an extension.
type folderKey struct{ root, ext string }

// folder returns the index of the files that List gives, made once.
func (s *Store) folder(root, ext string) (*folder, error) {
	if s.parent != nil && !touches(s.changed, root) {
		return s.parent.folder(root, ext)
	}
	key := folderKey{root, ext}
	s.mu.Lock()
	f := s.folders[key]
	s.mu.Unlock()
	if f != nil {
		return f, nil
	}
	paths, err := s.List(root, ext)
	if err != nil {
		return nil, err
	}
	f = s.indexFiles(paths)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders[key] = f
	return f, nil
}

func (s *Store) indexFiles(paths []string) *folder {
	d := &folder{paths: paths, files: make([]*storeFile, len(paths)), includes: make(map[string][]string)}
	for i, p := range paths {
		f := s.file(p)
		d.files[i] = f
		if d.err == nil {
			d.err = f.err
		}
		for _, name := range f.includes {
			if list := d.includes[name]; len(list) == 0 || list[len(list)-1] != p {
				d.includes[name] = append(list, p)
			}
		}
	}
	d.mentions = newPostings(d.files, func(f *storeFile) []wordHash { return f.words })
	d.defines = newPostings(d.files, func(f *storeFile) []wordHash { return f.defines })
	return d
}

// postings tells which files of a folder have a word. Words with the same
// lowest bits stand together, by file.
type postings struct {
	mask  wordHash
	start []uint32 // by lowest bits, and the end
	list  []posting
}

type posting struct {
	word wordHash
	file uint32 // index in folder.files
}

func newPostings(files []*storeFile, words func(*storeFile) []wordHash) postings {
	total := 0
	for _, f := range files {
		total += len(words(f))
	}
	buckets := 2
	for buckets < total/4 {
		buckets *= 2
	}
	p := postings{mask: wordHash(buckets-1) << 1, start: make([]uint32, buckets+1), list: make([]posting, total)}
	for _, f := range files {
		for _, w := range words(f) {
			p.start[p.bucket(w)+1]++
		}
	}
	for i := range buckets {
		p.start[i+1] += p.start[i]
	}
	next := slices.Clone(p.start)
	for i, f := range files {
		for _, w := range words(f) {
			at := &next[p.bucket(w)]
			p.list[*at] = posting{w, uint32(i)}
			*at++
		}
	}
	return p
}

// bucket leaves out the lowest bit, which every wordHash has.
func (p *postings) bucket(w wordHash) wordHash { return w & p.mask >> 1 }

// of calls yield for the indexes of the files that have a word, ascending.
func (p *postings) of(word wordHash, yield func(file uint32) bool) {
	b := p.bucket(word)
	for _, e := range p.list[p.start[b]:p.start[b+1]] {
		if e.word == word && !yield(e.file) {
			return
		}
	}
}

// has reports whether any file has a word.
func (p *postings) has(word wordHash) bool {
	found := false
	p.of(word, func(uint32) bool {
		found = true
		return false
	})
	return found
}
