package mbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxFiles bounds what is read from one folder.
const maxFiles = 100_000

// Read reads the mails at path: a file, a maildir or a folder of patches.
func Read(path string) ([]*Mail, []Note, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return ReadDir(path)
	}
	mails, err := ReadFile(path)
	return mails, nil, err
}

// ReadFile reads the mails of one file.
func ReadFile(path string) ([]*Mail, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Parse(f, path)
}

// ReadDir reads a maildir (its new and cur) or a folder of mails and patches,
// by file name and not below it. Files that are neither a mail nor a diff are
// left out and named in a note.
func ReadDir(dir string) ([]*Mail, []Note, error) {
	files, notes, err := listMails(dir)
	if err != nil {
		return nil, nil, err
	}
	var mails []*Mail
	var errs []error
	for _, path := range files {
		looks, err := looksLikeText(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !looks {
			notes = append(notes, Note{File: path, Line: 1, Text: "neither a mail nor a diff: skipped"})
			continue
		}
		more, err := ReadFile(path)
		mails = append(mails, more...)
		errs = append(errs, err)
	}
	if len(mails) == 0 && errors.Join(errs...) == nil {
		return nil, notes, &Error{File: dir, Reason: "holds neither a mail nor a diff"}
	}
	return mails, notes, errors.Join(errs...)
}

// IsMaildir reports whether dir has the folders of a maildir.
func IsMaildir(dir string) bool {
	for _, sub := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

func listMails(dir string) (files []string, notes []Note, err error) {
	folders := []string{dir}
	if IsMaildir(dir) {
		folders = []string{filepath.Join(dir, "cur"), filepath.Join(dir, "new")}
	}
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, nil, err
		}
		for _, entry := range entries {
			path := filepath.Join(folder, entry.Name())
			info, err := os.Stat(path)
			switch {
			case strings.HasPrefix(entry.Name(), "."):
			case err != nil:
				return nil, nil, err
			case info.IsDir():
				notes = append(notes, Note{File: path, Text: "a folder: not searched"})
			case info.Mode().IsRegular():
				files = append(files, path)
			}
		}
	}
	if len(files) > maxFiles {
		return nil, nil, &Error{File: dir, Reason: fmt.Sprintf("more than %d files", maxFiles)}
	}
	return files, notes, nil
}

// looksLikeText looks at the beginning of a file for a header, a From_ line
// or a diff.
func looksLikeText(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	if checkInput(head[:n], path) != nil {
		return false, nil
	}
	lines := splitLines(head[:n], 1)
	if fields, _ := readHeader(skipEnvelope(lines)); fields.isMail() {
		return true, nil
	}
	for _, l := range lines {
		if strings.HasPrefix(string(l.text), "diff --git ") || strings.HasPrefix(string(l.text), "--- ") {
			return true, nil
		}
	}
	return false, nil
}
