/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_blob.h"

#include "device/base/human.h"
#include "device/base/util.h"
#include "device/layout/layout_copy.h"
#include "device/layout/layout_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- choices ---- */

int blob_choices_add(struct blob_choices *choices, const char *word, struct diag *diag)
{
	const char *equals = strchr(word, '='), *before;
	struct blob_choice choice = {0};

	if (!equals || equals == word || !equals[1] ||
		!STR_FORMAT(choice.name, "%.*s", (int)(equals - word), word))
		return diag_fail(diag, -EINVAL,
			"--blob: '%.80s' is not NAME=FILE, such as u-boot=flash.bin", word);
	choice.file = equals + 1;
	before = blob_choices_file(choices, choice.name);
	if (before && strcmp(before, choice.file) == 0)
		return 0;
	if (before)
		return diag_fail(diag, -EINVAL, "--blob %s is given twice: '%s' and '%s'",
			choice.name, before, choice.file);
	if (choices->count == LAYOUT_BLOBS_MAX)
		return diag_fail(
			diag, -EINVAL, "--blob is given more than %d times", LAYOUT_BLOBS_MAX);
	choices->list[choices->count++] = choice;
	return 0;
}

const char *blob_choices_file(const struct blob_choices *choices, const char *name)
{
	for (size_t i = 0; choices && i < choices->count; i++)
		if (strcmp(choices->list[i].name, name) == 0)
			return choices->list[i].file;
	return NULL;
}

struct blob_choices blob_choices_of(const struct layout *layout)
{
	struct blob_choices choices = {.images = layout->images[0] ? layout->images : NULL};

	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *blob = &layout->blobs[i];
		struct blob_choice *choice = &choices.list[choices.count];

		if (!blob->is_given)
			continue;
		choice->file = blob->file;
		STR_COPY(choice->name, blob->name);
		choices.count++;
	}
	return choices;
}

static bool has_blob(const struct layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->blob_count; i++)
		if (strcmp(layout->blobs[i].name, name) == 0)
			return true;
	return false;
}

/* Lists the names of all blobs, separated by commas. */
static void list_blobs(const struct layout *layout, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; i < layout->blob_count; i++) {
		size_t length = strlen(ret);

		(void)str_format(
			ret + length, size - length, "%s%s", i ? ", " : "", layout->blobs[i].name);
	}
}

int blob_choices_check(
	const struct blob_choices *choices, const struct layout *layout, struct diag *diag)
{
	char names[256];

	list_blobs(layout, names, sizeof(names));
	for (size_t i = 0; choices && i < choices->count; i++)
		if (!has_blob(layout, choices->list[i].name))
			return diag_fail(diag, -ENOENT,
				"--blob %s: layout %s has no blob of this name. %s%s",
				choices->list[i].name, layout->name,
				names[0] ? "Use one of: " : "It has no blobs at all", names);
	return 0;
}

/* ---- files ---- */

int layout_blob_take(struct layout_blob *blob, const char *path, struct diag *diag)
{
	/* A link stays one: a new version behind it is a change. */
	_cleanup_free_ char *absolute = path[0] == '/' ? strdup(path) : realpath(path, NULL);
	struct stat st;

	if (!absolute || stat(absolute, &st) < 0)
		return diag_fail_at(diag, blob->line, -errno, "blob %s: file %s cannot be read: %s",
			blob->name, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return diag_fail_at(diag, blob->line, -EINVAL, "blob %s: %s is not a regular file",
			blob->name, path);
	if (strlen(absolute) >= sizeof(blob->file))
		return diag_fail_at(diag, blob->line, -ENAMETOOLONG,
			"blob %s: the path of its file is too long", blob->name);
	(void)STR_COPY(blob->file, absolute);
	blob->id = file_id_of(&st);
	blob->size_bytes = blob->id.size_bytes;
	blob->missing = 0;
	return 0;
}

int layout_set_blob(struct layout *layout, size_t index, const char *path, struct diag *diag)
{
	struct layout changed = *layout, placed;
	struct layout_blob *blob = &changed.blobs[index];
	int r = layout_blob_take(blob, path, diag);

	blob->is_given = true;
	/* Checks the whole layout; the smallest disk shows every overlap that any disk would show. */
	if (r == 0)
		r = layout_place(&changed, layout_min_bytes(&changed), 0, &placed, diag);
	if (r == 0)
		*layout = changed;
	return r;
}

size_t layout_missing_blob(const struct layout *layout, bool in_partitions)
{
	size_t i = 0;

	while (i < layout->blob_count &&
		(!layout->blobs[i].missing ||
			(!in_partitions && layout->blobs[i].target == BLOB_PARTITION)))
		i++;
	return i;
}

int layout_check_files(const struct layout *layout, bool in_partitions, struct diag *diag)
{
	size_t i = layout_missing_blob(layout, in_partitions);
	const struct layout_blob *blob = &layout->blobs[i];

	if (i == layout->blob_count)
		return in_partitions ? layout_check_copies(layout, diag) : 0;
	if (!blob->file[0])
		return diag_fail(diag, -ENOENT,
			"%s:%d: blob %s has no file. Give it one by --blob %s=FILE", layout->file,
			blob->line, blob->name, blob->name);
	return diag_fail(diag, -ENOENT,
		"%s:%d: blob %s: file %s cannot be read: %s. Give it one by --blob %s=FILE",
		layout->file, blob->line, blob->name, blob->file, strerror(blob->missing),
		blob->name);
}

/* ---- words ---- */

void layout_blob_describe(const struct layout_blob *blob, char *ret, size_t size)
{
	static const char *const places[] = {[BLOB_DISK] = "",
		[BLOB_BOOT0] = " in boot0",
		[BLOB_BOOT1] = " in boot1",
		[BLOB_PARTITION] = " in "};

	if (blob->missing)
		(void)str_format(ret, size, "%s: file missing", blob->name);
	else
		(void)str_format(ret, size, "%s %s%s%s at %s%s", blob->name,
			human_size(blob->size_bytes).s, places[blob->target], blob->partition,
			blob->offset_bytes ? human_size(blob->offset_bytes).s : "0",
			table_splits(blob) ? " around the table" : "");
}
