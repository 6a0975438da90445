package near

import (
	"strings"
	"testing"
)

func TestHint(t *testing.T) {
	known := []string{"powerpc", "parisc", "x86", "um", "trap/arch-helper", "fail-on"}
	tests := []struct{ word, want string }{
		{"powrpc", "powerpc"}, {"PowerPC", "powerpc"}, {"x68", ""}, {"x8", "x86"}, {"fail_on", "fail-on"}, {"fial-on", "fail-on"},
		{"arch-helper", "trap/arch-helper"}, {"trap/arch", "trap/arch-helper"}, {"trap/arch-helpr", "trap/arch-helper"},
		{"", ""}, {"sparc", ""}, {"something else", ""}, {strings.Repeat("p", 1<<20), ""},
	}
	for _, tt := range tests {
		want := tt.want
		if want != "" {
			want = `, did you mean "` + want + `"?`
		}
		if got := Hint(tt.word, known); got != want {
			t.Errorf("%.20q: got %q, want %q", tt.word, got, want)
		}
	}
}
