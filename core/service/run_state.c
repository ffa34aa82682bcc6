/* SPDX-License-Identifier: MIT */
#include "core/service/run_state.h"

#include "device/base/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX	    ".last"
#define PLAN_SUFFIX ".plan"

/* The plan of an install: it belongs to the snapshot before it. */
struct plan_record {
	struct snapshot snapshot;
	struct plan_report report;
};

static char fit(char c)
{
	return c == '/' || c == '.' ? '_' : c;
}

void run_state_path(char ret[RUN_STATE_PATH_MAX], const char *dir, const char *target, int engine,
	const char *suffix)
{
	char name[sizeof(((struct snapshot *)NULL)->target_name)];

	(void)STR_COPY(name, target);
	for (char *c = name; *c; c++)
		*c = fit(*c);
	(void)str_format(ret, RUN_STATE_PATH_MAX, "%s/%s.%d%s", dir, name, engine, suffix);
}

bool run_state_is_file(const char *file, const char *target, const char *suffix)
{
	size_t length = strlen(file), n = target ? strlen(target) : 0;

	if (length <= strlen(suffix) || strcmp(file + length - strlen(suffix), suffix) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (file[i] != fit(target[i]))
			return false;
	return !target || file[n] == '.';
}

/* Replaces the file of the engine with @suffix atomically. */
static int write_file(const char *dir, const struct snapshot *snapshot, const char *suffix,
	const void *data, size_t size)
{
	char path[RUN_STATE_PATH_MAX], new[RUN_STATE_PATH_MAX];
	_cleanup_close_ int fd = -1;
	int r;

	run_state_path(path, dir, snapshot->target_name, snapshot->engine, suffix);
	run_state_path(new, dir, snapshot->target_name, snapshot->engine, ".new");
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_full(fd, data, size);
	if (r == 0 && rename(new, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(new);
	return r;
}

int run_state_write(const char *dir, const struct snapshot *snapshot)
{
	return write_file(dir, snapshot, SUFFIX, snapshot, sizeof(*snapshot));
}

int run_state_write_plan(
	const char *dir, const struct snapshot *snapshot, const struct plan_report *report)
{
	_cleanup_free_ struct plan_record *record = calloc(1, sizeof(*record));

	if (!record)
		return -ENOMEM;
	record->snapshot = *snapshot;
	record->report = *report;
	return write_file(dir, snapshot, PLAN_SUFFIX, record, sizeof(*record));
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Counts the files of @target (NULL: of all) and writes the path of the newest, or else the oldest,
 * to @ret_path. Returns 0 if there is no file. */
static size_t find(const char *dir, const char *target, bool newest, char ret_path[300])
{
	DIR *files = opendir(dir);
	struct timespec best = {0};
	struct dirent *entry;
	size_t count = 0;

	if (!files)
		return 0;
	while ((entry = readdir(files))) {
		struct stat st;

		if (!run_state_is_file(entry->d_name, target, SUFFIX) ||
			fstatat(dirfd(files), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (count++ == 0 || is_newer(&st.st_mtim, &best) == newest) {
			best = st.st_mtim;
			(void)str_format(ret_path, 300, "%s/%s", dir, entry->d_name);
		}
	}
	(void)closedir(files);
	return count;
}

void run_state_sweep(const char *dir)
{
	char path[300], plan[300];

	while (find(dir, NULL, false, path) >= RUN_STATES_KEPT && unlink(path) == 0) {
		STR_FORMAT(plan, "%.*s" PLAN_SUFFIX, (int)(strlen(path) - strlen(SUFFIX)), path);
		(void)unlink(plan);
	}
}

/* Reads a file that begins with a snapshot. */
static int read_file(const char *path, void *ret, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = read_full(fd, ret, size);
	if (r < 0)
		return r == -ENODATA ? -EPROTO : r;
	return snapshot_is_ours(ret, sizeof(struct snapshot)) ? 0 : -EPROTO;
}

static int read_record(const char *path, struct snapshot *ret)
{
	struct snapshot snapshot;
	int r = read_file(path, &snapshot, sizeof(snapshot));

	if (r == 0)
		*ret = snapshot;
	return r;
}

int run_state_newest(const char *dir, const char *target, struct snapshot *ret)
{
	char path[300];

	return find(dir, target, true, path) == 0 ? -ENOENT : read_record(path, ret);
}

int run_state_of(const char *dir, const struct snapshot *seen, struct snapshot *ret)
{
	char path[RUN_STATE_PATH_MAX];
	struct snapshot found;
	int r;

	run_state_path(path, dir, seen->target_name, seen->engine, SUFFIX);
	r = read_record(path, &found);
	if (r < 0)
		return r;
	if (seen->job == 0 || found.job != seen->job)
		return -ENOENT;
	*ret = found;
	return 0;
}

int run_state_plan(const char *dir, const struct snapshot *seen, struct plan_report *ret)
{
	_cleanup_free_ struct plan_record *record = malloc(sizeof(*record));
	char path[RUN_STATE_PATH_MAX];
	int r;

	if (!record)
		return -ENOMEM;
	run_state_path(path, dir, seen->target_name, seen->engine, PLAN_SUFFIX);
	r = read_file(path, record, sizeof(*record));
	if (r < 0)
		return r;
	if (seen->job == 0 || record->snapshot.job != seen->job)
		return -ENOENT;
	*ret = record->report;
	return 0;
}

int run_state_of_engine(const char *dir, int engine, struct snapshot *ret)
{
	DIR *files = opendir(dir);
	struct dirent *entry;
	char suffix[32], path[300] = "";

	if (!files)
		return -ENOENT;
	STR_FORMAT(suffix, ".%d" SUFFIX, engine);
	while ((entry = readdir(files)))
		if (run_state_is_file(entry->d_name, NULL, suffix))
			STR_FORMAT(path, "%s/%s", dir, entry->d_name);
	(void)closedir(files);
	return path[0] ? read_record(path, ret) : -ENOENT;
}

bool run_state_end(struct snapshot *snapshot)
{
	const struct scope_words *words = scope_words(snapshot->scope);
	const char *target = snapshot->target_name[0] ? snapshot->target_name : "the target";

	if (snapshot_ended(snapshot))
		return false;
	snapshot->state = INSTALL_FAILED;
	snapshot->exit_code = snapshot->written ? EXIT_FAILED : EXIT_REFUSED;
	if (snapshot->written)
		err_set(&snapshot->err, snapshot->exit_code, step_name(snapshot->step),
			"The engine was killed or crashed: %s%s%s", words->unfinished[0], target,
			words->unfinished[1]);
	else
		err_set(&snapshot->err, snapshot->exit_code, step_name(snapshot->step),
			"The engine was killed or crashed. Nothing was written to %s", target);
	STR_COPY(snapshot->err.next,
		"Check the kernel's log (dmesg) for the cause, then install again");
	return true;
}
