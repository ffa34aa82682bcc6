/* SPDX-License-Identifier: MIT */
/* app_internal - shared by the files of the app. From the bottom up: app_watch.c (descriptors in the reactor), app_view.c (shows the model),
 * app_console.c (the kernel's messages), app_sources.c (fills the model), app_actions.c (acts on keys
 * and on the engine), app.c (terminal, signals, the loop). A file calls only files below it. */
#ifndef UI_APP_APP_INTERNAL_H
#define UI_APP_APP_INTERNAL_H

#include "core/disks/inventory.h"
#include "core/process/reactor.h"
#include "device/base/settings.h"
#include "ui/app/app_options.h"
#include "ui/screens/screen.h"
#include "ui/term/line_speed.h"
#include "ui/term/repaint.h"
#include "ui/term/term.h"

/* A descriptor in the reactor of the app. */
struct app_watch {
	struct watch watch; /* fd -1: none */
	struct app *app;
	void (*take)(struct app *app);
};

struct app {
	const struct app_options *options; /* NULL: another front end's install is followed */
	struct terminal *term;
	const struct line_speed *tempo;
	struct grid grid;
	struct model *model;
	int root; /* borrowed: root fd for sysfs and proc */
	int reactor;
	struct app_watch keys, line, signals, service;
	struct app_watch kmsg; /* the kernel's messages, where they come out on our screens */
	struct repaint repair;
	struct inventory *inventory;
	unsigned generation; /* of the inventory, as the model has it */
	struct disk *image;  /* the target that is a file, or NULL */
	struct inspect *inspect;
	struct settings_journal knobs; /* no path: settings are not ours to change */
	bool shown;		       /* there was a terminal to show screens on */
	bool done, changed;	       /* changed: the model is not what is shown */
	int code;
	unsigned beeps;
	uint64_t shown_ms, beep_ms;
	char last_words[640]; /* for standard error, once the terminal is given back */
};

/* --- app_watch.c: descriptors in the reactor --- */

/* Has the reactor call @take whenever @fd is ready for @events, until the app is done; model->now_ms is
 * up to date then. 0 or -errno; @watch holds @fd in any case. */
_must_check_ int app_watch_add(struct app *app, struct app_watch *watch, int fd, uint32_t events,
	void (*take)(struct app *app));
/* Ends that, and closes the descriptor. Nothing happens where there is none. */
void app_watch_close(struct app *app, struct app_watch *watch);

/* --- app_view.c: the model on the terminal --- */

/* Asks the terminal for its size, and has everything redrawn if it has changed. */
void app_resize(struct app *app);
/* Draws the model and shows it now. */
void app_show(struct app *app);

/* --- app_sources.c: the model from the world --- */

/* Name of the board, from the device tree or the firmware; or "". */
void app_read_board(int root, char *ret, size_t size);
/* The list of disks as the inventory has it now, with the image that is the target, if any. */
void app_take_inventory(struct app *app);
/* Judges all disks by what is known of the archive. */
void app_judge(struct app *app);
/* Follows what is plugged in and out from now on, card readers' cards too, where we may ask. */
void app_watch_plugging(struct app *app);
/* Reads all disks, and what is on them, again. */
void app_rescan(struct app *app);
/* Puts the cursor on the target that was named, or makes a row of it where it is a file. */
void app_take_target(struct app *app);
/* Lists a folder on the Archive screen, the cursor on the name @select (may be NULL). */
void app_open_folder(struct app *app, const char *path, const char *select);
/* Begins the scan of the archive at @path, or goes on with the one that is of it already. False,
 * and a notice, where it cannot begin. */
bool app_scan_archive(struct app *app, const char *path);
/* The first folder, and the archive that was named, if any. */
void app_start_browsing(struct app *app);
/* Makes the plan and its verdict, unless the scan still runs or they are there. */
void app_make_plan(struct app *app);
/* The verdict on the plan, anew. */
void app_check_plan(struct app *app);
/* How long this device's last install took, where it was of the same archive. */
void app_recall_last_run(struct model *model);

/* --- app_console.c --- */

/* Opens the journal of settings. Where the screens are on the kernel's own console, keeps its
 * messages off them, and watches for those that come out all the same. */
void app_console_open(struct app *app);

/* --- app_actions.c: acts on keys and on the engine --- */

/* Follows the engine behind @fd, which it takes over, on the Install screen. */
void app_watch_service(struct app *app, int fd);
/* The terminal has gone, or we are to end: an install goes on without us. */
void app_leave(struct app *app);
/* Does what a screen asks for. */
void app_act(struct app *app, enum outcome outcome);

#endif
