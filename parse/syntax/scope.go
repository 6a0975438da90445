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
	file   *symTable // typedef names of file scope
	before int       // file-scope names count if declared before this index
	asks   *askList  // what was asked of file; nil if file is not to be changed
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
	is := s.isFileType(name)
	if s.asks != nil {
		s.asks.add(name, is)
	}
	return is
}

func (s *scope) isFileType(name cpp.Sym) bool {
	at, ok := s.file.get(name)
	return ok && int(at) < s.before
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
	old, had := s.block[name]
	if !s.all {
		is := had && old == typeName || !had && s.isFileType(name)
		if is == (kind == typeName) {
			return // which later questions will find out
		}
	}
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
	if s.asks == nil {
		// The declaration is parsed again, and the file knows it. To the rest
		// of it the name is new nevertheless.
		if s.block == nil {
			s.block = make(map[cpp.Sym]nameKind)
		}
		s.block[name] = typeName
		return
	}
	s.asks.settle(name)
	s.declareAt(name, at)
}

func (s *scope) declareAt(name cpp.Sym, at int) {
	if _, ok := s.file.get(name); !ok {
		*s.file.ref(name) = int32(at)
	}
}

// declareAll enters the typedef names of an outline that begins at token base.
func (s *scope) declareAll(o *outline, base int) {
	for i := range o.names {
		if n := &o.names[i]; n.storage&Typedef != 0 && n.kind&defName == 0 {
			s.declareAt(n.sym, base+int(n.token))
		}
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
