package syntax

// Inspect calls visit for n and, while visit answers true, for what n
// contains, in source order: expressions, types, declarations, statements,
// and the fields, enumerators, parameters, declarators and attributes between
// them. Types shared by several declarators are visited once for each. Bodies
// of functions are no part of their FuncDef: ask File.Body for them.
func Inspect(n Node, visit func(Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	w := walker{visit}
	switch n := n.(type) {
	case Expr:
		w.exprChildren(n)
	case TypeExpr:
		w.typeChildren(n)
	case Decl:
		w.declChildren(n)
	case Stmt:
		w.stmtChildren(n)
	default:
		w.partChildren(n)
	}
}

type walker struct{ visit func(Node) bool }

func (w walker) expr(x Expr) {
	if x != nil {
		Inspect(x, w.visit)
	}
}

func (w walker) typ(t TypeExpr) {
	if t != nil {
		Inspect(t, w.visit)
	}
}

func (w walker) stmt(s Stmt) {
	if s != nil {
		Inspect(s, w.visit)
	}
}

func (w walker) exprs(list []Expr) {
	for _, x := range list {
		w.expr(x)
	}
}

func (w walker) attrs(list []Attr) {
	for i := range list {
		Inspect(&list[i], w.visit)
	}
}

func (w walker) path(path []Designator) {
	for _, d := range path {
		w.expr(d.Lo)
		w.expr(d.Hi)
	}
}

func (w walker) exprChildren(x Expr) {
	switch x := x.(type) {
	case *Unary:
		w.expr(x.X)
	case *Postfix:
		w.expr(x.X)
	case *Binary:
		w.expr(x.X)
		w.expr(x.Y)
	case *Assign:
		w.expr(x.L)
		w.expr(x.R)
	case *Cond:
		w.expr(x.C)
		w.expr(x.T)
		w.expr(x.F)
	case *Comma:
		w.expr(x.X)
		w.expr(x.Y)
	case *Call:
		w.expr(x.Fun)
		w.exprs(x.Args)
	case *Index:
		w.expr(x.X)
		w.expr(x.I)
	case *Member:
		w.expr(x.X)
	case *Cast:
		w.typ(x.To)
		w.expr(x.X)
	case *Sizeof:
		w.expr(x.X)
		w.typ(x.Of)
	case *StmtExpr:
		w.stmt(x.Body)
	default:
		w.rareExprChildren(x)
	}
}

func (w walker) rareExprChildren(x Expr) {
	switch x := x.(type) {
	case *CompoundLit:
		w.typ(x.Of)
		w.expr(x.Init)
	case *Generic:
		w.expr(x.X)
		for _, a := range x.Assocs {
			w.typ(a.Of)
			w.expr(a.X)
		}
	case *Offsetof:
		w.typ(x.Of)
		w.path(x.Path)
	case *TypesCompatible:
		w.typ(x.A)
		w.typ(x.B)
	case *ChooseExpr:
		w.expr(x.C)
		w.expr(x.T)
		w.expr(x.F)
	case *VaArg:
		w.expr(x.X)
		w.typ(x.Of)
	case *HasAttribute:
		w.expr(x.X)
		w.typ(x.Of)
		Inspect(&x.Attr, w.visit)
	case *InitList:
		for _, item := range x.Items {
			w.path(item.Path)
			w.expr(item.Value)
		}
	}
}

func (w walker) typeChildren(t TypeExpr) {
	switch t := t.(type) {
	case *Record:
		w.attrs(t.Attrs)
		for _, f := range t.Fields {
			Inspect(f, w.visit)
		}
		for _, a := range t.Asserts {
			Inspect(a, w.visit)
		}
	case *Enum:
		w.attrs(t.Attrs)
		for _, e := range t.Items {
			Inspect(e, w.visit)
		}
	case *Typeof:
		w.expr(t.X)
		w.typ(t.Of)
	case *Qualified:
		w.attrs(t.Attrs)
		w.typ(t.Elem)
	case *Pointer:
		w.typ(t.Elem)
	case *Array:
		w.typ(t.Elem)
		w.expr(t.Len)
	case *Func:
		w.typ(t.Result)
		for _, p := range t.Params {
			Inspect(p, w.visit)
		}
		w.attrs(t.Attrs)
	}
}

func (w walker) declChildren(d Decl) {
	switch d := d.(type) {
	case *Declaration:
		w.attrs(d.Attrs)
		if len(d.Vars) == 0 {
			w.typ(d.Base)
		}
		for _, v := range d.Vars {
			Inspect(v, w.visit)
		}
	case *FuncDef:
		w.attrs(d.Attrs)
		w.typ(d.Type)
	case *StaticAssert:
		w.expr(d.Cond)
	}
}

func (w walker) stmtChildren(s Stmt) {
	switch s := s.(type) {
	case *Block:
		for _, item := range s.Items {
			w.stmt(item)
		}
	case *DeclStmt:
		if s.Decl != nil {
			Inspect(s.Decl, w.visit)
		}
	case *ExprStmt:
		w.attrs(s.Attrs)
		w.expr(s.X)
	case *If:
		w.expr(s.Cond)
		w.stmt(s.Then)
		w.stmt(s.Else)
	case *Goto:
		w.expr(s.X)
	case *Return:
		w.expr(s.X)
	case *Asm:
		w.operands(s.Outputs)
		w.operands(s.Inputs)
	case *Label:
		w.attrs(s.Attrs)
		w.stmt(s.Body)
	case *Case:
		w.expr(s.Lo)
		w.expr(s.Hi)
		w.stmt(s.Body)
	case *Default:
		w.stmt(s.Body)
	default:
		w.loopChildren(s)
	}
}

func (w walker) loopChildren(s Stmt) {
	switch s := s.(type) {
	case *While:
		w.expr(s.Cond)
		w.stmt(s.Body)
	case *DoWhile:
		w.stmt(s.Body)
		w.expr(s.Cond)
	case *For:
		w.stmt(s.Init)
		w.expr(s.Cond)
		w.expr(s.Post)
		w.stmt(s.Body)
	case *Switch:
		w.expr(s.X)
		w.stmt(s.Body)
	}
}

func (w walker) operands(list []AsmOperand) {
	for _, op := range list {
		w.expr(op.X)
	}
}

// partChildren walks the nodes that are parts of types and declarations.
func (w walker) partChildren(n Node) {
	switch n := n.(type) {
	case *Field:
		w.attrs(n.Attrs)
		w.typ(n.Type)
		w.expr(n.Width)
	case *Enumerator:
		w.attrs(n.Attrs)
		w.expr(n.Value)
	case *Param:
		w.attrs(n.Attrs)
		w.typ(n.Type)
	case *Declarator:
		w.typ(n.Type)
		w.attrs(n.Attrs)
		w.expr(n.Init)
	case *Attr:
		w.typ(n.TypeArg)
		w.exprs(n.Args)
	}
}
