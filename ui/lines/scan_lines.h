/* SPDX-License-Identifier: MIT */
/*
 * reader - the scan of the archive in front of an install, shown by a follower: the part of an
 * install that no engine runs, told in the same words.
 */
#ifndef UI_READER_H
#define UI_READER_H

#include "core/inspect.h"
#include "core/reactor.h"
#include "ui/follow.h"

struct reader {
	struct follow *follow; /* borrowed */
	int reactor;	       /* borrowed */
	struct inspect *inspect;
	struct inspect_result archive;
	struct watch signals, tick;
	enum follow_wish wish;
	struct progress progress;
	struct snapshot snapshot; /* of an install in its first step */
};

/* An empty one, for reader_finish. */
void reader_init(struct reader *reader, struct follow *follow, int reactor);

/*
 * Reads the archive at @path to its end; @target and @layout are for the titles. 0: it is sound, see
 * reader->archive and reader->inspect. -EBADMSG: it is not, or could not be begun, with the sentence
 * in @why. -ECANCELED: a signal came, or the output went away. Or -errno.
 */
int reader_run(struct reader *reader, const char *path, const struct disk *target,
	const char *layout, char *why, size_t size);

/* Frees what was read, the manifest included. */
void reader_finish(struct reader *reader);

#endif
