package series

import (
	"errors"
	"fmt"
	"maps"

	"ptreview/parse/patch"
	"ptreview/parse/tree"
)

// Prefix is the tree after the first K patches.
type Prefix struct {
	K      int
	Tree   tree.Tree
	Patch  *Patch        // the K-th; nil for prefix 0
	Result *patch.Result // what it changed against prefix K-1; nil for prefix 0
	// origins has for every path that patches 1…K changed where its lines are
	// from.
	origins map[string][]Origin
}

// Origin is where a line of a prefix is from.
type Origin struct {
	Position int // of the patch that added it, 0 for the base
	MailLine int // line of that patch's mail
	BaseLine int // line of the file in the base it was, 0 if a patch added it
}

// Origin tells which patch added a line, from 1, of a file of this prefix.
// ok is false for a file that no patch changed, and past its end.
func (p *Prefix) Origin(path string, line int) (origin Origin, ok bool) {
	lines := p.origins[path]
	if line < 1 || line > len(lines) {
		return Origin{}, false
	}
	return lines[line-1], true
}

// Changed reports whether patches 1…K changed the file, and it is still there.
func (p *Prefix) Changed(path string) bool { return p.origins[path] != nil }

// Prefixes applies the series to base patch by patch. The result has one more
// element than the series has patches; the first is base itself. When a patch
// does not apply the prefixes before it are returned with the error, so that a
// report can say how far it went.
// Errors: *ApplyError around those of patch.Apply.
func (s *Series) Prefixes(base tree.Tree) ([]*Prefix, error) {
	prefixes := []*Prefix{{Tree: base}}
	files := make(map[string][]byte) // all changes against base
	for _, p := range s.Patches {
		before := prefixes[len(prefixes)-1]
		result, err := patch.ApplyFS(before.Tree, p.Diff)
		if err != nil {
			return prefixes, &ApplyError{p, err}
		}
		maps.Copy(files, result.Contents())
		overlay := tree.NewOverlay(base, files)
		if err := overlay.Check(); err != nil {
			return prefixes, &ApplyError{p, err}
		}
		next := &Prefix{K: p.Position, Tree: overlay, Patch: p, Result: result, origins: maps.Clone(before.origins)}
		next.trace(before)
		prefixes = append(prefixes, next)
	}
	return prefixes, nil
}

// ApplyError is the patch of a series that does not apply.
type ApplyError struct {
	Patch *Patch
	Err   error
}

func (e *ApplyError) Error() string {
	var misfit *patch.ApplyError
	if errors.As(e.Err, &misfit) { // it names the patch itself
		return fmt.Sprintf("patch %d: %v", e.Patch.Position, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Patch.Label(), e.Err)
}

func (e *ApplyError) Unwrap() error { return e.Err }

// trace carries the origins of lines over the changes of this prefix.
func (p *Prefix) trace(before *Prefix) {
	if p.origins == nil {
		p.origins = make(map[string][]Origin)
	}
	for _, c := range p.Result.Changes {
		if c.After == nil {
			delete(p.origins, c.Path)
			continue
		}
		p.origins[c.Path] = p.traceFile(c, before.origins[c.From])
	}
}

func (p *Prefix) traceFile(c *patch.Change, old []Origin) []Origin {
	origins := make([]Origin, len(c.NewToOld))
	added := c.Added
	for i, line := range c.NewToOld {
		switch {
		case line == 0:
			origins[i] = Origin{Position: p.K, MailLine: added[0].MailLine}
			added = added[1:]
		case old != nil:
			origins[i] = old[line-1]
		default:
			origins[i] = Origin{BaseLine: line}
		}
	}
	return origins
}
