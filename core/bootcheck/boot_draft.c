/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_draft.h"

#include "device/base/util.h"

#include <string.h>

void boot_draft_begin(struct boot_draft *draft, unsigned line)
{
	draft->entry = (struct boot_entry){.title = "", .line = line};
	draft->used = 0;
}

void boot_draft_set(struct boot_draft *draft, unsigned part, const char **field, const char *value)
{
	const char *copy = str_keep(draft->text, sizeof(draft->text), &draft->used, value);

	if (copy)
		*field = copy;
	else
		draft->entry.unknown |= part;
}

static void add(struct boot_draft *draft, unsigned part, const char **list, size_t *count,
	size_t max, const char *path)
{
	const char *copy = NULL;

	if (*count == max) {
		draft->entry.unknown |= part;
		return;
	}
	boot_draft_set(draft, part, &copy, path);
	if (copy)
		list[(*count)++] = copy;
}

void boot_draft_add_initrd(struct boot_draft *draft, const char *path)
{
	add(draft, BOOT_INITRD, draft->entry.initrds, &draft->entry.initrd_count, BOOT_INITRDS_MAX,
		path);
}

void boot_draft_add_overlay(struct boot_draft *draft, const char *path)
{
	add(draft, BOOT_OVERLAY, draft->entry.overlays, &draft->entry.overlay_count,
		BOOT_OVERLAYS_MAX, path);
}

void boot_draft_add_options(struct boot_draft *draft, const char *words)
{
	const char *before = draft->entry.command_line ? draft->entry.command_line : "";
	size_t length = strlen(before), rest = sizeof(draft->text) - draft->used;
	char *to = draft->text + draft->used;

	if (length + strlen(words) + 2 > rest) {
		draft->entry.unknown |= BOOT_COMMAND_LINE;
		return;
	}
	(void)str_format(to, rest, "%s%s%s", before, length > 0 ? " " : "", words);
	draft->entry.command_line = to;
	draft->used += strlen(to) + 1;
}

bool boot_path_is_elsewhere(const char *path)
{
	return strstr(path, "://") || strchr(path, '$');
}
