package types

import (
	"fmt"

	"ptreview/parse/syntax"
)

// FuncInfo is what Check found out about a function definition beyond the
// types in its tree.
type FuncInfo struct {
	Object *Object
	Type   *Func
	// Params and Locals are all objects declared in the function, numbered
	// by Index in this order. Static variables are among Locals.
	Params, Locals []*Object
	// Declared has the object of each declarator in the body; for a
	// block-scope extern the object of file scope.
	Declared map[*syntax.Declarator]*Object
	// Name is the object of __func__, nil unless used. Its Index is -1.
	Name *Object
	// Labels are the labels in order of appearance.
	Labels []*syntax.Label
	// Targets has the label of each "goto name", &&name and asm goto.
	Gotos      map[*syntax.Goto]*syntax.Label
	LabelAddrs map[*syntax.LabelAddr]*syntax.Label
	AsmLabels  map[*syntax.Asm][]*syntax.Label
	Switches   map[*syntax.Switch]*Switch
	// Undeclared are the undeclared names used; they are among the errors.
	Undeclared []*UndeclaredError
	// Errors are all that is wrong, Warnings what gcc merely warns about.
	Errors   []error
	Warnings []error
}

// Switch is a switch statement. Case values are converted to Type.
type Switch struct {
	Type    Type
	Cases   []SwitchCase
	Default *syntax.Default // nil if there is none
}

// SwitchCase is case Lo ... Hi:, with Lo equal to Hi for a single value.
type SwitchCase struct {
	Lo, Hi Const
	Stmt   *syntax.Case
}

type checkedFunc struct {
	info *FuncInfo
	errs []error
}

// Check types the body of a function of the unit, once; later calls return
// the same. The FuncInfo is never nil, and the tree is typed wherever no error
// stands in the way: an expression without a type has an error in it. Errors
// are *Error, *UndeclaredError, *MemberError, *AssertError, *UnsupportedError
// or the parser's.
func (u *Unit) Check(fn *syntax.FuncDef) (*FuncInfo, []error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if done := u.checked[fn]; done != nil {
		return done.info, done.errs
	}
	order, ok := u.file.Number(fn)
	if !ok {
		order = endOfFile
	}
	c := &checker{u: u, order: order}
	c.checkFunc(fn)
	c.info.Errors = unique(c.errs)
	u.checked[fn] = &checkedFunc{c.info, c.info.Errors}
	return c.info, c.info.Errors
}

// unique drops errors that say the same: one wrong declaration is met at each
// of its uses.
func unique(errs []error) []error {
	var out []error
	seen := make(map[string]bool)
	for _, err := range errs {
		if text := err.Error(); !seen[text] {
			seen[text] = true
			out = append(out, err)
		}
	}
	return out
}

func newInfo() *FuncInfo {
	return &FuncInfo{
		Declared:   make(map[*syntax.Declarator]*Object),
		Gotos:      make(map[*syntax.Goto]*syntax.Label),
		LabelAddrs: make(map[*syntax.LabelAddr]*syntax.Label),
		AsmLabels:  make(map[*syntax.Asm][]*syntax.Label),
		Switches:   make(map[*syntax.Switch]*Switch),
	}
}

func (c *checker) checkFunc(fn *syntax.FuncDef) {
	c.info = newInfo()
	o := c.u.object(fn.Name)
	c.info.Object = o
	if o != nil {
		c.resolveUse(o)
	}
	c.push()
	c.flow.labels = &labelSet{names: make(map[string]*label)}
	c.declareParams(fn)
	body, err := c.u.file.Body(fn)
	if err != nil {
		c.fail(err)
	}
	if body != nil {
		c.block(body)
	}
	c.finishLabels()
	c.pop()
}

func (c *checker) declareParams(fn *syntax.FuncDef) {
	c.push()
	c.info.Type = c.funcType(fn.Type)
	for i, p := range fn.Type.Params {
		if p.Name == "" && (c.info.Type == nil || i >= len(c.info.Type.Params)) {
			continue // (void)
		}
		o := &Object{Name: p.Name, Kind: Var, Local: true, At: p.Loc(), Attrs: p.Attrs, Index: i}
		if c.info.Type != nil && i < len(c.info.Type.Params) {
			o.Type = c.info.Type.Params[i].Type
			if !c.complete(o.Type) || isVoid(o.Type) {
				c.errorf(p, "parameter %s has incomplete type %s", p.Name, o.Type)
			}
		}
		c.info.Params = append(c.info.Params, o)
		if p.Name != "" {
			c.scope.declare(o)
		}
	}
}

// addLocal numbers and declares an object of the current block.
func (c *checker) addLocal(o *Object) {
	o.Local = true
	o.Index = len(c.info.Params) + len(c.info.Locals)
	c.info.Locals = append(c.info.Locals, o)
	if old := c.scope.names[o.Name]; old != nil {
		c.errorAt(o.At, "redeclaration of %s", o.Name)
	}
	c.scope.declare(o)
}

// ---- declarations in a block

func (c *checker) localDecl(d syntax.Decl) {
	switch d := d.(type) {
	case *syntax.Declaration:
		c.localDeclaration(d)
	case *syntax.StaticAssert:
		c.staticAssert(d)
	case *syntax.BadDecl:
		c.fail(d.Err)
	default:
		c.unsupported(d, "declaration %T in a function", d)
	}
}

func (c *checker) localDeclaration(d *syntax.Declaration) {
	if len(d.Vars) == 0 {
		c.loneTag(d.Base)
		return
	}
	for _, v := range d.Vars {
		c.localVar(d, v)
	}
}

// loneTag handles "struct s;", which hides an outer tag, and definitions.
func (c *checker) loneTag(base syntax.TypeExpr) {
	switch t := base.(type) {
	case *syntax.Record:
		if !t.Body && t.Tag != "" {
			kind := structTag
			if t.Union {
				kind = unionTag
			}
			c.defineTag(t.Tag, kind)
			return
		}
	case *syntax.Qualified:
		c.loneTag(t.Elem)
		return
	}
	c.typ(base)
}

func (c *checker) localVar(d *syntax.Declaration, v *syntax.Declarator) {
	c.attrNames(d.Attrs)
	c.attrNames(v.Attrs)
	if isAuto(v.Type) {
		c.autoVar(d, v)
		return
	}
	t := c.declared(d, v)
	o := &Object{Name: v.Name, Kind: Var, Type: t, Storage: d.Storage, At: v.Loc(), Decl: v, Asm: v.AsmName}
	o.Attrs = append(append(o.Attrs, d.Attrs...), v.Attrs...)
	switch {
	case d.Storage&syntax.Typedef != 0:
		o.Kind, o.Local = TypeName, true
		c.scope.declare(o)
	case d.Storage&syntax.Extern != 0, t != nil && isFuncType(t):
		o = c.externVar(o)
	default:
		o.Align = c.alignment(o.Attrs)
		c.addLocal(o)
		c.initLocal(o, v)
	}
	c.info.Declared[v] = o
}

// attrNames types the functions that attributes such as cleanup refer to.
func (c *checker) attrNames(attrs []syntax.Attr) {
	for _, a := range attrs {
		if a.Name == "cleanup" && len(a.Args) == 1 {
			c.expr(a.Args[0])
		}
	}
}

// autoVar declares an __auto_type variable: unlike others it is not in scope
// of its own initialiser.
func (c *checker) autoVar(d *syntax.Declaration, v *syntax.Declarator) {
	t := c.autoType(v)
	o := &Object{Name: v.Name, Kind: Var, Type: t, Storage: d.Storage, At: v.Loc(), Decl: v}
	o.Attrs = append(append(o.Attrs, d.Attrs...), v.Attrs...)
	c.addLocal(o)
	c.info.Declared[v] = o
}

func (c *checker) initLocal(o *Object, v *syntax.Declarator) {
	if o.Type == nil {
		c.looseInit(v.Init)
		return
	}
	if v.Init == nil {
		if !c.complete(o.Type) || isVoid(o.Type) {
			c.errorf(v, "variable %s has incomplete type %s", o.Name, o.Type)
		}
		return
	}
	old := c.answerNow(c.now || o.Storage&syntax.Static != 0)
	o.Type = c.initializer(o.Type, v.Init)
	c.answerNow(old)
}

func (c *checker) looseInit(e syntax.Expr) {
	switch e := e.(type) {
	case nil:
	case *syntax.InitList:
		c.looseItems(e)
	default:
		c.expr(e)
	}
}

// externVar declares a function or an extern variable in a block: the object
// is the one of file scope, which this declaration may be the first to name.
func (c *checker) externVar(o *Object) *Object {
	if isFuncType(Unqual(orVoid(c, o.Type))) {
		o.Kind = Function
	}
	f := c.u.object(o.Name)
	if f == nil {
		f = c.u.externs[o.Name]
	}
	if f != nil {
		c.resolveUse(f)
		switch {
		case f.Type == nil || o.Type == nil:
		case !c.u.compatible(f.Type, o.Type):
			c.errorAt(o.At, "conflicting types for %s: %s and %s", o.Name, f.Type, o.Type)
		}
		c.scope.declare(f)
		return f
	}
	o.Storage |= syntax.Extern
	o.Decl = nil
	if c.u.externs == nil {
		c.u.externs = make(map[string]*Object)
	}
	c.u.externs[o.Name] = o
	c.scope.declare(o)
	return o
}

func orVoid(c *checker, t Type) Type {
	if t == nil {
		return c.u.basic[Void]
	}
	return t
}

func (c *checker) staticAssert(d *syntax.StaticAssert) {
	if c.expr(d.Cond) == nil {
		return
	}
	k := ConstOf(d.Cond)
	switch {
	case k == nil:
		c.errorf(d.Cond, "expression of a static assertion is not constant")
	case k.IsZero():
		c.fail(&AssertError{Message: fmt.Sprintf("%q", d.Message), Loc: d.Loc(), Position: c.u.Position(d.Loc())})
	}
}
