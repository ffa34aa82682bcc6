/* SPDX-License-Identifier: MIT */
/*
 * mount - the engine's private mount namespace, and filesystems in it. What is mounted there
 * vanishes with the last process of the namespace. Never a lazy or forced unmount: it would look
 * like success while writes go on (device.md 6.1).
 */
#ifndef DEVICE_TARGET_MOUNT_H
#define DEVICE_TARGET_MOUNT_H

#include "device/layout/fs.h"

/* Moves the calling process into a private mount namespace and mounts a tmpfs (mode 0700, device
 * nodes allowed) on @dir, made if missing: the job's directory. A root fd from before goes on
 * showing the old namespace, as long as that lives. 0 or -errno. */
int mount_enter_private(const char *dir);

/* True where the running kernel can mount @fs; loads its module where that is how it gets it. */
bool mount_supported(enum fs_kind fs);

/* Mounts @node on @dir (made if missing). For writing: noatime, and what keeps the kernel from
 * writing behind our back (ext4 noinit_itable) or a chmod from failing (vfat quiet).
 * 0 or -errno. */
int mount_fs(const char *node, const char *dir, enum fs_kind fs, bool read_only);

/* Unmounts @dir, retrying EBUSY for @wait_ms. On -EBUSY @holders names the processes that keep it
 * ("tar (1234), sh (99)"). umount's success proves nothing about the data: see flush. */
int mount_unmount(const char *dir, unsigned wait_ms, char *holders, size_t size);

#endif
