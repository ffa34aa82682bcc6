/* SPDX-License-Identifier: MIT */
/*
 * tar_header - parses one 512-byte header block of a tar archive (v7, ustar, GNU), without the
 * extensions that precede it. Pure; names are bytes. Sources: POSIX pax "ustar Interchange
 * Format", and the manual of GNU tar, "Basic Tar Format".
 */
#ifndef CORE_FORMAT_TAR_HEADER_H
#define CORE_FORMAT_TAR_HEADER_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_BLOCK 512

enum tar_format { TAR_FORMAT_V7, TAR_FORMAT_USTAR, TAR_FORMAT_GNU };

struct tar_header {
	char name[257]; /* with the prefix of ustar */
	char link[101];
	char type; /* as in the block; '\0' is a file of old tars */
	enum tar_format format;
	bool signed_sum; /* its checksum sums signed bytes, as some old tars do */
	bool gnu_times;	 /* GNU's other times, where ustar has the prefix of the name */
	bool odd_prefix; /* a prefix in an unknown version of ustar: tars use it, or not */
	bool no_name;	 /* without the prefix: Toybox takes the block for the end */
	bool odd_bytes;	 /* bytes that Toybox alone reads, or leaves out of the checksum */
	bool odd_nodes;	 /* no numbers where a device has its own: small tars read them always */
	const char *
		fault; /* of the first field that should be a number and is not: a phrase; or NULL */
	uint32_t mode;
	int64_t uid, gid, size, mtime, major, minor;
};

/* Parses a block. Returns 0, or -EBADMSG if its checksum is wrong. */
_must_check_ int tar_header_parse(const unsigned char block[TAR_BLOCK], struct tar_header *ret);

/* Parses a numeric field: octal digits, with blanks before them and a blank or NUL after them; or a
 * base-256 number; a field of NULs is 0. @size is 2 at least. False if it is neither, or does not fit. */
bool tar_header_number(const unsigned char *field, size_t size, int64_t *ret);

/* True if all bytes of the block are zero. */
bool tar_header_is_zero(const unsigned char block[TAR_BLOCK]);

#endif
