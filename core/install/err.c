/* SPDX-License-Identifier: MIT */
#include "core/install/err.h"

#include "device/base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void err_set(struct err *err, int code, const char *step, const char *format, ...)
{
	size_t used = strlen(err->text);
	va_list args;

	if (!err->code) {
		err->code = code;
		STR_COPY(err->step, step);
	} else if (used > 0 && used + 2 < sizeof(err->text)) {
		str_copy(err->text + used, sizeof(err->text) - used, "; ");
		used += 2;
	}
	va_start(args, format);
	str_vformat(err->text + used, sizeof(err->text) - used, format, args);
	va_end(args);
	used = strlen(err->text);
	if (used > 0 && err->text[used - 1] == '.')
		err->text[used - 1] = '\0';
}

void err_sentence(const struct err *err, char *ret, size_t size)
{
	(void)str_format(ret, size, "%s%s%s", err->text, err->next[0] ? ". " : "", err->next);
}

const char *err_device_text(int error)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{EIO, "the device reports a read or write error (its medium is bad or wearing out)"},
		{ENOSPC, "the device was removed, or is smaller than it was"},
		{ENODATA, "the device was removed, or is smaller than it was"},
		{ENODEV, "the device was removed"},
		{ENXIO, "the device was removed"},
		{ENOENT, "the device was removed"},
		{ENOMEDIUM, "there is no card in the slot"},
		{EBUSY, "another program uses the device"},
		{EROFS, "the device is write-protected (check its switch)"},
		{EPERM, "access to the device is forbidden (write protection, or a security policy)"},
		{EACCES, "no permission to open the device (are you root?)"},
		{ESTALE, "it is no longer the device that was chosen"},
		{EWOULDBLOCK, "another install holds the device"},
		{ETIMEDOUT,
			"the device does not respond (signal or clock problem, or a loose card)"},
		{EILSEQ, "data was damaged in transfer to the device (signal or clock problem)"},
		{EREMOTEIO, "the device refused the command"},
	};

	error = abs(error);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].error == error)
			return texts[i].text;
	return strerror(error);
}
