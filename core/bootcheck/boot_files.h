/* SPDX-License-Identifier: MIT */
/* boot_files - the files of an archive that decide how it boots. The scan keeps their content. Pure. */
#ifndef CORE_BOOTCHECK_BOOT_FILES_H
#define CORE_BOOTCHECK_BOOT_FILES_H

#include <stdbool.h>
#include <stdint.h>

#define BOOT_FILE_MAX (512u * 1024) /* larger ones are not read, and their content is unknown */

/* True if the boot check needs the content of the file at @path, relative to the root: for
 * manifest_keep. */
bool boot_files_keep(const char *path, uint64_t size);

#endif
