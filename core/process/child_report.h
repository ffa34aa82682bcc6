/* SPDX-License-Identifier: MIT */
/* child_report - progress and errors, sent by a work child to its parent through a pipe. */
#ifndef CORE_PROCESS_CHILD_REPORT_H
#define CORE_PROCESS_CHILD_REPORT_H

#include <stdint.h>

/* One message of a work child. Smaller than PIPE_BUF, so a write is atomic (pipe(7)). */
struct child_report {
	uint64_t done, total; /* bytes or entries, as the work defines */
	int32_t error;	      /* -errno of a failure, else 0 */
	char text[404];	      /* an error message, or a result as the work defines */
};

/* Clears the last report. The child calls it before its work. */
void child_report_begin(void);
/* Reports @error (-errno) unless it is 0 or the work has reported an error itself. The child calls
 * it after its work. */
void child_report_end(int report_fd, int error);

/* For the work: sends its progress. A failed write is ignored. */
void child_report_send(int report_fd, uint64_t done, uint64_t total);
/* For the work: sends a remark, with error 0 and the last progress; on_report may show it. */
void child_report_say(int report_fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For the work: sends an error message, cut to the size of text, with the last progress. Returns
 * @error, for `return`. */
int child_report_fail(int report_fd, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
