package types

import (
	"math"
	"sync"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
)

// Options is what a Unit cannot see in its syntax tree.
type Options struct {
	// Position spells out places for errors; nil means that of file.Unit.
	Position func(cpp.Loc) source.Position
	// Opaque are the trap macros that the preprocessor left in place, with
	// the type of their use: Void or Int.
	Opaque map[string]BasicKind
	// ConstantP answers __builtin_constant_p(arg) where only an optimiser
	// could. It is called with the unit locked and must not call it back.
	ConstantP func(arg syntax.Expr) (value, known bool)
	// ParseExpr parses text as an expression at the end of the unit, with
	// its macros expanded. Needed by EvalString only.
	ParseExpr func(text string) (syntax.Expr, error)
}

// Unit is a translation unit whose declarations are resolved on demand. It is
// safe for concurrent use. The syntax tree's TypeInfo slots belong to it.
type Unit struct {
	abi   *arch.ABI
	opt   Options
	file  *syntax.File
	basic [numBasic]*Basic
	// odd holds the types of bit-fields by signedness and width.
	odd [2][129]*Basic

	mu       sync.Mutex
	objects  map[string]*Object // of file scope, as far as they were asked for
	tags     map[string]*tag
	records  map[*syntax.Record]*Record
	enums    map[*syntax.Enum]*Enum
	pointers map[Type]*Pointer
	builtins map[string]*Object
	externs  map[string]*Object // declared in blocks only
	vaList   Type
	checked  map[*syntax.FuncDef]*checkedFunc
	sites    []site            // of the declarations collected so far
	spans    map[int]span      // the sites of each, by its number
	pack     map[cpp.Loc]int64 // what #pragma pack allows the records there
	depth    int               // of nested resolutions
}

// maxDepth bounds how deep declarations may depend on one another.
const maxDepth = 5000

// endOfFile is the order of code that sees every declaration of the file.
const endOfFile = math.MaxInt

// fileObject is how an object of file scope was declared.
type fileObject struct {
	sites []site
	order int // of the first declaration
	state resolveState
	errs  []error
	init  initState
}

type resolveState uint8

const (
	unresolved resolveState = iota
	resolving
	resolved
)

type initState struct {
	done bool
	errs []error
}

// site is one declaration of a file-scope name: a declarator, a function
// definition, or an enumerator of an enumeration.
type site struct {
	name  string
	order int // number of the declaration in the file
	at    cpp.Loc
	decl  *syntax.Declaration
	vari  *syntax.Declarator
	fn    *syntax.FuncDef
	enum  *syntax.Enum
}

// span is a run of Unit.sites, half open.
type span struct{ first, end int }

// tag is a struct, union or enum tag of some scope.
type tag struct {
	kind   tagKind
	record *Record
	enum   *Enum
}

type tagKind uint8

const (
	structTag tagKind = iota
	unionTag
	enumTag
)

// NewUnit makes a unit of file, whose declarations are looked at when a name
// or tag they declare is asked for.
func NewUnit(file *syntax.File, abi *arch.ABI, opt Options) *Unit {
	u := &Unit{
		abi: abi, opt: opt, file: file,
		objects:  make(map[string]*Object),
		spans:    make(map[int]span),
		tags:     make(map[string]*tag),
		records:  make(map[*syntax.Record]*Record),
		enums:    make(map[*syntax.Enum]*Enum),
		pointers: make(map[Type]*Pointer),
		builtins: make(map[string]*Object),
		checked:  make(map[*syntax.FuncDef]*checkedFunc),
	}
	if u.opt.Position == nil && file.Unit != nil {
		u.opt.Position = file.Unit.Position
	}
	u.makeBasics()
	u.pack = packRegions(file.Unit)
	// The first of several definitions of a tag counts.
	for _, order := range file.Rivals() {
		u.collect(order)
	}
	return u
}

// ABI returns the target's sizes.
func (u *Unit) ABI() *arch.ABI { return u.abi }

// File returns the syntax tree.
func (u *Unit) File() *syntax.File { return u.file }

// Position spells out a place of the unit.
func (u *Unit) Position(loc cpp.Loc) source.Position {
	if u.opt.Position == nil {
		return source.Position{}
	}
	return u.opt.Position(loc)
}

// collect notes what a declaration of the file declares, once.
func (u *Unit) collect(order int) span {
	if done, ok := u.spans[order]; ok {
		return done
	}
	sites := span{first: len(u.sites)}
	scope := syntax.FileScope{
		Record: func(r *syntax.Record, defines bool) {
			// The mention declares the tag for the whole file. Without this a
			// body that is checked first would keep the tag to itself.
			if defines {
				u.defineRecord(r, order)
			}
		},
		Enum: func(e *syntax.Enum) { u.defineEnum(e, order) },
		Object: func(d *syntax.Declaration, v *syntax.Declarator) {
			u.sites = append(u.sites, site{name: v.Name, order: order, at: v.Loc(), decl: d, vari: v})
		},
		Function: func(fn *syntax.FuncDef) {
			u.sites = append(u.sites, site{name: fn.Name, order: order, at: fn.NameAt, fn: fn})
		},
	}
	scope.Visit(u.file.Decl(order))
	sites.end = len(u.sites)
	u.spans[order] = sites
	return sites
}

func (u *Unit) defineRecord(t *syntax.Record, order int) {
	kind := structTag
	if t.Union {
		kind = unionTag
	}
	var r *Record
	if t.Tag == "" {
		r = &Record{Union: t.Union}
	} else {
		r = u.fileTag(t.Tag, kind).record
	}
	u.records[t] = r
	switch {
	case r == nil:
		u.records[t] = &Record{Tag: t.Tag, Union: t.Union}
	case r.lazy != nil:
		r.lazy.again = t
	default:
		r.lazy = &recordBody{node: t, order: order}
	}
}

func (u *Unit) defineEnum(t *syntax.Enum, order int) {
	var e *Enum
	if t.Tag == "" {
		e = &Enum{Repr: u.basic[UInt]}
	} else {
		e = u.fileTag(t.Tag, enumTag).enum
	}
	if e == nil {
		e = &Enum{Tag: t.Tag, Repr: u.basic[UInt]}
	}
	u.enums[t] = e
	if e.lazy == nil {
		e.lazy = &enumBody{node: t, order: order}
	}
	for _, item := range t.Items {
		u.sites = append(u.sites, site{name: item.Name, order: order, at: item.Loc(), enum: t})
	}
}

// fileTag returns the file-scope tag, making an incomplete type at its first
// mention. The tag may be of another kind than asked for.
func (u *Unit) fileTag(name string, kind tagKind) *tag {
	if t := u.knownTag(name); t != nil {
		return t
	}
	t := u.newTag(name, kind)
	u.tags[name] = t
	return t
}

// knownTag returns the file-scope tag that a declaration of the file mentions,
// wherever it stands, or that was met already; nil if there is none.
func (u *Unit) knownTag(name string) *tag {
	if t := u.tags[name]; t != nil {
		return t
	}
	said, ok := u.file.Tag(name)
	if !ok {
		return nil
	}
	t := u.newTag(name, kindOfTag(said.Kind))
	if t.record != nil {
		t.record.definition = said.Definition + 1
	} else {
		t.enum.definition = said.Definition + 1
	}
	u.tags[name] = t
	return t
}

func kindOfTag(k syntax.TagKind) tagKind {
	switch k {
	case syntax.UnionTag:
		return unionTag
	case syntax.EnumTag:
		return enumTag
	}
	return structTag
}

func (u *Unit) newTag(name string, kind tagKind) *tag {
	if kind == enumTag {
		return &tag{kind: kind, enum: &Enum{Tag: name, Repr: u.basic[UInt]}}
	}
	return &tag{kind: kind, record: &Record{Tag: name, Union: kind == unionTag}}
}

// bodyOf returns the definition of a record, nil if there is none, and the
// number of its declaration.
func (u *Unit) bodyOf(r *Record) *recordBody {
	if r.lazy == nil && r.definition > 0 {
		u.collect(r.definition - 1)
	}
	return r.lazy
}

// bodyOfEnum is bodyOf for enumerations.
func (u *Unit) bodyOfEnum(e *Enum) *enumBody {
	if e.lazy == nil && e.definition > 0 {
		u.collect(e.definition - 1)
	}
	return e.lazy
}

// object returns the object of file scope with a name, nil if there is none.
// Few of the names a unit declares are ever asked for.
func (u *Unit) object(name string) *Object {
	if o := u.objects[name]; o != nil {
		return o
	}
	var sites []site
	last := -1
	for _, d := range u.file.Declared(name) {
		if d.Decl == last {
			continue // the same declaration again
		}
		last = d.Decl
		span := u.collect(d.Decl)
		for _, s := range u.sites[span.first:span.end] {
			if s.name == name {
				sites = append(sites, s)
			}
		}
	}
	if len(sites) == 0 {
		return nil
	}
	o := &Object{Name: name, At: sites[0].at, file: &fileObject{order: sites[0].order, sites: sites}}
	for _, s := range sites {
		u.addSite(o, s)
	}
	u.objects[name] = o
	return o
}

// keep makes o the object of its name, for which there is none.
func (u *Unit) keep(o *Object) { u.objects[o.Name] = o }

func (u *Unit) addSite(o *Object, s site) {
	switch {
	case s.fn != nil:
		o.Kind = Function
		o.Def = s.fn
		o.At = s.at
		o.Storage |= s.fn.Storage
		o.Attrs = append(o.Attrs, s.fn.Attrs...)
	case s.enum != nil:
		o.Kind = EnumConst
	default:
		u.addDeclarator(o, s)
	}
}

func (u *Unit) addDeclarator(o *Object, s site) {
	o.Storage |= s.decl.Storage
	o.Attrs = append(append(o.Attrs, s.decl.Attrs...), s.vari.Attrs...)
	if s.vari.AsmName != "" {
		o.Asm = s.vari.AsmName
	}
	switch {
	case s.decl.Storage&syntax.Typedef != 0:
		o.Kind = TypeName
	case isFuncExpr(s.vari.Type):
		o.Kind = Function
	default:
		o.Kind = Var
	}
	if o.Kind == Var && (o.Decl == nil || s.vari.Init != nil || s.decl.Storage&syntax.Extern == 0 && o.Decl.Init == nil) {
		o.Decl = s.vari
		o.At = s.vari.Loc()
	}
}

// isFuncExpr reports whether a declarator plainly declares a function. One
// declared by a typedef of a function type is found out when resolved.
func isFuncExpr(t syntax.TypeExpr) bool {
	if q, ok := t.(*syntax.Qualified); ok {
		t = q.Elem
	}
	_, ok := t.(*syntax.Func)
	return ok
}

// Lookup returns the file-scope object of that name, nil if there is none.
// Opaque macros and builtins are not file-scope objects.
func (u *Unit) Lookup(name string) *Object {
	u.mu.Lock()
	defer u.mu.Unlock()
	o := u.object(name)
	if o != nil {
		u.resolve(o)
	}
	return o
}

// Record returns the completed struct or union with a tag, nil if the unit
// does not define it.
func (u *Unit) Record(name string) *Record {
	u.mu.Lock()
	defer u.mu.Unlock()
	t := u.knownTag(name)
	if t == nil || t.record == nil || !u.fileChecker().complete(t.record) {
		return nil
	}
	return t.record
}

// Enum returns the enumeration with a tag, nil if the unit does not define it.
func (u *Unit) Enum(name string) *Enum {
	u.mu.Lock()
	defer u.mu.Unlock()
	t := u.knownTag(name)
	if t == nil || t.enum == nil || !u.fileChecker().complete(t.enum) {
		return nil
	}
	return t.enum
}

// Typedef returns the completed type of a typedef name, nil if there is none.
func (u *Unit) Typedef(name string) Type {
	u.mu.Lock()
	defer u.mu.Unlock()
	o := u.object(name)
	if o == nil || o.Kind != TypeName {
		return nil
	}
	u.resolve(o)
	if o.Type != nil {
		u.fileChecker().complete(o.Type)
	}
	return o.Type
}

// Complete lays out t, or what its elements are made of, and reports whether
// it is a complete type: one that sizeof accepts.
func (u *Unit) Complete(t Type) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.fileChecker().complete(t)
}

// Basic returns the unit's value of an arithmetic type or void.
func (u *Unit) Basic(k BasicKind) *Basic { return u.basic[k] }

// SizeT returns the type of sizeof.
func (u *Unit) SizeT() *Basic {
	if u.abi.SizeTIsInt {
		return u.basic[UInt]
	}
	return u.basic[ULong]
}

// PtrdiffT returns the type of a difference of pointers.
func (u *Unit) PtrdiffT() *Basic {
	if u.abi.SizeTIsInt {
		return u.basic[Int]
	}
	return u.basic[Long]
}

// PointerTo returns the type of a pointer to t.
func (u *Unit) PointerTo(t Type) *Pointer {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.pointerTo(t)
}

func (u *Unit) pointerTo(t Type) *Pointer {
	p := u.pointers[t]
	if p == nil {
		p = &Pointer{Elem: t, size: int64(u.abi.PointerSize), align: u.naturalAlign(int64(u.abi.PointerSize))}
		u.pointers[t] = p
	}
	return p
}

// TypeOf resolves a type as written at the end of the file.
func (u *Unit) TypeOf(e syntax.TypeExpr) (Type, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	c := u.fileChecker()
	t := c.typ(e)
	if t != nil {
		c.complete(t)
	}
	return t, c.firstError()
}

// CheckExpr types e as an expression at the end of the file.
func (u *Unit) CheckExpr(e syntax.Expr) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	c := u.fileChecker()
	c.expr(e)
	return c.firstError()
}

// Fold returns the value of e, typed as an expression at the end of the file
// if it has no type yet.
func (u *Unit) Fold(e syntax.Expr) (Const, bool) {
	if u.CheckExpr(e) != nil {
		return Const{}, false
	}
	c := ConstOf(e)
	if c == nil {
		return Const{}, false
	}
	return *c, true
}

// EvalString parses and types a C expression at the end of the file. Its
// constant, if any, is found with ConstOf.
func (u *Unit) EvalString(text string) (syntax.Expr, error) {
	if u.opt.ParseExpr == nil {
		return nil, &UnsupportedError{What: "expressions given as text: no parser was given"}
	}
	e, err := u.opt.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	return e, u.CheckExpr(e)
}

// Init types the initialiser of a file-scope variable, once. A braced one has
// its Initializer afterwards.
func (u *Unit) Init(o *Object) []error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if o.file == nil || o.Kind != Var {
		return nil
	}
	u.resolve(o)
	u.initFile(o)
	return o.file.init.errs
}

// StaticAsserts evaluates the file-scope static assertions and returns what
// is wrong with them.
func (u *Unit) StaticAsserts() []error {
	u.mu.Lock()
	defer u.mu.Unlock()
	var errs []error
	for _, order := range u.file.Asserts() {
		c := u.fileChecker()
		c.order = order
		c.staticAssert(u.file.Decl(order).(*syntax.StaticAssert))
		errs = append(errs, c.errs...)
	}
	return errs
}

// Errors resolves all of the file but its function bodies and initialisers,
// and returns what is wrong with it: in the order of the file, each error once.
func (u *Unit) Errors() []error {
	u.mu.Lock()
	var errs []error
	for order, d := range u.file.Decls() {
		u.collect(order)
		c := u.fileChecker()
		c.wholeDecl(d)
		errs = append(errs, c.errs...)
	}
	u.mu.Unlock()
	return unique(append(errs, u.StaticAsserts()...))
}

// wholeDecl resolves everything a file-scope declaration declares.
func (c *checker) wholeDecl(d syntax.Decl) {
	switch d := d.(type) {
	case *syntax.Declaration:
		if !isAuto(d.Base) {
			if t := c.typ(d.Base); t != nil {
				c.complete(t)
			}
		}
		for _, v := range d.Vars {
			c.resolveUse(c.u.object(v.Name))
		}
	case *syntax.FuncDef:
		c.resolveUse(c.u.object(d.Name))
	case *syntax.BadDecl:
		c.fail(d.Err)
	}
}

// Objects returns the names of all file-scope objects; the order is that of
// the file.
func (u *Unit) Objects() []string {
	var names []string
	seen := make(map[string]bool)
	for d := range u.file.AllDeclared() {
		if !d.Enum && !seen[d.Name] {
			seen[d.Name] = true
			names = append(names, d.Name)
		}
	}
	return names
}
