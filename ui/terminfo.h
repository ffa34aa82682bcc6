/* SPDX-License-Identifier: MIT */
/*
 * terminfo - which description of the terminal curses is to use: the one that TERM names; or, where
 * that names none that is known here, our own (assets/boardstrap.ti), which is built in and needs
 * no files.
 */
#ifndef UI_TERMINFO_H
#define UI_TERMINFO_H

#include <stdbool.h>
#include <stddef.h>

struct terminfo {
	const char *type; /* for newterm */
	bool built_in;	  /* terminfo_offer first */
};

/*
 * Chooses for the terminal @fd and the type @type, which is TERM or NULL. 0; -ENXIO where @type
 * cannot place its cursor (dumb). @note is a sentence of what was chosen or why none was; or "".
 */
int terminfo_choose(struct terminfo *ret, const char *type, int fd, char *note, size_t note_size);

/*
 * Between the two curses finds our own description: it takes it from TERMINFO in the environment,
 * see terminfo(5), which is put back as it was, since children inherit it.
 */
void terminfo_offer(void);
void terminfo_withdraw(void);

/* Generated from assets/boardstrap.ti by the Makefile: "b64:" and the compiled description. */
extern const char terminfo_built_in[];

#endif
