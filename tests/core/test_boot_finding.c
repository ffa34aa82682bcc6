/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void errors_come_first(void **state)
{
	struct boot_findings findings = {0};

	(void)state;
	assert_false(boot_findings_have_error(&findings));
	boot_findings_report(&findings, BOOT_UNKNOWN, "u", "unknown");
	boot_findings_report(&findings, BOOT_WARNING, "w", "warning");
	assert_false(boot_findings_have_error(&findings));
	boot_findings_report(&findings, BOOT_ERROR, "e1", "%d", 1);
	boot_findings_report(&findings, BOOT_ERROR, "e2", "%d", 2);
	assert_true(boot_findings_have_error(&findings));
	assert_int_equal(findings.count, 4);
	assert_string_equal(findings.list[0].text, "1");
	assert_string_equal(findings.list[1].text, "2");
	assert_string_equal(findings.list[2].code, "w");
	assert_string_equal(findings.list[3].code, "u");
	assert_true(boot_findings_have(&findings, "w"));
	assert_false(boot_findings_have(&findings, "x"));
}

/* The least severe one is lost. */
static void a_full_list_keeps_errors(void **state)
{
	struct boot_findings findings = {0};

	(void)state;
	for (unsigned i = 0; i < BOOT_FINDINGS_MAX; i++)
		boot_findings_report(&findings, BOOT_WARNING, "w", "%u", i);
	boot_findings_report(&findings, BOOT_WARNING, "lost", "lost");
	assert_false(boot_findings_have(&findings, "lost"));
	boot_findings_report(&findings, BOOT_ERROR, "e", "error");
	assert_int_equal(findings.count, BOOT_FINDINGS_MAX);
	assert_string_equal(findings.list[0].code, "e");
	assert_string_equal(findings.list[BOOT_FINDINGS_MAX - 1].text, "6");
	for (unsigned i = 0; i < 2 * BOOT_FINDINGS_MAX; i++)
		boot_findings_report(&findings, BOOT_ERROR, "e", "error");
	assert_int_equal(findings.count, BOOT_FINDINGS_MAX);
	assert_int_equal(findings.list[BOOT_FINDINGS_MAX - 1].severity, BOOT_ERROR);
}

static void texts_are_bounded_and_safe(void **state)
{
	static char name[1000];
	struct boot_findings findings = {0};

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	boot_findings_report(&findings, BOOT_WARNING, "w", "a\x1b[1m%s", name);
	assert_null(strchr(findings.list[0].text, '\x1b'));
	assert_true(strlen(findings.list[0].text) < sizeof(findings.list[0].text));
}

static void severities_have_names(void **state)
{
	(void)state;
	assert_string_equal(boot_severity_name(BOOT_ERROR), "error");
	assert_string_equal(boot_severity_name(BOOT_UNKNOWN), "unknown");
	assert_string_equal(boot_severity_title(BOOT_WARNING), "Warning");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_come_first),
		cmocka_unit_test(a_full_list_keeps_errors),
		cmocka_unit_test(texts_are_bounded_and_safe),
		cmocka_unit_test(severities_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
