/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_POWERPC_BOOK3S_64_HASH_H
#define _ASM_POWERPC_BOOK3S_64_HASH_H

#ifdef CONFIG_PPC_64K_PAGES
#include <asm/book3s/64/hash-64k.h>
#else
#include <asm/book3s/64/hash-4k.h>
#endif

#define H_PMD_BAD_BITS	(0xffUL & ~_PAGE_HPTEFLAGS)

#define hash__pmd_bad(pmd)	(pmd_val(pmd) & H_PMD_BAD_BITS)

#endif /* _ASM_POWERPC_BOOK3S_64_HASH_H */
