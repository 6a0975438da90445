/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_X86_BUG_H
#define _ASM_X86_BUG_H

#define HAVE_ARCH_BUG
#define BUG() do {						\
	__asm__ __volatile__("1: ud2");				\
	unreachable();						\
} while (0)

#include <asm-generic/bug.h>

#endif /* _ASM_X86_BUG_H */
