package patch

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Lookup reads a file of the tree a patch is applied to. A missing file is
// fs.ErrNotExist.
type Lookup func(path string) ([]byte, error)

// Result is what a patch did to a tree.
type Result struct {
	Changes []*Change // in the order of the patch, one for each path
	Notes   []Warning // offsets, fuzz, and what was skipped
}

// Contents returns the new content of every path that changed; nil means the
// path is gone.
func (r *Result) Contents() map[string][]byte {
	contents := make(map[string][]byte, len(r.Changes))
	for _, c := range r.Changes {
		contents[c.Path] = c.After
	}
	return contents
}

// Change is what a patch did to one path. A rename is two: the old path
// deleted, the new one made from it.
type Change struct {
	Path string
	// From is the path that Before and the old line numbers belong to: Path,
	// or the source of a rename or copy; "" for a new file.
	From   string
	Op     Op
	Before []byte // content of From; nil if From is ""
	After  []byte // content of Path; nil if it is gone
	// NewToOld has for every line of After the line of Before it was, from 1,
	// or 0 for an added line.
	NewToOld []int
	Added    []LineRef // lines of After, ascending
	Removed  []LineRef // lines of Before, ascending
	Hunks    []Placement
}

// LineRef is a line of a file, and the line of the mail that made it so.
type LineRef struct {
	Line     int
	MailLine int
}

// Placement is where a hunk was applied.
type Placement struct {
	Number  int // of the hunk in its file, from 1
	OldLine int // line its first old line stands on, in the file as the hunks found it
	Offset  int // against the line its header names and the offset before it
	Fuzz    int // context lines ignored at either end
}

// Apply applies p to the files that read gives and leaves them alone: the
// result has the new contents. Hunks are placed as by GNU patch -p1 -F2: at the
// line of the header moved by the offset of the hunk before, else at the nearest
// line where they match, else with one or two context lines ignored, and never
// before the hunk before. Unlike patch it refuses a hunk that is in the file
// already, or that would match without any line left to compare.
//
// If one hunk does not apply, nothing has.
// Errors: *ApplyError, and whatever read returns.
func Apply(read Lookup, p *Patch) (*Result, error) {
	a := &applier{read: read, patch: p, files: make(map[string]*draft), budget: maxCompared}
	for _, f := range p.Files {
		if err := a.file(f); err != nil {
			return nil, err
		}
	}
	return a.result(), nil
}

// ApplyFS is Apply on the files of fsys.
func ApplyFS(fsys fs.FS, p *Patch) (*Result, error) {
	return Apply(func(path string) ([]byte, error) { return fs.ReadFile(fsys, path) }, p)
}

// maxCompared bounds the lines compared while placing the hunks of a patch.
const maxCompared = 1 << 26

// applier holds the files of a patch while it is applied.
type applier struct {
	read   Lookup
	patch  *Patch
	files  map[string]*draft
	order  []string
	notes  []Warning
	budget int
}

// draft is a path that the patch has touched so far.
type draft struct {
	from    string
	op      Op
	before  []byte
	lines   []draftLine
	gone    bool
	removed []LineRef
	hunks   []Placement
	index   [2]string // blob ids before and after that the patch names
	line    int       // line of the mail that names them
}

// draftLine is a line with its newline, and where it is from.
type draftLine struct {
	text     string
	old      int // line of before, 0 if added
	mailLine int // line of the mail that added it
}

func (a *applier) note(f *File, line int, format string, args ...any) {
	a.notes = append(a.notes, Warning{a.patch.Mail, line, f.Path() + ": " + fmt.Sprintf(format, args...)})
}

func (a *applier) file(f *File) error {
	switch {
	case isSpecial(f.OldMode), isSpecial(f.NewMode):
		a.note(f, f.MailLine, "a symbolic link or submodule is skipped")
		return nil
	case f.Binary && f.Op != Delete:
		a.note(f, f.MailLine, "binary content is skipped")
		return nil
	case f.Op == Mode:
		return a.checkExists(f)
	case f.Op == Create:
		return a.create(f)
	}
	d, err := a.source(f)
	if err != nil {
		return err
	}
	if err := a.hunks(f, d); err != nil {
		return err
	}
	return a.finish(f, d)
}

// isSpecial reports whether a mode is a symbolic link's or a submodule's.
func isSpecial(mode string) bool { return mode == "120000" || mode == "160000" }

// source opens the old side of f. What this patch changed before is changed
// further; a rename or copy takes the file as it was in the tree, and one that
// this patch made only if the tree had none.
func (a *applier) source(f *File) (*draft, error) {
	touched := a.files[f.OldPath]
	if touched != nil && (f.Op == Modify || f.Op == Delete) {
		if touched.gone {
			return nil, a.fail(f, "the same patch removed the file before")
		}
		return touched, nil
	}
	content, err := a.load(f)
	switch {
	case err == nil:
		return newDraft(f, content), nil
	case touched == nil || touched.gone || touched.from != "":
		return nil, err
	}
	made := *touched
	made.lines = slices.Clone(touched.lines)
	return &made, nil
}

func newDraft(f *File, content []byte) *draft {
	d := &draft{from: f.OldPath, op: f.Op, before: content}
	for i, text := range splitKeep(content) {
		d.lines = append(d.lines, draftLine{text: text, old: i + 1})
	}
	return d
}

func (a *applier) load(f *File) ([]byte, error) {
	content, err := a.read(f.OldPath)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, a.missing(f)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", f.OldPath, err)
	case content == nil:
		content = []byte{}
	}
	return content, nil
}

func (a *applier) missing(f *File) error {
	e := a.fail(f, "no such file in the tree")
	if f.Op == Rename {
		if _, err := a.read(f.NewPath); err == nil {
			e.Already, e.Reason = true, "already applied: the file has its new name"
		}
	}
	if f.Op == Delete {
		e.Already, e.Reason = true, "already applied: no such file in the tree"
	}
	return e
}

func (a *applier) checkExists(f *File) error {
	if d := a.files[f.OldPath]; d != nil && !d.gone {
		return nil
	}
	_, err := a.load(f)
	return err
}

// create makes a new file of the one hunk it may have.
func (a *applier) create(f *File) error {
	d := &draft{op: Create}
	if old := a.files[f.NewPath]; old != nil && old.gone {
		// Removed and made anew: what was there before stays known.
		d.from, d.before, d.removed = old.from, old.before, old.removed
	} else if old != nil {
		return a.fail(f, "the file exists: the same patch made it before")
	}
	for i, h := range f.Hunks {
		for _, l := range h.Lines {
			d.lines = append(d.lines, draftLine{text: lineText(l), mailLine: l.MailLine})
		}
		d.hunks = append(d.hunks, Placement{Number: i + 1})
	}
	if d.from != "" {
		return a.finish(f, d)
	}
	content, err := a.read(f.NewPath)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a.finish(f, d)
	case err != nil:
		return fmt.Errorf("%s: %w", f.NewPath, err)
	}
	e := a.fail(f, "the file exists in the tree with other content")
	if string(content) == d.text() {
		e.Already, e.Reason = true, "already applied: the file exists with this content"
	}
	return e
}

// finish puts the draft in place.
func (a *applier) finish(f *File, d *draft) error {
	for i := 0; i+1 < len(d.lines); i++ {
		if !strings.HasSuffix(d.lines[i].text, "\n") {
			return a.fail(f, "a line marked as the last of the file is followed by others")
		}
	}
	if f.Op == Delete {
		if len(d.lines) > 0 && !f.Binary {
			return a.fail(f, "the patch deletes the file, but its hunks leave %d lines of it", len(d.lines))
		}
		for _, l := range d.lines {
			d.removed = append(d.removed, LineRef{l.old, f.MailLine})
		}
		d.lines, d.gone, d.op = nil, true, Delete
		a.put(f.OldPath, d)
		return nil
	}
	if f.Op == Rename || f.Op == Copy {
		if err := a.checkFree(f); err != nil {
			return err
		}
	}
	if f.Op == Rename {
		if at := a.files[f.OldPath]; at == nil || at.from == f.OldPath {
			a.put(f.OldPath, &draft{from: f.OldPath, op: Delete, before: d.before, gone: true})
		}
	}
	if d.line == 0 { // not patched before
		d.index[0] = f.OldIndex
	}
	d.index[1], d.line = f.NewIndex, f.MailLine
	a.put(f.NewPath, d)
	return nil
}

// isBlob reports whether git would name content by this abbreviated SHA-1. An
// id that is missing or too short tells nothing.
func isBlob(content []byte, id string) bool {
	if len(id) < 7 || len(id) > 40 {
		return false
	}
	if strings.Trim(id, "0") == "" {
		return content == nil
	}
	sum := sha1.New()
	fmt.Fprintf(sum, "blob %d\x00", len(content))
	sum.Write(content)
	return strings.HasPrefix(hex.EncodeToString(sum.Sum(nil)), id)
}

// checkFree refuses to rename or copy onto a file that stays.
func (a *applier) checkFree(f *File) error {
	if d := a.files[f.NewPath]; d != nil {
		if d.gone {
			return nil
		}
		return a.fail(f, "the new name is taken")
	}
	for _, other := range a.patch.Files {
		if other.Op == Rename && other.OldPath == f.NewPath {
			return nil
		}
	}
	if _, err := a.read(f.NewPath); err == nil {
		return a.fail(f, "the new name is taken")
	}
	return nil
}

func (a *applier) put(path string, d *draft) {
	if a.files[path] == nil {
		a.order = append(a.order, path)
	}
	a.files[path] = d
}

func (a *applier) result() *Result {
	r := &Result{Notes: a.notes}
	for _, path := range a.order {
		d := a.files[path]
		c := d.change(path)
		r.Changes = append(r.Changes, c)
		if c.After != nil && isBlob(c.Before, d.index[0]) && !isBlob(c.After, d.index[1]) {
			r.Notes = append(r.Notes, Warning{a.patch.Mail, d.line,
				path + ": the result is not the blob that the index line names: the diff is cut short or was edited"})
		}
	}
	return r
}

func (d *draft) text() string {
	var text strings.Builder
	for _, l := range d.lines {
		text.WriteString(l.text)
	}
	return text.String()
}

func (d *draft) change(path string) *Change {
	c := &Change{Path: path, From: d.from, Op: d.op, Before: d.before, Removed: d.removed, Hunks: d.hunks}
	if d.gone {
		return c
	}
	c.After = []byte(d.text())
	c.NewToOld = make([]int, len(d.lines))
	for i, l := range d.lines {
		c.NewToOld[i] = l.old
		if l.old == 0 {
			c.Added = append(c.Added, LineRef{i + 1, l.mailLine})
		}
	}
	return c
}

// splitKeep splits content into lines that keep their newline.
func splitKeep(content []byte) []string {
	if len(content) == 0 {
		return nil
	}
	lines := strings.SplitAfter(string(content), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func lineText(l Line) string {
	if l.NoEOL {
		return l.Text
	}
	return l.Text + "\n"
}
