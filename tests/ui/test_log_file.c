/* SPDX-License-Identifier: MIT */
#include "ui/lines/log_file.h"

#include "core/plan/plan_verdict.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

static struct log_file log_file;
static struct diag diag;

static const char *content(const char *path)
{
	static char text[4096];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	return text;
}

static void rows_are_appended(void **state)
{
	struct sandbox *box = *state;
	struct snapshot now = {.magic = SNAPSHOT_MAGIC};
	char path[PATH_MAX];
	const char *text;

	sandbox_file(box, "run.log", "what was there\n");
	(void)sandbox_path(box, "run.log", path);
	assert_int_equal(log_file_open(&log_file, path, NULL, NULL, NULL, &diag), 0);
	snapshot_message(&now, "tar: one");
	log_file_snapshot(&log_file, &now);
	log_file_snapshot(&log_file, &now);
	/* A program that follows the file sees each row at once, without control characters. */
	log_file_row(&log_file, "a\033[2Jb");
	text = content(path);
	assert_memory_equal(text, "what was there\nboardstrap ", 26);
	assert_non_null(strstr(text, "\ntar: one\na"));
	assert_null(strchr(text, '\033'));
	assert_null(strstr(strstr(text, "tar: one") + 1, "tar: one"));
	log_file_close(&log_file);
	log_file_close(&log_file);
	/* A log of another run follows. */
	assert_int_equal(log_file_open(&log_file, path, NULL, NULL, NULL, &diag), 0);
	log_file_close(&log_file);
	assert_non_null(strstr(content(path), "tar: one\n"));
}

/* The first problem is the error of the result, which follows. */
static void the_report_of_an_engine_is_logged(void **state)
{
	struct sandbox *box = *state;
	struct plan_report report = {
		.plan = {.archives = {.count = 1, .list = {{.path = "/a.tar"}}}}};
	char path[PATH_MAX];
	const char *text;

	plan_problem_add(&report.verdict, "one", "first problem");
	plan_problem_add(&report.verdict, "two", "second problem");
	(void)sandbox_path(box, "run.log", path);
	assert_int_equal(log_file_open(&log_file, path, NULL, NULL, NULL, &diag), 0);
	log_file_report(&log_file, &report);
	assert_true(log_file.planned);
	log_file_close(&log_file);
	text = content(path);
	assert_non_null(strstr(text, "\nTarget "));
	assert_non_null(strstr(strstr(text, "\nWith "), "\nsecond problem\n"));
	assert_null(strstr(text, "first problem"));
}

/* A wrong name destroys nothing. */
static void other_files_are_refused(void **state)
{
	struct sandbox *box = *state;
	static struct layout layout = {
		.blob_count = 2, .blobs = {{.name = "spl"}, {.name = "u-boot"}}};
	char archive[PATH_MAX], link[PATH_MAX], path[PATH_MAX];

	sandbox_file(box, "a.tar", "precious");
	sandbox_link(box, "link", "a.tar");
	(void)sandbox_path(box, "a.tar", archive);
	(void)sandbox_path(box, "link", link);
	assert_int_equal(log_file_open(&log_file, link, archive, NULL, NULL, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "is the archive"));
	assert_int_equal(log_file_open(&log_file, archive, NULL, link, NULL, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "is the target"));
	(void)STR_COPY(layout.blobs[1].file, archive);
	assert_int_equal(log_file_open(&log_file, link, NULL, NULL, &layout, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "is the u-boot"));
	(void)STR_COPY(layout.file, archive);
	assert_int_equal(log_file_open(&log_file, link, NULL, NULL, &layout, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "is the layout file"));
	assert_string_equal(content(archive), "precious");
	assert_int_equal(log_file_open(&log_file, "/dev/null", NULL, NULL, NULL, &diag), -EINVAL);
	assert_int_equal(log_file_open(&log_file, box->dir, NULL, NULL, NULL, &diag), -EISDIR);
	assert_int_equal(
		log_file_open(&log_file, sandbox_path(box, "no/x", path), NULL, NULL, NULL, &diag),
		-ENOENT);
	assert_null(log_file.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(rows_are_appended),
		sandbox_test(the_report_of_an_engine_is_logged),
		sandbox_test(other_files_are_refused),
	};

	return cmocka_run_group_tests_name("log_file", tests, NULL, NULL);
}
