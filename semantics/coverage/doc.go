// Package coverage measures how much of a kernel the C front end reads: for
// one architecture in one configuration, which of the translation units that
// matter for page tables are preprocessed, parsed and typed with all their
// function bodies, and what is left out, with place and reason.
//
// It asks for everything a unit has, as no review would. What the code means,
// and whether it is right, is none of its business: an error of the types that
// a compiler would report too counts as a failure here, since kernels compile.
package coverage
