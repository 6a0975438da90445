// Package cpp is a GNU C preprocessor.
//
// It knows how gcc 12 turns a file into tokens: lexing, directives, include
// search, macro expansion with the white space that strings show, pragmas and
// the __has_ operators. The tokens of a unit are those of gcc -E, and each one
// leads back through the macro uses it came from to the place in a file that
// wrote it.
//
// A Cache lexes each file once per content, for all units, configurations and
// trees that read it, and a Lexed tells the conditional structure of a file
// whatever is defined. Trap macros can be left unexpanded (Options.Opaque), so
// that a trap is seen where it is used.
//
// Units are hostile input: time and memory are bounded by Limits, and an error
// is listed with its place and never guessed away. Left out are trigraphs,
// assertions (#assert), the traditional and assembler modes, #__VA_OPT__, and
// the checks that only warn. __DATE__, __TIME__ and __TIMESTAMP__ are fixed.
package cpp
