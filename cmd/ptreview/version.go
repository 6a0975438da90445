package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is the version when the program was built from a source folder
// without version information.
const release = "0.1.0"

type versionCmd struct{}

// Help is shown by ptreview version --help.
func (*versionCmd) Help() string {
	return `The version, the Go that compiled it, and what it was compiled for.

Examples:
  ptreview version`
}

func (*versionCmd) Run(s streams) error {
	_, err := fmt.Fprintf(s.out, "ptreview %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return release
	}
	return info.Main.Version
}
