/* SPDX-License-Identifier: MIT */
#include "device/usage/holders.h"

#include "tests/lib/loop_box.h"

/* Compares all facts, one per line: "sda holder in use by md0". */
static void expect_facts(const struct sandbox *box, const char *expected)
{
	char all[2048] = "";
	struct inuse inuse = {0};

	/* Existing facts are not added again. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(holders_add_facts(&inuse, box->root), 0);
	for (size_t i = 0; i < inuse.count; i++)
		(void)str_format(all + strlen(all), sizeof(all) - strlen(all), "%s %s %s\n",
			inuse.facts[i].disk, reason_name(inuse.facts[i].code), inuse.facts[i].text);
	assert_string_equal(all, expected);
	inuse_finish(&inuse);
}

static void unused_disks_have_no_facts(void **state)
{
	const struct sandbox *box = *state;
	struct inuse inuse = {0};

	assert_int_equal(holders_add_facts(&inuse, box->root), -ENOENT);
	assert_int_equal(inuse.count, 0);
	sandbox_disks(box);
	sandbox_block(box, NULL, "loop0", "7:0\n", "0\n"); /* not bound */
	sandbox_dir(box, "sys/devices/bus/block/sdb/holders");
	expect_facts(box, "");
}

static void holders_of_disks_and_partitions_are_found(void **state)
{
	const struct sandbox *box = *state;

	sandbox_disks(box);
	sandbox_block(box, NULL, "dm-0", "253:0\n", "500\n");
	sandbox_block(box, NULL, "dm-1", "253:1\n", "500\n");
	sandbox_file(box, "sys/devices/virtual/block/dm-0/dm/name", "vg-\033root\n");
	sandbox_file(box, "sys/devices/bus/block/sda/holders/md127", "");
	sandbox_file(box, "sys/devices/bus/block/sda/sda2/holders/dm-0", "");
	sandbox_file(box, "sys/devices/bus/block/sda/sda2/holders/dm-1", "");
	sandbox_file(box, "sys/devices/bus/block/sda/sda2/holders/md0", "");
	/* A stack: only the lower one is held. */
	sandbox_file(box, "sys/devices/virtual/block/dm-0/holders/dm-1", "");
	/* Not a partition. */
	sandbox_file(box, "sys/devices/bus/block/sdb/queue/holders/md1", "");
	expect_facts(box, "dm-0 holder in use by dm-1\n"
			  "sda holder in use by md127\n"
			  "sda holder in use by dm-0 (vg-?root)\n"
			  "sda holder in use by dm-1\n"
			  "sda holder in use by md0\n");
}

static void a_boot_area_is_its_card(void **state)
{
	const struct sandbox *box = *state;

	sandbox_block(box, NULL, "mmcblk0", "179:0\n", "1000\n");
	sandbox_block(box, NULL, "mmcblk0boot1", "179:16\n", "100\n");
	sandbox_block(box, "mmcblk0boot1", "mmcblk0boot1p1", "179:17\n", "10\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk0boot1/holders/dm-3", "");
	expect_facts(box, "mmcblk0 holder in use by dm-3\n");
}

static void zram_holds_its_backing_device(void **state)
{
	const struct sandbox *box = *state;

	sandbox_disks(box);
	sandbox_block(box, NULL, "zram0", "252:0\n", "100\n");
	sandbox_block(box, NULL, "zram1", "252:1\n", "100\n");
	sandbox_block(box, NULL, "zram2", "252:2\n", "100\n");
	sandbox_file(box, "sys/block/zram0/backing_dev", "/dev/sda2\n");
	sandbox_file(box, "sys/block/zram1/backing_dev", "none\n");
	sandbox_file(box, "sys/block/zram2/backing_dev", "/dev/gone\n");
	expect_facts(box, "sda holder in use by zram0\n");
}

static void a_loop_and_the_disk_below_are_found(void **state)
{
	const struct sandbox *box = *state;

	sandbox_disks(box);
	for (int i = 0; i < 4; i++) {
		char name[16], number[16];

		assert_true(STR_FORMAT(name, "loop%d", i));
		assert_true(STR_FORMAT(number, "7:%d\n", i));
		sandbox_block(box, NULL, name, number, "100\n");
	}
	sandbox_file(box, "sys/block/loop0/loop/backing_file", "/dev/sda1\n");
	sandbox_file(box, "sys/block/loop1/loop/backing_file", "/dev/loop0\n");
	/* A loop device on a file is a target. A recorded machine does not show the disk of the
	 * file. */
	sandbox_file(box, "sys/block/loop2/loop/backing_file", "/srv/image\n");
	sandbox_file(box, "sys/block/loop3/loop/backing_file", "/dev/gone\n");
	expect_facts(box, "loop0 loop is a loop device on top of /dev/sda1\n"
			  "sda loop in use by loop0\n"
			  "loop1 loop is a loop device on top of /dev/loop0\n"
			  "loop0 loop in use by loop1\n"
			  "sda loop in use by loop1\n");
}

/* Other facts about a disk do not suppress these, and remain. */
static void facts_are_added(void **state)
{
	const struct sandbox *box = *state;
	struct inuse inuse = {0};

	sandbox_disks(box);
	sandbox_block(box, NULL, "loop0", "7:0\n", "100\n");
	sandbox_file(box, "sys/block/loop0/loop/backing_file", "/dev/sda\n");
	sandbox_file(box, "sys/devices/bus/block/sda/holders/md0", "");
	assert_int_equal(inuse_add_fact(&inuse, "sda", REASON_MOUNTED, "mounted on /mnt"), 0);
	assert_int_equal(holders_add_facts(&inuse, box->root), 0);
	assert_int_equal(inuse.count, 4);
	assert_int_equal(inuse.facts[0].code, REASON_MOUNTED);
	assert_string_equal(inuse.facts[1].disk, "loop0");
	assert_string_equal(inuse.facts[2].text, "in use by loop0");
	assert_string_equal(inuse.facts[3].text, "in use by md0");
	inuse_finish(&inuse);
}

/* ---- a real loop device on a file of another one ---- */

/* Number of facts about @disk with @text. */
static size_t count_facts(const struct inuse *inuse, const char *disk, const char *text)
{
	size_t count = 0;

	for (size_t i = 0; i < inuse->count; i++)
		count += strcmp(inuse->facts[i].disk, disk) == 0 &&
			 strcmp(inuse->facts[i].text, text) == 0;
	return count;
}

static void a_file_is_a_fact_only_without_others(void **state)
{
	const struct sandbox *box = *state;
	char dir[PATH_MAX], text[96];
	struct inuse inuse = {0};

	fixture_require_root();
	loop_box_stack(box);
	assert_true(STR_FORMAT(text, "in use by %s (a file on it)", upper.name));

	assert_int_equal(holders_add_facts(&inuse, fixture.root), 0);
	assert_int_equal(count_facts(&inuse, fixture.name, text), 1);
	/* The upper one may be written: it is on a file. */
	assert_false(inuse_knows(&inuse, upper.name));
	inuse_finish(&inuse);

	assert_int_equal(inuse_add_fact(&inuse, fixture.name, REASON_MOUNTED, "mounted on %s",
				 sandbox_path(box, "mnt", dir)),
		0);
	assert_int_equal(holders_add_facts(&inuse, fixture.root), 0);
	assert_int_equal(count_facts(&inuse, fixture.name, text), 0);
	inuse_finish(&inuse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(unused_disks_have_no_facts),
		sandbox_test(holders_of_disks_and_partitions_are_found),
		sandbox_test(a_boot_area_is_its_card),
		sandbox_test(zram_holds_its_backing_device),
		sandbox_test(a_loop_and_the_disk_below_are_found),
		sandbox_test(facts_are_added),
		loop_box_test(a_file_is_a_fact_only_without_others),
	};

	return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
