/* arch/riscv/include/asm/cmpxchg.h, atomic.h and errata_list.h. */
#define AMO(name, insn, type) \
CASE(name) { type r; asm volatile(insn " %0, %2, %1" : "=r" (r), "+A" (*(type *)m) : "r" ((type)x) : "memory"); return r; }
AMO(swap32, "amoswap.w.aqrl", int)
AMO(swap64, "amoswap.d.aqrl", long)
AMO(swap_plain, "amoswap.w", int)
AMO(add32, "amoadd.w", int)
AMO(add64, "amoadd.d.aqrl", long)
AMO(and32, "amoand.w", int)
AMO(or64, "amoor.d", long)
AMO(xor32, "amoxor.w.aqrl", int)
CASE(discard) { asm volatile("amoor.d zero, %1, %0" : "+A" (*(long *)m) : "r" (x) : "memory"); return 0; }

#define CMPXCHG(name, type, w, zero) \
CASE(name) { \
	type ret, old = x & 1 ? *(type *)m : (type)y, new = y; unsigned int rc; \
	asm volatile("0:	lr." w " %0, %2\n	bne  %0, %" zero "3, 1f\n	sc." w ".rl %1, %z4, %2\n	bnez %1, 0b\n	fence rw, rw\n1:\n" \
		     : "=&r" (ret), "=&r" (rc), "+A" (*(type *)m) : "rJ" ((long)old), "rJ" (new) : "memory"); \
	return ret; }
CMPXCHG(cmpxchg32, int, "w", "z")
CMPXCHG(cmpxchg64, long, "d", "z")

CASE(memory_type) { unsigned long v; asm("886 :\n li %0, 0\t\nnop\n887 :\n.section .note.alternative\n.long 886b - .\n.previous\n" : "=r" (v)); return v; }
CASE(no_errata) { unsigned long v = x; asm volatile("886 :\n nop\n nop\n887 :\n" : "+r" (v)); return v; }
CASE(order) { *m = x; asm volatile("fence w,w" : : : "memory"); asm volatile("fence.i" : : : "memory"); return *m; }
int arch_atomic_fetch_add_relaxed(int i, atomic_t *v) { int r; asm volatile("amoadd.w %1, %2, %0" : "+A" (v->counter), "=r" (r) : "r" (i) : "memory"); return r; }
CASE(fetch_add) { return arch_atomic_fetch_add_relaxed(x, (atomic_t *)m); }
