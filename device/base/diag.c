/* SPDX-License-Identifier: MIT */
#include "device/base/diag.h"

#include "device/base/util.h"

int diag_fail_at(struct diag *diag, int line, int error, const char *format, ...)
{
	va_list args;

	diag->line = line;
	va_start(args, format);
	(void)str_vformat(diag->text, sizeof(diag->text), format, args);
	va_end(args);
	return error;
}

int diag_fail(struct diag *diag, int error, const char *format, ...)
{
	va_list args;

	diag->line = 0;
	va_start(args, format);
	(void)str_vformat(diag->text, sizeof(diag->text), format, args);
	va_end(args);
	return error;
}
