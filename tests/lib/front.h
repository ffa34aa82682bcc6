/* SPDX-License-Identifier: MIT */
/*
 * front - runs a front end in a child process on a terminal emulator. The test plays the operator,
 * and the engine if there is no real one.
 */
#ifndef TESTS_FRONT_H
#define TESTS_FRONT_H

#include "core/service/service.h"
#include "tests/lib/emulator.h"
#include "tests/lib/sandbox.h"
#include "ui/app/app.h"

#include <signal.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>

#define FRONT_CALL static inline __attribute__((unused))

/* A front end, its terminal and its engine. */
struct front {
	struct emulator emulator;
	int engine; /* the engine's end of the service socket, or -1 */
	int said;   /* read end of its standard error */
	pid_t pid;
	struct termios before;
};

/* The program of the child, and its terminal. @run returns the exit code. */
struct front_program {
	int (*run)(const void *what);
	const void *what;
	const char *term; /* TERM; NULL: not set */
	int rows, cols;	  /* 0: the line has no size set */
	bool utf8, mute;  /* of the emulator */
	bool loud;	  /* its standard error is the terminal too */
};

/* Called when the terminal is open, before the front end starts; may be NULL. */
static void (*front_on_terminal)(struct front *f);

FRONT_CALL void front_run(struct front *f, const struct front_program *program)
{
	int said[2];

	emulator_open(&f->emulator, program->rows, program->cols, program->utf8);
	f->emulator.mute = program->mute;
	assert_int_equal(tcgetattr(f->emulator.slave, &f->before), 0);
	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	if (front_on_terminal)
		front_on_terminal(f);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		close_fd(&f->emulator.master);
		if (f->engine >= 0)
			close_fd(&f->engine);
		(void)setsid();
		(void)ioctl(f->emulator.slave, TIOCSCTTY, 0);
		(void)dup2(f->emulator.slave, STDIN_FILENO);
		(void)dup2(f->emulator.slave, STDOUT_FILENO);
		(void)dup2(program->loud ? f->emulator.slave : said[1], STDERR_FILENO);
		if (program->term)
			setenv("TERM", program->term, 1);
		else
			unsetenv("TERM");
		setenv("LC_ALL", "C", 1);
		exit(program->run(program->what));
	}
	close(said[1]);
	f->said = said[0];
}

FRONT_CALL int front_run_app(const void *options)
{
	return app_run(options);
}

/* The program for the key r on the Result; NULL: no such key, so that no test can restart its machine. */
static const char *front_restart_program;

FRONT_CALL int front_run_follow(const void *service_fd)
{
	return app_follow(*(const int *)service_fd, NULL, front_restart_program);
}

/* Starts app_run with @options on a terminal of 24 by 80. */
FRONT_CALL void front_start(struct front *f, const char *term, const struct app_options *options)
{
	const struct front_program program = {
		.run = front_run_app, .what = options, .term = term, .rows = 24, .cols = 80};

	front_run(f, &program);
}

/* Starts app_follow; its engine has sent @first. @program describes the terminal (NULL: vt220). */
FRONT_CALL struct front front_follow_on(
	const struct snapshot *first, bool may_command, const struct front_program *program)
{
	struct front_program follow =
		program ? *program
			: (struct front_program){.term = "vt220", .rows = 24, .cols = 80};
	struct snapshot snapshot = *first;
	struct front f = {.engine = -1};
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	f.engine = pair[0];
	snapshot.commands = may_command;
	assert_int_equal(send(f.engine, &snapshot, sizeof(snapshot), 0), (ssize_t)sizeof(snapshot));
	follow.run = front_run_follow;
	follow.what = &pair[1];
	front_run(&f, &follow);
	close(pair[1]);
	return f;
}

FRONT_CALL struct front front_follow(const struct snapshot *first, bool may_command)
{
	return front_follow_on(first, may_command, NULL);
}

FRONT_CALL void front_expect(struct front *f, const char *text)
{
	if (emulator_wait(&f->emulator, text))
		return;
	emulator_print(&f->emulator);
	fail_msg("\"%s\" never came", text);
}

FRONT_CALL void front_type(struct front *f, const char *keys)
{
	emulator_type(&f->emulator, keys);
}

/* Asserts that the settings of the terminal are the initial ones. */
FRONT_CALL void front_assert_restored(const struct front *f)
{
	struct termios after;

	assert_int_equal(tcgetattr(f->emulator.slave, &after), 0);
	assert_int_equal(f->before.c_iflag, after.c_iflag);
	assert_int_equal(f->before.c_oflag, after.c_oflag);
	assert_int_equal(f->before.c_cflag, after.c_cflag);
	assert_int_equal(f->before.c_lflag, after.c_lflag);
	assert_memory_equal(f->before.c_cc, after.c_cc, sizeof(after.c_cc));
}

/* Waits for the exit, and asserts that the terminal is restored. Returns the wait status. */
FRONT_CALL int front_wait(struct front *f)
{
	uint64_t end = now_ms() + EMULATOR_MS;
	int status;

	while (waitpid(f->pid, &status, WNOHANG) == 0) {
		if (f->emulator.master >= 0)
			(void)emulator_feed(&f->emulator, 5);
		else
			(void)poll(NULL, 0, 5);
		if (now_ms() > end) {
			(void)kill(f->pid, SIGKILL);
			fail_msg("the front end does not exit");
		}
	}
	if (f->emulator.master >= 0)
		front_assert_restored(f);
	return status;
}

/* The same; asserts a normal exit, and returns the exit code. */
FRONT_CALL int front_end(struct front *f)
{
	int status = front_wait(f);

	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* True if its standard error contains @text, or is empty with @text NULL. Call it after the end. */
FRONT_CALL bool front_has_said(struct front *f, const char *text)
{
	char buf[4096];
	ssize_t n = read(f->said, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	if (text ? !!strstr(buf, text) : !buf[0])
		return true;
	print_message("standard error: %s\n", buf);
	return false;
}

/* CPU time since its start. */
FRONT_CALL uint64_t front_cpu_us(const struct front *f)
{
	struct timespec used;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(f->pid, &clock), 0);
	assert_int_equal(clock_gettime(clock, &used), 0);
	return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

FRONT_CALL void front_close(struct front *f)
{
	emulator_close(&f->emulator);
	close_fd(&f->engine);
	close_fd(&f->said);
}

FRONT_CALL void front_send(struct front *f, const struct snapshot *s)
{
	assert_int_equal(send(f->engine, s, sizeof(*s), 0), (ssize_t)sizeof(*s));
}

#endif
