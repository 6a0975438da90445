//go:build !linux

package tree

// stampOf knows no stamps on this system: files are read to be identified.
func stampOf(string) (stamp, bool) { return stamp{}, false }
