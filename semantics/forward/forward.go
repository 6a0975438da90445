package forward

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// Client is what an analysis knows and does. S is what is known at one point; the
// functions that take one may change it.
type Client[S any] struct {
	Clone func(S) S
	// Join makes into what is known where both paths come together.
	Join func(into, from S) S
	// Expr evaluates an expression, with all that is in it.
	Expr func(S, syntax.Expr)
	// Declare makes a variable, with its initialiser.
	Declare func(S, *syntax.Declarator)
	// Learn is told that a condition, which was evaluated, holds or does not.
	Learn func(s S, cond syntax.Expr, holds bool)
	// Ends reports whether a statement that is this expression is the end of the
	// path, as BUG() is.
	Ends func(syntax.Expr) bool
	// Leave is told of the ends of the function.
	Leave func(S, cpp.Loc)
	// Final is told when what comes is the last round: before, what is known at
	// loops and labels may be too much.
	Final func()
}

// point is what is known at a point, nothing if no path comes there.
type point[S any] struct {
	known S
	live  bool
}

// Run runs the body of a function.
func Run[S any](c *Client[S], body *syntax.Block, entry S) {
	r := &run[S]{Client: c, labels: make(map[string]point[S])}
	for round := range rounds {
		if round == rounds-1 {
			c.Final()
		}
		r.loops, r.switches = nil, nil
		end := r.stmt(body, point[S]{c.Clone(entry), true})
		r.leave(end, body.Rbrace)
	}
}

// rounds lets what is known reach a label that is jumped back to, and a loop
// within a loop.
const rounds = 4

type run[S any] struct {
	*Client[S]
	labels   map[string]point[S] // what jumps bring there, of all rounds
	heads    map[syntax.Stmt]point[S]
	loops    []*exits[S]
	switches []*entry[S]
}

// exits collect what break and continue leave; breaks only for a switch.
type exits[S any] struct {
	breaks, continues point[S]
	isSwitch          bool
}

// entry is what comes to the cases of a switch.
type entry[S any] struct {
	in       point[S]
	fallback bool
}

func (r *run[S]) clone(p point[S]) point[S] {
	if p.live {
		p.known = r.Clone(p.known)
	}
	return p
}

func (r *run[S]) join(a, b point[S]) point[S] {
	switch {
	case !a.live:
		return r.clone(b)
	case !b.live:
		return a
	}
	a.known = r.Join(a.known, b.known)
	return a
}

func (r *run[S]) leave(p point[S], loc cpp.Loc) {
	if p.live {
		r.Leave(p.known, loc)
	}
}

func (r *run[S]) eval(x syntax.Expr, p point[S]) {
	if p.live && x != nil {
		r.Expr(p.known, x)
	}
}

// split evaluates a condition.
func (r *run[S]) split(x syntax.Expr, p point[S]) (yes, no point[S]) {
	r.eval(x, p)
	no = r.clone(p)
	if p.live && x != nil {
		r.Learn(p.known, x, true)
		r.Learn(no.known, x, false)
	}
	return p, no
}

func (r *run[S]) stmt(s syntax.Stmt, p point[S]) point[S] {
	switch s := s.(type) {
	case *syntax.Block:
		for _, item := range s.Items {
			p = r.stmt(item, p)
		}
	case *syntax.DeclStmt:
		r.declare(s.Decl, p)
	case *syntax.ExprStmt:
		r.eval(s.X, p)
		if r.Ends(s.X) {
			return point[S]{}
		}
	case *syntax.If:
		yes, no := r.split(s.Cond, p)
		yes = r.stmt(s.Then, yes)
		if s.Else != nil {
			no = r.stmt(s.Else, no)
		}
		return r.join(yes, no)
	case *syntax.While:
		return r.loop(loop{s, s.Cond, nil, s.Body, false}, p)
	case *syntax.DoWhile:
		return r.loop(loop{s, s.Cond, nil, s.Body, true}, p)
	case *syntax.For:
		if s.Init != nil {
			p = r.stmt(s.Init, p)
		}
		return r.loop(loop{s, s.Cond, s.Post, s.Body, false}, p)
	case *syntax.Switch:
		return r.choose(s, p)
	case *syntax.Case:
		return r.stmt(s.Body, r.join(p, r.enter(false)))
	case *syntax.Default:
		return r.stmt(s.Body, r.join(p, r.enter(true)))
	case *syntax.Label:
		return r.stmt(s.Body, r.join(p, r.labels[s.Name]))
	case *syntax.Asm:
		for _, list := range [][]syntax.AsmOperand{s.Inputs, s.Outputs} {
			for _, op := range list {
				r.eval(op.X, p)
			}
		}
	default:
		r.jump(s, p)
		return point[S]{}
	}
	return p
}

func (r *run[S]) declare(d syntax.Decl, p point[S]) {
	list, ok := d.(*syntax.Declaration)
	if !ok || !p.live {
		return
	}
	for _, v := range list.Vars {
		r.Declare(p.known, v)
	}
}

// jump runs a statement that control does not go on behind.
func (r *run[S]) jump(s syntax.Stmt, p point[S]) {
	switch s := s.(type) {
	case *syntax.Goto:
		r.labels[s.Name] = r.join(r.labels[s.Name], r.clone(p))
	case *syntax.Return:
		r.eval(s.X, p)
		r.leave(p, s.Loc())
	case *syntax.Break:
		if n := len(r.loops); n > 0 {
			r.loops[n-1].breaks = r.join(r.loops[n-1].breaks, p)
		}
	case *syntax.Continue:
		for i := len(r.loops) - 1; i >= 0; i-- {
			if l := r.loops[i]; !l.isSwitch {
				l.continues = r.join(l.continues, p)
				return
			}
		}
	}
}

// loop is a loop; the condition is nil if there is none, and asked after the body
// if late.
type loop struct {
	stmt       syntax.Stmt
	cond, post syntax.Expr
	body       syntax.Stmt
	late       bool
}

// loop runs the body once, from what comes to its head now and came there from
// its end in earlier rounds.
func (r *run[S]) loop(l loop, p point[S]) point[S] {
	if r.heads == nil {
		r.heads = make(map[syntax.Stmt]point[S])
	}
	p = r.join(p, r.heads[l.stmt])
	var out point[S]
	if l.cond != nil && !l.late {
		p, out = r.split(l.cond, p)
		if k, ok := constant(l.cond); ok && k {
			out = point[S]{}
		}
	}
	around := &exits[S]{}
	r.loops = append(r.loops, around)
	p = r.stmt(l.body, p)
	r.loops = r.loops[:len(r.loops)-1]
	p = r.join(p, around.continues)
	if l.late {
		p, out = r.split(l.cond, p)
		if k, ok := constant(l.cond); ok && k {
			out = point[S]{}
		} else if ok {
			p = point[S]{} // do … while (0)
		}
	}
	r.eval(l.post, p)
	r.heads[l.stmt] = r.join(r.clone(p), r.heads[l.stmt])
	return r.join(out, around.breaks)
}

// constant returns the truth of a condition that is a number.
func constant(x syntax.Expr) (holds, ok bool) {
	n, ok := x.(*syntax.IntLit)
	return ok && n.Value != 0, ok
}

func (r *run[S]) choose(s *syntax.Switch, p point[S]) point[S] {
	r.eval(s.X, p)
	in, around := &entry[S]{in: p}, &exits[S]{isSwitch: true}
	r.switches, r.loops = append(r.switches, in), append(r.loops, around)
	out := r.stmt(s.Body, point[S]{})
	r.switches, r.loops = r.switches[:len(r.switches)-1], r.loops[:len(r.loops)-1]
	out = r.join(out, around.breaks)
	if !in.fallback {
		out = r.join(out, in.in)
	}
	return out
}

// enter is what comes to a case of the innermost switch.
func (r *run[S]) enter(fallback bool) point[S] {
	n := len(r.switches)
	if n == 0 {
		return point[S]{}
	}
	r.switches[n-1].fallback = r.switches[n-1].fallback || fallback
	return r.clone(r.switches[n-1].in)
}
