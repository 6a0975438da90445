package kbuild

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hostConstants is a file of constants of the host in the kernel's shape.
const hostConstants = `
#define DEFINE_LONGS(sym, val)	\
	DEFINE(sym, val / sizeof(unsigned long))
void constants(void)
{
#ifdef __i386__
	DEFINE(HOST_IP, EIP);
	DEFINE_LONGS(HOST_FPX_SIZE, sizeof(struct user_fpxregs_struct));
	DEFINE_LONGS(HOST_FP_SIZE, sizeof(struct user_fpregs_struct));
#else
#if 0
	DEFINE_LONGS(HOST_FS, FS);
#endif
#ifdef FP_XSTATE_MAGIC1
	DEFINE_LONGS(HOST_FP_SIZE, 2696);
#else
	DEFINE(HOST_FP_SIZE, 1);
#endif
	DEFINE_LONGS(HOST_BX, RBX);
	DEFINE_LONGS(HOST_ORIG_AX, ORIG_RAX);
	DEFINE_LONGS(HOST_SP, RSP);
	DEFINE_LONGS(HOST_R15, R15);
	DEFINE_LONGS(HOST_SS, SS);
#endif
	DEFINE(UM_FRAME_SIZE, sizeof(struct user_regs_struct));
	DEFINE(UM_POLLOUT, POLLOUT);
	DEFINE(UM_POLLPRI, POLLPRI);
	DEFINE(UM_PROT_EXEC, PROT_EXEC);
	DEFINE(UM_PROT_WRITE, PROT_WRITE);
}
`

// TestUserOffsets compares the constants of the host with those that a program
// compiled for it prints.
func TestUserOffsets(t *testing.T) {
	gcc, err := exec.LookPath("x86_64-linux-gnu-gcc")
	if err != nil {
		t.Skip("skipped: no x86_64-linux-gnu-gcc")
	}
	list, err := userOffsets("user-offsets.c", hostConstants, false)
	if err != nil {
		t.Fatal(err)
	}
	got := string(formatOffsets(list, "G"))
	printed := probeHost(t, gcc)
	for _, o := range list {
		if !strings.Contains(printed, fmt.Sprintf("%s %d\n", o.Name, o.Value)) {
			t.Errorf("%s: got %d; the program prints\n%s", o.Name, o.Value, printed)
		}
	}
	if len(list) != 11 || !strings.Contains(got, "#define HOST_FP_SIZE 337 ") {
		t.Errorf("got %s", got)
	}
}

// probeHost runs the file with macros that print.
func probeHost(t *testing.T, gcc string) string {
	t.Helper()
	dir := t.TempDir()
	source, program := filepath.Join(dir, "x.c"), filepath.Join(dir, "x")
	text := "#include <stdio.h>\n#include <stddef.h>\n#include <signal.h>\n#include <poll.h>\n" +
		"#include <sys/mman.h>\n#include <sys/user.h>\n#define __FRAME_OFFSETS\n#include <asm/ptrace-abi.h>\n" +
		"#define DEFINE(sym, val) printf(#sym \" %ld\\n\", (long)(val))\n" +
		hostConstants + "int main(void) { constants(); return 0; }\n"
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(gcc, "-w", "-o", program, source).CombinedOutput(); err != nil {
		t.Skipf("skipped: %s makes no program of this machine: %v: %s", gcc, err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Skipf("skipped: the program does not run here: %v", err)
	}
	return string(out)
}

func TestUserOffsets32(t *testing.T) {
	list, err := userOffsets("user-offsets.c", hostConstants, true)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int64)
	for _, o := range list {
		got[o.Name] = o.Value
	}
	for name, want := range map[string]int64{"HOST_IP": 12, "HOST_FPX_SIZE": 128, "HOST_FP_SIZE": 27, "UM_FRAME_SIZE": 68} {
		if got[name] != want {
			t.Errorf("%s: got %d, want %d", name, got[name], want)
		}
	}
	if _, ok := got["HOST_BX"]; ok {
		t.Error("the other branch was taken too")
	}
	_, err = userOffsets("user-offsets.c", "\tDEFINE(X, WHAT);\n", true)
	if err == nil || !strings.Contains(err.Error(), "user-offsets.c:1: WHAT") {
		t.Errorf("got %v", err)
	}
}
