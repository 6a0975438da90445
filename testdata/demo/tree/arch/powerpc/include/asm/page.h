/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_POWERPC_PAGE_H
#define _ASM_POWERPC_PAGE_H

#include <linux/types.h>

#define PAGE_SHIFT	CONFIG_PPC_PAGE_SHIFT
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PAGE_OFFSET	0xc000000000000000UL

#define __va(x)		((void *)((unsigned long)(x) | PAGE_OFFSET))
#define __pa(x)		((unsigned long)(x) & ~PAGE_OFFSET)

typedef struct { __be64 pte; } pte_t;
typedef struct { __be64 pmd; } pmd_t;
typedef struct { __be64 pud; } pud_t;
typedef struct { __be64 pgd; } pgd_t;

#ifdef __LITTLE_ENDIAN__
#define cpu_to_be64(x)	__builtin_bswap64(x)
#define be64_to_cpu(x)	__builtin_bswap64(x)
#else
#define cpu_to_be64(x)	(x)
#define be64_to_cpu(x)	(x)
#endif

#define pte_val(x)	be64_to_cpu((x).pte)
#define pmd_val(x)	be64_to_cpu((x).pmd)
#define pud_val(x)	be64_to_cpu((x).pud)
#define pgd_val(x)	be64_to_cpu((x).pgd)
#define pmd_raw(x)	((x).pmd)
#define __pte(x)	((pte_t) { cpu_to_be64(x) })
#define __pmd(x)	((pmd_t) { cpu_to_be64(x) })
#define __pud(x)	((pud_t) { cpu_to_be64(x) })
#define __pgd(x)	((pgd_t) { cpu_to_be64(x) })

#endif /* _ASM_POWERPC_PAGE_H */
