/* SPDX-License-Identifier: MIT */
/* child_report - progress and the sentence of a failure, from a work child to its parent. */
#ifndef CORE_PROCESS_CHILD_REPORT_H
#define CORE_PROCESS_CHILD_REPORT_H

#include <stdint.h>

/* One message of a work child; smaller than PIPE_BUF, so it arrives whole. */
struct child_report {
	uint64_t done, total; /* bytes or entries, as the work defines */
	int32_t error;	      /* -errno of a failure, else 0 */
	char text[236];	      /* the sentence of a failure, or a note */
};

/* In a work child, around its work: clears the last report; sends @error, 0 or -errno, as a report unless
 * the work has reported an error itself. */
void child_report_begin(void);
void child_report_end(int report_fd, int error);

/* In a work child: sends one report to the parent. */
void child_report_send(int report_fd, uint64_t done, uint64_t total);
/* In a work child: sends the sentence of a failure and returns @error, for `return`. */
int child_report_fail(int report_fd, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
