/* SPDX-License-Identifier: MIT */
/*
 * settings - every setting that outlives a process (write-back limits, printk, force_ro): the old value
 * is journalled before a change and put back on every way out; what a killed process left behind is
 * put back at the next start. Several processes may share a journal: a setting that two of them
 * have changed gets its first value back when the last of them restores it.
 */
#ifndef DEVICE_BASE_SETTINGS_H
#define DEVICE_BASE_SETTINGS_H

#include "device/base/util.h"

#include <stddef.h>

struct settings_journal {
	int root; /* borrowed: root fd of the settings */
	/* The journal, below /run; a line a change, "pid:start<TAB>path<TAB>old value". */
	char path[128];
};

/* Binds a journal; creates its directory (not what is above it). 0 or -errno. */
_must_check_ int settings_open(
	struct settings_journal *journal, int root, const char *journal_path);
/* Sets a file below root ("proc/sys/vm/dirty_bytes") to @value, the old value journalled and fsynced
 * first. 0, or -errno with nothing changed. */
_must_check_ int settings_set(
	struct settings_journal *journal, const char *path, const char *value);
/* Puts back what this process changed, last change first, and forgets it. First error or 0; a
 * setting that has gone with its device is no error. */
_must_check_ int settings_restore(struct settings_journal *journal);
/* Puts back what processes that are gone have left. Call at start. */
_must_check_ int settings_restore_stale(struct settings_journal *journal);

/* Starts write-back early on disk @name so that it never idles and the flush is short: its own
 * bdi limit where the kernel has one (>= 6.2), else vm.dirty_*. 0, or -errno (then nothing is set;
 * the install is only slower to flush). */
_must_check_ int settings_write_back_early(struct settings_journal *journal, const char *disk_name);

#endif
