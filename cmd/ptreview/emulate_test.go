package main

import (
	"os"
	"strings"
	"testing"
)

func linux612(t *testing.T) string {
	t.Helper()
	linux := os.Getenv("PTREVIEW_LINUX_6_12")
	if linux == "" {
		t.Skip("SKIPPED: PTREVIEW_LINUX_6_12 is not set: nothing is emulated on a real kernel")
	}
	return linux
}

// TestEmulateKernel runs functions of a real kernel and looks at what they leave.
func TestEmulateKernel(t *testing.T) {
	linux := linux612(t)
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"a page that counts as one", []string{"vm_normal_page", "--arch", "x86"}, []string{"struct page of pfn"}},
		{"tables of sparc64", []string{"__pte_offset_map_lock", "--arch", "sparc", "--all-machines"},
			[]string{"tlb_type=cheetah", "tlb_type=hypervisor", "  pte+0x28\n"}},
		{"tables of sparc32", []string{"__pte_offset_map_lock", "--class", "sparc/sparc32_defconfig"}, []string{"returns 0x"}},
		{"a huge entry for what is for those", []string{"pmdp_huge_get_and_clear", "--arch", "arm64"}, []string{"pmdp: maps a huge page"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errs := inProcess(t, append([]string{"emulate", "--tree", linux, "--trace", "0"}, c.args...)...)
			if status != exitClean {
				t.Fatalf("got exit status %d, want 0: %s", status, errs)
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("got\n%swant %q in it", out, want)
				}
			}
		})
	}
}
