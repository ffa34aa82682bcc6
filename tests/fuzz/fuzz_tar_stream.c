/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes tar_stream with headers whose checksums are put right, so that the parsers behind them are
 * reached; reads of any size, and a limit for holes.
 */
#include "core/format/tar_stream.h"

#include "core/format/tar_header.h"
#include "device/base/util.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size, at, piece;
};

static ssize_t read_input(void *arg, void *buffer, size_t size)
{
	struct input *input = arg;
	size_t rest = input->size - input->at;

	size = size < rest ? size : rest;
	size = size < input->piece ? size : input->piece;
	memcpy(buffer, input->data + input->at, size);
	input->at += size;
	return (ssize_t)size;
}

static void correct_sums(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + TAR_BLOCK <= size; at += TAR_BLOCK) {
		uint8_t *block = data + at;
		unsigned sum = 0;

		if (memcmp(block + 257, "ustar", 5) != 0)
			continue;
		memset(block + 148, ' ', 8);
		for (size_t i = 0; i < TAR_BLOCK; i++)
			sum += block[i];
		for (size_t i = 6; i > 0; i--, sum >>= 3)
			block[147 + i] = (uint8_t)('0' + (sum & 7));
	}
}

static void check_entry(const struct tar_entry *entry)
{
	assert(entry->path && entry->link);
	assert(strlen(entry->path) <= TAR_STORE_MAX);
	assert(entry->mode <= 07777);
	assert(entry->mtime_ns < 1000000000);
	assert(entry->size == 0 || entry->type == '0');
	assert(entry->needs >> TAR_NEED_COUNT == 0);
	for (size_t i = 0; i < entry->xattr_count; i++) {
		assert(*entry->xattrs[i].name);
		for (size_t k = 0; k < i; k++)
			assert(strcmp(entry->xattrs[i].name, entry->xattrs[k].name) != 0);
		/* The whole value is readable. */
		for (size_t k = 0; k < entry->xattrs[i].size; k++)
			(void)*((volatile const char *)entry->xattrs[i].value + k);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	struct input input = {
		.data = copy, .size = size, .piece = size ? 1 + data[size - 1] * 3u : 1};
	struct tar_stream *stream = tar_stream_new(read_input, &input);
	struct tar_entry entry;
	const char *phrase;
	int r;

	if (!copy || !stream)
		abort();
	memcpy(copy, data, size);
	correct_sums(copy, size);
	while ((r = tar_stream_next(stream, &entry)) > 0) {
		uint64_t end = 0, offset;
		const void *content;
		size_t part;

		check_entry(&entry);
		if (entry.uid % 2 != 0)
			continue; /* content that is not read is skipped */
		while (entry.type == '0' &&
			(r = tar_stream_content(stream, &offset, &content, &part)) > 0) {
			assert(offset >= end && part > 0);
			end = offset + part;
			assert(end <= entry.size);
		}
		if (r < 0)
			break;
	}
	assert(r == 0 || r == -EBADMSG);
	if (r < 0)
		assert(tar_stream_fault(stream, &phrase) && phrase);
	else
		assert(tar_stream_mark(stream) <= size && tar_stream_drain(stream) == 0);
	tar_stream_free(stream);
	free(copy);
	return 0;
}
