/* SPDX-License-Identifier: MIT */
#include "device/layout/genimage.h"

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/genimage_text.h"
#include "device/layout/genimage_words.h"
#include "device/layout/id.h"
#include "device/layout/layout_copy.h"
#include "device/layout/layout_keywords.h"
#include "device/layout/layout_table.h"
#include "device/layout/mkfs.h"

#include <confuse.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
	struct layout *layout;
	const struct genimage_files *files;
	struct genimage_words words;
	cfg_t *root;
	bool is_hybrid;	     /* the types of an MBR are for copies in it */
	uint64_t kept_bytes; /* end of the room that was kept free so far */
};

/* ---- the disk ---- */

static int read_table(struct reader *reader, cfg_t *disk)
{
	static const struct {
		const char *name;
		enum table_kind table;
		bool hybrid;
	} kinds[] = {{"mbr", TABLE_MBR, false}, {"dos", TABLE_MBR, false},
		{"gpt", TABLE_GPT, false}, {"hybrid", TABLE_GPT, true}};
	const char *name = word_text(disk, "partition-table-type");
	struct layout *layout = reader->layout;
	bool has_table = true, is_gpt = false;
	size_t i = 0;
	int r;

	while (name && i < ARRAY_SIZE(kinds) && strcmp(kinds[i].name, name) != 0)
		i++;
	if (i == ARRAY_SIZE(kinds))
		return word_wrong(
			&reader->words, disk, "partition-table-type", "mbr, gpt or hybrid");
	layout->table = kinds[i].table;
	reader->is_hybrid = kinds[i].hybrid;
	r = word_bool(
		&reader->words, disk, "partition-table", &has_table); /* the two older words */
	if (r == 0)
		r = word_bool(&reader->words, disk, "gpt", &is_gpt);
	if (r == 0 && is_gpt)
		layout->table = TABLE_GPT;
	return r == 0 && !has_table ? word_wrong(&reader->words, disk, "partition-table",
					      "true: a disk has a table")
				    : r;
}

static int read_disk_id(struct reader *reader, cfg_t *disk)
{
	const char *uuid = word_text(disk, "disk-uuid"), *id = word_text(disk, "disk-signature");
	struct layout *layout = reader->layout;
	uint64_t number = 0;

	if (uuid && (layout->table != TABLE_GPT || !id_of_uuid(uuid, layout->disk_uuid)))
		return word_wrong(&reader->words, disk, "disk-uuid", "the UUID of a GPT");
	if (!id || strcmp(id, "random") == 0)
		return 0;
	if (str_to_u64(id, 0, &number) < 0 || number > UINT32_MAX)
		return word_wrong(
			&reader->words, disk, "disk-signature", "random, or a number of 32 bits");
	if (layout->table == TABLE_GPT)
		return reader->is_hybrid ? word_wrong(&reader->words, disk, "disk-signature",
						   "left out: the MBR of a GPT has none here")
					 : word_wrong(&reader->words, disk, "disk-signature",
						   "that of an MBR");
	if (number > 0)
		(void)STR_FORMAT(layout->disk_uuid, "%08x", (unsigned)number);
	return 0;
}

static int read_disk(struct reader *reader, cfg_t *disk)
{
	struct layout *layout = reader->layout;
	uint64_t extended = 0;
	bool ignored;
	int r = read_table(reader, disk);

	layout->align_bytes = SECTOR_BYTES;
	if (r == 0)
		r = read_disk_id(reader, disk);
	if (r == 0)
		r = word_alignment(&reader->words, disk, &layout->align_bytes);
	if (r == 0)
		r = word_size(&reader->words, disk, "gpt-location", &layout->gpt_entries_bytes);
	if (r == 0) /* the backup is at the end of the disk, not of an image */
		r = word_bool(&reader->words, disk, "gpt-no-backup", &ignored);
	if (r == 0)
		r = word_bool(&reader->words, disk, "fill", &ignored);
	if (r == 0)
		r = word_number(&reader->words, disk, "extended-partition", &extended);
	if (r == 0 && extended != 0 && extended != TABLE_MBR_PRIMARY)
		r = word_wrong(&reader->words, disk, "extended-partition", "4 or left out");
	return r;
}

/* ---- partitions ---- */

static int read_type_uuid(struct reader *reader, cfg_t *section, struct layout_partition *p)
{
	/* For what layouts call otherwise. */
	static const struct {
		const char *text, *type;
	} shortcuts[] = {{"L", "linux"}, {"S", "swap"}, {"H", "home"}, {"U", "esp"},
		{"uefi", "esp"}, {"F", "data"}, {"fat32", "data"}, {"u-boot-env", "uboot-env"}};
	const char *text = word_text(section, "partition-type-uuid");

	for (size_t i = 0; i < ARRAY_SIZE(shortcuts); i++)
		if (!text || strcasecmp(text, shortcuts[i].text) == 0) {
			text = shortcuts[i].type; /* the first one is the default */
			break;
		}
	if (layout_take_type(p, text) && p->type_guid[0])
		return 0;
	return word_wrong(&reader->words, section, "partition-type-uuid",
		"a GUID, or a name such as L, U or esp");
}

static int read_type(struct reader *reader, cfg_t *section, struct layout_partition *p)
{
	uint64_t type = 0;
	int r = word_number(&reader->words, section, "partition-type", &type);

	if (r == 0 && type > UINT8_MAX)
		r = word_wrong(&reader->words, section, "partition-type", "a byte");
	if (r < 0)
		return r;
	if (reader->layout->table == TABLE_MBR && word_text(section, "partition-type-uuid"))
		return word_wrong(&reader->words, section, "partition-type-uuid", "on a GPT");
	if (reader->layout->table == TABLE_MBR) {
		p->type_mbr = (int)type;
		return 0;
	}
	if (type != 0 && !reader->is_hybrid)
		return word_wrong(&reader->words, section, "partition-type",
			"on an MBR: use partition-type-uuid");
	p->type_hybrid = (uint8_t)type;
	return read_type_uuid(reader, section, p);
}

/* Refuses words for properties that boardstrap does not set. */
static int refuse_flags(struct reader *reader, cfg_t *section)
{
	static const char *const flags[] = {
		"read-only", "hidden", "no-automount", "forced-primary", "fill"};
	uint64_t skipped = 0;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		bool value = false;

		r = word_bool(&reader->words, section, flags[i], &value);
		if (r == 0 && value)
			r = word_wrong(&reader->words, section, flags[i],
				"left out: boardstrap has no such flag");
		if (r < 0)
			return r;
	}
	r = word_size(&reader->words, section, "imageoffset", &skipped);
	return r == 0 && skipped != 0 ? word_wrong(&reader->words, section, "imageoffset",
						"0: a file is written from its begin")
				      : r;
}

static int read_partition(struct reader *reader, cfg_t *section, struct layout_partition *p)
{
	struct layout *layout = reader->layout;
	const char *uuid = word_text(section, "partition-uuid");
	int r = read_type(reader, section, p);

	p->blobs_before = (unsigned)layout->blob_count;
	p->after_bytes = reader->kept_bytes;
	if (r == 0)
		r = word_alignment(&reader->words, section, &p->align_bytes);
	if (r == 0)
		r = word_size(&reader->words, section, "size", &p->size_bytes);
	if (r == 0)
		r = word_size(&reader->words, section, "offset", &p->offset_bytes);
	if (r == 0)
		r = word_bool(&reader->words, section, "bootable", &p->bootable);
	if (r == 0)
		r = word_bool(&reader->words, section, "autoresize", &p->grow);
	if (r < 0)
		return r;
	if (uuid && (layout->table != TABLE_GPT || !id_of_uuid(uuid, p->partuuid)))
		return word_wrong(&reader->words, section, "partition-uuid",
			"the UUID of a partition of a GPT");
	if (p->grow) {
		p->min_bytes = p->size_bytes;
		p->size_bytes = 0;
	}
	p->fits_blob = !p->grow && p->size_bytes == 0;
	return 0;
}

/* The table's own bytes are the only hole that a loader can have. */
static int check_holes(struct reader *reader, cfg_t *section)
{
	for (unsigned i = 0; i < cfg_size(section, "holes"); i++) {
		unsigned start = 0, end = 0;
		char rest;

		if (sscanf(cfg_getnstr(section, "holes", i), " ( %u ; %u ) %c", &start, &end,
			    &rest) != 2 ||
			start != TABLE_HEAD_START || end != TABLE_HEAD_END)
			return word_fail(&reader->words,
				word_line_of(&reader->words, section, "holes"),
				"a hole can only be that of the partition table, (440; 512)");
	}
	return 0;
}

/* A section without an image, and without a partition, only keeps its place free. */
static int keep_free(struct reader *reader, cfg_t *section)
{
	uint64_t offset = 0, size = 0;
	int r = word_size(&reader->words, section, "offset", &offset);

	if (r == 0)
		r = word_size(&reader->words, section, "size", &size);
	if (r == 0 && offset + size > reader->kept_bytes)
		reader->kept_bytes = offset + size;
	return r;
}

static int add_blob(struct reader *reader, cfg_t *section, const struct layout_partition *in)
{
	struct layout *layout = reader->layout;
	struct layout_blob *blob = &layout->blobs[layout->blob_count];
	const char *image = word_text(section, "image");
	int r;

	if (layout->blob_count == LAYOUT_BLOBS_MAX)
		return word_fail(&reader->words, word_line(&reader->words, section),
			"there are more than %d images", LAYOUT_BLOBS_MAX);
	layout->blob_count++;
	blob->line = word_line_of(&reader->words, section, "image");
	(void)STR_COPY(blob->name, cfg_title(section));
	if (!STR_COPY(blob->file, image))
		return word_fail(&reader->words, blob->line, "the name of the image is too long");
	if (in) {
		blob->target = BLOB_PARTITION;
		(void)STR_COPY(blob->partition, in->name);
		return 0;
	}
	r = word_size(&reader->words, section, "offset", &blob->offset_bytes);
	return r == 0 ? word_size(&reader->words, section, "size", &blob->max_bytes) : r;
}

/* ---- filesystems that other sections describe ---- */

static bool names_files(cfg_t *vfat)
{
	return cfg_size(vfat, "files") > 0 || cfg_size(vfat, "file") > 0;
}

/* The section that describes the image of that name as a vfat with files, or NULL. */
static cfg_t *find_vfat(const struct reader *reader, const char *name)
{
	for (unsigned i = 0; i < cfg_size(reader->root, "image"); i++) {
		cfg_t *image = cfg_getnsec(reader->root, "image", i);

		if (strcmp(cfg_title(image), name) == 0 && cfg_size(image, "vfat") > 0 &&
			names_files(cfg_getsec(image, "vfat")))
			return image;
	}
	return NULL;
}

static int add_copies(struct reader *reader, cfg_t *vfat, size_t index)
{
	const char *folder = reader->files->folder;
	struct diag why;

	for (unsigned i = 0; i < cfg_size(vfat, "file"); i++) {
		cfg_t *file = cfg_getnsec(vfat, "file", i);
		const char *image = word_text(file, "image");

		if (!image)
			return word_fail(&reader->words,
				word_line(&reader->words, cfg_getopt(vfat, "file")),
				"file %s has no image", cfg_title(file));
		if (layout_add_named_copy(
			    reader->layout, index, cfg_title(file), image, folder, &why) < 0)
			return word_fail(&reader->words,
				word_line_of(&reader->words, file, "image"), "%s", why.text);
	}
	for (unsigned i = 0; i < cfg_size(vfat, "files"); i++)
		if (layout_add_named_copy(reader->layout, index, "", cfg_getnstr(vfat, "files", i),
			    folder, &why) < 0)
			return word_fail(&reader->words,
				word_line_of(&reader->words, vfat, "files"), "%s", why.text);
	return 0;
}

/* Takes the size of the image, as genimage does, unless the partition has one of its own. */
static int take_image_size(struct reader *reader, cfg_t *image, struct layout_partition *p)
{
	uint64_t align = p->align_bytes ? p->align_bytes : reader->layout->align_bytes, size = 0;
	int r = word_size(&reader->words, image, "size", &size);

	size = (size + align - 1) / align * align;
	if (p->grow && p->min_bytes == 0)
		p->min_bytes = size;
	if (p->fits_blob)
		p->size_bytes = size;
	p->fits_blob = false;
	return r == 0 && !p->grow && p->size_bytes == 0
		       ? word_fail(&reader->words, p->line,
				 "neither partition %s nor its image %s has a size", p->name,
				 cfg_title(image))
		       : r;
}

/* Describes @p as the filesystem of @image, which boardstrap makes itself. */
static int add_vfat(struct reader *reader, cfg_t *image, struct layout_partition *p)
{
	cfg_t *vfat = cfg_getsec(image, "vfat");
	const char *label = word_text(vfat, "label"), *options = word_text(vfat, "extraargs");
	size_t index = (size_t)(p - reader->layout->partitions);
	struct diag why;
	int r = take_image_size(reader, image, p);

	if (r < 0)
		return r;
	p->fs = FS_VFAT;
	if (strchr(p->name, '/') || !STR_FORMAT(p->mount, "/%s", p->name))
		(void)STR_FORMAT(p->mount, "/partition%zu", index + 1);
	if (label && !STR_COPY(p->label, label))
		return word_wrong(&reader->words, vfat, "label", "at most 11 bytes");
	p->label_is_set = label && label[0];
	if (options && (!STR_COPY(p->mkfs_options, options) ||
			       mkfs_check_options(FS_VFAT, options, &why) < 0))
		return word_wrong(
			&reader->words, vfat, "extraargs", "mkfs-options that boardstrap(1) lists");
	return add_copies(reader, vfat, index);
}

/* The content of a partition is an image; or, if that is not there, the filesystem that is described. */
static int add_content(struct reader *reader, cfg_t *section, struct layout_partition *p)
{
	const struct genimage_files *files = reader->files;
	const char *name = word_text(section, "image");
	cfg_t *image = name ? find_vfat(reader, name) : NULL;

	if (image && !files->has(files->arg, p->name, name))
		return add_vfat(reader, image, p);
	return name ? add_blob(reader, section, p) : 0;
}

/* A section describes a partition, or a loader outside of the table. */
static int read_section(struct reader *reader, cfg_t *section)
{
	struct layout *layout = reader->layout;
	struct layout_partition *p = &layout->partitions[layout->count];
	bool is_partition = true;
	int r = word_bool(&reader->words, section, "in-partition-table", &is_partition);

	for (const char *c = cfg_title(section); *c; c++)
		if (*c < ' ' || *c > '~')
			return word_fail(&reader->words, word_line(&reader->words, section),
				"the name of a partition must be plain ASCII");
	if (r == 0)
		r = refuse_flags(reader, section);
	if (r == 0)
		r = check_holes(reader, section);
	if (r < 0)
		return r;
	if (!is_partition)
		return word_text(section, "image") ? add_blob(reader, section, NULL)
						   : keep_free(reader, section);
	if (layout->count == LAYOUT_PARTITIONS_MAX)
		return word_fail(&reader->words, word_line(&reader->words, section),
			"there are more than %d partitions", LAYOUT_PARTITIONS_MAX);
	p->line = word_line(&reader->words, section);
	p->type_mbr = LAYOUT_NO_TYPE;
	if (!STR_COPY(p->name, cfg_title(section)) || p->name[0] == '\0')
		return word_fail(
			&reader->words, p->line, "the name of a partition must have 1 to 35 bytes");
	r = read_partition(reader, section, p);
	if (r < 0)
		return r;
	layout->count++;
	return add_content(reader, section, p);
}

static int read_image(struct reader *reader, cfg_t *image)
{
	struct layout *layout = reader->layout;
	int r = read_disk(reader, cfg_getsec(image, "hdimage"));

	(void)STR_COPY(layout->name, cfg_title(image));
	for (unsigned i = 0; r == 0 && i < cfg_size(image, "partition"); i++)
		r = read_section(reader, cfg_getnsec(image, "partition", i));
	return r;
}

/* genimage_text_reduce leaves just one image that is a disk. */
static int read_images(struct reader *reader)
{
	unsigned i = 0;

	while (cfg_size(cfg_getnsec(reader->root, "image", i), "hdimage") == 0)
		i++;
	return read_image(reader, cfg_getnsec(reader->root, "image", i));
}

/* ---- libConfuse ---- */

/* libConfuse passes no user data to its callbacks. */
static struct reader *reading;

/* While a section is read, the line of the one around it is that where it began. */
static int on_value(cfg_t *open, cfg_opt_t *option)
{
	cfg_t *root = reading->root;
	const cfg_t *image = cfg_getnsec(root, "image", cfg_size(root, "image") - 1);

	if (open != image && word_line(&reading->words, open) == 0)
		word_keep(&reading->words, open, image->line);
	word_keep(&reading->words, option, open->line);
	return 0;
}

static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *format, va_list args)
{
	char text[sizeof(reading->words.diag->text)];

	(void)str_vformat(text, sizeof(text), format, args);
	(void)word_fail(&reading->words, cfg->line, "%s", text);
}

#define WORD(text)                                                                                 \
	{                                                                                          \
		.name = (text), .type = CFGT_STR, .flags = CFGF_NODEFAULT, .validcb = on_value     \
	}

#define WORDS(text)                                                                                \
	{                                                                                          \
		.name = (text), .type = CFGT_STR, .flags = CFGF_LIST | CFGF_NODEFAULT,             \
		.validcb = on_value                                                                \
	}

static int parse(struct reader *reader, char *text, size_t size)
{
	cfg_opt_t disk[] = {WORD("align"), WORD("disk-signature"), WORD("disk-uuid"),
		WORD("partition-table"), WORD("extended-partition"), WORD("partition-table-type"),
		WORD("gpt"), WORD("gpt-location"), WORD("gpt-no-backup"), WORD("fill"), CFG_END()};
	cfg_opt_t partition[] = {WORD("offset"), WORD("size"), WORD("align"),
		WORD("partition-type"), WORD("bootable"), WORD("forced-primary"), WORD("read-only"),
		WORD("hidden"), WORD("no-automount"), WORD("fill"), WORD("sparse"), WORD("image"),
		WORDS("holes"), WORD("imageoffset"), WORD("autoresize"), WORD("in-partition-table"),
		WORD("partition-uuid"), WORD("partition-type-uuid"), CFG_END()};
	cfg_opt_t file[] = {WORD("image"), CFG_END()};
	cfg_opt_t vfat[] = {WORD("label"), WORD("extraargs"), WORDS("files"),
		CFG_SEC("file", file, CFGF_MULTI | CFGF_TITLE), CFG_END()};
	/* libConfuse makes a section that is not there, unless it may be there more than once. */
	cfg_opt_t image[] = {WORD("name"), WORD("size"), WORD("temporary"),
		CFG_SEC("hdimage", disk, CFGF_MULTI), CFG_SEC("vfat", vfat, CFGF_MULTI),
		CFG_SEC("partition", partition, CFGF_MULTI | CFGF_TITLE), CFG_END()};
	cfg_opt_t top[] = {CFG_SEC("image", image, CFGF_MULTI | CFGF_TITLE), CFG_END()};
	FILE *stream = fmemopen(text, size, "r");
	cfg_t *root = cfg_init(top, CFGF_NONE);
	int r = -ENOMEM;

	if (root && stream) {
		reader->root = root;
		reading = reader;
		(void)cfg_set_error_function(root, on_error);
		r = cfg_parse_fp(root, stream) == CFG_SUCCESS
			    ? read_images(reader)
			    : word_fail(&reader->words, root->line, "syntax error");
		reading = NULL;
	}
	if (root)
		(void)cfg_free(root);
	if (stream)
		(void)fclose(stream);
	return r;
}

static bool has_file(void *arg, const char *image)
{
	const struct genimage_files *files = arg;

	return files->has(files->arg, NULL, image);
}

int genimage_read(char *text, size_t size, const struct genimage_files *files, struct layout *ret,
	struct diag *diag)
{
	_cleanup_free_ struct reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return diag_fail(diag, -ENOMEM, "the layout could not be read: out of memory");
	memset(ret, 0, sizeof(*ret));
	reader->layout = ret;
	reader->files = files;
	reader->words.diag = diag;
	if (strlen(text) != size)
		return diag_fail(diag, -EINVAL, "this is not a text file: it contains a NUL byte");
	r = genimage_text_reduce(text, has_file, (void *)(uintptr_t)files, diag);
	return r == 0 ? parse(reader, text, size) : r;
}
