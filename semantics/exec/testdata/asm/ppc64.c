/* arch/powerpc/include/asm/book3s/64/hash.h, hash-64k.h, radix.h and hash_pgtable.c. */
CASE(update)
{
	unsigned long old, tmp, busy = 0x8000, clr = x & ~busy, set = y & ~busy;

	*m &= ~busy;
	asm volatile("1:	ldarx	%0,0,%3\n	and.	%1,%0,%6\n	bne-	1b\n	andc	%1,%0,%4\n	or	%1,%1,%7\n	stdcx.	%1,0,%3\n	bne-	1b"
		     : "=&r" (old), "=&r" (tmp), "=m" (*m) : "r" (m), "r" (clr), "m" (*m), "r" (busy), "r" (set) : "cc");
	return old;
}
CASE(access_flags)
{
	unsigned long old, tmp, busy = 0x8000;

	*m &= ~busy;
	asm volatile("1:	ldarx	%0,0,%4\n	and.	%1,%0,%6\n	bne-	1b\n	or	%0,%3,%0\n	stdcx.	%0,0,%4\n	bne-	1b"
		     : "=&r" (old), "=&r" (tmp), "=m" (*m) : "r" (x), "r" (m), "m" (*m), "r" (busy) : "cc");
	return old;
}
CASE(radix_update)
{
	unsigned long old, new;

	asm volatile("1:	ldarx	%0,0,%3\n	andc	%1,%0,%5\n	or	%1,%1,%4\n	stdcx.	%1,0,%3\n	bne-	1b"
		     : "=&r" (old), "=&r" (new), "=m" (*m) : "r" (m), "r" (y), "r" (x) : "cc", "memory");
	return old ^ new;
}
CASE(word)
{
	u32 old, new, *p = (u32 *)m;

	asm volatile("1:	lwarx	%0,0,%3\n	xor	%1,%0,%5\n	add	%1,%1,%4\n	stwcx.	%1,0,%3\n	bne-	1b"
		     : "=&r" (old), "=&r" (new), "=m" (*p) : "r" (p), "r" ((u32)y), "r" ((u32)x) : "cc", "memory");
	return old;
}
CASE(order) { *m = x; asm volatile("lwsync" : : : "memory"); asm volatile("sync" : : : "memory"); asm volatile("isync" : : : "memory"); asm volatile("eieio" : : : "memory"); asm volatile("or 1,1,1"); return *m; }
CASE(clean) { *m = x; asm volatile("dcbst 0,%0" : : "r" (m) : "memory"); asm volatile("dcbf 0,%0" : : "r" (m) : "memory"); asm volatile("icbi 0,%0" : : "r" (m) : "memory"); return *m; }
unsigned long __xchg_local(void *p, unsigned long v, int size)
{
	unsigned long old;

	asm volatile("1:	ldarx	%0,0,%2\n	stdcx.	%3,0,%2\n	bne-	1b" : "=&r" (old), "+m" (*(u64 *)p) : "r" (p), "r" (v) : "cc", "memory");
	return old;
}
CASE(xchg) { return __xchg_local(m, x, 8); }
unsigned long __cmpxchg(volatile void *p, unsigned long old, unsigned long new, int size)
{
	unsigned long ret;

	asm volatile("1:	ldarx	%0,0,%2\n	cmpd	0,%0,%3\n	bne-	2f\n	stdcx.	%4,0,%2\n	bne-	1b\n2:"
		     : "=&r" (ret), "+m" (*(u64 *)p) : "r" (p), "r" (old), "r" (new) : "cc", "memory");
	return ret;
}
CASE(cmpxchg) { return __cmpxchg(m, x, y, 8); }
