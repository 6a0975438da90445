package cpp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ptreview/parse/cpp"
)

// table holds small units with the tokens they become, and, by want "!", the
// messages of what is wrong with them. TestTableGCC asks the machine's own gcc
// about every one without errors.
var table = []struct{ name, src, want string }{
	{"object", "#define PAGE_SHIFT 12\n#define PAGE_SIZE (1UL << PAGE_SHIFT)\nPAGE_SIZE", "( 1UL << 12 )"},
	{"empty", "#define __init\nstatic int __init f(void);", "static int f ( void ) ;"},
	{"self", "#define pmd_same pmd_same\npmd_same(a)", "pmd_same ( a )"},
	{"mutual", "#define a b\n#define b a\na b a b", "a b a b"},
	{"mutual twice", "#define f(x) x g\n#define g(x) x f\nf(1)(2)(3)(4)", "1 2 3 4 f"},
	{"past the end", "#define f(a) a*g\n#define g(a) f(a)\nf(2)(9)", "2 * 9 * g"},
	{"name without parenthesis", "#define f(x) <x>\nf f (1) f\n(2) f;", "f < 1 > < 2 > f ;"},
	{"name at end of macro", "#define f(x) <x>\n#define h f\nh(1) h\n(2) h;", "< 1 > < 2 > f ;"},
	{"name before directive", "#define f(x) <x>\nf\n#define g 1\n(2)", "f ( 2 )"},
	{"argument is a use", "#define f(x) (x+1)\nf(f(f(1)))", "( ( ( 1 + 1 ) + 1 ) + 1 )"},
	{"argument names the macro", "#define f(x) x x\nf(f)(1)", "f f ( 1 )"},
	{"no expansion in argument kept", "#define f(x) x\n#define g f(g)\ng", "g"},
	{"commas in parentheses", "#define f(x, y) [x|y]\nf((1, 2), g(3, 4))", "[ ( 1 , 2 ) | g ( 3 , 4 ) ]"},
	{"empty arguments", "#define f(x, y) [x|y]\nf(,) f(1,) f(,2)", "[ | ] [ 1 | ] [ | 2 ]"},
	{"no parameter", "#define f() 1\n#define g(x) [x]\nf() f( ) g()", "1 1 [ ]"},
	{"arguments over lines", "#define f(x, y) x-y\nf(1,\n\n  2) 3", "1 - 2 3"},
	{"directives in arguments", "#define f(x) [x]\nf(1\n#ifdef f\n2\n#else\n3\n#endif\n#define q 4\nq)q", "[ 1 2 4 ] 4"},
	{"undef in arguments", "#define f(x) [x]\n#define q 1\nf(q\n#undef q\nq)", "[ q q ]"},
	{"redefined between", "#define q 1\nq\n#undef q\nq\n#define q 2\nq", "1 q 2"},

	{"string", "#define s(x) #x\ns( a  +  b ) s() s(\"a\\n\" '\\0' '\"') s(a\nb) s(/* c */ a /**/ b)", `"a + b" "" "\"a\\n\" '\\0' '\"'" "a b" "a b"`},
	{"string of argument unexpanded", "#define N 1\n#define s(x) #x\n#define t(x) s(x)\ns(N) t(N) t( N N ) t(-N)", `"N" "1" "1 1" "-1"`},
	{"string keeps white space of names", "#define E\n#define s(x) #x\n#define t(x) s(x)\n#define p(x) x\nt(a E b) t(aEb) t(E a) t(a E) t([E]) t(p(a)p(b)) t(p(a) p(b)) t(<p(a)>) t(p( a )p( b ))",
		`"a b" "aEb" "a" "a" "[]" "ab" "a b" "<a>" "ab"`},
	{"string of nested padding", "#define E\n#define s(x) #x\n#define t(x) s(x)\n#define u(x) x E\n#define v(x) E x\n#define w(x) -x-\nt(u(a)b) t(u(a) b) t(v(a)b) t(b v(a)) t(bv(a)) t(w(a)w( b )) t(w(u(a))) t(w( v( a ) ))",
		`"a b" "a b" "ab" "b a" "bv(a)" "-a--b-" "-a -" "- a-"`},
	{"string of nested results", "#define P_1 0,\n#define second(_a, v, ...) v\n#define or(x, y)\tor_(x, y)\n#define or_(x, y) or__(P_##x, y)\n#define or__(a, y) second(a 1, y)\n#define s(x) #x\n#define t(x) s(x)\n#define is(x) or(x, 0)\n#define A 1\nt((is(A) && is(B) )) t(is(A)) t(-is(A)is(B))", `"(1 && 0 )" "1" "-10"`},
	{"string backslash", "#define s(x) #x\n#define t(x) s(x)\nt(\"\\\\\") s(@\\n) s('\\'')", `"\"\\\\\"" "@\n" "'\\''"`},
	{"string of string", "#define s(x) #x\n#define t(x) s(x)\nt(s(a)) t(t(\"b\"))", `"\"a\"" "\"\\\"b\\\"\""`},

	{"paste", "#define cat(a, b) a##b\ncat(x, 1) cat(1, e3) cat(<, <=) cat(-, >) cat(, x) cat(x, ) cat(,) cat(L, 'a') cat(., 5)", "x1 1e3 <<= -> x x L'a' .5"},
	{"paste unexpanded", "#define N 7\n#define cat(a, b) a ## b\n#define xcat(a, b) cat(a, b)\ncat(N, N) xcat(N, N)", "NN 77"},
	{"paste result is macro", "#define ab 1\n#define cat(x, y) x##y\ncat(a, b) cat(ca, t)(a, b)", "1 cat ( a , b )"},
	{"paste chain", "#define c(a, b, d) a##b##d\nc(1, 2, 3) c(1, , 3) c(, , 3) c(1, , ) c(,,)", "123 13 3 1"},
	{"paste ends of arguments", "#define c(a, b) a##b\nc(1 2, 3 4) c(x y, ) c(, x y)", "1 23 4 x y x y"},
	{"paste in object", "#define ab 3\n#define x a##b\n#define hash # ## #\nx hash", "3 ##"},
	{"paste and string", "#define f(x, y) x ## #y\nf(L, a)", `L"a"`},
	{"hash hash made", "#define hash_hash # ## #\n#define mkstr(a) # a\n#define in_between(a) mkstr(a)\n#define join(c, d) in_between(c hash_hash d)\njoin(x, y)", `"x ## y"`},
	{"operator not a paste", "#define f(x) x\nf(#) f(##)", "# ##"},

	{"variadic", "#define p(fmt, ...) printk(fmt, __VA_ARGS__)\np(\"a\", 1, 2) p(\"a\",) p(\"a\")", `printk ( "a" , 1 , 2 ) printk ( "a" , ) printk ( "a" , )`},
	{"gnu comma", "#define p(fmt, ...) printk(fmt, ##__VA_ARGS__)\np(\"a\") p(\"a\",) p(\"a\", 1) p(\"a\", 1, 2)", `printk ( "a" ) printk ( "a" , ) printk ( "a" , 1 ) printk ( "a" , 1 , 2 )`},
	{"gnu named", "#define p(fmt, args...) printk(fmt, ##args)\np(\"a\") p(\"a\",) p(\"a\", 1, 2)", `printk ( "a" ) printk ( "a" , ) printk ( "a" , 1 , 2 )`},
	{"gnu comma alone", "#define p(...) f(0, ##__VA_ARGS__)\np() p(1)", "f ( 0 ) f ( 0 , 1 )"},
	{"gnu comma keeps unexpanded", "#define N 1\n#define p(f, ...) q(f, ##__VA_ARGS__)\np(a, N) p(a, p(b, c))", "q ( a , 1 ) q ( a , p ( b , c ) )"},
	{"gnu comma in argument", "#define p(x, ...) x ## __VA_ARGS__\np(a) p((,)) p(a, b)", "a ( , ) ab"},
	{"variadic string", "#define s(...) #__VA_ARGS__\ns(a, b,c) s() s(,)", `"a, b,c" "" ","`},
	{"count", "#define N(_0, _1, _2, n, X...) n\n#define C(X...) N(, ##X, 2, 1, 0)\nC() C(a) C(a, b)", "0 1 2"},
	{"opt", "#define p(f, ...) printk(f __VA_OPT__(,) __VA_ARGS__)\np(1) p(1,) p(1, 2)", "printk ( 1 ) printk ( 1 ) printk ( 1 , 2 )"},
	{"opt of nothing", "#define E\n#define p(f, ...) f __VA_OPT__([f __VA_ARGS__])\np(1, E) p(1, E E) p(1, 2 E)", "1 1 1 [ 1 2 ]"},
	{"opt paste", "#define p(x, ...) a ## __VA_OPT__(x ## b) ## c\np(1) p(1, 2) ", "ac a1bc"},

	{"if arithmetic", "#if (1 + 2 * 3 - 4 / 2 == 5) && (7 % 4 == 3) && (1 << 4 == 16) && (-1 >> 1 == -1)\nyes\n#endif", "yes"},
	{"if unsigned", "#if -1 > 0u\na\n#endif\n#if -1 > 0\nb\n#endif\n#if 0xffffffffffffffff == -1\nc\n#endif\n#if (2 ? -1 : 0u) > 0\nd\n#endif\n#if 18446744073709551615u / 2 == 9223372036854775807\ne\n#endif", "a c d e"},
	{"if shift", "#if (1 << 63) < 0 && (1u << 63) > 0 && (1 << 64) == 0 && (1 << -1) == 0 && (-8 >> 70) == -1\nyes\n#endif", "yes"},
	{"if short circuit", "#if 1 || 1 / 0\na\n#endif\n#if 0 && 1 / 0\n#else\nb\n#endif\n#if 0 ? 1 / 0 : 2\nc\n#endif", "a b c"},
	{"if ternary", "#if 0 ? 1 : 0 ? 2 : 3\na\n#endif\n#if (1, 0)\n#else\nb\n#endif", "a b"},
	{"if char", "#if 'a' == 97 && '\\n' == 10 && '\\x41' == 'A' && '\\101' == 65 && 'ab' == 24930 && L'a' == 97 && '\\0' == 0\nyes\n#endif\n#if '\\377' < 0\nsigned\n#endif", "yes signed"},
	{"if numbers", "#if 0x10 == 16 && 010 == 8 && 0b11 == 3 && 1ULL == 1 && 1lu == 1 && 0XfL == 15\nyes\n#endif", "yes"},
	{"if names", "#if nothing == 0 && !true && int == 0\nyes\n#endif", "yes"},
	{"if defined", "#define A\n#if defined A && defined(A) && !defined B && !defined(B)\nyes\n#endif", "yes"},
	{"if defined from macro", "#define A\n#define HAS_A defined(A)\n#define HAS_B defined B\n#if HAS_A && !HAS_B\nyes\n#endif", "yes"},
	{"is enabled", "#define __ARG_PLACEHOLDER_1 0,\n#define second(a, b, ...) b\n#define is_def(x) is_def_(x)\n#define is_def_(v) is_def__(__ARG_PLACEHOLDER_##v)\n#define is_def__(a) second(a 1, 0)\n#define CONFIG_A 1\n#if is_def(CONFIG_A) && !is_def(CONFIG_B)\nyes\n#endif", "yes"},
	{"elif", "#if 0\na\n#elif 1\nb\n#elif 1 / 0\nc\n#else\nd\n#endif", "b"},
	{"elifdef", "#define X\n#if 0\na\n#elifdef X\nb\n#endif\n#if 0\n#elifndef X\nc\n#else\nd\n#endif", "b d"},
	{"dead groups", "#if 0\n don't \" #else '\n#if garbage ((\n#else\n#error no\n#endif\n#include <nothing.h>\n#unknown\n#else\nyes\n#endif", "yes"},
	{"nested", "#define A 1\n#ifdef A\n#ifndef B\n1\n#else\n2\n#endif\n3\n#else\n#if 1\n4\n#endif\n#endif\n5", "1 3 5"},

	{"splices", "#def\\\nine A\\\nB 1 \\\n 2\nA\\\nB \"a\\\nb\" 1\\\n2 +\\\n+ // c \\\n d\n/\\\n* x *\\\n/ y", "1 2 \"ab\" 12 ++ y"},
	{"splice with blanks", "#define A 1 \\  \n 2\nA", "1 2"},
	{"comments", "a/* x\n # y */b // c\n/* */ # /* */ define /* */ X /* */ 1 /* */\nX '//' \"/*\" /* \" */ 'x'", `a b 1 '//' "/*" 'x'`},
	{"digraphs", "%:define cat(x, y) x %:%: y\n<: :> <% %> cat(a, b)", "<: :> <% %> ab"},
	{"numbers", "1.5e+3 0x1p-3 .5 1..2 1e+ 0xe+1 1_a 3a.b", "1.5e+3 0x1p-3 .5 1..2 1e+ 0xe+1 1_a 3a.b"},
	{"punctuators", "a+++++b a<<=b>>=c...->- -x ##", "a ++ ++ + b a <<= b >>= c ... -> - - x ##"},
	{"dots", ".. ... .... .1.", ". . ... ... . .1."},
	{"literals", `L'a' u8"x" U"y" u'z' LL"a" R"(a"b)" L"\"" ''`, `L'a' u8"x" U"y" u'z' LL "a" R"(a"b)" L"\"" ''`},
	{"dollar", "$a a$b 1$ $", "$a a$b 1$ $"},
	{"other", "a @ b ` c \\ d", "a @ b ` c \\ d"},
	{"crlf", "#define A 1\r\nA \\\r\n B\r\n", "1 B"},
	{"no newline at end", "#define A 1\n#ifdef A\nA\n#endif", "1"},

	{"line", "__LINE__\n#define L __LINE__\nL\n#define f(x) x L\nf(\nL\n) L", "1 3 6 5 7"},
	{"line of object use", "#define f(x, y) x y __LINE__\n#define O f\nO\n(\n__LINE__, 1)", "3 1 3"},
	{"line in rest unexpanded", "#define w(f, ...) p(f, ##__VA_ARGS__)\n#define p(f, ...) q(f, ##__VA_ARGS__)\n#define L __LINE__\n#define i(x) x\n#define j(x, y) i(x) y\nw(1,\n  __LINE__, L,\n i(L), i(__LINE__))\nj(i(\n__LINE__\nL),\nL i(\nL))", "q ( 1 , 6 , 6 , 6 , 6 ) 10 11 12 13"},
	{"line of pasted", "#define c(a, b) a##b\n#define i(x) x\nc(__LI,\nNE__) i(\nc(__LI,\nNE__))", "3 5"},
	{"line directive", "#line 100\n__LINE__\n#line 7 \"x.c\"\n__LINE__ __FILE__\n# 9 \"y.c\"\n__LINE__ __FILE__", "100 7 \"x.c\" 9 \"y.c\""},
	{"counter", "#define c __COUNTER__\n#define d(x) x x\n#define e(x) #x x\n__COUNTER__ c d(c) e(c)\n#if __COUNTER__ == 4\nyes\n#endif", `0 1 2 2 "c" 3 yes`},
	{"unique", "#define p_(a, b) a##b\n#define p(a, b) p_(a, b)\n#define u(x) p(p(id_, x), __COUNTER__)\nu(a) u(a)", "id_a0 id_a1"},
	{"file", "__FILE__ __BASE_FILE__ __INCLUDE_LEVEL__", `"main.c" "main.c" 0`},
	{"has attribute", "#ifdef __has_attribute\n#if __has_attribute(noinline) && __has_attribute(__packed__) && !__has_attribute(nonsense)\nyes\n#endif\n#endif\n__has_attribute(cold)", "yes 1"},
	{"has builtin", "#if __has_builtin(__builtin_expect) && !__has_builtin(__builtin_nonsense)\nyes\n#endif", "yes"},
	{"has c attribute", "__has_c_attribute(fallthrough) __has_attribute(nodiscard) __has_cpp_attribute(gnu::packed) __has_c_attribute(packed)", "201904 202003 1 0"},
	{"has include", "#if __has_include(\"a.h\") && __has_include(<b.h>) && !__has_include(\"c.h\")\nyes\n#endif\n#define B <b.h>\n#if __has_include(B) && defined(__has_include)\nyes\n#endif", "yes yes"},

	{"include", "#include \"a.h\"\n#include <b.h>\n#define H \"a.h\"\n#include H\n#define I(x) <x.h>\n#include I(b)", "a_h b_h a_h b_h"},
	{"guard", "#include \"g.h\"\n#include \"g.h\"\n#undef G_H\n#include \"g.h\"", "g_h g_h"},
	{"once", "#include \"o.h\"\n#include \"o.h\"", "o_h"},
	{"import", "#import \"a.h\"\n#import \"a.h\"", "a_h"},
	{"next", "#include <n.h>", "n_h_1 n_h_2"},
	{"beside", "#include \"sub/s.h\"", "sub_s sub_t"},
	{"include level", "#include \"l.h\"\n__FILE__", `"l.h" 1 1 "main.c" "main.c"`},
	{"macro does not end in an include", "#define f(x) <x>\n#include \"f.h\"\n(1)", "f ( 1 )"},
	{"conditional around includes", "#if 0\n#include \"a.h\"\n#else\n#include <b.h>\n#endif", "b_h"},

	{"pragma operator", "a _Pragma(\"GCC diagnostic push\") b", "a # pragma GCC diagnostic push b"},
	{"pragma", "a\n#pragma GCC diagnostic ignored \"-Wx\"\nb", "a # pragma GCC diagnostic ignored \"-Wx\" b"},
	{"pragma from macro", "#define P(x) _Pragma(#x) x\n#define D(x) P(GCC diagnostic x)\nD(push) y", "# pragma GCC diagnostic push GCC diagnostic push y"},
	{"pragma in arguments", "#define f(x) [x]\na f(1\n#pragma weak b\n2) f(_Pragma(\"weak c\") 3)", "a # pragma weak b [ 1 2 ] [ # pragma weak c 3 ]"},
	{"pragma expanded", "#define N 3\n#pragma message N\n#pragma pack(N)\n#pragma GCC poison q\nx", "# pragma message 3 # pragma pack ( N ) x"},
	{"push macro", "#define X 1\n#pragma push_macro(\"X\")\n#undef X\n#define X 2\nX\n#pragma pop_macro(\"X\")\nX", "2 1"},
	{"null directive", "#\na\n# // b\n", "a"},
	{"ident", "#ident \"x\"\na", "#ident \"x\" a"},
	{"keywords as macros", "#define if(x) when(x)\n#define inline\ninline if(1)", "when ( 1 )"},
}

// headers are the files the table includes.
var headers = map[string]string{
	"a.h": "a_h\n", "inc/b.h": "b_h\n",
	"g.h":     "/* x */\n#ifndef G_H\n#define G_H\ng_h\n#endif // G_H\n",
	"o.h":     "#pragma once\no_h\n",
	"inc/n.h": "n_h_1\n#include_next <n.h>\n", "inc2/n.h": "n_h_2\n",
	"sub/s.h": "sub_s\n#include \"t.h\"\n", "sub/t.h": "sub_t\n", "inc/t.h": "inc_t\n",
	"l.h": "__FILE__ __INCLUDE_LEVEL__ __LINE__ __BASE_FILE__\n",
	"f.h": "f",
}

func tree(main string) map[string]string {
	files := map[string]string{"main.c": main}
	for name, text := range headers {
		files[name] = text
	}
	return files
}

func tableOptions() cpp.Options {
	return cpp.Options{Angle: []string{"inc", "inc2"}}
}

func TestTable(t *testing.T) {
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			u := read(t, tree(c.src), tableOptions())
			got := strings.Join(spellings(u, withPragmas(u)), " ")
			if got != ourWant(c.name, c.want) {
				t.Errorf("got:  %s\nwant: %s", got, c.want)
			}
			for _, e := range u.Errors {
				t.Error(e)
			}
		})
	}
}

// ourWant drops what gcc -E prints but no parser reads.
func ourWant(name, want string) string {
	if name == "ident" {
		return "a"
	}
	return want
}

func spellings(u *cpp.Unit, toks []cpp.Token) []string {
	var out []string
	for _, t := range toks {
		out = append(out, u.Spelling(t))
	}
	return out
}

// TestTableGCC confirms the table by the machine's own compiler.
func TestTableGCC(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("skipped: no gcc to confirm the table with")
	}
	dir := t.TempDir()
	for name, text := range headers {
		writeFile(t, filepath.Join(dir, name), text)
	}
	for _, c := range table {
		writeFile(t, filepath.Join(dir, "main.c"), c.src)
		got := gccPreprocess(t, dir, "main.c")
		// A raw string is more than gccTokens knows, so blanks do not count.
		a, b := strings.Join(got, ""), strings.ReplaceAll(c.want, " ", "")
		if strings.ReplaceAll(a, " ", "") != b {
			t.Errorf("%s: gcc says %s, the table %s", c.name, strings.Join(got, " "), c.want)
		}
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// gccPreprocess returns the tokens of a file in dir according to gcc.
func gccPreprocess(t *testing.T, dir, file string) []string {
	t.Helper()
	cmd := exec.Command("gcc", "-E", "-std=gnu11", "-undef", "-nostdinc", "-Iinc", "-Iinc2", file)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("gcc: %v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	return gccTokens(append(out, "\n\n\n\n"...))
}
