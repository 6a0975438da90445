package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"time"

	"ptreview/parse/source"
)

// Recording notes what is read of several trees, and what was looked for and
// not there: all that work which reads nothing else can depend on. It is safe
// for concurrent use.
type Recording struct {
	mu    sync.Mutex
	looks map[look]map[int]bool // → numbers of the trees
	err   error
}

// operation is one kind of question to a tree.
type operation byte

const (
	opRead operation = 'r' // the content of a file
	opStat operation = 's' // what a path leads to
	opSelf operation = 'l' // what a path is itself, as lstat does
	opSize operation = 'z' // how long a file is
	opList operation = 'd' // the entries of a folder
	opLink operation = 'k' // where a symbolic link leads
)

// look is one question with its answer.
type look struct {
	op     operation
	name   string
	answer string
}

// Answers that are no content. An identity has a colon in it.
const (
	answerAbsent    = "absent"
	answerNoFolder  = "below a file"
	answerFolder    = "folder"
	answerFile      = "file"
	answerLink      = "link"
	answerOther     = "other"
	answerNotFolder = "no folder"
	answerNoLink    = "no link"
)

// NewRecording returns an empty recording.
func NewRecording() *Recording { return &Recording{looks: make(map[look]map[int]bool)} }

// Tree returns t, with everything that is asked of it being noted as asked of
// tree number n. Infos have no time and no permissions.
func (r *Recording) Tree(n int, t Tree) Tree { return &recorded{rec: r, n: n, base: t} }

// Err returns the first failure to read that a later look could not tell from
// another, such as one of a disk; nothing can be concluded from the recording
// then.
func (r *Recording) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *Recording) note(n int, l look) {
	r.mu.Lock()
	defer r.mu.Unlock()
	trees := r.looks[l]
	if trees == nil {
		trees = make(map[int]bool)
		r.looks[l] = trees
	}
	trees[n] = true
}

func (r *Recording) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// recorded is a tree of a Recording. It answers as its base does.
type recorded struct {
	rec  *Recording
	n    int
	base Tree
}

// keeps reports whether the base has a memory.
func (t *recorded) keeps() bool {
	k, ok := t.base.(keeper)
	return ok && k.keeps()
}

// note records an answer, or the error that was one.
func (t *recorded) note(op operation, name, answer string, err error) {
	if err != nil {
		var ok bool
		if answer, ok = errorAnswer(err); !ok {
			t.rec.fail(err)
			return
		}
	}
	t.rec.note(t.n, look{op, name, answer})
}

// errorAnswer returns the answer that an error is, if it says something about
// the tree and nothing about the disk.
func errorAnswer(err error) (string, bool) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return answerAbsent, true
	case errors.Is(err, syscall.ENOTDIR):
		return answerNoFolder, true
	case errors.Is(err, ErrIsDir), errors.Is(err, syscall.EISDIR):
		return answerFolder, true
	case errors.Is(err, ErrNotDir):
		return answerNotFolder, true
	case errors.Is(err, fs.ErrInvalid):
		return answerNoLink, true
	}
	return "", false
}

// ReadFile implements fs.ReadFileFS.
func (t *recorded) ReadFile(name string) ([]byte, error) {
	content, err := t.base.ReadFile(name)
	t.noteContent(name, content, err)
	return content, err
}

// SharedFile is ReadFile, but the content must not be changed.
func (t *recorded) SharedFile(name string) ([]byte, error) {
	content, err := source.ReadShared(t.base, name)
	t.noteContent(name, content, err)
	return content, err
}

func (t *recorded) noteContent(name string, content []byte, err error) {
	id := ""
	if err == nil {
		id = identityOf(t.base, name, content)
	}
	t.note(opRead, name, id, err)
}

// Identify and FixedID note nothing but the content they speak of.
func (t *recorded) Identify(name string) (string, error) {
	id, err := Identify(t.base, name)
	t.note(opRead, name, id, err)
	return id, err
}

// Open implements fs.FS.
func (t *recorded) Open(name string) (fs.File, error) {
	info, err := t.Stat(name)
	if err != nil {
		return nil, reword(err, "open")
	}
	if info.IsDir() {
		entries, err := t.ReadDir(name)
		if err != nil {
			return nil, reword(err, "open")
		}
		return &openFolder{info: info, name: name, rest: entries}, nil
	}
	content, err := t.ReadFile(name)
	if err != nil {
		return nil, reword(err, "open")
	}
	return newOpenFile(info, content), nil
}

// reword gives a path error another operation.
func reword(err error, op string) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return &fs.PathError{Op: op, Path: pe.Path, Err: pe.Err}
	}
	return err
}

// ReadDir implements fs.ReadDirFS.
func (t *recorded) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := t.base.ReadDir(name)
	answer := ""
	if err == nil {
		answer = listing(entries)
	}
	t.note(opList, name, answer, err)
	if err != nil {
		return nil, err
	}
	list := make([]fs.DirEntry, len(entries))
	for i, e := range entries {
		list[i] = recordedEntry{t, join(name, e.Name()), e}
	}
	return list, nil
}

func join(dir, name string) string {
	if dir == "." {
		return name
	}
	return dir + "/" + name
}

// listing returns the identity of the entries of a folder.
func listing(entries []fs.DirEntry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s\x00%s\n", e.Name(), kindAnswer(e.Type()))
	}
	return ContentID([]byte(b.String()))
}

func kindAnswer(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return answerFolder
	case mode.IsRegular():
		return answerFile
	case mode&fs.ModeSymlink != 0:
		return answerLink
	}
	return answerOther
}

// Stat implements fs.StatFS.
func (t *recorded) Stat(name string) (fs.FileInfo, error) {
	info, err := t.base.Stat(name)
	return t.info(opStat, name, info, err)
}

// Lstat implements fs.ReadLinkFS.
func (t *recorded) Lstat(name string) (fs.FileInfo, error) {
	info, err := fs.Lstat(t.base, name)
	return t.info(opSelf, name, info, err)
}

func (t *recorded) info(op operation, name string, info fs.FileInfo, err error) (fs.FileInfo, error) {
	if err != nil {
		t.note(op, name, "", err)
		return nil, err
	}
	t.note(op, name, kindAnswer(info.Mode()), nil)
	return recordedInfo{t, name, info}, nil
}

// ReadLink implements fs.ReadLinkFS.
func (t *recorded) ReadLink(name string) (string, error) {
	target, err := fs.ReadLink(t.base, name)
	t.note(opLink, name, targetAnswer(target), err)
	return target, err
}

// targetAnswer keeps a target apart from the answers that are words.
func targetAnswer(target string) string { return "to:" + target }

// recordedEntry is an entry of a listed folder.
type recordedEntry struct {
	tree *recorded
	path string
	fs.DirEntry
}

// Info implements fs.DirEntry.
func (e recordedEntry) Info() (fs.FileInfo, error) { return e.tree.Lstat(e.path) }

// recordedInfo is an info that says only what is noted.
type recordedInfo struct {
	tree *recorded
	path string
	info fs.FileInfo
}

// Name implements fs.FileInfo.
func (i recordedInfo) Name() string { return i.info.Name() }

// Size implements fs.FileInfo.
func (i recordedInfo) Size() int64 {
	i.tree.note(opSize, i.path, sizeAnswer(i.info), nil)
	return i.info.Size()
}

func sizeAnswer(info fs.FileInfo) string { return fmt.Sprint(info.Size()) }

// Mode implements fs.FileInfo.
func (i recordedInfo) Mode() fs.FileMode { return i.info.Mode().Type() | 0o444 }

// ModTime implements fs.FileInfo.
func (i recordedInfo) ModTime() time.Time { return time.Time{} }

// IsDir implements fs.FileInfo.
func (i recordedInfo) IsDir() bool { return i.info.IsDir() }

// Sys implements fs.FileInfo.
func (i recordedInfo) Sys() any { return nil }
