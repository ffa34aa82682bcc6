/* SPDX-License-Identifier: MIT */
/*
 * sigcgt - has a process installed its handler? The confirmation at the heart of boardstrap: read
 * from /proc/PID/status (proc(5)), SigCgt has the signal and SigBlk has not and the process is no
 * zombie. Only then a SIGUSR1 is harmless: its default is to kill.
 */
#ifndef CORE_TAR_SIGCGT_H
#define CORE_TAR_SIGCGT_H

#include <stdbool.h>
#include <sys/types.h>

enum sigcgt { SIGCGT_CAUGHT, SIGCGT_NOT_CAUGHT, SIGCGT_BLOCKED, SIGCGT_GONE, SIGCGT_UNREADABLE };

/* Pure: judges the text of a status file. A text without the fields is SIGCGT_UNREADABLE. */
enum sigcgt sigcgt_parse(const char *status, int signal);
/* Reads proc/PID/status below @proc_root (an fd on "/" or a test's tree). */
enum sigcgt sigcgt_read(int proc_root, pid_t pid, int signal);

#endif
