package syntax

// typeName writes a type without a name.
func (p *printer) typeName(t TypeExpr) { p.declare(t, "") }

// declare writes a type with the name it declares.
func (p *printer) declare(t TypeExpr, name string) {
	base := baseOf(t)
	p.base(base)
	if text := declText(t, name, base); text != "" {
		p.put(" ", text)
	}
}

// baseOf returns what the specifiers of a declaration of type t say: the end
// of its chain of pointers, arrays and functions.
func baseOf(t TypeExpr) TypeExpr {
	for {
		switch x := t.(type) {
		case *Pointer:
			t = x.Elem
		case *Array:
			t = x.Elem
		case *Func:
			t = x.Result
		case *Qualified:
			if !derived(x.Elem) {
				return t
			}
			t = x.Elem
		default:
			return t
		}
	}
}

// derived reports whether declarators, not specifiers, make t.
func derived(t TypeExpr) bool {
	switch x := t.(type) {
	case *Pointer, *Array, *Func:
		return true
	case *Qualified:
		return derived(x.Elem)
	}
	return false
}

// declText returns the declarator that makes t of base around inner.
func declText(t TypeExpr, inner string, base TypeExpr) string {
	for t != nil && t != base {
		switch x := t.(type) {
		case *Pointer:
			inner, t = pointerText("*", inner, x.Elem), x.Elem
		case *Array:
			inner, t = inner+arrayText(x), x.Elem
		case *Func:
			inner, t = inner+paramsText(x), x.Result
		case *Qualified:
			if ptr, ok := x.Elem.(*Pointer); ok {
				inner, t = pointerText("*"+qualsText(x), inner, ptr.Elem), ptr.Elem
				continue
			}
			inner, t = "("+trimLeft(qualsText(x))+spaced(inner)+")", x.Elem
		default:
			return inner
		}
	}
	return inner
}

// pointerText prefixes inner with a star and its qualifiers, in parentheses
// where an array or function suffix follows.
func pointerText(star, inner string, elem TypeExpr) string {
	if len(star) > 1 {
		inner = spaced(inner)
	}
	switch elem.(type) {
	case *Array, *Func:
		return "(" + star + inner + ")"
	}
	return star + inner
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

func trimLeft(s string) string {
	if s != "" && s[0] == ' ' {
		return s[1:]
	}
	return s
}

// qualsText returns qualifiers and attributes, each behind a space.
func qualsText(q *Qualified) string {
	var p printer
	for i, name := range qualNames() {
		if q.Quals&(1<<i) != 0 {
			p.put(" ", name)
		}
	}
	p.attrsAfter(q.Attrs)
	return p.String()
}

// qualNames lists the keywords of the qualifier bits in their order.
func qualNames() []string {
	return []string{"const", "volatile", "restrict", "_Atomic", "__seg_gs", "__seg_fs"}
}

func arrayText(a *Array) string {
	var p printer
	p.put("[")
	for i, name := range qualNames() {
		if a.Quals&(1<<i) != 0 {
			p.put(name, " ")
		}
	}
	if a.Len != nil {
		p.expr(a.Len, precAssign)
	}
	p.put("]")
	return p.String()
}

func paramsText(f *Func) string {
	var p printer
	p.put("(")
	for i, param := range f.Params {
		if i > 0 {
			p.put(", ")
		}
		p.param(param)
	}
	switch {
	case f.Variadic && len(f.Params) > 0:
		p.put(", ...")
	case f.Variadic:
		p.put("...")
	case len(f.Params) == 0 && !f.NoProto:
		p.put("void")
	}
	p.put(")")
	return p.String()
}

func (p *printer) param(param *Param) {
	p.attrsBefore(param.Attrs)
	if param.Type == nil {
		p.put(param.Name)
		return
	}
	p.declare(param.Type, param.Name)
}

// base writes what declaration specifiers can say.
func (p *printer) base(t TypeExpr) {
	switch t := t.(type) {
	case *Basic:
		p.put(t.Kind.String())
	case *Named:
		p.put(t.Name)
	case *Record:
		p.record(t)
	case *Enum:
		p.enum(t)
	case *Typeof:
		p.typeof(t)
	case *Qualified:
		p.put(trimLeft(qualsText(t)), " ")
		p.base(t.Elem)
	default:
		p.typeName(t)
	}
}

func (p *printer) typeof(t *Typeof) {
	if t.Unqual {
		p.put("typeof_unqual(")
	} else {
		p.put("typeof(")
	}
	if t.Of != nil {
		p.typeName(t.Of)
	} else {
		p.expr(t.X, precComma)
	}
	p.put(")")
}

func (p *printer) record(r *Record) {
	if r.Union {
		p.put("union")
	} else {
		p.put("struct")
	}
	p.attrsAfter(r.Attrs)
	p.put(spaced(r.Tag))
	if !r.Body {
		return
	}
	if len(r.Fields)+len(r.Asserts) == 0 {
		p.put(" {}")
		return
	}
	p.put(" {")
	p.indent++
	for _, f := range r.Fields {
		p.line()
		p.field(f)
	}
	for _, a := range r.Asserts {
		p.line()
		p.staticAssert(a)
	}
	p.indent--
	p.line()
	p.put("}")
}

func (p *printer) field(f *Field) {
	p.attrsBefore(f.Attrs)
	p.declare(f.Type, f.Name)
	if f.Width != nil {
		p.put(" : ")
		p.expr(f.Width, precCond)
	}
	p.put(";")
}

func (p *printer) enum(e *Enum) {
	p.put("enum")
	p.attrsAfter(e.Attrs)
	p.put(spaced(e.Tag))
	if !e.Body {
		return
	}
	p.put(" {")
	p.indent++
	for _, item := range e.Items {
		p.line()
		p.enumerator(item)
		p.put(",")
	}
	p.indent--
	p.line()
	p.put("}")
}

func (p *printer) enumerator(e *Enumerator) {
	p.put(e.Name)
	p.attrsAfter(e.Attrs)
	if e.Value != nil {
		p.put(" = ")
		p.expr(e.Value, precCond)
	}
}

// String returns the kind as C spells it.
func (k BasicKind) String() string {
	switch k {
	case Void:
		return "void"
	case Bool:
		return "_Bool"
	case CharPlain:
		return "char"
	case SChar:
		return "signed char"
	case UChar:
		return "unsigned char"
	case Short:
		return "short"
	case UShort:
		return "unsigned short"
	case Int:
		return "int"
	case UInt:
		return "unsigned int"
	case Long:
		return "long"
	case ULong:
		return "unsigned long"
	case LongLong:
		return "long long"
	case ULongLong:
		return "unsigned long long"
	}
	return k.rareString()
}

func (k BasicKind) rareString() string {
	switch k {
	case Int128:
		return "__int128"
	case UInt128:
		return "unsigned __int128"
	case Float:
		return "float"
	case Double:
		return "double"
	case LongDouble:
		return "long double"
	case Float128:
		return "_Float128"
	case VaList:
		return "__builtin_va_list"
	case Auto:
		return "__auto_type"
	}
	return "?"
}
