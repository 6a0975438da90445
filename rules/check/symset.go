package check

import "ptreview/parse/cpp"

// symSet is a small set of spellings. It says quickly of most others that they
// are not in it, which is what the tokens of a unit are asked for.
type symSet struct {
	near [16]uint64 // a bit for each member's lowest bits
	list []cpp.Sym
}

// add adds s; 0, the spelling of nothing, is no member.
func (l *symSet) add(s cpp.Sym) {
	if s != 0 {
		l.near[s>>6%16] |= 1 << (s % 64)
		l.list = append(l.list, s)
	}
}

func (l *symSet) has(s cpp.Sym) bool {
	return l.near[s>>6%16]>>(s%64)&1 != 0 && l.contains(s)
}

func (l *symSet) contains(s cpp.Sym) bool {
	for _, m := range l.list {
		if m == s {
			return true
		}
	}
	return false
}
