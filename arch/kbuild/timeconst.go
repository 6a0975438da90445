package kbuild

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// timeconst makes the constants that convert between ticks and other units of
// time by a multiplication and a shift.
// Source: kernel/time/timeconst.bc, v6.1 and v6.12.
func (b *Build) timeconst() ([]byte, error) {
	hz, err := strconv.ParseInt(b.Value("HZ"), 10, 64)
	if err != nil || hz < 2 || hz > 1000000 {
		return nil, fmt.Errorf("CONFIG_HZ is %q, want a frequency", b.Value("HZ"))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "#include <linux/param.h>\n#include <linux/types.h>\n\n#if HZ != %d\n"+
		"#error \"include/generated/timeconst.h has the wrong HZ value!\"\n#endif\n\n", hz)
	for _, u := range []struct {
		name string
		per  int64 // units per second
	}{{"MSEC", 1000}, {"USEC", 1000000}} {
		writeScale(&out, "HZ_TO_"+u.name, u.per, hz)
		writeScale(&out, u.name+"_TO_HZ", hz, u.per)
		writeRatio(&out, u.name, u.per, hz)
	}
	writeRatio(&out, "NSEC", 1000000000, hz)
	return guarded("KERNEL_TIMECONST_H", out.String()), nil
}

// writeScale writes multiplier, adjustment and shift for a factor of n/d.
func writeScale(out *strings.Builder, name string, n, d int64) {
	shift := uint(0)
	for scaled(shift, n, d).Cmp(new(big.Int).Lsh(big.NewInt(1), 31)) < 0 {
		shift++
	}
	fmt.Fprintf(out, "#define %s_MUL32 U64_C(0x%X)\n", name, scaled(shift, n, d))
	fmt.Fprintf(out, "#define %s_ADJ32 U64_C(0x%X)\n", name, adjustment(shift, n, d))
	fmt.Fprintf(out, "#define %s_SHR32 %d\n", name, shift)
}

// scaled is n/d times 2^shift, rounded up.
func scaled(shift uint, n, d int64) *big.Int {
	x := new(big.Int).Lsh(big.NewInt(n), shift)
	x.Add(x, big.NewInt(d-1))
	return x.Div(x, big.NewInt(d))
}

// adjustment corrects for the rounding up.
func adjustment(shift uint, n, d int64) *big.Int {
	d /= gcd(n, d)
	x := new(big.Int).Lsh(big.NewInt(d-1), shift)
	return x.Div(x, big.NewInt(d))
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func writeRatio(out *strings.Builder, unit string, per, hz int64) {
	g := gcd(hz, per)
	for _, c := range []struct {
		name  string
		value int64
	}{
		{"HZ_TO_" + unit + "_NUM", per / g}, {"HZ_TO_" + unit + "_DEN", hz / g},
		{unit + "_TO_HZ_NUM", hz / g}, {unit + "_TO_HZ_DEN", per / g},
	} {
		fmt.Fprintf(out, "#define %s %d\n", c.name, c.value)
	}
}
