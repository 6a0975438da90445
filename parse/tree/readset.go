package tree

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// ReadSet is what a Recording noted: questions to trees and their answers.
type ReadSet struct {
	looks []looked
}

// looked is a look at some of the trees, which all gave the same answer.
type looked struct {
	look
	trees []int // ascending
}

// Reads returns what was noted so far, always in the same order.
func (r *Recording) Reads() *ReadSet {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &ReadSet{looks: make([]looked, 0, len(r.looks))}
	for l, trees := range r.looks {
		s.looks = append(s.looks, looked{l, slices.Sorted(maps.Keys(trees))})
	}
	slices.SortFunc(s.looks, func(a, b looked) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.op, b.op), strings.Compare(a.answer, b.answer))
	})
	return s
}

// Len returns how many different questions and answers there are.
func (s *ReadSet) Len() int { return len(s.looks) }

// ChangedError is a question that trees answer differently now.
type ChangedError struct {
	Tree     int
	Path     string
	Was, Now string // identities, or what the path was: "absent", "folder"
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("tree %d: %s was %s and is %s", e.Tree, e.Path, e.Was, e.Now)
}

// Check asks the trees everything again and returns nil if all answers are the
// same, a *ChangedError for one that is not, or the end of ctx. Files
// are read only where the tree does not know their identity; jobs questions
// are asked at a time.
func (s *ReadSet) Check(ctx context.Context, trees []Tree, jobs int) error {
	jobs = max(1, jobs)
	found := make([]error, jobs)
	var stop atomic.Bool
	var workers sync.WaitGroup
	for part := range jobs {
		workers.Go(func() {
			from, to := len(s.looks)*part/jobs, len(s.looks)*(part+1)/jobs
			found[part] = checkLooks(ctx, s.looks[from:to], trees, &stop)
			if found[part] != nil {
				stop.Store(true)
			}
		})
	}
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, err := range found {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkLooks(ctx context.Context, looks []looked, trees []Tree, stop *atomic.Bool) error {
	for i := range looks {
		if stop.Load() || ctx.Err() != nil {
			return nil
		}
		l := &looks[i]
		for _, n := range l.trees {
			if n >= len(trees) {
				return &ChangedError{Tree: n, Path: l.name, Was: l.answer, Now: "in no tree"}
			}
			if now := ask(trees[n], l.op, l.name); now != l.answer {
				return &ChangedError{Tree: n, Path: l.name, Was: l.answer, Now: now}
			}
		}
	}
	return nil
}

// kinder tells what a path is without looking at the file.
type kinder interface {
	Kind(name string, follow bool) (fs.FileMode, error)
}

// Kind returns the type of what is at name, or with follow of what it leads to.
func (v *View) Kind(name string, follow bool) (fs.FileMode, error) {
	at, err := v.locate("stat", name, follow)
	return at.mode.Type(), err
}

// ask returns the answer of a tree, as a Recording would note it.
func ask(t Tree, op operation, name string) string {
	answer, err := "", error(nil)
	switch op {
	case opRead:
		answer, err = Identify(t, name)
	case opStat, opSelf:
		answer, err = askKind(t, op, name)
	case opSize:
		var info fs.FileInfo
		if info, err = t.Stat(name); err == nil {
			answer = sizeAnswer(info)
		}
	case opList:
		var entries []fs.DirEntry
		if entries, err = t.ReadDir(name); err == nil {
			answer = listing(entries)
		}
	case opLink:
		var target string
		target, err = fs.ReadLink(t, name)
		answer = targetAnswer(target)
	default:
		return "an unknown question"
	}
	if err == nil {
		return answer
	}
	if answer, ok := errorAnswer(err); ok {
		return answer
	}
	return "unreadable: " + err.Error()
}

func askKind(t Tree, op operation, name string) (string, error) {
	if k, ok := t.(kinder); ok {
		mode, err := k.Kind(name, op == opStat)
		return kindAnswer(mode), err
	}
	look := t.Stat
	if op == opSelf {
		look = func(name string) (fs.FileInfo, error) { return fs.Lstat(t, name) }
	}
	info, err := look(name)
	if err != nil {
		return "", err
	}
	return kindAnswer(info.Mode()), nil
}

// MarshalBinary returns a form that UnmarshalBinary reads. Paths share what
// they begin with, answers and lists of trees are written once.
func (s *ReadSet) MarshalBinary() ([]byte, error) {
	var e encoder
	var answers, lists interner
	for _, l := range s.looks {
		answers.add(l.answer)
		lists.add(treesText(l.trees))
	}
	answers.encode(&e)
	lists.encode(&e)
	e.number(len(s.looks))
	last := ""
	for _, l := range s.looks {
		shared := commonPrefix(last, l.name)
		e.signed(int64(shared))
		e.text(l.name[shared:])
		e.bytes = append(e.bytes, byte(l.op))
		e.signed(int64(answers.number[l.answer]))
		e.signed(int64(lists.number[treesText(l.trees)]))
		last = l.name
	}
	return e.bytes, nil
}

func treesText(trees []int) string {
	var e encoder
	for _, n := range trees {
		e.signed(int64(n))
	}
	return string(e.bytes)
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// interner numbers texts in the order of their first use.
type interner struct {
	number map[string]int
	list   []string
}

func (x *interner) add(s string) {
	if x.number == nil {
		x.number = make(map[string]int)
	}
	if _, ok := x.number[s]; !ok {
		x.number[s] = len(x.list)
		x.list = append(x.list, s)
	}
}

func (x *interner) encode(e *encoder) {
	e.number(len(x.list))
	for _, s := range x.list {
		e.text(s)
	}
}

func (d *decoder) texts() []string {
	list := make([]string, d.number())
	for i := range list {
		list[i] = d.text()
	}
	return list
}

// UnmarshalBinary replaces the questions and answers.
func (s *ReadSet) UnmarshalBinary(data []byte) error {
	d := decoder{rest: data}
	answers := d.texts()
	lists := make([][]int, 0, 8)
	for _, text := range d.texts() {
		trees := decoder{rest: []byte(text)}
		var list []int
		for len(trees.rest) > 0 && !trees.bad {
			list = append(list, int(trees.signed()))
		}
		d.bad = d.bad || trees.bad || slices.ContainsFunc(list, func(n int) bool { return n < 0 })
		lists = append(lists, list)
	}
	looks := make([]looked, d.number())
	last := ""
	for i := range looks {
		shared := d.signed()
		if d.bad || shared < 0 || shared > int64(len(last)) {
			return errMalformed
		}
		last = last[:shared] + d.text()
		op, answer, list := d.byte(), d.signed(), d.signed()
		if d.bad || answer < 0 || answer >= int64(len(answers)) || list < 0 || list >= int64(len(lists)) {
			return errMalformed
		}
		looks[i] = looked{look{operation(op), last, answers[answer]}, lists[list]}
	}
	if !d.done() {
		return errMalformed
	}
	s.looks = looks
	return nil
}

func (d *decoder) byte() byte {
	if d.bad || len(d.rest) == 0 {
		d.bad = true
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}
