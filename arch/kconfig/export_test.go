package kconfig

import "testing"

// LoadReal and ConfKeeps are for tests of packages that build on this one.

// LoadReal reads the Kconfig of a real tree as conf does in these tests.
func LoadReal(t testing.TB, tree, srcarch string) *Kconfig { return loadReal(t, tree, srcarch) }

// RealTree returns the tree that an environment variable names.
func RealTree(t testing.TB, variable string) string { return realTree(t, variable) }

// ConfKeeps returns what the tree's conf --olddefconfig makes of .configs.
func ConfKeeps(t testing.TB, tree string, k *Kconfig, texts ...string) []string {
	t.Helper()
	var jobs []job
	for _, text := range texts {
		jobs = append(jobs, job{mode: "olddefconfig", text: text})
	}
	return newOracle(t, tree, k).batch(t, jobs)
}
