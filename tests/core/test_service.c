/* SPDX-License-Identifier: MIT */
/* The engine as a process: its viewers, who may cancel, and the state after its end. */
#include "core/service/service.h"

#include "device/base/settings.h"
#include "device/base/sysroot.h"
#include "tests/lib/board_fixture.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define LIMIT_MS 60000

/* Makes a tar that sleeps for @seconds before it starts. */
static void plan_slow(struct board *board, unsigned seconds)
{
	char path[200];

	board_run(
		"cd %s; printf '#!/bin/sh\\n[ \"$1\" = --version ] || sleep %u\\nexec tar \"$@\"\\n' "
		">slow-tar; chmod 755 slow-tar",
		board->dir, seconds);
	STR_FORMAT(path, "%s/slow-tar", board->dir);
	board_plan(board, path);
}

static int start(const struct board *board)
{
	int fd = -1;

	assert_int_equal(
		service_start(&board->plan,
			board->plan.complete ? inspect_manifest(board->inspect) : NULL, &fd),
		0);
	assert_true(fd >= 0);
	return fd;
}

/* Waits for the engine's next snapshot; false if the engine is gone. */
static bool next(int fd, struct snapshot *ret)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int r = service_receive(fd, ret);

	if (r == 0) {
		assert_true(poll(&poll_fd, 1, LIMIT_MS) > 0);
		r = service_receive(fd, ret);
	}
	assert_true(r == 1 || r == -EPIPE);
	return r == 1;
}

/* Receives snapshots until the install has ended or reached @step. */
static struct snapshot watch_to(int fd, enum step_id step)
{
	struct snapshot now = {0};
	uint64_t sequence = 0;

	do {
		assert_true(next(fd, &now));
		assert_true(now.sequence > sequence);
		sequence = now.sequence;
	} while (!snapshot_ended(&now) && now.step < step);
	return now;
}

static struct snapshot watch_all(int fd)
{
	struct snapshot now;

	do
		now = watch_to(fd, STEP_COUNT);
	while (!snapshot_ended(&now));
	return now;
}

/* Pid of the only engine, from the name of its socket; 0 if none runs. */
static pid_t engine_pid(void)
{
	DIR *dir = opendir(SERVICE_DIR);
	struct dirent *entry;
	int pid = 0;

	assert_non_null(dir);
	while (pid == 0 && (entry = readdir(dir)))
		if (!strstr(entry->d_name, ".sock") ||
			sscanf(entry->d_name, "board_img.%d.", &pid) != 1)
			pid = 0;
	(void)closedir(dir);
	return pid;
}

static void wait_gone(pid_t pid)
{
	for (unsigned i = 0; i < LIMIT_MS / 10; i++) {
		if (kill(pid, 0) < 0 && errno == ESRCH)
			return;
		(void)usleep(10000);
	}
	fail_msg("the engine %d does not end", (int)pid);
}

static void updates_its_viewer_until_pass(void **state)
{
	const struct board *board = *state;
	struct snapshot end, last;
	int fd;

	fixture_require_root();
	fd = start(board);
	end = watch_all(fd);
	assert_string_equal(end.err.text, "");
	assert_int_equal(end.state, INSTALL_PASSED);
	assert_int_equal(end.exit_code, EXIT_OK);
	assert_string_equal(end.target_name, "board.img");
	/* The end is only published once nothing uses the target. */
	board_assert_released(board);
	assert_true(board_has_table(board));
	assert_false(next(fd, &last));
	assert_int_equal(service_last("board.img", &last), 0);
	assert_int_equal(last.state, INSTALL_PASSED);
	assert_int_equal(last.job, end.job);
	assert_int_equal(service_last("another.img", &last), -ENOENT);
	assert_int_equal(service_connect(NULL), -ENOENT);
	close_fd(&fd);
}

static void continues_without_a_viewer(void **state)
{
	struct board *board = *state;
	struct snapshot now;
	int fd;

	fixture_require_root();
	plan_slow(board, 1);
	fd = start(board);
	(void)watch_to(fd, STEP_EXTRACT);
	close_fd(&fd);
	fd = service_connect("board.img");
	assert_true(fd >= 0);
	now = watch_all(fd);
	assert_int_equal(now.exit_code, EXIT_OK);
	close_fd(&fd);
}

/* From then on the plan can be read, also after the engine's end. */
static void scans_without_a_viewer(void **state)
{
	struct board *board = *state;
	struct plan_report report;
	struct snapshot now;
	int fd;

	fixture_require_root();
	board_run("cd %s; head -c 300M /dev/zero | tar -C tree -cf - . | gzip -1 >rootfs.tar.gz",
		board->dir);
	board_begin_plan(board, NULL);
	fd = start(board);
	assert_true(next(fd, &now));
	assert_int_equal(now.step, STEP_OPEN);
	assert_false(now.planned);
	assert_int_equal(service_plan(&now, &report), -ENOENT);
	close_fd(&fd);
	fd = service_connect("board.img");
	assert_true(fd >= 0);
	now = watch_to(fd, STEP_CHECK);
	assert_true(now.planned);
	assert_int_equal(service_plan(&now, &report), 0);
	assert_int_equal(report.plan.totals.entries, now.entries);
	now = watch_all(fd);
	assert_int_equal(now.exit_code, EXIT_OK);
	assert_int_equal(service_plan(&now, &report), 0);
	close_fd(&fd);
}

/* A viewer removes a socket that refuses connections. One that starts must not look like that. */
static void is_found_by_an_impatient_viewer(void **state)
{
	struct board *board = *state;
	struct snapshot now;
	pid_t viewer;
	int fd;

	fixture_require_root();
	plan_slow(board, 60);
	viewer = fork();
	assert_true(viewer >= 0);
	if (viewer == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			fd = service_connect(NULL);
			close_fd(&fd);
		}
	}
	for (unsigned i = 0; i < 5; i++) {
		fd = start(board);
		assert_true(next(fd, &now));
		assert_int_equal(engine_pid(), now.engine);
		assert_int_equal(service_send(fd, SERVICE_CANCEL), 0);
		(void)watch_all(fd);
		close_fd(&fd);
		wait_gone(now.engine);
	}
	assert_int_equal(kill(viewer, SIGKILL), 0);
	assert_int_equal(waitpid(viewer, NULL, 0), viewer);
}

static void only_one_viewer_may_cancel(void **state)
{
	struct board *board = *state;
	struct snapshot now;
	int first, second;

	fixture_require_root();
	plan_slow(board, 60);
	first = start(board);
	(void)watch_to(first, STEP_EXTRACT);
	second = service_connect(NULL);
	assert_true(second >= 0);
	assert_int_equal(service_connect("another"), -ENOENT);
	assert_int_equal(service_send(second, SERVICE_CANCEL), 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(next(second, &now));
		assert_int_equal(now.state, INSTALL_RUNNING);
	}
	assert_int_equal(service_send(first, SERVICE_CANCEL), 0);
	now = watch_all(second);
	assert_int_equal(now.state, INSTALL_CANCELLED);
	assert_int_equal(now.exit_code, EXIT_CANCELLED);
	assert_int_equal(watch_all(first).exit_code, EXIT_CANCELLED);
	assert_false(board_has_table(board));
	board_assert_released(board);
	close_fd(&first);
	close_fd(&second);
}

static void the_next_viewer_may_cancel(void **state)
{
	struct board *board = *state;
	int first, second = -1;
	struct snapshot now;

	fixture_require_root();
	plan_slow(board, 60);
	first = start(board);
	(void)watch_to(first, STEP_EXTRACT);
	close_fd(&first);
	/* It may cancel once the engine has noticed that the first viewer left. */
	do {
		close_fd(&second);
		second = service_connect(NULL);
		assert_true(second >= 0);
		assert_true(next(second, &now));
		assert_int_equal(now.state, INSTALL_RUNNING);
	} while (!now.commands);
	assert_int_equal(service_send(second, SERVICE_CANCEL), 0);
	assert_int_equal(watch_all(second).exit_code, EXIT_CANCELLED);
	close_fd(&second);
}

/* A viewer that pauses gets the latest snapshot, not a queue of old ones. */
static void waits_for_no_viewer(void **state)
{
	struct board *board = *state;
	struct snapshot now = {0};
	unsigned count = 0;
	int slow, quick;

	fixture_require_root();
	plan_slow(board, 3);
	slow = start(board);
	assert_true(poll(&(struct pollfd){.fd = slow, .events = POLLIN}, 1, LIMIT_MS) > 0);
	quick = service_connect(NULL);
	assert_true(quick >= 0);
	assert_int_equal(watch_all(quick).exit_code, EXIT_OK);
	for (; !snapshot_ended(&now); count++) {
		ssize_t n;

		do
			n = recv(slow, &now, sizeof(now), 0);
		while (n < 0 && (errno == EAGAIN || errno == EINTR));
		assert_int_equal(n, sizeof(now));
	}
	assert_true(count <= 8);
	assert_int_equal(now.exit_code, EXIT_OK);
	close_fd(&slow);
	close_fd(&quick);
}

/* A viewer that was stopped during the end (Ctrl-Z, Ctrl-S) still gets the result. */
static void has_a_result_for_late_viewers(void **state)
{
	struct board *board = *state;
	struct snapshot now = {0}, seen = {0};
	int slow, quick;
	pid_t pid;

	fixture_require_root();
	plan_slow(board, 3);
	slow = start(board);
	assert_true(poll(&(struct pollfd){.fd = slow, .events = POLLIN}, 1, LIMIT_MS) > 0);
	pid = engine_pid();
	quick = service_connect(NULL);
	assert_int_equal(watch_all(quick).exit_code, EXIT_OK);
	wait_gone(pid); /* the engine does not wait for ever */
	while (recv(slow, &now, sizeof(now), 0) == (ssize_t)sizeof(now))
		seen = now;
	assert_false(snapshot_ended(&seen));
	service_result(&seen, &now);
	assert_int_equal(now.state, INSTALL_PASSED);
	assert_int_equal(now.exit_code, EXIT_OK);
	close_fd(&slow);
	close_fd(&quick);
}

static void cancels_on_sigterm(void **state)
{
	struct board *board = *state;
	struct snapshot now;
	int fd;

	fixture_require_root();
	plan_slow(board, 60);
	fd = start(board);
	assert_int_equal(kill(watch_to(fd, STEP_EXTRACT).engine, SIGTERM), 0);
	now = watch_all(fd);
	assert_int_equal(now.exit_code, EXIT_CANCELLED);
	assert_false(board_has_table(board));
	close_fd(&fd);
}

static bool setting_is(const char *path, const char *value)
{
	char found[32] = "";
	int root = sysroot_open("/");

	(void)sysroot_read(root, found, sizeof(found), "%s", path + 1);
	close_fd(&root);
	return strcmp(found, value) == 0;
}

/* Copies the value of @path before the install from the journal: a loop device may still have the
 * limit of a test program that was killed together with its journal. */
static void read_original(const char *path, char ret[32])
{
	_cleanup_free_ char *text = NULL;
	int root = sysroot_open("/");
	char *line;

	assert_int_equal(sysroot_read_all(root, &text, NULL, "%s", SERVICE_JOURNAL + 1), 0);
	close_fd(&root);
	line = strstr(text, path + 1);
	assert_non_null(line);
	line += strlen(path + 1) + 1;
	(void)str_format(ret, 32, "%.*s", (int)strcspn(line, "\n"), line);
}

/* After a kill no child writes, nothing boots, and the settings are restored. */
static void leaves_nothing_running_when_it_is_killed(void **state)
{
	struct board *board = *state;
	char command[600], name[32], limit[64], original[32] = "";
	_cleanup_close_ int held = -1;
	struct snapshot now;
	pid_t pid;
	FILE *loop;
	int fd;

	fixture_require_root();
	plan_slow(board, 1);
	fd = start(board);
	now = watch_to(fd, STEP_EXTRACT);
	pid = now.engine;
	STR_FORMAT(command, "losetup -n -O NAME -j %s", board->image);
	loop = popen(command, "re");
	assert_non_null(loop);
	assert_int_equal(fscanf(loop, "/dev/%31s", name), 1);
	assert_int_equal(pclose(loop), 0);
	STR_FORMAT(limit, "/sys/block/%s/bdi/strict_limit", name);
	/* Held, so that no other test gets the loop device once the engine is dead. */
	STR_FORMAT(command, "/dev/%s", name);
	held = open(command, O_RDONLY | O_CLOEXEC);
	assert_true(held >= 0);
	/* Linux before 6.2 has no bdi limit. */
	for (unsigned i = 0; i < 500 && access(limit, F_OK) == 0 && !setting_is(limit, "1"); i++)
		(void)usleep(10000);
	if (access(limit, F_OK) == 0) {
		assert_true(setting_is(limit, "1"));
		read_original(limit, original);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (next(fd, &now))
		assert_false(snapshot_ended(&now));
	wait_gone(pid);
	/* An older PASS of this target is not returned. */
	for (unsigned i = 0; i < 2; i++) {
		if (i == 0)
			service_result(&now, &now);
		else
			assert_int_equal(service_last("board.img", &now), 0);
		assert_int_equal(now.state, INSTALL_FAILED);
		if (now.exit_code != EXIT_FAILED)
			fail_msg("%u: exit %d: %s", i, now.exit_code, now.err.text);
		assert_non_null(strstr(now.err.text, "will not boot"));
		assert_int_equal(now.step, STEP_EXTRACT);
		assert_true(setting_is(limit, original));
	}
	close_fd(&held);
	assert_int_equal(service_connect(NULL), -ENOENT); /* and the stale socket is removed */
	assert_int_equal(engine_pid(), 0);
	assert_false(board_has_table(board));
	/* The mount namespace exists until the wrapper's sleep ends. */
	board_assert_released(board);
	close_fd(&fd);
}

/* A killed front end had changed a setting: the engine restores it and continues. */
static void restores_settings_of_a_killed_viewer(void **state)
{
	struct board *board = *state;
	char path[200], byte;
	int fd, told[2];
	pid_t pid;

	fixture_require_root();
	plan_slow(board, 60);
	fd = start(board);
	(void)watch_to(fd, STEP_EXTRACT);
	STR_FORMAT(path, "%s/printk", board->dir);
	board_run("echo loud >%s", path);
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct settings_journal journal;

		if (service_connect(NULL) < 0 ||
			settings_open(&journal, sysroot_open("/"), SERVICE_JOURNAL) < 0 ||
			settings_set(&journal, path + 1, "quiet") < 0)
			_exit(1);
		(void)write_full(told[1], "!", 1);
		(void)pause();
		_exit(1);
	}
	assert_int_equal(read_full(told[0], &byte, 1), 0);
	assert_true(setting_is(path, "quiet"));
	assert_int_equal(kill(pid, SIGKILL), 0);
	for (unsigned i = 0; i < LIMIT_MS / 10 && !setting_is(path, "loud"); i++)
		(void)usleep(10000);
	assert_true(setting_is(path, "loud"));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(engine_pid() > 0);
	assert_int_equal(service_send(fd, SERVICE_CANCEL), 0);
	assert_int_equal(watch_all(fd).exit_code, EXIT_CANCELLED);
	close_fd(&told[0]);
	close_fd(&told[1]);
	close_fd(&fd);
}

static void reports_a_failed_start(void **state)
{
	const struct board *board = *state;
	struct snapshot now;
	int fd;

	fixture_require_root();
	board_run("rmdir %s/job 2>/dev/null || true; : >%s/job", SERVICE_DIR, SERVICE_DIR);
	fd = start(board);
	now = watch_all(fd);
	board_run("rm %s/job", SERVICE_DIR);
	assert_int_equal(now.state, INSTALL_FAILED);
	assert_int_equal(now.exit_code, EXIT_REFUSED);
	assert_non_null(strstr(now.err.text, "mount namespace"));
	assert_non_null(strstr(now.err.text, "Nothing was written"));
	assert_string_equal(now.target_name, "board.img");
	close_fd(&fd);
}

static void distinguishes_several_engines(void **state)
{
	struct board *board = *state;
	struct plan first;
	int fds[2], fd;

	fixture_require_root();
	plan_slow(board, 60);
	first = board->plan;
	fds[0] = start(board);
	board_run("truncate -s %llu %s/other.img", (unsigned long long)BOARD_BYTES, board->dir);
	STR_FORMAT(board->image, "%s/other.img", board->dir);
	plan_slow(board, 60);
	fds[1] = start(board);
	(void)watch_to(fds[0], STEP_EXTRACT);
	(void)watch_to(fds[1], STEP_EXTRACT);
	assert_int_equal(service_connect(NULL), -E2BIG);
	fd = service_connect(first.target.name);
	assert_true(fd >= 0);
	assert_string_equal(watch_to(fd, STEP_EXTRACT).target_name, "board.img");
	close_fd(&fd);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(service_send(fds[i], SERVICE_CANCEL), 0);
		assert_int_equal(watch_all(fds[i]).exit_code, EXIT_CANCELLED);
		close_fd(&fds[i]);
	}
}

static void refuses_snapshots_of_another_version(void **state)
{
	struct snapshot now = {
		.magic = SNAPSHOT_MAGIC, .version = SNAPSHOT_VERSION + 1, .size = sizeof(now)};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(service_receive(pair[0], &now), 0);
	assert_true(send(pair[1], &now, sizeof(now), 0) > 0);
	assert_int_equal(service_receive(pair[0], &now), -EPROTO);
	assert_true(send(pair[1], "short", 5, 0) > 0);
	assert_int_equal(service_receive(pair[0], &now), -EPROTO);
	(void)close(pair[1]);
	assert_int_equal(service_receive(pair[0], &now), -EPIPE);
	(void)close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		board_test(updates_its_viewer_until_pass),
		board_test(continues_without_a_viewer),
		board_test(scans_without_a_viewer),
		board_test(is_found_by_an_impatient_viewer),
		board_test(only_one_viewer_may_cancel),
		board_test(the_next_viewer_may_cancel),
		board_test(waits_for_no_viewer),
		board_test(has_a_result_for_late_viewers),
		board_test(cancels_on_sigterm),
		board_test(leaves_nothing_running_when_it_is_killed),
		board_test(restores_settings_of_a_killed_viewer),
		board_test(reports_a_failed_start),
		board_test(distinguishes_several_engines),
		cmocka_unit_test(refuses_snapshots_of_another_version),
	};

	return cmocka_run_group_tests(tests, board_group_setup, NULL);
}
