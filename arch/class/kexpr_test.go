package class

import (
	"testing"
	"testing/fstest"

	"ptreview/arch/kconfig"
)

// smallKconfig has a tristate, a bool and a number.
func smallKconfig(t *testing.T) *kconfig.Kconfig {
	t.Helper()
	k, err := kconfig.Load(fstest.MapFS{"Kconfig": {Data: []byte(`config MODULES
	bool "modules"
	modules

config T
	tristate "t"

config B
	bool "b"

config N
	int
	default 3
`)}}, "x86", kconfig.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestFromKconfig(t *testing.T) {
	k := smallKconfig(t)
	name := func(s string) kconfig.Operand { return kconfig.Operand{Name: s} }
	tests := []struct {
		expr *kconfig.Expr
		want string
	}{
		{nil, "always"},
		{kconfig.Const(kconfig.No), "never"},
		{kconfig.Sym("B"), "CONFIG_B"},
		{kconfig.Sym("T"), "CONFIG_T || CONFIG_T_MODULE"},
		{kconfig.And(kconfig.Sym("B"), kconfig.Not(kconfig.Sym("T"))), "CONFIG_B && !(CONFIG_T || CONFIG_T_MODULE)"},
		{kconfig.Compare(kconfig.OpEq, name("T"), name("m")), "CONFIG_T_MODULE"},
		{kconfig.Compare(kconfig.OpNe, name("B"), name("y")), "!CONFIG_B"},
		{kconfig.Compare(kconfig.OpEq, name("T"), name("n")), "!(CONFIG_T || CONFIG_T_MODULE)"},
	}
	for _, tt := range tests {
		if got := FromKconfig(k, tt.expr).String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.expr, got, tt.want)
		}
	}
}
