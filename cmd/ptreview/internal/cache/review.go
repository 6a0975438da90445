package cache

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// The groups of a store. Reviews of one request have a group of their own below
// the first, one entry for each set of files they read.
const (
	reviews = "reviews"
	folders = "folders"
	// meanings has what the names of trees can mean.
	meanings = "names"
)

// maxBases is how many bases of one request are kept: those of a few branches.
const maxBases = 8

// Reviewer makes reviews, and takes from a store those that were made before.
type Reviewer struct {
	store   *Store // nil makes every review anew
	program string // identity of the program
	depends []string
	index   map[string]*tree.Index

	err error // the first failure to write
}

// NewReviewer returns a Reviewer that uses store, or none if it is nil.
func NewReviewer(store *Store) *Reviewer {
	return &Reviewer{store: store, index: make(map[string]*tree.Index)}
}

// Err returns the first failure to store something.
func (r *Reviewer) Err() error { return r.err }

// Depends names something outside of requests, and of what their trees hold,
// that reviews depend on. Call it before Review.
func (r *Reviewer) Depends(on string) { r.depends = append(r.depends, on) }

// Index returns what is known of the files in a folder, nil without a store.
func (r *Reviewer) Index(dir string) *tree.Index {
	abs, err := filepath.Abs(dir)
	if r.store == nil || err != nil {
		return nil
	}
	x := r.index[abs]
	if x == nil {
		x = tree.NewIndex()
		if data := r.store.get(folders, nameOf(abs)); data != nil {
			_ = x.UnmarshalBinary(data) // what is malformed teaches nothing
		}
		r.index[abs] = x
	}
	return x
}

// Review returns the report of a request: the stored one when everything it
// depends on is the same, else one made now. Both are the same but for what
// the review cost.
func (r *Reviewer) Review(ctx context.Context, req *check.Request) (*check.Report, error) {
	ignored, err := check.Ignored(ctx, req, r.names)
	if err != nil {
		return nil, err
	}
	if ignored {
		// What was read for that is no part of a stored review.
		out := *req
		out.Ignored = true
		defer r.storeIndexes()
		return judge(ctx, &out)
	}
	if r.store == nil || len(req.Prefixes) == 0 || req.NewRunner != nil {
		return judge(ctx, req)
	}
	key, err := r.key(req)
	if err != nil {
		return judge(ctx, req)
	}
	report := r.find(ctx, key, req)
	if report == nil {
		if report, err = r.make(ctx, key, req); err != nil {
			return nil, err
		}
	}
	r.storeIndexes()
	return report, nil
}

// judge makes a review. What only names the series and its base is kept from
// the rules, so that a report cannot depend on it; what patches claim is not.
func judge(ctx context.Context, req *check.Request) (*check.Report, error) {
	report, err := check.Review(ctx, unnamed(req))
	if err != nil {
		return nil, err
	}
	return named(report, req), nil
}

func unnamed(req *check.Request) *check.Request {
	out := *req
	out.Claims = req.Series.Claims()
	out.Series, out.Tree, out.Notes = check.SeriesInfo{}, check.TreeInfo{}, nil
	return &out
}

func named(report *check.Report, req *check.Request) *check.Report {
	report.Series, report.Tree = req.Series, req.Tree
	report.Notes = slices.Concat(req.Notes, report.Notes)
	return report
}

// key returns the name of all reviews that differ from req in nothing but the
// files of the base.
func (r *Reviewer) key(req *check.Request) (string, error) {
	program, err := r.identity()
	if err != nil {
		return "", err
	}
	names := struct {
		Program, Version      string
		Depends               []string
		Archs, Unknown, Rules []string
		Config                *check.ExplicitConfig
		Generated             []string
		Changed               [][]check.ChangedFile
		Claims                []check.Claim
		NoAssume              bool
	}{
		Program: program, Version: req.Version, Depends: r.depends, Unknown: req.Unknown,
		Generated: slices.Sorted(maps.Keys(req.Generated)), Claims: req.Series.Claims(), NoAssume: req.NoAssume,
	}
	for _, a := range req.Archs {
		names.Archs = append(names.Archs, a.Name)
	}
	for _, rule := range req.Rules {
		names.Rules = append(names.Rules, rule.Name)
	}
	if req.Config != nil {
		names.Archs = append(names.Archs, req.Config.Arch.Name)
		names.Config = &check.ExplicitConfig{Name: req.Config.Name, Data: req.Config.Data}
	}
	for _, p := range req.Prefixes {
		names.Changed = append(names.Changed, p.Changed)
	}
	data, err := json.Marshal(names)
	return nameOf(string(data)), err
}

// identity returns the content of the running program: another one may judge
// otherwise.
func (r *Reviewer) identity() (string, error) {
	if r.program != "" {
		return r.program, nil
	}
	file, err := os.Executable()
	if err != nil {
		return "", err
	}
	r.program, err = r.Index(file).IdentifyFile(file, func() ([]byte, error) { return os.ReadFile(file) })
	return r.program, err
}

// trees returns the trees a review reads, in the order of their numbers.
func trees(req *check.Request) []tree.Tree {
	var list []tree.Tree
	for _, p := range req.Prefixes {
		list = append(list, p.Tree)
	}
	for _, name := range slices.Sorted(maps.Keys(req.Generated)) {
		list = append(list, req.Generated[name])
	}
	return list
}

// record returns req with its trees being recorded.
func record(req *check.Request, rec *tree.Recording) *check.Request {
	out := *req
	out.Prefixes = slices.Clone(req.Prefixes)
	n := 0
	for i := range out.Prefixes {
		out.Prefixes[i].Tree = rec.Tree(n, out.Prefixes[i].Tree)
		n++
	}
	out.Generated = make(map[string]tree.Tree, len(req.Generated))
	for _, name := range slices.Sorted(maps.Keys(req.Generated)) {
		out.Generated[name] = rec.Tree(n, req.Generated[name])
		n++
	}
	return &out
}

// find returns the stored report of a review that read what the trees hold
// now, nil if there is none.
func (r *Reviewer) find(ctx context.Context, key string, req *check.Request) *check.Report {
	group := filepath.Join(reviews, key)
	for _, name := range r.store.names(group) {
		reads, report, ok := decode(r.store.get(group, name))
		if !ok || reads.Check(ctx, trees(req), req.Jobs) != nil {
			continue
		}
		r.store.touch(group, name)
		report.Stats.Cached = true
		return named(report, req)
	}
	return nil
}

// make makes a review and stores it.
func (r *Reviewer) make(ctx context.Context, key string, req *check.Request) (*check.Report, error) {
	rec := tree.NewRecording()
	report, err := check.Review(ctx, unnamed(record(req, rec)))
	if err != nil {
		return nil, err
	}
	if rec.Err() == nil {
		reads := rec.Reads()
		r.keep(r.store.save(key, reads, report))
		// Let the next review find the identities of what this one read.
		_ = reads.Check(ctx, trees(req), req.Jobs)
	}
	return named(report, req), nil
}

func (r *Reviewer) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *Reviewer) storeIndexes() {
	if r.store == nil {
		return
	}
	for _, abs := range slices.Sorted(maps.Keys(r.index)) {
		if x := r.index[abs]; x.Changed() {
			data, err := x.MarshalBinary()
			r.keep(errors.Join(err, r.store.put(folders, nameOf(abs), data)))
		}
	}
}

// save stores a report with what it depends on, drops the oldest of its group,
// and keeps the store within its limit.
func (s *Store) save(key string, reads *tree.ReadSet, report *check.Report) error {
	data, err := encode(reads, report)
	if err != nil {
		return err
	}
	group := filepath.Join(reviews, key)
	sum := sha256.Sum256(data)
	if err := s.put(group, hex.EncodeToString(sum[:10]), data); err != nil {
		return fmt.Errorf("storing the review: %w", err)
	}
	if names := s.names(group); len(names) > maxBases {
		for _, name := range names[maxBases:] {
			os.Remove(filepath.Join(s.dir, group, name))
		}
	}
	return s.trim(time.Now())
}

// encode returns the read set with its length, and behind it the report.
func encode(reads *tree.ReadSet, report *check.Report) ([]byte, error) {
	set, err := reads.MarshalBinary()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(report)
	if err != nil {
		return nil, err
	}
	return slices.Concat(binary.LittleEndian.AppendUint32(nil, uint32(len(set))), set, text), nil
}

func decode(data []byte) (*tree.ReadSet, *check.Report, bool) {
	if len(data) < 4 {
		return nil, nil, false
	}
	n, rest := int(binary.LittleEndian.Uint32(data)), data[4:]
	if n > len(rest) {
		return nil, nil, false
	}
	reads, report := new(tree.ReadSet), new(check.Report)
	if reads.UnmarshalBinary(rest[:n]) != nil || json.Unmarshal(rest[n:], report) != nil {
		return nil, nil, false
	}
	return reads, report, true
}
