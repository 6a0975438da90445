/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_PRINTK_H
#define _LINUX_PRINTK_H

__attribute__((__format__(printf, 1, 2))) int _printk(const char *fmt, ...);

#define pr_err(fmt, ...)	_printk("\001" "3" fmt, ##__VA_ARGS__)

#endif /* _LINUX_PRINTK_H */
