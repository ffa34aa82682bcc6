/* SPDX-License-Identifier: MIT */
#include "core/process/child_report.h"

#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int fds[2]; /* the pipe from the work to its parent */

static int setup(void **state)
{
	(void)state;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	child_report_begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_fd(&fds[0]);
	close_fd(&fds[1]);
	return 0;
}

/* Reads the next report and compares it. */
static void expect(uint64_t done, uint64_t total, int error, const char *text)
{
	struct child_report report;

	assert_int_equal(read(fds[0], &report, sizeof(report)), sizeof(report));
	assert_int_equal(report.done, done);
	assert_int_equal(report.total, total);
	assert_int_equal(report.error, error);
	assert_string_equal(report.text, text);
}

static void expect_nothing(void)
{
	char byte;

	assert_int_equal(read(fds[0], &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
}

static void sends_progress(void **state)
{
	(void)state;
	child_report_send(fds[1], 5, 9);
	child_report_send(fds[1], UINT64_MAX, UINT64_MAX);
	expect(5, 9, 0, "");
	expect(UINT64_MAX, UINT64_MAX, 0, "");
	expect_nothing();
}

static void sends_an_error_with_the_last_progress(void **state)
{
	(void)state;
	child_report_send(fds[1], 5, 9);
	assert_int_equal(child_report_fail(fds[1], -EIO, "%s: bad medium", "mmcblk0"), -EIO);
	expect(5, 9, 0, "");
	expect(5, 9, -EIO, "mmcblk0: bad medium");
	expect_nothing();
}

static void cuts_a_long_message(void **state)
{
	char text[2 * sizeof(((struct child_report *)NULL)->text)];
	char cut[sizeof(((struct child_report *)NULL)->text)];

	(void)state;
	memset(text, 'w', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(cut, 'w', sizeof(cut) - 1);
	cut[sizeof(cut) - 1] = '\0';
	assert_int_equal(child_report_fail(fds[1], -EIO, "%s", text), -EIO);
	expect(0, 0, -EIO, cut);
	expect_nothing();
}

static void end_reports_an_error_that_the_work_did_not(void **state)
{
	(void)state;
	child_report_send(fds[1], 5, 9);
	child_report_end(fds[1], -EROFS);
	expect(5, 9, 0, "");
	expect(5, 9, -EROFS, "");
	expect_nothing();
}

static void end_repeats_no_error(void **state)
{
	(void)state;
	assert_int_equal(child_report_fail(fds[1], -EIO, "bad medium"), -EIO);
	child_report_end(fds[1], -EROFS);
	expect(0, 0, -EIO, "bad medium");
	expect_nothing();
}

static void end_reports_no_success(void **state)
{
	(void)state;
	child_report_end(fds[1], 0);
	expect_nothing();
}

/* A work child is a copy of its parent, and so has its last report. */
static void begin_clears_the_last_report(void **state)
{
	(void)state;
	child_report_send(fds[1], 77, 78);
	assert_int_equal(child_report_fail(fds[1], -ENOSPC, "of the parent"), -ENOSPC);
	expect(77, 78, 0, "");
	expect(77, 78, -ENOSPC, "of the parent");
	child_report_begin();
	child_report_end(fds[1], -EROFS);
	expect(0, 0, -EROFS, "");
	expect_nothing();
}

/* The parent reads whole reports only because a write of one is atomic. */
static void fits_into_an_atomic_write(void **state)
{
	(void)state;
	assert_true(sizeof(struct child_report) <= PIPE_BUF);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sends_progress),
		TEST(sends_an_error_with_the_last_progress),
		TEST(cuts_a_long_message),
		TEST(end_reports_an_error_that_the_work_did_not),
		TEST(end_repeats_no_error),
		TEST(end_reports_no_success),
		TEST(begin_clears_the_last_report),
		TEST(fits_into_an_atomic_write),
	};

	return cmocka_run_group_tests_name("child_report", tests, NULL, NULL);
}
