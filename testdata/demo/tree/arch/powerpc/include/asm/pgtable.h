/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_POWERPC_PGTABLE_H
#define _ASM_POWERPC_PGTABLE_H

#include <asm/mmu.h>
#include <asm/page.h>

#ifdef CONFIG_PPC_BOOK3S_64
#include <asm/book3s/64/pgtable.h>
#else
#include <asm/nohash/64/pgtable.h>
#endif

#endif /* _ASM_POWERPC_PGTABLE_H */
