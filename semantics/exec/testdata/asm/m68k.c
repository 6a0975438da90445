/* arch/m68k/include/asm/cmpxchg.h and bitops.h. */
unsigned long __cmpxchg(volatile void *p, unsigned long old, unsigned long new, int size)
{
	asm volatile("casl %0,%2,%1" : "=d" (old), "=m" (*(u32 *)p) : "d" (new), "0" (old), "m" (*(u32 *)p));
	return old;
}
CASE(cmpxchg) { u32 old = y & 1 ? *(u32 *)m : x; return __cmpxchg(m, old, y, 4); }
int fls(unsigned int x) { int cnt; asm("bfffo %1{#0,#0},%0" : "=d" (cnt) : "dm" (x)); return 32 - cnt; }
CASE(highest) { return fls(x >> (y & 63)); }
