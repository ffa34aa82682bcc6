/* SPDX-License-Identifier: MIT */
/*
 * vm-line - a serial line with faults, between the emulated board and the terminal of this program. On
 * the host:
 *
 *   vm-line CONTROL LOG COMMAND...   runs the board (QEMU), whose console is a socket at descriptor 3
 *
 * and reads commands from the FIFO CONTROL, one per line:
 *
 *   rate N        passes N bytes per second to the terminal; 0: none (the board's UART then stalls);
 *                 -1: no limit, the default
 *   answers HOW   changes the terminal's answers to queries: keep, drop, late (2 s), swap (rows and
 *                 columns, and one unrequested answer), garbage
 *   mark NAME     appends "NAME BYTES" to LOG: the number of bytes that the board has sent so far
 *
 * On the board, for operations that a shell cannot do:
 *
 *   vm-line hangup TTY               hangs up that terminal (TIOCVHANGUP), as if the carrier were lost
 *   vm-line storm TTY COUNT MS       sets COUNT window sizes within MS, none above 24 by 80
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 20   /* interval of a slow line's transfers */
#define LATE_MS 2000 /* delay of late answers */

enum how { KEEP, DROP, LATE, SWAP, GARBAGE };

static const char *const hows[] = {"keep", "drop", "late", "swap", "garbage"};

struct line {
	int board, control;
	FILE *log;
	long rate; /* bytes per second, or -1 */
	uint64_t bytes, tick_ms;
	enum how how;
	char held[64]; /* the start of a possible answer */
	size_t held_count;
	char late[256]; /* answers to send at late_ms */
	size_t late_count;
	uint64_t late_ms;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void give(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			_exit(1);
		bytes += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
}

/* --- from the terminal to the board --- */

static void pass_answer(struct line *line)
{
	static const char garbage[] = "\033[;;R\033[99\377;\200R\033P1+r6463\033\\\033[?;c";
	char text[64];
	int row, col;

	line->held[line->held_count] = '\0';
	switch (line->how) {
	case KEEP:
		give(line->board, line->held, line->held_count);
		break;
	case DROP:
		break;
	case LATE:
		if (line->late_count + line->held_count <= sizeof(line->late)) {
			memcpy(line->late + line->late_count, line->held, line->held_count);
			line->late_count += line->held_count;
		}
		line->late_ms = now_ms() + LATE_MS;
		break;
	case SWAP:
		if (sscanf(line->held, "\033[%d;%dR", &row, &col) == 2 && col > 3)
			(void)snprintf(text, sizeof(text), "\033[8;%d;%dt", col, row);
		else
			(void)snprintf(text, sizeof(text), "%s", line->held);
		give(line->board, text, strlen(text));
		break;
	case GARBAGE:
		give(line->board, garbage, sizeof(garbage) - 1);
		break;
	}
	line->held_count = 0;
}

/* Keys pass unchanged; a position (ESC [ r ; c R) or an identity (ESC [ ? ... c) is an answer. */
static void take_byte(struct line *line, char byte)
{
	bool in_csi = line->held_count >= 2;

	if (byte == 033 || line->held_count == 0) {
		give(line->board, line->held, line->held_count);
		line->held_count = 0;
	}
	line->held[line->held_count++] = byte;
	if (byte == 033 || (line->held_count == 2 && byte == '['))
		return;
	if (in_csi && strchr("0123456789;?", byte) && line->held_count < sizeof(line->held) - 1)
		return;
	if (in_csi && (byte == 'R' || byte == 'c')) {
		pass_answer(line);
		return;
	}
	give(line->board, line->held, line->held_count);
	line->held_count = 0;
}

static bool take_terminal(struct line *line)
{
	char buf[256];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	for (ssize_t i = 0; i < n; i++)
		take_byte(line, buf[i]);
	return n > 0;
}

/* --- from the board to the terminal --- */

/* The number of bytes that may pass now. */
static size_t allowed(const struct line *line)
{
	return line->rate < 0 ? 4096 : (size_t)(line->rate * TICK_MS / 1000);
}

static bool take_board(struct line *line)
{
	char buf[4096];
	ssize_t n = read(line->board, buf, allowed(line));

	if (n <= 0)
		return false;
	give(STDOUT_FILENO, buf, (size_t)n);
	line->bytes += (uint64_t)n;
	line->tick_ms = now_ms() + TICK_MS;
	return true;
}

/* --- control --- */

static void obey(struct line *line, const char *word, const char *value)
{
	if (strcmp(word, "rate") == 0)
		line->rate = strtol(value, NULL, 10);
	if (strcmp(word, "mark") == 0)
		(void)fprintf(line->log, "%s %llu\n", value, (unsigned long long)line->bytes);
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
		if (strcmp(word, "answers") == 0 && strcmp(value, hows[i]) == 0)
			line->how = (enum how)i;
	(void)fflush(line->log);
}

static void take_control(struct line *line)
{
	char buf[512], word[32], value[64];
	ssize_t n = read(line->control, buf, sizeof(buf) - 1);
	char *save = NULL;

	buf[n > 0 ? n : 0] = '\0';
	for (char *at = strtok_r(buf, "\n", &save); at; at = strtok_r(NULL, "\n", &save))
		if (sscanf(at, "%31s %63s", word, value) == 2)
			obey(line, word, value);
}

static int wait_ms(const struct line *line, uint64_t now)
{
	uint64_t due = UINT64_MAX;

	if (line->rate > 0 && line->tick_ms > now)
		due = line->tick_ms;
	if (line->late_count > 0 && line->late_ms < due)
		due = line->late_ms;
	return due == UINT64_MAX ? -1 : due > now ? (int)(due - now) : 0;
}

static void run(struct line *line)
{
	for (;;) {
		uint64_t now = now_ms();
		bool open = line->rate < 0 || (line->rate > 0 && now >= line->tick_ms);
		struct pollfd fds[] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = line->control, .events = POLLIN},
			{.fd = open ? line->board : -1, .events = POLLIN},
		};

		if (poll(fds, 3, wait_ms(line, now)) < 0 && errno != EINTR)
			return;
		if (fds[0].revents && !take_terminal(line))
			return;
		if (fds[1].revents)
			take_control(line);
		if (fds[2].revents && !take_board(line))
			return; /* the board is off */
		if (line->late_count > 0 && now_ms() >= line->late_ms) {
			give(line->board, line->late, line->late_count);
			line->late_count = 0;
		}
	}
}

static int run_board(char **argv)
{
	struct line line = {.rate = -1};
	struct termios raw;
	int pair[2], status;
	pid_t pid;

	line.control = open(argv[1], O_RDWR | O_CLOEXEC);
	line.log = fopen(argv[2], "ae");
	if (line.control < 0 || !line.log || tcgetattr(STDIN_FILENO, &raw) < 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return 1;
	cfmakeraw(&raw);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (pair[1] == 3)
			(void)fcntl(3, F_SETFD, 0);
		else
			(void)dup2(pair[1], 3);
		(void)execvp(argv[3], argv + 3);
		_exit(127);
	}
	(void)close(pair[1]);
	line.board = pair[0];
	run(&line);
	(void)kill(pid, SIGTERM);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* --- on the board --- */

static int hang_up(const char *tty)
{
	int fd = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 || ioctl(fd, TIOCVHANGUP) < 0 ? 1 : 0;
}

static int storm(const char *tty, long count, long ms)
{
	int fd = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	uint64_t start = now_ms();

	for (long i = 0; i < count; i++) {
		struct winsize size = {.ws_row = (unsigned short)(2 + i * 7 % 23),
			.ws_col = (unsigned short)(2 + i * 31 % 79)};
		uint64_t due = start + (uint64_t)(i * ms / count), now = now_ms();

		if (fd < 0 || ioctl(fd, TIOCSWINSZ, &size) < 0)
			return 1;
		if (due > now)
			(void)poll(NULL, 0, (int)(due - now));
	}
	/* The size that a serial line has. */
	return ioctl(fd, TIOCSWINSZ, &(struct winsize){0}) < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "hangup") == 0)
		return hang_up(argv[2]);
	if (argc == 5 && strcmp(argv[1], "storm") == 0)
		return storm(argv[2], atol(argv[3]), atol(argv[4]));
	if (argc > 3)
		return run_board(argv);
	(void)fprintf(stderr, "usage: vm-line CONTROL LOG COMMAND...\n");
	return 2;
}
