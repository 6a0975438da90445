package arch

// ABI is what the C front end has to know of a target to lay out types and
// evaluate expressions as its compiler does. Sizes and alignments are bytes.
type ABI struct {
	PointerSize   int
	LongSize      int
	LongLongAlign int // of long long, double and their likes inside a record
	Int128        bool
	MaxAlign      int // __BIGGEST_ALIGNMENT__
	BigEndian     bool
	CharUnsigned  bool // plain char
	WCharSize     int
	WCharUnsigned bool
	SizeTIsInt    bool // size_t is unsigned int rather than unsigned long
	LongDouble    int  // size of long double
	// VaListSize is the size of __builtin_va_list: a pointer on most, a
	// one-element array of a record on x86_64, s390 and powerpc 32 bit.
	VaListSize int
	// VaListRecord tells a va_list that is a record itself, not an array of
	// one (aarch64).
	VaListRecord bool
	// VaListChar tells a va_list that is a char pointer rather than a void one.
	VaListChar bool
	// AnonBitfieldAlign tells an ABI in which an unnamed bit-field aligns its
	// record as a named one does (aarch64).
	AnonBitfieldAlign bool
}
