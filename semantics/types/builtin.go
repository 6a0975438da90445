package types

import (
	"math/bits"
	"strings"

	"ptreview/parse/syntax"
)

// builtinTable lists compiler builtins with their types, one letter each,
// result first: v void, b _Bool, c char, h unsigned short, i int, u unsigned,
// l long, L unsigned long, q long long, Q unsigned long long, z size_t,
// p void *, P const void *, s char *, S const char *, f float, d double,
// D long double, o unsigned __int128, a va_list, . further arguments. A ? as
// the result stands for one that depends on the arguments (see builtinCall).
const builtinTable = `
__builtin_abort v
__builtin_trap v
__builtin_unreachable v
__builtin_expect lll
__builtin_expect_with_probability llld
__builtin_constant_p i.
__builtin_classify_type i.
__builtin_object_size zPi
__builtin_dynamic_object_size zPi
__builtin_assume_aligned pPz.
__builtin_prefetch vP.
__builtin_return_address pu
__builtin_frame_address pu
__builtin_extract_return_addr pp
__builtin_frob_return_addr pp
__builtin_va_start v.
__builtin_va_end v.
__builtin_va_copy v.
__builtin_next_arg p.
__builtin_va_arg_pack i
__builtin_va_arg_pack_len i
__builtin_alloca pz
__builtin_alloca_with_align pzz
__builtin_stack_save p
__builtin_stack_restore vp
__builtin_speculation_safe_value ?.
__builtin_has_attribute i.
__builtin_clear_padding v.
__builtin_memcpy ppPz
__builtin_memmove ppPz
__builtin_memset ppiz
__builtin_memcmp iPPz
__builtin_memchr pPiz
__builtin_mempcpy ppPz
__builtin_strlen zS
__builtin_strnlen zSz
__builtin_strcmp iSS
__builtin_strncmp iSSz
__builtin_strcpy ssS
__builtin_strncpy ssSz
__builtin_strcat ssS
__builtin_strncat ssSz
__builtin_strchr sSi
__builtin_strrchr sSi
__builtin_strstr sSS
__builtin_strpbrk sSS
__builtin_strspn zSS
__builtin_strcspn zSS
__builtin_printf iS.
__builtin_sprintf isS.
__builtin_snprintf iszS.
__builtin_vsnprintf iszSa
__builtin___memcpy_chk ppPzz
__builtin___memmove_chk ppPzz
__builtin___memset_chk ppizz
__builtin___strcpy_chk ssSz
__builtin_isalnum ii
__builtin_isalpha ii
__builtin_isblank ii
__builtin_iscntrl ii
__builtin_isdigit ii
__builtin_isgraph ii
__builtin_islower ii
__builtin_isprint ii
__builtin_ispunct ii
__builtin_isspace ii
__builtin_isupper ii
__builtin_isxdigit ii
__builtin_tolower ii
__builtin_toupper ii
__builtin_abs ii
__builtin_isdigit ii
__builtin_labs ll
__builtin_llabs qq
__builtin_ffs ii
__builtin_ffsl il
__builtin_ffsll iq
__builtin_clz iu
__builtin_clzl iL
__builtin_clzll iQ
__builtin_ctz iu
__builtin_ctzl iL
__builtin_ctzll iQ
__builtin_clrsb ii
__builtin_clrsbl il
__builtin_clrsbll iq
__builtin_popcount iu
__builtin_popcountl iL
__builtin_popcountll iQ
__builtin_parity iu
__builtin_parityl iL
__builtin_parityll iQ
__builtin_bswap16 hh
__builtin_bswap32 uu
__builtin_bswap64 QQ
__builtin_bswap128 oo
__builtin_add_overflow b...
__builtin_sub_overflow b...
__builtin_mul_overflow b...
__builtin_add_overflow_p b...
__builtin_sub_overflow_p b...
__builtin_mul_overflow_p b...
__builtin_sadd_overflow b...
__builtin_saddl_overflow b...
__builtin_saddll_overflow b...
__builtin_uadd_overflow b...
__builtin_uaddl_overflow b...
__builtin_uaddll_overflow b...
__builtin_ssub_overflow b...
__builtin_ssubl_overflow b...
__builtin_ssubll_overflow b...
__builtin_usub_overflow b...
__builtin_usubl_overflow b...
__builtin_usubll_overflow b...
__builtin_smul_overflow b...
__builtin_smull_overflow b...
__builtin_smulll_overflow b...
__builtin_umul_overflow b...
__builtin_umull_overflow b...
__builtin_umulll_overflow b...
__builtin_thread_pointer p
__builtin_set_thread_pointer vp
__builtin___clear_cache vss
__builtin_ia32_pause v
__builtin_alpha_rpcc L
__builtin_alpha_cmpbge LLL
__builtin_alpha_extbl LLL
__builtin_alpha_extwl LLL
__builtin_alpha_insbl LLL
__builtin_alpha_inswl LLL
__builtin_alpha_inslh LLL
__builtin_alpha_insql LLL
__builtin_arc_fls ii
__builtin_arc_lr LL
__builtin_arc_sr vLL
__builtin_inf d
__builtin_huge_val d
__builtin_nan dS
__builtin_fabs dd
__sync_synchronize v
__sync_fetch_and_add ?.
__sync_fetch_and_sub ?.
__sync_fetch_and_or ?.
__sync_fetch_and_and ?.
__sync_fetch_and_xor ?.
__sync_fetch_and_nand ?.
__sync_add_and_fetch ?.
__sync_sub_and_fetch ?.
__sync_or_and_fetch ?.
__sync_and_and_fetch ?.
__sync_xor_and_fetch ?.
__sync_nand_and_fetch ?.
__sync_bool_compare_and_swap b.
__sync_val_compare_and_swap ?.
__sync_lock_test_and_set ?.
__sync_lock_release v.
__atomic_load_n ?.
__atomic_load v.
__atomic_store_n v.
__atomic_store v.
__atomic_exchange_n ?.
__atomic_exchange v.
__atomic_compare_exchange_n b.
__atomic_compare_exchange b.
__atomic_add_fetch ?.
__atomic_sub_fetch ?.
__atomic_and_fetch ?.
__atomic_xor_fetch ?.
__atomic_or_fetch ?.
__atomic_nand_fetch ?.
__atomic_fetch_add ?.
__atomic_fetch_sub ?.
__atomic_fetch_and ?.
__atomic_fetch_xor ?.
__atomic_fetch_or ?.
__atomic_fetch_nand ?.
__atomic_test_and_set b.
__atomic_clear v.
__atomic_thread_fence vi
__atomic_signal_fence vi
__atomic_always_lock_free bzP
__atomic_is_lock_free bzP
__builtin_rdctl ii
__builtin_wrctl vii
__builtin_custom_ini iii
`

// builtinType finds a builtin's letters.
func builtinType(name string) (string, bool) {
	i := strings.Index(builtinTable, "\n"+name+" ")
	if i < 0 {
		return "", false
	}
	rest := builtinTable[i+len(name)+2:]
	return rest[:strings.IndexByte(rest, '\n')], true
}

// builtin returns the object of a compiler builtin or an opaque macro.
func (c *checker) builtin(e *syntax.Ident) *Object {
	u := c.u
	if o := u.builtins[e.Name]; o != nil {
		return o
	}
	var t *Func
	generic := false
	if kind, ok := u.opt.Opaque[e.Name]; ok {
		t = &Func{Result: u.basic[kind], NoProto: true}
	} else if strings.HasPrefix(e.Name, "__") {
		if letters, ok := builtinType(e.Name); ok {
			t = u.builtinFunc(letters)
			generic = letters[0] == '?'
		}
	}
	if t == nil {
		return nil
	}
	o := &Object{Name: e.Name, Kind: Builtin, Type: t, generic: generic}
	u.builtins[e.Name] = o
	return o
}

func (u *Unit) builtinFunc(letters string) *Func {
	t := &Func{Result: u.letter(letters[0])}
	for i := 1; i < len(letters); i++ {
		if letters[i] == '.' {
			t.Variadic = true
			break
		}
		t.Params = append(t.Params, Param{Type: u.letter(letters[i])})
	}
	if t.Variadic && len(t.Params) == 0 {
		t.Variadic, t.NoProto = false, true
	}
	return t
}

func (u *Unit) letter(l byte) Type {
	constant := func(k BasicKind) Type { return u.qualify(u.basic[k], syntax.Const) }
	switch l {
	case 'v':
		return u.basic[Void]
	case 'b':
		return u.basic[Bool]
	case 'c':
		return u.basic[Char]
	case 'h':
		return u.basic[UShort]
	case 'i', '?':
		return u.basic[Int]
	case 'u':
		return u.basic[UInt]
	case 'l':
		return u.basic[Long]
	case 'L':
		return u.basic[ULong]
	case 'q':
		return u.basic[LongLong]
	case 'Q':
		return u.integer(64, true)
	case 'z':
		return u.SizeT()
	case 'p':
		return u.pointerTo(u.basic[Void])
	case 'P':
		return u.pointerTo(constant(Void))
	case 's':
		return u.pointerTo(u.basic[Char])
	case 'S':
		return u.pointerTo(constant(Char))
	case 'f':
		return u.basic[Float]
	case 'd':
		return u.basic[Double]
	case 'D':
		return u.basic[LongDouble]
	case 'o':
		return u.basic[UInt128]
	case 'a':
		return u.decay(u.vaListType())
	}
	panic("types: unknown letter in the table of builtins")
}

// vaListType is __builtin_va_list.
func (u *Unit) vaListType() Type {
	if u.vaList == nil {
		u.vaList = u.makeVaList()
	}
	return u.vaList
}

func (u *Unit) makeVaList() Type {
	size, word := int64(u.abi.VaListSize), int64(u.abi.PointerSize)
	if size <= word && u.abi.VaListChar {
		return u.pointerTo(u.basic[Char])
	}
	if size <= word {
		return u.pointerTo(u.basic[Void])
	}
	// Only its size matters: no code looks inside.
	r := &Record{Tag: "__va_list_tag", Complete: true, size: size, align: word}
	for off := int64(0); off < size; off += word {
		r.Fields = append(r.Fields, Field{Name: "__word" + string(rune('0'+off/word)), Type: u.basic[ULong], Offset: off, align: word})
	}
	r.lazy = &recordBody{}
	if u.abi.VaListRecord {
		return r
	}
	return &Array{Elem: r, Len: 1}
}

// builtinTypedef is a type name that gcc knows without a declaration.
func (u *Unit) builtinTypedef(name string) Type {
	switch name {
	case "__int128_t":
		if u.abi.Int128 {
			return u.basic[Int128]
		}
	case "__uint128_t":
		if u.abi.Int128 {
			return u.basic[UInt128]
		}
	case "__builtin_va_list":
		return u.vaListType()
	}
	return nil
}

// ---- calls

func (c *checker) call(e *syntax.Call) Type {
	fun := c.callee(e)
	for _, a := range e.Args {
		c.operand(a)
	}
	if fun == nil {
		return nil
	}
	t := Unqual(fun)
	if p, ok := t.(*Pointer); ok {
		t = Unqual(p.Elem)
	}
	f, ok := t.(*Func)
	if !ok {
		c.errorf(e, "called object has type %s", fun)
		return nil
	}
	if !c.arguments(e, f) {
		return nil
	}
	if o := ObjectOf(e.Fun); o != nil && o.Kind == Builtin {
		return c.builtinCall(e, o, f)
	}
	if !isVoid(f.Result) && !c.complete(f.Result) {
		c.errorf(e, "call returns incomplete type %s", f.Result)
		return nil
	}
	return f.Result
}

// callee types the function called; an undeclared name is C89's implicit
// declaration, which is never made.
func (c *checker) callee(e *syntax.Call) Type {
	id, ok := e.Fun.(*syntax.Ident)
	if !ok {
		return c.operand(e.Fun)
	}
	if t := TypeOf(id); t != nil {
		return t
	}
	t := c.ident(id, true)
	if t != nil {
		id.Type = t
	}
	return t
}

// arguments checks the arguments against a prototype.
func (c *checker) arguments(e *syntax.Call, f *Func) bool {
	if f.NoProto {
		return true
	}
	name := "the call"
	if id, ok := e.Fun.(*syntax.Ident); ok {
		name = "the call of " + id.Name
	}
	switch {
	case len(e.Args) < len(f.Params):
		c.errorf(e, "too few arguments in %s", name)
		return false
	case len(e.Args) > len(f.Params) && !f.Variadic:
		c.errorf(e, "too many arguments in %s", name)
		return false
	}
	for i, p := range f.Params {
		if TypeOf(e.Args[i]) != nil {
			c.assignable(p.Type, e.Args[i], "an argument of "+name)
		}
	}
	return true
}

// builtinCall types and folds the call of a builtin.
func (c *checker) builtinCall(e *syntax.Call, o *Object, f *Func) Type {
	t := f.Result
	if o.generic {
		if t = c.genericBuiltin(e, o.Name); t == nil {
			return nil
		}
	}
	switch o.Name {
	case "__builtin_constant_p":
		c.foldConstantP(e)
	case "__builtin_expect", "__builtin_expect_with_probability":
		if k := ConstOf(e.Args[0]); k != nil {
			setConst(e, makeConst(k.num(), t, k.ICE))
		}
	case "__builtin_strlen":
		c.foldStrlen(e, t)
	default:
		c.foldBits(e, o.Name, t)
	}
	return t
}

// genericBuiltin is the result of a builtin that works on any integer: what
// its first argument points to, or is.
func (c *checker) genericBuiltin(e *syntax.Call, name string) Type {
	if len(e.Args) == 0 || c.value(e.Args[0]) == nil {
		if len(e.Args) == 0 {
			c.errorf(e, "%s without arguments", name)
		}
		return nil
	}
	t := c.value(e.Args[0])
	if name == "__builtin_speculation_safe_value" {
		return t
	}
	p, ok := t.(*Pointer)
	if !ok || !isInteger(p.Elem) && !isPointer(p.Elem) {
		c.errorf(e, "first argument of %s has type %s", name, t)
		return nil
	}
	return Unqual(p.Elem)
}

// foldConstantP follows fold_builtin_constant_p of gcc's builtins.c.
func (c *checker) foldConstantP(e *syntax.Call) {
	if len(e.Args) != 1 || c.value(e.Args[0]) == nil {
		return
	}
	answer := func(v bool) { setConst(e, makeConst(int128{0, uint64(bit(v))}, c.u.basic[Int], true)) }
	arg := stripCasts(e.Args[0])
	if c.constant(arg) != nil || ConstOf(e.Args[0]) != nil || isFloatConst(arg) || literalAddress(arg) {
		answer(true)
		return
	}
	t := c.value(arg)
	if !pure(arg) || !isArith(t) || c.now || c.scope == nil {
		answer(false)
		return
	}
	if c.u.opt.ConstantP != nil {
		if v, known := c.u.opt.ConstantP(e.Args[0]); known {
			answer(v)
		}
	}
}

// stripCasts removes conversions that keep the value's bits, as gcc's
// STRIP_NOPS does.
func stripCasts(e syntax.Expr) syntax.Expr {
	for {
		x, ok := e.(*syntax.Cast)
		if !ok || TypeOf(x.X) == nil || TypeOf(x) == nil || isFloat(TypeOf(x)) != isFloat(TypeOf(x.X)) {
			return e
		}
		if _, isArray := Unqual(TypeOf(x.X)).(*Array); !isArray && TypeOf(x).Size() != TypeOf(x.X).Size() {
			return e
		}
		e = x.X
	}
}

func isFloatConst(e syntax.Expr) bool {
	_, ok := e.(*syntax.FloatLit)
	return ok
}

// literalAddress reports whether e is a string literal or &"…"[0].
func literalAddress(e syntax.Expr) bool {
	if _, ok := e.(*syntax.StringLit); ok {
		return true
	}
	if a, ok := e.(*syntax.Unary); ok && a.Op == syntax.AddrOf {
		if i, ok := a.X.(*syntax.Index); ok {
			_, isLit := i.X.(*syntax.StringLit)
			k := ConstOf(i.I)
			return isLit && k != nil && k.IsZero()
		}
		_, isLit := a.X.(*syntax.StringLit)
		return isLit
	}
	return false
}

func (c *checker) foldStrlen(e *syntax.Call, t Type) {
	lit, ok := e.Args[0].(*syntax.StringLit)
	if !ok || lit.Prefix != "" {
		return
	}
	n := len(lit.Value)
	if i := strings.IndexByte(string(lit.Value), 0); i >= 0 {
		n = i
	}
	setConst(e, makeConst(fromInt(int64(n)), t, true))
}

// pureBuiltin reports whether calls of a builtin have no effect of their own.
func pureBuiltin(name string) bool {
	switch name {
	case "__builtin_constant_p", "__builtin_expect", "__builtin_expect_with_probability",
		"__builtin_object_size", "__builtin_dynamic_object_size", "__builtin_assume_aligned",
		"__builtin_strlen", "__builtin_strcmp", "__builtin_memcmp", "__builtin_return_address",
		"__builtin_frame_address", "__builtin_extract_return_addr", "__builtin_abs", "__builtin_isdigit",
		"__builtin_labs", "__builtin_llabs", "__builtin_classify_type":
		return true
	}
	_, ok := bitBuiltin(name)
	return ok
}

// bitBuiltin splits a name such as __builtin_clzll into clz.
func bitBuiltin(name string) (string, bool) {
	stem, ok := strings.CutPrefix(name, "__builtin_")
	if !ok {
		return "", false
	}
	switch stem {
	case "bswap16", "bswap32", "bswap64", "bswap128":
		return "bswap", true
	}
	stem = strings.TrimRight(stem, "l")
	switch stem {
	case "clz", "ctz", "ffs", "popcount", "parity", "clrsb":
		return stem, true
	}
	return "", false
}

// foldBits computes clz and its relatives of a constant. The result of clz
// and ctz of 0 is undefined and left alone.
func (c *checker) foldBits(e *syntax.Call, name string, t Type) {
	stem, ok := bitBuiltin(name)
	if !ok || len(e.Args) != 1 || ConstOf(e.Args[0]) == nil {
		return
	}
	f := ObjectOf(e.Fun).Type.(*Func)
	k := ConstOf(e.Args[0])
	width := intBits(f.Params[0].Type)
	x := k.num().wrap(width, false)
	n := 0
	switch stem {
	case "bswap":
		setConst(e, makeConst(byteSwap(x, width), t, k.ICE))
		return
	case "popcount", "parity":
		n = bits.OnesCount64(x.lo)
		if stem == "parity" {
			n &= 1
		}
	case "ffs":
		if x.lo != 0 {
			n = bits.TrailingZeros64(x.lo) + 1
		}
	case "clrsb":
		s := x.wrap(width, true)
		n = width - s.precision(true)
	default:
		if x.lo == 0 {
			return
		}
		n = bits.TrailingZeros64(x.lo)
		if stem == "clz" {
			n = width - bits.Len64(x.lo)
		}
	}
	setConst(e, makeConst(fromInt(int64(n)), t, k.ICE))
}

func byteSwap(x int128, width int) int128 {
	if width <= 64 {
		return int128{0, bits.ReverseBytes64(x.lo) >> (64 - width)}
	}
	return int128{bits.ReverseBytes64(x.lo), bits.ReverseBytes64(x.hi)}
}
