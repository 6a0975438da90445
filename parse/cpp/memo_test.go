package cpp_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// sameAfresh compares a unit with what the same file gives when nothing is
// taken over from earlier units.
func sameAfresh(t *testing.T, cache *cpp.Cache, file string, opt *cpp.Options, u *cpp.Unit) {
	t.Helper()
	afresh := *opt
	afresh.Afresh = true
	want, err := cache.Preprocess(context.Background(), file, &afresh)
	if err != nil {
		t.Fatal(err)
	}
	if want.Reused != 0 {
		t.Errorf("%s: a unit read afresh reused %d tokens", file, want.Reused)
	}
	if d := unitDifference(u, want); d != "" {
		t.Errorf("%s: not as read afresh: %s", file, d)
	}
}

// unitDifference says where two units of one cache differ, "" if they are the
// same in everything that can be seen.
func unitDifference(got, want *cpp.Unit) string {
	if d := listDifference("token", got.Tokens, want.Tokens); d != "" {
		return d
	}
	if d := listDifference("expansion", got.Expansions, want.Expansions); d != "" {
		return d
	}
	if d := listDifference("include", got.Includes, want.Includes); d != "" {
		return d
	}
	if d := listDifference("missing include", got.Missing, want.Missing); d != "" {
		return d
	}
	if d := listDifference("macro", got.Macros(), want.Macros()); d != "" {
		return d
	}
	if g, w := fmt.Sprint(got.Pragmas), fmt.Sprint(want.Pragmas); g != w {
		return fmt.Sprintf("pragmas: got %s, want %s", g, w)
	}
	if g, w := stacks(got.Errors), stacks(want.Errors); g != w {
		return fmt.Sprintf("errors: got %s, want %s", g, w)
	}
	if g, w := stacks(got.Warnings), stacks(want.Warnings); g != w {
		return fmt.Sprintf("warnings: got %s, want %s", g, w)
	}
	return ""
}

func listDifference[T comparable](what string, got, want []T) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%s %d: got %+v, want %+v", what, i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%ss: got %d, want %d", what, len(got), len(want))
	}
	return ""
}

func stacks(list []*cpp.Error) string {
	var b strings.Builder
	for _, e := range list {
		b.WriteString(e.Stack() + "\n")
	}
	return b.String()
}

// TestMemoRandom reads random sets of headers in random configurations, one
// after the other and several at once, and wants each unit to be as it is when
// read alone.
func TestMemoRandom(t *testing.T) {
	reused := 0
	for seed := range 600 {
		reused += checkMemo(t, uint64(seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if reused < 30_000 {
		t.Errorf("got %d tokens reused in all: the memo was hardly tested", reused)
	}
}

// FuzzMemo does what TestMemoRandom does.
func FuzzMemo(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkMemo(t, seed) })
}

// checkMemo reads units of one random set of headers and returns how many
// tokens were reused.
func checkMemo(t *testing.T, seed uint64) int {
	g := &headerGenerator{generator{rand.New(rand.NewPCG(seed, 2))}}
	cache := cpp.NewCache(source.NewSet())
	headers := g.headers()
	type job struct {
		name string
		opt  *cpp.Options
		unit *cpp.Unit
		err  error
	}
	var jobs []*job
	for range 4 + g.IntN(6) {
		fsys := maps.Clone(headers)
		fsys["autoconf.h"] = &fstest.MapFile{Data: []byte(g.config())}
		switch g.IntN(8) { // a patch
		case 0, 1:
			fsys[g.header()] = &fstest.MapFile{Data: []byte(g.file(5))}
		case 2:
			delete(fsys, g.header())
		}
		opt := &cpp.Options{
			FS: fsys, Angle: []string{".", "sub"}, Forced: []string{"autoconf.h"},
			Predefined: []byte("#define PRE 1\n"), Limits: cpp.Limits{Steps: 20_000, Tokens: 5_000, Depth: 12},
		}
		if g.IntN(4) == 0 {
			opt.Limits.Steps, opt.Limits.Tokens = 100+g.IntN(1500), 50+g.IntN(200)
		}
		if g.IntN(4) == 0 {
			opt.Clang = true // where lines are counted otherwise
		}
		if g.IntN(3) == 0 {
			opt.Opaque = []string{"a", "c"}
		}
		for _, main := range []string{"main.c", "other.c"} {
			jobs = append(jobs, &job{name: main, opt: opt})
		}
	}
	var several sync.WaitGroup
	for i, j := range jobs {
		read := func() { j.unit, j.err = cache.Preprocess(context.Background(), j.name, j.opt) }
		if i%3 != 0 {
			several.Go(read)
			continue
		}
		several.Wait()
		read()
	}
	several.Wait()
	reused := 0
	for i, j := range jobs {
		afresh := *j.opt
		afresh.Afresh = true
		want, err := cache.Preprocess(context.Background(), j.name, &afresh)
		if fmt.Sprint(j.err) != fmt.Sprint(err) {
			t.Errorf("unit %d: got error %v, want %v", i, j.err, err)
			continue
		}
		if d := unitDifference(j.unit, want); d != "" {
			t.Errorf("unit %d: %s", i, d)
			for _, name := range slices.Sorted(maps.Keys(j.opt.FS.(fstest.MapFS))) {
				t.Logf("%s:\n%s", name, j.opt.FS.(fstest.MapFS)[name].Data)
			}
			return 0
		}
		reused += j.unit.Reused
	}
	return reused
}

// headerGenerator makes headers that define, test and use the names a to h and
// CONFIG_A to CONFIG_D.
type headerGenerator struct{ generator }

func (g *headerGenerator) header() string { return fmt.Sprintf("h%d.h", g.IntN(6)) }

func (g *headerGenerator) headers() fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := range 6 {
		guard := fmt.Sprintf("H%d", i)
		text := g.file(5)
		switch g.IntN(4) {
		case 0:
		case 1:
			text = "#pragma once\n" + text
		default:
			text = "#ifndef " + guard + "\n#define " + guard + "\n" + text + "#endif\n"
		}
		fsys[fmt.Sprintf("h%d.h", i)] = &fstest.MapFile{Data: []byte(text)}
	}
	fsys["sub/h1.h"] = &fstest.MapFile{Data: []byte(g.file(3))}
	fsys["main.c"] = &fstest.MapFile{Data: []byte(g.file(8))}
	fsys["other.c"] = &fstest.MapFile{Data: []byte(g.file(8))}
	return fsys
}

func (g *headerGenerator) config() string {
	var b strings.Builder
	for _, c := range "ABCD" {
		if v := g.pick("", "", "1", "1", "64", "\"s\""); v != "" {
			fmt.Fprintf(&b, "#define CONFIG_%c %s\n", c, v)
		}
	}
	return b.String()
}

func (g *headerGenerator) file(n int) string {
	var b strings.Builder
	for range 1 + g.IntN(n) {
		b.WriteString(g.lines(2))
	}
	return b.String()
}

// lines makes a construct, with others in it down to some depth.
func (g *headerGenerator) lines(depth int) string {
	if depth > 0 && g.IntN(4) == 0 {
		return g.conditional(depth)
	}
	switch g.IntN(16) {
	case 0, 1, 2:
		return fmt.Sprintf("#include %s\n", g.pick("<"+g.header()+">", "\""+g.header()+"\"", "\"sub/h1.h\"", "<sub/../"+g.header()+">"))
	case 3, 4, 5:
		return g.definition(g.name())
	case 6:
		return "#undef " + g.name() + "\n"
	case 7, 10:
		return g.special()
	case 8, 9:
		return g.word() + " = CONFIG_" + g.letter() + " ;\n"
	}
	return g.text(2, 6) + "\n"
}

func (g *headerGenerator) letter() string { return string(rune('A' + g.IntN(4))) }

func (g *headerGenerator) word() string { return g.pick("a", "b", "x1", "x2", "y") }

func (g *headerGenerator) conditional(depth int) string {
	cond := g.pick("#ifdef "+g.name(), "#ifndef CONFIG_"+g.letter(), "#if defined(CONFIG_"+g.letter()+") && CONFIG_"+g.letter()+" > 3",
		"#if "+g.name()+" + 0", "#if __has_include(<"+g.header()+">)")
	text := cond + "\n" + g.lines(depth-1)
	if g.IntN(2) == 0 {
		text += g.pick("#else\n", "#elif defined "+g.name()+"\n") + g.lines(depth-1)
	}
	return text + "#endif\n"
}

// special makes what a memo has to be careful about.
func (g *headerGenerator) special() string {
	n := g.name()
	return g.pick(
		"__COUNTER__ __LINE__\n", "__FILE__ __FILE_NAME__\n", "__INCLUDE_LEVEL__\n", "__BASE_FILE__\n",
		"#line 100 \"elsewhere.h\"\n#include <"+g.header()+">\n__LINE__ __FILE__\n", "#ifdef CONFIG_A\n#line 100\n#endif\n#include <"+g.header()+">\n__LINE__\n",
		"#undef d\n#define d _Pragma(\"pack(2)\") b\nd d\n", "#pragma push_macro(\""+n+"\")\n#undef "+n+"\n",
		"#pragma pop_macro(\""+n+"\")\n", "#pragma GCC visibility push("+n+")\n", "_Pragma(\"pack(1)\") "+n+"\n",
		"#error no "+n+"\n", "#warning no "+n+"\n", "#pragma message "+n+"\n", "#define inc \""+g.header()+"\"\n#include inc\n",
		"a(1,\n#include \""+g.header()+"\"\n2)\n", "#include <absent.h>\n", "b(x\n", "a\n",
	)
}
