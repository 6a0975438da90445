package facts

import (
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// conjuncts splits a condition into those that must all hold.
func conjuncts(text string) []string {
	if inner, ok := strings.CutPrefix(text, "!("); ok && strings.HasSuffix(inner, ")") && closedAt(inner) == len(inner)-1 {
		var list []string
		for _, part := range splitTop(inner[:len(inner)-1], "||") {
			list = append(list, negated(part))
		}
		return list
	}
	if strings.HasPrefix(text, "(") && closedAt(text[1:]) == len(text)-2 {
		return conjuncts(text[1 : len(text)-1])
	}
	parts := splitTop(text, "&&")
	if len(parts) == 1 {
		return parts
	}
	var list []string
	for _, part := range parts {
		list = append(list, conjuncts(part)...)
	}
	return list
}

// closedAt returns where the parenthesis closes that was opened before text, -1
// if nowhere.
func closedAt(text string) int {
	depth := 1
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// splitTop splits text at an operator outside parentheses and of the lowest
// precedence there: not at && where there is a || or a ?.
func splitTop(text, op string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth > 0 {
			continue
		}
		if text[i] == '?' || text[i] == ',' || op == "&&" && strings.HasPrefix(text[i:], "||") {
			return []string{text}
		}
		if strings.HasPrefix(text[i:], op) {
			parts = append(parts, strings.TrimSpace(text[start:i]))
			i++
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(text[start:]))
}

// renaming says a caller's words with the names of parameters. foreign are names
// that mean something else there than in the function called.
type renaming struct {
	from, to []string
	foreign  map[string]bool
}

func newRenaming(f *Function, call *syntax.Call, def *syntax.FuncDef) *renaming {
	r := &renaming{foreign: locals(f)}
	for _, p := range def.Type.Params {
		r.foreign[p.Name] = true
	}
	for i, a := range call.Args {
		name := def.Type.Params[i].Name
		if name == "" || isCut(call, i) {
			continue
		}
		text := syntax.ExprString(a)
		if of, ok := strings.CutPrefix(text, "&"); ok {
			r.add(of, "(*"+name+")")
		} else {
			r.add(text, name)
		}
	}
	return r
}

// locals returns the names of a function's parameters and variables.
func locals(f *Function) map[string]bool {
	names := make(map[string]bool)
	for _, p := range f.Def.Type.Params {
		names[p.Name] = true
	}
	syntax.Inspect(f.Body, func(n syntax.Node) bool {
		if d, ok := n.(*syntax.Declaration); ok {
			for _, v := range d.Vars {
				names[v.Name] = true
			}
		}
		return true
	})
	return names
}

// isCut reports whether an argument has more bytes than the parameter.
func isCut(call *syntax.Call, i int) bool {
	o, given := types.ObjectOf(call.Fun), types.TypeOf(call.Args[i])
	if o == nil || given == nil {
		return true
	}
	f, ok := types.Unqual(o.Type).(*types.Func)
	return !ok || i >= len(f.Params) || given.Size() > f.Params[i].Type.Size()
}

func (r *renaming) add(from, to string) {
	if from != "" && !strings.ContainsAny(from, "(){}?:,= ") {
		r.from, r.to = append(r.from, from), append(r.to, to)
	}
}

// apply replaces what was passed by the names of parameters. ok is false if the
// caller's own variables are left, or names that mean a parameter here; own is
// set if a parameter occurs.
func (r *renaming) apply(guard string) (text string, own, ok bool) {
	order := make([]int, len(r.from))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(r.from[b]) - len(r.from[a]) })
	var out strings.Builder
	ok = true
	for len(guard) > 0 {
		n := 0
		for _, i := range order {
			if startsWithWord(guard, r.from[i]) {
				out.WriteString(r.to[i])
				n, own = len(r.from[i]), true
				break
			}
		}
		if n == 0 {
			if n = wordLength(guard); n == 0 {
				n = 1
			}
			ok = ok && !r.foreign[root(guard[:n])]
			out.WriteString(guard[:n])
		}
		guard = guard[n:]
	}
	return arrows(out.String(), r.to), own, ok
}

// arrows writes (*p).member as p->member.
func arrows(text string, names []string) string {
	for _, name := range names {
		if inner, ok := strings.CutPrefix(name, "(*"); ok {
			text = strings.ReplaceAll(text, name+".", strings.TrimSuffix(inner, ")")+"->")
		}
	}
	return text
}

// root is the variable that a member expression begins with.
func root(word string) string {
	if i := strings.IndexAny(word, ".-"); i >= 0 {
		return word[:i]
	}
	return word
}

// startsWithWord reports whether text begins with word, not with a longer name.
func startsWithWord(text, word string) bool {
	rest, ok := strings.CutPrefix(text, word)
	return ok && (rest == "" || !isWordByte(rest[0]))
}

// wordLength is the length of the name or member expression that text begins
// with.
func wordLength(text string) int {
	n := 0
	for n < len(text) {
		switch {
		case isWordByte(text[n]) || text[n] == '.':
			n++
		case strings.HasPrefix(text[n:], "->"):
			n += 2
		default:
			return n
		}
	}
	return n
}
