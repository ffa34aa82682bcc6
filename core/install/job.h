/* SPDX-License-Identifier: MIT */
/*
 * job - the shared state of an install's steps: the plan, the target, the running child, the
 * extraction, the mounts. A step starts work here and reports its result. The engine (install.c)
 * alone keeps track of the steps, starts the next one and ends the install. Steps do not
 * see the engine.
 */
#ifndef CORE_INSTALL_JOB_H
#define CORE_INSTALL_JOB_H

#include "core/install/err.h"
#include "core/install/extract.h"
#include "core/install/plan_report.h"
#include "core/install/progress.h"
#include "core/install/world.h"
#include "core/manifest/verify.h"
#include "core/plan/plan.h"
#include "device/base/settings.h"
#include "device/layout/mkfs.h"
#include "device/target/target.h"

/* A filesystem of the layout that is mounted during the install. */
struct job_mount {
	unsigned partition; /* index in the layout */
	int dir_fd;	    /* open from mount to flush, for syncfs errors; or -1 */
};

struct job {
	/* The task, set by job_init. If the plan is not complete, the first step completes it. */
	struct plan plan;
	const struct manifest *manifest; /* NULL until the plan is complete */
	struct install_world world;
	int reactor; /* borrowed */

	/* Callbacks, set by the engine. */
	void (*settled)(struct job *job); /* the work that a phase started has ended: see failure */
	void (*message)(struct job *job, const char *text);
	struct {
		bool set;
		int code; /* enum exit_code; 0: the step's code */
		char text[400];
	} failure;
	uint64_t done, total; /* of the running work; the engine clears them for each step */
	bool written;	      /* writing to the target has begun */

	/* Resources of the steps. */
	struct inspect *scan;	     /* of a plan that was not complete; or NULL */
	struct plan_report *planned; /* shared with the child that completes the plan */
	struct target target;
	bool locked;		/* by this job, until its end */
	uint64_t lock_since_ms; /* when the wait for the target's lock began; 0: no wait */
	struct child child;	/* the running program or work function */
	/* One for each archive of the plan, all open from the first step on: a medium that is pulled must
	 * not end an install half-way. */
	struct extract extracts[ARCHIVES_MAX];
	unsigned extracting; /* number of the running or the last one */
	bool extract_begun;
	bool copying; /* @done counts the bytes of the layout's copies */
	struct job_mount mounts[LAYOUT_PARTITIONS_MAX]; /* parents before children */
	unsigned mount_count;				/* 0 before mounting */
	struct {
		unsigned next; /* index of the next partition */
		struct mkfs_command command;
		char node[TARGET_NODE_MAX];
	} mkfs;
	struct settings_journal settings;
	bool settings_changed;		/* they must be restored */
	struct verify_result *verified; /* shared with the child that verifies */
	uint64_t medium_start;		/* written_bytes at the start of extract */
	bool medium_counts;
};

/* Result of a phase. */
enum phase_result {
	PHASE_FAILED = -1, /* see job_fail */
	PHASE_DONE,
	PHASE_WAITS, /* work was started; job->settled reports its end */
	PHASE_AGAIN, /* like PHASE_WAITS, then run again; at the next tick if nothing was started */
	PHASE_SKIP_STEP, /* the plan excludes this step */
};

/* Makes an idle job. The plan and @world are copied, @manifest (NULL if the plan is not complete) and
 * the strings of @world are borrowed. Returns 0 or -errno; job_finish is safe in both cases. */
_must_check_ int job_init(struct job *job, const struct plan *plan, const struct manifest *manifest,
	const struct install_world *world);
/* Kills and reaps all children. */
void job_kill(struct job *job);
/* Kills the children, restores settings and closes everything. @forget also removes the target's
 * partitions from the kernel (target_close). */
void job_finish(struct job *job, bool forget);

/* Records the failure of the running phase and returns PHASE_FAILED. @code is an enum exit_code, or
 * 0 for the step's own. */
enum phase_result job_fail(struct job *job, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The error of a work function that found the target locked: EXIT_LOCKED. No call on a device returns
 * it. */
#define JOB_LOCKED (-EALREADY)
/* Runs @work(job, report_fd) in a child; job->settled reports its end. Returns PHASE_WAITS or
 * PHASE_FAILED. */
enum phase_result job_work(
	struct job *job, const char *name, int (*work)(void *arg, int report_fd));
/* Starts a program in the same way. @argv is borrowed until it ends. */
enum phase_result job_run(struct job *job, const char *program, const char *const *argv);

/* Descriptor of the partition at @index of the layout; -1 if it is not open. */
int job_partition_fd(const struct job *job, size_t index);

/* Polls the children and the extraction; call it once a tick. */
void job_tick(struct job *job);
/* Fills in the counters that the job knows; unreadable ones keep their value. */
void job_measure(const struct job *job, struct progress_sample *sample);
/* Sends @signal to all children and closes the tar stream. */
void job_stop(struct job *job, int signal);
bool job_has_children(const struct job *job);
/* For a failed job, in a work child: unmounts and makes the target unbootable. Returns 0, or -errno
 * with the sentence sent to @report_fd, which may be -1. */
_must_check_ int job_undo(struct job *job, int report_fd);

/* Opens the journal of changed settings unless it is open. Returns 0 or -errno. */
_must_check_ int job_change_settings(struct job *job);
void job_restore_settings(struct job *job);

/* The target's name as shown to the operator, and the text for an errno of a call on it. */
const char *job_target_name(const struct job *job);
const char *job_error_text(const struct job *job, int error);

/* job_mounts.c. Lists the filesystems that the layout mounts in job->mounts. */
void job_list_mounts(struct job *job);
/* Writes the path of @folder of the target, "" for its root, below "<dir>/target" to @ret. */
void job_folder_path(const struct job *job, const char *folder, char ret[256]);
/* Opens the root of the tree that the mounts make. Returns a descriptor, or -errno. */
_must_check_ int job_open_tree(const struct job *job);
/* The same as job_folder_path for the mount point of mounts[index]. */
void job_mount_path(const struct job *job, unsigned index, char ret[256]);
/* Opens the directory of each mount. Returns PHASE_DONE or PHASE_FAILED. */
enum phase_result job_open_mounts(struct job *job);
void job_close_mounts(struct job *job);
/* In a work child: mounts or unmounts all. Returns 0, or -errno with the sentence sent to
 * @report_fd. */
_must_check_ int job_mount_all(const struct job *job, bool read_only, int report_fd);
_must_check_ int job_unmount_all(const struct job *job, int report_fd);

#endif
