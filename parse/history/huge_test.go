package history

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hugeObjects is how many objects mainline's repository has, near enough.
const hugeObjects = 11_000_000

// fewObjects is how many are enough for a pack whose index is no trifle.
const fewObjects = 200_000

// hugeRepository returns a bare repository of mainline's size: one commit of
// as many files as a kernel has, among objects that nobody asks for. It is made
// in the folder that PTREVIEW_HUGE_GIT names, once; that takes some minutes
// and 1.5 GB. Without that variable it has fewObjects and lives as long as the
// test.
func hugeRepository(t testing.TB) string {
	t.Helper()
	needGit(t)
	root, objects := os.Getenv("PTREVIEW_HUGE_GIT"), hugeObjects
	if root == "" {
		t.Logf("PTREVIEW_HUGE_GIT is not set: the repository has %d objects instead of %d", fewObjects, hugeObjects)
		root, objects = t.TempDir(), fewObjects
	}
	done := filepath.Join(root, "huge.git")
	if _, err := os.Stat(done); err == nil {
		return done
	}
	making := filepath.Join(root, "huge.git.making")
	if err := os.RemoveAll(making); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(making, 0o755); err != nil {
		t.Fatal(err)
	}
	g := &gitDir{t, making}
	g.git("init", "-q", "--bare", "-b", "main", ".")
	g.git("config", "core.compression", "0")
	cmd := exec.Command("git", "fast-import", "--quiet", "--depth=0")
	cmd.Dir, cmd.Env, cmd.Stderr = making, environ(), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stream := bufio.NewWriterSize(in, 1<<20)
	writeHuge(stream, objects)
	if err := stream.Flush(); err != nil {
		t.Error(err)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("git fast-import: %v", err)
	}
	if err := os.Rename(making, done); err != nil {
		t.Fatal(err)
	}
	return done
}

// writeHuge writes the stream of a repository of so many objects for git
// fast-import.
func writeHuge(w io.Writer, objects int) {
	files := hugeFiles(objects)
	for i := range objects - len(files) {
		text := fmt.Sprintf("object %d\n", i)
		fmt.Fprintf(w, "blob\ndata %d\n%s", len(text), text)
	}
	const message = "kernel\n"
	fmt.Fprintf(w, "commit refs/heads/main\ncommitter A Committer <committer@example.org> 1700000000 +0000\ndata %d\n%s", len(message), message)
	for _, name := range files {
		text := hugeContent(name)
		fmt.Fprintf(w, "M 100644 inline %s\ndata %d\n%s\n", name, len(text), text)
	}
}

// hugeContent returns some kilobytes, as headers have.
func hugeContent(name string) string {
	return "/* " + name + " */\n" + strings.Repeat("#define PTE_SHIFT 12 /* bits of an offset within a page */\n", 60)
}

// hugeFiles returns paths in the proportions of a kernel: 10,400 that a review
// may read and as many others as a repository of so many objects has, 75,000 at
// most.
func hugeFiles(objects int) []string {
	var files []string
	add := func(dir, ext string, n int) {
		for i := range n {
			files = append(files, fmt.Sprintf("%s/f%d%s", dir, i, ext))
		}
	}
	add("mm", ".c", 140)
	add("include/linux", ".h", 4000)
	add("include/asm-generic", ".h", 200)
	for i := range 20 {
		add(fmt.Sprintf("arch/a%d/include/asm", i), ".h", 303)
	}
	for i := range 1000 {
		add(fmt.Sprintf("drivers/bus%d/device%d", i%40, i), ".c", min(75, objects/50_000))
	}
	return files
}

// TestHuge opens the repository and reads what a review of a patch to mm/ needs.
func TestHuge(t *testing.T) {
	dir := hugeRepository(t)
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	started := time.Now()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	head, err := r.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	commit, err := r.Tree(head)
	if err != nil {
		t.Fatal(err)
	}
	opened := time.Since(started)
	folders := []string{"mm", "include", "arch"}
	var read, wrong int
	for _, top := range folders {
		err := fs.WalkDir(commit, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := commit.ReadFile(name)
			if string(data) != hugeContent(name) {
				wrong++
			}
			read++
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(started)
	var after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&after)
	if read != 10400 || wrong != 0 {
		t.Errorf("got %d files, %d of them wrong, want 10400 and none", read, wrong)
	}
	heap := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	if heap > 200<<20 {
		t.Errorf("%d MiB are kept, want less than 200", heap>>20)
	}
	if _, err := r.Resolve(string(head[:7])); err != nil {
		t.Errorf("a shortened hash: %v", err)
	}
	if _, err := commit.ReadFile(path.Join("mm", "none.c")); err == nil {
		t.Error("a file that is not there was read")
	}
	t.Logf("opened in %v, %d files in %v, %d MiB kept", opened, read, took, heap>>20)
}
