package unit

import (
	"errors"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// parseExpr returns a function that parses text as an expression at the end
// of the unit, with the macros in force there.
func (u *Unit) parseExpr(cache *cpp.Cache, opaque []string) func(text string) (syntax.Expr, error) {
	return func(text string) (syntax.Expr, error) {
		return nil, errors.New("expressions from text: not yet")
	}
}
