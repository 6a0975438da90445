/* Conversions, promotions, wrapping, shifts: int is 32 bits, long 64. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef long long s64;

TEST(promote_char, 300) { u8 a = 200, b = 100; return a + b; }
TEST(wrap_char, 44) { u8 a = 200, b = 100; u8 c = a + b; return c; }
TEST(signed_char_wraps, (u64)-56) { s8 a = 200; return a; }
TEST(unsigned_wrap, 0xffffffff) { u32 a = 0; return a - 1; }
TEST(unsigned_wrap_long, 0xffffffffffffffff) { u64 a = 0; return a - 1; }
TEST(int_wrap, (u64)-2147483648) { int a = 2147483647; a = a + 1; return a; }
TEST(mixed_compare, 0) { int a = -1; u32 b = 1; return a < b; }
TEST(mixed_compare_long, 1) { int a = -1; long b = 1; return a < b; }
TEST(short_compare, 1) { s16 a = -1; u16 b = 1; return a < b; }
TEST(char_not, (u64)-256) { u8 a = 255; return ~a; }
TEST(char_not_equal, 0) { u8 a = 0; return ~a == (u8)255; }
TEST(sign_extend, 0xffffffffffffff80) { s8 a = -128; u64 b = a; return b; }
TEST(zero_extend, 0x80) { u8 a = 128; u64 b = a; return b; }
TEST(through_unsigned, 0xffffffff) { int a = -1; u64 b = (u32)a; return b; }
TEST(shift_left, 0x80000000) { u32 a = 1; return a << 31; }
TEST(shift_left_char, 0xff00) { u8 a = 0xff; return a << 8; }
TEST(shift_long, 1ull << 40) { return 1ull << 40; }
TEST(shift_right_signed, (u64)-1) { int a = -8; return a >> 5; }
TEST(shift_right_unsigned, 0x7fffffff) { u32 a = -1; return a >> 1; }
TEST(shift_count_type, 16) { int a = 1; u64 n = 4; return a << n; }
TEST(division, (u64)-3) { int a = -7; return a / 2; }
TEST(remainder, (u64)-1) { int a = -7; return a % 2; }
TEST(unsigned_division, 2147483644) { u32 a = -7; return a / 2; }
TEST(division_mixed, 0x7ffffffc) { int a = -7; u32 b = 2; return a / b; }
TEST(multiply_wraps, 0xfffffffe00000001) { u64 a = 0xffffffff; return a * a; }
TEST(multiply_int, 1) { u32 a = 0xffffffff; return a * a; }
TEST(compound_char, 4) { u8 a = 250; a += 10; return a; }
TEST(compound_shift, 0) { u8 a = 0x80; a <<= 1; return a; }
TEST(compound_division, 127) { u8 a = 255; a /= 2; return a; }
TEST(compound_mixed, 3) { s8 a = -1; a += 4u; return a; }
TEST(compound_long, (u64)-1) { int a = 1; a -= 2ul; return a; }
TEST(increment_char, 0) { u8 a = 255; a++; return a; }
TEST(postfix_value, 5) { int a = 5; return a++; }
TEST(prefix_value, 6) { int a = 5; return ++a; }
TEST(decrement_value, 0xff) { u8 a = 0; --a; return a; }
TEST(bool_of, 1) { _Bool b = 256; return b; }
TEST(bool_of_pointer, 1) { int x; _Bool b = &x; return b; }
TEST(bool_increment, 1) { _Bool b = 1; b++; return b; }
TEST(bool_decrement, 1) { _Bool b = 0; b--; return b; }
TEST(bool_add, 2) { _Bool a = 1, b = 1; return a + b; }
TEST(bool_compound, 1) { _Bool b = 0; b |= 4; return b; }
TEST(logical_not, 1) { u64 a = 0; return !a; }
TEST(double_not, 1) { u64 a = 1ull << 40; return !!a; }
TEST(truncated_condition, 0) { u64 a = 1ull << 40; int b = a; return b ? 1 : 0; }
TEST(wide_condition, 1) { u64 a = 1ull << 40; return a ? 1 : 0; }
TEST(conditional_type, 0xffffffffffffffff) { int c = 1; return c ? -1 : 0l; }
TEST(conditional_unsigned, 0xffffffff) { int c = 1; return c ? -1 : 0u; }
TEST(elvis, 7) { int a = 0; return a ?: 7; }
TEST(elvis_once, 12) { int a = 1; int b = a++ ?: 9; return b * 10 + a; }
TEST(comma, 3) { int a = 1; return (a++, a + 1); }
TEST(char_literal, (u64)-1) { return '\377'; }
TEST(octal, 8) { return 010; }
TEST(hex_unsigned, 0) { return -1 > 0xffffffff; }
TEST(decimal_is_long, 1) { return -1 < 4294967295; }
TEST(sizeof_char_literal, 4) { return sizeof('a'); }
TEST(sizeof_conditional, 8) { return sizeof(1 ? 1 : 1l); }
TEST(sizeof_no_effect, 1) { int a = 1; (void)sizeof(a++); return a; }
TEST(enum_values, 42) { enum { A, B = 40, C }; return A + C + (B - 39); }
TEST(enum_unsigned, 1) { enum e { X = 1, Y = 0x80000000 } e = Y; return e > 0; }
TEST(enum_negative, 1) { enum e { X = -1 } e = X; return e < 0; }
TEST(assign_value, 44) { u8 c; int i = (c = 300); return i; }
TEST(chain, 10) { int a, b, c; a = b = c = 5; return a + b; }
TEST(bitops, 0x0ff0) { u32 a = 0xff00, b = 0x0ff0; return (a ^ b) & (a | 0x00f0) & ~0xf000 | (a & b); }
TEST(precedence, 1) { return 1 | 2 == 3; }
TEST(big_decimal, 18446744073709551615ull) { return 18446744073709551615ull; }
TEST(negative_modulo_power, 0xfffffffffffffff8) { s64 a = -8; return a % 16; }
TEST(short_circuit_and, 1) { int n = 1; if (0 && n++) n = 9; return n; }
TEST(short_circuit_or, 1) { int n = 1; if (1 || n++) { } return n; }
TEST(and_of_settled_or, 1) { int n = 1; if ((1 || n++) && 0) n = 9; return n; }
TEST(or_of_settled_and, 9) { int n = 1; if ((0 && n++) || 5) n = 9; return n; }
TEST(and_evaluates, 2) { int n = 1; if (1 && n++) { } return n; }
TEST(logical_value, 1) { int a = 4, b = 2; return a && b; }
TEST(int128_multiply, 0xfffffffffffffffe) { unsigned __int128 a = ~0ull; a *= ~0ull; return a >> 64; }
TEST(int128_divide, 0x8000000000000000) { unsigned __int128 a = 1; a <<= 100; a /= 1ull << 37; return a; }
TEST(int128_signed, (u64)-1) { __int128 a = -5; return a >> 127; }
TEST(int128_compare, 1) { __int128 a = -1, b = 1; return a < b; }
TEST(int128_remainder, 3) { __int128 a = ((__int128)7 << 70) + 3; return a % ((__int128)1 << 70); }
TEST(int128_wrap, 1) { unsigned __int128 a = 0; return a - 1 == ~(unsigned __int128)0; }
TEST(int128_extend, 1) { __int128 a = (int)-1; return (u64)(a >> 64) == ~0ull; }
TEST(clz, 4) { u32 a = 0x08000000; return __builtin_clz(a); }
TEST(clzl, 60) { u64 a = 8; return __builtin_clzl(a); }
TEST(ctz, 27) { u32 a = 0x08000000; return __builtin_ctz(a); }
TEST(ctzll, 35) { u64 a = 1ull << 35; return __builtin_ctzll(a); }
TEST(ffs, 28) { int a = 0x08000000; return __builtin_ffs(a); }
TEST(ffs_zero, 0) { long a = 0; return __builtin_ffsl(a); }
TEST(popcount, 9) { u64 a = 0xf0f010; return __builtin_popcountll(a); }
TEST(parity, 1) { u32 a = 7; return __builtin_parity(a); }
TEST(clrsb, 27) { int a = -16; return __builtin_clrsb(a); }
TEST(bswap16, 0x3412) { u16 a = 0x1234; return __builtin_bswap16(a); }
TEST(bswap32, 0x78563412) { u32 a = 0x12345678; return __builtin_bswap32(a); }
TEST(bswap64, 0x0807060504030201) { u64 a = 0x0102030405060708; return __builtin_bswap64(a); }
TEST(digits, 1001) { int a = '0'; return __builtin_isdigit(a + 9) * 1000 + __builtin_isdigit(a + 10) * 100 + __builtin_isdigit(a - 1) * 10 + __builtin_isdigit(a); }
TEST(absolute, 5) { int a = -5; return __builtin_abs(a); }
TEST(add_overflow, 0x80000000 | 1ull << 32) { int a = 0x7fffffff, r; u64 o = __builtin_add_overflow(a, 1, &r); return (u32)r | o << 32; }
TEST(add_no_overflow, 5) { u8 r; u64 o = __builtin_add_overflow(2, 3, &r); return r | o << 32; }
TEST(add_overflow_narrow, 44 | 1ull << 32) { u8 r; u64 o = __builtin_add_overflow(200, 100, &r); return r | o << 32; }
TEST(sub_overflow, 1) { u64 r; return __builtin_sub_overflow(1ull, 2ull, &r); }
TEST(sub_mixed, 0) { s64 r; return __builtin_sub_overflow(1ull, 2ull, &r); }
TEST(mul_overflow, 1) { u64 r; return __builtin_mul_overflow(1ull << 33, 1ull << 31, &r); }
TEST(mul_overflow_negative, 0) { s64 r; return __builtin_mul_overflow(1ull << 62, -2ll, &r); }
TEST(expect, 5) { int a = 5; return __builtin_expect(a, 0); }
TEST(rotate, 0x2468acf1) { u32 a = 0x92345678; int n = 1; return a << n | a >> (32 - n); }
TEST(cast_chain, 0xff) { int a = -1; return (u8)(s16)(u64)a; }
TEST(typeof_expression, 0xff) { u8 a = 1; typeof(a) b = -1; return b; }
TEST(auto_type, 8) { __auto_type x = 5ll; return sizeof(x); }
TEST(generic, 2) { u64 a = 0; return _Generic(a, int: 1, unsigned long long: 2, default: 3); }
TEST(choose, 4) { return __builtin_choose_expr(sizeof(long) == 8, 4, "no"); }
TEST(compatible, 1) { return __builtin_types_compatible_p(int, const int) && !__builtin_types_compatible_p(int, long); }
TEST(minus_unsigned, 0xfffffffb) { u32 a = 5; return -a; }
TEST(plus_promotes, 4) { char c = 1; return sizeof(+c); }
