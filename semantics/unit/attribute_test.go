package unit

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// askedAttributes are the names that linux 6.1 and 6.12 hand to
// __has_attribute.
func askedAttributes() []string {
	return strings.Fields(`assume_aligned btf_type_tag copy counted_by designated_init diagnose_as_builtin
disable_sanitizer_instrumentation error externally_visible fallthrough model no_caller_saved_registers
no_profile_instrument_function no_sanitize_coverage no_sanitize_thread no_sanitize_undefined
no_stack_protector noclone noipa nonstring overloadable pass_dynamic_object_size pass_object_size
preserve_most retain target uninitialized warning`)
}

// attributeQuestions is a file that asks for each.
func attributeQuestions() string {
	var file strings.Builder
	for _, name := range askedAttributes() {
		file.WriteString("__has_attribute(__" + name + "__)\n")
	}
	return file.String()
}

func attributeAnswers(t *testing.T, c *cpp.Cache, v *arch.Variant) []string {
	t.Helper()
	u, err := c.Preprocess(context.Background(), "a.c", &cpp.Options{
		FS: fstest.MapFS{"a.c": {Data: []byte(attributeQuestions())}}, Attributes: v.Attributes,
	})
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, tok := range u.Tokens {
		words = append(words, u.Spelling(tok))
	}
	return words
}

// TestAttributesEqualCompiler compares the answers to __has_attribute with
// those of each variant's compiler. retain depends on how gcc was configured.
func TestAttributesEqualCompiler(t *testing.T) {
	compared := 0
	c := cpp.NewCache(source.NewSet())
	for _, a := range arch.All() {
		for _, v := range a.Variants {
			got := attributeAnswers(t, c, v)
			command := v.Command()
			if command == nil {
				continue
			}
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Logf("no %s for %s", command[0], v.Name)
				continue
			}
			compared++
			cmd := exec.Command(command[0], slices.Concat(command[1:], arch.CommonFlags(), v.Flags, []string{"-E", "-P", "-x", "c", "-"})...)
			cmd.Stdin = strings.NewReader(attributeQuestions())
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("%v: %v", cmd, err)
				continue
			}
			want := strings.Fields(string(out))
			for i, name := range askedAttributes() {
				if name != "retain" && got[i] != want[i] {
					t.Errorf("%s: __has_attribute(%s) is %s, compiler has %s", v.Name, name, got[i], want[i])
				}
			}
		}
	}
	if compared == 0 {
		t.Skip("skipped: no compiler of any architecture is there")
	}
	t.Logf("%d variants", compared)
}

// TestAttributesAreNotTakenOver reads a file that depends on an attribute for
// targets with and without it, from the same cache.
func TestAttributesAreNotTakenOver(t *testing.T) {
	c := cpp.NewCache(source.NewSet())
	files := fstest.MapFS{
		"a.c": {Data: []byte("#include \"a.h\"\nvalue;\n")},
		"a.h": {Data: []byte("#if __has_attribute(model)\n#define value 1\n#else\n#define value 2\n#endif\nint x = value;\n")},
	}
	for i, want := range []string{"2", "1", "2", "1"} {
		opt := &cpp.Options{FS: files, Predefined: []byte("#define other\n")}
		if want == "1" {
			opt.Attributes = []string{"naked", "model"}
		}
		u, err := c.Preprocess(context.Background(), "a.c", opt)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Spelling(u.Tokens[3]); got != want {
			t.Errorf("reading %d: got %s, want %s", i, got, want)
		}
		for _, m := range u.Macros() {
			if m.Name != "other" && m.Name != "value" {
				t.Errorf("macro %q is left over", m.Name)
			}
		}
	}
}
