package syntax

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Precedences, loosest first. Binary operators lie between precCond and
// precCast.
const (
	precComma = iota
	precAssign
	precCond
	precBinary // plus the operator's own level, 1 to 10
	precCast   = precBinary + 11
	precUnary  = precCast + 1
	precPost   = precUnary + 1
)

func (o Op) level() int {
	switch o {
	case LogOr:
		return 1
	case LogAnd:
		return 2
	case Or:
		return 3
	case Xor:
		return 4
	case And:
		return 5
	case Eq, Ne:
		return 6
	case Lt, Le, Gt, Ge:
		return 7
	case Shl, Shr:
		return 8
	case Add, Sub:
		return 9
	}
	return 10
}

// String returns the operator as C spells it.
func (o Op) String() string {
	switch o {
	case Add, Plus:
		return "+"
	case Sub, Minus:
		return "-"
	case Mul, Deref:
		return "*"
	case Div:
		return "/"
	case Rem:
		return "%"
	case And, AddrOf:
		return "&"
	case Or:
		return "|"
	case Xor:
		return "^"
	case Shl:
		return "<<"
	case Shr:
		return ">>"
	case LogAnd:
		return "&&"
	case LogOr:
		return "||"
	case Eq:
		return "=="
	case Ne:
		return "!="
	}
	return o.otherString()
}

func (o Op) otherString() string {
	switch o {
	case Lt:
		return "<"
	case Le:
		return "<="
	case Gt:
		return ">"
	case Ge:
		return ">="
	case Not:
		return "!"
	case BitNot:
		return "~"
	case Inc:
		return "++"
	case Dec:
		return "--"
	case RealPart:
		return "__real__ "
	case ImagPart:
		return "__imag__ "
	}
	return ""
}

// precedence returns how tightly the outermost operator of x binds.
func precedence(x Expr) int {
	switch x := x.(type) {
	case *Comma:
		return precComma
	case *Assign:
		return precAssign
	case *Cond:
		return precCond
	case *Binary:
		return precBinary + x.Op.level()
	case *Cast:
		return precCast
	case *Unary, *Sizeof, *LabelAddr:
		return precUnary
	}
	return precPost
}

// expr writes x, in parentheses if it binds looser than least.
func (p *printer) expr(x Expr, least int) {
	if precedence(x) < least {
		p.put("(")
		p.bare(x)
		p.put(")")
		return
	}
	p.bare(x)
}

func (p *printer) bare(x Expr) {
	switch x := x.(type) {
	case *Ident:
		p.put(x.Name)
	case *IntLit:
		p.put(x.Text)
	case *FloatLit:
		p.put(x.Text)
	case *CharLit:
		p.charLit(x)
	case *StringLit:
		p.stringLit(x)
	case *Unary:
		p.unary(x)
	case *Postfix:
		p.expr(x.X, precPost)
		p.put(x.Op.String())
	case *Binary:
		level := precBinary + x.Op.level()
		p.expr(x.X, level)
		p.put(" ", x.Op.String(), " ")
		p.expr(x.Y, level+1)
	case *Assign:
		p.expr(x.L, precCond)
		p.put(" ", x.Op.String(), "= ")
		p.expr(x.R, precAssign)
	case *Cond:
		p.cond(x)
	case *Comma:
		p.expr(x.X, precComma)
		p.put(", ")
		p.expr(x.Y, precAssign)
	case *Index:
		p.expr(x.X, precPost)
		p.put("[")
		p.expr(x.I, precComma)
		p.put("]")
	case *Member:
		p.member(x)
	case *Call:
		p.expr(x.Fun, precPost)
		p.arguments(x.Args)
	default:
		p.typedExpr(x)
	}
}

// typedExpr writes the expressions that contain types, blocks or lists.
func (p *printer) typedExpr(x Expr) {
	switch x := x.(type) {
	case *Cast:
		p.parenType(x.To)
		p.expr(x.X, precCast)
	case *CompoundLit:
		p.parenType(x.Of)
		p.bare(x.Init)
	case *Sizeof:
		p.sizeof(x)
	case *StmtExpr:
		p.put("(")
		p.block(x.Body)
		p.put(")")
	case *LabelAddr:
		p.put("&&", x.Name)
	case *InitList:
		p.initList(x)
	default:
		p.builtin(x)
	}
}

func (p *printer) builtin(x Expr) {
	switch x := x.(type) {
	case *Generic:
		p.generic(x)
	case *Offsetof:
		p.put("__builtin_offsetof(")
		p.typeName(x.Of)
		p.put(", ", x.Path[0].Field)
		p.path(x.Path[1:])
		p.put(")")
	case *TypesCompatible:
		p.put("__builtin_types_compatible_p(")
		p.typeName(x.A)
		p.put(", ")
		p.typeName(x.B)
		p.put(")")
	case *ChooseExpr:
		p.put("__builtin_choose_expr")
		p.arguments([]Expr{x.C, x.T, x.F})
	case *HasAttribute:
		p.hasAttribute(x)
	case *VaArg:
		p.put("__builtin_va_arg(")
		p.expr(x.X, precAssign)
		p.put(", ")
		p.typeName(x.Of)
		p.put(")")
	}
}

// unary writes a prefix operator, kept apart from an operator behind it that
// it would run together with.
func (p *printer) unary(x *Unary) {
	p.put(x.Op.String())
	least := precCast
	if x.Op == Inc || x.Op == Dec {
		least = precUnary
	}
	if op := x.Op.String(); strings.Contains("+-&", op[:1]) && strings.HasPrefix(prefix(x.X), op[:1]) {
		p.put(" ")
	}
	p.expr(x.X, least)
}

// prefix returns the operator that x is written with in front.
func prefix(x Expr) string {
	switch x := x.(type) {
	case *Unary:
		return x.Op.String()
	case *LabelAddr:
		return "&&"
	}
	return ""
}

func (p *printer) cond(x *Cond) {
	p.expr(x.C, precBinary)
	p.put(" ?")
	if x.T != nil {
		p.put(" ")
		p.expr(x.T, precComma)
		p.put(" ")
	}
	p.put(": ")
	p.expr(x.F, precCond)
}

func (p *printer) member(x *Member) {
	p.expr(x.X, precPost)
	if x.Arrow {
		p.put("->", x.Name)
	} else {
		p.put(".", x.Name)
	}
}

func (p *printer) arguments(args []Expr) {
	p.put("(")
	for i, a := range args {
		if i > 0 {
			p.put(", ")
		}
		p.expr(a, precAssign)
	}
	p.put(")")
}

func (p *printer) parenType(t TypeExpr) {
	p.put("(")
	p.typeName(t)
	p.put(")")
}

func (p *printer) sizeof(x *Sizeof) {
	if x.Align {
		p.put("_Alignof")
	} else {
		p.put("sizeof")
	}
	if x.Of != nil {
		p.parenType(x.Of)
		return
	}
	p.put(" ")
	p.expr(x.X, precUnary)
}

func (p *printer) generic(x *Generic) {
	p.put("_Generic(")
	p.expr(x.X, precAssign)
	for _, a := range x.Assocs {
		p.put(", ")
		if a.Of == nil {
			p.put("default")
		} else {
			p.typeName(a.Of)
		}
		p.put(": ")
		p.expr(a.X, precAssign)
	}
	p.put(")")
}

func (p *printer) hasAttribute(x *HasAttribute) {
	p.put("__builtin_has_attribute(")
	if x.Of != nil {
		p.typeName(x.Of)
	} else {
		p.expr(x.X, precAssign)
	}
	p.put(", ")
	p.attrName(&x.Attr)
	p.put(")")
}

func (p *printer) initList(x *InitList) {
	if len(x.Items) == 0 {
		p.put("{}")
		return
	}
	p.put("{ ")
	for i, item := range x.Items {
		if i > 0 {
			p.put(", ")
		}
		p.path(item.Path)
		if len(item.Path) > 0 {
			p.put(" = ")
		}
		p.expr(item.Value, precAssign)
	}
	p.put(" }")
}

func (p *printer) path(path []Designator) {
	for _, d := range path {
		if d.Field != "" {
			p.put(".", d.Field)
			continue
		}
		p.put("[")
		p.expr(d.Lo, precAssign)
		if d.Hi != nil {
			p.put(" ... ")
			p.expr(d.Hi, precAssign)
		}
		p.put("]")
	}
}

func (p *printer) charLit(x *CharLit) {
	p.put(x.Prefix, "'")
	switch {
	case x.Multi:
		bytes := binary.BigEndian.AppendUint32(nil, uint32(x.Value))
		for len(bytes) > 2 && bytes[0] == 0 {
			bytes = bytes[1:]
		}
		for _, b := range bytes {
			p.byteEscaped(b, '\'')
		}
	case x.Prefix == "" || x.Prefix == "u8":
		p.byteEscaped(byte(x.Value), '\'')
	default:
		p.wideEscaped(uint32(x.Value), '\'')
	}
	p.put("'")
}

func (p *printer) stringLit(x *StringLit) {
	if x.Prefix == "" || x.Prefix == "u8" {
		p.put(x.Prefix)
		p.quoted(x.Value)
		return
	}
	p.put(x.Prefix, `"`)
	for i := 0; i+4 <= len(x.Value); i += 4 {
		if p.wideEscaped(binary.LittleEndian.Uint32(x.Value[i:]), '"') {
			p.put(`" `, x.Prefix, `"`)
		}
	}
	p.put(`"`)
}

// quoted writes a plain string literal.
func (p *printer) quoted(value []byte) {
	p.put(`"`)
	for _, b := range value {
		p.byteEscaped(b, '"')
	}
	p.put(`"`)
}

func (p *printer) byteEscaped(b byte, quote byte) {
	switch {
	case b == quote || b == '\\':
		p.put(`\`, string(rune(b)))
	case b == '\n':
		p.put(`\n`)
	case b == '\t':
		p.put(`\t`)
	case b < ' ' || b > '~':
		fmt.Fprintf(p, `\%03o`, b)
	default:
		p.WriteByte(b)
	}
}

// wideEscaped writes one element of a wide literal and reports whether a hex
// digit behind it would be taken for a part of it.
func (p *printer) wideEscaped(u uint32, quote byte) bool {
	switch {
	case u < utf8.RuneSelf:
		p.byteEscaped(byte(u), quote)
	case u <= utf8.MaxRune && utf8.ValidRune(rune(u)):
		fmt.Fprintf(p, `\U%08x`, u)
	default:
		fmt.Fprintf(p, `\x%x`, u)
		return true
	}
	return false
}
