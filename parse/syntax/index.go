package syntax

import (
	"iter"
	"slices"
	"sort"

	"ptreview/parse/cpp"
)

// TagKind says what a tag is of.
type TagKind uint8

// The kinds of tags.
const (
	StructTag TagKind = iota
	UnionTag
	EnumTag
)

// Tag is what a file says about a struct, union or enum tag of file scope.
type Tag struct {
	Kind TagKind // at its first mention
	// Definition is the number of the first declaration that defines the tag,
	// -1 if there is none.
	Definition int
}

// Declared is a declaration of an ordinary name of file scope.
type Declared struct {
	Name    string
	At      cpp.Loc // where the name stands; zero for an enumerator
	Decl    int     // number of the declaration
	Storage Storage
	// Func tells a declarator that plainly is a function's, Def one of a
	// definition with a body, Init one with an initialiser, Alias one with
	// attribute alias. Enumerators have only Enum.
	Func, Def, Init, Alias, Enum bool
}

// Function is a function definition, its tree not yet asked for.
type Function struct {
	Name    cpp.Sym
	Decl    int // number of the declaration
	Storage Storage
	// Again tells that another declaration of the name comes before.
	Again bool
	// Tokens: the declaration's first, its name, and the braces of its body.
	First, NameAt, Open, Close int
}

// index finds declarations by what they declare. But for the trees it is not
// changed any more once the file is finished.
type index struct {
	runs  []run
	decls int
	names int

	last   symTable // name → 1 + the number of its last declared name
	before []int32  // for each declared name, 1 + that of the same one before it
	tags   symTable // tag → 1 + index in tagged
	tagged []taggedDef

	duplicates []int // definitions of functions that a later one replaced
	rivals     []int
}

// run is declarations that follow each other.
type run struct {
	*outline
	base  int // the token that those of the outline are counted from
	decl  int // number of the first declaration
	name  int // number of the first name
	trees []Decl
}

// taggedDef is a tag's Tag.
type taggedDef struct {
	kind TagKind
	def  int32 // 1 + the number of the first definition
}

// addRun adds the declarations of o, parsed as trees or not parsed.
func (x *index) addRun(o *outline, base int, trees []Decl) {
	if len(o.decls) == 0 {
		return
	}
	x.runs = append(x.runs, run{outline: o, base: base, decl: x.decls, name: x.names, trees: trees})
	x.decls += len(o.decls)
	x.names += len(o.names)
}

// declError is the error of a declaration, by its number.
type declError struct {
	decl int
	err  *Error
}

// finish makes the index of the runs. It returns the errors of declarations
// and those of functions defined twice, in the order of the file. In a fragment
// these may stand in different branches of an #if.
func (f *File) finish(errs []declError) []error {
	tags := 0
	for i := range f.runs {
		tags += len(f.runs[i].tags)
	}
	f.last, f.tags = *newSymTable(f.names * 3 / 4), *newSymTable(tags / 4)
	f.before = make([]int32, f.names)
	for i := range f.runs {
		r := &f.runs[i]
		for k := range r.names {
			if err := f.addName(r, k); err != nil && !f.guess {
				errs = append(errs, declError{r.decl + int(r.names[k].decl), err})
			}
		}
		for k := range r.tags {
			f.addTag(r, &r.tags[k])
		}
	}
	slices.Sort(f.rivals)
	f.rivals = slices.Compact(f.rivals)
	return inOrder(errs)
}

func inOrder(errs []declError) []error {
	slices.SortStableFunc(errs, func(a, b declError) int { return a.decl - b.decl })
	var list []error
	for _, e := range errs {
		list = append(list, e.err)
	}
	return list
}

// addName adds a name of r, and reports a function defined twice.
func (f *File) addName(r *run, k int) *Error {
	n := &r.names[k]
	number := r.name + k
	last := f.last.ref(n.sym)
	f.before[number] = *last
	*last = int32(number + 1)
	if n.kind&defName == 0 {
		return nil
	}
	for i := f.before[number]; i != 0; i = f.before[i-1] {
		if old := f.declared(int(i - 1)); old.Def {
			f.duplicates = append(f.duplicates, old.Decl)
			if old.Storage&(Extern|Inline) == Extern|Inline {
				return nil
			}
			at := f.Unit.Tokens[r.base+int(n.token)].Loc()
			return &Error{
				At: at, Pos: f.Unit.Position(at),
				Msg: "function '" + old.Name + "' is defined twice, first at " + f.Unit.Position(old.At).String(),
			}
		}
	}
	return nil
}

func (f *File) addTag(r *run, t *tagShape) {
	known := f.tags.ref(t.sym)
	if *known == 0 {
		f.tagged = append(f.tagged, taggedDef{kind: t.kind})
		*known = int32(len(f.tagged))
	}
	if !t.defines {
		return
	}
	decl := r.decl + int(t.decl)
	d := &f.tagged[*known-1]
	if d.def == 0 {
		d.def = int32(decl + 1)
	} else if int(d.def-1) != decl {
		f.rivals = append(f.rivals, int(d.def-1), decl)
	}
}

// runOf returns the run of a declaration.
func (x *index) runOf(decl int) *run {
	i := sort.Search(len(x.runs), func(i int) bool { return x.runs[i].decl > decl })
	return &x.runs[i-1]
}

// runOfName returns the run of a declared name.
func (x *index) runOfName(number int) *run {
	i := sort.Search(len(x.runs), func(i int) bool { return x.runs[i].name > number })
	return &x.runs[i-1]
}

// declared describes a declared name by its number.
func (f *File) declared(number int) Declared {
	r := f.runOfName(number)
	return f.describe(r, &r.names[number-r.name])
}

func (f *File) describe(r *run, n *nameShape) Declared {
	d := Declared{
		Name: f.Unit.Names.String(n.sym), Decl: r.decl + int(n.decl), Storage: n.storage,
		Func: n.kind&funcName != 0, Def: n.kind&defName != 0, Init: n.kind&initName != 0,
		Alias: n.kind&aliasName != 0, Enum: n.kind&enumName != 0,
	}
	if n.token >= 0 {
		d.At = f.Unit.Tokens[r.base+int(n.token)].Loc()
	}
	return d
}

// Declared returns the declarations of an ordinary name at file scope, in
// order.
func (f *File) Declared(name string) []Declared {
	last, _ := f.last.get(f.Unit.Names.Find(name))
	var list []Declared
	for i := last; i != 0; i = f.before[i-1] {
		list = append(list, f.declared(int(i-1)))
	}
	slices.Reverse(list)
	return list
}

// AllDeclared yields the declarations of all ordinary names of file scope, in
// order.
func (f *File) AllDeclared() iter.Seq[Declared] {
	return func(yield func(Declared) bool) {
		for i := range f.runs {
			r := &f.runs[i]
			for k := range r.names {
				if !yield(f.describe(r, &r.names[k])) {
					return
				}
			}
		}
	}
}

// Tag returns what the file says about a tag of file scope; false if it does
// not mention it there.
func (f *File) Tag(name string) (Tag, bool) {
	i, ok := f.tags.get(f.Unit.Names.Find(name))
	if !ok {
		return Tag{}, false
	}
	t := f.tagged[i-1]
	return Tag{Kind: t.kind, Definition: int(t.def) - 1}, true
}

// Rivals returns the numbers of the declarations that define a tag which
// another one defines as well.
func (f *File) Rivals() []int { return f.rivals }

// Asserts returns the numbers of the static assertions.
func (f *File) Asserts() []int {
	var list []int
	for i := range f.runs {
		r := &f.runs[i]
		for _, k := range r.asserts {
			list = append(list, r.decl+int(k))
		}
	}
	return list
}

// Functions yields the function definitions, in order.
func (f *File) Functions() iter.Seq[Function] {
	return func(yield func(Function) bool) {
		for i := range f.runs {
			r := &f.runs[i]
			for _, k := range r.funcs {
				if !yield(f.function(r, int(k))) {
					return
				}
			}
		}
	}
}

// function describes the function definition that declares name k of r.
func (f *File) function(r *run, k int) Function {
	n := &r.names[k]
	d := &r.decls[n.decl]
	return Function{
		Name: n.sym, Decl: r.decl + int(n.decl), Storage: n.storage, Again: f.before[r.name+k] != 0,
		First: r.base + int(d.first), NameAt: r.base + int(n.token),
		Open: r.base + int(d.open), Close: r.base + int(d.end) - 1,
	}
}

// Func returns the definition of a function, nil if there is none. Where a
// name is defined more than once the last definition counts, as after extern
// inline.
func (f *File) Func(name string) *FuncDef {
	last, _ := f.last.get(f.Unit.Names.Find(name))
	for i := last; i != 0; i = f.before[i-1] {
		if d := f.declared(int(i - 1)); d.Def {
			return f.Decl(d.Decl).(*FuncDef)
		}
	}
	return nil
}

// Duplicates returns the function definitions that a later one replaced.
func (f *File) Duplicates() []*FuncDef {
	var list []*FuncDef
	for _, i := range f.duplicates {
		list = append(list, f.Decl(i).(*FuncDef))
	}
	return list
}

// Number returns the number of the declaration that is fn; false if fn is of
// another file.
func (f *File) Number(fn *FuncDef) (int, bool) {
	i := sort.Search(len(f.runs), func(i int) bool {
		r := &f.runs[i]
		return r.base+int(r.decls[0].first) > fn.First
	})
	if i == 0 {
		return 0, false
	}
	r := &f.runs[i-1]
	k, ok := slices.BinarySearchFunc(r.decls, int32(fn.First-r.base), func(d declShape, first int32) int {
		return int(d.first) - int(first)
	})
	if !ok {
		return 0, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	same := r.trees != nil && r.trees[k] == Decl(fn)
	return r.decl + k, same
}

// Len returns the number of declarations.
func (f *File) Len() int { return f.decls }

// Decls returns all declarations.
func (f *File) Decls() []Decl {
	list := make([]Decl, 0, f.decls)
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.runs {
		for k := range f.runs[i].decls {
			list = append(list, f.tree(&f.runs[i], k))
		}
	}
	return list
}

// Decl returns a declaration by its number, from 0 to Len()-1 in the order of
// the file. It is parsed on the first request; later ones get the same.
func (f *File) Decl(number int) Decl {
	r := f.runOf(number)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tree(r, number-r.decl)
}

// tree returns a declaration of r; f.mu is locked.
func (f *File) tree(r *run, k int) Decl {
	if r.trees == nil {
		r.trees = make([]Decl, len(r.decls))
	}
	if r.trees[k] == nil {
		r.trees[k] = f.parseAgain(r.base+int(r.decls[k].first), r.base+int(r.decls[k].end))
	}
	return r.trees[k]
}

// parseAgain parses a declaration that is known to be correct and to end
// before token end.
func (f *File) parseAgain(first, end int) Decl {
	p := newParser(f.Unit, first, end, f.opt.MaxDepth)
	p.slabs = f.slabs
	p.scope = scope{file: f.typedefs, before: first}
	d := p.externalDecl()
	if p.err != nil || p.pos != end || d == nil {
		panic("syntax: a declaration differs from the one that it was taken for")
	}
	return d
}
