/* SPDX-License-Identifier: MIT */
/*
 * tar_totals - parses the byte count in tar's replies.
 * GNU tar: "Total bytes read: 10240 (10KiB, 1.8MiB/s)". In any language it is a number and a
 * parenthesis that ends in "/s", at the end of the line. Any text may precede it, since a reply may
 * interrupt a warning. bsdtar: "In: 10240 bytes, compression 0%;  Out: 8 files, 10240 bytes".
 */
#ifndef CORE_TAR_TAR_TOTALS_H
#define CORE_TAR_TAR_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds the count at the end of @line; false if it is missing. *ret_start (may be NULL) is the
 * offset of the reply: the text before it is the beginning of a warning that the reply
 * interrupted. It is 0 for a reply in an unknown language. Replies that interrupt each other count
 * as one.
 */
bool tar_totals_parse(const char *line, uint64_t *ret_bytes, size_t *ret_start);

#endif
