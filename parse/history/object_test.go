package history

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

func TestParseCommit(t *testing.T) {
	zero := strings.Repeat("0", 40)
	header := "tree " + zero + "\nparent " + zero + "\nauthor A  B <a@b> 1700000000 -0330\ncommitter C <c@d> 5 +0000\n"
	for _, test := range []struct{ raw, subject, message, author, date string }{
		{header + "\nmm: fix\n\nBody.\n", "mm: fix", "mm: fix\n\nBody.\n", "A  B <a@b>", "2023-11-14 18:43:20 -0330"},
		{header + "gpgsig -----BEGIN\n  parent none\n -----END\n\nmm:\n  two lines\n\nBody\n", "mm: two lines", "mm:\n  two lines\n\nBody\n", "A  B <a@b>", "2023-11-14 18:43:20 -0330"},
		{header + "encoding ISO-8859-1\n\nfix \xe9\n", "fix é", "fix é\n", "A  B <a@b>", "2023-11-14 18:43:20 -0330"},
		{header + "\n\n\nlate\n", "late", "\n\nlate\n", "A  B <a@b>", "2023-11-14 18:43:20 -0330"},
		{"tree " + zero + "\nauthor broken\ncommitter\n\n", "", "", "broken <>", "1970-01-01 00:00:00 +0000"},
		{"tree " + zero + "\nauthor X <x> y> zzz +9999\n\nm", "m", "m", "X <x> y>", "1970-01-01 00:00:00 +0000"},
		{"tree " + zero, "", "", " <>", "0001-01-01 00:00:00 +0000"},
	} {
		c, err := parseCommit("x", []byte(test.raw))
		if err != nil {
			t.Errorf("%q: %v", test.raw, err)
			continue
		}
		author := c.Author.Name + " <" + c.Author.Email + ">"
		date := c.Date.Format("2006-01-02 15:04:05 -0700")
		if c.Subject != test.subject || c.Message != test.message || author != test.author || date != test.date {
			t.Errorf("%q: got %q, %q, %q, %q", test.raw, c.Subject, c.Message, author, date)
		}
	}
	for _, raw := range []string{"", "author x\n\n", "tree 12\n\n", "tree " + zero + "\nparent x\n\n"} {
		if c, err := parseCommit("x", []byte(raw)); err == nil {
			t.Errorf("%q: got %+v, want an error", raw, c)
		}
	}
}

func TestParseTree(t *testing.T) {
	hash := strings.Repeat("\x01", 20)
	entries, err := parseTree([]byte("100644 b"+"\x00"+hash+"40000 a\x00"+hash+"100664 c\x00"+hash), 20)
	if err != nil || len(entries) != 3 || entries[0].Name != "a" || !entries[0].Mode.isTree() || entries[2].Mode.fileMode() != 0o644 {
		t.Errorf("got %v, %v", entries, err)
	}
	for name, raw := range map[string]string{
		"no hash":        "100644 a\x00" + hash[:19],
		"no name":        "100644 \x00" + hash,
		"no mode":        "a\x00" + hash,
		"no end":         "100644 a",
		"up":             "100644 ..\x00" + hash,
		"here":           "100644 .\x00" + hash,
		"a path":         "100644 a/b\x00" + hash,
		"another mode":   "10644 a\x00" + hash,
		"no octal mode":  "99 a\x00" + hash,
		"the same twice": "100644 a\x00" + hash + "40000 a\x00" + hash,
	} {
		if entries, err := parseTree([]byte(raw), 20); err == nil {
			t.Errorf("%s: got %v, want an error", name, entries)
		}
	}
}

// index is a small sound index of version 2 with three names.
func index() []byte {
	var b bytes.Buffer
	b.WriteString("\xfftOc\x00\x00\x00\x02")
	for i := range 256 {
		n := uint32(0)
		for _, first := range []int{0, 7, 255} {
			if first <= i {
				n++
			}
		}
		binary.Write(&b, binary.BigEndian, n)
	}
	for _, first := range []byte{0, 7, 255} {
		b.Write(append([]byte{first}, make([]byte, 19)...))
	}
	binary.Write(&b, binary.BigEndian, []uint32{1, 2, 3, 12, 1 << 31, 99})
	binary.Write(&b, binary.BigEndian, uint64(1<<33))
	b.Write(make([]byte, indexTail))
	return b.Bytes()
}

func TestIndex(t *testing.T) {
	x := &packIndex{data: index()}
	if err := x.split(); err != nil {
		t.Fatal(err)
	}
	for first, want := range map[byte]int64{0: 12, 7: 1 << 33, 255: 99, 8: -1, 1: -1} {
		offset, ok, err := x.find(plumbing.Hash{first})
		if !ok {
			offset = -1
		}
		if err != nil || offset != want {
			t.Errorf("%d: got %d, %v, want %d", first, offset, err, want)
		}
	}
	for digits, want := range map[string]int{"07": 1, "0700000": 1, "ff00": 1, "ff1": 0, "08": 0, "0": 0, "000": 1} {
		if got := x.withPrefix(digits); len(got) != want {
			t.Errorf("%s: got %v, want %d", digits, got, want)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add(index())
	f.Add(index()[:1100])
	f.Fuzz(func(t *testing.T, data []byte) {
		x := &packIndex{data: data}
		if x.split() != nil {
			return
		}
		for first := range 256 {
			x.find(plumbing.Hash{byte(first)})
			x.withPrefix(plumbing.Hash{byte(first)}.String()[:7])
		}
	})
}

func FuzzObjects(f *testing.F) {
	hash := strings.Repeat("\x01", 20)
	f.Add([]byte("100644 b" + "\x00" + hash + "40000 a\x00" + hash))
	f.Add([]byte("tree " + strings.Repeat("0", 40) + "\nauthor A <a@b> 1 +0100\nencoding latin1\n\nsubject\n"))
	f.Add([]byte("object " + strings.Repeat("0", 40) + "\ntype commit\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseTree(data, 20)
		for i, e := range entries {
			if err != nil || i > 0 && entries[i-1].Name >= e.Name || strings.Contains(e.Name, "/") {
				t.Fatalf("got %v, %v", entries, err)
			}
		}
		if c, err := parseCommit("x", data); err == nil && strings.Contains(c.Subject, "\n") {
			t.Fatalf("got subject %q", c.Subject)
		}
		tagTarget(data)
		checkDelta(data)
	})
}

// FuzzPack reads hostile packs through an index that points anywhere.
func FuzzPack(f *testing.F) {
	f.Add([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01\x35x\x9cKLJ\x06\x00\x02M\x01'"))
	f.Add([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01\x75" + strings.Repeat("\x00", 20) + "x\x9cKLJ\x06\x00\x02M\x01'"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		for name, content := range map[string][]byte{"p.pack": data, "p.idx": index()} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p, err := openPack(dir, "p")
		if err != nil {
			t.Fatal(err)
		}
		defer p.close()
		for offset := range int64(min(len(data), 40)) {
			p.read(offset)
		}
	})
}
