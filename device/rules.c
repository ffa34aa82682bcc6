/* SPDX-License-Identifier: MIT */
#include "device/rules.h"

#include <inttypes.h>
#include <string.h>

#define KIND(kind) (1u << (kind))

static bool is_allowed(const struct disk *disk, const struct rules_facts *facts)
{
	return disk->kind < DISK_KIND_COUNT && (facts->allow & KIND(disk->kind));
}

/* Facts of one code become one reason: a system has dozens of mounts, a row has no room for them. */
static void judge_use(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	const struct inuse_fact *first = NULL;
	unsigned more = 0;

	/* An image is told by its path; that a disk has the same name says nothing. */
	if (disk->kind == DISK_IMAGE)
		return;
	for (size_t i = 0; i < facts->inuse->count; i++) {
		const struct inuse_fact *fact = &facts->inuse->facts[i];

		if (fact->code != code || strcmp(fact->disk, disk->name) != 0)
			continue;
		if (first)
			more++;
		else
			first = fact;
	}
	if (first && more > 0)
		disk_refuse(disk, code, "%.80s and %u more", first->text, more);
	else if (first)
		disk_refuse(disk, code, "%s", first->text);
}

static void judge_read_only(
	struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	(void)facts;
	if (disk->read_only)
		disk_refuse(disk, code, "write protected");
}

static void judge_medium(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	(void)facts;
	if (disk->size_bytes == 0)
		disk_refuse(disk, code, disk->kind == DISK_IMAGE ? "an empty file" : "no medium");
}

static void judge_size(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	if (disk->size_bytes > 0 && disk->size_bytes < facts->need_bytes)
		disk_refuse(disk, code, "too small: %" PRIu64 " MiB, needs %" PRIu64 " MiB",
			disk->size_bytes >> 20, (facts->need_bytes + (1 << 20) - 1) >> 20);
}

static void judge_kind(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	if (disk->kind == DISK_OTHER)
		disk_refuse(disk, code, "a kind of device that is not supported");
	else if (disk->kind != DISK_EMMC && !is_allowed(disk, facts))
		disk_refuse(disk, code, "not an eMMC (--allow %s)", disk_kind_name(disk->kind));
}

static void judge_unknown(struct disk *disk, const struct rules_facts *facts, enum reason_code code)
{
	static const unsigned harmless = KIND(DISK_LOOP) | KIND(DISK_IMAGE);

	if (!facts->inuse->unresolved || (harmless & KIND(disk->kind)) ||
		(disk->kind != DISK_FIXED && is_allowed(disk, facts)))
		return;
	disk_refuse(disk, code, "may hold the running system: its disk cannot be told%s",
		disk->kind == DISK_EMMC ? " (--allow emmc)" : "");
}

/* In the order of enum reason_code. What has no judge is found out when the disk is opened
 * (REASON_BUSY), or is only warned of (REASON_WORN). */
static void (*const judges[REASON_COUNT])(
	struct disk *disk, const struct rules_facts *facts, enum reason_code code) = {
	[REASON_SYSTEM] = judge_use,
	[REASON_SOURCE] = judge_use,
	[REASON_MOUNTED] = judge_use,
	[REASON_SWAP] = judge_use,
	[REASON_HOLDER] = judge_use,
	[REASON_LOOP] = judge_use,
	[REASON_READ_ONLY] = judge_read_only,
	[REASON_NO_MEDIUM] = judge_medium,
	[REASON_TOO_SMALL] = judge_size,
	[REASON_KIND] = judge_kind,
	[REASON_UNKNOWN] = judge_unknown,
};

void rules_judge(struct disk *disk, const struct rules_facts *facts)
{
	disk->reason_count = 0;
	memset(disk->reasons, 0, sizeof(disk->reasons));
	for (enum reason_code code = 0; code < REASON_COUNT; code++)
		if (judges[code])
			judges[code](disk, facts, code);
}
