package syntax

import "ptreview/parse/cpp"

// ParseExpr parses tail, which cpp.Unit.Tail made of text at the end of the
// file's unit, as one expression. The file's typedefs are known in it. The
// error is an *Error or an ErrorList.
func (f *File) ParseExpr(tail *cpp.Unit) (Expr, error) {
	p := newParser(tail, 0, tokenCount(tail), f.opt.MaxDepth)
	p.scope = scope{file: f.typedefs, before: len(f.Unit.Tokens), levels: 1}
	x := p.expr()
	if p.err == nil && p.tok.Kind != cpp.EOF {
		p.failHere("expected the end of the expression, found %s", p.found())
	}
	if p.err != nil {
		p.errs = append(p.errs, p.takeError())
	}
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	return x, nil
}
