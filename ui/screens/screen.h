/* SPDX-License-Identifier: MIT */
/*
 * screen - a screen is a const table: a function that draws the model on a grid and has no side
 * effects, a function that handles a key and changes only the model, and hints for its keys. All
 * screens share screen_frame, which draws the frame, and screen_keys, which handles lists and
 * searches.
 */
#ifndef UI_SCREENS_SCREEN_H
#define UI_SCREENS_SCREEN_H

#include "ui/screens/model.h"
#include "ui/term/grid.h"
#include "ui/term/keys.h"

#define SCREEN_ROWS_MIN 10
#define SCREEN_COLS_MIN 40

/* The action that a key requests from the app. */
enum outcome {
	OUTCOME_NONE, /* nothing, or only the model has changed */
	OUTCOME_BACK, /* go to the previous screen; on the first one: quit */
	OUTCOME_QUIT,
	OUTCOME_REDRAW,	  /* repaint everything, and query the terminal's size */
	OUTCOME_RESCAN,	  /* probe the disks again */
	OUTCOME_TARGET,	  /* model.target has been chosen */
	OUTCOME_FOLDER,	  /* list the folder in model.text */
	OUTCOME_ARCHIVE,  /* scan the file in model.text */
	OUTCOME_IMAGE,	  /* add the image file in model.text to the targets */
	OUTCOME_KINDS,	  /* choose which kinds of devices may be targets */
	OUTCOME_ALLOW,	  /* model.allow has changed: judge all disks again */
	OUTCOME_SAVE,	  /* save the log in the file model.text */
	OUTCOME_COMPLETE, /* complete the path in model.text, and set model.names */
	OUTCOME_SAVE_AS, /* ask where to save the log, beginning with a path that the app proposes */
	OUTCOME_LAYOUT,	 /* the layout under the cursor has been chosen */
	OUTCOME_LAYOUT_FILE, /* list the layout file in model.text */
	OUTCOME_ASK_BLOB,    /* ask for the file of the blob model.blob, which is missing */
	OUTCOME_BLOB,	     /* the file in model.text has been chosen for it */
	OUTCOME_BEGIN,	     /* the operator has confirmed: start the engine */
	OUTCOME_CANCEL,
	OUTCOME_DETACH,
	OUTCOME_AGAIN,	 /* go from the result to the first screen */
	OUTCOME_RESTART, /* restart this machine */
	OUTCOME_COUNT
};

/* A key in the key line and in the help. */
struct hint {
	enum action action;
	const char *label; /* for the key line: "next" */
	const char *brief; /* a shorter label for a narrow screen; or NULL */
	const char *help;  /* for the help: a sentence without its full stop */
	unsigned minor;	   /* the highest is omitted first on a narrow screen; 0: never */
	bool (*works)(const struct model *model); /* false: hide the key; NULL: always works */
};

/* The rows inside the frame: from top up to, but not including, bottom. */
struct area {
	int top, bottom;
};

/*
 * To add a screen, also declare it below, and show it with go_to from the handler of an outcome
 * (app_actions.c) or, if it is an overlay, in screen_keys.c. A new outcome has a row in handlers
 * (app_actions.c), and a new key one in ui/term/keys.c. If the app has to act when the screen
 * opens, add it to on_enter (app_actions.c). If it is one of the steps before an install, add it to
 * the ways (screen_frame.c) that lead over it. In tests/lib, add it to
 * all_screens (screen_model.h) and its states to screen_states.h, then run `make golden`.
 */
enum screen_step {
	SCREEN_STEP_NONE,
	SCREEN_STEP_TARGET,
	SCREEN_STEP_ARCHIVE,
	SCREEN_STEP_LAYOUT,
	SCREEN_STEP_REVIEW
};

struct screen {
	const char *name;
	/* The screens before an install have one, in their order: screen_way. 0: any other. */
	enum screen_step step;
	bool overlay; /* shown on top of another: has no notice, and "back" closes it */
	const struct hint *hints;
	size_t hint_count;
	void (*title)(const struct model *model, struct grid *grid); /* NULL: program and board */
	void (*draw)(const struct model *model, struct grid *grid, struct area area);
	/* Called after screen_keys has handled general keys, lists and searches. */
	enum outcome (*key)(struct model *model, enum action action, struct key key);
	/* True if @key is text on this screen now; NULL: never. */
	bool (*typing)(const struct model *model, struct key key);
	/* For a screen with a list: its length, the searchable text of a row, its cursor, and the
	 * number of rows per page. */
	size_t (*count)(const struct model *model);
	void (*row)(const struct model *model, size_t index, char *ret, size_t size);
	size_t *(*cursor)(struct model *model);
	size_t (*per_page)(const struct grid *grid, struct area area);
	/* Called after a search has moved the cursor, to scroll there. NULL: draw does that. */
	void (*found)(struct model *model);
};

extern const struct screen screen_target, screen_kinds, screen_archive, screen_layout, screen_blob,
	screen_review, screen_install, screen_result, screen_help, screen_log;

/* --- for the screens --- */

static inline bool screen_is_too_small(const struct grid *grid)
{
	return grid->rows < SCREEN_ROWS_MIN || grid->cols < SCREEN_COLS_MIN;
}

/* Below these sizes a screen omits anything that the operator does not need for a decision. */
static inline bool screen_is_short(const struct grid *grid)
{
	return grid->rows < 18;
}
static inline bool screen_is_narrow(const struct grid *grid)
{
	return grid->cols < 72;
}

/* Returns the first row of the page that holds @cursor. Lists page instead of scrolling, so that a
 * cursor step changes two rows on a serial line and not the whole screen. */
size_t screen_page(size_t cursor, size_t per_page);
/* Writes "12 of 90" at the right end of @row, unless all rows fit on one page. */
void screen_position(struct grid *grid, int row, size_t cursor, size_t count, size_t per_page);
/* Returns the new first row after @action. @top is the old one, @most the last possible one, and
 * @page the rows per page. */
size_t screen_scroll(enum action action, size_t top, size_t most, size_t page);
/* Returns the first match of the search in @text, or NULL. */
const char *screen_sought(const struct model *model, const char *text);

/* If @here, draws the mark and the reverse bar of the cursor on @rows rows. */
void screen_focus(struct grid *grid, int row, int rows, bool here);

/* Draws the title of the Install and Result screens: archive, target, elapsed time. */
void screen_title_install(const struct model *model, struct grid *grid);

#endif
