/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <asm/bug.h>

#endif /* _LINUX_BUG_H */
