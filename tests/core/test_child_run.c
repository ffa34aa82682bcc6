/* SPDX-License-Identifier: MIT */
/* child_run - with programs and work functions that end in each way. */
#include "core/process/child_run.h"

#include "device/base/util.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 60000 /* only a bug takes this long */

static int run(const char *script, uint64_t limit_ms, char why[100])
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	const struct child_spec spec = {
		.name = "sh", .program = "sh", .argv = argv, .in = -1, .out = -1};

	return child_run(&spec, limit_ms, why, 100);
}

static void assert_no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void returns_how_a_program_ended(void **state)
{
	const char *const argv[] = {"/nonexistent", NULL};
	const struct child_spec missing = {
		.name = "missing", .program = argv[0], .argv = argv, .in = -1, .out = -1};
	char why[100];

	(void)state;
	assert_int_equal(run("exit 0", LONG_MS, why), 0);
	assert_int_equal(run("echo 'no such disk' >&2; exit 3", LONG_MS, why), -ECHILD);
	assert_non_null(strstr(why, "no such disk"));
	assert_int_equal(run("kill -9 $$", LONG_MS, why), -ECHILD);
	assert_non_null(strstr(why, "signal"));
	assert_int_equal(child_run(&missing, LONG_MS, NULL, 0), -ENOENT);
	assert_no_child_is_left();
}

static void ends_at_its_limit(void **state)
{
	char why[100];

	(void)state;
	assert_int_equal(run("exec sleep 600", 50, why), -ETIMEDOUT);
	assert_no_child_is_left();
}

static bool third_time(void *arg)
{
	return ++*(unsigned *)arg == 3;
}

static int sleep_long(void *arg, int report_fd)
{
	(void)arg;
	(void)report_fd;
	(void)sleep(600);
	return 0;
}

static void ends_when_it_is_asked_to(void **state)
{
	const struct child_spec spec = {.name = "sleep", .work = sleep_long, .in = -1, .out = -1};
	unsigned asked = 0;

	(void)state;
	assert_int_equal(child_run_until(&spec, LONG_MS, third_time, &asked, NULL, 0), -ECANCELED);
	assert_int_equal(asked, 3);
	assert_no_child_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_how_a_program_ended),
		cmocka_unit_test(ends_at_its_limit),
		cmocka_unit_test(ends_when_it_is_asked_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
