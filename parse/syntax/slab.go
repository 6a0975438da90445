package syntax

// slab hands out nodes of one kind from larger pieces of memory: a unit's
// declarations are some hundred thousand nodes, which live and die together.
// Each piece is twice as large as the one before, up to slabSize nodes: a body
// needs few.
type slab[T any] struct {
	free []T
	size int
}

const slabSize = 64

// put returns a node with the value v.
func (s *slab[T]) put(v T) *T {
	if len(s.free) == 0 {
		s.size = min(max(2, 2*s.size), slabSize)
		s.free = make([]T, s.size)
	}
	n := &s.free[0]
	s.free = s.free[1:]
	*n = v
	return n
}

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
}
