/* SPDX-License-Identifier: MIT */
#include "device/mkfs.h"

#include "device/disk.h"
#include "device/util.h"

#include <assert.h>

/* The feature lists of mke2fs 1.43 to 1.46. Newer defaults (orphan_file, metadata_csum_seed) are
 * not read by kernels before 5.15 and many a boot loader, and older programs refuse to be told not
 * to use what they do not know: so all is switched off, then on by name. */
#define EXT4_FEATURES                                                                              \
	"none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,"          \
	"sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum"

/* The lazy parts stay unwritten for ever if the engine mounts with noinit_itable; with
 * metadata_csum their checksums say that they are. */
#define EXT4_EXTENDED "nodiscard,lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0"

/* mkfs.vfat refuses or warns about FAT32 on less; let it choose there. */
#define FAT32_MIN_BYTES MIB(33)

struct arguments {
	const char **argv;
	size_t count;
};

static void add(struct arguments *args, const char *word)
{
	assert(args->count < MKFS_ARGS_MAX - 1);
	args->argv[args->count++] = word;
	args->argv[args->count] = NULL;
}

/* Nothing is added for an empty value: the program's own default is meant then. */
static void add_option(struct arguments *args, const char *option, const char *value)
{
	if (value[0] != '\0') {
		add(args, option);
		add(args, value);
	}
}

static void ext4_options(
	struct arguments *args, const struct layout_partition *p, struct mkfs_command *ret)
{
	(void)ret;
	add(args, "-q");
	add(args, "-F");		/* a whole disk is fine too: nobody is there to answer */
	add_option(args, "-b", "4096"); /* small ones would get 1 KiB blocks, */
	add_option(args, "-I", "256");	/* and old programs 128-byte inodes: no time after 2038 */
	add_option(args, "-m", "1");
	add_option(args, "-O", EXT4_FEATURES);
	add_option(args, "-E", EXT4_EXTENDED);
	add_option(args, "-L", p->label);
	add_option(args, "-U", p->fs_uuid);
}

static void vfat_options(
	struct arguments *args, const struct layout_partition *p, struct mkfs_command *ret)
{
	if (p->fs_uuid[0] != '\0')
		(void)STR_FORMAT(ret->volume_id, "%.4s%.4s", p->fs_uuid, p->fs_uuid + 5);
	if (p->sectors * SECTOR_BYTES >= FAT32_MIN_BYTES)
		add_option(args, "-F", "32");
	add_option(args, "-n", p->label);
	add_option(args, "-i", ret->volume_id);
}

static const struct {
	const char *program, *package;
	void (*options)(
		struct arguments *args, const struct layout_partition *p, struct mkfs_command *ret);
} makers[FS_KIND_COUNT] = {
	[FS_EXT4] = {"mkfs.ext4", "e2fsprogs", ext4_options},
	[FS_VFAT] = {"mkfs.vfat", "dosfstools", vfat_options},
};

const char *mkfs_program(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return makers[fs].program;
}

const char *mkfs_package(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return makers[fs].package;
}

bool mkfs_command(const struct layout_partition *p, const char *node, struct mkfs_command *ret)
{
	struct arguments args = {ret->argv, 0};

	assert(p->fs < FS_KIND_COUNT);
	if (!makers[p->fs].program)
		return false;
	ret->program = makers[p->fs].program;
	ret->volume_id[0] = '\0';
	add(&args, ret->program);
	makers[p->fs].options(&args, p, ret);
	add(&args, node);
	return true;
}
