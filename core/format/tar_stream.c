/* SPDX-License-Identifier: MIT */
#include "core/format/tar_stream.h"

#include "core/format/pax_name.h"
#include "core/format/tar_header.h"
#include "core/format/tar_map.h"
#include "core/format/tar_records.h"
#include "device/base/util.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define LONG_4095    4095   /* with a NUL */
#define LARGE_HEADER 999999 /* the largest record that libarchive reads */

/* The extended headers that were read for the next entry. */
enum extended { PAX, LONG_NAME, LONG_LINK, EXTENDED_COUNT };

struct tar_stream {
	struct tar_input input;
	uint64_t mark; /* of the last header */

	struct tar_store extended[EXTENDED_COUNT];
	unsigned seen[EXTENDED_COUNT];
	struct tar_store global;
	const char *global_fault;
	uint64_t needs; /* of headers before the next entry */
	struct tar_records records;

	struct tar_map map;	  /* of the content */
	size_t extent;		  /* of the map, that is read */
	uint64_t extent_at;	  /* in the extent */
	uint64_t left, pad_bytes; /* in the stream */
};

struct tar_stream *tar_stream_new(tar_input_read *read, void *arg)
{
	struct tar_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->input.read = read;
	stream->input.arg = arg;
	stream->records.input = &stream->input;
	stream->records.map = &stream->map;
	return stream;
}

void tar_stream_free(struct tar_stream *stream)
{
	if (!stream)
		return;
	for (size_t i = 0; i < EXTENDED_COUNT; i++)
		free(stream->extended[i].at);
	free(stream->global.at);
	free(stream->map.extents);
	tar_records_finish(&stream->records);
	free(stream);
}

const char *tar_stream_fault(const struct tar_stream *stream, const char **ret_phrase)
{
	*ret_phrase = stream->input.phrase;
	return stream->input.code;
}

uint64_t tar_stream_mark(const struct tar_stream *stream)
{
	return stream->mark;
}

int tar_stream_drain(struct tar_stream *stream)
{
	return tar_input_drain(&stream->input);
}

/* ---- headers ---- */

/* Reads one block. Returns 1, 0 at the end of the stream, or an error. */
static int read_block(struct tar_stream *stream, unsigned char block[TAR_BLOCK])
{
	ssize_t length;

	stream->mark = stream->input.offset;
	length = tar_input_copy(&stream->input, block, TAR_BLOCK);
	if (length < 0)
		return (int)length;
	if (length == 0)
		return 0;
	return length == TAR_BLOCK ? 1 : tar_input_fail_truncated(&stream->input);
}

static bool is_waiting(const struct tar_stream *stream)
{
	return stream->seen[PAX] || stream->seen[LONG_NAME] || stream->seen[LONG_LINK];
}

static int read_global(struct tar_stream *stream, uint64_t size)
{
	struct tar_store read = {0};
	int r = tar_input_store(&stream->input, &read, size);

	if (r == 0)
		r = tar_records_keep_global(&read, &stream->global, &stream->global_fault);
	free(read.at);
	return r;
}

/* Headers that belong to the next entry. Returns 1 if @header was one, 0 if not, or an error. */
static int read_extended(struct tar_stream *stream, const struct tar_header *header)
{
	enum extended which = EXTENDED_COUNT;
	uint64_t size = (uint64_t)header->size;
	int r;

	switch (header->type) {
	case 'g':
	case 'x':
		which = PAX;
		break;
	case 'L':
		which = LONG_NAME;
		break;
	case 'K':
		which = LONG_LINK;
		break;
	case 'V':
		if (is_waiting(stream) || size > 0)
			return tar_input_fail(&stream->input, "damaged",
				"a volume label has content, or the header of another entry");
		stream->needs |= TAR_NEED_BIT(TAR_NEED_LABEL);
		return 1;
	default:
		return 0;
	}
	if (size > LARGE_HEADER)
		stream->needs |= TAR_NEED_BIT(TAR_NEED_LARGE_HEADER);
	if (header->type == 'g') {
		r = read_global(stream, size);
		return r < 0 ? r : 1;
	}
	stream->seen[which]++;
	if (which != PAX && size > LONG_4095)
		stream->needs |= TAR_NEED_BIT(TAR_NEED_LONG_4095);
	r = tar_input_store(&stream->input, &stream->extended[which], size);
	return r < 0 ? r : 1;
}

/* The content of GNU's long names ends with a NUL. */
static const char *long_name(struct tar_stream *stream, enum extended which)
{
	const struct tar_store *store = &stream->extended[which];

	if (!stream->seen[which])
		return NULL;
	return tar_records_keep(
		&stream->records, store->at, store->size ? strnlen(store->at, store->size) : 0);
}

static bool ends_with_slash(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && name[length - 1] == '/';
}

static void check_names(const struct tar_stream *stream)
{
	const struct tar_records *records = &stream->records;
	struct tar_entry *entry = records->entry;
	const char *const converted[] = {records->path, records->link, records->sparse_name};
	bool is_link = entry->type == '1' || entry->type == '2';

	for (size_t i = 0; i < ARRAY_SIZE(converted); i++) {
		if (!converted[i] || records->is_binary)
			continue;
		if (!pax_name_is_utf8(converted[i]))
			entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_BYTES);
		if (pax_name_is_decomposed(converted[i]))
			entry->needs |= TAR_NEED_BIT(TAR_NEED_DECOMPOSED);
	}
	if (stream->seen[LONG_LINK] && !is_link)
		tar_entry_blame(entry, "it has a link target and is no link");
	if (is_link && records->link)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_LINK);
	if (is_link && records->header->link[0] == '\0')
		entry->needs |= TAR_NEED_BIT(TAR_NEED_NO_LINK);
	if (stream->seen[PAX] > 1 ||
		(stream->seen[PAX] && (stream->seen[LONG_NAME] || stream->seen[LONG_LINK])))
		entry->needs |= TAR_NEED_BIT(TAR_NEED_TWO_HEADERS);
}

/* The needs of any header, also of an extended one. */
static uint64_t header_needs(const struct tar_header *header)
{
	return (header->signed_sum ? TAR_NEED_BIT(TAR_NEED_SIGNED_SUM) : 0) |
	       (header->no_name ? TAR_NEED_BIT(TAR_NEED_NO_NAME) : 0) |
	       (header->odd_bytes ? TAR_NEED_BIT(TAR_NEED_ODD_BYTES) : 0) |
	       (header->odd_nodes ? TAR_NEED_BIT(TAR_NEED_ODD_NODES) : 0);
}

static void check_header(const struct tar_stream *stream)
{
	const struct tar_header *header = stream->records.header;
	struct tar_entry *entry = stream->records.entry;

	if (header->format == TAR_FORMAT_V7)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_V7);
	if (header->gnu_times)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_GNU_TIMES);
	if (header->uid < 0 || header->gid < 0 || header->mtime < 0)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_NEGATIVE);
	if (header->fault)
		tar_entry_blame(entry, header->fault);
	if (header->odd_prefix)
		tar_entry_blame(entry, "a header of an unknown version with a long name");
	if (header->minor > 0x7ffff)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_WIDE_MINOR);
	if (stream->global.size > 0)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_GLOBAL);
	if (entry->uid != header->uid || entry->gid != header->gid)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_IDS);
}

/* ---- types ---- */

static void settle_type(struct tar_entry *entry)
{
	bool slash = ends_with_slash(entry->path);

	if (entry->type == '\0' || entry->type == '7' || entry->type == 'S')
		entry->type = '0';
	if (entry->type == 'D') {
		entry->needs |= TAR_NEED_BIT(TAR_NEED_DUMPDIR);
		entry->type = '5';
	} else if (entry->type != '5' && slash) {
		entry->needs |= TAR_NEED_BIT(TAR_NEED_SLASH);
		entry->type = entry->type == '0' ? '5' : entry->type;
	}
}

/* True if content follows the header in the archive. */
static bool has_content(char type)
{
	return type < '1' || type > '6';
}

/* ---- content ---- */

static int read_sparse(
	struct tar_stream *stream, const unsigned char *block, bool is_old, bool is_map_first)
{
	struct tar_records *records = &stream->records;
	int r = 0;

	records->entry->sparse = true;
	records->entry->needs |= TAR_NEED_BIT(TAR_NEED_SPARSE);
	if (is_old)
		r = tar_map_read_old(&stream->map, &stream->input, block, &records->real_size);
	else if (is_map_first)
		r = tar_map_read(&stream->map, &stream->input, &stream->left);
	if (r == 0 && records->map_count >= 0 && (uint64_t)records->map_count != stream->map.count)
		r = tar_input_fail(&stream->input, "damaged", tar_map_bad);
	if (r == 0)
		r = tar_map_check(&stream->map, &stream->input, stream->left, records->real_size);
	if (r < 0)
		return r;
	if (!tar_map_is_plain(&stream->map, records->real_size))
		records->entry->needs |= TAR_NEED_BIT(TAR_NEED_SPARSE_ENDS);
	records->entry->size = (uint64_t)records->real_size;
	return 0;
}

static const char not_sparse[] = "its extended header is that of a sparse file, which it is not";

/* Prepares the content. 0 or an error. */
static int begin_content(struct tar_stream *stream, const unsigned char *block)
{
	const struct tar_records *records = &stream->records;
	struct tar_entry *entry = records->entry;
	const struct tar_header *header = records->header;
	int64_t size = records->size >= 0 ? records->size : header->size;
	bool is_old = header->type == 'S';
	bool is_map_first = records->map_major == 1 && records->map_minor == 0;

	if (!has_content(header->type) || (header->type != 'D' && entry->type == '5')) {
		/* A tar that believes this size would lose the next header. */
		if (records->size > 0 || (header->type < '1' && header->size > 0))
			tar_entry_blame(entry, "an entry without content has a size");
		if (records->has_sparse)
			tar_entry_blame(entry, not_sparse);
		return 0;
	}
	if (size < 0 || size > INT64_MAX - TAR_BLOCK)
		return tar_input_fail(&stream->input, "damaged", "a size is out of range");
	if (size != header->size)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_SIZE);
	stream->left = (uint64_t)size;
	stream->pad_bytes = tar_padding(stream->left);
	if (entry->type != '0')
		return 0;
	if (is_old && header->format != TAR_FORMAT_GNU)
		return tar_input_fail(&stream->input, "damaged", "a sparse file in star's format");
	if (records->map_major > 1 || records->map_minor > 1)
		return tar_input_fail(
			&stream->input, "damaged", "a sparse file in an unknown format");
	if (is_old || is_map_first || records->has_map || records->real_size >= 0)
		return read_sparse(stream, block, is_old, is_map_first);
	if (records->has_sparse)
		tar_entry_blame(entry, not_sparse);
	entry->size = stream->left;
	return tar_map_add(&stream->map, &stream->input, 0, size);
}

/* ---- entries ---- */

static const char *keep_name(struct tar_records *records, const char *name)
{
	return tar_records_keep(records, name, strlen(name));
}

static int make_entry(struct tar_stream *stream, const struct tar_header *header,
	const unsigned char *block, struct tar_entry *ret)
{
	struct tar_records *records = &stream->records;
	size_t room = sizeof(header->name) + sizeof(header->link) + 2 * stream->global.size + 2;
	const char *name, *link;
	int r;

	*ret = (struct tar_entry){.type = header->type,
		.mode = header->mode,
		.uid = header->uid,
		.gid = header->gid,
		.mtime_s = header->mtime,
		.major = header->major,
		.minor = header->minor,
		.needs = stream->needs,
		.fault = stream->global_fault};
	for (size_t i = 0; i < EXTENDED_COUNT; i++)
		room += stream->seen[i] ? 2 * stream->extended[i].size + 2 : 0;
	r = tar_records_begin(records, header, ret, room);
	if (r == 0)
		r = tar_records_apply(records, &stream->global);
	if (r == 0 && stream->seen[PAX])
		r = tar_records_apply(records, &stream->extended[PAX]);
	if (r < 0)
		return r;

	name = long_name(stream, LONG_NAME);
	link = long_name(stream, LONG_LINK);
	ret->path = records->sparse_name ? records->sparse_name
		    : records->path	 ? records->path
		    : name		 ? name
					 : keep_name(records, header->name);
	ret->link = "";
	if (header->type == '1' || header->type == '2')
		ret->link = records->link ? records->link
			    : link	  ? link
					  : keep_name(records, header->link);
	settle_type(ret);
	check_header(stream);
	check_names(stream);
	r = tar_records_settle(records);
	return r < 0 ? r : begin_content(stream, block);
}

/* Skips what is left of the content, and forgets the headers of the entry. */
static int end_entry(struct tar_stream *stream)
{
	int r = tar_input_skip(&stream->input, stream->left);

	if (r == 0)
		r = tar_input_skip(&stream->input, stream->pad_bytes);
	stream->left = stream->pad_bytes = 0;
	stream->map.count = stream->extent = 0;
	stream->extent_at = 0;
	stream->needs = 0;
	memset(stream->seen, 0, sizeof(stream->seen));
	return r;
}

int tar_stream_next(struct tar_stream *stream, struct tar_entry *ret)
{
	unsigned char block[TAR_BLOCK];
	struct tar_header header;
	int r = end_entry(stream);

	while (r >= 0) {
		r = read_block(stream, block);
		if (r < 0)
			break;
		if (r == 0 || tar_header_is_zero(block)) {
			if (is_waiting(stream))
				return r == 0 ? tar_input_fail_truncated(&stream->input)
					      : tar_input_fail(&stream->input, "damaged",
							"an extended header has no entry");
			return 0;
		}
		if (tar_header_parse(block, &header) < 0)
			return stream->mark == 0
				       ? tar_input_fail(&stream->input, "format",
						 "the content is not a tar archive")
				       : tar_input_fail(&stream->input, "damaged",
						 "the tar archive is damaged (a header has a wrong "
						 "checksum)");
		stream->needs |= header_needs(&header);
		if (header.size < 0)
			return tar_input_fail(&stream->input, "damaged", "a size is out of range");
		r = read_extended(stream, &header);
		if (r == 0) {
			r = make_entry(stream, &header, block, ret);
			return r < 0 ? r : 1;
		}
	}
	return r;
}

int tar_stream_content(
	struct tar_stream *stream, uint64_t *ret_offset, const void **ret_data, size_t *ret_size)
{
	const struct tar_extent *extent;
	struct tar_input *input = &stream->input;
	uint64_t part;
	int r;

	while (stream->extent < stream->map.count &&
		stream->map.extents[stream->extent].size == stream->extent_at) {
		stream->extent++;
		stream->extent_at = 0;
	}
	if (stream->extent == stream->map.count)
		return 0;
	r = tar_input_fill(input);
	if (r <= 0)
		return r < 0 ? r : tar_input_fail_truncated(input);
	extent = &stream->map.extents[stream->extent];
	part = extent->size - stream->extent_at;
	if (part > input->end - input->begin)
		part = input->end - input->begin;
	*ret_offset = extent->offset + stream->extent_at;
	*ret_data = input->buffer + input->begin;
	*ret_size = (size_t)part;
	tar_input_consume(input, (size_t)part);
	stream->extent_at += part;
	stream->left -= part;
	return 1;
}
