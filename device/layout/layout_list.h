/* SPDX-License-Identifier: MIT */
/* layout_list - finds the layout files of a folder. */
#ifndef DEVICE_LAYOUT_LAYOUT_LIST_H
#define DEVICE_LAYOUT_LAYOUT_LIST_H

#include <stddef.h>

/*
 * Lists the layout files in the folder @dir, sorted by name: files NAME.conf with a partition
 * section, and NAME.cfg of genimage, for folders hold other such files as well. Whether they are correct is for layout_load
 * to find out. Stores up to @max absolute paths in @ret, and returns how many files there are; 0 if
 * the folder cannot be read. Opens regular files only.
 */
size_t layout_list(const char *dir, size_t max, char (*ret)[256]);

#endif
