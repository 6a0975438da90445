package check

import (
	"ptreview/arch"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// Request is one review to make.
type Request struct {
	Version string // of the program
	Series  SeriesInfo
	// Claims are what the patches say of themselves, where Series is left out
	// and does not tell.
	Claims []Claim
	Tree   TreeInfo
	// Prefixes are the tree after each patch, the base first. A review
	// without a tree has Fragments instead.
	Prefixes  []Prefix
	Fragments []Fragment
	Archs     []*arch.Arch
	// Unknown are folders below arch/ that no data file describes; each is
	// counted as not run.
	Unknown []string
	Rules   []*Rule
	// Config, when set, is the only configuration looked at.
	Config *ExplicitConfig
	// Classes, when set, replaces the choice of classes from defconfigs; it
	// is where a build folder's own configuration comes in.
	Generated map[string]tree.Tree // by architecture: headers of a real build
	Jobs      int                  // classes read at the same time; 0 means 1
	Notes     []string
	// NewRunner makes the executor of one class on one machine; nil stands
	// for the emulated machine.
	NewRunner func(*facts.TreeProgram, *arch.Machine) Runner
	// NoAssume says that nothing is taken for granted of callers and of what
	// tables hold.
	NoAssume bool
	// Progress is told of each step, by one goroutine at a time; it may be nil.
	Progress func(Progress)
	Reader   *unit.Reader
	// Ignored says that Ignored has found nothing that a rule would read in
	// any class: none is looked at.
	Ignored bool
}

// Progress is how far a review has come. How many classes there are to be is not
// known before the last architecture has chosen its own, so that each architecture
// counts the same.
type Progress struct {
	Share float64 // of the work that is done, 0 to 1
	What  string  // a class that is done, or what is done now
}

// ExplicitConfig is a .config given by the user.
type ExplicitConfig struct {
	Arch *arch.Arch
	Name string
	Data []byte
}

// Prefix is the tree after the first patches of a series.
type Prefix struct {
	Tree    tree.Tree
	Changed []ChangedFile // by the last of them; none for the base
}

// ChangedFile is a file that a patch changed. Old is the path before a
// rename. Line numbers start at 1.
type ChangedFile struct {
	Path    string // "" if the patch removed it
	Old     string // "" if the patch made it
	Added   []int  // lines of the file after the patch
	Removed []int  // lines of the file before
}

// Fragment is what a patch without a tree shows of one file: for each hunk
// the lines before and after, unknown lines left out.
type Fragment struct {
	Patch  int
	Path   string
	Before []HunkSide
	After  []HunkSide
}

// HunkSide is one side of a hunk. Line is the file's line number of the first
// line of Text; Changed are the numbers of its added or removed lines.
type HunkSide struct {
	Line    int
	Text    string
	Changed []int
}

// lineIndex tells for each prefix which patch added a line.
type lineIndex struct {
	prefixes []map[string][]int // path → patch of each line, index line-1
}

// newLineIndex follows the lines of changed files through the prefixes.
func newLineIndex(prefixes []Prefix, lineCount func(prefix int, path string) int) *lineIndex {
	ix := &lineIndex{prefixes: make([]map[string][]int, len(prefixes))}
	for k := range prefixes {
		ix.prefixes[k] = make(map[string][]int)
		if k == 0 {
			continue
		}
		for path, lines := range ix.prefixes[k-1] {
			ix.prefixes[k][path] = lines
		}
		for _, f := range prefixes[k].Changed {
			if f.Path == "" {
				delete(ix.prefixes[k], f.Old)
				continue
			}
			old := ix.prefixes[k-1][f.Old]
			ix.prefixes[k][f.Path] = carry(old, f, k, lineCount(k, f.Path))
		}
	}
	return ix
}

func carry(old []int, f ChangedFile, patch, n int) []int {
	added := make(map[int]bool, len(f.Added))
	for _, l := range f.Added {
		added[l] = true
	}
	removed := make(map[int]bool, len(f.Removed))
	for _, l := range f.Removed {
		removed[l] = true
	}
	lines := make([]int, n)
	from := 1
	for i := range lines {
		if added[i+1] {
			lines[i] = patch
			continue
		}
		for removed[from] {
			from++
		}
		if from <= len(old) {
			lines[i] = old[from-1]
		}
		from++
	}
	return lines
}

func (ix *lineIndex) addedBy(prefix int, path string, line int) int {
	lines := ix.prefixes[prefix][path]
	if line < 1 || line > len(lines) {
		return 0
	}
	return lines[line-1]
}
