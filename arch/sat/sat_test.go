package sat_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/crillab/gophersat/solver"

	"ptreview/arch/sat"
)

// randomClauses returns clauses of one to three literals near the density at
// which half of the problems have a solution.
func randomClauses(r *rand.Rand, vars, count int) [][]int {
	list := make([][]int, count)
	for i := range list {
		for range 1 + min(2, r.IntN(12)) {
			x := 1 + r.IntN(vars)
			if r.IntN(2) == 0 {
				x = -x
			}
			list[i] = append(list[i], x)
		}
	}
	return list
}

func lit(x int) sat.Lit {
	if x < 0 {
		return sat.Var(-x - 1).Pos().Not()
	}
	return sat.Var(x - 1).Pos()
}

func lits(clause []int) []sat.Lit {
	out := make([]sat.Lit, len(clause))
	for i, x := range clause {
		out[i] = lit(x)
	}
	return out
}

func other(clauses [][]int) sat.Status {
	if solver.New(solver.ParseSlice(clauses)).Solve() == solver.Sat {
		return sat.Sat
	}
	return sat.Unsat
}

func with(clauses [][]int, assumed []int) [][]int {
	all := append([][]int(nil), clauses...)
	for _, x := range assumed {
		all = append(all, []int{x})
	}
	return all
}

// TestRandom compares answers with gophersat, question after question on one
// growing set of clauses, and checks models and cores.
func TestRandom(t *testing.T) {
	counts := make(map[sat.Status]int)
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 5))
		vars := 5 + r.IntN(40)
		s := &sat.Solver{}
		for range vars {
			s.NewVar(r.IntN(2) == 0)
		}
		var clauses [][]int
		for range 6 {
			for _, c := range randomClauses(r, vars, vars*7/10) {
				clauses = append(clauses, c)
				s.Add(lits(c)...)
			}
			var assumed []int
			for range r.IntN(6) {
				x := 1 + r.IntN(vars)
				assumed = append(assumed, x*(1-2*r.IntN(2)))
			}
			got := s.Solve(lits(assumed)...)
			if again := s.Solve(lits(assumed)...); again != got {
				t.Fatalf("seed %d: got %v, and %v when asked again", seed, got, again)
			}
			if len(assumed) > 1 { // leaves a part of the trail standing
				s.Solve(lits(assumed[:len(assumed)/2])...)
				s.Solve(lits(assumed)...)
			}
			counts[got]++
			if want := other(with(clauses, assumed)); got != want {
				t.Fatalf("seed %d: got %v, want %v: %v assuming %v", seed, got, want, clauses, assumed)
			}
			checkAnswer(t, s, got, clauses, assumed)
		}
	}
	if counts[sat.Sat] < 200 || counts[sat.Unsat] < 200 {
		t.Errorf("got %v: too few of one kind", counts)
	}
}

func checkAnswer(t *testing.T, s *sat.Solver, got sat.Status, clauses [][]int, assumed []int) {
	t.Helper()
	if got == sat.Sat {
		for _, c := range with(clauses, assumed) {
			holds := false
			for _, x := range c {
				holds = holds || s.True(lit(x))
			}
			if !holds {
				t.Fatalf("model violates %v", c)
			}
		}
		return
	}
	var core []int
	for _, l := range s.Core() {
		x := int(l.Var()) + 1
		if l.Negated() {
			x = -x
		}
		core = append(core, x)
	}
	if other(with(clauses, core)) != sat.Unsat {
		t.Fatalf("core %v of %v is satisfiable", core, assumed)
	}
}

// pigeons says that each of n+1 pigeons sits in one of n holes alone.
func pigeons(n int) [][]int {
	at := func(p, h int) int { return p*n + h + 1 }
	var clauses [][]int
	for p := range n + 1 {
		var some []int
		for h := range n {
			some = append(some, at(p, h))
			for q := range p {
				clauses = append(clauses, []int{-at(p, h), -at(q, h)})
			}
		}
		clauses = append(clauses, some)
	}
	return clauses
}

func TestPigeons(t *testing.T) {
	for _, tt := range []struct {
		holes, budget int
		want          sat.Status
	}{{1, 0, sat.Unsat}, {5, 0, sat.Unsat}, {7, 0, sat.Unsat}, {9, 100, sat.Unknown}} {
		s := &sat.Solver{Budget: tt.budget}
		for range tt.holes * (tt.holes + 1) {
			s.NewVar(false)
		}
		for _, c := range pigeons(tt.holes) {
			s.Add(lits(c)...)
		}
		if got := s.Solve(); got != tt.want {
			t.Errorf("%d holes: got %v, want %v", tt.holes, got, tt.want)
		}
	}
}

// TestPreferred checks that models take preferred values where nothing
// forbids them.
func TestPreferred(t *testing.T) {
	s := &sat.Solver{}
	a, b, c := s.NewVar(true), s.NewVar(false), s.NewVar(true)
	s.Add(a.Pos().Not(), b.Pos())
	for range 2 {
		if st := s.Solve(); st != sat.Sat || !s.True(a.Pos()) || !s.True(b.Pos()) || !s.True(c.Pos()) {
			t.Errorf("got %v with a=%v b=%v c=%v", st, s.True(a.Pos()), s.True(b.Pos()), s.True(c.Pos()))
		}
		s.Solve(a.Pos().Not(), c.Pos().Not()) // must leave no trace
	}
	s.Prefer(c.Pos().Not())
	if s.Solve(); s.True(c.Pos()) {
		t.Error("the new preference for c was not followed")
	}
}

func ExampleSolver() {
	s := &sat.Solver{}
	a, b := s.NewVar(false).Pos(), s.NewVar(false).Pos()
	s.Add(a, b)
	fmt.Println(s.Solve(a.Not()), s.True(b))
	fmt.Println(s.Solve(a.Not(), b.Not()), len(s.Core()))
	// Output:
	// sat true
	// unsat 2
}

func benchmarkClauses() (int, [][]int) {
	const vars = 150
	return vars, randomClauses(rand.New(rand.NewPCG(1, 1)), vars, vars*2)
}

func BenchmarkOwn(b *testing.B) {
	vars, clauses := benchmarkClauses()
	for b.Loop() {
		s := &sat.Solver{}
		for range vars {
			s.NewVar(false)
		}
		for _, c := range clauses {
			s.Add(lits(c)...)
		}
		s.Solve()
	}
}

func BenchmarkGophersat(b *testing.B) {
	_, clauses := benchmarkClauses()
	for b.Loop() {
		other(clauses)
	}
}
