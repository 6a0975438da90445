package cpp_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// TestRandomGCC compares random macro programs with what gcc makes of them.
// PTREVIEW_CPP_RANDOM sets how many.
func TestRandomGCC(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("skipped: no gcc to compare random macros with")
	}
	count, _ := strconv.Atoi(os.Getenv("PTREVIEW_CPP_RANDOM"))
	if count == 0 {
		count = 100
	}
	dir := t.TempDir()
	for seed := range count {
		src := (&generator{rand.New(rand.NewPCG(uint64(seed), 1))}).program()
		if !sameAsGCC(t, dir, src) {
			t.Fatalf("seed %d:\n%s", seed, src)
		}
	}
}

func sameAsGCC(t *testing.T, dir, src string) bool {
	writeFile(t, filepath.Join(dir, "main.c"), src)
	cmd := exec.Command("gcc", "-E", "-std=gnu11", "-undef", "-nostdinc", "main.c")
	cmd.Dir = dir
	out, err := cmd.Output()
	if len(out) > 1<<20 {
		return true
	}
	fsys := fstest.MapFS{"main.c": &fstest.MapFile{Data: []byte(src)}}
	u, perr := cpp.NewCache(source.NewSet()).Preprocess(context.Background(), "main.c", &cpp.Options{FS: fsys})
	if perr != nil {
		t.Error(perr)
		return false
	}
	got := strings.Join(spellings(u, withPragmas(u)), " ")
	want := strings.Join(gccTokens(append(out, "\n\n\n\n"...)), " ")
	var exit *exec.ExitError
	refused := errors.As(err, &exit)
	if refused {
		// Behind an error gcc forgets to keep tokens apart.
		got, want = strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(want, " ", "")
	}
	if got != want || refused != (len(u.Errors) > 0) {
		t.Errorf("got:  %s\nwant: %s\nerrors: %v", got, want, u.Errors)
		if refused {
			t.Errorf("gcc: %s", exit.Stderr)
		}
		return false
	}
	return true
}

// generator makes macro programs of the names a to h.
type generator struct{ *rand.Rand }

func (g *generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g *generator) space() string { return g.pick("", "", " ", " ", "  ", " /**/ ") }

func (g *generator) name() string { return string(rune('a' + g.IntN(8))) }

func (g *generator) program() string {
	var b strings.Builder
	b.WriteString("#define S(x) #x\n#define T(x...) S(x)\n#define C(x, y) x##y\n#define E\n#define Z z,\n#define ZZ , z\n")
	for i := range 8 {
		b.WriteString(g.definition(string(rune('a' + i))))
	}
	for range 1 + g.IntN(4) {
		line := g.text(2, 6)
		if g.IntN(2) == 0 {
			line = "T(" + line + ")"
		}
		b.WriteString(line + "\n")
	}
	b.WriteString("T(" + g.text(2, 4) + ")\n")
	if g.IntN(3) == 0 {
		b.WriteString("#undef " + g.name() + "\n" + g.definition("i") + g.text(2, 5) + "\n")
	}
	return b.String()
}

func (g *generator) definition(name string) string {
	switch g.IntN(8) {
	case 0, 1:
		return fmt.Sprintf("#define %s%s\n", name, " "+g.body(nil, ""))
	case 2:
		return fmt.Sprintf("#define %s() %s\n", name, g.body(nil, ""))
	case 3, 6, 7:
		return fmt.Sprintf("#define %s(x) %s\n", name, g.body([]string{"x"}, ""))
	case 4:
		return fmt.Sprintf("#define %s(x, y) %s\n", name, g.body([]string{"x", "y"}, ""))
	}
	if g.IntN(2) == 0 {
		return fmt.Sprintf("#define %s(x, ...) %s\n", name, g.body([]string{"x", "__VA_ARGS__"}, "__VA_ARGS__"))
	}
	return fmt.Sprintf("#define %s(x...) %s\n", name, g.body([]string{"x"}, "x"))
}

// body makes a replacement list with the given parameters, the variadic one
// of which is rest.
func (g *generator) body(params []string, rest string) string {
	var b strings.Builder
	for range g.IntN(6) {
		b.WriteString(g.space())
		switch k := g.IntN(10); {
		case k < 3 && len(params) > 0:
			b.WriteString(g.pick(params...))
		case k == 3 && len(params) > 0:
			b.WriteString("#" + g.pick(params...))
		case k == 4:
			b.WriteString(g.operand(params) + g.space() + "##" + g.space() + g.operand(params))
		case k == 5 && rest != "":
			b.WriteString(", ##" + rest)
		case k == 6 && rest != "":
			b.WriteString("__VA_OPT__(" + strings.ReplaceAll(g.body(params, ""), "__VA_OPT__", "v") + ")")
		case k >= 8:
			b.WriteString(g.call(params))
		default:
			b.WriteString(g.word())
		}
		b.WriteString(g.space())
	}
	return strings.Trim(b.String(), " ")
}

// call uses a macro on parameters, some of which bring commas along.
func (g *generator) call(params []string) string {
	args := ""
	for i := range 1 + g.IntN(3) {
		if i > 0 {
			args += "," + g.space()
		}
		for range g.IntN(3) {
			args += g.operand(append([]string{"Z", "ZZ", "E"}, params...)) + g.space()
		}
	}
	return g.pick("S", "T", "C", g.name(), g.name(), g.name()) + "(" + args + ")"
}

func (g *generator) operand(params []string) string {
	if len(params) > 0 && g.IntN(4) > 0 {
		return g.pick(params...)
	}
	return g.pick("a", "b", "z", "1", g.name())
}

func (g *generator) word() string {
	switch g.IntN(8) {
	case 0, 1, 2:
		return g.name()
	case 3:
		return g.name() + g.space() + "(" + strings.ReplaceAll(g.text(1, 2), "\n", " ") + ")"
	case 4:
		return g.punct()
	}
	return g.pick("1", "z", "E", "T(a)", "T( b )", "\"s\"", "C(a,b)", "+")
}

// punct is mostly harmless; a lone parenthesis makes most programs wrong.
func (g *generator) punct() string {
	if g.IntN(30) == 0 {
		return g.pick("(", ")", ",")
	}
	return g.pick("E", "E", "-", "z", ".", "+", "(z, 1)", "( E )")
}

// text makes a line of tokens with uses nested up to depth.
func (g *generator) text(depth, length int) string {
	var b strings.Builder
	for range 1 + g.IntN(length) {
		b.WriteString(g.space())
		switch k := g.IntN(8); {
		case k < 4 && depth > 0:
			args := g.text(depth-1, 2)
			for g.IntN(3) == 0 {
				args += "," + g.text(depth-1, 2)
			}
			if g.IntN(8) == 0 {
				args = ""
			}
			b.WriteString(g.pick(g.name(), g.name(), "T", "C") + g.space() + "(" + args + ")")
		case k == 4:
			b.WriteString(g.name())
		case k == 5:
			b.WriteString(g.punct())
		default:
			b.WriteString(g.pick("1", "z", "\"s\"", "E", "\n"))
		}
		b.WriteString(g.space())
	}
	return b.String()
}
