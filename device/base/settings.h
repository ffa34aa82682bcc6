/* SPDX-License-Identifier: MIT */
/*
 * settings - changes kernel settings that outlive the process (write-back limits, printk,
 * force_ro). The old value goes to a journal before each change and is restored on every way out;
 * the next start restores what a killed process left changed. Several processes may share a
 * journal: the last one that restores a setting writes back its first value.
 */
#ifndef DEVICE_BASE_SETTINGS_H
#define DEVICE_BASE_SETTINGS_H

#include "device/base/util.h"

#include <stddef.h>

struct settings_journal {
	int root; /* borrowed: root fd that the paths of settings are relative to */
	/* Journal file, below /run. One line per change: "pid:start<TAB>path<TAB>old value". */
	char path[128];
};

/* Initialises @journal and creates the directory of the file, but not its parents. 0,
 * -ENAMETOOLONG, or the -errno of mkdir. */
_must_check_ int settings_open(
	struct settings_journal *journal, int root, const char *journal_path);
/* Writes @value to @path below the root ("proc/sys/vm/dirty_bytes") after the old value has been
 * journalled and synced. 0, or -errno with nothing changed. */
_must_check_ int settings_set(
	struct settings_journal *journal, const char *path, const char *value);
/* Restores what this process changed, last change first, and removes it from the journal. 0 or
 * the first error; a setting that no longer exists, as its device is gone, is not an error. */
_must_check_ int settings_restore(struct settings_journal *journal);
/* Restores what processes that are gone left changed. Call it at program start. Returns as
 * settings_restore does. */
_must_check_ int settings_restore_stale(struct settings_journal *journal);

/*
 * Starts write-back on disk @disk_name early, so that the disk never idles and the final flush is
 * short: sets the bdi limit of the disk (kernel 6.2 and later), else vm.dirty_*, unless these are
 * already set in bytes. 0, or -errno with nothing set: the install works, but takes longer to
 * flush.
 */
_must_check_ int settings_write_back_early(struct settings_journal *journal, const char *disk_name);

#endif
