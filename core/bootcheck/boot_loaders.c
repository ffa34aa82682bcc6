/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_loaders.h"

#include "core/bootcheck/extlinux.h"
#include "core/bootcheck/grub_cfg.h"
#include "core/bootcheck/loader_entry.h"
#include "core/bootcheck/raspberry.h"
#include "core/bootcheck/uboot_env.h"
#include "core/bootcheck/uboot_image.h"
#include "core/bootcheck/uboot_script.h"
#include "device/layout/fs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FS(kind) (1u << (kind))
#define ANY_FS	 (~0u)

/* Finds a file beside that of the menu. */
static bool find_beside(const struct boot_menu *menu, const char *name, struct manifest_entry *ret)
{
	return boot_tree_find(&menu->tree, menu->folder, name, ret) && ret->content;
}

static int pass_unknown(boot_entry_fn each, void *arg)
{
	return each(arg, &(struct boot_entry){
				 .title = "", .line = 1, .is_default = true, .unknown = BOOT_ALL});
}

static int opaque(const struct boot_menu *menu, boot_entry_fn each, void *arg)
{
	(void)menu;
	return pass_unknown(each, arg);
}

/* ---- U-Boot ---- */

static int extlinux(const struct boot_menu *menu, boot_entry_fn each, void *arg)
{
	return extlinux_each(menu->text, menu->size, each, arg);
}

static const char *script_fault(const struct boot_menu *menu)
{
	static const char *const faults[] = {
		[UBOOT_SCRIPT_OK] = NULL,
		[UBOOT_SCRIPT_NO_HEADER] = "it has no image header; make it with mkimage -T script",
		[UBOOT_SCRIPT_BAD_HEADER_CRC] = "the checksum of its header is wrong",
		[UBOOT_SCRIPT_BAD_DATA_CRC] = "its checksum is wrong",
		[UBOOT_SCRIPT_WRONG_TYPE] = "its image is not a script",
		[UBOOT_SCRIPT_FIT] = NULL,
		[UBOOT_SCRIPT_TRUNCATED] = "it is truncated",
		[UBOOT_SCRIPT_EMPTY] = "it is empty",
	};
	const char *text;
	size_t size;

	return faults[uboot_script_open(menu->text, menu->size, &text, &size)];
}

/* Reads the first file of variables that is beside the script. Scripts load it if it is there. */
static bool read_env(const struct boot_menu *menu, struct uboot_env *ret)
{
	static const char *const names[] = {"armbianEnv.txt", "orangepiEnv.txt", "uEnv.txt"};
	struct manifest_entry entry;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (find_beside(menu, names[i], &entry)) {
			uboot_env_read(ret, names[i], entry.content, entry.size);
			return true;
		}
	return false;
}

static int script(const struct boot_menu *menu, boot_entry_fn each, void *arg)
{
	_cleanup_free_ struct uboot_env *env = malloc(sizeof(*env));
	enum uboot_script_state state;
	const char *text;
	size_t size;

	if (!env)
		return -ENOMEM;
	state = uboot_script_open(menu->text, menu->size, &text, &size);
	if (state == UBOOT_SCRIPT_FIT)
		return pass_unknown(each, arg);
	return uboot_script_each(text, size, read_env(menu, env) ? env : NULL, each, arg);
}

/* ---- Raspberry Pi ---- */

static bool include(void *arg, const char *path, const char **ret_text, size_t *ret_size)
{
	struct manifest_entry entry;

	*ret_text = "";
	*ret_size = 0;
	if (!boot_tree_find(arg, "", path, &entry))
		return true;
	*ret_text = entry.content;
	*ret_size = entry.size;
	return entry.content != NULL;
}

/* The kernel that the firmware takes if none is named; the first one if none is there. */
static const char *default_kernel(const struct boot_tree *tree)
{
	static const char *const names[] = {
		"kernel8.img", "kernel_2712.img", "kernel7l.img", "kernel7.img", "kernel.img"};
	struct manifest_entry entry;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (boot_tree_find(tree, "", names[i], &entry))
			return names[i];
	return names[0];
}

/* A boot loader of another kind in place of the kernel has a command line of its own. */
static bool is_loader(const char *kernel)
{
	return strcasestr(kernel, "u-boot") || strcasestr(kernel, "uboot") ||
	       strcasestr(kernel, "efi");
}

static int raspberry(const struct boot_menu *menu, boot_entry_fn each, void *arg)
{
	_cleanup_free_ struct raspberry_config *config = malloc(sizeof(*config));
	struct boot_tree tree = menu->tree;
	struct manifest_entry entry;
	struct boot_entry *result;
	char line[4096];

	if (!config)
		return -ENOMEM;
	if (!find_beside(menu, "config.txt", &entry))
		entry = (struct manifest_entry){.content = ""};
	raspberry_config_read(config, entry.content, entry.size, include, &tree);
	result = &config->draft.entry;
	result->is_default = true;
	if (result->kernel && is_loader(result->kernel))
		result->unknown |= BOOT_COMMAND_LINE | BOOT_INITRD;
	if (!result->kernel && !(result->unknown & BOOT_KERNEL))
		result->kernel = default_kernel(&tree);
	if (raspberry_command_line(menu->text, menu->size, line, sizeof(line)) &&
		strcmp(config->command_line_file, "cmdline.txt") == 0)
		result->command_line = line;
	else
		result->unknown |= BOOT_COMMAND_LINE;
	return each(arg, result);
}

/* ---- GRUB ---- */

static int grub(const struct boot_menu *menu, boot_entry_fn each, void *arg)
{
	return grub_cfg_each(menu->text, menu->size, each, arg);
}

/* ---- systemd-boot ---- */

struct entry_files {
	const struct boot_menu *menu;
	char wanted[128]; /* the pattern of the default entry, or "" */
	const char *name; /* of the file that is being read */
	boot_entry_fn each;
	void *arg;
};

static int pass_entry(void *arg, const struct boot_entry *from)
{
	struct entry_files *files = arg;
	struct boot_entry entry = *from;

	entry.is_default = files->wanted[0] && loader_default_matches(files->wanted, files->name);
	return files->each(files->arg, &entry);
}

static int read_entry_file(void *arg, const struct manifest_entry *entry)
{
	struct entry_files *files = arg;
	const char *folder = files->menu->file;

	if (!path_is_below(entry->path, folder) || strlen(entry->path) <= strlen(folder) ||
		!entry->content)
		return 0;
	files->name = entry->path + strlen(folder) + 1;
	return loader_entry_each(entry->content, entry->size, pass_entry, files);
}

static int loader_entries(const struct boot_menu *menu, boot_entry_fn each, void *arg)
{
	struct entry_files files = {.menu = menu, .each = each, .arg = arg};
	struct manifest_entry conf;

	if (find_beside(menu, "loader.conf", &conf))
		(void)loader_conf_default(
			conf.content, conf.size, files.wanted, sizeof(files.wanted));
	return manifest_each(menu->tree.manifest, read_entry_file, &files);
}

/* ---- all of them ---- */

const struct boot_loader boot_loaders[] = {
	{
		/* U-Boot, boot/bootmeth_extlinux.c and include/config_distro_bootcmd.h; U-Boot has no
		 * driver for F2FS. */
		.name = "extlinux",
		.program = "U-Boot",
		.files = {"extlinux/extlinux.conf", "boot/extlinux/extlinux.conf",
			"syslinux/syslinux.cfg", "boot/syslinux/syslinux.cfg", "extlinux.conf",
			"boot/extlinux.conf"},
		.reads = ANY_FS & ~FS(FS_F2FS),
		.needs = BOOT_KERNEL | BOOT_INITRD | BOOT_FDT,
		.by_bootable = true,
		.fallback = BOOT_FALLBACK_NEXT,
		.each = extlinux,
	},
	{
		.name = "boot.scr",
		.program = "U-Boot",
		.files = {"boot.scr.uimg", "boot.scr", "boot/boot.scr.uimg", "boot/boot.scr"},
		.reads = ANY_FS & ~FS(FS_F2FS),
		/* "booti KERNEL ADDRESS:SIZE" does not look at the initrd. */
		.needs = BOOT_KERNEL | BOOT_FDT,
		.reader = "uEnv.txt",
		.by_bootable = true,
		.fallback = BOOT_FALLBACK_ANY,
		.fault = script_fault,
		.each = script,
	},
	{
		/* Commands of the U-Boot on the board read it. */
		.name = "uEnv.txt",
		.program = "U-Boot",
		.files = {"uEnv.txt", "boot/uEnv.txt"},
		.reads = ANY_FS & ~FS(FS_F2FS),
		.fallback = BOOT_FALLBACK_ANY,
		.is_opaque = true,
		.each = opaque,
	},
	{
		.name = "Raspberry Pi firmware",
		.program = "the firmware of the Raspberry Pi",
		.files = {"cmdline.txt"},
		.elsewhere = {"boot/cmdline.txt", "boot/firmware/cmdline.txt"},
		.companion = "config.txt",
		.reads = FS(FS_VFAT),
		.needs = BOOT_KERNEL,
		.fallback = BOOT_FALLBACK_ANY,
		.each = raspberry,
	},
	{
		.name = "GRUB",
		.program = "GRUB",
		.files = {"grub/grub.cfg", "boot/grub/grub.cfg", "grub2/grub.cfg",
			"boot/grub2/grub.cfg", "EFI/BOOT/grub.cfg", "EFI/debian/grub.cfg",
			"EFI/ubuntu/grub.cfg", "EFI/fedora/grub.cfg", "EFI/centos/grub.cfg",
			"EFI/redhat/grub.cfg", "EFI/rocky/grub.cfg", "EFI/almalinux/grub.cfg",
			"EFI/opensuse/grub.cfg", "EFI/arch/grub.cfg"},
		.reads = ANY_FS,
		.needs = BOOT_KERNEL,
		.reader = "UEFI",
		.fallback = BOOT_FALLBACK_ANY,
		.each = grub,
	},
	{
		/* systemd-boot(7): the EFI system partition, or the extended boot loader partition. */
		.name = "systemd-boot",
		.program = "systemd-boot",
		.folder = "loader/entries",
		.elsewhere = {"boot/loader/loader.conf", "boot/efi/loader/loader.conf"},
		.companion = "entries",
		.reads = FS(FS_VFAT),
		.needs = BOOT_KERNEL | BOOT_INITRD,
		.reader = "UEFI",
		.fallback = BOOT_FALLBACK_ANY,
		.each = loader_entries,
	},
	{
		/* Unified kernel images: kernel, initrd and command line in one program. */
		.name = "systemd-boot",
		.program = "systemd-boot",
		.folder = "EFI/Linux",
		.reads = FS(FS_VFAT),
		.reader = "UEFI",
		.fallback = BOOT_FALLBACK_ANY,
		.each = opaque,
	},
	{
		/* UEFI Specification 2.10, table 3.2. */
		.name = "UEFI",
		.program = "UEFI",
		.files = {"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTAA64.EFI", "EFI/BOOT/BOOTARM.EFI",
			"EFI/BOOT/BOOTRISCV64.EFI", "EFI/BOOT/BOOTIA32.EFI",
			"EFI/BOOT/BOOTLOONGARCH64.EFI"},
		.reads = FS(FS_VFAT),
		.fallback = BOOT_FALLBACK_ANY,
		.is_opaque = true,
		.each = opaque,
	},
	{.name = NULL},
};

/* ---- finding them ---- */

struct menu_search {
	const struct boot_loader *loader;
	struct boot_tree tree;
	bool found; /* a file of this loader, where it looks */
	int (*each)(void *arg, const struct boot_menu *menu, const char *reason);
	void *arg;
};

/* Why the loader cannot use a file that it would find; NULL if it can. */
static const char *find_reason(const struct menu_search *search, const struct boot_menu *menu)
{
	const struct boot_loader *loader = search->loader;

	if (!(loader->reads & FS(search->tree.layout->partitions[search->tree.partition].fs)))
		return "it cannot read the filesystem that this is on";
	return loader->fault && menu->text ? loader->fault(menu) : NULL;
}

/* Describes the file or folder @path, from the root of the filesystem. False if there is none. */
static bool find_menu(const struct menu_search *search, enum manifest_type type, const char *path,
	struct boot_menu *ret)
{
	const char *slash = strrchr(path, '/');
	struct manifest_entry entry;

	*ret = (struct boot_menu){.loader = search->loader, .tree = search->tree};
	if (!boot_tree_find(&search->tree, "", path, &entry) || entry.type != type ||
		!STR_COPY(ret->file, entry.path) ||
		!STR_FORMAT(ret->folder, "%.*s", slash ? (int)(slash - path) : 0, path))
		return false;
	ret->text = type == MANIFEST_FILE ? entry.content : "";
	ret->size = type == MANIFEST_FILE ? entry.size : 0;
	return true;
}

static int pass_on(struct menu_search *search, enum manifest_type type, const char *path)
{
	struct boot_menu menu;

	if (!find_menu(search, type, path, &menu))
		return 0;
	search->found = true;
	return search->each(search->arg, &menu, find_reason(search, &menu));
}

/* Passes on the files that the loader finds on one filesystem. */
static int search_files(struct menu_search *search)
{
	const struct boot_loader *loader = search->loader;
	enum fs_kind fs = search->tree.layout->partitions[search->tree.partition].fs;
	int r = 0;

	for (size_t i = 0; r == 0 && i < BOOT_FILES_MAX && loader->files[i]; i++)
		r = pass_on(search, MANIFEST_FILE, loader->files[i]);
	/* GRUB, too, has such a folder, but on other filesystems. */
	if (r == 0 && loader->folder && loader->reads & FS(fs))
		r = pass_on(search, MANIFEST_DIR, loader->folder);
	return r;
}

/* Passes on the files that would be found by another layout. */
static int search_elsewhere(struct menu_search *search)
{
	const struct boot_loader *loader = search->loader;
	struct manifest_entry companion;
	struct boot_menu menu;
	int r = 0;

	for (size_t i = 0; r == 0 && i < BOOT_FILES_MAX && loader->elsewhere[i]; i++)
		if (find_menu(search, MANIFEST_FILE, loader->elsewhere[i], &menu) &&
			boot_tree_find(&menu.tree, menu.folder, loader->companion, &companion))
			r = search->each(search->arg, &menu,
				"it looks for that at the root of a FAT filesystem only");
	return r;
}

static int each_partition(struct menu_search *search, int (*search_one)(struct menu_search *search))
{
	const struct layout *layout = search->tree.layout;
	int r = 0;

	for (size_t i = 0; r == 0 && i < layout->count; i++) {
		search->tree.partition = i;
		if (layout->partitions[i].mount[0] && fs_holds_files(layout->partitions[i].fs))
			r = search_one(search);
	}
	return r;
}

int boot_menus_each(const struct manifest *manifest, const struct layout *layout,
	int (*each)(void *arg, const struct boot_menu *menu, const char *reason), void *arg)
{
	struct menu_search search = {.tree = {manifest, layout, 0}, .each = each, .arg = arg};
	int r = 0;

	for (unsigned opaque_ones = 0; opaque_ones < 2; opaque_ones++)
		for (search.loader = boot_loaders; r == 0 && search.loader->name; search.loader++) {
			if (search.loader->is_opaque != opaque_ones)
				continue;
			search.found = false;
			r = each_partition(&search, search_files);
			if (r == 0 && !search.found)
				r = each_partition(&search, search_elsewhere);
		}
	return r;
}
