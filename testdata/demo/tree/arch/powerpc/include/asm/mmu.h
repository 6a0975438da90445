/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_POWERPC_MMU_H
#define _ASM_POWERPC_MMU_H

#include <linux/types.h>

#ifdef CONFIG_PPC_RADIX_MMU
/* Decided once, at boot, by what the firmware offers. */
bool radix_enabled(void);
#else
static inline bool radix_enabled(void)
{
	return false;
}
#endif

#endif /* _ASM_POWERPC_MMU_H */
