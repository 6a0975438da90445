// SPDX-License-Identifier: Apache-2.0
/*
 * Page-table methods that are the same on every architecture.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

/*
 * An entry that no architecture code would have made was met: say so, and
 * make it empty, so that nobody walks it again.
 */
void pmd_clear_bad(pmd_t *pmd)
{
	pmd_ERROR(*pmd);
	pmd_clear(pmd);
}
