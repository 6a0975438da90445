package kconfig_test

import (
	"fmt"
	"os"
	"strings"
	"testing/fstest"

	"ptreview/arch/kconfig"
)

func Example() {
	tree := fstest.MapFS{"Kconfig": {Data: []byte(`
config MMU
	def_bool y

config HUGEPAGES
	bool "Huge pages"
	depends on MMU
	default y

config PAGE_SHIFT
	int
	default 16 if HUGEPAGES
	default 12
`)}}
	k, err := kconfig.Load(tree, "powerpc", kconfig.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	user, err := kconfig.ParseConfig(strings.NewReader("# CONFIG_HUGEPAGES is not set\n"), "defconfig")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, _, err := k.Olddefconfig(user)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := c.Write(os.Stdout); err != nil {
		fmt.Println(err)
	}
	fmt.Println(k.Symbol("HUGEPAGES").Depends(), c.Eval(kconfig.Not(kconfig.Sym("HUGEPAGES"))))
	// Output:
	// #
	// # Automatically generated file; DO NOT EDIT.
	// # Main menu
	// #
	// CONFIG_MMU=y
	// # CONFIG_HUGEPAGES is not set
	// CONFIG_PAGE_SHIFT=12
	// MMU y
}
