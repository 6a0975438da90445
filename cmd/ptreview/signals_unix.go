//go:build unix

package main

import "syscall"

// fileSizeSignal is sent where a file may not grow: the write fails as well,
// which is enough to know.
const fileSizeSignal = syscall.SIGXFSZ
