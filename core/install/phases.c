/* SPDX-License-Identifier: MIT */
#include "core/install/phases.h"

#define ADVICE_DEVICE "Check its connection and try again; if it still fails, use another device"

#define ALL   (1u << SCOPE_ALL)
#define BOOT  (1u << SCOPE_BOOT)
#define TREE  (ALL | 1u << SCOPE_FILES)
#define WHOLE (TREE | 1u << SCOPE_IMAGES)
#define EACH  (WHOLE | BOOT)

const struct step install_steps[STEP_COUNT] = {
	[STEP_OPEN] =
		{
			.phases = {{phase_scan_archives, TREE}, {phase_complete_plan, EACH},
				{phase_take_plan, EACH}, {phase_open_archives, ALL},
				{phase_check_copies, TREE}},
			.code = EXIT_REFUSED,
		},
	/* The filesystems must be known before the wipe. */
	[STEP_CHECK] =
		{
			.phases = {{phase_check_plan, EACH}, {phase_try_mkfs, WHOLE}},
			.code = EXIT_REFUSED,
		},
	[STEP_LOCK] =
		{
			.phases = {{phase_open_target, EACH}, {phase_lock_target, EACH},
				{phase_check_locked, EACH}, {phase_take_target, EACH},
				{phase_check_beside, BOOT}},
			.code = EXIT_REFUSED,
		},
	[STEP_WIPE] =
		{
			.phases = {{phase_forget_partitions, WHOLE}, {phase_wipe, WHOLE}},
			.code = EXIT_FAILED,
			.advice = ADVICE_DEVICE,
		},
	[STEP_TABLE] =
		{
			.phases = {{phase_take_target, WHOLE}, {phase_announce_table, WHOLE}},
			.code = EXIT_FAILED,
			.advice = ADVICE_DEVICE,
		},
	[STEP_MKFS] =
		{
			.phases = {{phase_mkfs, WHOLE}},
			.code = EXIT_FAILED,
			.advice = ADVICE_DEVICE,
		},
	[STEP_EXTRACT] =
		{
			.phases = {{phase_mount, TREE}, {phase_begin_writing, TREE},
				{phase_extract, ALL}, {phase_copy, TREE}, {phase_fix_up, TREE}},
			.code = EXIT_FAILED,
			.advice = "Read the messages, fix the cause, and install again",
		},
	[STEP_FLUSH] =
		{
			.phases = {{phase_flush_files, TREE}, {phase_unmount, WHOLE},
				{phase_restore_settings, TREE}},
			.code = EXIT_FAILED,
			.advice = ADVICE_DEVICE,
		},
	[STEP_VERIFY] =
		{
			.phases = {{phase_identify, WHOLE}, {phase_verify, TREE}},
			.code = EXIT_VERIFY,
			.advice =
				"Do not use this device. Try once more; if it fails again, replace it",
		},
	[STEP_COMMIT] =
		{
			.phases = {{phase_take_target, WHOLE}, {phase_write_blobs, EACH},
				{phase_close_boot_areas, EACH}, {phase_write_table, WHOLE},
				{phase_set_boot, EACH}},
			.code = EXIT_FAILED,
			.advice = ADVICE_DEVICE,
		},
};

phase *phase_of(enum scope scope, enum step_id step, unsigned number)
{
	const struct step_phase *phases = install_steps[step].phases;

	for (; phases->run; phases++)
		if ((phases->scopes & 1u << scope) && number-- == 0)
			return phases->run;
	return NULL;
}
