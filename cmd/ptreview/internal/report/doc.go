// Package report writes a check.Report for people and for programs. It knows
// how things look and decides nothing.
package report
