/* arch/alpha/include/asm/barrier.h and xchg.h. */
CASE(order) { *m = x; asm volatile("mb" : : : "memory"); asm volatile("wmb" : : : "memory"); return *m; }
unsigned long __xchg(volatile void *p, unsigned long v, int size)
{
	unsigned long dummy, val = v;

	asm volatile("1:	ldq_l %0,%4\n	bis $31,%3,%1\n	stq_c %1,%2\n	beq %1,1b\n" : "=&r" (val), "=&r" (dummy), "=m" (*(u64 *)p) : "rI" (v), "m" (*(u64 *)p) : "memory");
	return val;
}
CASE(xchg) { return __xchg(m, x, 8); }
unsigned long __cmpxchg(volatile void *p, unsigned long old, unsigned long new, int size)
{
	unsigned long prev, cmp;

	asm volatile("1:	ldq_l %0,%5\n	cmpeq %0,%3,%1\n	beq %1,2f\n	mov %4,%1\n	stq_c %1,%2\n	beq %1,1b\n2:"
		     : "=&r" (prev), "=&r" (cmp), "=m" (*(u64 *)p) : "r" (old), "r" (new), "m" (*(u64 *)p) : "memory");
	return prev;
}
CASE(cmpxchg) { return __cmpxchg(m, x, y, 8); }
CASE(bytes) { return __builtin_alpha_cmpbge(x, y) ^ __builtin_alpha_extbl(x, y & 7) ^ __builtin_alpha_extwl(x, y % 7) ^ __builtin_alpha_insbl(x, y & 7) ^ __builtin_alpha_inswl(x, y % 7) ^ __builtin_alpha_insql(x, y & 7); }
