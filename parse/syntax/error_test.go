package syntax

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// errorTests are files with one error each, and its text without the path.
var errorTests = []struct{ src, want string }{
	{"int", "1:1: expected a name, found end of input"},
	{"int a", "1:5: expected ';', found end of input"},
	{"x;", "1:1: unknown type name 'x'"},
	{"static x;", "1:8: unknown type name 'x'"},
	{"f() { return 1; }", "1:1: unknown type name 'f'"},
	{"static f(void) { return 1; }", "1:8: unknown type name 'f'"},
	{"int a b;", "1:7: expected ';', found 'b'"},
	{"int 3;", "1:5: expected a name, found '3'"},
	{"int *;", "1:6: expected a name, found ';'"},
	{"unsigned float a;", "1:1: no type has these specifiers"},
	{"long long long a;", "1:1: no type has these specifiers"},
	{"signed unsigned a;", "1:1: no type has these specifiers"},
	{"struct s { int a; } int b;", "1:21: 'int' cannot be combined with the type before it"},
	{"int struct s { int a; } b;", "1:1: two types in one declaration"},
	{"typedef int t; t int a;", "1:18: 'int' cannot be combined with the type before it"},
	{"_Complex double a;", "1:1: complex types are not supported"},
	{"struct;", "1:7: expected a tag or '{', found ';'"},
	{"struct s { int; a; };", "1:17: unknown type name 'a'"},
	{"struct s { static int a; };", "1:12: storage class of a member"},
	{"enum;", "1:5: expected a tag or '{', found ';'"},
	{"enum e { A B };", "1:12: expected '}', found 'B'"},
	{"enum { 1 };", "1:8: expected an enumerator, found '1'"},
	{"int a[3;", "1:8: expected ']', found ';'"},
	{"int f(int a;", "1:12: expected ')', found ';'"},
	{"int f(static int a);", "1:7: storage class of a parameter"},
	{"int f(foo_t a);", "1:7: unknown type name 'foo_t'"},
	{"int f(int, foo_t a);", "1:12: unknown type name 'foo_t'"},
	{"int f(a, b);", "1:6: parameter names without types outside a definition"},
	{"int f(a, b) int a; { return a; }", "1:10: parameter 'b' has no type"},
	{"int f(a) int a, c; { return a; }", "1:17: 'c' is not a parameter that still needs a type"},
	{"int a { return 1; }", "1:7: 'a' has a body but is not declared as a function"},
	{"typedef int f(void) { }", "1:21: 'f' has a body but is not declared as a function"},
	{"int f(void) { return 1;", "1:13: the body of 'f' is not closed"},
	{"int a = ;", "1:9: expected an expression, found ';'"},
	{"int a = {1 2};", "1:12: expected '}', found '2'"},
	{"int a = { .b 1 };", "1:14: expected '=' after a designator, found '1'"},
	{"int a = sizeof(static int);", "1:16: storage class in a type name"},
	{"int a = 08;", "1:9: digit '8' in a base 8 constant '08'"},
	{"int a = 0b12;", "1:9: digit '2' in a base 2 constant '0b12'"},
	{"int a = 0x;", "1:9: '0x' is not a number"},
	{"int a = 1x;", "1:9: invalid suffix 'x' on integer constant '1x'"},
	{"int a = 1lLu;", "1:9: invalid suffix 'lLu' on integer constant '1lLu'"},
	{"int a = 2i;", "1:9: imaginary constant '2i' is not supported"},
	{"int a = 2.0fi;", "1:9: imaginary constant '2.0fi' is not supported"},
	{"int a = 1.2.3;", "1:9: '1.2.3' is not a number"},
	{"int a = 1e+;", "1:9: exponent of '1e+' has no digits"},
	{"int a = 0x1.8;", "1:9: hexadecimal floating constant '0x1.8' has no exponent"},
	{"int a = 18446744073709551616;", "1:9: integer constant '18446744073709551616' does not fit in 64 bits"},
	{"int a = '';", "1:9: empty character constant"},
	{"int a = 'abcde';", "1:9: more than four characters in ''abcde''"},
	{"int a = L'ab';", "1:9: more than one character in 'L'ab''"},
	{`int a = '\q';`, `1:9: unknown escape sequence '\q'`},
	{`char a[] = "\400";`, "1:12: octal escape sequence out of range"},
	{`char a[] = "\x100";`, "1:12: hex escape sequence out of range"},
	{`char a[] = "\x";`, `1:12: \x without hex digits`},
	{`char a[] = "\u12";`, "1:12: incomplete universal character name"},
	{`char a[] = "\ud800";`, "1:12: universal character name is no character"},
	{`int *a = L"x" u"y";`, "1:10: adjacent strings with prefixes L and u"},
	{`asm(L"x");`, "1:5: expected a plain string, found one with prefix L"},
	{"asm(x);", "1:5: expected a string, found 'x'"},
	{"_Static_assert(1, x);", "1:19: expected a string, found 'x'"},
	{"int a __attribute__((x y));", "1:24: expected ',' or ')' after attribute x, found 'y'"},
	{"int a __attribute__(x);", "1:21: expected '(', found 'x'"},
	{"int f(void) { return 1; } int f(void) { return 2; }",
		"1:31: function 'f' is defined twice, first at t.c:1:5"},
	{"int a = __builtin_convertvector(b, int);", "1:9: __builtin_convertvector is not supported"},
	{"int a = _Generic(b);", "1:19: _Generic without associations"},
	{"int a = (b;", "1:11: expected ')', found ';'"},
	{"int a = b.3;", "1:10: expected ';', found '.3'"},
	{"int a = b->int;", "1:12: expected a member name, found 'int'"},
	{"int a = &&1;", "1:11: expected a label, found '1'"},
	{"int a = @;", "1:9: expected an expression, found '@'"},
	{"\n\n\t}", "3:2: expected a type, found '}'"},
}

func TestParseErrors(t *testing.T) {
	for _, test := range errorTests {
		_, errs := Parse(unitOf("t.c", test.src), Options{})
		if len(errs) != 1 || errs[0].Error() != "t.c:"+test.want {
			t.Errorf("%s\ngot  %v\nwant t.c:%s", test.src, errs, test.want)
		}
	}
}

// bodyErrorTests are statements, their errors, and what is left of them.
var bodyErrorTests = []struct{ src, want, left string }{
	{"a = ;", "1:21: expected an expression, found ';'", ""},
	{"x = 1; a b; y = 2;", "1:26: expected ';', found 'b'", "x = 1; y = 2;"},
	{"x = 1; { y = 2; a b; z = 3; } c;", "1:35: expected ';', found 'b'", "x = 1; { y = 2; z = 3; } c;"},
	{"int g(int x) { return x; } y = 1;", "1:21: nested function 'g' is not supported", "y = 1;"},
	{"u8 x; y = 1;", "1:20: expected ';', found 'x'", "y = 1;"},
	{"if (a) int b;", "1:24: expected an expression, found 'int'", ""},
	{"for (;;", "1:25: expected an expression, found '}'", ""},
	{"do x(); while (1)", "1:35: expected ';', found '}'", ""},
	{"goto;", "1:21: expected a label, found ';'", ""},
	{"asm(\"\" : : : : : x);", "1:34: asm has more than four operand sections", ""},
	{"asm(\"\" : \"r\" x);", "1:30: expected '(', found 'x'", ""},
	{"case 1 a;", "1:24: expected ':', found 'a'", ""},
	{"__attribute__((unused)) a = 1;", "1:41: expected ';' or a declaration after attributes, found 'a'", ""},
	{"f(a,);", "1:21: expected an expression, found ')'", ""},
}

func TestBodyErrors(t *testing.T) {
	for _, test := range bodyErrorTests {
		src := "void f(int a) { " + test.src + " }"
		file, errs := Parse(unitOf("t.c", src), Options{})
		if len(errs) > 0 {
			t.Errorf("%s: %v", src, errs)
			continue
		}
		body, err := file.Body(file.Func("f"))
		var list ErrorList
		if !errors.As(err, &list) || len(list) != 1 || list[0].Error() != "t.c:"+test.want {
			t.Errorf("%s\ngot  %v\nwant t.c:%s", test.src, err, test.want)
		}
		var b strings.Builder
		if err := Print(&b, body); err != nil {
			t.Error(err)
		}
		if got := strings.Trim(flat(b.String()), "{} "); got != strings.Trim(test.left, "{} ") {
			t.Errorf("%s\nleft %s\nwant %s", test.src, got, test.left)
		}
	}
}

// TestResync checks that what stands around an error is still there.
func TestResync(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"int a; foo b; int c;", "int a; /* not understood */ int c;"},
		{"int a; foo b { int x; }\nint c;", "int a; /* not understood */ int c;"},
		{"struct s { foo b; int x; } y;\nint c;", "/* not understood */ int c;"},
		{"int f(void) { } foo g(void) { int x; }\nint c;", "int f(void) { } /* not understood */ int c;"},
		{"foo g = { 1, { 2 }, };\nint c;", "/* not understood */ int c;"},
		{"} int c;", "/* not understood */"},
		{"}\nint c;", "/* not understood */ int c;"},
		{"int a[] = { 1; 2 };\nint c;", "/* not understood */ int c;"},
	} {
		file, errs := Parse(unitOf("t.c", test.src), Options{})
		if len(errs) != 1 {
			t.Errorf("%s: got %d errors, want 1: %v", test.src, len(errs), errs)
		}
		var b strings.Builder
		if err := file.Print(&b); err != nil {
			t.Error(err)
		}
		if got := flat(b.String()); got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.src, got, test.want)
		}
		for _, d := range file.Decls() {
			if bad, ok := d.(*BadDecl); ok && (bad.First >= bad.Last || bad.Err == nil) {
				t.Errorf("%s: bad declaration %+v", test.src, bad)
			}
		}
	}
}

// TestDepth checks that nesting of every sort ends in one error.
func TestDepth(t *testing.T) {
	const n = 50_000
	deep := func(head, left, mid, right, tail string) string {
		return head + strings.Repeat(left, n) + mid + strings.Repeat(right, n) + tail
	}
	srcs := map[string]string{
		"parens":        deep("int a = ", "(", "1", ")", ";"),
		"unary":         deep("int a = ", "- ", "1", "", ";"),
		"casts":         deep("int a = ", "(int)", "1", "", ";"),
		"sum":           deep("int a = 1", "+1", "", "", ";"),
		"comma":         deep("int a = (1", ",1", "", "", ");"),
		"assign":        deep("int a = b", "=b", "", "", ";"),
		"cond":          deep("int a = 1", "?1:1", "", "", ";"),
		"cond middle":   deep("int a = ", "1?", "1", ":1", ";"),
		"calls":         deep("int a = f", "()", "", "", ";"),
		"nested calls":  deep("int a = ", "f(", "1", ")", ";"),
		"index":         deep("int a = b", "[0]", "", "", ";"),
		"index inside":  deep("int a = ", "b[", "1", "]", ";"),
		"members":       deep("int a = b", ".c", "", "", ";"),
		"pointers":      deep("int ", "*", "a", "", ";"),
		"arrays":        deep("int a", "[1]", "", "", ";"),
		"declarators":   deep("int ", "(", "a", ")", ";"),
		"pointer pairs": deep("int ", "(*", "a", ")", ";"),
		"params":        deep("int f", "(int (*)", "(void)", ")", ";"),
		"records":       deep("", "struct {", "int a;", "} x;", ""),
		"init":          deep("int a = ", "{", "1", "}", ";"),
		"typeof":        deep("", "typeof(", "1", ")", " a;"),
		"sizeof":        deep("int a = ", "sizeof ", "1", "", ";"),
		"sizeof type":   deep("int a = ", "sizeof(int[", "1", "])", ";"),
		"extension":     deep("int a = ", "__extension__ ", "1", "", ";"),
		"attributes":    deep("int a ", "__attribute__((x(", "1", ")))", ";"),
		"statements":    deep("int a = ", "({", "1;", "});", ";"),
		"generic":       deep("int a = ", "_Generic(1, default: ", "1", ")", ";"),
		"open parens":   deep("int a = ", "(", "", "", ""),
		"open blocks":   deep("int a = ", "({", "", "", ""),
		"open attrs":    deep("int f", "(__attribute__((x(", "", "", ""),
	}
	bodies := map[string]string{
		"blocks":  deep("", "{", "", "}", ""),
		"ifs":     deep("", "if (1) ", ";", "", ""),
		"elses":   deep("", "if (1) ; else ", ";", "", ""),
		"loops":   deep("", "while (1) ", ";", "", ""),
		"dos":     deep("", "do ", ";", " while (1);", ""),
		"labels":  deep("", "a: ", ";", "", ""),
		"cases":   deep("switch (1) ", "case 1: ", ";", "", ""),
		"stmtexp": deep("a = ", "({", "1;", "});", ""),
	}
	for name, src := range srcs {
		if _, errs := Parse(unitOf("t.c", src), Options{}); len(errs) == 0 || !strings.Contains(errs[0].Error(), "nested") && !strings.Contains(errs[0].Error(), "expression") {
			t.Errorf("%s: got errors %v", name, errs)
		}
	}
	for name, src := range bodies {
		file, errs := Parse(unitOf("t.c", "void f(void) {"+src+"}"), Options{})
		if len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
			continue
		}
		if _, err := file.Body(file.Func("f")); err == nil || !strings.Contains(err.Error(), "nested") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

// TestManyErrors checks that a body full of errors reports a few of them.
func TestManyErrors(t *testing.T) {
	src := "void f(void) {" + strings.Repeat("a b;", 1000) + "}"
	file, _ := Parse(unitOf("t.c", src), Options{})
	_, err := file.Body(file.Func("f"))
	var list ErrorList
	if !errors.As(err, &list) || len(list) != maxBodyErrors+1 {
		t.Fatalf("got %d errors, want %d", len(list), maxBodyErrors+1)
	}
	want := fmt.Sprintf("t.c:1:17: expected ';', found 'b' (and %d more)", maxBodyErrors)
	if err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestDuplicates(t *testing.T) {
	const src = "extern inline int f(void) { return 1; } int f(void) { return 2; }"
	file, errs := Parse(unitOf("t.c", src), Options{})
	if len(errs) > 0 || len(file.Duplicates()) != 1 || file.Duplicates()[0] == file.Func("f") {
		t.Errorf("got errors %v, duplicates %v", errs, file.Duplicates())
	}
}

// TestBodyConcurrent asks for the same bodies from several goroutines.
func TestBodyConcurrent(t *testing.T) {
	const src = "typedef int t; int f(t t) { return t * 2; } int g(t a) { t t = a; return t; }"
	file, errs := Parse(unitOf("t.c", src), Options{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var wg sync.WaitGroup
	blocks := make([][2]*Block, 8)
	for i := range blocks {
		wg.Go(func() {
			for j, name := range []string{"f", "g"} {
				block, err := file.Body(file.Func(name))
				if err != nil {
					t.Error(err)
				}
				blocks[i][j] = block
			}
		})
	}
	wg.Wait()
	for _, b := range blocks {
		if b != blocks[0] {
			t.Error("got different bodies of one function")
		}
	}
}

// TestLaterTypedef checks that a body sees only the typedefs before it.
func TestLaterTypedef(t *testing.T) {
	const src = "int t; int f(int a) { return t * a; } int g(int a) { t * b; return a; }"
	file, errs := Parse(unitOf("t.c", src), Options{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	body, err := file.Body(file.Func("g"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := body.Items[0].(*ExprStmt); !ok {
		t.Errorf("got %T, want an expression", body.Items[0])
	}

	const later = "int f(int u) { return (u)+1; } typedef int u; int g(void) { return (u)+1; }"
	file, errs = Parse(unitOf("t.c", later), Options{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for name, want := range map[string]string{"f": "return u + 1;", "g": "return (u)+1;"} {
		body, err := file.Body(file.Func(name))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := Print(&b, body.Items[0]); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%s: got %s, want %s", name, b.String(), want)
		}
	}
}

// TestShared checks that a tree cannot be made to look exponentially large.
func TestShared(t *testing.T) {
	const n = 40
	for name, src := range map[string]string{
		"records":    strings.Repeat("struct {", n) + "int a;" + strings.Repeat("} a, b;", n),
		"attributes": strings.Repeat("struct { __attribute__((x(", n) + "1" + strings.Repeat("))) int a, b; }", n) + ";",
		"in a body":  "int a = ({ " + strings.Repeat("struct {", n) + "int a;" + strings.Repeat("} a, b;", n) + "});",
	} {
		_, errs := Parse(unitOf("t.c", src), Options{})
		if len(errs) == 0 || !strings.Contains(errs[0].Error(), "too many declarators share nested declarations") {
			t.Errorf("%s: got errors %v", name, errs)
		}
	}
}
