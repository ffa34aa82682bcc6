/* SPDX-License-Identifier: MIT */
#include "device/disk/probe.h"

#include "device/base/util.h"
#include "device/disk/loader_scan.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDS_BYTES KIB(512)

/* Results of blkid_do_safeprobe; older versions of the library have no names for them. */
enum { PROBE_AMBIVALENT = -2, PROBE_ERROR = -1, PROBE_FOUND = 0, PROBE_NOTHING = 1 };

static void free_probe(blkid_probe *probe)
{
	if (*probe)
		blkid_free_probe(*probe);
}

#define _cleanup_probe_ __attribute__((cleanup(free_probe)))

/* Copies text from a medium, cut to size and sanitised. Sets @partial if that changed the text. */
#define COPY_TEXT(to, text, partial) copy_text((to), sizeof(to), (text), (partial))
static void copy_text(char *to, size_t size, const char *text, bool *partial)
{
	(void)str_copy(to, size, text ? text : "");
	str_sanitise(to);
	*partial = *partial || (text && strcmp(to, text) != 0);
}

#define COPY_VALUE(to, probe, name, partial)                                                       \
	copy_value((to), sizeof(to), (probe), (name), (partial))
static void copy_value(char *to, size_t size, blkid_probe probe, const char *name, bool *partial)
{
	const char *value = NULL;

	(void)blkid_probe_lookup_value(probe, name, &value, NULL);
	copy_text(to, size, value, partial);
}

/* Signatures are at both ends. libblkid reads most of these two spans anyway, in dozens of small
 * reads that each wait for the device; prefetched, they need two. */
static void prefetch(int fd, uint64_t offset_bytes, uint64_t size_bytes)
{
	(void)posix_fadvise(fd, (off_t)offset_bytes, ENDS_BYTES, POSIX_FADV_WILLNEED);
	if (size_bytes > 2 * ENDS_BYTES)
		(void)posix_fadvise(fd, (off_t)(offset_bytes + size_bytes - ENDS_BYTES), ENDS_BYTES,
			POSIX_FADV_WILLNEED);
}

/* A probe of @size_bytes (0: all) from @offset_bytes, or NULL with errno. */
static blkid_probe new_probe(int fd, uint64_t offset_bytes, uint64_t size_bytes, bool table)
{
	blkid_probe probe = blkid_new_probe();

	if (!probe)
		return NULL;
	errno = 0;
	if (blkid_probe_set_device(
		    probe, fd, (blkid_loff_t)offset_bytes, (blkid_loff_t)size_bytes) == 0 &&
		blkid_probe_enable_superblocks(probe, 1) == 0 &&
		blkid_probe_set_superblocks_flags(
			probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID) == 0 &&
		blkid_probe_enable_partitions(probe, table) == 0) {
		prefetch(fd, offset_bytes, (uint64_t)blkid_probe_get_size(probe));
		return probe;
	}
	blkid_free_probe(probe);
	return NULL;
}

/* Probes the filesystem of a partition. If it is unreadable, the partition has no filesystem. */
static void probe_partition(int fd, struct disk_partition *partition, bool *partial)
{
	_cleanup_probe_ blkid_probe probe = new_probe(
		fd, partition->start * SECTOR_BYTES, partition->sectors * SECTOR_BYTES, false);
	int found = probe ? blkid_do_safeprobe(probe) : PROBE_ERROR;

	if (found != PROBE_FOUND) {
		*partial = *partial || found != PROBE_NOTHING;
		return;
	}
	COPY_VALUE(partition->fs_type, probe, "TYPE", partial);
	COPY_VALUE(partition->fs_label, probe, "LABEL", partial);
	COPY_VALUE(partition->fs_uuid, probe, "UUID", partial);
}

static void read_partition(int fd, blkid_partition from, struct disk_partition *to, bool *partial)
{
	const char *type = blkid_partition_get_type_string(from);

	to->number = (uint32_t)blkid_partition_get_partno(from);
	to->start = (uint64_t)blkid_partition_get_start(from);
	to->sectors = (uint64_t)blkid_partition_get_size(from);
	COPY_TEXT(to->name, blkid_partition_get_name(from), partial);
	COPY_TEXT(to->uuid, blkid_partition_get_uuid(from), partial);
	if (type)
		COPY_TEXT(to->type, type, partial);
	else
		(void)STR_FORMAT(
			to->type, "0x%02x", (unsigned)blkid_partition_get_type(from) & 0xff);
	/* An extended partition only contains others. */
	if (to->sectors > 0 && !blkid_partition_is_extended(from))
		probe_partition(fd, to, partial);
}

static void read_table(int fd, blkid_probe probe, struct disk_content *ret)
{
	blkid_partlist list = blkid_probe_get_partitions(probe);
	int count = list ? blkid_partlist_numof_partitions(list) : 0;

	for (int i = 0; i < count; i++) {
		blkid_partition partition = blkid_partlist_get_partition(list, i);

		if (i < DISK_PARTITIONS_MAX && partition)
			read_partition(fd, partition, &ret->partitions[i], &ret->partial);
	}
	ret->partition_count = count > 0 ? (uint32_t)count : 0;
}

static enum content_state state_of_error(int error)
{
	return error == EACCES || error == EPERM ? CONTENT_DENIED : CONTENT_UNREADABLE;
}

/* Reports a table unless it is only a by-product of a filesystem's boot sector. */
static void read_found(int fd, blkid_probe probe, struct disk_content *ret)
{
	char table[16];

	COPY_VALUE(table, probe, "PTTYPE", &ret->partial);
	COPY_VALUE(ret->type, probe, "TYPE", &ret->partial);
	COPY_VALUE(ret->label, probe, "LABEL", &ret->partial);
	COPY_VALUE(ret->uuid, probe, "UUID", &ret->partial);
	if (table[0])
		read_table(fd, probe, ret);
	ret->state = CONTENT_FILESYSTEM;
	if (table[0] && (ret->partition_count > 0 || !ret->type[0])) {
		ret->state = CONTENT_TABLE;
		(void)STR_COPY(ret->type, table);
	}
}

void probe_content_fd(int fd, struct disk_content *ret)
{
	_cleanup_probe_ blkid_probe probe = new_probe(fd, 0, 0, true);

	*ret = (struct disk_content){.state = CONTENT_UNREADABLE};
	if (!probe)
		return;
	switch (blkid_do_safeprobe(probe)) {
	case PROBE_FOUND:
		read_found(fd, probe, ret);
		break;
	case PROBE_NOTHING:
		ret->state = CONTENT_BLANK;
		break;
	case PROBE_AMBIVALENT:
		ret->state = CONTENT_AMBIVALENT;
		break;
	default:
		ret->state = state_of_error(errno);
		break;
	}
}

/* The exclusive open here lasts microseconds, but could make another program fail that opens the
 * disk exclusively at that moment. Programs that lock it first, as installers and udev do, are
 * not affected. */
static enum disk_hold probe_hold(int fd, const char *path)
{
	_cleanup_close_ int excl_fd = -1;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode))
		return HOLD_NONE;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? HOLD_LOCKED : HOLD_NONE;
	excl_fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	return excl_fd < 0 && errno == EBUSY ? HOLD_EXCLUSIVE : HOLD_NONE;
}

/* Kernels before 5.0 write their own idea of PARTITION_CONFIG back when they change to another area,
 * which would undo what an install has set. There, and during an install, the areas are not read. */
static void find_loaders(int fd, const char *path, struct disk_content *content)
{
	const struct emmc_card card = {.fd = fd, .command = emmc_command};
	off_t size = lseek(fd, 0, SEEK_END);

	if (size > 0)
		loader_scan_disk(fd, (uint64_t)size, content);
	if (content->hold != HOLD_LOCKED && kernel_is_at_least(5, 0))
		loader_scan_boot_areas(path, &card, content);
}

void probe_content(const char *path, struct disk_content *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		*ret = (struct disk_content){.state = state_of_error(errno)};
		return;
	}
	probe_content_fd(fd, ret);
	ret->hold = probe_hold(fd, path);
	find_loaders(fd, path, ret);
}
