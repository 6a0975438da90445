package syntax

// slab hands out nodes of one kind from larger pieces of memory: a unit's
// declarations are some hundred thousand nodes, which live and die together.
// Each piece is twice as large as the one before, up to slabSize nodes: a body
// needs few.
type slab[T any] struct {
	free  []T
	piece []T // the one that free is the rest of
}

const slabSize = 64

// put returns a node with the value v.
func (s *slab[T]) put(v T) *T {
	n := &s.take(1)[0]
	*n = v
	return n
}

// take returns n nodes with any values, n being far below slabSize.
func (s *slab[T]) take(n int) []T {
	if len(s.free) < n {
		s.piece = make([]T, min(max(2*n, 2*len(s.piece)), slabSize))
		s.free = s.piece
	}
	list := s.free[:n:n]
	s.free = s.free[n:]
	return list
}

// again takes back what was handed out from the last piece.
func (s *slab[T]) again() { s.free = s.piece }

// slabs are those of the nodes that declarations are made of.
type slabs struct {
	declarations slab[Declaration]
	declarators  slab[Declarator]
	funcDefs     slab[FuncDef]
	pointers     slab[Pointer]
	funcs        slab[Func]
	params       slab[Param]
	fields       slab[Field]
	enumerators  slab[Enumerator]
	basics       slab[Basic]
	named        slab[Named]
	records      slab[Record]
	attrs        slab[Attr]
}

// again takes back the nodes of a declaration that is not kept.
func (s *slabs) again() {
	s.declarations.again()
	s.declarators.again()
	s.funcDefs.again()
	s.pointers.again()
	s.funcs.again()
	s.params.again()
	s.fields.again()
	s.enumerators.again()
	s.basics.again()
	s.named.again()
	s.records.again()
	s.attrs.again()
}
