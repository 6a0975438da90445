package facts

import (
	"strings"
	"testing"
)

func TestMeaning(t *testing.T) {
	tests := []struct {
		src     string
		kind    MeaningKind
		text    string
		value   string
		looksAt string
	}{
		{"int f(pmd_t a, pmd_t b)\n{\n\tBUG();\n\treturn 0;\n}\n", Traps, "traps (BUG)", "", ""},
		{"pmd_t f(pmd_t pmd)\n{\n\tBUG();\n\treturn pmd;\n}\n", Traps, "traps (BUG)", "", "pmd"},
		{"void f(void)\n{\n\tunreachable();\n}\n", Traps, "traps (unreachable)", "", ""},
		{"void f(void)\n{\n\tpanic(\"no\");\n}\n", Traps, "traps (panic)", "", ""},
		{"void f(void)\n{\n\tBUILD_BUG();\n}\n", Traps, "traps (BUILD_BUG)", "", ""},
		{"int f(void)\n{\n\tint x;\n\n\tBUG();\n}\n", Traps, "traps (BUG)", "", ""},
		{"int f(int a, int b)\n{\n\treturn 1;\n}\n", Constant, "constant 1", "1", ""},
		{"int f(int a, int b)\n{\n\treturn (int)0;\n}\n", Constant, "constant 0", "0", ""},
		{"int f(int a)\n{\n\treturn (-1);\n}\n", Constant, "constant -1", "-1", ""},
		{"bool f(int a)\n{\n\treturn true;\n}\n", Constant, "constant true", "true", ""},
		{"void *f(int a)\n{\n\treturn NULL;\n}\n", Constant, "constant NULL", "NULL", ""},
		{"int f(int a, int b)\n{\n\t(void)a;\n\t(void)b;\n\treturn 0x10;\n}\n", Constant, "constant 16", "16", ""},
		{"void f(int a)\n{\n}\n", Empty, "does nothing", "", ""},
		{"void f(int a)\n{\n\t;\n\tdo { } while (0);\n}\n", Empty, "does nothing", "", ""},
		{"int f(pmd_t a, pmd_t b)\n{\n\treturn pmd_val(a) == pmd_val(b);\n}\n", Compares, "compares a and b", "", "a b"},
		{"int f(pmd_t a, pmd_t b)\n{\n\treturn !((pmd_raw(a) ^ pmd_raw(b)) & ~cpu_to_be64(BITS));\n}\n", Compares, "compares a and b", "", "a b"},
		{"int f(pmd_t a, pmd_t b)\n{\n\treturn pmd_val(a) == 0;\n}\n", Other, "returns pmd_val(a) == 0", "", "a"},
		{"int f(pmd_t pmd)\n{\n\treturn pte_dirty(pmd_pte(pmd));\n}\n", Forwards, "calls pte_dirty()", "", "pmd"},
		{"int f(pmd_t pmd)\n{\n\treturn pmd_val(pmd) & DIRTY;\n}\n", Other, "returns pmd_val(pmd) & DIRTY", "", "pmd"},
		{"int f(pmd_t pmd)\n{\n#ifdef CONFIG_A\n\tBUG();\n#endif\n\treturn 1;\n}\n", Other, "differs by configuration in its body", "", ""},
		{"int f(pmd_t pmd)\n{\n\tif (pmd) {\n\treturn 1;\n}\n}\n", Other, "cannot be read", "", ""},

		{"#define f(a, b)\n", Empty, "does nothing", "", ""},
		{"#define f(a, b) 1\n", Constant, "constant 1", "1", ""},
		{"#define f(a, b) (0)\n", Constant, "constant 0", "0", ""},
		{"#define f(a, b) ({ (void)(a); (void)(b); 1; })\n", Constant, "constant 1", "1", ""},
		{"#define f(a, b) do { } while (0)\n", Empty, "does nothing", "", ""},
		{"#define f(a) BUG()\n", Traps, "traps (BUG)", "", ""},
		{"#define f(a) ({ BUG(); (a); })\n", Traps, "traps (BUG)", "", "a"},
		{"#define f(a, b) (pte_val(a) == pte_val(b))\n", Compares, "compares a and b", "", "a b"},
		{"#define f(a) g(a)\n", Forwards, "calls g()", "", "a"},
		{"#define f g\n", Other, "is g", "", ""},
		{"#define f(a) a ## _t\n", Other, "expands to a ## _t", "", ""},
	}
	for _, tt := range tests {
		cache, file, defs := definitionsOf("f.h", tt.src)
		if len(defs) != 1 {
			t.Errorf("%q: got %d definitions, want 1", tt.src, len(defs))
			continue
		}
		m := DefinitionMeaning(cache, file, defs[0])
		looksAt := strings.Join(m.LooksAt, " ")
		if m.Kind != tt.kind || m.Text != tt.text || m.Value != tt.value || looksAt != tt.looksAt {
			t.Errorf("%q:\n\tgot  %d %q value %q looks at %q\n\twant %d %q value %q looks at %q",
				tt.src, m.Kind, m.Text, m.Value, looksAt, tt.kind, tt.text, tt.value, tt.looksAt)
		}
	}
}
