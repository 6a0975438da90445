package oracle

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"ptreview/parse/cpp"
)

// Options returns what makes cpp read file as the kernel's build does: the
// build folder laid over the tree, and the real compiler's search path, forced
// includes and predefined macros.
func (k *Kernel) Options(t testing.TB, cache *cpp.Cache, file string) *cpp.Options {
	t.Helper()
	opt := &cpp.Options{Files: cache.Files(os.DirFS(k.Tree.Dir)).Over(os.DirFS(k.Dir))}
	cmd := k.Command(t, file)
	machine := []string{"-dM", "-E", "-x", "c"}
	for i := 1; i < len(cmd); i++ {
		a := cmd[i]
		switch {
		case a == "-include":
			i++
			opt.Forced = append(opt.Forced, k.relative(cmd[i]))
		case a == "-iquote":
			i++
			opt.Quote = append(opt.Quote, k.relative(cmd[i]))
		case a == "-I", a == "-isystem":
			i++
			opt.Angle = append(opt.Angle, k.relative(cmd[i]))
		case strings.HasPrefix(a, "-I"):
			opt.Angle = append(opt.Angle, k.relative(a[2:]))
		case a == "-o":
			i++
		case strings.HasPrefix(a, "-Wp,"), a == "-E", !strings.HasPrefix(a, "-"):
		default:
			machine = append(machine, a)
		}
	}
	gcc := exec.Command(k.Target.Compiler(), append(machine, os.DevNull)...)
	gcc.Dir = k.Dir
	text, err := gcc.Output()
	if err != nil {
		t.Fatalf("%s: %v", gcc, err)
	}
	opt.Predefined = text
	return opt
}

// relative takes the tree's folder off a path, as -fmacro-prefix-map does.
func (k *Kernel) relative(path string) string {
	return strings.TrimPrefix(path, k.Tree.Dir+"/")
}
