/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/raspberry.h"

#include "core/bootcheck/lines.h"

#include "device/base/util.h"

#include <string.h>
#include <strings.h>

#define DEPTH_MAX    4
#define INCLUDES_MAX 32

/* The effect of a filter on the lines behind it. */
enum filter {
	FILTER_ALL,  /* they count */
	FILTER_NONE, /* they do not */
	FILTER_SOME, /* on some models */
};

struct reader {
	struct raspberry_config *config;
	enum filter filter;
	unsigned depth, includes;
	bool is_unknown; /* any setting may be another */
	raspberry_include_fn include;
	void *arg;
};

static void set_kernel(struct raspberry_config *config, char *value)
{
	struct boot_entry *entry = &config->draft.entry;

	entry->kernel = NULL;
	boot_draft_set(&config->draft, BOOT_KERNEL, &entry->kernel, value);
}

static void set_initrds(struct raspberry_config *config, char *value)
{
	char *state = NULL;

	config->draft.entry.initrd_count = 0;
	for (char *path = strtok_r(value, ",", &state); path; path = strtok_r(NULL, ",", &state))
		boot_draft_add_initrd(&config->draft, path);
}

/* The initrds are the last word but for the address. */
static void set_initramfs(struct raspberry_config *config, char *value)
{
	char *path = word_next(&value);

	set_initrds(config, path ? path : value);
}

static void set_auto_initramfs(struct raspberry_config *config, char *value)
{
	if (config->draft.entry.initrd_count == 0 && strcmp(value, "0") != 0)
		config->draft.entry.unknown |= BOOT_INITRD;
}

static void set_fdt(struct raspberry_config *config, char *value)
{
	struct boot_entry *entry = &config->draft.entry;

	entry->fdt = NULL;
	if (*value != '\0')
		boot_draft_set(&config->draft, BOOT_FDT, &entry->fdt, value);
}

static void add_overlay(struct raspberry_config *config, char *value)
{
	char path[LINE_MAX_BYTES];

	value[strcspn(value, ",:")] = '\0';
	if (*value != '\0' && STR_FORMAT(path, "%s%s.dtbo", config->overlay_prefix, value))
		boot_draft_add_overlay(&config->draft, path);
}

static void set_overlay_prefix(struct raspberry_config *config, char *value)
{
	if (config->draft.entry.overlay_count > 0)
		config->draft.entry.unknown |= BOOT_OVERLAY;
	boot_draft_set(&config->draft, BOOT_OVERLAY, &config->overlay_prefix, value);
}

static void set_os_prefix(struct raspberry_config *config, char *value)
{
	config->os_prefix = NULL;
	if (*value != '\0')
		boot_draft_set(&config->draft, BOOT_ALL, &config->os_prefix, value);
}

static void set_upstream(struct raspberry_config *config, char *value)
{
	if (!config->os_prefix && strcmp(value, "0") != 0)
		config->os_prefix = "upstream/";
}

static void set_command_line_file(struct raspberry_config *config, char *value)
{
	boot_draft_set(&config->draft, BOOT_COMMAND_LINE, &config->command_line_file, value);
}

static void set_arm_64bit(struct raspberry_config *config, char *value)
{
	config->arm_64bit = strcmp(value, "0") != 0;
}

static const struct key {
	const char *name;
	void (*set)(struct raspberry_config *config, char *value);
	unsigned part;	/* that it decides over */
	bool is_last;	/* it replaces earlier values */
	bool has_words; /* its value has blanks */
} keys[] = {
	{"kernel", set_kernel, BOOT_KERNEL, true, false},
	{"initramfs", set_initramfs, BOOT_INITRD, true, true},
	{"ramfsfile", set_initrds, BOOT_INITRD, true, false},
	{"auto_initramfs", set_auto_initramfs, BOOT_INITRD, false, false},
	{"device_tree", set_fdt, BOOT_FDT, true, false},
	{"dtoverlay", add_overlay, BOOT_OVERLAY, false, false},
	{"device_tree_overlay", add_overlay, BOOT_OVERLAY, false, false},
	{"overlay_prefix", set_overlay_prefix, BOOT_OVERLAY, false, false},
	{"os_prefix", set_os_prefix, BOOT_ALL, false, false},
	{"upstream_kernel", set_upstream, BOOT_ALL, false, false},
	{"cmdline", set_command_line_file, BOOT_COMMAND_LINE, true, false},
	{"arm_64bit", set_arm_64bit, 0, true, false},
};

static void read_key(struct reader *reader, const struct key *key, char *value, bool is_cut)
{
	struct raspberry_config *config = reader->config;
	unsigned *unknown = &config->draft.entry.unknown;

	if (reader->filter == FILTER_NONE)
		return;
	if (reader->filter == FILTER_SOME || is_cut ||
		(!key->has_words && value[strcspn(value, " \t")] != '\0')) {
		*unknown |= key->part;
		reader->is_unknown |= key->part == BOOT_ALL;
		if (key->set == set_arm_64bit)
			config->arm_64bit = -1;
		return;
	}
	if (key->is_last)
		*unknown &= ~key->part;
	key->set(config, value);
}

static void read_file(struct reader *reader, const char *text, size_t size);

static void read_include(struct reader *reader, const char *path)
{
	const char *text;
	size_t size;

	if (reader->filter == FILTER_NONE)
		return;
	if (!reader->include || reader->depth == DEPTH_MAX || reader->includes == INCLUDES_MAX ||
		!reader->include(reader->arg, path, &text, &size)) {
		reader->is_unknown = true;
		return;
	}
	reader->depth++;
	reader->includes++;
	read_file(reader, text, size);
	reader->depth--;
}

static void read_filter(struct reader *reader, const char *line)
{
	if (strncasecmp(line, "[all]", 5) == 0)
		reader->filter = FILTER_ALL;
	else
		reader->filter = strncasecmp(line, "[none]", 6) == 0 ? FILTER_NONE : FILTER_SOME;
}

static void read_file(struct reader *reader, const char *text, size_t size)
{
	struct lines lines;

	lines_begin(&lines, text, size);
	for (char *line; (line = lines_next(&lines));) {
		char *value = line + strcspn(line, "= \t");

		if (*line == '[')
			read_filter(reader, line);
		if (*line == '[' || *line == '#' || *value == '\0')
			continue;
		*value++ = '\0';
		value = text_trim(value);
		if (strcmp(line, "include") == 0)
			read_include(reader, value);
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (strcmp(keys[i].name, line) == 0)
				read_key(reader, &keys[i], value, lines.is_cut);
	}
}

void raspberry_config_read(struct raspberry_config *config, const char *text, size_t size,
	raspberry_include_fn include, void *arg)
{
	struct reader reader = {.config = config, .include = include, .arg = arg};

	boot_draft_begin(&config->draft, 1);
	config->draft.entry.is_default = true;
	config->command_line_file = "cmdline.txt";
	config->os_prefix = NULL;
	config->overlay_prefix = "overlays/";
	config->arm_64bit = -1;
	read_file(&reader, text, size);
	if (reader.is_unknown || config->os_prefix)
		config->draft.entry.unknown = BOOT_ALL;
	if (reader.is_unknown)
		config->arm_64bit = -1;
}

bool raspberry_command_line(const char *text, size_t size, char *ret, size_t ret_size)
{
	struct lines lines;
	const char *line;

	lines_begin(&lines, text, size);
	line = lines_next(&lines);
	return str_copy(ret, ret_size, line ? line : "") && !(line && lines.is_cut);
}
