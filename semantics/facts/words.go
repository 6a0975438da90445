package facts

import (
	"bytes"
	"hash/maphash"
	"strings"

	"ptreview/parse/cpp"
)

// wordHash stands for a word. Two words of a tree can be taken for one another,
// once in many million trees; what is found then is more than there is.
type wordHash uint64

// hasher makes the wordHashes of a Store and of those derived from it.
type hasher struct {
	seed     maphash.Seed
	keywords map[string]bool
}

func newHasher() hasher {
	h := hasher{maphash.MakeSeed(), make(map[string]bool)}
	names := cpp.NewNames() // all are spellings that the lexer knows
	for s := range cpp.Sym(names.Len()) {
		if cpp.Keyword(s) {
			h.keywords[names.String(s)] = true
		}
	}
	return h
}

// of returns the wordHash of a word, which is not 0.
func (h hasher) of(word []byte) wordHash { return wordHash(maphash.Bytes(h.seed, word) | 1) }

func (h hasher) ofString(word string) wordHash { return wordHash(maphash.String(h.seed, word) | 1) }

// scanWords collects the words of a file, the names of its includes, and the
// words that it may define as Definitions understands it: those behind
// "define", and those before a parenthesis. That is asked of the text, so that
// a file which defines nothing of interest need not be cut into tokens; what is
// written in an unusual way counts as a definition.
func scanWords(hash hasher, f *storeFile) {
	w := &wordScan{hash: hash, data: f.content, file: f, next: -1, all: len(f.content)}
	w.table = make([]seenWord, tableSize(len(f.content)))
	w.run()
	f.words = make([]wordHash, 0, w.used)
	for _, s := range w.table {
		if s.hash == 0 {
			continue
		}
		f.words = append(f.words, s.hash)
		if s.defined {
			f.defines = append(f.defines, s.hash)
		}
	}
}

// tableSize is the number of slots to begin with: a header has a different word
// for every 40 bytes or so.
func tableSize(length int) int {
	n := 64
	for n < length/24 {
		n *= 2
	}
	return n
}

// seenWord is a slot of the hash table of words seen in a file.
type seenWord struct {
	hash    wordHash // 0 in a free slot
	defined bool
}

type wordScan struct {
	hash  hasher
	data  []byte
	file  *storeFile
	table []seenWord // open addressing; the length is a power of two
	used  int
	// next is where a word stands that "define" is before; from all on every
	// word may be defined.
	next, all int
}

func (w *wordScan) run() {
	data := w.data
	for i := 0; i < len(data); {
		if !isWordByte(data[i]) {
			if data[i] == '#' {
				w.file.noteInclude(data[i+1:])
			}
			i++
			continue
		}
		start := i
		for i < len(data) && isWordByte(data[i]) {
			i++
		}
		if c := data[start]; c >= '0' && c <= '9' {
			continue
		}
		word := data[start:i]
		s := w.slot(w.hash.of(word))
		if !s.defined {
			s.defined = start == w.next || start >= w.all || opensParenthesis(data[i:]) && !w.hash.keywords[string(word)]
		}
		if string(word) == "define" && w.isDirective(start) {
			w.expectName(i)
		}
	}
}

// slot returns the slot of a word, which is filled if it is new.
func (w *wordScan) slot(hash wordHash) *seenWord {
	if w.used*2 >= len(w.table) {
		w.grow()
	}
	s := findSlot(w.table, hash)
	if s.hash == 0 {
		s.hash = hash
		w.used++
	}
	return s
}

func (w *wordScan) grow() {
	old := w.table
	w.table = make([]seenWord, 2*len(old))
	for _, s := range old {
		if s.hash != 0 {
			*findSlot(w.table, s.hash) = s
		}
	}
}

// findSlot returns the slot of a hash, or the free one where it belongs.
func findSlot(table []seenWord, hash wordHash) *seenWord {
	mask := uint64(len(table) - 1)
	for i := uint64(hash>>1) & mask; ; i = (i + 1) & mask {
		if s := &table[i]; s.hash == hash || s.hash == 0 {
			return s
		}
	}
}

// isDirective reports whether the word at start can be that of a directive: a #
// is before it, or something that blanks alone do not explain.
func (w *wordScan) isDirective(start int) bool {
	i := start - 1
	for i >= 0 && (isBlank(w.data[i]) || w.data[i] == '\n' && i > 0 && w.data[i-1] == '\\') {
		if w.data[i] == '\n' {
			i--
		}
		i--
	}
	return i >= 0 && (w.data[i] == '#' || w.data[i] == ':' || w.data[i] == '/')
}

// expectName notes where the name behind "define", which ends at end, stands.
func (w *wordScan) expectName(end int) {
	i := end
	for i < len(w.data) && isBlank(w.data[i]) {
		i++
	}
	if i < len(w.data) && isWordByte(w.data[i]) {
		w.next = i
	} else {
		w.all = min(w.all, i) // a comment, or a line that goes on
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r' }

// opensParenthesis reports whether the first token of a text can be (: what is
// before it may be blanks, comments, spliced lines and directives.
func opensParenthesis(rest []byte) bool {
	for i, c := range rest {
		switch {
		case c == '(', c == '#', c == '\\':
			return true
		case c == '/':
			return i+1 < len(rest) && (rest[i+1] == '*' || rest[i+1] == '/')
		case c != '\n' && !isBlank(c):
			return false
		}
	}
	return false
}

// noteInclude records the name behind "include", if a directive's rest is one.
func (f *storeFile) noteInclude(rest []byte) {
	rest, _, _ = bytes.Cut(rest[:min(len(rest), 200)], []byte("\n"))
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(rest, " \t"), []byte("include"))
	if !ok {
		return
	}
	line := strings.TrimLeft(strings.TrimPrefix(string(rest), "_next"), " \t")
	if line == "" {
		return
	}
	end := strings.IndexByte(line[1:], map[byte]byte{'<': '>', '"': '"'}[line[0]])
	if (line[0] == '<' || line[0] == '"') && end > 0 {
		f.includes = append(f.includes, line[1:1+end])
	}
}
