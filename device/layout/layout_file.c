/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_file.h"

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/genimage.h"
#include "device/layout/genimage_text.h"
#include "device/layout/id.h"
#include "device/layout/layout_archive.h"
#include "device/layout/layout_blob.h"
#include "device/layout/layout_copy.h"
#include "device/layout/layout_keywords.h"
#include "device/layout/layout_text.h"
#include "device/layout/mkfs.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".conf"

static const struct {
	const char *name;
	cfg_flag_t flags;
} sections[SECTION_COUNT] = {
	[SECTION_DISK] = {"disk", CFGF_NONE},
	[SECTION_PARTITION] = {"partition", CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES},
	[SECTION_BLOB] = {"blob", CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES},
	[SECTION_EMMC] = {"emmc", CFGF_NONE},
};

struct parser {
	struct layout layout;
	const char *path; /* of the file */
	char folder[sizeof(((struct layout_blob *)0)->file)];
	const struct blob_choices *choices;
	const cfg_t *root;
	const cfg_t *open;	     /* the current section, or NULL */
	enum layout_section section; /* kind of the current section */
	int line;		     /* where the current section begins */
	void *object;		     /* object that the section describes */
	unsigned words;		     /* keywords of the section so far, one bit each */
	unsigned sections;	     /* kinds of sections so far, one bit each */
	int error;		     /* the first error; its text is in diag */
	struct diag *diag;
};

/* libConfuse passes no user data to its callbacks. */
static struct parser *parsing;

static int fail(struct parser *parser, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct parser *parser, int line, const char *format, ...)
{
	va_list args;

	if (parser->error < 0)
		return parser->error;
	parser->diag->line = line;
	va_start(args, format);
	(void)str_vformat(parser->diag->text, sizeof(parser->diag->text), format, args);
	va_end(args);
	str_sanitise(parser->diag->text);
	parser->error = -EINVAL;
	return parser->error;
}

/* ---- sections ---- */

static bool has_word(const struct parser *parser, const char *name)
{
	const struct layout_keyword *word = layout_keyword_find(parser->section, name);

	return word && (parser->words & 1u << (word - layout_keywords));
}

/* Allocates the next partition or blob; NULL if there are too many. */
static void *next_object(struct layout *layout, enum layout_section section, int line, char **name)
{
	struct layout_partition *p = &layout->partitions[layout->count];
	struct layout_blob *blob = &layout->blobs[layout->blob_count];

	if (section == SECTION_PARTITION && layout->count < LAYOUT_PARTITIONS_MAX) {
		layout->count++;
		p->line = line;
		p->blobs_before = (unsigned)layout->blob_count;
		p->type_mbr = LAYOUT_NO_TYPE;
		*name = p->name;
		return p;
	}
	if (section == SECTION_BLOB && layout->blob_count < LAYOUT_BLOBS_MAX) {
		layout->blob_count++;
		blob->line = line;
		*name = blob->name;
		return blob;
	}
	return NULL;
}

_Static_assert(sizeof(((struct layout_partition *)0)->name) == 36 &&
		       sizeof(((struct layout_blob *)0)->name) == 36,
	"both names are as long");

/* Starts the section @open unless it has been started. While a section is read, the line of the
 * root remains the one where the section begins. */
static int begin_section(struct parser *parser, const cfg_t *open)
{
	struct layout *layout = &parser->layout;
	int line = parser->root->line;
	unsigned section = 0;
	char *name;

	if (parser->open == open)
		return 0;
	while (strcmp(sections[section].name, open->name) != 0)
		section++;
	if (!(sections[section].flags & CFGF_MULTI) && (parser->sections & 1u << section))
		return fail(parser, line, "there are two %s sections", open->name);
	parser->open = open;
	parser->section = (enum layout_section)section;
	parser->line = line;
	parser->sections |= 1u << section;
	parser->words = 0;
	parser->object = section == SECTION_EMMC ? (void *)&layout->emmc : layout;
	if (!(sections[section].flags & CFGF_MULTI))
		return 0;
	parser->object = next_object(layout, parser->section, line, &name);
	if (!parser->object)
		return fail(parser, line, "there are more than %d %s sections",
			section == SECTION_BLOB ? LAYOUT_BLOBS_MAX : LAYOUT_PARTITIONS_MAX,
			open->name);
	if (open->title[0] == '\0' || !str_copy(name, 36, open->title))
		return fail(parser, line, "the name of a %s must have 1 to 35 bytes",
			sections[section].name);
	return 0;
}

static int end_disk(struct parser *parser, struct layout *layout)
{
	if (layout->disk_uuid[0] != '\0' &&
		!id_of_disk(layout->table, layout->disk_uuid, layout->disk_uuid))
		return fail(parser, parser->line, "id %s is not valid for the table %s: use %s",
			layout->disk_uuid, layout->table == TABLE_GPT ? "gpt" : "mbr",
			layout->table == TABLE_GPT ? "a UUID" : "8 hexadecimal digits");
	return 0;
}

/* The file may be missing: the operator may give another. */
static int end_archive(struct parser *parser, const struct layout_partition *p, const char *written)
{
	char path[sizeof(((struct layout_archive *)0)->file)];
	struct diag why;

	if (!(written[0] == '/' ? STR_COPY(path, written)
				: STR_FORMAT(path, "%s/%s", parser->folder, written)))
		return fail(parser, p->line, "the path of the archive of partition %s is too long",
			p->name);
	if (layout_set_archive(
		    &parser->layout, (size_t)(p - parser->layout.partitions), path, &why) < 0)
		return fail(parser, p->line, "%s", why.text);
	return 0;
}

static int end_files(struct parser *parser, const struct layout_partition *p, cfg_t *open)
{
	struct layout *layout = &parser->layout;
	struct diag why;

	for (unsigned i = 0; i < cfg_size(open, "files"); i++)
		if (layout_add_copy(layout, (size_t)(p - layout->partitions),
			    cfg_getnstr(open, "files", i), parser->folder, &why) < 0)
			return fail(parser, p->line, "%s", why.text);
	return 0;
}

/* Looks for the file that the layout names. Only a file that is not there
 * is no mistake: another one can be given in place of it. */
static int find_file(struct parser *parser, struct layout_blob *blob)
{
	char written[sizeof(blob->file)];
	struct diag why;
	int r;

	STR_COPY(written, blob->file);
	blob->missing = ENOENT;
	if (written[0] == '\0')
		return 0;
	if (written[0] != '/' && !STR_FORMAT(blob->file, "%s/%s", parser->folder, written))
		return fail(parser, blob->line, "blob %s: the path of its file is too long",
			blob->name);
	r = layout_blob_take(blob, blob->file, &why);
	if (r == -EINVAL || r == -ENAMETOOLONG)
		return fail(parser, blob->line, "%s", why.text);
	if (r < 0)
		blob->missing = -r;
	return 0;
}

static int take_file(struct parser *parser, struct layout_blob *blob)
{
	const char *chosen = blob_choices_file(parser->choices, blob->name);
	struct diag why;

	if (!chosen)
		return find_file(parser, blob);
	blob->is_given = true;
	return layout_blob_take(blob, chosen, &why) < 0 ? fail(parser, blob->line, "%s", why.text)
							: 0;
}

/* The content of a partition is a blob with its name. */
static int end_image(struct parser *parser, struct layout_partition *p, const char *image)
{
	struct layout *layout = &parser->layout;
	struct layout_blob *blob = &layout->blobs[layout->blob_count];

	if (has_word(parser, "format") && p->fs != FS_NONE)
		return fail(parser, p->line, "partition %s has an image and also the format %s",
			p->name, fs_name(p->fs));
	if (layout->blob_count == LAYOUT_BLOBS_MAX)
		return fail(parser, p->line, "there are more than %d blobs", LAYOUT_BLOBS_MAX);
	layout->blob_count++;
	*blob = (struct layout_blob){.target = BLOB_PARTITION, .line = p->line};
	(void)STR_COPY(blob->name, p->name);
	(void)STR_COPY(blob->partition, p->name);
	(void)STR_COPY(blob->file, image);
	p->fits_blob = !p->grow && p->size_bytes == 0;
	return take_file(parser, blob);
}

static int end_partition(struct parser *parser, struct layout_partition *p, cfg_t *open)
{
	const char *image = cfg_getstr(open, "image"), *archive = cfg_getstr(open, "archive");
	struct diag why;

	if (image && end_image(parser, p, image) < 0)
		return parser->error;
	if (!has_word(parser, "type"))
		layout_default_type(p);
	if (!p->grow && !p->fits_blob && p->size_bytes == 0)
		return fail(parser, p->line, "partition %s has no size and does not grow", p->name);
	if (!p->grow && p->min_bytes > 0)
		return fail(parser, p->line, "partition %s has a min but does not grow", p->name);
	if (p->fs_uuid[0] != '\0' && !id_of_fs(p->fs, p->fs_uuid, p->fs_uuid))
		return fail(parser, p->line,
			"uuid %s of partition %s is not valid for the format %s", p->fs_uuid,
			p->name, fs_name(p->fs));
	p->label_is_set = has_word(parser, "label");
	if (mkfs_check_options(p->fs, p->mkfs_options, &why) < 0)
		return fail(parser, p->line, "partition %s: %s", p->name, why.text);
	if (archive && end_archive(parser, p, archive) < 0)
		return parser->error;
	return end_files(parser, p, open);
}

static int end_blob(struct parser *parser, struct layout_blob *blob)
{
	if (blob->target == BLOB_DISK && !has_word(parser, "offset"))
		return fail(parser, blob->line, "blob %s has no offset", blob->name);
	return take_file(parser, blob);
}

/* ---- libConfuse ---- */

static int on_value(cfg_t *open, cfg_opt_t *option, const char *value, void *result)
{
	struct parser *parser = parsing;
	const struct layout_keyword *word;
	unsigned bit;

	*(const char **)result = value;
	if (begin_section(parser, open) < 0)
		return -1;
	word = layout_keyword_find(parser->section, option->name);
	bit = 1u << (word - layout_keywords);
	if (parser->words & bit && !(layout_keyword_is_list(word) && option->nvalues > 1))
		return fail(parser, open->line, "%s is given twice", word->name);
	parser->words |= bit;
	if (!word->take(word, value, parser->object))
		return fail(parser, open->line, "%s = \"%.40s\": must be %s", word->name, value,
			word->what);
	return 0;
}

/* libConfuse calls this at the closing brace of a section. */
static int on_section(cfg_t *root, cfg_opt_t *option)
{
	struct parser *parser = parsing;
	cfg_t *open = cfg_opt_getnsec(option, option->nvalues - 1);
	int r = begin_section(parser, open);

	(void)root;
	if (r == 0 && parser->section == SECTION_DISK)
		r = end_disk(parser, parser->object);
	if (r == 0 && parser->section == SECTION_PARTITION)
		r = end_partition(parser, parser->object, open);
	if (r == 0 && parser->section == SECTION_BLOB)
		r = end_blob(parser, parser->object);
	parser->open = NULL;
	return r;
}

static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *format, va_list args)
{
	char text[sizeof(parsing->diag->text)];
	bool inside = cfg != parsing->root;

	(void)str_vformat(text, sizeof(text), format, args);
	(void)fail(parsing, cfg->line, "%s%s%s", inside ? cfg->name : "", inside ? ": " : "", text);
}

/* Builds the option tables of libConfuse from the keywords. */
static void list_options(
	cfg_opt_t top[SECTION_COUNT + 1], cfg_opt_t options[SECTION_COUNT][LAYOUT_KEYWORDS_MAX])
{
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		cfg_opt_t *option = options[i];

		for (const struct layout_keyword *word = layout_keywords; word->name; word++)
			if (word->section == i)
				*option++ = (cfg_opt_t){.name = word->name,
					.type = CFGT_STR,
					.flags = CFGF_NODEFAULT |
						 (layout_keyword_is_list(word) ? CFGF_LIST : 0),
					.parsecb = on_value};
		top[i] = (cfg_opt_t){.name = sections[i].name,
			.type = CFGT_SEC,
			.flags = sections[i].flags,
			.subopts = options[i],
			.validcb = on_section};
	}
}

static int read_sections(struct parser *parser, char *text, size_t size)
{
	cfg_opt_t options[SECTION_COUNT][LAYOUT_KEYWORDS_MAX] = {0}, top[SECTION_COUNT + 1] = {0};
	FILE *stream = fmemopen(text, size, "r");
	cfg_t *root;
	int r = -ENOMEM;

	list_options(top, options);
	root = cfg_init(top, CFGF_NONE);
	if (root && stream) {
		parser->root = root;
		parsing = parser;
		(void)cfg_set_error_function(root, on_error);
		r = cfg_parse_fp(root, stream) == CFG_SUCCESS
			    ? 0
			    : fail(parser, root->line, "syntax error");
		parsing = NULL;
	}
	if (root)
		(void)cfg_free(root);
	if (stream)
		(void)fclose(stream);
	return r;
}

static int read_layout(struct parser *parser, char *text, size_t size)
{
	int r = layout_text_clean(text, size, parser->diag);

	return r == 0 && size > 0 ? read_sections(parser, text, size) : r;
}

/* True if the operator has given the image, or it is in its folder. */
static bool has_image(void *arg, const char *partition, const char *image)
{
	const struct parser *parser = arg;
	char path[PATH_MAX];

	return (partition && blob_choices_file(parser->choices, partition)) ||
	       (STR_FORMAT(path, "%s/%s", image[0] == '/' ? "" : parser->folder, image) &&
		       access(path, F_OK) == 0);
}

static int read_genimage(struct parser *parser, char *text, size_t size)
{
	struct layout *layout = &parser->layout;
	const struct genimage_files files = {
		.folder = parser->folder, .has = has_image, .arg = parser};
	int r = genimage_read(text, size, &files, layout, parser->diag);

	(void)STR_COPY(layout->file, parser->path);
	(void)STR_COPY(layout->images, parser->folder);
	for (size_t i = 0; r == 0 && i < layout->blob_count; i++)
		r = take_file(parser, &layout->blobs[i]);
	return r;
}

/* ---- files and names ---- */

/* Sets the folder where relative paths of files begin: that of the layout file, or of the images. It is absolute:
 * the engine has another working directory. */
static bool set_folder(struct parser *parser, bool has_images)
{
	const char *images = has_images && parser->choices ? parser->choices->images : NULL;

	if (images)
		return path_make_absolute(images, parser->folder, sizeof(parser->folder));
	return STR_FORMAT(parser->folder, "%.*s", (int)(strrchr(parser->path, '/') - parser->path),
		parser->path);
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name);

	return length >= strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}

bool layout_has_suffix(const char *name)
{
	return ends_in(name, SUFFIX) || ends_in(name, ".cfg");
}

static void set_names(struct layout *layout)
{
	const char *name = strrchr(layout->file, '/') + 1;
	size_t length = strlen(name) - (ends_in(name, SUFFIX) ? strlen(SUFFIX) : 0);

	(void)STR_FORMAT(layout->name, "%.*s", (int)length, name);
	str_sanitise(layout->name);
	(void)STR_FORMAT(layout->summary, "%s, %zu partition%s", layout->file, layout->count,
		layout->count == 1 ? "" : "s");
	str_sanitise(layout->summary);
}

int layout_parse(const char *text, size_t size, const char *path,
	const struct blob_choices *choices, struct layout *ret, struct diag *diag)
{
	_cleanup_free_ char *copy = malloc(size + 1);
	_cleanup_free_ struct parser *parser = calloc(1, sizeof(*parser));
	struct layout placed;
	int r;

	if (!parser || !copy)
		return diag_fail(diag, -ENOMEM, "the layout could not be read: out of memory");
	memcpy(copy, text, size);
	copy[size] = '\0';
	parser->path = path;
	parser->choices = choices;
	parser->diag = diag;
	parser->layout.align_bytes = MIB(4);
	if (!STR_COPY(parser->layout.file, path) || !set_folder(parser, genimage_text_is(copy)))
		return diag_fail(diag, -ENAMETOOLONG, "the path of the layout is too long");
	r = genimage_text_is(copy) ? read_genimage(parser, copy, size)
				   : read_layout(parser, copy, size);
	if (r == -ENOMEM)
		return diag_fail(diag, r, "the layout could not be read: out of memory");
	set_names(&parser->layout);
	/* The smallest disk shows every overlap that any disk would show. */
	if (r == 0)
		r = layout_check(&parser->layout, diag);
	if (r == 0)
		r = layout_place(&parser->layout, layout_min_bytes(&parser->layout), SECTOR_BYTES,
			&placed, diag);
	if (r == 0)
		*ret = parser->layout;
	return r;
}

int layout_load(
	const char *path, const struct blob_choices *choices, struct layout *ret, struct diag *diag)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *absolute = NULL, *text = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return diag_fail(diag, -errno, "cannot be read: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return diag_fail(diag, -EINVAL, "is not a regular file");
	if (st.st_size > LAYOUT_FILE_MAX)
		return diag_fail(diag, -EINVAL, "is not a layout: it is larger than 64 KiB");
	absolute = realpath(path, NULL);
	text = malloc((size_t)st.st_size + 1);
	r = absolute && text ? read_full(fd, text, (size_t)st.st_size) : -errno;
	if (r < 0)
		return diag_fail(diag, r, "cannot be read: %s", strerror(-r));
	return layout_parse(text, (size_t)st.st_size, absolute, choices, ret, diag);
}

void layout_folder(char ret[256])
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	ret[0] = '\0';
	if (length < 0)
		return;
	program[length] = '\0';
	if (!str_format(ret, 256, "%s/../share/boardstrap/layouts", dirname(program)))
		ret[0] = '\0';
}

/* Lists the names of the built-in layouts, separated by commas. */
static void list_builtins(char *ret, size_t size)
{
	const struct layout *builtin;

	ret[0] = '\0';
	for (size_t i = 0; (builtin = layout_builtin(i)); i++) {
		size_t length = strlen(ret);

		(void)str_format(ret + length, size - length, "%s%s", i ? ", " : "", builtin->name);
	}
}

int layout_resolve(const char *name, const char *folder, const struct blob_choices *choices,
	struct layout *ret, struct diag *diag)
{
	bool is_path = strchr(name, '/') || layout_has_suffix(name);
	char path[PATH_MAX], names[128];
	struct diag cause = {0};
	struct layout found;
	int r;

	if (layout_find(name)) {
		r = blob_choices_check(choices, layout_find(name), diag);
		if (r == 0)
			*ret = *layout_find(name);
		return r;
	}
	if (is_path)
		(void)STR_COPY(path, name);
	else
		(void)STR_FORMAT(path, "%s/%s" SUFFIX, folder, name);
	if (!is_path && access(path, F_OK) < 0) {
		list_builtins(names, sizeof(names));
		return diag_fail(diag, -ENOENT,
			"there is no layout '%s': use %s, a layout from %s, or your own file "
			"with --layout ./FILE",
			name, names, folder);
	}
	r = layout_load(path, choices, &found, &cause);
	if (r == 0) {
		r = blob_choices_check(choices, &found, diag);
		if (r == 0)
			*ret = found;
		return r;
	}
	return cause.line > 0 ? diag_fail(diag, r, "%s:%d: %s", path, cause.line, cause.text)
			      : diag_fail(diag, r, "%s: %s", path, cause.text);
}
