/* SPDX-License-Identifier: Apache-2.0 */
/* Included before every translation unit; nothing to say in this tree. */
