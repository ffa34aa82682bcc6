/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_rules.h"

#include "core/bootcheck/boot_source.h"
#include "core/bootcheck/kernel_config.h"
#include "device/base/util.h"
#include "device/layout/layout_table.h"
#include "device/usage/cmdline.h"

#include <limits.h>
#include <string.h>

/* An entry, with what several rules need of it. */
struct rule_case {
	const struct boot_menu *menu;
	const struct boot_entry *entry;
	unsigned unknown;      /* parts of the entry, a mask of enum boot_part */
	struct boot_tree tree; /* that the paths of the entry are in */
	const char *folder;    /* that relative ones begin in */
	struct boot_judgement *ret;
	size_t root; /* the partition that is mounted on "/"; or the number of partitions */
	struct manifest_entry kernel; /* path is NULL if it is not known or missing */
	char kernel_path[PATH_MAX];
	char source[256]; /* root=, "" if it is missing or not known */
};

static bool has_root(const struct rule_case *c)
{
	return c->root < c->menu->tree.layout->count;
}

static enum fs_kind root_fs(const struct rule_case *c)
{
	return has_root(c) ? c->menu->tree.layout->partitions[c->root].fs : FS_NONE;
}

/* The partition that @text names; the number of partitions if it names another one. */
static size_t find_partition(const struct layout *layout, const char *text)
{
	const struct boot_source source = boot_source_parse(text);
	size_t i = 0;
	uint64_t number;

	if (str_has_prefix(text, "PARTITION="))
		return str_to_u64(text + strlen("PARTITION="), 10, &number) == 0
			       ? table_numbered(layout, number)
			       : layout->count;
	if (source.kind == BOOT_SOURCE_OTHER)
		return layout->count;
	while (i < layout->count && !boot_source_is(&source, layout, i))
		i++;
	return i;
}

/* Goes to the filesystem that the entry names. If this layout does not make it, nothing is known of its
 * files: a loader stays where it was, or fails. */
static void move_to_root(struct rule_case *c)
{
	const struct layout *layout = c->tree.layout;
	size_t i = find_partition(layout, c->entry->root);

	c->folder = "";
	if (i < layout->count && layout->partitions[i].mount[0])
		c->tree.partition = i;
	else
		c->unknown |= BOOT_KERNEL | BOOT_INITRD | BOOT_FDT | BOOT_OVERLAY;
}

static void begin(struct rule_case *c)
{
	c->unknown = c->entry->unknown;
	c->tree = c->menu->tree;
	c->folder = c->menu->folder;
	if (c->entry->root)
		move_to_root(c);
}

/* ---- files ---- */

/* Describes the real place of a file that a loader does not find. */
static const char *whereabouts(const struct rule_case *c, const char *path)
{
	struct boot_tree all = c->menu->tree;
	const char *slash = strrchr(c->menu->file, '/');
	char folder[sizeof(c->menu->file)];
	struct manifest_entry entry;

	all.partition = BOOT_TREE_ALL;
	(void)STR_FORMAT(folder, "%.*s", slash ? (int)(slash - c->menu->file) : 0, c->menu->file);
	if (!boot_tree_find(&all, folder, path, &entry))
		return "is not in the archive";
	if (entry.type == MANIFEST_DIR)
		return "is a folder";
	return "is on another filesystem than the one that it reads";
}

static bool find_file(const struct rule_case *c, const char *path, struct manifest_entry *ret)
{
	return boot_tree_find(&c->tree, c->folder, path, ret) && ret->type == MANIFEST_FILE;
}

/* Judges a file that the entry names. If the loader goes on without it, that is a warning. */
static enum boot_state judge_file(struct rule_case *c, enum boot_part part, const char *path,
	const char *code, const char *what)
{
	bool needed = c->menu->loader->needs & part;
	struct manifest_entry entry;

	if (find_file(c, path, &entry))
		return BOOT_STARTS;
	boot_findings_report(&c->ret->findings, needed ? BOOT_ERROR : BOOT_WARNING, code,
		"/%s names the %s %s, which %s", c->menu->file, what, path, whereabouts(c, path));
	return needed ? BOOT_SKIPPED : BOOT_STARTS;
}

static enum boot_state judge_kernel(struct rule_case *c)
{
	const char *path = c->entry->kernel;

	/* An unknown part may have a path, for people. */
	if (c->unknown & BOOT_KERNEL)
		return BOOT_UNSURE;
	if (!path)
		return BOOT_STARTS;
	if (!find_file(c, path, &c->kernel)) {
		c->kernel.path = NULL;
		return judge_file(c, BOOT_KERNEL, path, "kernel-missing", "kernel");
	}
	STR_COPY(c->kernel_path, c->kernel.path);
	c->kernel.path = c->kernel_path;
	if (c->kernel.size == 0) {
		boot_findings_report(&c->ret->findings, BOOT_ERROR, "kernel-empty",
			"the kernel /%s is an empty file", c->kernel_path);
		return BOOT_SKIPPED;
	}
	return BOOT_STARTS;
}

static enum boot_state judge_initrds(struct rule_case *c)
{
	enum boot_state state = BOOT_STARTS;

	if (c->unknown & BOOT_INITRD)
		return BOOT_UNSURE;
	for (size_t i = 0; i < c->entry->initrd_count && state == BOOT_STARTS; i++)
		state = judge_file(
			c, BOOT_INITRD, c->entry->initrds[i], "initrd-missing", "initial RAM disk");
	return state;
}

static enum boot_state judge_fdt(struct rule_case *c)
{
	struct manifest_entry entry;
	const char *folder = c->entry->fdt_dir;

	if (c->unknown & BOOT_FDT)
		return BOOT_UNSURE;
	if (c->entry->fdt)
		return judge_file(c, BOOT_FDT, c->entry->fdt, "fdt-missing", "device tree");
	/* The loader goes on with its own device tree. */
	if (folder && !boot_tree_find(&c->tree, c->folder, folder, &entry))
		boot_findings_report(&c->ret->findings, BOOT_WARNING, "fdt-folder",
			"/%s names the folder %s for device trees, which %s", c->menu->file, folder,
			whereabouts(c, folder));
	return BOOT_STARTS;
}

static enum boot_state judge_overlays(struct rule_case *c)
{
	struct manifest_entry entry;

	if (c->unknown & BOOT_OVERLAY)
		return BOOT_STARTS;
	for (size_t i = 0; i < c->entry->overlay_count; i++)
		if (!find_file(c, c->entry->overlays[i], &entry)) {
			boot_findings_report(&c->ret->findings, BOOT_WARNING, "overlay-missing",
				"/%s names the device tree overlay %s, which %s", c->menu->file,
				c->entry->overlays[i], whereabouts(c, c->entry->overlays[i]));
			break;
		}
	return BOOT_STARTS;
}

/* ---- the root filesystem ---- */

/* The value of @key in the command line; false if it is missing or not known. */
static bool option(const struct rule_case *c, const char *key, char *ret, size_t size)
{
	return c->entry->command_line && !(c->unknown & BOOT_COMMAND_LINE) &&
	       cmdline_find(c->entry->command_line, key, ret, size);
}

/* Images of several parts may bring one. */
static bool has_no_initrd(const struct rule_case *c)
{
	return c->entry->initrd_count == 0 && !(c->unknown & BOOT_INITRD) && c->kernel.path &&
	       c->kernel.program.kind == PROGRAM_KERNEL;
}

/* True if the command line names a root filesystem on a disk. */
static bool names_root(const struct rule_case *c)
{
	return has_root(c) && c->source[0] &&
	       boot_source_parse(c->source).kind != BOOT_SOURCE_OTHER;
}

static enum boot_state judge_root_id(struct rule_case *c)
{
	const struct boot_source source = boot_source_parse(c->source);

	if (!has_root(c) || boot_source_is(&source, c->menu->tree.layout, c->root))
		return BOOT_STARTS;
	boot_findings_report(&c->ret->findings, BOOT_ERROR, "root-id",
		"/%s starts the kernel with root=%s, which is not the root filesystem that this "
		"layout makes (partition %zu)",
		c->menu->file, c->source, c->root + 1);
	return BOOT_DARK;
}

/* True if the list "ext4,f2fs" has the filesystem. */
static bool names_fs(const char *list, enum fs_kind fs)
{
	const char *name = fs_name(fs);

	while (*list) {
		size_t length = strcspn(list, ",");

		if ((length == strlen(name) && strncmp(list, name, length) == 0) ||
			(length == 4 && strncmp(list, "auto", 4) == 0))
			return true;
		list += length + (list[length] == ',');
	}
	return false;
}

static enum boot_state judge_root_type(struct rule_case *c)
{
	char types[64];

	if (!names_root(c) || !option(c, "rootfstype", types, sizeof(types)) || types[0] == '\0' ||
		strchr(types, '$') || names_fs(types, root_fs(c)) ||
		/* of the initial RAM disk itself */
		strcmp(types, "tmpfs") == 0 || strcmp(types, "ramfs") == 0)
		return BOOT_STARTS;
	boot_findings_report(&c->ret->findings, BOOT_ERROR, "root-type",
		"/%s starts the kernel with rootfstype=%s, but this layout makes the root "
		"filesystem %s",
		c->menu->file, types, fs_name(root_fs(c)));
	return BOOT_DARK;
}

/* The archive is extracted into the top of the filesystem. */
static enum boot_state judge_root_options(struct rule_case *c)
{
	char flags[128];
	const char *subvolume;

	if (!names_root(c) || !option(c, "rootflags", flags, sizeof(flags)))
		return BOOT_STARTS;
	subvolume = strstr(flags, "subvol=");
	if (!subvolume)
		return BOOT_STARTS;
	subvolume += strlen("subvol=");
	subvolume += *subvolume == '/';
	if (strchr(",", *subvolume)) /* the top, or the end */
		return BOOT_STARTS;
	boot_findings_report(&c->ret->findings, BOOT_ERROR, "root-options",
		"/%s starts the kernel with rootflags=%s, but this layout makes no subvolume",
		c->menu->file, flags);
	return BOOT_DARK;
}

/* The kernel itself finds and mounts the root if it has no initial RAM disk, built in or in a file. */
static enum boot_state judge_root_driver(struct rule_case *c)
{
	const struct boot_source source = boot_source_parse(c->source);
	bool no_initrd = has_no_initrd(c);
	bool by_name = source.kind == BOOT_SOURCE_UUID || source.kind == BOOT_SOURCE_LABEL;
	struct kernel_config config;
	enum fs_kind fs;

	if (!names_root(c) || !c->kernel.path)
		return BOOT_STARTS;
	fs = root_fs(c);
	kernel_config_find(c->menu->tree.manifest, c->kernel_path, &config);
	if (no_initrd && by_name) {
		bool certain = config.found && !config.has_initrd;

		boot_findings_report(&c->ret->findings, certain ? BOOT_ERROR : BOOT_WARNING,
			"root-initrd",
			"/%s starts the kernel with root=%s, which it cannot find without an initial "
			"RAM disk; name it by its PARTUUID instead",
			c->menu->file, c->source);
		return certain ? BOOT_DARK : BOOT_STARTS;
	}
	if (config.found && !config.has_initrd && config.fs[fs] != KERNEL_HAS &&
		(no_initrd || config.fs[fs] == KERNEL_LACKS)) {
		/* An initial RAM disk may have a driver that was built apart. */
		boot_findings_report(&c->ret->findings, no_initrd ? BOOT_ERROR : BOOT_WARNING,
			"root-driver", "the kernel /%s cannot mount %s, the root filesystem: %s",
			c->kernel_path, fs_name(fs),
			config.fs[fs] == KERNEL_LACKS
				? "it was built without that"
				: "that is a module, and there is no initial RAM disk");
		return no_initrd ? BOOT_DARK : BOOT_STARTS;
	}
	return BOOT_STARTS;
}

/* ---- init ---- */

static bool runs(const struct boot_tree *tree, const char *path, struct manifest_entry *ret)
{
	return boot_tree_find(tree, "", path, ret) && ret->type == MANIFEST_FILE &&
	       (ret->mode & 0111) && ret->size > 0;
}

/* Linux, init/main.c: what the kernel tries in turn. Initial RAM disks try the same, and those made of systemd
 * look for that before a shell. */
static const char *const inits[] = {"/sbin/init", "/etc/init", "/bin/init",
	"/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/bin/sh"};
#define SHELL (ARRAY_SIZE(inits) - 1)

/* Finds the init of the archive. Returns its index, or the number of inits. */
static size_t find_init(const struct boot_tree *all, struct manifest_entry *ret)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(inits) && !runs(all, inits[i], ret))
		i++;
	return i;
}

bool boot_init_find(
	const struct manifest *manifest, const struct layout *layout, struct manifest_entry *ret)
{
	const struct boot_tree all = {manifest, layout, BOOT_TREE_ALL};

	return find_init(&all, ret) < ARRAY_SIZE(inits);
}

/* An initial RAM disk may bring a system of its own, or find it elsewhere (OSTree, a live system): then the
 * archive has no userland at its root. */
static bool has_userland(const struct manifest *manifest)
{
	return manifest_has(manifest, "etc") &&
	       (manifest_has(manifest, "bin") || manifest_has(manifest, "usr/bin") ||
		       manifest_has(manifest, "sbin"));
}

static bool is_special(const struct rule_case *c)
{
	static const char *const keys[] = {
		"boot", "ostree", "overlayroot", "live", "rdinit", "loop"};
	char value[128];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (option(c, keys[i], value, sizeof(value)))
			return true;
	return false;
}

static enum boot_state judge_init(struct rule_case *c)
{
	struct boot_tree all = c->menu->tree;
	struct manifest_entry entry;
	char named[256];
	size_t i;

	all.partition = BOOT_TREE_ALL;
	if (!names_root(c) || is_special(c) || !has_userland(all.manifest))
		return BOOT_STARTS;
	if (option(c, "init", named, sizeof(named)) && !strchr(named, '$')) {
		if (runs(&all, named, &entry))
			return BOOT_STARTS;
		/* The kernel panics then; initial RAM disks try the others. */
		if (has_no_initrd(c)) {
			boot_findings_report(&c->ret->findings, BOOT_ERROR, "init-missing",
				"/%s starts the kernel with init=%s, which is not a program in the "
				"archive",
				c->menu->file, named);
			return BOOT_DARK;
		}
	}
	i = find_init(&all, &entry);
	if (i < SHELL)
		return BOOT_STARTS;
	boot_findings_report(&c->ret->findings, i == SHELL ? BOOT_WARNING : BOOT_ERROR,
		"init-missing",
		"the archive has no init that the kernel could start (/sbin/init)%s",
		i == SHELL ? ": it would start /bin/sh" : "");
	return i == SHELL ? BOOT_STARTS : BOOT_DARK;
}

static enum boot_state judge_machine(struct rule_case *c)
{
	struct manifest_entry init = {0};
	enum machine board = c->menu->tree.layout->machine, kernel, user = MACHINE_UNKNOWN;

	if (!c->kernel.path || c->kernel.program.kind != PROGRAM_KERNEL)
		return BOOT_STARTS;
	kernel = c->kernel.program.machine;
	if (boot_init_find(c->menu->tree.manifest, c->menu->tree.layout, &init))
		user = init.program.machine;
	c->ret->machine = kernel;
	if (!machine_runs(board, kernel)) {
		boot_findings_report(&c->ret->findings, BOOT_ERROR, "machine",
			"the kernel /%s is for %s, and the board of layout %s is %s",
			c->kernel_path, machine_name(kernel), c->menu->tree.layout->name,
			machine_name(board));
		return BOOT_DARK;
	}
	if (names_root(c) && !machine_runs(kernel, user)) {
		boot_findings_report(&c->ret->findings, BOOT_ERROR, "machine",
			"the kernel /%s is for %s, and the archive's init is for %s",
			c->kernel_path, machine_name(kernel), machine_name(user));
		return BOOT_DARK;
	}
	return BOOT_STARTS;
}

/* ---- all of them ---- */

/* The kernel comes first: later rules need it. */
static enum boot_state (*const rules[])(struct rule_case *c) = {
	judge_kernel,
	judge_initrds,
	judge_fdt,
	judge_overlays,
	judge_root_id,
	judge_root_type,
	judge_root_options,
	judge_root_driver,
	judge_init,
	judge_machine,
};

bool boot_rules_has_kernel(const struct boot_menu *menu, const struct boot_entry *entry)
{
	struct boot_judgement judgement;
	struct rule_case c = {.menu = menu, .entry = entry, .ret = &judgement};

	judgement = (struct boot_judgement){.state = BOOT_STARTS};
	begin(&c);
	return judge_kernel(&c) != BOOT_SKIPPED;
}

static void take_kernel_name(struct rule_case *c)
{
	const char *path = c->entry->kernel ? c->entry->kernel : "";
	const char *slash = strrchr(path, '/');
	struct manifest_entry entry;

	/* "vmlinuz" may be a link to "vmlinuz-6.1.0". */
	if (*path && boot_tree_find(&c->tree, c->folder, path, &entry)) {
		path = entry.path;
		slash = strrchr(path, '/');
	}
	STR_COPY(c->ret->kernel, slash ? slash + 1 : path);
	str_sanitise(c->ret->kernel);
}

void boot_rules_judge(
	const struct boot_menu *menu, const struct boot_entry *entry, struct boot_judgement *ret)
{
	struct rule_case c = {
		.menu = menu,
		.entry = entry,
		.ret = ret,
		.root = layout_partition_of(menu->tree.layout, ""),
	};

	*ret = (struct boot_judgement){.state = BOOT_STARTS};
	begin(&c);
	if (!option(&c, "root", c.source, sizeof(c.source)))
		c.source[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		enum boot_state state = rules[i](&c);

		if (state > ret->state)
			ret->state = state;
	}
	take_kernel_name(&c);
}
