package rules_test

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"testing"

	"ptreview/arch"
	"ptreview/parse/history"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules"
	"ptreview/rules/check"
	"ptreview/semantics/names"
	"ptreview/semantics/unit"
)

// kernels returns two real kernels.
func kernels(t testing.TB) (old, young tree.Tree) {
	t.Helper()
	var list []tree.Tree
	for _, v := range []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12"} {
		dir := os.Getenv(v)
		if dir == "" {
			t.Skipf("SKIPPED: %s is not set: no differences of real kernels were looked at", v)
		}
		d, err := tree.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		list = append(list, tree.Cached(d))
	}
	return list[0], list[1]
}

// edits cuts the difference of two texts into changes that stand apart, and
// returns what each makes of the first alone.
func edits(old, young []byte) [][]byte {
	d := history.DiffLines(old, young)
	a, b := bytes.SplitAfter(old, []byte("\n")), bytes.SplitAfter(young, []byte("\n"))
	added, removed := make(map[int]bool), make(map[int]bool)
	for _, n := range d.Added {
		added[n] = true
	}
	for _, n := range d.Removed {
		removed[n] = true
	}
	type block struct{ from, to, first, last int } // a[from:to] becomes b[first:last]
	var blocks []block
	for i, j := 0, 0; i < len(a) || j < len(b); {
		if !removed[i+1] && !added[j+1] {
			i, j = i+1, j+1
			continue
		}
		x := block{from: i, first: j}
		for removed[i+1] || added[j+1] {
			if removed[i+1] {
				i++
			}
			if added[j+1] {
				j++
			}
		}
		x.to, x.last = i, j
		if n := len(blocks); n > 0 && x.from-blocks[n-1].to < 12 {
			blocks[n-1].to, blocks[n-1].last = x.to, x.last
		} else {
			blocks = append(blocks, x)
		}
	}
	var out [][]byte
	for _, x := range blocks {
		out = append(out, bytes.Join(slices.Concat(a[:x.from], b[x.first:min(x.last, len(b))], a[min(x.to, len(a)):]), nil))
	}
	return out
}

// request asks for a review of one changed file.
func request(t testing.TB, base tree.Tree, file string, text []byte) *check.Request {
	old, err := base.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := history.DiffLines(old, text)
	return &check.Request{
		Version: "test", Rules: rules.All(), Jobs: 2,
		Reader: unit.NewReader(source.NewSet(), unit.Options{}),
		Series: check.SeriesInfo{Patches: []check.PatchInfo{{N: 1}}},
		Prefixes: []check.Prefix{{Tree: base}, {
			Tree:    tree.NewOverlay(base, map[string][]byte{file: text}),
			Changed: []check.ChangedFile{{Path: file, Old: file, Added: d.Added, Removed: d.Removed}},
		}},
	}
}

// changedFiles returns the C files of drivers, file systems and the like that
// are in both trees, in an order drawn with a fixed seed.
func changedFiles(t *testing.T, old, young tree.Tree) []string {
	t.Helper()
	var files []string
	for _, root := range []string{"drivers", "fs", "net", "sound", "block", "kernel", "lib"} {
		err := fs.WalkDir(old, root, func(p string, _ fs.DirEntry, err error) error {
			if err == nil && path.Ext(p) == ".c" {
				if _, gone := young.Stat(p); gone == nil {
					files = append(files, p)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	return files
}

// TestIgnored takes single changes that lie between two real kernels, and
// reviews those that are said to concern no rule: the rules must agree, in
// every class of the architectures that take their turns.
func TestIgnored(t *testing.T) {
	old, young := kernels(t)
	headers, err := names.Files(old)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := names.Build(old, headers)
	if err != nil {
		t.Fatal(err)
	}
	looked, archs := 0, []string{"x86", "arm64", "powerpc", "arm", "riscv", "mips", "s390"}
	rng := rand.New(rand.NewPCG(3, 4))
	ignored := 0
	for _, file := range changedFiles(t, old, young) {
		if ignored == reviewed() {
			break
		}
		list := edits(read(t, old, file), read(t, young, file))
		if len(list) == 0 {
			continue
		}
		looked++
		req := request(t, old, file, list[rng.IntN(len(list))])
		ok, err := check.Ignored(t.Context(), req, func(tree.Tree) (*names.Index, error) { return ix, nil })
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		req.Archs = []*arch.Arch{arch.Named(archs[ignored%len(archs)])}
		ignored++
		report, err := check.Review(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range report.Findings {
			t.Errorf("%s, said to concern no rule: %s: %s", file, f.Rule, f.Message)
		}
	}
	t.Logf("%d of %d changes concern no rule", ignored, looked)
	if ignored*6 < looked {
		t.Error("hardly any change is found to concern no rule")
	}
}

// reviewed is how many changes are reviewed to see whether it is so.
func reviewed() int {
	if os.Getenv("PTREVIEW_FULL") != "" {
		return 200
	}
	return 6
}

func read(t *testing.T, tr tree.Tree, file string) []byte {
	t.Helper()
	data, err := tr.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
