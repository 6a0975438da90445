/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_ARM64_BUG_H
#define _ASM_ARM64_BUG_H

#define HAVE_ARCH_BUG
#define BUG() do {						\
	__asm__ __volatile__("brk 0x800");				\
	unreachable();						\
} while (0)

#include <asm-generic/bug.h>

#endif /* _ASM_ARM64_BUG_H */
