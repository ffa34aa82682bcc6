/* SPDX-License-Identifier: MIT */
/* child_exec alone, without the reactor. test_child checks descriptors and the end of children. */
#include "core/process/child_exec.h"
#include "core/process/child_report.h"

#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define EXIT_SETUP 127

/* ---- the environment ---- */

#define DEFAULT_PATH "PATH=" CHILD_PATH

static void builds_the_environment(void **state)
{
	static const struct {
		const char *given[4], *expected[6];
	} cases[] = {
		{{NULL}, {DEFAULT_PATH, "LC_ALL=C"}},
		{{"A=b", "C="}, {"A=b", "C=", DEFAULT_PATH, "LC_ALL=C"}},
		{{"LC_ALL=C.UTF-8"}, {"LC_ALL=C.UTF-8", DEFAULT_PATH}},
		{{"PATH=/x"}, {"PATH=/x", "LC_ALL=C"}},
		{{"PATH="}, {"PATH=", "LC_ALL=C"}},
		{{"LC_ALL=C", "PATH=/x"}, {"LC_ALL=C", "PATH=/x"}},
		/* other names that begin or end alike */
		{{"PATHS=1", "PAT=2", "LC_ALLE=3"},
			{"PATHS=1", "PAT=2", "LC_ALLE=3", DEFAULT_PATH, "LC_ALL=C"}},
		{{"MY_PATH=1"}, {"MY_PATH=1", DEFAULT_PATH, "LC_ALL=C"}},
		{{"LC_CTYPE=C", "path=1"}, {"LC_CTYPE=C", "path=1", DEFAULT_PATH, "LC_ALL=C"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* A NULL list is the same as an empty one. */
		for (int list = cases[i].given[0] != NULL; list < 2; list++) {
			struct child_spec spec = {.env = list ? cases[i].given : NULL};
			struct child_exec exec = {.spec = &spec};
			size_t k = 0;

			memset(exec.env, '!', sizeof(exec.env));
			assert_int_equal(child_exec_env(&exec), 0);
			for (; cases[i].expected[k]; k++)
				assert_string_equal(exec.env[k], cases[i].expected[k]);
			assert_null(exec.env[k]);
		}
	}
}

static void has_room_for_the_maximum(void **state)
{
	const char *many[CHILD_ENV_MAX + 2] = {NULL};
	struct child_spec spec = {.env = many};
	struct child_exec exec = {.spec = &spec};

	(void)state;
	for (size_t i = 0; i < CHILD_ENV_MAX; i++)
		many[i] = "A=b";
	assert_int_equal(child_exec_env(&exec), 0);
	assert_string_equal(exec.env[CHILD_ENV_MAX - 1], "A=b");
	assert_string_equal(exec.env[CHILD_ENV_MAX + 1], "LC_ALL=C");
	assert_null(exec.env[CHILD_ENV_MAX + 2]);
	many[CHILD_ENV_MAX] = "A=b";
	assert_int_equal(child_exec_env(&exec), -E2BIG);
}

/* ---- the fork ---- */

struct end {
	int status; /* from waitpid */
	ssize_t report_size;
	union {
		int error;
		struct child_report report;
		struct child_report two[2]; /* room to detect a second one */
	} got;
	char out[64]; /* from its descriptors 1 and 2 */
};

/* Reads until all writers have closed the pipe. */
static ssize_t read_all(int fd, void *buf, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used < size && (n = read(fd, (char *)buf + used, size - used)) > 0)
		used += (size_t)n;
	return (ssize_t)used;
}

/* Forks with new pipes and waits for the end; does not change in and parent. */
static struct end run_exec(struct child_exec *exec)
{
	struct end end = {0};
	int report[2], out[2];
	pid_t pid = 0;

	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	exec->out = exec->err = out[1];
	exec->report = report[1];
	assert_int_equal(child_exec_env(exec), 0);
	assert_int_equal(child_exec_fork(exec, &pid), 0);
	assert_true(pid > 0);
	close_fd(&report[1]);
	close_fd(&out[1]);
	end.report_size = read_all(report[0], &end.got, sizeof(end.got));
	(void)read_all(out[0], end.out, sizeof(end.out) - 1);
	assert_int_equal(waitpid(pid, &end.status, 0), pid);
	close_fd(&report[0]);
	close_fd(&out[0]);
	return end;
}

static struct child_exec exec_of(const struct child_spec *spec, const char *path)
{
	struct child_exec exec = {.spec = spec, .parent = getpid()};

	STR_COPY(exec.path, path);
	exec.in = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_true(exec.in >= 0);
	return exec;
}

static int exit_status(const struct end *end)
{
	return WIFEXITED(end->status) ? WEXITSTATUS(end->status) : -1;
}

static const char *const script[] = {"sh", "-c", "echo out; echo $A >&2; exit 3", NULL};

static void becomes_the_program(void **state)
{
	const char *const env[] = {"A=err", NULL};
	struct child_spec spec = {.argv = script, .env = env};
	struct child_exec exec = exec_of(&spec, "/bin/sh");
	struct end end = run_exec(&exec);

	(void)state;
	assert_int_equal(exit_status(&end), 3);
	assert_string_equal(end.out, "out\nerr\n");
	assert_int_equal(end.report_size, 0); /* closed: exec succeeded */
	close_fd(&exec.in);
}

static void reports_why_exec_failed(void **state)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{"", ENOENT}, /* program not found */
		{"/there/is/no/such/program", ENOENT},
		{"/dev/null/program", ENOTDIR},
		{"/", EACCES},
		{"/etc/passwd", EACCES},
	};
	struct child_spec spec = {.argv = script};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct child_exec exec = exec_of(&spec, cases[i].path);
		struct end end = run_exec(&exec);

		assert_int_equal(end.report_size, sizeof(int));
		assert_int_equal(end.got.error, cases[i].error);
		assert_int_equal(exit_status(&end), EXIT_SETUP);
		assert_string_equal(end.out, "");
		close_fd(&exec.in);
	}
}

/* Neither when the parent died before the death signal was set, nor without its input. */
static void runs_nothing_if_setup_fails(void **state)
{
	struct child_spec spec = {.argv = script};
	struct child_exec exec = exec_of(&spec, "/bin/sh");
	struct end end;

	(void)state;
	exec.parent = getpid() + 1;
	end = run_exec(&exec);
	assert_int_equal(exit_status(&end), EXIT_SETUP);
	assert_string_equal(end.out, "");

	exec.parent = getpid();
	close_fd(&exec.in);
	end = run_exec(&exec);
	assert_int_equal(exit_status(&end), EXIT_SETUP);
	assert_string_equal(end.out, "");
}

static int work_returns(void *arg, int report_fd)
{
	(void)report_fd;
	return *(int *)arg;
}

static int work_sends(void *arg, int report_fd)
{
	(void)arg;
	child_report_send(report_fd, 5, 9);
	return 0;
}

static int work_fails(void *arg, int report_fd)
{
	(void)arg;
	return child_report_fail(report_fd, -EIO, "%s: bad medium", "mmcblk0");
}

/* An error that the work has reported is not reported again when it is returned. */
static void does_the_work(void **state)
{
	static const struct {
		int (*work)(void *arg, int report_fd);
		int value, status;
		size_t report_size;
		struct child_report report;
	} cases[] = {
		{work_returns, 0, EXIT_SUCCESS, 0, {0}},
		{work_returns, -EROFS, EXIT_FAILURE, sizeof(struct child_report),
			{.error = -EROFS}},
		{work_sends, 0, EXIT_SUCCESS, sizeof(struct child_report), {.done = 5, .total = 9}},
		{work_fails, 0, EXIT_FAILURE, sizeof(struct child_report),
			{.error = -EIO, .text = "mmcblk0: bad medium"}},
	};
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	/* The last report of the forking process must not leak into the child. */
	child_report_send(null, 77, 78);
	assert_int_equal(child_report_fail(null, -ENOSPC, "%s", "of another"), -ENOSPC);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int value = cases[i].value;
		struct child_spec spec = {.work = cases[i].work, .arg = &value};
		struct child_exec exec = exec_of(&spec, "");
		struct end end = run_exec(&exec);

		assert_int_equal(exit_status(&end), cases[i].status);
		assert_int_equal(end.report_size, cases[i].report_size);
		assert_int_equal(end.got.report.done, cases[i].report.done);
		assert_int_equal(end.got.report.total, cases[i].report.total);
		assert_int_equal(end.got.report.error, cases[i].report.error);
		assert_string_equal(end.got.report.text, cases[i].report.text);
		close_fd(&exec.in);
	}
}

/* Signals are blocked for the fork only. */
static void restores_the_mask_of_the_parent(void **state)
{
	struct child_spec spec = {.argv = script};
	struct child_exec exec = exec_of(&spec, "");
	sigset_t before, one, after;

	(void)state;
	(void)sigemptyset(&one);
	(void)sigaddset(&one, SIGUSR2);
	assert_int_equal(sigprocmask(SIG_SETMASK, &one, &before), 0);
	(void)run_exec(&exec);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, &after), 0);
	for (int signal = 1; signal < SIGRTMIN; signal++)
		assert_int_equal(sigismember(&after, signal), signal == SIGUSR2);
	close_fd(&exec.in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_the_environment),
		cmocka_unit_test(has_room_for_the_maximum),
		cmocka_unit_test(becomes_the_program),
		cmocka_unit_test(reports_why_exec_failed),
		cmocka_unit_test(runs_nothing_if_setup_fails),
		cmocka_unit_test(does_the_work),
		cmocka_unit_test(restores_the_mask_of_the_parent),
	};

	return cmocka_run_group_tests_name("exec", tests, NULL, NULL);
}
