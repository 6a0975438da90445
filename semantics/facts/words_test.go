package facts

import (
	"os"
	"path"
	"slices"
	"testing"
	"testing/fstest"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// missing returns the names that a file of a store defines and that the scan of
// its text does not expect it to.
func missing(s *Store, p string) []string {
	f := s.file(p)
	var names []string
	for _, d := range s.Definitions(p) {
		if !slices.Contains(f.defines, s.hash.ofString(d.Name)) {
			names = append(names, d.Name)
		}
	}
	return names
}

func TestDefinitionsAreExpected(t *testing.T) {
	tests := []struct{ text, name string }{
		{"#define f 1", "f"},
		{"#define f(x) (x)", "f"},
		{"  #  define\tf", "f"},
		{"# \\\n define f", "f"},
		{"#define \\\n\tf 2", "f"},
		{"/* */ #define f 3", "f"},
		{"#/* */define f 4", "f"},
		{"#define /* why */ f 5", "f"},
		{"#define inline __inline", "inline"},
		{"static inline int f(void) { return 0; }", "f"},
		{"static inline int\nf\n(void)\n{ return 0; }", "f"},
		{"static int f /* why */ (int a) { return a; }", "f"},
		{"static int f // why\n (int a) { return a; }", "f"},
		{"static int (*f(void))(int) { return 0; }", "f"},
		{"static int f \\\n(void) { return 0; }", "f"},
		{"static int f\n#ifdef A\n(int a)\n#else\n(long a)\n#endif\n{ return 0; }", "f"},
	}
	for _, tt := range tests {
		s := storeOf(tt.text)
		if !slices.ContainsFunc(s.Definitions("a.h"), func(d Definition) bool { return d.Name == tt.name }) {
			t.Errorf("%s: %s is not found at all", tt.text, tt.name)
		}
		if names := missing(s, "a.h"); len(names) > 0 {
			t.Errorf("%s: not expected: %q", tt.text, names)
		}
	}
	s := storeOf("static int a(void) { if (b / c) return (A); }\n#undef f\n/* to define g(x) */ #if d")
	f := s.file("a.h")
	for _, name := range []string{"return", "if", "static", "int", "A", "b", "d", "to"} {
		if hash := s.hash.ofString(name); slices.Contains(f.defines, hash) || !slices.Contains(f.words, hash) {
			t.Errorf("%s: got a definition or no word", name)
		}
	}
}

// storeOf returns a store of one header a.h.
func storeOf(text string) *Store {
	return NewStore(fstest.MapFS{"a.h": {Data: []byte(text + "\n")}}, cpp.NewCache(source.NewSet()))
}

func TestDefinitionsOfKernelAreExpected(t *testing.T) {
	for _, variable := range []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12"} {
		t.Run(variable, func(t *testing.T) {
			dir := os.Getenv(variable)
			if dir == "" {
				t.Skip(variable + " is not set: nothing is compared with the definitions of its headers")
			}
			s := NewStore(os.DirFS(dir), cpp.NewCache(source.NewSet()))
			total := 0
			for _, root := range []string{"arch", "include/asm-generic", "include/linux", "mm"} {
				paths, err := s.List(root, ".h")
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range paths {
					if root == "arch" && !isAsmHeader(p) {
						continue
					}
					if names := missing(s, p); len(names) > 0 {
						t.Errorf("%s: not expected: %q", p, names)
					}
					total += len(s.Definitions(p))
				}
			}
			if total < 100000 {
				t.Errorf("got %d definitions, want more", total)
			}
		})
	}
}

func isAsmHeader(p string) bool {
	ok, err := path.Match("arch/*/include/asm/*.h", p)
	return ok && err == nil
}
