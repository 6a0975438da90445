package arch

// ABI is what the C front end has to know of a target to lay out types and
// evaluate expressions as its compiler does. Sizes and alignments are bytes.
// A data file gives each by the key that stands beside it; what it leaves out
// is zero or false.
type ABI struct {
	PointerSize   int  `yaml:"pointer"`
	LongSize      int  `yaml:"long"`
	LongLongAlign int  `yaml:"long_long_align"` // of long long, double and their likes inside a record
	Int128        bool `yaml:"int128"`
	MaxAlign      int  `yaml:"max_align"` // __BIGGEST_ALIGNMENT__
	BigEndian     bool `yaml:"big_endian"`
	CharUnsigned  bool `yaml:"char_unsigned"` // plain char
	WCharSize     int  `yaml:"wchar"`
	WCharUnsigned bool `yaml:"wchar_unsigned"`
	SizeTIsInt    bool `yaml:"size_t_is_int"` // size_t is unsigned int rather than unsigned long
	LongDouble    int  `yaml:"long_double"`   // size of long double
	// VaListSize is the size of __builtin_va_list: a pointer on most, a
	// one-element array of a record on x86_64, s390 and powerpc 32 bit.
	VaListSize int `yaml:"va_list"`
	// VaListRecord tells a va_list that is a record itself, not an array of
	// one (aarch64).
	VaListRecord bool `yaml:"va_list_record"`
	// VaListChar tells a va_list that is a char pointer rather than a void one.
	VaListChar bool `yaml:"va_list_char"`
	// AnonBitfieldAlign tells an ABI in which an unnamed bit-field aligns its
	// record as a named one does (aarch64).
	AnonBitfieldAlign bool `yaml:"anon_bitfield_align"`
	// RecordAlign is the least alignment of a record or union that is not
	// packed, 0 for 1 (ARM's OABI).
	RecordAlign int `yaml:"record_align"`
	// EmptyFieldAlign is what a bit-field of width 0 aligns the next member
	// to, in an ABI in which the type of a bit-field has otherwise no part in
	// where it lies (m68k); 0 elsewhere.
	EmptyFieldAlign int `yaml:"empty_field_align"`
}

// check returns what cannot be true of any target.
func (a *ABI) check() string {
	switch {
	case a.PointerSize != 4 && a.PointerSize != 8:
		return "pointer must be 4 or 8"
	case a.LongSize != a.PointerSize:
		return "long must be as large as a pointer, as everywhere in Linux"
	case !isPower(a.LongLongAlign, 1, 8):
		return "long_long_align must be 1, 2, 4 or 8"
	case !isPower(a.MaxAlign, 1, 128):
		return "max_align must be a power of two"
	case a.WCharSize != 2 && a.WCharSize != 4:
		return "wchar must be 2 or 4"
	case a.RecordAlign != 0 && !isPower(a.RecordAlign, 1, 8):
		return "record_align must be 1, 2, 4 or 8"
	case a.LongDouble < 8 || a.LongDouble > 16:
		return "long_double must be 8 to 16"
	case a.VaListSize < a.PointerSize || a.VaListSize%a.PointerSize != 0:
		return "va_list must be a multiple of pointer"
	}
	return ""
}

func isPower(n, low, high int) bool { return n >= low && n <= high && n&(n-1) == 0 }
