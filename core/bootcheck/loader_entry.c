/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/loader_entry.h"

#include "core/bootcheck/boot_draft.h"
#include "core/bootcheck/lines.h"

#include <fnmatch.h>
#include <limits.h>
#include <string.h>

static void set_title(struct boot_draft *draft, char *value)
{
	boot_draft_set(draft, 0, &draft->entry.title, value);
}

static void set_kernel(struct boot_draft *draft, char *value)
{
	boot_draft_set(draft, BOOT_KERNEL, &draft->entry.kernel, value);
}

/* blscfg of GRUB takes several in one line. */
static void add_initrds(struct boot_draft *draft, char *value)
{
	for (char *path; (path = word_next(&value));)
		boot_draft_add_initrd(draft, path);
}

static void add_options(struct boot_draft *draft, char *value)
{
	boot_draft_add_options(draft, value);
}

static void set_fdt(struct boot_draft *draft, char *value)
{
	boot_draft_set(draft, BOOT_FDT, &draft->entry.fdt, value);
}

static void add_overlays(struct boot_draft *draft, char *value)
{
	for (char *path; (path = word_next(&value));)
		boot_draft_add_overlay(draft, path);
}

static const struct {
	const char *name;
	unsigned part;
	void (*set)(struct boot_draft *draft, char *value);
} keys[] = {
	{"title", 0, set_title},
	{"linux", BOOT_KERNEL, set_kernel},
	{"efi", BOOT_KERNEL, set_kernel},
	{"uki", BOOT_KERNEL, set_kernel},
	{"initrd", BOOT_INITRD, add_initrds},
	{"options", BOOT_COMMAND_LINE, add_options},
	{"devicetree", BOOT_FDT, set_fdt},
	{"devicetree-overlay", BOOT_OVERLAY, add_overlays},
};

/* Splits a line into key and value in place. False for a comment. */
static bool split(char *line, char **ret_key, char **ret_value)
{
	if (*line == '#')
		return false;
	*ret_key = word_next(&line);
	*ret_value = text_trim(line);
	return *ret_key && **ret_value != '\0';
}

int loader_entry_each(const char *text, size_t size, boot_entry_fn each, void *arg)
{
	struct boot_draft draft;
	struct lines lines;
	char *key, *value;

	boot_draft_begin(&draft, 1);
	lines_begin(&lines, text, size);
	for (char *line; (line = lines_next(&lines));) {
		if (!split(line, &key, &value))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			if (strcmp(keys[i].name, key) != 0)
				continue;
			if (lines.is_cut || strchr(value, '$'))
				draft.entry.unknown |= keys[i].part;
			keys[i].set(&draft, value);
		}
	}
	if (!draft.entry.kernel)
		return 0;
	return each(arg, &draft.entry);
}

bool loader_conf_default(const char *text, size_t size, char *ret, size_t ret_size)
{
	char pattern[NAME_MAX + 1] = "", *key, *value;
	struct lines lines;
	bool fits = true;

	lines_begin(&lines, text, size);
	for (char *line; (line = lines_next(&lines));)
		if (split(line, &key, &value) && strcmp(key, "default") == 0)
			fits = STR_COPY(pattern, value);
	(void)str_copy(ret, ret_size, "");
	return fits && *pattern != '\0' && *pattern != '@' && strlen(pattern) < ret_size &&
	       str_copy(ret, ret_size, pattern);
}

/* Removes "+3" or "+3-1" at the end. */
static void drop_tries(char *name)
{
	static const char digits[] = "0123456789";
	char *plus = strrchr(name, '+'), *end = plus;

	if (!plus)
		return;
	do {
		size_t count = strspn(end + 1, digits);

		if (count == 0)
			return;
		end += 1 + count;
	} while (*end == '-' && strchr(plus, '-') == end);
	if (*end == '\0')
		*plus = '\0';
}

bool loader_default_matches(const char *pattern, const char *name)
{
	char whole[NAME_MAX + 1];
	size_t length = strlen(name);

	if (length <= 5 || strcmp(name + length - 5, ".conf") != 0 || !STR_COPY(whole, name))
		return false;
	whole[length - 5] = '\0';
	drop_tries(whole);
	if (fnmatch(pattern, whole, 0) == 0)
		return true;
	if (strlen(whole) + 5 >= sizeof(whole))
		return false;
	strcat(whole, ".conf");
	return fnmatch(pattern, whole, 0) == 0;
}
