package cpp

// White space between the tokens of an expansion shows when they become a
// string. gcc keeps it in padding tokens: one before the result of each macro
// use, that takes its white space from the macro's name, one before each
// argument, from the parameter's name, and a neutral one behind each of both.
// Of the paddings before a token, the first one that has a source decides,
// except that a neutral one cancels a source without white space; a token
// behind no source decides for itself.
//
// Here a run of paddings is a value: what it makes of the state before it.
// The states are neutral, tight (a source without white space) and wide, and
// wide always stays wide, so that a pad is two states: what neutral and what
// tight become. A token in a buffer carries the paddings before it in its
// flags, as what they come to: whether white space comes before it when the
// state in front is neutral (SpaceBefore, or its opposite with spaceFlipped)
// and when it is tight (spaceAfterTight). Its own white space, SpaceBefore,
// stays known, because the paddings before an argument are dropped.

// padState is a state.
type padState uint8

const (
	neutral padState = iota
	tight
	wide
)

// pad is a run of paddings; padNone is the empty one.
type pad struct{ neutral, tight padState }

var padNone = pad{neutral, tight}

// apply returns t with p put before it.
func (p pad) apply(t Token) Token {
	flags := t.Flags &^ (spaceFlipped | spaceAfterTight)
	if t.spaced(p.neutral) != (t.Flags&SpaceBefore != 0) {
		flags |= spaceFlipped
	}
	if t.spaced(p.tight) {
		flags |= spaceAfterTight
	}
	t.Flags = flags
	return t
}

// spaced reports whether white space comes before t behind state s.
func (t *Token) spaced(s padState) bool {
	switch s {
	case neutral:
		return (t.Flags&SpaceBefore != 0) != (t.Flags&spaceFlipped != 0)
	case tight:
		return t.Flags&spaceAfterTight != 0
	}
	return true
}

// unpadded returns t without the paddings before it.
func (t Token) unpadded() Token {
	t.Flags &^= spaceFlipped | spaceAfterTight
	return t
}

// padFrom returns the padding whose source is t, along with those before t.
func padFrom(t Token) pad {
	p := pad{tight, tight}
	if t.spaced(neutral) {
		p.neutral = wide
	}
	if t.spaced(tight) {
		p.tight = wide
	}
	return p
}

// then returns p followed by q.
func (p pad) then(q pad) pad {
	return pad{q.after(p.neutral), q.after(p.tight)}
}

func (p pad) after(s padState) padState {
	switch s {
	case neutral:
		return p.neutral
	case tight:
		return p.tight
	}
	return wide
}

// end returns p followed by a neutral padding.
func (p pad) end() pad { return p.then(pad{neutral, neutral}) }
