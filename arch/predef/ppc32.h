#define PPC 1
#define _ARCH_PPC 1
#define _BIG_ENDIAN 1
#define _CALL_SYSV 1
#define _SOFT_DOUBLE 1
#define _SOFT_FLOAT 1
#define __ATOMIC_ACQUIRE 2
#define __ATOMIC_ACQ_REL 4
#define __ATOMIC_CONSUME 1
#define __ATOMIC_RELAXED 0
#define __ATOMIC_RELEASE 3
#define __ATOMIC_SEQ_CST 5
#define __BIGGEST_ALIGNMENT__ 16
#define __BIG_ENDIAN__ 1
#define __BUILTIN_CPU_SUPPORTS__ 1
#define __BYTE_ORDER__ __ORDER_BIG_ENDIAN__
#define __CHAR16_TYPE__ short unsigned int
#define __CHAR32_TYPE__ unsigned int
#define __CHAR_BIT__ 8
#define __CHAR_UNSIGNED__ 1
#define __DBL_DECIMAL_DIG__ 17
#define __DBL_DENORM_MIN__ ((double)4.94065645841246544176568792868221e-324L)
#define __DBL_DIG__ 15
#define __DBL_EPSILON__ ((double)2.22044604925031308084726333618164e-16L)
#define __DBL_HAS_DENORM__ 1
#define __DBL_HAS_INFINITY__ 1
#define __DBL_HAS_QUIET_NAN__ 1
#define __DBL_IS_IEC_60559__ 2
#define __DBL_MANT_DIG__ 53
#define __DBL_MAX_10_EXP__ 308
#define __DBL_MAX_EXP__ 1024
#define __DBL_MAX__ ((double)1.79769313486231570814527423731704e+308L)
#define __DBL_MIN_10_EXP__ (-307)
#define __DBL_MIN_EXP__ (-1021)
#define __DBL_MIN__ ((double)2.22507385850720138309023271733240e-308L)
#define __DBL_NORM_MAX__ ((double)1.79769313486231570814527423731704e+308L)
#define __DEC128_EPSILON__ 1E-33DL
#define __DEC128_MANT_DIG__ 34
#define __DEC128_MAX_EXP__ 6145
#define __DEC128_MAX__ 9.999999999999999999999999999999999E6144DL
#define __DEC128_MIN_EXP__ (-6142)
#define __DEC128_MIN__ 1E-6143DL
#define __DEC128_SUBNORMAL_MIN__ 0.000000000000000000000000000000001E-6143DL
#define __DEC32_EPSILON__ 1E-6DF
#define __DEC32_MANT_DIG__ 7
#define __DEC32_MAX_EXP__ 97
#define __DEC32_MAX__ 9.999999E96DF
#define __DEC32_MIN_EXP__ (-94)
#define __DEC32_MIN__ 1E-95DF
#define __DEC32_SUBNORMAL_MIN__ 0.000001E-95DF
#define __DEC64_EPSILON__ 1E-15DD
#define __DEC64_MANT_DIG__ 16
#define __DEC64_MAX_EXP__ 385
#define __DEC64_MAX__ 9.999999999999999E384DD
#define __DEC64_MIN_EXP__ (-382)
#define __DEC64_MIN__ 1E-383DD
#define __DEC64_SUBNORMAL_MIN__ 0.000000000000001E-383DD
#define __DECIMAL_DIG__ 33
#define __DEC_EVAL_METHOD__ 2
#define __ELF__ 1
#define __FINITE_MATH_ONLY__ 0
#define __FLOAT_WORD_ORDER__ __ORDER_BIG_ENDIAN__
#define __FLT32X_DECIMAL_DIG__ 17
#define __FLT32X_DENORM_MIN__ 4.94065645841246544176568792868221e-324F32x
#define __FLT32X_DIG__ 15
#define __FLT32X_EPSILON__ 2.22044604925031308084726333618164e-16F32x
#define __FLT32X_HAS_DENORM__ 1
#define __FLT32X_HAS_INFINITY__ 1
#define __FLT32X_HAS_QUIET_NAN__ 1
#define __FLT32X_IS_IEC_60559__ 2
#define __FLT32X_MANT_DIG__ 53
#define __FLT32X_MAX_10_EXP__ 308
#define __FLT32X_MAX_EXP__ 1024
#define __FLT32X_MAX__ 1.79769313486231570814527423731704e+308F32x
#define __FLT32X_MIN_10_EXP__ (-307)
#define __FLT32X_MIN_EXP__ (-1021)
#define __FLT32X_MIN__ 2.22507385850720138309023271733240e-308F32x
#define __FLT32X_NORM_MAX__ 1.79769313486231570814527423731704e+308F32x
#define __FLT32_DECIMAL_DIG__ 9
#define __FLT32_DENORM_MIN__ 1.40129846432481707092372958328992e-45F32
#define __FLT32_DIG__ 6
#define __FLT32_EPSILON__ 1.19209289550781250000000000000000e-7F32
#define __FLT32_HAS_DENORM__ 1
#define __FLT32_HAS_INFINITY__ 1
#define __FLT32_HAS_QUIET_NAN__ 1
#define __FLT32_IS_IEC_60559__ 2
#define __FLT32_MANT_DIG__ 24
#define __FLT32_MAX_10_EXP__ 38
#define __FLT32_MAX_EXP__ 128
#define __FLT32_MAX__ 3.40282346638528859811704183484517e+38F32
#define __FLT32_MIN_10_EXP__ (-37)
#define __FLT32_MIN_EXP__ (-125)
#define __FLT32_MIN__ 1.17549435082228750796873653722225e-38F32
#define __FLT32_NORM_MAX__ 3.40282346638528859811704183484517e+38F32
#define __FLT64_DECIMAL_DIG__ 17
#define __FLT64_DENORM_MIN__ 4.94065645841246544176568792868221e-324F64
#define __FLT64_DIG__ 15
#define __FLT64_EPSILON__ 2.22044604925031308084726333618164e-16F64
#define __FLT64_HAS_DENORM__ 1
#define __FLT64_HAS_INFINITY__ 1
#define __FLT64_HAS_QUIET_NAN__ 1
#define __FLT64_IS_IEC_60559__ 2
#define __FLT64_MANT_DIG__ 53
#define __FLT64_MAX_10_EXP__ 308
#define __FLT64_MAX_EXP__ 1024
#define __FLT64_MAX__ 1.79769313486231570814527423731704e+308F64
#define __FLT64_MIN_10_EXP__ (-307)
#define __FLT64_MIN_EXP__ (-1021)
#define __FLT64_MIN__ 2.22507385850720138309023271733240e-308F64
#define __FLT64_NORM_MAX__ 1.79769313486231570814527423731704e+308F64
#define __FLT_DECIMAL_DIG__ 9
#define __FLT_DENORM_MIN__ 1.40129846432481707092372958328992e-45F
#define __FLT_DIG__ 6
#define __FLT_EPSILON__ 1.19209289550781250000000000000000e-7F
#define __FLT_EVAL_METHOD_TS_18661_3__ 0
#define __FLT_EVAL_METHOD__ 0
#define __FLT_HAS_DENORM__ 1
#define __FLT_HAS_INFINITY__ 1
#define __FLT_HAS_QUIET_NAN__ 1
#define __FLT_IS_IEC_60559__ 2
#define __FLT_MANT_DIG__ 24
#define __FLT_MAX_10_EXP__ 38
#define __FLT_MAX_EXP__ 128
#define __FLT_MAX__ 3.40282346638528859811704183484517e+38F
#define __FLT_MIN_10_EXP__ (-37)
#define __FLT_MIN_EXP__ (-125)
#define __FLT_MIN__ 1.17549435082228750796873653722225e-38F
#define __FLT_NORM_MAX__ 3.40282346638528859811704183484517e+38F
#define __FLT_RADIX__ 2
#define __GCC_ATOMIC_BOOL_LOCK_FREE 2
#define __GCC_ATOMIC_CHAR16_T_LOCK_FREE 2
#define __GCC_ATOMIC_CHAR32_T_LOCK_FREE 2
#define __GCC_ATOMIC_CHAR_LOCK_FREE 2
#define __GCC_ATOMIC_INT_LOCK_FREE 2
#define __GCC_ATOMIC_LLONG_LOCK_FREE 1
#define __GCC_ATOMIC_LONG_LOCK_FREE 2
#define __GCC_ATOMIC_POINTER_LOCK_FREE 2
#define __GCC_ATOMIC_SHORT_LOCK_FREE 2
#define __GCC_ATOMIC_TEST_AND_SET_TRUEVAL 1
#define __GCC_ATOMIC_WCHAR_T_LOCK_FREE 2
#define __GCC_HAVE_SYNC_COMPARE_AND_SWAP_1 1
#define __GCC_HAVE_SYNC_COMPARE_AND_SWAP_2 1
#define __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4 1
#define __GCC_IEC_559 2
#define __GCC_IEC_559_COMPLEX 2
#define __GNUC_EXECUTION_CHARSET_NAME "UTF-8"
#define __GNUC_MINOR__ 2
#define __GNUC_PATCHLEVEL__ 0
#define __GNUC_STDC_INLINE__ 1
#define __GNUC_WIDE_EXECUTION_CHARSET_NAME "UTF-16BE"
#define __GNUC__ 12
#define __GXX_ABI_VERSION 1017
#define __HAVE_BSWAP__ 1
#define __HAVE_SPECULATION_SAFE_VALUE 1
#define __INT16_C(c) c
#define __INT16_MAX__ 0x7fff
#define __INT16_TYPE__ short int
#define __INT32_C(c) c
#define __INT32_MAX__ 0x7fffffff
#define __INT32_TYPE__ int
#define __INT64_C(c) c ## LL
#define __INT64_MAX__ 0x7fffffffffffffffLL
#define __INT64_TYPE__ long long int
#define __INT8_C(c) c
#define __INT8_MAX__ 0x7f
#define __INT8_TYPE__ signed char
#define __INTMAX_C(c) c ## LL
#define __INTMAX_MAX__ 0x7fffffffffffffffLL
#define __INTMAX_TYPE__ long long int
#define __INTMAX_WIDTH__ 64
#define __INTPTR_MAX__ 0x7fffffff
#define __INTPTR_TYPE__ int
#define __INTPTR_WIDTH__ 32
#define __INT_FAST16_MAX__ 0x7fffffff
#define __INT_FAST16_TYPE__ int
#define __INT_FAST16_WIDTH__ 32
#define __INT_FAST32_MAX__ 0x7fffffff
#define __INT_FAST32_TYPE__ int
#define __INT_FAST32_WIDTH__ 32
#define __INT_FAST64_MAX__ 0x7fffffffffffffffLL
#define __INT_FAST64_TYPE__ long long int
#define __INT_FAST64_WIDTH__ 64
#define __INT_FAST8_MAX__ 0x7f
#define __INT_FAST8_TYPE__ signed char
#define __INT_FAST8_WIDTH__ 8
#define __INT_LEAST16_MAX__ 0x7fff
#define __INT_LEAST16_TYPE__ short int
#define __INT_LEAST16_WIDTH__ 16
#define __INT_LEAST32_MAX__ 0x7fffffff
#define __INT_LEAST32_TYPE__ int
#define __INT_LEAST32_WIDTH__ 32
#define __INT_LEAST64_MAX__ 0x7fffffffffffffffLL
#define __INT_LEAST64_TYPE__ long long int
#define __INT_LEAST64_WIDTH__ 64
#define __INT_LEAST8_MAX__ 0x7f
#define __INT_LEAST8_TYPE__ signed char
#define __INT_LEAST8_WIDTH__ 8
#define __INT_MAX__ 0x7fffffff
#define __INT_WIDTH__ 32
#define __LDBL_DECIMAL_DIG__ 33
#define __LDBL_DENORM_MIN__ 4.94065645841246544176568792868221e-324L
#define __LDBL_DIG__ 31
#define __LDBL_EPSILON__ 4.94065645841246544176568792868221e-324L
#define __LDBL_HAS_DENORM__ 1
#define __LDBL_HAS_INFINITY__ 1
#define __LDBL_HAS_QUIET_NAN__ 1
#define __LDBL_IS_IEC_60559__ 0
#define __LDBL_MANT_DIG__ 106
#define __LDBL_MAX_10_EXP__ 308
#define __LDBL_MAX_EXP__ 1024
#define __LDBL_MAX__ 1.79769313486231580793728971405301e+308L
#define __LDBL_MIN_10_EXP__ (-291)
#define __LDBL_MIN_EXP__ (-968)
#define __LDBL_MIN__ 2.00416836000897277799610805135016e-292L
#define __LDBL_NORM_MAX__ 8.98846567431157953864652595394501e+307L
#define __LONGDOUBLE128 1
#define __LONG_DOUBLE_128__ 1
#define __LONG_DOUBLE_IBM128__ 1
#define __LONG_LONG_MAX__ 0x7fffffffffffffffLL
#define __LONG_LONG_WIDTH__ 64
#define __LONG_MAX__ 0x7fffffffL
#define __LONG_WIDTH__ 32
#define __NO_FPRS__ 1
#define __OPTIMIZE__ 1
#define __ORDER_BIG_ENDIAN__ 4321
#define __ORDER_LITTLE_ENDIAN__ 1234
#define __ORDER_PDP_ENDIAN__ 3412
#define __PPC 1
#define __PPC__ 1
#define __PRAGMA_REDEFINE_EXTNAME 1
#define __PTRDIFF_MAX__ 0x7fffffff
#define __PTRDIFF_TYPE__ int
#define __PTRDIFF_WIDTH__ 32
#define __REGISTER_PREFIX__ 
#define __SCHAR_MAX__ 0x7f
#define __SCHAR_WIDTH__ 8
#define __SHRT_MAX__ 0x7fff
#define __SHRT_WIDTH__ 16
#define __SIG_ATOMIC_MAX__ 0x7fffffff
#define __SIG_ATOMIC_MIN__ (-__SIG_ATOMIC_MAX__ - 1)
#define __SIG_ATOMIC_TYPE__ int
#define __SIG_ATOMIC_WIDTH__ 32
#define __SIZEOF_DOUBLE__ 8
#define __SIZEOF_FLOAT__ 4
#define __SIZEOF_IBM128__ 16
#define __SIZEOF_INT__ 4
#define __SIZEOF_LONG_DOUBLE__ 16
#define __SIZEOF_LONG_LONG__ 8
#define __SIZEOF_LONG__ 4
#define __SIZEOF_POINTER__ 4
#define __SIZEOF_PTRDIFF_T__ 4
#define __SIZEOF_SHORT__ 2
#define __SIZEOF_SIZE_T__ 4
#define __SIZEOF_WCHAR_T__ 2
#define __SIZEOF_WINT_T__ 4
#define __SIZE_MAX__ 0xffffffffU
#define __SIZE_TYPE__ unsigned int
#define __SIZE_WIDTH__ 32
#define __STDC_HOSTED__ 1
#define __STDC_UTF_16__ 1
#define __STDC_UTF_32__ 1
#define __STDC_VERSION__ 201112L
#define __STDC__ 1
#define __UINT16_C(c) c
#define __UINT16_MAX__ 0xffff
#define __UINT16_TYPE__ short unsigned int
#define __UINT32_C(c) c ## U
#define __UINT32_MAX__ 0xffffffffU
#define __UINT32_TYPE__ unsigned int
#define __UINT64_C(c) c ## ULL
#define __UINT64_MAX__ 0xffffffffffffffffULL
#define __UINT64_TYPE__ long long unsigned int
#define __UINT8_C(c) c
#define __UINT8_MAX__ 0xff
#define __UINT8_TYPE__ unsigned char
#define __UINTMAX_C(c) c ## ULL
#define __UINTMAX_MAX__ 0xffffffffffffffffULL
#define __UINTMAX_TYPE__ long long unsigned int
#define __UINTPTR_MAX__ 0xffffffffU
#define __UINTPTR_TYPE__ unsigned int
#define __UINT_FAST16_MAX__ 0xffffffffU
#define __UINT_FAST16_TYPE__ unsigned int
#define __UINT_FAST32_MAX__ 0xffffffffU
#define __UINT_FAST32_TYPE__ unsigned int
#define __UINT_FAST64_MAX__ 0xffffffffffffffffULL
#define __UINT_FAST64_TYPE__ long long unsigned int
#define __UINT_FAST8_MAX__ 0xff
#define __UINT_FAST8_TYPE__ unsigned char
#define __UINT_LEAST16_MAX__ 0xffff
#define __UINT_LEAST16_TYPE__ short unsigned int
#define __UINT_LEAST32_MAX__ 0xffffffffU
#define __UINT_LEAST32_TYPE__ unsigned int
#define __UINT_LEAST64_MAX__ 0xffffffffffffffffULL
#define __UINT_LEAST64_TYPE__ long long unsigned int
#define __UINT_LEAST8_MAX__ 0xff
#define __UINT_LEAST8_TYPE__ unsigned char
#define __USER_LABEL_PREFIX__ 
#define __VEC_ELEMENT_REG_ORDER__ __ORDER_BIG_ENDIAN__
#define __VERSION__ "12.2.0"
#define __WCHAR_MAX__ 0xffff
#define __WCHAR_MIN__ 0
#define __WCHAR_TYPE__ short unsigned int
#define __WCHAR_WIDTH__ 16
#define __WINT_MAX__ 0xffffffffU
#define __WINT_MIN__ 0U
#define __WINT_TYPE__ unsigned int
#define __WINT_WIDTH__ 32
#define __gnu_linux__ 1
#define __linux 1
#define __linux__ 1
#define __powerpc 1
#define __powerpc__ 1
#define __unix 1
#define __unix__ 1
#define linux 1
#define powerpc 1
#define unix 1
== -Os
#define __OPTIMIZE_SIZE__ 1
== -fsigned-char
#undef __CHAR_UNSIGNED__
== -ffreestanding
#undef __STDC_HOSTED__
#define __STDC_HOSTED__ 0
== -fstack-protector
#define __SSP__ 1
== -fstack-protector-strong
#define __SSP_STRONG__ 3
== -fstack-protector-all
#define __SSP_ALL__ 2
== -fPIE
#define __PIC__ 2
#define __PIE__ 2
#define __pic__ 2
#define __pie__ 2
== -fPIC
#define __PIC__ 2
#define __pic__ 2
== -fpic
#define __PIC__ 1
#define __pic__ 1
== -fpie
#define __PIC__ 1
#define __PIE__ 1
#define __pic__ 1
#define __pie__ 1
== -fsanitize=kernel-address
#define __SANITIZE_ADDRESS__ 1
== -fsanitize=thread
#define __SANITIZE_THREAD__ 1
== -g
#define __GCC_HAVE_DWARF2_CFI_ASM 1
== -fasynchronous-unwind-tables
#define __GCC_HAVE_DWARF2_CFI_ASM 1
== -mhard-float
#undef _SOFT_DOUBLE
#undef _SOFT_FLOAT
#undef __NO_FPRS__
#define _Bool _Bool
#define __FP_FAST_FMA 1
#define __FP_FAST_FMAF 1
#define __FP_FAST_FMAF32 1
#define __FP_FAST_FMAF32x 1
#define __FP_FAST_FMAF64 1
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=powerpc64
#define _ARCH_PPCGR 1
== -mcpu=cell
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _Bool _Bool
#define __PPU__ 1
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=970
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _Bool _Bool
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=power4
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _Bool _Bool
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=power5
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _ARCH_PWR5 1
#define _Bool _Bool
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=power6
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _ARCH_PWR5 1
#define _ARCH_PWR5X 1
#define _ARCH_PWR6 1
#define _Bool _Bool
#define __RECIP_PRECISION__ 1
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=power7
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _ARCH_PWR5 1
#define _ARCH_PWR5X 1
#define _ARCH_PWR6 1
#define _ARCH_PWR7 1
#define _Bool _Bool
#define __RECIP_PRECISION__ 1
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=power8
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _ARCH_PWR5 1
#define _ARCH_PWR5X 1
#define _ARCH_PWR6 1
#define _ARCH_PWR7 1
#define _Bool _Bool
#define __HTM__ 1
#define __RECIP_PRECISION__ 1
#define __TM_FENCE__ 1
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=power9
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _ARCH_PWR5 1
#define _ARCH_PWR5X 1
#define _ARCH_PWR6 1
#define _ARCH_PWR7 1
#define _ARCH_PWR9 1
#define _Bool _Bool
#define __HTM__ 1
#define __RECIP_PRECISION__ 1
#define __TM_FENCE__ 1
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=power10
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR10 1
#define _ARCH_PWR4 1
#define _ARCH_PWR5 1
#define _ARCH_PWR5X 1
#define _ARCH_PWR6 1
#define _ARCH_PWR7 1
#define _ARCH_PWR9 1
#define _Bool _Bool
#define __RECIP_PRECISION__ 1
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=e5500
#define _ARCH_PPCGR 1
== -mcpu=e6500
#define _ARCH_PPCGR 1
#define _ARCH_PWR4 1
== -mcpu=powerpc64le
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _ARCH_PWR5 1
#define _ARCH_PWR5X 1
#define _ARCH_PWR6 1
#define _ARCH_PWR7 1
#define _Bool _Bool
#define __HTM__ 1
#define __RECIP_PRECISION__ 1
#define __TM_FENCE__ 1
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=603
#define _ARCH_PPCGR 1
== -mcpu=604
#define _ARCH_PPCGR 1
== -mcpu=740
#define _ARCH_PPCGR 1
== -mcpu=750
#define _ARCH_PPCGR 1
== -mcpu=7400
#define _ARCH_PPCGR 1
== -mcpu=7450
#define _ARCH_PPCGR 1
== -mcpu=8540
#define __NO_LWSYNC__ 1
== -mcpu=8548
#define __NO_LWSYNC__ 1
== -mcpu=e500mc
#define _ARCH_PPCGR 1
== -mcpu=405
#define __PPC405__ 1
== -mcpu=476
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _ARCH_PWR5 1
#define _ARCH_PWR5X 1
#define _ARCH_PWR6 1
#define _Bool _Bool
#define __RECIP_PRECISION__ 1
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
== -mcpu=G3
#define _ARCH_PPCGR 1
== -mcpu=G4
#define _ARCH_PPCGR 1
== -mcpu=G5
#define _ARCH_PPCGR 1
#define _ARCH_PPCSQ 1
#define _ARCH_PWR4 1
#define _Bool _Bool
#define __bool __attribute__((altivec(bool__))) unsigned
#define __builtin_vsx_vperm __builtin_vec_perm
#define __builtin_vsx_xvmaddadp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddasp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmaddmdp __builtin_vsx_xvmadddp
#define __builtin_vsx_xvmaddmsp __builtin_vsx_xvmaddsp
#define __builtin_vsx_xvmsubadp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubasp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvmsubmdp __builtin_vsx_xvmsubdp
#define __builtin_vsx_xvmsubmsp __builtin_vsx_xvmsubsp
#define __builtin_vsx_xvnmaddadp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddasp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmaddmdp __builtin_vsx_xvnmadddp
#define __builtin_vsx_xvnmaddmsp __builtin_vsx_xvnmaddsp
#define __builtin_vsx_xvnmsubadp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubasp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xvnmsubmdp __builtin_vsx_xvnmsubdp
#define __builtin_vsx_xvnmsubmsp __builtin_vsx_xvnmsubsp
#define __builtin_vsx_xxland __builtin_vec_and
#define __builtin_vsx_xxlandc __builtin_vec_andc
#define __builtin_vsx_xxlnor __builtin_vec_nor
#define __builtin_vsx_xxlor __builtin_vec_or
#define __builtin_vsx_xxlxor __builtin_vec_xor
#define __builtin_vsx_xxsel __builtin_vec_sel
#define __pixel __attribute__((altivec(pixel__))) unsigned short
#define __vector __attribute__((altivec(vector__)))
#define bool bool
#define pixel pixel
#define vector vector
