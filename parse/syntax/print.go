package syntax

import (
	"io"
	"strings"
)

// Print writes n as C. The text parses to an equal tree, positions apart,
// where the same typedef names are visible; white space, parentheses that
// mean nothing and the spelling of keywords are not those of the source. A
// FuncDef is written as a prototype, because its body belongs to the File.
func Print(w io.Writer, n Node) error {
	var p printer
	p.node(n)
	_, err := io.WriteString(w, p.String())
	return err
}

// Print writes all declarations with their bodies as C. It fails for a body
// that does not parse.
func (f *File) Print(w io.Writer) error {
	var p printer
	for _, d := range f.Decls() {
		fn, ok := d.(*FuncDef)
		if !ok {
			p.decl(d)
			p.line()
			continue
		}
		body, err := f.Body(fn)
		if err != nil {
			return err
		}
		p.funcHeader(fn)
		p.put(" ")
		p.block(body)
		p.line()
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// ExprString returns x as C.
func ExprString(x Expr) string {
	var p printer
	p.expr(x, precComma)
	return p.String()
}

// TypeString returns t as C, as in a cast.
func TypeString(t TypeExpr) string {
	var p printer
	p.typeName(t)
	return p.String()
}

// printer collects text; indent is the block depth.
type printer struct {
	strings.Builder
	indent int
}

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

func (p *printer) line() {
	p.WriteByte('\n')
	for range p.indent {
		p.WriteByte('\t')
	}
}

func (p *printer) node(n Node) {
	switch n := n.(type) {
	case Expr:
		p.expr(n, precComma)
	case TypeExpr:
		p.typeName(n)
	case Decl:
		p.decl(n)
	case Stmt:
		p.stmt(n)
	case *Field:
		p.field(n)
	case *Enumerator:
		p.enumerator(n)
	case *Param:
		p.param(n)
	case *Declarator:
		p.declare(n.Type, n.Name)
	case *Attr:
		p.attr(n)
	}
}

func (p *printer) decl(d Decl) {
	switch d := d.(type) {
	case *Declaration:
		p.declaration(d)
	case *FuncDef:
		p.funcHeader(d)
		p.put(";")
	case *StaticAssert:
		p.staticAssert(d)
	case *TopAsm:
		p.put("asm(")
		p.quoted(d.Template)
		p.put(");")
	case *BadDecl:
		p.put("/* not understood */")
	}
}

func (p *printer) declaration(d *Declaration) {
	p.storage(d.Storage)
	p.attrsBefore(d.Attrs)
	p.base(d.Base)
	for i, v := range d.Vars {
		if i > 0 {
			p.put(",")
		}
		p.put(" ", declText(v.Type, v.Name, d.Base))
		if v.AsmName != "" {
			p.put(" asm(")
			p.quoted([]byte(v.AsmName))
			p.put(")")
		}
		p.attrsAfter(v.Attrs)
		if v.Init != nil {
			p.put(" = ")
			p.expr(v.Init, precAssign)
		}
	}
	p.put(";")
}

func (p *printer) funcHeader(fn *FuncDef) {
	p.storage(fn.Storage)
	p.attrsBefore(fn.Attrs)
	p.declare(fn.Type, fn.Name)
}

func (p *printer) staticAssert(s *StaticAssert) {
	p.put("_Static_assert(")
	p.expr(s.Cond, precCond)
	if s.Message != nil {
		p.put(", ")
		p.quoted(s.Message)
	}
	p.put(");")
}

// storageNames pairs the storage bits, in the order they are printed, with
// their keywords.
func storageNames() []string {
	return []string{"typedef", "extern", "static", "auto", "register", "inline", "_Noreturn", "_Thread_local"}
}

func (p *printer) storage(s Storage) {
	for i, name := range storageNames() {
		if s&(1<<i) != 0 {
			p.put(name, " ")
		}
	}
}

func (p *printer) attrsBefore(list []Attr) {
	for i := range list {
		p.attr(&list[i])
		p.put(" ")
	}
}

func (p *printer) attrsAfter(list []Attr) {
	for i := range list {
		p.put(" ")
		p.attr(&list[i])
	}
}

func (p *printer) attr(a *Attr) {
	p.put("__attribute__((")
	p.attrName(a)
	p.put("))")
}

// attrName writes an attribute as it stands in a list of them.
func (p *printer) attrName(a *Attr) {
	if long := "__" + a.Name + "__"; attrName(long) == a.Name {
		p.put(long)
	} else {
		p.put(a.Name)
	}
	if len(a.Args) > 0 || a.TypeArg != nil {
		p.put("(")
		if a.TypeArg != nil {
			p.typeName(a.TypeArg)
		}
		for i, x := range a.Args {
			if i > 0 || a.TypeArg != nil {
				p.put(", ")
			}
			p.expr(x, precAssign)
		}
		p.put(")")
	}
}
