/* SPDX-License-Identifier: MIT */
/*
 * job - what the steps of an install see and hold: the plan, the target, the child that runs, the
 * extraction, the mounts. A step starts work here and reports how it went; the engine (install.c)
 * alone counts the steps, starts the next one, and ends the install. No step sees the engine.
 */
#ifndef CORE_INSTALL_JOB_H
#define CORE_INSTALL_JOB_H

#include "core/install/err.h"
#include "core/install/extract.h"
#include "core/install/progress.h"
#include "core/install/world.h"
#include "core/manifest/verify.h"
#include "core/plan/plan.h"
#include "device/base/settings.h"
#include "device/layout/mkfs.h"
#include "device/target/target.h"

/* A filesystem of the layout that is, or will be, mounted. */
struct job_mount {
	unsigned partition; /* index in the layout */
	int dir_fd;	    /* held from mount to flush: syncfs reports errors since then; or -1 */
};

struct job {
	/* The task: set when it is made. */
	struct plan plan;
	const struct manifest *manifest;
	struct install_world world;
	int reactor; /* borrowed */

	/* To the engine, which sets them. */
	void (*settled)(struct job *job); /* what a phase started has ended: see job->failure */
	void (*message)(struct job *job, const char *text);
	struct {
		bool set;
		int code; /* enum exit_code; 0: that of the step */
		char text[300];
	} failure;
	uint64_t done, total; /* of the work that runs; the engine clears them for each step */
	bool written;	      /* writing to the target has begun */

	/* What the steps hold. */
	struct target target;
	uint64_t lock_since_ms; /* when the wait for the target's lock began */
	struct child child;	/* the one that runs: a program, or work of our own */
	struct extract extract;
	struct job_mount mounts[LAYOUT_PARTITIONS_MAX]; /* parents before children */
	unsigned mount_count;				/* 0 before mounting */
	struct {
		unsigned next; /* partition to make, or try, a filesystem for */
		struct mkfs_command command;
		char node[160];
	} mkfs;
	struct settings_journal settings;
	bool settings_changed;		/* they are to be restored */
	struct verify_result *verified; /* shared with the work that verifies */
	uint64_t medium_start; /* block stat when the extraction began, valid with medium_counts */
	bool medium_counts;
};

/* How a phase of a step went. */
enum phase_result {
	PHASE_FAILED = -1, /* see job_fail */
	PHASE_DONE,
	PHASE_WAITS, /* it started something whose end is reported by job->settled */
	PHASE_AGAIN, /* like PHASE_WAITS, then it runs again; at the next tick if nothing runs */
	PHASE_SKIP_STEP, /* the plan does not want the step */
};

/* Nothing is open and nothing runs. 0 or -errno; job_finish is safe after either. */
_must_check_ int job_init(struct job *job, const struct plan *plan, const struct manifest *manifest,
	const struct install_world *world);
/* Kills and reaps all children. */
void job_kill(struct job *job);
/* The same, restores settings and closes everything, the target with its partitions
 * if @forget (target_close). */
void job_finish(struct job *job, bool forget);

/* Records why the running phase failed. @code is an enum exit_code, or 0 for the step's own. */
enum phase_result job_fail(struct job *job, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Starts work of our own, with the job as its argument; its end is reported by job->settled. */
enum phase_result job_work(
	struct job *job, const char *name, int (*work)(void *arg, int report_fd));
/* Starts a program, likewise. @argv is borrowed until its end. */
enum phase_result job_run(struct job *job, const char *program, const char *const *argv);

/* Once a tick. */
void job_tick(struct job *job);
/* Fills in the counters that the job knows; those that cannot be read stay. */
void job_measure(const struct job *job, struct progress_sample *sample);
/* Sends @signal to all children and closes the tar stream. */
void job_stop(struct job *job, int signal);
bool job_has_children(const struct job *job);
/* In a work child, for a job that failed: unmounts and makes the target unbootable. 0 or -errno, and
 * the sentence is reported to @report_fd, which may be -1. */
int job_undo(struct job *job, int report_fd);

/* Opens the journal of changed settings unless it is open. 0 or -errno. */
_must_check_ int job_change_settings(struct job *job);
void job_restore_settings(struct job *job);

/* The target as the operator knows it, and why a call on it failed. */
const char *job_target_name(const struct job *job);
const char *job_error_text(const struct job *job, int error);

/* job_mounts.c. Lists the layout's mounted filesystems in job->mounts. */
void job_list_mounts(struct job *job);
/* "<dir>/target" and the mount point of mounts[index]. */
void job_mount_path(const struct job *job, unsigned index, char ret[256]);
/* Opens the directories of the mounts. */
enum phase_result job_open_mounts(struct job *job);
void job_close_mounts(struct job *job);
/* In a work child: mounts or unmounts all. 0 or -errno, and the sentence is reported. */
_must_check_ int job_mount_all(const struct job *job, bool read_only, int report_fd);
_must_check_ int job_unmount_all(const struct job *job, int report_fd);

#endif
