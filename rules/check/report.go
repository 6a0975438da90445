package check

// Report is the outcome of one review. Its JSON form is the schema
// ptreview.review/v1; field order here is the order in the output.
type Report struct {
	Schema   string     `json:"schema"` // SchemaName
	Tool     Tool       `json:"tool"`
	Series   SeriesInfo `json:"series"`
	Tree     TreeInfo   `json:"tree"`
	Coverage []Coverage `json:"coverage"`
	Findings []Finding  `json:"findings"`
	// Before are defects that functions which the series touches had before it and
	// have still. They are no findings, and do not count.
	Before []Finding `json:"before,omitempty"`
	// Helpers are the definitions of architectures' helpers that the series
	// changes, patch by patch.
	Helpers []HelperChange `json:"helpers,omitempty"`
	// Races are the functions that were played against moves of their
	// environment, patch by patch.
	Races []Played `json:"races,omitempty"`
	// Excluded are traps that are reached with inputs only that no caller passes.
	Excluded []Excluded `json:"excluded,omitempty"`
	// NoAssume says that nothing was taken for granted of callers and of what
	// tables hold.
	NoAssume bool     `json:"no_assume,omitempty"`
	Notes    []string `json:"notes,omitempty"` // offsets, fuzz, files skipped: facts about the input
	Gaps     []Gap    `json:"gaps,omitempty"`
	Stats    Stats    `json:"stats"`
}

// SchemaName names the JSON form of a Report.
const SchemaName = "ptreview.review/v1"

// HelperChange is one helper definition that a patch touches, with what it
// does before and after in one line; "" where there is no such definition.
type HelperChange struct {
	Patch  int    `json:"patch"`
	Helper string `json:"helper"`
	Arch   string `json:"arch"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Side   string `json:"side"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// BeforeRun and AfterRun are executions of the definition on its own,
	// where it needs nothing around it: "f({1}, {2}) = 1".
	BeforeRun []string `json:"before_run,omitempty"`
	AfterRun  []string `json:"after_run,omitempty"`
	// Compared says for classes and machines whether the definition does the
	// same before and after.
	Compared []Compared `json:"compared,omitempty"`
}

// Compared is what was found out about two definitions in one class on one
// machine: "proved equal for all values".
type Compared struct {
	Class   string `json:"class"`
	Machine string `json:"machine"`
	Result  string `json:"result"`
}

// Played is what came of playing a function while its environment moves, in one
// class on one machine.
type Played struct {
	Patch    int         `json:"patch"`
	Function string      `json:"function"`
	File     string      `json:"file"`
	Arch     string      `json:"arch"`
	Class    string      `json:"class"`
	Machine  string      `json:"machine"`
	Eras     []PlayedEra `json:"eras"`
}

// PlayedEra is what came of it under the locking rules of one era. Outcome is
// one of the outcomes below, Text says more.
type PlayedEra struct {
	Era       string `json:"era"`
	Own       bool   `json:"own,omitempty"` // it is that of the tree
	Outcome   string `json:"outcome"`
	Text      string `json:"text,omitempty"`
	Schedules int    `json:"schedules"`
}

// The outcomes of playing a function.
const (
	NoRace    = "no race"    // in any schedule within the bounds
	RaceFound = "race"       // a new one; there is a finding
	RaceOld   = "old race"   // as before the patch
	NotPlayed = "not played" // or not to the end, or with unknown values: nothing is claimed
)

// Excluded is a trap that a function newly reaches, in one class on one machine,
// but with no input that its callers pass.
type Excluded struct {
	Patch       int          `json:"patch"`
	Entry       string       `json:"entry"`
	Helper      string       `json:"helper"`
	Trap        Trap         `json:"trap"`
	Arch        string       `json:"arch"`
	Class       string       `json:"class"`
	Machine     string       `json:"machine"`
	Assumptions []Assumption `json:"assumptions"`
}

// Tool is what made the report.
type Tool struct {
	Version string   `json:"version"`
	Rules   []string `json:"rules"`
}

// SeriesInfo names the series under review.
type SeriesInfo struct {
	Subject   string      `json:"subject"`
	Version   int         `json:"version"`
	MessageID string      `json:"message_id,omitempty"`
	Patches   []PatchInfo `json:"patches"`
}

// PatchInfo names one patch. N is its place in the series as reviewed, from
// 1; the n/m of its subject may differ.
type PatchInfo struct {
	N         int    `json:"n"`
	Subject   string `json:"subject"`
	MessageID string `json:"message_id,omitempty"`
	Commit    string `json:"commit,omitempty"`
	// Message is what the patch says of itself.
	Message string `json:"-"`
}

// TreeInfo names the tree the series was reviewed on. Source is "none" when
// there was no tree.
type TreeInfo struct {
	Source        string `json:"source"`
	KernelVersion string `json:"kernel_version,omitempty"`
	BaseCommit    string `json:"base_commit,omitempty"`
}

// Coverage counts the units of work of one architecture. Units is the sum of
// clean, findings and not-run ones.
type Coverage struct {
	Arch     string        `json:"arch"`
	Classes  []ClassInfo   `json:"classes"`
	Machines []string      `json:"machines"`
	Units    int           `json:"units"`
	Clean    int           `json:"clean"`
	Findings int           `json:"findings"`
	NotRun   []NotRunCount `json:"not_run"`
}

// ClassInfo is one class of configurations that was looked at.
type ClassInfo struct {
	ID       string   `json:"id"`
	Base     string   `json:"base"` // the defconfig or file its witness starts from
	Fragment []string `json:"fragment"`
	// Needs are those of EXPERT, COMPILE_TEST and BROKEN without which no
	// configuration of the class exists.
	Needs []string `json:"needs,omitempty"`
	// The units of work of the class.
	Clean    int `json:"clean"`
	Findings int `json:"findings"`
	NotRun   int `json:"not_run"`
}

// NotRunCount counts the units that one reason kept from being judged.
type NotRunCount struct {
	Reason string `json:"reason"`
	Units  int    `json:"units"`
}

// Severity grades a finding.
type Severity string

// The severities, worst first.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Rank orders severities: 3 for an error, 0 for an unknown word.
func (s Severity) Rank() int {
	switch s {
	case Error:
		return 3
	case Warning:
		return 2
	case Note:
		return 1
	}
	return 0
}

// Confidence says how far a finding was followed.
type Confidence string

// The confidences: executed means that the kernel's own source was run to the
// trap; reachable that a path exists but no run reached it; possible that a
// fact is missing.
const (
	Executed  Confidence = "executed"
	Reachable Confidence = "reachable"
	Possible  Confidence = "possible"
)

// Finding is one thing to tell. Findings that differ only by class or machine
// are one Finding with several entries in Where.
type Finding struct {
	Rule          string     `json:"rule"`
	Severity      Severity   `json:"severity"`
	Confidence    Confidence `json:"confidence"`
	Fingerprint   string     `json:"fingerprint"`
	New           bool       `json:"new"`
	FirstBadPatch int        `json:"first_bad_patch"`
	FixedByPatch  *int       `json:"fixed_by_patch"`
	Message       string     `json:"message"`
	Advice        string     `json:"advice"` // what to do, one sentence
	Fix           *Fix       `json:"fix,omitempty"`
	Helper        string     `json:"helper,omitempty"`
	Entry         string     `json:"entry,omitempty"`
	Arch          string     `json:"arch"`
	Where         []Where    `json:"where"`
	Location      Location   `json:"location"`
	Path          []Step     `json:"path"`
	Guards        []string   `json:"guards,omitempty"`
	Trap          *Trap      `json:"trap,omitempty"`
	Evidence      *Evidence  `json:"evidence,omitempty"`
	// Sites are the callers that a changed contract leaves behind, by
	// architecture and place.
	Sites  []Site `json:"sites,omitempty"`
	Replay string `json:"replay,omitempty"`
	See    string `json:"see"`
	// Suppressed says that the finding is known, and does not count.
	Suppressed *Suppression `json:"suppressed,omitempty"`
}

// Site is one function that does not heed a contract as a patch leaves it. Line is
// that of its call in the file as patch first_bad_patch has it.
type Site struct {
	Arch     string `json:"arch"` // "generic" outside arch/
	Class    string `json:"class"`
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Call     string `json:"call"`
	Message  string `json:"message"` // what is wrong there
	// RepairedByPatch is the later patch of the series after which it is right.
	RepairedByPatch *int `json:"repaired_by_patch"`
}

// Suppression is why a finding does not count. No rule makes one.
type Suppression struct {
	Reason string `json:"reason"`
}

// Fix is the whole of a repair, where that is known: a line, without its newline,
// behind line Line of a file as patch first_bad_patch leaves it.
type Fix struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

// Where is one class and machine that has a finding. Fragment holds .config
// lines, only those that matter; Machine is "" when every machine has it.
type Where struct {
	Class    string   `json:"class"`
	Fragment []string `json:"fragment"`
	Machine  string   `json:"machine"`
	Needs    []string `json:"needs,omitempty"` // as in ClassInfo
	// Object is the object file a compiler would show it in, and BugTable
	// the __bug_table row to look for: "file:line inside function".
	Object   string `json:"object,omitempty"`
	BugTable string `json:"bug_table,omitempty"`
}

// Location is the changed line that makes the difference. Side is before,
// after or message.
type Location struct {
	Patch int    `json:"patch"`
	File  string `json:"file"`
	Line  int    `json:"line"`
	Side  string `json:"side"`
	Text  string `json:"text,omitempty"`
}

// Step is one function or macro on a path. File and Line are where the next
// step is called from; for the last one, where the trap stands.
type Step struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Macro    bool   `json:"macro,omitempty"`
}

// Trap is what is reached.
type Trap struct {
	Kind string `json:"kind"`
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text,omitempty"`
}

// Evidence shows a finding happening.
type Evidence struct {
	Inputs []string `json:"inputs,omitempty"`
	// Tables are the entries that lead to the address of the run, top level first.
	Tables []TableRow  `json:"tables,omitempty"`
	Trace  []TraceLine `json:"trace,omitempty"`
	// Era names the locking rules that Schedule keeps to.
	Era            string         `json:"era,omitempty"`
	Schedule       []ScheduleStep `json:"schedule,omitempty"`
	Counterexample []string       `json:"counterexample,omitempty"`
	// Proved are sentences about all values of inputs, "for every pmd that
	// points to a table below, and every addr"; without it the finding shows an
	// example.
	Proved []string `json:"proved,omitempty"`
	// Assumptions are what the evidence rests on.
	Assumptions []Assumption `json:"assumptions,omitempty"`
	// NotAssumed says what would exclude the inputs if all callers established
	// it, and which of them do not.
	NotAssumed []string `json:"not_assumed,omitempty"`
}

// TableRow is an entry of a page table before a run and where it ended. Address
// is where the kernel sees it, in hex.
type TableRow struct {
	Level   string     `json:"level"`
	Address string     `json:"address"`
	Before  TableValue `json:"before"`
	After   TableValue `json:"after"`
}

// TableValue is what an entry holds, in hex, and what the kernel's own predicates
// say of it: "table", "present", "pfn 0x1001".
type TableValue struct {
	Value string   `json:"value"`
	Means []string `json:"means,omitempty"`
}

// Assumption is something that inputs fulfil because of who gives them: entry,
// memory, guard or lock. File and Line are where that can be read, "" and 0 for
// nowhere.
type Assumption struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// ScheduleStep is one step of a race: a line of the code under review, or a
// move of its environment.
type ScheduleStep struct {
	Thread   string `json:"thread"` // ThreadReview or ThreadEnvironment
	Function string `json:"function,omitempty"`
	File     string `json:"file,omitempty"` // none for what a caller does
	Line     int    `json:"line,omitempty"`
	Text     string `json:"text"`
	Effect   string `json:"effect,omitempty"` // on what both share
	// Before is the shared access of the code that a move is made before,
	// from 0 on; none for what follows from another move by itself.
	Before *int `json:"before,omitempty"`
}

// The threads of a schedule.
const (
	ThreadReview      = "review"
	ThreadEnvironment = "environment"
)

// TraceLine is one source line that the executor went through.
type TraceLine struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Depth    int    `json:"depth"`
	Text     string `json:"text,omitempty"`
}

// Gap is something that could not be read, with the code that needed it.
type Gap struct {
	Arch   string `json:"arch"`
	What   string `json:"what"`
	Reason string `json:"reason"`
}

// Stats are the costs of a review.
type Stats struct {
	Seconds float64 `json:"seconds"`
	Files   int     `json:"files"` // source files read
	Units   int     `json:"units"` // translation units read
	// Cached is set when the report was made before; Files and Units are
	// what making it took.
	Cached bool `json:"cached,omitempty"`
}
