/* SPDX-License-Identifier: MIT */
/* err - one failure of an install: the exit code, the step, and a sentence for the operator. The
 * first wins; what follows from it is appended, never put in its place. */
#ifndef CORE_INSTALL_ERR_H
#define CORE_INSTALL_ERR_H

#include <stddef.h>

/* Exit codes of the program: stable, scripts depend on them (README). */
enum exit_code {
	EXIT_OK = 0,	  /* installed and verified */
	EXIT_FAILED = 1,  /* failed after writing began */
	EXIT_REFUSED = 2, /* refused, or bad usage: nothing was written */
	EXIT_CANCELLED = 3,
	EXIT_VERIFY = 4,       /* verification failed */
	EXIT_LOCKED = 5,       /* another install holds the device */
	EXIT_DETACHED = 6,     /* the install goes on without this front end */
	EXIT_NOT_VERIFIED = 7, /* installed, not verified, as was asked for */
};

struct err {
	int code;	/* enum exit_code; 0: no error */
	char step[16];	/* "mkfs" */
	char text[400]; /* what failed, on what, why: "mkfs.ext4 failed on mmcblk0p1: ..." */
	char next[160]; /* what to do now, a sentence without its stop; or "" */
};

/* Sets the error where there is none, else appends "; " and the sentence to its text. A stop at its
 * end is left out: what follows depends on who shows it. */
void err_set(struct err *err, int code, const char *step, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Text and what to do as one line: "... . What to do." */
void err_sentence(const struct err *err, char *ret, size_t size);

/* The meaning of an errno from a raw target, for the operator: "the device was removed", ..., or the
 * text of strerror. @error is positive or negative. */
const char *err_device_text(int error);

#endif
