/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

#ifndef __ASSEMBLY__

typedef unsigned char		u8;
typedef unsigned short		u16;
typedef unsigned int		u32;
typedef unsigned long long	u64;
typedef _Bool			bool;
typedef u64			__be64;
typedef unsigned long		phys_addr_t;

#define NULL	((void *)0)
#define true	1
#define false	0

#endif /* !__ASSEMBLY__ */
#endif /* _LINUX_TYPES_H */
