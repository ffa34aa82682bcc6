/* SPDX-License-Identifier: MIT */
/*
 * id - the forms of the identities of disks, partitions and filesystems. Each function copies @text to
 * @ret as libblkid prints it: lower case, but upper case for vfat. It returns false, with @ret
 * unchanged, if @text does not have the form, or is all zeros, which means "none" to libblkid. @ret may
 * be @text. Pure.
 */
#ifndef DEVICE_LAYOUT_ID_H
#define DEVICE_LAYOUT_ID_H

#include "device/layout/layout.h"

#include <stdbool.h>
#include <stddef.h>

#define ID_BYTES 37 /* size of the longest, a UUID */

bool id_of_uuid(const char *text, char ret[ID_BYTES]);
/* A UUID; "XXXX-XXXX" for vfat; never true for FS_NONE. */
bool id_of_fs(enum fs_kind fs, const char *text, char ret[ID_BYTES]);
/* A UUID for a GPT; 8 hexadecimal digits, also after "0x", for an MBR. */
bool id_of_disk(enum table_kind table, const char *text, char ret[ID_BYTES]);
/* A UUID for a GPT; "XXXXXXXX-NN" for an MBR. */
bool id_of_partition(enum table_kind table, const char *text, char ret[ID_BYTES]);

/* Sets @ret to the PARTUUID of the partition with the @number of an MBR with the ID @disk. */
void id_make_mbr(const char *disk, unsigned number, char ret[ID_BYTES]);

#endif
