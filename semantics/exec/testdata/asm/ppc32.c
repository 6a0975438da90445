/* arch/powerpc/include/asm/nohash/pgtable.h, __set_pte_at; atomic.h. */
CASE(pair)
{
	asm volatile("	stw%X0 %2,%0\n	mbar\n	stw%X1 %L2,%1" : "=m" (*m), "=m" (*((unsigned char *)m + 4)) : "r" (x) : "memory");
	return 0;
}
CASE(pair_io)
{
	asm volatile("	stw%X0 %2,%0\n	eieio\n	stw%X1 %L2,%1" : "=m" (m[1]), "=m" (*((unsigned char *)(m + 1) + 4)) : "r" (x) : "memory");
	return 0;
}
CASE(word)
{
	u32 old, new, *p = (u32 *)m;

	asm volatile("1:	lwarx	%0,0,%3\n	andc	%1,%0,%5\n	or	%1,%1,%4\n	stwcx.	%1,0,%3\n	bne-	1b"
		     : "=&r" (old), "=&r" (new), "=m" (*p) : "r" (p), "r" ((u32)y), "r" ((u32)x) : "cc", "memory");
	return old;
}
