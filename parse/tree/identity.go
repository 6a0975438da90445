package tree

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
)

// ContentID returns the identity of content that has no other: its SHA-256.
func ContentID(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// identifier is a Tree or a Source that can tell what a file holds without
// reading it.
type identifier interface {
	// Identify returns the identity of the content of a regular file as it
	// is now.
	Identify(name string) (string, error)
}

// fixed is a Tree or a Source some of whose files cannot change.
type fixed interface {
	// FixedID returns the identity of the content of a regular file if that
	// content stays the same for as long as the tree exists.
	FixedID(name string) (string, bool)
}

// Identify returns the identity of the content of the file at name: whatever
// has the same identity has the same content. The converse does not hold, as a
// commit names content otherwise than a folder does. Trees that know identities
// – those of commits, those of folders with an Index – do not read the file.
func Identify(t Tree, name string) (string, error) {
	if known, ok := t.(identifier); ok {
		return known.Identify(name)
	}
	content, err := t.ReadFile(name)
	if err != nil {
		return "", err
	}
	return ContentID(content), nil
}

// identityOf returns the identity of content that was read at name of t. A
// tree that may have changed since is not asked.
func identityOf(t Tree, name string, content []byte) string {
	if f, ok := t.(fixed); ok {
		if id, ok := f.FixedID(name); ok {
			return id
		}
	}
	return ContentID(content)
}

// Identify implements the identity of a tree's files through its source.
func (v *View) Identify(name string) (string, error) {
	at, err := v.locate("identify", name, true)
	if err != nil {
		return "", err
	}
	known, ok := v.src.(identifier)
	if !ok || at.folder != nil || !at.mode.IsRegular() {
		content, err := v.content("identify", name, at)
		if err != nil {
			return "", err
		}
		return ContentID(content), nil
	}
	id, err := known.Identify(at.path)
	if err != nil {
		return "", &fs.PathError{Op: "identify", Path: name, Err: err}
	}
	return id, nil
}

// FixedID passes the question on to the source.
func (v *View) FixedID(name string) (string, bool) {
	f, ok := v.src.(fixed)
	if !ok {
		return "", false
	}
	at, err := v.find(name, true)
	if err != nil || !at.mode.IsRegular() {
		return "", false
	}
	return f.FixedID(at.path)
}

// Identify asks the base: what is in memory may be older than the disk, but an
// identity is asked for where nothing has been read yet.
func (m *memory) Identify(name string) (string, error) {
	if known, ok := m.base.(identifier); ok {
		return known.Identify(name)
	}
	content, err := m.ReadFile(name)
	if err != nil {
		return "", err
	}
	return ContentID(content), nil
}

// FixedID passes the question on to the base.
func (m *memory) FixedID(name string) (string, bool) {
	f, ok := m.base.(fixed)
	if !ok {
		return "", false
	}
	return f.FixedID(name)
}

// Identify returns the identity of a file of the overlay or of its base.
func (o *overlaid) Identify(name string) (string, error) {
	if id, ok := o.ownID(name); ok {
		return id, nil
	}
	return Identify(o.base, name)
}

// FixedID knows the files of the overlay, and asks the base for others.
func (o *overlaid) FixedID(name string) (string, bool) {
	if id, ok := o.ownID(name); ok {
		return id, true
	}
	f, ok := o.base.(fixed)
	if !ok {
		return "", false
	}
	return f.FixedID(name)
}

func (o *overlaid) ownID(name string) (string, bool) {
	file, ok := o.files[name]
	if !ok || file.Deleted {
		return "", false
	}
	return ContentID(file.Content), true
}
