/* SPDX-License-Identifier: MIT */
/*
 * pax - parses the records of a pax extended header, "LENGTH KEY=VALUE\n" each, and their values.
 * Pure; keys and values are bytes of the header, not copied and without a NUL. Source: POSIX pax,
 * "pax Header Block".
 */
#ifndef CORE_FORMAT_PAX_H
#define CORE_FORMAT_PAX_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are not a string: they have no NUL, or may contain one. */
struct bytes {
	const char *at;
	size_t size;
};

struct pax_record {
	struct bytes key, value;
};

/* Takes the first record off @rest. Returns 1 and the record, 0 if @rest is empty, or -EBADMSG if it
 * begins with no record. */
_must_check_ int pax_next(struct bytes *rest, struct pax_record *ret);

/* If @key begins with @prefix, returns true and the part after it. */
bool pax_below(struct bytes key, const char *prefix, struct bytes *ret_name);
bool pax_equal(struct bytes bytes, const char *text);

/* Parses a whole value as a decimal number. False if it is not one, or above INT64_MAX. */
bool pax_number(struct bytes value, int64_t *ret);
/* Takes a decimal number and the byte @end after it off @rest. False as above. */
bool pax_take_number(struct bytes *rest, char end, int64_t *ret);
/* Parses a time: seconds, with an optional sign and fraction. It is rounded down: -1.25 is second -2
 * and 750,000,000 ns. Digits after the ninth are ignored. */
bool pax_time(struct bytes value, int64_t *ret_s, uint32_t *ret_ns);

/* Decodes percent signs with two hexadecimal digits; others are kept. @to needs from.size bytes.
 * Returns the number of bytes written. */
size_t pax_decode_percent(struct bytes from, char *to);
/* The same, but only for "%3D" and "%25": GNU tar encodes no others in names of attributes. */
size_t pax_decode_gnu(struct bytes from, char *to);
/* Decodes base64, with or without padding. @to needs from.size bytes. Returns the number of bytes
 * written, or -EBADMSG. */
_must_check_ ssize_t pax_decode_base64(struct bytes from, char *to);

#endif
