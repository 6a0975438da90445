package facts

import (
	"bytes"
	"context"
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/semantics/unit"
)

// made returns the unit in which a macro at file scope defines a function that
// no file spells: DECLARE_VM_GET_PAGE_PROT makes vm_get_page_prot().
func (p *TreeProgram) made(ctx context.Context, from *unit.Unit, name string) (*unit.Unit, error) {
	makers := makersOf(from.Cpp, name)
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.maker[name]
	if !ok && len(makers) > 0 {
		l.unit, l.err = p.searchMade(ctx, makers, name)
		if ctx.Err() == nil {
			p.maker[name] = l
		}
	}
	if l.unit == nil && l.err == nil {
		return nil, fmt.Errorf("%s: %w", name, ErrNoDefinition)
	}
	return l.unit, l.err
}

func (p *TreeProgram) searchMade(ctx context.Context, makers []string, name string) (*unit.Unit, error) {
	for root := range p.roots() {
		files, err := p.folder(root)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			data, err := source.ReadShared(p.Tree, file)
			if err != nil {
				return nil, err
			}
			if !usesAtFileScope(data, makers) || !p.Compiles(file) {
				continue
			}
			u, err := p.Reader.Read(ctx, p.Tree, p.Class, file)
			if err != nil {
				return nil, err
			}
			if defines(u.File, name) {
				return u, nil
			}
		}
	}
	return nil, nil
}

// makersOf lists the macros of a unit whose text has a function of that name
// with a body.
func makersOf(u *cpp.Unit, name string) []string {
	var list []string
	for _, m := range u.Macros() {
		if bodyDefines(u.Names, m.Body, name) {
			list = append(list, m.Name)
		}
	}
	return list
}

func bodyDefines(names *cpp.Names, body []cpp.Token, name string) bool {
	for i, t := range body {
		if i == 0 || i+1 >= len(body) || t.Kind != cpp.Ident || body[i+1].Sym != cpp.LParen || names.String(t.Sym) != name {
			continue
		}
		depth := 0
		for k, t := range body[i+1:] {
			switch {
			case t.Kind != cpp.Punct:
			case t.Sym == cpp.LParen:
				depth++
			case t.Sym == cpp.RParen:
				depth--
				if next := i + 1 + k + 1; depth == 0 {
					return next < len(body) && body[next].Kind == cpp.Punct && body[next].Sym == cpp.LBrace
				}
			}
		}
	}
	return false
}

// usesAtFileScope reports whether a line begins with one of the words.
func usesAtFileScope(data []byte, words []string) bool {
	for _, w := range words {
		at := 0
		for {
			i := bytes.Index(data[at:], []byte(w))
			if i < 0 {
				break
			}
			i += at
			at = i + len(w)
			if (i == 0 || data[i-1] == '\n') && (at == len(data) || !isWordByte(data[at])) {
				return true
			}
		}
	}
	return false
}
