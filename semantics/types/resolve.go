package types

import (
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// checker resolves and types one thing: a function, or what some file-scope
// name stands for. The unit is locked while it works.
type checker struct {
	u     *Unit
	order int    // file-scope declarations up to this one are visible
	scope *scope // nil at file scope
	info  *FuncInfo
	flow  flow
	errs  []error
	now   bool // __builtin_constant_p is to be answered 0 or 1 at once
}

// scope is a block.
type scope struct {
	outer *scope
	names map[string]*Object
	tags  map[string]*tag
}

func (u *Unit) fileChecker() *checker { return &checker{u: u, order: endOfFile} }

func (c *checker) firstError() error {
	if len(c.errs) == 0 {
		return nil
	}
	return c.errs[0]
}

// maxErrors bounds what one checker reports. A declaration's errors are
// inherited by all that use it.
const maxErrors = 500

func (c *checker) fail(err error) {
	if len(c.errs) < maxErrors {
		c.errs = append(c.errs, err)
	}
}

func (c *checker) inherit(errs []error) {
	for _, err := range errs {
		c.fail(err)
	}
}

func (c *checker) errorf(at syntax.Node, format string, args ...any) {
	c.errorAt(at.Loc(), format, args...)
}

func (c *checker) errorAt(loc cpp.Loc, format string, args ...any) {
	c.fail(&Error{Loc: loc, Position: c.u.Position(loc), Msg: fmt.Sprintf(format, args...)})
}

func (c *checker) unsupported(at syntax.Node, format string, args ...any) {
	c.fail(&UnsupportedError{What: fmt.Sprintf(format, args...), Loc: at.Loc(), Position: c.u.Position(at.Loc())})
}

// warn notes what gcc only warns about.
func (c *checker) warn(at syntax.Node, format string, args ...any) {
	if c.info != nil && len(c.info.Warnings) < maxErrors {
		c.info.Warnings = append(c.info.Warnings, &Error{Loc: at.Loc(), Position: c.u.Position(at.Loc()), Msg: fmt.Sprintf(format, args...)})
	}
}

func (c *checker) push() *scope {
	c.scope = &scope{outer: c.scope}
	return c.scope
}

func (c *checker) pop() { c.scope = c.scope.outer }

func (s *scope) declare(o *Object) {
	if s.names == nil {
		s.names = make(map[string]*Object)
	}
	s.names[o.Name] = o
}

// local finds a name of the enclosing blocks.
func (c *checker) local(name string) *Object {
	for s := c.scope; s != nil; s = s.outer {
		if o := s.names[name]; o != nil {
			return o
		}
	}
	return nil
}

// resolve gives a file-scope object its type.
func (u *Unit) resolve(o *Object) {
	f := o.file
	if f == nil || f.state != unresolved {
		return
	}
	c := u.fileChecker()
	if u.depth >= maxDepth {
		c.errorAt(o.At, "declaration of %s depends on too many others", o.Name)
		f.errs, f.state = c.errs, resolved
		return
	}
	u.depth++
	f.state = resolving
	if o.Kind == EnumConst {
		c.resolveEnumerators(o)
	} else {
		c.resolveSites(o)
	}
	f.state = resolved
	f.errs = append(f.errs, c.errs...)
	u.depth--
}

func (c *checker) resolveEnumerators(o *Object) {
	for _, s := range o.file.sites {
		if s.enum == nil {
			c.errorAt(o.At, "%s is declared both as an enumerator and as something else", o.Name)
			return
		}
	}
	c.complete(c.u.enums[o.file.sites[0].enum])
}

// resolveSites forms the composite of all declarations of o.
func (c *checker) resolveSites(o *Object) {
	for _, s := range o.file.sites {
		var t Type
		var attrs []syntax.Attr
		switch {
		case s.fn != nil:
			t = c.typ(s.fn.Type)
		case s.vari != nil:
			attrs = s.vari.Attrs
			t = c.declared(s.decl, s.vari)
		default:
			c.errorAt(o.At, "%s is declared both as an enumerator and as something else", o.Name)
			return
		}
		if t == nil {
			continue
		}
		c.alignObject(o, s, attrs)
		c.merge(o, t, s)
	}
	if o.Kind == Var {
		c.fixFileVar(o)
	}
}

// merge combines the type of one more declaration into o's.
func (c *checker) merge(o *Object, t Type, s site) {
	_, isFunc := Unqual(t).(*Func)
	if o.Kind == Var && isFunc {
		o.Kind = Function // declared by way of a typedef
	}
	if o.Type == nil {
		o.Type = t
		return
	}
	if !c.u.compatible(o.Type, t) {
		at := o.At
		if s.vari != nil {
			at = s.vari.Loc()
		} else if s.fn != nil {
			at = s.fn.NameAt
		}
		c.errorAt(at, "conflicting types for %s: %s and %s", o.Name, o.Type, t)
		return
	}
	o.Type = c.u.composite(o.Type, t)
}

// alignObject notes an alignment asked of a variable.
func (c *checker) alignObject(o *Object, s site, attrs []syntax.Attr) {
	if o.Kind != Var || s.decl == nil {
		return
	}
	o.Align = max(o.Align, c.alignment(s.decl.Attrs), c.alignment(attrs))
}

// fixFileVar types the initialiser where the type needs it.
func (c *checker) fixFileVar(o *Object) {
	if o.Type == nil || o.Decl == nil || o.Decl.Init == nil {
		return
	}
	if a, ok := Unqual(o.Type).(*Array); ok && a.Len < 0 || o.Type == c.u.basic[Void] {
		c.u.initFile(o)
	}
}

// initFile types the initialiser of a file-scope variable.
func (u *Unit) initFile(o *Object) {
	st := &o.file.init
	if st.done {
		return
	}
	st.done = true
	if o.Decl == nil || o.Decl.Init == nil || o.Type == nil {
		return
	}
	c := u.fileChecker()
	c.now = true
	o.Type = c.initializer(o.Type, o.Decl.Init)
	st.errs = c.errs
}

// declared is the type a declarator gives its name.
func (c *checker) declared(d *syntax.Declaration, v *syntax.Declarator) Type {
	if isAuto(v.Type) {
		return c.autoType(v)
	}
	t := c.typ(v.Type)
	if t == nil {
		return nil
	}
	isTypedef := d.Storage&syntax.Typedef != 0
	t = c.typeAttrs(t, d.Attrs, isTypedef)
	if t == nil {
		return nil
	}
	return c.typeAttrs(t, v.Attrs, isTypedef)
}

func isAuto(t syntax.TypeExpr) bool {
	if q, ok := t.(*syntax.Qualified); ok {
		t = q.Elem
	}
	b, ok := t.(*syntax.Basic)
	return ok && b.Kind == syntax.Auto
}

// autoType is the type __auto_type takes from its initialiser.
func (c *checker) autoType(v *syntax.Declarator) Type {
	if v.Init == nil {
		c.errorf(v, "__auto_type without an initialiser")
		return nil
	}
	if _, ok := v.Init.(*syntax.InitList); ok {
		c.errorf(v, "__auto_type with a braced initialiser")
		return nil
	}
	if c.expr(v.Init) == nil {
		return nil
	}
	if bitField(v.Init) != nil {
		c.errorf(v, "__auto_type with a bit-field as initialiser")
		return nil
	}
	t := c.value(v.Init)
	if q, ok := v.Type.(*syntax.Qualified); ok {
		t = c.u.qualify(t, q.Quals)
	}
	return t
}

// typ resolves a type as written; nil after an error.
func (c *checker) typ(e syntax.TypeExpr) Type {
	if c.u.depth >= maxDepth {
		c.errorf(e, "types nested too deeply")
		return nil
	}
	c.u.depth++
	defer func() { c.u.depth-- }()
	switch e := e.(type) {
	case *syntax.Basic:
		return c.basicType(e)
	case *syntax.Named:
		return c.namedType(e)
	case *syntax.Record:
		return c.recordType(e)
	case *syntax.Enum:
		return c.enumType(e)
	case *syntax.Typeof:
		return c.typeofType(e)
	case *syntax.Qualified:
		return c.qualifiedType(e)
	case *syntax.Pointer:
		if elem := c.typ(e.Elem); elem != nil {
			return c.u.pointerTo(elem)
		}
		return nil
	case *syntax.Array:
		return c.arrayType(e)
	case *syntax.Func:
		if f := c.funcType(e); f != nil {
			return f
		}
		return nil
	}
	c.unsupported(e, "type %T", e)
	return nil
}

func (c *checker) basicType(e *syntax.Basic) Type {
	switch e.Kind {
	case syntax.VaList:
		return c.u.vaListType()
	case syntax.Auto:
		c.errorf(e, "__auto_type outside a declaration")
		return nil
	case syntax.Int128, syntax.UInt128:
		if !c.u.abi.Int128 {
			c.errorf(e, "__int128 is not supported on this target")
			return nil
		}
	}
	kinds := [...]BasicKind{
		syntax.Void: Void, syntax.Bool: Bool, syntax.CharPlain: Char, syntax.SChar: SChar,
		syntax.UChar: UChar, syntax.Short: Short, syntax.UShort: UShort, syntax.Int: Int,
		syntax.UInt: UInt, syntax.Long: Long, syntax.ULong: ULong, syntax.LongLong: LongLong,
		syntax.ULongLong: ULongLong, syntax.Int128: Int128, syntax.UInt128: UInt128,
		syntax.Float: Float, syntax.Double: Double, syntax.LongDouble: LongDouble,
		syntax.Float128: Float128,
	}
	return c.u.basic[kinds[e.Kind]]
}

func (c *checker) namedType(e *syntax.Named) Type {
	o := c.local(e.Name)
	if o == nil {
		if o = c.u.object(e.Name); o != nil {
			c.resolveUse(o)
		}
	}
	if o == nil || o.Kind != TypeName {
		if t := c.u.builtinTypedef(e.Name); t != nil && o == nil {
			return t
		}
		c.errorf(e, "unknown type name %s", e.Name)
		return nil
	}
	return o.Type
}

// resolveUse resolves a file-scope object for this checker, which inherits
// its errors.
func (c *checker) resolveUse(o *Object) {
	if o.file == nil {
		return
	}
	if o.file.state == resolving && o.Kind == TypeName {
		c.errorAt(o.At, "the type of %s depends on itself", o.Name)
		return
	}
	c.u.resolve(o)
	c.inherit(o.file.errs)
}

func (c *checker) recordType(e *syntax.Record) Type {
	if r := c.u.records[e]; r != nil {
		return r
	}
	kind := structTag
	if e.Union {
		kind = unionTag
	}
	if !e.Body {
		t := c.findTag(e.Tag, kind)
		if t.record == nil || t.kind != kind {
			c.errorf(e, "%s is another kind of tag", e.Tag)
			return nil
		}
		return t.record
	}
	r := &Record{Tag: e.Tag, Union: e.Union}
	if e.Tag != "" {
		t := c.defineTag(e.Tag, kind)
		if t.record == nil || t.kind != kind || c.u.bodyOf(t.record) != nil {
			c.errorf(e, "redefinition of %s", e.Tag)
			return nil
		}
		r = t.record
	}
	r.lazy = &recordBody{node: e, order: -1}
	c.u.records[e] = r
	c.layOut(r)
	return r
}

func (c *checker) enumType(e *syntax.Enum) Type {
	if n := c.u.enums[e]; n != nil {
		c.complete(n)
		return n
	}
	if !e.Body {
		t := c.findTag(e.Tag, enumTag)
		if t.enum == nil {
			c.errorf(e, "%s is another kind of tag", e.Tag)
			return nil
		}
		// Conversions ask for the integer type behind an enumeration at any
		// time, so it is known early.
		c.completeEnum(t.enum)
		return t.enum
	}
	n := &Enum{Tag: e.Tag, Repr: c.u.basic[UInt]}
	if e.Tag != "" {
		t := c.defineTag(e.Tag, enumTag)
		if t.enum == nil || c.u.bodyOfEnum(t.enum) != nil {
			c.errorf(e, "redefinition of enum %s", e.Tag)
			return nil
		}
		n = t.enum
	}
	n.lazy = &enumBody{node: e, order: -1}
	c.u.enums[e] = n
	c.evalEnum(n)
	return n
}

// findTag finds a tag, or introduces it in the innermost scope.
func (c *checker) findTag(name string, kind tagKind) *tag {
	for s := c.scope; s != nil; s = s.outer {
		if t := s.tags[name]; t != nil {
			return t
		}
	}
	if t := c.u.knownTag(name); t != nil || c.scope == nil {
		if t == nil {
			t = c.u.fileTag(name, kind)
		}
		return t
	}
	return c.defineTag(name, kind)
}

// defineTag finds a tag of the innermost scope only, or introduces it there.
func (c *checker) defineTag(name string, kind tagKind) *tag {
	if c.scope == nil {
		return c.u.fileTag(name, kind)
	}
	t := c.scope.tags[name]
	if t == nil {
		t = c.u.newTag(name, kind)
		if c.scope.tags == nil {
			c.scope.tags = make(map[string]*tag)
		}
		c.scope.tags[name] = t
	}
	return t
}

func (c *checker) typeofType(e *syntax.Typeof) Type {
	var t Type
	if e.Of != nil {
		t = c.typ(e.Of)
	} else {
		t = c.expr(e.X)
		if t != nil && bitField(e.X) != nil {
			c.errorf(e, "typeof applied to a bit-field")
			return nil
		}
	}
	if t != nil && e.Unqual {
		t = unqualArray(c.u, t)
	}
	return t
}

func (c *checker) qualifiedType(e *syntax.Qualified) Type {
	t := c.typ(e.Elem)
	if t == nil {
		return nil
	}
	if e.Quals&syntax.Atomic != 0 {
		c.unsupported(e, "_Atomic")
		return nil
	}
	t = c.u.qualify(t, e.Quals)
	return c.typeAttrs(t, e.Attrs, true)
}

// qualify adds qualifiers; those of an array go to its elements.
func (u *Unit) qualify(t Type, q syntax.Quals) Type {
	if q == 0 {
		return t
	}
	switch a := Unqual(t).(type) {
	case *Array:
		return &Array{Elem: u.qualify(a.Elem, q), Len: a.Len, VLA: a.VLA, LenExpr: a.LenExpr}
	case *Func:
		return t
	}
	n := Qualified{Elem: Unqual(t)}
	if old, ok := t.(*Qualified); ok {
		n = *old
	}
	n.Const = n.Const || q&syntax.Const != 0
	n.Volatile = n.Volatile || q&syntax.Volatile != 0
	n.Restrict = n.Restrict || q&syntax.Restrict != 0
	switch {
	case q&syntax.SegGS != 0:
		n.Space = "seg_gs"
	case q&syntax.SegFS != 0:
		n.Space = "seg_fs"
	}
	return &n
}

// qualsOf returns the qualifiers of t as a set.
func qualsOf(t Type) syntax.Quals {
	q, ok := t.(*Qualified)
	if !ok {
		return 0
	}
	var s syntax.Quals
	if q.Const {
		s |= syntax.Const
	}
	if q.Volatile {
		s |= syntax.Volatile
	}
	if q.Restrict {
		s |= syntax.Restrict
	}
	switch q.Space {
	case "seg_gs":
		s |= syntax.SegGS
	case "seg_fs":
		s |= syntax.SegFS
	}
	return s
}

// unqualArray strips the qualifiers of t, for an array those of its elements.
func unqualArray(u *Unit, t Type) Type {
	t = Unqual(t)
	if a, ok := t.(*Array); ok {
		if elem := unqualArray(u, a.Elem); elem != a.Elem {
			return &Array{Elem: elem, Len: a.Len, VLA: a.VLA, LenExpr: a.LenExpr}
		}
	}
	return t
}

// maxObject bounds the size of an object, as gcc does.
const maxObject = 1<<63 - 1

func (c *checker) arrayType(e *syntax.Array) Type {
	elem := c.typ(e.Elem)
	if elem == nil {
		return nil
	}
	switch Unqual(elem).(type) {
	case *Func:
		c.errorf(e, "array of functions")
		return nil
	}
	if !c.complete(elem) {
		c.errorf(e, "array of incomplete type %s", elem)
		return nil
	}
	if e.Len == nil {
		return &Array{Elem: elem, Len: -1}
	}
	t := c.expr(e.Len)
	if t == nil {
		return nil
	}
	if !isInteger(c.value(e.Len)) {
		c.errorf(e.Len, "array length has type %s", t)
		return nil
	}
	n := ConstOf(e.Len)
	if n == nil {
		if c.scope == nil {
			c.errorf(e.Len, "array length is not constant")
			return nil
		}
		return &Array{Elem: elem, Len: -1, VLA: true, LenExpr: e.Len}
	}
	return c.arrayOf(e, elem, *n)
}

func (c *checker) arrayOf(at syntax.Node, elem Type, n Const) Type {
	if n.Negative() {
		c.errorf(at, "array length %s is negative", n)
		return nil
	}
	size := elem.Size()
	if n.Hi != 0 || n.Lo > maxObject || size > 0 && n.Lo > uint64(maxObject/size) {
		c.errorf(at, "array is too large")
		return nil
	}
	return &Array{Elem: elem, Len: int64(n.Lo)}
}

func (c *checker) funcType(e *syntax.Func) *Func {
	result := c.typ(e.Result)
	if result == nil {
		return nil
	}
	switch Unqual(result).(type) {
	case *Array, *Func:
		c.errorf(e, "function returns %s", result)
		return nil
	}
	// The tags of parameters have a scope of their own, but at file scope
	// they are looked for in the whole file: gcc only warns.
	if c.scope != nil {
		c.push()
		defer c.pop()
	}
	f := &Func{Result: Unqual(result), Variadic: e.Variadic, NoProto: e.NoProto}
	ok := true
	for _, p := range e.Params {
		t := c.paramType(p)
		if t == nil {
			ok = false
			continue
		}
		f.Params = append(f.Params, Param{Name: p.Name, Type: t})
	}
	if !ok {
		return nil
	}
	if len(f.Params) == 1 && isVoid(f.Params[0].Type) && e.Params[0].Name == "" {
		f.Params = nil
	}
	return f
}

func (c *checker) paramType(p *syntax.Param) Type {
	t := c.typ(p.Type)
	if t == nil {
		return nil
	}
	t = c.typeAttrs(t, p.Attrs, false)
	if t == nil {
		return nil
	}
	var quals syntax.Quals
	if a, ok := p.Type.(*syntax.Array); ok {
		quals = a.Quals
	}
	return c.u.qualify(c.u.decay(t), quals)
}

// decay turns arrays and functions into pointers.
func (u *Unit) decay(t Type) Type {
	switch a := Unqual(t).(type) {
	case *Array:
		return u.pointerTo(a.Elem)
	case *Func:
		return u.pointerTo(a)
	}
	return t
}

// complete makes t's size and members known if the code at c may know them.
func (c *checker) complete(t Type) bool {
	switch t := Unqual(t).(type) {
	case *Record:
		return c.completeRecord(t)
	case *Enum:
		return c.completeEnum(t)
	case *Array:
		return (t.Len >= 0 || t.VLA) && c.complete(t.Elem)
	}
	return true
}

func (c *checker) completeRecord(r *Record) bool {
	if r.definition-1 > c.order {
		return false
	}
	if body := c.u.bodyOf(r); body == nil || body.order > c.order {
		return false
	}
	if !r.Complete {
		if r.lazy.busy {
			return false
		}
		f := c.u.fileChecker()
		f.layOut(r)
		r.lazy.errs = f.errs
	}
	c.inherit(r.lazy.errs)
	return r.Complete
}

func (c *checker) completeEnum(e *Enum) bool {
	if e.definition-1 > c.order {
		return false
	}
	if body := c.u.bodyOfEnum(e); body == nil || body.order > c.order {
		return false
	}
	if !e.Complete && !e.lazy.busy {
		f := c.u.fileChecker()
		f.evalEnum(e)
		e.lazy.errs = f.errs
	}
	c.inherit(e.lazy.errs)
	return true
}
