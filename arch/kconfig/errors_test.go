package kconfig

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// mistakes are what neither conf nor Load reads, and the error.
var mistakes = []struct{ name, kconfig, want string }{
	{"unknown statement", "config A\n\tbool\nfrobnicate\n", `Kconfig:3: unknown statement "frobnicate"`},
	{"option outside an entry", "\n\tdepends on A\n", `Kconfig:2: unknown statement "depends"`},
	{"missing endif", "if A\nconfig B\n\tbool\n", "Kconfig:1: missing end statement for this entry"},
	{"wrong end", "menu \"m\"\nendif\n", "Kconfig:2: unexpected 'endif' within menu block"},
	{"stray end", "endmenu\n", `Kconfig:1: unknown statement "endmenu"`},
	{"open parenthesis", "config A\n\tdef_bool (B && C\n", "Kconfig:2: unexpected end of line, want )"},
	{"empty expression", "config A\n\tdepends on\n", "Kconfig:2: unexpected end of line, want a symbol or string"},
	{"comparison of comparisons", "config A\n\tdef_bool B = C = D\n", "Kconfig:2: unexpected ="},
	{"keyword as symbol", "config A\n\tselect int\n", "Kconfig:2: unexpected int, want a symbol"},
	{"missing file", "source \"drivers/Kconfig\"\n", `Kconfig:1: can't open file "drivers/Kconfig"`},
	{"file includes itself", "source \"Kconfig\"\n", `Kconfig:1: recursive inclusion of "Kconfig"`},
	{"open reference", "config A\n\tdef_bool $(B\n", "Kconfig:2: unterminated reference to 'B': missing ')'"},
	{"recursive variable", "A = $(B)\nB = $(A)\nconfig C\n\tdef_bool $(A)\n", "Kconfig:4: recursive variable 'A' references itself (eventually)"},
	{"too many arguments", "$(info,a,b)\n", "Kconfig:1: too many function arguments passed to 'info'"},
	{"too few arguments", "$(error-if,y)\n", "Kconfig:1: too few function arguments passed to 'error-if'"},
	{"error-if", "$(error-if,y,no compiler)\n", "Kconfig:1: no compiler"},
	{"depends on itself", "config A\n\tbool \"a\"\n\tdepends on B\nconfig B\n\tdef_bool A\n", "Kconfig:1: recursive dependency: A -> B -> A"},
	{"selects what it depends on", "config A\n\tbool \"a\"\n\tselect B\n\tdepends on B\nconfig B\n\tbool\n", "Kconfig:1: recursive dependency: A -> B -> A"},
	{"members that depend on each other", "choice\n\tprompt \"p\"\nconfig A\n\tbool \"a\"\nconfig C\n\tbool \"c\"\nconfig B\n\tbool \"b\"\n\tdepends on !A\nendchoice\n", "Kconfig:3: recursive dependency"},
	{"modules twice", "config A\n\tbool\n\tmodules\nconfig B\n\tbool\n\tmodules\n", "Kconfig:6: symbol 'B' redefines option 'modules' already defined by symbol 'A'"},
	{"visible on a config", "config A\n\tbool\n\tvisible if B\n", `Kconfig:3: unknown statement "visible"`},
	{"source in a choice", "choice\n\tprompt \"p\"\nsource \"x\"\nendchoice\n", `Kconfig:3: unknown statement "source"`},
	{"prompt without quotes", "config A\n\tprompt a\n", "Kconfig:2: unexpected a, want a quoted string"},
}

// newMistakes are accepted before linux 6.11.
var newMistakes = []struct{ name, kconfig, want string }{
	{"tristate member", "choice\n\tprompt \"p\"\nconfig A\n\ttristate \"a\"\nendchoice\n", "Kconfig:3: choice member must be bool"},
	{"member without prompt", "choice\n\tprompt \"p\"\nconfig A\n\tbool\nendchoice\n", "Kconfig:3: choice member must have a prompt"},
	{"choice without prompt", "choice\nconfig A\n\tbool \"a\"\nendchoice\n", "Kconfig:1: choice must have a prompt"},
	{"default of a member", "choice\n\tprompt \"p\"\nconfig A\n\tbool \"a\"\n\tdefault y\nendchoice\n", "Kconfig:5: defaults for choice values not supported"},
	{"optional choice", "choice\n\tprompt \"p\"\n\toptional\nconfig A\n\tbool \"a\"\nendchoice\n", `Kconfig:3: unknown statement "optional"`},
	{"prompt outside the choice", "choice\n\tprompt \"p\"\nconfig A\n\tbool \"a\"\nendchoice\nconfig A\n\tbool \"b\"\n", "Kconfig:7: choice value has a prompt outside its choice group"},
}

func TestMistakes(t *testing.T) {
	for _, m := range append(mistakes, newMistakes...) {
		_, err := loadAs(fstest.MapFS{"Kconfig": {Data: []byte(m.kconfig)}}, "test", featureEnv(), newDialect)
		var typed *Error
		if err == nil || !errors.As(err, &typed) {
			t.Errorf("%s: got %v, want an *Error", m.name, err)
		} else if !strings.HasPrefix(err.Error(), m.want) {
			t.Errorf("%s: got %q, want %q", m.name, err, m.want)
		}
	}
	for _, m := range newMistakes {
		if _, err := loadAs(fstest.MapFS{"Kconfig": {Data: []byte(m.kconfig)}}, "test", featureEnv(), oldDialect); err != nil {
			t.Errorf("%s: got %v, want none before linux 6.11", m.name, err)
		}
	}
}

// TestConfRefusesMistakes checks that conf refuses the same files.
func TestConfRefusesMistakes(t *testing.T) {
	for _, variable := range realTrees {
		t.Run(strings.TrimPrefix(variable, "PTREVIEW_"), func(t *testing.T) {
			tree := realTree(t, variable)
			conf := buildConf(t, tree)
			list := mistakes
			if readDialect(os.DirFS(tree)) == newDialect {
				list = append(mistakes[:len(mistakes):len(mistakes)], newMistakes...)
			}
			for _, m := range list {
				dir := t.TempDir()
				writeFile(t, dir+"/Kconfig", m.kconfig)
				cmd := exec.Command(conf, "--olddefconfig", "Kconfig")
				cmd.Dir, cmd.Env = dir, environ(featureEnv().Vars)
				if out, err := cmd.CombinedOutput(); err == nil {
					t.Errorf("%s: conf accepts it: %s", m.name, out)
				}
			}
		})
	}
}

func TestSeveralMistakes(t *testing.T) {
	_, err := Load(fstest.MapFS{"Kconfig": {Data: []byte("foo bar\nconfig A\n\tbool\nbaz\n")}}, "test", featureEnv())
	want := "Kconfig:1: unknown statement \"foo\"\nKconfig:4: unknown statement \"baz\""
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNoKernel(t *testing.T) {
	_, err := Load(fstest.MapFS{}, "x86", Env{})
	if err == nil || !strings.HasPrefix(err.Error(), "Kconfig:1: not a kernel tree") {
		t.Errorf("got %v", err)
	}
}

// TestHostile checks that large or deep input ends in an error, not in a
// crash or a long wait.
func TestHostile(t *testing.T) {
	deep := strings.Repeat("if A\n", 5000)
	doubling := "A0 = x\n"
	for i := range 60 {
		n, m := string(rune('A'+i/26))+string(rune('a'+i%26)), string(rune('A'+(i+1)/26))+string(rune('a'+(i+1)%26))
		doubling += m + " = $(" + n + ")$(" + n + ")\n"
	}
	var chain strings.Builder
	for i := range 60000 {
		chain.WriteString("config S" + strings.Repeat("x", i%3) + strconv.Itoa(i) + "\n\tbool \"p\"\n\tdepends on S" + strings.Repeat("x", (i+1)%3) + strconv.Itoa(i+1) + "\n")
	}
	for _, h := range []struct{ name, kconfig, want string }{
		{"ifs", deep, "nested too deeply"},
		{"parentheses", "config A\n\tdef_bool " + strings.Repeat("(", 100000), "nested too deeply"},
		{"negations", "config A\n\tdef_bool " + strings.Repeat("!", 100000), "nested too deeply"},
		{"macros", doubling + "config A\n\tstring\n\tdefault \"$(Ci)\"\n", "macro expansion"},
		{"self-call", "f = $(f,x)\nconfig A\n\tdef_bool $(f,y)\n", "macro expansion"},
		{"chain", chain.String(), "nested too deeply"},
	} {
		_, err := Load(fstest.MapFS{"Kconfig": {Data: []byte(h.kconfig)}}, "test", featureEnv())
		if err == nil || !strings.Contains(err.Error(), h.want) {
			t.Errorf("%s: got %.200v, want %s", h.name, err, h.want)
		}
	}
}
