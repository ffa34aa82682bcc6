/* SPDX-License-Identifier: MIT */
#include "ui/app/app.h"

#include "core/process/reactor.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "ui/app/app_internal.h"
#include "ui/lines/plain.h"
#include "ui/screens/screen_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BEEP_MS 400

static void take_keys(struct app *app)
{
	struct key key;
	bool any = false;

	if (term_is_gone(app->term)) {
		app_leave(app);
		return;
	}
	while (!app->done && term_key(app->term, &key)) {
		enum outcome outcome;

		any = true;
		if (key.symbol == SYMBOL_RESIZE) {
			app_resize(app);
			continue;
		}
		outcome = screen_key(app->model, key);
		app->beeps = 0; /* the operator is here */
		app_act(app, outcome);
	}
	if (any && !app->done)
		app_show(app);
}

static void take_signals(struct app *app)
{
	struct signalfd_siginfo info;

	while (read(app->signals.watch.fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH) {
			app_resize(app);
		} else if (info.ssi_signo != SIGCONT) {
			app_leave(app);
		} else if (!app->done) {
			/* A shell had the terminal while the process was stopped. */
			app_act(app, OUTCOME_REDRAW);
			app_show(app);
		}
	}
}

/* --- the loop --- */

/* Polls the sources that send no events of their own. */
static void look(struct app *app)
{
	struct model *m = app->model;

	if (app->inspect && m->scan.state == INSPECT_RUNNING) {
		inspect_result(app->inspect, &m->scan);
		if (m->scan.state == INSPECT_OK)
			app_judge(app); /* the needed size is now known */
		app->changed = true;
		if (m->screen == &screen_review)
			app_make_plan(app);
	}
	if (app->inventory && inventory_generation(app->inventory) != app->generation)
		app_take_inventory(app);
	if (repaint_take(&app->repaint, m->now_ms)) {
		term_invalidate(app->term);
		app_show(app);
	}
	if (app->beeps > 0 && m->now_ms >= app->beep_ms) {
		term_beep(app->term);
		app->beeps--;
		app->beep_ms = m->now_ms + BEEP_MS;
	}
}

static int until(uint64_t when_ms, uint64_t now)
{
	return when_ms > now ? (int)(when_ms - now) : 0;
}

static int sooner(int a, int b)
{
	return a < 0 || b < a ? b : a;
}

static int next_wait(const struct app *app)
{
	const struct model *m = app->model;
	int wait = -1;

	if (app->changed || (app->inspect && m->scan.state == INSPECT_RUNNING))
		wait = until(app->shown_ms + app->line_speed->frame_ms, m->now_ms);
	if (app->beeps > 0)
		wait = sooner(wait, until(app->beep_ms, m->now_ms));
	if (repaint_wait_ms(&app->repaint, m->now_ms) >= 0)
		wait = sooner(wait, repaint_wait_ms(&app->repaint, m->now_ms));
	if (term_out_wait_ms(app->term) >= 0)
		wait = sooner(wait, term_out_wait_ms(app->term));
	if (term_wait_ms(app->term) >= 0)
		wait = sooner(wait, term_wait_ms(app->term));
	return wait;
}

/* The line has room: step() sends, and watches again if it fills up. */
static void take_line(struct app *app)
{
	reactor_remove(app->reactor, &app->line.watch);
}

/* Watches the line for room while output is waiting. */
static void watch_line(struct app *app)
{
	int fd = term_out_fd(app->term);

	if (fd == app->line.watch.fd)
		return;
	reactor_remove(app->reactor, &app->line.watch);
	if (fd >= 0 && app_watch_add(app, &app->line, fd, EPOLLOUT, take_line) < 0)
		app->line.watch.fd = -1;
}

static void step(struct app *app)
{
	watch_line(app);
	(void)reactor_dispatch(app->reactor, next_wait(app));
	app->model->now_ms = now_ms();
	look(app);
	term_send(app->term);
	if (term_wait_ms(app->term) == 0 && !app->done)
		take_keys(app);
	if (app->changed && !app->done &&
		app->model->now_ms - app->shown_ms >= app->line_speed->frame_ms)
		app_show(app);
}

/* --- in and out --- */

static void finish(struct app *app)
{
	/* The terminal comes first: the operator has it back even if a later call hangs. */
	term_close(app->term);
	inspect_free(app->inspect);
	inventory_free(app->inventory);
	if (app->settings.path[0])
		(void)settings_restore(&app->settings);
	free(app->image);
	app_watch_close(app, &app->service);
	app_watch_close(app, &app->signals);
	app_watch_close(app, &app->kmsg);
	close_fd(&app->reactor);
	grid_finish(&app->grid);
	if (app->model)
		browse_finish(&app->model->browse);
	free(app->model);
}

static int open_signals(sigset_t *ret_before)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGQUIT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGWINCH);
	(void)sigaddset(&set, SIGCONT);
	(void)sigprocmask(SIG_BLOCK, &set, ret_before);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Returns false if the terminal cannot be used, with the reason in app->last_words. */
static bool start(struct app *app)
{
	app->model = calloc(1, sizeof(*app->model));
	app->reactor = reactor_new();
	if (!app->model || app->reactor < 0 || app->signals.watch.fd < 0 ||
		app_watch_add(app, &app->signals, app->signals.watch.fd, EPOLLIN, take_signals) <
			0) {
		STR_FORMAT(app->last_words, "cannot start: %s", strerror(errno));
		return false;
	}
	app->model->now_ms = now_ms();
	app->model->grid = &app->grid;
	app->model->may_restart = app->restart_program && geteuid() == 0;
	if (term_open(&app->term, STDIN_FILENO, STDOUT_FILENO, getenv("TERM"), app->last_words,
		    sizeof(app->last_words)) < 0)
		return false;
	if (app_watch_add(app, &app->keys, term_fd(app->term), EPOLLIN, take_keys) < 0) {
		STR_FORMAT(app->last_words, "cannot watch the terminal: %s", strerror(errno));
		return false;
	}
	app->line_speed = line_speed_choose(term_baud(app->term));
	app->model->text_ms = app->line_speed->text_ms;
	/* A warning about the terminal becomes the notice of the first screen. */
	STR_COPY(app->model->notice, app->last_words);
	app->last_words[0] = '\0';
	app_resize(app);
	app_console_open(app);
	return true;
}

static bool prepare_all(struct app *app)
{
	struct model *m = app->model;

	app->inventory = inventory_new(
		app->reactor, app->options->root, sysroot_is_live(app->options->root), NULL);
	if (!app->inventory) {
		STR_FORMAT(app->last_words, "cannot start: %s", strerror(errno));
		return false;
	}
	app_read_board(app->options->root, m->board, sizeof(m->board));
	app_start_layouts(app);
	m->scope = app->options->scope;
	m->allow = app->options->allow;
	m->screen = &screen_target;
	app_judge(app);
	app_rescan(app);
	app_watch_plugging(app);
	if (app->options->target)
		app_take_target(app);
	app_start_browsing(app);
	return true;
}

static int run(struct app *app, int service_fd, bool (*prepare)(struct app *app))
{
	sigset_t before;

	app->reactor = app->keys.watch.fd = app->line.watch.fd = app->kmsg.watch.fd = -1;
	app->service.watch.fd = service_fd;
	app->signals.watch.fd = open_signals(&before);
	if (start(app) && prepare(app)) {
		app->shown = true;
		app_show(app);
		while (!app->done)
			step(app);
	} else {
		app->code = EXIT_REFUSED;
	}
	finish(app);
	/* After screens the program ends: signals stay blocked, or one that comes twice (SIGHUP
	 * does, from the kernel and from the shell) would replace the exit code. */
	if (!app->shown)
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
	/* Not shown: the caller of app_follow prints lines instead. */
	if (app->last_words[0] && (app->shown || app->options))
		plain_wrap(stderr, "boardstrap: ", app->last_words);
	return app->code;
}

int app_run(const struct app_options *options)
{
	struct app app = {
		.options = options,
		.root = options->root,
		.log = options->log,
		.restart_program = options->restart_program,
		.code = EXIT_CANCELLED, /* until an install ends */
	};

	return run(&app, -1, prepare_all);
}

static bool prepare_follow(struct app *app)
{
	app->model->only_follow = true;
	app_watch_service(app, app->service.watch.fd);
	return !app->done; /* the engine could not be watched */
}

int app_follow(int service_fd, struct log_file *log, const char *restart_program)
{
	/* A copy, because the caller keeps its own if no screen can be shown. */
	int fd = fcntl(service_fd, F_DUPFD_CLOEXEC, 3), code;
	_cleanup_close_ int root = sysroot_open("/");
	struct app app = {.root = root, .log = log, .restart_program = restart_program};

	if (fd < 0)
		return -1;
	code = run(&app, fd, prepare_follow);
	if (!app.shown)
		return -1;
	close_fd(&service_fd);
	return code;
}
