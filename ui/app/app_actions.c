/* SPDX-License-Identifier: MIT */
#include "ui/app/app_internal.h"

#include "core/process/child_run.h"
#include "core/service/service.h"
#include "device/base/util.h"
#include "ui/screens/screen_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RESTART_MS 10000 /* the program only asks init */

/* --- going to a screen --- */

static void enter_target(struct app *app)
{
	if (app->inventory)
		(void)inventory_watch(app->inventory);
}

static void enter_layout(struct app *app)
{
	app_list_layouts(app);
}

static void enter_review(struct app *app)
{
	app->model->planned = false;
	app_look_at_copies(app);
	app_recall_last_run(app->model);
	app_make_plan(app);
}

static void enter_result(struct app *app)
{
	app->model->notice[0] = '\0';
}

static const struct {
	const struct screen *screen;
	void (*enter)(struct app *app);
} on_enter[] = {
	{&screen_target, enter_target},
	{&screen_kinds, enter_target},
	{&screen_layout, enter_layout},
	{&screen_review, enter_review},
	{&screen_result, enter_result},
};

static void go_to(struct app *app, const struct screen *screen)
{
	struct model *m = app->model;

	m->screen = screen;
	/* The Result comes unasked: keep an open log, or its keys would act on the Result. */
	if (screen != &screen_result) {
		m->overlay = NULL;
		m->entry = ENTRY_NONE;
	}
	m->confirm[0] = '\0';
	m->cancel_asked = m->quit_asked = m->kind_asked = m->restart_asked = false;
	app->changed = true;
	app->shown_ms = 0; /* draw now, even on a slow line */
	/* Only Target and Kinds show hotplug, and an install causes events of its own. */
	if (app->inventory)
		inventory_unwatch(app->inventory);
	for (size_t i = 0; i < ARRAY_SIZE(on_enter); i++)
		if (on_enter[i].screen == screen)
			on_enter[i].enter(app);
}

/* --- install --- */

/* Keeps the verdict for the shell: leaving the alternate screen removes the Result. */
static void keep_verdict(struct app *app)
{
	const struct snapshot *s = &app->model->snap;
	const struct scope_words *words = scope_words(s->scope);
	char text[600];

	if (s->state == INSTALL_PASSED)
		STR_FORMAT(text, "%s%s%s", s->target_name, words->joint,
			s->exit_code == EXIT_NOT_VERIFIED ? "installed, but not verified"
							  : words->passed);
	else
		err_sentence(&s->err, text, sizeof(text));
	STR_FORMAT(app->last_words, "%s: %s.",
		s->state == INSTALL_PASSED	? "PASS"
		: s->state == INSTALL_CANCELLED ? "CANCELLED"
						: "FAIL",
		text[0] ? text : "no reason was reported");
}

static void show_result(struct app *app)
{
	struct model *m = app->model;

	keep_verdict(app);
	m->calm = m->snap;
	app->code = m->snap.exit_code;
	app_watch_close(app, &app->service);
	go_to(app, &screen_result);
	app->beeps = m->snap.state == INSTALL_PASSED ? 1 : 3;
	app->beep_ms = m->now_ms;
}

static void take_service(struct app *app)
{
	struct model *m = app->model;
	struct snapshot *next = malloc(sizeof(*next));
	int r = -ENOMEM;

	while (next && (r = service_receive(app->service.watch.fd, next)) == 1) {
		app_log_snapshot(app, next);
		model_set_snapshot(m, next);
		app->changed = true;
	}
	if (next && r == -EPIPE && !snapshot_ended(&m->snap)) {
		service_result(&m->snap, next);
		app_log_snapshot(app, next);
		model_set_snapshot(m, next);
		app->changed = true;
	}
	free(next);
	if (r == -EPROTO) {
		STR_COPY(app->last_words, service_detached_text(r));
		app->done = true;
	} else if (snapshot_ended(&m->snap)) {
		show_result(app);
	}
}

void app_watch_service(struct app *app, int fd)
{
	/* Until the result, since the install continues if the front end ends before. */
	app->code = EXIT_DETACHED;
	STR_COPY(app->last_words, service_detached_text(0));
	if (app_watch_add(app, &app->service, fd, EPOLLIN, take_service) < 0) {
		app->done = true;
		return;
	}
	model_begin_install(app->model);
	go_to(app, &screen_install);
}

static void on_begin(struct app *app)
{
	struct model *m = app->model;
	int fd, r;

	if (!model_has_plan(m))
		return;
	app_check_plan(app); /* the Review may be old */
	m->confirm[0] = '\0';
	if (m->verdict.count > 0)
		return;
	r = service_start(&m->plan, app->inspect ? inspect_manifest(app->inspect) : NULL, &fd);
	if (r < 0) {
		model_say(m, true, "The install cannot be started: %s. Nothing has been written.",
			strerror(-r));
		return;
	}
	app_watch_service(app, fd);
	app_log_plan(app, &m->plan);
}

static bool is_installing(const struct app *app)
{
	return app->service.watch.fd >= 0;
}

void app_leave(struct app *app)
{
	if (!is_installing(app) && app->model->screen != &screen_result)
		app->code = EXIT_CANCELLED;
	app->done = true;
}

/* --- keys --- */

static void leave_blobs(struct app *app)
{
	app_end_blobs(app);
	go_to(app, &screen_layout);
}

static void on_back(struct app *app)
{
	const struct screen *const *way = screen_way(app->model);
	int place = screen_place(app->model, app->model->screen);

	if (app->model->screen == &screen_blob)
		leave_blobs(app);
	else if (place >= 0) /* the first is Kinds */
		go_to(app, way[place > 0 ? place - 1 : 0]);
}

static void on_quit(struct app *app)
{
	app->done = true;
}

static void on_redraw(struct app *app)
{
	term_query(app->term);
	app_resize(app);
}

static void on_rescan(struct app *app)
{
	struct model *m = app->model;

	app_rescan(app);
	if (m->screen != &screen_review)
		return;
	/* A bad archive may have been repaired or replaced. */
	app_scan_again(app);
}

static void on_target(struct app *app)
{
	model_place_layouts(app->model);
	go_to(app, screen_way(app->model)[1]);
}

static void on_kinds(struct app *app)
{
	go_to(app, &screen_kinds);
}

static void on_image(struct app *app)
{
	if (app_take_image(app, app->model->text))
		go_to(app, &screen_target);
}

/* Puts the cursor on the folder that was left, or keeps it on the same name. */
static void on_folder(struct app *app)
{
	struct model *m = app->model;
	const struct browse *b = &m->browse;
	const char *name = browse_child(m->text, b->dir);
	char select[256] = "";

	if (strcmp(m->text, b->dir) == 0 && b->cursor < b->count)
		name = b->entries[b->cursor].name;
	STR_COPY(select, name ? name : "");
	app_open_folder(app, m->text, select[0] ? select : NULL);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void on_archive(struct app *app)
{
	struct model *m = app->model;

	if (is_folder(m->text))
		app_open_folder(app, m->text, NULL);
	else if (app_scan_archive(app, m->text))
		go_to(app, &screen_layout);
}

/* Completion is an action because it opens folders: a screen must not block. */
static void on_complete(struct app *app)
{
	struct model *m = app->model;

	if (browse_complete(m->browse.dir[0] ? m->browse.dir : "/", m->text, sizeof(m->text),
		    &m->names) == 0)
		model_answer(m, false, "No matching name.");
}

/* The layout decides whether an archive is needed. */
static void on_layout(struct app *app)
{
	struct model *m = app->model;

	if (m->scope != SCOPE_BOOT)
		m->scope = scope_of_layout(&m->layouts[m->layout_cursor].spec);
	go_to(app, scope_has_archive(m->scope) && !model_has_archive(m) ? &screen_archive
									: &screen_review);
}

static void on_layout_file(struct app *app)
{
	(void)app_take_layout_file(app, app->model->text);
}

static void on_ask_blob(struct app *app)
{
	app_browse_for_blob(app);
	go_to(app, &screen_blob);
}

static void on_blob(struct app *app)
{
	struct model *m = app->model;

	if (is_folder(m->text))
		app_open_folder(app, m->text, NULL);
	else if (app_take_blob(app, m->text))
		leave_blobs(app);
}

static void on_cancel(struct app *app)
{
	int r = service_send(app->service.watch.fd, SERVICE_CANCEL);

	if (r < 0)
		model_say(app->model, true, "The install cannot be cancelled: %s.", strerror(-r));
}

static void on_again(struct app *app)
{
	app->beeps = 0;
	app->model->target = (struct disk){0};
	go_to(app, &screen_target);
	app_rescan(app);
}

static void on_restart(struct app *app)
{
	const char *const argv[] = {"reboot", NULL};
	const struct child_spec reboot = {.name = "reboot",
		.program = app->restart_program,
		.argv = argv,
		.in = -1,
		.out = -1};
	_cleanup_close_ int other = service_connect(NULL);
	char why[CHILD_LINE_MAX];

	if (other >= 0 || other == -E2BIG)
		model_say(app->model, true,
			"Another install is running on this machine. Restart when it has ended.");
	else if (child_run(&reboot, RESTART_MS, why, sizeof(why)) < 0)
		model_say(app->model, true,
			"This machine cannot be restarted: %s. Quit, and restart it by hand.", why);
	else
		app->done = true;
}

static void (*const handlers[OUTCOME_COUNT])(struct app *app) = {
	[OUTCOME_BACK] = on_back,
	[OUTCOME_QUIT] = on_quit,
	[OUTCOME_REDRAW] = on_redraw,
	[OUTCOME_RESCAN] = on_rescan,
	[OUTCOME_TARGET] = on_target,
	[OUTCOME_KINDS] = on_kinds,
	[OUTCOME_ALLOW] = app_judge,
	[OUTCOME_IMAGE] = on_image,
	[OUTCOME_SAVE_AS] = app_ask_save,
	[OUTCOME_SAVE] = app_save_log,
	[OUTCOME_FOLDER] = on_folder,
	[OUTCOME_ARCHIVE] = on_archive,
	[OUTCOME_COMPLETE] = on_complete,
	[OUTCOME_LAYOUT] = on_layout,
	[OUTCOME_LAYOUT_FILE] = on_layout_file,
	[OUTCOME_ASK_BLOB] = on_ask_blob,
	[OUTCOME_BLOB] = on_blob,
	[OUTCOME_BEGIN] = on_begin,
	[OUTCOME_CANCEL] = on_cancel,
	[OUTCOME_DETACH] = on_quit,
	[OUTCOME_AGAIN] = on_again,
	[OUTCOME_RESTART] = on_restart,
};

void app_act(struct app *app, enum outcome outcome)
{
	if (handlers[outcome])
		handlers[outcome](app);
}
