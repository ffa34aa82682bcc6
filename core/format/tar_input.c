/* SPDX-License-Identifier: MIT */
#include "core/format/tar_input.h"

#include "core/format/tar_header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tar_input_fail(struct tar_input *input, const char *code, const char *phrase)
{
	input->code = code;
	input->phrase = phrase;
	return -EBADMSG;
}

int tar_input_fail_truncated(struct tar_input *input)
{
	if (input->offset < TAR_BLOCK)
		return tar_input_fail(input, "truncated",
			"the content is not a tar archive, or is shorter than one header");
	return tar_input_fail(input, "truncated", "the tar archive is truncated");
}

int tar_input_fill(struct tar_input *input)
{
	ssize_t length;

	if (input->begin < input->end)
		return 1;
	length = input->read(input->arg, input->buffer, sizeof(input->buffer));
	if (length <= 0)
		return (int)length;
	input->begin = 0;
	input->end = (size_t)length;
	return 1;
}

void tar_input_consume(struct tar_input *input, size_t size)
{
	input->begin += size;
	input->offset += size;
}

ssize_t tar_input_copy(struct tar_input *input, void *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t part;
		int r = tar_input_fill(input);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		part = input->end - input->begin;
		part = part < size - done ? part : size - done;
		memcpy((char *)to + done, input->buffer + input->begin, part);
		tar_input_consume(input, part);
		done += part;
	}
	return (ssize_t)done;
}

int tar_input_skip(struct tar_input *input, uint64_t size)
{
	while (size > 0) {
		size_t part;
		int r = tar_input_fill(input);

		if (r <= 0)
			return r < 0 ? r : tar_input_fail_truncated(input);
		part = input->end - input->begin;
		part = part < size ? part : (size_t)size;
		tar_input_consume(input, part);
		size -= part;
	}
	return 0;
}

int tar_input_drain(struct tar_input *input)
{
	int r;

	while ((r = tar_input_fill(input)) > 0)
		tar_input_consume(input, input->end - input->begin);
	return r;
}

uint64_t tar_padding(uint64_t size)
{
	return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

int tar_store_reserve(struct tar_store *store, size_t size)
{
	size_t capacity = store->capacity ? store->capacity : 1024;
	char *grown;

	while (capacity < size)
		capacity *= 2;
	if (capacity == store->capacity)
		return 0;
	grown = realloc(store->at, capacity);
	if (!grown)
		return -ENOMEM;
	store->at = grown;
	store->capacity = capacity;
	return 0;
}

/* Memory grows with what arrives, not with what the header claims. */
int tar_input_store(struct tar_input *input, struct tar_store *to, uint64_t size)
{
	to->size = 0;
	if (size > TAR_STORE_MAX)
		return tar_input_fail(input, "size", "an extended header is larger than 4 MiB");
	while (to->size < size) {
		size_t part = (size_t)size - to->size;
		ssize_t length;
		int r;

		part = part < TAR_INPUT_BYTES ? part : TAR_INPUT_BYTES;
		r = tar_store_reserve(to, to->size + part);
		if (r < 0)
			return r;
		length = tar_input_copy(input, to->at + to->size, part);
		if (length < 0)
			return (int)length;
		if ((size_t)length < part)
			return tar_input_fail_truncated(input);
		to->size += part;
	}
	return tar_input_skip(input, tar_padding(size));
}
