// Package names knows what the names of a kernel tree can mean in any
// configuration of any architecture, from the text of its headers alone:
// which can lead to a trap of an architecture's helper, which are macros that
// steer control or glue new names together, which are mentioned at all.
//
// Everything is an upper bound: both sides of every conditional count, every
// definition of a name counts wherever it is included, and a word counts as a
// use wherever it stands. So what the package calls harmless is so in every
// configuration, and the converse says nothing. It leaves out which
// configurations there are, and what C does beyond names.
package names
