/* SPDX-License-Identifier: MIT */
#include "core/install/phases.h"

#define ADVICE_DEVICE "Check its connection and try again; if it still fails, use another device"
#define ADVICE_AGAIN  "Install the boot loader again before the board starts from it"

const struct step install_steps[SCOPE_COUNT][STEP_COUNT] = {
	[SCOPE_ALL] =
		{
			[STEP_OPEN] =
				{
					.phases = {phase_scan_archive, phase_complete_plan,
						phase_take_plan, phase_open_archive},
					.code = EXIT_REFUSED,
				},
			/* The filesystems must be known before the wipe. */
			[STEP_CHECK] =
				{
					.phases = {phase_check_plan, phase_try_mkfs},
					.code = EXIT_REFUSED,
				},
			[STEP_LOCK] =
				{
					.phases = {phase_open_target, phase_lock_target,
						phase_check_locked, phase_take_target},
					.code = EXIT_REFUSED,
				},
			[STEP_WIPE] =
				{
					.phases = {phase_forget_partitions, phase_wipe},
					.code = EXIT_FAILED,
					.advice = ADVICE_DEVICE,
				},
			[STEP_TABLE] =
				{
					.phases = {phase_take_target, phase_announce_table},
					.code = EXIT_FAILED,
					.advice = ADVICE_DEVICE,
				},
			[STEP_MKFS] =
				{
					.phases = {phase_mkfs},
					.code = EXIT_FAILED,
					.advice = ADVICE_DEVICE,
				},
			[STEP_EXTRACT] =
				{
					.phases = {phase_mount, phase_extract, phase_fix_up},
					.code = EXIT_FAILED,
					.advice =
						"Read the messages, fix the cause, and install again",
				},
			[STEP_FLUSH] =
				{
					.phases = {phase_flush_files, phase_unmount,
						phase_restore_settings},
					.code = EXIT_FAILED,
					.advice = ADVICE_DEVICE,
				},
			[STEP_VERIFY] =
				{
					.phases = {phase_identify, phase_verify},
					.code = EXIT_VERIFY,
					.advice =
						"Do not use this device. Try once more; if it fails again, "
						"replace it",
				},
			[STEP_COMMIT] =
				{
					.phases = {phase_take_target, phase_write_blobs,
						phase_close_boot_areas, phase_write_table,
						phase_set_boot},
					.code = EXIT_FAILED,
					.advice = ADVICE_DEVICE,
				},
		},
	[SCOPE_BOOT] =
		{
			[STEP_OPEN] =
				{
					.phases = {phase_complete_plan, phase_take_plan},
					.code = EXIT_REFUSED,
				},
			[STEP_CHECK] =
				{
					.phases = {phase_check_plan},
					.code = EXIT_REFUSED,
				},
			[STEP_LOCK] =
				{
					.phases = {phase_open_target, phase_lock_target,
						phase_check_locked, phase_take_target,
						phase_check_beside},
					.code = EXIT_REFUSED,
				},
			[STEP_COMMIT] =
				{
					.phases = {phase_write_blobs, phase_close_boot_areas,
						phase_set_boot},
					.code = EXIT_FAILED,
					.advice = ADVICE_AGAIN,
				},
		},
};
