/* SPDX-License-Identifier: MIT */
#include "ui/term/term_output.h"

#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define BLOCK 4096 /* size of a serial port's buffer */

/* Always 0 for a pty. */
static int ask_kernel(int line)
{
	int bytes = 0;

	return ioctl(line, TIOCOUTQ, &bytes) < 0 ? 0 : bytes;
}

static int open_anew(int tty)
{
	char path[32];

	STR_FORMAT(path, "/proc/self/fd/%d", tty);
	return open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

int term_output_init(struct term_output *pump, int tty)
{
	*pump = (struct term_output){
		.line = -1, .queue = -1, .step = BLOCK, .in_kernel = ask_kernel};
	pump->queue = memfd_create("terminal output", MFD_CLOEXEC);
	if (pump->queue < 0 || fcntl(pump->queue, F_SETFL, O_APPEND) < 0)
		goto fail;
	pump->line = open_anew(tty);
	if (pump->line < 0) {
		pump->step = 1;
		pump->line = fcntl(tty, F_DUPFD_CLOEXEC, 3);
	}
	if (pump->line < 0)
		goto fail;
	return 0;
fail:
	tty = -errno;
	term_output_finish(pump);
	return tty;
}

void term_output_finish(struct term_output *pump)
{
	close_fd(&pump->line);
	close_fd(&pump->queue);
}

size_t term_output_queued(const struct term_output *pump)
{
	struct stat st;

	return fstat(pump->queue, &st) < 0 ? 0 : (size_t)(st.st_size - pump->sent);
}

void term_output_drop(struct term_output *pump)
{
	(void)!ftruncate(pump->queue, 0);
	pump->sent = 0;
}

/* Also true if the line is gone; the write then fails. */
static bool has_room(const struct term_output *pump, int wait_ms)
{
	struct pollfd out = {.fd = pump->line, .events = POLLOUT};

	return poll(&out, 1, wait_ms) == 1;
}

int term_output_send(struct term_output *pump)
{
	char block[BLOCK];
	ssize_t n;

	while ((n = pread(pump->queue, block, pump->step, pump->sent)) > 0) {
		if (pump->step < BLOCK && !has_room(pump, 0))
			return 1;
		n = write(pump->line, block, (size_t)n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == EAGAIN))
			return 1;
		if (n < 0) {
			term_output_drop(pump);
			return -EIO;
		}
		pump->sent += n;
		pump->bytes += (uint64_t)n;
	}
	if (pump->sent > 0)
		term_output_drop(pump);
	return 0;
}

bool term_output_has_room(const struct term_output *pump)
{
	return term_output_queued(pump) == 0 && has_room(pump, 0);
}

bool term_output_is_idle(const struct term_output *pump)
{
	return term_output_has_room(pump) && term_output_in_kernel(pump) == 0;
}

int term_output_poll_fd(const struct term_output *pump)
{
	return term_output_has_room(pump) ? -1 : pump->line;
}

int term_output_in_kernel(const struct term_output *pump)
{
	return pump->in_kernel(pump->line);
}

bool term_output_drain(struct term_output *pump, int wait_ms)
{
	uint64_t end = now_ms() + (uint64_t)wait_ms;
	uint64_t now;
	int first;

	while (term_output_send(pump) > 0 && (now = now_ms()) < end)
		(void)has_room(pump, (int)(end - now));
	/* The kernel sends the rest, provided that the line moves at all. */
	first = term_output_in_kernel(pump);
	while (first > 0 && term_output_in_kernel(pump) >= first && now_ms() < end)
		(void)poll(NULL, 0, 5);
	if (term_output_queued(pump) == 0 && (first == 0 || term_output_in_kernel(pump) < first))
		return true;
	term_output_drop(pump);
	(void)tcflush(pump->line, TCOFLUSH);
	(void)tcflow(pump->line, TCOON);
	return false;
}
