/* SPDX-License-Identifier: MIT */
/*
 * mount - the private mount namespace of the engine, and the filesystems in it, which disappear
 * with the last process of the namespace. Filesystems are never unmounted with MNT_DETACH or
 * MNT_FORCE: that would report success while writes continue.
 */
#ifndef DEVICE_TARGET_MOUNT_H
#define DEVICE_TARGET_MOUNT_H

#include "device/base/util.h"
#include "device/layout/fs.h"

/* Moves the calling process into a private mount namespace and mounts a tmpfs on @dir, the
 * directory of the job (created if missing; mode 0700, device nodes allowed). A root descriptor
 * opened earlier shows the old namespace as long as that exists. Works in a chroot too, with the
 * folder proc in it, and then changes the working directory to "/". Returns 0 or -errno. */
_must_check_ int mount_enter_private(const char *dir);

/* True if the running kernel can mount @fs. Loads the kernel module if there is one. */
bool mount_supported(enum fs_kind fs);

/* Mounts @node on @dir (created if missing). For writing: noatime, and options that keep the kernel
 * from writing by itself (ext4: noinit_itable) and chmod from failing (vfat: quiet). Returns 0 or
 * -errno. */
_must_check_ int mount_fs(const char *node, const char *dir, enum fs_kind fs, bool read_only);

/* Unmounts @dir, retrying for @wait_ms while it is busy. On -EBUSY @holders lists the processes
 * that use it ("tar (1234), sh (99)"). Otherwise @holders is "". Success proves nothing about
 * the data: see flush.h. Returns 0 or -errno. */
_must_check_ int mount_unmount(const char *dir, unsigned wait_ms, char *holders, size_t size);

#endif
