package arch

import (
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestMacrosAgreeWithClang compares what is said of targets without a gcc with
// the clang that knows them: macros whose name both define. Left out are those
// that describe the compiler rather than the target, or that differ in
// spelling only.
func TestMacrosAgreeWithClang(t *testing.T) {
	const clang = "clang-22"
	if _, err := exec.LookPath(clang); err != nil {
		t.Skipf("skipped: no %s", clang)
	}
	for _, c := range []struct {
		variant, target string
		least           int // macros in common, so that the test compares something
	}{
		{"loongarch64", "loongarch64-linux-gnu", 110},
	} {
		v := variantNamed(t, c.variant)
		flags := append(CommonFlags(), v.Flags...)
		text, ok := macros([]string{clang, "--target=" + c.target}, append(flags, "-Wno-unused-command-line-argument"))
		if !ok {
			t.Errorf("%s refuses %v", clang, flags)
			continue
		}
		got, want := defineLines(v.Predefined(nil)), defineLines(text)
		same := 0
		for name, line := range want {
			switch ours, known := got[name]; {
			case !known && !ofTarget(name):
			case !known:
				t.Errorf("%s: %s is missing", c.variant, strings.TrimSpace(line))
			case compilersOwn(name):
			case integerOf(ours) != integerOf(line):
				t.Errorf("%s: got %s, clang has %s", c.variant, strings.TrimSpace(ours), strings.TrimSpace(line))
			default:
				same++
			}
		}
		if same < c.least {
			t.Errorf("%s: only %d macros in common", c.variant, same)
		}
	}
}

func variantNamed(t *testing.T, name string) *Variant {
	t.Helper()
	for _, a := range All() {
		for _, v := range a.Variants {
			if v.Name == name {
				return v
			}
		}
	}
	t.Fatalf("no variant %s", name)
	return nil
}

// ofTarget reports macros that name the processor, which must not be missing.
func ofTarget(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "loongarch") || strings.Contains(name, "hexagon") || strings.Contains(name, "qdsp6") ||
		strings.HasPrefix(name, "__sizeof_") || strings.Contains(name, "lp64")
}

// compilersOwn reports macros by which compilers for one target may differ:
// versions, limits of floating types, lengths of "fast" types, what it tunes for.
func compilersOwn(name string) bool {
	for _, part := range []string{
		"GNUC", "GXX", "VERSION", "_EVAL_", "DBL_", "FLT", "FAST", "ATOMIC", "CHARSET", "_tune", "_TUNE",
		"PRAGMA", "OPTIMIZE", "DECIMAL_DIG", "INT32_C", "INT64_C", "INTMAX_C",
	} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// integerOf brings the ways in which compilers spell numbers and types down to
// one: 0x7f and 127, "unsigned short" and "short unsigned int".
func integerOf(line string) string {
	fields := strings.Fields(line)
	for i, f := range fields {
		fields[i] = plainNumber(f)
	}
	if len(fields) > 3 || len(fields) > 2 && slices.Contains(fields, "short") {
		fields = slices.DeleteFunc(fields, func(f string) bool { return f == "int" })
		slices.Sort(fields)
	}
	return strings.Join(fields, " ")
}

func plainNumber(s string) string {
	digits := strings.TrimRight(s, "uUlL")
	n, err := strconv.ParseUint(digits, 0, 64)
	if err != nil {
		return strings.ReplaceAll(s, " ", "")
	}
	return strconv.FormatUint(n, 10)
}
