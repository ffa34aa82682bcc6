/* SPDX-License-Identifier: MIT */
#include "core/format/acl.h"

#include "core/manifest/xattrs.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <sys/xattr.h>

static const char list[] =
	"user::rw-,mask::rw-,group:77:--x,user:5000:r--,user:123:rwx,group::r-x,other::r--";

static bool numbered; /* by the last call of acl_value */

static void encodes_as_the_kernel_does(void **state)
{
	static const unsigned char expected[] = {2, 0, 0, 0,			   /* version */
		0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,				   /* user:: */
		0x02, 0, 7, 0, 123, 0, 0, 0, 0x02, 0, 4, 0, 0x88, 0x13, 0, 0,	   /* users */
		0x04, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, 0x08, 0, 1, 0, 77, 0, 0, 0, /* groups */
		0x10, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0, 4, 0, 0xff, 0xff, 0xff, 0xff};
	void *value = NULL;

	(void)state;
	assert_int_equal(acl_value(list, &value, &numbered), sizeof(expected));
	assert_memory_equal(value, expected, sizeof(expected));
	assert_true(acl_is_valid(value, sizeof(expected)));
	assert_false(acl_is_mode(sizeof(expected)));
	/* The group bits of stat(2) are those of the mask. */
	assert_int_equal(acl_mode(value, sizeof(expected), 04777), 04664);
	free(value);
}

/* setfacl sets the same list on a real filesystem, which must return the same bytes. */
static void equals_the_value_of_a_filesystem(void **state)
{
	const struct sandbox *box = *state;
	unsigned char stored[256];
	char path[PATH_MAX];
	ssize_t size;
	void *value = NULL;

	sandbox_file(box, "file", "x");
	sandbox_path(box, "file", path);
	assert_int_equal(chmod(path, 0654), 0);
	if (sandbox_run((const char *const[]){
		    "setfacl", "-m", "u:5000:r,u:123:rwx,g:77:x,m::rw", path, NULL}) != 0) {
		print_message(
			"[ SKIP ] no setfacl, or a filesystem without access control lists\n");
		skip();
	}
	size = getxattr(path, XATTR_ACL_ACCESS, stored, sizeof(stored));
	assert_int_equal(acl_value(list, &value, &numbered), size);
	assert_memory_equal(value, stored, (size_t)size);
	free(value);
}

static void reads_every_form(void **state)
{
	static const struct {
		const char *text;
		int size;
	} cases[] = {
		{"user::rw-,group::r--,other::---", 28},
		{"user::rw-\ngroup::r--\nother::---\n", 28},
		{"u::rw,g::r,o::-", 28},
		{"user::rwx,group::r-x,mask:rwx,other:r-x", 36},
		{"user::rw-,user:7:rw-\t#effective:r--,group::r--,mask::r--,other::---", 44},
		{"user::rw-,user:root:r--:0,group::r--,mask::r--,other::---", 44}, /* star */
		{"user::rw-,user:root:r--:7,group::r--,mask::r--,other::---", -ENOENT},
		{"user::rw-,user:no such user:r--:7,group::r--,mask::r--,other::---", -ENOENT},
		{"user::rw-,group:no such group:r--,group::r--,mask::r--,other::---", -ENOENT},
		{"", -EBADMSG},
		{"# file: f\nuser::rw-\ngroup::r--\nother::---\n", -EBADMSG},
		{"rubbish", -EBADMSG},
		{"user::rw-,group::r--", -EBADMSG},
		{"user::rw-,user::r--,group::r--,other::---", -EBADMSG},
		{"user::rw-,user:7:r--,group::r--,other::---", -EBADMSG}, /* no mask */
		{"user::rw-,user:7:r--,user:7:r--,group::r--,mask::r--,other::---", -EBADMSG},
		{"user::rw-,user:4294967295:r--,group::r--,mask::r--,other::---", -ENOENT},
		{"user::rwX,group::r--,other::---", -EBADMSG},
		{"mask:7:rw-", -EBADMSG},
		{"default:user::rw-,group::r--,other::---", -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *value = NULL;
		int size = acl_value(cases[i].text, &value, &numbered);

		if (size != cases[i].size)
			fail_msg("%s: %d", cases[i].text, size);
		assert_int_equal(value != NULL, size > 0);
		free(value);
	}
}

/* bsdtar takes the IDs from these alone. */
static void knows_lists_with_numbers(void **state)
{
	static const struct {
		const char *user, *perm;
		bool numbered;
	} cases[] = {
		{"root:r--:0", "r--", true},
		{"7:r--", "r--", true},
		{"7:r--:7", "r--", true},
		{"2147483647:r--", "r--", true},
		{"root:r--", "r--", false},
		{"7:r--:8", "r--", false},
		{"7:r--:x", "r--", false},
		{"2147483648:r--", "r--", false},
		{"root:r:0", "r--", false},
		{"root:r--:0", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *value = NULL;
		char text[100];

		STR_FORMAT(text, "user::rwx,user:%s,group::r--,mask::rw-,other::%s", cases[i].user,
			cases[i].perm);
		assert_true(acl_value(text, &value, &numbered) > 0);
		if (numbered != cases[i].numbered)
			fail_msg("%s: %d", text, numbered);
		free(value);
	}
}

/* A list of three is the mode itself. */
static void a_list_may_be_the_mode(void **state)
{
	void *value = NULL;
	int size = acl_value("user::rw-,group::r--,other::---", &value, &numbered);

	(void)state;
	assert_true(acl_is_mode((size_t)size));
	assert_int_equal(acl_mode(value, (size_t)size, 0664), 0640);
	free(value);
}

static void rejects_values(void **state)
{
	static const unsigned char unsorted[] = {2, 0, 0, 0, 0x04, 0, 4, 0, 255, 255, 255, 255, 1,
		0, 6, 0, 255, 255, 255, 255, 0x20, 0, 4, 0, 255, 255, 255, 255};

	(void)state;
	assert_false(acl_is_valid(unsorted, sizeof(unsorted)));
	assert_false(acl_is_valid("\2\0\0", 3));
	assert_false(acl_is_valid("\2\0\0\0", 4));
	assert_false(acl_is_valid("\1\0\0\0", 4));
	assert_false(acl_is_valid("\2\0\0\0x", 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_as_the_kernel_does),
		sandbox_test(equals_the_value_of_a_filesystem),
		cmocka_unit_test(reads_every_form),
		cmocka_unit_test(knows_lists_with_numbers),
		cmocka_unit_test(a_list_may_be_the_mode),
		cmocka_unit_test(rejects_values),
	};

	return cmocka_run_group_tests_name("acl", tests, NULL, NULL);
}
