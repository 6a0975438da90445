/* arch/mips/include/asm/barrier.h, cmpxchg.h and atomic.h. */
CASE(order) { *m = x; asm volatile(".set push; .set mips32r2; sync 0x00; .set pop" : : : "memory"); asm volatile("sync" : : : "memory"); return *m; }
unsigned long __xchg(volatile void *p, unsigned long v, int size)
{
	unsigned long ret, tmp;

	asm volatile(".set push\n.set noat\n.set mips32r2\n1: ll %0, %2\n move %1, %z3\n sc %1, %2\n beqz %1, 1b\n.set pop"
		     : "=&r" (ret), "=&r" (tmp), "+m" (*(u32 *)p) : "Jr" (v) : "memory");
	return ret;
}
CASE(xchg) { return __xchg(m, x, 4); }
unsigned long __cmpxchg(volatile void *p, unsigned long old, unsigned long new, int size)
{
	unsigned long ret, tmp;

	asm volatile(".set push\n.set noat\n.set mips32r2\n1: ll %0, %2\n bne %0, %z3, 2f\n move %1, %z4\n sc %1, %2\n beqz %1, 1b\n2: .set pop"
		     : "=&r" (ret), "=&r" (tmp), "+m" (*(u32 *)p) : "Jr" (old), "Jr" (new) : "memory");
	return ret;
}
CASE(cmpxchg) { u32 old = y & 1 ? *(u32 *)m : x; return __cmpxchg(m, old, y, 4); }
