/* arch/x86/include/asm/cmpxchg.h and atomic.h: xchg, xadd, cmpxchg. */
#define LOCK ".pushsection .smp_locks,\"a\"\n.balign 4\n.long 671f - .\n.popsection\n671:\n\tlock; "

#define XCHG(name, type, suffix, q) \
CASE(name) { type v = x; asm volatile("xchg" suffix " %" q "0, %1" : "+" "r" (v), "+m" (*(type *)m) : : "memory", "cc"); return v; }
XCHG(xchg8, u8, "b", "b")
XCHG(xchg16, u16, "w", "w")
XCHG(xchg32, u32, "l", "")
XCHG(xchg64, u64, "q", "q")

#define XADD(name, type, suffix) \
CASE(name) { type v = x; asm volatile(LOCK "xadd" suffix " %0, %1" : "+r" (v), "+m" (*(type *)m) : : "memory", "cc"); return v; }
XADD(xadd32, u32, "l")
XADD(xadd64, u64, "q")

#define TRY(name, type, suffix) \
CASE(name) { \
	type old = x & 1 ? *(type *)m : y, new = y; int ok; \
	asm volatile(LOCK "cmpxchg" suffix " %[new], %[ptr]" : "=@ccz" (ok), [ptr] "+m" (*(type *)m), [old] "+a" (old) : [new] "r" (new) : "memory"); \
	mix(ok); return old; }
TRY(try32, u32, "l")
TRY(try64, u64, "q")

#define CMPXCHG(name, type, suffix) \
CASE(name) { \
	type ret, old = x & 1 ? *(type *)m : y, new = y; \
	asm volatile(LOCK "cmpxchg" suffix " %2,%1" : "=a" (ret), "+m" (*(type *)m) : "r" (new), "0" (old) : "memory"); \
	return ret; }
CMPXCHG(cmpxchg32, u32, "l")
CMPXCHG(cmpxchg64, u64, "q")

int arch_atomic_add_return(int i, atomic_t *v) { int old = i; asm volatile(LOCK "xaddl %0, %1" : "+r" (old), "+m" (v->counter) : : "memory", "cc"); return i + old; }
CASE(add_return) { return arch_atomic_add_return(x, (atomic_t *)m); }
int arch_atomic_dec_and_test(atomic_t *v) { char c; asm volatile(LOCK "decl %0; sete %1" : "+m" (v->counter), "=qm" (c) : : "memory"); return c; }
CASE(dec_and_test) { if (x & 1) *(int *)m = 1;  return arch_atomic_dec_and_test((atomic_t *)m); }
int arch_test_and_set_bit(long nr, volatile unsigned long *p) { char c; asm volatile(LOCK "btsq %2,%1; setc %0" : "=qm" (c), "+m" (*p) : "Ir" (nr & 63) : "memory"); return c; }
CASE(set_one_bit) { return arch_test_and_set_bit(x & 63, (unsigned long *)m); }
int variable_ffs(int v) { int r = -1; asm("bsfl %1,%0" : "+r" (r) : "rm" (v)); return v ? r + 1 : 0; }
CASE(ffs32) { return variable_ffs(x); }
int fls64(u64 v) { long r = -1; asm("bsrq %1,%q0" : "+r" (r) : "rm" (v)); return v ? r + 1 : 0; }
CASE(fls_64) { return fls64(x); }
CASE(user_limit)
{
	unsigned long ret;

	asm volatile("# ALT: oldinstr\n771:\n\tmovq %[small],%0\n772:\n# ALT: padding\n773:\n" : "=r" (ret) : [small] "i" ((1ul << 47) - 4096), [large] "i" ((1ul << 56) - 4096));
	return ret;
}
