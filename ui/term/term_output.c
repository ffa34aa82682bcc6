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

int term_output_init(struct term_output *output, int tty)
{
	*output = (struct term_output){
		.line = -1, .queue = -1, .step = BLOCK, .in_kernel = ask_kernel};
	output->queue = memfd_create("terminal output", MFD_CLOEXEC);
	if (output->queue < 0 || fcntl(output->queue, F_SETFL, O_APPEND) < 0)
		goto fail;
	output->line = open_anew(tty);
	if (output->line < 0) {
		output->step = 1;
		output->line = fcntl(tty, F_DUPFD_CLOEXEC, 3);
	}
	if (output->line < 0)
		goto fail;
	return 0;
fail:
	tty = -errno;
	term_output_finish(output);
	return tty;
}

void term_output_finish(struct term_output *output)
{
	close_fd(&output->line);
	close_fd(&output->queue);
}

size_t term_output_queued(const struct term_output *output)
{
	struct stat st;

	return fstat(output->queue, &st) < 0 ? 0 : (size_t)(st.st_size - output->sent);
}

void term_output_drop(struct term_output *output)
{
	(void)!ftruncate(output->queue, 0);
	output->sent = 0;
}

/* Also true if the line is gone; the write then fails. */
static bool has_room(const struct term_output *output, int wait_ms)
{
	struct pollfd out = {.fd = output->line, .events = POLLOUT};

	return poll(&out, 1, wait_ms) == 1;
}

int term_output_send(struct term_output *output)
{
	char block[BLOCK];
	ssize_t n;

	while ((n = pread(output->queue, block, output->step, output->sent)) > 0) {
		if (output->step < BLOCK && !has_room(output, 0))
			return 1;
		n = write(output->line, block, (size_t)n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == EAGAIN))
			return 1;
		if (n < 0) {
			term_output_drop(output);
			return -EIO;
		}
		output->sent += n;
		output->bytes += (uint64_t)n;
	}
	if (output->sent > 0)
		term_output_drop(output);
	return 0;
}

bool term_output_has_room(const struct term_output *output)
{
	return term_output_queued(output) == 0 && has_room(output, 0);
}

bool term_output_is_idle(const struct term_output *output)
{
	return term_output_has_room(output) && term_output_in_kernel(output) == 0;
}

int term_output_poll_fd(const struct term_output *output)
{
	return term_output_has_room(output) ? -1 : output->line;
}

int term_output_in_kernel(const struct term_output *output)
{
	return output->in_kernel(output->line);
}

bool term_output_drain(struct term_output *output, int wait_ms)
{
	uint64_t end = now_ms() + (uint64_t)wait_ms;
	uint64_t now;
	int first;

	while (term_output_send(output) > 0 && (now = now_ms()) < end)
		(void)has_room(output, (int)(end - now));
	/* The kernel sends the rest, provided that the line moves at all. */
	first = term_output_in_kernel(output);
	while (first > 0 && term_output_in_kernel(output) >= first && now_ms() < end)
		(void)poll(NULL, 0, 5);
	if (term_output_queued(output) == 0 &&
		(first == 0 || term_output_in_kernel(output) < first))
		return true;
	term_output_drop(output);
	(void)tcflush(output->line, TCOFLUSH);
	(void)tcflow(output->line, TCOON);
	return false;
}
