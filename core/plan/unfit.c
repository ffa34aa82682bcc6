/* SPDX-License-Identifier: MIT */
#include "core/plan/unfit.h"

#include "device/base/utf8.h"
#include "device/base/util.h"
#include "device/layout/mkfs.h"

#include <string.h>

/* The limits of a filesystem with its usual options. 0: no limit, or one of the kernel. */
static const struct {
	uint64_t file_max;    /* bytes */
	uint32_t xattr_bytes; /* of one entry, by manifest_entry.xattr_bytes */
} limits[FS_KIND_COUNT] = {
	[FS_EXT4] = {0}, /* by its block size: ext4_reason */
	[FS_F2FS] = {UINT64_C(1057053439) * 4096, 4096 + 128},
	/* Each attribute is an item of a leaf: together they have no limit. */
	[FS_BTRFS] = {0},
};

/* The times of ext4: 32 bits, and two more in inodes of 256 bytes. */
#define EXT4_MIN_S  (-(INT64_C(1) << 31))
#define EXT4_MAX_S  ((INT64_C(3) << 32) + (INT64_C(1) << 31) - 1)
#define EXT4_OLD_S  ((INT64_C(1) << 31) - 1)
#define OLD_INODE   128
#define EXT4_BLOCK  4096
#define EXT4_INODES 256

/* Attributes of at most a block less these bytes fit in any order; the inode has room for small ones
 * alone. */
#define EXT4_XATTR_HEAD 36

static const char large_file[] = "is too large a file";
static const char large_xattrs[] = "has too large extended attributes or access control lists";

const char *unfit_type(enum manifest_type type)
{
	static const char *const phrases[MANIFEST_TYPE_COUNT] = {
		[MANIFEST_FILE] = "is a file",
		[MANIFEST_DIR] = "is a folder",
		[MANIFEST_SYMLINK] = "is a symbolic link",
		[MANIFEST_HARDLINK] = "is a hard link",
		[MANIFEST_CHAR] = "is a device node",
		[MANIFEST_BLOCK] = "is a device node",
		[MANIFEST_FIFO] = "is a named pipe",
	};

	return phrases[type];
}

/* The kernel's vfat drops dots at the end of a name, and refuses the others. Its names are UTF-16. */
static const char *vfat_name_reason(const char *path)
{
	uint32_t point;

	if (strpbrk(path, "\"*:<>?\\|"))
		return "has a name with one of \"*:<>?\\|";
	for (size_t length; *path; path += length) {
		length = utf8_decode(path, &point);
		if (length == 0)
			return "has a name that is not UTF-8";
		if (point < ' ')
			return "has a name with a control character";
		if ((point == '.' || point == ' ') && (path[1] == '/' || path[1] == '\0'))
			return "has a name that ends with a dot or a space";
	}
	return NULL;
}

static const char *vfat_reason(const struct manifest_entry *entry)
{
	if (entry->type != MANIFEST_FILE && entry->type != MANIFEST_DIR)
		return unfit_type(entry->type);
	if (entry->size > UINT32_MAX)
		return "is a file of 4 GiB or more";
	return vfat_name_reason(entry->path);
}

static const char *ext4_reason(
	const struct layout_partition *partition, const struct manifest_entry *entry)
{
	uint32_t inode = mkfs_number(partition, "-I", EXT4_INODES);
	uint32_t block = mkfs_number(partition, "-b", EXT4_BLOCK);

	/* The kernel drops the fraction of the first and of the last second. */
	if (entry->mtime_s < EXT4_MIN_S || (entry->mtime_s == EXT4_MIN_S && entry->mtime_ns > 0))
		return "has a modification time before December 1901";
	if (inode <= OLD_INODE && entry->mtime_s > EXT4_OLD_S)
		return "has a modification time after January 2038";
	if (entry->mtime_s > EXT4_MAX_S || (entry->mtime_s == EXT4_MAX_S && entry->mtime_ns > 0))
		return "has a modification time after May 2446";
	if (entry->type == MANIFEST_SYMLINK && strlen(entry->link) >= block)
		return "is a symbolic link with a long target";
	if (entry->size > (uint64_t)block * UINT32_MAX)
		return large_file;
	if (entry->xattr_bytes > block - EXT4_XATTR_HEAD)
		return large_xattrs;
	return NULL;
}

const char *unfit_reason(
	const struct layout_partition *partition, const struct manifest_entry *entry)
{
	const char *reason = NULL;

	if (partition->fs == FS_VFAT)
		return vfat_reason(entry);
	if (entry->type == MANIFEST_HARDLINK) /* its file was judged */
		return NULL;
	if (partition->fs == FS_EXT4)
		reason = ext4_reason(partition, entry);
	if (reason)
		return reason;
	if (limits[partition->fs].file_max && entry->size > limits[partition->fs].file_max)
		return large_file;
	if (limits[partition->fs].xattr_bytes &&
		entry->xattr_bytes > limits[partition->fs].xattr_bytes)
		return large_xattrs;
	return NULL;
}
