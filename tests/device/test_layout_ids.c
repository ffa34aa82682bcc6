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

/* ---- IDs that the archive names ---- */

/* Refuses @value and leaves the layout as it is. */
static void expect_refused(
	const struct layout *layout, size_t index, enum layout_id kind, const char *value)
{
	struct layout copy = *layout;

	if (layout_set_id(&copy, index, kind, value))
		fail_msg("partition %zu can have '%s'", index, value);
	assert_memory_equal(&copy, layout, sizeof(copy));
}

static void expect_set(struct layout *layout, size_t index, enum layout_id kind, const char *value)
{
	if (!layout_set_id(layout, index, kind, value))
		fail_msg("partition %zu cannot have '%s'", index, value);
}

static void uuids_are_of_the_filesystem(void **state)
{
	(void)state;
	for (enum fs_kind fs = 0; fs < FS_KIND_COUNT; fs++) {
		struct layout l = {.count = 1, .partitions = {{.fs = fs}}};
		bool is_vfat = fs == FS_VFAT;

		expect_refused(&l, 0, LAYOUT_ID_FS_UUID, "");
		expect_refused(&l, 0, LAYOUT_ID_FS_UUID, "0000-0000");
		expect_refused(&l, 0, LAYOUT_ID_FS_UUID, "12ABCD34");
		expect_refused(&l, 0, LAYOUT_ID_FS_UUID, is_vfat ? UUID_A : "12AB-CD34");
		if (fs == FS_NONE) {
			expect_refused(&l, 0, LAYOUT_ID_FS_UUID, UUID_A);
			continue;
		}
		expect_set(&l, 0, LAYOUT_ID_FS_UUID, is_vfat ? "12ab-Cd34" : UUID_A_UP);
		assert_string_equal(l.partitions[0].fs_uuid, is_vfat ? "12AB-CD34" : UUID_A);
		/* The same one again, in any case; not another one. */
		expect_set(&l, 0, LAYOUT_ID_FS_UUID, is_vfat ? "12AB-CD34" : UUID_A);
		expect_refused(&l, 0, LAYOUT_ID_FS_UUID, is_vfat ? "12AB-CD35" : UUID_B);
		layout_assign_ids(&l, zeroes);
		assert_string_equal(l.partitions[0].fs_uuid, is_vfat ? "12AB-CD34" : UUID_A);
	}
}

static void ids_are_of_one_partition(void **state)
{
	struct layout l = {.count = 2, .partitions = {{.fs = FS_EXT4}, {.fs = FS_BTRFS}}};

	(void)state;
	expect_set(&l, 0, LAYOUT_ID_FS_UUID, UUID_A);
	expect_refused(&l, 1, LAYOUT_ID_FS_UUID, UUID_A_UP);
	expect_set(&l, 1, LAYOUT_ID_FS_UUID, UUID_B);
	expect_set(&l, 1, LAYOUT_ID_PARTUUID, UUID_A_UP); /* a filesystem may have it too */
	assert_string_equal(l.partitions[1].partuuid, UUID_A);
	expect_refused(&l, 0, LAYOUT_ID_PARTUUID, UUID_A);
	expect_refused(&l, 1, LAYOUT_ID_PARTUUID, UUID_B);
	expect_set(&l, 1, LAYOUT_ID_PARTUUID, UUID_A);
	expect_refused(&l, 0, LAYOUT_ID_PARTUUID, "feedc0de-01"); /* of an MBR */
	expect_refused(&l, 0, LAYOUT_ID_PARTUUID, "");
	layout_assign_ids(&l, zeroes);
	assert_string_equal(l.partitions[1].partuuid, UUID_A);
}

/* The partition derives its PARTUUID from the disk: it fixes those of all others. */
static void a_partuuid_of_an_mbr_sets_the_disk(void **state)
{
	struct layout l = {.table = TABLE_MBR, .count = 3};

	(void)state;
	expect_refused(&l, 1, LAYOUT_ID_PARTUUID, "feedc0de-01"); /* of another partition */
	expect_refused(&l, 1, LAYOUT_ID_PARTUUID, "feedc0de-2");
	expect_refused(&l, 1, LAYOUT_ID_PARTUUID, "feedc0de");
	expect_refused(&l, 1, LAYOUT_ID_PARTUUID, "00000000-02");
	expect_refused(&l, 1, LAYOUT_ID_PARTUUID, UUID_A);
	expect_set(&l, 1, LAYOUT_ID_PARTUUID, "FEEDC0DE-02");
	assert_string_equal(l.disk_uuid, "feedc0de");
	expect_set(&l, 2, LAYOUT_ID_PARTUUID, "feedc0de-03");
	expect_set(&l, 1, LAYOUT_ID_PARTUUID, "feedc0de-02");
	expect_refused(&l, 0, LAYOUT_ID_PARTUUID, "feedc0df-01");
	layout_assign_ids(&l, zeroes);
	assert_string_equal(l.disk_uuid, "feedc0de");
	assert_string_equal(l.partitions[1].partuuid, "feedc0de-02");
}

static void labels_fit_the_filesystem(void **state)
{
	struct layout l = {.count = 4,
		.partitions = {{.fs = FS_EXT4}, {.fs = FS_VFAT}, {.fs = FS_SWAP}, {.fs = FS_NONE}}};

	(void)state;
	expect_refused(&l, 0, LAYOUT_ID_LABEL, "");
	expect_refused(&l, 0, LAYOUT_ID_LABEL, "12345678901234567");
	expect_refused(&l, 0, LAYOUT_ID_LABEL,
		"a label that is longer than any that a filesystem "
		"of this or another kind ever had");
	expect_refused(&l, 0, LAYOUT_ID_LABEL, "b\xc3");
	expect_refused(&l, 1, LAYOUT_ID_LABEL, "123456789012");
	expect_refused(&l, 1, LAYOUT_ID_LABEL, "A.B");
	expect_refused(&l, 1, LAYOUT_ID_LABEL, "NO NAME");
	expect_refused(&l, 2, LAYOUT_ID_LABEL, "1234567890123456");
	expect_refused(&l, 3, LAYOUT_ID_LABEL, "x");
	expect_set(&l, 0, LAYOUT_ID_LABEL, "1234567890123456");
	expect_set(&l, 1, LAYOUT_ID_LABEL, "Boot fs");
	assert_string_equal(l.partitions[0].label, "1234567890123456");
	assert_string_equal(l.partitions[1].label, "Boot fs");
	expect_refused(&l, 1, LAYOUT_ID_LABEL, "BOOT FS");
	expect_set(&l, 1, LAYOUT_ID_LABEL, "Boot fs");
	expect_refused(&l, 2, LAYOUT_ID_LABEL, "Boot fs"); /* of another partition */
}

static void default_labels_yield(void **state)
{
	struct layout l = *layout_find("boot-root");

	(void)state;
	/* "rootfs" is a default of partition 1 here, and is removed. */
	expect_set(&l, 0, LAYOUT_ID_LABEL, "rootfs");
	assert_string_equal(l.partitions[0].label, "rootfs");
	assert_string_equal(l.partitions[1].label, "");
	expect_refused(&l, 1, LAYOUT_ID_LABEL, "rootfs");
	expect_set(&l, 1, LAYOUT_ID_LABEL, "root-a");
	expect_refused(&l, 1, LAYOUT_ID_LABEL, "root-b");

	/* A default that the archive names is one no longer. */
	l = *layout_find("boot-root");
	expect_set(&l, 1, LAYOUT_ID_LABEL, "rootfs");
	expect_refused(&l, 1, LAYOUT_ID_LABEL, "root-a");
	expect_refused(&l, 0, LAYOUT_ID_LABEL, "rootfs");
	assert_string_equal(l.partitions[0].label, "BOOT");
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
		cmocka_unit_test(uuids_are_of_the_filesystem),
		cmocka_unit_test(ids_are_of_one_partition),
		cmocka_unit_test(a_partuuid_of_an_mbr_sets_the_disk),
		cmocka_unit_test(labels_fit_the_filesystem),
		cmocka_unit_test(default_labels_yield),
		cmocka_unit_test(random_ids_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
