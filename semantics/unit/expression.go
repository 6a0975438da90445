package unit

import (
	"context"
	"errors"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// parseExpr returns a function that parses text as an expression at the end
// of the unit, with the macros in force there.
func (u *Unit) parseExpr(cache *cpp.Cache, opt *cpp.Options) func(text string) (syntax.Expr, error) {
	return func(text string) (syntax.Expr, error) {
		f := cache.Set.Add("<expression>", []byte(text))
		tail, err := u.Cpp.Tail(context.Background(), cache, f, opt)
		if err != nil {
			return nil, err
		}
		if len(tail.Errors) > 0 {
			errs := make([]error, len(tail.Errors))
			for i, e := range tail.Errors {
				errs[i] = e
			}
			return nil, errors.Join(errs...)
		}
		return u.File.ParseExpr(tail)
	}
}
