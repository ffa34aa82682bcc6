/* SPDX-License-Identifier: MIT */
#include "core/tar/sigcgt.h"

#include "device/base/util.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "Name:\ttar\nUmask:\t0022\n"

static void parse(void **state)
{
	static const struct {
		const char *status;
		int signal;
		enum sigcgt expected;
	} cases[] = {
		{HEAD "State:\tS (sleeping)\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
		      "SigCgt:\t0000000000000200\n",
			10, SIGCGT_CAUGHT},
		/* the neighbouring bits do not count */
		{HEAD "State:\tS\nSigBlk:\t0\nSigCgt:\t0000000000000500\n", 10, SIGCGT_NOT_CAUGHT},
		/* ignored is not caught */
		{HEAD "State:\tS\nSigBlk:\t0\nSigIgn:\t200\nSigCgt:\t0\n", 10, SIGCGT_NOT_CAUGHT},
		{HEAD "State:\tS\nSigBlk:\t0000000000000200\nSigCgt:\t0000000000000200\n", 10,
			SIGCGT_BLOCKED},
		{HEAD "State:\tS\nSigBlk:\t0000000000000200\nSigCgt:\t0\n", 10, SIGCGT_NOT_CAUGHT},
		{HEAD "State:\tS\nSigBlk:\tfffffffffffffdff\nSigCgt:\tffffffffffffffff\n", 10,
			SIGCGT_CAUGHT},
		/* a zombie still shows its handlers */
		{HEAD "State:\tZ (zombie)\nSigBlk:\t0\nSigCgt:\t0000000000000200\n", 10,
			SIGCGT_GONE},
		{HEAD "State:\tX (dead)\nSigBlk:\t0\nSigCgt:\t0000000000000200\n", 10, SIGCGT_GONE},
		{HEAD "State:\tS\nSigBlk:\t0\nSigCgt:\t8000000000000000\n", 64, SIGCGT_CAUGHT},
		{HEAD "State:\tS\nSigBlk:\t0\nSigCgt:\t0000000000000001\n", 1, SIGCGT_CAUGHT},
		/* the last line may lack its newline */
		{"State:\tR\nSigBlk:\t0\nSigCgt:\t200", 10, SIGCGT_CAUGHT},
		{"", 10, SIGCGT_UNREADABLE},
		{"SigCgt:\t200\n", 10, SIGCGT_UNREADABLE},
		{"State:\tS\nSigCgt:\t200\n", 10, SIGCGT_UNREADABLE},
		{"State:\tS\nSigBlk:\t0\n", 10, SIGCGT_UNREADABLE},
		{"State:\tS\nSigBlk:\t0\nSigCgt:\t\n", 10, SIGCGT_UNREADABLE},
		{"State:\tS\nSigBlk:\t0\nSigCgt:\t2zz\n", 10, SIGCGT_UNREADABLE},
		{"State:\tS\nSigBlk:\t0\nxSigCgt:\t200\n", 10, SIGCGT_UNREADABLE},
		{"State:\tS\nSigBlk:\t0\nSigCgtOfThread:\t200\nSigCgt:\t0\n", 10,
			SIGCGT_NOT_CAUGHT},
		/* a process name that looks like a field is not at the start of a line */
		{"Name:\tSigCgt:\t200\nState:\tS\nSigBlk:\t0\nSigCgt:\t0\n", 10, SIGCGT_NOT_CAUGHT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (sigcgt_parse(cases[i].status, cases[i].signal) != cases[i].expected)
			fail_msg("case %zu", i);
}

static void on_signal(int signal)
{
	(void)signal;
}

/* Forks a process of this kind, which writes a byte when ready and runs until we close the pipe. */
static pid_t spawn(bool catch, bool block, int *hold)
{
	int ready[2], stay[2];
	sigset_t set;
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(stay), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(stay[1]);
		if (catch)
			(void)sigaction(
				SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL);
		(void)sigemptyset(&set);
		(void)sigaddset(&set, SIGUSR1);
		if (block)
			(void)sigprocmask(SIG_BLOCK, &set, NULL);
		(void)!write(ready[1], "x", 1);
		(void)!read(stay[0], &c, 1);
		_exit(0);
	}
	(void)close(stay[0]);
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	*hold = stay[1];
	return pid;
}

static void real_processes(void **state)
{
	static const struct {
		bool catch, block;
		enum sigcgt expected;
	} cases[] = {
		{false, false, SIGCGT_NOT_CAUGHT},
		{true, false, SIGCGT_CAUGHT},
		{true, true, SIGCGT_BLOCKED},
	};
	_cleanup_close_ int root = open("/", O_PATH | O_CLOEXEC);

	(void)state;
	if (sigcgt_read(root, getpid(), SIGUSR1) != SIGCGT_NOT_CAUGHT) {
		print_message("signals are emulated here (valgrind?): not tried\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		siginfo_t info;
		int hold;
		pid_t pid = spawn(cases[i].catch, cases[i].block, &hold);

		assert_int_equal(sigcgt_read(root, pid, SIGUSR1), cases[i].expected);
		(void)close(hold);
		/* first a zombie, then reaped */
		assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
		assert_int_equal(sigcgt_read(root, pid, SIGUSR1), SIGCGT_GONE);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(sigcgt_read(root, pid, SIGUSR1), SIGCGT_GONE);
	}
}

/* The root is a parameter: another tree contains other processes. */
static void other_root(void **state)
{
	char dir[] = "/tmp/sigcgtXXXXXX", path[64];
	_cleanup_close_ int root = -1;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	root = open(dir, O_PATH | O_CLOEXEC);
	assert_int_equal(mkdirat(root, "proc", 0755), 0);
	assert_int_equal(mkdirat(root, "proc/77", 0755), 0);
	STR_FORMAT(path, "%s/proc/77/status", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs("State:\tS\nSigBlk:\t0\nSigCgt:\t0000000000000200\n", file);
	(void)fclose(file);
	assert_int_equal(sigcgt_read(root, 77, SIGUSR1), SIGCGT_CAUGHT);
	assert_int_equal(sigcgt_read(root, 78, SIGUSR1), SIGCGT_GONE);
	assert_int_equal(unlinkat(root, "proc/77/status", 0), 0);
	assert_int_equal(mkdirat(root, "proc/77/status", 0755), 0);
	assert_int_equal(sigcgt_read(root, 77, SIGUSR1), SIGCGT_UNREADABLE);
	assert_int_equal(unlinkat(root, "proc/77/status", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(root, "proc/77", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(root, "proc", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(real_processes),
		cmocka_unit_test(other_root),
	};

	return cmocka_run_group_tests_name("sigcgt", tests, NULL, NULL);
}
