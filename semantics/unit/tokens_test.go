package unit

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/tree"
)

// TestTokensOfArchitectures compares token streams of mm files in defconfigs
// of every architecture with those of its compiler, which reads the headers
// made here; where there is none, of the machine's own gcc, which is given the
// architecture's macros instead of its own. It takes one file of the default
// configuration on one kernel each; with PTREVIEW_FULL=1 all files of mm that
// the configuration builds, in all listed configurations on all kernels. With
// PTREVIEW_ARCH only the named architecture.
func TestTokensOfArchitectures(t *testing.T) {
	full := os.Getenv("PTREVIEW_FULL") != ""
	trees := oracle.Trees(t)
	for i, kernel := range trees {
		tr, err := tree.Open(kernel.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		for j, a := range arch.All() {
			if only := os.Getenv("PTREVIEW_ARCH"); only != "" && only != a.Name {
				continue
			}
			sampled := (i+j)%len(trees) == 0 || !inAll(trees, a)
			if !inTree(kernel, a) || !full && !sampled {
				continue
			}
			names := a.Defconfigs
			if !full {
				names = names[:1]
			}
			for _, name := range names {
				t.Run(kernel.Version+"/"+a.Name+"/"+name, func(t *testing.T) {
					if !slices.Contains(kconfig.Defconfigs(tr, a.Name), name) {
						t.Skipf("skipped: %s has no %s", kernel.Version, name)
					}
					tokensOf(t, kernel, tr, a, name, full)
				})
			}
		}
	}
}

// inTree reports whether a kernel has an architecture.
func inTree(kernel oracle.Tree, a *arch.Arch) bool {
	_, err := os.Stat(filepath.Join(kernel.Dir, "arch", a.Name, "Kconfig"))
	return err == nil
}

func inAll(trees []oracle.Tree, a *arch.Arch) bool {
	return !slices.ContainsFunc(trees, func(k oracle.Tree) bool { return !inTree(k, a) })
}

func tokensOf(t *testing.T, kernel oracle.Tree, tr tree.Tree, a *arch.Arch, defconfig string, full bool) {
	r := NewReader(source.NewSet(), Options{Plain: true})
	c, _, err := r.DefconfigClass(tr, a, defconfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Build(tr, c)
	if err != nil {
		t.Fatal(err)
	}
	made := t.TempDir()
	writeHeaders(t, b, made)
	if c.Variant.Command() == nil {
		knowAttributes(t, tr, c, made)
	}
	files := builtFiles(t, tr, c, "mm")
	if !full {
		h := fnv.New32()
		fmt.Fprint(h, a.Name, defconfig)
		files = files[h.Sum32()%uint32(len(files)):][:1]
	}
	for _, file := range files {
		u, err := r.Read(context.Background(), tr, c, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range u.Gaps {
			t.Errorf("%s: %s", file, g)
		}
		text := preprocess(t, kernel, c.Variant, u.Flags, made, file)
		compareTokens(t, u, r.Cache().Lex(r.Set().Add("/oracle/"+file, text)).Code())
		r.Drop(u)
	}
	t.Logf("%d files", len(files))
}

// builtFiles returns the C files of a folder that a class compiles, sorted.
func builtFiles(t *testing.T, tr tree.Tree, c *Class, dir string) []string {
	t.Helper()
	objects := kbuild.NewObjects(tr, c.Arch.Name)
	entries, err := tr.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if !strings.HasSuffix(name, ".c") {
			continue
		}
		cond, found, err := objects.Of(name)
		if err != nil {
			t.Fatal(err)
		}
		if found && (cond.Expr == nil || c.Config.Eval(cond.Expr) > 0) {
			files = append(files, name)
		}
	}
	if len(files) == 0 {
		t.Fatalf("%s builds nothing in %s", c.ID, dir)
	}
	return files
}

// writeHeaders puts all generated headers into a folder.
func writeHeaders(t *testing.T, b *kbuild.Build, dir string) {
	t.Helper()
	names, err := b.Headers()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, _ := b.Header(name) // a gap of the units that include it
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// knowAttributes writes those headers of the architecture that ask for what its
// own compiler has once more: the machine's says no.
func knowAttributes(t *testing.T, tr tree.Tree, c *Class, dir string) {
	t.Helper()
	if len(c.Variant.Has) == 0 {
		return
	}
	var questions []string
	for _, q := range c.Variant.Has {
		questions = append(questions, regexp.QuoteMeta(q))
	}
	asks := regexp.MustCompile(strings.Join(questions, "|"))
	headers, err := fs.Glob(tr, "arch/"+c.Arch.Name+"/include/asm/*.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range headers {
		text, err := fs.ReadFile(tr, name)
		if err != nil {
			t.Fatal(err)
		}
		if !asks.Match(text) {
			continue
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, asks.ReplaceAll(text, []byte("1")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// preprocess runs the compiler of a variant in the kernel's folder.
func preprocess(t *testing.T, kernel oracle.Tree, v *arch.Variant, flags *kbuild.Flags, made, file string) []byte {
	t.Helper()
	command := v.Command()
	own := command != nil
	if own {
		if _, err := exec.LookPath(command[0]); err != nil {
			t.Skipf("skipped: no %s for %s", command[0], v.Name)
		}
	} else {
		command = []string{"gcc"}
	}
	args := slices.Concat(command[1:], arch.CommonFlags(), []string{"-w", "-E"})
	macros := flags.Macros
	if own {
		args = append(args, v.Flags...)
		args = append(args, known(command[0], withoutArguments(flags.Options), make(map[string]bool))...)
	} else {
		args = append(args, "-undef")
		macros = withoutStandard(v.Predefined(flags.Options)) + macros
	}
	list := filepath.Join(made, "macros.h")
	if err := os.WriteFile(list, []byte(macros), 0o644); err != nil {
		t.Fatal(err)
	}
	args = append(args, "-imacros", list)
	for _, dir := range flags.Include {
		args = append(args, "-I", filepath.Join(made, dir), "-I", dir)
	}
	for _, name := range flags.Forced {
		args = append(args, "-include", name)
	}
	cmd := exec.Command(command[0], append(args, file)...)
	cmd.Dir = kernel.Dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s of %s: %v\n%.2000s", command[0], file, err, errs.String())
	}
	return out
}

// withoutArguments drops options that name files.
func withoutArguments(options []string) []string {
	var list []string
	for i := 0; i < len(options); i++ {
		switch o := options[i]; {
		case o == "-isystem" || o == "-idirafter" || o == "--param":
			i++
		case strings.HasPrefix(o, "-isystem"), strings.HasPrefix(o, "-fplugin"), !strings.HasPrefix(o, "-"):
		default:
			list = append(list, o)
		}
	}
	return list
}

// withoutStandard drops the macros that a compiler has under -undef too and
// that must not be redefined.
func withoutStandard(macros string) string {
	var b strings.Builder
	for line := range strings.Lines(macros) {
		if !strings.Contains(line, " __STDC") {
			b.WriteString(line)
		}
	}
	return b.String()
}
