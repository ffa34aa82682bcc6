/* SPDX-License-Identifier: MIT */
/* A summary of the install, what will be lost, and the confirmation; or why it cannot start. */
#include "ui/screens/screen.h"

#include "device/base/human.h"
#include "device/base/util.h"
#include "ui/screens/line_edit.h"
#include "ui/screens/review_facts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static int problem_rows(const struct model *m, const struct grid *g)
{
	int rows = 1;

	for (uint32_t i = 0; i < m->verdict.count && i < PLAN_PROBLEMS_MAX; i++)
		rows += grid_lines(g, g->cols - 4, m->verdict.problems[i].text);
	return rows;
}

static void draw_problems(const struct model *m, struct grid *g, int row, int bottom)
{
	(void)grid_text(g, row++, 1, ATTR_BOLD | ATTR_BAD, "Cannot install:");
	for (uint32_t i = 0; i < m->verdict.count && i < PLAN_PROBLEMS_MAX && row < bottom; i++) {
		(void)grid_text(g, row, 1, ATTR_NORMAL, "-");
		row += grid_wrap(g, row, 3, g->cols - 4, bottom - row, ATTR_NORMAL,
			m->verdict.problems[i].text);
	}
}

/* Names the word to type, unless it is part of the serial, which the row of the device shows. */
static void question(const struct model *m, const struct grid *g, char *ret, size_t size)
{
	char word[32];

	if (disk_confirm_word(&m->target, word))
		(void)str_copy(ret, size,
			screen_is_narrow(g) ? "Last four digits of its serial:"
					    : "Type the last four digits of its serial to begin:");
	else if (strcmp(word, m->target.name) != 0)
		(void)str_format(ret, size, "Type the word %s to begin:", word);
	else if (!screen_is_narrow(g))
		(void)str_format(ret, size, "Type its name, %s (%s), to begin:", word,
			human_size(m->target.size_bytes).s);
	else if (22 + 2 * grid_width(g, word) <= g->cols)
		(void)str_format(ret, size, "Type its name, %s:", word);
	else /* the row of the device shows the whole name */
		(void)str_copy(ret, size, "Type its name:");
}

static void draw_field(const struct model *m, struct grid *g, int row)
{
	char word[32], text[128];
	int width, col;

	(void)disk_confirm_word(&m->target, word);
	question(m, g, text, sizeof(text));
	col = grid_text(g, row, 1, ATTR_BOLD, text) + (screen_is_narrow(g) ? 1 : 2);
	width = grid_width(g, word);
	if (width > g->cols - 3 - col)
		width = g->cols - 3 - col;
	grid_fill(g, row, col, width + 2, '_', ATTR_NORMAL);
	grid_fill(g, row, col, 1, '[', ATTR_NORMAL);
	grid_fill(g, row, col + 1 + width, 1, ']', ATTR_NORMAL);
	g->cursor_row = row;
	g->cursor_col = grid_put_tail(g, row, col + 1, width, ATTR_BOLD, m->confirm);
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	bool refused = m->planned && m->verdict.count > 0;
	int row = review_facts(m, g, area);

	/* Problems are more important than facts. */
	if (refused && row + problem_rows(m, g) > area.bottom) {
		for (row = area.top; row < area.bottom; row++)
			grid_fill(g, row, 0, g->cols, ' ', ATTR_NORMAL);
		row = area.top;
	}
	if (row >= area.bottom) { /* the question is always visible */
		row = area.bottom - 1;
		grid_fill(g, row, 0, g->cols, ' ', ATTR_NORMAL);
	}
	if (refused)
		draw_problems(m, g, row, area.bottom);
	else if (model_may_begin(m))
		draw_field(m, g, row);
	else
		(void)grid_text(g, row, 1, ATTR_BOLD,
			screen_is_narrow(g) || !scope_has_archive(m->scope)
				? "Wait for the scan to finish."
				: "Wait for the scan of the archive to finish.");
}

static bool typing(const struct model *m, struct key key)
{
	char word[32];

	if (!model_may_begin(m) || key.symbol != SYMBOL_TEXT)
		return false;
	/* A serial is hexadecimal; all other keys keep their meaning. */
	if (disk_confirm_word(&m->target, word))
		return key.codepoint < 0x80 && isxdigit((int)key.codepoint);
	return key.codepoint != '?';
}

static enum outcome begin(struct model *m)
{
	char word[32];
	bool is_serial = disk_confirm_word(&m->target, word);

	if (!model_may_begin(m))
		return OUTCOME_NONE;
	if (strcasecmp(m->confirm, word) == 0)
		return OUTCOME_BEGIN;
	if (m->confirm[0] == '\0')
		model_say(m, false, "Type %s first.",
			is_serial			    ? "the four digits"
			: strcmp(word, m->target.name) == 0 ? "its name"
							    : "the word");
	else
		model_say(m, true, "\"%s\" is wrong. Nothing was written.", m->confirm);
	m->confirm[0] = '\0';
	return OUTCOME_NONE;
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	size_t at_end = 0; /* Left goes back, so the cursor is always at the end */
	struct line_edit line = {m->confirm, sizeof(m->confirm), &at_end};
	char word[32];

	switch ((int)action) {
	case ACTION_TEXT:
	case ACTION_ERASE:
	case ACTION_CLEAR:
		(void)disk_confirm_word(&m->target, word);
		line.size = strlen(word) + 1;
		(void)line_edit_key(&line, key);
		return OUTCOME_NONE;
	case ACTION_NEXT:
		return begin(m);
	case ACTION_BACK:
		return OUTCOME_BACK;
	case ACTION_RESCAN:
		return OUTCOME_RESCAN;
	default:
		return OUTCOME_NONE;
	}
}

static bool may_begin_all(const struct model *m)
{
	return model_may_begin(m) && m->scope != SCOPE_BOOT;
}

static bool may_begin_boot(const struct model *m)
{
	return model_may_begin(m) && m->scope == SCOPE_BOOT;
}

static bool has_begun(const struct model *m)
{
	return model_may_begin(m) && m->confirm[0];
}

/* Letters are text while a name has to be typed. */
static bool letters_are_keys(const struct model *m)
{
	char word[32];

	return !model_may_begin(m) || disk_confirm_word(&m->target, word);
}

static bool letters_are_text(const struct model *m)
{
	return !letters_are_keys(m);
}

static const struct hint hints[] = {
	{ACTION_NEXT, "begin", NULL, "erase the device and install, if the word matches", 0,
		may_begin_all},
	{ACTION_NEXT, "begin", NULL, "write the boot loader, if the word matches", 0,
		may_begin_boot},
	{ACTION_ERASE, "delete", NULL, "delete the last character", 2, has_begun},
	{ACTION_RESCAN, "check again", NULL, "check the device and the archive again", 1,
		letters_are_keys},
	{ACTION_HELP, "help", NULL, "this page", 0, NULL},
	{ACTION_BACK, "back", NULL, "go back to the layout; nothing has been written", 0,
		letters_are_keys},
	{ACTION_LEFT, "back", NULL, "go back to the layout; nothing has been written", 0,
		letters_are_text},
};

const struct screen screen_review = {
	.name = "Review",
	.step = SCREEN_STEP_REVIEW,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = draw,
	.key = key,
	.typing = typing,
};
