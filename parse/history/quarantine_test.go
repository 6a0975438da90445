package history

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSplitAlternates(t *testing.T) {
	for _, test := range []struct{ list, want string }{
		{"", ""},
		{"/a", "/a"},
		{"/a:/b", "/a|/b"},
		{":/a::/b:", "/a|/b"},
		{`"/a:b":/c`, "/a:b|/c"},
		{`/c:"/a\"b\\"`, `/c|/a"b\`},
		{`"/open:/c`, `"/open|/c`},
	} {
		if got := strings.Join(splitAlternates(test.list), "|"); got != test.want {
			t.Errorf("%s: got %s, want %s", test.list, got, test.want)
		}
	}
}

// A pre-receive hook sees what is being pushed, which is in no repository yet.
// The hook keeps a copy of what it sees and its environment, and refuses.
func TestQuarantine(t *testing.T) {
	g := newGit(t)
	g.series()
	server := filepath.Join(t.TempDir(), "server:one.git")
	g.git("init", "-q", "--bare", "-b", "main", server)
	g.git("push", "-q", server, "v1")
	kept := t.TempDir()
	hook := "#!/bin/sh\ncp -r \"$GIT_OBJECT_DIRECTORY\" '" + kept + "/objects'\n" +
		"for v in GIT_OBJECT_DIRECTORY GIT_QUARANTINE_PATH GIT_ALTERNATE_OBJECT_DIRECTORIES; do\n" +
		"eval echo \"$v=\\\"\\$$v\\\"\" >>'" + kept + "/env'; done\nexit 1\n"
	if err := os.WriteFile(filepath.Join(server, "hooks", "pre-receive"), []byte(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, unpack := range []string{"1", "1000"} { // as a pack, as loose objects
		g.at(server).git("config", "receive.unpackLimit", unpack)
		os.RemoveAll(filepath.Join(kept, "objects"))
		os.Remove(filepath.Join(kept, "env"))
		if _, err := g.try("push", "-q", server, "topic"); err == nil {
			t.Fatal("the hook let the push in")
		}
		topic := Hash(g.git("rev-parse", "topic"))
		text, err := os.ReadFile(filepath.Join(kept, "env"))
		if err != nil {
			t.Fatal(err)
		}
		env := make(map[string]string)
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			env[name] = value
		}
		if env["GIT_QUARANTINE_PATH"] == "" || env["GIT_OBJECT_DIRECTORY"] == "" {
			t.Fatalf("got %s", text)
		}
		gone := env["GIT_OBJECT_DIRECTORY"] // git has removed it; the copy stands in
		for name, value := range env {
			if value == gone {
				env[name] = filepath.Join(kept, "objects")
			}
		}
		o := Quarantine(func(name string) string { return env[name] })
		if o.Objects != filepath.Join(kept, "objects") || len(o.Alternates) != 1 || filepath.Clean(o.Alternates[0]) != filepath.Join(server, "objects") {
			t.Errorf("got %+v from %s", o, text)
		}
		if r := open(t, server); r.HasCommit(topic) {
			t.Error("without the quarantine the commit is there")
		}
		r, err := OpenWith(server, o)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		git, err := openGit(r.layout)
		if err != nil {
			t.Fatal(err)
		}
		second := newRepo(server, r.layout, git)
		defer second.Close()
		for backend, r := range map[string]*Repo{"first": r, "git": second} {
			commit, err := r.Tree(topic)
			if err != nil {
				t.Errorf("%s: %v", backend, err)
				continue
			}
			for name, want := range map[string]string{"mm/sub/a.c": "a\n", "include/linux/mm.h": "struct mm;\n"} {
				if got, err := commit.ReadFile(name); err != nil || string(got) != want {
					t.Errorf("%s: %s: got %q, %v, want %q", backend, name, got, err, want)
				}
			}
		}
	}
}

func TestNoQuarantine(t *testing.T) {
	if o := Quarantine(func(string) string { return "" }); o.Objects != "" || o.Alternates != nil {
		t.Errorf("got %+v", o)
	}
}
