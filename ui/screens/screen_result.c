/* SPDX-License-Identifier: MIT */
/* The result, readable across a room: one word, the reason, and the next step. */
#include "ui/screens/screen.h"

#include "core/report/log.h"
#include "device/base/human.h"
#include "device/base/util.h"

#include <inttypes.h>
#include <string.h>

#define FACT_COL     9
#define ADVICE_BYTES 256
#define LETTER_ROWS  5
#define LETTER_COLS  6
#define BOOT_DONE    "Its boot loader was written and verified. Its partitions were not touched."
#define BANNER_COLS  (4 * LETTER_COLS + 3 * 2)

static const struct {
	char letter;
	const char *rows[LETTER_ROWS];
} font[] = {
	{'A', {" #### ", "##  ##", "######", "##  ##", "##  ##"}},
	{'D', {"##### ", "##  ##", "##  ##", "##  ##", "##### "}},
	{'E', {"######", "##    ", "##### ", "##    ", "######"}},
	{'F', {"######", "##    ", "##### ", "##    ", "##    "}},
	{'I', {"######", "  ##  ", "  ##  ", "  ##  ", "######"}},
	{'L', {"##    ", "##    ", "##    ", "##    ", "######"}},
	{'N', {"##  ##", "### ##", "######", "## ###", "##  ##"}},
	{'O', {" #### ", "##  ##", "##  ##", "##  ##", " #### "}},
	{'P', {"##### ", "##  ##", "##### ", "##    ", "##    "}},
	{'S', {" #####", "##    ", " #### ", "    ##", "##### "}},
	{'T', {"######", "  ##  ", "  ##  ", "  ##  ", "  ##  "}},
};

/* The look of a result; the text explains the state of the device. */
struct verdict {
	const char *word;
	unsigned attr;
	char fill;   /* the character that fills the ribbon; 0: full blocks */
	bool framed; /* letters and a frame of X instead of full blocks */
};

static struct verdict verdict_of(const struct snapshot *s)
{
	switch (s->state) {
	case INSTALL_PASSED:
		if (s->exit_code == EXIT_NOT_VERIFIED)
			return (struct verdict){"DONE", ATTR_BOLD | ATTR_WARN, '#', false};
		return (struct verdict){"PASS", ATTR_BOLD | ATTR_GOOD, 0, false};
	case INSTALL_CANCELLED:
		return (struct verdict){"STOP", ATTR_BOLD | ATTR_WARN, 'X', true};
	case INSTALL_RUNNING:
	case INSTALL_CANCELLING:
	case INSTALL_FAILED:
		break;
	}
	return (struct verdict){"FAIL", ATTR_BOLD | ATTR_BAD, 'X', true};
}

/* True if the numbers fit beside the letters; else they go below. */
static bool has_room_beside(const struct grid *g, const struct verdict *v)
{
	return g->cols >= 79 && (g->rows >= 22 || !v->framed);
}

/* Returns the height and width in cells of one dot of a letter. */
static int scale_of(const struct grid *g)
{
	return g->rows >= 36 && g->cols >= 120 ? 2 : 1;
}

static void draw_letter(
	struct grid *g, int row, int col, char letter, uint32_t codepoint, unsigned attr)
{
	int scale = scale_of(g);

	for (size_t i = 0; i < ARRAY_SIZE(font); i++) {
		if (font[i].letter != letter)
			continue;
		for (int y = 0; y < LETTER_ROWS * scale; y++)
			for (int x = 0; x < LETTER_COLS; x++)
				if (font[i].rows[y / scale][x] == '#')
					grid_fill(g, row + y, col + x * scale, scale, codepoint,
						attr);
	}
}

/* Returns the rows of the letters and their frame. */
static int banner_rows(const struct grid *g, const struct verdict *v)
{
	return LETTER_ROWS * scale_of(g) + (v->framed ? 4 : 0);
}

static int banner_cols(const struct grid *g, const struct verdict *v)
{
	return BANNER_COLS * scale_of(g) + (v->framed ? 6 : 0);
}

static void draw_banner(struct grid *g, int row, int col, const struct verdict *v)
{
	uint32_t codepoint = v->framed ? 'X' : g->glyphs->block;
	int width = banner_cols(g, v), height = banner_rows(g, v);

	/* Also set the blanks: on a serial line a change of attributes costs more than a gap. */
	for (int y = 0; y < height; y++)
		grid_fill(g, row + y, col, width, ' ', v->attr);
	if (v->framed) {
		grid_fill(g, row, col, width, codepoint, v->attr);
		grid_fill(g, row + height - 1, col, width, codepoint, v->attr);
		for (int y = 1; y < height - 1; y++) {
			grid_fill(g, row + y, col, 1, codepoint, v->attr);
			grid_fill(g, row + y, col + width - 1, 1, codepoint, v->attr);
		}
		col += 3;
		row += 2;
	}
	for (int i = 0; i < 4; i++)
		draw_letter(g, row, col + i * (LETTER_COLS + 2) * scale_of(g), v->word[i],
			codepoint, v->attr);
}

/* Draws one filled row with the word, if there is no room for letters. */
static int draw_ribbon(struct grid *g, int row, const struct verdict *v)
{
	int col = (g->cols - 6) / 2;
	char word[8];

	STR_FORMAT(word, " %s ", v->word);
	grid_fill(g, row, 1, g->cols - 2, v->fill ? (uint32_t)v->fill : g->glyphs->block, v->attr);
	(void)grid_put(g, row, col, 6, v->attr | (v->fill ? 0 : ATTR_REVERSE), word);
	return row + 1;
}

/* The advice for an installed target. A built-in one stays, and this machine starts from it. */
static const struct {
	const char *advice;   /* NULL for an image and a loop device: nothing */
	const char *restarts; /* instead of it, if the key r works; NULL: it never does */
} installed[DISK_KIND_COUNT] = {
	[DISK_EMMC] = {"Take out the installer's medium, then restart.",
		"Take out the installer's medium, then r restarts."},
	[DISK_SD] = {"Safe to remove.", NULL},
	[DISK_USB] = {"Safe to remove.", NULL},
	[DISK_FIXED] = {"Restart, or switch off to take it out.",
		"r restarts; switch off to take it out."},
};

/* A viewer that may not cancel may not restart either. */
static bool may_restart(const struct model *m)
{
	const struct snapshot *s = &m->snap;

	return m->may_restart && s->commands && s->state == INSTALL_PASSED &&
	       s->target_kind < DISK_KIND_COUNT && installed[s->target_kind].restarts;
}

static const char *what_is_safe(const struct model *m)
{
	enum disk_kind kind = m->snap.target_kind;

	if (may_restart(m))
		return installed[kind].restarts;
	return kind < DISK_KIND_COUNT && installed[kind].advice ? installed[kind].advice : "";
}

/* Returns the next step from the engine's error, else one for the result. */
static const char *what_next(const struct model *m)
{
	const struct snapshot *s = &m->snap;
	static const char *const next[] = {
		[EXIT_FAILED] =
			"Read the log (l), check the device and its connection, and try again.",
		[EXIT_REFUSED] = "Correct the problem above, and try again.",
		[EXIT_CANCELLED] = "Install again when you are ready.",
		[EXIT_VERIFY] =
			"Do not use this device. Try once more; if it fails again, replace it.",
		[EXIT_LOCKED] = "Wait for the other install to end; boardstrap status shows it.",
	};

	if (s->err.next[0])
		return s->err.next;
	if (s->state == INSTALL_PASSED)
		return what_is_safe(m);
	if (s->exit_code == EXIT_REFUSED && m->more_problems > 0)
		return "The log (l) has more problems: correct all of them, and try again.";
	if (s->exit_code < 0 || s->exit_code >= (int)ARRAY_SIZE(next) || !next[s->exit_code])
		return "";
	return next[s->exit_code];
}

/* Returns the next step as a sentence: the engine's have no full stop. */
static const char *advice(const struct model *m, char ret[ADVICE_BYTES])
{
	const char *text = what_next(m);
	size_t length = strlen(text);

	(void)str_format(
		ret, ADVICE_BYTES, "%s%s", text, length > 0 && text[length - 1] != '.' ? "." : "");
	return ret;
}

static int draw_fact(struct grid *g, int row, int bottom, const char *label, const char *text)
{
	if (row >= bottom || !text[0])
		return row;
	(void)grid_text(g, row, 1, ATTR_NORMAL, label);
	return row +
	       grid_wrap(g, row, FACT_COL, g->cols - FACT_COL - 1, bottom - row, ATTR_NORMAL, text);
}

static void draw_verified(const struct snapshot *s, struct grid *g, int row, int col)
{
	if (s->verify.mismatches > 0)
		(void)grid_format(g, row, col, ATTR_BAD | ATTR_BOLD, "%s of %s entries wrong",
			human_count(s->verify.mismatches).s, human_count(s->verify.entries).s);
	else
		(void)grid_format(g, row, col, ATTR_NORMAL, "%s %s verified, 0 wrong",
			human_count(s->verify.entries).s,
			s->verify.entries == 1 ? "entry" : "entries");
}

/* Returns the row below. */
static int draw_numbers(const struct snapshot *s, struct grid *g, int row, int col)
{
	const struct snapshot_step *step = s->step < STEP_COUNT ? &s->steps[s->step] : NULL;
	char amount[64];

	(void)grid_format(g, row++, col, ATTR_NORMAL, "%s, %s %s", s->target_name,
		disk_kind_label(s->target_kind), s->target_short);
	if (s->state == INSTALL_PASSED && !scope_has_files(s->scope))
		(void)grid_text(g, row++, col, ATTR_NORMAL, scope_words(s->scope)->verified);
	else if (s->state == INSTALL_PASSED ? s->verify.entries > 0 : s->verify.mismatches > 0)
		draw_verified(s, g, row++, col);
	else if (s->state == INSTALL_PASSED)
		(void)grid_text(g, row++, col, ATTR_BOLD, "NOT verified");
	if (s->state != INSTALL_PASSED && step)
		(void)grid_format(g, row++, col, ATTR_BOLD, "in step: %s", step_name(s->step));
	log_amount(s, amount, sizeof(amount));
	(void)grid_text(g, row++, col, ATTR_NORMAL, amount);
	return row;
}

static void draw_passed(const struct model *m, struct grid *g, int row, int bottom, bool brief)
{
	const struct snapshot *s = &m->snap;
	size_t length = strlen(s->archive_sha256);
	char text[ADVICE_BYTES];

	if (brief) {
		(void)grid_wrap(g, row, 1, g->cols - 2, bottom - row, ATTR_BOLD, advice(m, text));
		return;
	}
	STR_FORMAT(text, "%s, sha256 %.8s..%.4s", s->archive_name, s->archive_sha256,
		length >= 4 ? s->archive_sha256 + length - 4 : "");
	if (scope_has_archive(s->scope))
		row = draw_fact(g, row, bottom, "Archive", text);
	row = draw_fact(g, row, bottom, "Layout", s->layout_name);
	if (s->scope == SCOPE_BOOT)
		row = draw_fact(g, row, bottom, "Device", BOOT_DONE);
	if (s->boot.count > 0 && s->boot.list[0].severity != BOOT_UNKNOWN)
		row = draw_fact(g, row, bottom, boot_severity_title(s->boot.list[0].severity),
			s->boot.list[0].text);
	if (s->exit_code == EXIT_NOT_VERIFIED)
		(void)draw_fact(g, row, bottom, "Note",
			scope_has_archive(s->scope)
				? "The medium was not compared with the archive, as requested."
				: "The medium was not compared with the files, as requested.");
}

static const char *error_of(const struct snapshot *s)
{
	return s->err.text[0] ? s->err.text : "cancelled by the operator";
}

/* A narrow screen has two paragraphs without labels: the error, and the next step. */
static void draw_failed_narrow(const struct model *m, struct grid *g, int row, int bottom)
{
	const struct snapshot *s = &m->snap;
	char text[512], next[ADVICE_BYTES];
	int lines;

	STR_FORMAT(text, "%s %s",
		s->written ? scope_words(s->scope)->brief : "Nothing was written.",
		advice(m, next));
	lines = grid_lines(g, g->cols - 2, text);
	row += grid_wrap(g, row, 1, g->cols - 2,
		bottom - row - lines > 2 ? bottom - row - lines : 2, ATTR_BOLD, error_of(s));
	(void)grid_wrap(g, row, 1, g->cols - 2, bottom - row, ATTR_NORMAL, text);
}

static int fact_lines(const struct grid *g, const char *text)
{
	return grid_lines(g, g->cols - FACT_COL - 1, text);
}

/* The next step and the state of the device always fit. The place of the error, and the end of a
 * long error, may be cut. */
static void draw_failed(const struct model *m, struct grid *g, int row, int bottom)
{
	const struct snapshot *s = &m->snap;
	const char *device =
		s->written ? scope_words(s->scope)->state : "Nothing was written to it.";
	char next[ADVICE_BYTES];
	int rest = fact_lines(g, device) + fact_lines(g, advice(m, next));

	/* Keep at least two rows for the error. */
	if (row + 2 > bottom - rest)
		rest = bottom - row - 2;
	row = draw_fact(g, row, bottom - rest, "Error", error_of(s));
	if (s->verify.first[0])
		row = draw_fact(g, row, bottom - rest, "Where", s->verify.first);
	row = draw_fact(g, row, bottom, "Device", device);
	(void)draw_fact(g, row, bottom, "Next", next);
}

/* Beside the letters, in one or two rows that end above @bottom. */
static void draw_advice(struct grid *g, int bottom, int col, const char *text)
{
	int width = g->cols - col - 1, lines = grid_lines(g, width, text) > 1 ? 2 : 1;

	(void)grid_wrap(g, bottom - lines, col, width, lines, ATTR_NORMAL, text);
}

/* Draws the word, and the numbers beside or below it. Returns the row for the text. */
static int draw_verdict(const struct model *m, struct grid *g, int row, const struct verdict *v)
{
	const struct snapshot *s = &m->snap;
	int beside = 1 + banner_cols(g, v) + (v->framed ? 2 : 3);
	char text[ADVICE_BYTES];

	if (screen_is_short(g)) {
		row = draw_ribbon(g, row, v);
		return s->state == INSTALL_PASSED ? draw_numbers(s, g, row, 1) : row;
	}
	if (!has_room_beside(g, v)) {
		if (v->framed) {
			row = draw_ribbon(g, row, v);
		} else {
			draw_banner(g, row, 1, v);
			row += banner_rows(g, v);
		}
		if (s->state == INSTALL_PASSED || g->rows >= 24)
			row = draw_numbers(s, g, row + 1, 1);
		return row + 1;
	}
	row += v->framed ? 0 : 1;
	draw_banner(g, row, 1, v);
	(void)draw_numbers(s, g, row + (v->framed ? 2 : 0), beside);
	if (s->state == INSTALL_PASSED)
		draw_advice(g, row + LETTER_ROWS, beside, advice(m, text));
	return row + banner_rows(g, v) + 1;
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	const struct snapshot *s = &m->snap;
	struct verdict v = verdict_of(s);
	bool is_short = screen_is_short(g);
	int row = draw_verdict(m, g, area.top, &v);
	char text[32];

	if (s->state == INSTALL_PASSED)
		draw_passed(m, g, row, area.bottom + is_short, is_short || !has_room_beside(g, &v));
	else if (screen_is_narrow(g))
		draw_failed_narrow(m, g, row, area.bottom + is_short);
	else
		draw_failed(m, g, row, area.bottom + is_short);
	STR_FORMAT(text, "exit code %d", s->exit_code);
	if (!is_short)
		(void)grid_right(g, area.bottom, g->cols - 1, ATTR_NORMAL, text);
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	bool asked = m->restart_asked;

	(void)key;
	m->restart_asked = false; /* any other key is a no */
	if (asked)
		return action == ACTION_YES ? OUTCOME_RESTART : OUTCOME_NONE;
	if (action == ACTION_RESCAN && may_restart(m)) {
		m->restart_asked = true;
		model_say(m, false, "Restart this machine? All that runs on it ends.");
	}
	/* With no other screen to go to, Enter is not shown and does nothing. */
	if (action == ACTION_NEXT)
		return m->only_follow ? OUTCOME_NONE : OUTCOME_AGAIN;
	return action == ACTION_BACK ? OUTCOME_QUIT : OUTCOME_NONE;
}

static bool is_asked(const struct model *m)
{
	return m->restart_asked;
}

static bool is_not_asked(const struct model *m)
{
	return !m->restart_asked;
}

static bool may_ask(const struct model *m)
{
	return may_restart(m) && is_not_asked(m);
}

static bool may_go_on(const struct model *m)
{
	return !m->only_follow && is_not_asked(m);
}

static const struct hint hints[] = {
	{ACTION_YES, "yes, restart", NULL, "restart this machine now", 0, is_asked},
	{ACTION_NO, "no", NULL, "do not restart", 0, is_asked},
	{ACTION_NEXT, "new install", "another", "go back to the first screen, for another device",
		2, may_go_on},
	{ACTION_RESCAN, "restart", NULL, "restart this machine, after a question", 0, may_ask},
	{ACTION_LOG, "log", NULL, "all messages", 1, is_not_asked},
	{ACTION_HELP, "help", NULL, "this page", 0, is_not_asked},
	{ACTION_QUIT, "quit", NULL, "quit with the exit code shown", 0, is_not_asked},
};

const struct screen screen_result = {
	.name = "Result",
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.title = screen_title_install,
	.draw = draw,
	.key = key,
};
