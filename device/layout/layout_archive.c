/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_archive.h"

#include "device/base/util.h"

#include <errno.h>
#include <string.h>

/* ---- choices ---- */

const char *archive_choice_file(const char *word)
{
	const char *equals = strchr(word, '='), *slash = strchr(word, '/');

	return equals && (!slash || slash > equals) ? equals + 1 : NULL;
}

static const char *chosen_file(const struct archive_choices *choices, const char *name)
{
	for (size_t i = 0; i < choices->count; i++)
		if (strcmp(choices->list[i].name, name) == 0)
			return choices->list[i].file;
	return NULL;
}

int archive_choices_add(struct archive_choices *choices, const char *word, struct diag *diag)
{
	const char *file = archive_choice_file(word), *before;
	struct archive_choice choice = {.file = file};

	if (!file || file == word + 1 || !*file ||
		!STR_FORMAT(choice.name, "%.*s", (int)(file - word) - 1, word))
		return diag_fail(diag, -EINVAL,
			"--archive: '%.80s' is neither FILE nor NAME=FILE, such as "
			"data=data.tar.zst; a file of that name is ./%.80s",
			word, word);
	before = chosen_file(choices, choice.name);
	if (before && strcmp(before, file) == 0)
		return 0;
	if (before)
		return diag_fail(diag, -EINVAL,
			"--archive is given twice for partition %s: '%s' and '%s'", choice.name,
			before, file);
	if (choices->count == LAYOUT_ARCHIVES_MAX)
		return diag_fail(diag, -EINVAL, "--archive NAME=FILE is given more than %d times",
			LAYOUT_ARCHIVES_MAX);
	choices->list[choices->count++] = choice;
	return 0;
}

/* ---- the archives of a layout ---- */

/* The place of the partition's archive in the list, or the number of archives. */
static size_t find(const struct layout *layout, size_t index)
{
	size_t i = 0;

	while (i < layout->archive_count && layout->archives[i].partition != index)
		i++;
	return i;
}

int layout_set_archive(struct layout *layout, size_t index, const char *file, struct diag *diag)
{
	const struct layout_partition *p = &layout->partitions[index];
	struct layout_archive set = {.partition = index};
	size_t at = find(layout, index);

	if (p->mount[0] == '\0')
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s has an archive but no mount point", p->name);
	if (at == LAYOUT_ARCHIVES_MAX)
		return diag_fail_at(diag, p->line, -EINVAL,
			"more than %d partitions have archives of their own", LAYOUT_ARCHIVES_MAX);
	if (!path_make_absolute(file, set.file, sizeof(set.file)))
		return diag_fail_at(diag, p->line, -ENAMETOOLONG,
			"the path of the archive of partition %s is too long", p->name);
	layout->archives[at] = set;
	layout->archive_count += at == layout->archive_count;
	return 0;
}

const char *layout_archive_of(const struct layout *layout, size_t index)
{
	size_t at = find(layout, index);

	return at < layout->archive_count ? layout->archives[at].file : NULL;
}

/* Lists the names of the partitions that can have archives, separated by commas. */
static void list_names(const struct layout *layout, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_partition *p = &layout->partitions[i];
		size_t length = strlen(ret);

		if (p->mount[0])
			(void)str_format(
				ret + length, size - length, "%s%s", length ? ", " : "", p->name);
	}
}

int layout_take_archives(struct layout *layout, const struct archive_choices *choices,
	const char *main, struct diag *diag)
{
	int r = 0;

	for (size_t i = 0; r == 0 && choices && i < choices->count; i++) {
		const struct archive_choice *choice = &choices->list[i];
		size_t index = layout_partition_named(layout, choice->name);
		char names[200];

		list_names(layout, names, sizeof(names));
		if (index == layout->count || layout->partitions[index].mount[0] == '\0')
			return diag_fail(diag, -ENOENT,
				"--archive %s=%.120s: layout %s %s. Use one of: %s; a file of that "
				"name is ./%s=...",
				choice->name, choice->file, layout->name,
				index < layout->count ? "mounts no partition of this name"
						      : "has no partition of this name",
				names, choice->name);
		if (main && strcmp(layout->partitions[index].mount, "/") == 0)
			return diag_fail(diag, -EINVAL,
				"--archive is given twice for /: '%.120s' and '%s=%.120s', whose "
				"partition is mounted there. Give one of them",
				main, choice->name, choice->file);
		r = layout_set_archive(layout, index, choice->file, diag);
	}
	return r;
}
