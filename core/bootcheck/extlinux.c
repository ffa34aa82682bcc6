/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/extlinux.h"

#include "core/bootcheck/boot_draft.h"
#include "core/bootcheck/lines.h"

#include <string.h>
#include <strings.h>

#define NAME_BYTES 256

struct label {
	struct boot_draft draft;
	char name[NAME_BYTES];
	const char *kernel;  /* "FILE#CONF", as the file has it */
	const char *initrds; /* with commas */
	bool is_begun;
	bool is_local;
	bool is_over; /* for U-Boot, by a keyword that it lacks */
};

struct parser {
	struct lines lines;
	struct label label;
	unsigned outside; /* mask of the parts that are set outside of all labels */
	char wanted[NAME_BYTES], menu_wanted[NAME_BYTES]; /* default labels */
	bool includes;
	int (*ended)(void *arg, struct label *label); /* for each label; may be NULL */
	void *arg;
};

/* For keywords whose first value U-Boot takes, and whose last value SYSLINUX takes. */
static void set_once(struct label *label, unsigned part, const char **field, const char *value)
{
	if (!*field)
		boot_draft_set(&label->draft, part, field, value);
	else if (strcmp(*field, value) != 0)
		label->draft.entry.unknown |= part;
}

static void set_kernel(struct label *label, char *value)
{
	boot_draft_set(&label->draft, BOOT_KERNEL, &label->kernel, value);
}

static void set_initrd(struct label *label, char *value)
{
	set_once(label, BOOT_INITRD, &label->initrds, value);
}

static void set_fdt(struct label *label, char *value)
{
	set_once(label, BOOT_FDT, &label->draft.entry.fdt, value);
}

static void set_fdt_dir(struct label *label, char *value)
{
	set_once(label, BOOT_FDT, &label->draft.entry.fdt_dir, value);
}

static void add_overlays(struct label *label, char *value)
{
	if (label->draft.entry.overlay_count > 0)
		label->draft.entry.unknown |= BOOT_OVERLAY;
	for (char *word; (word = word_next(&value));)
		boot_draft_add_overlay(&label->draft, word);
}

/* Takes the first word initrd= as the initrd, unless the label has one. */
static void set_append(struct label *label, char *value)
{
	boot_draft_set(&label->draft, BOOT_COMMAND_LINE, &label->draft.entry.command_line, value);
	for (char *word; (word = word_next(&value));)
		if (str_has_prefix(word, "initrd="))
			set_initrd(label, word + strlen("initrd="));
}

static void set_local(struct label *label, char *value)
{
	(void)value;
	label->is_local = true;
}

/* Other programs of SYSLINUX, not kernels. */
static void set_program(struct label *label, char *value)
{
	(void)value;
	label->draft.entry.unknown |= BOOT_KERNEL;
}

static void ignore(struct label *label, char *value)
{
	(void)label;
	(void)value;
}

/* The keywords of a label. */
static const struct keyword {
	const char *name;
	void (*set)(struct label *label, char *value);
	unsigned part;
	bool syslinux_only;
} keywords[] = {
	{"kernel", set_kernel, BOOT_KERNEL, false},
	{"linux", set_kernel, BOOT_KERNEL, false},
	{"fit", set_kernel, BOOT_KERNEL, false},
	{"append", set_append, BOOT_COMMAND_LINE, false},
	{"initrd", set_initrd, BOOT_INITRD, false},
	{"fdt", set_fdt, BOOT_FDT, false},
	{"devicetree", set_fdt, BOOT_FDT, false},
	{"fdtdir", set_fdt_dir, BOOT_FDT, false},
	{"devicetreedir", set_fdt_dir, BOOT_FDT, false},
	{"fdtoverlays", add_overlays, BOOT_OVERLAY, false},
	{"devicetree-overlay", add_overlays, BOOT_OVERLAY, false},
	{"localboot", set_local, 0, false},
	{"ipappend", ignore, 0, false},
	{"kaslrseed", ignore, 0, false},
	{"com32", set_program, BOOT_KERNEL, true},
	{"config", set_program, BOOT_KERNEL, true},
	{"boot", set_program, BOOT_KERNEL, true},
	{"bss", set_program, BOOT_KERNEL, true},
	{"pxe", set_program, BOOT_KERNEL, true},
	{"comboot", set_program, BOOT_KERNEL, true},
	{"fdimage", set_program, BOOT_KERNEL, true},
};

static const struct keyword *find_keyword(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strcasecmp(keywords[i].name, name) == 0)
			return &keywords[i];
	return NULL;
}

static void begin_label(struct parser *parser, const char *name)
{
	struct label *label = &parser->label;

	boot_draft_begin(&label->draft, parser->lines.number);
	(void)STR_COPY(label->name, name);
	label->kernel = label->initrds = NULL;
	label->is_begun = true;
	label->is_local = label->is_over = false;
	boot_draft_set(&label->draft, 0, &label->draft.entry.title, name);
}

/* A path that only the loader knows is unknown. */
static void drop_elsewhere(struct boot_entry *entry, unsigned part, const char **path)
{
	if (!*path || !boot_path_is_elsewhere(*path))
		return;
	entry->unknown |= part;
	*path = NULL;
}

static void finish_kernel(struct label *label)
{
	struct boot_entry *entry = &label->draft.entry;
	size_t length;
	char *conf;

	if (!label->kernel)
		return;
	boot_draft_set(&label->draft, BOOT_KERNEL, &entry->kernel, label->kernel);
	drop_elsewhere(entry, BOOT_KERNEL, &entry->kernel);
	length = entry->kernel ? strlen(entry->kernel) : 0;
	if (length > 4 && strcasecmp(entry->kernel + length - 4, ".c32") == 0) {
		entry->unknown |= BOOT_KERNEL;
		entry->kernel = NULL;
	}
	conf = entry->kernel ? strchr(entry->kernel, '#') : NULL;
	if (conf)
		*conf = '\0';
}

static void finish_initrds(struct label *label)
{
	struct boot_entry *entry = &label->draft.entry;
	char list[LINE_MAX_BYTES], *state = NULL;

	if (!label->initrds || (label->kernel && strcmp(label->initrds, label->kernel) == 0))
		return;
	drop_elsewhere(entry, BOOT_INITRD, &label->initrds);
	if (!label->initrds || !STR_COPY(list, label->initrds))
		return;
	for (char *path = strtok_r(list, ",", &state); path; path = strtok_r(NULL, ",", &state))
		boot_draft_add_initrd(&label->draft, path);
}

static void finish_fdt(struct label *label)
{
	struct boot_entry *entry = &label->draft.entry;

	drop_elsewhere(entry, BOOT_FDT, &entry->fdt);
	drop_elsewhere(entry, BOOT_FDT, &entry->fdt_dir);
	if (entry->fdt && (strcmp(entry->fdt, "-") == 0 ||
				  (label->kernel && strcmp(entry->fdt, label->kernel) == 0)))
		entry->fdt = entry->fdt_dir = NULL;
	for (size_t i = 0; i < entry->overlay_count; i++) {
		if (!boot_path_is_elsewhere(entry->overlays[i]))
			continue;
		entry->unknown |= BOOT_OVERLAY;
		entry->overlays[i--] = entry->overlays[--entry->overlay_count];
	}
}

static int end_label(struct parser *parser)
{
	struct label *label = &parser->label;
	struct boot_entry *entry = &label->draft.entry;

	if (!label->is_begun)
		return 0;
	label->is_begun = false;
	if (label->is_local) {
		*entry = (struct boot_entry){.title = entry->title, .line = entry->line};
	} else {
		if (!label->kernel)
			entry->unknown |= parser->outside & BOOT_KERNEL;
		if (!label->initrds)
			entry->unknown |= parser->outside & BOOT_INITRD;
		if (!entry->command_line)
			entry->unknown |= parser->outside & BOOT_COMMAND_LINE;
		else if (strchr(entry->command_line, '$'))
			entry->unknown |= BOOT_COMMAND_LINE;
		else if (strcmp(entry->command_line, "-") == 0)
			entry->command_line = NULL;
		finish_initrds(label);
		finish_fdt(label);
		finish_kernel(label);
	}
	return parser->ended ? parser->ended(parser->arg, label) : 0;
}

static int read_include(struct parser *parser, const char *path)
{
	char title[NAME_BYTES];
	int r = end_label(parser);

	if (r != 0)
		return r;
	parser->includes = true;
	begin_label(parser, "");
	(void)STR_FORMAT(title, "include %s", path);
	boot_draft_set(&parser->label.draft, 0, &parser->label.draft.entry.title, title);
	parser->label.draft.entry.unknown = BOOT_ALL;
	parser->label.is_begun = false;
	return parser->ended ? parser->ended(parser->arg, &parser->label) : 0;
}

static int read_menu(struct parser *parser, char *value)
{
	struct label *label = &parser->label;
	char *keyword = word_next(&value);

	if (!keyword)
		return 0;
	value = text_trim(value);
	if (strcasecmp(keyword, "include") == 0)
		return read_include(parser, value);
	if (!label->is_begun)
		return 0;
	if (strcasecmp(keyword, "default") == 0 && parser->menu_wanted[0] == '\0')
		(void)STR_COPY(parser->menu_wanted, label->name);
	if (strcasecmp(keyword, "label") == 0)
		boot_draft_set(&label->draft, 0, &label->draft.entry.title, value);
	return 0;
}

static void read_part(struct parser *parser, const struct keyword *keyword, char *value)
{
	struct label *label = &parser->label;

	if (!label->is_begun) {
		parser->outside |= keyword->part;
		return;
	}
	if (keyword->syslinux_only)
		label->is_over = true;
	if (parser->lines.is_cut || label->is_over)
		label->draft.entry.unknown |= keyword->part;
	if (*value != '\0' && *value != '#')
		keyword->set(label, value);
}

static int read_line(struct parser *parser, char *line)
{
	char *name = word_next(&line), *value = text_trim(line);
	const struct keyword *keyword;
	int r = 0;

	if (!name || *name == '#')
		return 0;
	keyword = find_keyword(name);
	if (keyword) {
		read_part(parser, keyword, value);
	} else if (strcasecmp(name, "menu") == 0) {
		r = read_menu(parser, value);
	} else if (strcasecmp(name, "label") == 0) {
		r = end_label(parser);
		begin_label(parser, value);
	} else if (strcasecmp(name, "include") == 0) {
		r = read_include(parser, value);
	} else {
		if (*value != '\0' &&
			(strcasecmp(name, "default") == 0 || strcasecmp(name, "ontimeout") == 0))
			(void)STR_COPY(parser->wanted, value);
		parser->label.is_over = true;
	}
	return r;
}

/* Reads the whole file; parser->ended and arg are set. */
static int read_file(struct parser *parser, const char *text, size_t size)
{
	int r = 0;

	lines_begin(&parser->lines, text, size);
	parser->label.is_begun = false;
	for (char *line; r == 0 && (line = lines_next(&parser->lines));)
		r = read_line(parser, line);
	return r != 0 ? r : end_label(parser);
}

/* Labels have numbers from 1 on; 0: no label. */
struct search {
	const struct parser *parser;
	unsigned at, wanted, menu_wanted;
};

static int find_default(void *arg, struct label *label)
{
	struct search *search = arg;

	search->at++;
	if (search->wanted == 0 && *search->parser->wanted &&
		strcmp(label->name, search->parser->wanted) == 0)
		search->wanted = search->at;
	if (search->menu_wanted == 0 && *search->parser->menu_wanted &&
		strcmp(label->name, search->parser->menu_wanted) == 0)
		search->menu_wanted = search->at;
	return 0;
}

struct delivery {
	unsigned at, default_at;
	boot_entry_fn each;
	void *arg;
};

static int deliver(void *arg, struct label *label)
{
	struct delivery *delivery = arg;

	label->draft.entry.is_default = ++delivery->at == delivery->default_at;
	return delivery->each(delivery->arg, &label->draft.entry);
}

int extlinux_each(const char *text, size_t size, boot_entry_fn each, void *arg)
{
	struct parser parser = {0};
	struct search search = {.parser = &parser};
	struct delivery delivery = {.each = each, .arg = arg};
	int r;

	/* First the names of the default and what is set outside, which can be anywhere. */
	r = read_file(&parser, text, size);
	parser.ended = find_default;
	parser.arg = &search;
	if (r == 0)
		r = read_file(&parser, text, size);
	if (search.wanted > 0)
		delivery.default_at = search.wanted;
	else if (search.menu_wanted > 0)
		delivery.default_at = search.menu_wanted;
	else
		delivery.default_at = parser.includes ? 0 : 1;
	parser.ended = deliver;
	parser.arg = &delivery;
	return r != 0 ? r : read_file(&parser, text, size);
}
