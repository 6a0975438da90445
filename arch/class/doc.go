// Package class says which configurations of an architecture are worth
// reading. Conditions of definitions are formulas over Kconfig symbols; the
// configurations that agree on every symbol of those conditions form a class,
// represented by one full configuration that Kconfig accepts, its witness.
package class
