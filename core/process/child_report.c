/* SPDX-License-Identifier: MIT */
#include "core/process/child_report.h"

#include "device/base/util.h"

#include <string.h>

/* The last report that this process sent. */
static struct child_report reported;

void child_report_begin(void)
{
	memset(&reported, 0, sizeof(reported));
}

void child_report_end(int report_fd, int error)
{
	if (error && reported.error == 0)
		(void)child_report_fail(report_fd, error, "%s", "");
}

void child_report_send(int report_fd, uint64_t done, uint64_t total)
{
	reported.done = done;
	reported.total = total;
	(void)write_full(report_fd, &reported, sizeof(reported));
}

void child_report_say(int report_fd, const char *format, ...)
{
	struct child_report remark = reported;
	va_list args;

	va_start(args, format);
	(void)str_vformat(remark.text, sizeof(remark.text), format, args);
	va_end(args);
	(void)write_full(report_fd, &remark, sizeof(remark));
}

int child_report_fail(int report_fd, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)str_vformat(reported.text, sizeof(reported.text), format, args);
	va_end(args);
	reported.error = error;
	(void)write_full(report_fd, &reported, sizeof(reported));
	return error;
}
