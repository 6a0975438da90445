// Package compilertest runs real compilers on the units of a class, for tests
// that compare what this program says with what a compiler does. The headers
// that a build generates are those this program makes, so that no kernel has
// to be configured or built first. Without a compiler for the target, tests
// are skipped.
package compilertest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kbuild"
	"ptreview/parse/tree"
	"ptreview/semantics/unit"
)

// Class returns the class that a review of a tree calls id.
func Class(t *testing.T, r *unit.Reader, tr tree.Tree, a *arch.Arch, id string) *unit.Class {
	t.Helper()
	k, err := r.Kconfig(tr, a)
	if err != nil {
		t.Fatal(err)
	}
	ch, err := class.NewChooser(tr, a, k)
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := ch.ByID(id)
	if err != nil {
		t.Fatal(err)
	}
	c, err := unit.NewClass(id, a, chosen.Config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Compiler is the real compiler of one class. The source it reads lies in a
// folder; files of Shadow hide those of the same path there.
type Compiler struct {
	Name   string // the program
	Source string // folder of the kernel tree
	Shadow string // folder of changed files, "" for none

	reader    *unit.Reader
	tree      tree.Tree
	class     *unit.Class
	target    []string // options that choose the target
	generated string   // folder of generated headers
	// unknown are the options of newer compilers that this one refuses.
	unknown map[string]bool
}

// ErrNoCompiler says that the machine has no compiler for a target.
var ErrNoCompiler = errors.New("no compiler for the target")

// New writes the generated headers of a class into a temporary folder. tr is
// the tree that lies in the folder source. A class without a compiler on this
// machine, or with one for other processors only, is ErrNoCompiler.
func New(t testing.TB, r *unit.Reader, tr tree.Tree, source string, c *unit.Class) (*Compiler, error) {
	t.Helper()
	command := c.Variant.Command()
	if command == nil {
		return nil, ErrNoCompiler
	}
	name, err := exec.LookPath(command[0])
	if err != nil {
		return nil, ErrNoCompiler
	}
	k := &Compiler{Name: name, target: command[1:], Source: source, reader: r, tree: tr, class: c, generated: t.TempDir(), unknown: make(map[string]bool)}
	b, err := r.Build(tr, c)
	if err != nil {
		return nil, err
	}
	headers, err := b.Headers()
	if err != nil {
		return nil, err
	}
	for _, h := range headers {
		// A header that cannot be made is empty for the compiler too.
		data, _ := b.Header(h)
		if err := Write(k.generated, h, data); err != nil {
			return nil, err
		}
	}
	return k, k.probe(b)
}

// refusal is how gcc and clang name an option that they do not know.
var refusal = regexp.MustCompile(`(?:unrecognized command-line option|unknown argument:?|unsupported option) ['‘]([^'’]+)['’]`)

// probe finds the options of a build that the compiler refuses, as Kbuild's
// cc-option does. It answers for a current compiler, this may be an older one.
func (k *Compiler) probe(b *kbuild.Build) error {
	flags, err := b.Flags("mm/memory.c")
	if err != nil {
		return err
	}
	cmd := exec.Command(k.Name, slices.Concat(k.target, k.known(flags.Options), []string{"-E", "-x", "c", "/dev/null"})...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte("not supported by this configuration")) {
		return ErrNoCompiler // one of its family, but not for this processor
	}
	for _, m := range refusal.FindAllSubmatch(out, -1) {
		k.unknown[string(m[1])] = true
	}
	if err != nil && len(k.unknown) == 0 {
		return fmt.Errorf("%s: %w: %s", k.Name, err, out)
	}
	return nil
}

// known returns the options that bear on what is compiled, without those the
// compiler does not know.
func (k *Compiler) known(options []string) []string {
	var list []string
	for i := 0; i < len(options); i++ {
		o := options[i]
		if o == "-isystem" || o == "-idirafter" || o == "--param" {
			i++
			continue
		}
		if !strings.HasPrefix(o, "-W") && !strings.HasPrefix(o, "-fplugin") && !k.unknown[o] {
			list = append(list, o)
		}
	}
	return list
}

// Write writes one file below a folder.
func Write(dir, name string, data []byte) error {
	name = filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

// Check compiles a C file without making an object and returns what the
// compiler says if it refuses, "" if it accepts.
func (k *Compiler) Check(t testing.TB, file string) string {
	t.Helper()
	cmd := k.command(t, file, "-fsyntax-only",
		"-Werror=implicit-function-declaration", "-Werror=implicit-int")
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	return string(out)
}

// Compile is Check with the optimisations of a build and code that is made: what
// the compiler cannot remove is refused too.
func (k *Compiler) Compile(t testing.TB, file string) string {
	t.Helper()
	out, err := k.command(t, file, "-S", "-O2", "-w", "-o", os.DevNull).CombinedOutput()
	if err == nil {
		return ""
	}
	return string(out)
}

// Preprocessed returns what the compiler's -E prints of a C file.
func (k *Compiler) Preprocessed(t testing.TB, file string, options ...string) ([]byte, error) {
	t.Helper()
	cmd := k.command(t, file, append([]string{"-E"}, options...)...)
	var diagnostics bytes.Buffer
	cmd.Stderr = &diagnostics
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s -E %s in %s: %w\n%s", k.Name, file, k.class.ID, err, diagnostics.Bytes())
	}
	return out, nil
}

func (k *Compiler) command(t testing.TB, file string, options ...string) *exec.Cmd {
	t.Helper()
	b, err := k.reader.Build(k.tree, k.class)
	if err != nil {
		t.Fatal(err)
	}
	flags, err := b.Flags(file)
	if err != nil {
		t.Fatal(err)
	}
	macros := strings.ReplaceAll(file, "/", "_") + ".macros"
	if err := Write(k.generated, macros, []byte(flags.Macros)); err != nil {
		t.Fatal(err)
	}
	args := slices.Concat(k.target, []string{"-imacros", filepath.Join(k.generated, macros)}, options)
	args = append(args, k.known(flags.Options)...)
	for _, dir := range flags.Include {
		for _, top := range []string{k.Shadow, k.generated} {
			if top != "" {
				args = append(args, "-I"+filepath.Join(top, dir))
			}
		}
		args = append(args, "-I"+dir)
	}
	for _, f := range flags.Forced {
		args = append(args, "-include", k.find(f))
	}
	cmd := exec.Command(k.Name, append(args, k.find(file))...)
	cmd.Dir = k.Source
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	return cmd
}

// find returns where the compiler finds a file of the tree.
func (k *Compiler) find(file string) string {
	for _, top := range []string{k.Shadow, k.generated} {
		name := filepath.Join(top, file)
		if _, err := os.Stat(name); top != "" && err == nil {
			return name
		}
	}
	return file
}
