/* SPDX-License-Identifier: MIT */
#include "device/base/diag.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void error_and_sentence_are_returned(void **state)
{
	struct diag diag;

	(void)state;
	assert_int_equal(diag_fail_at(&diag, 7, -EINVAL, "%s is not %d", "it", 3), -EINVAL);
	assert_string_equal(diag.text, "it is not 3");
	assert_int_equal(diag.line, 7);
	/* No line of an earlier failure remains. */
	assert_int_equal(diag_fail(&diag, -EIO, "%s", "broken"), -EIO);
	assert_string_equal(diag.text, "broken");
	assert_int_equal(diag.line, 0);
}

static void long_sentences_are_cut(void **state)
{
	char text[2 * sizeof(((struct diag *)0)->text)];
	struct diag diag;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(diag_fail(&diag, -EIO, "%s", text), -EIO);
	assert_int_equal(strlen(diag.text), sizeof(diag.text) - 1);
	assert_int_equal(diag_fail_at(&diag, 1, -EIO, "%s", text), -EIO);
	assert_int_equal(strlen(diag.text), sizeof(diag.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_and_sentence_are_returned),
		cmocka_unit_test(long_sentences_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
