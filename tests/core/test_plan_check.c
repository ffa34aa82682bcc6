/* SPDX-License-Identifier: MIT */
/* plan_check - every check, one at a time, on constructed plans. */
#include "core/plan/plan.h"

#include "core/plan/space.h"
#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct plan plan;
static struct plan_facts facts;
static struct plan_verdict verdict;

/* A plan and a machine without any problem. */
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
	plan.archives.count = 1;
	STR_COPY(plan.archives.list[0].path, "/media/usb/rootfs.tar.zst");
	plan.totals = (struct manifest_totals){.block_bytes = MIB(799),
		.content_bytes = MIB(762),
		.entries = 19318,
		.hardlinks = 7};
	assert_int_equal(layout_place(layout_find("boot-root"), GIB(4), 0, &plan.layout, &diag), 0);
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
	facts.syncfs_reports = true;
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

static void need(enum tar_need need, const char *path)
{
	plan.tar_needs |= TAR_NEED_BIT(need);
	plan.totals.needs[need].count = 1;
	STR_COPY(plan.totals.needs[need].path, path);
}

static void spoil_lock(void)
{
	facts.locked = true;
	facts.owner = (struct lock_owner){.pid = 812};
	STR_COPY(facts.owner.name, "boardstrap-eng");
	STR_COPY(facts.owner.step, "extract");
	/* Explained by the lock. */
	disk_refuse(&facts.target, REASON_MOUNTED, "mounted on /run/boardstrap/job/target");
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
	facts.archive_changed[0] = true;
}
static void spoil_blob(void)
{
	plan.layout.blob_count = 2;
	STR_COPY(plan.layout.blobs[1].file, "/boot/u-boot.bin");
	facts.blob_changed[1] = true;
}
static void spoil_sidecar(void)
{
	plan.archives.list[0].sidecar = SIDECAR_WRONG;
}
static void add_archive(void)
{
	plan.archives.count = 2;
	plan.archives.list[1] =
		(struct archive){.path = "/a/boot.tar", .partition = "BOOT", .folder = "boot"};
}
static void spoil_second_archive(void)
{
	add_archive();
	facts.archive_changed[1] = true;
}
static void spoil_second_sidecar(void)
{
	add_archive();
	plan.archives.list[1].sidecar = SIDECAR_WRONG;
}
static void spoil_stray(void)
{
	add_archive();
	for (size_t i = 0; i < plan.layout.count; i++)
		if (strcmp(plan.layout.partitions[i].mount, "/boot") == 0) {
			plan.shares[i].archive = 1;
			plan.shares[i].stray = 3;
			STR_COPY(plan.shares[i].stray_path, "boot/Image");
		}
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
	STR_COPY(plan.shares[boot].unfit_why, "is a symbolic link");
}
static void spoil_mount_point(void)
{
	size_t boot = !ext4_index();

	STR_COPY(plan.shares[boot].blocked_path, "boot");
	STR_COPY(plan.shares[boot].blocked_why, "is a symbolic link to usr/boot");
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
	plan.tar_needs = TAR_NEED_BIT(TAR_NEED_XATTRS);
}
static void spoil_attributes(void)
{
	need(TAR_NEED_FOREIGN_XATTR, "etc/f (com.apple.provenance)");
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

/* A changed fact, the code of the resulting problem, and words that its text must contain: the
 * object and the advice. */
static const struct {
	void (*spoil)(void);
	const char *code, *words[3];
} gates[] = {
	{spoil_lock, "target-locked",
		{"/dev/mmcblk1", "another install (process 812, now at extract)", "cancel"}},
	{spoil_root, "not-root", {"/dev/mmcblk1", "as root"}},
	{spoil_gone, "target-gone", {"/dev/mmcblk1", "not there", "Choose"}},
	{spoil_identity, "target-changed", {"/dev/mmcblk1", "CID", "Choose"}},
	{spoil_system, "target-system", {"/dev/mmcblk1", "the running system (/)", "another"}},
	{spoil_expected, "expect-id", {"0xdeadbeef", "0xcafecafe", "Insert"}},
	{spoil_blob, "blob-changed", {"/boot/u-boot.bin", "changed", "again"}},
	{spoil_archive, "archive-changed", {"rootfs.tar.zst", "changed", "again"}},
	{spoil_sidecar, "archive-digest", {"rootfs.tar.zst", "digest", "Copy"}},
	{spoil_second_archive, "archive-changed", {"/a/boot.tar was changed", "again"}},
	{spoil_second_sidecar, "archive-digest", {"boot.tar does not match", "Copy"}},
	{spoil_stray, "two-archives",
		{"rootfs.tar.zst has 3 entries below /boot, which boot.tar fills: boot/Image",
			"Make one"}},
	{spoil_content, "archive-path", {"../etc/passwd", "leaves the target", "again"}},
	{spoil_layout, "layout", {"/dev/mmcblk1", "it needs 300 MiB", "Choose"}},
	{spoil_boot_area, "boot-area", {"/dev/mmcblk1", "boot1", "5 MiB"}},
	{spoil_space, "too-small", {"rootfs.tar.zst", "mmcblk1p", "4 GiB"}},
	{spoil_inodes, "inodes", {"1000000", "mmcblk1p", "at least"}},
	{spoil_mount_point, "mount-point", {"on /boot,", "symbolic link to usr/boot", "layout"}},
	{spoil_attributes, "foreign-attributes",
		{"com.apple.provenance", "--allow foreign-attributes"}},
	{spoil_fit, "unfit", {"boot/vmlinuz", "symbolic link", "layout"}},
	{spoil_kernel, "fs-unsupported", {"vfat", "kernel", "module"}},
	{spoil_mkfs, "mkfs-missing", {"mkfs.ext4", "e2fsprogs", "Install"}},
	{spoil_tar, "tar-missing", {"no tar", "Install GNU tar"}},
	{spoil_version, "tar-silent", {"/usr/bin/tar", "--version", "Install GNU tar"}},
	{spoil_flavour, "tar-lacks", {"extended attributes", "/usr/bin/tar", "GNU tar"}},
	{spoil_locale, "locale", {"C.UTF-8", "Install"}},
	{spoil_verify, "verify-needed", {"5.8", "--no-verify"}},
};

static void a_good_plan_has_no_problems(void **state)
{
	(void)state;
	make_good();
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 0);
	/* Checks that need two conditions pass with only one. */
	plan.verify = false;
	plan.tar = TAR_BSD;
	STR_COPY(plan.expect_id, "DEADBEEF");
	facts.utf8_locale = false;
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 0);
	plan.plain_names = false;
	facts.utf8_locale = true;
	STR_COPY(plan.expect_id, "0x15010044473430303801DEADBEEF4900");
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 0);
	STR_COPY(plan.expect_id, "15010044473430303801DEADBEEF4900");
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 0);
}

static void each_check_refuses_alone(void **state)
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
		/* A complete sentence, not truncated. */
		assert_int_equal(problem->text[strlen(problem->text) - 1], '.');
		assert_true(strlen(problem->text) < sizeof(problem->text) - 1);
	}
}

static void too_many_problems_end_with_more(void **state)
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

static void expect_only(const char *code, const char *words)
{
	plan_check(&plan, &facts, &verdict);
	if (verdict.count != 1 || strcmp(verdict.problems[0].code, code) != 0)
		fail_msg("%s: %u problems, first %s", code, verdict.count,
			verdict.count ? verdict.problems[0].code : "none");
	if (!strstr(verdict.problems[0].text, words))
		fail_msg("%s: no \"%s\" in: %s", code, words, verdict.problems[0].text);
}

static void expect_go(void)
{
	plan_check(&plan, &facts, &verdict);
	if (verdict.count)
		fail_msg("%s: %s", verdict.problems[0].code, verdict.problems[0].text);
}

/* The code contains the reason's word, and every text gives advice. */
static void every_reason_has_its_advice(void **state)
{
	(void)state;
	for (enum reason_code code = REASON_SYSTEM; code < REASON_COUNT; code++) {
		char word[32], phrase[64];
		const char *text;

		make_good();
		disk_refuse(&facts.target, code, "phrase of %s", reason_name(code));
		STR_FORMAT(word, "target-%s", reason_name(code));
		STR_FORMAT(phrase, "/dev/mmcblk1 is refused: phrase of %s. ", reason_name(code));
		expect_only(word, phrase);
		text = verdict.problems[0].text;
		assert_true(strlen(text) > strlen(phrase) + 10);
		assert_int_equal(text[strlen(text) - 1], '.');
	}
}

static void a_sparse_image_needs_room(void **state)
{
	uint64_t bytes;

	(void)state;
	make_good();
	plan.shares[0].block_bytes = MIB(3);
	plan.shares[1].block_bytes = MIB(4); /* all partitions count */
	bytes = MIB(7);
	facts.image_room_bytes = bytes;
	expect_go();
	facts.image_room_bytes = bytes - 1;
	expect_only("image-room", "7 MiB");
	assert_non_null(strstr(verdict.problems[0].text, "/dev/mmcblk1"));
	assert_non_null(strstr(verdict.problems[0].text, "Make room"));
}

static void a_boot_area_may_be_filled(void **state)
{
	(void)state;
	make_good();
	plan.target.boot[0].size_bytes = MIB(4);
	facts.target = plan.target;
	plan.layout.boot_bytes[0] = MIB(4);
	expect_go();
	plan.layout.boot_bytes[0]++;
	expect_only("boot-area", "has 4 MiB");
	plan.target.boot[0].size_bytes = 0;
	facts.target = plan.target;
	expect_only("boot-area", "boot0, but that of /dev/mmcblk1 does not exist. ");
}

/* space.c has the limits of the filesystems; content that just fits is not refused. */
static void content_that_just_fits_passes(void **state)
{
	const struct layout_partition *partition;
	struct plan_share *share;
	uint64_t bytes;

	(void)state;
	make_good();
	share = &plan.shares[ext4_index()];
	partition = &plan.layout.partitions[ext4_index()];
	bytes = partition->sectors * SECTOR_BYTES;
	share->block_bytes = space_usable_bytes(partition->fs, bytes, share->inodes);
	expect_go();
	share->block_bytes++;
	expect_only("too-small", "Use a partition of at least");
	share->block_bytes = MIB(1);
	share->inodes = space_inodes(partition->fs, bytes);
	expect_go();
	share->inodes++;
	expect_only("inodes", "Use a partition of at least");
	/* Content that is too large is reported once, not also as too many files. */
	share->block_bytes = GIB(4);
	expect_only("too-small", "4 GiB");
}

/* An image's partitions have no device names. */
static void partitions_have_device_names(void **state)
{
	static const struct {
		const char *name;
		enum disk_kind kind;
		const char *before, *behind; /* the number in the text */
	} cases[] = {
		{"mmcblk1", DISK_EMMC, "mmcblk1p", ":"},
		{"sda", DISK_USB, "sda", ":"},
		{"nvme0n1", DISK_FIXED, "nvme0n1p", ":"},
		{"board.img", DISK_IMAGE, "board.img, partition ", ":"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char words[64];

		make_good();
		STR_COPY(plan.target.name, cases[i].name);
		plan.target.kind = cases[i].kind;
		facts.target = plan.target;
		plan.shares[ext4_index()].block_bytes = GIB(4);
		STR_FORMAT(words, "fit on %s%zu%s", cases[i].before, ext4_index() + 1,
			cases[i].behind);
		expect_only("too-small", words);
	}
}

/* Each feature that tar lacks is a problem, with an entry. */
static void missing_tar_features_are_listed(void **state)
{
	static const enum tar_need needs[] = {TAR_NEED_XATTRS, TAR_NEED_ACLS, TAR_NEED_SPARSE,
		TAR_NEED_STRIP, TAR_NEED_STRIP_LINKS};

	(void)state;
	make_good();
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		need(needs[i], "etc/f");
	expect_go();
	for (enum tar_flavour tar = TAR_UNKNOWN; tar < TAR_FLAVOUR_COUNT; tar++) {
		for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
			plan.tar = tar;
			plan.tar_needs = TAR_NEED_BIT(needs[i]);
			if (!tar_lacks(tar, plan.tar_needs)) {
				expect_go();
				continue;
			}
			expect_only("tar-lacks", "Install GNU tar");
			assert_non_null(strstr(verdict.problems[0].text, "etc/f"));
			assert_non_null(
				strstr(verdict.problems[0].text, tar_need_phrase(needs[i])));
		}
	}
	plan.tar = TAR_BUSYBOX;
	need(TAR_NEED_XATTRS, "etc/f");
	need(TAR_NEED_SPARSE, "etc/g");
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 2);
	plan.tar = TAR_GNU;
	plan.totals.needs[TAR_NEED_OVER_LINK].count = 2;
	plan.tar_needs = TAR_NEED_BIT(TAR_NEED_OVER_LINK);
	expect_only("tar-lacks", "bsdtar");
	plan.tar_needs = TAR_NEED_BIT(TAR_NEED_SELINUX);
	expect_go();
	plan.tar_built_without = TAR_NEED_BIT(TAR_NEED_SELINUX);
	expect_only("tar-lacks", "SELinux");
}

/* The operator may agree that the board does not start. */
static void a_loader_may_be_lost(void **state)
{
	(void)state;
	make_good();
	plan.complete = true;
	plan.target.content.loader_count = 1;
	plan.target.content.loaders[0] = (struct disk_loader){.kind = LOADER_STM32};
	expect_only("unbootable", "loses its STM32 boot loader");
	plan.allow |= ALLOW_UNBOOTABLE;
	expect_go();
	plan.allow = 0;
	plan.has_firmware = true;
	expect_go();
	plan.has_firmware = false;
	plan.complete = false; /* nothing is known of the archive */
	expect_go();
	plan.complete = true;
	plan.target.kind = DISK_SD; /* a warning */
	expect_go();
}

/* The operator may agree to lose attributes that Linux cannot store. */
static void foreign_attributes_may_be_lost(void **state)
{
	(void)state;
	make_good();
	need(TAR_NEED_FOREIGN_XATTR, "etc/f (com.apple.provenance)");
	expect_only("foreign-attributes", "com.apple.provenance");
	plan.allow |= ALLOW_FOREIGN_ATTRIBUTES;
	expect_go();
	plan.tar = TAR_BSD; /* fails on them */
	expect_only("tar-lacks", "GNU tar");
}

/* An unusable tar gives one problem; its missing features are not listed then. */
static void an_unusable_tar(void **state)
{
	(void)state;
	make_good();
	plan.tar_needs = TAR_NEED_BIT(TAR_NEED_XATTRS);
	plan.tar = TAR_UNKNOWN;
	STR_COPY(plan.tar_version, "GNU coreutils 9.1");
	expect_only("tar-silent", "/usr/bin/tar is not a usable tar");
	plan.tar = TAR_GNU;
	plan.tar_version[0] = '\0';
	expect_only("tar-silent", "/usr/bin/tar is not a usable tar");
	plan.tar = TAR_UNKNOWN;
	plan.tar_needs = 0;
	STR_COPY(plan.tar_version, "Tar of the board's vendor"); /* may work */
	expect_go();
	make_good();
	plan.tar_needs = TAR_NEED_BIT(TAR_NEED_XATTRS);
	facts.tar_found = false;
	expect_only("tar-missing", "/usr/bin/tar no longer exists");
}

/* Reported once, however many partitions need it; without root the kernel's answer is not known. */
static void filesystems_are_checked_once(void **state)
{
	(void)state;
	make_good();
	for (size_t i = 0; i < plan.layout.count; i++) {
		plan.layout.partitions[i].fs = FS_EXT4;
		plan.shares[i].block_bytes = plan.shares[i].inodes = 0;
	}
	facts.mkfs_found[FS_VFAT] = facts.fs_supported[FS_VFAT] = false; /* not in this layout */
	expect_go();
	facts.mkfs_found[FS_EXT4] = false;
	expect_only("mkfs-missing", "e2fsprogs");
	facts.mkfs_found[FS_EXT4] = true;
	facts.fs_supported[FS_EXT4] = false;
	expect_only("fs-unsupported", "ext4");
	facts.is_root = false;
	expect_only("not-root", "/dev/mmcblk1");
}

/* A partition without a filesystem needs no program. */
static void a_bare_partition_needs_nothing(void **state)
{
	(void)state;
	make_good();
	plan.scope = SCOPE_IMAGES;
	for (size_t i = 0; i < plan.layout.count; i++) {
		plan.layout.partitions[i].fs = FS_NONE;
		plan.layout.partitions[i].mount[0] = '\0';
		plan.shares[i].block_bytes = 0;
	}
	for (enum fs_kind fs = FS_NONE; fs < FS_KIND_COUNT; fs++)
		facts.fs_supported[fs] = facts.mkfs_found[fs] = false;
	expect_go();
}

static void every_archive_problem_is_listed(void **state)
{
	(void)state;
	make_good();
	plan.totals.problem_count = 2;
	STR_COPY(plan.totals.problems[0].code, "path");
	STR_COPY(plan.totals.problems[0].path, "../x");
	STR_COPY(plan.totals.problems[0].text, "leaves the target");
	STR_COPY(plan.totals.problems[1].code, "trailing");
	STR_COPY(plan.totals.problems[1].text, "there is more");
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, 2);
	assert_non_null(strstr(find("archive-path")->text, "installed: ../x: leaves"));
	assert_non_null(strstr(find("archive-trailing")->text, "installed: there is more."));
	/* More were counted than stored. */
	plan.totals.problem_count = UINT32_MAX;
	plan_check(&plan, &facts, &verdict);
	assert_int_equal(verdict.count, PLAN_PROBLEMS_MAX);
	assert_string_equal(verdict.problems[PLAN_PROBLEMS_MAX - 1].code, "more");
}

/* For a target that is gone or has no placed layout, there are no further problems. */
static void a_missing_target_is_reported_once(void **state)
{
	(void)state;
	make_good();
	spoil_gone();
	disk_refuse(&facts.target, REASON_MOUNTED, "mounted on /mnt");
	expect_only("target-gone", "it is not there");
	make_good();
	plan.layout.boot_bytes[0] = MIB(5);
	plan.shares[ext4_index()].block_bytes = GIB(4);
	spoil_mkfs();
	spoil_layout();
	expect_only("layout", "it needs 300 MiB");
}

/* Images alone: what tar and archive lack is no problem. A layout that mounts a partition needs an archive, and one
 * that mounts none takes none. */
static void images_alone(void **state)
{
	(void)state;
	make_good();
	plan.scope = SCOPE_IMAGES;
	memset(plan.shares, 0, sizeof(plan.shares));
	expect_only("layout", "needs an archive");
	for (size_t i = 0; i < plan.layout.count; i++)
		plan.layout.partitions[i].mount[0] = '\0';
	spoil_archive();
	facts.tar_found = facts.utf8_locale = facts.syncfs_reports = false;
	plan.tar_program[0] = '\0';
	expect_go();
	spoil_mkfs();
	expect_only("mkfs-missing", "mkfs");

	make_good();
	for (size_t i = 0; i < plan.layout.count; i++)
		plan.layout.partitions[i].mount[0] = '\0';
	expect_only("layout", "brings all its files");
}

/* The boot loader alone: what tar, mkfs and archive lack is no problem; the rules of the target, and
 * what the table takes now, are. */
static void the_boot_loader_alone(void **state)
{
	(void)state;
	make_good();
	plan.scope = SCOPE_BOOT;
	memset(plan.shares, 0, sizeof(plan.shares));
	plan.layout.blob_count = 1;
	plan.layout.blobs[0].offset_bytes = KIB(32);
	plan.layout.blobs[0].size_bytes = KIB(100);
	STR_COPY(facts.occupied.table, "gpt");
	spoil_archive();
	spoil_mkfs();
	facts.tar_found = facts.utf8_locale = facts.syncfs_reports = false;
	plan.tar_program[0] = '\0';
	expect_go();
	facts.occupied.count = 1;
	facts.occupied.ranges[0] = (struct occupied_range){KIB(64), MIB(1), "partition 3"};
	expect_only("blob-overlap", "partition 3");
	facts.occupied.count = 0;
	spoil_system();
	expect_only("target-system", "the running system");
	facts.target.reason_count = 0;
	spoil_expected();
	expect_only("expect-id", "not the expected device");
	plan.expect_id[0] = '\0';
	plan.layout.boot_bytes[1] = MIB(5);
	expect_only("boot-area", "boot1");
	plan.layout.boot_bytes[1] = 0;
	facts.blob_changed[0] = true;
	expect_only("blob-changed", "was changed or removed");
	facts.blob_changed[0] = false;
	facts.image_room_bytes = KIB(99);
	expect_only("image-room", "100 KiB");
	facts.image_room_bytes = UINT64_MAX;
	spoil_layout();
	expect_only("layout", "is no device of this layout: it needs 300 MiB");
}

/* Each call starts with an empty verdict. */
static void begins_with_an_empty_verdict(void **state)
{
	(void)state;
	make_good();
	memset(&verdict, '!', sizeof(verdict));
	expect_go();
	for (size_t i = 0; i < sizeof(verdict); i++)
		assert_int_equal(((const unsigned char *)&verdict)[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_plan_has_no_problems),
		cmocka_unit_test(each_check_refuses_alone),
		cmocka_unit_test(too_many_problems_end_with_more),
		cmocka_unit_test(every_reason_is_a_problem),
		cmocka_unit_test(expected_identity_of_an_unknown_device),
		cmocka_unit_test(every_reason_has_its_advice),
		cmocka_unit_test(a_sparse_image_needs_room),
		cmocka_unit_test(a_boot_area_may_be_filled),
		cmocka_unit_test(content_that_just_fits_passes),
		cmocka_unit_test(partitions_have_device_names),
		cmocka_unit_test(missing_tar_features_are_listed),
		cmocka_unit_test(a_loader_may_be_lost),
		cmocka_unit_test(foreign_attributes_may_be_lost),
		cmocka_unit_test(an_unusable_tar),
		cmocka_unit_test(filesystems_are_checked_once),
		cmocka_unit_test(a_bare_partition_needs_nothing),
		cmocka_unit_test(every_archive_problem_is_listed),
		cmocka_unit_test(a_missing_target_is_reported_once),
		cmocka_unit_test(images_alone),
		cmocka_unit_test(the_boot_loader_alone),
		cmocka_unit_test(begins_with_an_empty_verdict),
	};

	return cmocka_run_group_tests_name("plan_check", tests, NULL, NULL);
}
