/* SPDX-License-Identifier: MIT */
#include "ui/lines/log_file.h"

#include "core/plan/plan.h"
#include "device/base/util.h"
#include "device/usage/inuse_load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool is_same(const struct stat *st, const char *path)
{
	struct stat other;

	return stat(path, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

static void write_head(FILE *out)
{
	time_t now = time(NULL);
	char date[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		(void)strftime(date, sizeof(date), ", %Y-%m-%d %H:%M:%S", &tm);
	(void)fprintf(out, "boardstrap " BOARDSTRAP_VERSION "%s\n", date);
}

int log_file_open(struct log_file *ret, const char *path, const char *archive, const char *target,
	const struct layout *layout, struct diag *diag)
{
	struct inuse_file others[PLAN_FILES_MAX + 1];
	struct archive_list archives;
	size_t count;
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
	struct stat st;

	*ret = (struct log_file){0};
	archive_list_make(&archives, archive, layout);
	count = plan_files(&archives, layout, others);
	if (fd < 0 || fstat(fd, &st) < 0)
		return diag_fail(
			diag, -errno, "--log %s cannot be opened: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return diag_fail(diag, -EINVAL, "--log %s is not a regular file", path);
	if (target)
		others[count++] = (struct inuse_file){.path = target, .what = "target"};
	for (size_t i = 0; i < count; i++)
		if (is_same(&st, others[i].path))
			return diag_fail(diag, -EINVAL,
				"--log %s is the %s of this install. Name another file", path,
				others[i].what);
	ret->out = fdopen(fd, "a");
	if (!ret->out)
		return diag_fail(
			diag, -errno, "--log %s cannot be opened: %s", path, strerror(errno));
	(void)take_fd(&fd);
	write_head(ret->out);
	return 0;
}

void log_file_close(struct log_file *log)
{
	bool failed;

	if (!log->out)
		return;
	failed = ferror(log->out);
	if (fclose(log->out) != 0 || failed)
		(void)fputs("boardstrap: the log of --log is incomplete: it could not be written\n",
			stderr);
	log->out = NULL;
}

static void write_row(void *owner, const char *head, const char *text)
{
	struct log_file *log = owner;
	char line[800];

	STR_FORMAT(line, "%s%s", head, text);
	str_sanitise(line);
	(void)fprintf(log->out, "%s\n", line);
	(void)fflush(log->out);
}

void log_file_row(struct log_file *log, const char *text)
{
	write_row(log, "", text);
}

void log_file_plan(struct log_file *log, const struct plan *plan)
{
	log->planned = true;
	log_plan(plan, write_row, log);
}

void log_file_report(struct log_file *log, const struct plan_report *report)
{
	const struct plan_verdict *verdict = &report->verdict;

	log_file_plan(log, &report->plan);
	for (uint32_t i = 1; i < verdict->count && i < PLAN_PROBLEMS_MAX; i++)
		log_file_row(log, verdict->problems[i].text);
}

void log_file_snapshot(struct log_file *log, const struct snapshot *now)
{
	log_snapshot(&log->seen, now, write_row, log);
	log->seen = *now;
}
