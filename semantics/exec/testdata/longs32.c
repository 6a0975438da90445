/* What changes where long and pointers have 32 bits: powerpc, big endian. */

typedef unsigned int u32;
typedef unsigned long long u64;

TEST(sizes, 0x448) { return sizeof(long) << 8 | sizeof(void *) << 4 | sizeof(long long); }
TEST(long_wraps, 0) { unsigned long a = 0xffffffff; a++; return a; }
TEST(long_long_does_not, 0x100000000) { u64 a = 0xffffffff; a++; return a; }
TEST(unsigned_beats_long, 0) { long a = -1; u32 b = 1; return a < b; }
TEST(decimal_is_long_long, 8) { return sizeof(4294967295); }
TEST(pointer_to_long_long, 5) { int x = 5; u64 a = (unsigned long)&x; return *(int *)(unsigned long)a; }
TEST(pointer_arithmetic, 8) { int a[4]; return (unsigned long)&a[2] - (unsigned long)a; }
TEST(size_t_is_int, 1) { return _Generic(sizeof(0), unsigned int: 1, default: 0); }
TEST(shift_of_long, 0) { unsigned long a = 0x80000000; a <<= 1; return a; }
TEST(halves, 1) { union { u64 w; u32 h[2]; } u; u.w = 1; return u.h[1]; }
TEST(multiply, 0xfffffffe00000001) { u32 a = 0xffffffff; return (u64)a * a; }
