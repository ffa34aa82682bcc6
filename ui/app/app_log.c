/* SPDX-License-Identifier: MIT */
#include "ui/app/app_internal.h"

#include "core/service/service.h"
#include "device/base/util.h"
#include "ui/lines/log_file.h"
#include "ui/screens/path_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void app_log_plan(struct app *app, const struct plan *plan)
{
	model_log_plan(app->model, plan);
	if (app->log)
		log_file_plan(app->log, plan);
}

/* The engine has completed the plan. It is read once, even if that fails. */
static void take_plan(struct app *app, const struct snapshot *now)
{
	struct plan_report *report = malloc(sizeof(*report));

	app->model->log_planned = true;
	if (report && service_plan(now, report) == 0) {
		model_log_report(app->model, report);
		if (app->log)
			log_file_report(app->log, report);
	}
	free(report);
}

void app_log_snapshot(struct app *app, const struct snapshot *now)
{
	if (now->planned && !app->model->log_planned)
		take_plan(app, now);
	if (app->log)
		log_file_snapshot(app->log, now);
}

/* ---- saving ---- */

/* The folder where boardstrap was started, or another one that can be written. */
static const char *folder(char *here, size_t size)
{
	const char *home = getenv("HOME");

	if (getcwd(here, size) && access(here, W_OK | X_OK) == 0)
		return here;
	return home && home[0] == '/' && access(home, W_OK | X_OK) == 0 ? home : "/tmp";
}

void app_ask_save(struct app *app)
{
	struct model *m = app->model;
	time_t now = time(NULL);
	char here[400], date[32] = "", name[64], path[512];
	const char *dir = folder(here, sizeof(here));
	struct tm tm;

	if (localtime_r(&now, &tm))
		(void)strftime(date, sizeof(date), "-%Y%m%d-%H%M%S", &tm);
	STR_COPY(name, m->snap.target_name);
	for (char *c = name; *c; c++)
		if (strchr("/ ", *c))
			*c = '_';
	STR_FORMAT(path, "%s%sboardstrap-%s%s.log", dir, dir[1] ? "/" : "", name, date);
	path_entry_begin(m, ENTRY_SAVE, path);
}

static void write_log(const struct model *m, FILE *out)
{
	uint64_t missing = m->log_count - model_log_count(m);

	if (missing > 0)
		(void)fprintf(out, "(%" PRIu64 " earlier lines are not kept)\n", missing);
	for (size_t i = 0; i < model_log_count(m); i++)
		(void)fprintf(out, "%s\n", model_log_line(m, i));
}

/* Never replaces a file: a slip of the finger could name the archive. */
void app_save_log(struct app *app)
{
	struct model *m = app->model;
	int fd = open(m->text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool failed;

	if (!out) {
		model_answer(m, true, "%s cannot be written: %s. Type another path.", m->text,
			errno == EEXIST ? "it exists already" : strerror(errno));
		close_fd(&fd);
		return;
	}
	write_log(m, out);
	failed = ferror(out);
	if (fclose(out) != 0 || failed) {
		model_answer(m, true, "%s could not be written completely: %s. Type another path.",
			m->text, strerror(errno));
		return;
	}
	m->entry = ENTRY_NONE;
	model_answer(m, false, "The log is saved in %s.", m->text);
}
