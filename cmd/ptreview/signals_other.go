//go:build !unix

package main

import "syscall"

// fileSizeSignal stands for a signal this system does not have.
const fileSizeSignal = syscall.SIGPIPE
