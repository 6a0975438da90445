package kbuild

import (
	"fmt"
	"strconv"
	"strings"
)

// release returns what the Makefile calls KERNELVERSION and its three
// numbers.
func (b *Build) release() (text string, version, patchlevel, sublevel int, err error) {
	m, err := b.makefile()
	if err != nil {
		return "", 0, 0, 0, err
	}
	var parts [3]int
	for i, name := range []string{"VERSION", "PATCHLEVEL", "SUBLEVEL"} {
		s := strings.TrimSpace(m.raw(name))
		if s == "" && i == 2 {
			s = "0"
		}
		if parts[i], err = strconv.Atoi(s); err != nil {
			return "", 0, 0, 0, fmt.Errorf("the Makefile sets %s to %q, which is no number", name, s)
		}
	}
	text = fmt.Sprintf("%d.%d.%d%s", parts[0], parts[1], parts[2], strings.TrimSpace(m.raw("EXTRAVERSION")))
	return text, parts[0], parts[1], parts[2], nil
}

// utsrelease names the release. What a build adds from its working copy
// (localversion-auto) is left out.
// Source: Makefile, filechk_utsrelease.h, v6.1.
func (b *Build) utsrelease() ([]byte, error) {
	text, _, _, _, err := b.release()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "#define UTS_RELEASE %q\n", text+b.Value("LOCALVERSION")), nil
}

// version makes linux/version.h.
// Source: Makefile, filechk_version.h, v6.1 and v6.12.
func (b *Build) version() ([]byte, error) {
	_, v, p, s, err := b.release()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "#define LINUX_VERSION_CODE %d\n"+
		"#define KERNEL_VERSION(a,b,c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))\n"+
		"#define LINUX_VERSION_MAJOR %d\n#define LINUX_VERSION_PATCHLEVEL %d\n#define LINUX_VERSION_SUBLEVEL %d\n",
		v*65536+p*256+min(s, 255), v, p, s), nil
}

// compile makes generated/compile.h. Who compiles, and where, is nobody here.
// Source: scripts/mkcompile_h, v6.1.
func (b *Build) compile() ([]byte, error) {
	return fmt.Appendf(nil, "#define UTS_MACHINE %q\n#define LINUX_COMPILE_BY \"\"\n"+
		"#define LINUX_COMPILE_HOST \"\"\n#define LINUX_COMPILER %q\n",
		b.Variant.UTSMachine, b.Value("CC_VERSION_TEXT")), nil
}
