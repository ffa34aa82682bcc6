/* SPDX-License-Identifier: MIT */
#include "ui/term/terminfo.h"

#include "device/base/util.h"

/* Curses comes last and without its macros, whose names clash with ours. */
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>

#define LEAST_COLOURS 8

/* Facts from the installed description of a type. */
struct type_facts {
	bool known, places_cursor;
	bool is_family; /* has every capability used here, with the same sequence */
	bool colours, other_screen;
};

static char *before; /* the old TERMINFO between offer and withdraw; NULL: unset */

static const char *text_of(const char *capability)
{
	const char *text = tigetstr(capability);

	return text == (char *)-1 ? NULL : text;
}

/* Ignores padding ("$<5>"), which no terminal needs any more. */
static bool says(const char *capability, const char *want)
{
	const char *text = text_of(capability);
	size_t length = strlen(want);

	return text && strncmp(text, want, length) == 0 &&
	       (text[length] == '\0' || strncmp(text + length, "$<", 2) == 0);
}

/* As in assets/terminfo/boardstrap.ti. */
static bool is_family(void)
{
	static const struct {
		const char *capability, *text;
	} words[] = {
		{"cup", "\033[%i%p1%d;%p2%dH"},
		{"cuf", "\033[%p1%dC"},
		{"cub", "\033[%p1%dD"},
		{"cuu", "\033[%p1%dA"},
		{"cud", "\033[%p1%dB"},
		{"ed", "\033[J"},
		{"el", "\033[K"},
		{"bold", "\033[1m"},
		{"rev", "\033[7m"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!says(words[i].capability, words[i].text))
			return false;
	/* The behaviour of the last column. */
	return tigetflag("am") > 0 && tigetflag("xenl") > 0;
}

static struct type_facts look_up(const char *type, int fd)
{
	struct type_facts facts = {0};
	const char *smcup;
	int error;

	if (!type || !type[0] || setupterm(type, fd, &error) != OK)
		return facts;
	smcup = text_of("smcup");
	facts.known = true;
	facts.places_cursor = text_of("cup") != NULL;
	facts.is_family = is_family();
	facts.colours = tigetnum("colors") >= LEAST_COLOURS;
	facts.other_screen = smcup && strstr(smcup, "\033[?1049h");
	(void)del_curterm(cur_term);
	return facts;
}

/*
 * The kernel sets TERM to "linux" for init, whatever the console is. On a serial line that is a
 * guess and not the operator's choice.
 */
static bool is_guess(const char *type, int fd)
{
	int wires;

	return strcmp(type, "linux") == 0 && ioctl(fd, TIOCMGET, &wires) == 0;
}

static const struct terminfo_entry *find_entry(const char *name)
{
	const struct terminfo_entry *entry = terminfo_built_in;

	while (entry->name && strcmp(entry->name, name) != 0)
		entry++;
	return entry;
}

int terminfo_choose(struct terminfo *ret, const char *type, int fd, char *note, size_t note_size)
{
	bool given = type && type[0], guess = given && is_guess(type, fd);
	struct type_facts facts = look_up(type, fd);

	*note = '\0';
	if (facts.known && !facts.places_cursor) {
		(void)str_format(note, note_size,
			"The terminal type \"%s\" (TERM) cannot show screens. Use boardstrap install "
			"--plain, or set TERM to the actual type, such as vt220.",
			type);
		return -ENXIO;
	}
	*ret = (struct terminfo){.type = type};
	if (facts.known && !facts.is_family)
		return 0;
	/* For an unknown type: terminals without colours ignore colour sequences, and with no
	 * alternate screen the log stays visible. */
	ret->entry = find_entry(facts.known && !facts.colours ? "boardstrap-mono"
				: facts.other_screen	      ? "boardstrap-page"
							      : "boardstrap");
	ret->type = ret->entry->name;
	if (!facts.known && !guess)
		(void)str_format(note, note_size, "%s%s%s; using a plain VT220 description.",
			given ? "The terminal type \"" : "TERM is not set", given ? type : "",
			given ? "\" (TERM) is unknown" : "");
	return 0;
}

void terminfo_plain(struct terminfo *ret, const char *type, char *note, size_t note_size)
{
	ret->entry = find_entry("boardstrap");
	ret->type = ret->entry->name;
	(void)str_format(note, note_size,
		"The terminal type is \"%s\" (TERM), but the terminal responds; using a plain "
		"VT220 description.",
		type);
}

void terminfo_offer(const struct terminfo *terminfo)
{
	const char *now = getenv("TERMINFO");

	if (!terminfo->entry)
		return;
	before = now ? strdup(now) : NULL;
	(void)setenv("TERMINFO", terminfo->entry->data, 1);
}

void terminfo_withdraw(const struct terminfo *terminfo)
{
	if (!terminfo->entry)
		return;
	if (before)
		(void)setenv("TERMINFO", before, 1);
	else
		(void)unsetenv("TERMINFO");
	free_ptr(&before);
}
