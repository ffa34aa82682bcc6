/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_copy.h"

#include "device/base/util.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* True for a relative path without "//", "." and ".." as parts, and without a "/" at its end. */
static bool is_name(const char *name)
{
	for (size_t length; *name; name += length + (name[length] == '/' && name[length + 1])) {
		length = strcspn(name, "/");
		if (length == 0 || (length == 1 && name[0] == '.') ||
			(length == 2 && name[0] == '.' && name[1] == '.'))
			return false;
	}
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int layout_add_named_copy(struct layout *layout, size_t index, const char *name, const char *file,
	const char *folder, struct diag *diag)
{
	const struct layout_partition *p = &layout->partitions[index];
	struct layout_copy copy = {.partition = index};
	const char *wanted = name[0] ? name : base_name(file);

	if (layout->copy_count == LAYOUT_COPIES_MAX)
		return diag_fail_at(diag, p->line, -EINVAL,
			"the partitions have more than %d files", LAYOUT_COPIES_MAX);
	if (!wanted[0] || !file[0] || !is_name(wanted) || !STR_COPY(copy.name, wanted))
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s: '%.60s' is no name for a file in it: use a path such as "
			"extlinux/extlinux.conf, of at most %zu bytes",
			p->name, name[0] ? name : file, sizeof(copy.name) - 1);
	if (!(file[0] == '/' ? STR_COPY(copy.file, file)
			     : STR_FORMAT(copy.file, "%s/%s", folder, file)))
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s: the path of file %s is too long", p->name, copy.name);
	layout->copies[layout->copy_count++] = copy;
	return 0;
}

int layout_add_copy(struct layout *layout, size_t index, const char *word, const char *folder,
	struct diag *diag)
{
	const char *equals = strchr(word, '=');
	char name[sizeof(((struct layout_copy *)0)->name)];

	if (!equals)
		return layout_add_named_copy(layout, index, "", word, folder, diag);
	if (equals == word || !STR_FORMAT(name, "%.*s", (int)(equals - word), word))
		return diag_fail_at(diag, layout->partitions[index].line, -EINVAL,
			"partition %s: '%.60s' is not FILE or NAME=FILE, with a name of at most %zu "
			"bytes",
			layout->partitions[index].name, word, sizeof(name) - 1);
	return layout_add_named_copy(layout, index, name, equals + 1, folder, diag);
}

void layout_copy_path(
	const struct layout *layout, const struct layout_copy *copy, char ret[LAYOUT_COPY_PATH])
{
	const char *folder = layout->partitions[copy->partition].mount + 1;

	(void)str_format(ret, LAYOUT_COPY_PATH, "%s%s%s", folder, *folder ? "/" : "", copy->name);
}

size_t layout_count_copies(const struct layout *layout, size_t index)
{
	size_t count = 0;

	for (size_t i = 0; i < layout->copy_count; i++)
		count += layout->copies[i].partition == index;
	return count;
}

bool layout_copies_equal(const struct layout *a, const struct layout *b)
{
	if (a->copy_count != b->copy_count)
		return false;
	for (size_t i = 0; i < a->copy_count; i++) {
		const struct layout_copy *one = &a->copies[i], *other = &b->copies[i];

		if (strcmp(one->name, other->name) != 0 || strcmp(one->file, other->file) != 0 ||
			strcmp(a->partitions[one->partition].mount,
				b->partitions[other->partition].mount) != 0)
			return false;
	}
	return true;
}

int layout_check_copies(const struct layout *layout, struct diag *diag)
{
	for (size_t i = 0; i < layout->copy_count; i++) {
		const struct layout_copy *copy = &layout->copies[i];
		const struct layout_partition *p = &layout->partitions[copy->partition];

		if (access(copy->file, R_OK) < 0)
			return diag_fail(diag, -errno,
				"%s:%d: partition %s: file %s cannot be read: %s. Put it there, or "
				"correct the layout",
				layout->file, p->line, p->name, copy->file, strerror(errno));
	}
	return 0;
}

void layout_list_copies(const struct layout *layout, size_t index, char *ret, size_t size)
{
	size_t length = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < layout->copy_count; i++) {
		if (layout->copies[i].partition != index)
			continue;
		if (!str_format(ret + length, size - length, "%s%s", length ? ", " : "",
			    layout->copies[i].name)) {
			(void)str_copy(ret + size - strlen("...") - 1, strlen("...") + 1, "...");
			return;
		}
		length = strlen(ret);
	}
}
