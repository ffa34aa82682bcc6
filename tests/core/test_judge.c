/* SPDX-License-Identifier: MIT */
/* judge - on a fake machine: disks in use, the job's files and a disk's content count. */
#include "core/disks/judge.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

#define ALLOW (1u << DISK_FIXED)

/* sda with sda1 mounted on /srv, sdb unused; the system is in memory. */
static void make_machine(const struct sandbox *box)
{
	sandbox_disks(box);
	sandbox_file(box, "proc/self/mountinfo",
		"1 1 0:2 / / rw - rootfs rootfs rw\n2 1 8:1 / /srv rw - ext4 /dev/sda1 rw\n");
}

static struct disk judged(const struct sandbox *box, const char *name, const struct judge_job *job)
{
	struct disk disk;

	assert_int_equal(disk_scan_name(box->root, name, &disk), 0);
	judge_disk(box->root, job, &disk);
	return disk;
}

static void what_is_in_use_is_refused(void **state)
{
	const struct judge_job job = {.allow = ALLOW};
	struct disk disk;

	make_machine(*state);
	disk = judged(*state, "sda", &job);
	assert_int_equal(disk.reason_count, 1);
	assert_int_equal(disk.reasons[0].code, REASON_MOUNTED);
	assert_int_equal(judged(*state, "sdb", &job).reason_count, 0);
}

static void the_job_decides_too(void **state)
{
	const struct inuse_file files[] = {
		{"/no/such/file", "layout file"}, {"/srv/rootfs.tar", "archive"}};
	const struct judge_job strict = {0}, large = {.allow = ALLOW, .need_bytes = MIB(1)},
			       reads = {.allow = ALLOW, .files = files, .file_count = 2};
	struct disk disk;

	make_machine(*state);
	sandbox_file(*state, "srv/rootfs.tar", "");
	assert_int_equal(judged(*state, "sdb", &strict).reasons[0].code, REASON_KIND);
	assert_int_equal(judged(*state, "sdb", &large).reasons[0].code, REASON_TOO_SMALL);
	assert_int_equal(judged(*state, "sdb", &reads).reason_count, 0);
	disk = judged(*state, "sda", &reads);
	assert_int_equal(disk.reasons[0].code, REASON_SOURCE);
	assert_string_equal(disk.reasons[0].text, "holds the archive");
}

/* The system's disk is the one with the label of root=. */
static void content_decides_too(void **state)
{
	struct sandbox *box = *state;
	const struct judge_job job = {.allow = ALLOW};
	struct disk disk;

	make_machine(box);
	sandbox_file(box, "proc/cmdline", "root=LABEL=system\n");
	assert_int_equal(judged(box, "sdb", &job).reasons[0].code, REASON_UNKNOWN);
	assert_int_equal(disk_scan_name(box->root, "sdb", &disk), 0);
	disk.content = (struct disk_content){
		.state = CONTENT_FILESYSTEM, .type = "ext4", .label = "system"};
	judge_disk(box->root, &job, &disk);
	assert_int_equal(disk.reason_count, 1);
	assert_int_equal(disk.reasons[0].code, REASON_ROOT_NAMED);
}

/* An image is judged again; no reason of the first verdict remains. */
static void missing_facts_refuse_everything(void **state)
{
	const struct judge_job job = {.allow = ALLOW | 1u << DISK_IMAGE};
	struct sandbox *box = *state;
	struct disk disk;
	struct inuse inuse;

	make_machine(box);
	disk = judged(box, "sda", &job);
	assert_int_equal(unlinkat(box->root, "proc/self/mountinfo", 0), 0);
	assert_int_equal(judge_load(box->root, &job, &inuse), -ENOENT);
	for (enum disk_kind kind = DISK_EMMC; kind < DISK_KIND_COUNT; kind++) {
		disk.kind = kind;
		judge_disk(box->root, &job, &disk);
		assert_int_equal(disk.reason_count, 1);
		assert_int_equal(disk.reasons[0].code, REASON_UNKNOWN);
		assert_non_null(strstr(disk.reasons[0].text, "No such file"));
	}
}

/* On this machine, since a recorded one has no file to open: a path that leads to itself. */
static void a_file_that_cannot_be_followed_refuses_everything(void **state)
{
	const struct sandbox *box = *state;
	_cleanup_close_ int root = sysroot_open("/");
	char path[PATH_MAX];
	const struct inuse_file files[] = {{sandbox_path(box, "loop", path), "archive"}};
	struct judge_job job = {.allow = 1u << DISK_USB, .files = files};
	struct disk disk = {.name = "sdzz", .path = "/dev/sdzz", .kind = DISK_USB};

	disk.size_bytes = MIB(8);
	judge_disk(root, &job, &disk);
	assert_int_equal(disk.reason_count, 0);
	assert_int_equal(symlink("loop", path), 0);
	job.file_count = 1;
	judge_disk(root, &job, &disk);
	assert_int_equal(disk.reason_count, 1);
	assert_int_equal(disk.reasons[0].code, REASON_UNKNOWN);
	assert_non_null(strstr(disk.reasons[0].text, "reads from"));
}

static void errors_of_a_path_have_a_sentence(void **state)
{
	(void)state;
	assert_string_equal(judge_target_error(-ENOENT), "it does not exist");
	assert_non_null(strstr(judge_target_error(-ENOTBLK), "whole disk"));
	assert_string_equal(judge_target_error(-EACCES), strerror(EACCES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(what_is_in_use_is_refused),
		sandbox_test(the_job_decides_too),
		sandbox_test(content_decides_too),
		sandbox_test(missing_facts_refuse_everything),
		sandbox_test(a_file_that_cannot_be_followed_refuses_everything),
		cmocka_unit_test(errors_of_a_path_have_a_sentence),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
