package types_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// TestKernelTypes puts into every function body of a real unit, before each
// statement, assertions that its expressions have the types and values we
// found, and lets the real compiler read the result.
func TestKernelTypes(t *testing.T) {
	for _, tree := range oracle.Trees(t) {
		cache := cpp.NewCache(source.NewSet())
		for _, target := range oracle.Targets() {
			t.Run(tree.Version+"/"+target.Name, func(t *testing.T) {
				k := oracle.Build(t, tree, target)
				replay(t, cache, k, "mm/pgtable-generic.c")
			})
		}
	}
}

func replay(t *testing.T, cache *cpp.Cache, k *oracle.Kernel, file string) {
	w := &asserter{u: readKernel(t, cache, k, file, false), names: make(map[*types.Record]string), typedefs: make(map[string]string)}
	w.nameRecords()
	var bodies bytes.Buffer
	for _, d := range w.u.File().Decls() {
		fn, ok := d.(*syntax.FuncDef)
		if !ok {
			continue
		}
		w.u.Check(fn)
		body, err := w.u.File().Body(fn)
		if err != nil {
			t.Fatal(err)
		}
		w.block(body)
		w.functions++
		own := fn.Name
		fn.Name = fmt.Sprintf("probe_fn%d", w.functions)
		bodies.WriteString(header(t, fn))
		if err := syntax.Print(&bodies, body); err != nil {
			t.Fatal(err)
		}
		bodies.WriteString("\n")
		fn.Name = own
	}
	text := append(k.Preprocessed(t, file), "\n"...)
	text = append(text, w.decls.Bytes()...)
	syntaxOnly(t, k, file, append(text, bodies.Bytes()...))
	t.Logf("%d types and %d constants agree", w.types, w.consts)
	if w.types < 20000 {
		t.Errorf("only %d types", w.types)
	}
}

// header is the declaration of fn up to its body.
func header(t *testing.T, fn *syntax.FuncDef) string {
	t.Helper()
	var b strings.Builder
	if err := syntax.Print(&b, fn); err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(b.String(), "; \n") + "\n"
}

// syntaxOnly lets the kernel's compiler read text and reports its errors.
func syntaxOnly(t *testing.T, k *oracle.Kernel, file string, text []byte) {
	t.Helper()
	cmd := k.Command(t, file)
	gcc := exec.Command(cmd[0], append(compileFlags(cmd), "-w", "-fmax-errors=20", "-fsyntax-only", "-x", "cpp-output", "-")...)
	gcc.Dir = k.Dir
	gcc.Stdin = bytes.NewReader(text)
	if out, err := gcc.CombinedOutput(); err != nil {
		t.Errorf("%v\n%.6000s", err, out)
	}
}

// asserter inserts assertions.
type asserter struct {
	u         *types.Unit
	names     map[*types.Record]string
	typedefs  map[string]string
	decls     bytes.Buffer
	functions int
	types     int
	consts    int
}

// nameRecords finds how C can refer to each record.
func (w *asserter) nameRecords() {
	for _, d := range w.u.File().Decls() {
		syntax.Inspect(d, func(n syntax.Node) bool {
			if r, ok := n.(*syntax.Record); ok && r.Tag != "" {
				if rec := w.u.Record(r.Tag); rec != nil {
					w.names[rec] = rec.String()
				}
			}
			return true
		})
	}
	for _, name := range w.u.Objects() {
		o := w.u.Lookup(name)
		if r, ok := o.Type.(*types.Record); ok && o.Kind == types.TypeName && r.Tag == "" {
			w.names[r] = name
		}
	}
}

// declare writes a declaration, ok is false for what has no name.
func (w *asserter) declare(t types.Type, inner string) (string, bool) {
	switch x := t.(type) {
	case *types.Pointer:
		switch types.Unqual(x.Elem).(type) {
		case *types.Array, *types.Func:
			return w.declare(x.Elem, "(*"+inner+")")
		}
		return w.declare(x.Elem, "*"+inner)
	case *types.Array:
		if x.VLA {
			return "", false
		}
		n := ""
		if x.Len >= 0 {
			n = fmt.Sprint(x.Len)
		}
		return w.declare(x.Elem, inner+"["+n+"]")
	case *types.Func:
		var params []string
		for _, p := range x.Params {
			s, ok := w.declare(p.Type, "")
			if !ok {
				return "", false
			}
			params = append(params, s)
		}
		if x.Variadic {
			params = append(params, "...")
		} else if len(params) == 0 && !x.NoProto {
			params = append(params, "void")
		}
		return w.declare(x.Result, inner+"("+strings.Join(params, ", ")+")")
	case *types.Qualified:
		q := ""
		if x.Const {
			q += " const"
		}
		if x.Volatile {
			q += " volatile"
		}
		if x.Restrict {
			q += " restrict"
		}
		if x.Space != "" {
			q += " __" + x.Space
		}
		if x.Aligned > 0 {
			return "", false
		}
		if p, ok := x.Elem.(*types.Pointer); ok {
			star := "*" + q + " " + inner
			switch types.Unqual(p.Elem).(type) {
			case *types.Array, *types.Func:
				star = "(" + star + ")"
			}
			return w.declare(p.Elem, star)
		}
		s, ok := w.declare(x.Elem, inner)
		return q + " " + s, ok
	case *types.Record:
		name := w.names[x]
		return name + " " + inner, name != ""
	case *types.Enum:
		return x.String() + " " + inner, x.Tag != "" && w.u.Enum(x.Tag) == x
	case *types.Basic:
		return x.String() + " " + inner, !strings.Contains(x.String(), ":")
	}
	return "", false
}

// typedef gives t a name.
func (w *asserter) typedef(t types.Type) (string, bool) {
	text, ok := w.declare(t, "@")
	if !ok {
		return "", false
	}
	name := w.typedefs[text]
	if name == "" {
		name = fmt.Sprintf("probe_t%d", len(w.typedefs))
		w.typedefs[text] = name
		fmt.Fprintf(&w.decls, "typedef %s;\n", strings.Replace(text, "@", name, 1))
	}
	return name, true
}

func (w *asserter) block(b *syntax.Block) {
	var items []syntax.Stmt
	for _, s := range b.Items {
		var asserts []syntax.Stmt
		syntax.Inspect(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.Block:
				w.block(n)
				return false
			case *syntax.For:
				if _, declares := n.Init.(*syntax.DeclStmt); declares {
					w.nested(n.Body)
					return false
				}
			case syntax.TypeExpr:
				return false
			case syntax.Expr:
				asserts = append(asserts, w.expr(n)...)
			}
			return true
		})
		// A variable is known from its declarator on.
		if _, declares := s.(*syntax.DeclStmt); declares {
			items = append(append(items, s), asserts...)
		} else {
			items = append(append(items, asserts...), s)
		}
	}
	b.Items = items
}

// nested does the blocks of a statement whose own expressions are out of
// reach.
func (w *asserter) nested(s syntax.Stmt) {
	if b, ok := s.(*syntax.Block); ok {
		w.block(b)
	}
}

// expr asserts what we know of one expression.
func (w *asserter) expr(e syntax.Expr) []syntax.Stmt {
	t := types.TypeOf(e)
	if t == nil || !plainExpr(e) {
		return nil
	}
	name, ok := w.typedef(t)
	if !ok {
		return nil
	}
	w.types++
	x := e
	same := &syntax.TypesCompatible{A: &syntax.Typeof{X: x}, B: &syntax.Named{Name: name}}
	if addressable(e) {
		same.A = &syntax.Typeof{X: &syntax.Unary{Op: syntax.AddrOf, X: x}}
		same.B = &syntax.Pointer{Elem: &syntax.Named{Name: name}}
	}
	out := []syntax.Stmt{w.assert(e, same)}
	if k := types.ConstOf(e); k != nil && k.ICE && types.IsInteger(k.Type) {
		w.consts++
		value := syntax.Expr(&syntax.IntLit{Text: fmt.Sprintf("%dULL", k.Uint64()), Value: k.Uint64(), Unsigned: true, Long: 2, Decimal: true})
		cast := &syntax.Cast{To: &syntax.Basic{Kind: syntax.ULongLong}, X: x}
		out = append(out, w.assert(e, &syntax.Binary{Op: syntax.Eq, X: cast, Y: value}))
	}
	return out
}

// assert makes a static assertion about e that says where e stands.
func (w *asserter) assert(e, cond syntax.Expr) syntax.Stmt {
	text := fmt.Sprintf("%s: %.80s: %s", w.u.Position(e.Loc()), syntax.ExprString(e), describe(e))
	return &syntax.DeclStmt{Decl: &syntax.StaticAssert{Cond: cond, Message: []byte(text)}}
}

// plainExpr reports whether e can be repeated inside typeof: no statement
// expressions, whose copies would have copies, no bit-fields, no braces.
func plainExpr(e syntax.Expr) bool {
	plain, size := true, 0
	syntax.Inspect(e, func(n syntax.Node) bool {
		size++
		switch n.(type) {
		case *syntax.StmtExpr, *syntax.InitList, *syntax.LabelAddr:
			plain = false
		}
		return plain
	})
	if m, ok := e.(*syntax.Member); ok && types.SelectionOf(m).Field().IsBitField() {
		return false
	}
	if id, ok := e.(*syntax.Ident); ok {
		o := types.ObjectOf(id)
		return o != nil && o.Kind != types.Builtin && o.Name != "__func__"
	}
	return plain && size < 60
}

// addressable reports whether &e is allowed and shows the qualifiers of e.
func addressable(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Ident:
		o := types.ObjectOf(e)
		return o.Kind == types.Var && o.Storage&syntax.Register == 0
	case *syntax.Unary:
		return e.Op == syntax.Deref && !types.IsVoid(types.TypeOf(e))
	case *syntax.Index:
		return true
	case *syntax.Member:
		return e.Arrow
	}
	return false
}
