package coverage

import (
	"context"
	"sync"

	"ptreview/arch/kbuild"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// Row is what was measured of one class.
type Row struct {
	Arch   string `json:"arch"`
	Config string `json:"config"`
	// Units are the files chosen, UnitsRead those that could be read at all.
	Units     int `json:"units"`
	UnitsRead int `json:"units_read"`
	// Bodies are functions by place and name. One of a header counts as
	// parsed or typed if it is in each of the units it stands in.
	Bodies int `json:"bodies"`
	Parsed int `json:"bodies_parsed"`
	Typed  int `json:"bodies_typed"`
	// Skipped are the declarations that could not be parsed, by place.
	Skipped int `json:"declarations_skipped"`
	// Failures are what is missing and why, by kind, reason and place.
	Failures []Failure `json:"failures"`
}

// Complete reports whether nothing is missing.
func (r *Row) Complete() bool { return len(r.Failures) == 0 }

// Failure is one thing that could not be read.
type Failure struct {
	Kind     Kind   `json:"kind"`
	Reason   string `json:"reason"`
	File     string `json:"file"`
	Line     int    `json:"line"`               // 0 if no line is to blame
	Function string `json:"function,omitempty"` // whose body it is in
	Units    int    `json:"units"`              // that have it
	Unit     string `json:"unit"`               // the first of them by path
}

// Kind says what a Failure is about.
type Kind string

// The kinds of failures.
const (
	Unreadable  Kind = "unit"        // a file that is no unit at all
	Generated   Kind = "generated"   // a header of the build that could not be made
	Header      Kind = "header"      // an #include of no file
	Preprocess  Kind = "preprocess"  // an error of the preprocessor
	Declaration Kind = "declaration" // one that could not be parsed
	BodyParse   Kind = "body parse"
	BodyType    Kind = "body type"
	Type        Kind = "type" // of a declaration or an initialiser
)

// Meter measures classes of one tree. It is safe for concurrent use.
type Meter struct {
	reader  *unit.Reader
	tree    tree.Tree
	store   *facts.Store
	jobs    int
	objects sync.Map // by architecture
}

// NewMeter returns a Meter that reads up to jobs units at the same time.
func NewMeter(r *unit.Reader, tr tree.Tree, jobs int) *Meter {
	return &Meter{reader: r, tree: tr, store: facts.NewStore(tr, r.Cache()), jobs: max(jobs, 1)}
}

// Measure reads all units of a class that matter. progress, which may be nil,
// is told of each; the result does not depend on jobs. The error is about the
// whole class: a Makefile that cannot be read, the end of ctx.
func (m *Meter) Measure(ctx context.Context, c *unit.Class, progress func(done, total int, file string)) (*Row, error) {
	list, err := m.Files(c)
	if err != nil {
		return nil, err
	}
	t := newTally()
	queue := make(chan string)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range m.jobs {
		wg.Go(func() {
			for file := range queue {
				p := m.one(ctx, c, file)
				mu.Lock()
				t.add(p)
				if done++; progress != nil {
					progress(done, len(list), file)
				}
				mu.Unlock()
			}
		})
	}
	for _, file := range list {
		if ctx.Err() != nil {
			break
		}
		queue <- file
	}
	close(queue)
	wg.Wait()
	m.reader.ForgetClass(c)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	row := t.row()
	row.Arch, row.Config, row.Units = c.Arch.Name, c.ID, len(list)
	return row, nil
}

// Files returns the files that Measure reads of a class, by path.
func (m *Meter) Files(c *unit.Class) ([]string, error) {
	objects, _ := m.objects.LoadOrStore(c.Arch.Name, kbuild.NewObjects(m.tree, c.Arch.Name))
	return files(m.store, objects.(*kbuild.Objects), c)
}

// one reads a file and forgets it again.
func (m *Meter) one(ctx context.Context, c *unit.Class, file string) *part {
	p := newPart(file)
	u, err := m.reader.Read(ctx, m.tree, c, file)
	if err != nil {
		p.fail(Unreadable, err, "")
		return p
	}
	p.read = true
	p.unit(u)
	m.reader.Drop(u)
	return p
}
