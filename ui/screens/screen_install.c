/* SPDX-License-Identifier: MIT */
/*
 * A running install: gauges and percentages change with every frame, texts less often
 * (ui/term/line_speed). It uses little bold, and blank rows instead of rules, to keep within the
 * bytes that tests/whole/test_bytes.c allows on a serial line.
 */
#include "ui/screens/screen.h"

#include "device/base/human.h"
#include "device/base/util.h"

#include <string.h>

#define LABEL_COL 1
#define BAR_COL	  11
#define TEXT_COLS 18 /* "about 1:02:03 left" */

#define STEP_COLS      21 /* "[ >> ] extract 12:05 " */
#define TIME_COL       15 /* offset of the time */
#define STEP_COLS_LAST 14 /* "[ >> ] commit" and the margin */

static const char *const state_words[] = {
	[STEP_TODO] = "[    ]",
	[STEP_ACTIVE] = "[ >> ]",
	[STEP_DONE] = "[ OK ]",
	[STEP_FAILED] = "[FAIL]",
	[STEP_SKIPPED] = "[SKIP]",
};

static const unsigned state_attrs[] = {
	[STEP_ACTIVE] = ATTR_BOLD,
	[STEP_DONE] = ATTR_GOOD,
	[STEP_FAILED] = ATTR_BOLD | ATTR_BAD,
	[STEP_SKIPPED] = ATTR_DIM,
};

/* Short steps share a place with the next one. The first row has the preparation, the second the
 * install itself. */
static const struct {
	enum step_id first, last;
} places[] = {
	{STEP_OPEN, STEP_OPEN},
	{STEP_CHECK, STEP_WIPE},
	{STEP_TABLE, STEP_MKFS},
	{STEP_EXTRACT, STEP_EXTRACT},
	{STEP_FLUSH, STEP_FLUSH},
	{STEP_VERIFY, STEP_VERIFY},
	{STEP_COMMIT, STEP_COMMIT},
};
#define PLACES_BEFORE 3

void screen_title_install(const struct model *m, struct grid *g)
{
	const struct snapshot *s = &m->snap;
	int col = 1, end;
	char text[400];

	if (!s->magic)
		return;
	if (!screen_is_narrow(g))
		col = grid_text(g, 0, 1, ATTR_BOLD, "boardstrap") + 12;
	end = grid_right(g, 0, g->cols - 1, ATTR_NORMAL, human_duration(s->elapsed_ms / 1000).s);
	if (screen_is_narrow(g))
		STR_FORMAT(
			text, "%s -> %s %s", snapshot_subject(s), s->target_name, s->target_short);
	else
		STR_FORMAT(text, "%s -> %s, %s %s", snapshot_subject(s), s->target_name,
			disk_kind_label(s->target_kind), s->target_short);
	(void)grid_put(g, 0, col, end - 2 - col, ATTR_NORMAL, text);
}

/* "archive   #####....   63 %   129 / 204 MiB"; no bar and percentage if the total is unknown. */
static void draw_gauge(struct grid *g, int row, unsigned attr, const char *label, int percent,
	struct gauge bar, const char *text)
{
	int end = g->cols - 1 - (screen_is_narrow(g) ? 0 : TEXT_COLS + 2);
	char number[16] = "     ";

	if (percent >= 0)
		STR_FORMAT(number, "%3d %%", percent);
	(void)grid_put(g, row, LABEL_COL, BAR_COL - LABEL_COL - 1, attr, label);
	grid_bar(g, row, BAR_COL, end - 7 - BAR_COL, bar.done, bar.total, ATTR_NORMAL);
	(void)grid_put(g, row, end - 5, 5, attr, number);
	if (!screen_is_narrow(g))
		(void)grid_right(g, row, g->cols - 1, ATTR_NORMAL, text);
}

static void draw_bytes(
	struct grid *g, int row, const char *label, struct gauge now, struct gauge calm)
{
	draw_gauge(g, row, ATTR_NORMAL, label, gauge_percent(calm), now,
		human_done_of(calm.done, calm.total, " / ").s);
}

/* Returns the row below. */
static int draw_gauges(const struct model *m, struct grid *g, int row)
{
	const struct progress_view *now = &m->snap.progress, *calm = &m->calm.progress;
	char label[32];

	STR_FORMAT(label, "on %s", disk_kind_label(m->snap.target_kind));
	if (scope_has_archive(m->snap.scope))
		draw_bytes(g, row++, "archive", now->archive, calm->archive);
	if (step_is_of(m->snap.scope, STEP_EXTRACT)) {
		draw_bytes(g, row++, "files", now->extracted, calm->extracted);
		draw_bytes(g, row++, label, now->medium, calm->medium);
	}
	if (!screen_is_short(g)) {
		if (m->snap.step < STEP_COUNT && now->step.total > 0)
			draw_bytes(g, row, step_name(m->snap.step), now->step, calm->step);
		row++;
	}
	draw_gauge(g, row++, ATTR_BOLD, "overall", now->percent,
		(struct gauge){(uint64_t)(now->percent > 0 ? now->percent : 0), 100},
		m->snap.state == INSTALL_RUNNING ? human_left(calm->eta_s).s : "");
	return row;
}

/* Draws the rates, or the stall. Returns the row below. */
static int draw_rates(const struct model *m, struct grid *g, int row)
{
	const struct snapshot *calm = &m->calm;
	int end = g->cols - 1;
	char text[160];

	if (m->snap.stall[0])
		return row +
		       grid_wrap(g, row, 1, g->cols - 2, 2, ATTR_BOLD | ATTR_WARN, m->snap.stall);
	if (!screen_is_narrow(g) && calm->tar.pid > 0) {
		if (calm->tar.confirmed)
			STR_FORMAT(text, "tar confirmed, %s replies",
				human_count(calm->tar.replies).s);
		else
			STR_COPY(text, "tar not confirmed, progress from archive");
		end = grid_right(g, row, end, ATTR_NORMAL, text) - 1;
	}
	STR_FORMAT(text, "%s now", human_rate(calm->progress.rate_bps).s);
	if (screen_is_narrow(g))
		end = grid_right(g, row, end, ATTR_NORMAL, human_left(calm->progress.eta_s).s) - 1;
	else if (calm->progress.mean_bps > 0)
		STR_FORMAT(text, "%s now, %s mean", human_rate(calm->progress.rate_bps).s,
			human_rate(calm->progress.mean_bps).s);
	(void)grid_put(g, row, 1, end - 1, ATTR_NORMAL, text);
	return row + 1;
}

static void draw_step(const struct model *m, struct grid *g, int row, int col, enum step_id id)
{
	const struct snapshot_step *step = &m->snap.steps[id];
	int at = col + TIME_COL;
	char time[48] = "";

	if (step->state == STEP_DONE || step->state == STEP_FAILED)
		STR_COPY(time, human_duration(step->ms / 1000).s);
	else if (step->state == STEP_ACTIVE)
		STR_COPY(time, human_duration(m->calm.steps[id].ms / 1000).s);
	(void)grid_put(g, row, col, 6, state_attrs[step->state], state_words[step->state]);
	/* A time of an hour or more takes columns from the name. */
	if ((int)strlen(time) > STEP_COLS - 1 - TIME_COL)
		at = col + STEP_COLS - 1 - (int)strlen(time);
	(void)grid_put(g, row, col + 7, at - 1 - (col + 7), ATTR_NORMAL, step_name(id));
	if (col + STEP_COLS <= g->cols)
		(void)grid_text(g, row, at, ATTR_NORMAL, time);
}

/* Returns the running or failed step of a place, else the last one of the install; STEP_COUNT if it
 * has none there. */
static enum step_id step_at(const struct model *m, size_t place)
{
	enum step_id last = STEP_COUNT;

	for (enum step_id id = places[place].first; id <= places[place].last; id++) {
		enum step_state state = m->snap.steps[id].state;

		if (state == STEP_ACTIVE || state == STEP_FAILED)
			return id;
		if (step_is_of(m->snap.scope, id))
			last = id;
	}
	return last;
}

/* Returns the row below. */
static int draw_steps(const struct model *m, struct grid *g, int row)
{
	/* The last column is narrower: the time of "commit" may be omitted. */
	int width = (g->cols - 1 - STEP_COLS_LAST) / 3, col = 1;

	if (width < STEP_COLS)
		width = STEP_COLS;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		enum step_id id = step_at(m, i);

		if (id == STEP_COUNT)
			continue;
		if (i == PLACES_BEFORE || col + STEP_COLS_LAST > g->cols) {
			row++;
			col = 1;
		}
		draw_step(m, g, row, col, id);
		col += width;
	}
	return row + 1;
}

/* The only row about steps and times on a short screen. */
static void draw_now(const struct model *m, struct grid *g, int row)
{
	if (m->snap.stall[0]) {
		(void)grid_wrap(g, row, 1, g->cols - 2, 2, ATTR_BOLD | ATTR_WARN, m->snap.stall);
		return;
	}
	if (m->snap.step < STEP_COUNT)
		draw_step(m, g, row, 1, m->snap.step);
	(void)grid_right(g, row, g->cols - 1, ATTR_NORMAL, human_left(m->calm.progress.eta_s).s);
}

/* True if there is room for more messages than the last one. */
static bool is_tall(const struct grid *g)
{
	return g->rows >= 28;
}

/* The last messages; plan and steps are in the log only. */
static void draw_messages(const struct model *m, struct grid *g, int row, int most)
{
	size_t count = model_log_count(m), first = count;
	int shown = 0;

	while (first > 0 && shown < most)
		shown += model_log_is_message(m, --first);
	for (size_t i = first; i < count; i++)
		if (model_log_is_message(m, i))
			(void)grid_text(g, row++, 1, ATTR_NORMAL, model_log_line(m, i));
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	int row;

	if (!m->snap.magic) {
		(void)grid_text(g, area.top, 1, ATTR_NORMAL, "Waiting for the engine ...");
		return;
	}
	if (m->snap.state == INSTALL_CANCELLING)
		(void)grid_text(g, area.bottom, 1, ATTR_BOLD,
			screen_is_narrow(g) ? "Cancelling: the step is stopping."
					    : "Cancelling: waiting for the running step to stop.");
	row = draw_gauges(m, g, area.top);
	if (screen_is_short(g)) {
		draw_now(m, g, row);
		return;
	}
	row = draw_rates(m, g, row) + 1;
	row = draw_steps(m, g, row) + 1;
	if (row >= area.bottom)
		return;
	draw_messages(m, g, row, is_tall(g) ? area.bottom - row : 1);
}

static bool may_cancel(const struct model *m)
{
	return m->snap.commands && m->snap.state == INSTALL_RUNNING && !m->cancel_asked;
}

static bool is_asked(const struct model *m)
{
	return m->cancel_asked;
}

static bool is_not_asked(const struct model *m)
{
	return !m->cancel_asked;
}

static bool goes_on(const struct model *m)
{
	return !m->cancel_asked && m->snap.state == INSTALL_RUNNING;
}

static bool is_cancelling(const struct model *m)
{
	return !m->cancel_asked && m->snap.state == INSTALL_CANCELLING;
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	bool asked = m->cancel_asked;

	(void)key;
	m->cancel_asked = false; /* any other key is a no */
	if (asked)
		return action == ACTION_YES ? OUTCOME_CANCEL : OUTCOME_NONE;
	/* Ctrl-C leaves a viewer, which cannot do more. */
	if (action == ACTION_DETACH || (action == ACTION_INTERRUPT && !m->snap.commands))
		return OUTCOME_DETACH;
	if (action == ACTION_INTERRUPT)
		model_say(m, false, "Ctrl-C does not stop an install: d detaches, c cancels.");
	if (action == ACTION_BACK)
		model_say(m, false, "You cannot go back during an install: d detaches, c cancels.");
	if (action == ACTION_CANCEL && may_cancel(m)) {
		model_ask_cancel(m);
	} else if (action == ACTION_CANCEL && !m->snap.commands) {
		model_say(
			m, true, "Another terminal controls this install; this one is read-only.");
	}
	return OUTCOME_NONE;
}

static const struct hint hints[] = {
	{ACTION_YES, "yes, cancel", NULL, "cancel the install now", 0, is_asked},
	{ACTION_NO, "no, continue", NULL, "continue the install", 0, is_asked},
	{ACTION_DETACH, "detach, the install continues", "detach",
		"leave; boardstrap attach shows it again", 0, goes_on},
	{ACTION_DETACH, "detach", NULL, "leave; boardstrap attach shows it again", 0,
		is_cancelling},
	{ACTION_CANCEL, "cancel", NULL, "cancel, after a question; any key but y means no", 0,
		may_cancel},
	{ACTION_LOG, "log", NULL, "all messages so far", 1, is_not_asked},
	{ACTION_HELP, "help", NULL, "this page", 0, is_not_asked},
};

const struct screen screen_install = {
	.name = "Install",
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.title = screen_title_install,
	.draw = draw,
	.key = key,
};
