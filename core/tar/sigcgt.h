/* SPDX-License-Identifier: MIT */
/*
 * sigcgt - checks in /proc/PID/status (proc(5)) whether a process has installed a signal handler:
 * SigCgt contains the signal, SigBlk does not, and the process is not a zombie. SIGUSR1 is harmless
 * only then, as its default action kills.
 */
#ifndef CORE_TAR_SIGCGT_H
#define CORE_TAR_SIGCGT_H

#include <stdbool.h>
#include <sys/types.h>

enum sigcgt { SIGCGT_CAUGHT, SIGCGT_NOT_CAUGHT, SIGCGT_BLOCKED, SIGCGT_GONE, SIGCGT_UNREADABLE };

/* Pure: evaluates the text of a status file. SIGCGT_UNREADABLE if a field is missing. */
enum sigcgt sigcgt_parse(const char *status, int signal);
/* Reads proc/PID/status below @proc_root, a descriptor of "/" or of a test's tree. SIGCGT_GONE if
 * there is no such process, SIGCGT_UNREADABLE if the file cannot be read. */
enum sigcgt sigcgt_read(int proc_root, pid_t pid, int signal);

#endif
