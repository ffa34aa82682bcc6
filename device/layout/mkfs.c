/* SPDX-License-Identifier: MIT */
#include "device/layout/mkfs.h"

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/fat.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* The feature lists of mke2fs 1.43 to 1.46. Kernels before 5.15 and many boot loaders cannot read
 * filesystems with newer defaults (orphan_file, metadata_csum_seed), and older programs refuse
 * "^feature" for a feature they do not know. So disable all, then enable each by name. */
#define EXT4_FEATURES                                                                              \
	"none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,"          \
	"sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum"

/* The engine mounts with noinit_itable, so lazily initialised parts may stay unwritten for ever.
 * That is safe: with metadata_csum, checksummed group descriptors mark them as uninitialised. */
#define EXT4_EXTENDED "nodiscard,lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0"

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

/* Adds nothing if the value is empty: the program then uses its default. */
static void add_option(struct arguments *args, const char *option, const char *value)
{
	if (value[0] != '\0') {
		add(args, option);
		add(args, value);
	}
}

/* The value of @option among the options of the layout, or NULL. */
static const char *find_option(const char *const *words, const char *option)
{
	for (; *words; words += 2)
		if (strcmp(words[0], option) == 0)
			return words[1];
	return NULL;
}

/* mke2fs accepts -O and -E only once: appends the list of the layout to ours. */
static void add_list(struct arguments *args, const char *option, const char *list,
	const char *const *words, char *ret, size_t size)
{
	const char *more = find_option(words, option);

	(void)str_format(ret, size, "%s%s%s", list, more ? "," : "", more ? more : "");
	add_option(args, option, ret);
}

static void add_words(struct arguments *args, const char *const *words)
{
	for (; *words; words += 2)
		add_option(args, words[0], words[1]);
}

static void ext4_options(struct arguments *args, const struct layout_partition *p,
	const char *const *words, struct mkfs_command *ret)
{
	add(args, "-q");
	add(args, "-F");		/* nobody is there to answer questions */
	add_option(args, "-b", "4096"); /* not 1 KiB on small partitions */
	add_option(args, "-I", "256");	/* not 128 of old programs: no times after 2038 */
	add_option(args, "-m", "1");
	add_list(args, "-O", EXT4_FEATURES, words, ret->features, sizeof(ret->features));
	add_list(args, "-E", EXT4_EXTENDED, words, ret->extended, sizeof(ret->extended));
	add_option(args, "-L", p->label);
	add_option(args, "-U", p->fs_uuid);
	for (; *words; words += 2) /* mke2fs uses the last value of an option */
		if (strcmp(words[0], "-O") != 0 && strcmp(words[0], "-E") != 0)
			add_option(args, words[0], words[1]);
}

/* The number after @option in the layout, or @otherwise. */
static uint32_t number_option(const char *const *words, const char *option, uint32_t otherwise)
{
	const char *text = find_option(words, option);
	uint64_t number;

	return text && str_to_u64(text, 10, &number) == 0 && number <= UINT32_MAX ? (uint32_t)number
										  : otherwise;
}

/* The type and the size of clusters, unless the layout chooses. */
static void fat_options(struct arguments *args, const struct layout_partition *p,
	const char *const *words, struct mkfs_command *ret)
{
	uint32_t sector_bytes = number_option(words, "-S", ret->sector_bytes);
	struct fat fat;

	if (find_option(words, "-F"))
		return;
	fat = fat_choose(p->sectors * SECTOR_BYTES, sector_bytes, number_option(words, "-s", 0));
	(void)STR_FORMAT(ret->fat_type, "%u", fat.type);
	(void)STR_FORMAT(ret->cluster_sectors, "%u", fat.cluster_sectors);
	add_option(args, "-F", ret->fat_type);
	if (!find_option(words, "-s"))
		add_option(args, "-s", ret->cluster_sectors);
}

static void vfat_options(struct arguments *args, const struct layout_partition *p,
	const char *const *words, struct mkfs_command *ret)
{
	if (p->fs_uuid[0] != '\0')
		(void)STR_FORMAT(ret->volume_id, "%.4s%.4s", p->fs_uuid, p->fs_uuid + 5);
	fat_options(args, p, words, ret);
	add_option(args, "-n", p->label);
	add_option(args, "-i", ret->volume_id);
	add_words(args, words);
}

static void f2fs_options(struct arguments *args, const struct layout_partition *p,
	const char *const *words, struct mkfs_command *ret)
{
	(void)ret;
	add(args, "-q");
	add(args, "-f");
	add_option(args, "-t", "0"); /* no discard: wipe_disk has discarded what it could */
	add_option(args, "-l", p->label);
	add_option(args, "-U", p->fs_uuid); /* since f2fs-tools 1.15 */
	add_words(args, words);
}

/* One copy of data, two of metadata. This is the default since btrfs-progs 5.15; older versions
 * chose by the kind of device. */
static void btrfs_options(struct arguments *args, const struct layout_partition *p,
	const char *const *words, struct mkfs_command *ret)
{
	(void)ret;
	add(args, "-q");
	add(args, "-f");
	add(args, "-K"); /* no discard */
	add_option(args, "-d", "single");
	add_option(args, "-m", "dup");
	add_option(args, "-L", p->label);
	add_option(args, "-U", p->fs_uuid);
	add_words(args, words);
}

static void swap_options(struct arguments *args, const struct layout_partition *p,
	const char *const *words, struct mkfs_command *ret)
{
	(void)ret;
	add_option(args, "-L", p->label);
	add_option(args, "-U", p->fs_uuid);
	add_words(args, words);
}

/* letters: the options that a layout may set. Each takes a value. */
static const struct {
	const char *program, *package, *letters;
	void (*options)(struct arguments *args, const struct layout_partition *p,
		const char *const *words, struct mkfs_command *ret);
} makers[FS_KIND_COUNT] = {
	[FS_NONE] = {.letters = ""},
	[FS_EXT4] = {"mkfs.ext4", "e2fsprogs", "bCEgGiIJmNOT", ext4_options},
	[FS_VFAT] = {"mkfs.vfat", "dosfstools", "FfghMrRsS", vfat_options},
	[FS_F2FS] = {"mkfs.f2fs", "f2fs-tools", "aoOswz", f2fs_options},
	[FS_BTRFS] = {"mkfs.btrfs", "btrfs-progs", "dmnOR", btrfs_options},
	[FS_SWAP] = {"mkswap", "util-linux", "p", swap_options},
};

/* Splits @text at blanks, in place, into at most @max words and a NULL. Returns the number of
 * words. */
static size_t cut_words(char *text, const char **words, size_t max)
{
	char *rest = text, *word;
	size_t count = 0;

	while (count < max && (word = strtok_r(rest, " ", &rest)))
		words[count++] = word;
	words[count] = NULL;
	return count;
}

/* As many as fit in MKFS_OPTIONS_MAX: each takes at least a letter and a blank. */
#define WORDS_MAX (MKFS_OPTIONS_MAX / 2)
_Static_assert(sizeof(((struct layout_partition *)NULL)->mkfs_options) == MKFS_OPTIONS_MAX,
	"the options of a layout fit");

int mkfs_check_options(enum fs_kind fs, const char *options, struct diag *diag)
{
	char text[MKFS_OPTIONS_MAX];
	const char *words[WORDS_MAX + 1];
	size_t count;

	assert(fs < FS_KIND_COUNT);
	(void)STR_COPY(text, options);
	count = cut_words(text, words, WORDS_MAX);
	for (size_t i = 0; i < count; i++) {
		const char *word = words[i];

		if (i % 2 == 0 && (word[0] != '-' || word[1] == '\0' || word[2] != '\0' ||
					  !strchr(makers[fs].letters, word[1])))
			return diag_fail(diag, -EINVAL, "mkfs-options of %s can have %s%s, not %s",
				fs_name(fs), makers[fs].letters[0] ? "-" : "nothing",
				makers[fs].letters, word);
		/* A path or device= could reach beyond the target; journal_dev makes no
		 * filesystem. */
		if (i % 2 == 1 && (word[0] == '-' || strpbrk(word, "/") ||
					  strstr(word, "device=") || strstr(word, "journal_dev")))
			return diag_fail(diag, -EINVAL, "value %s is not allowed for option %s",
				word, words[i - 1]);
		for (size_t j = 0; i % 2 == 0 && j < i; j += 2)
			if (strcmp(words[j], word) == 0)
				return diag_fail(diag, -EINVAL, "mkfs-options has %s twice", word);
	}
	if (count % 2 != 0)
		return diag_fail(
			diag, -EINVAL, "%s in mkfs-options has no value", words[count - 1]);
	return 0;
}

uint32_t mkfs_number(
	const struct layout_partition *partition, const char *option, uint32_t otherwise)
{
	char text[MKFS_OPTIONS_MAX];
	const char *words[WORDS_MAX + 1];

	(void)STR_COPY(text, partition->mkfs_options);
	(void)cut_words(text, words, WORDS_MAX);
	return number_option(words, option, otherwise);
}

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

bool mkfs_command(const struct layout_partition *p, const char *node, uint32_t sector_bytes,
	struct mkfs_command *ret)
{
	const char *words[WORDS_MAX + 1];
	struct arguments args = {ret->argv, 0};

	assert(p->fs < FS_KIND_COUNT);
	if (!makers[p->fs].program)
		return false;
	ret->program = makers[p->fs].program;
	ret->sector_bytes = sector_bytes;
	ret->volume_id[0] = '\0';
	(void)STR_COPY(ret->options, p->mkfs_options);
	(void)cut_words(ret->options, words, WORDS_MAX);
	add(&args, ret->program);
	makers[p->fs].options(&args, p, words, ret);
	add(&args, node);
	return true;
}
