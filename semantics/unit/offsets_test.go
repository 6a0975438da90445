package unit

import (
	"testing"

	"ptreview/arch/kconfig"
	"ptreview/parse/source"
	"ptreview/parse/tree"
)

// TestOffsetsAgain reads trees that differ from the first one in what a file of
// offsets reads, looks for and does not find, or does not look for: only in the
// last case it need not be evaluated again.
func TestOffsetsAgain(t *testing.T) {
	const types = "typedef unsigned long pte_t;\nstruct s { long a, b; pte_t pte; unsigned int big; };\n"
	for _, tt := range []struct {
		name  string
		files map[string][]byte
		units int // read for the second tree, mm/good.c among them
		pte   int64
	}{
		{"elsewhere", map[string][]byte{"mm/other.c": []byte("int other;\n")}, 1, 32},
		{"a header read", map[string][]byte{"include/linux/types.h": []byte(types)}, 2, 64},
		{"the file itself", map[string][]byte{"arch/arm64/kernel/asm-offsets.c": []byte("#include <linux/kbuild.h>\nint main(void)\n{\n\tDEFINE(S_PTE, 3);\n}\n")}, 2, 3},
		{"a header found earlier", map[string][]byte{"arch/arm64/include/linux/types.h": []byte(types)}, 2, 64},
		{"what another one is made of", map[string][]byte{"kernel/bounds.c": []byte("#include <linux/kbuild.h>\nint main(void)\n{\n\tDEFINE(NR_LEVELS, 5);\n}\n")}, 3, 40},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReader(source.NewSet(), Options{})
			first := kernel()
			c := class(t, r, first, "arm64", kconfig.Assignments{})
			if got := constant(t, read(t, r, first, c, "mm/good.c"), "S_PTE"); got != 32 {
				t.Fatalf("first tree: got %d, want 32", got)
			}
			if r.Units() != 3 {
				t.Fatalf("first tree: got %d units read, want 3", r.Units())
			}
			second := tree.NewOverlay(first, tt.files)
			if got := constant(t, read(t, r, second, c, "mm/good.c"), "S_PTE"); got != tt.pte {
				t.Errorf("second tree: got %d, want %d", got, tt.pte)
			}
			if got := r.Units() - 3; got != tt.units {
				t.Errorf("second tree: got %d units read, want %d", got, tt.units)
			}
		})
	}
}

// TestForgetFolder reads a unit again when the tokens of its headers are gone.
func TestForgetFolder(t *testing.T) {
	r := NewReader(source.NewSet(), Options{})
	tr := kernel()
	c := class(t, r, tr, "arm64", nil)
	u := read(t, r, tr, c, "mm/good.c")
	text, lexed := u.Cpp.Text(), u.Cpp.Includes[0].Lexed
	for _, in := range u.Cpp.Includes {
		if in.File().Path == "include/linux/types.h" {
			lexed = in.Lexed
		}
	}
	r.ForgetClass(c)
	r.ForgetFolder("include")
	again := read(t, r, tr, c, "mm/good.c")
	if got := again.Cpp.Text(); got != text {
		t.Errorf("got %s, want %s", got, text)
	}
	for _, in := range again.Cpp.Includes {
		if in.Lexed == lexed {
			t.Errorf("%s was not forgotten", in.File().Path)
		}
		if in.File() == lexed.File && in.Lexed != r.Cache().Lex(in.File()) {
			t.Errorf("%s was read into two lists of tokens", in.File().Path)
		}
	}
}
