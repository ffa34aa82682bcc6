/* SPDX-License-Identifier: MIT */
/*
 * phases - what each step of an install does: a list of phases, run in order. A phase does its work,
 * or starts it, and returns how that went; it never waits. The engine runs the next phase when what
 * the last one started has ended well. Only the engine and the phases include this.
 */
#ifndef CORE_INSTALL_PHASES_H
#define CORE_INSTALL_PHASES_H

#include "core/install/job.h"

#define STEP_PHASES_MAX 4

struct step {
	enum phase_result (*phases[STEP_PHASES_MAX + 1])(struct job *job); /* ended by NULL */
	int code;	    /* enum exit_code of a failure */
	const char *advice; /* what the operator does after a failure, once the target is written */
};

/* The whole install, in order. */
extern const struct step install_steps[STEP_COUNT];

/* steps_prepare.c: up to the empty filesystems. */
enum phase_result phase_open_archive(struct job *job);
enum phase_result phase_check_plan(struct job *job);
enum phase_result phase_try_mkfs(struct job *job);
enum phase_result phase_open_target(struct job *job);
enum phase_result phase_lock_target(struct job *job);
enum phase_result phase_check_locked(struct job *job);
enum phase_result phase_take_target(
	struct job *job); /* exclusively; also before table and commit */
enum phase_result phase_forget_partitions(struct job *job);
enum phase_result phase_wipe(struct job *job);
enum phase_result phase_announce_table(struct job *job);
enum phase_result phase_mkfs(struct job *job);

/* steps_write.c: the files, and the proof that the medium has them. */
enum phase_result phase_mount(struct job *job);
enum phase_result phase_extract(struct job *job);
enum phase_result phase_fix_up(struct job *job);
enum phase_result phase_flush_files(struct job *job);
enum phase_result phase_unmount(struct job *job);
enum phase_result phase_restore_settings(struct job *job);
enum phase_result phase_verify(struct job *job);

/* steps_commit.c: what makes the board boot. */
enum phase_result phase_write_blobs(struct job *job);
enum phase_result phase_write_table(struct job *job);

#endif
