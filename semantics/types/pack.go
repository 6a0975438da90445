package types

import "ptreview/parse/cpp"

// packRegions finds the tokens that stand under a #pragma pack and the
// alignment in bytes it allows members. Records remember no token, so places
// serve to find them again.
func packRegions(u *cpp.Unit) map[cpp.Loc]int64 {
	if u == nil {
		return nil
	}
	var regions map[cpp.Loc]int64
	var stack []int64
	current, from := int64(0), 0
	mark := func(to int) {
		for ; current > 0 && from < to; from++ {
			if regions == nil {
				regions = make(map[cpp.Loc]int64)
			}
			regions[u.Tokens[from].Loc()] = current
		}
		from = to
	}
	for _, p := range u.Pragmas {
		words := pragmaWords(u, p)
		if len(words) == 0 || words[0] != "pack" {
			continue
		}
		mark(p.Before)
		for _, w := range words[1:] {
			switch w {
			case "push":
				stack = append(stack, current)
			case "pop":
				current = 0
				if n := len(stack); n > 0 {
					current, stack = stack[n-1], stack[:n-1]
				}
			case "1", "2", "4", "8", "16":
				current = 0
				for _, digit := range w {
					current = current*10 + int64(digit-'0')
				}
			}
		}
		if len(words) == 1 {
			current = 0 // pack()
		}
	}
	mark(len(u.Tokens))
	return regions
}

// pragmaWords returns the spellings of a pragma without its punctuation.
func pragmaWords(u *cpp.Unit, p cpp.Pragma) []string {
	var words []string
	for _, t := range p.Tokens {
		if t.Kind == cpp.Ident || t.Kind == cpp.Number {
			words = append(words, u.Spelling(t))
		}
	}
	return words
}
