/* SPDX-License-Identifier: MIT */
/*
 * fake_tar - a tar with scripted bad behaviour. It extracts nothing, but reads its standard input
 * and answers SIGUSR1. The script is a list of "key=value", separated by ';', in the environment
 * variable FAKE_TAR, or else in the file PROGRAM.script next to the program (copy the program for
 * that, as a link is resolved).
 *
 *   handler=MS   install the handler after MS (default 0); -1: never
 *   block=1      block SIGUSR1
 *   drop=N       ignore SIGUSR1 from just before the N-th answer on
 *   reply=KIND   gnu (default), bsd, german, garbage, back (the count decreases), split (replies
 *                in the middle of warnings), none
 *   lag=MS       delay of the answers
 *   stderr=N     write N warnings first
 *   say=TEXT     write this line first
 *   read=0       do not read standard input
 *   run=MS       run at least this long
 *   crash=MS     abort after this time
 *   exit=N       exit status
 *   exec=PATH    execute this program, with the same arguments, instead of installing the handler
 *   version=TEXT output of --version
 *   log=PATH     append events: "signal US early|late", "handler US", "pending", "done"
 *
 * A tracer (ptrace), which is attached before the program proper starts, logs the signals, including
 * those that arrive before the handler and those that are ignored. "early" is a signal that was not
 * caught at that moment. The tracer does not change the signal masks in /proc/PID/status.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TRACE 99 /* the log cannot be kept */

enum key {
	HANDLER,
	BLOCK,
	DROP,
	REPLY,
	LAG,
	STDERR,
	SAY,
	READ,
	RUN,
	CRASH,
	EXIT,
	EXEC,
	VERSION,
	LOG,
	KEY_COUNT
};

static const struct {
	const char *name, *value;
} defaults[KEY_COUNT] = {
	[HANDLER] = {"handler", "0"},
	[BLOCK] = {"block", "0"},
	[DROP] = {"drop", "-1"},
	[REPLY] = {"reply", "gnu"},
	[LAG] = {"lag", "0"},
	[STDERR] = {"stderr", "0"},
	[SAY] = {"say", ""},
	[READ] = {"read", "1"},
	[RUN] = {"run", "0"},
	[CRASH] = {"crash", "-1"},
	[EXIT] = {"exit", "0"},
	[EXEC] = {"exec", ""},
	[VERSION] = {"version", "tar (GNU tar) 1.34"},
	[LOG] = {"log", ""},
};

/* The answers; the argument is the bytes read, and "back" halves every second one. */
static const struct {
	const char *name, *format;
} replies[] = {
	{"gnu", "Total bytes read: %llu (1.0MiB, 10MiB/s)\n"},
	{"back", "Total bytes read: %llu (1.0MiB, 10MiB/s)\n"},
	{"bsd", "In: %llu bytes, compression 0%%;  Out: 3 files, 99 bytes\nCurrent: a (9 bytes)\n"},
	{"german", "Gesamtzahl gelesener Bytes: %llu (1,1MiB, 36MiB/s)\n"},
	{"garbage", "\033[31mTotal %llu bytes\377\376 of (nothing, at all)\n"},
	{"split", "tar: x: Cannot openTotal bytes read: %llu (1.0MiB, 10MiB/s)\n: File exists\n"},
};

/* LeakSanitizer does not work in a traced process. */
#if defined(__SANITIZE_ADDRESS__)
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

static char values[KEY_COUNT][512];
static int log_fd = -1;
static volatile sig_atomic_t asked;

static long number(enum key key)
{
	return strtol(values[key], NULL, 10);
}

static uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void note(const char *what, const char *how)
{
	if (log_fd >= 0)
		dprintf(log_fd, "%s %llu %s\n", what, (unsigned long long)now_us(), how);
}

static void read_script(char *script, size_t size)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof(".script"));
	const char *env = getenv("FAKE_TAR");
	FILE *file;

	script[0] = '\0';
	if (env) {
		snprintf(script, size, "%s", env);
		return;
	}
	if (length < 0)
		return;
	memcpy(path + length, ".script", sizeof(".script"));
	file = fopen(path, "re");
	if (!file)
		return;
	script[fread(script, 1, size - 1, file)] = '\0';
	(void)fclose(file);
}

static void parse_script(char *script)
{
	char *rest = script;

	for (int key = 0; key < KEY_COUNT; key++)
		snprintf(values[key], sizeof(values[key]), "%s", defaults[key].value);
	for (char *item; (item = strtok_r(rest, ";\n", &rest));) {
		size_t length = strcspn(item, "=");

		for (int key = 0; key < KEY_COUNT; key++)
			if (strncmp(item, defaults[key].name, length) == 0 &&
				!defaults[key].name[length] && item[length])
				snprintf(values[key], sizeof(values[key]), "%s", item + length + 1);
	}
}

/* ---- the tracer ---- */

static bool is_caught(pid_t pid, int signal)
{
	char path[48], line[256];
	unsigned long long mask = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "SigCgt: %llx", &mask) == 1)
			break;
	(void)fclose(file);
	return mask >> (signal - 1) & 1;
}

static int trace(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		bool delivery = status >> 16 == 0; /* else a ptrace event */
		int signal = delivery ? WSTOPSIG(status) : 0;

		if (signal == SIGUSR1)
			note("signal", is_caught(pid, signal) ? "late" : "early");
		(void)ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)signal);
	}
	return 0;
}

/* Starts the tracer, waits until it is attached, and executes this program again. */
static void trace_self(char **argv)
{
	pid_t pid = getpid();
	int ready[2];
	char byte = 1;

	if (pipe2(ready, O_CLOEXEC) < 0)
		_exit(EXIT_TRACE);
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	switch (fork()) {
	case -1:
		_exit(EXIT_TRACE);
	case 0:
		(void)setsid();
		byte = ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0;
		(void)!write(ready[1], &byte, 1);
		for (int fd = 0; fd < log_fd; fd++)
			(void)close(fd); /* our copies must not delay an end of file */
		(void)close(ready[0]);
		(void)close(ready[1]);
		_exit(byte ? trace(pid) : EXIT_TRACE);
	}
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1 || !byte)
		_exit(EXIT_TRACE);
	(void)setenv("FAKE_TAR_TRACED", "1", 1);
	(void)execv("/proc/self/exe", argv);
	_exit(EXIT_TRACE);
}

/* ---- the tar ---- */

static void on_signal(int signal)
{
	(void)signal;
	asked = asked + 1;
}

static void answer(uint64_t bytes)
{
	static long count;
	bool back = strcmp(values[REPLY], "back") == 0 && count % 2 == 1;

	if (++count == number(DROP))
		(void)sigaction(SIGUSR1, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		if (strcmp(replies[i].name, values[REPLY]) == 0) {
/* The format comes from the table above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			dprintf(STDERR_FILENO, replies[i].format,
				(unsigned long long)(back ? bytes / 2 : bytes));
#pragma GCC diagnostic pop
		}
}

static bool due(enum key key, uint64_t start)
{
	return number(key) >= 0 && now_us() - start >= (uint64_t)number(key) * 1000;
}

static int run(char **argv)
{
	bool reads = number(READ) && !values[EXEC][0]; /* leave the input to that program */
	struct pollfd in = {.fd = reads ? STDIN_FILENO : -1, .events = POLLIN};
	bool handler = false, at_end = !reads;
	uint64_t start = now_us(), bytes = 0, answer_at = 0;
	static char buf[65536];
	sigset_t set;

	for (long i = 0; i < number(STDERR); i++)
		dprintf(STDERR_FILENO, "tar: usr/share/%06ld: Cannot open: File exists\n", i);
	if (values[SAY][0])
		dprintf(STDERR_FILENO, "%s\n", values[SAY]);

	while (!at_end || !due(RUN, start) || answer_at || (values[EXEC][0] && !handler)) {
		if (!handler && due(HANDLER, start)) {
			if (values[EXEC][0]) {
				(void)execv(values[EXEC], argv);
				return 127;
			}
			(void)sigemptyset(&set);
			(void)sigaddset(&set, SIGUSR1);
			if (number(BLOCK))
				(void)sigprocmask(SIG_BLOCK, &set, NULL);
			(void)sigaction(
				SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL);
			note("handler", "");
			handler = true;
		}
		if (due(CRASH, start))
			abort();
		if (poll(&in, 1, 1) > 0) {
			ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

			if (n <= 0 && !(n < 0 && errno == EINTR)) {
				at_end = true;
				in.fd = -1;
			}
			bytes += n > 0 ? (uint64_t)n : 0;
		}
		if (asked && !answer_at) {
			asked = 0;
			answer_at = now_us() + (uint64_t)number(LAG) * 1000;
		}
		if (answer_at && now_us() >= answer_at) {
			answer_at = 0;
			answer(bytes);
		}
	}
	if (sigpending(&set) == 0 && sigismember(&set, SIGUSR1))
		note("pending", "");
	return (int)number(EXIT);
}

int main(int argc, char **argv)
{
	static char script[4096];
	int r;

	read_script(script, sizeof(script));
	parse_script(script);
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts(values[VERSION]);
		return 0;
	}
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	if (values[LOG][0]) {
		log_fd = open(values[LOG], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (log_fd < 0)
			return EXIT_TRACE;
		if (!getenv("FAKE_TAR_TRACED"))
			trace_self(argv);
	}
	r = run(argv);
	note("done", "");
	return r;
}
