/* SPDX-License-Identifier: MIT */
#include "ui/terminfo.h"

#include "device/util.h"

/* Curses last, and with nothing of its own that could be taken for ours. */
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>

/* As in the source of it. */
#define OUR_TYPE "boardstrap"

static char *before; /* TERMINFO, while ours is offered; NULL: unset */

/* 0; -ENOENT where curses does not know @type, -ENXIO where it cannot place its cursor. */
static int check_type(const char *type, int fd)
{
	const char *cup;
	int error;

	if (!type || !type[0] || setupterm(type, fd, &error) != OK)
		return -ENOENT;
	cup = tigetstr("cup");
	error = cup && cup != (char *)-1 ? 0 : -ENXIO;
	(void)del_curterm(cur_term);
	return error;
}

/*
 * The kernel calls every console "linux", and so do the programs it starts. On a serial line that
 * is a guess, and nobody's choice.
 */
static bool is_guess(const char *type, int fd)
{
	int wires;

	return strcmp(type, "linux") == 0 && ioctl(fd, TIOCMGET, &wires) == 0;
}

int terminfo_choose(struct terminfo *ret, const char *type, int fd, char *note, size_t note_size)
{
	bool given = type && type[0], guess = given && is_guess(type, fd);
	int r = check_type(type, fd);

	*note = '\0';
	if (r == -ENXIO) {
		(void)str_format(note, note_size,
			"The terminal type \"%s\" (TERM) cannot show screens: use boardstrap install "
			"--plain, or set TERM to what the terminal is, such as vt220.",
			type);
		return r;
	}
	*ret = (struct terminfo){.type = type};
	if (r == 0 && !guess)
		return 0;
	*ret = (struct terminfo){.type = OUR_TYPE, .built_in = true};
	if (!guess)
		(void)str_format(note, note_size, "%s%s%s: taken for a plain terminal.",
			given ? "The terminal type \"" : "TERM is not set", given ? type : "",
			given ? "\" (TERM) is not known here" : "");
	return 0;
}

void terminfo_offer(void)
{
	const char *now = getenv("TERMINFO");

	before = now ? strdup(now) : NULL;
	(void)setenv("TERMINFO", terminfo_built_in, 1);
}

void terminfo_withdraw(void)
{
	if (before)
		(void)setenv("TERMINFO", before, 1);
	else
		(void)unsetenv("TERMINFO");
	free_ptr(&before);
}
