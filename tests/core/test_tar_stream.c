/* SPDX-License-Identifier: MIT */
#include "core/format/tar_stream.h"

#include "device/base/util.h"
#include "tests/lib/manifest_fixture.h"

#include <errno.h>

#define MEMBERS_MAX 5

static ssize_t read_fd_part(void *arg, void *buffer, size_t size)
{
	ssize_t length = read(*(int *)arg, buffer, size);

	return length < 0 ? -errno : length;
}

/* The stream of such an archive, with its end mark; the caller frees it and closes *ret_fd. */
static struct tar_stream *open_stream(const struct member *members, int *ret_fd)
{
	struct tar_stream *stream;
	size_t count = 0;

	while (count < MEMBERS_MAX && members[count].name)
		count++;
	*ret_fd = craft(members, count, 1024);
	stream = tar_stream_new(read_fd_part, ret_fd);
	assert_non_null(stream);
	return stream;
}

/* The names of an entry may be in its header, in GNU's headers and in pax records: each that is
 * named here wins over those before it. */
static void the_last_form_of_a_name_counts(void **state)
{
	static const struct {
		struct member members[MEMBERS_MAX];
		const char *path, *link;
	} cases[] = {
		{{{"header", '2', "to", NULL}}, "header", "to"},
		{{{"@", 'L', NULL, "long"}, {"header", '2', "to", NULL}}, "long", "to"},
		{{{"@", 'K', NULL, "far"}, {"header", '2', "to", NULL}}, "header", "far"},
		{{{"g", 'g', NULL, "15 path=global\n"}, {"@", 'L', NULL, "long"},
			 {"header", '0', NULL, NULL}},
			"global", ""},
		{{{"g", 'g', NULL, "15 path=global\n"}, {"x", 'x', NULL, "12 path=pax\n"},
			 {"header", '0', NULL, NULL}},
			"pax", ""},
		{{{"x", 'x', NULL, "12 path=pax\n14 linkpath=p\n"}, {"@", 'L', NULL, "long"},
			 {"@", 'K', NULL, "far"}, {"header", '2', "to", NULL}},
			"pax", "p"},
		{{{"x", 'x', NULL, "12 path=pax\n21 GNU.sparse.name=s\n"},
			 {"header", '0', NULL, NULL}},
			"s", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tar_entry entry;
		int fd;
		struct tar_stream *stream = open_stream(cases[i].members, &fd);

		assert_int_equal(tar_stream_next(stream, &entry), 1);
		if (strcmp(entry.path, cases[i].path) != 0 ||
			strcmp(entry.link, cases[i].link) != 0)
			fail_msg("case %zu: %s -> %s", i, entry.path, entry.link);
		assert_int_equal(tar_stream_next(stream, &entry), 0);
		tar_stream_free(stream);
		(void)close(fd);
	}
}

/* The headers of an entry are not those of the next; a global one is. */
static void an_extended_header_is_for_one_entry(void **state)
{
	static const struct member members[MEMBERS_MAX] = {
		{"g", 'g', NULL, "8 uid=1\n"},
		{"x", 'x', NULL, "8 uid=2\n8 gid=3\n15 mtime=-1.25\n"},
		{"a", '0', NULL, "content"},
		{"b", '0', NULL, NULL},
	};
	struct tar_entry entry;
	int fd;
	struct tar_stream *stream = open_stream(members, &fd);

	(void)state;
	assert_int_equal(tar_stream_next(stream, &entry), 1);
	assert_string_equal(entry.path, "a");
	assert_int_equal(entry.uid, 2);
	assert_int_equal(entry.gid, 3);
	assert_int_equal(entry.mtime_s, -2);
	assert_int_equal(entry.mtime_ns, 750000000);
	assert_int_equal(entry.size, 7);
	assert_true(entry.needs & TAR_NEED_BIT(TAR_NEED_GLOBAL));
	/* Its content is skipped. */
	assert_int_equal(tar_stream_next(stream, &entry), 1);
	assert_string_equal(entry.path, "b");
	assert_int_equal(entry.uid, 1);
	assert_int_equal(entry.gid, 0);
	assert_int_equal(entry.mtime_ns, 0);
	assert_int_equal(tar_stream_next(stream, &entry), 0);
	assert_int_equal(tar_stream_mark(stream), 7 * BLOCK);
	assert_int_equal(tar_stream_drain(stream), 0);
	tar_stream_free(stream);
	(void)close(fd);
}

/* The parts of a sparse file come with their places; between them are holes. */
static void content_comes_in_parts(void **state)
{
	static const struct member members[MEMBERS_MAX] = {
		{"x", 'x', NULL, "24 GNU.sparse.size=9000\n31 GNU.sparse.map=100,2,8997,3\n"},
		{"s", '0', NULL, "abcde"},
		{"b", '0', NULL, NULL},
	};
	struct tar_entry entry;
	uint64_t offset;
	const void *data;
	size_t size;
	int fd;
	struct tar_stream *stream = open_stream(members, &fd);

	(void)state;
	assert_int_equal(tar_stream_next(stream, &entry), 1);
	assert_true(entry.sparse);
	assert_int_equal(entry.size, 9000);
	assert_int_equal(tar_stream_content(stream, &offset, &data, &size), 1);
	assert_int_equal(offset, 100);
	assert_int_equal(size, 2);
	assert_memory_equal(data, "ab", 2);
	assert_int_equal(tar_stream_content(stream, &offset, &data, &size), 1);
	assert_int_equal(offset, 8997);
	assert_int_equal(size, 3);
	assert_memory_equal(data, "cde", 3);
	assert_int_equal(tar_stream_content(stream, &offset, &data, &size), 0);
	assert_int_equal(tar_stream_next(stream, &entry), 1);
	assert_string_equal(entry.path, "b");
	assert_false(entry.sparse);
	tar_stream_free(stream);
	(void)close(fd);
}

/* An extended header needs an entry, and an attribute in two forms one value. */
static void names_what_cannot_be_trusted(void **state)
{
	static const struct {
		struct member members[MEMBERS_MAX];
		const char *code, *phrase; /* of the stream; or of the entry, without a code */
	} cases[] = {
		{{{"x", 'x', NULL, "12 path=pax\n"}}, "damaged", "no entry"},
		{{{"x", 'x', NULL, "12 path=p\n"}, {"a", '0', NULL, NULL}}, NULL, "is damaged"},
		{{{"x", 'x', NULL, "25 SCHILY.xattr.user.a=b\n32 LIBARCHIVE.xattr.user.a=Yw==\n"},
			 {"a", '0', NULL, NULL}},
			NULL, "two different values"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tar_entry entry = {.fault = NULL};
		const char *phrase = NULL;
		int fd, r;
		struct tar_stream *stream = open_stream(cases[i].members, &fd);

		r = tar_stream_next(stream, &entry);
		assert_int_equal(r, cases[i].code ? -EBADMSG : 1);
		if (cases[i].code)
			assert_string_equal(tar_stream_fault(stream, &phrase), cases[i].code);
		else
			phrase = entry.fault;
		if (!phrase || !strstr(phrase, cases[i].phrase))
			fail_msg("case %zu: %s", i, phrase ? phrase : "no fault");
		tar_stream_free(stream);
		(void)close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_form_of_a_name_counts),
		cmocka_unit_test(an_extended_header_is_for_one_entry),
		cmocka_unit_test(content_comes_in_parts),
		cmocka_unit_test(names_what_cannot_be_trusted),
	};

	return cmocka_run_group_tests_name("tar_stream", tests, NULL, NULL);
}
