package exec

import (
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/semantics/bits"
)

// Event is something a model noted: a TLB flush, a lock, a printk. Of runs that
// are compared, assembly that nobody describes and functions without a body are
// events too.
type Event struct {
	Name  string
	Args  []Value
	State any // what Machine.OnEvent said
	at    spot
}

// Position spells out where it was.
func (e *Event) Position() source.Position { return e.at.position() }

// eventSource is what all events of one place in the code have in common.
type eventSource struct {
	name string
	at   spot
}

// eventLog is the events of a run as it keeps them: there may be many, locks
// above all, and few are ever looked at.
type eventLog struct {
	open    eventChunk
	full    []eventChunk
	before  int            // events in full chunks
	sources []*eventSource // some more than once
	states  []any          // by the number of the event, as far as there are any
}

// eventChunk is a run of events and, one behind the other, their arguments.
type eventChunk struct {
	list  []loggedEvent
	args  []loggedArg
	terms []Value // those of the arguments that are no words
}

// loggedEvent has no pointers, so that the garbage collector leaves it alone.
type loggedEvent struct {
	from        int32 // in sources
	first, args int32 // in the arguments of the chunk
}

// loggedArg is an argument, small and without pointers if it is a word.
type loggedArg struct {
	word  uint64 // or where it is in terms
	width int32  // 0 for one in terms
}

// logged keeps an argument.
func (c *eventChunk) logged(v Value) loggedArg {
	if w, ok := v.Uint64(); ok && v.Width() <= 64 {
		return loggedArg{w, int32(v.Width())}
	}
	c.terms = append(c.terms, v)
	return loggedArg{word: uint64(len(c.terms) - 1)}
}

// value returns an argument.
func (c *eventChunk) value(a loggedArg) Value {
	if a.width == 0 {
		return c.terms[a.word]
	}
	return bits.Word(int(a.width), a.word)
}

// chunkEvents is how many events a chunk has at most.
const chunkEvents = 256

// len returns the number of events.
func (l *eventLog) len() int { return l.before + len(l.open.list) }

// add notes an event. args are copied.
func (l *eventLog) add(from *eventSource, args []Value) {
	c := &l.open
	if len(c.list) == cap(c.list) || len(c.args)+len(args) > cap(c.args) {
		l.extend(len(args))
	}
	c.list = append(c.list, loggedEvent{l.source(from), int32(len(c.args)), int32(len(args))})
	for _, v := range args {
		c.args = append(c.args, c.logged(v))
	}
}

// source returns where a source is in sources. It is looked for among the last
// ones: most events come from loops.
func (l *eventLog) source(from *eventSource) int32 {
	const last = 4
	n := len(l.sources)
	for i := n - 1; i >= 0 && i >= n-last; i-- {
		if l.sources[i] == from {
			return int32(i)
		}
	}
	l.sources = append(l.sources, from)
	return int32(n)
}

// extend begins a chunk with room for an event of some arguments.
func (l *eventLog) extend(args int) {
	n := 8 // most runs have few
	if len(l.open.list) > 0 {
		l.full, l.before = append(l.full, l.open), l.before+len(l.open.list)
		n = chunkEvents
	}
	l.open = eventChunk{list: make([]loggedEvent, 0, n), args: make([]loggedArg, 0, max(args, n))}
}

// state says what State the last event has.
func (l *eventLog) state(s any) {
	n := l.len()
	l.states = append(l.states, make([]any, n-len(l.states))...)
	l.states[n-1] = s
}

// cut takes back the events behind the first n.
func (l *eventLog) cut(n int) {
	for n < l.before {
		k := len(l.full) - 1
		l.open, l.full = l.full[k], l.full[:k]
		l.before -= len(l.open.list)
	}
	if c := &l.open; n-l.before < len(c.list) {
		c.args = c.args[:c.list[n-l.before].first]
		c.list = c.list[:n-l.before]
	}
	l.states = l.states[:min(n, len(l.states))]
}

// Events returns what models noted, in order.
func (r *Result) Events() []Event {
	l := &r.events
	list := make([]Event, 0, l.len())
	for i := range len(l.full) + 1 {
		c := &l.open
		if i < len(l.full) {
			c = &l.full[i]
		}
		for _, e := range c.list {
			from := l.sources[e.from]
			ev := Event{Name: from.name, at: from.at}
			for _, a := range c.args[e.first:][:e.args] {
				ev.Args = append(ev.Args, c.value(a))
			}
			if n := len(list); n < len(l.states) {
				ev.State = l.states[n]
			}
			list = append(list, ev)
		}
	}
	return list
}

// event notes an event in the result.
func (m *Machine) event(from *eventSource, args []Value) {
	m.result.events.add(from, args)
	if m.onEvent != nil {
		m.result.events.state(m.onEvent())
	}
	m.Mem.Tick()
}

// OnEvent lets state be asked for the State of each event from now on.
func (m *Machine) OnEvent(state func() any) { m.onEvent = state }

// eventAt is a source of events that has nothing made for it beforehand.
func (fr *frame) eventAt(loc cpp.Loc, name string) *eventSource {
	from := &eventSource{name: name}
	if fr != nil {
		from.at = spot{fr.code.unit, loc}
	}
	return from
}

// event returns the source of the events of a call, of a function called name.
func (s *callSite) event(fr *frame, name string) *eventSource {
	if s.named != nil && s.named.name == name && s.named.at.unit == fr.code.unit {
		return s.named
	}
	return fr.eventAt(s.loc, name)
}
