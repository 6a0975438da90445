package kconfig

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
)

// feature is a small Kconfig, lines of a .config, and what comes out: the
// .config without its head. Where conf treats choices differently before
// linux 6.11, old is what comes out there.
type feature struct {
	name    string
	kconfig string
	config  string
	want    string
	old     string
}

var features = []feature{
	{name: "bool and its default", kconfig: `
config A
	bool "a"
config B
	bool "b"
	default y
config C
	def_bool y
config D
	def_bool A
config E
	bool
	default y if !B
	default B
`, config: `
CONFIG_A=y
# CONFIG_B is not set
# CONFIG_C is not set
`, want: `
CONFIG_A=y
# CONFIG_B is not set
CONFIG_C=y
CONFIG_D=y
CONFIG_E=y
`},
	{name: "tristate with modules", kconfig: modules + `
config A
	tristate "a"
config B
	tristate "b"
	depends on A
config C
	bool "c"
	depends on A
config D
	tristate "d"
	depends on m
config E
	def_tristate !A
config F
	bool "f"
	depends on A=y
config G
	tristate "g"
	default y if A
`, config: `
CONFIG_MODULES=y
CONFIG_A=m
CONFIG_B=y
CONFIG_C=y
CONFIG_D=y
CONFIG_F=y
`, want: `
CONFIG_MODULES=y
CONFIG_A=m
CONFIG_B=m
CONFIG_C=y
CONFIG_D=m
CONFIG_E=m
CONFIG_G=m
`},
	{name: "tristate without modules", kconfig: modules + `
config A
	tristate "a"
	default m
config B
	tristate "b"
	depends on m
config C
	tristate "c"
	depends on A
`, config: `
# CONFIG_MODULES is not set
CONFIG_C=m
`, want: `
# CONFIG_MODULES is not set
CONFIG_A=y
CONFIG_C=y
`},
	{name: "select and imply", kconfig: modules + `
config A
	tristate "a"
	select B
	imply C
	select D if E
config B
	tristate
config C
	tristate "c"
config D
	tristate "d"
	depends on NEVER
config E
	bool "e"
config F
	bool "f"
	imply G
config G
	bool "g"
	depends on !F
`, config: `
CONFIG_MODULES=y
CONFIG_A=m
CONFIG_E=y
CONFIG_F=y
# CONFIG_G is not set
`, want: `
CONFIG_MODULES=y
CONFIG_A=m
CONFIG_B=m
CONFIG_C=m
CONFIG_D=m
CONFIG_E=y
CONFIG_F=y
# CONFIG_G is not set
`},
	{name: "imply yields to the user", kconfig: `
config A
	bool "a"
	imply B
	imply C
config B
	bool "b"
config C
	bool "c"
`, config: `
CONFIG_A=y
# CONFIG_B is not set
`, want: `
CONFIG_A=y
# CONFIG_B is not set
CONFIG_C=y
`},
	{name: "strings", kconfig: `
config A
	string "a"
	default "none"
config B
	string "b"
config C
	string
	default A if B != ""
	default "c\"\\"
config D
	def_bool A = "x y"
config E
	string 'single "quotes"'
	default 'it is "so"'
config F
	string "f"
	default "unused"
`, config: `
CONFIG_A="x y"
CONFIG_B="q\"b\\"
CONFIG_F=bare
`, want: `
CONFIG_A="x y"
CONFIG_B="q\"b\\"
CONFIG_C="x y"
CONFIG_D=y
CONFIG_E="it is \"so\""
CONFIG_F="unused"
`},
	{name: "numbers and ranges", kconfig: `
config A
	int "a"
	range 1 10
	default 5
config B
	int "b"
	range A 100 if BIG
	range 0 A
	default 7
config BIG
	bool "big"
config C
	hex "c"
	default 0x10
config D
	hex "d"
	range 0x10 0x20
config E
	int "e"
config F
	int "f"
	default 08
config G
	bool "g" if A > 8
	default C < 0x20 && A >= 9 && A <= 9 && C != 16
config H
	hex
	default 20
`, config: `
CONFIG_A=9
CONFIG_B=50
CONFIG_BIG=y
CONFIG_C=1f
CONFIG_D=0x18
CONFIG_E=x
`, want: `
CONFIG_A=9
CONFIG_B=50
CONFIG_BIG=y
CONFIG_C=1f
CONFIG_D=0x18
CONFIG_E=0
CONFIG_F=08
CONFIG_G=y
CONFIG_H=20
`, old: `
CONFIG_A=9
CONFIG_B=50
CONFIG_BIG=y
CONFIG_C=1f
CONFIG_D=0x18
CONFIG_E=
CONFIG_F=08
CONFIG_G=y
CONFIG_H=20
`},
	{name: "out of range", kconfig: `
config A
	int "a"
	range 1 10
	default 5
config B
	int
	default A
config C
	hex "c"
	range 0x10 0x20
	default 0x11
config D
	int "d"
	range -5 A
`, config: `
CONFIG_A=99
CONFIG_C=0x1
CONFIG_D=-9
`, want: `
CONFIG_A=10
CONFIG_B=10
CONFIG_C=0x10
CONFIG_D=-5
`, old: `
CONFIG_A=5
CONFIG_B=10
CONFIG_C=0x11
CONFIG_D=
`},
	{name: "comparisons", kconfig: `
config S
	string "s"
	default "2.10"
config N
	int "n"
	default 10
config X
	hex "x"
	default 0xa
config A
	def_bool N = X
config B
	def_bool S > "2.9"
config C
	def_bool N > 9
config D
	def_bool UNDEFINED = "UNDEFINED"
config E
	def_bool 012 = 10
config F
	def_bool "abc" < "abd"
config G
	def_bool !N = 11
config H
	def_bool y != n && (A || UNDEFINED) && !(B && C)
config I
	def_bool UNDEFINED
`, want: `
CONFIG_S="2.10"
CONFIG_N=10
CONFIG_X=0xa
CONFIG_A=y
CONFIG_C=y
CONFIG_D=y
CONFIG_E=y
CONFIG_F=y
CONFIG_G=y
CONFIG_H=y
`},
	{name: "menus, comments, ifs", kconfig: `
menu "one"
	depends on A || B

config C
	bool "c"

comment "a remark"
	depends on C

comment "hidden"
	depends on !C

endmenu

config A
	bool "a"

config B
	bool "b"

if A
menu "two"
	visible if B
config D
	bool "d"
	default y
menuconfig E
	bool "e"
if E
config F
	bool "f"
endif
endmenu
config G
	bool "g"
endif
menu "three"
endmenu
`, config: `
CONFIG_A=y
CONFIG_C=y
CONFIG_E=y
CONFIG_G=y
`, want: `

#
# one
#
CONFIG_C=y

#
# a remark
#
# end of one

CONFIG_A=y
# CONFIG_B is not set
CONFIG_D=y
CONFIG_G=y

#
# three
#
# end of three
`},
	{name: "choice", kconfig: `
choice
	prompt "pick"
	default B
config A
	bool "a"
config B
	bool "b"
config C
	bool "c"
	depends on !NOT
endchoice
config NOT
	bool "not"
config U
	def_bool C
choice
	bool "second" if NOT
	default E
config D
	bool "d"
config E
	bool "e"
endchoice
`, config: `
CONFIG_A=y
CONFIG_C=y
`, want: `
# CONFIG_A is not set
# CONFIG_B is not set
CONFIG_C=y
# CONFIG_NOT is not set
CONFIG_U=y
# CONFIG_D is not set
CONFIG_E=y
`, old: `
# CONFIG_A is not set
# CONFIG_B is not set
CONFIG_C=y
# CONFIG_NOT is not set
CONFIG_U=y
`},
	{name: "choice whose assigned member is hidden", kconfig: `
config HIDE
	bool "hide"
choice
	prompt "pick"
	default C
config A
	bool "a"
	depends on !HIDE
config B
	bool "b"
config C
	bool "c"
endchoice
`, config: `
CONFIG_HIDE=y
CONFIG_A=y
# CONFIG_C is not set
`, want: `
CONFIG_HIDE=y
CONFIG_B=y
# CONFIG_C is not set
`, old: `
CONFIG_HIDE=y
# CONFIG_B is not set
CONFIG_C=y
`},
	{name: "choice with every member unset", kconfig: `
choice
	prompt "pick"
config A
	bool "a"
config B
	bool "b"
config C
	bool "c"
endchoice
`, config: `
# CONFIG_B is not set
# CONFIG_A is not set
# CONFIG_C is not set
`, want: `
# CONFIG_A is not set
CONFIG_B=y
# CONFIG_C is not set
`, old: `
CONFIG_A=y
# CONFIG_B is not set
# CONFIG_C is not set
`},
	{name: "choice with conditions and no visible member", kconfig: `
config ON
	bool "on"
choice
	prompt "pick"
	depends on ON
if ON
config A
	bool "a"
endif
config B
	bool "b" if !ON
endchoice
`, config: `
CONFIG_ON=y
`, want: `
CONFIG_ON=y
CONFIG_A=y
`},
	{name: "macros", kconfig: `
greeting := hello
later = $(greeting)-$(1)-$(2)
greeting := bye
list = a
list += b
comma := ,
fn = $(shell,{ $(1); } >/dev/null 2>&1 && echo "$(2)" || echo "$(3)")
config A
	string
	default "$(later,x,$(greeting))"
config B
	string
	default "$(list) $(FOO) $(UNSET) $ $(comma)$(filename):$(lineno)"
config C
	def_bool $(fn,true,y,n)
config D
	def_bool $(fn,false,y,n)
config $(greeting)_E
	def_bool $(YES)
$(info,a line for the log)
$(warning-if,n,not this)
$(error-if,n,nor this)
config F
	string
	default "$(shell,echo one; echo two)"
`, want: `
CONFIG_A="bye-x-bye"
CONFIG_B="a b foo  $ ,Kconfig:14"
CONFIG_C=y
CONFIG_bye_E=y
CONFIG_F="one two"
`},
	{name: "several definitions", kconfig: `
config A
	bool "a"
config N
	int
	default 1 if A
config N
	int "n" if A
	default 2
config P
	bool
config P
	bool "p"
	depends on A
	select Q
config Q
	bool
`, config: `
CONFIG_A=y
CONFIG_P=y
`, want: `
CONFIG_A=y
CONFIG_N=1
CONFIG_P=y
CONFIG_Q=y
`},
	{name: "help texts end by indentation", kconfig: `
config A
	bool "a"
	help
	  First line.

	    config B
	      bool "not an entry"

	  Last line.
	default y

config C
	def_bool y
	help
	  At the end of the file.`, want: `
CONFIG_A=y
CONFIG_C=y
`},
	{name: "line continuation and odd spacing", kconfig: "" +
		"config A # comment\n\tbool \"a\" \\\n\t\tif y # more\n\tdefault\ty\n" +
		"config\tB\n\tbool\n\tdefault A&&!C||\\\n(C)\n", want: `
CONFIG_A=y
CONFIG_B=y
`},
}

const modules = `
config MODULES
	bool "modules"
	modules
`

// oldFeatures are only known before linux 6.11.
var oldFeatures = []feature{
	{name: "optional and tristate choices", kconfig: modules + `
choice
	prompt "pick"
	optional
config A
	bool "a"
config B
	bool "b"
endchoice
choice
	tristate "some"
config C
	tristate "c"
config D
	tristate "d"
config E
	bool "e"
endchoice
`, config: `
CONFIG_MODULES=y
CONFIG_C=m
CONFIG_D=m
`, old: `
CONFIG_MODULES=y
CONFIG_C=m
CONFIG_D=m
`},
	{name: "tristate choice that is y", kconfig: modules + `
choice
	tristate "some"
	default D
config C
	tristate "c"
config D
	tristate "d"
config E
	bool "e"
endchoice
`, config: `
CONFIG_MODULES=y
CONFIG_C=m
CONFIG_E=y
`, old: `
CONFIG_MODULES=y
# CONFIG_C is not set
# CONFIG_D is not set
CONFIG_E=y
`},
	{name: "submenu in a choice", kconfig: `
config Q
	bool "q"
choice
	prompt "pick"
config A
	bool "a"
config A_OPTION
	bool "option of a"
	depends on A
config B
	bool "b"
config B_OPTION
	int "option of b"
	depends on B || Q
config C
	bool "c"
endchoice
`, config: `
CONFIG_A=y
CONFIG_A_OPTION=y
`, old: `
# CONFIG_Q is not set
CONFIG_A=y
CONFIG_A_OPTION=y
# CONFIG_B is not set
# CONFIG_C is not set
`},
}

// Flavours of the language.
var (
	newDialect = dialect{}
	oldDialect = dialect{choiceSymbols: true, emptyNumbers: true, dropOutOfRange: true, laxUnset: true}
)

// body returns a .config without its head.
func body(config string) string {
	parts := strings.SplitN(config, "\n", 5)
	return "\n" + parts[4]
}

func featureEnv() Env {
	return Env{
		Vars: map[string]string{"FOO": "foo", "YES": "y"},
		Probe: func(cmd string) (string, bool) {
			switch {
			case cmd == "echo one; echo two":
				return "one\ntwo\n", true
			case strings.HasPrefix(cmd, "{ true;"):
				return "y\n", true
			}
			return "n\n", true
		},
	}
}

func evaluate(t *testing.T, f feature, d dialect) string {
	t.Helper()
	fsys := fstest.MapFS{"Kconfig": {Data: []byte(f.kconfig)}}
	k, err := loadAs(fsys, "test", featureEnv(), d)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := k.Olddefconfig(parseText(t, f.config, "config"))
	if err != nil {
		t.Fatal(err)
	}
	return body(written(t, c))
}

func TestFeatures(t *testing.T) {
	for _, f := range features {
		t.Run(f.name, func(t *testing.T) {
			if got := evaluate(t, f, newDialect); got != f.want {
				t.Errorf("got:%s\nwant:%s", got, f.want)
			}
			want := f.want
			if f.old != "" {
				want = f.old
			}
			if got := evaluate(t, f, oldDialect); got != want {
				t.Errorf("before 6.11, got:%s\nwant:%s", got, want)
			}
		})
	}
	for _, f := range oldFeatures {
		t.Run(f.name, func(t *testing.T) {
			if got := evaluate(t, f, oldDialect); got != f.old {
				t.Errorf("got:%s\nwant:%s", got, f.old)
			}
		})
	}
}

// TestFeaturesEqualConf replays the tables through the kernel's own conf.
func TestFeaturesEqualConf(t *testing.T) {
	for _, variable := range realTrees {
		t.Run(strings.TrimPrefix(variable, "PTREVIEW_"), func(t *testing.T) {
			tree := realTree(t, variable)
			old := readDialect(os.DirFS(tree)) == oldDialect
			list := features
			if old {
				list = append(features[:len(features):len(features)], oldFeatures...)
			}
			for _, f := range list {
				t.Run(f.name, func(t *testing.T) {
					want := f.want
					if old && f.old != "" {
						want = f.old
					}
					if got := runFeature(t, tree, f); got != want {
						t.Errorf("conf says:%s\nthe table:%s", got, want)
					}
				})
			}
		})
	}
}

func runFeature(t *testing.T, tree string, f feature) string {
	t.Helper()
	o := &oracle{conf: buildConf(t, tree), dir: t.TempDir()}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("SKIPPED: no shell: conf cannot run $(shell,…)")
	}
	o.env = environ(featureEnv().Vars)
	writeFile(t, o.dir+"/Kconfig", f.kconfig)
	return body(o.run(t, "--olddefconfig", f.config))
}
