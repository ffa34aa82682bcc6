/* SPDX-License-Identifier: MIT */
/*
 * job - the inside of struct install, shared by the engine (install.c: transitions, ending,
 * snapshot) and the table of what its steps do (install_steps.c). Nobody else includes it.
 */
#ifndef CORE_INSTALL_JOB_H
#define CORE_INSTALL_JOB_H

#include "core/archive/source.h"
#include "core/install/install.h"
#include "core/install/kernel_log.h"
#include "core/manifest/verify.h"
#include "device/base/settings.h"
#include "device/target/target.h"

#define INSTALL_TICK_MS 250 /* samples, snapshots and questions to tar: 4 Hz */

/* A filesystem of the layout that is, or will be, mounted; parents before what lies in them. */
struct install_mount {
	unsigned partition; /* index in the layout */
	int dir_fd;	    /* held from mount to flush: syncfs reports errors since then; or -1 */
};

struct install {
	struct plan plan;
	const struct manifest *manifest;
	struct install_world world;
	int reactor;
	struct watch tick;

	enum step_id step;
	unsigned turn;		    /* how often the step has run: see struct step */
	uint64_t start_ms, step_ms; /* when the install and the step began */
	bool ending;		    /* a failure or cancel: no step is started any more */
	bool children_killed;	    /* they had their TERM and were then sent KILL */
	uint64_t ending_ms;
	struct child cleanup;

	struct target target;
	bool locked;		  /* the target is: it is looked at once more, then written */
	struct kernel_log kernel; /* of the target: once it is held, it is known by its name */
	struct source source;
	struct child child; /* of the step that runs: mkfs, or work of our own */
	struct tar tar;
	struct watch stream; /* the tar stream's reading end; watched to drain it */
	bool tar_done;	     /* it has ended well */
	struct install_mount mounts[LAYOUT_PARTITIONS_MAX];
	unsigned mount_count;
	bool mounted;
	struct mkfs_job *mkfs; /* storage of the running mkfs's argv */
	struct settings_journal knobs;
	bool knobs_set;
	struct verify_result *verified; /* shared with the verify child */

	uint64_t medium_start; /* block stat when the extraction began, valid with medium_counts */
	bool medium_counts;
	struct progress_sample sample;
	struct progress progress;
	struct snapshot snapshot;
};

/*
 * What a step does. run is called when the step begins (turn 0), and again (turn 1, 2, ...) each time
 * what it started has ended well. It returns 1 when it started something and waits, 0 when the step
 * is done, or a negative value when it failed and has said why with install_fail.
 */
struct step {
	int (*run)(struct install *in, unsigned turn);
	void (*tick)(struct install *in); /* 4 times a second while it runs; may be NULL */
	int code;			  /* exit code of a failure in it */
	const char *advice;		  /* what to do when it failed */
};

extern const struct step install_steps[STEP_COUNT];

/* Says why the running step failed and begins the end. Returns -1, for `return`. */
int install_fail(struct install *in, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Goes on: the next turn of the step, or the next step. */
void install_advance(struct install *in);
/* Starts work of our own for the step; its end leads to install_advance or install_fail. */
int install_work(struct install *in, const char *name, int (*work)(void *arg, int report_fd));
/* Closes our end of the tar stream: a decompressor that still writes is then ended by SIGPIPE. */
void install_stream_close(struct install *in);
/* The target as the operator knows it, and why a call on it failed. */
const char *install_target_name(const struct install *in);
const char *install_error_text(const struct install *in, int error);

/* Steps with a file of their own: install_write.c, install_commit.c. */
int install_extract_run(struct install *in, unsigned turn);
void install_extract_tick(struct install *in);
int install_flush_run(struct install *in, unsigned turn);
int install_verify_run(struct install *in, unsigned turn);
int install_commit_run(struct install *in, unsigned turn);

/* on_exit for a child of the step. */
void install_child_ended(struct child *child);
/* Adds a line to the snapshot's messages. */
void install_message(struct install *in, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Where the job's filesystems are mounted: "<dir>/target" and the partition's mount point. */
void install_mount_path(const struct install *in, unsigned index, char ret[256]);
/* In a work child: mounts or unmounts all of the job's filesystems. */
int install_mount_all(const struct install *in, bool read_only, int report_fd);
int install_unmount_all(const struct install *in, int report_fd);

#endif
