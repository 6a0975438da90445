// Package syntax parses GNU C11 as the Linux kernel writes it into a tree.
//
// It knows the grammar: declarations with attributes wherever gcc takes them,
// statement expressions, typeof, asm with its operands, case ranges, labels
// as values and the rest of the kernel's dialect; and enough of scopes to tell
// a typedef name from another name. It leaves out what needs types: sizes,
// conversions, constant values and undeclared names belong to semantics/types,
// and macro expansion is done before, by parse/cpp.
//
// Function bodies are skipped by matching braces and parsed when File.Body
// first asks for them. An error stays in its declaration: it becomes a BadDecl
// and parsing goes on behind it. What is not understood is an error with its
// place, never a guess; only ParseFragment, which reads pieces of files, may
// guess which names are types.
package syntax
