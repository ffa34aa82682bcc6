/* SPDX-License-Identifier: MIT */
/* plan - every gate of plan_check, one at a time, on made-up plans; plan_make and plan_look on
 * images and archives of our own. Needs no root. */
#include "core/plan.h"

#include "core/space.h"
#include "device/scan.h"
#include "device/sysfs.h"
#include "device/util.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- plan_check ---- */

static struct plan plan;
static struct plan_facts facts;
static struct plan_verdict verdict;

/* A plan and a machine on which nothing is wrong. */
static void make_good(void)
{
	struct diag diag;

	memset(&plan, 0, sizeof(plan));
	STR_COPY(plan.target.name, "mmcblk1");
	STR_COPY(plan.target.path, "/dev/mmcblk1");
	plan.target.kind = DISK_EMMC;
	plan.target.size_bytes = GIB(4);
	plan.target.id = (struct disk_identity){.major = 179,
		.size_bytes = GIB(4),
		.cid = "15010044473430303801deadbeef4900",
		.serial = "0xdeadbeef"};
	STR_COPY(plan.archive, "/media/usb/rootfs.tar.zst");
	plan.totals = (struct manifest_totals){.block_bytes = MIB(799),
		.content_bytes = MIB(762),
		.entries = 19318,
		.hardlinks = 7};
	assert_int_equal(layout_plan(layout_find("boot-root"), GIB(4), &plan.layout, &diag), 0);
	for (size_t i = 0; i < plan.layout.count; i++)
		if (plan.layout.partitions[i].fs == FS_EXT4) {
			plan.shares[i].block_bytes = MIB(799);
			plan.shares[i].inodes = 19311;
		}
	STR_COPY(plan.tar_program, "/usr/bin/tar");
	STR_COPY(plan.tar_version, "tar (GNU tar) 1.34");
	plan.tar = TAR_GNU;
	plan.plain_names = true;
	plan.verify = true;

	memset(&facts, 0, sizeof(facts));
	facts.is_root = facts.tar_found = facts.utf8_locale = true;
	facts.syncfs_reports = facts.archive_unchanged = true;
	facts.image_room_bytes = UINT64_MAX;
	facts.target = plan.target;
	for (enum fs_kind fs = FS_NONE; fs < FS_KIND_COUNT; fs++)
		facts.fs_supported[fs] = facts.mkfs_found[fs] = true;
}

static size_t ext4_index(void)
{
	for (size_t i = 0; i < plan.layout.count; i++)
		if (plan.layout.partitions[i].fs == FS_EXT4)
			return i;
	fail_msg("boot-root has no ext4");
	return 0;
}

static const struct plan_problem *find(const char *code)
{
	for (uint32_t i = 0; i < verdict.count; i++)
		if (strcmp(verdict.problems[i].code, code) == 0)
			return &verdict.problems[i];
	return NULL;
}

static void spoil_root(void)
{
	facts.is_root = false;
}
static void spoil_gone(void)
{
	memset(&facts.target, 0, sizeof(facts.target));
	facts.target.kind = DISK_OTHER;
	STR_COPY(facts.target_error, "it is not there");
}
static void spoil_identity(void)
{
	STR_COPY(facts.target.id.cid, "15010044473430303801cafecafe4900");
}
static void spoil_system(void)
{
	disk_refuse(&facts.target, REASON_SYSTEM, "the running system (/)");
}
static void spoil_expected(void)
{
	STR_COPY(plan.expect_id, "0xcafecafe");
}
static void spoil_archive(void)
{
	facts.archive_unchanged = false;
}
static void spoil_blob(void)
{
	plan.layout.blob_count = 2;
	STR_COPY(plan.layout.blobs[1].file, "/boot/u-boot.bin");
	facts.blob_changed[1] = true;
}
static void spoil_sidecar(void)
{
	plan.sidecar = SIDECAR_WRONG;
}
static void spoil_content(void)
{
	plan.totals.problem_count = 1;
	STR_COPY(plan.totals.problems[0].code, "path");
	STR_COPY(plan.totals.problems[0].path, "../etc/passwd");
	STR_COPY(plan.totals.problems[0].text, "leaves the target");
}
static void spoil_layout(void)
{
	plan.layout.count = 0;
	STR_COPY(plan.layout_error, "it needs 300 MiB");
}
static void spoil_boot_area(void)
{
	plan.layout.boot_bytes[1] = MIB(5);
}
static void spoil_space(void)
{
	plan.shares[ext4_index()].block_bytes = GIB(4);
}
static void spoil_inodes(void)
{
	plan.shares[ext4_index()].inodes = 1000000;
}
static void spoil_fit(void)
{
	size_t boot = !ext4_index();

	plan.shares[boot].unfit = 3;
	STR_COPY(plan.shares[boot].unfit_path, "boot/vmlinuz");
	STR_COPY(plan.shares[boot].unfit_why, "a symbolic link");
}
static void spoil_kernel(void)
{
	facts.fs_supported[FS_VFAT] = false;
}
static void spoil_mkfs(void)
{
	facts.mkfs_found[FS_EXT4] = false;
}
static void spoil_tar(void)
{
	plan.tar_program[0] = '\0';
	plan.tar_version[0] = '\0';
	plan.tar = TAR_UNKNOWN;
}
static void spoil_version(void)
{
	plan.tar_version[0] = '\0';
	plan.tar = TAR_UNKNOWN;
}
static void spoil_flavour(void)
{
	plan.tar = TAR_BUSYBOX;
	STR_COPY(plan.tar_version, "tar (busybox) 1.35.0");
	plan.tar_needs = TAR_NEED_XATTRS;
}
static void spoil_locale(void)
{
	plan.tar = TAR_BSD;
	plan.plain_names = false;
	facts.utf8_locale = false;
}
static void spoil_verify(void)
{
	plan.verify = false;
	facts.syncfs_reports = false;
}

/* What is spoilt, the problem it must give, and words that its sentence must have: the object, and
 * what to do. */
static const struct {
	void (*spoil)(void);
	const char *code, *words[3];
} gates[] = {
	{spoil_root, "not-root", {"/dev/mmcblk1", "as root"}},
	{spoil_gone, "target-gone", {"/dev/mmcblk1", "not there", "Choose"}},
	{spoil_identity, "target-changed", {"/dev/mmcblk1", "CID", "Choose"}},
	{spoil_system, "target-system", {"/dev/mmcblk1", "the running system (/)", "another"}},
	{spoil_expected, "expect-id", {"0xdeadbeef", "0xcafecafe", "Insert"}},
	{spoil_blob, "blob-changed", {"/boot/u-boot.bin", "changed", "again"}},
	{spoil_archive, "archive-changed", {"rootfs.tar.zst", "changed", "again"}},
	{spoil_sidecar, "archive-digest", {"rootfs.tar.zst", "SHA-256", "Copy"}},
	{spoil_content, "archive-path", {"../etc/passwd", "leaves the target", "again"}},
	{spoil_layout, "layout", {"/dev/mmcblk1", "it needs 300 MiB", "Choose"}},
	{spoil_boot_area, "boot-area", {"/dev/mmcblk1", "boot1", "5.0 MiB"}},
	{spoil_space, "too-small", {"rootfs.tar.zst", "mmcblk1p", "4.0 GiB"}},
	{spoil_inodes, "inodes", {"1000000", "mmcblk1p", "would do"}},
	{spoil_fit, "unfit", {"boot/vmlinuz", "symbolic link", "layout"}},
	{spoil_kernel, "fs-unsupported", {"vfat", "kernel", "module"}},
	{spoil_mkfs, "mkfs-missing", {"mkfs.ext4", "e2fsprogs", "Install"}},
	{spoil_tar, "tar-missing", {"no tar", "Install GNU tar"}},
	{spoil_version, "tar-silent", {"/usr/bin/tar", "--version", "Install GNU tar"}},
	{spoil_flavour, "tar-lacks", {"extended attributes", "/usr/bin/tar", "GNU tar"}},
	{spoil_locale, "locale", {"C.UTF-8", "Install"}},
	{spoil_verify, "verify-needed", {"5.8", "--no-verify"}},
};

static void nothing_wrong_is_no_problem(void **state)
{
	(void)state;
	make_good();
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 0);
	/* Neither are the harmless halves of the gates that take two. */
	plan.verify = false;
	plan.tar = TAR_BSD;
	STR_COPY(plan.expect_id, "DEADBEEF");
	facts.utf8_locale = false;
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 0);
	STR_COPY(plan.expect_id, "15010044473430303801DEADBEEF4900");
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 0);
}

static void each_gate_closes_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		const struct plan_problem *problem;

		make_good();
		gates[i].spoil();
		plan_check(&plan, &facts, &verdict);
		problem = find(gates[i].code);
		if (!problem || verdict.count != 1)
			fail_msg("%s: %u problems, first %s", gates[i].code, verdict.count,
				verdict.count ? verdict.problems[0].code : "none");
		for (size_t j = 0; j < ARRAY_SIZE(gates[i].words); j++)
			if (gates[i].words[j] && !strstr(problem->text, gates[i].words[j]))
				fail_msg("%s: no \"%s\" in: %s", gates[i].code, gates[i].words[j],
					problem->text);
		/* A whole sentence, not cut off. */
		assert_int_equal(problem->text[strlen(problem->text) - 1], '.');
		assert_true(strlen(problem->text) < sizeof(problem->text) - 1);
	}
}

static void all_gates_at_once_say_that_there_are_more(void **state)
{
	(void)state;
	make_good();
	for (size_t i = 0; i < ARRAY_SIZE(gates); i++)
		if (gates[i].spoil != spoil_gone && gates[i].spoil != spoil_layout)
			gates[i].spoil();
	disk_refuse(&facts.target, REASON_MOUNTED, "mounted on /mnt");
	disk_refuse(&facts.target, REASON_SWAP, "swap");
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, PLAN_PROBLEMS_MAX);
	assert_string_equal(verdict.problems[0].code, "not-root");
	assert_string_equal(verdict.problems[PLAN_PROBLEMS_MAX - 1].code, "more");
}

static void every_reason_is_a_problem(void **state)
{
	(void)state;
	make_good();
	disk_refuse(&facts.target, REASON_MOUNTED, "mounted on /mnt");
	disk_refuse(&facts.target, REASON_READ_ONLY, "write-protected");
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 2);
	assert_non_null(strstr(find("target-mounted")->text, "mounted on /mnt. Unmount it"));
	assert_non_null(find("target-read-only"));
}

static void expected_identity_of_an_unknown_device(void **state)
{
	(void)state;
	make_good();
	plan.target.id.cid[0] = plan.target.id.serial[0] = '\0';
	facts.target = plan.target;
	STR_COPY(plan.expect_id, "0x");
	plan_check(&plan, &facts, &verdict);
	assert_non_null(find("expect-id"));
	assert_non_null(strstr(find("expect-id")->text, "unknown"));
}

static void least_target_holds_the_archive(void **state)
{
	const struct manifest_totals totals = {.block_bytes = MIB(799), .entries = 19318};

	(void)state;
	for (size_t i = 0; layout_builtin(i); i++) {
		const struct layout *spec = layout_builtin(i);
		uint64_t need = plan_need_bytes(&totals, spec);
		struct layout placed;
		struct diag diag;
		uint64_t bytes = 0;

		assert_true(need > totals.block_bytes);
		assert_int_equal(layout_plan(spec, need, &placed, &diag), 0);
		for (size_t j = 0; j < placed.count; j++)
			if (strcmp(placed.partitions[j].mount, "/") == 0)
				bytes = placed.partitions[j].sectors * 512;
		assert_true(space_usable_bytes(FS_EXT4, bytes, 1) >= totals.block_bytes);
		/* Not much more, either. */
		assert_true(need < totals.block_bytes + MIB(400));
	}
}

/* ---- plan_make and plan_look ---- */

struct world {
	char dir[64], archive[96], image[96];
	int root;
	struct disk target;
	struct inspect_result inspected;
	struct manifest *manifest;
};

static void add_entry(struct archive *out, const char *path, mode_t type, uint64_t size,
	const char *symlink, const char *hardlink)
{
	struct archive_entry *entry = archive_entry_new();
	static const char zeros[8192];

	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, 0755);
	archive_entry_set_size(entry, (int64_t)size);
	if (symlink)
		archive_entry_set_symlink(entry, symlink);
	if (hardlink)
		archive_entry_set_hardlink(entry, hardlink);
	assert_int_equal(archive_write_header(out, entry), ARCHIVE_OK);
	if (size)
		assert_int_equal(archive_write_data(out, zeros, size), (la_ssize_t)size);
	archive_entry_free(entry);
}

static void make_archive(const char *path)
{
	struct archive *out = archive_write_new();

	assert_int_equal(archive_write_set_format_ustar(out), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(out, path), ARCHIVE_OK);
	add_entry(out, "./", AE_IFDIR, 0, NULL, NULL);
	add_entry(out, "boot/", AE_IFDIR, 0, NULL, NULL);
	add_entry(out, "boot/kernel", AE_IFREG, 5000, NULL, NULL);
	add_entry(out, "boot/vmlinuz", AE_IFLNK, 0, "kernel", NULL);
	add_entry(out, "bootstrap", AE_IFREG, 1, NULL, NULL);
	add_entry(out, "kernel-too", AE_IFREG, 0, NULL, "boot/kernel");
	add_entry(out, "bootstrap-too", AE_IFREG, 0, NULL, "bootstrap");
	add_entry(out, "etc/", AE_IFDIR, 0, NULL, NULL);
	add_entry(out, "etc/caf\xc3\xa9", AE_IFREG, 4096, NULL, NULL);
	assert_int_equal(archive_write_close(out), ARCHIVE_OK);
	archive_write_free(out);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *tmp = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	char why[160];
	struct stat st;
	int fd;

	*state = w;
	STR_FORMAT(w->dir, "%s/boardstrap-plan-XXXXXX", tmp);
	if (!mkdtemp(w->dir))
		return -1;
	STR_FORMAT(w->archive, "%s/rootfs.tar", w->dir);
	STR_FORMAT(w->image, "%s/board.img", w->dir);
	make_archive(w->archive);
	fd = open(w->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)GIB(1)) < 0)
		return -1;
	close_fd(&fd);
	w->root = sysfs_open_root("/");
	assert_true(w->root >= 0);
	assert_int_equal(scan_target(w->root, w->image, &w->target), 0);

	w->manifest = manifest_new();
	assert_non_null(w->manifest);
	fd = open(w->archive, O_RDONLY | O_CLOEXEC);
	assert_int_equal(manifest_read(w->manifest, fd, NULL, NULL, why, sizeof(why)), 0);
	close_fd(&fd);
	STR_COPY(w->inspected.path, w->archive);
	w->inspected.state = INSPECT_OK;
	w->inspected.totals = *manifest_totals(w->manifest);
	assert_int_equal(stat(w->archive, &st), 0);
	w->inspected.id = file_id_of(&st);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	manifest_free(w->manifest);
	close_fd(&w->root);
	(void)unlink(w->archive);
	(void)unlink(w->image);
	(void)rmdir(w->dir);
	free(w);
	return 0;
}

static void request(struct world *w, const char *layout, const char *tar)
{
	plan_make(&plan, &(struct plan_request){.target = &w->target,
				 .archive = &w->inspected,
				 .manifest = w->manifest,
				 .layout = layout_find(layout),
				 .tar_program = tar,
				 .allow = 1u << DISK_IMAGE,
				 .verify = true});
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
}

/* What only a test run as root or with these programs has is not this test's matter. */
static uint32_t problems_but(const char *code)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < verdict.count; i++)
		count += strcmp(verdict.problems[i].code, code) != 0;
	if (count)
		print_message("%s: %s\n", verdict.problems[0].code, verdict.problems[0].text);
	return count;
}

static void an_image_and_a_sound_archive_are_fine(void **state)
{
	request(*state, "single-gpt", NULL);
	assert_int_equal(problems_but("not-root"), 0);
	assert_int_equal(plan.layout.count, 1);
	assert_int_equal(strlen(plan.layout.partitions[0].partuuid), 36);
	assert_int_equal(plan.tar, TAR_GNU);
	assert_false(plan.plain_names);
	/* Three folders; contents of 5000, 1 and 4096 bytes; hard links take nothing. */
	assert_int_equal(plan.shares[0].block_bytes, (3 + 2 + 1 + 1) * 4096);
	assert_int_equal(plan.shares[0].inodes, 7);
	assert_int_equal(plan.shares[0].unfit, 0);
}

static void shares_follow_the_mount_points(void **state)
{
	size_t root, boot;

	request(*state, "boot-root", NULL);
	assert_int_equal(plan.layout.count, 2);
	root = strcmp(plan.layout.partitions[0].mount, "/") == 0 ? 0 : 1;
	boot = !root;
	assert_string_equal(plan.layout.partitions[boot].mount, "/boot");
	/* "bootstrap" is no part of "/boot". */
	assert_int_equal(plan.shares[boot].block_bytes, (1 + 2) * 4096);
	assert_int_equal(plan.shares[root].block_bytes, (2 + 1 + 1) * 4096);
	assert_int_equal(plan.shares[boot].unfit, 1);
	assert_string_equal(plan.shares[boot].unfit_path, "boot/vmlinuz");
	assert_int_equal(plan.shares[root].unfit, 1);
	assert_string_equal(plan.shares[root].unfit_path, "kernel-too");
	assert_non_null(find("unfit"));
}

static void without_a_manifest_the_totals_go_to_the_root(void **state)
{
	struct world *w = *state;

	manifest_free(w->manifest);
	w->manifest = NULL;
	request(w, "single-mbr", NULL);
	assert_int_equal(plan.shares[0].block_bytes, plan.totals.block_bytes);
	assert_int_equal(plan.shares[0].inodes, plan.totals.entries - plan.totals.hardlinks);
	assert_int_equal(problems_but("not-root"), 0);
}

static void a_small_image_is_refused(void **state)
{
	struct world *w = *state;

	assert_int_equal(truncate(w->image, (off_t)MIB(5)), 0);
	assert_int_equal(scan_target(w->root, w->image, &w->target), 0);
	request(w, "single-gpt", NULL);
	assert_true(find("layout") || find("too-small"));
	assert_true(truncate(w->image, 0) == 0);
}

static void what_changes_meanwhile_is_noticed(void **state)
{
	struct world *w = *state;
	struct timespec times[2] = {w->inspected.id.mtime, w->inspected.id.mtime};
	int fd;

	request(w, "single-gpt", NULL);
	assert_null(find("archive-changed"));
	/* As a layout's boot loader, too. */
	plan.layout.blob_count = 1;
	STR_COPY(plan.layout.blobs[0].file, w->archive);
	plan.layout.blobs[0].id = w->inspected.id;
	plan_look(&facts, &plan, w->root);
	assert_false(facts.blob_changed[0]);
	/* Rewritten in the same second, to the same size. */
	times[1].tv_nsec = (times[1].tv_nsec + 1) % 1000000000;
	assert_int_equal(utimensat(AT_FDCWD, w->archive, times, 0), 0);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	assert_non_null(find("archive-changed"));
	assert_non_null(find("blob-changed"));

	fd = open(w->archive, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	close_fd(&fd);
	assert_int_equal(truncate(w->image, (off_t)GIB(2)), 0);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	assert_non_null(find("archive-changed"));
	assert_non_null(find("target-changed"));

	assert_int_equal(unlink(w->archive), 0);
	assert_int_equal(unlink(w->image), 0);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	assert_non_null(find("archive-changed"));
	assert_non_null(find("target-gone"));
	assert_non_null(strstr(find("target-gone")->text, "not there"));
}

static void an_image_must_be_allowed(void **state)
{
	request(*state, "single-gpt", NULL);
	plan.allow = 0;
	plan_look(&facts, &plan, ((struct world *)*state)->root);
	plan_check(&plan, &facts, &verdict);
	assert_non_null(find("target-kind"));
}

static void a_tar_that_is_none_is_named(void **state)
{
	request(*state, "single-gpt", "/nonexistent/tar");
	assert_non_null(find("tar-silent"));
	assert_non_null(strstr(find("tar-silent")->text, "/nonexistent/tar"));
	request(*state, "single-gpt", "/bin/false");
	assert_non_null(find("tar-silent"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_wrong_is_no_problem),
		cmocka_unit_test(each_gate_closes_alone),
		cmocka_unit_test(all_gates_at_once_say_that_there_are_more),
		cmocka_unit_test(every_reason_is_a_problem),
		cmocka_unit_test(expected_identity_of_an_unknown_device),
		cmocka_unit_test(least_target_holds_the_archive),
		TEST(an_image_and_a_sound_archive_are_fine),
		TEST(shares_follow_the_mount_points),
		TEST(without_a_manifest_the_totals_go_to_the_root),
		TEST(a_small_image_is_refused),
		TEST(what_changes_meanwhile_is_noticed),
		TEST(an_image_must_be_allowed),
		TEST(a_tar_that_is_none_is_named),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
