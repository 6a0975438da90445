package unit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/tree"
)

// eachKernel runs a test for every real kernel and target that is there, in
// the class our own Kconfig makes of the target's defconfig.
func eachKernel(t *testing.T, opt Options, test func(t *testing.T, k *oracle.Kernel, r *Reader, tr tree.Tree, c *Class)) {
	eachTarget(t, append(oracle.Targets(), oracle.HugePageTargets()...), opt, test)
}

func eachTarget(t *testing.T, targets []oracle.Target, opt Options, test func(t *testing.T, k *oracle.Kernel, r *Reader, tr tree.Tree, c *Class)) {
	for _, kernel := range oracle.Trees(t) {
		tr, err := tree.Open(kernel.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		for _, target := range targets {
			t.Run(kernel.Version+"/"+target.Name, func(t *testing.T) {
				k := oracle.Build(t, kernel, target)
				r := NewReader(source.NewSet(), opt)
				c, _, err := r.DefconfigClass(tr, arch.Named(target.Arch), target.Defconfig, changes(target.Changes))
				if err != nil {
					t.Fatal(err)
				}
				test(t, k, r, tr, c)
			})
		}
	}
}

// changes turns options of scripts/config into a fragment.
func changes(options []string) kconfig.Assignments {
	var a kconfig.Assignments
	for i := 0; i+1 < len(options); i += 2 {
		value := "y"
		if options[i] == "-d" {
			value = "n"
		}
		a = a.Set(options[i+1], value)
	}
	return a
}

// TestTokensEqualCompiler reads real files with no help from the build folder
// and compares the token stream with that of the real compiler.
func TestTokensEqualCompiler(t *testing.T) {
	eachKernel(t, Options{Plain: true}, func(t *testing.T, k *oracle.Kernel, r *Reader, tr tree.Tree, c *Class) {
		for _, file := range k.Files(t) {
			u, err := r.Read(context.Background(), tr, c, file)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range u.Gaps {
				t.Errorf("%s: %s", file, g)
			}
			want := r.Cache().Lex(r.Set().Add("/oracle/"+file, k.Preprocessed(t, file))).Code()
			compareTokens(t, u, want)
		}
	})
}

// compareTokens compares spellings in order; pragmas are in neither stream.
func compareTokens(t *testing.T, u *Unit, want []cpp.Token) {
	t.Helper()
	got := u.Cpp.Tokens
	if len(got) < 10000 {
		t.Errorf("%s: only %d tokens", u.Path, len(got))
	}
	for i := range min(len(got), len(want)) {
		if u.Cpp.Spelling(got[i]) != u.Cpp.Spelling(want[i]) {
			t.Errorf("%s: token %d at %s: got %q, compiler has %q", u.Path, i,
				u.Cpp.Position(got[i].Loc()), around(u.Cpp, got, i), around(u.Cpp, want, i))
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: got %d tokens, compiler has %d", u.Path, len(got), len(want))
	}
}

// around returns the tokens next to the one at i.
func around(u *cpp.Unit, tokens []cpp.Token, i int) string {
	var words []string
	for _, tok := range tokens[max(0, i-6):min(len(tokens), i+10)] {
		words = append(words, u.Spelling(tok))
	}
	return strings.Join(words, " ")
}

// TestGeneratedHeaders compares the macros of every header made here with
// those "make prepare" wrote.
func TestGeneratedHeaders(t *testing.T) { eachKernel(t, Options{}, compareHeaders) }

// TestGeneratedHeadersOfOthers does so for the architectures whose real builds
// serve nothing else: for all of them only with PTREVIEW_FULL=1, since to
// prepare one takes half a minute.
func TestGeneratedHeadersOfOthers(t *testing.T) {
	targets := oracle.HeaderTargets()
	if os.Getenv("PTREVIEW_FULL") == "" {
		t.Logf("PTREVIEW_FULL is not set: one of %d architectures is compared", len(targets))
		targets = targets[:1]
	}
	eachTarget(t, targets, Options{}, compareHeaders)
}

func compareHeaders(t *testing.T, k *oracle.Kernel, r *Reader, tr tree.Tree, c *Class) {
	b, err := r.Build(tr, c)
	if err != nil {
		t.Fatal(err)
	}
	names, err := b.Headers()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, name := range names {
		if notComparable(name) {
			continue
		}
		got, made := b.Header(name)
		want, err := os.ReadFile(filepath.Join(k.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // the configuration does not need it
		}
		if err != nil {
			t.Fatal(err)
		}
		if made != nil {
			t.Errorf("%s: %v", name, made)
			continue
		}
		compared++
		if diff := diffLines(headerLines(string(got)), headerLines(string(want))); diff != "" {
			t.Errorf("%s (got -, want +):\n%s", name, diff)
		}
	}
	if compared < 20 {
		t.Errorf("only %d headers compared", compared)
	}
	for _, name := range prepared(t, k.Dir) {
		if !slices.Contains(names, name) && !notComparable(name) {
			t.Errorf("make prepare wrote %s, which is not listed", name)
		}
	}
}

// notComparable reports headers that name the builder or his tools, and those
// this program does not make: they are gaps of a unit that includes them.
func notComparable(name string) bool {
	switch filepath.Base(name) {
	case "compile.h", "package.h", "autoconf.h":
		return true
	}
	return strings.HasSuffix(name, "-offsets.h") && strings.Contains(name, "vdso")
}

// headerLines returns the lines of a header that mean something, white space
// and comments aside, without its include guard.
func headerLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		if i := strings.Index(line, "/*"); i >= 0 {
			line = strings.TrimSpace(line[:i])
		}
		line = strings.Replace(line, "# define", "#define", 1)
		name, value, _ := strings.Cut(strings.TrimPrefix(line, "#define "), " ")
		if line == "" || line[0] == '*' || strings.HasPrefix(line, "#ifndef") || strings.HasPrefix(line, "#endif") ||
			value == "" && strings.HasPrefix(name, "_") && strings.HasPrefix(line, "#define") && !strings.Contains(name, "(") ||
			value == "1" && strings.HasPrefix(name, "_") && strings.HasSuffix(name, "_H") ||
			name == "KERNEL_TIMECONST_H" {
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

func diffLines(got, want []string) string {
	var b strings.Builder
	n := 0
	note := func(sign string, lines, other []string) {
		for _, l := range lines {
			if !slices.Contains(other, l) && n < 10 {
				n++
				b.WriteString(sign + l + "\n")
			}
		}
	}
	note("-", got, want)
	note("+", want, got)
	return b.String()
}

// prepared lists the generated headers of a build folder.
func prepared(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".h") && isGenerated(name) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestMacrosEqualCommandLine compares predefined macros and those of -D with
// what the real compiler says for the real command line, and the search path.
func TestMacrosEqualCommandLine(t *testing.T) {
	eachKernel(t, Options{}, func(t *testing.T, k *oracle.Kernel, r *Reader, tr tree.Tree, c *Class) {
		const file = "mm/pgtable-generic.c"
		b, err := r.Build(tr, c)
		if err != nil {
			t.Fatal(err)
		}
		flags, err := b.Flags(file)
		if err != nil {
			t.Fatal(err)
		}
		args, include, forced := realOptions(k, k.Command(t, file))
		cmd := exec.Command(args[0], append(args[1:], "-dM", "-E", "-x", "c", "/dev/null")...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", cmd, err)
		}
		got := macroTable(c.Variant.Predefined(flags.Options) + flags.Macros)
		want := macroTable(string(out))
		if diff := diffLines(got, want); diff != "" {
			t.Errorf("macros (got -, want +):\n%s", diff)
		}
		if !slices.Equal(flags.Include, include) {
			t.Errorf("search path:\n got %v\nwant %v", flags.Include, include)
		}
		if !slices.Equal(flags.Forced, forced) {
			t.Errorf("forced includes:\n got %v\nwant %v", flags.Forced, forced)
		}
	})
}

// realOptions takes a command line apart. Folders of tree and build become
// one; that of the file itself, which only O= builds search, is left out.
func realOptions(k *oracle.Kernel, command []string) (args, include, forced []string) {
	inTree := func(name string) string {
		name = strings.TrimPrefix(strings.TrimPrefix(name, k.Tree.Dir), "/")
		return filepath.Clean(name)
	}
	for i := 0; i < len(command)-3; i++ {
		w := command[i]
		switch {
		case w == "-include":
			i++
			forced = append(forced, inTree(command[i]))
		case w == "-I":
			i++
			if dir := inTree(command[i]); dir != "mm" && !slices.Contains(include, dir) {
				include = append(include, dir)
			}
		case strings.HasPrefix(w, "-I"):
			if dir := inTree(w[2:]); dir != "mm" && !slices.Contains(include, dir) {
				include = append(include, dir)
			}
		case w == "-E", strings.HasPrefix(w, "-Wp,"):
		default:
			args = append(args, w)
		}
	}
	return args, include, forced
}

// macroTable returns the definitions in force after the lines of text.
func macroTable(text string) []string {
	defs := make(map[string]string)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "#undef "); ok {
			delete(defs, name)
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "#define "), " ")
		defs[name] = line
	}
	var lines []string
	for _, line := range defs {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// TestBuildFolder reads a file with the headers of a real build.
func TestBuildFolder(t *testing.T) {
	for _, kernel := range oracle.Trees(t) {
		tr, err := tree.Open(kernel.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		k := oracle.Build(t, kernel, oracle.Named(t, "ppc64-4k"))
		r := NewReader(source.NewSet(), Options{Plain: true})
		c, _, err := r.BuildClass(tr, "build", os.DirFS(k.Dir))
		if err != nil {
			t.Fatal(err)
		}
		if c.Variant.Name != "ppc64" {
			t.Errorf("got variant %s, want ppc64", c.Variant.Name)
		}
		const file = "mm/pgtable-generic.c"
		u, err := r.Read(context.Background(), tr, c, file)
		if err != nil {
			t.Fatal(err)
		}
		compareTokens(t, u, r.Cache().Lex(r.Set().Add("/oracle/"+file, k.Preprocessed(t, file))).Code())
	}
}
