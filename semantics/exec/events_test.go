package exec_test

import (
	"context"
	"fmt"
	"testing"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
)

// TestManyEvents has more events than one chunk keeps, with arguments of
// several widths, words or not.
func TestManyEvents(t *testing.T) {
	p := program(t, "x86_64", `
void tell(unsigned int n, unsigned char c, unsigned long x);
void f(unsigned long x)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		tell(i, i, i % 3 ? i * 0x100000000ul : x);
}`)
	m := exec.New(p, exec.Options{Models: map[string]*exec.Model{
		"tell": {Contract: "is noted", Run: func(k *exec.Primitive) (exec.Value, error) {
			k.Event()
			return exec.Value{}, nil
		}},
	}})
	x := m.Bits.Var("x", 64)
	asked := 0
	m.OnEvent(func() any { asked++; return asked })
	r, err := m.Call(context.Background(), "f", x)
	if err != nil {
		t.Fatal(err)
	}
	list := r.Events()
	if len(list) != 1000 {
		t.Fatalf("got %d events, want 1000", len(list))
	}
	for i, e := range list {
		n := uint64(i)
		third := bits.Const(64, n<<32)
		if i%3 == 0 {
			third = x
		}
		want := []exec.Value{bits.Const(32, n), bits.Const(8, n), third}
		if fmt.Sprint(e.Args) != fmt.Sprint(want) || e.Name != "tell" || e.State != i+1 || e.Position().Line != 8 {
			t.Fatalf("event %d: got %s%v, %v, %v, want tell%v", i, e.Name, e.Args, e.State, e.Position(), want)
		}
	}
}

// TestEventOfAttempt calls what nobody knows while a function is tried on all of
// its paths at once: the event is there once, on the path that comes to it.
func TestEventOfAttempt(t *testing.T) {
	p := program(t, "x86_64", `
void unknown(unsigned long x);
static unsigned long g(unsigned long x) { if (x & 1) unknown(x); return x >> 1; }
unsigned long f(unsigned long x, unsigned char c) { unknown(c); return g(x); }`)
	paths, got := exec.NewPaths(), make(map[int]int)
	paths.Named = true
	complete, err := symbolic(paths, p, "f", 10, func(_ *exec.Machine, r *exec.Result) error {
		got[len(r.Events())]++
		return nil
	})
	if err != nil || !complete || len(got) != 2 || got[1] != 1 || got[2] != 1 {
		t.Errorf("got paths by number of events %v, %v, %v, want one with 1 and one with 2", got, complete, err)
	}
}
