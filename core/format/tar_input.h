/* SPDX-License-Identifier: MIT */
/*
 * tar_input - the bytes of a tar stream, read through a buffer; and why they are no tar archive.
 */
#ifndef CORE_FORMAT_TAR_INPUT_H
#define CORE_FORMAT_TAR_INPUT_H

#include "device/base/util.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TAR_INPUT_BYTES KIB(64)
#define TAR_STORE_MAX	MIB(4)

/* Reads up to @size bytes. Returns their number, 0 at the end, or -errno. */
typedef ssize_t tar_input_read(void *arg, void *buffer, size_t size);

/* All zero, with @read and @arg, before the stream. */
struct tar_input {
	tar_input_read *read;
	void *arg;
	uint64_t offset;	   /* of the next byte in the stream */
	const char *code, *phrase; /* of the last -EBADMSG */
	size_t begin, end;	   /* of the bytes in the buffer */
	unsigned char buffer[TAR_INPUT_BYTES];
};

/* Keeps the reason: the code of a manifest_problem, and a phrase. Both are borrowed. Returns
 * -EBADMSG. */
int tar_input_fail(struct tar_input *input, const char *code, const char *phrase);
int tar_input_fail_truncated(struct tar_input *input);

/* Makes at least one byte available. Returns 1, 0 at the end of the stream, or an error of @read. */
_must_check_ int tar_input_fill(struct tar_input *input);
/* Takes bytes that are available. */
void tar_input_consume(struct tar_input *input, size_t size);
/* Copies up to @size bytes. Returns their number, fewer only at the end of the stream; or -errno. */
_must_check_ ssize_t tar_input_copy(struct tar_input *input, void *to, size_t size);
/* Skips bytes that must exist. 0 or an error. */
_must_check_ int tar_input_skip(struct tar_input *input, uint64_t size);
/* Reads the rest of the stream. 0 or an error of @read. */
_must_check_ int tar_input_drain(struct tar_input *input);

/* The bytes that follow @size bytes to the end of their block. */
uint64_t tar_padding(uint64_t size);

/* The content of an extended header, or text made of it. The owner frees it. */
struct tar_store {
	char *at;
	size_t size, capacity;
};

/* Makes room for @size bytes in all. 0 or -ENOMEM. */
_must_check_ int tar_store_reserve(struct tar_store *store, size_t size);
/* Reads @size bytes and their padding into the store, in place of what is there. 0, -ENOMEM or an
 * error; -EBADMSG above TAR_STORE_MAX. */
_must_check_ int tar_input_store(struct tar_input *input, struct tar_store *to, uint64_t size);

#endif
