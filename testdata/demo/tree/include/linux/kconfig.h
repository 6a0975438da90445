/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __LINUX_KCONFIG_H
#define __LINUX_KCONFIG_H

#include <generated/autoconf.h>

/*
 * A symbol that is set is defined to 1. Pasting it onto SET_ gives a name that
 * expands to two arguments, so that the second of the list becomes 1.
 */
#define SET_1				unused, 1
#define SECOND_OF(a, b, ...)		b
#define VALUE_OF_PAIR(pair)		SECOND_OF(pair, 0, 0)
#define IS_SET_(value)			VALUE_OF_PAIR(SET_##value)
#define IS_SET(value)			IS_SET_(value)

#define IS_BUILTIN(option)		IS_SET(option)
#define IS_MODULE(option)		IS_SET(option##_MODULE)
#define IS_ENABLED(option)		(IS_BUILTIN(option) || IS_MODULE(option))

#endif /* __LINUX_KCONFIG_H */
