/* arch/s390/include/asm/cmpxchg.h, atomic_ops.h and barrier.h. */
CASE(order) { *m = x; asm volatile("bcr 14,0" : : : "memory"); return *m; }
unsigned long __cmpxchg(unsigned long p, unsigned long old, unsigned long new, int size)
{
	asm volatile("	csg	%0,%3,%1\n" : "+d" (old), "+Q" (*(u64 *)p) : "i" (0), "d" (new) : "cc", "memory");
	return old;
}
CASE(cmpxchg) { return __cmpxchg((unsigned long)m, x, y, 8); }
unsigned long __arch_xchg(unsigned long v, unsigned long p, int size)
{
	unsigned long old;

	asm volatile("	lg	%0,%1\n0:	csg	%0,%2,%1\n	jl	0b\n" : "=&d" (old), "+QS" (*(u64 *)p) : "d" (v) : "cc", "memory");
	return old;
}
CASE(xchg) { return __arch_xchg(x, (unsigned long)m, 8); }
int arch_atomic_add_return(int i, atomic_t *v)
{
	int old;

	asm volatile("	laa	%0,%2,%1\n" : "=d" (old), "+QS" (v->counter) : "d" (i) : "cc", "memory");
	return old + i;
}
CASE(add_return) { return arch_atomic_add_return(x, (atomic_t *)m); }
