/* SPDX-License-Identifier: MIT */
#include "device/layout/id.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define UUID	   "01234567-89AB-4cDE-8f01-23456789abcd"
#define UUID_LOWER "01234567-89ab-4cde-8f01-23456789abcd"

/* Checks that @found is the answer for @wanted, and leaves @ret as before if that is NULL. */
static void expect(bool found, const char *ret, const char *wanted, const char *text)
{
	if (found != (wanted != NULL) || strcmp(ret, wanted ? wanted : "before") != 0)
		fail_msg("'%s' gives %d, '%s'", text, found, ret);
}

static void forms_are_those_of_libblkid(void **state)
{
	static const struct {
		const char *text, *uuid, *vfat, *mbr, *part; /* NULL: not of this form */
	} ids[] = {
		{UUID, UUID_LOWER, NULL, NULL, NULL},
		{"12ab-cD34", NULL, "12AB-CD34", NULL, NULL},
		{"FEEDc0de", NULL, NULL, "feedc0de", NULL},
		{"0xFEEDc0de", NULL, NULL, "feedc0de", NULL},
		{"FEEDc0de-0A", NULL, NULL, NULL, "feedc0de-0a"},
		/* zeros only, and the smallest that is not */
		{"00000000-0000-0000-0000-000000000000", NULL, NULL, NULL, NULL},
		{"00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001",
			NULL, NULL, NULL},
		{"0000-0000", NULL, NULL, NULL, NULL},
		{"0000-0010", NULL, "0000-0010", NULL, NULL},
		{"00000000", NULL, NULL, NULL, NULL},
		{"0x00000000", NULL, NULL, NULL, NULL},
		{"10000000", NULL, NULL, "10000000", NULL},
		{"00000000-00", NULL, NULL, NULL, NULL},
		/* neither */
		{"", NULL, NULL, NULL, NULL},
		{"0x", NULL, NULL, NULL, NULL},
		{"1234", NULL, NULL, NULL, NULL},
		{"1234-567", NULL, NULL, NULL, NULL},
		{"1234-56789", NULL, NULL, NULL, NULL},
		{"1234-567g", NULL, NULL, NULL, NULL},
		{"1234 5678", NULL, NULL, NULL, NULL},
		{"1234567", NULL, NULL, NULL, NULL},
		{"123456789", NULL, NULL, NULL, NULL},
		{"0X12345678", NULL, NULL, NULL, NULL},
		{"0x0x12345678", NULL, NULL, NULL, NULL},
		{"12345678-1", NULL, NULL, NULL, NULL},
		{"12345678-001", NULL, NULL, NULL, NULL},
		{"0x12345678-01", NULL, NULL, NULL, NULL},
		{"01234567-89AB-4cde-8f01-23456789abc", NULL, NULL, NULL, NULL},
		{"01234567-89AB-4cde-8f01-23456789abcde", NULL, NULL, NULL, NULL},
		{"0123456-789AB-4cde-8f01-23456789abcd", NULL, NULL, NULL, NULL},
		{"{01234567-89AB-4cde-8f01-23456789ab}", NULL, NULL, NULL, NULL},
		{"0123456789AB4cde8f0123456789abcd", NULL, NULL, NULL, NULL},
		{UUID "/PARTNROFF=1", NULL, NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const char *text = ids[i].text;
		char ret[ID_BYTES];

#define EXPECT(wanted, call)                                                                       \
	(void)STR_COPY(ret, "before");                                                             \
	expect(call, ret, wanted, text)
		EXPECT(ids[i].uuid, id_of_uuid(text, ret));
		EXPECT(ids[i].uuid, id_of_disk(TABLE_GPT, text, ret));
		EXPECT(ids[i].mbr, id_of_disk(TABLE_MBR, text, ret));
		EXPECT(ids[i].uuid, id_of_partition(TABLE_GPT, text, ret));
		EXPECT(ids[i].part, id_of_partition(TABLE_MBR, text, ret));
		EXPECT(NULL, id_of_fs(FS_NONE, text, ret));
		EXPECT(ids[i].vfat, id_of_fs(FS_VFAT, text, ret));
		EXPECT(ids[i].uuid, id_of_fs(FS_EXT4, text, ret));
		EXPECT(ids[i].uuid, id_of_fs(FS_F2FS, text, ret));
		EXPECT(ids[i].uuid, id_of_fs(FS_BTRFS, text, ret));
		EXPECT(ids[i].uuid, id_of_fs(FS_SWAP, text, ret));
	}
}

static void an_id_is_changed_in_place(void **state)
{
	char id[ID_BYTES] = "0xFEEDC0DE";

	(void)state;
	assert_true(id_of_disk(TABLE_MBR, id, id));
	assert_string_equal(id, "feedc0de");
}

/* As the kernel numbers them: two hexadecimal digits. */
static void partitions_of_an_mbr_are_numbered(void **state)
{
	char id[ID_BYTES];

	(void)state;
	id_make_mbr("feedc0de", 1, id);
	assert_string_equal(id, "feedc0de-01");
	id_make_mbr("feedc0de", 10, id);
	assert_string_equal(id, "feedc0de-0a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_those_of_libblkid),
		cmocka_unit_test(an_id_is_changed_in_place),
		cmocka_unit_test(partitions_of_an_mbr_are_numbered),
	};

	return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
