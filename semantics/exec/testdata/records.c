/* Structs, unions, bit-fields, arrays, pointers. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

typedef struct { unsigned long pte; } pte_t;

static pte_t __pte(unsigned long v) { return (pte_t){ v }; }
static unsigned long pte_val(pte_t p) { return p.pte; }
static pte_t pte_mkdirty(pte_t p) { return __pte(pte_val(p) | 0x40); }

TEST(wrapped_long, 0x8000000000000065) { pte_t p = __pte(0x8000000000000025ul); return pte_val(pte_mkdirty(p)); }
TEST(struct_argument_is_copied, 0x25) { pte_t p = __pte(0x25); pte_mkdirty(p); return p.pte; }
struct halves { unsigned a, b; };
struct truth { _Bool is; };
static u64 looked_at(pte_t p) { u64 v = p.pte; pte_t *q = &p; q->pte |= 2; return v << 16 | p.pte << 8 | q->pte; }
TEST(struct_argument_pointed_to, 0x212323) { return looked_at(__pte(0x21)); }
static u64 written_to(pte_t p) { pte_t q; p.pte += 4; q = p; p.pte += 1; return q.pte << 8 | p.pte; }
TEST(struct_argument_written_to, 0x2526) { return written_to(__pte(0x21)); }
static pte_t passed_on(pte_t p, int n) { return n ? passed_on(p, n - 1) : p; }
TEST(struct_argument_passed_on, 0x21) { return passed_on(__pte(0x21), 3).pte; }
static u64 sum_of_halves(struct halves h) { h.a += 1; return h.a << 8 | h.b; }
TEST(struct_argument_of_halves, 0x1304) { return sum_of_halves((struct halves){ 0x12, 4 }); }
static u64 seen_twice(struct truth t) { return t.is + t.is; }
TEST(struct_argument_of_bool, 2) { return seen_twice((struct truth){ 9 }); }
TEST(goto_out_of_an_argument, 55) {
	int n = 0, sum = 0;
again:	sum += n;
	if (n++ < 10) written_to(__pte(({ if (n % 2) goto again; sum -= n; goto again; n; })));
	return sum + 30;
}

struct point { int x, y; };
struct line { struct point a, b; char name[8]; };

static struct point add(struct point p, struct point q) { p.x += q.x; p.y += q.y; return p; }
static struct line swap(struct line l) { struct point t = l.a; l.a = l.b; l.b = t; return l; }

TEST(struct_return, 46) { struct point p = { 1, 2 }, q = { 3, 40 }; return add(p, q).x + add(p, q).y; }
TEST(struct_copy, 1) { struct point p = { 1, 2 }, q = p; q.x = 9; return p.x; }
TEST(struct_big, 3412) { struct line l = { { 1, 2 }, { 3, 4 }, "abc" }; l = swap(l); return l.a.x * 1000 + l.a.y * 100 + l.b.x * 10 + l.b.y; }
TEST(struct_self_call, 4) { struct point p = { 1, 1 }; p = add(p, p); p = add(p, (struct point){ .y = 2 }); return p.y; }
TEST(struct_assign_value, 7) { struct point p, q; return (p = (q = (struct point){ 7, 8 })).x; }
TEST(struct_conditional, 30) { struct point p = { 10, 20 }, q = { 30, 40 }; int c = 0; return (c ? p : q).x; }
TEST(struct_comma, 40) { struct point p = { 10, 20 }, q = { 30, 40 }; return (p, q).y; }
TEST(designated, 0x050004) { struct { int a, b, c; } s = { .c = 5, .a = 4 }; return s.a | s.b << 8 | s.c << 16; }
TEST(designated_twice, 3) { struct { int a, b; } s = { .a = 1, .b = 2, .a = 3 }; return s.a; }
TEST(designated_array, 0x30201) { int a[] = { [2] = 3, [0] = 1, 2 }; return a[0] | a[1] << 8 | a[2] << 16; }
TEST(range_initialiser, 35) { int a[8] = { [1 ... 5] = 7 }; int s = 0; for (int i = 0; i < 8; i++) s += a[i]; return s; }
TEST(array_length, 6) { int a[] = { [3] = 1, 2, 3 }; return sizeof(a) / sizeof(*a); }
TEST(brace_elision, 6) { struct { int a[2]; struct point p; } s = { 1, 2, 3, 4 }; return s.a[1] + s.p.y; }
TEST(nested_designator, 9) { struct line l = { .b.y = 9, .name[1] = 'x' }; return l.b.y + l.a.x; }
TEST(string_member, 'c') { struct line l = { .name = "abcd" }; return l.name[2]; }
TEST(string_fills, 0) { char s[8] = "abc"; return s[3] | s[7]; }
TEST(string_exact, 'd') { char s[4] = "abcd"; return s[3]; }
TEST(string_literal, 'b') { return "abc"[1]; }
TEST(string_size, 6) { return sizeof("hello"); }
TEST(string_pointer, 'l') { const char *s = "hello"; s += 2; return *s++; }
TEST(zero_rest, 0) { int a[100] = { 1 }; return a[99]; }
TEST(anonymous_members, 0x12) { struct { union { struct { u8 lo, hi; }; u16 both; }; int n; } s = { .hi = 0x12 }; s.n = 3; return s.both >> 8; }
TEST(union_punning, 0x3f800000) { union { u32 i; u8 b[4]; } u = { .b = { 0, 0, 0x80, 0x3f } }; return u.i; }
TEST(union_halves, 0x1234) { union { u32 i; u16 h[2]; } u; u.i = 0x12345678; return u.h[1]; }
TEST(pointer_punning, 0x78) { u32 i = 0x12345678; return *(u8 *)&i; }
TEST(pointer_bytes, 0x56781234) { u32 i = 0x12345678; u16 *p = (u16 *)&i, t = p[0]; p[0] = p[1]; p[1] = t; return i; }

struct flags { u32 present : 1, write : 1, user : 1, : 5, pfn : 20, low : 4; };

TEST(bitfield_layout, 0x0abcde05) { union { struct flags f; u32 v; } u = { .v = 0 }; u.f.present = 1; u.f.user = 1; u.f.pfn = 0xabcde; return u.v; }
TEST(bitfield_write, 0x1205) { union { struct flags f; u32 v; } u = { .v = 5 }; u.f.pfn = 0x12; return u.v; }
TEST(bitfield_truncates, 0xf) { struct flags f = { 0 }; f.low = 0xff; return f.low; }
TEST(bitfield_value, 3) { struct flags f; int v = (f.low = 0x13); return v; }
TEST(bitfield_signed, (u64)-1) { struct { int a : 3; } s = { .a = 7 }; return s.a; }
TEST(bitfield_promotes, 1) { struct { u32 a : 3; } s = { 1 }; return s.a - 2 < 0; }
TEST(bitfield_full_width, 0) { struct { u32 a : 32; } s = { 1 }; return s.a - 2 < 0; }
TEST(bitfield_compound, 0x5) { struct flags f = { .low = 0xf }; f.low += 6; return f.low; }
TEST(bitfield_increment, 0) { struct { u8 a : 2; } s = { 3 }; s.a++; return s.a; }
TEST(bitfield_long, 0xffffffffff) { struct { u64 a : 40, b : 24; } s = { .a = -1 }; return s.a; }
TEST(bitfield_long_arithmetic, 0) { struct { u64 a : 40; } s = { .a = -1 }; s.a++; return s.a; }
TEST(bitfield_bool, 1) { struct { _Bool a : 1, b : 1; } s = { 0 }; s.b = 2; return s.b + s.a; }
TEST(bitfield_packed, 0x1ff) { struct { u8 a; u32 b : 9; u8 c; } __attribute__((packed)) s = { 0 }; s.b = 0x1ff; s.c = 0; s.a = 0; return s.b; }
TEST(bitfield_neighbours, 0x77) { struct { u8 a : 4, b : 4; } s = { 7, 7 }; s.a = 7; u8 r; __builtin_memcpy(&r, &s, 1); return r; }
TEST(bitfield_enum, 2) { enum e { A, B, C }; struct { enum e v : 2; } s = { C }; return s.v; }
TEST(bitfield_zero_width, 8) { struct { u32 a : 4; u32 : 0; u32 b : 4; } s; return sizeof(s); }

TEST(array_of_arrays, 6) { int a[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } }; return a[1][2]; }
TEST(array_flat, 4) { int a[2][3] = { 1, 2, 3, 4 }; int *p = a[0]; return p[3]; }
TEST(array_pointer, 5) { int a[2][3] = { 1, 2, 3, 4, 5, 6 }; int (*p)[3] = a; p++; return (*p)[1]; }
TEST(index_commutes, 3) { int a[] = { 1, 2, 3 }; return 2[a]; }
TEST(pointer_difference, 3) { int a[5]; return &a[4] - &a[1]; }
TEST(pointer_difference_negative, (u64)-3) { struct line a[5]; return &a[1] - &a[4]; }
TEST(pointer_compare, 1) { int a[5]; return &a[1] < &a[4] && a == &a[0]; }
TEST(pointer_walk, 15) { int a[] = { 1, 2, 3, 4, 5 }, s = 0; for (int *p = a; p != a + 5; ) s += *p++; return s; }
TEST(pointer_backwards, 321) { int a[] = { 1, 2, 3 }, s = 0; int *p = a + 3; while (p > a) s = s * 10 + *--p; return s; }
TEST(pointer_to_pointer, 8) { int x = 1, *p = &x, **q = &p; **q = 8; return x; }
TEST(pointer_integer, 5) { int x = 5; u64 a = (u64)&x; return *(int *)a; }
TEST(pointer_tag, 5) { int x = 5; u64 a = (u64)&x | 1; return (a & 1) ? *(int *)(a & ~1ull) : 0; }
TEST(null_pointer, 1) { int *p = 0; return !p && p == (void *)0; }
TEST(void_pointer_arithmetic, 3) { u8 a[] = { 1, 2, 3 }; void *p = a; p += 2; return *(u8 *)p; }
TEST(negative_index, 2) { int a[] = { 1, 2, 3 }; int *p = a + 2; return p[-1]; }
TEST(unsigned_index, 1) { int a[] = { 1, 2, 3 }; int *p = a + 1; u64 i = -1; return p[i]; }

#define container_of(ptr, type, member) ({ \
	void *__mptr = (void *)(ptr); \
	(type *)(__mptr - __builtin_offsetof(type, member)); })

TEST(container, 7) { struct line l = { .a = { 7, 8 } }; struct point *p = &l.b; return container_of(p, struct line, b)->a.x; }
TEST(offset_of, 12) { return __builtin_offsetof(struct line, b.y); }
TEST(offset_of_array, 19) { return __builtin_offsetof(struct line, name[3]); }
TEST(address_of_member, 8) { struct line l; return (u8 *)&l.b - (u8 *)&l; }

struct flexible { int n; short items[]; };
static struct flexible flex = { 3, { 10, 20, 30 } };
TEST(flexible_array, 60) { int s = 0; for (int i = 0; i < flex.n; i++) s += flex.items[i]; return s; }

struct list { struct list *next; int v; };
static struct list third = { 0, 3 }, second = { &third, 2 }, first = { &second, 1 };
TEST(linked_list, 123) { int s = 0; for (struct list *p = &first; p; p = p->next) s = s * 10 + p->v; return s; }

static struct list self = { &self, 4 };
TEST(self_reference, 1) { return self.next == &self; }

static int table[] = { 1, 2, 3 };
static int *middle = &table[1];
static int (*whole)[3] = &table;
static u64 difference = sizeof(table) / sizeof(table[0]);
static const char *names[] = { "pgd", "p4d", [3] = "pmd" };
TEST(address_constants, 33) { return middle[1] * 10 + (*whole)[0] + difference - 1; }
TEST(string_table, 'm') { return names[2] == 0 ? names[3][1] : 0; }
TEST(global_counts, 3) { static int n; extern int table[]; n++; n++; n++; return n + table[0] - 1; }

static int tentative;
static int tentative;
TEST(tentative_is_zero, 0) { return tentative; }

TEST(compound_literal, 5) { struct point *p = &(struct point){ 2, 3 }; p->x += 0; return p->x + p->y; }
TEST(compound_literal_array, 30) { int *a = (int[]){ 10, 20, 30 }; return a[2]; }
TEST(compound_literal_scalar, 4) { return (int){ 4 }; }
TEST(compound_literal_fresh, 6) { int s = 0; for (int i = 0; i < 3; i++) { int *p = (int[]){ 2, 0 }; s += *p; *p = 100; } return s; }
static struct point *literal = &(struct point){ 11, 12 };
TEST(compound_literal_static, 23) { return literal->x + literal->y; }

struct empty { };
TEST(empty_struct, 0) { struct empty a, b; a = b; return sizeof(a); }
TEST(aligned_member, 64) { struct { char c; int x __attribute__((aligned(64))); } s; return (char *)&s.x - &s.c; }
TEST(aligned_local, 0) { int x __attribute__((aligned(64))) = 1; return (u64)&x % 64; }
TEST(packed, 0x04030201) { struct { u8 a; u32 b; } __attribute__((packed)) s; s.b = 0x04030201; s.a = 9; return s.b; }
TEST(memcpy_struct, 12) { struct point p = { 3, 4 }, q; __builtin_memcpy(&q, &p, sizeof(p)); return q.x * q.y; }
TEST(memset_array, 0xabababab) { u32 a[4]; __builtin_memset(a, 0xab, sizeof(a)); return a[3]; }
TEST(memcmp_order, 1) { char a[] = "abd", b[] = "abc"; return __builtin_memcmp(a, b, 3) > 0; }
TEST(strlen_array, 5) { char s[] = "hello"; return __builtin_strlen(s); }
TEST(strcmp_less, 1) { char a[] = "ab", b[] = "abc"; return __builtin_strcmp(a, b) < 0; }
TEST(volatile_member, 6) { struct { volatile int v; } s = { 5 }; s.v++; return *(volatile int *)&s.v; }
TEST(array_member_copy, 'z') { struct line a = { .name = "xyz" }, b; b = a; a.name[2] = 0; return b.name[2]; }
TEST(const_union_init, 5) { const union { int a; char b[8]; } u = { 5 }; return u.b[0] + u.b[4]; }
TEST(cast_of_struct_pointer, 2) { struct point p = { 1, 2 }; return ((int *)&p)[1]; }
struct vector { int n; struct { short a, b; } v[8]; };
TEST(offset_of_variable, 26) { int i = 5; return __builtin_offsetof(struct vector, v[i].b); }
TEST(bitfield_compares_as_int, 0) { struct flags f = { 0 }; return f.pfn < -1; }
TEST(bitfield_assignment_is_narrow, 1) { struct { unsigned long long a : 40; } s; return (s.a = -1) >> 39; }
TEST(bitfield_bool_from_wide, 1) { struct { _Bool a : 1; } s; s.a = 4; s.a |= 2; return s.a; }
