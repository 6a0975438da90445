/* Statements, calls, function pointers, variable arguments. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

TEST(for_loop, 45) { int s = 0; for (int i = 0; i < 10; i++) s += i; return s; }
TEST(for_empty_parts, 10) { int i = 0; for (;;) { if (i == 10) break; i++; } return i; }
TEST(while_continue, 25) { int s = 0, i = 0; while (i < 10) { i++; if (i % 2 == 0) continue; s += i; } return s; }
TEST(do_while, 1) { int n = 0; do n++; while (n < 0); return n; }
TEST(do_while_continue, 3) { int n = 0; do { n++; if (n < 3) continue; break; } while (1); return n; }
TEST(nested_break, 30) { int n = 0; for (int i = 0; i < 10; i++) for (int j = 0; j < 10; j++) { if (j == 3) break; n++; } return n; }
TEST(if_else_chain, 2) { int a = 5; if (a < 3) return 1; else if (a < 7) return 2; else return 3; }
TEST(dangling_else, 3) { int a = 1, b = 0; if (a) if (b) return 1; else return 3; return 4; }

TEST(switch_simple, 20) { int a = 2; switch (a) { case 1: return 10; case 2: return 20; default: return 30; } }
TEST(switch_default_first, 30) { switch (9) { default: return 30; case 1: return 10; } }
TEST(switch_none, 1) { int r = 1; switch (5) { case 1: r = 2; } return r; }
TEST(switch_falls_through, 6) { int r = 0; switch (2) { case 1: r += 1; case 2: r += 2; case 3: r += 4; break; case 4: r += 8; } return r; }
TEST(switch_range, 2) { switch ('m') { case 'a' ... 'f': return 1; case 'g' ... 'z': return 2; } return 3; }
TEST(switch_negative, 4) { long a = -5; switch (a) { case -10 ... -1: return 4; case 0: return 5; } return 6; }
TEST(switch_unsigned, 5) { u8 a = 255; switch (a) { case -1: return 4; case 255: return 5; } return 6; }
TEST(switch_converted, 4) { u32 a = -1; switch (a) { case -1: return 4; } return 6; }
TEST(switch_long, 7) { u64 a = 1ull << 40; switch (a) { case 0: return 1; case 1ull << 40: return 7; } return 2; }
TEST(switch_in_loop, 13) { int s = 0; for (int i = 0; i < 6; i++) { switch (i) { case 2: continue; case 4: break; default: s += i; } } return s + 4; }
TEST(switch_scope, 3) { switch (1) { int x; case 1: x = 3; return x; } return 0; }
TEST(duff, 23) {
	int count = 23, n = (count + 7) / 8, s = 0;
	switch (count % 8) {
	case 0: do { s++;
	case 7:      s++;
	case 6:      s++;
	case 5:      s++;
	case 4:      s++;
	case 3:      s++;
	case 2:      s++;
	case 1:      s++;
		} while (--n > 0);
	}
	return s;
}

TEST(goto_forward, 1) { int r = 1; goto out; r = 2; out: return r; }
TEST(goto_backward, 10) { int n = 0; again: n++; if (n < 10) goto again; return n; }
TEST(goto_into_loop, 5) { int i = 3, n = 0; goto inside; for (i = 0; i < 5; i++) { inside: n += i == 3 || i == 4; if (i == 4) n += 3; } return n; }
TEST(goto_into_block, 8) { int a = 1; goto in; { int b; in: b = 7; a += b; } return a; }
TEST(goto_out_of_loops, 12) { int i, j; for (i = 0; i < 5; i++) for (j = 0; j < 5; j++) if (i * j == 2) goto found; return 0; found: return i * 10 + j; }
TEST(goto_error_path, 3) {
	int done = 0;
	if (done == 0) { done |= 1; goto undo_a; }
	done |= 4;
undo_a:
	done |= 2;
	return done;
}
TEST(computed_goto, 21) {
	void *go[] = { &&one, &&two, &&end };
	int i = 0, r = 0;
	goto *go[i];
one:	r = r * 10 + 2; i = 1; goto *go[1];
two:	r = r * 10 + 1; i = 2; goto *go[i];
end:	return r;
}
TEST(local_labels, 6) {
	int r = 0;
#define SKIP(x) ({ __label__ out; if ((x) > 1) goto out; r += 3; out: r; })
	SKIP(0); SKIP(5); SKIP(1);
	return r;
}

TEST(statement_expression, 12) { int a = ({ int b = 5; b += 1; b * 2; }); return a; }
TEST(statement_expression_nested, 9) { return ({ int a = ({ int b = 4; b; }); a + ({ int c = 5; c; }); }); }
TEST(statement_expression_return, 4) { int a = ({ if (1) return 4; 5; }); return a; }
TEST(statement_expression_break, 3) { int n = 0; while (1) { n += ({ if (n == 3) break; 1; }); } return n; }
TEST(statement_expression_goto, 2) { int n = 1; n += ({ if (n) goto out; 9; }); n = 50; out: return n + 1; }
TEST(statement_expression_void, 2) { int n = 1; ({ n++; }); ({ ; }); return n; }
TEST(statement_expression_struct, 6) { struct s { int a, b; }; struct s x = ({ struct s y = { 1, 5 }; y.a = 1; y; }); return x.a + x.b; }
TEST(statement_expression_shadow, 3) { int x = 1; int y = ({ int x = 2; x; }); return x + y; }
TEST(statement_expression_loop, 10) { int t = 0; for (int i = 0; ({ int c = i < 5; c; }); i++) t += ({ int d = i; d; }); return t; }
#define max(x, y) ({ typeof(x) _x = (x); typeof(y) _y = (y); _x > _y ? _x : _y; })
TEST(max_macro, 10) { int i = 9; return max(i++, 3) + (i == 10); }
TEST(max_nested, 7) { return max(max(3, 7), max(1, 2)); }

static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
TEST(recursion, 55) { return fib(10); }
static int is_odd(u32 n);
static int is_even(u32 n) { return n == 0 ? 1 : is_odd(n - 1); }
static int is_odd(u32 n) { return n == 0 ? 0 : is_even(n - 1); }
TEST(mutual_recursion, 1) { return is_even(20) && is_odd(7); }
static void bump(int *p) { ++*p; }
TEST(out_parameter, 6) { int x = 5; bump(&x); return x; }
static int array_sum(int a[], int n) { int s = 0; while (n--) s += a[n]; return s; }
TEST(array_parameter, 6) { int a[] = { 1, 2, 3 }; return array_sum(a, 3); }
static int assigned_parameter(int n) { n += 1; int *p = &n; *p *= 2; return n; }
TEST(parameter_is_local, 43) { int n = 1; return assigned_parameter(20) + n; }
static u8 narrow(int x) { return x; }
TEST(result_converted, 44) { return narrow(300); }
static int takes_char(u8 c) { return c; }
TEST(argument_converted, 44) { return takes_char(300); }
static inline int twice(int x) { return x * 2; }
static int thrice(int x) { return x * 3; }
TEST(function_pointer, 15) { int (*f)(int) = thrice; return f(5); }
TEST(function_pointer_deref, 10) { int (*f)(int) = &twice; return (*f)(5) + (**f)(0); }
TEST(function_pointer_table, 25) { int (*t[])(int) = { twice, thrice }; return t[0](5) + t[1](5); }
TEST(function_pointer_compare, 1) { int (*f)(int) = twice; return f == twice && f != thrice && f; }
typedef int (*op)(int);
static op choose(int n) { return n ? twice : thrice; }
TEST(function_returns_function, 8) { return choose(1)(4); }
struct ops { int (*first)(int); int (*second)(int); };
static const struct ops ops = { .first = twice, .second = thrice };
TEST(ops_table, 21) { const struct ops *p = &ops; return p->first(3) + ops.second(5); }
static int call(int (*f)(int), int x) { return f(x); }
TEST(callback, 9) { return call(thrice, 3); }

static int static_counter(void) { static int n = 10; return ++n; }
TEST(static_local, 33) { static_counter(); return static_counter() + 21; }
static int *static_address(void) { static int a[2] = { 1, 2 }; return a; }
TEST(static_local_address, 7) { static_address()[1] = 7; return static_address()[1]; }

static int sum(int n, ...) {
	__builtin_va_list ap, aq;
	int s = 0;
	__builtin_va_start(ap, n);
	__builtin_va_copy(aq, ap);
	while (n--)
		s += __builtin_va_arg(ap, int);
	s += 100 * __builtin_va_arg(aq, int);
	__builtin_va_end(ap);
	__builtin_va_end(aq);
	return s;
}
TEST(variable_arguments, 106) { return sum(3, 1, 2, 3); }
static u64 vmixed(const char *fmt, __builtin_va_list ap) {
	u64 r = 0;
	for (; *fmt; fmt++)
		switch (*fmt) {
		case 'c': r = r * 10 + __builtin_va_arg(ap, int); break;
		case 'l': r = r * 10 + __builtin_va_arg(ap, long); break;
		case 's': r = r * 10 + *__builtin_va_arg(ap, char *) - '0'; break;
		}
	return r;
}
static u64 mixed(const char *fmt, ...) {
	__builtin_va_list ap;
	__builtin_va_start(ap, fmt);
	u64 r = vmixed(fmt, ap);
	__builtin_va_end(ap);
	return r;
}
TEST(variable_arguments_mixed, 1234) { return mixed("clsc", (u8)1, 2l, "3", 4); }

static int trace[8], traced;
static void release(int *p) { trace[traced++] = *p; }
static u64 traces(void) { u64 r = 0; for (int i = 0; i < traced; i++) r = r * 10 + trace[i]; traced = 0; return r; }
#define CLEAN __attribute__((cleanup(release)))
TEST(cleanup_order, 21) { { CLEAN int a = 1; CLEAN int b = 2; } return traces(); }
static int cleanup_value(void) { CLEAN int a = 3; return a * 2; }
TEST(cleanup_return, 63) { int r = cleanup_value(); return r * 10 + traces(); }
TEST(cleanup_loop, 123) { for (int i = 1; i < 4; i++) { CLEAN int a = i; if (i == 2) continue; } return traces(); }
TEST(cleanup_break, 54) { for (CLEAN int i = 4;;) { CLEAN int a = 5; break; } return traces(); }
TEST(cleanup_goto, 21) { { CLEAN int a = 1; { CLEAN int b = 2; goto out; } } out: return traces(); }
TEST(cleanup_goto_inside, 132) { { CLEAN int a = 2; again: { CLEAN int b = 1; } { CLEAN int c = 3; if (traced < 1) goto again; } } return traces(); }
TEST(cleanup_statement_expression, 47) { int r = ({ CLEAN int a = 7; a - 3; }); return r * 10 + traces(); }

TEST(comma_in_for, 9) { int i, j; for (i = 0, j = 10; i < j; i++, j--) ; return i + j - 1; }
TEST(unreachable_default, 5) { switch (5) { case 5: return 5; default: __builtin_unreachable(); } }
TEST(empty_asm, 8) { int a = 8; asm volatile("" : "+r"(a) : : "memory"); return a; }
TEST(hide_var, 9) { int a = 9, b; asm("" : "=r"(b) : "0"(a)); return b; }
TEST(asm_memory_operand, 4) { int a = 4; asm volatile("" : "+m"(a)); return a; }
TEST(volatile_loop, 3) { volatile int n = 0; while (n < 3) n++; return n; }
TEST(atomic_builtins, 0x1325) { int x = 5, a = __sync_fetch_and_add(&x, 3), b = __atomic_add_fetch(&x, 5, 0); return a + 0x20 + 0x100 * b + (x - 13) + 0x600 ; }
TEST(atomic_compare, 0x17) { int x = 7, e = 7; int ok = __atomic_compare_exchange_n(&x, &e, 8, 0, 0, 0), no = __sync_bool_compare_and_swap(&x, 7, 9); return ok << 4 | no << 3 | e; }
TEST(atomic_value, 87) { int x = 7; int a = __sync_val_compare_and_swap(&x, 7, 8); return x * 10 + a; }
TEST(function_name, 't') { return __func__[0]; }
TEST(long_jump_over_declaration, 7) { int r = 0; goto skip; int x; skip: x = 7; r = x; return r; }
TEST(alloca, 9) { char *p = __builtin_alloca(16); p[15] = 9; return p[15]; }
TEST(label_at_end, 2) { int r = 2; if (r == 2) goto end; r = 3; end: ; return r; }
TEST(transparent, 3) { typedef union { int *a; long *b; } __attribute__((transparent_union)) any; int v = 3; any u = { &v }; return *u.a; }
