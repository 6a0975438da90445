package facts

import (
	"slices"
	"strings"
)

// sleepScan reads the text of one definition statement by statement.
type sleepScan struct {
	*Sleepers
	in     placedDefinition
	params []string
	// flagged are the parameters that are allocation flags, or of a macro may be.
	flagged []string
	toks    []sleepToken
	depth   int
	locks   int      // taken here less those released
	also    []*Sleep // of branches that end for themselves
}

// sleepToken is a word or sign with its line.
type sleepToken struct {
	text string
	line int
}

// body returns what sleeps on every likely path of the definition.
func (c *sleepScan) body() *Sleep {
	found, _, _ := c.run(0, len(c.toks))
	for _, other := range c.also {
		found = weaker(found, other)
	}
	if found == nil || found.Flags >= 0 {
		if may := c.hands(); may != nil {
			return may
		}
	}
	return found
}

// hands returns a call, on whatever path, that hands flags given to the definition on
// to what allocates: whoever gives flags that allow sleeping has to expect it.
func (c *sleepScan) hands() *Sleep {
	if len(c.flagged) == 0 {
		return nil
	}
	locks := 0
	for i := 0; i+1 < len(c.toks); i++ {
		if t := c.toks[i].text; c.toks[i+1].text == "(" && isWord(t) {
			if locks += lockStep(t); locks < 0 {
				return nil
			}
			if !c.handsFlags(i) {
				continue
			}
			if found := c.invoke(i, len(c.toks)); found != nil && found.Flags >= 0 {
				return found
			}
		}
	}
	return nil
}

// handsFlags reports whether flags that the definition is given are an argument of the
// call at i.
func (c *sleepScan) handsFlags(i int) bool {
	return slices.ContainsFunc(c.toks[i:min(c.close(i+1), len(c.toks))], func(t sleepToken) bool { return slices.Contains(c.flagged, t.text) })
}

// run reads statements until one sleeps, or some path leaves without having slept.
func (c *sleepScan) run(from, end int) (found *Sleep, left bool, at int) {
	for from < end {
		found, left, from = c.stmt(from, end)
		if found != nil || left {
			return found, left, from
		}
	}
	return nil, false, from
}

// stmt reads one statement, and returns where the next one begins. left says that
// some path does not come behind it, or that it releases what the caller holds.
func (c *sleepScan) stmt(i, end int) (found *Sleep, left bool, next int) {
	switch c.toks[i].text {
	case "{":
		close := min(c.close(i), end)
		found, left, _ = c.run(i+1, close)
		return found, left, close + 1
	case "if":
		return c.branch(i, end)
	case "do":
		return c.stmt(i+1, end) // what it asks behind the body does not matter here
	case "for", "while", "switch":
		return c.loop(i, end)
	case "goto", "break", "continue", "asm", "__asm__":
		return nil, true, end
	case "else", ";", "}":
		return nil, false, i + 1
	}
	stop := c.semicolon(i, end)
	if c.toks[i].text == "return" {
		found, _ = c.expr(i+1, stop)
		return found, true, stop + 1
	}
	if stop < end && c.toks[stop].text == "{" { // a loop that a macro makes
		close := min(c.close(stop), end)
		return nil, c.leaves(stop, close), close + 1
	}
	found, left = c.expr(i, stop)
	return found, left, stop + 1
}

// branch reads an if statement.
func (c *sleepScan) branch(i, end int) (found *Sleep, left bool, next int) {
	if i+1 >= end || c.toks[i+1].text != "(" {
		return nil, true, end
	}
	open, close := i+1, min(c.close(i+1), end)
	if found, left = c.expr(open+1, close); found != nil || left {
		return found, left, end
	}
	then := close + 1
	thenEnd := c.skip(then, end)
	other, otherEnd := thenEnd, thenEnd
	if thenEnd < end && c.toks[thenEnd].text == "else" {
		other = thenEnd + 1
		otherEnd = c.skip(other, end)
	}
	switch {
	case c.marked(open+1, close, "likely"):
		found, left, _ = c.run(then, thenEnd)
		return found, left, otherEnd
	case c.marked(open+1, close, "unlikely", "WARN"):
		found, left, _ = c.run(other, otherEnd)
		return found, left, otherEnd
	}
	yes, yesLeft, _ := c.run(then, thenEnd)
	no, noLeft, _ := c.run(other, otherEnd)
	switch {
	case yes != nil && no != nil:
		return weaker(yes, no), true, otherEnd
	case yes == nil && yesLeft, no == nil && noLeft:
		return nil, true, otherEnd
	}
	for _, one := range []*Sleep{yes, no} {
		if one != nil {
			c.also = append(c.also, one)
		}
	}
	return nil, false, otherEnd
}

// marked reports whether all of a condition stands in a macro of one of these
// names, or names that begin so.
func (c *sleepScan) marked(from, end int, names ...string) bool {
	if from+1 >= end || c.toks[from+1].text != "(" || c.close(from+1) != end-1 {
		return false
	}
	return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(c.toks[from].text, n) })
}

// loop reads the head of a loop or switch, whose body may not be run.
func (c *sleepScan) loop(i, end int) (found *Sleep, left bool, next int) {
	if i+1 >= end || c.toks[i+1].text != "(" {
		return nil, true, end
	}
	close := min(c.close(i+1), end)
	head := close
	if c.toks[i].text == "for" {
		head = c.semicolon(i+2, close)
	}
	if found, left = c.expr(i+2, head); found != nil || left {
		return found, left, end
	}
	next = c.skip(close+1, end)
	return nil, c.leaves(close+1, next), next
}

// leaves reports whether a statement can leave what is around it, or releases a
// lock.
func (c *sleepScan) leaves(from, end int) bool {
	return slices.ContainsFunc(c.toks[from:min(end, len(c.toks))], func(t sleepToken) bool {
		switch t.text {
		case "return", "goto", "break", "continue":
			return true
		}
		return lockStep(t.text) < 0
	})
}

// skip returns where the statement behind one begins.
func (c *sleepScan) skip(i, end int) int {
	if i >= end {
		return end
	}
	switch c.toks[i].text {
	case "{":
		return min(c.close(i)+1, end)
	case "if", "for", "while", "switch":
		after := end
		if i+1 < end && c.toks[i+1].text == "(" {
			after = c.skip(c.close(i+1)+1, end)
		}
		if c.toks[i].text == "if" && after < end && c.toks[after].text == "else" {
			return c.skip(after+1, end)
		}
		return after
	case "do":
		return min(c.semicolon(c.skip(i+1, end), end)+1, end)
	}
	stop := c.semicolon(i, end)
	if stop < end && c.toks[stop].text == "{" {
		return min(c.close(stop)+1, end)
	}
	return min(stop+1, end)
}

// semicolon returns where a simple statement ends: at its semicolon, or at the
// brace of the body that follows a loop made by a macro.
func (c *sleepScan) semicolon(i, end int) int {
	depth := 0
	for ; i < end; i++ {
		switch c.toks[i].text {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		case "{":
			if depth == 0 && i > 0 && c.toks[i-1].text == ")" {
				return i
			}
			depth++
		case "}":
			depth--
		case ";":
			if depth == 0 {
				return i
			}
		}
	}
	return end
}

// close returns where a bracket is closed.
func (c *sleepScan) close(i int) int {
	depth := 0
	for ; i < len(c.toks); i++ {
		switch c.toks[i].text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(c.toks)
}

// expr reads the calls of an expression that are always made.
func (c *sleepScan) expr(i, end int) (found *Sleep, left bool) {
	for ; i < end; i++ {
		switch t := c.toks[i].text; {
		case t == "&&" || t == "||" || t == "?":
			return nil, false
		case t == "{":
			close := min(c.close(i), end)
			if found, left, _ = c.run(i+1, close); found != nil || left {
				return found, left
			}
			i = close
		case i+1 < end && c.toks[i+1].text == "(" && isWord(t):
			by := lockStep(t)
			if c.locks += by; c.locks < 0 || ends(t) {
				return nil, true
			}
			if found = c.invoke(i, end); found != nil {
				return found, false
			}
		}
	}
	return nil, false
}

func isWord(t string) bool {
	return t[0] == '_' || t[0] >= 'a' && t[0] <= 'z' || t[0] >= 'A' && t[0] <= 'Z'
}

// lockStep returns 1 for what takes a lock or begins a section in which nobody may
// sleep, -1 for what ends one.
func lockStep(word string) int {
	for _, kind := range []string{"spin_", "read_", "write_", "preempt_", "local_irq_"} {
		rest, ok := strings.CutPrefix(strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(word, "raw_"), "rcu_"), "_"), kind)
		switch {
		case !ok:
		case strings.HasPrefix(rest, "unlock"), rest == "enable", rest == "restore":
			return -1
		case strings.HasPrefix(rest, "lock"), strings.HasPrefix(rest, "trylock"), rest == "disable", rest == "save":
			return 1
		}
	}
	switch word {
	case "pte_unmap", "pte_unmap_unlock", "kunmap_atomic", "page_vma_mapped_walk_done":
		return -1
	}
	return 0
}

// ends reports whether a call does not return.
func ends(word string) bool { return word == "BUG" || word == "panic" || word == "unreachable" }

// invoke reads the call at i.
func (c *sleepScan) invoke(i, end int) *Sleep {
	name := c.toks[i].text
	step := SleepStep{c.in.Name, c.in.path, c.toks[i].line, name}
	if isSleep(name) {
		return &Sleep{-1, []SleepStep{step}}
	}
	args := c.arguments(i+1, min(c.close(i+1), end))
	if name == "might_sleep_if" {
		return c.flags(args, 0, []SleepStep{step})
	}
	if name == c.in.Name {
		return nil
	}
	inner := c.call(name, c.in.path, c.depth+1)
	if inner == nil {
		return nil
	}
	way := append([]SleepStep{step}, inner.Path...)
	if inner.Flags < 0 {
		return &Sleep{-1, way}
	}
	return c.flags(args, inner.Flags, way)
}

// arguments cuts what stands between parentheses at commas.
func (c *sleepScan) arguments(open, close int) [][]sleepToken {
	var list [][]sleepToken
	depth, from := 0, open+1
	for i := open + 1; i < close; i++ {
		switch c.toks[i].text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case ",":
			if depth == 0 {
				list = append(list, c.toks[from:i])
				from = i + 1
			}
		}
	}
	if from <= close && close <= len(c.toks) {
		list = append(list, c.toks[from:close])
	}
	return list
}

// flags says what allocation flags among arguments decide: names that allow it, or
// a parameter handed on. Everything else is not known.
func (c *sleepScan) flags(args [][]sleepToken, n int, way []SleepStep) *Sleep {
	if len(args) == 1 && len(args[0]) == 1 && args[0][0].text == "__VA_ARGS__" && len(c.params) == 1 {
		return &Sleep{n, way}
	}
	if n >= len(args) {
		return nil
	}
	param := -1
	for i, t := range args[n] {
		switch {
		case isFlag(t.text) && c.allows(t.text, 0) && (i == 0 || args[n][i-1].text != "&"):
			return &Sleep{-1, way}
		case t.text == "&" && i+1 < len(args[n]) && args[n][i+1].text == "__GFP_DIRECT_RECLAIM":
			return c.handed(param, way)
		case t.text == "(", t.text == ")", t.text == "|", isFlag(t.text), t.text == "gfpflags_allow_blocking":
		case t.text == "~" && i > 0 && args[n][i-1].text == "&" && i+1 < len(args[n]) && isFlag(args[n][i+1].text) && !c.allows(args[n][i+1].text, 0):
		case t.text == "&" && i+1 < len(args[n]) && args[n][i+1].text == "~":
		case slices.Contains(c.params, t.text):
			param = slices.Index(c.params, t.text)
		case c.variable(t.text):
			return &Sleep{-1, way}
		default:
			return nil
		}
	}
	return c.handed(param, way)
}

// variable reports whether a variable of the file is initialised with flags that
// allow sleeping.
func (c *sleepScan) variable(name string) bool {
	lx := c.store.lexed(c.in.path)
	if lx == nil {
		return false
	}
	names := c.store.cache.Names
	code := lx.Code()
	for i := 2; i < len(code); i++ {
		if names.String(code[i].Sym) != "=" || names.String(code[i-1].Sym) != name || names.String(code[i-2].Sym) != "gfp_t" {
			continue
		}
		for _, t := range code[i+1:] {
			switch word := names.String(t.Sym); {
			case word == ";" || word == "~" || word == "&":
				return false
			case isFlag(word) && c.allows(word, 0):
				return true
			}
		}
	}
	return false
}

func (c *sleepScan) handed(param int, way []SleepStep) *Sleep {
	if param < 0 {
		return nil
	}
	return &Sleep{param, way}
}
