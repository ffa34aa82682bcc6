/* SPDX-License-Identifier: MIT */
/*
 * app_internal - shared by the files of the app. From the bottom up: app_watch.c (descriptors in
 * the reactor), app_view.c (draws the model), app_console.c (kernel messages), app_sources.c and
 * app_layouts.c (fill the model), app_log.c, app_actions.c (handles keys and the engine), app.c (terminal, signals, the loop). A
 * file calls only files below it.
 */
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

/* A descriptor in the reactor of the app, which calls @take when it is ready. */
struct app_watch {
	struct watch watch; /* fd -1: unused */
	struct app *app;
	void (*take)(struct app *app);
};

struct app {
	const struct app_options *options; /* NULL in app_follow */
	struct terminal *term;
	const struct line_speed *line_speed;
	struct grid grid;
	struct model *model;
	int root; /* root fd for sysfs and proc, borrowed */
	int reactor;
	struct app_watch keys, line, signals, service;
	struct app_watch kmsg; /* /dev/kmsg, if the kernel prints on this terminal */
	struct repaint repaint;
	struct inventory *inventory;
	unsigned generation;	     /* of the inventory, as copied into the model */
	struct log_file *log;	     /* borrowed; or NULL */
	const char *restart_program; /* or NULL */
	struct disk *image;	     /* the target, if it is an image; or NULL */
	struct inspect *inspect;
	struct archive_list asked;	  /* what it was asked to read, */
	struct layout asked_layout;	  /* and whose copies */
	bool stale;			  /* the scan is to be made again */
	struct settings_journal settings; /* empty path: settings must not be changed */
	bool shown;			  /* the first screen has been drawn */
	bool done, changed;		  /* changed: the model is newer than the screen */
	int code;
	unsigned beeps;
	uint64_t shown_ms, beep_ms;
	char last_words[640]; /* for standard error, once the terminal is restored */
};

/* --- app_watch.c: descriptors in the reactor --- */

/* Makes the reactor call @take whenever @fd is ready for @events, until the app is done.
 * model->now_ms is current during the call. Returns 0 or -errno; @watch owns @fd in either case. */
_must_check_ int app_watch_add(struct app *app, struct app_watch *watch, int fd, uint32_t events,
	void (*take)(struct app *app));
/* Stops watching and closes the descriptor. Does nothing if the watch is unused. */
void app_watch_close(struct app *app, struct app_watch *watch);

/* --- app_view.c: the model on the terminal --- */

/* Reads the size of the terminal and schedules a full redraw if it has changed. */
void app_resize(struct app *app);
/* Draws the model and sends the changes to the terminal now. */
void app_show(struct app *app);

/* --- app_sources.c: fills the model --- */

/* Reads the name of the board from the device tree or DMI; "" if neither has one. */
void app_read_board(int root, char *ret, size_t size);
/* Copies the disks of the inventory, and the image if one is the target, into the model. */
void app_take_inventory(struct app *app);
/* Computes the verdict on all disks for the current archive and layout. */
void app_judge(struct app *app);
/* Starts to follow hotplug events; as root, also cards in card readers. */
void app_watch_plugging(struct app *app);
/* Lists all disks and probes their contents again. */
void app_rescan(struct app *app);
/* Puts the cursor on the target of the options; an image gets a row of its own. Shows a notice if
 * it cannot be used. */
void app_take_target(struct app *app);
/* Adds the image at @path to the targets, allows it, and puts the cursor on it. Returns false, with a
 * notice, if it cannot be an image. */
bool app_take_image(struct app *app, const char *path);
/* Lists a folder on the Archive screen, with the cursor on the name @select (may be NULL). */
void app_open_folder(struct app *app, const char *path, const char *select);
/* Starts the scan of the archive at @path, with the archives that the layout under the cursor has for single
 * partitions, or keeps the scan that is already of these files. Returns false, with a notice, if it cannot
 * start. */
bool app_scan_archive(struct app *app, const char *path);
/* Scans what the layout needs again if it has changed, or could not be read, and makes the plan again. */
void app_scan_again(struct app *app);
/* Finds out whether the copies of the last scan have changed: then the next plan needs another scan. */
void app_look_at_copies(struct app *app);
/* Opens the first folder and, if the options name an archive, starts its scan. */
void app_start_browsing(struct app *app);
/* Makes the plan and checks it, unless the scan still runs or the plan is already made. Scans again if the
 * layout has other archives than the scan. */
void app_make_plan(struct app *app);
/* Checks the plan again. */
void app_check_plan(struct app *app);
/* Recalls duration and rate of this device's last install, if it passed with the same archive; the
 * estimate for the next one. */
void app_recall_last_run(struct model *model);

/* --- app_layouts.c: the layouts --- */

/* Lists the layout of the options, which gets the cursor, and all others. */
void app_start_layouts(struct app *app);
/* Reads all layouts again: those that the operator named, the built-in ones, those beside the archive,
 * the installed ones. The cursor stays on its layout, and blobs keep the files that the operator gave. */
void app_list_layouts(struct app *app);
/* Lists the layout file @path first, with the cursor on it. Returns false, with a notice, if it cannot
 * be read. */
bool app_take_layout_file(struct app *app, const char *path);
/* Lists the folder where the file of the blob m->blob may be. */
void app_browse_for_blob(struct app *app);
/* Gives the file @path to the blob m->blob. Returns true if every blob of the layout has a file now;
 * false if m->blob is the next one without, or, with a notice, if it cannot be that file. */
bool app_take_blob(struct app *app, const char *path);
/* Lists the folder of the archive again. */
void app_end_blobs(struct app *app);

/* --- app_console.c --- */

/* Opens the journal of settings. On the kernel's console, also lowers the console log level, and
 * watches for messages that are printed nevertheless. */
void app_console_open(struct app *app);

/* --- app_log.c: the log of the install --- */

/* Adds the plan and what a snapshot changes to the log of the screen and of --log. */
void app_log_plan(struct app *app, const struct plan *plan);
void app_log_snapshot(struct app *app, const struct snapshot *now);
/* Opens the text field for the path of the saved log, with a path that does not exist yet. */
void app_ask_save(struct app *app);
/* Saves the log in the file m->text, which must not exist. */
void app_save_log(struct app *app);

/* --- app_actions.c: handles keys and the engine --- */

/* Follows the engine connected to @fd on the Install screen. Takes ownership of @fd. */
void app_watch_service(struct app *app, int fd);
/* Ends the program because the terminal is gone or a signal came; a running install continues. */
void app_leave(struct app *app);
/* Performs the action that a screen returned. */
void app_act(struct app *app, enum outcome outcome);

#endif
