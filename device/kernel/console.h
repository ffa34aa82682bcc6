/* SPDX-License-Identifier: MIT */
/*
 * console - the kernel's console: which terminals the kernel writes its messages on, how grave a
 * message must be to come out there, and how to keep it quiet while screens are shown. All that is
 * logged stays in the kernel's log (dmesg), whatever the console shows.
 */
#ifndef DEVICE_KERNEL_CONSOLE_H
#define DEVICE_KERNEL_CONSOLE_H

#include "device/base/util.h"

#include <stdbool.h>

struct settings_journal;

/* Messages of a level below console_loglevel come out: the first field of this setting (proc(5)). */
#define CONSOLE_PRINTK	  "proc/sys/kernel/printk"
#define CONSOLE_LEVEL_MAX 15 /* CONSOLE_LOGLEVEL_MOTORMOUTH: all there are, and some more */

/*
 * True where the kernel writes on the terminal behind @tty_fd: it is one of sysfs' active consoles
 * below @root. tty0 there is the virtual terminal that is in front, so that every one of them counts.
 * A pseudo-terminal (ssh, tmux) never does, whatever shows it.
 */
bool console_is(int root, int tty_fd);
/* The same of a terminal by its device number. */
bool console_has(int root, unsigned line_major, unsigned line_minor);

/* Levels below the one that is returned come out: 0 none, 8 all. CONSOLE_LEVEL_MAX where it cannot be
 * told: then a message may well be seen. */
unsigned console_level(int root);

/*
 * Has only emergencies come out (level 0; a panic raises the level by itself) until settings_restore on
 * @journal. 0, also where the console is as quiet already; or -errno of settings_set: -EACCES, -EPERM for
 * who is not root.
 */
_must_check_ int console_quiet(struct settings_journal *journal);

#endif
