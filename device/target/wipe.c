/* SPDX-License-Identifier: MIT */
#include "device/target/wipe.h"

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/target/signatures.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A discard cannot be interrupted: start small, and grow while discards return quickly. */
#define DISCARD_FIRST_BYTES MIB(8)
#define DISCARD_MAX_BYTES   MIB(128)
#define DISCARD_QUICK_MS    250
/* Discard only speeds up later writes, so it is skipped on a card that takes longer than this. */
#define DISCARD_BUDGET_MS 10000

/* Sizes of MBR, GPT header and 128 entries, and of the backup GPT, with 4096-byte sectors. */
#define TABLE_HEAD_BYTES KIB(24)
#define TABLE_TAIL_BYTES KIB(20)

/* The byte range [start, end) that zeroing must not leave. */
struct range {
	uint64_t start, end;
};

/* Zeroes @size bytes at @offset, limited to @in. */
static int zero(int fd, struct range in, uint64_t offset, uint64_t size)
{
	static const char zeroes[KIB(64)];
	uint64_t end = offset + size < in.end ? offset + size : in.end;

	while (offset < end) {
		uint64_t n = end - offset < sizeof(zeroes) ? end - offset : sizeof(zeroes);
		int r = pwrite_full(fd, zeroes, n, offset);

		if (r < 0)
			return r;
		offset += n;
	}
	return 0;
}

/* Zeroes the last @size bytes of @in. */
static int zero_tail(int fd, struct range in, uint64_t size)
{
	return zero(fd, in, in.end - in.start > size ? in.end - size : in.start, size);
}

static int sync_fd(int fd)
{
	return fsync(fd) < 0 ? -errno : 0;
}

int wipe_table(int fd, uint64_t disk_bytes)
{
	struct range disk = {0, disk_bytes};
	int r;

	r = zero(fd, disk, 0, TABLE_HEAD_BYTES);
	if (r == 0)
		r = zero_tail(fd, disk, TABLE_TAIL_BYTES);
	return r < 0 ? r : sync_fd(fd);
}

/* Discards as much as possible. Only cancelling is an error: zeroing will show whether the disk can
 * be written, and a card that refuses discard is still usable. */
static int discard(int fd, uint64_t disk_bytes, wipe_progress *progress, void *arg)
{
	uint64_t chunk = DISCARD_FIRST_BYTES, begin = now_ms(), done = 0;

	while (done < disk_bytes) {
		uint64_t start = now_ms();
		uint64_t range[2] = {done, disk_bytes - done < chunk ? disk_bytes - done : chunk};

		if (progress && progress(arg, done, disk_bytes) != 0)
			return -ECANCELED;
		if (start - begin >= DISCARD_BUDGET_MS || ioctl(fd, BLKDISCARD, range) < 0)
			break;
		done += range[1];
		if (chunk < DISCARD_MAX_BYTES && now_ms() - start < DISCARD_QUICK_MS)
			chunk *= 2;
	}
	return 0;
}

int wipe_disk(int fd, const struct layout *layout, wipe_progress *progress, void *arg)
{
	struct range disk = {0, 0};
	int r;

	if (ioctl(fd, BLKGETSIZE64, &disk.end) < 0)
		return -errno;

	/* First, so that a power cut during the discard leaves nothing bootable. */
	r = wipe_table(fd, disk.end);
	if (r == 0)
		r = discard(fd, disk.end, progress, arg);
	if (r == 0)
		r = signatures_wipe(fd, 0, disk.end);
	for (size_t i = 0; r == 0 && i < layout->count; i++)
		r = signatures_wipe(fd, layout->partitions[i].start * SECTOR_BYTES,
			layout->partitions[i].sectors * SECTOR_BYTES);
	if (r == 0)
		r = sync_fd(fd);
	if (r == 0 && ioctl(fd, BLKFLSBUF, 0) < 0)
		r = -errno;
	if (r == 0 && progress && progress(arg, disk.end, disk.end) != 0)
		r = -ECANCELED;
	return r;
}
