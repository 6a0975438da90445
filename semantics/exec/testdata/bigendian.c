/* What byte order and the width of long decide: powerpc 64 bit and s390. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

TEST(first_byte, 0x12) { u32 i = 0x12345678; return *(u8 *)&i; }
TEST(first_half, 0x1234) { union { u32 i; u16 h[2]; } u = { 0x12345678 }; return u.h[0]; }
TEST(bytes_to_word, 0x01020304) { union { u8 b[4]; u32 i; } u = { { 1, 2, 3, 4 } }; return u.i; }
TEST(bitfield_order, 0x80000000) { union { struct { u32 a : 1, b : 31; } s; u32 v; } u = { .v = 0 }; u.s.a = 1; return u.v; }
TEST(bitfield_middle, 0x0ff00000) { union { struct { u32 a : 4, b : 8, c : 20; } s; u32 v; } u = { .v = 0 }; u.s.b = 0xff; return u.v; }
TEST(bitfield_read, 0x345) { union { struct { u32 a : 8, b : 12, c : 12; } s; u32 v; } u = { .v = 0x12345678 }; return u.s.b; }
TEST(bitfield_char, 0x40) { union { struct { u8 a : 1, b : 1, c : 6; } s; u8 v; } u = { .v = 0 }; u.s.b = 1; return u.v; }
TEST(bitfield_of_long, 0xfff0000000000000) { union { struct { u64 a : 12, b : 52; } s; u64 v; } u = { .v = 0 }; u.s.a = -1; return u.v; }
TEST(long_bytes, 0x0102030405060708) { u8 b[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }; return *(u64 *)b; }
TEST(int128_halves, 0x1) { union { unsigned __int128 w; u64 h[2]; } u; u.w = 1; return u.h[1]; }
TEST(plain_char_is_unsigned, 255) { char c = -1; return c; }
TEST(swap, 0x78563412) { return __builtin_bswap32(0x12345678); }
static int last(int n, ...) { __builtin_va_list ap; int r = 0; __builtin_va_start(ap, n); while (n--) r = __builtin_va_arg(ap, int); __builtin_va_end(ap); return r; }
TEST(variable_arguments, 7) { return last(3, 5, 6, 7); }
struct pair { u8 a; u16 b; };
static struct pair make(u8 a, u16 b) { return (struct pair){ a, b }; }
TEST(small_struct, 0x0102) { return make(9, 0x0102).b; }
TEST(long_is_64, 8) { return sizeof(long) + sizeof(void *) - 8; }
