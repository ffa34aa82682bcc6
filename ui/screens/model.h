/* SPDX-License-Identifier: MIT */
/*
 * model - all that screens are drawn from, as plain values: what the inventory, the scan, the plan
 * and the engine said last, and where the operator's cursors stand. Nothing here does anything; the
 * app fills it in, a screen's key function moves its cursors.
 */
#ifndef UI_SCREENS_MODEL_H
#define UI_SCREENS_MODEL_H

#include "core/archive/inspect.h"
#include "core/install/snapshot.h"
#include "core/plan/plan.h"
#include "ui/screens/browse.h"
#include "ui/term/grid.h"

#define MODEL_DISKS_MAX	  32
#define MODEL_LAYOUTS_MAX 8
#define MODEL_LOG_MAX	  256
/* Enter does nothing for so long after the row under the cursor changed. */
#define MODEL_CALM_MS 500

enum model_entry { ENTRY_NONE, ENTRY_SEARCH, ENTRY_PATH };

struct model_layout {
	struct layout spec;
	struct layout placed; /* on the chosen disk */
	char why[160];	      /* it does not fit: the sentence; else "" */
};

struct screen;

struct model {
	uint64_t now_ms;
	char board[64];
	const struct screen *screen;
	const struct screen *overlay; /* help or log, over the screen; or NULL */
	const struct screen *help_of; /* what the help is about: the screen, or the log over it */
	size_t help_top;	      /* the first row of the help that is shown */
	const struct grid *grid;      /* borrowed: what it is all drawn on, for keys that move by
					 pages; NULL: not known */
	bool only_follow;	      /* another front end's install: no screens before it */

	/* The one place for errors and questions, cleared by the next key. */
	char notice[400];
	bool notice_bad;

	/* The line that is being typed. */
	enum model_entry entry;
	char text[512];
	char sought[64];		   /* what was searched for last */
	size_t match_count, match_number;  /* how many have it, and the which the cursor is on */
	size_t search_from, search_scroll; /* where cursor and log were when the search began */

	/* Target */
	struct disk disks[MODEL_DISKS_MAX]; /* in the order of display */
	size_t disk_count;
	size_t rows[MODEL_DISKS_MAX]; /* what is shown of them */
	size_t row_count;
	size_t disk_cursor; /* among rows */
	bool show_all;
	bool settled;		  /* every probe has answered */
	uint64_t disk_changed_ms; /* when the row under the cursor changed; 0: never */
	struct disk target;	  /* chosen; its name "" where none is */

	/* Archive */
	struct browse browse;
	struct browse_names names; /* what the path that is typed may go on with */
	bool has_scan;
	struct inspect_result scan;

	/* Layout */
	struct model_layout layouts[MODEL_LAYOUTS_MAX];
	size_t layout_count, layout_cursor;

	/* Review */
	bool planned; /* plan and verdict are of now; else the scan still runs */
	struct plan plan;
	struct plan_verdict verdict;
	char confirm[32];
	uint64_t last_ms, last_bps; /* this device's last install; 0: unknown */

	/* Install, Result */
	struct snapshot snap;
	struct snapshot calm; /* the same less often: texts are drawn from it, gauges from snap */
	uint64_t calm_ms;
	unsigned text_ms; /* how often texts change; 0: once a second */
	bool cancel_asked;
	char log[MODEL_LOG_MAX][160]; /* a ring of all messages */
	uint64_t log_count;	      /* lines ever */
	uint64_t log_seen;	      /* number of the last message in it */
	size_t log_scroll;	      /* rows below what is shown; 0: the end is followed */
	size_t log_match;	      /* the line that was found, of those that are kept */
};

static inline bool model_is_installing(const struct model *model)
{
	return model->snap.magic && !snapshot_ended(&model->snap);
}

/* Sets or clears the sentence at the error place. */
void model_say(struct model *model, bool bad, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Takes a new list of disks: images first, then what may be installed to, then the rest. The cursor
 * stays on its device; disk_changed_ms is set where what stands under it is another device or
 * another verdict than before.
 */
void model_set_disks(struct model *model, const struct disk *disks, size_t count);
/* Applies show_all again. */
void model_filter_disks(struct model *model);
/* How many disks are listed without show_all. */
size_t model_listed(const struct model *model);
/* The disk under the cursor, or NULL. */
const struct disk *model_disk(const struct model *model);

/* Places every layout on the chosen target. */
void model_place_layouts(struct model *model);

/* Asks whether to cancel, and says what would be lost; the sentence follows the snapshots. */
void model_ask_cancel(struct model *model);

/* Rows that @text takes in the log, drawn on @grid (may be NULL): its lines have a blank at both ends,
 * and break where they have blanks. */
size_t model_log_rows(const struct grid *grid, const char *text);
/* Lines of the log that are kept, and each of them, the oldest first. */
size_t model_log_count(const struct model *model);
const char *model_log_line(const struct model *model, size_t index);

/* Takes a snapshot, and keeps the messages in it that are new. */
void model_set_snapshot(struct model *model, const struct snapshot *snap);

/* Appends to the line that is typed, as UTF-8; takes the last character off. */
void model_type(char *text, size_t size, uint32_t codepoint);
void model_erase(char *text);

#endif
