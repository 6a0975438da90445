/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_GENERIC_BUG_H
#define _ASM_GENERIC_BUG_H

#ifndef HAVE_ARCH_BUG
#define BUG() do {						\
	__builtin_trap();					\
} while (0)
#endif

#ifndef HAVE_ARCH_BUG_ON
#define BUG_ON(condition) do { if (unlikely(condition)) BUG(); } while (0)
#endif

#ifndef WARN_ON
#define WARN_ON(condition) ({					\
	int __warn = !!(condition);				\
	unlikely(__warn);					\
})
#endif

#ifdef CONFIG_DEBUG_VM
#define VM_BUG_ON(cond)		BUG_ON(cond)
#else
#define VM_BUG_ON(cond)		do { (void)sizeof(!!(cond)); } while (0)
#endif

#endif /* _ASM_GENERIC_BUG_H */
