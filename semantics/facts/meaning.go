package facts

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
)

// MeaningKind sorts definitions by what a reviewer wants to know first.
type MeaningKind uint8

// The kinds of meanings.
const (
	Other    MeaningKind = iota
	Traps                // begins with an unconditional trap
	Constant             // gives one constant, whatever its arguments
	Empty                // does nothing
	Compares             // compares its arguments, or parts of them
	Forwards             // is one call of something else
)

// Meaning is what a definition does, in one line, as far as its text shows.
type Meaning struct {
	Kind  MeaningKind
	Text  string // "traps (BUG)", "constant 1", "compares pmd_a and pmd_b"
	Value string // of Constant
	// LooksAt are the parameters that the body mentions, in their order.
	LooksAt []string
	Params  []string
}

// FunctionMeaning returns the meaning of a function definition. A body that
// cannot be parsed is Other, with the reason.
func FunctionMeaning(file *syntax.File, def *syntax.FuncDef) Meaning {
	m := Meaning{}
	for _, p := range def.Type.Params {
		if p.Name != "" {
			m.Params = append(m.Params, p.Name)
		}
	}
	body, err := file.Body(def)
	if err != nil || body == nil {
		m.Text = "cannot be read: " + errorText(err)
		return m
	}
	m.LooksAt = mentioned(body, m.Params)
	m.classify(effective(body))
	return m
}

func errorText(err error) string {
	if err == nil {
		return "no body"
	}
	return err.Error()
}

// mentioned returns which of names a body uses as expressions; a cast to void
// is no use.
func mentioned(body *syntax.Block, names []string) []string {
	used := make(map[string]bool)
	syntax.Inspect(body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ExprStmt:
			return n.X == nil || !isDiscarded(n.X)
		case *syntax.Ident:
			used[n.Name] = true
		}
		return true
	})
	var out []string
	for _, n := range names {
		if used[n] {
			out = append(out, n)
		}
	}
	return out
}

// effective returns the statements that do something: not lone semicolons,
// declarations without initialisers, or casts to void.
func effective(b *syntax.Block) []syntax.Stmt {
	var out []syntax.Stmt
	for _, s := range b.Items {
		switch s := s.(type) {
		case *syntax.Block:
			out = append(out, effective(s)...)
			continue
		case *syntax.ExprStmt:
			if s.X == nil || isDiscarded(s.X) {
				continue
			}
		case *syntax.DeclStmt:
			if onlyDeclares(s) {
				continue
			}
		case *syntax.DoWhile:
			if inner, ok := s.Body.(*syntax.Block); ok && len(effective(inner)) == 0 {
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// onlyDeclares reports whether a declaration initialises nothing.
func onlyDeclares(s *syntax.DeclStmt) bool {
	d, ok := s.Decl.(*syntax.Declaration)
	return ok && !slices.ContainsFunc(d.Vars, func(v *syntax.Declarator) bool { return v.Init != nil })
}

func isDiscarded(e syntax.Expr) bool {
	c, ok := e.(*syntax.Cast)
	if !ok {
		return false
	}
	b, ok := c.To.(*syntax.Basic)
	if !ok || b.Kind != syntax.Void {
		return false
	}
	_, isName := c.X.(*syntax.Ident)
	_, isConst := constantText(c.X)
	return isName || isConst
}

func (m *Meaning) classify(stmts []syntax.Stmt) {
	if len(stmts) == 0 {
		m.Kind, m.Text = Empty, "does nothing"
		return
	}
	if name := trapStatement(stmts[0]); name != "" {
		m.Kind, m.Text = Traps, "traps ("+name+")"
		return
	}
	if len(stmts) == 1 {
		m.single(stmts[0])
		return
	}
	m.Text = fmt.Sprintf("%d statements", len(stmts))
	if calls := callsOf(stmts); len(calls) > 0 {
		m.Text += ", calls " + strings.Join(calls[:min(3, len(calls))], ", ")
		if len(calls) > 3 {
			m.Text += ", …"
		}
	}
}

// callsOf returns what statements call by name, in order, each once.
func callsOf(stmts []syntax.Stmt) []string {
	var calls []string
	seen := map[string]bool{"likely": true, "unlikely": true, "READ_ONCE": true, "WRITE_ONCE": true}
	for _, s := range stmts {
		syntax.Inspect(s, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.Call); ok {
				if name := calleeName(c); name != "" && !seen[name] {
					seen[name] = true
					calls = append(calls, name+"()")
				}
			}
			return true
		})
	}
	return calls
}

func (m *Meaning) single(s syntax.Stmt) {
	var x syntax.Expr
	switch s := s.(type) {
	case *syntax.Return:
		x = s.X
	case *syntax.ExprStmt:
		x = s.X
	}
	if x == nil {
		m.Text = "1 statement"
		return
	}
	m.expression(x)
}

func (m *Meaning) expression(x syntax.Expr) {
	if block, ok := x.(*syntax.StmtExpr); ok {
		m.classify(effective(block.Body))
		return
	}
	if name := trapCall(x); name != "" {
		m.Kind, m.Text = Traps, "traps ("+name+")"
		return
	}
	if text, ok := constantText(x); ok {
		m.Kind, m.Value, m.Text = Constant, text, "constant "+text
		return
	}
	if call, ok := x.(*syntax.Call); ok {
		if name := calleeName(call); name != "" {
			m.Kind, m.Text = Forwards, "calls "+name+"()"
			return
		}
	}
	if len(m.Params) > 1 && len(m.LooksAt) > 1 && comparesSomething(x) {
		m.Kind, m.Text = Compares, "compares "+strings.Join(m.LooksAt, " and ")
		return
	}
	m.Text = "returns " + shorten(syntax.ExprString(x), 60)
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n-1] + "…"
}

// constantText spells a constant without its casts and signs apart.
func constantText(e syntax.Expr) (string, bool) {
	switch e := e.(type) {
	case *syntax.IntLit:
		return fmt.Sprint(e.Value), true
	case *syntax.Ident:
		switch e.Name {
		case "true", "false", "NULL":
			return e.Name, true
		}
	case *syntax.Unary:
		if text, ok := constantText(e.X); ok && e.Op == syntax.Minus {
			return "-" + text, true
		}
	case *syntax.Cast:
		return constantText(e.X)
	}
	return "", false
}

func comparesSomething(e syntax.Expr) bool {
	found := false
	syntax.Inspect(e, func(n syntax.Node) bool {
		if b, ok := n.(*syntax.Binary); ok && (b.Op == syntax.Eq || b.Op == syntax.Ne || b.Op == syntax.Xor) {
			found = true
		}
		return !found
	})
	return found
}

// trapStatement returns the name of the trap that a statement is, or "".
func trapStatement(s syntax.Stmt) string {
	if x, ok := s.(*syntax.ExprStmt); ok {
		return trapCall(x.X)
	}
	return ""
}

func trapCall(x syntax.Expr) string {
	call, ok := x.(*syntax.Call)
	if !ok {
		return ""
	}
	name := calleeName(call)
	if t, ok := arch.TrapNamed(name); ok && t.When == arch.Always {
		return name
	}
	return ""
}

// DefinitionMeaning returns the meaning of a definition as it stands in a
// file, macros unexpanded. It reads the definition's lines as a fragment.
func DefinitionMeaning(cache *cpp.Cache, f *source.File, d Definition) Meaning {
	if d.Macro {
		return macroMeaning(cache, f, d)
	}
	text := lines(f, d.First, d.Last)
	piece := cache.Set.Add(fmt.Sprintf("%s#L%d", f.Path, d.First), text)
	file, _ := syntax.ParseFragment(cache, piece)
	def := file.Func(d.Name)
	if def == nil {
		return Meaning{Text: "cannot be read"}
	}
	m := FunctionMeaning(file, def)
	if _, err := file.Body(def); err != nil && len(cache.Lex(piece).Conditionals()) > 0 {
		m.Text = "differs by configuration in its body"
	}
	return m
}

func lines(f *source.File, first, last int) []byte {
	var out []byte
	for n := first; n <= last; n++ {
		out = append(append(out, f.LineText(n)...), '\n')
	}
	return out
}

// macroMeaning reads the replacement list of a macro as a function body.
func macroMeaning(cache *cpp.Cache, f *source.File, d Definition) Meaning {
	params, body, _ := strings.Cut(d.Text, " = ")
	if body == "" {
		return Meaning{Kind: Empty, Text: "does nothing"}
	}
	args := "void"
	if params != "" {
		args = "int " + strings.ReplaceAll(params, " , ", ", int ")
	}
	for _, shape := range []string{"int m(%s) {\n\treturn %s;\n}\n", "int m(%s) {\n\t%s;\n}\n"} {
		piece := cache.Set.Add(fmt.Sprintf("%s#L%d", f.Path, d.First), fmt.Appendf(nil, shape, args, body))
		file, errs := syntax.ParseFragment(cache, piece)
		if def := file.Func("m"); def != nil && len(errs) == 0 {
			if m := FunctionMeaning(file, def); !strings.HasPrefix(m.Text, "cannot be read") {
				return m.asMacro()
			}
		}
	}
	return Meaning{Text: "expands to " + shorten(body, 60)}
}

func (m Meaning) asMacro() Meaning {
	if rest, ok := strings.CutPrefix(m.Text, "returns "); ok {
		m.Text = "is " + rest
	}
	return m
}
