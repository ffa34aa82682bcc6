/* SPDX-License-Identifier: MIT */
#include "core/process/child.h"

#include "core/process/child_exec.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DRAIN_BYTES   MIB(1) /* largest pipe; a limit, as a grandchild may go on writing */
#define FINISH_MS     1000
#define ABANDONED_MAX 32

/* Killed, but not reaped when child_finish gave up waiting. */
static pid_t abandoned[ABANDONED_MAX];

/* ---- reading from the child ---- */

static void drop(struct child *child, struct watch *watch)
{
	int fd = watch->fd;

	reactor_remove(child->reactor, watch);
	close_fd(&fd);
}

static void drop_all(struct child *child)
{
	drop(child, &child->exit_watch);
	drop(child, &child->report_watch);
	drop(child, &child->err_watch);
}

static void take_line(struct child *child)
{
	char *line = child->line;

	if (child->line_length == 0)
		return;
	line[child->line_length] = '\0';
	child->line_length = 0;
	if (child->spec.on_line)
		child->spec.on_line(child, line);
	if (line[0] == '\0')
		return;
	STR_COPY(child->tail, line);
	str_sanitise(child->tail);
}

/* Reads once; true if there was data. Callbacks may call child_finish, so every function below that
 * runs one checks its descriptor again. */
static bool pump_lines(struct child *child)
{
	char buf[4096];
	ssize_t n;

	if (child->err_watch.fd < 0)
		return false;
	n = read(child->err_watch.fd, buf, sizeof(buf));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	for (ssize_t i = 0; i < n && child->err_watch.fd >= 0; i++) {
		if (buf[i] == '\n' || buf[i] == '\r')
			take_line(child);
		else if (child->line_length < sizeof(child->line) - 1)
			child->line[child->line_length++] = buf[i] ? buf[i] : '?';
	}
	if (n > 0)
		return true;
	drop(child, &child->err_watch);
	take_line(child);
	return false;
}

/* The exec handshake: end of file on the pipe means that exec succeeded. */
static bool pump_exec(struct child *child)
{
	int error;
	ssize_t n = read(child->report_watch.fd, &error, sizeof(error));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	drop(child, &child->report_watch);
	if (n != 0) {
		child->exec_error = n == sizeof(error) ? error : EIO;
		return false;
	}
	child->state = CHILD_RUNNING;
	if (child->spec.on_started)
		child->spec.on_started(child);
	return false;
}

static bool pump_report(struct child *child)
{
	ssize_t n;

	if (child->report_watch.fd < 0)
		return false;
	if (!child->spec.work)
		return pump_exec(child);
	n = read(child->report_watch.fd, &child->last, sizeof(child->last));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n != sizeof(child->last)) {
		drop(child, &child->report_watch);
		return false;
	}
	child->last.text[sizeof(child->last.text) - 1] = '\0';
	str_sanitise(child->last.text);
	if (child->spec.on_report)
		child->spec.on_report(child, &child->last);
	return true;
}

static void report_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	(void)pump_report(container_of(watch, struct child, report_watch));
}

static void err_ready(struct watch *watch, uint32_t events)
{
	struct child *child = container_of(watch, struct child, err_watch);

	(void)events;
	if (child->state == CHILD_STARTING)
		(void)pump_report(child); /* on_started comes before the first on_line */
	(void)pump_lines(child);
	if (child->err_watch.fd < 0)
		child_poll(child); /* has probably exited; may free the child */
}

static void exit_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	child_poll(container_of(watch, struct child, exit_watch));
}

void child_poll(struct child *child)
{
	siginfo_t info = {0};

	if (!child_is_running(child))
		return;
	if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
		if (info.si_pid == 0)
			return;
		/* It is still a zombie, so its process group ID cannot have been reused. */
		(void)kill(-child->pid, SIGKILL);
	}

	/* Read what is in the pipes, but do not wait for end of file: a grandchild may hold
	 * them. */
	for (size_t n = 0; n < DRAIN_BYTES / sizeof(child->last) && pump_report(child); n++)
		;
	for (size_t n = 0; n < DRAIN_BYTES / 4096 && pump_lines(child); n++)
		;
	take_line(child);
	if (!child_is_running(child))
		return; /* finished in a callback */

	if (waitpid(child->pid, &child->status, 0) < 0)
		child->exec_error = errno; /* reaped by other code: its status is unknown */
	child->state = CHILD_ENDED;
	drop_all(child);
	if (child->spec.on_exit)
		child->spec.on_exit(child);
}

/* ---- starting ---- */

/* A pipe with a non-blocking reading end. 0 or -errno. */
static int make_pipe(int *ret_read, int *ret_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*ret_read = fds[0];
	*ret_write = fds[1];
	return fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int watch_fd(struct child *child, struct watch *watch, int *fd,
	void (*ready)(struct watch *watch, uint32_t events))
{
	watch->ready = ready;
	watch->fd = take_fd(fd);
	return reactor_add(child->reactor, watch, EPOLLIN);
}

static void reap_abandoned(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(abandoned); i++)
		if (abandoned[i] > 0 && waitpid(abandoned[i], NULL, WNOHANG) != 0)
			abandoned[i] = 0;
}

void child_init(struct child *child)
{
	*child = (struct child){
		.reactor = -1,
		.exit_watch = {.fd = -1},
		.report_watch = {.fd = -1},
		.err_watch = {.fd = -1},
	};
}

int child_start(struct child *child, int reactor, const struct child_spec *spec)
{
	_cleanup_close_ int err_read = -1, err_write = -1, report_read = -1, report_write = -1;
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct child_exec exec = {.spec = spec, .parent = getpid()};
	int pidfd, r;

	assert(!spec->program != !spec->work);
	if (null < 0)
		return -errno;
	reap_abandoned();
	child_init(child);
	child->spec = *spec;
	child->reactor = reactor;
	if (spec->program && child_find_program(spec->program, exec.path, sizeof(exec.path)) < 0)
		exec.path[0] = '\0';
	r = child_exec_env(&exec);
	if (r == 0)
		r = make_pipe(&err_read, &err_write);
	if (r == 0)
		r = make_pipe(&report_read, &report_write);
	if (r < 0)
		return r;
	exec.in = spec->in >= 0 ? spec->in : null;
	exec.out = spec->out_lines ? err_write : spec->out >= 0 ? spec->out : null;
	exec.err = err_write;
	exec.report = report_write;

	r = child_exec_fork(&exec, &child->pid);
	if (r < 0)
		return r;
	child->state = spec->work ? CHILD_RUNNING : CHILD_STARTING;
	pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	r = watch_fd(child, &child->report_watch, &report_read, report_ready);
	if (r == 0)
		r = watch_fd(child, &child->err_watch, &err_read, err_ready);
	if (r == 0 && pidfd >= 0)
		r = watch_fd(child, &child->exit_watch, &pidfd, exit_ready);
	close_fd(&pidfd);
	if (r < 0)
		child_finish(child);
	return r;
}

/* ---- state and end ---- */

bool child_is_running(const struct child *child)
{
	return child->state == CHILD_STARTING || child->state == CHILD_RUNNING;
}

bool child_ok(const struct child *child)
{
	return child->state == CHILD_ENDED && child->exec_error == 0 && child->last.error == 0 &&
	       WIFEXITED(child->status) && WEXITSTATUS(child->status) == 0;
}

void child_why(const struct child *child, char *ret, size_t size)
{
	const char *colon = child->tail[0] ? ": " : "";

	ret[0] = '\0';
	if (child->exec_error == ENOENT)
		str_copy(ret, size, "not found");
	else if (child->exec_error)
		str_format(ret, size, "cannot be run: %s", strerror(child->exec_error));
	else if (child->state != CHILD_ENDED)
		str_copy(ret, size, child_is_running(child) ? "still running" : "not started");
	else if (WIFSIGNALED(child->status))
		str_format(ret, size, "killed by signal %d%s%s", WTERMSIG(child->status), colon,
			child->tail);
	else if (child->last.error)
		str_copy(ret, size,
			child->last.text[0] ? child->last.text : strerror(-child->last.error));
	else if (!child_ok(child))
		str_format(ret, size, "exit status %d%s%s", WEXITSTATUS(child->status), colon,
			child->tail);
}

void child_kill(struct child *child, int signal)
{
	if (!child_is_running(child))
		return;
	/* The group does not exist until the child has called setsid. */
	if (kill(-child->pid, signal) < 0)
		(void)kill(child->pid, signal);
}

int child_signal_one(struct child *child, int signal)
{
	if (!child_is_running(child))
		return -ESRCH;
	if (child->exit_watch.fd >= 0 &&
		syscall(SYS_pidfd_send_signal, child->exit_watch.fd, signal, NULL, 0) == 0)
		return 0;
	/* It is not reaped, so its pid cannot have been reused. */
	return kill(child->pid, signal) < 0 ? -errno : 0;
}

static void abandon(pid_t pid)
{
	for (size_t i = 0; i < ARRAY_SIZE(abandoned); i++) {
		if (abandoned[i] == 0) {
			abandoned[i] = pid;
			return;
		}
	}
}

void child_finish(struct child *child)
{
	static const struct timespec pause = {.tv_nsec = 1000000};

	if (child_is_running(child)) {
		uint64_t until = now_ms() + FINISH_MS;
		pid_t gone;

		child_kill(child, SIGKILL);
		while ((gone = waitpid(child->pid, NULL, WNOHANG)) == 0 && now_ms() < until)
			(void)nanosleep(&pause, NULL);
		if (gone == 0)
			abandon(child->pid);
	}
	drop_all(child);
	child->state = CHILD_NONE;
	reap_abandoned();
}

int child_find_program(const char *program, char *ret, size_t size)
{
	const char *dir = strchr(program, '/') ? "" : CHILD_PATH;

	for (;;) {
		int length = (int)strcspn(dir, ":");
		char path[PATH_MAX];
		struct stat st;

		if (STR_FORMAT(path, "%.*s%s%s", length, dir, length ? "/" : "", program) &&
			stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
			return str_copy(ret, size, path) ? 0 : -ENOENT;
		if (dir[length] == '\0')
			return -ENOENT;
		dir += length + 1;
	}
}
