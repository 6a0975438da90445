package history

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Range is a series of commits to review.
type Range struct {
	Base    Hash // the parent of the first commit, "" for a root commit
	Head    Hash // the newest commit of the range, also when it is a merge
	Commits []*Commit
	// Linear is set when each commit is the child of the one before. When it
	// is not, the tree before a commit is that of its Parent.
	Linear bool
	// Notes say in sentences what was left out.
	Notes []string
}

// maxRange bounds how many commits one range may have.
const maxRange = 20000

// Range returns the commits of a revision range "a..b" (what b has and a has
// not; an empty side is HEAD) or a single commit, oldest first: parents before
// children, the first parent's side of a merge before the other sides. Merges
// are left out, with a note. Errors: *RevisionError, *EmptyRangeError, or one
// that wraps ErrIncomplete when a commit's parent was not fetched.
func (r *Repo) Range(spec string) (*Range, error) {
	from, to, isRange := strings.Cut(spec, "..")
	if !isRange {
		return r.single(spec)
	}
	if strings.HasPrefix(to, ".") {
		return nil, &RevisionError{Repo: r.name, Rev: spec, Reason: "is a symmetric difference; write two dots instead of three"}
	}
	a, err := r.Resolve(cmp.Or(from, "HEAD"))
	if err != nil {
		return nil, err
	}
	b, err := r.Resolve(cmp.Or(to, "HEAD"))
	if err != nil {
		return nil, err
	}
	w, err := r.walk(a, b)
	if errors.Is(err, errTooMany) {
		return nil, &RevisionError{Repo: r.name, Rev: spec, Reason: err.Error()}
	}
	if err != nil {
		return nil, err
	}
	return r.collect(spec, a, w, w.order(b))
}

func (r *Repo) single(rev string) (*Range, error) {
	h, err := r.Resolve(rev)
	if err != nil {
		return nil, err
	}
	c, err := r.Commit(h)
	if err != nil {
		return nil, err
	}
	if c.IsMerge() {
		return nil, &EmptyRangeError{Repo: r.name, Range: rev,
			Reason: fmt.Sprintf("it is a merge; write %s^1..%s for what it brought in", rev, rev)}
	}
	if err := r.checkParent(c); err != nil {
		return nil, err
	}
	return &Range{Base: c.Parent, Head: h, Commits: []*Commit{c}, Linear: true}, nil
}

// checkParent makes sure that the tree before a commit can be read.
func (r *Repo) checkParent(c *Commit) error {
	if c.Parent == "" {
		return nil
	}
	if r.layout.shallow[c.Hash] {
		return r.missing(c.Parent, "the parent of commit "+string(c.Hash))
	}
	_, err := r.Commit(c.Parent)
	return err
}

// collect reads the commits of a walk, given in order, and describes them.
func (r *Repo) collect(spec string, a Hash, w *walk, ordered []Hash) (*Range, error) {
	result := &Range{Linear: true}
	merges := 0
	for _, h := range ordered {
		result.Head = h
		c, err := r.Commit(h)
		if err != nil {
			return nil, err
		}
		if c.IsMerge() {
			merges++
			continue
		}
		if err := r.checkParent(c); err != nil {
			return nil, err
		}
		result.Commits = append(result.Commits, c)
	}
	if len(result.Commits) == 0 {
		return nil, &EmptyRangeError{Repo: r.name, Range: spec, Reason: emptyReason(merges)}
	}
	result.Base = result.Commits[0].Parent
	for i, c := range result.Commits[1:] {
		result.Linear = result.Linear && c.Parent == result.Commits[i].Hash
	}
	if merges > 0 {
		result.Notes = append(result.Notes, fmt.Sprintf("%s left out; what was merged is reviewed commit by commit, how it was merged is not", count(merges, "merge commit")))
	}
	if len(w.common) > 0 && !w.common[a] {
		result.Notes = append(result.Notes, fmt.Sprintf("the first side of %s is no ancestor of the second; the commits start at %s", spec, result.Base))
	}
	if w.cut {
		result.Notes = append(result.Notes, "the clone is shallow; a commit that the first side has further back may be taken for a new one")
	}
	return result, nil
}

func emptyReason(merges int) string {
	if merges > 0 {
		return count(merges, "merge commit") + " only"
	}
	return "the first side has all of the second"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// node is what a walk keeps of a commit: the history of a kernel does not fit
// into memory with its messages.
type node struct {
	hash      Hash
	parents   []Hash
	committed int64 // seconds
}

// walk is the part of the history between two commits.
type walk struct {
	nodes  map[Hash]*node // read so far
	queue  byDate         // of them, those whose parents were not looked at
	hidden map[Hash]bool  // reachable from the first side
	common map[Hash]bool  // hidden parents of commits of the range
	cut    bool           // the history ended early
}

var errTooMany = fmt.Errorf("has more than %d commits; name a shorter range", maxRange)

// slack is how many hidden commits are read after the last one that could
// matter by its date, because dates of commits are sometimes wrong.
const slack = 200

// walk reads back from both sides by commit date until all that is left is
// reachable from a.
func (r *Repo) walk(a, b Hash) (*walk, error) {
	w := &walk{nodes: make(map[Hash]*node), hidden: map[Hash]bool{a: true}, common: make(map[Hash]bool)}
	for _, h := range []Hash{a, b} {
		if err := w.read(r, h); err != nil {
			return nil, err
		}
	}
	for left := slack; len(w.queue) > 0 && left > 0; left-- {
		if w.isOpen() {
			left = slack
		}
		if len(w.nodes)-len(w.hidden) > maxRange {
			return nil, errTooMany
		}
		if err := w.advance(r, heap.Pop(&w.queue).(*node)); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// isOpen reports whether a commit that is not hidden waits in the queue.
func (w *walk) isOpen() bool {
	return slices.ContainsFunc(w.queue, func(n *node) bool { return !w.hidden[n.hash] })
}

// read adds a commit to the nodes and the queue.
func (w *walk) read(r *Repo, h Hash) error {
	if w.nodes[h] != nil {
		return nil
	}
	c, err := r.Commit(h)
	if err != nil {
		return err
	}
	n := &node{hash: h, parents: c.Parents, committed: c.committed}
	w.nodes[h] = n
	heap.Push(&w.queue, n)
	return nil
}

// advance goes on from a node to its parents.
func (w *walk) advance(r *Repo, n *node) error {
	if r.layout.shallow[n.hash] {
		w.cut = w.cut || len(n.parents) > 0
		return nil
	}
	for _, parent := range n.parents {
		if w.hidden[n.hash] {
			w.hide(parent)
		}
		if err := w.read(r, parent); err != nil {
			return err
		}
	}
	return nil
}

// hide marks a commit and those behind it that were seen already.
func (w *walk) hide(h Hash) {
	stack := []Hash{h}
	for len(stack) > 0 {
		h = stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if w.hidden[h] {
			continue
		}
		w.hidden[h] = true
		if n := w.nodes[h]; n != nil {
			stack = append(stack, n.parents...)
		}
	}
}

// order returns the commits of the range below head, parents first.
func (w *walk) order(head Hash) []Hash {
	type visit struct {
		node *node
		next int // the parent to go to
	}
	var ordered []Hash
	var stack []visit
	done := make(map[Hash]bool)
	enter := func(h Hash) {
		switch n := w.nodes[h]; {
		case w.hidden[h]:
			w.common[h] = true
		case n != nil && !done[h]:
			done[h] = true
			stack = append(stack, visit{node: n})
		}
	}
	enter(head)
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if top.next < len(top.node.parents) {
			top.next++
			enter(top.node.parents[top.next-1])
			continue
		}
		ordered = append(ordered, top.node.hash)
		stack = stack[:len(stack)-1]
	}
	return ordered
}

// byDate is a heap of commits, the newest first.
type byDate []*node

func (q byDate) Len() int      { return len(q) }
func (q byDate) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q byDate) Less(i, j int) bool {
	if q[i].committed != q[j].committed {
		return q[i].committed > q[j].committed
	}
	return q[i].hash < q[j].hash
}

// Push implements heap.Interface.
func (q *byDate) Push(n any) { *q = append(*q, n.(*node)) }

// Pop implements heap.Interface.
func (q *byDate) Pop() any {
	last := len(*q) - 1
	n := (*q)[last]
	*q = (*q)[:last]
	return n
}
