package cpp

import "sync/atomic"

// Stretch is a run of a unit's tokens that other units may have too: the same
// kinds and spellings, one for one. Places and numbers of macro uses differ.
type Stretch struct {
	First, End int // indexes in Unit.Tokens, half open
	Notes      *Notes
}

// Notes is what a reader of tokens found out about a stretch, for the units
// that have it too: any one value that is not changed any more. It lives as
// long as the stretch is remembered.
type Notes struct{ atomic.Value }

func (u *Unit) addStretch(first, end int, n *Notes) {
	if first < end {
		u.Stretches = append(u.Stretches, Stretch{first, end, n})
	}
}
