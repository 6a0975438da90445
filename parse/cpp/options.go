package cpp

import "io/fs"

// Options says how one unit is read.
type Options struct {
	// Files is the tree with its generated files, paths relative to the
	// kernel's top folder. If it is nil, FS is read afresh.
	Files *Files
	FS    fs.FS

	// Quote and Angle are the directories of -iquote and -I, in order,
	// relative to the top folder. __FILE__ spells them as they stand here.
	Quote, Angle []string
	// Forced are the files of -include, in order.
	Forced []string
	// Predefined is the text that defines the compiler's macros and those of
	// -D and -U, as #define and #undef lines.
	Predefined []byte

	// Opaque names trap macros. A use of one that is defined as a
	// function-like macro stays in the stream, by its own name, its arguments
	// expanded, so that a trap can be recognised where it is used. With none
	// the stream is that of gcc -E.
	Opaque []string

	// Has and Lacks are the questions, such as "__has_attribute(model)" or
	// "__has_builtin(__builtin_trap)", that are answered by yes and by no where
	// gcc 12 answers otherwise on every target. Attributes are spelled without
	// underscores around them.
	Has, Lacks []string
	// Clang adds the operators __has_feature and __has_extension, which say no
	// but to what stands in Has.
	Clang bool

	Limits Limits

	// Afresh makes the unit without what others have in common with it but the
	// tokens of files. The result is the same; only the time differs.
	Afresh bool
}

// Limits bound what a hostile unit can cost. Zero fields mean the default.
type Limits struct {
	Depth  int // of nested #include; 200
	Tokens int // in the result; 8 million
	Steps  int // tokens read or made by macro expansion; 16 million. The mm files take 2 million
	Nested int // macro uses inside arguments of macro uses; 2,000
	Errors int // reported; 100
}

func (l Limits) withDefaults() Limits {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.Depth, 200)
	def(&l.Tokens, 8<<20)
	def(&l.Steps, 16<<20)
	def(&l.Nested, 2000)
	def(&l.Errors, 100)
	return l
}
