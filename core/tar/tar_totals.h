/* SPDX-License-Identifier: MIT */
/*
 * tar_totals - the byte count in tar's replies.
 * GNU tar: "Total bytes read: 10240 (10KiB, 1.8MiB/s)": in any language, a number and a parenthesis
 * that ends in "/s", at the end of the line and behind any text, since a reply may be written into
 * the middle of a warning. bsdtar: "In: 10240 bytes, compression 0%;  Out: 8 files, 10240 bytes".
 */
#ifndef CORE_TAR_TAR_TOTALS_H
#define CORE_TAR_TAR_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds the count at the end of @line. *ret_start (may be NULL) gets where the reply begins: what
 * stands before it is a warning it was written into, and can be kept. Of a reply in a language that
 * is not known the whole line is the reply; replies that were written into each other are one.
 */
bool tar_totals_parse(const char *line, uint64_t *ret_bytes, size_t *ret_start);

#endif
