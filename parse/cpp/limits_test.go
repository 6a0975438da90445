package cpp_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

func mapFS(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// TestErrors checks what is said about units gcc refuses: every message with
// its place.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"#if 1\na\n", "main.c:1:1: unterminated conditional directive"},
		{"#ifdef A\n#else\n", "main.c:1:1: unterminated conditional directive"},
		{"a\n  #endif\n", "main.c:2:3: #endif without #if"},
		{"#else\n#elif 1\n", "main.c:1:1: #else without #if; main.c:2:1: #elif without #if"},
		{"#if 1\n#else\n#else\n#endif", ""},
		{"#if 0\n#else\n#else\n#elif 1\n#endif", "main.c:3:1: #else after #else; main.c:4:1: #elif after #else"},
		{"a /* b", "main.c:1:3: unterminated comment"},
		{"#define f(x) x\n f(1", `main.c:2:2: unterminated argument list invoking macro "f"`},
		{"#define f(x) x\nf(1, 2)", `main.c:2:1: macro "f" passed 2 arguments, but takes just 1`},
		{"#define f(x, y) x\nf(1)", `main.c:2:1: macro "f" requires 2 arguments, but only 1 given`},
		{"#define c(a, b) a##b\nc(+, 1)", `main.c:2:1: pasting "+" and "1" does not give a valid preprocessing token`},
		{"#define c(a, b) a##b\nc(/, /)", `main.c:2:1: pasting "/" and "/" does not give a valid preprocessing token`},
		{"#define", "main.c:1:1: no macro name given in #define directive"},
		{"#define 1", "main.c:1:9: macro names must be identifiers"},
		{"#define defined", `main.c:1:9: "defined" cannot be used as a macro name`},
		{"#define f(", "main.c:1:1: expected ')' before end of line"},
		{"#define f(x", "main.c:1:1: expected ')' before end of line"},
		{"#define f(x, x)", `main.c:1:14: duplicate macro parameter "x"`},
		{"#define f(1)", `main.c:1:11: expected parameter name, found "1"`},
		{"#define f(x,)", "main.c:1:13: expected parameter name before end of the parameter list"},
		{"#define f(x) #y", "main.c:1:14: '#' is not followed by a macro parameter"},
		{"#define f ## x", "main.c:1:11: '##' cannot appear at either end of a macro expansion"},
		{"#define f(x) x ##", "main.c:1:16: '##' cannot appear at either end of a macro expansion"},
		{"#define f(x) __VA_ARGS__", "main.c:1:14: __VA_ARGS__ can only appear in the expansion of a variadic macro"},
		{"#define f(...) __VA_OPT__(", "main.c:1:16: unterminated __VA_OPT__"},
		{"#if\n#endif", "main.c:1:1: #if with no expression"},
		{"#if 1 2\n#endif", `main.c:1:7: missing binary operator before token "2"`},
		{"#if f(1)\n#endif", `main.c:1:6: missing binary operator before token "("`},
		{"#if (1\n#endif", "main.c:1:1: missing ')' in expression"},
		{"#if 1)\n#endif", "main.c:1:6: missing '(' in expression"},
		{"#if 1 +\n#endif", "main.c:1:1: #if expression ends where an operand is due"},
		{"#if 1 / 0\n#endif", "main.c:1:1: division by zero in #if"},
		{"#if 1.0\n#endif", "main.c:1:5: floating constant in preprocessor expression"},
		{"#if 1x\n#endif", `main.c:1:5: invalid suffix "x" on integer constant`},
		{"#if 09\n#endif", `main.c:1:5: invalid suffix "9" on integer constant`},
		{"#if \"a\"\n#endif", `main.c:1:5: token "\"a\"" is not valid in preprocessor expressions`},
		{"#if defined\n#endif", `main.c:1:1: operator "defined" requires an identifier`},
		{"#if defined(A\n#endif", `main.c:1:1: missing ')' after "defined"`},
		{"#ifdef\n#endif", "main.c:1:1: no macro name given in #ifdef directive"},
		{"#ifndef 1\n#endif", "main.c:1:9: macro names must be identifiers"},
		{"#nonsense", "main.c:1:2: invalid preprocessing directive #nonsense"},
		{"#error do not  build", "main.c:1:1: #error do not build"},
		{"#include", `main.c:1:1: #include expects "FILENAME" or <FILENAME>`},
		{"#include <>", "main.c:1:1: empty filename in #include"},
		{"#include \"no.h\"\n#include <no.h>", `main.c:1:1: "no.h": no such file; main.c:2:1: <no.h>: no such file`},
		{"#include \"../../etc/passwd\"", `main.c:1:1: "../../etc/passwd": no such file`},
		{"#include </etc/passwd>", `main.c:1:1: </etc/passwd>: no such file`},
		{"\n#include \"sub/bad.h\"", "sub/bad.h:1:1: #error bad"},
		{"__has_include(<a.h>)", `main.c:1:1: "__has_include" used outside of preprocessing directive`},
		{"#line x", "main.c:1:1: #line without a line number"},
		{"_Pragma(1)", "main.c:1:1: _Pragma takes a parenthesized string literal"},
	} {
		files := map[string]string{"main.c": c.src, "sub/bad.h": "#error bad\n"}
		u := read(t, files, cpp.Options{})
		var got []string
		for _, e := range u.Errors {
			got = append(got, e.Error())
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%q:\ngot:  %s\nwant: %s", c.src, s, c.want)
		}
	}
}

func TestErrorStack(t *testing.T) {
	u := read(t, map[string]string{"main.c": "\n#include \"a.h\"\n", "a.h": "#include \"b.h\"", "b.h": "#error x"}, cpp.Options{})
	if len(u.Errors) != 1 {
		t.Fatal(u.Errors)
	}
	got, want := u.Errors[0].Stack(), "included from a.h:1:1\nincluded from main.c:2:1\nb.h:1:1: #error x"
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestMissing(t *testing.T) {
	u := read(t, map[string]string{"main.c": "#include <generated/bounds.h>\nint x;\n"}, cpp.Options{Forced: []string{"no.h"}})
	var names []string
	for _, m := range u.Missing {
		names = append(names, m.Name)
	}
	if want := []string{`"no.h"`, "<generated/bounds.h>"}; !slices.Equal(names, want) || u.Text() != "int x ;" {
		t.Errorf("got %v, %q, want %v", names, u.Text(), want)
	}
}

func TestNoMainFile(t *testing.T) {
	_, err := cpp.NewCache(source.NewSet()).Preprocess(context.Background(), "mm/x.c", &cpp.Options{FS: mapFS(nil)})
	if err == nil || err.Error() != "mm/x.c: no such file" {
		t.Errorf("got %v", err)
	}
}

// hostile units must end soon, with one clear error.
var hostile = map[string]map[string]string{
	"includes itself":      {"main.c": "#include \"main.c\"\n#include \"main.c\"\n"},
	"includes without end": {"main.c": "#include \"a.h\"\n", "a.h": "#include \"b.h\"\n#include \"b.h\"\n", "b.h": "#include \"a.h\"\n#include \"a.h\"\n"},
	"exponential object":   {"main.c": exponential("#define a%d a%d a%d a%d\n", 40) + "a39"},
	"exponential function": {"main.c": exponential("#define a%d(x) a%d(x) a%d(x) a%d(x)\n", 40) + "a39(1)"},
	"exponential argument": {"main.c": "#define f(x) x x\n" + strings.Repeat("f(", 60) + "1" + strings.Repeat(")", 60)},
	"exponential string":   {"main.c": "#define s(x) t(x)\n#define t(x) #x\n" + strings.Repeat("s(", 60) + "\"\"" + strings.Repeat(")", 60)},
	"exponential paste":    {"main.c": exponentialPaste(40)},
	"nested arguments":     {"main.c": "#define f(x) x\n" + strings.Repeat("f(", 100000) + strings.Repeat(")", 100000)},
	"nested parentheses":   {"main.c": "#if " + strings.Repeat("(", 1000000) + "\n#endif"},
	"nested operators":     {"main.c": "#if " + strings.Repeat("!", 1000000) + "\n#endif"},
	"nested ternaries":     {"main.c": "#if " + strings.Repeat("1?", 1000000) + "\n#endif"},
}

func exponential(line string, n int) string {
	var b strings.Builder
	for i := n - 1; i > 0; i-- {
		fmt.Fprintf(&b, line, i, i-1, i-1, i-1)
	}
	return b.String()
}

func exponentialPaste(n int) string {
	var b strings.Builder
	b.WriteString("#define c_(a, b) a##b\n#define c(a, b) c_(a, b)\n#define p0 x\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "#define p%d c(p%d, p%d)\n", i, i-1, i-1)
	}
	fmt.Fprintf(&b, "p%d\n", n-1)
	return b.String()
}

func TestHostile(t *testing.T) {
	for name, files := range hostile {
		t.Run(name, func(t *testing.T) {
			c := cpp.NewCache(source.NewSet())
			opt := cpp.Options{FS: mapFS(files), Limits: cpp.Limits{Steps: 2 << 20}}
			u, err := c.Preprocess(context.Background(), "main.c", &opt)
			var limit *cpp.LimitError
			switch {
			case errors.As(err, &limit):
				t.Log(err)
			case err != nil || len(u.Errors) != 1:
				t.Errorf("got %v, %v, want one error", err, u.Errors)
			default:
				t.Log(u.Errors[0])
			}
		})
	}
}

func TestManyIfs(t *testing.T) {
	const n = 200000
	u := read(t, map[string]string{"main.c": strings.Repeat("#if 1\n", n) + "x\n" + strings.Repeat("#endif\n", n)}, cpp.Options{})
	if u.Text() != "x" || len(u.Errors) != 0 {
		t.Errorf("got %q, %v", u.Text(), u.Errors)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	opt := cpp.Options{FS: mapFS(hostile["exponential object"])}
	_, err := cpp.NewCache(source.NewSet()).Preprocess(ctx, "main.c", &opt)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}
