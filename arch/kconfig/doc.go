// Package kconfig reads the Kconfig language of a kernel tree and turns a
// defconfig into the full configuration that the tree's own
// scripts/kconfig/conf would write for "make olddefconfig".
//
// It knows the language as linux 6.1 and 6.12 use it: entries, choices,
// menus, conditions, selects and implies, ranges, the macro language, the
// tristate logic, and what the answer to an unset or invalid assignment is.
// The rules for choices changed between those versions; which set applies is
// read from the tree's scripts/kconfig (see dialect). Shell commands are
// never run: what Kconfig asks a compiler, an assembler or a linker is
// answered from a table of what Debian 12's gcc 12.2 and binutils 2.40 say
// (see probe.go), and a question the table does not know is answered "no" and
// named in Kconfig.UnknownProbes.
//
// It leaves out the interactive front ends, randconfig, and the extensions of
// other readers of the language (globs in source, rsource, osource), which
// the kernel's conf refuses too.
package kconfig
