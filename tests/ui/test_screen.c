/* SPDX-License-Identifier: MIT */
/* The keys of all screens, and the updates of the model. */
#include "core/plan/plan_verdict.h"
#include "tests/lib/screen_model.h"
#include "ui/screens/path_entry.h"

#include <setjmp.h>
#include <stdarg.h>
/* after the above */
#include <cmocka.h>

static enum outcome press(struct model *m, enum symbol symbol)
{
	return screen_key(m, (struct key){symbol, 0});
}

static enum outcome type(struct model *m, const char *text)
{
	enum outcome last = OUTCOME_NONE;

	for (; *text; text++)
		last = screen_key(m, (struct key){SYMBOL_TEXT, (unsigned char)*text});
	return last;
}

/* Makes a grid on which @m is drawn from now on. */
static void give_grid(struct model *m, struct grid *grid, int rows, int cols)
{
	assert_int_equal(grid_init(grid, rows, cols, &glyphs_ascii), 0);
	m->grid = grid;
}

static void free_drawn(struct model *m, struct grid *grid)
{
	grid_finish(grid);
	free_model(m);
}

static bool shows(const struct model *m, struct grid *grid, const char *text)
{
	char *all = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&all, &size);
	bool found;

	screen_draw(m, grid);
	grid_print(grid, out, false);
	fclose(out);
	found = strstr(all, text) != NULL;
	free(all);
	return found;
}

static void refused_is_not_chosen(void **state)
{
	struct model *m = make_model();

	(void)state;
	m->target.name[0] = '\0';
	(void)press(m, SYMBOL_DOWN);
	assert_string_equal(model_disk(m)->name, "mmcblk0");
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	assert_non_null(strstr(m->notice, "the running system (/)"));
	assert_string_equal(m->target.name, "");
	(void)press(m, SYMBOL_UP);
	assert_string_equal(m->notice, ""); /* the next key clears it */
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_TARGET);
	assert_string_equal(m->target.name, "mmcblk1");
	free_model(m);
}

static void cursor_stays_on_device(void **state)
{
	struct model *m = make_model();
	struct disk disks[3];

	(void)state;
	(void)press(m, SYMBOL_END);
	assert_string_equal(model_disk(m)->name, "sda");
	/* Two disks appear before it and one goes: the cursor stays, and the row has not
	 * changed. */
	disks[0] = make_disk("mmcblk2", DISK_EMMC, GIB(4), "X");
	disks[1] = m->disks[m->rows[m->disk_cursor]];
	disks[2] = make_disk("nvme0n1", DISK_FIXED, GIB(100), "Y");
	model_set_disks(m, disks, 3);
	assert_string_equal(model_disk(m)->name, "sda");
	assert_int_equal(m->disk_changed_ms, 0);
	/* Another card in the same slot is another device. */
	m->disk_cursor = 0;
	m->now_ms += 10;
	STR_COPY(disks[0].id.cid, "0000");
	model_set_disks(m, disks, 3);
	assert_string_equal(model_disk(m)->name, "mmcblk2");
	assert_int_equal(m->disk_changed_ms, m->now_ms);
	/* Two cards swap their names: the cursor follows the card, and the row has changed. */
	STR_COPY(disks[2].name, "mmcblk0");
	STR_COPY(disks[2].id.cid, "1111");
	model_set_disks(m, disks, 3);
	assert_string_equal(model_disk(m)->id.cid, "0000");
	m->now_ms += 10;
	STR_COPY(disks[0].name, "mmcblk0");
	STR_COPY(disks[2].name, "mmcblk2");
	model_set_disks(m, disks, 3);
	assert_string_equal(model_disk(m)->name, "mmcblk0");
	assert_string_equal(model_disk(m)->id.cid, "0000");
	assert_int_equal(m->disk_changed_ms, m->now_ms);
	free_model(m);
}

static void enter_is_ignored_after_a_change(void **state)
{
	struct model *m = make_model();
	struct disk disk = make_emmc();

	(void)state;
	STR_COPY(disk.id.cid, "another");
	model_set_disks(m, &disk, 1);
	m->now_ms += MODEL_CALM_MS - 1;
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	assert_string_not_equal(m->notice, "");
	m->now_ms += 1;
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_TARGET);
	/* The disk under the cursor has gone, and another takes its row. */
	set_disks(m);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	model_set_disks(m, NULL, 0);
	m->now_ms += MODEL_CALM_MS;
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	free_model(m);
}

static void lists(void **state)
{
	struct model *m = make_model();

	(void)state;
	assert_int_equal(m->row_count, 3); /* the loop device is hidden */
	(void)type(m, "a");
	assert_int_equal(m->row_count, 4);
	(void)type(m, "a");
	assert_int_equal(m->row_count, 3);
	(void)type(m, "2");
	assert_int_equal(m->disk_cursor, 1);
	(void)type(m, "9"); /* no such row */
	assert_int_equal(m->disk_cursor, 1);
	(void)press(m, SYMBOL_TAB);
	(void)press(m, SYMBOL_TAB);
	assert_int_equal(m->disk_cursor, 0); /* wraps around */
	(void)press(m, SYMBOL_UP);
	assert_int_equal(m->disk_cursor, 0);
	(void)press(m, SYMBOL_PAGE_DOWN);
	assert_int_equal(m->disk_cursor, 2);
	(void)press(m, SYMBOL_HOME);
	assert_int_equal(m->disk_cursor, 0);
	assert_int_equal(type(m, "q"), OUTCOME_QUIT);
	assert_int_equal(press(m, SYMBOL_LEFT), OUTCOME_QUIT);
	assert_int_equal(press(m, SYMBOL_ESCAPE), OUTCOME_NONE);
	assert_int_equal(type(m, "r"), OUTCOME_RESCAN);
	assert_int_equal(press(m, SYMBOL_REDRAW), OUTCOME_REDRAW);
	free_model(m);
}

/* The key "a" does nothing without its hint. */
static void show_all_needs_hidden_rows(void **state)
{
	struct disk disks[2] = {make_emmc(), make_disk("loop0", DISK_LOOP, MIB(64), "")};
	struct model *m = make_model();
	struct grid grid;

	(void)state;
	disk_refuse(&disks[1], REASON_KIND, "loop devices are not allowed");
	give_grid(m, &grid, 24, 100);
	model_set_disks(m, disks, 1);
	(void)type(m, "a");
	assert_false(m->show_all);
	assert_false(shows(m, &grid, "a show"));
	model_set_disks(m, disks, 2);
	assert_true(shows(m, &grid, "a show all"));
	(void)type(m, "a");
	assert_int_equal(m->row_count, 2);
	assert_true(shows(m, &grid, "a show fewer"));
	/* The hidden disk has gone. */
	model_set_disks(m, disks, 1);
	assert_false(shows(m, &grid, "a show"));
	(void)type(m, "a");
	assert_true(m->show_all);
	free_drawn(m, &grid);
}

/* A warning leaves the content visible while the list has a free row, and else replaces it. */
static void short_screen_warns(void **state)
{
	static const char *const warning = "worn: 80 to 90 % of its life";
	struct disk disks[4];
	struct model *m = make_model();
	struct grid grid;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		char name[32];

		STR_FORMAT(name, "mmcblk%zu", i);
		disks[i] = make_disk(name, DISK_EMMC, GIB(4), "");
		wear(&disks[i]);
	}
	give_grid(m, &grid, 10, 40);
	model_set_disks(m, disks, 3);
	assert_true(shows(m, &grid, warning));
	assert_true(shows(m, &grid, "blank"));
	model_set_disks(m, disks, 4);
	assert_true(shows(m, &grid, "mmcblk3"));
	assert_true(shows(m, &grid, warning));
	assert_false(shows(m, &grid, "blank"));
	/* A refusal is shown in its place. */
	disk_refuse(&disks[0], REASON_MOUNTED, "mounted on /boot");
	model_set_disks(m, disks, 1);
	assert_true(shows(m, &grid, "Refused: mounted on /boot"));
	assert_false(shows(m, &grid, warning));
	free_drawn(m, &grid);
}

static void searching(void **state)
{
	struct model *m = make_model();

	(void)state;
	(void)type(m, "/ULTRA");
	assert_string_equal(model_disk(m)->name, "sda");
	assert_int_equal(m->match_count, 1);
	(void)type(m, "q?"); /* text, not keys; with no match, the cursor goes back */
	assert_int_equal(m->match_count, 0);
	assert_string_equal(model_disk(m)->name, "mmcblk1");
	assert_null(m->overlay);
	(void)press(m, SYMBOL_ERASE);
	assert_string_equal(m->text, "ULTRAq");
	(void)press(m, SYMBOL_LEFT);
	assert_int_equal(m->entry, ENTRY_SEARCH);
	(void)press(m, SYMBOL_END);
	(void)press(m, SYMBOL_ERASE);
	assert_string_equal(model_disk(m)->name, "sda");
	assert_int_equal(
		press(m, SYMBOL_ENTER), OUTCOME_NONE); /* ends the search, chooses nothing */
	assert_int_equal(m->entry, ENTRY_NONE);
	assert_string_equal(model_disk(m)->name, "sda");
	/* From the cursor on, wrapping around, and backwards; Escape restores the cursor. */
	(void)type(m, "/mmc");
	assert_string_equal(model_disk(m)->name, "mmcblk1");
	assert_int_equal(m->match_count, 2);
	(void)press(m, SYMBOL_DOWN);
	assert_string_equal(model_disk(m)->name, "mmcblk0");
	assert_int_equal(m->match_number, 2);
	(void)press(m, SYMBOL_DOWN);
	assert_string_equal(model_disk(m)->name, "mmcblk1");
	assert_int_equal(m->match_number, 1);
	(void)press(m, SYMBOL_UP);
	assert_string_equal(model_disk(m)->name, "mmcblk0");
	(void)press(m, SYMBOL_ESCAPE);
	assert_string_equal(model_disk(m)->name, "sda");
	/* Repeat the last search. */
	(void)type(m, "/");
	(void)press(m, SYMBOL_UP);
	assert_string_equal(m->text, "mmc");
	assert_string_equal(model_disk(m)->name, "mmcblk0");
	free_model(m);
}

static void help_and_log_are_overlays(void **state)
{
	struct model *m = make_model();

	(void)state;
	(void)type(m, "?");
	assert_ptr_equal(m->overlay, &screen_help);
	assert_int_equal(type(m, "r"), OUTCOME_NONE); /* not for the screen below */
	assert_int_equal(type(m, "q"), OUTCOME_NONE);
	assert_null(m->overlay);
	(void)type(m, "l"); /* no log before an install */
	assert_null(m->overlay);
	free_model(m);
}

static struct model *make_review(void)
{
	struct model *m = make_model();

	m->screen = &screen_review;
	set_scan(m, INSPECT_OK);
	m->planned = m->plan.complete = true;
	return m;
}

static void install_needs_the_word(void **state)
{
	static const char *const wrong[] = {"", "9f3", "9f32", "0000"};
	struct model *m = make_review();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		(void)type(m, wrong[i]);
		assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
		assert_string_not_equal(m->notice, "");
		assert_string_equal(m->confirm, "");
	}
	(void)type(m, "9F31F"); /* the fifth character does not fit */
	assert_string_equal(m->confirm, "9F31");
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_BEGIN);
	/* Letters that are not hexadecimal digits keep their meaning. */
	assert_int_equal(type(m, "q"), OUTCOME_BACK);
	assert_int_equal(type(m, "r"), OUTCOME_RESCAN);
	free_model(m);
}

static void refused_review_has_no_field(void **state)
{
	struct model *m = make_review();

	(void)state;
	m->verdict.count = 1;
	(void)type(m, "9f31");
	assert_string_equal(m->confirm, "");
	STR_COPY(m->confirm, "9f31");
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	m->verdict.count = 0;
	m->planned = false; /* the scan still runs */
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	free_model(m);
}

static void name_is_typed_without_a_serial(void **state)
{
	struct model *m = make_review();

	(void)state;
	m->target = make_disk("quail.img", DISK_IMAGE, GIB(1), "");
	(void)type(m, "quail.img");
	assert_string_equal(m->confirm, "quail.img");
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_BEGIN);
	assert_int_equal(press(m, SYMBOL_LEFT), OUTCOME_BACK);
	free_model(m);
}

/* The screen shows what to type at every size. */
static void screen_names_the_word(void **state)
{
	static const int sizes[][2] = {{24, 80}, {10, 40}, {24, 71}, {30, 100}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct model *m = make_review();
		struct grid grid;

		give_grid(m, &grid, sizes[i][0], sizes[i][1]);
		/* A card without a CID: its kernel name. */
		m->target = make_disk("mmcblk12", DISK_SD, GIB(1), "SC32G");
		assert_true(shows(m, &grid, "Type its name, mmcblk12"));
		/* A truncated name is marked. */
		m->target =
			make_disk("board-image-of-the-2nd-of-jan-2026.img", DISK_IMAGE, GIB(1), "");
		assert_true(shows(m, &grid, "Type the word image to begin: "));
		assert_true(shows(m, &grid, "board-image-of-the-2nd-of-jan-2.."));
		assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
		assert_string_equal(m->notice, "Type the word first.");
		(void)type(m, "image");
		assert_true(shows(m, &grid, "[image]"));
		assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_BEGIN);
		/* The longest name is on the row of the device, and the typed text is visible. */
		m->confirm[0] = '\0';
		m->target = make_disk("board-image-of-the-2nd-of.imag", DISK_IMAGE, GIB(1), "");
		(void)type(m, "board-image-of-the-2nd-of.ima");
		assert_true(shows(m, &grid, "board-image-of-the-2nd-of.imag"));
		assert_true(shows(m, &grid, ".ima_]") || shows(m, &grid, ".ima]"));
		(void)type(m, "g");
		assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_BEGIN);
		free_drawn(m, &grid);
	}
}

static void archive_keys(void **state)
{
	struct model *m = make_model();

	(void)state;
	m->screen = &screen_archive;
	set_browse(m);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_ARCHIVE);
	assert_string_equal(m->text, "/media/stick/images/rootfs.tar.zst");
	(void)press(m, SYMBOL_END);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	assert_non_null(strstr(m->notice, "rootfs.tar.zst.sha256 is not a tar archive"));
	(void)press(m, SYMBOL_HOME);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_FOLDER);
	assert_string_equal(m->text, "/media/stick");
	assert_int_equal(press(m, SYMBOL_ERASE), OUTCOME_FOLDER);
	assert_string_equal(m->text, "/media/stick");
	(void)type(m, "p");
	(void)type(m, "../qlp?");
	assert_string_equal(m->text, "/media/stick/images/../qlp?");
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_ARCHIVE);
	assert_string_equal(m->text, "/media/stick/qlp?");
	/* An invalid path stays in the field; "//" or "~/" starts a new one. */
	assert_int_equal(m->entry, ENTRY_PATH);
	(void)type(m, "//et");
	assert_int_equal(press(m, SYMBOL_TAB), OUTCOME_COMPLETE);
	assert_string_equal(m->text, "/et"); /* the app opens folders, the screen does not */
	(void)type(m, "c");
	STR_COPY(m->browse.home, "/home/op");
	(void)type(m, "/~/x");
	assert_string_equal(m->text, "/home/op/x");
	(void)press(m, SYMBOL_LEFT); /* does not close the text field */
	assert_int_equal(m->entry, ENTRY_PATH);
	assert_string_equal(m->text, "/home/op/x");
	(void)press(m, SYMBOL_ESCAPE);
	assert_int_equal(m->entry, ENTRY_NONE);
	assert_int_equal(type(m, "q"), OUTCOME_BACK);
	free_model(m);
}

static void layout_that_does_not_fit(void **state)
{
	struct model *m = make_model();

	(void)state;
	m->screen = &screen_layout;
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_LAYOUT);
	m->target.size_bytes = MIB(2);
	model_place_layouts(m);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	assert_string_not_equal(m->notice, "");
	free_model(m);
}

/* A model on the Layout screen, with the cursor on a layout beside the archive: its boot loader and its
 * environment have no files. */
static struct model *make_board(void)
{
	struct model *m = make_model();
	struct model_layout *board = &m->layouts[m->layout_count++];

	m->screen = &screen_layout;
	set_browse(m);
	*board = (struct model_layout){.spec = *layout_builtin(0)};
	STR_COPY(board->spec.name, "board");
	board->spec.blob_count = 2;
	board->spec.blobs[0] = (struct layout_blob){.name = "u-boot",
		.file = "/b/flash.bin",
		.missing = 2,
		.offset_bytes = KIB(32),
		.max_bytes = MIB(1)};
	board->spec.blobs[1] =
		(struct layout_blob){.name = "env", .missing = 2, .offset_bytes = MIB(2)};
	model_place_layouts(m);
	m->layout_cursor = m->layout_count - 1;
	return m;
}

/* Gives a blob a file of @bytes. */
static void give_file(struct model *m, size_t index, uint64_t bytes)
{
	struct layout_blob *blob = &m->layouts[m->layout_cursor].spec.blobs[index];

	blob->missing = 0;
	blob->size_bytes = bytes;
	model_place_layouts(m);
}

static void layout_asks_for_files(void **state)
{
	struct model *m = make_board();
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 24, 120);
	assert_true(
		shows(m, &grid, "u-boot: file missing, env: file missing (Enter chooses them)"));
	assert_true(shows(m, &grid, "Enter choose file"));
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_ASK_BLOB);
	assert_int_equal(m->blob, 0);
	give_file(m, 0, KIB(512));
	assert_true(
		shows(m, &grid, "env: file missing (Enter chooses it), u-boot 512 KiB at 32 KiB"));
	assert_true(shows(m, &grid, "env: file missing, u-boot 512 KiB, 3.5 MiB free"));
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_ASK_BLOB);
	assert_int_equal(m->blob, 1);
	give_file(m, 1, KIB(16));
	assert_true(shows(m, &grid, "u-boot 512 KiB at 32 KiB, env 16 KiB at 2 MiB"));
	assert_true(
		shows(m, &grid, "u-boot 512 KiB, 1.5 MiB free, env 16 KiB, 2 MiB free, rootfs"));
	assert_true(shows(m, &grid, "Enter next"));
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_LAYOUT);
	/* What does not fit needs no files. */
	m->layouts[m->layout_cursor].spec.blobs[1].missing = 2;
	m->target.size_bytes = MIB(2);
	model_place_layouts(m);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	assert_non_null(strstr(m->notice, "board cannot be used: layout board needs"));
	assert_true(shows(m, &grid, "Enter next"));
	free_drawn(m, &grid);
}

static void blob_keys(void **state)
{
	static const struct browse_entry file = {
		BROWSE_FILE, "flash.bin", "/media/stick/images/flash.bin", "", 512, 0};
	struct model *m = make_board();
	struct grid grid;

	(void)state;
	m->screen = &screen_blob;
	m->browse.entries[4] = file;
	give_grid(m, &grid, 24, 80);
	assert_true(shows(m, &grid, "Choose u-boot for board (flash.bin, at most 1 MiB):"));
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_BLOB);
	assert_string_equal(m->text, "/media/stick/images/flash.bin");
	m->browse.cursor = 2;
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_FOLDER);
	assert_int_equal(press(m, SYMBOL_ERASE), OUTCOME_FOLDER);
	assert_string_equal(m->text, "/media/stick");
	(void)type(m, "pflash");
	assert_int_equal(m->entry, ENTRY_BLOB);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_BLOB);
	assert_string_equal(m->text, "/media/stick/images/flash");
	(void)press(m, SYMBOL_ESCAPE);
	assert_int_equal(press(m, SYMBOL_ESCAPE), OUTCOME_BACK);
	/* The layout may say little. */
	m->blob = 1;
	assert_true(shows(m, &grid, "Choose env for board:"));
	m->browse.count = 0;
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	free_drawn(m, &grid);
}

static void layout_by_path(void **state)
{
	struct model *m = make_board();

	(void)state;
	assert_int_equal(type(m, "p"), OUTCOME_NONE);
	assert_int_equal(m->entry, ENTRY_LAYOUT);
	assert_string_equal(m->text, "/media/stick/images/");
	(void)type(m, "../board.conf");
	assert_int_equal(press(m, SYMBOL_TAB), OUTCOME_COMPLETE);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_LAYOUT_FILE);
	assert_string_equal(m->text, "/media/stick/board.conf");
	(void)press(m, SYMBOL_ESCAPE);
	assert_int_equal(m->entry, ENTRY_NONE);
	assert_int_equal(press(m, SYMBOL_ESCAPE), OUTCOME_BACK);
	free_model(m);
}

/* The reason is in the file: it stays, whatever the target. */
static void layout_that_cannot_be_read(void **state)
{
	struct model *m = make_board();
	struct model_layout *board = &m->layouts[m->layout_cursor];
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 24, 80);
	*board = (struct model_layout){.unreadable = true, .why = "line 7: unterminated string"};
	STR_COPY(board->spec.name, "board.conf");
	STR_COPY(board->spec.file, "/b/board.conf");
	model_place_layouts(m);
	assert_true(shows(m, &grid, "> board.conf      cannot be read") ||
		    shows(m, &grid, "> board.conf     cannot be read"));
	assert_true(shows(m, &grid, "/b/board.conf"));
	assert_true(shows(m, &grid, "line 7: unterminated string"));
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	assert_string_equal(m->notice, "board.conf cannot be used: line 7: unterminated string");
	free_drawn(m, &grid);
}

static void cancel_asks(void **state)
{
	struct model *m = make_install();

	(void)state;
	assert_int_equal(type(m, "y"), OUTCOME_NONE);
	assert_int_equal(type(m, "c"), OUTCOME_NONE);
	assert_non_null(strstr(m->notice, "will not boot"));
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE); /* any key but y means no */
	assert_int_equal(type(m, "y"), OUTCOME_NONE);
	(void)type(m, "c");
	assert_int_equal(type(m, "n"), OUTCOME_NONE);
	(void)type(m, "c");
	assert_int_equal(type(m, "y"), OUTCOME_CANCEL);
	assert_int_equal(type(m, "q"), OUTCOME_NONE);
	assert_int_equal(type(m, "d"), OUTCOME_DETACH);
	m->snap.commands = false;
	(void)type(m, "c");
	assert_int_equal(type(m, "y"), OUTCOME_NONE);
	free_model(m);
}

/* The install continues while the question is open. */
static void cancel_question_follows_the_install(void **state)
{
	struct model *m = make_install();
	struct snapshot snap;

	(void)state;
	m->snap.written = false;
	(void)type(m, "c");
	assert_non_null(strstr(m->notice, "Nothing has been written"));
	snap = m->snap;
	snap.written = true;
	model_set_snapshot(m, &snap);
	assert_non_null(strstr(m->notice, "will not boot"));
	free_model(m);
}

/* A card or stick can be removed, a built-in disk cannot, and a file needs no advice. */
static void result_says_what_is_safe(void **state)
{
	static const int sizes[][2] = {{24, 80}, {10, 40}, {24, 71}, {40, 130}};
	static const struct {
		enum disk_kind kind;
		bool may_restart;
		const char *advice; /* words that no screen breaks */
	} rows[] = {
		{DISK_EMMC, false, "restart."},
		{DISK_EMMC, true, "restarts."},
		{DISK_SD, true, "Safe to remove."},
		{DISK_USB, true, "Safe to remove."},
		{DISK_FIXED, false, "Restart, or switch off to take it out."},
		{DISK_FIXED, true, "r restarts; switch off to take it out."},
		{DISK_LOOP, true, NULL},
		{DISK_IMAGE, true, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t size = 0; size < ARRAY_SIZE(sizes); size++) {
			struct model *m = make_model();
			struct grid grid;

			give_grid(m, &grid, sizes[size][0], sizes[size][1]);
			m->screen = &screen_result;
			m->snap = make_passed();
			m->snap.target_kind = rows[i].kind;
			m->may_restart = rows[i].may_restart;
			assert_true(shows(m, &grid, rows[i].advice ? rows[i].advice : "0 wrong"));
			assert_int_equal(shows(m, &grid, "Safe to remove."),
				rows[i].kind == DISK_SD || rows[i].kind == DISK_USB);
			assert_int_equal(shows(m, &grid, "estart"),
				rows[i].kind == DISK_EMMC || rows[i].kind == DISK_FIXED);
			assert_true(shows(m, &grid, " in 0:"));
			free_drawn(m, &grid);
		}
}

/* Ctrl-C asks to quit on every screen before an install; a second one, or y, quits. */
static void ctrl_c_asks_to_quit(void **state)
{
	const struct screen *const before[] = {&screen_target, &screen_kinds, &screen_archive,
		&screen_layout, &screen_blob, &screen_review};
	struct model *m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		m = make_board();
		m->screen = before[i];
		set_browse(m);
		assert_int_equal(press(m, SYMBOL_INTERRUPT), OUTCOME_NONE);
		assert_non_null(strstr(m->notice, "Quit"));
		assert_int_equal(type(m, "q"), OUTCOME_NONE); /* any other key is a no */
		assert_string_equal(m->notice, "");
		(void)press(m, SYMBOL_INTERRUPT);
		assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
		(void)press(m, SYMBOL_INTERRUPT);
		assert_int_equal(type(m, "y"), OUTCOME_QUIT);
		(void)press(m, SYMBOL_INTERRUPT);
		assert_int_equal(press(m, SYMBOL_INTERRUPT), OUTCOME_QUIT);
		/* In a text field it only closes that. */
		if (before[i]->row) {
			(void)type(m, "/x");
			assert_int_equal(press(m, SYMBOL_INTERRUPT), OUTCOME_NONE);
			assert_int_equal(m->entry, ENTRY_NONE);
			assert_string_equal(m->notice, "");
		}
		/* The help closes first. */
		(void)type(m, "?");
		(void)press(m, SYMBOL_INTERRUPT);
		assert_null(m->overlay);
		assert_true(m->quit_asked);
		free_model(m);
	}
	/* An earlier install has written. */
	m = make_model();
	m->snap = make_passed();
	(void)press(m, SYMBOL_INTERRUPT);
	assert_string_equal(m->notice, "Quit boardstrap?");
	free_model(m);
	m = make_install();
	assert_int_equal(press(m, SYMBOL_INTERRUPT), OUTCOME_NONE);
	assert_non_null(strstr(m->notice, "does not stop an install"));
	assert_false(m->quit_asked);
	assert_int_equal(type(m, "y"), OUTCOME_NONE);
	(void)type(m, "l");
	assert_int_equal(press(m, SYMBOL_INTERRUPT), OUTCOME_NONE);
	m->snap.commands = false; /* a viewer */
	assert_int_equal(press(m, SYMBOL_INTERRUPT), OUTCOME_DETACH);
	m->screen = &screen_result;
	assert_int_equal(press(m, SYMBOL_INTERRUPT), OUTCOME_QUIT);
	free_model(m);
}

/* The key k: each kind of --allow, and what is refused for a good reason after a question. */
static void kinds_are_allowed(void **state)
{
	struct disk disks[3] = {make_emmc(), make_disk("mmcblk2", DISK_EMMC, GIB(16), "AJTD4R"),
		make_disk("sdb", DISK_USB, GIB(64), "")};
	struct model *m = make_model();
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 24, 80);
	disk_refuse(&disks[1], REASON_ROOT_NAMED, "named by root=");
	disk_refuse(&disks[2], REASON_KIND, "not an eMMC (--allow usb)");
	model_set_disks(m, disks, 3);
	m->disk_changed_ms = 0;
	(void)type(m, "3");
	(void)press(m, SYMBOL_ENTER);
	assert_non_null(strstr(m->notice, "press k to allow it"));
	assert_int_equal(type(m, "k"), OUTCOME_KINDS);
	m->screen = &screen_kinds;
	assert_true(shows(m, &grid, "usb            1 here"));
	(void)type(m, "/usb");
	(void)press(m, SYMBOL_ENTER);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_ALLOW);
	assert_int_equal(m->allow, 1u << DISK_USB);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_ALLOW);
	assert_int_equal(m->allow, 0);
	/* Not without a yes, whatever else is pressed. */
	(void)type(m, "/root-named");
	(void)press(m, SYMBOL_ENTER);
	for (const char *no = "nq?/k1"; *no; no++) {
		assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
		assert_non_null(strstr(m->notice, "mmcblk2 is named by root="));
		assert_int_equal(
			screen_key(m, (struct key){SYMBOL_TEXT, (uint32_t)*no}), OUTCOME_NONE);
		assert_int_equal(m->allow, 0);
		assert_int_equal(type(m, "y"), OUTCOME_NONE);
	}
	(void)press(m, SYMBOL_ENTER);
	assert_int_equal(type(m, "y"), OUTCOME_ALLOW);
	assert_int_equal(m->allow, ALLOW_ROOT_NAMED);
	/* There is none: nothing to insist on. */
	(void)type(m, "/worn");
	(void)press(m, SYMBOL_ENTER);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	assert_non_null(strstr(m->notice, "No device is refused"));
	assert_int_equal(type(m, "y"), OUTCOME_NONE);
	assert_int_equal(m->allow, ALLOW_ROOT_NAMED);
	/* Of a board, not of a device: no question. */
	(void)type(m, "/unbootable");
	(void)press(m, SYMBOL_ENTER);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_ALLOW);
	assert_int_equal(m->allow, ALLOW_ROOT_NAMED | ALLOW_UNBOOTABLE);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_ALLOW);
	assert_int_equal(m->allow, ALLOW_ROOT_NAMED);
	/* An image has no device yet: its path is asked for. */
	set_browse(m);
	(void)type(m, "/image");
	(void)press(m, SYMBOL_ENTER);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	assert_int_equal(m->entry, ENTRY_IMAGE);
	(void)type(m, "board.img");
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_IMAGE);
	assert_string_equal(m->text, "/media/stick/images/board.img");
	(void)press(m, SYMBOL_ESCAPE);
	assert_int_equal(type(m, "q"), OUTCOME_BACK);
	free_drawn(m, &grid);
}

/* Every word of --allow has its row, and no other. */
static void kinds_are_those_of_allow(void **state)
{
	unsigned all = 0, bits;
	char bad[32];

	(void)state;
	for (size_t i = 0; i < screen_kinds.count(NULL); i++) {
		char text[128];

		screen_kinds.row(NULL, i, text, sizeof(text));
		text[strcspn(text, " ")] = '\0';
		assert_int_equal(disk_allow_parse(text, &bits, bad), 0);
		assert_int_equal(all & bits, 0);
		all |= bits;
	}
	assert_int_equal(
		all, ((1u << DISK_OTHER) - 1) | ALLOW_WORN | ALLOW_ROOT_NAMED | ALLOW_UNBOOTABLE);
}

/* Plan, steps and messages are in the log; the Install screen shows messages only. */
static void log_holds_the_install(void **state)
{
	struct model *m = make_model();
	struct plan plan = {
		.verify = true, .archives = {.count = 1, .list = {{.path = "/a/rootfs.tar.zst"}}}};
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 24, 80);
	m->screen = &screen_install;
	model_begin_install(m);
	assert_int_equal(m->log_count, 0);
	plan.target = make_emmc();
	model_log_plan(m, &plan);
	model_set_snapshot(m, &s);
	assert_true(shows(m, &grid, "time stamp"));
	assert_false(shows(m, &grid, "Target   mmcblk1"));
	assert_int_equal(type(m, "l"), OUTCOME_NONE);
	assert_true(shows(m, &grid, "Target   mmcblk1, eMMC DG4008"));
	assert_true(shows(m, &grid, "[ OK ] wipe"));
	s.state = INSTALL_FAILED;
	s.exit_code = EXIT_FAILED;
	err_set(&s.err, EXIT_FAILED, "extract", "tar failed");
	model_set_snapshot(m, &s);
	assert_true(shows(m, &grid, "FAIL mmcblk1"));
	assert_true(shows(m, &grid, "tar failed."));
	/* s asks for a path, and the app saves. */
	assert_int_equal(type(m, "s"), OUTCOME_SAVE_AS);
	path_entry_begin(m, ENTRY_SAVE, "/tmp/x.log");
	assert_true(shows(m, &grid, "Save as: /tmp/x.log"));
	assert_int_equal(type(m, "2"), OUTCOME_NONE);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_SAVE);
	assert_string_equal(m->text, "/tmp/x.log2");
	model_answer(m, true, "It exists already.");
	assert_true(shows(m, &grid, "It exists already."));
	assert_true(shows(m, &grid, "Save as: /tmp/x.log2"));
	(void)press(m, SYMBOL_INTERRUPT); /* closes the field only */
	assert_int_equal(m->entry, ENTRY_NONE);
	assert_ptr_equal(m->overlay, &screen_log);
	assert_false(shows(m, &grid, "exists already"));
	free_drawn(m, &grid);
}

/* An engine that completes the plan may find several problems; the error is the first. */
static void a_refused_plan_shows_all_problems(void **state)
{
	struct model *m = make_model();
	struct plan_report report = {
		.plan = {.archives = {.count = 1, .list = {{.path = "/a/rootfs.tar.zst"}}}}};
	struct snapshot s = make_snapshot(STEP_CHECK);
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 24, 80);
	model_begin_install(m);
	plan_problem_add(&report.verdict, "one", "The first problem.");
	model_log_report(m, &report);
	s.state = INSTALL_FAILED;
	s.exit_code = EXIT_REFUSED;
	err_set(&s.err, EXIT_REFUSED, "check", "The first problem.");
	model_set_snapshot(m, &s);
	m->screen = &screen_result;
	assert_true(shows(m, &grid, "Correct the problem above"));
	model_begin_install(m);
	plan_problem_add(&report.verdict, "two", "The second problem.");
	model_log_report(m, &report);
	model_set_snapshot(m, &s);
	assert_true(shows(m, &grid, "The first problem"));
	assert_true(shows(m, &grid, "The log (l) has more problems"));
	(void)type(m, "l");
	assert_true(shows(m, &grid, "The second problem."));
	(void)press(m, SYMBOL_ESCAPE);
	/* The next install begins without them. */
	model_begin_install(m);
	model_set_snapshot(m, &s);
	assert_true(shows(m, &grid, "Correct the problem above"));
	free_drawn(m, &grid);
}

static void editing_a_path(void **state)
{
	struct model *m = make_model();
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 24, 80);
	m->screen = &screen_archive;
	set_browse(m);
	(void)type(m, "p");
	(void)press(m, SYMBOL_CUT_LINE);
	assert_string_equal(m->text, "");
	(void)type(m, "/srv/pub/roofs.tar");
	for (int i = 0; i < 6; i++)
		(void)press(m, SYMBOL_LEFT);
	(void)type(m, "t");
	assert_string_equal(m->text, "/srv/pub/rootfs.tar");
	assert_true(shows(m, &grid, "Path: /srv/pub/rootfs.tar"));
	assert_int_equal(grid.cursor_col, 7 + 13);
	(void)type(m, "//"); /* a new path begins only at the end */
	assert_string_equal(m->text, "/srv/pub/root//fs.tar");
	(void)press(m, SYMBOL_CUT_WORD);
	assert_string_equal(m->text, "/srv/pub/fs.tar");
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_ARCHIVE);
	free_drawn(m, &grid);
}

/* Clearing the confirmation word. */
static void review_is_cleared(void **state)
{
	struct model *m = make_model();

	(void)state;
	m->screen = &screen_review;
	m->planned = m->plan.complete = true;
	(void)type(m, "9f3");
	assert_string_equal(m->confirm, "9f3");
	(void)press(m, SYMBOL_CUT_LINE);
	assert_string_equal(m->confirm, "");
	free_model(m);
}

static void result_keys(void **state)
{
	struct model *m = make_install();

	(void)state;
	m->screen = &screen_result;
	assert_int_equal(type(m, "q"), OUTCOME_QUIT);
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_AGAIN);
	m->only_follow = true;
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE); /* it is not shown */
	assert_int_equal(type(m, "q"), OUTCOME_QUIT);
	free_model(m);
}

/* After a question, and only where this machine starts from the target. */
static void result_restarts(void **state)
{
	static const int sizes[][2] = {{24, 80}, {10, 40}};
	static const enum disk_kind others[] = {DISK_SD, DISK_USB, DISK_LOOP, DISK_IMAGE};
	struct model *m;

	(void)state;
	for (size_t size = 0; size < ARRAY_SIZE(sizes); size++) {
		struct grid grid;

		m = make_model();
		give_grid(m, &grid, sizes[size][0], sizes[size][1]);
		m->screen = &screen_result;
		m->snap = make_passed();
		assert_int_equal(type(m, "r"), OUTCOME_NONE);
		assert_false(m->restart_asked); /* the app cannot */
		m->may_restart = true;
		assert_true(shows(m, &grid, "r restart"));
		assert_int_equal(type(m, "r"), OUTCOME_NONE);
		assert_true(shows(m, &grid, "Restart this machine?"));
		assert_true(shows(m, &grid, "y yes, restart"));
		/* Any other key is a no, and does nothing else. */
		for (const char *other = "lq?nr/1"; *other; other++) {
			assert_int_equal(type(m, (char[]){*other, '\0'}), OUTCOME_NONE);
			assert_null(m->overlay);
			assert_int_equal(type(m, "y"), OUTCOME_NONE);
			(void)type(m, "r");
		}
		assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
		(void)type(m, "r");
		assert_int_equal(type(m, "y"), OUTCOME_RESTART);
		assert_int_equal(type(m, "y"), OUTCOME_NONE);
		m->snap.commands = false; /* a viewer */
		(void)type(m, "r");
		assert_false(m->restart_asked);
		m->snap = make_failed(STEP_FLUSH, EXIT_FAILED, "mmcblk1 was removed");
		(void)type(m, "r");
		assert_false(m->restart_asked);
		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			m->snap = make_passed();
			m->snap.target_kind = others[i];
			(void)type(m, "r");
			assert_false(m->restart_asked);
			assert_false(shows(m, &grid, "r restart"));
		}
		free_drawn(m, &grid);
	}
}

static void log_keeps_every_message_once(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct model *m = make_install(); /* has messages 1 and 2 */
	size_t before = model_log_count(m);

	(void)state;
	model_set_snapshot(m, &s);
	assert_int_equal(m->log_count, before);
	add_message(&s, 3, "three");
	model_set_snapshot(m, &s);
	model_set_snapshot(m, &s);
	assert_int_equal(m->log_count, before + 1);
	assert_string_equal(m->log[before], "three");
	/* Ten more messages than a snapshot holds were missed. */
	memset(s.messages, 0, sizeof(s.messages));
	add_message(&s, 14, "fourteen");
	model_set_snapshot(m, &s);
	assert_int_equal(m->log_count, before + 3);
	assert_string_equal(m->log[before + 1], "(10 more messages)");
	assert_string_equal(m->log[before + 2], "fourteen");
	/* The log is a ring buffer, and older lines stay in place. */
	(void)type(m, "l");
	(void)press(m, SYMBOL_UP);
	for (uint64_t i = 15; i < 15 + MODEL_LOG_MAX + 10; i++) {
		memset(s.messages, 0, sizeof(s.messages));
		s.message_count = 0;
		add_message(&s, i, "more");
		model_set_snapshot(m, &s);
	}
	(void)press(m, SYMBOL_HOME);
	assert_int_equal(m->log_scroll, MODEL_LOG_MAX - 8);
	(void)press(m, SYMBOL_PAGE_UP);
	assert_int_equal(m->log_scroll, MODEL_LOG_MAX - 8);
	(void)press(m, SYMBOL_END);
	assert_int_equal(m->log_scroll, 0);
	free_model(m);
}

/* Lines "0" to "99", alternating with long lines that need two rows of 40 columns. */
static struct model *make_log(struct grid *grid, int rows, int cols)
{
	struct model *m = make_install();

	give_grid(m, grid, rows, cols);
	m->log_count = 0;
	for (int i = 0; i < 100; i++)
		STR_FORMAT(m->log[m->log_count++ % MODEL_LOG_MAX], "line %d of these%s", i,
			i % 2 ? "" : ", which is longer than a row");
	(void)type(m, "l");
	return m;
}

static void log_scrolls_by_rows(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct grid grid;
	struct model *m = make_log(&grid, 10, 40); /* six rows: four lines */

	(void)state;
	assert_true(shows(m, &grid, "97 to 100 of 100"));
	(void)press(m, SYMBOL_UP);
	assert_true(shows(m, &grid, "96 to 99 of 100"));
	assert_false(shows(m, &grid, "line 99"));
	/* Older lines stay in place. */
	(void)press(m, SYMBOL_HOME);
	assert_true(shows(m, &grid, " 1 to 4 of 100"));
	add_message(&s, 3, "a new one");
	model_set_snapshot(m, &s);
	assert_true(shows(m, &grid, " 1 to 4 of 101"));
	(void)press(m, SYMBOL_PAGE_DOWN);
	assert_true(shows(m, &grid, " 5 to 8 of 101"));
	(void)press(m, SYMBOL_PAGE_UP);
	(void)press(m, SYMBOL_PAGE_UP);
	assert_true(shows(m, &grid, " 1 to 4 of 101"));
	/* At the end the log follows. */
	(void)press(m, SYMBOL_END);
	assert_true(shows(m, &grid, "a new one"));
	add_message(&s, 4, "a newer one");
	model_set_snapshot(m, &s);
	assert_true(shows(m, &grid, "a newer one"));
	assert_true(shows(m, &grid, "of 102"));
	(void)press(m, SYMBOL_DOWN);
	assert_int_equal(m->log_scroll, 0);
	free_drawn(m, &grid);
}

static void log_searches(void **state)
{
	struct grid grid;
	struct model *m = make_log(&grid, 10, 40);

	(void)state;
	(void)type(m, "/LINE 4");
	assert_true(shows(m, &grid, "11 of 11")); /* 4, 40 to 49: the newest first */
	assert_true(shows(m, &grid, "line 49"));
	(void)press(m, SYMBOL_UP);
	assert_true(shows(m, &grid, "10 of 11"));
	assert_true(shows(m, &grid, "line 48"));
	(void)press(m, SYMBOL_DOWN);
	(void)press(m, SYMBOL_DOWN); /* wraps around */
	assert_true(shows(m, &grid, "1 of 11"));
	assert_true(shows(m, &grid, "line 4 "));
	(void)type(m, "x");
	assert_true(shows(m, &grid, "not found"));
	assert_true(shows(m, &grid, "line 99")); /* back at the start */
	(void)press(m, SYMBOL_ERASE);
	(void)press(m, SYMBOL_ENTER);
	assert_int_equal(m->entry, ENTRY_NONE);
	assert_true(shows(m, &grid, "line 49"));
	assert_false(shows(m, &grid, "Search"));
	(void)type(m, "/line 7");
	(void)press(m, SYMBOL_ESCAPE);
	assert_true(shows(m, &grid, "line 49"));
	/* Letters are text during a search, and the log stays open. */
	(void)type(m, "/ql?");
	assert_ptr_equal(m->overlay, &screen_log);
	(void)press(m, SYMBOL_ESCAPE);
	(void)type(m, "?");
	assert_ptr_equal(m->overlay, &screen_help);
	assert_true(shows(m, &grid, "Help: Log"));
	(void)type(m, "q");
	assert_ptr_equal(m->overlay, &screen_log);
	(void)type(m, "l");
	assert_null(m->overlay);
	free_drawn(m, &grid);
}

/* The help can be scrolled to its end on small screens. */
static void help_scrolls(void **state)
{
	struct model *m = make_model();
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 10, 40);
	(void)type(m, "?");
	assert_true(shows(m, &grid, "Help: Target"));
	assert_true(shows(m, &grid, "PgUp/PgDn"));
	assert_false(shows(m, &grid, "the same as ?"));
	(void)press(m, SYMBOL_END);
	assert_true(shows(m, &grid, "press Enter."));
	for (int i = 0; i < 4; i++)
		(void)press(m, SYMBOL_UP);
	assert_true(shows(m, &grid, "the same as ?"));
	(void)press(m, SYMBOL_HOME);
	assert_true(shows(m, &grid, "Up/Down"));
	/* No keys to scroll if the whole page fits. */
	(void)press(m, SYMBOL_END);
	grid_finish(&grid);
	give_grid(m, &grid, 24, 80);
	assert_false(shows(m, &grid, "PgUp/PgDn page"));
	assert_true(shows(m, &grid, "Up/Down"));
	assert_true(shows(m, &grid, "Review screen\n and press Enter."));
	free_drawn(m, &grid);
}

/* The note in the help depends on the current screen, not on the last install. */
static void help_fits_the_current_screen(void **state)
{
	struct snapshot passed = make_passed();
	struct model *m = make_install();
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 24, 80);
	(void)type(m, "?");
	assert_true(shows(m, &grid, "It continues if this screen"));
	(void)type(m, "q");
	model_set_snapshot(m, &passed);
	m->screen = &screen_result;
	(void)type(m, "?");
	assert_true(shows(m, &grid, "The install has ended"));
	(void)type(m, "q");
	m->screen = &screen_target;
	(void)type(m, "?");
	assert_false(shows(m, &grid, "continues if this screen"));
	assert_false(shows(m, &grid, "nothing has been written"));
	assert_true(shows(m, &grid, "Nothing is written until you type"));
	free_drawn(m, &grid);
}

/* "The same as q" is shown only if q is the key for "back". */
static void help_names_keys_that_work(void **state)
{
	struct model *m = make_review();
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 24, 80);
	m->overlay = &screen_help;
	m->help_of = &screen_review;
	assert_true(shows(m, &grid, "the same as q"));
	m->target = make_disk("emmc.img", DISK_IMAGE, GIB(1), ""); /* q is text */
	assert_false(shows(m, &grid, "the same as q"));
	assert_true(shows(m, &grid, "the same as Left"));
	m->help_of = &screen_install; /* no key for "back" */
	assert_false(shows(m, &grid, "the same as q"));
	m->help_of = &screen_target;
	assert_true(shows(m, &grid, "the same as q"));
	free_drawn(m, &grid);
}

static void lists_move_by_pages(void **state)
{
	struct model *m = make_model();
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 10, 40);
	m->screen = &screen_archive;
	set_browse(m);
	m->browse.cursor = 0;
	assert_true(shows(m, &grid, " 1 of 7"));
	(void)press(m, SYMBOL_PAGE_DOWN); /* four rows */
	assert_true(shows(m, &grid, " 5 of 7"));
	(void)press(m, SYMBOL_PAGE_UP);
	assert_true(shows(m, &grid, " 1 of 7"));
	free_drawn(m, &grid);
}

/* On a screen that is too small, only the exit works. */
static void too_small_takes_no_keys(void **state)
{
	struct model *m = make_review();
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 9, 80);
	assert_true(shows(m, &grid, "80x9 is too small. Enlarge the terminal to at least 40x10."));
	assert_true(shows(m, &grid, "q quits"));
	(void)type(m, "9f31");
	assert_string_equal(m->confirm, "");
	STR_COPY(m->confirm, "9f31");
	assert_int_equal(press(m, SYMBOL_ENTER), OUTCOME_NONE);
	assert_int_equal(press(m, SYMBOL_REDRAW), OUTCOME_REDRAW);
	assert_int_equal(type(m, "q"), OUTCOME_QUIT);
	m->snap = make_snapshot(STEP_EXTRACT);
	m->screen = &screen_install;
	assert_true(shows(m, &grid, "The install continues."));
	assert_int_equal(type(m, "c"), OUTCOME_NONE);
	assert_int_equal(type(m, "q"), OUTCOME_DETACH);
	free_drawn(m, &grid);
}

static void texts_change_once_a_second(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct model *m = make_install();

	(void)state;
	s.tar.replies = 99;
	s.progress.percent = 50;
	m->now_ms += 250;
	model_set_snapshot(m, &s);
	assert_int_equal(m->calm.tar.replies, 12);
	assert_int_equal(m->snap.progress.percent, 50);
	m->now_ms += 750;
	model_set_snapshot(m, &s);
	assert_int_equal(m->calm.tar.replies, 99);
	s.step = STEP_FLUSH; /* a new step is shown at once */
	model_set_snapshot(m, &s);
	assert_int_equal(m->calm.step, STEP_FLUSH);
	free_model(m);
}

/* There is no plan for a bad archive, so the screen must not mention verification. */
static void bad_archive_hides_verification(void **state)
{
	static const int sizes[][2] = {{24, 80}, {10, 40}, {30, 100}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct model *m = make_review();
		struct grid grid;

		give_grid(m, &grid, sizes[i][0], sizes[i][1]);
		/* A plan without verification. */
		assert_true(shows(m, &grid, "NOT verified, as requested"));
		set_scan(m, INSPECT_BAD);
		m->verdict.count = 1;
		STR_COPY(m->verdict.problems[0].text, "The archive is bad.");
		assert_true(shows(m, &grid, "The archive is bad."));
		assert_false(shows(m, &grid, "NOT verified"));
		assert_false(shows(m, &grid, "Then"));
		free_drawn(m, &grid);
	}
}

static void sentences_are_complete(void **state)
{
	struct snapshot s = make_failed(STEP_FLUSH, EXIT_FAILED, "mmcblk1 is full");
	struct model *m = make_review();
	struct grid grid;

	(void)state;
	give_grid(m, &grid, 24, 80);
	/* The engine's advice has no full stop. */
	STR_COPY(s.err.next, "Fix the cause and install again");
	m->snap = s;
	m->screen = &screen_result;
	assert_true(shows(m, &grid, "Fix the cause and install again."));
	STR_COPY(m->snap.err.next, "Do that. Then that.");
	assert_true(shows(m, &grid, "Then that."));
	assert_false(shows(m, &grid, "Then that.."));
	/* The name of the archive appears once. */
	m->screen = &screen_layout;
	set_scan(m, INSPECT_BAD);
	STR_COPY(m->scan.error, "rootfs.tar.zst: it was cut");
	assert_true(shows(m, &grid, "rootfs.tar.zst is BAD: it was cut"));
	STR_COPY(m->scan.error, "rootfs.tar: it was cut");
	assert_true(shows(m, &grid, "is BAD: rootfs.tar: it was cut"));
	free_drawn(m, &grid);
}

static void one_entry(void **state)
{
	static const int sizes[][2] = {{24, 80}, {24, 40}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct model *m = make_review();
		struct grid grid;

		give_grid(m, &grid, sizes[i][0], sizes[i][1]);
		m->scan.totals.entries = 1;
		assert_true(shows(m, &grid, ", 1 entry"));
		assert_false(shows(m, &grid, "entries"));
		m->screen = &screen_result;
		m->snap = make_passed();
		m->snap.verify.entries = 1;
		assert_true(shows(m, &grid, "1 entry verified, 0 wrong"));
		free_drawn(m, &grid);
	}
}

/* Every key on every screen at several sizes: no crash, and nothing drawn outside. */
static void any_key_anywhere(void **state)
{
	static const int sizes[][2] = {{24, 80}, {10, 40}, {17, 71}, {18, 72}, {30, 300}, {1, 1}};
	unsigned random = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all_screens); i++) {
		struct model *m = make_install();
		struct grid grid;

		set_browse(m);
		set_scan(m, INSPECT_OK);
		m->planned = m->plan.complete = true;
		for (int n = 0; n < 3000; n++) {
			const int *size = sizes[n % (int)ARRAY_SIZE(sizes)];
			struct key key = {(enum symbol)(random >> 8 & 15), 0};

			random = random * 1103515245 + 12345;
			if (key.symbol == SYMBOL_TEXT)
				key.codepoint = 0x20 + (random >> 16) % 0x400;
			m->screen = all_screens[i];
			m->now_ms += 100;
			(void)screen_key(m, key);
			assert_int_equal(grid_init(&grid, size[0], size[1],
						 n & 1 ? &glyphs_ascii : &glyphs_unicode),
				0);
			screen_draw(m, &grid);
			grid_finish(&grid);
		}
		free_model(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_is_not_chosen),
		cmocka_unit_test(cursor_stays_on_device),
		cmocka_unit_test(enter_is_ignored_after_a_change),
		cmocka_unit_test(lists),
		cmocka_unit_test(show_all_needs_hidden_rows),
		cmocka_unit_test(short_screen_warns),
		cmocka_unit_test(searching),
		cmocka_unit_test(help_and_log_are_overlays),
		cmocka_unit_test(install_needs_the_word),
		cmocka_unit_test(refused_review_has_no_field),
		cmocka_unit_test(name_is_typed_without_a_serial),
		cmocka_unit_test(screen_names_the_word),
		cmocka_unit_test(archive_keys),
		cmocka_unit_test(layout_that_does_not_fit),
		cmocka_unit_test(layout_asks_for_files),
		cmocka_unit_test(blob_keys),
		cmocka_unit_test(layout_by_path),
		cmocka_unit_test(layout_that_cannot_be_read),
		cmocka_unit_test(cancel_asks),
		cmocka_unit_test(cancel_question_follows_the_install),
		cmocka_unit_test(result_says_what_is_safe),
		cmocka_unit_test(ctrl_c_asks_to_quit),
		cmocka_unit_test(kinds_are_allowed),
		cmocka_unit_test(kinds_are_those_of_allow),
		cmocka_unit_test(log_holds_the_install),
		cmocka_unit_test(a_refused_plan_shows_all_problems),
		cmocka_unit_test(editing_a_path),
		cmocka_unit_test(review_is_cleared),
		cmocka_unit_test(result_keys),
		cmocka_unit_test(result_restarts),
		cmocka_unit_test(log_keeps_every_message_once),
		cmocka_unit_test(log_scrolls_by_rows),
		cmocka_unit_test(log_searches),
		cmocka_unit_test(help_scrolls),
		cmocka_unit_test(help_fits_the_current_screen),
		cmocka_unit_test(help_names_keys_that_work),
		cmocka_unit_test(lists_move_by_pages),
		cmocka_unit_test(too_small_takes_no_keys),
		cmocka_unit_test(texts_change_once_a_second),
		cmocka_unit_test(bad_archive_hides_verification),
		cmocka_unit_test(sentences_are_complete),
		cmocka_unit_test(one_entry),
		cmocka_unit_test(any_key_anywhere),
	};

	return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
