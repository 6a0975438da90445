package mapping

import (
	"fmt"
	"strings"

	"ptreview/rules/check"
	"ptreview/semantics/flow"
)

// heedNull is about functions that begin to return NULL. A caller that does not
// check it shows that by use of the pointer, or by the release of a lock that
// was not taken.
var heedNull = &check.Heed{
	Of: flow.MayFail,
	Fault: func(h *check.Heeding) (*check.Fault, error) {
		return faultIn(h, flow.MayFail, unchecked, released)
	},
	Says: func(functions []string, callers int) string {
		return fmt.Sprintf("%s may return NULL from this patch on, and %s not check what they return", strings.Join(functions, ", "), plural(callers))
	},
	Advice: "prepare the callers in patches before this one, so that every commit works by itself",
}

// released are the faults of locks that a NULL has, of functions that take one
// only where they map, and of those that take it in either case.
var released = claim{
	flow.NotLocked: unbalanced[flow.NotLocked], flow.StillHeld: unbalanced[flow.StillHeld],
}

// heedMap is about functions that begin to hand on a map or a lock.
var heedMap = &check.Heed{
	Of: flow.HandsMap | flow.HandsLock,
	Fault: func(h *check.Heeding) (*check.Fault, error) {
		return faultIn(h, flow.HandsMap|flow.HandsLock, unbalanced)
	},
	Says: func(functions []string, callers int) string {
		return fmt.Sprintf("what %s returned with has to be unmapped or unlocked from this patch on, and %s not do so", strings.Join(functions, ", "), plural(callers))
	},
	Advice: "change the callers in the same patch, so that every commit works by itself",
}

func plural(callers int) string {
	if callers == 1 {
		return "one caller does"
	}
	return fmt.Sprintf("%d callers do", callers)
}

// follows are the kinds of events that come of a duty, which none of them can
// before there is one.
var follows = map[flow.Kind]flow.Duties{
	flow.NullUse: flow.MayFail, flow.NullUnmap: flow.MayFail,
	flow.NotEnded: flow.HandsMap, flow.MappedOver: flow.HandsMap, flow.StillHeld: flow.HandsLock,
}

// faultIn returns the first fault of a caller that the claims name and that comes
// of duties it has since the patch; else the first that it had not before.
func faultIn(h *check.Heeding, of flow.Duties, claims ...claim) (*check.Fault, error) {
	if h.After.Err != nil {
		return nil, &check.NotRunError{Reason: fmt.Sprintf("%s() cannot be followed: %v", h.Name, h.After.Err)}
	}
	var others []*flow.Event
	for i := range h.After.Events {
		ev := &h.After.Events[i]
		var gained flow.Duties
		if ev.Site != nil {
			gained = h.Gained(ev.Site.Callee) & of
		}
		switch say := sayOf(ev, claims); {
		case ev.Kind == flow.NullPassed && gained&flow.MayFail != 0:
			return nil, &check.NotRunError{Reason: fmt.Sprintf("%s() hands a pointer that may be NULL to %s(), whose definition was not found", h.Name, ev.Text)}
		case say == nil:
		case follows[ev.Kind]&gained != 0:
			return faultAt(h, ev, say), nil
		default:
			others = append(others, ev)
		}
	}
	return faultThatWasNot(h, others, claims)
}

// faultThatWasNot returns the first of some events that the function had not
// before the patch.
func faultThatWasNot(h *check.Heeding, events []*flow.Event, claims []claim) (*check.Fault, error) {
	if len(events) == 0 {
		return nil, nil
	}
	before, err := h.Before()
	if err != nil || before == nil {
		return nil, err
	}
	if before.Err != nil {
		return nil, &check.NotRunError{Reason: fmt.Sprintf("%s() cannot be followed as it was before the patch: %v", h.Name, before.Err)}
	}
	// A macro that became a function is another callee, of the same fault.
	unnamed := func(ev *flow.Event) fault { return fault{kind: ev.Kind, text: ev.Text} }
	had := make(map[fault]int)
	for i := range before.Events {
		had[unnamed(&before.Events[i])]++
	}
	for _, ev := range events {
		if k := unnamed(ev); had[k] > 0 {
			had[k]--
			continue
		}
		return faultAt(h, ev, sayOf(ev, claims)), nil
	}
	return nil, nil
}

func sayOf(ev *flow.Event, claims []claim) func(call, function, text string) string {
	for _, c := range claims {
		if say := c[ev.Kind]; say != nil {
			return say
		}
	}
	return nil
}

// faultAt tells of an event at the call that it comes of.
func faultAt(h *check.Heeding, ev *flow.Event, say func(call, function, text string) string) *check.Fault {
	f := &check.Fault{Loc: ev.Loc}
	if ev.Site != nil {
		f.Loc, f.Call = ev.Site.Loc, ev.Site.Callee
	}
	f.Text = say(f.Call, h.Name, ev.Text)
	return f
}
