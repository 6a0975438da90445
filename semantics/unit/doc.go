// Package unit reads translation units: it joins what the packages below know
// separately – a kernel tree, an architecture's data, a configuration, the
// headers a build generates, the preprocessor, the parser and the types – into
// one file as the compiler of one class would see it.
//
// What could not be read is never left out silently: it is a Gap of the unit.
// The package leaves out what code means and how units call each other.
package unit
