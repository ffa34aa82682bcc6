/* SPDX-License-Identifier: MIT */
/* err - one failure of an install: the exit code, the step, and a sentence for the operator. The
 * first failure is kept; consequences are appended to it. */
#ifndef CORE_INSTALL_ERR_H
#define CORE_INSTALL_ERR_H

#include <stddef.h>

/* Exit codes of the program. They are stable: scripts depend on them (README). */
enum exit_code {
	EXIT_OK = 0,	  /* installed and verified */
	EXIT_FAILED = 1,  /* failed after writing began */
	EXIT_REFUSED = 2, /* refused, or bad usage; nothing was written */
	EXIT_CANCELLED = 3,
	EXIT_VERIFY = 4,       /* verification failed */
	EXIT_LOCKED = 5,       /* another install holds the device */
	EXIT_DETACHED = 6,     /* the install continues without this front end */
	EXIT_NOT_VERIFIED = 7, /* installed, not verified, as requested */
};

struct err {
	int code;	/* enum exit_code; 0: no error */
	char step[16];	/* "mkfs" */
	char text[400]; /* "mkfs.ext4 failed on mmcblk0: ...", without its full stop */
	char next[160]; /* advice: a sentence without its full stop; or "" */
};

/* Sets the error, or appends "; " and the sentence to the text of an earlier one. A full stop at
 * the end is dropped, since the caller decides what follows. */
void err_set(struct err *err, int code, const char *step, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Writes text and advice as one line to @ret: "<text>. <advice>". */
void err_sentence(const struct err *err, char *ret, size_t size);

/* Returns the meaning of an errno from the target's device for the operator ("the device was
 * removed"), or the text of strerror. @error may be positive or negative. The string is static. */
const char *err_device_text(int error);

#endif
