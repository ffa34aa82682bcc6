/* SPDX-License-Identifier: MIT */
#include "core/plan/plan.h"

#include "core/plan/boot_only.h"
#include "core/plan/loader_check.h"
#include "core/plan/plan_verdict.h"
#include "core/plan/space.h"
#include "device/base/human.h"
#include "device/base/util.h"
#include "device/layout/layout_copy.h"
#include "device/layout/layout_table.h"
#include "device/layout/mkfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The name of the archive, or of the layout that has files without one. */
static const char *name_of(const struct plan *plan, uint32_t archive)
{
	if (archive >= plan->archives.count)
		return plan->layout.name;
	return archive_name(&plan->archives.list[archive]);
}

/* "mmcblk0p1" or "board.img, partition 1". */
static void partition_name(const struct plan *plan, size_t index, char ret[64])
{
	unsigned number = table_number(&plan->layout, index);

	if (plan->target.kind == DISK_IMAGE)
		(void)str_format(ret, 64, "%s, partition %u", plan->target.name, number);
	else
		disk_partition_name(plan->target.name, number, ret);
}

/* The target and the layout of a dry run may be unknown. */
static bool has_target(const struct plan *plan)
{
	return plan->target.name[0];
}

static bool is_placed(const struct plan *plan)
{
	return has_target(plan) && plan->layout.name[0] && plan->layout.count > 0;
}

/* Mounts and holders of a target that another install writes to are that install's. */
static void check_lock(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	char text[sizeof(ret->problems[0].text)];

	lock_sentence(plan->target.path, &facts->owner, text, sizeof(text));
	plan_problem_add(ret, "target-locked", "%s.", text);
}

static void check_target(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	const struct disk *now = &facts->target;
	const char *what = NULL;

	if (!has_target(plan))
		return;
	if (facts->locked) {
		check_lock(plan, facts, ret);
		return;
	}
	if (now->name[0] == '\0') {
		plan_problem_add(ret, "target-gone",
			"%s cannot be used any more: %s. Choose the target again.",
			plan->target.path, facts->target_error);
		return;
	}
	if (!disk_identity_equal(&plan->target.id, &now->id, &what))
		plan_problem_add(ret, "target-changed",
			"%s is no longer the device that was chosen: its %s differs. Choose the "
			"target again.",
			plan->target.path, what ? what : "identity");
	for (uint32_t i = 0; i < now->reason_count && i < DISK_REASONS_MAX; i++) {
		const struct reason *reason = &now->reasons[i];
		char code[32];

		STR_FORMAT(code, "target-%s", reason_name(reason->code));
		plan_problem_add(ret, code, "%s is refused: %s. %s.", plan->target.path,
			reason->text, reason_advice(reason->code));
	}
}

/* Serials are written with and without "0x", in upper or lower case. */
static bool same_id(const char *a, const char *b)
{
	if (strncasecmp(a, "0x", 2) == 0)
		a += 2;
	if (strncasecmp(b, "0x", 2) == 0)
		b += 2;
	return *a && strcasecmp(a, b) == 0;
}

static void check_expected(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	const struct disk_identity *id = &plan->target.id;

	(void)facts;
	if (!has_target(plan))
		return;
	if (plan->expect_id[0] == '\0' || same_id(plan->expect_id, id->cid) ||
		same_id(plan->expect_id, id->serial))
		return;
	plan_problem_add(ret, "expect-id",
		"%s is not the expected device: its CID is %s and its serial number is %s, not %s. "
		"Insert the expected device.",
		plan->target.path, id->cid[0] ? id->cid : "unknown",
		id->serial[0] ? id->serial : "unknown", plan->expect_id);
}

static void check_archive(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	const struct manifest_totals *totals = &plan->totals;

	if (plan->unread)
		return;
	for (uint32_t i = 0; i < plan->archives.count; i++) {
		if (facts->archive_changed[i])
			plan_problem_add(ret, "archive-changed",
				"%s was changed or removed since it was read. Choose it again to scan "
				"it again.",
				plan->archives.list[i].path);
		if (plan->archives.list[i].sidecar == SIDECAR_WRONG)
			plan_problem_add(ret, "archive-digest",
				"%s does not match the digest in the file next to it: it is damaged or "
				"another version. Copy both again.",
				name_of(plan, i));
	}
	for (uint32_t i = 0; i < totals->problem_count && i < MANIFEST_PROBLEMS_MAX; i++) {
		const struct manifest_problem *problem = &totals->problems[i];
		char code[32];

		STR_FORMAT(code, "archive-%s", problem->code);
		plan_problem_add(ret, code,
			"%s cannot be installed: %s%s%s. Make the archive again.",
			name_of(plan, problem->archive), problem->path,
			problem->path[0] ? ": " : "", problem->text);
	}
}

static void check_space(const struct plan *plan, size_t index, struct plan_verdict *ret)
{
	const struct layout_partition *partition = &plan->layout.partitions[index];
	const struct plan_share *share = &plan->shares[index];
	uint64_t bytes = partition->sectors * SECTOR_BYTES;
	uint64_t usable = space_usable_bytes(partition->fs, bytes, share->inodes);
	uint64_t inodes = space_inodes(partition->fs, bytes);
	uint64_t least = space_partition_bytes(partition->fs, share->block_bytes, share->inodes);
	char name[64], source[300];

	partition_name(plan, index, name);
	(void)STR_FORMAT(source, "%s%s", name_of(plan, share->archive),
		plan->archives.count > 0 && layout_count_copies(&plan->layout, index) > 0
			? " with the files of the layout"
			: "");
	if (share->block_bytes > usable)
		plan_problem_add(ret, "too-small",
			"%s does not fit on %s: its content for %s needs %s, but the %s filesystem will "
			"hold %s. Use a partition of at least %s.",
			source, name, partition->mount, human_size(share->block_bytes).s,
			fs_name(partition->fs), human_size(usable).s, human_exact(least).s);
	else if (share->inodes > inodes)
		plan_problem_add(ret, "inodes",
			"%s does not fit on %s: it has %" PRIu64
			" files for %s, but the %s filesystem will hold %" PRIu64
			". Use a partition of at least %s.",
			source, name, share->inodes, partition->mount, fs_name(partition->fs),
			inodes, human_exact(least).s);
	if (share->blocked_path[0])
		plan_problem_add(ret, "mount-point",
			"Layout %s mounts %s on %s, but /%s in %s %s. Mount it on another folder in "
			"the layout (the one that a link leads to), or choose another layout or archive.",
			plan->layout.name, name, partition->mount, share->blocked_path,
			name_of(plan, share->blocked_archive), share->blocked_why);
	else if (share->stray)
		plan_problem_add(ret, "two-archives",
			"%s has %" PRIu64
			" %s below %s, which %s fills: %s. Both would be extracted "
			"on top of each other. Make one of the archives without.",
			name_of(plan, share->stray_archive), share->stray,
			share->stray == 1 ? "entry" : "entries", partition->mount,
			name_of(plan, share->archive), share->stray_path);
	else if (share->unfit)
		plan_problem_add(ret, "unfit",
			"%s (%s) cannot hold %" PRIu64
			" of the entries for %s: %s %s. Choose another layout, or make the archive, or "
			"the files of the layout, without.",
			name, fs_name(partition->fs), share->unfit, partition->mount,
			share->unfit_path, share->unfit_why);
}

/* An image has no boot areas. */
static bool writes_to_image(const struct plan *plan, const struct layout_blob *blob)
{
	return scope_writes_blob(plan->scope, blob) && blob->target != BLOB_BOOT0 &&
	       blob->target != BLOB_BOOT1;
}

static void check_image_room(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < plan->layout.count; i++)
		bytes += plan->shares[i].block_bytes;
	for (size_t i = 0; i < plan->layout.blob_count; i++)
		if (writes_to_image(plan, &plan->layout.blobs[i]))
			bytes += plan->layout.blobs[i].size_bytes;
	if (bytes > facts->image_room_bytes)
		plan_problem_add(ret, "image-room",
			"%s is a sparse image without enough space: the content needs %s, and the "
			"filesystem that holds the image has %s. Make room there, or move the "
			"image.",
			plan->target.path, human_size(bytes).s,
			human_size(facts->image_room_bytes).s);
}

/* Only an eMMC has boot areas; other targets have size 0. */
static void check_boot_areas(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	(void)facts;
	if (!is_placed(plan))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(plan->layout.boot_bytes); i++) {
		uint64_t need = plan->layout.boot_bytes[i], have = plan->target.boot[i].size_bytes;

		if (need > have)
			plan_problem_add(ret, "boot-area",
				"Layout %s writes %s to boot area boot%zu, but that of %s %s%s. Choose "
				"another layout.",
				plan->layout.name, human_exact(need).s, i, plan->target.path,
				have ? "has " : "does not exist", have ? human_exact(have).s : "");
	}
}

static void check_blobs(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	for (size_t i = 0; i < plan->layout.blob_count; i++)
		if (facts->blob_changed[i] &&
			scope_writes_blob(plan->scope, &plan->layout.blobs[i]))
			plan_problem_add(ret, "blob-changed",
				"%s was changed or removed since the layout was read. Choose the layout "
				"again.",
				plan->layout.blobs[i].file);
}

static void check_placed(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	(void)facts;
	if (!has_target(plan) || !plan->layout.name[0] || plan->layout.count > 0)
		return;
	plan_problem_add(ret, "layout", "%s %s: %s. Choose another device or layout.",
		plan->target.path,
		plan->scope == SCOPE_BOOT ? "is no device of this layout" : "cannot be partitioned",
		plan->layout_error);
}

/* A layout takes an archive, or brings all that it needs. */
static void check_source(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	bool has_archive = scope_has_archive(plan->scope);

	(void)facts;
	if (!is_placed(plan) || layout_takes_archive(&plan->layout) == has_archive)
		return;
	plan_problem_add(ret, "layout",
		has_archive
			? "The layout %s brings all its files, and has no partition for those of an archive. "
			  "Leave out the archive (--layout FILE without --archive), or choose another "
			  "layout."
			: "The layout %s needs an archive. Name one, or choose another layout.",
		plan->layout.name);
}

/* The boot loader alone, beside what is on the target now. */
static void check_beside_partitions(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	if (is_placed(plan))
		boot_only_check(plan, &facts->occupied, facts->occupied_error, ret);
}

static void check_partitions(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	bool seen[FS_KIND_COUNT] = {[FS_NONE] = true};

	if (!is_placed(plan))
		return;
	for (size_t i = 0; i < plan->layout.count; i++) {
		const struct layout_partition *partition = &plan->layout.partitions[i];
		enum fs_kind fs = partition->fs;

		if (partition->mount[0])
			check_space(plan, i, ret);
		if (seen[fs])
			continue;
		seen[fs] = true;
		if (!facts->mkfs_found[fs])
			plan_problem_add(ret, "mkfs-missing",
				"%s is not installed, but needed for the %s filesystem of layout %s. "
				"Install the package %s, or choose another layout.",
				mkfs_program(fs), fs_name(fs), plan->layout.name, mkfs_package(fs));
		/* The kernel's answer is only valid for root. */
		if (!facts->fs_supported[fs] && facts->is_root)
			plan_problem_add(ret, "fs-unsupported",
				"This machine's kernel cannot mount %s, which layout %s needs. Load or "
				"install its module, or choose another layout.",
				fs_name(fs), plan->layout.name);
	}
}

/* Reports the entries that the tar would not leave as the manifest has them. */
static void check_needs(const struct plan *plan, struct plan_verdict *ret)
{
	uint64_t without = plan->tar_built_without;
	uint64_t lacks = tar_lacks(plan->tar, plan->tar_needs) | without;
	const char *advice = without ? "Install a GNU tar that was built with SELinux, or bsdtar, "
				       "and name it with --tar."
				     : tar_advice(plan->tar_needs);

	for (unsigned need = 0; need < TAR_NEED_COUNT; need++) {
		const struct manifest_need *first = &plan->totals.needs[need];

		if (!(lacks & TAR_NEED_BIT(need)))
			continue;
		plan_problem_add(ret, "tar-lacks",
			"%s (%s) does not extract %s as it is: %s %s%s. %s", plan->tar_program,
			tar_flavour_name(plan->tar), name_of(plan, first->archive), first->path,
			tar_need_phrase(need), first->count > 1 ? ", and so do more entries" : "",
			advice);
	}
}

/* No tar can restore these, and GNU tar only warns: the operator may agree to lose them. */
static void check_foreign(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	const struct manifest_need *foreign = &plan->totals.needs[TAR_NEED_FOREIGN_XATTR];

	(void)facts;
	if (foreign->count == 0 || (plan->allow & ALLOW_FOREIGN_ATTRIBUTES))
		return;
	plan_problem_add(ret, "foreign-attributes",
		"%s has %" PRIu64
		" extended attribute%s that Linux cannot store, such as %s. Allow to leave that out "
		"(--allow foreign-attributes), or make the archive without.",
		name_of(plan, foreign->archive), foreign->count, foreign->count == 1 ? "" : "s",
		foreign->path);
}

/* What the boot check is certain of. */
static void check_boot(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	const struct boot_findings *findings = &plan->boot.findings;

	(void)facts;
	if (plan->allow & ALLOW_UNBOOTABLE)
		return;
	for (uint32_t i = 0; i < findings->count; i++)
		if (findings->list[i].severity == BOOT_ERROR)
			plan_problem_add(ret, "unbootable",
				"The board would not boot: %s. Choose another layout or archive, or "
				"allow it (--allow unbootable).",
				findings->list[i].text);
}

static void check_tar(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	const char *tar = tar_flavour_name(plan->tar);

	if (plan->tar_program[0] == '\0') {
		plan_problem_add(ret, "tar-missing",
			"There is no tar on this machine to extract %s. Install GNU tar (package tar).",
			name_of(plan, 0));
		return;
	}
	/* An unknown tar may work; a program that does not call itself tar would not. */
	if (plan->tar_version[0] == '\0' ||
		(plan->tar == TAR_UNKNOWN && !strcasestr(plan->tar_version, "tar"))) {
		plan_problem_add(ret, "tar-silent",
			"%s is not a usable tar: it does not exist, cannot be run, or does not name itself "
			"tar with --version. Install GNU tar (package tar) or name another with --tar.",
			plan->tar_program);
		return;
	}
	if (!facts->tar_found) {
		plan_problem_add(ret, "tar-missing",
			"%s no longer exists or cannot be run. Restore it or name another with --tar.",
			plan->tar_program);
		return;
	}
	check_needs(plan, ret);
	if (plan->tar == TAR_BSD && !plan->plain_names && !facts->utf8_locale)
		plan_problem_add(ret, "locale",
			"%s (%s) needs the locale C.UTF-8 for names that are not ASCII, and this machine "
			"has none. Install GNU tar (package tar) or the locale.",
			plan->tar_program, tar);
}

/* The loader that the target has and loses. */
static void check_loader(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	struct loader_check check;

	(void)facts;
	if (!plan->complete || plan->layout.count == 0)
		return;
	loader_check(plan->scope, &plan->target, &plan->layout, plan->has_firmware, &check);
	if (check.severity == LOADER_ERROR && !(plan->allow & ALLOW_UNBOOTABLE))
		plan_problem_add(ret, "unbootable", "%s", check.text);
}

static void check_root(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	if (!facts->is_root)
		plan_problem_add(ret, "not-root",
			"Writing to %s needs root rights. Run boardstrap as root (sudo).",
			plan->target.name[0] ? plan->target.path : "a device");
}

static void check_no_verify(
	const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	if (!plan->verify && !facts->syncfs_reports)
		plan_problem_add(ret, "verify-needed",
			"This machine's kernel (before 5.8) does not report lost writes, so verification "
			"cannot be switched off. Leave out --no-verify.");
}

#define ALL    (1u << SCOPE_ALL)
#define BOOT   (1u << SCOPE_BOOT)
#define IMAGES (1u << SCOPE_IMAGES)
#define FILES  (1u << SCOPE_FILES)
#define WHOLE  (ALL | IMAGES | FILES)
#define EACH   (WHOLE | BOOT)

/* All checks, the most serious first. A check skips the parts that an incomplete plan lacks. */
static const struct {
	void (*check)(
		const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret);
	unsigned scopes; /* of the plans that it applies to */
} checks[] = {
	{check_root, EACH},
	{check_target, EACH},
	{check_expected, EACH},
	{check_archive, ALL},
	{check_source, WHOLE},
	{check_blobs, EACH},
	{check_placed, EACH},
	{check_boot_areas, EACH},
	{check_partitions, WHOLE},
	{check_beside_partitions, BOOT},
	{check_image_room, EACH},
	{check_tar, ALL},
	{check_foreign, ALL},
	{check_boot, ALL},
	{check_loader, WHOLE},
	{check_no_verify, ALL | FILES},
};

void plan_check(const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i].scopes & (1u << plan->scope))
			checks[i].check(plan, facts, ret);
}
