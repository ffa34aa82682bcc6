/* SPDX-License-Identifier: MIT */
#include "core/manifest/acl.h"

#include "core/manifest/xattrs.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <archive.h>
#include <errno.h>
#include <sys/xattr.h>

struct line {
	int tag, perm, id;
	const char *name;
};

static struct archive_entry *make_entry(
	int type, mode_t mode, const struct line *lines, size_t count)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_mode(entry, S_IFREG | mode);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(archive_entry_acl_add_entry(entry, type, lines[i].perm,
					 lines[i].tag, lines[i].id, lines[i].name),
			ARCHIVE_OK);
	return entry;
}

static const struct line lines[] = {
	{ARCHIVE_ENTRY_ACL_MASK, 6, -1, NULL},
	{ARCHIVE_ENTRY_ACL_GROUP, 1, 77, NULL},
	{ARCHIVE_ENTRY_ACL_USER, 4, 5000, NULL},
	{ARCHIVE_ENTRY_ACL_USER, 7, 123, NULL},
};

static void encodes_as_the_kernel_does(void **state)
{
	static const unsigned char expected[] = {2, 0, 0, 0,			   /* version */
		0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,				   /* user:: */
		0x02, 0, 7, 0, 123, 0, 0, 0, 0x02, 0, 4, 0, 0x88, 0x13, 0, 0,	   /* users */
		0x04, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, 0x08, 0, 1, 0, 77, 0, 0, 0, /* groups */
		0x10, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0, 4, 0, 0xff, 0xff, 0xff, 0xff};
	struct archive_entry *entry =
		make_entry(ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 0674, lines, ARRAY_SIZE(lines));
	void *value;

	(void)state;
	assert_int_equal(acl_value(entry, ACL_ACCESS, &value), sizeof(expected));
	assert_memory_equal(value, expected, sizeof(expected));
	free(value);
	assert_int_equal(acl_value(entry, ACL_DEFAULT, &value), 0);
	assert_null(value);
	/* The group bits of stat(2) are those of the mask. */
	assert_int_equal(acl_mode(entry, 0674), 0664);
	archive_entry_free(entry);
}

/* setfacl sets the same list on a real filesystem, which must return the same bytes. */
static void equals_the_value_of_a_filesystem(void **state)
{
	struct archive_entry *entry =
		make_entry(ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 0674, lines, ARRAY_SIZE(lines));
	const struct sandbox *box = *state;
	unsigned char stored[256];
	char path[PATH_MAX];
	ssize_t size;
	void *value;

	sandbox_file(box, "file", "x");
	sandbox_path(box, "file", path);
	assert_int_equal(chmod(path, 0674), 0);
	if (sandbox_run((const char *const[]){
		    "setfacl", "-m", "u:5000:r,u:123:rwx,g:77:x,m::rw", path, NULL}) != 0) {
		print_message(
			"[ SKIP ] no setfacl, or a filesystem without access control lists\n");
		archive_entry_free(entry);
		skip();
	}
	size = getxattr(path, XATTR_ACL_ACCESS, stored, sizeof(stored));
	assert_int_equal(acl_value(entry, ACL_ACCESS, &value), size);
	assert_memory_equal(value, stored, (size_t)size);
	free(value);
	archive_entry_free(entry);
}

static void ignores_a_list_equivalent_to_the_mode(void **state)
{
	struct archive_entry *entry = make_entry(ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 0640, NULL, 0);
	void *value;

	(void)state;
	assert_int_equal(acl_value(entry, ACL_ACCESS, &value), 0);
	assert_null(value);
	assert_int_equal(acl_mode(entry, 0640), 0640);
	archive_entry_free(entry);
}

static void names(void **state)
{
	static const struct line root[] = {{ARCHIVE_ENTRY_ACL_USER, 4, -1, "root"}};
	static const struct line nobody[] = {{ARCHIVE_ENTRY_ACL_GROUP, 4, -1, "no such group"}};
	struct archive_entry *entry =
		make_entry(ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, 0755, root, ARRAY_SIZE(root));
	void *value;

	(void)state;
	assert_int_equal(acl_value(entry, ACL_DEFAULT, &value), 12);
	assert_memory_equal((char *)value + 4, "\x02\0\x04\0\0\0\0\0", 8);
	free(value);
	archive_entry_free(entry);
	entry = make_entry(ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, 0755, nobody, ARRAY_SIZE(nobody));
	assert_int_equal(acl_value(entry, ACL_DEFAULT, &value), -ENOENT);
	assert_null(value);
	archive_entry_free(entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_as_the_kernel_does),
		sandbox_test(equals_the_value_of_a_filesystem),
		cmocka_unit_test(ignores_a_list_equivalent_to_the_mode),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("acl", tests, NULL, NULL);
}
