/* SPDX-License-Identifier: MIT */
/*
 * raspberry - reads config.txt and cmdline.txt, as the firmware of the Raspberry Pi does. Pure.
 *
 * Facts, from the documentation of Raspberry Pi (config_txt/boot.adoc, conditional.adoc): one
 * key=value per line, and `initramfs FILE[,FILE...] [followkernel]`; paths begin at the root of the
 * boot filesystem; the last value of a key counts. Filters such as [pi4] decide over the lines
 * behind them up to [all], and [none] leaves them out. `dtoverlay=NAME,...` loads
 * overlays/NAME.dtbo; a missing one does not stop the boot, and overlays/overlay_map.dtb can name
 * another file for some models. auto_initramfs=1 loads the initramfs that belongs to the kernel, if
 * there is one. os_prefix is ignored if the kernel and the device tree are not found with it.
 */
#ifndef CORE_BOOTCHECK_RASPBERRY_H
#define CORE_BOOTCHECK_RASPBERRY_H

#include "core/bootcheck/boot_draft.h"

#include <stdbool.h>
#include <stddef.h>

struct raspberry_config {
	/*
	 * draft.entry is the entry. kernel NULL and not unknown: the firmware takes its default,
	 * the first that is there for the model (kernel_2712.img, kernel8.img, kernel7l.img,
	 * kernel7.img, kernel.img). Unknown: what a filter decides, and all with an os_prefix; with
	 * auto_initramfs, the initrd. command_line is NULL: it is in command_line_file.
	 */
	struct boot_draft draft;
	const char *command_line_file; /* "cmdline.txt" by default */
	const char *os_prefix;	       /* or NULL */
	const char *overlay_prefix;    /* "overlays/" by default; overlays have it already */
	int arm_64bit;		       /* 0, 1, or -1: not set or not known */
};

/* Gives the text of the file @path of the boot filesystem, which is valid until the next call; size
 * 0 if it is missing. False if it is not known. */
typedef bool (*raspberry_include_fn)(
	void *arg, const char *path, const char **ret_text, size_t *ret_size);

/* Reads config.txt. @include: for its lines `include FILE`; NULL, or a false result: the parts are
 * all unknown. */
void raspberry_config_read(struct raspberry_config *config, const char *text, size_t size,
	raspberry_include_fn include, void *arg);

/* The command line in the text of cmdline.txt, which is its first line. False if it was cut. */
bool raspberry_command_line(const char *text, size_t size, char *ret, size_t ret_size);

#endif
