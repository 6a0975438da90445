package check_test

import (
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/rules/check"
	"ptreview/rules/contract"
)

// comparedMails are mails of the corpus that change helpers or functions about
// entries, for linux 6.1, with what the comparison of each says.
var comparedMails = []struct {
	mail, arch string
	want       []string // "helper: outcome", over all classes and machines
}{
	// 64K pages are left as they are; with 4K a BUG is gone.
	{"hash4k-fix/v1-powerpc-*.mbox", "powerpc", []string{
		"hash__pmd_same: BUG in hash__pmd_same before, 0x1 now", "hash__pmd_same: proved equal for all values",
	}},
	// It needs another patch of its time, and does not compile without.
	{"arch-pte-map-may-fail/v2-03-*.mbox", "arm64", []string{
		"huge_pte_alloc: not compared: not supported: an expression without a type",
		"huge_pte_offset: not compared: not supported: an expression without a type",
	}},
	// It flushes the hash of a whole table, bit by bit.
	{"arch-pte-map-may-fail/v2-12-*.mbox", "powerpc", []string{
		"flush_hash_table_pmd_range: not compared: budget exceeded: more than 200 questions about branches",
	}},
	// An mm_walk is no more than what nobody described.
	{"arch-pte-map-may-fail/v2-15-*.mbox", "s390", []string{
		"__zap_zero_pages: not compared: depends on uninitialised pte of pte_val",
	}},
}

// TestComparedMails checks what contract/meaning says of real patches: that
// nothing is found, and what was proved or not compared.
func TestComparedMails(t *testing.T) {
	base := kernel61(t)
	for _, c := range comparedMails {
		t.Run(c.mail, func(t *testing.T) {
			req := lawRequest(mailed(t, base, c.mail))
			req.Archs, req.Rules = []*arch.Arch{arch.Named(c.arch)}, []*check.Rule{contract.Meaning}
			r := reviewed(t, req)
			if len(r.Findings) > 0 {
				t.Errorf("got %+v, want no finding", r.Findings)
			}
			var got []string
			for _, h := range r.Helpers {
				for _, o := range h.Compared {
					got = append(got, h.Helper+": "+outcome(o.Result))
				}
			}
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// outcome leaves out the values of a difference, which may be any.
func outcome(result string) string {
	if i := strings.Index(result, "BUG in "); i >= 0 {
		return result[i:]
	}
	return result
}
