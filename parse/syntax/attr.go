package syntax

import (
	"strings"

	"ptreview/parse/cpp"
)

func isAttribute(sym cpp.Sym) bool {
	return sym == cpp.KwAttribute || sym == cpp.KwAttribute2
}

func isExtension(sym cpp.Sym) bool { return sym == cpp.KwExtension }

// attributes appends any run of __attribute__((…)) to list.
func (p *parser) attributes(list []Attr) []Attr {
	for isAttribute(p.tok.Sym) {
		p.next()
		p.want(cpp.LParen)
		p.want(cpp.LParen)
		for p.tok.Kind == cpp.Ident || p.tok.Sym == cpp.Comma {
			if !p.got(cpp.Comma) {
				if list == nil {
					list = p.slabs.attrs.take(usualAttrs)[:0]
				}
				list = append(list, p.attribute())
			}
		}
		p.want(cpp.RParen)
		p.want(cpp.RParen)
	}
	return list
}

// usualAttrs is how many attributes an inline function of the kernel has.
const usualAttrs = 3

// attribute parses one attribute with its arguments.
func (p *parser) attribute() Attr {
	a := Attr{Name: attrName(p.text())}
	a.At = At{p.loc()}
	p.next()
	if p.got(cpp.LParen) {
		p.attrArgs(&a)
		p.want(cpp.RParen)
	}
	if p.err == nil && p.tok.Sym != cpp.Comma && p.tok.Sym != cpp.RParen {
		p.failHere("expected ',' or ')' after attribute %s, found %s", a.Name, p.found())
	}
	return a
}

func (p *parser) attrArgs(a *Attr) {
	if p.tok.Sym == cpp.RParen {
		return
	}
	p.enter()
	defer p.leave()
	for {
		if p.startsType(0) && a.TypeArg == nil {
			a.TypeArg = p.typeName()
		} else {
			a.Args = append(a.Args, p.assign())
		}
		if !p.got(cpp.Comma) {
			return
		}
	}
}

// attrName drops the underscores that keep attributes out of the way of
// macros: __aligned__ is aligned.
func attrName(name string) string {
	if trimmed := strings.Trim(name, "_"); trimmed != "" {
		return trimmed
	}
	return name
}

// maxAttrTokens bounds how far skipAttributes looks ahead for the end of one
// attribute specifier.
const maxAttrTokens = 2000

// skipAttributes returns the first index from n on, counted from the current token,
// that is no attribute specifier.
func (p *parser) skipAttributes(n int) int {
	for isAttribute(p.peek(n).Sym) {
		end := p.matching(p.pos+n, maxAttrTokens)
		if end < 0 {
			return n
		}
		n = end + 1 - p.pos
	}
	return n
}
