/* SPDX-License-Identifier: MIT */
#include "core/process/child_exec.h"

#include "core/process/child_report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_SETUP 127 /* exit status of a child that could not be set up */

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* Closes, or marks close-on-exec, the descriptors from @first to @last. */
static void close_fds(unsigned first, unsigned last, unsigned flags)
{
	if (syscall(SYS_close_range, first, last, flags) == 0)
		return;
	/* Before Linux 5.9 (5.11 with CLOSE_RANGE_CLOEXEC): only numbers that are in use in
	 * practice. */
	for (unsigned fd = first; fd <= last && fd < 1024; fd++) {
		if (flags)
			(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
		else
			(void)close((int)fd);
	}
}

static void close_all_but(const int *keep, int report)
{
	int from = STDERR_FILENO + 1;

	for (;;) {
		int next = report >= from ? report : INT_MAX;

		for (const int *fd = keep; *fd >= 0; fd++)
			if (*fd >= from && *fd < next)
				next = *fd;
		if (next > from)
			close_fds((unsigned)from, next == INT_MAX ? ~0U : (unsigned)next - 1, 0);
		if (next == INT_MAX)
			return;
		from = next + 1;
	}
}

static void reset_signals(bool no_safety_net)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signal = 1; signal < NSIG; signal++)
		(void)sigaction(signal, &action, NULL); /* fails for SIGKILL and SIGSTOP */
	if (!no_safety_net) {
		action.sa_handler = SIG_IGN;
		(void)sigaction(SIGUSR1, &action, NULL);
	}
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves the descriptors to 0, 1 and 2. The sources are duplicated to higher numbers first, as
 * any of them may itself be 0, 1 or 2. Returns the new descriptor of the report pipe, or -1. */
static int place_fds(const struct child_exec *exec)
{
	int sources[] = {exec->in, exec->out, exec->err};
	int report = fcntl(exec->report, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		sources[i] = fcntl(sources[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		if (sources[i] < 0 || dup2(sources[i], (int)i) < 0)
			return -1;
		(void)close(sources[i]);
	}
	return report;
}

static int run_work(const struct child_spec *spec, int report)
{
	int r;

	if (spec->keep_fds)
		close_all_but(spec->keep_fds, report);
	child_report_begin();
	r = spec->work(spec->arg, report);
	child_report_end(report, r);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}

__attribute__((noreturn)) static void run(const struct child_exec *exec)
{
	const struct child_spec *spec = exec->spec;
	int report, error;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != exec->parent)
		_exit(EXIT_SETUP); /* the parent died before the prctl */
	(void)setsid();
	reset_signals(spec->no_safety_net);
	report = place_fds(exec);
	if (report < 0)
		_exit(EXIT_SETUP);
	if (spec->work)
		_exit(run_work(spec, report)); /* not exit: atexit handlers are the parent's */

	close_fds(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	/* The prototype of execve lacks the const. */
	(void)execve(exec->path, (char *const *)(uintptr_t)spec->argv,
		(char *const *)(uintptr_t)exec->env);
	error = errno;
	(void)write_full(report, &error, sizeof(error));
	_exit(EXIT_SETUP);
}

static bool same_name(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");

	return strncmp(a, b, length) == 0 && b[length] == '=';
}

int child_exec_env(struct child_exec *exec)
{
	static const char *const defaults[] = {"PATH=" CHILD_PATH, "LC_ALL=C"};
	const char *const *more = exec->spec->env;
	const char **env = exec->env;
	size_t count = 0, given = 0;

	for (; more && more[given]; given++) {
		if (given == CHILD_ENV_MAX)
			return -E2BIG;
		env[count++] = more[given];
	}
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		bool replaced = false;

		for (size_t k = 0; k < given; k++)
			replaced |= same_name(defaults[i], more[k]);
		if (!replaced)
			env[count++] = defaults[i];
	}
	env[count] = NULL;
	return 0;
}

int child_exec_fork(const struct child_exec *exec, pid_t *ret_pid)
{
	sigset_t all, old;
	int error;

	/* No signal handler of the parent may run in the child. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &old);
	*ret_pid = fork();
	error = errno;
	if (*ret_pid == 0)
		run(exec);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return *ret_pid < 0 ? -error : 0;
}
