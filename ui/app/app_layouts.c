/* SPDX-License-Identifier: MIT */
/* app_layouts - reads the layouts of the Layout screen, and the files of their blobs. */
#include "ui/app/app_internal.h"

#include "device/base/util.h"
#include "device/layout/layout_blob.h"
#include "device/layout/layout_file.h"
#include "device/layout/layout_list.h"

#include <stdlib.h>
#include <string.h>

/* --- the list --- */

/* The layouts that were listed before. */
struct list {
	struct model_layout *layouts;
	size_t count;
};

static struct model_layout *find_file(struct model_layout *layouts, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(layouts[i].spec.file, path) == 0)
			return &layouts[i];
	return NULL;
}

static void set_unreadable(struct model_layout *layout, const char *path, const struct diag *diag)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	*layout = (struct model_layout){.unreadable = true};
	STR_COPY(layout->spec.file, path);
	STR_COPY(layout->spec.name, name);
	if (diag->line > 0)
		STR_FORMAT(layout->why, "line %d: %s", diag->line, diag->text);
	else
		STR_COPY(layout->why, diag->text);
}

/* Reads the layout file @path, with the files that the operator gave to the blobs of @before (may be
 * NULL) unless they do not fit any more. */
static void read_layout(
	struct model_layout *ret, const char *path, const struct model_layout *before)
{
	struct blob_choices given = {0};
	struct diag diag;

	*ret = (struct model_layout){0};
	if (before)
		given = blob_choices_of(&before->spec);
	if (((given.count == 0 && !given.images) ||
		    layout_load(path, &given, &ret->spec, &diag) < 0) &&
		layout_load(path, NULL, &ret->spec, &diag) < 0)
		set_unreadable(ret, path, &diag);
	ret->is_given = before && before->is_given;
}

/* Adds the layout file @path unless it is listed already. Returns false if the list is full. */
static bool add_file(struct model *m, const char *path, const struct list *before)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	const char *file = real ? real : path;

	if (find_file(m->layouts, m->layout_count, file))
		return true;
	if (m->layout_count == MODEL_LAYOUTS_MAX)
		return false;
	read_layout(&m->layouts[m->layout_count++], file,
		find_file(before->layouts, before->count, file));
	return true;
}

/* Adds the layout files of a folder. Returns the number of those that are left out. */
static size_t add_folder(struct model *m, const char *dir, const struct list *before)
{
	char files[MODEL_LAYOUTS_MAX][256];
	size_t count = layout_list(dir, MODEL_LAYOUTS_MAX, files), left_out = 0;

	for (size_t i = 0; i < count; i++)
		left_out += i >= MODEL_LAYOUTS_MAX || !add_file(m, files[i], before);
	return left_out;
}

static void add_given(struct model *m, const struct list *before)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->layouts[i].is_given)
			(void)add_file(m, before->layouts[i].spec.file, before);
}

static void add_builtins(struct model *m)
{
	for (size_t i = 0; m->layout_count < MODEL_LAYOUTS_MAX && layout_builtin(i); i++)
		m->layouts[m->layout_count++] = (struct model_layout){.spec = *layout_builtin(i)};
}

/* Puts the cursor on the layout @was, or on the first one if that is not listed any more. */
static void find_cursor(struct model *m, const struct model_layout *was)
{
	m->layout_cursor = 0;
	for (size_t i = 0; i < m->layout_count; i++)
		if (strcmp(m->layouts[i].spec.file, was->spec.file) == 0 &&
			(was->spec.file[0] || strcmp(m->layouts[i].spec.name, was->spec.name) == 0))
			m->layout_cursor = i;
}

void app_list_layouts(struct app *app)
{
	struct model *m = app->model;
	struct list before = {
		calloc(m->layout_count + 1, sizeof(*before.layouts)), m->layout_count};
	size_t left_out = 0;
	char dir[512];

	if (!before.layouts)
		return;
	memcpy(before.layouts, m->layouts, m->layout_count * sizeof(*before.layouts));
	m->layout_count = 0;
	add_given(m, &before);
	add_builtins(m);
	if (model_has_archive(m) &&
		browse_resolve(m->scan.archives.list[0].path, "..", dir, sizeof(dir)))
		left_out += add_folder(m, dir, &before);
	layout_folder(dir);
	left_out += add_folder(m, dir, &before);
	if (before.count > 0)
		find_cursor(m, &before.layouts[m->layout_cursor]);
	free(before.layouts);
	model_place_layouts(m);
	if (left_out > 0 && !m->notice[0])
		model_say(m, false, "%zu more layouts are not listed. Press p to type a path.",
			left_out);
}

void app_start_layouts(struct app *app)
{
	const struct layout *asked = app->options->layout;
	struct model *m = app->model;

	if (asked)
		m->layouts[m->layout_count++] =
			(struct model_layout){.spec = *asked, .is_given = asked->file[0] != 0};
	app_list_layouts(app);
}

bool app_take_layout_file(struct app *app, const char *path)
{
	struct model *m = app->model;
	struct model_layout *listed;
	struct layout layout;
	struct diag diag;

	if (layout_resolve(path, "/", NULL, &layout, &diag) < 0) {
		model_say(m, true, "%s. Type another path.", diag.text);
		return false;
	}
	m->entry = ENTRY_NONE;
	listed = find_file(m->layouts, m->layout_count, layout.file);
	if (!listed) {
		/* The first row; the last layout of a full list makes room. */
		if (m->layout_count < MODEL_LAYOUTS_MAX)
			m->layout_count++;
		listed = m->layouts;
		memmove(listed + 1, listed, (m->layout_count - 1) * sizeof(*listed));
		*listed = (struct model_layout){.spec = layout, .is_given = true};
	}
	m->layout_cursor = (size_t)(listed - m->layouts);
	app_list_layouts(app);
	return true;
}

/* --- files of blobs --- */

void app_browse_for_blob(struct app *app)
{
	struct model *m = app->model;
	const struct model_layout *layout = &m->layouts[m->layout_cursor];
	const char *file = layout->spec.blobs[m->blob].file, *name = strrchr(file, '/');
	char dir[512];

	STR_COPY(dir, m->browse.dir);
	if (layout->is_given)
		(void)browse_resolve(layout->spec.file, "..", dir, sizeof(dir));
	m->browse.any_file = true;
	app_open_folder(app, dir, name ? name + 1 : NULL);
}

bool app_take_blob(struct app *app, const char *path)
{
	struct model *m = app->model;
	struct layout *layout = &m->layouts[m->layout_cursor].spec;
	struct diag diag;

	if (layout_set_blob(layout, m->blob, path, &diag) < 0) {
		model_say(m, true, "%s. Choose another file.", diag.text);
		return false;
	}
	model_place_layouts(m);
	m->entry = ENTRY_NONE;
	m->blob = layout_missing_blob(layout, scope_makes_table(m->scope));
	return m->blob == layout->blob_count;
}

void app_end_blobs(struct app *app)
{
	struct model *m = app->model;
	const char *name = strrchr(m->scan.archives.list[0].path, '/');
	char dir[512];

	m->browse.any_file = false;
	STR_COPY(dir, m->browse.dir);
	if (name)
		(void)browse_resolve(m->scan.archives.list[0].path, "..", dir, sizeof(dir));
	app_open_folder(app, dir, name ? name + 1 : NULL);
	m->notice[0] = '\0';
}
