package fragment

import (
	"context"
	"errors"
	"testing"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name, src string
		want      []string // one call each; nil for ErrSurroundings
	}{
		{"traps", "static inline int f(pmd_t a, pmd_t b)\n{\n\tBUG();\n\treturn 0;\n}\n",
			[]string{"f({1}, {1}): BUG at line 12", "f({1}, {2}): BUG at line 12"}},
		{"constant", "static inline int f(pmd_t a, pmd_t b)\n{\n\treturn 1;\n}\n",
			[]string{"f({1}, {1}) = 1", "f({1}, {2}) = 1"}},
		{"integers", "int f(u64 a, u64 b)\n{\n\treturn a == b;\n}\n",
			[]string{"f(1, 1) = 1", "f(1, 2) = 0"}},
		{"one argument", "static inline bool f(pte_t pte)\n{\n\treturn true;\n}\n",
			[]string{"f({1}) = 1"}},
		{"calls something", "int f(pmd_t a, pmd_t b)\n{\n\treturn pmd_val(a) == pmd_val(b);\n}\n", nil},
		{"pointer", "void f(pmd_t *p)\n{\n\tBUG();\n}\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls, err := Run(context.Background(), "arch/x/include/asm/pgtable.h", "f", []byte(tt.src), 10)
			if tt.want == nil {
				if !errors.Is(err, ErrSurroundings) {
					t.Fatalf("got %v, want ErrSurroundings", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range calls {
				if i >= len(tt.want) || c.String() != tt.want[i] {
					t.Errorf("got call %d %q, want %q", i, c, tt.want)
				}
			}
			if len(calls) != len(tt.want) {
				t.Errorf("got %d calls, want %d", len(calls), len(tt.want))
			}
		})
	}
}
