/* SPDX-License-Identifier: MIT */
/* diag - why something failed: a sentence for the operator, handed back beside the -errno. */
#ifndef DEVICE_BASE_DIAG_H
#define DEVICE_BASE_DIAG_H

struct diag {
	int line; /* of the file that it is about; 0: none */
	char text[160];
};

/* Fills @diag with a formatted sentence and returns @error, for `return`. The second one is about
 * @line. */
int diag_fail(struct diag *diag, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int diag_fail_at(struct diag *diag, int line, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
