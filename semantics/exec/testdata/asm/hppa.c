/* arch/parisc/include/asm/barrier.h and bitops.h. */
CASE(order) { *m = x; asm volatile("sync" : : : "memory"); return *m; }
CASE(clean) { *m = x; asm volatile("fdc %%r0(%0)" : : "r" (m) : "memory"); asm volatile("sync" : : : "memory"); return *m; }
int fls(unsigned int v)
{
	int ret;

	if (!v)
		return 0;
	asm("	ldi 1,%1\n	extru,<> %0,15,16,%%r0\n	zdep,TR %0,15,16,%0\n	addi 16,%1,%1\n	extru,<> %0,7,8,%%r0\n	zdep,TR %0,23,24,%0\n	addi 8,%1,%1\n"
	    "	extru,<> %0,3,4,%%r0\n	zdep,TR %0,27,28,%0\n	addi 4,%1,%1\n	extru,<> %0,1,2,%%r0\n	zdep,TR %0,29,30,%0\n	addi 2,%1,%1\n"
	    "	extru,= %0,0,1,%%r0\n	addi 1,%1,%1\n" : "+r" (v), "=r" (ret));
	return ret;
}
CASE(highest) { return fls(x >> (y & 63)); }
