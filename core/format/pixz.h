/* SPDX-License-Identifier: MIT */
/*
 * pixz - finds the index of files that pixz(1) appends to a tar archive before it compresses both. tar
 * stops at the end mark and never reads it. The index begins with its magic number at a multiple of
 * 512 bytes, after the zeros of the end mark. Pure.
 */
#ifndef CORE_FORMAT_PIXZ_H
#define CORE_FORMAT_PIXZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last place that looks like an index. All zero before the stream. */
struct pixz {
	uint64_t offset, zeros; /* so far, and the zeros at the end of that */
	uint64_t index_at;	/* 0: none */
	uint64_t index_zeros;	/* before it */
	size_t matched;		/* bytes of the magic number */
};

/* Takes the next @size bytes of the stream. */
void pixz_look(struct pixz *pixz, const unsigned char *bytes, size_t size);

/* True if there are only zeros from @mark, the offset of the end mark, up to an index. */
bool pixz_follows(const struct pixz *pixz, uint64_t mark);

#endif
