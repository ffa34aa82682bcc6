/* SPDX-License-Identifier: MIT */
#include "core/report/log.h"

#include "tests/lib/capture.h"

static struct snapshot before, now;

static void row(void *owner, const char *head, const char *text)
{
	assert_ptr_equal(owner, &now);
	(void)fprintf(out, "%s%s\n", head, text);
}

static const char *changes(void)
{
	log_snapshot(&before, &now, row, &now);
	before = now;
	return capture_take();
}

static int setup(void **state)
{
	before = now = (struct snapshot){0};
	now.magic = SNAPSHOT_MAGIC;
	STR_COPY(now.target_name, "mmcblk1");
	STR_COPY(now.target_short, "..9f31");
	return capture_open(state);
}

static void everything_is_logged_once(void **state)
{
	(void)state;
	now.steps[STEP_OPEN] = (struct snapshot_step){STEP_DONE, 2100};
	now.steps[STEP_CHECK].state = STEP_ACTIVE;
	snapshot_message(&now, "tar: a warning");
	assert_string_equal(changes(), "[ OK ] scan     0:02\ntar: a warning\n");
	assert_string_equal(changes(), "");
	/* One of the next step comes after the end of this one. */
	now.steps[STEP_OPEN].state = STEP_ACTIVE;
	before = now;
	snapshot_message(&now, "of scan");
	now.steps[STEP_OPEN].state = STEP_DONE;
	now.steps[STEP_CHECK].state = STEP_ACTIVE;
	snapshot_message(&now, "of check");
	now.steps[STEP_CHECK].state = STEP_DONE;
	now.steps[STEP_LOCK].state = STEP_ACTIVE;
	snapshot_message(&now, "of lock");
	assert_string_equal(changes(), "of scan\n[ OK ] scan     0:02\nof check\n"
				       "[ OK ] check    0:00\nof lock\n");
	now.steps[STEP_CHECK].state = STEP_ACTIVE;
	now.steps[STEP_LOCK].state = STEP_TODO;
	before = now;
	/* Messages come faster than snapshots. */
	for (int i = 0; i < SNAPSHOT_MESSAGES + 2; i++)
		snapshot_message(&now, i == 2 ? "kernel: third" : "x");
	assert_memory_equal(changes(), "(2 more messages)\nkernel: third\nx\n", 34);
	now.steps[STEP_CHECK] = (struct snapshot_step){STEP_FAILED, 61000};
	now.steps[STEP_VERIFY].state = STEP_SKIPPED;
	now.state = INSTALL_FAILED;
	now.elapsed_ms = 63000;
	err_set(&now.err, EXIT_REFUSED, "check", "it is worn out");
	STR_COPY(now.err.next, "Use another device");
	assert_string_equal(changes(), "[FAIL] check    1:01\n"
				       "[SKIP] verify\n"
				       "FAIL mmcblk1, eMMC ..9f31: at check, after 1:03\n"
				       "it is worn out. Use another device.\n");
	assert_string_equal(changes(), "");
}

static void the_result_has_the_amount(void **state)
{
	(void)state;
	now.state = INSTALL_PASSED;
	now.elapsed_ms = 9000;
	now.verify.entries = 3;
	now.progress.extracted = (struct gauge){MIB(42), MIB(42)};
	now.progress.mean_bps = 162634137;
	assert_string_equal(changes(),
		"PASS mmcblk1, eMMC ..9f31: 3 entries verified, 0 wrong, 42 MiB in 0:09\n");
}

static void the_plan_is_logged(void **state)
{
	struct plan plan = {.verify = true,
		.archives = {.count = 2,
			.list = {{.path = "/a/b.tar", .sha256 = "0123456789abcdef", .entries = 5},
				{.path = "/a/d.tar", .partition = "data", .sidecar = SIDECAR_OK}}}};

	(void)state;
	STR_COPY(plan.target.name, "mmcblk1");
	STR_COPY(plan.target.warning, "worn");
	plan.target.size_bytes = GIB(8);
	STR_COPY(plan.layout.name, "my");
	plan.layout.table = TABLE_MBR;
	STR_COPY(plan.layout.disk_uuid, "feedc0de");
	plan.layout.count = 2;
	plan.layout.partitions[0] = (struct layout_partition){
		.fs = FS_EXT4, .label = "root", .mount = "/", .start = 8192, .sectors = 16384};
	plan.layout.partitions[1] = (struct layout_partition){
		.fs_uuid = "12AB-CD34", .partuuid = "feedc0de-02", .fs = FS_VFAT, .label = "b"};
	plan.layout.blob_count = 1;
	plan.layout.blobs[0] = (struct layout_blob){
		.name = "spl", .target = BLOB_BOOT0, .file = "spl.bin", .size_bytes = KIB(4)};
	log_plan(&plan, row, &now);
	assert_string_equal(capture_take(),
		"Target   mmcblk1, eMMC, 8 GiB\n"
		"Warning  worn\n"
		"Archive  b.tar, 0 B -> 0 B, 5 entries\n"
		"         sha256 0123456789ab...\n"
		"         data: d.tar, 0 B -> 0 B, 0 entries\n"
		"         sha256 ..., matches the digest file beside it\n"
		"Layout   my, MBR feedc0de\n"
		"         1: ext4 \"root\" on /, from 4 MiB, 8 MiB\n"
		"         2: vfat \"b\", from 0 B, 0 B\n"
		"            UUID 12AB-CD34\n"
		"            PARTUUID feedc0de-02\n"
		"         spl: spl.bin (4 KiB) to boot0, from 0 B\n"
		"With     no tar, flush, verify every entry, then the partition table\n");
}

static void the_boot_loader_alone(void **state)
{
	struct plan plan = {.scope = SCOPE_BOOT, .complete = true, .verify = true};

	(void)state;
	STR_COPY(plan.target.name, "mmcblk1");
	plan.target.kind = DISK_EMMC;
	plan.target.size_bytes = GIB(8);
	plan.target.content.state = CONTENT_TABLE;
	plan.target.content.loader_count = 2;
	plan.target.content.loaders[0] = (struct disk_loader){LOADER_DATA, KIB(8), ""};
	plan.target.content.loaders[1] = (struct disk_loader){LOADER_ROCKCHIP, KIB(32), ""};
	STR_COPY(plan.layout.name, "my");
	plan.layout.count = 1;
	plan.layout.emmc.boot = EMMC_BOOT_BOOT0;
	plan.layout.blob_count = 3;
	plan.layout.blobs[0] = (struct layout_blob){
		.name = "spl", .target = BLOB_BOOT0, .file = "spl.bin", .size_bytes = KIB(4)};
	plan.layout.blobs[1] = (struct layout_blob){
		.name = "fip", .target = BLOB_PARTITION, .partition = "fip", .file = "fip.bin"};
	plan.layout.blobs[2] = (struct layout_blob){.name = "u-boot",
		.file = "u-boot.bin",
		.offset_bytes = KIB(32),
		.size_bytes = KIB(600)};
	log_plan(&plan, row, &now);
	assert_string_equal(capture_take(),
		"Target   mmcblk1, eMMC, 8 GiB\n"
		"Has      unknown data at 8 KiB: stays\n"
		"         Rockchip boot loader at 32 KiB: will be replaced\n"
		"Layout   only the boot loader of layout my\n"
		"Warning  The partitions of mmcblk1 are not those of layout my. They stay as they are.\n"
		"         spl: spl.bin (4 KiB) to boot0, from 0 B\n"
		"         fip in partition fip: not written\n"
		"         u-boot: u-boot.bin (600 KiB) to the disk, from 32 KiB\n"
		"         the eMMC boots from boot0\n"
		"With     every blob read back; no partition is touched\n");

	now.scope = SCOPE_BOOT;
	now.state = INSTALL_PASSED;
	now.elapsed_ms = 2000;
	assert_string_equal(changes(),
		"PASS mmcblk1, eMMC ..9f31: the boot loader was written and verified; partitions "
		"were not touched, after 0:02\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_is_logged_once, setup, capture_close),
		cmocka_unit_test_setup_teardown(the_result_has_the_amount, setup, capture_close),
		cmocka_unit_test_setup_teardown(the_plan_is_logged, setup, capture_close),
		cmocka_unit_test_setup_teardown(the_boot_loader_alone, setup, capture_close),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
