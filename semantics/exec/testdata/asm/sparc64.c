/* arch/sparc/include/asm/pgtable_64.h: what sun4v_patch() replaces. */
#ifdef SUN4V
int tlb_type = 3;
#else
int tlb_type = 1;
#endif
#if defined(SUN4V) && !defined(INTERPRETED)
#define ONE(base, patch) "\n661:	" patch "\n"
#define TWO(base1, base2, patch1, patch2) "\n661:	" patch1 "\n	" patch2 "\n"
#define FOUR(b1, b2, b3, b4, p1, p2, p3, p4) "\n661:	" p1 "\n	" p2 "\n\n662:	" p3 "\n	" p4 "\n"
#else
#define ONE(base, patch) "\n661:	" base "\n	.section	.sun4v_1insn_patch, \"ax\"\n	.word		661b\n	" patch "\n	.previous\n"
#define TWO(base1, base2, patch1, patch2) "\n661:	" base1 "\n	" base2 "\n	.section	.sun4v_2insn_patch, \"ax\"\n	.word		661b\n	" patch1 "\n	" patch2 "\n	.previous\n"
#define FOUR(b1, b2, b3, b4, p1, p2, p3, p4) "\n661:	" b1 "\n	" b2 "\n\n662:	" b3 "\n	" b4 "\n" \
	"	.section	.sun4v_2insn_patch, \"ax\"\n	.word		661b\n	" p1 "\n	" p2 "\n	.word		662b\n	" p3 "\n	" p4 "\n	.previous\n"
#endif
CASE(pfn)
{
	unsigned long ret;

	asm volatile(TWO("sllx		%1, %2, %0", "srlx		%0, %3, %0", "sllx		%1, %4, %0", "srlx		%0, %5, %0")
		     : "=r" (ret) : "r" (x), "i" (21), "i" (21 + 13), "i" (8), "i" (8 + 13));
	return ret;
}
CASE(bit)
{
	unsigned long mask;

	asm volatile(TWO("mov		%1, %0", "nop", "sethi		%%uhi(%2), %0", "sllx		%0, 32, %0")
		     : "=r" (mask) : "i" (0x800UL), "i" (0x2000000000000000UL));
	return x & mask;
}
CASE(high_bit)
{
	unsigned long mask;

	asm volatile(TWO("sethi		%%uhi(%1), %0", "sllx		%0, 32, %0", "mov		%2, %0", "nop")
		     : "=r" (mask) : "i" (0x6001000000000000UL), "i" (5));
	return x & mask;
}
CASE(no_cache)
{
	unsigned long val = x;

	asm volatile(TWO("andn		%0, %2, %0", "or		%0, %3, %0", "andn		%0, %4, %0", "or		%0, %5, %0")
		     : "=r" (val) : "0" (val), "i" (0x30), "i" (0x8), "i" (0x600), "i" (0x800));
	return val;
}
CASE(exec)
{
	unsigned long val = x;

	asm volatile(ONE("and		%0, %2, %0", "and		%0, %3, %0") : "=r" (val) : "0" (val), "i" (0x200), "i" (0x80));
	return val;
}
CASE(hw_write)
{
	unsigned long val = x;

	asm volatile(ONE("or		%0, %2, %0", "or		%0, %3, %0") : "=r" (val) : "0" (val), "i" (0x2), "i" (0x40));
	return val;
}
CASE(clean)
{
	unsigned long val = x, tmp;

	asm volatile(FOUR("andn		%0, %3, %0", "nop", "nop", "nop", "sethi		%%uhi(%4), %1", "sllx		%1, 32, %1", "or		%1, %%lo(%4), %1", "andn		%0, %1, %0")
		     : "=r" (val), "=r" (tmp) : "0" (val), "i" (0x802), "i" (0x2000000000000040UL));
	return val;
}
CASE(constant)
{
	unsigned long mask, tmp;

	asm volatile(FOUR("sethi		%%uhi(%2), %1", "sethi		%%hi(%2), %0", "or		%1, %%ulo(%2), %1", "or		%0, %%lo(%2), %0",
			  "sethi		%%uhi(%3), %1", "sethi		%%hi(%3), %0", "or		%1, %%ulo(%3), %1", "or		%0, %%lo(%3), %0")
		     "\n663:	sllx		%1, 32, %1\n	or		%0, %1, %0\n"
		     : "=r" (mask), "=r" (tmp) : "i" (0x630107ffffffec38UL), "i" (0x33ffffffffffee07UL));
	return x & mask;
}
CASE(order) { *m = x; asm volatile("membar #StoreStore" : : : "memory"); return *m; }
unsigned long __cmpxchg(volatile void *p, unsigned long old, unsigned long new, int size)
{
	asm volatile("casx [%2], %3, %0" : "=&r" (new) : "0" (new), "r" (p), "r" (old) : "memory");
	return new;
}
CASE(cmpxchg) { return __cmpxchg(m, x, y, 8); }
CASE(swap)
{
	unsigned int word = x;
	unsigned int value = y;

	asm volatile("swap [%2], %0" : "=&r" (value) : "0" (value), "r" (&word) : "memory");
	return (unsigned long)value << 32 | word;
}
