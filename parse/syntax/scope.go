package syntax

import "ptreview/parse/cpp"

// nameKind says what an ordinary identifier stands for, as far as the grammar
// has to know.
type nameKind uint8

const (
	otherName nameKind = iota // an object, function, enumerator or unknown
	typeName
)

// scope tells typedef names from others. File-scope names are kept with the
// token index from which they are visible, so that a body parsed later sees
// what stood before it; names of blocks shadow them.
type scope struct {
	file   map[cpp.Sym]int // typedef names of file scope
	before int             // file-scope names count if declared before this index
	block  map[cpp.Sym]nameKind
	undo   []shadow
	all    bool // record names of blocks also where they change nothing
	levels int  // open blocks and parameter lists; 0 is file scope
}

// shadow is what leaving a block restores.
type shadow struct {
	name cpp.Sym
	kind nameKind
	had  bool
}

func (s *scope) isType(name cpp.Sym) bool {
	if len(s.block) > 0 {
		if kind, ok := s.block[name]; ok {
			return kind == typeName
		}
	}
	at, ok := s.file[name]
	return ok && at < s.before
}

// isOther reports whether name is known to be no type. Only a scope that
// records all names knows.
func (s *scope) isOther(name cpp.Sym) bool {
	kind, ok := s.block[name]
	return ok && kind == otherName
}

// declare enters name, declared at token index at, into the innermost scope.
// In blocks, names that mean what they already mean to the grammar are not
// recorded, which are nearly all.
func (s *scope) declare(name cpp.Sym, kind nameKind, at int) {
	if s.levels == 0 {
		s.declareFile(name, kind, at)
		return
	}
	if !s.all && s.isType(name) == (kind == typeName) {
		return
	}
	old, had := s.block[name]
	s.undo = append(s.undo, shadow{name, old, had})
	if s.block == nil {
		s.block = make(map[cpp.Sym]nameKind)
	}
	s.block[name] = kind
}

func (s *scope) declareFile(name cpp.Sym, kind nameKind, at int) {
	if kind != typeName {
		return
	}
	if _, ok := s.file[name]; !ok {
		s.file[name] = at
	}
}

// open begins a block or parameter list; its result goes to close.
func (s *scope) open() int {
	s.levels++
	return len(s.undo)
}

func (s *scope) close(mark int) {
	s.levels--
	for i := len(s.undo) - 1; i >= mark; i-- {
		u := s.undo[i]
		if u.had {
			s.block[u.name] = u.kind
		} else {
			delete(s.block, u.name)
		}
	}
	s.undo = s.undo[:mark]
}
