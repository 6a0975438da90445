package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"ptreview/rules/check"
	"ptreview/semantics/pagetable"
)

// Emulation is what running one function showed. Its JSON form is the schema
// ptreview.emulation/v1.
type Emulation struct {
	Schema   string   `json:"schema"`
	Function string   `json:"function"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Unit     string   `json:"unit"` // the C file it was run in
	Class    string   `json:"class"`
	Fragment []string `json:"fragment"`
	Machine  string   `json:"machine"`
	State    string   `json:"state,omitempty"` // of the entry it works on
	States   []string `json:"states"`          // that it can have
	Symbolic []string `json:"symbolic"`
	Assumed  []string `json:"assumed"`
	// Assumptions are what the paths rest on, beside Assumed, which the user
	// gave.
	Assumptions []check.Assumption `json:"assumptions"`
	// Dropped are conditions and locks of some callers that others do not
	// establish, so that nothing is assumed of them.
	Dropped []string `json:"not_assumed"`
	// Kinds are what free entries in tables were taken to be in turn; none if
	// they had any bits.
	Kinds    []EntryKind `json:"kinds"`
	Complete bool        `json:"complete"` // all paths are here, for all values, and were run to their ends
	Paths    []Ended     `json:"paths"`
}

// EntryKind is what free entries were taken to be, and how calls with all such
// entries end: "all trap", "none traps", "some trap", "not known".
type EntryKind struct {
	Kind string   `json:"kind"`
	Ends string   `json:"ends"`
	Trap *EndTrap `json:"trap"`
}

// What EntryKind.Ends can be.
const (
	AllTrap   = "all trap"
	NoneTraps = "none traps"
	SomeTrap  = "some trap"
	NotKnown  = "not known"
)

// Ended is one way the function can end. Free values have the values of
// Example in everything but When.
type Ended struct {
	Kind    string          `json:"kind,omitempty"` // of EntryKind
	When    []PathCondition `json:"when"`
	Example []EntryValue    `json:"example"`
	Inputs  []string        `json:"inputs"`
	Returns *EntryValue     `json:"returns"` // null for none, and for a trap
	// Formula is what it returns for all values of the path, in C, where that
	// is not one value.
	Formula string   `json:"formula,omitempty"`
	Trap    *EndTrap `json:"trap"`
	// NotRun is why the run could not go on.
	NotRun string `json:"not_run,omitempty"`
	// Open is why only Example is known to end like this, not all values.
	Open     string    `json:"open,omitempty"`
	Warnings []EndTrap `json:"warnings"`
	// Exact is false where what was unknown took part, which Why lists.
	Exact  bool           `json:"exact"`
	Why    []string       `json:"why"`
	Held   int            `json:"locks_held"` // when it returned
	Steps  int            `json:"steps"`
	Events []PathEvent    `json:"events"`
	Trace  []EmulatedLine `json:"trace"`
	Before []TableEntry   `json:"tables_before"`
	After  []TableEntry   `json:"tables_after"`
	// What the processor makes of the address.
	HardwareBefore string `json:"hardware_before,omitempty"`
	HardwareAfter  string `json:"hardware_after,omitempty"`
	// Changed are the entries of all tables that the function changed.
	Changed []EntryChange `json:"changed"`
	Freed   []string      `json:"tables_freed"`
}

// PathCondition is a branch that was taken because of free values.
type PathCondition struct {
	Condition string `json:"condition"` // in C over the free values
	Source    string `json:"source"`
	File      string `json:"file"`
	Line      int    `json:"line"`
}

// EntryValue is a number with what it means.
type EntryValue struct {
	Name  string   `json:"name,omitempty"`
	Value string   `json:"value"`
	Means []string `json:"means,omitempty"`
}

// EndTrap is where an execution ended, or warned.
type EndTrap struct {
	Kind     string   `json:"kind"`
	Message  string   `json:"message"`
	Function string   `json:"function"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Stack    []string `json:"stack,omitempty"` // innermost first
}

// PathEvent is a lock, a flush, a message.
type PathEvent struct {
	Event string `json:"event"`
	File  string `json:"file"`
	Line  int    `json:"line"`
}

// EmulatedLine is a source line that was executed. Macro is the macro it
// stands in, with its place.
type EmulatedLine struct {
	check.TraceLine
	Macro string `json:"macro,omitempty"`
}

// TableEntry is an entry of a table.
type TableEntry struct {
	Level   string   `json:"level"`
	Address string   `json:"address"`
	Value   string   `json:"value"`
	Means   []string `json:"means,omitempty"`
}

// EntryChange is an entry before and after.
type EntryChange struct {
	Before TableEntry `json:"before"`
	After  TableEntry `json:"after"`
}

// EndedPath turns what the emulator showed of a path into its report, with at
// most trace lines of the trace.
func EndedPath(p *pagetable.Ended, trace int) Ended {
	out := Ended{
		When: []PathCondition{}, Example: []EntryValue{}, Inputs: append([]string{}, p.Inputs...),
		Warnings: []EndTrap{}, Exact: p.Exact, Why: append([]string{}, p.Why...), Held: p.Held, Formula: p.Formula, NotRun: p.NotRun, Open: p.Open, Steps: p.Result.Steps,
		Events: []PathEvent{}, Trace: []EmulatedLine{}, Changed: []EntryChange{}, Freed: append([]string{}, p.Freed...),
		Before: entries(p.Before), After: entries(p.After),
	}
	if p.HardwareBefore != nil {
		out.HardwareBefore = p.HardwareBefore.String()
	}
	if p.HardwareAfter != nil {
		out.HardwareAfter = p.HardwareAfter.String()
	}
	for _, c := range p.When {
		out.When = append(out.When, PathCondition{c.Text, c.Source, c.File, c.Line})
	}
	for _, v := range p.Example {
		out.Example = append(out.Example, entryValue(v))
	}
	if p.Returned != nil {
		v := entryValue(*p.Returned)
		out.Returns = &v
	}
	out.Trap = endTrap(p.Trap)
	for _, w := range p.Result.Warnings {
		end := EndTrap{Kind: firstNonEmpty(w.Macro, w.Kind.String()), Message: w.Message, File: w.Position.Path, Line: w.Position.Line}
		if len(w.Stack) > 0 {
			end.Function = w.Stack[0].Func
		}
		out.Warnings = append(out.Warnings, end)
	}
	for _, e := range p.Events {
		out.Events = append(out.Events, PathEvent{e.Text, e.File, e.Line})
	}
	for _, l := range p.Trace[max(0, len(p.Trace)-trace):] {
		out.Trace = append(out.Trace, EmulatedLine{
			check.TraceLine{Function: l.Function, File: l.File, Line: l.Line, Depth: l.Depth, Text: l.Text}, l.Macro,
		})
	}
	for i := range p.Before {
		if i < len(p.After) && out.Before[i].Value != out.After[i].Value {
			out.Changed = append(out.Changed, EntryChange{out.Before[i], out.After[i]})
		}
	}
	for _, c := range p.Others {
		both := entries([]pagetable.Entry{c.Before, c.After})
		out.Changed = append(out.Changed, EntryChange{both[0], both[1]})
	}
	return out
}

func endTrap(t *pagetable.Trap) *EndTrap {
	if t == nil {
		return nil
	}
	return &EndTrap{t.Kind, t.Message, t.Function, t.Use.Path, t.Use.Line, t.Stack}
}

// Called fills in what calls showed, with at most trace lines of each trace.
func (e *Emulation) Called(out *pagetable.Called, trace int) {
	e.State, e.Complete = out.State, out.Complete
	e.Assumptions, e.Kinds, e.Paths = []check.Assumption{}, []EntryKind{}, []Ended{}
	for _, a := range out.Assumptions {
		e.Assumptions = append(e.Assumptions, check.Assumption{Kind: string(a.Kind), Text: a.Text, File: a.File, Line: a.Line})
	}
	kindOf := make(map[*pagetable.Ended]string)
	for _, k := range out.Kinds {
		e.Kinds = append(e.Kinds, entryKind(&k))
		for _, p := range k.Paths {
			kindOf[p] = k.Text
		}
	}
	for _, p := range out.Paths {
		end := EndedPath(p, trace)
		end.Kind = kindOf[p]
		e.Paths = append(e.Paths, end)
		e.Complete = e.Complete && p.NotRun == ""
	}
}

func entryKind(k *pagetable.Kind) EntryKind {
	trap, all, sure := k.Ends()
	out := EntryKind{Kind: k.Text, Trap: endTrap(trap)}
	switch {
	case !sure:
		out.Ends = NotKnown
	case all:
		out.Ends = AllTrap
	case trap == nil:
		out.Ends = NoneTraps
	default:
		out.Ends = SomeTrap
	}
	return out
}

func entryValue(v pagetable.Value) EntryValue { return EntryValue{v.Name, v.Text, v.Means} }

func entries(list []pagetable.Entry) []TableEntry {
	out := []TableEntry{}
	for _, e := range list {
		out = append(out, TableEntry{e.Level, fmt.Sprintf("%#x", e.At), e.Text, e.Means})
	}
	return out
}

// EmulationText writes e for a reader at a terminal.
func EmulationText(w io.Writer, e *Emulation, opt Options) error {
	t := &text{w: bufio.NewWriter(w), opt: opt}
	t.printf("%s  %s\n", t.bold(e.Function+"()"), t.faint(fmt.Sprintf("%s:%d", e.File, e.Line)))
	on := e.Class
	if e.Machine != "" {
		on += ", " + e.Machine
	}
	t.wrap("  ", on)
	if len(e.Symbolic) > 0 {
		t.wrap("  ", "for all values of "+strings.Join(e.Symbolic, ", "))
		for _, a := range e.Assumed {
			t.wrap("  ", "assumed: "+a)
		}
	}
	t.assumptions("  ", e.Assumptions)
	for _, d := range e.Dropped {
		t.paragraph("  not assumed: ", "    ", d, Clean)
	}
	for i := range e.Kinds {
		t.kind(&e.Kinds[i])
	}
	for i := range e.Paths {
		t.printf("\n")
		if len(e.Paths) > 1 {
			t.printf("%s\n", t.bold(fmt.Sprintf("path %d of %d", i+1, len(e.Paths))))
		}
		t.ended(&e.Paths[i], len(e.Symbolic) > 0)
	}
	if !e.Complete && !slices.ContainsFunc(e.Paths, func(p Ended) bool { return p.NotRun != "" || p.Open != "" }) {
		t.printf("\nThere are more paths than these; --paths shows more.\n")
	}
	return t.w.Flush()
}

// assumptions writes what something rests on.
func (t *text) assumptions(indent string, list []check.Assumption) {
	for _, a := range list {
		place := ""
		if a.File != "" {
			place = fmt.Sprintf("  (%s:%d)", a.File, a.Line)
		}
		t.paragraph(indent+"assuming: ", indent+"  ", a.Text+place, Clean)
	}
}

// kind writes how all calls with a kind of entries end.
func (t *text) kind(k *EntryKind) {
	ends := map[string]string{AllTrap: "every one ends in", SomeTrap: "some end in", NoneTraps: "no trap", NotKnown: "not all is known"}[k.Ends]
	if k.Trap != nil && k.Ends != NotKnown {
		ends += fmt.Sprintf(" %s in %s(), %s:%d", k.Trap.Kind, k.Trap.Function, k.Trap.File, k.Trap.Line)
	}
	t.paragraph("  "+t.bold(k.Kind)+": ", "    ", ends, Clean)
}

// end writes a trap with its place, on a line of its own where there is no room.
func (t *text) end(trap *EndTrap) {
	kind, in, place := "ends in "+trap.Kind, fmt.Sprintf(" in %s()", trap.Function), fmt.Sprintf("%s:%d", trap.File, trap.Line)
	t.printf("%s%s", t.style(kind, true, "1"), Clean(in))
	if utf8.RuneCountInString(kind+in)+2+utf8.RuneCountInString(place) > width {
		t.printf("\n    %s\n", t.faint(place))
		return
	}
	t.printf("  %s\n", t.faint(place))
}

// ended writes one path.
func (t *text) ended(p *Ended, symbolic bool) {
	if p.Kind != "" {
		t.printf("%s\n", Clean(p.Kind))
	}
	if symbolic {
		t.when(p)
	}
	if len(p.Inputs) > 0 {
		t.printf("called with\n")
		for _, in := range p.Inputs {
			t.item(in)
		}
	}
	t.outcome(p)
	t.emulated(p.Trace)
	if len(p.Events) > 0 {
		t.printf("events\n")
		for _, ev := range p.Events {
			t.beside("  "+Clean(ev.Event), ev.File, ev.Line)
		}
	}
	t.tables(p)
}

// when writes the conditions of a path and its example.
func (t *text) when(p *Ended) {
	switch {
	case len(p.When) == 0 && p.Open != "":
		t.printf("for example\n")
	case len(p.When) == 0:
		t.printf("for every value; for example\n")
	default:
		t.printf("when\n")
	}
	for _, c := range p.When {
		t.item(c.Condition)
		t.beside("    "+t.faint(c.Source), c.File, c.Line)
	}
	if len(p.When) > 0 {
		t.printf("for example\n")
	}
	for _, v := range p.Example {
		t.item(v.Name + " = " + v.Value)
	}
}

// outcome writes how a path ends.
func (t *text) outcome(p *Ended) {
	switch {
	case p.NotRun != "":
		t.printf("%s\n", t.style("not run to the end", true, "3"))
		t.item(p.NotRun)
	case p.Trap != nil:
		t.end(p.Trap)
		if p.Trap.Message != "" {
			t.item(p.Trap.Message)
		}
	case p.Returns != nil && p.Formula != "":
		t.paragraph(t.bold("returns")+" ", "    ", p.Formula, Clean)
		t.item("here " + p.Returns.Value)
		if len(p.Returns.Means) > 0 {
			t.item(strings.Join(p.Returns.Means, ", "))
		}
	case p.Returns != nil:
		t.printf("%s %s\n", t.bold("returns"), Clean(p.Returns.Value))
		if len(p.Returns.Means) > 0 {
			t.item(strings.Join(p.Returns.Means, ", "))
		}
	default:
		t.printf("%s\n", t.bold("returns"))
	}
	if p.Trap == nil && p.NotRun == "" && p.Held > 0 {
		t.printf("  with %s held\n", plural(p.Held, "lock or RCU section", "locks or RCU sections"))
	}
	for _, w := range p.Warnings {
		t.beside("  "+t.style("warns", true, "3")+": "+Clean(firstNonEmpty(w.Message, w.Kind)), w.File, w.Line)
	}
	if p.Open != "" {
		t.printf("other values that come here may end otherwise, since this is not known:\n")
		t.item(p.Open)
	}
	if len(p.Why) > 0 {
		t.printf("a machine need not do the same, since this is not known:\n")
		for _, why := range p.Why {
			t.item(why)
		}
	}
}

// emulated writes a trace, each line at the depth of its call.
func (t *text) emulated(trace []EmulatedLine) {
	if len(trace) == 0 {
		return
	}
	t.printf("trace\n")
	deepest := 0
	for _, l := range trace {
		deepest = max(deepest, l.Depth)
	}
	top := trace[0].Depth
	for _, l := range trace {
		top = min(top, l.Depth)
	}
	each := 2
	if deepest-top > 12 { // what is deep must stay readable
		each = 1
	}
	for _, l := range trace {
		indent := 2 + each*(l.Depth-top)
		t.beside(strings.Repeat(" ", indent)+Clean(l.Text), l.File, l.Line)
		if l.Macro != "" {
			t.wrapAs(strings.Repeat(" ", indent+4), "macro "+l.Macro, t.faint)
		}
	}
}

// beside writes a line with its place beside or below it.
func (t *text) beside(code, file string, line int) {
	if file == "" {
		t.printf("%s\n", code)
		return
	}
	if place, ok := placeBeside(code, file, line, t.width()); ok {
		t.printf("%s  %s\n", code, t.faint(place))
	} else {
		t.printf("%s\n%*s%s\n", code, indentOf(code)+4, "", t.faint(place))
	}
}

// tables writes the entries of the tables and what became of them.
func (t *text) tables(p *Ended) {
	if len(p.Before) == 0 {
		return
	}
	t.printf("tables before\n")
	for _, e := range p.Before {
		t.entry(e)
	}
	t.hardware(p.HardwareBefore)
	if len(p.Changed) == 0 && len(p.Freed) == 0 {
		t.printf("tables after: the same\n")
		return
	}
	t.printf("tables after\n")
	for _, e := range p.After {
		t.entry(e)
	}
	t.hardware(p.HardwareAfter)
	first := true
	for _, c := range p.Changed {
		if slices.ContainsFunc(p.After, func(e TableEntry) bool { return e.Address == c.After.Address }) {
			continue
		}
		if first {
			t.printf("other entries that changed\n")
			first = false
		}
		t.entry(c.After)
	}
	for _, f := range p.Freed {
		t.item("freed: " + f)
	}
}

// hardware says what the processor makes of the tables.
func (t *text) hardware(says string) {
	if says != "" {
		t.paragraph("  hardware: ", strings.Repeat(" ", 7), says, t.faint)
	}
}

func (t *text) entry(e TableEntry) {
	head := fmt.Sprintf("  %-4s %s  ", e.Level, e.Value)
	t.paragraph(head, strings.Repeat(" ", 7), strings.Join(e.Means, ", "), t.faint)
}
