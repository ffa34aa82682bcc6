/* SPDX-License-Identifier: MIT */
/* Every screen against its picture in tests/golden, on three sizes and both sets of glyphs. With
 * UPDATE_GOLDEN=1 in the environment the pictures are made anew: look at them. */
#include "screen_model.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
/* after the above */
#include <cmocka.h>

static const struct {
	int rows, cols;
	const struct glyphs *glyphs;
	bool attrs;
} sizes[] = {
	{24, 80, &glyphs_ascii, true},
	{24, 80, &glyphs_unicode, false},
	{30, 100, &glyphs_ascii, false},
	{30, 100, &glyphs_unicode, false},
	{10, 40, &glyphs_ascii, false},
	{10, 40, &glyphs_unicode, false},
};

static char *draw_all(const struct model *m)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct grid grid;

		assert_int_equal(
			grid_init(&grid, sizes[i].rows, sizes[i].cols, sizes[i].glyphs), 0);
		screen_draw(m, &grid);
		fprintf(out, "== %dx%d %s%s\n", sizes[i].cols, sizes[i].rows, grid.glyphs->name,
			sizes[i].attrs ? ", then its attributes" : "");
		grid_print(&grid, out, sizes[i].attrs);
		grid_finish(&grid);
	}
	fclose(out);
	return text;
}

static char *read_golden(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = calloc(1, 65536);

	if (in) {
		text[fread(text, 1, 65535, in)] = '\0';
		fclose(in);
	}
	return text;
}

static void check(struct model *m, const char *name)
{
	const char *dir = getenv("GOLDEN_DIR"), *update = getenv("UPDATE_GOLDEN");
	char path[256], *text = draw_all(m), *golden;

	STR_FORMAT(path, "%s/%s.txt", dir ? dir : "tests/golden", name);
	if (update && update[0] == '1') {
		FILE *out = fopen(path, "we");

		assert_non_null(out);
		fputs(text, out);
		fclose(out);
	}
	golden = read_golden(path);
	if (strcmp(golden, text) != 0)
		print_error("%s differs; this was drawn:\n%s", path, text);
	assert_true(strcmp(golden, text) == 0);
	free(golden);
	free(text);
	free_model(m);
}

static void target(void **state)
{
	(void)state;
	check(make_model(), "target");
}

static void press(struct model *m, enum symbol symbol, uint32_t codepoint)
{
	(void)screen_key(m, (struct key){symbol, codepoint});
}

static void target_refused(void **state)
{
	struct model *m = make_model();

	(void)state;
	press(m, SYMBOL_TEXT, 'a');
	press(m, SYMBOL_END, 0);
	press(m, SYMBOL_ENTER, 0);
	check(m, "target-refused");
}

static void target_none(void **state)
{
	struct model *m = make_model();

	(void)state;
	model_set_disks(m, NULL, 0);
	check(m, "target-none");
}

static void target_search(void **state)
{
	struct model *m = make_model();

	(void)state;
	press(m, SYMBOL_TEXT, '/');
	press(m, SYMBOL_TEXT, 'u');
	press(m, SYMBOL_TEXT, 'l');
	assert_string_equal(model_disk(m)->name, "sda");
	check(m, "target-search");
}

static struct model *make_archive(void)
{
	struct model *m = make_model();

	m->screen = &screen_archive;
	set_browse(m);
	return m;
}

static void archive(void **state)
{
	(void)state;
	check(make_archive(), "archive");
}

static void archive_path(void **state)
{
	struct model *m = make_archive();

	(void)state;
	press(m, SYMBOL_TEXT, 'p');
	press(m, SYMBOL_TEXT, 'r');
	check(m, "archive-path");
}

static void layout(void **state)
{
	struct model *m = make_archive();

	(void)state;
	m->screen = &screen_layout;
	set_scan(m, INSPECT_RUNNING);
	m->layout_cursor = 2;
	check(m, "layout");
}

static void layout_too_small(void **state)
{
	struct model *m = make_model();

	(void)state;
	m->screen = &screen_layout;
	set_scan(m, INSPECT_BAD);
	m->target = make_disk("tiny.img", DISK_IMAGE, MIB(128), "");
	model_place_layouts(m);
	check(m, "layout-too-small");
}

static struct model *make_review(void)
{
	struct model *m = make_model();

	m->screen = &screen_review;
	set_table(&m->target, 2, "ext4", "rootfs");
	set_scan(m, INSPECT_OK);
	m->planned = true;
	m->plan.verify = true;
	m->last_ms = 36000;
	m->last_bps = 37748736;
	return m;
}

static void review(void **state)
{
	struct model *m = make_review();

	(void)state;
	press(m, SYMBOL_TEXT, '9');
	press(m, SYMBOL_TEXT, 'f');
	check(m, "review");
}

static void review_name(void **state)
{
	struct model *m = make_review();

	(void)state;
	m->target = make_disk("emmc.img", DISK_IMAGE, GIB(1), "");
	STR_COPY(m->target.path, "/home/op/emmc.img");
	m->layout_cursor = 2;
	model_place_layouts(m);
	m->last_bps = 0;
	m->scan.sidecar = SIDECAR_NONE;
	press(m, SYMBOL_TEXT, 'l');
	press(m, SYMBOL_ENTER, 0);
	check(m, "review-name");
}

/* Everything a layout can have, on a device that one should know something of. */
static void review_boot(void **state)
{
	static const struct layout_blob blobs[] = {
		{.name = "idbloader", .target = BLOB_DISK, .offset_bytes = KIB(32)},
		{.name = "u-boot", .target = BLOB_BOOT0},
		{.name = "environment", .target = BLOB_PARTITION, .partition = "env"},
	};
	struct model *m = make_review();
	struct layout *layout = &m->layouts[m->layout_cursor].placed;

	(void)state;
	STR_COPY(m->target.warning, "it is worn: 80 to 90 % of its life time are used");
	for (; layout->count < 6; layout->count++)
		layout->partitions[layout->count] = layout->partitions[0];
	memcpy(layout->blobs, blobs, sizeof(blobs));
	layout->blob_count = ARRAY_SIZE(blobs);
	layout->emmc.boot = EMMC_BOOT_BOOT0;
	check(m, "review-boot");
}

static void review_waits(void **state)
{
	struct model *m = make_review();

	(void)state;
	m->planned = false;
	set_scan(m, INSPECT_RUNNING);
	check(m, "review-waits");
}

static void review_refused(void **state)
{
	struct model *m = make_review();

	(void)state;
	m->verdict.count = 2;
	STR_COPY(m->verdict.problems[0].text,
		"mmcblk1 is not the device that was chosen: its CID differs. Go back and choose it "
		"again.");
	STR_COPY(m->verdict.problems[1].text,
		"mkfs.vfat is missing, and the layout boot-root needs it for /boot: install the "
		"package dosfstools.");
	check(m, "review-refused");
}

static struct model *make_install(struct snapshot s, const struct screen *screen)
{
	struct model *m = make_model();

	m->screen = screen;
	m->snap.commands = true;
	model_set_snapshot(m, &s);
	return m;
}

static void install(void **state)
{
	(void)state;
	check(make_install(make_snapshot(STEP_EXTRACT), &screen_install), "install");
}

static void install_verify(void **state)
{
	struct snapshot s = make_snapshot(STEP_VERIFY);

	(void)state;
	s.progress.archive.done = s.progress.archive.total;
	s.progress.extracted.done = s.progress.extracted.total;
	s.progress.medium.done = s.progress.medium.total;
	s.progress.step = (struct gauge){MIB(301), MIB(740)};
	s.progress.percent = 82;
	s.progress.eta_s = 6;
	s.elapsed_ms = 31000;
	check(make_install(s, &screen_install), "install-verify");
}

static void install_stall(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);

	(void)state;
	s.progress.rate_bps = 0;
	s.progress.eta_s = -1;
	s.tar.confirmed = false;
	s.progress.extracted.total = 0;
	STR_COPY(s.stall, "no progress for 12 s: the device is not answering (2 writes in flight)");
	check(make_install(s, &screen_install), "install-stall");
}

static void install_cancel(void **state)
{
	struct model *m = make_install(make_snapshot(STEP_EXTRACT), &screen_install);

	(void)state;
	press(m, SYMBOL_TEXT, 'c');
	check(m, "install-cancel");
}

static void result_pass(void **state)
{
	(void)state;
	check(make_install(make_passed(), &screen_result), "result-pass");
}

static void result_fail(void **state)
{
	struct snapshot s = make_failed(STEP_VERIFY, EXIT_VERIFY,
		"what the device returns is not what was written: 3 of 19318 entries differ");

	(void)state;
	s.verify.entries = 19318;
	s.verify.mismatches = 3;
	STR_COPY(s.verify.first, "usr/lib/x86_64-linux-gnu/libc.so.6: content differs");
	check(make_install(s, &screen_result), "result-fail");
}

static void result_refused(void **state)
{
	(void)state;
	check(make_install(make_failed(STEP_LOCK, EXIT_LOCKED, "another install holds mmcblk1"),
		      &screen_result),
		"result-refused");
}

static void result_cancelled(void **state)
{
	struct snapshot s = make_failed(
		STEP_EXTRACT, EXIT_CANCELLED, "cancelled while the files were extracted");

	(void)state;
	s.state = INSTALL_CANCELLED;
	check(make_install(s, &screen_result), "result-cancelled");
}

static void result_not_verified(void **state)
{
	struct snapshot s = make_passed();

	(void)state;
	s.exit_code = EXIT_NOT_VERIFIED;
	s.verify.entries = 0;
	s.steps[STEP_VERIFY].state = STEP_SKIPPED;
	check(make_install(s, &screen_result), "result-not-verified");
}

static void help(void **state)
{
	struct model *m = make_model();

	(void)state;
	press(m, SYMBOL_TEXT, '?');
	check(m, "help");
}

static void log_shown(void **state)
{
	struct model *m = make_install(make_snapshot(STEP_EXTRACT), &screen_install);

	(void)state;
	press(m, SYMBOL_TEXT, 'l');
	check(m, "log");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(target),
		cmocka_unit_test(target_refused),
		cmocka_unit_test(target_none),
		cmocka_unit_test(target_search),
		cmocka_unit_test(archive),
		cmocka_unit_test(archive_path),
		cmocka_unit_test(layout),
		cmocka_unit_test(layout_too_small),
		cmocka_unit_test(review),
		cmocka_unit_test(review_name),
		cmocka_unit_test(review_boot),
		cmocka_unit_test(review_waits),
		cmocka_unit_test(review_refused),
		cmocka_unit_test(install),
		cmocka_unit_test(install_verify),
		cmocka_unit_test(install_stall),
		cmocka_unit_test(install_cancel),
		cmocka_unit_test(result_pass),
		cmocka_unit_test(result_fail),
		cmocka_unit_test(result_refused),
		cmocka_unit_test(result_cancelled),
		cmocka_unit_test(result_not_verified),
		cmocka_unit_test(help),
		cmocka_unit_test(log_shown),
	};

	/* Times of files, and the width of wide characters. */
	setenv("TZ", "UTC", 1);
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		print_message("no locale C.UTF-8: wide characters are drawn as '?'\n");
	return cmocka_run_group_tests_name("screens", tests, NULL, NULL);
}
