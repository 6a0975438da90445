package bits

import "testing"

func TestCText(t *testing.T) {
	b := NewBuilder()
	x, y := b.Var("pmd", 64), b.Var("addr", 64)
	bit := b.Extract(x, 7, 7)
	for _, c := range []struct {
		term Term
		want string
	}{
		{x, "pmd"},
		{Const(64, 4096), "0x1000"},
		{bit, "pmd & 0x80"},
		{b.Not(bit), "!(pmd & 0x80)"},
		{b.Eq(b.Extract(x, 11, 4), Const(8, 0)), "!(pmd & 0xff0)"},
		{b.Eq(b.Extract(x, 11, 4), Const(8, 3)), "(pmd & 0xff0) == 0x30"},
		{b.Not(b.Eq(b.Extract(x, 11, 4), Const(8, 3))), "!((pmd & 0xff0) == 0x30)"},
		{b.Eq(x, Const(64, 0)), "pmd == 0"},
		{b.Ne(x, y), "pmd != addr"},
		{b.Ult(x, y), "pmd < addr"},
		{b.Not(b.Ult(x, y)), "addr <= pmd"},
		{b.And(bit, b.Ult(x, y)), "(pmd & 0x80) && (pmd < addr)"},
		{b.Slt(x, y), "(s64)pmd < (s64)addr"},
		{b.Extract(x, 31, 0), "(u32)pmd"},
		{b.Unknown("what b holds", 64), "(not known: what b holds)"},
	} {
		if got := CText(c.term, 200); got != c.want {
			t.Errorf("%s: got %q, want %q", c.term, got, c.want)
		}
	}
	long := x
	for range 200 {
		long = b.Add(b.Mul(long, y), x)
	}
	if got := CText(long, 100); len(got) > 140 {
		t.Errorf("got %d bytes, want about 100: %s", len(got), got)
	}
}
