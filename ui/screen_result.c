/* SPDX-License-Identifier: MIT */
/* The end, readable across a room: a word, the one sentence, and the next step. */
#include "ui/screen.h"

#include "device/util.h"
#include "ui/text.h"

#include <inttypes.h>
#include <string.h>

#define LETTER_ROWS 5
#define LETTER_COLS 6
#define BANNER_COLS (4 * LETTER_COLS + 3 * 2)

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

/* How an end looks; what it means for the device stands in the text. */
struct verdict {
	const char *word;
	unsigned attr;
	bool framed; /* bad: letters and a frame of X, not solid */
};

static struct verdict verdict_of(const struct snapshot *s)
{
	switch (s->state) {
	case INSTALL_PASSED:
		if (s->exit_code == EXIT_NOT_VERIFIED)
			return (struct verdict){"DONE", ATTR_BOLD | ATTR_WARN, false};
		return (struct verdict){"PASS", ATTR_BOLD | ATTR_GOOD, false};
	case INSTALL_CANCELLED:
		return (struct verdict){"STOP", ATTR_BOLD | ATTR_WARN, true};
	case INSTALL_RUNNING:
	case INSTALL_CANCELLING:
	case INSTALL_FAILED:
		break;
	}
	return (struct verdict){"FAIL", ATTR_BOLD | ATTR_BAD, true};
}

static void draw_letter(
	struct grid *g, int row, int col, char letter, uint32_t codepoint, unsigned attr)
{
	for (size_t i = 0; i < ARRAY_SIZE(font); i++) {
		if (font[i].letter != letter)
			continue;
		for (int y = 0; y < LETTER_ROWS; y++)
			for (int x = 0; x < LETTER_COLS; x++)
				if (font[i].rows[y][x] == '#')
					grid_fill(g, row + y, col + x, 1, codepoint, attr);
	}
}

/* Returns the row below it. */
static int draw_banner(struct grid *g, int row, int col, const struct verdict *v)
{
	uint32_t codepoint = v->framed ? 'X' : g->glyphs->block;
	int width = BANNER_COLS + 6, height = LETTER_ROWS + (v->framed ? 4 : 0);

	/* Blanks, too: on a serial line a change of the attributes costs more than a gap. */
	for (int y = 0; y < height; y++)
		grid_fill(g, row + y, col, v->framed ? width : BANNER_COLS, ' ', v->attr);
	if (v->framed) {
		grid_fill(g, row, col, width, 'X', v->attr);
		grid_fill(g, row + height - 1, col, width, 'X', v->attr);
		for (int y = 1; y < height - 1; y++) {
			grid_fill(g, row + y, col, 1, 'X', v->attr);
			grid_fill(g, row + y, col + width - 1, 1, 'X', v->attr);
		}
		col += 3;
		row += 2;
	}
	for (int i = 0; i < 4; i++)
		draw_letter(g, row, col + i * (LETTER_COLS + 2), v->word[i], codepoint, v->attr);
	return row + LETTER_ROWS + (v->framed ? 2 : 0);
}

/* Where there is no room for letters: one row, full of them. */
static int draw_ribbon(struct grid *g, int row, const struct verdict *v)
{
	int col = (g->cols - 6) / 2;
	char word[8];

	STR_FORMAT(word, " %s ", v->word);
	grid_fill(g, row, 1, g->cols - 2, v->framed ? 'X' : g->glyphs->block, v->attr);
	(void)grid_put(g, row, col, 6, v->attr | (v->framed ? 0 : ATTR_REVERSE), word);
	return row + 1;
}

/* What to do now: what the engine says of this failure, or else by the exit code. */
static const char *advice(const struct snapshot *s)
{
	static const char *const next[] = {
		[EXIT_OK] = "Safe to remove.",
		[EXIT_FAILED] =
			"See what was said (l), check the device and its connection, and try again.",
		[EXIT_REFUSED] = "Put right what is said here, and try again.",
		[EXIT_CANCELLED] = "Install again when you are ready.",
		[EXIT_VERIFY] =
			"Do not use this device. Try once more; if it differs again, replace it.",
		[EXIT_LOCKED] = "Wait for the other install: boardstrap status shows it.",
		[EXIT_NOT_VERIFIED] = "Safe to remove.",
	};

	if (s->err.next[0])
		return s->err.next;
	if (s->exit_code < 0 || s->exit_code >= (int)ARRAY_SIZE(next) || !next[s->exit_code])
		return "";
	return next[s->exit_code];
}

static int draw_fact(struct grid *g, int row, int bottom, const char *label, const char *text)
{
	if (row >= bottom || !text[0])
		return row;
	(void)grid_text(g, row, 1, ATTR_NORMAL, label);
	return row + grid_wrap(g, row, 9, g->cols - 10, bottom - row, ATTR_NORMAL, text);
}

static void draw_verified(const struct snapshot *s, struct grid *g, int row, int col)
{
	if (s->verify.mismatches > 0)
		(void)grid_format(g, row, col, ATTR_BAD | ATTR_BOLD, "%s of %s entries wrong",
			text_count(s->verify.mismatches).s, text_count(s->verify.entries).s);
	else
		(void)grid_format(g, row, col, ATTR_NORMAL, "%s entries verified, 0 wrong",
			text_count(s->verify.entries).s);
}

/* Returns the row below. */
static int draw_numbers(const struct snapshot *s, struct grid *g, int row, int col)
{
	const struct snapshot_step *step = s->step < STEP_COUNT ? &s->steps[s->step] : NULL;

	(void)grid_format(g, row++, col, ATTR_NORMAL, "%s, %s %s", s->target_name,
		disk_kind_label(s->target_kind), s->target_short);
	if (s->state == INSTALL_PASSED ? s->verify.entries > 0 : s->verify.mismatches > 0)
		draw_verified(s, g, row++, col);
	else if (s->state == INSTALL_PASSED)
		(void)grid_text(g, row++, col, ATTR_BOLD, "NOT verified");
	if (s->state != INSTALL_PASSED && step)
		(void)grid_format(g, row++, col, ATTR_BOLD, "in step: %s", step_name(s->step));
	if (s->progress.mean_bps > 0)
		(void)grid_format(g, row++, col, ATTR_NORMAL, "%s, %s",
			text_duration(s->elapsed_ms / 1000).s, text_rate(s->progress.mean_bps).s);
	else
		(void)grid_format(g, row++, col, ATTR_NORMAL, "after %s",
			text_duration(s->elapsed_ms / 1000).s);
	return row;
}

static void draw_passed(const struct snapshot *s, struct grid *g, int row, int bottom)
{
	size_t length = strlen(s->archive_sha256);
	char text[256];

	if (screen_is_short(g) || screen_is_narrow(g)) {
		(void)grid_text(g, row, 1, ATTR_BOLD, advice(s));
		return;
	}
	STR_FORMAT(text, "%s, sha256 %.8s..%.4s", s->archive_name, s->archive_sha256,
		length >= 4 ? s->archive_sha256 + length - 4 : "");
	row = draw_fact(g, row, bottom, "Archive", text);
	row = draw_fact(g, row, bottom, "Layout", s->layout_name);
	if (s->exit_code == EXIT_NOT_VERIFIED)
		(void)draw_fact(g, row, bottom, "Note",
			"What is on the medium was not compared with the archive, as was asked for.");
}

static void draw_failed(const struct snapshot *s, struct grid *g, int row, int bottom)
{
	bool is_short = screen_is_short(g);
	char text[512];

	STR_COPY(text, s->err.text[0] ? s->err.text : "cancelled by the operator");
	row = draw_fact(g, row, is_short && row + 2 < bottom ? row + 2 : bottom, "What", text);
	if (s->verify.first[0] && !is_short)
		row = draw_fact(g, row, bottom, "Where", s->verify.first);
	row = draw_fact(g, row, bottom, "Device",
		!s->written ? "Nothing was written to it."
		: is_short  ? "It will not boot."
			    : "It will not boot: what was on it is gone.");
	(void)draw_fact(g, row, bottom, "Next", advice(s));
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	const struct snapshot *s = &m->snap;
	struct verdict v = verdict_of(s);
	int row = area.top, below;
	char text[32];

	if (screen_is_short(g)) {
		row = draw_ribbon(g, row, &v);
		if (s->state == INSTALL_PASSED)
			row = draw_numbers(s, g, row, 1);
	} else if (screen_is_narrow(g)) {
		row = v.framed ? draw_ribbon(g, row, &v) : draw_banner(g, row, 1, &v);
		row = draw_numbers(s, g, row + 1, 1) + 1;
	} else {
		row += v.framed ? 0 : 1;
		below = draw_banner(g, row, 1, &v);
		(void)draw_numbers(s, g, row + (v.framed ? 2 : 0), v.framed ? 39 : 34);
		if (s->state == INSTALL_PASSED)
			(void)grid_text(g, row + 4, 34, ATTR_BOLD, "Safe to remove.");
		row = below + 1;
	}
	if (s->state == INSTALL_PASSED)
		draw_passed(s, g, row, area.bottom);
	else
		draw_failed(s, g, row, area.bottom);
	STR_FORMAT(text, "exit code %d", s->exit_code);
	if (!screen_is_short(g))
		(void)grid_right(g, area.bottom, g->cols - 1, ATTR_NORMAL, text);
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	(void)key;
	if (action == ACTION_NEXT)
		return m->only_follow ? OUTCOME_QUIT : OUTCOME_AGAIN;
	return action == ACTION_BACK ? OUTCOME_QUIT : OUTCOME_NONE;
}

static bool may_go_on(const struct model *m)
{
	return !m->only_follow;
}

static const struct hint hints[] = {
	{ACTION_NEXT, "another", NULL, "back to the first screen, for another device", 0,
		may_go_on},
	{ACTION_LOG, "log", NULL, "everything that was said", 1, NULL},
	{ACTION_HELP, "help", NULL, "this page", 0, NULL},
	{ACTION_QUIT, "quit", NULL, "leave with the exit code shown", 0, NULL},
};

const struct screen screen_result = {
	.name = "Result",
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.title = screen_title_install,
	.draw = draw,
	.key = key,
};
