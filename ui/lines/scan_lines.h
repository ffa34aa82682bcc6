/* SPDX-License-Identifier: MIT */
/*
 * scan_lines - the scan of the archive in front of an install, shown by a follower: the part of an
 * install that no engine runs, told in the same words.
 */
#ifndef UI_LINES_SCAN_LINES_H
#define UI_LINES_SCAN_LINES_H

#include "core/archive/inspect.h"
#include "device/base/util.h"
#include "ui/lines/follow.h"

struct scan_lines {
	struct follow *follow; /* borrowed */
	struct inspect *inspect;
	struct inspect_result archive;
	struct watch tick;
	struct progress progress;
	struct snapshot snapshot; /* of an install in its first step */
};

/* An empty one, for scan_lines_finish. */
void scan_lines_init(struct scan_lines *reader, struct follow *follow);

/*
 * Reads the archive at @path to its end; @target and @layout are for the titles. 0: it is sound, see
 * reader->archive and reader->inspect. -EBADMSG: it is not, or could not be begun, with the sentence
 * in @why. -ECANCELED: a signal came, or the output went away. Or -errno.
 */
_must_check_ int scan_lines_run(struct scan_lines *reader, const char *path,
	const struct disk *target, const char *layout, char *why, size_t size);

/* Frees what was read, the manifest included. */
void scan_lines_finish(struct scan_lines *reader);

#endif
