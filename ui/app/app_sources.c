/* SPDX-License-Identifier: MIT */
#include "ui/app/app_internal.h"

#include "core/install/copying.h"
#include "core/service/service.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/disk/probe.h"
#include "device/disk/uevent.h"
#include "device/layout/layout_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void app_read_board(int root, char *ret, size_t size)
{
	static const char *const paths[] = {
		"sys/firmware/devicetree/base/model", "sys/class/dmi/id/product_name"};

	*ret = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(paths) && !*ret; i++)
		if (sysroot_read(root, ret, size, "%s", paths[i]) < 0)
			*ret = '\0';
	str_sanitise(ret);
}

/* Describes the job so far. The result points into @files. */
static struct judge_job job_of(const struct app *app, struct inuse_file files[PLAN_FILES_MAX])
{
	const struct model *m = app->model;
	const struct layout *layout = &m->layouts[m->layout_cursor].spec;

	return (struct judge_job){
		.allow = m->allow,
		.need_bytes = m->scan.state == INSPECT_OK
				      ? plan_need_bytes(&m->scan.archives, layout)
				      : 0,
		.files = files,
		.file_count = plan_files(m->has_scan ? &m->scan.archives : NULL, layout, files),
	};
}

void app_take_inventory(struct app *app)
{
	struct disk *disks = calloc(MODEL_DISKS_MAX, sizeof(*disks));
	size_t count = 0;

	app->generation = inventory_generation(app->inventory);
	if (!disks)
		return;
	if (app->image)
		disks[count++] = *app->image;
	for (size_t i = 0; i < inventory_count(app->inventory) && count < MODEL_DISKS_MAX; i++)
		disks[count++] = *inventory_disk(app->inventory, i);
	model_set_disks(app->model, disks, count);
	app->model->settled = inventory_is_settled(app->inventory);
	app->changed = true;
	free(disks);
}

void app_watch_plugging(struct app *app)
{
	(void)inventory_watch(app->inventory);
	/* Needs root. Other users see a card in a reader after a rescan. */
	if (app->settings.path[0])
		(void)uevent_poll_media(&app->settings);
}

bool app_take_image(struct app *app, const char *path)
{
	struct model *m = app->model;
	struct disk *disk = calloc(1, sizeof(*disk));
	int r = disk ? disk_scan_target(app->options->root, path, disk) : -ENOMEM;

	if (r < 0 || disk->kind != DISK_IMAGE) {
		model_say(m, true, "%s cannot be used as an image: %s. Type another path.", path,
			r < 0 ? judge_target_error(r) : "it is a device");
		free(disk);
		return false;
	}
	free(app->image);
	app->image = disk;
	probe_content(disk->path, &disk->content);
	m->allow |= 1u << DISK_IMAGE;
	app_judge(app);
	m->disk_cursor = 0; /* images come first */
	m->disk_changed_ms = 0;
	return true;
}

void app_take_target(struct app *app)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	int r = disk ? disk_scan_target(app->options->root, app->options->target, disk) : -ENOMEM;

	if (r < 0) {
		model_say(app->model, true, "The target %s cannot be used: %s. Choose another.",
			app->options->target, judge_target_error(r));
	} else if (disk->kind == DISK_IMAGE) {
		app->image = disk;
		probe_content(disk->path, &disk->content);
		app_judge(app);
		app->model->disk_cursor = 0; /* images come first */
		app->model->disk_changed_ms = 0;
		disk = NULL;
	} else {
		for (size_t i = 0; i < app->model->row_count; i++)
			if (strcmp(app->model->disks[app->model->rows[i]].name, disk->name) == 0)
				app->model->disk_cursor = i;
	}
	free(disk);
}

void app_rescan(struct app *app)
{
	int r = inventory_refresh(app->inventory, true);

	if (r < 0)
		model_say(app->model, true, "The devices cannot be listed: %s.", strerror(-r));
	if (app->image)
		probe_content(app->image->path, &app->image->content);
	app_take_inventory(app);
}

/* --- archive --- */

void app_open_folder(struct app *app, const char *path, const char *select)
{
	struct model *m = app->model;
	int r = browse_open(&m->browse, app->options->root, path, select);

	if (r < 0) {
		/* Keep a typed path for correction. */
		model_say(m, true, "%s cannot be opened: %s. Choose another folder.", path,
			strerror(-r));
		return;
	}
	m->entry = ENTRY_NONE;
	if (m->browse.left_out > 0)
		model_say(m, false, "%zu more names are not listed. Press p to type a path.",
			m->browse.left_out);
}

/* The layout under the cursor, with the archives that the operator has given for partitions. Returns
 * false, with the reason in @diag, if it has no such partition. */
static bool chosen_layout(const struct app *app, struct layout *ret, struct diag *diag)
{
	*ret = app->model->layouts[app->model->layout_cursor].spec;
	return layout_take_archives(ret, app->options->archives, NULL, diag) == 0;
}

/* True if the last scan is one of these archives, and of the copies of @layout (may be NULL). */
static bool is_scan_of(
	const struct app *app, const struct archive_list *archives, const struct layout *layout)
{
	const struct layout none = {0};

	return app->inspect && !app->stale && archive_list_equal(&app->asked, archives) &&
	       layout_copies_equal(&app->asked_layout, layout ? layout : &none);
}

void app_look_at_copies(struct app *app)
{
	struct diag diag;

	if (app->inspect && app->model->scan.state == INSPECT_OK &&
		app->asked_layout.copy_count > 0 &&
		copying_check(&app->asked_layout, inspect_manifest(app->inspect), &diag) < 0)
		app->stale = true;
}

static bool is_scanned(
	const struct app *app, const struct archive_list *archives, const struct layout *layout)
{
	const struct inspect_result *scan = &app->model->scan;

	if (scan->state == INSPECT_BAD || !is_scan_of(app, archives, layout))
		return false;
	for (uint32_t i = 0; i < archives->count; i++)
		if (!file_id_is(&scan->archives.list[i].id, archives->list[i].path))
			return false;
	return true;
}

/* Returns false, with the reason in @diag and the scan as it was. */
static bool scan(struct app *app, const struct archive_list *archives, const struct layout *layout,
	struct diag *diag)
{
	struct inspect *inspect =
		inspect_new(app->reactor, archives, layout, &app->options->archive_options, diag);

	if (!inspect)
		return false;
	inspect_free(app->inspect);
	app->inspect = inspect;
	app->asked = *archives;
	app->asked_layout = layout ? *layout : (struct layout){0};
	app->stale = false;
	app->model->has_scan = true;
	app->model->planned = false;
	inspect_result(inspect, &app->model->scan);
	app_judge(app);
	return true;
}

bool app_scan_archive(struct app *app, const char *path)
{
	struct archive_list archives;
	struct layout layout;
	struct diag diag;

	(void)chosen_layout(app, &layout, &diag);
	archive_list_make(&archives, path, &layout);
	if (is_scanned(app, &archives, &layout) || scan(app, &archives, &layout, &diag))
		return true;
	/* What is wrong with the layout's is told on Review: another may be chosen before that. */
	archives.count = 1;
	if (is_scanned(app, &archives, NULL) || scan(app, &archives, NULL, &diag))
		return true;
	model_say(app->model, true, "%s. Choose another file.", diag.text);
	return false;
}

void app_scan_again(struct app *app)
{
	struct model *m = app->model;

	app_look_at_copies(app);
	app->stale = app->stale || m->scan.state == INSPECT_BAD;
	if (scope_has_archive(m->scope) && model_has_archive(m))
		(void)app_scan_archive(app, app->asked.list[0].path);
	m->planned = false;
	app_make_plan(app);
}

void app_judge(struct app *app)
{
	struct inuse_file files[PLAN_FILES_MAX];
	struct judge_job job = job_of(app, files);

	inventory_set_job(app->inventory, &job);
	if (app->image)
		judge_disk(app->options->root, &job, app->image);
	app_take_inventory(app);
}

void app_start_browsing(struct app *app)
{
	_cleanup_free_ char *here = getcwd(NULL, 0);
	char path[512], dir[512] = "/";
	const char *name = NULL, *home = getenv("HOME");

	if (home && home[0] == '/')
		STR_COPY(app->model->browse.home, home);
	(void)browse_resolve(here ? here : "/", "", dir, sizeof(dir));
	if (app->options->archive &&
		browse_resolve(dir, app->options->archive, path, sizeof(path))) {
		name = strrchr(path, '/') + 1;
		(void)app_scan_archive(app, path);
		(void)browse_resolve(path, "..", dir, sizeof(dir));
	}
	app_open_folder(app, dir, name);
}

/* --- review --- */

void app_check_plan(struct app *app)
{
	struct model *m = app->model;
	struct plan_facts *facts = calloc(1, sizeof(*facts));

	m->verdict = (struct plan_verdict){.count = 1};
	STR_COPY(m->verdict.problems[0].text, "Out of memory.");
	if (facts) {
		plan_look(facts, &m->plan, app->options->root);
		service_describe_owner(&facts->owner);
		plan_check(&m->plan, facts, &m->verdict);
	}
	free(facts);
	app->changed = true;
}

/* Starts a scan if the layout has other archives or copies than the last one. Returns false if there is no plan to
 * make now. */
static bool scan_for_layout(struct app *app)
{
	struct model *m = app->model;
	struct archive_list archives;
	struct layout layout;
	struct diag diag;

	if (chosen_layout(app, &layout, &diag)) {
		archive_list_make(&archives, app->asked.list[0].path, &layout);
		if (!scope_has_archive(m->scope))
			archives.count = 0;
		if (is_scan_of(app, &archives, &layout))
			return true;
		if (scan(app, &archives, &layout, &diag))
			return false;
	}
	m->verdict = (struct plan_verdict){.count = 1};
	STR_FORMAT(m->verdict.problems[0].text,
		"%.190s. Choose another layout, or correct it and press r.", diag.text);
	m->plan.complete = false;
	m->planned = true;
	app->changed = true;
	return false;
}

/* A bad archive has no plan, but a verdict with one problem. */
void app_make_plan(struct app *app)
{
	struct model *m = app->model;
	struct layout layout = m->layouts[m->layout_cursor].spec;
	bool has_files = scope_has_files(m->scope);
	struct diag diag;
	struct plan_request request = {
		.scope = m->scope,
		.target = &m->target,
		.archive = scope_has_archive(m->scope) ? m->scan.archives.list[0].path : NULL,
		.archive_options = app->options->archive_options,
		.layout = &layout,
		.tar_program = app->options->tar_program,
		.expect_id = app->options->expect_id,
		.allow = m->allow,
		.verify = app->options->verify,
	};

	if (m->planned)
		return;
	if (scope_has_archive(m->scope) && !model_has_archive(m))
		return;
	if (has_files &&
		((m->has_scan && m->scan.state == INSPECT_RUNNING) || !scan_for_layout(app)))
		return;
	m->plan.complete = false;
	if (has_files && m->scan.state == INSPECT_BAD) {
		m->verdict = (struct plan_verdict){.count = 1};
		STR_FORMAT(m->verdict.problems[0].text,
			scope_has_archive(m->scope)
				? "The archive is bad: %.190s. Choose another, or replace it and press r."
				: "%.190s. Choose another layout, or correct it and press r.",
			m->scan.error);
	} else {
		(void)chosen_layout(app, &layout, &diag); /* it has been found before */
		plan_begin(&m->plan, &request);
		plan_complete(&m->plan, has_files ? &m->scan : NULL,
			has_files ? inspect_manifest(app->inspect) : NULL);
		app_check_plan(app);
	}
	m->planned = true;
	app->changed = true;
}

void app_recall_last_run(struct model *m)
{
	struct snapshot *last = calloc(1, sizeof(*last));
	const char *sha256 = m->scan.archives.list[0].sha256;

	m->last_ms = m->last_bps = 0;
	if (last && service_last(m->target.name, last) == 0 && last->state == INSTALL_PASSED &&
		strcmp(last->target_id.cid, m->target.id.cid) == 0 &&
		strcmp(last->archive_sha256, sha256) == 0 && sha256[0]) {
		m->last_ms = last->elapsed_ms;
		m->last_bps = last->progress.mean_bps;
	}
	free(last);
}
