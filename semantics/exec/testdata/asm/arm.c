/* arch/arm/include/asm/memory.h, cmpxchg.h, atomic.h and barrier.h. */
CASE(order) { *m = x; asm volatile("dmb ish" : : : "memory"); asm volatile("dsb ishst" : : : "memory"); asm volatile("isb" : : : "memory"); return *m; }
unsigned long __xchg(unsigned long v, volatile void *p, int size)
{
	unsigned long ret; unsigned int tmp;

	asm volatile("@	__xchg4\n1:	ldrex	%0, [%3]\n	strex	%1, %2, [%3]\n	teq	%1, #0\n	bne	1b" : "=&r" (ret), "=&r" (tmp) : "r" (v), "r" (p) : "memory", "cc");
	return ret;
}
CASE(xchg) { return __xchg(x, m, 4); }
unsigned long __cmpxchg(volatile void *p, unsigned long old, unsigned long new, int size)
{
	unsigned long oldval, res;

	do {
		asm volatile("@ __cmpxchg4\n	ldrex	%1, [%2]\n	mov	%0, #0\n	teq	%1, %3\n	strexeq %0, %4, [%2]\n"
			     : "=&r" (res), "=&r" (oldval) : "r" (p), "Ir" (old), "r" (new) : "memory", "cc");
	} while (res);
	return oldval;
}
CASE(cmpxchg) { u32 old = y & 1 ? *(u32 *)m : x; return __cmpxchg(m, old, y, 4); }
int arch_atomic_fetch_add_relaxed(int i, atomic_t *v)
{
	unsigned long tmp; int result, val;

	asm volatile("@ atomic_fetch_add\n1:	ldrex	%0, [%4]\n	add	%1, %0, %5\n	strex	%2, %1, [%4]\n	teq	%2, #0\n	bne	1b"
		     : "=&r" (result), "=&r" (val), "=&r" (tmp), "+Qo" (v->counter) : "r" (&v->counter), "Ir" (i) : "cc");
	return result;
}
CASE(fetch_add) { return arch_atomic_fetch_add_relaxed(x, (atomic_t *)m); }
long long arch_atomic64_xchg_relaxed(atomic64_t *v, long long new)
{
	long long result; unsigned long tmp;

	asm volatile("@ atomic64_xchg\n1:	ldrexd	%0, %H0, [%3]\n	strexd	%1, %4, %H4, [%3]\n	teq	%1, #0\n	bne	1b"
		     : "=&r" (result), "=&r" (tmp), "+Qo" (*(u64 *)v) : "r" (v), "r" (new) : "cc");
	return result;
}
CASE(xchg64) { return arch_atomic64_xchg_relaxed((atomic64_t *)m, x); }
