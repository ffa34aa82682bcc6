/* SPDX-License-Identifier: MIT */
/*
 * terminfo - which description of the terminal curses is to use. Almost every terminal is one of a
 * family, and for those we have descriptions of our own (assets/terminfo/boardstrap.ti), which are built in:
 * TERM tells of a member of it only whether it has colours and another screen. They cost fewer bytes
 * than what is installed, need no files, and use nothing that only some of the family do.
 */
#ifndef UI_TERM_TERMINFO_H
#define UI_TERM_TERMINFO_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>

struct terminfo_entry {
	const char *name; /* as curses is to be asked for it */
	const char *data; /* "b64:" and the compiled description */
};

struct terminfo {
	const char *type;		    /* for newterm */
	const struct terminfo_entry *entry; /* of our own: terminfo_offer first; or NULL */
};

/*
 * Chooses for the terminal @fd and the type @type, which is TERM or NULL: our own where it is of the
 * family, or not known here; else the one that is installed. 0; -ENXIO where @type cannot place its
 * cursor (dumb). @note is a sentence of what was chosen though not asked for, or why nothing was; or
 * "".
 */
_must_check_ int terminfo_choose(
	struct terminfo *ret, const char *type, int fd, char *note, size_t note_size);

/* Our own, whatever @type says, for a terminal that answers all the same; @note is a sentence of that. */
void terminfo_plain(struct terminfo *ret, const char *type, char *note, size_t note_size);

/*
 * Between the two curses finds our own description: it takes it from TERMINFO in the environment,
 * see terminfo(5), which is put back as it was, since children inherit it. Nothing is done for a
 * type that is installed.
 */
void terminfo_offer(const struct terminfo *terminfo);
void terminfo_withdraw(const struct terminfo *terminfo);

/* Generated from assets/terminfo/boardstrap.ti by the Makefile; ends with one without a name. */
extern const struct terminfo_entry terminfo_built_in[];

#endif
