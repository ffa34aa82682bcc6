/* SPDX-License-Identifier: MIT */
#include "core/process/child.h"

#include "core/tar/sigcgt.h"
#include "tests/lib/old_kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 60000 /* only a bug takes this long */

/* Records the callbacks. */
struct seen {
	int reactor;
	struct child child;
	unsigned started, lines, reports, exits;
	char text[8192]; /* the lines, joined by '|' */
	char order[256]; /* a letter for every callback */
	uint64_t done;
	char finish_at; /* the callback that calls child_finish */
	bool blocked;	/* the test itself blocks SIGTERM */
};

static void record(struct child *child, char letter)
{
	struct seen *seen = child->spec.owner;
	size_t n = strlen(seen->order);

	if (n + 1 < sizeof(seen->order))
		seen->order[n] = letter;
	if (letter == seen->finish_at)
		child_finish(child);
}

static void on_started(struct child *child)
{
	((struct seen *)child->spec.owner)->started++;
	record(child, 's');
}

static void on_line(struct child *child, char *line)
{
	struct seen *seen = child->spec.owner;
	size_t n = strlen(seen->text);

	str_format(seen->text + n, sizeof(seen->text) - n, "%s%s", n ? "|" : "", line);
	seen->lines++;
	record(child, 'l');
}

static void on_report(struct child *child, const struct child_report *report)
{
	struct seen *seen = child->spec.owner;

	seen->reports++;
	assert_true(report->done >= seen->done);
	seen->done = report->done;
	record(child, 'r');
}

static void on_exit_(struct child *child)
{
	((struct seen *)child->spec.owner)->exits++;
	record(child, 'x');
}

static struct child_spec spec_of(struct seen *seen)
{
	return (struct child_spec){.in = -1,
		.out = -1,
		.on_started = on_started,
		.on_line = on_line,
		.on_report = on_report,
		.on_exit = on_exit_,
		.owner = seen};
}

static void start(struct seen *seen, const struct child_spec *spec)
{
	int reactor = seen->reactor;
	char finish_at = seen->finish_at;
	bool blocked = seen->blocked;
	sigset_t mask;

	memset(seen, 0, sizeof(*seen));
	seen->reactor = reactor;
	seen->finish_at = finish_at;
	seen->blocked = blocked;
	assert_int_equal(child_start(&seen->child, reactor, spec), 0);
	assert_true(child_is_running(&seen->child));
	/* signals blocked for the fork are unblocked again */
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	assert_int_equal(sigismember(&mask, SIGTERM), seen->blocked);
}

static void wait_for(struct seen *seen, const unsigned *count, unsigned wanted)
{
	uint64_t until = now_ms() + LONG_MS;

	while (*count < wanted) {
		assert_true(now_ms() < until);
		assert_true(reactor_dispatch(seen->reactor, 10) >= 0);
		child_poll(&seen->child);
	}
}

static void run(struct seen *seen, const struct child_spec *spec)
{
	start(seen, spec);
	wait_for(seen, &seen->exits, 1);
	assert_int_equal(seen->child.state, CHILD_ENDED);
	assert_int_equal(seen->exits, 1);
}

static void run_program(struct seen *seen, const char *const *argv)
{
	struct child_spec spec = spec_of(seen);

	spec.program = argv[0];
	spec.argv = argv;
	spec.out_lines = true;
	run(seen, &spec);
}

static void shell(struct seen *seen, const char *script)
{
	run_program(seen, (const char *const[]){"sh", "-c", script, NULL});
}

static void work(struct seen *seen, int (*function)(void *arg, int report_fd), void *arg)
{
	struct child_spec spec = spec_of(seen);

	spec.work = function;
	spec.arg = arg;
	run(seen, &spec);
}

static void expect_why(const struct seen *seen, const char *expected)
{
	char why[256];

	child_why(&seen->child, why, sizeof(why));
	assert_string_equal(why, expected);
}

static bool is_gone(pid_t pid)
{
	char path[48], stat[512] = "";
	_cleanup_close_ int fd = -1;

	STR_FORMAT(path, "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, stat, sizeof(stat) - 1) <= 0)
		return true;
	return strstr(stat, ") Z") || strstr(stat, ") X");
}

static bool is_called(pid_t pid, const char *name)
{
	char path[48], comm[32] = "";
	_cleanup_close_ int fd = -1;

	STR_FORMAT(path, "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, comm, sizeof(comm) - 1) > 0 &&
	       strncmp(comm, name, strlen(name)) == 0;
}

static bool goes(pid_t pid)
{
	for (uint64_t until = now_ms() + LONG_MS; now_ms() < until; (void)usleep(2000))
		if (is_gone(pid))
			return true;
	return false;
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

/* ---- programs ---- */

static void ends(void **state)
{
	static const struct {
		const char *script, *why;
		bool ok;
	} cases[] = {
		{"exit 0", "", true},
		{"echo hello >&2", "", true},
		{"exit 3", "exit status 3", false},
		{"echo one >&2; printf 'a\\033[1mb' >&2; echo; echo; exit 2",
			"exit status 2: a?[1mb", false},
		{"kill -9 $$", "killed by signal 9", false},
		{"echo bye >&2; kill -TERM $$", "killed by signal 15: bye", false},
		{"exit 127", "exit status 127", false},
	};
	struct seen *seen = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		shell(seen, cases[i].script);
		assert_int_equal(child_ok(&seen->child), cases[i].ok);
		expect_why(seen, cases[i].why);
		assert_int_equal(seen->started, 1);
		assert_int_equal(seen->order[0], 's');
		assert_int_equal(seen->order[strlen(seen->order) - 1], 'x');
		child_finish(&seen->child);
	}
}

static void exec_fails(void **state)
{
	static const struct {
		const char *program, *why;
		int error;
	} cases[] = {
		{"there-is-no-such-program", "not found", ENOENT},
		{"/there/is/no/such/program", "not found", ENOENT},
		{"/etc", "not found", ENOENT},	      /* a directory */
		{"/etc/passwd", "not found", ENOENT}, /* not executable */
	};
	struct seen *seen = *state;
	char path[] = "/tmp/childXXXXXX";
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run_program(seen, (const char *const[]){cases[i].program, NULL});
		assert_string_equal(seen->order, "x");
		assert_int_equal(seen->child.exec_error, cases[i].error);
		assert_false(child_ok(&seen->child));
		expect_why(seen, cases[i].why);
	}

	/* an error of execve itself */
	fd = mkstemp(path);
	assert_int_equal(write(fd, "\177ELF rubbish", 12), 12);
	assert_int_equal(fchmod(fd, 0755), 0);
	assert_int_equal(close(fd), 0);
	run_program(seen, (const char *const[]){path, NULL});
	assert_string_equal(seen->order, "x");
	assert_int_equal(seen->child.exec_error, ENOEXEC);
	expect_why(seen, "cannot be run: Exec format error");
	assert_int_equal(unlink(path), 0);
}

static void environment(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen);
	const char *const argv[] = {"env", NULL};
	const char *many[CHILD_ENV_MAX + 2] = {NULL};

	assert_int_equal(setenv("TAR_OPTIONS", "--rubbish", 1), 0);
	spec.program = "env";
	spec.argv = argv;
	spec.out_lines = true;
	run(seen, &spec);
	assert_string_equal(seen->text, "PATH=" CHILD_PATH "|LC_ALL=C");

	spec.env = (const char *const[]){"LC_ALL=C.UTF-8", "PATHS=1", NULL};
	run(seen, &spec);
	assert_string_equal(seen->text, "LC_ALL=C.UTF-8|PATHS=1|PATH=" CHILD_PATH);

	for (size_t i = 0; i <= CHILD_ENV_MAX; i++)
		many[i] = "A=b";
	spec.env = many;
	assert_int_equal(child_start(&seen->child, seen->reactor, &spec), -E2BIG);
	child_finish(&seen->child);
	assert_int_equal(unsetenv("TAR_OPTIONS"), 0);
}

/* Removes signals 32 and 33 from a "SigIgn:" line. The C library reserves them, so a child cannot
 * reset them if the test runner ignores them. */
static void without_libc_signals(char *text)
{
	char *digits = strstr(text, "SigIgn:\t");
	unsigned long long set;
	char line[17];

	assert_non_null(digits);
	digits += strlen("SigIgn:\t");
	set = strtoull(digits, NULL, 16) & ~0x180000000ull;
	(void)STR_FORMAT(line, "%016llx", set);
	memcpy(digits, line, 16);
}

static void nothing(int signal)
{
	(void)signal;
}

/* The child resets all signals that the parent blocks, ignores or catches. */
static void signals(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen);
	const char *const argv[] = {
		"sed", "-nE", "/^Sig(Blk|Ign|Cgt)/p", "/proc/self/status", NULL};
	sigset_t set, old, pending;

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGUSR1, nothing);
	(void)signal(SIGRTMIN + 3, SIG_IGN);
	(void)sigfillset(&set);
	assert_int_equal(sigprocmask(SIG_SETMASK, &set, &old), 0);
	seen->blocked = true;
	spec.program = "sed";
	spec.argv = argv;
	spec.out_lines = true;
	run(seen, &spec);
	without_libc_signals(seen->text);
	assert_string_equal(seen->text, "SigBlk:\t0000000000000000|SigIgn:\t0000000000000200|"
					"SigCgt:\t0000000000000000");
	spec.no_safety_net = true;
	run(seen, &spec);
	without_libc_signals(seen->text);
	assert_string_equal(seen->text, "SigBlk:\t0000000000000000|SigIgn:\t0000000000000000|"
					"SigCgt:\t0000000000000000");
	/* the mask of the parent is unchanged */
	assert_int_equal(sigprocmask(SIG_SETMASK, &old, &pending), 0);
	assert_true(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGTERM));
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGUSR1, SIG_DFL);
	(void)signal(SIGRTMIN + 3, SIG_DFL);
}

static void own_session(void **state)
{
	struct seen *seen = *state;
	int pid, group, session, tty;

	run_program(seen, (const char *const[]){"cat", "/proc/self/stat", NULL});
	assert_int_equal(
		sscanf(seen->text, "%d (cat) %*c %*d %d %d %d", &pid, &group, &session, &tty), 4);
	assert_int_equal(pid, seen->child.pid);
	assert_int_equal(group, pid);
	assert_int_equal(session, pid);
	assert_int_equal(tty, 0);
}

/* Descriptors without close-on-exec are not inherited. */
static void descriptors(void **state)
{
	struct seen *seen = *state;
	int stray = open("/dev/null", O_RDONLY), high = fcntl(stray, F_DUPFD, 200);

	assert_true(stray >= 0 && high >= 200);
	run_program(seen, (const char *const[]){"ls", "/proc/self/fd", NULL});
	assert_string_equal(seen->text, "0|1|2|3"); /* 3 is ls's own */
	run_program(seen, (const char *const[]){"readlink", "/proc/self/fd/0", NULL});
	assert_string_equal(seen->text, "/dev/null");
	shell(seen, "readlink /proc/$$/fd/1 >&2");
	assert_int_equal(strncmp(seen->text, "pipe:", 5), 0);
	close_fd(&stray);
	close_fd(&high);
}

/* 0, 1 and 2 are closed in the parent, so its pipes get these numbers. */
static int start_without_stdio(void *arg, int report_fd)
{
	struct seen *seen = arg;

	seen->reactor = reactor_new();
	/* The descriptors that child_start opens get the numbers 0, 1 and 2 in turn. */
	for (int fd = 2; fd >= 0; fd--) {
		(void)close(fd);
		shell(seen, "echo out; echo err >&2; readlink /proc/$$/fd/0");
		if (strcmp(seen->text, "out|err|/dev/null") != 0 || !child_ok(&seen->child))
			return child_report_fail(report_fd, -EPROTO, "%d: %s", fd, seen->text);
	}
	return 0;
}

static void parent_without_stdio(void **state)
{
	struct seen *seen = *state;

	work(seen, start_without_stdio, &(struct seen){0});
	expect_why(seen, "");
}

static void in_and_out(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen);
	const char *const argv[] = {"tr", "a-z", "A-Z", NULL};
	char text[16] = "";
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	spec.program = "tr";
	spec.argv = argv;
	spec.in = in[0];
	spec.out = out[1];
	start(seen, &spec);
	close_fd(&in[0]);
	close_fd(&out[1]);
	assert_int_equal(write(in[1], "abc", 3), 3);
	close_fd(&in[1]);
	wait_for(seen, &seen->exits, 1);
	assert_true(child_ok(&seen->child));
	assert_int_equal(read(out[0], text, sizeof(text)), 3);
	assert_string_equal(text, "ABC");
	assert_int_equal(read(out[0], text, sizeof(text)), 0);
	close_fd(&out[0]);
}

/* ---- lines ---- */

static void lines(void **state)
{
	static const struct {
		const char *script, *text;
	} cases[] = {
		{"printf 'a\\nb\\n'", "a|b"},
		{"printf 'a\\n\\n\\nb'", "a|b"},
		{"printf '10%%\\r20%%\\r\\ndone'", "10%|20%|done"},
		{"printf 'a\\000b\\n'", "a?b"},
		{"printf 'a'; sleep 0.05; printf 'b\\n'", "ab"},
		{"printf '\\303\\044\\n'", "\303$"}, /* raw */
		{"echo out; echo err >&2", "out|err"},
		{"", ""},
	};
	struct seen *seen = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		shell(seen, cases[i].script);
		assert_string_equal(seen->text, cases[i].text);
	}
}

static void long_lines(void **state)
{
	struct seen *seen = *state;

	shell(seen, "head -c 100000 /dev/zero | tr '\\000' x; echo; echo next");
	assert_int_equal(seen->lines, 2);
	assert_int_equal(strlen(seen->text), CHILD_LINE_MAX - 1 + strlen("|next"));
	assert_string_equal(seen->text + CHILD_LINE_MAX - 1, "|next");
	shell(seen,
		"head -c 511 /dev/zero | tr '\\000' x; echo; head -c 512 /dev/zero | tr '\\000' y");
	assert_int_equal(seen->lines, 2);
	assert_int_equal(strlen(seen->text), 2 * (CHILD_LINE_MAX - 1) + 1);
}

/* Much more than a pipe holds; the last line must arrive. */
static void flood(void **state)
{
	struct seen *seen = *state;

	shell(seen, "seq 1 200000 >&2; exit 4");
	assert_int_equal(seen->lines, 200000);
	expect_why(seen, "exit status 4: 200000");
}

/* A daemon that keeps stderr open does not delay the end, and its later output is ignored. */
static void grandchild_holds_stderr(void **state)
{
	/* Both print their pid in their own session; $() waits for that. */
	static const char *const scripts[] = {
		"n=$(setsid sh -c 'echo $$ >&2; echo $$; exec >&-; while :; do echo x >&2; done' &)",
		"n=$(setsid sh -c 'echo $$; exec sleep 100 >&-' &); printf $n >&2",
	};
	struct seen *seen = *state;

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		pid_t pid;

		shell(seen, scripts[i]);
		pid = (pid_t)strtol(seen->text, NULL, 10);
		assert_true(pid > 1);
		assert_true(child_ok(&seen->child));
		/* the first may have died of SIGPIPE */
		assert_false(i == 1 && is_gone(pid));
		(void)kill(pid, SIGKILL);
	}
}

/* Its process group does not outlive it. */
static void group_ends_with_it(void **state)
{
	struct seen *seen = *state;
	pid_t pid;

	shell(seen, "sleep 100 & echo $! >&2");
	pid = (pid_t)strtol(seen->text, NULL, 10);
	assert_true(pid > 1);
	assert_true(child_ok(&seen->child));
	assert_true(goes(pid));
}

/* ---- work ---- */

static int work_reports(void *arg, int report_fd)
{
	for (unsigned i = 1; i <= *(unsigned *)arg; i++)
		child_report_send(report_fd, i, *(unsigned *)arg);
	return 0;
}

static int work_fails(void *arg, int report_fd)
{
	child_report_send(report_fd, 5, 9);
	return child_report_fail(report_fd, -EIO, "%s: bad medium\033", (const char *)arg);
}

static int work_returns(void *arg, int report_fd)
{
	(void)report_fd;
	return *(int *)arg;
}

static int work_dies(void *arg, int report_fd)
{
	(void)arg;
	(void)report_fd;
	(void)dprintf(STDERR_FILENO, "last words\n");
	raise(SIGKILL);
	return 0;
}

static void works(void **state)
{
	struct seen *seen = *state;
	unsigned many = 5000; /* more than a pipe holds */
	char name[] = "mmcblk0";
	int value = 0;

	work(seen, work_reports, &many);
	assert_int_equal(seen->reports, many);
	assert_int_equal(seen->child.last.total, many);
	assert_true(child_ok(&seen->child));
	assert_int_equal(seen->started, 0);

	work(seen, work_fails, name);
	assert_false(child_ok(&seen->child));
	expect_why(seen, "mmcblk0: bad medium?");
	assert_int_equal(seen->child.last.error, -EIO);
	assert_int_equal(seen->child.last.done, 5); /* the last progress is kept */

	work(seen, work_returns, &value);
	assert_true(child_ok(&seen->child));
	assert_int_equal(seen->reports, 0);
	value = -EROFS;
	work(seen, work_returns, &value);
	assert_false(child_ok(&seen->child));
	assert_int_equal(seen->child.last.error, -EROFS);
	expect_why(seen, strerror(EROFS));

	work(seen, work_dies, NULL);
	assert_false(child_ok(&seen->child));
	expect_why(seen, "killed by signal 9: last words");
}

static unsigned *shared;

static void count_exit(void)
{
	(*shared)++;
}

static void no_atexit(void **state)
{
	struct seen *seen = *state;
	int value = 0;

	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	assert_int_equal(atexit(count_exit), 0);
	work(seen, work_returns, &value);
	value = -EIO;
	work(seen, work_returns, &value);
	assert_int_equal(*shared, 0);
}

/* Returns one bit for each descriptor of the list that is open. */
static int work_looks(void *arg, int report_fd)
{
	uint64_t open_fds = 0;

	for (const int *fd = arg; *fd >= 0; fd++)
		open_fds |= (uint64_t)(fcntl(*fd, F_GETFD) >= 0) << (fd - (const int *)arg);
	child_report_send(report_fd, open_fds, 0);
	return 0;
}

static void keeps_listed_descriptors(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fds[] = {0, 1, 2, null, fcntl(null, F_DUPFD_CLOEXEC, null + 1),
		fcntl(null, F_DUPFD_CLOEXEC, 90), -1};
	const int *const keep[] = {NULL, (const int[]){-1}, (const int[]){fds[5], -1},
		(const int[]){fds[4], fds[3], fds[4], 1, -1}, (const int[]){fds[3], -1}};
	const uint64_t expected[] = {0x3f, 0x07, 0x27, 0x1f, 0x0f};

	spec.work = work_looks;
	spec.arg = fds;
	for (size_t i = 0; i < ARRAY_SIZE(keep); i++) {
		spec.keep_fds = keep[i];
		run(seen, &spec);
		assert_int_equal(seen->done, expected[i]);
	}
	for (size_t i = 3; fds[i] >= 0; i++)
		(void)close(fds[i]);
}

/* ---- ends ---- */

static int work_sleeps(void *arg, int report_fd)
{
	(void)arg;
	child_report_send(report_fd, 1, 1);
	(void)dprintf(STDERR_FILENO, "here\n");
	(void)sleep(100);
	return 0;
}

static void finish_in_every_state(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen), job = spec_of(seen);
	struct child never;

	spec.program = "sh";
	spec.argv = (const char *const[]){"sh", "-c", "printf 'a\\nb\\n' >&2; sleep 100", NULL};
	job.work = work_sleeps;

	child_init(&never);
	child_finish(&never);
	child_finish(&never);
	assert_false(child_is_running(&never));
	assert_int_equal(child_signal_one(&never, SIGTERM), -ESRCH);
	child_kill(&never, SIGTERM);
	child_poll(&never);
	expect_why(&(struct seen){.child = never}, "not started");

	start(seen, &spec); /* still starting */
	child_finish(&seen->child);
	assert_string_equal(seen->order, "");

	start(seen, &spec);
	wait_for(seen, &seen->started, 1);
	assert_int_equal(seen->child.state, CHILD_RUNNING);
	child_finish(&seen->child);
	assert_true(is_gone(seen->child.pid));

	/* in each callback: no other follows */
	for (const char *at = "sl"; *at; at++) {
		seen->finish_at = *at;
		start(seen, &spec);
		wait_for(seen, *at == 's' ? &seen->started : &seen->lines, 1);
		while (reactor_dispatch(seen->reactor, 20) > 0)
			;
		assert_string_equal(seen->order, *at == 's' ? "s" : "sl");
	}
	seen->finish_at = 'r';
	start(seen, &job);
	wait_for(seen, &seen->reports, 1);
	while (reactor_dispatch(seen->reactor, 20) > 0)
		;
	assert_null(strchr(seen->order, 'x'));
	seen->finish_at = 'x';
	start(seen, &spec);
	child_kill(&seen->child, SIGKILL);
	wait_for(seen, &seen->exits, 1);
	assert_int_equal(seen->child.state, CHILD_NONE);
}

static void finish_in_end(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen);

	/* The line is read by child_poll, since the reactor is not called before. */
	seen->finish_at = 'l';
	spec.program = "sh";
	spec.argv = (const char *const[]){"sh", "-c", "echo a >&2", NULL};
	start(seen, &spec);
	assert_true(goes(seen->child.pid));
	child_poll(&seen->child);
	assert_string_equal(seen->order, "sl");
	assert_int_equal(seen->child.state, CHILD_NONE);
	assert_int_equal(reactor_dispatch(seen->reactor, 0), 0);
}

static bool freed;

static void free_it(struct child *child)
{
	free(child);
	freed = true;
}

static void exit_may_free(void **state)
{
	struct seen *seen = *state;
	struct child *child = malloc(sizeof(*child));
	struct child_spec spec = spec_of(seen);

	assert_non_null(child);
	spec.program = "true";
	spec.argv = (const char *const[]){"true", NULL};
	spec.on_started = NULL;
	spec.on_exit = free_it;
	freed = false;
	assert_int_equal(child_start(child, seen->reactor, &spec), 0);
	for (uint64_t until = now_ms() + LONG_MS; !freed && now_ms() < until;) {
		(void)reactor_dispatch(seen->reactor, 10);
		if (!freed)
			child_poll(child);
	}
	assert_true(freed);
}

/* The signal arrives whether it is sent before, during or after setsid. */
static void killed_at_once(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen);
	_cleanup_close_ int root = open("/", O_PATH | O_CLOEXEC);

	if (sigcgt_read(root, getpid(), SIGTERM) != SIGCGT_NOT_CAUGHT) {
		print_message("signals are emulated here and get lost in an exec: not tried\n");
		skip();
	}
	spec.program = "sleep";
	spec.argv = (const char *const[]){"sleep", "100", NULL};
	for (unsigned i = 0; i < 100; i++) {
		start(seen, &spec);
		if (i % 2)
			(void)usleep(i * 20);
		child_kill(&seen->child, SIGTERM);
		wait_for(seen, &seen->exits, 1);
		expect_why(seen, "killed by signal 15");
	}
	assert_int_equal(child_signal_one(&seen->child, SIGTERM), -ESRCH);
}

static void group_or_one(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen);
	pid_t pid;

	spec.program = "sh";
	spec.argv = (const char *const[]){"sh", "-c",
		"trap 'echo got >&2' USR1; sleep 100 & echo $! >&2; while :; do wait; done", NULL};
	spec.no_safety_net =
		true; /* a shell cannot trap an ignored signal, and sleep must be killable */
	start(seen, &spec);
	wait_for(seen, &seen->lines, 1);
	pid = (pid_t)strtol(seen->text, NULL, 10);
	while (!is_called(pid, "sleep")) /* until exec it is a copy of the shell */
		(void)usleep(1000);
	assert_int_equal(child_signal_one(&seen->child, SIGUSR1), 0);
	wait_for(seen, &seen->lines, 2);
	(void)usleep(100000); /* time for sleep to die, if it was signalled too */
	assert_false(is_gone(pid));
	child_kill(&seen->child, SIGTERM);
	wait_for(seen, &seen->exits, 1);
	assert_true(goes(pid));
	expect_why(seen, "killed by signal 15: got");
}

/* A parent that is killed takes its children along. */
static void dies_with_parent(void **state)
{
	int pids[2];
	pid_t parent, pid;

	(void)state;
	assert_int_equal(pipe(pids), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		struct seen seen = {.reactor = reactor_new()};
		struct child_spec spec = spec_of(&seen);

		spec.work = work_sleeps;
		if (child_start(&seen.child, seen.reactor, &spec) < 0)
			_exit(1);
		while (seen.lines == 0)
			(void)reactor_dispatch(seen.reactor, 100);
		(void)!write(pids[1], &seen.child.pid, sizeof(pid_t));
		raise(SIGKILL);
	}
	(void)close(pids[1]);
	assert_int_equal(read(pids[0], &pid, sizeof(pid)), sizeof(pid));
	(void)close(pids[0]);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_true(goes(pid));
}

/* A child that other code has reaped counts as failed. */
static void reaped_by_another(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen);

	spec.program = "true";
	spec.argv = (const char *const[]){"true", NULL};
	start(seen, &spec);
	assert_int_equal(waitpid(seen->child.pid, NULL, 0), seen->child.pid);
	wait_for(seen, &seen->exits, 1);
	assert_false(child_ok(&seen->child));
}

static void no_leaks(void **state)
{
	struct seen *seen = *state;
	struct child_spec spec = spec_of(seen);
	int before = count_fds();

	spec.program = "sleep";
	spec.argv = (const char *const[]){"sleep", "100", NULL};
	for (unsigned i = 0; i < 20; i++) {
		shell(seen, "echo x >&2");
		run_program(seen, (const char *const[]){"no-such-program", NULL});
		start(seen, &spec);
		child_finish(&seen->child);
	}
	assert_int_equal(count_fds(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void find_program(void **state)
{
	char path[64] = "as it was", small[4] = "";

	(void)state;
	assert_int_equal(child_find_program("no-such-program", path, sizeof(path)), -ENOENT);
	assert_string_equal(path, "as it was");
	assert_int_equal(child_find_program("sh", path, sizeof(path)), 0);
	assert_int_equal(access(path, X_OK), 0);
	assert_int_equal(child_find_program("/bin/sh", path, sizeof(path)), 0);
	assert_string_equal(path, "/bin/sh");
	assert_int_equal(child_find_program("sh", small, sizeof(small)), -ENOENT);
	assert_int_equal(child_find_program("/tmp", path, sizeof(path)), -ENOENT);
	assert_int_equal(child_find_program("", path, sizeof(path)), -ENOENT);
}

static int setup(void **state)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return -1;
	seen->reactor = reactor_new();
	child_init(&seen->child);
	*state = seen;
	return seen->reactor < 0;
}

static int teardown(void **state)
{
	struct seen *seen = *state;

	child_finish(&seen->child);
	close_fd(&seen->reactor);
	free(seen);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ends),
		TEST(exec_fails),
		TEST(environment),
		TEST(signals),
		TEST(own_session),
		TEST(descriptors),
		TEST(parent_without_stdio),
		TEST(in_and_out),
		TEST(lines),
		TEST(long_lines),
		TEST(flood),
		TEST(grandchild_holds_stderr),
		TEST(group_ends_with_it),
		TEST(works),
		TEST(no_atexit),
		TEST(keeps_listed_descriptors),
		TEST(finish_in_every_state),
		TEST(finish_in_end),
		TEST(exit_may_free),
		TEST(killed_at_once),
		TEST(group_or_one),
		TEST(dies_with_parent),
		TEST(reaped_by_another),
		TEST(no_leaks),
		TEST(find_program),
	};
	int failed = cmocka_run_group_tests_name("child", tests, NULL, NULL);

	/* Repeat all as on a kernel without pidfd. */
	old_kernel = true;
	return failed + cmocka_run_group_tests_name("child without pidfd", tests, NULL, NULL);
}
