/* SPDX-License-Identifier: MIT */
/*
 * screen - a screen is a const table of two pure functions, one that draws the model and one that
 * takes a key, and the keys that it knows. screen_frame draws the frame round it, screen_keys
 * handles lists and searching: both are the same for all screens.
 */
#ifndef UI_SCREENS_SCREEN_H
#define UI_SCREENS_SCREEN_H

#include "ui/screens/model.h"
#include "ui/term/grid.h"
#include "ui/term/keys.h"

#define SCREEN_ROWS_MIN 10
#define SCREEN_COLS_MIN 40

/* What a key asks the app to do; what only moves a cursor needs nothing. */
enum outcome {
	OUTCOME_NONE,
	OUTCOME_BACK, /* the screen before; from the first one: quit */
	OUTCOME_QUIT,
	OUTCOME_REDRAW,	  /* repaint everything, and ask the terminal for its size */
	OUTCOME_RESCAN,	  /* look at the disks again */
	OUTCOME_TARGET,	  /* model.target is chosen */
	OUTCOME_FOLDER,	  /* list the folder in model.text */
	OUTCOME_ARCHIVE,  /* scan the file in model.text */
	OUTCOME_COMPLETE, /* complete the path in model.text, list the names in model.names */
	OUTCOME_LAYOUT,	  /* the layout under the cursor is chosen */
	OUTCOME_BEGIN,	  /* everything is confirmed: start the engine */
	OUTCOME_CANCEL,
	OUTCOME_DETACH,
	OUTCOME_AGAIN, /* from the result to the first screen */
	OUTCOME_COUNT
};

/* A key in the key line and in the help. */
struct hint {
	enum action action;
	const char *label; /* in the key line: "next" */
	const char *brief; /* the same where it is too long for the line; or NULL */
	const char *help;  /* in the help: a sentence without its full stop */
	unsigned minor;	   /* on a narrow screen the highest are left out first; 0 never */
	bool (*works)(const struct model *model); /* NULL: always */
};

/* The rows between the frame's rules that a screen draws: top is in, bottom is out. */
struct area {
	int top, bottom;
};

struct screen {
	const char *name;
	int step;     /* of the four choices, 1 to 4; 0: another kind of screen */
	bool overlay; /* lies over another: no error place, any way back closes it */
	const struct hint *hints;
	size_t hint_count;
	void (*title)(const struct model *model, struct grid *grid); /* NULL: program and board */
	void (*draw)(const struct model *model, struct grid *grid, struct area area);
	/* General keys, lists and searching are done before it is asked. */
	enum outcome (*key)(struct model *model, enum action action, struct key key);
	/* True while plain characters are text here; NULL: never. */
	bool (*typing)(const struct model *model, struct key key);
	/* Of a screen with a list: its length, the text that a search looks through, its cursor,
	 * and how many are shown at once. */
	size_t (*count)(const struct model *model);
	void (*row)(const struct model *model, size_t index, char *ret, size_t size);
	size_t *(*cursor)(struct model *model);
	size_t (*per_page)(const struct grid *grid, struct area area);
	/* A search has moved the cursor: show what is there. NULL: drawing does. */
	void (*found)(struct model *model);
};

extern const struct screen screen_target, screen_archive, screen_layout, screen_review,
	screen_install, screen_result, screen_help, screen_log;

/* --- for the screens --- */

static inline bool screen_is_too_small(const struct grid *grid)
{
	return grid->rows < SCREEN_ROWS_MIN || grid->cols < SCREEN_COLS_MIN;
}

/* Below these a screen leaves out what is not needed to decide. */
static inline bool screen_is_short(const struct grid *grid)
{
	return grid->rows < 18;
}
static inline bool screen_is_narrow(const struct grid *grid)
{
	return grid->cols < 72;
}

/* First of the @per_page rows that are shown: pages, not scrolling, so that a step of the cursor
 * costs two rows on a serial line and not a screen. */
size_t screen_page(size_t cursor, size_t per_page);
/* At the right end of @row: "12 of 90", where not all rows are shown. */
void screen_position(struct grid *grid, int row, size_t cursor, size_t count, size_t per_page);
/* The first row that is shown, of more than fit by @most, after @action; moves by @page. */
size_t screen_scroll(enum action action, size_t top, size_t most, size_t page);
/* Where @text has in it what is searched for; NULL: nowhere. */
const char *screen_sought(const struct model *model, const char *text);

/* The mark and the reverse bar of the row under the cursor. */
void screen_focus(struct grid *grid, int row, int rows, bool here);

/* Title of the screens that show an install: what goes where, and for how long. */
void screen_title_install(const struct model *model, struct grid *grid);

#endif
