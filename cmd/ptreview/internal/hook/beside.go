package hook

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"ptreview/parse/mbox"
)

// numberedFile is how git format-patch names the files of a series.
// Source: git-format-patch(1), --reroll-count, git 2.39.
var numberedFile = regexp.MustCompile(`^((?:v[0-9A-Za-z.]+-)?)[0-9]{4,}-`)

// maxMail bounds a file beside a mail, in bytes.
const maxMail = 16 << 20

// Beside returns the mails of the series that the file of m belongs to, in
// order, from patch 1 on, and the place of m among them, from 1. They are the
// numbered files beside it of the same version and length. Where one before m
// is missing, or there twice, m is alone.
func Beside(file string, m *mbox.Mail) ([]*mbox.Mail, int, error) {
	tag := mbox.ParseSubject(m.Subject)
	alone := []*mbox.Mail{m}
	prefix := numberedFile.FindStringSubmatch(filepath.Base(file))
	if prefix == nil || tag.N < 1 {
		return alone, 1, nil
	}
	list, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return nil, 0, err
	}
	found := make([][]*mbox.Mail, min(tag.Total, Limit)+1)
	for _, d := range list {
		name := filepath.Join(filepath.Dir(file), d.Name())
		match := numberedFile.FindStringSubmatch(d.Name())
		if match == nil || match[1] != prefix[1] || filepath.Ext(name) != filepath.Ext(file) {
			continue
		}
		if other := partOf(name, tag); other != nil {
			n := mbox.ParseSubject(other.Subject).N
			found[n] = append(found[n], other)
		}
	}
	if tag.N >= len(found) {
		return nil, 0, fmt.Errorf("%s is patch %d; more than %d are no series", filepath.Base(file), tag.N, Limit)
	}
	found[tag.N] = alone
	// What comes behind m is of use as far as it goes on.
	end := 1 + slices.IndexFunc(append(found[1:], nil), func(same []*mbox.Mail) bool { return len(same) != 1 })
	if end <= tag.N {
		return alone, 1, nil
	}
	return slices.Concat(found[1:end]...), tag.N, nil
}

// partOf reads a file that is a patch of the series that tag is of, nil if it is
// something else.
func partOf(name string, tag mbox.Tag) *mbox.Mail {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxMail {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	list, err := mbox.ParseBytes(data, name)
	if err != nil || len(list) != 1 {
		return nil
	}
	other := mbox.ParseSubject(list[0].Subject)
	if other.N < 1 || other.N > min(tag.Total, Limit) || other.Total != tag.Total || other.Version != tag.Version ||
		!slices.EqualFunc(other.Words, tag.Words, strings.EqualFold) {
		return nil
	}
	return list[0]
}
