package syntax

import (
	"strings"

	"ptreview/parse/cpp"
)

// specs is what stands before the first declarator.
type specs struct {
	at      cpp.Loc
	storage Storage
	quals   Quals
	attrs   []Attr
	typ     TypeExpr // without the qualifiers
	size    int      // in tokens, those that nested declarators share counted for each
	base    TypeExpr // typ with its qualifiers, shared by all declarators
}

// full returns the type with qualifiers and attributes, for the places that
// have no declaration to hang the attributes on.
func (s *specs) full() TypeExpr { return qualify(s.typ, s.quals, s.attrs, s.at) }

func qualify(t TypeExpr, quals Quals, attrs []Attr, at cpp.Loc) TypeExpr {
	if quals == 0 && len(attrs) == 0 {
		return t
	}
	q := &Qualified{Quals: quals, Attrs: attrs, Elem: t}
	q.At = At{at}
	return q
}

// The specifiers of arithmetic types are counted in two bits each, so that
// "long unsigned long" is one number whatever the order.
const (
	specVoid     = 1 << (2 * iota)
	specBool     // _Bool
	specChar     // char
	specShort    // short
	specInt      // int
	specLong     // long, up to twice
	specFloat    // float
	specDouble   // double
	specSigned   // signed
	specUnsigned // unsigned
	specInt128   // __int128
	specFloat128 // _Float128
	specAuto     // __auto_type
)

// basicKind combines counted specifiers.
func basicKind(sum uint32) (BasicKind, bool) {
	switch sum {
	case specVoid:
		return Void, true
	case specBool:
		return Bool, true
	case specChar:
		return CharPlain, true
	case specSigned | specChar:
		return SChar, true
	case specUnsigned | specChar:
		return UChar, true
	case specFloat:
		return Float, true
	case specDouble:
		return Double, true
	case specLong | specDouble:
		return LongDouble, true
	case specFloat128:
		return Float128, true
	case specAuto:
		return Auto, true
	}
	return integerKind(sum)
}

func integerKind(sum uint32) (BasicKind, bool) {
	unsigned := sum&specUnsigned != 0
	if unsigned && sum&specSigned != 0 {
		return 0, false
	}
	pick := func(s, u BasicKind) (BasicKind, bool) {
		if unsigned {
			return u, true
		}
		return s, true
	}
	switch sum &^ (specSigned | specUnsigned) {
	case 0, specInt:
		return pick(Int, UInt)
	case specShort, specShort | specInt:
		return pick(Short, UShort)
	case specLong, specLong | specInt:
		return pick(Long, ULong)
	case 2 * specLong, 2*specLong | specInt:
		return pick(LongLong, ULongLong)
	case specInt128:
		return pick(Int128, UInt128)
	}
	return 0, false
}

// basicSpec returns the counted form of an arithmetic type specifier, or 0.
func basicSpec(sym cpp.Sym) uint32 {
	switch sym {
	case cpp.KwVoid:
		return specVoid
	case cpp.KwBool:
		return specBool
	case cpp.KwChar:
		return specChar
	case cpp.KwShort:
		return specShort
	case cpp.KwInt:
		return specInt
	case cpp.KwLong:
		return specLong
	case cpp.KwFloat:
		return specFloat
	case cpp.KwDouble:
		return specDouble
	case cpp.KwSigned, cpp.KwSigned2, cpp.KwSigned3:
		return specSigned
	case cpp.KwUnsigned:
		return specUnsigned
	case cpp.KwInt128:
		return specInt128
	case cpp.KwFloat128, cpp.KwFloat128GNU:
		return specFloat128
	case cpp.KwAutoType:
		return specAuto
	}
	return 0
}

func storageSpec(sym cpp.Sym) Storage {
	switch sym {
	case cpp.KwTypedef:
		return Typedef
	case cpp.KwExtern:
		return Extern
	case cpp.KwStatic:
		return Static
	case cpp.KwAuto:
		return AutoStorage
	case cpp.KwRegister:
		return Register
	case cpp.KwInline, cpp.KwInline2, cpp.KwInline3:
		return Inline
	case cpp.KwNoreturn:
		return Noreturn
	case cpp.KwThreadLocal, cpp.KwThread:
		return ThreadLocal
	}
	return 0
}

func qualSpec(sym cpp.Sym) Quals {
	switch sym {
	case cpp.KwConst, cpp.KwConst2, cpp.KwConst3:
		return Const
	case cpp.KwVolatile, cpp.KwVolatile2, cpp.KwVolatile3:
		return Volatile
	case cpp.KwRestrict, cpp.KwRestrict2, cpp.KwRestrict3:
		return Restrict
	case cpp.KwAtomic:
		return Atomic
	case cpp.KwSegGS:
		return SegGS
	case cpp.KwSegFS:
		return SegFS
	}
	return 0
}

// specKeyword reports whether sym is a keyword that declaration specifiers
// can begin with, __extension__ and attributes apart.
func specKeyword(sym cpp.Sym) bool {
	switch sym {
	case cpp.KwStruct, cpp.KwUnion, cpp.KwEnum, cpp.KwAlignas, cpp.KwComplex, cpp.KwComplex2, cpp.KwComplex3:
		return true
	}
	return isTypeof(sym) || basicSpec(sym) != 0 || qualSpec(sym) != 0 || storageSpec(sym) != 0
}

func isTypeof(sym cpp.Sym) bool {
	switch sym {
	case cpp.KwTypeof, cpp.KwTypeof2, cpp.KwTypeof3, cpp.KwTypeofUnqual, cpp.KwTypeofUnqual2:
		return true
	}
	return false
}

// startsType reports whether the token n behind the current one begins a type
// name or declaration.
func (p *parser) startsType(n int) bool {
	t := p.peek(n)
	for isExtension(t.Sym) {
		n++
		t = p.peek(n)
	}
	if t.Kind != cpp.Ident {
		return false
	}
	if cpp.Keyword(t.Sym) {
		return specKeyword(t.Sym) || isAttribute(t.Sym)
	}
	return p.scope.isType(t.Sym) || p.guess && p.looksLikeType(n)
}

// namesType reports whether the current name is a type, where one is wanted.
func (p *parser) namesType() bool {
	return p.scope.isType(p.tok.Sym) || p.guessSpecifier()
}

// specifiers parses declaration specifiers. Without any type it fails.
func (p *parser) specifiers() specs {
	s := specs{at: p.loc()}
	start := p.pos + p.extra
	var sum uint32
	for p.tok.Kind == cpp.Ident {
		sym := p.tok.Sym
		if !cpp.Keyword(sym) {
			if s.typ != nil || sum != 0 || !p.namesType() {
				break
			}
			s.typ = p.named()
			continue
		}
		if bits := basicSpec(sym); bits != 0 {
			sum = p.addBasic(&s, sum, bits)
			continue
		}
		if !p.specifier(&s) {
			break
		}
	}
	p.finishSpecs(&s, sum)
	s.size = p.pos + p.extra - start
	s.base = qualify(s.typ, s.quals, nil, s.at)
	return s
}

// addBasic counts one arithmetic type specifier.
func (p *parser) addBasic(s *specs, sum, bits uint32) uint32 {
	if s.typ != nil || sum&(3*bits) == 3*bits {
		p.failHere("%s cannot be combined with the type before it", p.found())
		return sum
	}
	p.next()
	return sum + bits
}

// specifier parses one specifier that is no arithmetic type; false if the
// token is none.
func (p *parser) specifier(s *specs) bool {
	sym := p.tok.Sym
	if sym == cpp.KwAtomic && p.peek(1).Sym == cpp.LParen {
		p.next()
		p.setType(s, func() TypeExpr { return p.parenType() })
		s.quals |= Atomic
		return true
	}
	if bit := storageSpec(sym); bit != 0 {
		s.storage |= bit
		p.next()
		return true
	}
	if bit := qualSpec(sym); bit != 0 {
		s.quals |= bit
		p.next()
		return true
	}
	switch {
	case isExtension(sym):
		p.next()
	case isAttribute(sym):
		s.attrs = p.attributes(s.attrs)
	case sym == cpp.KwAlignas:
		s.attrs = append(s.attrs, p.alignas())
	case sym == cpp.KwStruct || sym == cpp.KwUnion:
		p.setType(s, func() TypeExpr { return p.record() })
	case sym == cpp.KwEnum:
		p.setType(s, func() TypeExpr { return p.enum() })
	case isTypeof(sym):
		p.setType(s, func() TypeExpr { return p.typeof() })
	case sym == cpp.KwComplex || sym == cpp.KwComplex2 || sym == cpp.KwComplex3:
		p.failHere("complex types are not supported")
	default:
		return false
	}
	return true
}

func (p *parser) setType(s *specs, parse func() TypeExpr) {
	if s.typ != nil {
		p.failHere("%s cannot be combined with the type before it", p.found())
		return
	}
	s.typ = parse()
}

// finishSpecs turns counted specifiers into a Basic and complains about
// missing and impossible types.
func (p *parser) finishSpecs(s *specs, sum uint32) {
	switch {
	case sum != 0 && s.typ != nil:
		p.fail(s.at, "two types in one declaration")
	case sum != 0:
		kind, ok := basicKind(sum)
		if !ok {
			p.fail(s.at, "no type has these specifiers")
			return
		}
		b := p.slabs.basics.put(Basic{Kind: kind})
		b.At = At{s.at}
		s.typ = b
	case s.typ == nil && p.tok.Kind == cpp.Ident && !cpp.Keyword(p.tok.Sym):
		p.failHere("unknown type name %s", p.found())
	case s.typ == nil:
		p.failHere("expected a type, found %s", p.found())
	}
}

// named parses a typedef name. The compiler's own typedefs are basic types.
func (p *parser) named() TypeExpr {
	at, name := p.loc(), p.text()
	p.next()
	if strings.HasPrefix(name, "__") {
		if kind, ok := builtinTypedef(name); ok {
			b := p.slabs.basics.put(Basic{Kind: kind})
			b.At = At{at}
			return b
		}
	}
	n := p.slabs.named.put(Named{Name: name})
	n.At = At{at}
	return n
}

// builtinTypedefs lists the type names that gcc declares by itself.
func builtinTypedefs() []string {
	return []string{"__builtin_va_list", "__int128_t", "__uint128_t"}
}

func builtinTypedef(name string) (BasicKind, bool) {
	switch name {
	case "__builtin_va_list":
		return VaList, true
	case "__int128_t":
		return Int128, true
	case "__uint128_t":
		return UInt128, true
	}
	return 0, false
}

// typeof parses typeof(expression) or typeof(type).
func (p *parser) typeof() TypeExpr {
	t := &Typeof{}
	t.At = At{p.loc()}
	switch p.tok.Sym {
	case cpp.KwTypeofUnqual, cpp.KwTypeofUnqual2:
		t.Unqual = true
	}
	p.next()
	p.enter()
	p.want(cpp.LParen)
	if p.startsType(0) {
		t.Of = p.typeName()
	} else {
		t.X = p.expr()
	}
	p.want(cpp.RParen)
	p.leave()
	return t
}

// parenType parses a type name in parentheses.
func (p *parser) parenType() TypeExpr {
	p.want(cpp.LParen)
	t := p.typeName()
	p.want(cpp.RParen)
	return t
}

// typeName parses a type without a declared name, as in a cast.
func (p *parser) typeName() TypeExpr {
	p.enter()
	defer p.leave()
	s := p.specifiers()
	if p.err == nil && s.storage != 0 {
		p.fail(s.at, "storage class in a type name")
	}
	d := p.declarator(s.full(), abstractName)
	return d.typ
}

// alignas parses _Alignas(expression) or _Alignas(type) as attribute aligned.
func (p *parser) alignas() Attr {
	a := Attr{Name: "aligned"}
	a.At = At{p.loc()}
	p.next()
	p.want(cpp.LParen)
	if p.startsType(0) {
		a.TypeArg = p.typeName()
	} else {
		a.Args = []Expr{p.conditional()}
	}
	p.want(cpp.RParen)
	return a
}
