/* SPDX-License-Identifier: MIT */
/*
 * uboot_script - reads which files a U-Boot script (boot.cmd, the text of boot.scr) loads and boots.
 * Pure, but for memory of a fixed size.
 *
 * Facts, from U-Boot's cmd/: load IFACE DEV[:PART] ADDRESS FILE, and fatload, ext4load, ... alike
 * (cmd/fs.c); bootz, booti, bootm KERNEL [INITRD[:SIZE]|-] [FDT] (cmd/bootm.c, boot/bootm.c); PART is
 * hexadecimal. A relative FILE begins at the root of the filesystem; so that it does not look like
 * one that begins at the script, it is given with a "/". ${prefix} is the folder of the script
 * (boot/bootmeth_script.c, include/config_distro_bootcmd.h): "${prefix}Image" is given as "Image",
 * relative to it. ${distro_bootpart} is the partition of the script; a constant partition is given
 * as the root "PARTITION=n"; without PART it is the script's own, and another variable makes the
 * part unknown.
 *
 * Variables are followed through setenv, run and conditions that are certain. A load in a condition that is not certain, a second file at an address that may hold the first one, and what follows
 * from a variable of U-Boot's own, are unknown.
 */
#ifndef CORE_BOOTCHECK_UBOOT_SCRIPT_H
#define CORE_BOOTCHECK_UBOOT_SCRIPT_H

#include "core/bootcheck/boot_entry.h"
#include "core/bootcheck/uboot_env.h"

#include "device/base/util.h"

/*
 * Calls @each for every bootz, booti, bootm, zboot and bootefi that can be reached, with the name of
 * the command as title; the first is the default unless a condition decides over it. Other commands
 * that boot (sysboot, source, ...) are entries with nothing known. So is one with line 1 and title
 * "", for a script that boots by nothing that was found here, but runs something that is not known.
 *
 * command_line is the value of bootargs; where it has a variable of U-Boot, that is given as
 * ${name}, and the command line is unknown.
 *
 * @env, unless NULL, is the file that the script loads and imports if it finds it, or its name and
 * is_missing. If it is NULL, an import makes all variables unknown.
 *
 * Returns 0, -ENOMEM, or the first other result of @each.
 */
_must_check_ int uboot_script_each(
	const char *text, size_t size, const struct uboot_env *env, boot_entry_fn each, void *arg);

#endif
