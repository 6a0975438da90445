package bits

import (
	"fmt"
	"strings"
)

// CText renders a term as a C expression that a person can read: masks instead
// of extracted bits, no casts where the width does not matter. A value that is
// not known is shown as its reason. What is larger than limit bytes is cut off
// with "…".
func CText(t Term, limit int) string {
	w := cWriter{limit: limit}
	w.term(t, false)
	return strings.TrimSpace(w.out.String())
}

type cWriter struct {
	out   strings.Builder
	limit int
}

func (w *cWriter) put(format string, args ...any) {
	if w.out.Len() <= w.limit {
		fmt.Fprintf(&w.out, format, args...)
	}
}

var cOps = [...]string{
	OpAnd: "&", OpOr: "|", OpXor: "^", OpAdd: "+", OpSub: "-", OpMul: "*",
	OpUDiv: "/", OpURem: "%", OpSDiv: "/", OpSRem: "%", OpShl: "<<", OpLShr: ">>", OpAShr: ">>",
	OpEq: "==", OpUlt: "<", OpUle: "<=", OpSlt: "<", OpSle: "<=",
}

// truthOps are the operators of truth values, terms of width 1.
var truthOps = [...]string{OpAnd: "&&", OpOr: "||", OpXor: "!="}

func (w *cWriter) open(inner bool) {
	if inner {
		w.put("(")
	}
}

func (w *cWriter) close(inner bool) {
	if inner {
		w.put(")")
	}
}

// term writes t. inner asks for parentheses around what is more than one word.
func (w *cWriter) term(t Term, inner bool) {
	if w.out.Len() > w.limit {
		if !strings.HasSuffix(w.out.String(), "…") {
			w.out.WriteString("…")
		}
		return
	}
	switch t.Op() {
	case OpConst:
		w.constant(t)
	case OpVar:
		if r := t.Reason(); r != "" {
			w.put("(not known: %s)", r)
		} else {
			w.put("%s", t.Name())
		}
	case OpZExt:
		w.term(t.Args()[0], inner)
	case OpNot:
		w.not(t.Args()[0], inner)
	default:
		w.open(inner)
		w.operation(t)
		w.close(inner)
	}
}

func (w *cWriter) constant(t Term) {
	hi, lo, _ := t.Uint128()
	switch {
	case hi != 0:
		w.put("%#x%016x", hi, lo)
	case lo < 10:
		w.put("%d", lo)
	default:
		w.put("%#x", lo)
	}
}

// not writes !x or ~x; of a comparison its opposite.
func (w *cWriter) not(x Term, inner bool) {
	args := x.Args()
	switch {
	case x.Op() == OpEq && x.Width() == 1 && !isField(args[0]) && !isField(args[1]):
		w.open(inner)
		w.term(args[0], true)
		w.put(" != ")
		w.term(args[1], true)
		w.close(inner)
	case x.Width() == 1:
		w.put("!")
		w.term(x, true)
	default:
		w.put("~")
		w.term(x, true)
	}
}

// isField reports whether t is some of the bits of something, in place.
func isField(t Term) bool { return t.Op() == OpExtract && t.Width() < 64 && t.Low() > 0 }

func (w *cWriter) operation(t Term) {
	args := t.Args()
	switch t.Op() {
	case OpExtract:
		w.extract(t)
	case OpEq:
		w.equal(args[0], args[1])
	case OpIte:
		w.term(args[0], true)
		w.put(" ? ")
		w.term(args[1], true)
		w.put(" : ")
		w.term(args[2], true)
	case OpConcat:
		w.term(args[0], true)
		w.put(" << %d | ", args[1].Width())
		w.term(args[1], true)
	case OpSExt:
		w.put("(s%d)", t.Width())
		w.signed(args[0])
	case OpSDiv, OpSRem, OpSlt, OpSle, OpAShr:
		w.signed(args[0])
		w.put(" %s ", cOps[t.Op()])
		if t.Op() == OpAShr {
			w.term(args[1], true)
		} else {
			w.signed(args[1])
		}
	default:
		op := cOps[t.Op()]
		if t.Width() == 1 && t.Op() <= OpXor {
			op = truthOps[t.Op()]
		}
		w.term(args[0], true)
		w.put(" %s ", op)
		w.term(args[1], true)
	}
}

func (w *cWriter) signed(t Term) {
	w.put("(s%d)", t.Width())
	w.term(t, true)
}

// extract writes bits of x as they lie, or all of its low ones as a cast.
func (w *cWriter) extract(t Term) {
	x, n := t.Args()[0], t.Width()
	switch {
	case t.Low() == 0 && (n == 8 || n == 16 || n == 32 || n == 64):
		w.put("(u%d)", n)
		w.term(x, true)
	case n == 1 && t.Low() < 64:
		w.term(x, true)
		w.put(" & %#x", uint64(1)<<t.Low())
	default:
		w.term(x, true)
		if t.Low() > 0 {
			w.put(" >> %d", t.Low())
		}
		if t.Low()+n < x.Width() && n < 64 {
			w.put(" & %#x", uint64(1)<<n-1)
		}
	}
}

// equal writes a comparison; some bits of x are compared in place.
func (w *cWriter) equal(x, y Term) {
	if x.IsConst() {
		x, y = y, x
	}
	v, ok := y.Uint64()
	if ok && isField(x) && x.Low()+x.Width() <= 64 {
		mask := (uint64(1)<<x.Width() - 1) << x.Low()
		if v == 0 {
			w.put("!(")
			w.term(x.Args()[0], true)
			w.put(" & %#x)", mask)
			return
		}
		w.put("(")
		w.term(x.Args()[0], true)
		w.put(" & %#x) == %#x", mask, v<<x.Low())
		return
	}
	w.term(x, true)
	w.put(" == ")
	w.term(y, true)
}
