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
static void open_line(struct emulator *e, struct term_output *output)
{
	struct termios raw;

	emulator_open(e, 24, 80, false);
	assert_int_equal(tcgetattr(e->slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(e->slave, TCSANOW, &raw), 0);
	assert_int_equal(term_output_init(output, e->slave), 0);
}

static void close_line(struct emulator *e, struct term_output *output)
{
	term_output_finish(output);
	emulator_close(e);
}

static char byte_at(size_t i)
{
	return (char)('a' + i % 23);
}

static void fill(const struct term_output *output, size_t size)
{
	_cleanup_free_ char *text = malloc(size);

	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = byte_at(i);
	assert_int_equal(write_full(output->queue, text, size), 0);
}

/* Reads and checks the available output. Returns the total received so far. */
static size_t take(const struct emulator *e, size_t have)
{
	char block[1000];
	ssize_t n;

	while ((n = read(e->master, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (block[i] != byte_at(have++))
				fail_msg("byte %zu differs", have - 1);
	return have;
}

static void comes_whole(struct term_output *output, const struct emulator *e, size_t size)
{
	uint64_t end = now_ms() + EMULATOR_MS;
	size_t have = 0;

	fill(output, size);
	assert_int_equal(term_output_queued(output), size);
	while (have < size && now_ms() < end) {
		(void)term_output_send(output);
		have = take(e, have);
	}
	assert_int_equal(have, size);
	assert_int_equal(output->bytes, size);
	assert_int_equal(term_output_send(output), 0);
	assert_int_equal(term_output_queued(output), 0);
}

static void output_beyond_the_buffer(void **state)
{
	struct emulator e;
	struct term_output output;

	(void)state;
	open_line(&e, &output);
	assert_true(term_output_is_idle(&output));
	comes_whole(&output, &e, SIZE);
	close_line(&e, &output);
}

/* As if the terminal cannot be reopened: byte by byte, on a blocking descriptor. */
static void byte_by_byte(void **state)
{
	struct emulator e;
	struct term_output output;

	(void)state;
	open_line(&e, &output);
	close_fd(&output.line);
	output.line = fcntl(e.slave, F_DUPFD_CLOEXEC, 3);
	output.step = 1;
	comes_whole(&output, &e, 20000);
	/* It does not block on a stopped line either. */
	assert_int_equal(tcflow(e.slave, TCOOFF), 0);
	fill(&output, 10);
	assert_int_equal(term_output_send(&output), 1);
	close_line(&e, &output);
}

static void stopped(void **state)
{
	struct emulator e;
	struct term_output output;
	uint64_t start;

	(void)state;
	open_line(&e, &output);
	assert_int_equal(tcflow(e.slave, TCOOFF), 0);
	assert_false(term_output_is_idle(&output));
	fill(&output, 100);
	assert_int_equal(term_output_send(&output), 1);
	assert_int_equal(term_output_queued(&output), 100);
	assert_int_equal(output.bytes, 0);
	start = now_ms();
	assert_false(term_output_drain(&output, 50));
	assert_true(now_ms() - start >= 50);
	assert_int_equal(term_output_queued(&output), 0);
	/* The line works again for the next program. */
	assert_true(term_output_is_idle(&output));
	fill(&output, 10);
	assert_true(term_output_drain(&output, EMULATOR_MS));
	assert_int_equal(take(&e, 0), 10);
	close_line(&e, &output);
}

static int sends_on;

static int kernel_still_sends(int line)
{
	(void)line;
	return sends_on;
}

/* A serial port has room while it still sends; a frame made then would arrive late. */
static void serial_port_still_sends(void **state)
{
	struct emulator e;
	struct term_output output;

	(void)state;
	open_line(&e, &output);
	assert_int_equal(term_output_in_kernel(&output), 0);
	output.in_kernel = kernel_still_sends;
	sends_on = 60;
	assert_false(term_output_is_idle(&output));
	assert_true(term_output_has_room(&output));
	assert_int_equal(
		term_output_poll_fd(&output), -1); /* poll would return at once, again and again */
	assert_int_equal(term_output_in_kernel(&output), 60);
	assert_int_equal(tcflow(e.slave, TCOOFF), 0);
	assert_int_equal(term_output_poll_fd(&output), output.line);
	assert_int_equal(tcflow(e.slave, TCOON), 0);
	sends_on = 0;
	assert_true(term_output_is_idle(&output));
	fill(&output, 10);
	assert_int_equal(term_output_poll_fd(&output), output.line);
	close_line(&e, &output);
}

static void gone(void **state)
{
	struct emulator e;
	struct term_output output;

	(void)state;
	open_line(&e, &output);
	fill(&output, 100);
	close_fd(&e.master);
	assert_int_equal(term_output_send(&output), -EIO);
	assert_int_equal(term_output_queued(&output), 0);
	assert_true(term_output_drain(&output, EMULATOR_MS));
	close_line(&e, &output);
}

static void caller_keeps_its_flags(void **state)
{
	struct emulator e;
	struct term_output output;

	(void)state;
	open_line(&e, &output);
	assert_false(fcntl(e.slave, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(output.line, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fcntl(output.line, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(output.queue, F_GETFD), FD_CLOEXEC);
	close_line(&e, &output);
	assert_int_equal(term_output_init(&output, -1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_beyond_the_buffer),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(stopped),
		cmocka_unit_test(serial_port_still_sends),
		cmocka_unit_test(gone),
		cmocka_unit_test(caller_keeps_its_flags),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
