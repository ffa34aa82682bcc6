/* SPDX-License-Identifier: MIT */
/* diag - the reason for a failure: a sentence for the operator, returned along with -errno. */
#ifndef DEVICE_BASE_DIAG_H
#define DEVICE_BASE_DIAG_H

#include "device/base/util.h"

struct diag {
	int line; /* in the file that the sentence is about; 0: none */
	char text[400];
};

/* Formats the sentence into @diag and returns @error, for use in a return statement. diag_fail_at
 * also records @line; diag_fail sets it to 0. A text that is too long is cut. */
_must_check_ int diag_fail(struct diag *diag, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
_must_check_ int diag_fail_at(struct diag *diag, int line, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
