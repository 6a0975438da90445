package solve

import (
	"fmt"
	"math/rand"
	"os/exec"
	"strings"
	"testing"

	"ptreview/semantics/bits"
)

// z3Questions is how many questions are put to z3 as well.
const z3Questions = 240

// script is SMT-LIB text that asks several questions.
type script struct {
	strings.Builder
	names map[bits.Term]string
}

// ask writes the question whether t, of width 1, can hold.
func (s *script) ask(t bits.Term) {
	s.names = make(map[bits.Term]string)
	s.WriteString("(push)\n")
	name := s.name(t)
	fmt.Fprintf(s, "(assert (= %s #b1))\n(check-sat)\n(pop)\n", name)
}

// name defines t and what it is made of, and returns what it is called.
func (s *script) name(t bits.Term) string {
	if hi, lo, ok := t.Uint128(); ok {
		digits := fmt.Sprintf("%064b%064b", hi, lo)
		return "#b" + digits[128-t.Width():]
	}
	if name := s.names[t]; name != "" {
		return name
	}
	var args []string
	for _, a := range t.Args() {
		args = append(args, s.name(a))
	}
	name := fmt.Sprintf("t%d", len(s.names))
	s.names[t] = name
	if t.Op() == bits.OpVar {
		fmt.Fprintf(s, "(declare-const %s (_ BitVec %d))\n", name, t.Width())
		return name
	}
	fmt.Fprintf(s, "(define-fun %s () (_ BitVec %d) %s)\n", name, t.Width(), application(t, args))
	return name
}

// application writes an operator; conditions are numbers of one bit.
func application(t bits.Term, args []string) string {
	all := strings.Join(args, " ")
	switch op := t.Op(); op {
	case bits.OpExtract:
		return fmt.Sprintf("((_ extract %d %d) %s)", t.Low()+t.Width()-1, t.Low(), all)
	case bits.OpZExt, bits.OpSExt:
		return fmt.Sprintf("((_ %s %d) %s)", op, t.Width()-t.Args()[0].Width(), all)
	case bits.OpIte:
		return fmt.Sprintf("(ite (= %s #b1) %s %s)", args[0], args[1], args[2])
	case bits.OpEq, bits.OpUlt, bits.OpUle, bits.OpSlt, bits.OpSle:
		return fmt.Sprintf("(ite (%s %s) #b1 #b0)", op, all)
	default:
		return fmt.Sprintf("(%s %s)", op, all)
	}
}

// TestZ3 compares answers about random terms with those of z3.
func TestZ3(t *testing.T) {
	z3, err := exec.LookPath("z3")
	if err != nil {
		t.Skip("skipped: no z3, answers not compared")
	}
	r := rand.New(rand.NewSource(3))
	var s script
	s.WriteString("(set-option :timeout 300)\n")
	var answers []Answer
	var terms []bits.Term
	for n := range z3Questions {
		b, term := question(r, n)
		s.ask(term)
		solver := New()
		solver.Conflicts, solver.Gates = 500, 50_000
		a := solver.Check(term)
		if a == Possible {
			checkModel(t, b, term, solver.Model())
		}
		answers, terms = append(answers, a), append(terms, term)
	}
	cmd := exec.Command(z3, "-in")
	cmd.Stdin = strings.NewReader(s.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("z3: %v\n%s", err, out)
	}
	compareZ3(t, terms, answers, strings.Fields(string(out)))
}

// question makes a condition on two variables, of any width.
func question(r *rand.Rand, n int) (*bits.Builder, bits.Term) {
	widths := []int{1 + r.Intn(16), 8, 16, 32, 64, 1 + r.Intn(bits.MaxWidth-1)}
	w := widths[n%len(widths)]
	b := bits.NewBuilder()
	leaves := []bits.Term{b.Var("x", w), b.Var("y", w)}
	term := random(b, randomCode(r, 1+n%9), leaves)
	other := random(b, randomCode(r, 1+n%4), leaves)
	if n%3 == 0 {
		other = bits.Const(w, r.Uint64()>>r.Intn(64))
	}
	if n%2 == 0 {
		return b, b.And(b.Eq(term, other), b.Ne(leaves[0], leaves[1]))
	}
	return b, b.And(b.Ult(term, other), b.Slt(other, leaves[0]))
}

func checkModel(t *testing.T, b *bits.Builder, term bits.Term, model bits.Assignment) {
	t.Helper()
	for _, v := range bits.Support(term) {
		if !model[v].IsValid() {
			model[v] = bits.Const(v.Width(), 0)
		}
	}
	if !b.Eval(term, model).IsTrue() {
		t.Errorf("the model %v does not satisfy %v", model, term)
	}
}

func compareZ3(t *testing.T, terms []bits.Term, answers []Answer, z3 []string) {
	t.Helper()
	if len(z3) != len(terms) {
		t.Fatalf("%d answers to %d questions: %q", len(z3), len(terms), z3)
	}
	want := map[string]Answer{"sat": Possible, "unsat": Impossible}
	count := make(map[Answer]int)
	for i, term := range terms {
		count[answers[i]]++
		w, known := want[z3[i]]
		switch {
		case !known && z3[i] != "unknown":
			t.Errorf("z3 says %q", z3[i])
		case known && answers[i] != GaveUp && answers[i] != w:
			t.Errorf("%v is %v, but z3 says %s", term, answers[i], z3[i])
		}
	}
	t.Logf("%d possible, %d impossible, %d gave up", count[Possible], count[Impossible], count[GaveUp])
	if count[Possible] < len(terms)/5 || count[Impossible] < len(terms)/20 || count[GaveUp] > len(terms)/8 {
		t.Error("the questions are too easy or too hard")
	}
}
