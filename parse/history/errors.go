package history

import (
	"errors"
	"fmt"
)

// ErrIncomplete is wrapped by errors for what a shallow or partial clone, or a
// damaged repository, lacks. What it concerns is unknown, not absent.
var ErrIncomplete = errors.New("the repository is incomplete")

// errMissing is a backend's answer for an object or name it does not have.
var errMissing = errors.New("no such object")

// absentError is a backend's answer for an object that a name led to and that
// is not there.
type absentError struct{ hash Hash }

func (e *absentError) Error() string { return "object " + string(e.hash) + " is missing" }

// unsupportedError says what a backend cannot read.
type unsupportedError struct{ what string }

func (e *unsupportedError) Error() string { return e.what + " is not supported" }

// NotRepositoryError is the answer for a folder that is in no repository.
type NotRepositoryError struct {
	Dir    string
	Reason string // "there is no such folder"
}

func (e *NotRepositoryError) Error() string {
	return fmt.Sprintf("%s is not a git repository: %s; pass a folder with a .git, or a bare repository", e.Dir, e.Reason)
}

// RevisionError says why a revision or range cannot be reviewed.
type RevisionError struct {
	Repo   string
	Rev    string
	Reason string
}

func (e *RevisionError) Error() string {
	return fmt.Sprintf("%s: revision %q: %s", e.Repo, e.Rev, e.Reason)
}

// EmptyRangeError is the answer for a range without a commit to review.
type EmptyRangeError struct {
	Repo   string
	Range  string
	Reason string // "v6.4 contains all of topic"
}

func (e *EmptyRangeError) Error() string {
	return fmt.Sprintf("%s: range %s has no commit to review: %s", e.Repo, e.Range, e.Reason)
}

// MissingObjectError is the answer for an object that should be there.
type MissingObjectError struct {
	Repo  string
	Hash  Hash
	Path  string // the file or folder, where known
	Clone string // "shallow clone", "partial clone", or "" when it is neither
}

func (e *MissingObjectError) Error() string {
	what := "object " + string(e.Hash)
	if e.Path != "" {
		what = e.Path + " (object " + string(e.Hash) + ")"
	}
	if e.Clone == "" {
		return fmt.Sprintf("%s: %s is missing; the repository is damaged, see git fsck", e.Repo, what)
	}
	return fmt.Sprintf("%s: %s is not in this %s; fetch it with git first", e.Repo, what, e.Clone)
}

// Unwrap makes the error match ErrIncomplete.
func (e *MissingObjectError) Unwrap() error { return ErrIncomplete }
