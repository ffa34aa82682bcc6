/* SPDX-License-Identifier: MIT */
/*
 * terminfo - chooses the terminal description for curses. Almost every terminal is of the VT220
 * family, for which descriptions are built in (assets/terminfo/boardstrap.ti). They need fewer
 * bytes than the installed ones, need no files, and use only features that the whole family shares;
 * TERM only decides about colours and the alternate screen.
 */
#ifndef UI_TERM_TERMINFO_H
#define UI_TERM_TERMINFO_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>

struct terminfo_entry {
	const char *name; /* the type name for newterm */
	const char *data; /* "b64:" and the compiled description */
};

struct terminfo {
	const char *type;		    /* for newterm */
	const struct terminfo_entry *entry; /* built-in: call terminfo_offer first; or NULL */
};

/*
 * Chooses the description for the terminal @fd of type @type, which is TERM or NULL and must
 * outlive @ret: a built-in one if the type is of the family or unknown, else the installed one.
 * Returns 0, or -ENXIO if @type cannot position the cursor (dumb). @note explains a type that is
 * unknown or refused; else it is "".
 */
_must_check_ int terminfo_choose(
	struct terminfo *ret, const char *type, int fd, char *note, size_t note_size);

/* Chooses the built-in description in spite of @type, for a terminal that has answered a query;
 * @note explains it. */
void terminfo_plain(struct terminfo *ret, const char *type, char *note, size_t note_size);

/*
 * Call them before and after newterm: in between, TERMINFO in the environment holds the built-in
 * description, see terminfo(5). The old value is restored, since children inherit it. Both do
 * nothing for an installed type.
 */
void terminfo_offer(const struct terminfo *terminfo);
void terminfo_withdraw(const struct terminfo *terminfo);

/* Generated from assets/terminfo/boardstrap.ti by the Makefile; the last entry has no name. */
extern const struct terminfo_entry terminfo_built_in[];

#endif
