/* SPDX-License-Identifier: MIT */
#include "ui/term/term_crash.h"

#include "device/base/util.h"

/* Curses comes last and without its macros, whose names clash with ours. */
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <signal.h>
#include <term.h>
#include <unistd.h>

/* The state of the signal handler; -1: no terminal to restore. */
static volatile sig_atomic_t crash_fd = -1;
static struct termios crash_termios;
static int crash_out;
static char crash_text[128]; /* leaves the cursor on a blank last row, as term_close does */
static size_t crash_length;
static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void on_crash(int number)
{
	if (crash_fd >= 0) {
		/* O_NONBLOCK: a stopped line cannot block the exit. */
		(void)!write(crash_out, crash_text, crash_length);
		(void)tcsetattr(crash_fd, TCSANOW, &crash_termios);
	}
	/* SA_RESETHAND: the default action runs when this returns. */
	(void)raise(number);
}

static void handle_crashes(bool on)
{
	struct sigaction action = {
		.sa_handler = on ? on_crash : SIG_DFL, .sa_flags = on ? (int)SA_RESETHAND : 0};

	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++)
		(void)sigaction(crash_signals[i], &action, NULL);
}

static int crash_add(int character)
{
	if (crash_length < sizeof(crash_text))
		crash_text[crash_length++] = (char)character;
	return character;
}

static void crash_put(const char *text)
{
	if (text && text != (char *)-1)
		(void)tputs(text, 1, crash_add);
}

void term_crash_resized(void)
{
	static const char *const leave[] = {"rmkx", "rmcup", "cnorm"};
	const char *place = tigetstr("cup");

	crash_length = 0;
	crash_put(tigetstr("sgr0"));
	if (place && place != (char *)-1)
		crash_put(tiparm(place, LINES - 1, 0));
	crash_put(tigetstr("el"));
	for (size_t i = 0; i < ARRAY_SIZE(leave); i++)
		crash_put(tigetstr(leave[i]));
}

void term_crash_arm(int in, int out, const struct termios *saved)
{
	term_crash_resized();
	crash_termios = *saved;
	crash_out = out;
	crash_fd = in;
	handle_crashes(true);
}

void term_crash_disarm(void)
{
	handle_crashes(false);
	crash_fd = -1;
}
