/* SPDX-License-Identifier: MIT */
/*
 * phases - the work of each step of an install, as a list of phases that run in order: read
 * install_steps (phases.c) to follow an install. A phase does or starts its work and returns its
 * result; only opening and locking the target may wait. The engine runs the next phase once the
 * work of the last one has succeeded. Only the engine and the phases include this header.
 */
#ifndef CORE_INSTALL_PHASES_H
#define CORE_INSTALL_PHASES_H

#include "core/install/job.h"

#define STEP_PHASES_MAX 5

typedef enum phase_result phase(struct job *job);

struct step {
	struct step_phase {
		phase *run;
		unsigned scopes;       /* that have it, one bit each */
	} phases[STEP_PHASES_MAX + 1]; /* ends with NULL */
	int code;		       /* enum exit_code if it fails */
	const char *advice;	       /* for the operator, once the target has been written to */
};

/* All steps, in order. */
extern const struct step install_steps[STEP_COUNT];

/* Returns the phase @number, from 0, that an install of @scope has in @step; NULL after the last one. */
phase *phase_of(enum scope scope, enum step_id step, unsigned number);

/* phases_prepare.c: all steps up to mkfs. */
enum phase_result phase_scan_archives(struct job *job);
enum phase_result phase_complete_plan(struct job *job);
enum phase_result phase_take_plan(struct job *job);
enum phase_result phase_open_archives(struct job *job);
enum phase_result phase_check_copies(struct job *job);
enum phase_result phase_check_plan(struct job *job);
enum phase_result phase_try_mkfs(struct job *job);
enum phase_result phase_open_target(struct job *job);
enum phase_result phase_lock_target(struct job *job);
enum phase_result phase_check_locked(struct job *job);
enum phase_result phase_take_target(
	struct job *job); /* opens it exclusively; also used by table and commit */
enum phase_result phase_check_beside(struct job *job); /* for an install that keeps the table */
enum phase_result phase_forget_partitions(struct job *job);
enum phase_result phase_wipe(struct job *job);
enum phase_result phase_announce_table(struct job *job);
enum phase_result phase_mkfs(struct job *job);

/* phases_write.c: extract, flush and verify. */
enum phase_result phase_mount(struct job *job);
enum phase_result phase_begin_writing(struct job *job);
enum phase_result phase_extract(struct job *job);
enum phase_result phase_copy(struct job *job);
enum phase_result phase_fix_up(struct job *job);
enum phase_result phase_flush_files(struct job *job);
enum phase_result phase_unmount(struct job *job);
enum phase_result phase_restore_settings(struct job *job);
enum phase_result phase_identify(struct job *job);
enum phase_result phase_verify(struct job *job);

/* phases_commit.c: boot loaders and the partition table. */
enum phase_result phase_write_blobs(struct job *job);
enum phase_result phase_close_boot_areas(struct job *job);
enum phase_result phase_write_table(struct job *job);
enum phase_result phase_set_boot(struct job *job);

#endif
