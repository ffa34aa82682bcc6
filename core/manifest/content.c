/* SPDX-License-Identifier: MIT */
#include "core/manifest/content.h"

#include "device/base/util.h"

#include <string.h>

void content_begin(struct content *content, struct sha256 *sha)
{
	content->sha = sha;
	content->at = content->zeros = 0;
	content->dirty = false;
	content->run_count = 0;
	sha256_begin(sha);
}

static void add_runs(struct content *content)
{
	uint64_t count = content->run_count;

	sha256_add(content->sha, content->runs, count * sizeof(content->runs[0]));
	sha256_add(content->sha, &count, sizeof(count));
	content->run_count = 0;
}

/* Adds the unit at content->at to the list. All units before it are hashed. */
static void add_unit(struct content *content)
{
	uint64_t unit = content->at / CONTENT_UNIT;
	unsigned last = content->run_count - 1;

	if (content->run_count > 0 &&
		content->runs[last].first + content->runs[last].units == unit) {
		content->runs[last].units++;
		return;
	}
	if (content->run_count == CONTENT_RUNS_MAX)
		add_runs(content);
	content->runs[content->run_count].first = unit;
	content->runs[content->run_count++].units = 1;
}

static bool is_zero(const unsigned char *data, size_t size)
{
	return data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

static void advance(struct content *content, uint64_t size)
{
	content->at += size;
	if (content->at % CONTENT_UNIT == 0) {
		content->dirty = false;
		content->zeros = 0;
	}
}

static size_t unit_rest(const struct content *content)
{
	return CONTENT_UNIT - (size_t)(content->at % CONTENT_UNIT);
}

void content_add(struct content *content, const void *data, size_t size)
{
	const unsigned char *at = data, *end = at + size;
	const unsigned char *from = at; /* not hashed yet: one piece for many units is faster */

	while (at < end) {
		size_t part = unit_rest(content);

		part = part < (size_t)(end - at) ? part : (size_t)(end - at);
		if (!content->dirty) {
			bool zero = is_zero(at, part);

			if (zero || content->run_count == CONTENT_RUNS_MAX) {
				sha256_add(content->sha, from, (size_t)(at - from));
				from = zero ? at + part : at;
			}
			if (zero) {
				content->zeros += part;
			} else {
				add_unit(content);
				sha256_add_zeros(content->sha, content->zeros);
				content->zeros = 0;
				content->dirty = true;
			}
		}
		at += part;
		advance(content, part);
	}
	sha256_add(content->sha, from, (size_t)(end - from));
}

void content_add_hole(struct content *content, uint64_t size)
{
	while (size > 0) {
		size_t rest = unit_rest(content);
		uint64_t part = rest < size ? rest : size;

		if (rest == CONTENT_UNIT && size >= CONTENT_UNIT)
			part = size - size % CONTENT_UNIT;
		else if (content->dirty)
			sha256_add_zeros(content->sha, (size_t)part);
		else
			content->zeros += part;
		size -= part;
		advance(content, part);
	}
}

int content_end(struct content *content, unsigned char ret[SHA256_BYTES])
{
	add_runs(content);
	sha256_add(content->sha, &content->at, sizeof(content->at));
	return sha256_end(content->sha, ret);
}
