/* SPDX-License-Identifier: MIT */
#include "device/layout/layout.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define UUID_A	  "01234567-89ab-4cde-8f01-23456789abcd"
#define UUID_A_UP "01234567-89AB-4CDE-8F01-23456789ABCD"
#define UUID_B	  "00000000-89ab-4cde-8f01-23456789abcd"

/* ID bytes that count up from here. */
static unsigned char next_byte;

static void counting(void *buf, size_t size)
{
	unsigned char *p = buf;

	while (size-- > 0)
		*p++ = next_byte++;
}

static void repeating(void *buf, size_t size)
{
	memset(buf, 0xab, size);
}

static void zeroes(void *buf, size_t size)
{
	memset(buf, 0, size);
}

static void gpt_ids_are_uuids(void **state)
{
	struct layout l = *layout_find("boot-root");

	(void)state;
	next_byte = 0xa0;
	layout_assign_ids(&l, counting);
	assert_string_equal(l.disk_uuid, "a0a1a2a3-a4a5-46a7-a8a9-aaabacadaeaf");
	assert_string_equal(l.partitions[0].partuuid, "b0b1b2b3-b4b5-46b7-b8b9-babbbcbdbebf");
	assert_int_equal(strlen(l.partitions[0].fs_uuid), 9);
	assert_int_equal(l.partitions[0].fs_uuid[4], '-');
	assert_string_equal(l.partitions[1].partuuid, "c4c5c6c7-c8c9-4acb-8ccd-cecfd0d1d2d3");
	assert_string_equal(l.partitions[1].fs_uuid, "d4d5d6d7-d8d9-4adb-9cdd-dedfe0e1e2e3");
}

/* Each mkfs accepts only its own form. A given ID is kept. */
static void filesystem_ids_have_their_form(void **state)
{
	static const char uuid[] = "abababab-abab-4bab-abab-abababababab";
	static const char *const ids[FS_KIND_COUNT] = {
		[FS_NONE] = "",
		[FS_EXT4] = uuid,
		[FS_VFAT] = "ABAB-ABAB",
		[FS_F2FS] = uuid,
		[FS_BTRFS] = uuid,
		[FS_SWAP] = uuid,
	};

	(void)state;
	for (enum fs_kind fs = 0; fs < FS_KIND_COUNT; fs++) {
		struct layout l = {
			.count = 2, .partitions = {{.fs = fs}, {.fs = fs, .fs_uuid = "given"}}};

		layout_assign_ids(&l, repeating);
		assert_string_equal(l.partitions[0].fs_uuid, ids[fs]);
		assert_string_equal(l.partitions[1].fs_uuid, "given");
	}
}

static void mbr_ids_are_of_the_disk(void **state)
{
	struct layout l = *layout_find("single-mbr");

	(void)state;
	layout_assign_ids(&l, zeroes); /* 0 means "no id" */
	assert_string_equal(l.disk_uuid, "00000001");
	assert_string_equal(l.partitions[0].partuuid, "00000001-01");
}

static void given_ids_of_disks_are_kept(void **state)
{
	struct layout gpt = {.disk_uuid = UUID_A, .count = 1};
	struct layout mbr = {.table = TABLE_MBR, .disk_uuid = "feedc0de", .count = 2};

	(void)state;
	layout_assign_ids(&gpt, zeroes);
	assert_string_equal(gpt.disk_uuid, UUID_A);
	layout_assign_ids(&mbr, zeroes);
	assert_string_equal(mbr.disk_uuid, "feedc0de");
	assert_string_equal(mbr.partitions[0].partuuid, "feedc0de-01");
	assert_string_equal(mbr.partitions[1].partuuid, "feedc0de-02");
}

static void random_ids_differ(void **state)
{
	struct layout a = *layout_find("single-gpt"), b = a;

	(void)state;
	layout_assign_ids(&a, layout_random);
	layout_assign_ids(&b, layout_random);
	assert_string_not_equal(a.disk_uuid, b.disk_uuid);
	assert_string_not_equal(a.partitions[0].partuuid, b.partitions[0].partuuid);
	assert_string_not_equal(a.partitions[0].fs_uuid, a.partitions[0].partuuid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gpt_ids_are_uuids),
		cmocka_unit_test(filesystem_ids_have_their_form),
		cmocka_unit_test(mbr_ids_are_of_the_disk),
		cmocka_unit_test(given_ids_of_disks_are_kept),
		cmocka_unit_test(random_ids_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
