/* SPDX-License-Identifier: MIT */
/*
 * model - the data of all screens as plain values: the last state of disks, scan, plan and engine,
 * and the operator's cursors. The app fills it in, and the key functions of screens move the
 * cursors.
 */
#ifndef UI_SCREENS_MODEL_H
#define UI_SCREENS_MODEL_H

#include "core/archive/inspect.h"
#include "core/install/plan_report.h"
#include "core/install/snapshot.h"
#include "core/plan/plan.h"
#include "ui/screens/browse.h"
#include "ui/term/grid.h"

#define MODEL_DISKS_MAX	  32
#define MODEL_LAYOUTS_MAX 32
#define MODEL_LOG_MAX	  256
/* Enter is ignored for this time after the row under the cursor has changed. */
#define MODEL_CALM_MS 500

/* The open text field. From ENTRY_PATH on it is a path (path_entry.h): of the archive, of an image
 * to install to, of a layout file, of a blob, of the file to save the log in. */
enum model_entry {
	ENTRY_NONE,
	ENTRY_SEARCH,
	ENTRY_PATH,
	ENTRY_IMAGE,
	ENTRY_LAYOUT,
	ENTRY_BLOB,
	ENTRY_SAVE
};

struct model_layout {
	struct layout spec;   /* if unreadable: only its name and its file */
	struct layout placed; /* on the chosen target */
	char why[400];	      /* why it cannot be used; else "" */
	bool unreadable;      /* the reason is in the file, not in the target */
	bool is_given;	      /* named by the operator: listed wherever it is */
};

struct screen;

struct model {
	uint64_t now_ms;
	char board[64];
	const struct screen *screen;
	const struct screen *overlay; /* help or log on top of the screen; or NULL */
	const struct screen *help_of; /* the subject of the help: the screen or the log */
	size_t help_top;	      /* first visible row of the help */
	const struct grid *grid;      /* borrowed: the current grid, for keys that move by pages;
					 NULL: unknown */
	enum scope scope;
	bool only_follow; /* attached to another front end's install: no other screens */

	/* The only place for errors and questions; the next key clears it. */
	char notice[400];
	bool notice_bad;
	/* The same for the overlay, over the notice of its screen. */
	char answer[640];
	bool answer_bad;
	bool quit_asked; /* the notice asks whether to quit */

	/* The text field of a search or path. */
	enum model_entry entry;
	char text[512];
	size_t behind;			   /* bytes of it behind the cursor (line_edit.h) */
	char sought[64];		   /* text of the last search */
	size_t match_count, match_number;  /* matches, and the number of the one at the cursor */
	size_t search_from, search_scroll; /* cursor and log position before the search */

	/* Target */
	struct disk disks[MODEL_DISKS_MAX]; /* sorted for display */
	size_t disk_count;
	size_t rows[MODEL_DISKS_MAX]; /* indexes of the listed disks */
	size_t row_count;
	size_t disk_cursor; /* index into rows */
	bool show_all;
	bool settled;		  /* every probe has finished */
	uint64_t disk_changed_ms; /* last change of the row under the cursor; 0: never */
	struct disk target;	  /* the chosen target; its name is "" if none is chosen */
	unsigned allow;		  /* bits of disk_allow_parse */
	size_t kind_cursor;	  /* on the screen Kinds */
	bool kind_asked;	  /* the notice asks whether to allow its row */

	/* Archive */
	struct browse browse;
	struct browse_names names; /* completions of the typed path */
	bool has_scan;
	struct inspect_result scan;

	/* Layout */
	struct model_layout layouts[MODEL_LAYOUTS_MAX];
	size_t layout_count, layout_cursor;
	size_t blob; /* index of the blob of that layout that gets a file on the screen Blob */

	/* Review */
	bool planned; /* plan and verdict are valid; false while the scan runs */
	struct plan plan;
	struct plan_verdict verdict;
	char confirm[32];
	uint64_t last_ms, last_bps; /* this device's last install; 0: unknown */

	/* Install, Result */
	struct snapshot snap;
	struct snapshot calm; /* a copy taken every text_ms: texts use it, gauges use snap */
	uint64_t calm_ms;
	unsigned text_ms; /* period of calm; 0: one second */
	bool cancel_asked;
	bool may_restart;		    /* the app can restart this machine */
	bool restart_asked;		    /* the notice asks whether to */
	char log[MODEL_LOG_MAX][256];	    /* a ring buffer of lines */
	bool log_is_message[MODEL_LOG_MAX]; /* of tar, the kernel or the engine: not plan or step */
	bool log_planned;		    /* the plan is in the log */
	uint32_t more_problems;		    /* of a refused plan, beside the error of the result */
	uint64_t log_count;		    /* lines so far, including overwritten ones */
	size_t log_scroll;		    /* rows below the visible ones; 0: follow the end */
	size_t log_match;		    /* index of the line that a search has found */
};

static inline bool model_is_installing(const struct model *model)
{
	return model->snap.magic && !snapshot_ended(&model->snap);
}

/* Sets or clears the notice; @bad: it is an error. */
void model_say(struct model *model, bool bad, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same on the overlay, if one is open. */
void model_answer(struct model *model, bool bad, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Copies a new list of disks and sorts it: images first, then usable disks, then refused ones. The
 * cursor stays on its device. Sets disk_changed_ms if the device, verdict or content under the
 * cursor has changed.
 */
void model_set_disks(struct model *model, const struct disk *disks, size_t count);
/* Rebuilds rows after a change of show_all. */
void model_filter_disks(struct model *model);
/* Returns the number of disks listed without show_all. */
size_t model_listed(const struct model *model);
/* Returns the disk under the cursor, or NULL. */
const struct disk *model_disk(const struct model *model);

/* True if an archive was chosen. */
bool model_has_archive(const struct model *model);

/* True if the plan has no problems: the install may begin. */
bool model_may_begin(const struct model *model);

/* True if the plan is made: what could not be read has a verdict, but no plan. */
bool model_has_plan(const struct model *model);

/* Places every layout that could be read on the chosen target. */
void model_place_layouts(struct model *model);

/* Shows the question whether to cancel, with its consequence, which each snapshot updates. */
void model_ask_cancel(struct model *model);

/* Returns the number of rows that @text occupies in the log on @grid (may be NULL), with a margin
 * of one column on both sides. */
size_t model_log_rows(const struct grid *grid, const char *text);
/* Returns the number of lines in the log; model_log_line returns one of them, the oldest is 0. */
size_t model_log_count(const struct model *model);
const char *model_log_line(const struct model *model, size_t index);

/* Returns true if the line is a message: of tar, the kernel, or the engine. */
bool model_log_is_message(const struct model *model, size_t index);

/* Empties the log and the snapshots, for another install. */
void model_begin_install(struct model *model);
/* Appends the plan to the log. */
void model_log_plan(struct model *model, const struct plan *plan);
/* Appends the plan of an engine, and its problems but the first, which is the error of the result. */
void model_log_report(struct model *model, const struct plan_report *report);
/* Copies a snapshot, and appends what it adds to the log: messages, ended steps, the result. */
void model_set_snapshot(struct model *model, const struct snapshot *snap);

#endif
