package history

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Hash is the name of an object in lower-case hexadecimal: 40 digits, or 64 in
// a sha256 repository. "" is no object.
type Hash string

// ParseHash checks that s is a whole hash.
func ParseHash(s string) (Hash, error) {
	h := Hash(strings.ToLower(s))
	if !h.valid() {
		return "", fmt.Errorf("%q is not an object hash", s)
	}
	return h, nil
}

func (h Hash) valid() bool { return (len(h) == 40 || len(h) == 64) && isHex(string(h)) }

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Commit is one commit.
type Commit struct {
	Hash    Hash
	Tree    Hash
	Parent  Hash   // the first parent, "" for a root commit
	Parents []Hash // all of them, as written in the commit
	Author  Author
	Date    time.Time // author date, in the author's zone
	Subject string    // first paragraph of the message on one line, as git log --format=%s
	Message string    // the whole message, in UTF-8 where the commit names latin1

	committed int64 // seconds, for walking
}

// Author is who wrote a commit, as written there.
type Author struct {
	Name  string
	Email string
}

// IsMerge reports whether c has more than one parent.
func (c *Commit) IsMerge() bool { return len(c.Parents) > 1 }

var errMalformed = errors.New("malformed object")

// parseCommit reads the raw form of a commit.
func parseCommit(h Hash, data []byte) (*Commit, error) {
	c := &Commit{Hash: h}
	header, message, _ := bytes.Cut(data, []byte("\n\n"))
	encoding := ""
	for line := range bytes.Lines(header) {
		key, value, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		if err := c.setHeader(key, value, &encoding); err != nil {
			return nil, err
		}
	}
	if c.Tree == "" {
		return nil, fmt.Errorf("%w: no tree", errMalformed)
	}
	c.Author.Name = decode(c.Author.Name, encoding)
	c.Message = decode(string(message), encoding)
	c.Subject = subject(c.Message)
	return c, nil
}

func (c *Commit) setHeader(key, value string, encoding *string) error {
	var err error
	switch key {
	case "tree":
		c.Tree, err = ParseHash(value)
	case "parent":
		var parent Hash
		parent, err = ParseHash(value)
		c.Parents = append(c.Parents, parent)
		c.Parent = c.Parents[0]
	case "author":
		c.Author, c.Date = parsePerson(value)
	case "committer":
		_, when := parsePerson(value)
		c.committed = when.Unix()
	case "encoding":
		*encoding = value
	}
	return err
}

// parsePerson reads "Name <email> seconds zone". Git tolerates broken ones and
// so does this: what cannot be read stays empty.
func parsePerson(s string) (Author, time.Time) {
	name, rest, _ := strings.Cut(s, "<")
	at := strings.LastIndexByte(rest, '>')
	if at < 0 {
		return Author{Name: strings.TrimSpace(name)}, time.Unix(0, 0).UTC()
	}
	author := Author{Name: strings.TrimSpace(name), Email: strings.TrimSpace(rest[:at])}
	seconds, zone, _ := strings.Cut(strings.TrimSpace(rest[at+1:]), " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		unix = 0
	}
	return author, time.Unix(unix, 0).In(parseZone(zone))
}

// parseZone reads +hhmm; an unreadable zone is UTC.
func parseZone(s string) *time.Location {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) != 5 || n < -2400 || n > 2400 || n == 0 {
		return time.UTC
	}
	return time.FixedZone("", (n/100*60+n%100)*60)
}

// decode turns latin1 into UTF-8. Other encodings stay as they are, as they
// are rare and their ASCII part is what matters.
func decode(s, encoding string) string {
	switch strings.ToLower(encoding) {
	case "iso-8859-1", "iso8859-1", "latin1", "latin-1":
	default:
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// subject joins the lines of the first paragraph.
func subject(message string) string {
	var words []string
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		if line == "" && len(words) > 0 {
			break
		}
		if line != "" {
			words = append(words, line)
		}
	}
	return strings.Join(words, " ")
}

// tagTarget returns what a tag object names.
func tagTarget(data []byte) (Hash, error) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	target, ok := strings.CutPrefix(string(line), "object ")
	if !ok {
		return "", fmt.Errorf("%w: tag without object", errMalformed)
	}
	return ParseHash(target)
}

// Mode is the mode of a tree entry as git stores it. 0 is no entry.
type Mode uint32

// The modes git writes. Old commits have other permission bits in files.
const (
	ModeTree       Mode = 0o040000
	ModeFile       Mode = 0o100644
	ModeExecutable Mode = 0o100755
	ModeSymlink    Mode = 0o120000
	ModeSubmodule  Mode = 0o160000
)

const modeType Mode = 0o170000

// String returns the six octal digits git shows.
func (m Mode) String() string { return fmt.Sprintf("%06o", uint32(m)) }

func (m Mode) isTree() bool      { return m&modeType == ModeTree }
func (m Mode) isSubmodule() bool { return m&modeType == ModeSubmodule }
func (m Mode) isSymlink() bool   { return m&modeType == ModeSymlink }
func (m Mode) isFile() bool      { return m&modeType == ModeFile&modeType }

// fileMode returns m for io/fs. A submodule has none.
func (m Mode) fileMode() fs.FileMode {
	switch {
	case m.isTree():
		return fs.ModeDir | 0o755
	case m.isSymlink():
		return fs.ModeSymlink | 0o777
	case m&0o111 != 0:
		return 0o755
	}
	return 0o644
}

// Entry is one entry of a tree object.
type Entry struct {
	Name string
	Mode Mode
	Hash Hash
}

// parseTree reads the raw form of a tree: mode, blank, name, NUL, hash of size
// bytes. Names that cannot be part of a path and names that come twice make
// the object malformed.
func parseTree(data []byte, size int) ([]Entry, error) {
	var entries []Entry
	for len(data) > 0 {
		header, rest, ok := bytes.Cut(data, []byte{0})
		if !ok || len(rest) < size {
			return nil, fmt.Errorf("%w: cut short", errMalformed)
		}
		e, err := parseEntry(header)
		if err != nil {
			return nil, err
		}
		e.Hash = Hash(hex.EncodeToString(rest[:size]))
		entries = append(entries, e)
		data = rest[size:]
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(entries); i++ {
		if entries[i].Name == entries[i-1].Name {
			return nil, fmt.Errorf("%w: two entries with the name %q", errMalformed, entries[i].Name)
		}
	}
	return entries, nil
}

func parseEntry(header []byte) (Entry, error) {
	octal, name, ok := strings.Cut(string(header), " ")
	mode, err := strconv.ParseUint(octal, 8, 32)
	if !ok || err != nil {
		return Entry{}, fmt.Errorf("%w: entry %q", errMalformed, header)
	}
	if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
		return Entry{}, fmt.Errorf("%w: entry with the name %q", errMalformed, name)
	}
	m := Mode(mode)
	if !m.isTree() && !m.isSubmodule() && !m.isSymlink() && !m.isFile() {
		return Entry{}, fmt.Errorf("%w: entry %q with mode %s", errMalformed, name, m)
	}
	return Entry{Name: name, Mode: m}, nil
}
