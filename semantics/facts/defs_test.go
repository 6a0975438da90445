package facts

import (
	"fmt"
	"strings"
	"testing"
)

func TestDefinitions(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"function", "int f(void)\n{\n\treturn 1;\n}\n", "f 1-4"},
		{"prototype", "int f(void);\nextern int g(int);\n", ""},
		{"static inline", "static inline int f(pmd_t a,\n\tpmd_t b)\n{\n}\n", "f 1-4"},
		{"type on its own line", "struct page *\nf(int x)\n{\n}\n", "f 1-4"},
		{"pointer to function as parameter", "void f(int (*g)(int), void *p)\n{\n}\n", "f 1-3"},
		{"returns pointer to function", "int (*f(int x))(long)\n{\n\treturn 0;\n}\n", "f 1-4"},
		{"attribute before", "__attribute__((noinline)) int f(void)\n{\n}\n", "f 1-3"},
		{"attribute between", "static int __attribute__((__section__(\".init.text\"))) f(void)\n{\n}\n", "f 1-3"},
		{"attribute behind", "int f(void) __attribute__((cold));\nint g(void) __releases(ptl)\n{\n}\n", "g 2-4"},
		{"annotation before", "static __printf(1, 2) void f(const char *s, ...)\n{\n}\n", "f 1-3"},
		{"declspec", "static __always_inline __must_check bool f(void)\n{\n}\n", "f 1-3"},
		{"old parameters", "int f(x, y)\n\tint x;\n\tchar y;\n{\n\treturn x;\n}\n", ""},
		{"typeof", "static typeof(int) f(void)\n{\n}\n", "f 1-3"},
		{"struct", "struct s {\n\tint (*f)(void);\n\tint x;\n};\nstruct s v = {\n\t.x = 1,\n};\n", ""},
		{"enum and union", "enum e { A, B };\nunion u { int x; };\nint f(void)\n{\n}\n", "f 3-5"},
		{"array of structs", "static const struct s t[] = {\n\t{ .x = f(1) },\n};\nint g(void)\n{\n}\n", "g 4-6"},
		{"function returning struct", "struct s { int x; } f(void)\n{\n}\n", "f 1-3"},
		{"two", "int f(void) { return 1; }\nint g(void) { return 2; }\n", "f 1-1, g 2-2"},
		{"macro", "#define A 1\n#define B(x) \\\n\t((x) + \\\n\t 1)\n", "A/macro 1-1, B/macro() 2-4"},
		{"empty macro", "#define A\n#define B()\n", "A/macro 1-1, B/macro() 2-2"},
		{"undef", "#define A 1\n#undef A\n", "A/macro 1-1"},
		{"macro between functions", "int f(void)\n{\n}\n#define A 1\nint g(void)\n{\n}\n", "f 1-3, A/macro 4-4, g 5-7"},
		{"macro in a body", "int f(void)\n{\n#define A 1\n\treturn A;\n}\n", "f 1-5, A/macro 3-3"},
		{"both branches", "#ifdef X\nint f(void)\n{\n\treturn 1;\n}\n#else\nint f(void)\n{\n\treturn 2;\n}\n#endif\n", "f 2-5, f 7-10"},
		{"unbalanced branches", "int f(int x)\n{\n#ifdef X\n\tif (x) {\n#else\n\tif (!x) {\n#endif\n\t\tx = 1;\n\t}\n\treturn x;\n}\nint g(void)\n{\n}\n", "f 1-11, g 12-14"},
		{"header in both branches", "#ifdef X\nint f(int x)\n#else\nint f(long x)\n#endif\n{\n\treturn 1;\n}\n", "f 2-8"},
		{"open brace in branches", "#ifdef X\nint f(int x) {\n#else\nint f(long x) {\n#endif\n\treturn 1;\n}\nint g(void)\n{\n}\n", "f 2-7, g 8-10"},
		{"extern C", "int f(void)\n{\n\tgoto out;\nout:\n\treturn 1;\n}\n", "f 1-6"},
		{"macro call before", "EXPORT_SYMBOL(f);\nMODULE_LICENSE(\"GPL\");\nint g(void)\n{\n}\n", "g 3-5"},
		{"syscall", "SYSCALL_DEFINE1(brk, unsigned long, brk)\n{\n\treturn 0;\n}\n", "SYSCALL_DEFINE1 1-4"},
		{"string with braces", "int f(void)\n{\n\tprintk(\"}\\n\");\n\treturn '}';\n}\n", "f 1-5"},
		{"comment with braces", "int f(void)\n{\n\t/* } */\n\treturn 1; // }\n}\n", "f 1-5"},
		{"never closed", "int f(void)\n{\n\tif (1) {\n\treturn 1;\n", ""},
		{"closed too often", "int f(void)\n{\n}\n}\nint g(void)\n{\n}\n", "f 1-3, g 5-7"},
	}
	for _, tt := range tests {
		_, _, defs := definitionsOf("f.c", tt.src)
		var got []string
		for _, d := range defs {
			kind := ""
			switch {
			case d.Macro && d.Function:
				kind = "/macro()"
			case d.Macro:
				kind = "/macro"
			}
			got = append(got, fmt.Sprintf("%s%s %d-%d", d.Name, kind, d.First, d.Last))
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, s, tt.want)
		}
	}
}

func TestDefinitionText(t *testing.T) {
	text := func(src string) string {
		_, _, defs := definitionsOf("f.h", src)
		if len(defs) != 1 {
			t.Fatalf("%q: got %d definitions, want 1", src, len(defs))
		}
		return defs[0].Text
	}
	same := [][2]string{
		{"int f(void)\n{\n\treturn 1;\n}\n", "int f(void) { return 1; }\n"},
		{"int f(void) { return 1; }\n", "int\nf(void)\n{\n\t/* one */\n\treturn 1;\t// one\n}\n"},
		{"#define A(x) ((x) + 1)\n", "#define A(x)\t\\\n\t((x)\t+ 1)\n"},
	}
	for _, s := range same {
		if text(s[0]) != text(s[1]) {
			t.Errorf("got %q and %q, want the same text", text(s[0]), text(s[1]))
		}
	}
	other := [][2]string{
		{"int f(void) { return 1; }\n", "int f(void) { return 2; }\n"},
		{"int f(void) { return 1; }\n", "long f(void) { return 1; }\n"},
		{"#define A(x) x\n", "#define A(y) x\n"},
		{"#define A(x) x\n", "#define A x\n"},
		{"#define A(x, y) x\n", "#define A(x) x\n"},
	}
	for _, s := range other {
		if text(s[0]) == text(s[1]) {
			t.Errorf("%q and %q: got the same text", s[0], s[1])
		}
	}
}

func TestIsMarker(t *testing.T) {
	for src, want := range map[string]bool{
		"#define f f\n": true, "#define f g\n": false, "#define f(x) f\n": false, "#define f\n": false, "int f(void) { return f; }\n": false,
	} {
		_, _, defs := definitionsOf("f.h", src)
		if got := defs[0].IsMarker(); got != want {
			t.Errorf("%q: got %v, want %v", src, got, want)
		}
	}
}

func TestChanges(t *testing.T) {
	const one, two = "int f(void)\n{\n\treturn 1;\n}\n", "int f(void)\n{\n\treturn 2;\n}\n"
	ifdef := func(yes, no string) string { return "#ifdef X\n" + yes + "#else\n" + no + "#endif\n" }
	tests := []struct{ name, before, after, want string }{
		{"same", one, one, ""},
		{"other lines", one, "\n\n" + one, ""},
		{"body", one, two, "f 1-4 → 1-4"},
		{"new", "", one, "f → 1-4"},
		{"gone", one, "", "f 1-4 →"},
		{"renamed", one, strings.ReplaceAll(one, "f(", "g("), "g → 1-4, f 1-4 →"},
		{"into a condition", one, "#ifdef X\n" + one + "#endif\n", "f 1-4 → 2-5"},
		{"out of a condition", "#ifdef X\n" + one + "#endif\n", one, "f 2-5 → 1-4"},
		{"condition", "#ifdef X\n" + one + "#endif\n", "#ifdef Y\n" + one + "#endif\n", "f 2-5 → 2-5"},
		{"other branch", ifdef(one, two), ifdef(two, one), "f 2-5 → 2-5, f 7-10 → 7-10"},
		{"one of two", ifdef(one, one), ifdef(one, two), "f 7-10 → 7-10"},
		{"second branch added", "#ifdef X\n" + one + "#endif\n", ifdef(one, two), "f → 7-10"},
		{"first branch gone", ifdef(one, two), "#ifndef X\n" + two + "#endif\n", "f 2-5 → 2-5, f 7-10 →"},
		{"macro becomes function", "#define f() 1\n", one, "f 1-1 → 1-4"},
		{"marker added", one, one + "#define f f\n", "f → 5-5"},
		{"comment in the condition", "#if defined(X)\n" + one + "#endif\n", "#if defined(X) /* why */\n" + one + "#endif\n", ""},
	}
	for _, tt := range tests {
		_, _, before := definitionsOf("f.h", tt.before)
		_, _, after := definitionsOf("f.h", tt.after)
		var got []string
		for _, c := range Changes("f.h", before, after) {
			got = append(got, strings.Join(strings.Fields(fmt.Sprintf("%s %s → %s", c.Name(), lineRange(c.Before), lineRange(c.After))), " "))
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, s, tt.want)
		}
	}
}

func lineRange(d *Definition) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%d-%d", d.First, d.Last)
}
