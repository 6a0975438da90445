package cpp_test

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

func TestOpaque(t *testing.T) {
	src := `#define BUG() do { asm("trap"); } while (0)
#define BUG_ON(c) do { if (c) BUG(); } while (0)
#define WARN(c, f...) w(c, f)
#define N 3
#define CHECK(x) BUG_ON((x) == N)
#define OBJ BUG
BUG(); BUG_ON(N); CHECK(N); BUG ( ) ; BUG; WARN(N, "a", N); OBJ(); BUG_ON(({ BUG(); N; }));
#undef BUG
BUG();`
	u := read(t, map[string]string{"main.c": src}, cpp.Options{Opaque: []string{"BUG", "BUG_ON", "WARN", "OBJ", "none"}})
	got := u.Text()
	want := `BUG ( ) ; BUG_ON ( 3 ) ; BUG_ON ( ( 3 ) == 3 ) ; BUG ( ) ; BUG ; WARN ( 3 , "a" , 3 ) ; BUG ( ) ; BUG_ON ( ( { BUG ( ) ; 3 ; } ) ) ; BUG ( ) ;`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestPositions checks where tokens say they come from: the spelling, the
// macro uses around it, and the place in the file.
func TestPositions(t *testing.T) {
	files := map[string]string{
		"main.c": "#include \"h.h\"\nint x = OUTER(y,\n  INNER(z));\nint w = STR(v) CAT(a, b);\n",
		"h.h":    "#define INNER(a) (a + ONE)\n#define OUTER(a, b) a - b - INNER(1)\n#define ONE 1\n#define STR(x) #x\n#define CAT(x, y) x##y\n",
	}
	u := read(t, files, cpp.Options{})
	var got []string
	for _, tok := range u.Tokens {
		if tok.Kind == cpp.EOF || tok.Kind == cpp.Punct {
			continue
		}
		line := fmt.Sprintf("%s %v", u.Spelling(tok), u.Set.Position(tok.Pos))
		for _, use := range u.Chain(tok.Loc()) {
			line += fmt.Sprintf(" <%s %v", use.Macro.Name, u.Set.Position(use.Pos))
		}
		got = append(got, line+" @"+u.Position(tok.Loc()).String())
	}
	want := []string{
		"int main.c:2:1 @main.c:2:1",
		"x main.c:2:5 @main.c:2:5",
		"y main.c:2:15 @main.c:2:15",
		"z main.c:3:9 @main.c:3:9",
		"1 h.h:3:13 <ONE h.h:1:23 <INNER main.c:3:3 @main.c:3:3",
		"1 h.h:2:35 <OUTER main.c:2:9 @main.c:2:9",
		"1 h.h:3:13 <ONE h.h:1:23 <INNER h.h:2:29 <OUTER main.c:2:9 @main.c:2:9",
		"int main.c:4:1 @main.c:4:1",
		"w main.c:4:5 @main.c:4:5",
		"\"v\" main.c:4:9 <STR main.c:4:9 @main.c:4:9",
		"ab main.c:4:16 <CAT main.c:4:16 @main.c:4:16",
	}
	if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b {
		t.Errorf("got:\n%s\nwant:\n%s", a, b)
	}
}

func TestMacros(t *testing.T) {
	src := "#define A 1\n#define B(x, y...) x # y A\n#undef A\n#define A  2\n#define C\n#undef C\n#define __LINE__ 1\n"
	u := read(t, map[string]string{"main.c": src}, cpp.Options{Predefined: []byte("#define __GNUC__ 12\n#undef __GNUC__\n#define P 1\n")})
	var names []string
	for _, m := range u.Macros() {
		names = append(names, m.Name)
	}
	if got := strings.Join(names, " "); got != "A B P __LINE__" {
		t.Errorf("got %s", got)
	}
	b := u.Macro("B")
	if b == nil || !b.Function || !b.Variadic || len(b.Params) != 2 || len(b.Body) != 4 {
		t.Fatalf("got %+v", b)
	}
	if s := strings.Join(spellings(u, b.Body), " "); s != "x # y A" {
		t.Errorf("got body %s", s)
	}
	if p := u.Set.Position(u.Macro("A").Pos).String(); p != "main.c:4:9" {
		t.Errorf("A at %s", p)
	}
	if u.Macro("C") != nil || u.Macro("nothing") != nil || u.Macro("x") != nil {
		t.Error("found a macro that is not in force")
	}
}

func TestIncludes(t *testing.T) {
	files := map[string]string{
		"mm/main.c": "#include <a.h>\n#include <a.h>\nm", "inc/a.h": "#ifndef A_H\n#define A_H\n#include \"b.h\"\n#endif\n",
		"inc/b.h": "b\n", "inc/forced.h": "f\n",
	}
	c := cpp.NewCache(source.NewSet())
	u, err := c.Preprocess(t.Context(), "mm/main.c", &cpp.Options{
		FS: mapFS(files), Angle: []string{"./inc/"}, Forced: []string{"inc/forced.h"}})
	if err != nil || len(u.Errors) > 0 {
		t.Fatal(err, u.Errors)
	}
	var got []string
	for _, in := range u.Includes {
		got = append(got, fmt.Sprintf("%s %s %v %d", in.File().Path, in.Spelled, u.Set.Position(in.Pos), in.Parent))
	}
	want := "inc/forced.h inc/forced.h - -1\nmm/main.c mm/main.c - -1\ninc/a.h ./inc//a.h mm/main.c:1:1 1\ninc/b.h ./inc//b.h inc/a.h:3:1 2"
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got:\n%s\nwant:\n%s", s, want)
	}
	if u.Text() != "f b m" {
		t.Errorf("got %s", u.Text())
	}
}

// TestStructure checks what a file says about its conditions, whatever is
// defined.
func TestStructure(t *testing.T) {
	src := `#ifndef H
#define H
#if defined(A) && B
# define X 1
#elif C
# include <c.h>
#else
# ifdef D
#  undef X
# endif
#endif
#include_next "n.h"
#endif
`
	set := source.NewSet()
	c := cpp.NewCache(set)
	lx := c.Lex(set.Add("h.h", []byte(src)))
	if got := c.Names.String(lx.Guard()); got != "H" {
		t.Errorf("guard %q", got)
	}
	var got []string
	for i, g := range lx.Conditionals() {
		var cond []string
		for _, tok := range g.Cond {
			cond = append(cond, c.Names.String(tok.Sym))
		}
		got = append(got, fmt.Sprintf("%d: kind %d %s lines %d-%d prev %d parent %d", i, g.Kind, strings.Join(cond, " "), g.Line, g.End, g.Prev, g.Parent))
	}
	for _, d := range lx.Defines() {
		got = append(got, fmt.Sprintf("define %s undef %v in %d %v", c.Names.String(d.Name), d.Undef, d.Group, d.Macro != nil))
	}
	for _, in := range lx.Includes() {
		got = append(got, fmt.Sprintf("include %s next %v in %d", c.Names.String(in.Name[0].Sym), in.Next, in.Group))
	}
	want := `0: kind 2 H lines 1-13 prev -1 parent -1
1: kind 0 defined ( A ) && B lines 3-5 prev -1 parent 0
2: kind 3 C lines 5-7 prev 1 parent 0
3: kind 6  lines 7-11 prev 2 parent 0
4: kind 1 D lines 8-10 prev -1 parent 3
define H undef false in 0 true
define X undef false in 1 true
define X undef true in 4 false
include <c.h> next false in 2
include "n.h" next true in 0`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got:\n%s\nwant:\n%s", s, want)
	}
}

// TestCode checks the tokens a fragment of a file is read from.
func TestCode(t *testing.T) {
	set := source.NewSet()
	c := cpp.NewCache(set)
	toks := c.Lex(set.Add("x", []byte("#endif\n a b\n#define X\nX c"))).Code()
	var got []string
	for _, tok := range toks {
		got = append(got, c.Names.String(tok.Sym))
	}
	if s := strings.Join(got, " "); s != "a b X c " {
		t.Errorf("got %q", s)
	}
}

// TestOver checks that a tree can be laid over another.
func TestOver(t *testing.T) {
	c := cpp.NewCache(source.NewSet())
	base := c.Files(mapFS(map[string]string{"main.c": "#include \"a.h\"\n#include \"b.h\"\n", "a.h": "base_a", "b.h": "base_b"}))
	for range 2 {
		u, err := c.Preprocess(t.Context(), "main.c", &cpp.Options{Files: base.Over(mapFS(map[string]string{"a.h": "top_a"}))})
		if err != nil || u.Text() != "top_a base_b" {
			t.Errorf("got %q, %v", u.Text(), err)
		}
	}
	if u, err := c.Preprocess(t.Context(), "main.c", &cpp.Options{Files: base}); err != nil || u.Text() != "base_a base_b" {
		t.Errorf("got %q, %v", u.Text(), err)
	}
}

// TestSame compares what a unit read, and looked for in vain, with other trees.
func TestSame(t *testing.T) {
	c := cpp.NewCache(source.NewSet())
	main := map[string]string{"main.c": "#include <a.h>\n#if __has_include(<b.h>)\nb\n#endif\n", "two/a.h": "a"}
	read := func(more map[string]string) *cpp.Files {
		all := maps.Clone(main)
		maps.Copy(all, more)
		return c.Files(mapFS(nil)).Over(mapFS(all))
	}
	old := read(nil)
	if u, err := c.Preprocess(t.Context(), "main.c", &cpp.Options{Files: old, Angle: []string{"one", "two"}}); err != nil || u.Text() != "a" {
		t.Fatalf("got %q, %v", u.Text(), err)
	}
	for _, tt := range []struct {
		name string
		more map[string]string
		want bool
	}{
		{"nothing", nil, true},
		{"a file not asked for", map[string]string{"three/a.h": "x"}, true},
		{"another content", map[string]string{"two/a.h": "x"}, false},
		{"an earlier folder", map[string]string{"one/a.h": "a"}, false},
		{"what was not there", map[string]string{"one/b.h": ""}, false},
	} {
		if got := read(tt.more).Same(old); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestConcurrent reads many units at once from one cache.
func TestConcurrent(t *testing.T) {
	files := tree("#include \"a.h\"\n#include \"g.h\"\n#define f(x) x x\n#include <n.h>\nf(__LINE__)\n")
	c := cpp.NewCache(source.NewSet())
	opt := tableOptions()
	opt.Files = c.Files(mapFS(files))
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			mine := opt
			mine.Predefined = fmt.Appendf(nil, "#define N%d %d\n", i, i)
			u, err := c.Preprocess(t.Context(), "main.c", &mine)
			if want := "a_h g_h n_h_1 n_h_2 5 5"; err != nil || u.Text() != want {
				t.Errorf("got %q, %v, want %q", u.Text(), err, want)
			}
			if u.Macro(fmt.Sprintf("N%d", i)) == nil {
				t.Error("macro lost")
			}
		})
	}
	wg.Wait()
}

func TestDump(t *testing.T) {
	u := read(t, map[string]string{"main.c": "a b\n#pragma weak x\nc\n"}, cpp.Options{})
	var b strings.Builder
	if err := u.Dump(&b); err != nil || b.String() != "\na b\n#pragma weak x\n\nc\n\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}

// TestFixedNames checks that punctuators and keywords have the Syms they are
// named by.
func TestFixedNames(t *testing.T) {
	n := cpp.NewNames()
	for text, s := range map[string]cpp.Sym{
		"(": cpp.LParen, "##": cpp.HashHash, "...": cpp.Ellipsis, ">>=": cpp.ShrAssign, "auto": cpp.KwAuto,
		"__typeof__": cpp.KwTypeof3, "__builtin_shuffle": cpp.KwBuiltinShuffle, "while": cpp.KwWhile,
	} {
		if got := n.Intern([]byte(text)); got != s || n.String(s) != text || n.Find(text) != s {
			t.Errorf("%s: got %d, want %d", text, got, s)
		}
	}
	if !cpp.Keyword(cpp.KwAuto) || !cpp.Keyword(cpp.KwBuiltinShuffle) || cpp.Keyword(cpp.LParen) || cpp.Keyword(n.Intern([]byte("define"))) {
		t.Error("Keyword is wrong")
	}
	if !cpp.Punctuator(cpp.LParen) || !cpp.Punctuator(cpp.HashHash) || cpp.Punctuator(cpp.KwAuto) {
		t.Error("Punctuator is wrong")
	}
}

// TestTail checks that a text can be read as if it stood at the end of a unit.
func TestTail(t *testing.T) {
	set := source.NewSet()
	c := cpp.NewCache(set)
	opt := cpp.Options{FS: mapFS(map[string]string{"main.c": "#define N 1\n#define f(x) x + N\n#define BUG() trap\n"}), Opaque: []string{"BUG"}}
	u, err := c.Preprocess(t.Context(), "main.c", &opt)
	if err != nil {
		t.Fatal(err)
	}
	tail, err := u.Tail(t.Context(), c, set.Add("<tail>", []byte("f(2) BUG()\n#include \"main.c\"\n")), &opt)
	if err != nil || tail.Text() != "2 + 1 BUG ( )" {
		t.Errorf("got %q, %v", tail.Text(), err)
	}
	if len(tail.Missing) != 1 {
		t.Errorf("got %v, want main.c missing: a tail reads no files", tail.Missing)
	}
	for _, tok := range tail.Tokens {
		if tok.Exp != 0 {
			t.Errorf("%s has an expansion", tail.Spelling(tok))
		}
	}
}
