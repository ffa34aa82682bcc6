/* SPDX-License-Identifier: MIT */
/*
 * totals - the byte count in tar's replies, and the line splitter that feeds it.
 * GNU tar: "Total bytes read: 10240 (10KiB, 1.8MiB/s)", the number followed by a parenthesis ending in
 * "/s", in any language and behind any text. bsdtar: "In: 10240 bytes, compression 0%; Out: ...".
 */
#ifndef CORE_TOTALS_H
#define CORE_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds a count anywhere in @line. @ret_start and @ret_end (may be NULL) get where the reply begins
 * and ends, so that the rest, a warning it was written into, can be kept. */
bool totals_parse(const char *line, uint64_t *ret_bytes, size_t *ret_start, size_t *ret_end);

#endif
