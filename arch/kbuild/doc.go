// Package kbuild knows what the kernel's build does before a C file is
// compiled: which options, include folders and forced includes the compiler
// gets, which headers are generated and with what content, and under which
// condition a file is compiled at all.
//
// Everything is read from the sources that define it – Makefiles, Kbuild
// files, system call tables, the data files of arch tools – through io/fs, for
// one architecture in one configuration. Makefiles are evaluated by a small
// make of our own that runs no commands: a $(shell …) it does not know is
// empty and listed in Build.Unknown.
//
// What needs a C compiler (bounds.h, asm-offsets.h) is asked of the caller
// through Build.Offsets. The package leaves out objects, linking and modules.
package kbuild
