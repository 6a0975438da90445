/* arch/arm64/include/asm/barrier.h, atomic_ll_sc.h, cmpxchg.h. */
CASE(acquire64) { u64 v; asm volatile("ldar %0, %1" : "=r" (v) : "Q" (*m) : "memory"); return v; }
CASE(acquire32) { u32 v; asm volatile("ldar %w0, %1" : "=r" (v) : "Q" (*(u32 *)m) : "memory"); return v; }
CASE(acquire16) { u16 v; asm volatile("ldarh %w0, %1" : "=r" (v) : "Q" (*(u16 *)m) : "memory"); return v; }
CASE(acquire8) { u8 v; asm volatile("ldarb %w0, %1" : "=r" (v) : "Q" (*(u8 *)m) : "memory"); return v; }
CASE(release64) { asm volatile("stlr %x1, %0" : "=Q" (*m) : "rZ" (x) : "memory"); return 0; }
CASE(release32) { asm volatile("stlr %w1, %0" : "=Q" (*(u32 *)m) : "rZ" ((u32)x) : "memory"); return 0; }
CASE(release16) { asm volatile("stlrh %w1, %0" : "=Q" (*(u16 *)m) : "rZ" ((u16)x) : "memory"); return 0; }
CASE(release8) { asm volatile("stlrb %w1, %0" : "=Q" (*(u8 *)m) : "rZ" ((u8)x) : "memory"); return 0; }
CASE(order) { *m = x; asm volatile("dsb ishst" : : : "memory"); asm volatile("isb" : : : "memory"); asm volatile("dmb ish" : : : "memory"); return *m; }
CASE(clean) { *m = x; asm volatile("dc cvau, %0" : : "r" (m) : "memory"); asm volatile("dc civac, %0" : : "r" (m) : "memory"); asm volatile("ic ivau, %0" : : "r" (m) : "memory"); return *m; }

unsigned long __arch_xchg(unsigned long v, volatile void *p, int size)
{
	unsigned long ret, tmp;

	asm volatile("1: ldxr %0, %2\n stlxr %w1, %3, %2\n cbnz %w1, 1b\n dmb ish" : "=&r" (ret), "=&r" (tmp), "+Q" (*(u64 *)p) : "r" (v) : "memory");
	return ret;
}
CASE(xchg) { return __arch_xchg(x, m, 8); }
unsigned long __cmpxchg_mb(volatile void *p, unsigned long old, unsigned long new, int size)
{
	unsigned long tmp, ret;

	asm volatile("1: ldxr %[ret], %[v]\n eor %[tmp], %[ret], %[old]\n cbnz %[tmp], 2f\n stlxr %w[tmp], %[new], %[v]\n cbnz %w[tmp], 1b\n dmb ish\n2:"
		     : [tmp] "=&r" (tmp), [ret] "=&r" (ret), [v] "+Q" (*(u64 *)p) : [old] "r" (old), [new] "r" (new) : "memory");
	return ret;
}
CASE(cmpxchg) { return __cmpxchg_mb(m, x, y, 8); }
long arch_atomic64_fetch_andnot(long i, atomic64_t *v)
{
	long result, val; unsigned long tmp;

	asm volatile("1: ldxr %0, %3\n bic %1, %0, %4\n stlxr %w2, %1, %3\n cbnz %w2, 1b\n dmb ish" : "=&r" (result), "=&r" (val), "=&r" (tmp), "+Q" (v->counter) : "r" (i) : "memory");
	return result;
}
CASE(fetch_andnot) { return arch_atomic64_fetch_andnot(x, (atomic64_t *)m); }
