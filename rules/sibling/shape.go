package sibling

import (
	"slices"
	"strconv"
	"strings"
)

// shapeOf cuts the tokens of a definition's body into statements, with parameters
// numbered, so that their names are none of it.
func shapeOf(text string) []string {
	words := strings.Fields(text)
	open := slices.Index(words, "(")
	if open < 0 {
		return nil
	}
	params, end := parameters(words, open)
	var list []string
	var one []string
	depth := 0
	for _, w := range words[min(end+1, len(words)):] {
		switch w {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth == 0 && (w == ";" || w == "{" || w == "}") {
			if len(one) > 0 {
				list = append(list, strings.Join(one, " "))
			}
			one = nil
			continue
		}
		if n, ok := params[w]; ok && (len(one) == 0 || one[len(one)-1] != "." && one[len(one)-1] != "->") {
			w = "$" + strconv.Itoa(n)
		}
		one = append(one, w)
	}
	if len(one) > 0 {
		list = append(list, strings.Join(one, " "))
	}
	return list
}

// parameters returns the parameters of a definition by number, whose list opens at
// a token, and where it ends: the last word before each comma is the name.
func parameters(words []string, open int) (params map[string]int, end int) {
	params = make(map[string]int)
	depth := 0
	for i := open; i < len(words); i++ {
		switch words[i] {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth == 0 || depth == 1 && words[i] == "," {
			params[words[i-1]] = len(params) + 1
		}
		if depth == 0 {
			return params, i
		}
	}
	return params, len(words)
}

// change is what a patch did to a definition.
type change struct {
	before []string
	gone   []string // call statements that are no more, nor is what they call
	kept   []string
	// rewritten is set if all of it may be compared: it is long enough.
	rewritten bool
}

// Bounds of what is the same by chance.
const (
	minKept        = 3  // statements
	minKeptTokens  = 20 // in them
	minWholeTokens = 30
)

func compare(before, after []string) change {
	c := change{before: before}
	left := make(map[string]int)
	for _, s := range after {
		left[s]++
	}
	text := " " + strings.Join(after, " ") + " "
	for _, s := range before {
		switch {
		case left[s] > 0:
			left[s]--
			c.kept = append(c.kept, s)
		case callee(s) != "" && !strings.Contains(text, " "+callee(s)+" "):
			c.gone = append(c.gone, s)
		}
	}
	c.rewritten = len(c.kept) < len(before) && tokens(before) >= minWholeTokens
	was := " " + strings.Join(before, " ") + " "
	for _, s := range after {
		if left[s] > 0 && callee(s) != "" && !strings.Contains(was, " "+callee(s)+" ") {
			return change{} // another call took its place
		}
	}
	return c
}

// callee returns the function of a call statement, "" for other statements.
func callee(statement string) string {
	words := strings.Fields(statement)
	if len(words) < 3 || words[1] != "(" || words[len(words)-1] != ")" {
		return ""
	}
	switch words[0] {
	case "if", "for", "while", "switch", "return", "sizeof":
		return ""
	}
	if c := words[0][0]; c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
		return ""
	}
	return words[0]
}

func tokens(list []string) int {
	n := 0
	for _, s := range list {
		n += len(strings.Fields(s)) + 1
	}
	return n
}

// isIn reports whether another definition has the shape that the patch changed.
func (c *change) isIn(other []string) bool {
	if len(c.gone) > 0 {
		shared := common(c.kept, other)
		return inOrder(c.gone, other) && len(shared) >= minKept && tokens(shared) >= minKeptTokens
	}
	return c.rewritten && slices.Equal(c.before, other)
}

// inOrder reports whether statements are among others, in their order.
func inOrder(list, others []string) bool {
	for _, o := range others {
		if len(list) > 0 && list[0] == o {
			list = list[1:]
		}
	}
	return len(list) == 0
}

// common returns the statements that are among others as well.
func common(list, others []string) []string {
	left := make(map[string]int)
	for _, o := range others {
		left[o]++
	}
	var shared []string
	for _, s := range list {
		if left[s] > 0 {
			left[s]--
			shared = append(shared, s)
		}
	}
	return shared
}
