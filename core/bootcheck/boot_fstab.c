/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_fstab.h"

#include "core/bootcheck/boot_source.h"
#include "core/bootcheck/boot_tree.h"
#include "core/bootcheck/fstab.h"
#include "device/base/util.h"
#include "device/layout/layout_table.h"

#include <string.h>

struct check {
	const struct layout *layout;
	bool has_systemd;
	struct boot_findings *findings;
	bool seen[LAYOUT_PARTITIONS_MAX]; /* partitions that a line mounts */
};

/* Lines that nothing waits for. */
static bool is_optional(const char *options)
{
	static const char *const names[] = {
		"nofail", "noauto", "x-systemd.automount", "comment=systemd.automount", "_netdev"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (fstab_has_option(options, names[i]))
			return true;
	return false;
}

/* The type in an fstab that mounts this filesystem. */
static bool is_type(const char *type, enum fs_kind fs)
{
	return *type == '\0' || strcmp(type, "auto") == 0 || strchr(type, ',') ||
	       strcmp(type, fs_name(fs)) == 0 || (fs == FS_VFAT && strcmp(type, "msdos") == 0);
}

/*
 * How serious a line for a mount point of the layout is that means another filesystem. A root filesystem is
 * mounted already, and stays read-only; but a layout with new IDs was asked for. systemd demands all other
 * mounts (systemd.mount(5), local-fs.target), other inits go on.
 */
static enum boot_severity fstab_severity(const struct check *check, const char *mount, bool is_own)
{
	bool is_root = strcmp(mount, "/") == 0;

	if (is_root)
		return check->layout->identity == LAYOUT_IDENTITY_NEW ? BOOT_ERROR : BOOT_WARNING;
	return check->has_systemd && !is_own ? BOOT_ERROR : BOOT_WARNING;
}

static void check_own_line(struct check *check, size_t index, const struct fstab_line *line)
{
	const struct layout_partition *partition = &check->layout->partitions[index];
	const struct boot_source source = boot_source_parse(line->source);
	bool is_own = boot_source_is_own(&source, check->layout);

	if (!boot_source_is(&source, check->layout, index))
		boot_findings_report(check->findings, fstab_severity(check, line->mount, is_own),
			"fstab-id",
			"/etc/fstab, line %u, mounts %s on %s, but that is not the filesystem that "
			"this layout makes there (partition %u)",
			line->line, line->source, line->mount, table_number(check->layout, index));
	else if (strcmp(line->mount, "/") != 0 && source.kind != BOOT_SOURCE_OTHER &&
		 !is_type(line->type, partition->fs))
		boot_findings_report(check->findings, fstab_severity(check, line->mount, false),
			"fstab-type",
			"/etc/fstab, line %u, mounts %s as %s, but this layout makes it %s",
			line->line, line->mount, line->type, fs_name(partition->fs));
}

static int check_line(void *arg, const struct fstab_line *line)
{
	struct check *check = arg;
	const struct boot_source source = boot_source_parse(line->source);

	if (is_optional(line->options))
		return 0;
	for (size_t i = 0; i < check->layout->count; i++)
		if (strcmp(check->layout->partitions[i].mount, line->mount) == 0) {
			/* The first line for a mount point counts. */
			if (!check->seen[i])
				check_own_line(check, i, line);
			check->seen[i] = true;
			return 0;
		}
	if (boot_source_is_own(&source, check->layout))
		return 0;
	if (strcmp(line->type, "swap") == 0)
		boot_findings_report(check->findings, BOOT_WARNING, "fstab-other",
			"/etc/fstab, line %u, swaps to %s, but this layout makes no such swap space: "
			"the system may wait for it",
			line->line, line->source);
	else
		boot_findings_report(check->findings, BOOT_WARNING, "fstab-other",
			"/etc/fstab, line %u, mounts %s on %s, but this layout makes no such "
			"filesystem: the system may wait for it or stop",
			line->line, line->source, line->mount);
	return 0;
}

void boot_fstab_check(const struct manifest *manifest, const struct layout *layout,
	bool has_systemd, struct boot_findings *findings)
{
	struct check check = {.layout = layout, .has_systemd = has_systemd, .findings = findings};
	const struct boot_tree all = {manifest, layout, BOOT_TREE_ALL};
	struct manifest_entry fstab;

	if (!boot_tree_find(&all, "", "/etc/fstab", &fstab) || fstab.type != MANIFEST_FILE)
		return;
	if (fstab.content)
		(void)!fstab_each(fstab.content, fstab.size, check_line, &check);
	else
		boot_findings_report(findings, BOOT_UNKNOWN, "fstab-unread",
			"/etc/fstab was not read, because it is too large or a link to another place");
}
