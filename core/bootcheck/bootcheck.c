/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/bootcheck.h"

#include "core/bootcheck/boot_fstab.h"
#include "core/bootcheck/boot_loaders.h"
#include "core/bootcheck/boot_rules.h"
#include "core/bootcheck/os_release.h"
#include "device/base/util.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define READERS_MAX 8
#define ENTRIES_MAX 64 /* of one menu that are judged */

struct check {
	const struct manifest *manifest;
	const struct layout *layout;
	struct boot_report *report;
	unsigned menus, bad; /* boot files, and those of them that start nothing */
	char last_file[256];
	const char *readers[READERS_MAX]; /* of the files that were found */
	unsigned reader_count;
	/* The name of the kernel's file, and its machine: of one that would be started, or else of
	 * one that fails. */
	char kernel[64];
	enum machine machine;
	bool starts;
	struct program init;
	bool has_systemd; /* as init */
};

/* ---- menus ---- */

/* The entries of a menu that count: the default one, the first other one that would do, and the first
 * that would not. */
struct menu_case {
	const struct boot_menu *menu;
	unsigned entries;
	bool has_default, has_other, has_failed;
	struct boot_judgement preferred, other, failed;
};

static bool would_do(const struct boot_loader *loader, const struct boot_judgement *judgement)
{
	return loader->fallback == BOOT_FALLBACK_NEXT ? judgement->state != BOOT_SKIPPED
						      : judgement->state <= BOOT_UNSURE;
}

/* Keeps @judgement unless there is one already. */
static void keep(bool *has, struct boot_judgement *kept, const struct boot_judgement *judgement)
{
	if (!*has)
		*kept = *judgement;
	*has = true;
}

static int judge_entry(void *arg, const struct boot_entry *entry)
{
	struct menu_case *menu = arg;
	struct boot_judgement judgement;

	if (menu->entries++ == ENTRIES_MAX)
		return 1;
	boot_rules_judge(menu->menu, entry, &judgement);
	if (entry->is_default && !menu->has_default)
		keep(&menu->has_default, &menu->preferred, &judgement);
	else if (would_do(menu->menu->loader, &judgement))
		keep(&menu->has_other, &menu->other, &judgement);
	else
		keep(&menu->has_failed, &menu->failed, &judgement);
	return 0;
}

/* The entry that the loader would take, or the one that shows why it takes none. NULL for an empty menu. */
static const struct boot_judgement *choose(const struct menu_case *menu)
{
	if (menu->has_default && would_do(menu->menu->loader, &menu->preferred))
		return &menu->preferred;
	if (menu->has_other)
		return &menu->other;
	if (menu->has_default)
		return &menu->preferred;
	return menu->has_failed ? &menu->failed : NULL;
}

static void add_findings(
	struct check *check, const struct boot_judgement *judgement, bool as_warnings)
{
	for (uint32_t i = 0; i < judgement->findings.count; i++) {
		struct boot_finding finding = judgement->findings.list[i];

		if (as_warnings && finding.severity == BOOT_ERROR)
			finding.severity = BOOT_WARNING;
		boot_findings_add(&check->report->findings, &finding);
	}
}

/* Adds what was found in a menu. Returns false if it starts nothing. */
static bool conclude(struct check *check, const struct menu_case *menu)
{
	const struct boot_judgement *taken = choose(menu);
	bool starts;

	if (!taken)
		return true;
	/* An entry behind the last one that is judged may do. */
	starts = taken->state <= BOOT_UNSURE || menu->entries > ENTRIES_MAX;
	add_findings(check, taken, starts);
	if (taken == &menu->other && menu->has_default)
		add_findings(check, &menu->preferred, true);
	if (taken->kernel[0] && (!check->kernel[0] || (starts && !check->starts))) {
		check->starts = starts;
		STR_COPY(check->kernel, taken->kernel);
		check->machine = taken->machine;
	}
	return starts;
}

static void add_loader(struct check *check, const char *name)
{
	char *loaders = check->report->description.loaders;
	size_t length = strlen(loaders), size = sizeof(check->report->description.loaders);

	if (!strstr(loaders, name))
		(void)str_format(loaders + length, size - length, "%s%s", length ? ", " : "", name);
}

/* Judges a boot file that its loader can use. Returns false if that starts nothing. */
static bool judge_menu(struct check *check, const struct boot_menu *menu)
{
	_cleanup_free_ struct menu_case *judged = calloc(1, sizeof(*judged));

	if (!judged)
		return true;
	judged->menu = menu;
	(void)!menu->loader->each(menu, judge_entry, judged);
	return conclude(check, judged);
}

/* U-Boot, include/config_distro_bootcmd.h: "part list -bootable". Newer ones look at all partitions if none
 * is marked, and a board's own commands may look anywhere. */
static void check_bootable(struct check *check, const struct boot_menu *menu)
{
	const struct layout *layout = check->layout;
	size_t own = menu->tree.partition;
	bool marked = false;

	for (size_t i = 0; i < layout->count; i++)
		marked |= layout->partitions[i].bootable;
	if (menu->loader->by_bootable && !layout->partitions[own].bootable && (marked || own > 0))
		boot_findings_report(&check->report->findings, BOOT_WARNING, "not-bootable",
			"/%s is on partition %zu, which this layout does not mark as bootable: %s may "
			"not look there",
			menu->file, own + 1, menu->loader->program);
}

/* True if a file was found that the program reads, so that it starts what that names. */
static bool has_reader(const struct check *check, const char *name)
{
	for (unsigned i = 0; i < check->reader_count; i++)
		if (strcmp(check->readers[i], name) == 0)
			return true;
	return false;
}

static int check_menu(void *arg, const struct boot_menu *menu, const char *reason)
{
	struct check *check = arg;

	/* Links may lead to the same file again. */
	if (strcmp(check->last_file, menu->file) == 0 ||
		(menu->loader->is_opaque && has_reader(check, menu->loader->name)))
		return 0;
	STR_COPY(check->last_file, menu->file);
	add_loader(check, menu->loader->name);
	if (menu->loader->reader && check->reader_count < READERS_MAX)
		check->readers[check->reader_count++] = menu->loader->reader;
	check->menus++;
	if (reason) {
		boot_findings_report(&check->report->findings, BOOT_ERROR, "loader-file",
			"/%s is for %s, but %s", menu->file, menu->loader->program, reason);
		check->bad++;
	} else if (menu->text) {
		check_bootable(check, menu);
		check->bad += !judge_menu(check, menu);
	} else if (!menu->loader->is_opaque) {
		boot_findings_report(&check->report->findings, BOOT_UNKNOWN, "loader-file",
			"/%s was not read, because it is too large or there are too many: what it "
			"starts is not known",
			menu->file);
	}
	return 0;
}

/* One boot file that starts something is enough. */
static void check_menus(struct check *check)
{
	struct boot_findings *findings = &check->report->findings;

	(void)!boot_menus_each(check->manifest, check->layout, check_menu, check);
	if (check->menus == 0) {
		boot_findings_report(&check->report->findings, BOOT_UNKNOWN, "no-loader",
			"the archive has no file of a boot loader that boardstrap knows: whether the "
			"board starts is not known");
		return;
	}
	if (check->bad < check->menus)
		for (uint32_t i = 0; i < findings->count; i++)
			if (findings->list[i].severity == BOOT_ERROR)
				findings->list[i].severity = BOOT_WARNING;
}

/* ---- init ---- */

static void look_at_init(struct check *check)
{
	struct manifest_entry init;

	if (!boot_init_find(check->manifest, check->layout, &init))
		return;
	check->init = init.program;
	check->has_systemd = strstr(init.path, "systemd") != NULL;
}

/* ---- the machine ---- */

static void check_machine(struct check *check)
{
	enum machine board = check->layout->machine;
	enum machine user = check->init.machine;

	/* The kernel may have the same fault. */
	if (!machine_runs(board, user) && !boot_findings_have(&check->report->findings, "machine"))
		boot_findings_report(&check->report->findings, BOOT_ERROR, "machine",
			"the archive's init is for %s, and the board of layout %s is %s",
			machine_name(user), check->layout->name, machine_name(board));
}

/* ---- the description ---- */

/* A layout for an archive alone: one filesystem, and a vfat where the archive has what belongs on one. */
static struct layout guess_layout(const struct manifest *manifest)
{
	static const struct {
		const char *mount, *sign;
	} places[] = {
		{"/boot/efi", "boot/efi/EFI"},
		{"/efi", "efi/EFI"},
		{"/boot/firmware", "boot/firmware/cmdline.txt"},
		{"/boot", "boot/EFI"},
		{"/boot", "boot/cmdline.txt"},
	};
	struct layout layout = {.count = 1, .partitions = {{.fs = FS_EXT4, .mount = "/"}}};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (manifest_has(manifest, places[i].sign)) {
			layout.partitions[layout.count].fs = FS_VFAT;
			STR_COPY(layout.partitions[layout.count++].mount, places[i].mount);
		}
	return layout;
}

static void describe_system(const struct check *check, struct boot_description *ret)
{
	static const char *const paths[] = {"/etc/os-release", "/usr/lib/os-release"};
	const struct boot_tree all = {check->manifest, check->layout, BOOT_TREE_ALL};
	struct manifest_entry entry;

	for (size_t i = 0; i < ARRAY_SIZE(paths) && !ret->system[0]; i++)
		if (boot_tree_find(&all, "", paths[i], &entry) && entry.content)
			os_release_name(
				entry.content, entry.size, ret->system, sizeof(ret->system));
}

struct versions {
	unsigned count;
	char name[48];
};

/* Counts the folders lib/modules/VERSION. */
static int count_version(void *arg, const char *path)
{
	struct versions *versions = arg;

	path += str_has_prefix(path, "usr/") ? strlen("usr/") : 0;
	if (!str_has_prefix(path, "lib/modules/") || strchr(path + strlen("lib/modules/"), '/'))
		return 0;
	versions->count++;
	STR_COPY(versions->name, path + strlen("lib/modules/"));
	return 0;
}

/* The version is in the name of the kernel's file, or else that of the only folder of modules. */
static void describe_kernel(struct check *check, struct boot_description *ret)
{
	const char *version = strchr(check->kernel, '-');
	struct versions versions = {0};

	if (version && version[1] >= '0' && version[1] <= '9') {
		STR_COPY(ret->kernel, version + 1);
		return;
	}
	(void)!manifest_each_dir(check->manifest, count_version, &versions);
	if (versions.count == 1)
		STR_COPY(ret->kernel, versions.name);
	str_sanitise(ret->kernel);
}

static void describe(struct check *check)
{
	struct boot_description *ret = &check->report->description;
	enum machine machine = check->init.machine;

	describe_system(check, ret);
	STR_COPY(ret->machine, machine_name(machine ? machine : check->machine));
	describe_kernel(check, ret);
}

void boot_describe(const struct boot_description *description, char ret[BOOT_DESCRIPTION_MAX])
{
	const char *const parts[][2] = {
		{"", description->system},
		{"", description->machine},
		{"kernel ", description->kernel},
		{"boots by ", description->loaders},
	};
	size_t length = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i][1][0]) {
			(void)str_format(ret + length, BOOT_DESCRIPTION_MAX - length, "%s%s%s",
				length ? ", " : "", parts[i][0], parts[i][1]);
			length = strlen(ret);
		}
}

void bootcheck(
	const struct manifest *manifest, const struct layout *layout, struct boot_report *ret)
{
	struct layout guess = guess_layout(manifest);
	struct check check = {
		.manifest = manifest, .layout = layout ? layout : &guess, .report = ret};

	*ret = (struct boot_report){0};
	look_at_init(&check);
	check_menus(&check);
	boot_fstab_check(manifest, check.layout, check.has_systemd, &ret->findings);
	check_machine(&check);
	describe(&check);
	if (!layout)
		ret->findings = (struct boot_findings){0};
}
