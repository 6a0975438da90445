package facts

import (
	"strings"

	"ptreview/parse/cpp"
)

// Definition is a function or macro definition as it stands in a file,
// whether or not any class compiles it. Lines start at 1 and are inclusive.
type Definition struct {
	Name        string
	Macro       bool
	Function    bool // a function, or a function-like macro
	First, Last int
	Group       int // the innermost conditional group, -1 for none
	Conditions  string
	// Text is the tokens with single blanks between, so that definitions
	// differ only if their code does. A macro's is its parameters, " = " and
	// its replacement list.
	Text string
}

// Definitions returns what a file defines, in its order. It works on tokens
// alone: both sides of every conditional are seen. A function begins with its
// first specifier; bodies that conditionals leave unbalanced end at a closing
// brace in the first column. Definitions with the parameters' types behind the
// parentheses are not found.
func Definitions(cache *cpp.Cache, lx *cpp.Lexed) []Definition {
	s := &defScanner{cache: cache, lx: lx, groups: lx.Conditionals()}
	s.functions(lx.Code())
	s.macros()
	return s.sorted()
}

type defScanner struct {
	cache  *cpp.Cache
	lx     *cpp.Lexed
	groups []cpp.Group
	defs   []Definition
}

func (s *defScanner) line(t cpp.Token) int { return s.lx.File.Line(s.lx.File.Offset(t.Pos)) }

func (s *defScanner) column(t cpp.Token) int {
	off := s.lx.File.Offset(t.Pos)
	return off - s.lx.File.Offset(s.lx.File.LineStart(s.lx.File.Line(off))) + 1
}

func (s *defScanner) macros() {
	for _, d := range s.lx.Defines() {
		if d.Undef {
			continue
		}
		first := s.lx.File.Line(s.lx.File.Offset(d.Pos))
		last := first
		if n := len(d.Macro.Body); n > 0 {
			last = s.line(d.Macro.Body[n-1])
		}
		var params []string
		for _, p := range d.Macro.Params {
			params = append(params, s.cache.Names.String(p))
		}
		s.defs = append(s.defs, Definition{
			Name: d.Macro.Name, Macro: true, Function: d.Macro.Function,
			First: first, Last: last, Group: d.Group,
			Conditions: s.conditions(d.Group),
			Text:       strings.Join(params, " , ") + " = " + s.text(d.Macro.Body),
		})
	}
}

// functions finds every "name(…) … {" outside braces.
func (s *defScanner) functions(code []cpp.Token) {
	depth, start := 0, 0
	open := -1 // index of the { of the function being read
	for i, t := range code {
		if t.Kind != cpp.Punct {
			continue
		}
		switch t.Sym {
		case cpp.LBrace:
			if depth == 0 && open < 0 {
				open = i
			}
			depth++
		case cpp.RBrace:
			depth--
			if s.column(t) == 1 || depth < 0 {
				depth = 0
			}
			if depth == 0 && (open < 0 || s.function(code, start, open, i)) {
				start = i + 1
			}
			if depth == 0 {
				open = -1
			}
		case cpp.Semi:
			if depth == 0 {
				start = i + 1
			}
		}
	}
}

// function records code[start:close+1] if it is a function definition whose
// body opens at open. It reports whether it was one.
func (s *defScanner) function(code []cpp.Token, start, open, close int) bool {
	name := s.functionName(code[start:open])
	if name < 0 {
		return false
	}
	name += start
	d := Definition{
		Name: s.cache.Names.String(code[name].Sym), Function: true,
		First: s.line(code[start]), Last: s.line(code[close]),
		Text: s.text(code[start : close+1]),
	}
	d.Group = s.groupAt(s.line(code[name]))
	d.Conditions = s.conditions(d.Group)
	s.defs = append(s.defs, d)
	return true
}

// functionName returns the index of the declared name in the tokens before a
// body, or -1: the first name with parentheses that are not an annotation's. It
// may stand in parentheses itself, as in int (*f(void))(int).
func (s *defScanner) functionName(head []cpp.Token) int {
	depth, inner, name := 0, 0, -1
	for i, t := range head {
		switch {
		case t.Sym == cpp.LParen && t.Kind == cpp.Punct:
			if depth == inner && name < 0 && i > 0 && head[i-1].Kind == cpp.Ident && !s.isAnnotation(head[i-1]) {
				name = i - 1
			}
			if name < 0 && depth == inner && i+1 < len(head) && head[i+1].Kind == cpp.Punct && head[i+1].Sym == cpp.Star {
				inner++
			}
			depth++
		case t.Sym == cpp.RParen && t.Kind == cpp.Punct:
			depth--
		case t.Sym == cpp.Assign && t.Kind == cpp.Punct && depth == 0:
			return -1
		}
	}
	return name
}

// isAnnotation reports whether a name before parentheses is no function's:
// attributes and what the kernel makes of them.
func (s *defScanner) isAnnotation(t cpp.Token) bool {
	if cpp.Keyword(t.Sym) {
		return true
	}
	switch s.cache.Names.String(t.Sym) {
	case "__printf", "__scanf", "__section", "__aligned", "__alloc_size", "__acquires",
		"__releases", "__must_hold", "__cond_acquires", "__no_sanitize", "__diag_push",
		"__diag_ignore", "__diag_ignore_all", "__nonnull", "__bpf_kfunc_start_defs":
		return true
	}
	return false
}

// groupAt returns the innermost group around a line, or -1.
func (s *defScanner) groupAt(line int) int {
	best := -1
	for i, g := range s.groups {
		if g.Line < line && line < g.End && (best < 0 || g.Line > s.groups[best].Line) {
			best = i
		}
	}
	return best
}

// conditions spells the conditions of a group and those around it, so that a
// definition that moves under another #if counts as changed.
func (s *defScanner) conditions(group int) string {
	var b strings.Builder
	for g := group; g >= 0; g = s.groups[g].Parent {
		for p := g; p >= 0; p = s.groups[p].Prev {
			b.WriteByte(byte('0' + s.groups[p].Kind))
			b.WriteString(s.text(s.groups[p].Cond))
			b.WriteByte(';')
		}
		b.WriteByte('/')
	}
	return b.String()
}

func (s *defScanner) text(toks []cpp.Token) string {
	var b strings.Builder
	for i, t := range toks {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s.cache.Names.String(t.Sym))
	}
	return b.String()
}

// sorted merges functions and macros by first line.
func (s *defScanner) sorted() []Definition {
	out := make([]Definition, 0, len(s.defs))
	// Functions come first in s.defs, macros behind, each in file order.
	split := 0
	for split < len(s.defs) && !s.defs[split].Macro {
		split++
	}
	f, m := s.defs[:split], s.defs[split:]
	for len(f) > 0 || len(m) > 0 {
		if len(m) == 0 || len(f) > 0 && f[0].First <= m[0].First {
			out, f = append(out, f[0]), f[1:]
		} else {
			out, m = append(out, m[0]), m[1:]
		}
	}
	return out
}

// Change is a definition that differs between two versions of a file. Before
// or After is nil when it is new or gone.
type Change struct {
	Path          string
	Before, After *Definition
}

// Name returns the name of the definition.
func (c Change) Name() string {
	if c.After != nil {
		return c.After.Name
	}
	return c.Before.Name
}

// Changes compares the definitions of two versions of a file. Definitions of
// one name are matched in order of their conditions first, then of place.
func Changes(path string, before, after []Definition) []Change {
	olds := make(map[string][]*Definition)
	for i := range before {
		d := &before[i]
		olds[defKey(d)] = append(olds[defKey(d)], d)
	}
	var changes []Change
	var unmatched []*Definition
	for i := range after {
		d := &after[i]
		if o := take(olds, defKey(d), func(o *Definition) bool { return o.Conditions == d.Conditions }); o != nil {
			if o.Text != d.Text {
				changes = append(changes, Change{path, o, d})
			}
			continue
		}
		unmatched = append(unmatched, d)
	}
	for _, d := range unmatched {
		o := take(olds, defKey(d), func(*Definition) bool { return true })
		changes = append(changes, Change{path, o, d})
	}
	for i := range before {
		d := &before[i]
		if take(olds, defKey(d), func(o *Definition) bool { return o == d }) != nil {
			changes = append(changes, Change{path, d, nil})
		}
	}
	return changes
}

// defKey keeps macros and functions of one name together: a macro that
// becomes an inline function is a change of one thing.
func defKey(d *Definition) string { return d.Name }

func take(m map[string][]*Definition, key string, ok func(*Definition) bool) *Definition {
	for i, d := range m[key] {
		if ok(d) {
			m[key] = append(m[key][:i:i], m[key][i+1:]...)
			return d
		}
	}
	return nil
}

// IsMarker reports whether d only says that a name is taken: "#define f f".
func (d *Definition) IsMarker() bool {
	return d.Macro && !d.Function && d.Text == " = "+d.Name
}
