/* SPDX-License-Identifier: MIT */
#include "device/usage/rules.h"

#include "device/base/util.h"

#include <inttypes.h>
#include <string.h>

#define KIND(kind) (1u << (kind))

static bool is_allowed(const struct disk *disk, const struct rules_facts *facts)
{
	return disk->kind < DISK_KIND_COUNT && (facts->allow & KIND(disk->kind));
}

/* True if the fact is about the disk, or about the same disk reached by another path. Only
 * DISK_FIXED has several paths; the ids of USB sticks are not reliable. */
static bool is_about(
	const struct inuse_fact *fact, const struct disk *disk, const struct inuse *inuse)
{
	/* An image is identified by its file: its name may be the name of a disk. */
	if (disk->kind == DISK_IMAGE)
		return fact->file_ino > 0 && fact->file_ino == disk->id.file_ino &&
		       fact->file_dev == disk->id.file_dev;
	return strcmp(fact->disk, disk->name) == 0 ||
	       (disk->kind == DISK_FIXED &&
		       multipath_is_same(&inuse->multipath, fact->disk, disk->name));
}

/* Joins all facts with @code to one reason, refused as @reason: a system has dozens of mounts, more
 * than a row can show. */
static void refuse_use(struct disk *disk, const struct rules_facts *facts, enum reason_code code,
	enum reason_code reason)
{
	const struct inuse_fact *first = NULL;
	char path[64] = "";
	unsigned more = 0;

	for (size_t i = 0; i < facts->inuse->count; i++) {
		const struct inuse_fact *fact = &facts->inuse->facts[i];

		if (fact->code != code || !is_about(fact, disk, facts->inuse))
			continue;
		if (first)
			more++;
		else
			first = fact;
	}
	if (!first)
		return;
	if (first->disk[0] && strcmp(first->disk, disk->name) != 0)
		(void)STR_FORMAT(path, "the same disk as %s: ", first->disk);
	if (more > 0)
		disk_refuse(disk, reason, "%s%.80s and %u more", path, first->text, more);
	else
		disk_refuse(disk, reason, "%s%s", path, first->text);
}

static void rule_use(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	refuse_use(disk, facts, code, code);
}

/* An installer in memory is often started with the boot arguments of the board's own system. Where
 * the system is may be known only from them: then nobody can insist. */
static void rule_root_named(
	struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	bool in_memory = !facts->inuse->unresolved && !facts->inuse->blind;

	if (!in_memory)
		refuse_use(disk, facts, code, REASON_SYSTEM);
	else if (!(facts->allow & ALLOW_ROOT_NAMED))
		rule_use(disk, facts, code);
}

/* The disk is held, and no other fact explains it. */
static void rule_busy(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	static const char *const texts[] = {
		[HOLD_EXCLUSIVE] = "in use by a process or mount that is not visible",
		[HOLD_LOCKED] = "locked by another program",
	};

	(void)facts;
	if (disk->content.hold != HOLD_NONE && disk->reason_count == 0)
		disk_refuse(disk, code, "%s", texts[disk->content.hold]);
}

static void rule_read_only(
	struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	(void)facts;
	if (disk->read_only)
		disk_refuse(disk, code, "write protected");
}

static void rule_medium(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	(void)facts;
	if (disk->size_bytes == 0)
		disk_refuse(disk, code,
			disk->kind == DISK_IMAGE ? "an empty file (truncate -s gives it a size)"
						 : "no medium");
}

static void rule_size(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	if (disk->size_bytes > 0 && disk->size_bytes < facts->need_bytes)
		disk_refuse(disk, code, "too small: %" PRIu64 " MiB, needs %" PRIu64 " MiB",
			disk->size_bytes >> 20, (facts->need_bytes + (1 << 20) - 1) >> 20);
}

static void rule_kind(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	if (disk->kind == DISK_OTHER)
		disk_refuse(disk, code, "unsupported kind of device");
	else if (disk->kind != DISK_EMMC && !is_allowed(disk, facts))
		disk_refuse(disk, code, "not an eMMC (--allow %s)", disk_kind_name(disk->kind));
}

#define LIFE_TIME_WARNING 8

/* An exceeded life time and an urgent reserve refuse the disk, lower values warn. */
static void rule_wear(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	int life = disk_life_time(disk);
	bool worn = life >= LIFE_TIME_EXCEEDED || disk->pre_eol >= PRE_EOL_URGENT;
	char text[64];

	if (life >= LIFE_TIME_EXCEEDED)
		(void)STR_COPY(text, "worn out: life time exceeded");
	else if (disk->pre_eol >= PRE_EOL_URGENT)
		(void)STR_COPY(text, "worn out: almost no spare blocks left");
	else if (life >= LIFE_TIME_WARNING)
		(void)STR_FORMAT(text, "worn: %d to %d %% of its life time used", (life - 1) * 10,
			life * 10);
	else if (disk->pre_eol >= PRE_EOL_WARNING)
		(void)STR_COPY(text, "worn: most spare blocks used");
	else
		return;
	if (worn && !(facts->allow & ALLOW_WORN))
		disk_refuse(disk, code, "%s", text);
	else
		(void)STR_COPY(disk->warning, text);
}

/* A device of the kernel command line that was not found and may be on this disk, or NULL. */
static const struct cmdline_device *missing_boot_name(
	const struct inuse *inuse, const struct disk *disk)
{
	for (size_t i = 0; i < inuse->boot_count; i++)
		if (!inuse->boot[i].found && cmdline_may_be_on(&inuse->boot[i].name, disk))
			return &inuse->boot[i].name;
	return NULL;
}

static void rule_unknown(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	static const unsigned harmless = KIND(DISK_LOOP) | KIND(DISK_IMAGE);
	const char *remedy = disk->kind == DISK_EMMC ? " (--allow emmc)" : "";
	const struct cmdline_device *missing = missing_boot_name(facts->inuse, disk);
	char gap[48];

	if (facts->inuse->incomplete) {
		disk_refuse(disk, code, "cannot determine which disks this install reads from");
		return;
	}
	if (harmless & KIND(disk->kind))
		return;
	if (facts->inuse->blind) {
		disk_refuse(disk, code,
			"no mount of / is visible here, so any disk may hold the running system");
		return;
	}
	if (disk->kind != DISK_FIXED && is_allowed(disk, facts))
		return;
	if (facts->inuse->unresolved)
		disk_refuse(disk, code,
			"may hold the running system, whose disk could not be determined%s",
			remedy);
	else if (missing && disk_content_has_gap(&disk->content, gap))
		disk_refuse(disk, code, "%s, may hold %s%s", gap, missing->text, remedy);
	else if (missing)
		disk_refuse(
			disk, code, "may hold %s, which was not found%s", missing->text, remedy);
}

/* In the order of enum reason_code, as rule_busy must run after all rules of known users. */
static void (*const rules[REASON_COUNT])(
	struct disk *disk, const struct rules_facts *facts, enum reason_code code) = {
	[REASON_SYSTEM] = rule_use,
	[REASON_ROOT_NAMED] = rule_root_named,
	[REASON_SOURCE] = rule_use,
	[REASON_MOUNTED] = rule_use,
	[REASON_SWAP] = rule_use,
	[REASON_HOLDER] = rule_use,
	[REASON_LOOP] = rule_use,
	[REASON_BUSY] = rule_busy,
	[REASON_READ_ONLY] = rule_read_only,
	[REASON_NO_MEDIUM] = rule_medium,
	[REASON_TOO_SMALL] = rule_size,
	[REASON_WORN] = rule_wear,
	[REASON_KIND] = rule_kind,
	[REASON_UNKNOWN] = rule_unknown,
};

void rules_judge(struct disk *disk, const struct rules_facts *facts)
{
	disk->reason_count = 0;
	memset(disk->reasons, 0, sizeof(disk->reasons));
	disk->warning[0] = '\0';
	for (enum reason_code code = 0; code < REASON_COUNT; code++)
		rules[code](disk, facts, code);
}
