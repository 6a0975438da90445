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

// askedQuestions are those that headers of linux 6.1 and 6.12 ask of the
// compiler.
func askedQuestions() []string {
	var list []string
	for _, name := range strings.Fields(`assume_aligned btf_type_tag copy counted_by designated_init diagnose_as_builtin
disable_sanitizer_instrumentation error externally_visible fallthrough model no_caller_saved_registers
no_profile_instrument_function no_sanitize_coverage no_sanitize_thread no_sanitize_undefined
no_stack_protector noclone noipa nonstring overloadable pass_dynamic_object_size pass_object_size
preserve_most retain target uninitialized warning`) {
		list = append(list, "__has_attribute(__"+name+"__)")
	}
	for _, name := range strings.Fields(`alloca_uninitialized dynamic_object_size has_attribute isdigit thread_pointer unreachable`) {
		list = append(list, "__has_builtin(__builtin_"+name+")")
	}
	return list
}

// answersOf preprocesses a file that asks for each.
func answersOf(t *testing.T, c *cpp.Cache, v *arch.Variant) []string {
	t.Helper()
	u, err := c.Preprocess(context.Background(), "a.c", &cpp.Options{
		FS: fstest.MapFS{"a.c": {Data: []byte(strings.Join(askedQuestions(), "\n"))}}, Has: v.Has, Lacks: v.Lacks, Clang: v.Clang(),
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

// TestAnswersEqualCompiler compares the answers with those of each variant's
// compiler. retain depends on how gcc was configured.
func TestAnswersEqualCompiler(t *testing.T) {
	compared := 0
	c := cpp.NewCache(source.NewSet())
	for _, a := range arch.All() {
		for _, v := range a.Variants {
			got := answersOf(t, c, v)
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
			cmd.Stdin = strings.NewReader(strings.Join(askedQuestions(), "\n"))
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("%v: %v", cmd, err)
				continue
			}
			want := strings.Fields(string(out))
			for i, question := range askedQuestions() {
				// A standard attribute may have a date or 1.
				if !strings.Contains(question, "retain") && (got[i] == "0") != (want[i] == "0") {
					t.Errorf("%s: %s is %s, compiler has %s", v.Name, question, got[i], want[i])
				}
			}
		}
	}
	if compared == 0 {
		t.Skip("skipped: no compiler of any architecture is there")
	}
	t.Logf("%d variants", compared)
}

// TestAnswersAreNotTakenOver reads a file that depends on an attribute for
// targets with and without it, from the same cache.
func TestAnswersAreNotTakenOver(t *testing.T) {
	c := cpp.NewCache(source.NewSet())
	files := fstest.MapFS{
		"a.c": {Data: []byte("#include \"a.h\"\nvalue;\n")},
		"a.h": {Data: []byte("#if __has_attribute(model)\n#define value 1\n#else\n#define value 2\n#endif\nint x = value;\n")},
	}
	for i, want := range []string{"2", "1", "2", "1"} {
		opt := &cpp.Options{FS: files, Predefined: []byte("#define other\n")}
		if want == "1" {
			opt.Has = []string{"__has_attribute(naked)", "__has_attribute(model)"}
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

// TestLinesEqualClang compares __LINE__ with clang's, which counts from the end
// of a macro use where gcc counts from its name.
func TestLinesEqualClang(t *testing.T) {
	const text = `#define LINE __LINE__
#define NONE() __LINE__
#define ONE(x) x __LINE__ LINE NONE()
#define TWO(x, y) ONE(x) y ONE(
first __LINE__ LINE
ONE(
a
)
TWO(ONE(
__LINE__),
LINE
) NONE(
) b)
#if __LINE__ != 14 || LINE != 14
wrong
#endif
last ONE(__LINE__
LINE)
`
	var v *arch.Variant
	for _, x := range arch.Named("hexagon").Variants {
		v = x
	}
	if _, err := exec.LookPath(v.Compiler); err != nil {
		t.Skipf("skipped: no %s", v.Compiler)
	}
	cmd := exec.Command(v.Compiler, "-E", "-P", "-x", "c", "-")
	cmd.Stdin = strings.NewReader(text)
	want, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	u, err := cpp.NewCache(source.NewSet()).Preprocess(context.Background(), "a.c", &cpp.Options{
		FS: fstest.MapFS{"a.c": {Data: []byte(text)}}, Clang: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tok := range u.Tokens[:len(u.Tokens)-1] { // the last is the end
		got = append(got, u.Spelling(tok))
	}
	if got, want := strings.Join(got, " "), strings.Join(strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(string(want))), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestLinesAreNotTakenOver reads one file as gcc and as clang in turns.
func TestLinesAreNotTakenOver(t *testing.T) {
	c := cpp.NewCache(source.NewSet())
	files := fstest.MapFS{
		"a.c": {Data: []byte("#include \"a.h\"\nint z;\n")},
		"a.h": {Data: []byte("#define L(x) __LINE__\nint y = L(\n1);\n")},
	}
	for i, want := range []string{"2", "3", "2", "3"} {
		u, err := c.Preprocess(context.Background(), "a.c", &cpp.Options{FS: files, Clang: want == "3"})
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Spelling(u.Tokens[3]); got != want {
			t.Errorf("reading %d: got line %s, want %s", i, got, want)
		}
	}
}
