/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <linux/types.h>
#include <linux/spinlock.h>
#include <asm/page.h>

#define USE_SPLIT_PTE_PTLOCKS	(CONFIG_NR_CPUS >= CONFIG_SPLIT_PTLOCK_CPUS)

struct page {
	unsigned long flags;
	spinlock_t ptl;
	unsigned long private;
};

struct mm_struct {
	pgd_t *pgd;
	spinlock_t page_table_lock;
	unsigned long task_size;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
};

#endif /* _LINUX_MM_TYPES_H */
