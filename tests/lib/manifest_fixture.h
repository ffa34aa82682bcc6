/* SPDX-License-Identifier: MIT */
/*
 * manifest_fixture - builds archives in memory files, with headers that no tar would write, and
 * reads them into a manifest.
 */
#ifndef TESTS_MANIFEST_FIXTURE_H
#define TESTS_MANIFEST_FIXTURE_H

#include "core/manifest/manifest.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <sys/mman.h>

#define BLOCK 512

/* One member of such an archive. */
struct member {
	const char *name;
	char type;		    /* as in the header: '0' file, '2' symlink, ... */
	const char *link, *content; /* a script is executable */
};

static inline void put_header(unsigned char *block, const struct member *member)
{
	unsigned sum = 0;

	memset(block, 0, BLOCK);
	memcpy(block, member->name, strlen(member->name));
	memcpy(block + 100,
		member->content && str_has_prefix(member->content, "#!") ? "0000755" : "0000644",
		7);
	memcpy(block + 108, "0000000", 7);
	memcpy(block + 116, "0000000", 7);
	(void)snprintf((char *)block + 124, 12, "%011o",
		(unsigned)(member->content ? strlen(member->content) : 0));
	memcpy(block + 136, "14606164131", 11);
	block[156] = (unsigned char)member->type;
	if (member->link)
		memcpy(block + 157, member->link, strlen(member->link));
	memcpy(block + 257, "ustar\00000", 8);
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += block[i];
	(void)snprintf((char *)block + 148, 7, "%06o", sum);
}

/* Writes an archive to a memory file and rewinds it; @end is the number of zeros after the
 * members. */
static inline int craft(const struct member *members, size_t count, size_t end)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	unsigned char block[BLOCK];

	for (size_t i = 0; i < count; i++) {
		put_header(block, &members[i]);
		assert_int_equal(write_full(fd, block, BLOCK), 0);
		for (size_t at = 0; members[i].content && at < strlen(members[i].content);
			at += BLOCK) {
			memset(block, 0, BLOCK);
			memcpy(block, members[i].content + at,
				strnlen(members[i].content + at, BLOCK));
			assert_int_equal(write_full(fd, block, BLOCK), 0);
		}
	}
	memset(block, 0, BLOCK);
	for (; end > 0; end -= end < BLOCK ? end : BLOCK)
		assert_int_equal(write_full(fd, block, end < BLOCK ? end : BLOCK), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Writes such a file to @path. */
static inline void craft_file(
	const char *path, const struct member *members, size_t count, size_t end)
{
	int fd = craft(members, count, end);
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char buffer[4096];
	ssize_t size;

	assert_true(to >= 0);
	while ((size = read(fd, buffer, sizeof(buffer))) > 0)
		assert_int_equal(write_full(to, buffer, (size_t)size), 0);
	(void)close(fd);
	(void)close(to);
}

static inline int read_fd(struct manifest *manifest, int fd, struct diag *diag)
{
	int r;

	diag->text[0] = '\0';
	r = manifest_read(manifest, fd, NULL, NULL, diag);
	(void)close(fd);
	return r;
}

/* Reads an archive that must be valid. */
static inline struct manifest *read_good(int fd)
{
	struct manifest *manifest = manifest_new();
	struct diag diag;
	int r;

	assert_non_null(manifest);
	r = read_fd(manifest, fd, &diag);
	if (r < 0 || manifest_totals(manifest)->problem_count > 0)
		fail_msg("%s (%d), %u problems: %s: %s", diag.text, r,
			manifest_totals(manifest)->problem_count,
			manifest_totals(manifest)->problems[0].path,
			manifest_totals(manifest)->problems[0].text);
	return manifest;
}

struct search {
	const char *path;
	struct manifest_entry found;
	unsigned count;
};

static inline int match(void *arg, const struct manifest_entry *entry)
{
	static char link[PATH_MAX]; /* the entry's strings do not last */
	struct search *search = arg;

	if (strcmp(entry->path, search->path) == 0) {
		search->found = *entry;
		search->found.path = search->path;
		search->found.link = strcpy(link, entry->link);
		search->count++;
	}
	return 0;
}

static inline struct manifest_entry lookup(const struct manifest *manifest, const char *path)
{
	struct search search = {.path = path};

	assert_int_equal(manifest_each(manifest, match, &search), 0);
	if (search.count != 1)
		fail_msg("%s is in the manifest %u times", path, search.count);
	return search.found;
}

#endif
