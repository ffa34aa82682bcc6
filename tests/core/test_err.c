/* SPDX-License-Identifier: MIT */
#include "core/install/err.h"

#include "device/base/util.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void first_wins(void **state)
{
	struct err err = {0};

	(void)state;
	err_set(&err, EXIT_FAILED, "mkfs", "mkfs.ext4 failed on %s", "p1");
	err_set(&err, EXIT_CANCELLED, "flush", "and %d more", 2);
	assert_int_equal(err.code, EXIT_FAILED);
	assert_string_equal(err.step, "mkfs");
	assert_string_equal(err.text, "mkfs.ext4 failed on p1; and 2 more");
}

static void too_long(void **state)
{
	struct err err = {0};
	char big[1000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&err, EXIT_VERIFY, "a step with a very long name", "%s", big);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_int_equal(strlen(err.step), sizeof(err.step) - 1);
	err_set(&err, EXIT_VERIFY, "verify", "%s", big);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);

	/* nothing more, and no write past the end */
	assert_string_equal(err.next, "");

	/* room for only the semicolon, and for less */
	for (size_t left = 0; left < 5; left++) {
		err = (struct err){.code = EXIT_FAILED};
		memset(err.text, 'y', sizeof(err.text) - 1 - left);
		err_set(&err, EXIT_FAILED, "s", "%s", big);
		assert_true(strlen(err.text) < sizeof(err.text));
		assert_true(strlen(err.text) >= sizeof(err.text) - 1 - left);
		assert_int_equal(err.text[sizeof(err.text) - 2 - left], 'y');
	}
}

/* Some messages end with a period, which would be doubled or come before the semicolon. */
static void final_periods(void **state)
{
	struct err err = {0};
	char line[100];

	(void)state;
	err_set(&err, EXIT_REFUSED, "check", "It is another card. Choose again.");
	assert_string_equal(err.text, "It is another card. Choose again");
	err_set(&err, EXIT_FAILED, "cleanup", "and it does not answer.");
	STR_COPY(err.next, "Remove it");
	err_sentence(&err, line, sizeof(line));
	assert_string_equal(
		line, "It is another card. Choose again; and it does not answer. Remove it");
}

static void empty_first_text(void **state)
{
	struct err err = {0};

	(void)state;
	err_set(&err, EXIT_CANCELLED, "extract", "%s", "");
	err_set(&err, EXIT_FAILED, "flush", "%s", "no flush");
	assert_int_equal(err.code, EXIT_CANCELLED);
	assert_string_equal(err.text, "no flush");
}

static void device_text(void **state)
{
	(void)state;
	assert_non_null(strstr(err_device_text(ENODEV), "removed"));
	assert_non_null(strstr(err_device_text(-ENODEV), "removed"));
	assert_non_null(strstr(err_device_text(EROFS), "write-protected"));
	assert_non_null(strstr(err_device_text(-ENOMEDIUM), "no card"));
	assert_string_equal(err_device_text(-ENOMEM), strerror(ENOMEM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_wins),
		cmocka_unit_test(too_long),
		cmocka_unit_test(final_periods),
		cmocka_unit_test(empty_first_text),
		cmocka_unit_test(device_text),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
