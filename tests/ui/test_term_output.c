/* SPDX-License-Identifier: MIT */
/* Queued output arrives complete and in order, however slow the line is, and nothing blocks. */
#include "ui/term/term_output.h"

#include "tests/lib/emulator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <termios.h>
/* after the above */
#include <cmocka.h>

#define SIZE 300000 /* more than a pty holds */

/* A pty in raw mode, as in the app, which passes bytes unchanged. */
static void open_line(struct emulator *e, struct term_output *pump)
{
	struct termios raw;

	emulator_open(e, 24, 80, false);
	assert_int_equal(tcgetattr(e->slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(e->slave, TCSANOW, &raw), 0);
	assert_int_equal(term_output_init(pump, e->slave), 0);
}

static void close_line(struct emulator *e, struct term_output *pump)
{
	term_output_finish(pump);
	emulator_close(e);
}

static char byte_at(size_t i)
{
	return (char)('a' + i % 23);
}

static void fill(const struct term_output *pump, size_t size)
{
	_cleanup_free_ char *text = malloc(size);

	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = byte_at(i);
	assert_int_equal(write_full(pump->queue, text, size), 0);
}

/* Reads and checks the available output. Returns the total received so far. */
static size_t take(const struct emulator *e, size_t have)
{
	char block[1000];
	ssize_t n;

	while ((n = read(e->master, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (block[i] != byte_at(have++))
				fail_msg("byte %zu is another", have - 1);
	return have;
}

static void comes_whole(struct term_output *pump, const struct emulator *e, size_t size)
{
	uint64_t end = now_ms() + EMULATOR_MS;
	size_t have = 0;

	fill(pump, size);
	assert_int_equal(term_output_queued(pump), size);
	while (have < size && now_ms() < end) {
		(void)term_output_send(pump);
		have = take(e, have);
	}
	assert_int_equal(have, size);
	assert_int_equal(pump->bytes, size);
	assert_int_equal(term_output_send(pump), 0);
	assert_int_equal(term_output_queued(pump), 0);
}

static void more_than_the_line_holds(void **state)
{
	struct emulator e;
	struct term_output pump;

	(void)state;
	open_line(&e, &pump);
	assert_true(term_output_is_idle(&pump));
	comes_whole(&pump, &e, SIZE);
	close_line(&e, &pump);
}

/* As if the terminal cannot be reopened: byte by byte, on a blocking descriptor. */
static void byte_by_byte(void **state)
{
	struct emulator e;
	struct term_output pump;

	(void)state;
	open_line(&e, &pump);
	close_fd(&pump.line);
	pump.line = fcntl(e.slave, F_DUPFD_CLOEXEC, 3);
	pump.step = 1;
	comes_whole(&pump, &e, 20000);
	/* It does not block on a stopped line either. */
	assert_int_equal(tcflow(e.slave, TCOOFF), 0);
	fill(&pump, 10);
	assert_int_equal(term_output_send(&pump), 1);
	close_line(&e, &pump);
}

static void stopped(void **state)
{
	struct emulator e;
	struct term_output pump;
	uint64_t start;

	(void)state;
	open_line(&e, &pump);
	assert_int_equal(tcflow(e.slave, TCOOFF), 0);
	assert_false(term_output_is_idle(&pump));
	fill(&pump, 100);
	assert_int_equal(term_output_send(&pump), 1);
	assert_int_equal(term_output_queued(&pump), 100);
	assert_int_equal(pump.bytes, 0);
	start = now_ms();
	assert_false(term_output_drain(&pump, 50));
	assert_true(now_ms() - start >= 50);
	assert_int_equal(term_output_queued(&pump), 0);
	/* The line works again for the next program. */
	assert_true(term_output_is_idle(&pump));
	fill(&pump, 10);
	assert_true(term_output_drain(&pump, EMULATOR_MS));
	assert_int_equal(take(&e, 0), 10);
	close_line(&e, &pump);
}

static int sends_on;

static int kernel_still_sends(int line)
{
	(void)line;
	return sends_on;
}

/* A serial port has room while it still sends; a frame made then would arrive late. */
static void kernel_has_some_left(void **state)
{
	struct emulator e;
	struct term_output pump;

	(void)state;
	open_line(&e, &pump);
	assert_int_equal(term_output_in_kernel(&pump), 0);
	pump.in_kernel = kernel_still_sends;
	sends_on = 60;
	assert_false(term_output_is_idle(&pump));
	assert_true(term_output_has_room(&pump));
	assert_int_equal(
		term_output_poll_fd(&pump), -1); /* poll would return at once, again and again */
	assert_int_equal(term_output_in_kernel(&pump), 60);
	assert_int_equal(tcflow(e.slave, TCOOFF), 0);
	assert_int_equal(term_output_poll_fd(&pump), pump.line);
	assert_int_equal(tcflow(e.slave, TCOON), 0);
	sends_on = 0;
	assert_true(term_output_is_idle(&pump));
	fill(&pump, 10);
	assert_int_equal(term_output_poll_fd(&pump), pump.line);
	close_line(&e, &pump);
}

static void gone(void **state)
{
	struct emulator e;
	struct term_output pump;

	(void)state;
	open_line(&e, &pump);
	fill(&pump, 100);
	close_fd(&e.master);
	assert_int_equal(term_output_send(&pump), -EIO);
	assert_int_equal(term_output_queued(&pump), 0);
	assert_true(term_output_drain(&pump, EMULATOR_MS));
	close_line(&e, &pump);
}

static void others_keep_their_flags(void **state)
{
	struct emulator e;
	struct term_output pump;

	(void)state;
	open_line(&e, &pump);
	assert_false(fcntl(e.slave, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(pump.line, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fcntl(pump.line, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(pump.queue, F_GETFD), FD_CLOEXEC);
	close_line(&e, &pump);
	assert_int_equal(term_output_init(&pump, -1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_than_the_line_holds),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(stopped),
		cmocka_unit_test(kernel_has_some_left),
		cmocka_unit_test(gone),
		cmocka_unit_test(others_keep_their_flags),
	};

	return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
