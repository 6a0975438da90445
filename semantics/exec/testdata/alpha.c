/* Byte instructions of Alpha as the kernel's bitops and swab use them. */

typedef unsigned long u64;

TEST(cmpbge_zero_bytes, 0xf6) { return __builtin_alpha_cmpbge(0, 0x0000000012000034); }
TEST(cmpbge_equal, 0xff) { return __builtin_alpha_cmpbge(0x0102030405060708, 0x0102030405060708); }
TEST(cmpbge_unsigned, 0x1) { return __builtin_alpha_cmpbge(0x80, 0xffffffffffffff7f); }
TEST(extbl, 0x56) { return __builtin_alpha_extbl(0x123456789a, 2); }
TEST(extbl_index_modulo_8, 0x9a) { return __builtin_alpha_extbl(0x123456789a, 8); }
TEST(extwl, 0x3456) { return __builtin_alpha_extwl(0x123456789a, 2); }
TEST(extwl_at_the_end, 0x12) { return __builtin_alpha_extwl(0x1200000000000000, 7); }
TEST(insbl, 0x9a0000) { return __builtin_alpha_insbl(0x123456789a, 2); }
TEST(inswl, 0x789a000000) { return __builtin_alpha_inswl(0x123456789a, 3); }
TEST(inswl_cut, 0x9a00000000000000) { return __builtin_alpha_inswl(0x123456789a, 7); }
TEST(insql, 0x3456789a00000000) { return __builtin_alpha_insql(0x123456789a, 4); }
TEST(inslh_nothing_left, 0) { return __builtin_alpha_inslh(0x12345678, 0); }
TEST(inslh, 0x123456) { return __builtin_alpha_inslh(0x12345678, 7); }
TEST(inslh_fits, 0) { return __builtin_alpha_inslh(0x12345678, 4); }
TEST(swab32, 0x78563412) {
	unsigned int x = 0x12345678;
	u64 t0 = __builtin_alpha_inslh(x, 7), t1 = __builtin_alpha_inswl(x, 3), t2, t3;
	t1 |= t0;
	t2 = t1 >> 16;
	t3 = t1 & 0xff00ff00;
	t2 &= 0x00ff00ff;
	return (unsigned int)(t2 + t3);
}
