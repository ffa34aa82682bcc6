/* SPDX-License-Identifier: MIT */
/* console - the kernel's console: which terminals the kernel prints its messages on, up to which
 * level, and how to keep it quiet while screens are shown. The kernel's log (dmesg) keeps every
 * message, whatever the console shows. */
#ifndef DEVICE_KERNEL_CONSOLE_H
#define DEVICE_KERNEL_CONSOLE_H

#include "device/base/util.h"

#include <stdbool.h>

struct settings_journal;

/* The first field is console_loglevel: messages below that level are printed (proc(5)). */
#define CONSOLE_PRINTK	  "proc/sys/kernel/printk"
#define CONSOLE_LEVEL_MAX 15 /* CONSOLE_LOGLEVEL_MOTORMOUTH: every message */

/* True if the kernel prints messages on the terminal @tty_fd: it is one of the active consoles in
 * sysfs below @root. tty0 is the foreground virtual terminal, so with it every virtual terminal
 * counts. A pseudo-terminal (ssh, tmux) is never a console. */
bool console_is(int root, int tty_fd);
/* The same for a terminal by its device number. */
bool console_has(int root, unsigned line_major, unsigned line_minor);

/* Messages below the returned level are printed: 0 none, 8 all. CONSOLE_LEVEL_MAX if it cannot be
 * read: assume that messages are printed. */
unsigned console_level(int root);

/* Limits the console to emergencies (level 0; a panic raises the limit by itself) until
 * settings_restore on @journal. 0, also if the console is as quiet already; or -errno of
 * settings_set: -EACCES or -EPERM if not root. */
_must_check_ int console_quiet(struct settings_journal *journal);

#endif
