package class

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// randomFormula returns a formula over the first n atoms.
func randomFormula(r *rand.Rand, n, depth int) Formula {
	if depth == 0 || r.IntN(4) == 0 {
		switch r.IntN(12) {
		case 0:
			return True()
		case 1:
			return False()
		}
		return Atom(fmt.Sprintf("CONFIG_%c", 'A'+r.IntN(n)))
	}
	switch r.IntN(3) {
	case 0:
		return Not(randomFormula(r, n, depth-1))
	case 1:
		return And(randomFormula(r, n, depth-1), randomFormula(r, n, depth-1), randomFormula(r, n, depth-1))
	}
	return Or(randomFormula(r, n, depth-1), randomFormula(r, n, depth-1))
}

// valuation gives the atoms the bits of row.
func valuation(row int) func(string) Truth {
	return func(atom string) Truth { return TruthOf(row>>(atom[len(atom)-1]-'A')&1 == 1) }
}

func (t Term) holds(row int) bool {
	for _, l := range t {
		if (valuation(row)(l.Atom) == Yes) == l.Neg {
			return false
		}
	}
	return true
}

// TestTerms compares terms with the formula they come from, row by row: they
// hold where it does, none can lose a literal, and none is superfluous.
func TestTerms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const atoms = 5
	for range 3000 {
		f := randomFormula(r, atoms, 4)
		terms, ok := f.Terms()
		if !ok {
			t.Fatalf("%s: got no terms", f)
		}
		for row := range 1 << atoms {
			want := f.Eval(valuation(row)) == Yes
			got := false
			for _, term := range terms {
				got = got || term.holds(row)
			}
			if got != want {
				t.Fatalf("%s: terms %v give %v in row %b, want %v", f, terms, got, row, want)
			}
			if m := f.Minimal().Eval(valuation(row)) == Yes; m != want {
				t.Fatalf("%s: minimal form %s gives %v in row %b, want %v", f, f.Minimal(), m, row, want)
			}
		}
		for _, term := range terms {
			for i := range term {
				shorter := append(append(Term(nil), term[:i]...), term[i+1:]...)
				if implies(shorter, f, atoms) {
					t.Fatalf("%s: term %v implies the formula without literal %d", f, term, i)
				}
			}
		}
	}
}

func implies(t Term, f Formula, atoms int) bool {
	for row := range 1 << atoms {
		if t.holds(row) && f.Eval(valuation(row)) != Yes {
			return false
		}
	}
	return true
}

// TestBuilt compares formulas that constructors simplified with the same
// operations on truth values.
func TestBuilt(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		a, b, c := randomFormula(r, 4, 3), randomFormula(r, 4, 3), randomFormula(r, 4, 3)
		for row := range 16 {
			v := valuation(row)
			x, y, z := a.Eval(v) == Yes, b.Eval(v) == Yes, c.Eval(v) == Yes
			swapped := a.Substitute(func(atom string) (Formula, bool) { return b, atom == "CONFIG_A" })
			inner := func(atom string) Truth {
				if atom == "CONFIG_A" {
					return b.Eval(v)
				}
				return v(atom)
			}
			if (And(a, b, c).Eval(v) == Yes) != (x && y && z) || (Or(a, b, c).Eval(v) == Yes) != (x || y || z) ||
				(Not(a).Eval(v) == Yes) == x || swapped.Eval(v) != a.Eval(inner) {
				t.Fatalf("%s; %s; %s: differ in row %b", a, b, c, row)
			}
		}
	}
}

func TestTermsOrder(t *testing.T) {
	a, b, c := Atom("CONFIG_A"), Atom("CONFIG_B"), Atom("CONFIG_C")
	tests := []struct {
		f    Formula
		want string
	}{
		{True(), "[]"}, {False(), ""}, {a, "[A]"}, {Not(a), "[!A]"},
		{Or(And(a, b), c), "[C] [A B]"},
		{Or(And(b, c), And(a, Not(a)), a), "[A] [B C]"},
		{Or(And(a, b), And(Not(a), c)), "[A B] [!A C]"},
		{Or(And(a, b), And(a, Not(b))), "[A]"},
		{Not(Or(a, And(b, c))), "[!A !B] [!A !C]"},
	}
	for _, tt := range tests {
		terms, ok := tt.f.Terms()
		var list []string
		for _, term := range terms {
			var words []string
			for _, l := range term {
				words = append(words, map[bool]string{true: "!"}[l.Neg]+strings.TrimPrefix(l.Atom, "CONFIG_"))
			}
			list = append(list, "["+strings.Join(words, " ")+"]")
		}
		if got := strings.Join(list, " "); got != tt.want || !ok {
			t.Errorf("%s: got %s, want %s", tt.f, got, tt.want)
		}
	}
	var many []Formula
	for i := range maxTableAtoms + 1 {
		many = append(many, Atom(fmt.Sprintf("CONFIG_%d", i)))
	}
	if terms, ok := Or(many...).Terms(); ok {
		t.Errorf("%d atoms: got %d terms, want none", len(many), len(terms))
	}
}
