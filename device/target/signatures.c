/* SPDX-License-Identifier: MIT */
#include "device/target/signatures.h"

#include "device/base/util.h"

#include <blkid.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* More than one signature can have: ZFS has 512 uberblocks, and libblkid erases one at a time. */
#define ROUNDS_MAX 4096

/* Places that do not depend on what libblkid of this machine knows: the board's may know more, and
 * each format's own tools look for its copies. */
static const struct place {
	uint64_t at, size;
	bool from_end; /* @at is the distance of its start from the end */
} places[] = {
	{0, MIB(1), false},	  /* superblocks, headers, ZFS labels 0 and 1 */
	{MIB(1), KIB(64), false}, /* VMFS; LUKS2's second header may be at any power of two */
	{MIB(2), KIB(64), false}, /* up to 4 MiB; bcachefs' copy is near 1 or 2 MiB */
	{MIB(4), KIB(64), false}, /* LUKS2's last */
	{MIB(64), KIB(4), false}, /* btrfs' copies, here and below */
	{GIB(256), KIB(4), false},
	{MIB(1), MIB(1), true}, /* ZFS labels 2 and 3, RAID, bcachefs, NTFS, HFS+ */
};

static int zero(int fd, uint64_t offset, uint64_t size)
{
	static const char zeroes[KIB(64)];

	while (size > 0) {
		uint64_t n = size < sizeof(zeroes) ? size : sizeof(zeroes);
		int r = pwrite_full(fd, zeroes, n, offset);

		if (r < 0)
			return r;
		offset += n;
		size -= n;
	}
	return 0;
}

/* Zeroes the part of @place that is within the first @size bytes from @start. */
static int zero_place(int fd, const struct place *place, uint64_t start, uint64_t size)
{
	uint64_t at = place->at;

	if (place->from_end)
		at = size > place->at ? size - place->at : 0;
	if (at >= size)
		return 0;
	return zero(fd, start + at, size - at < place->size ? size - at : place->size);
}

static void free_probe(blkid_probe *probe)
{
	if (*probe)
		blkid_free_probe(*probe);
}

/* After a signature was erased, libblkid steps back and probes for the same format again. */
static int wipe_found(int fd, uint64_t start, uint64_t size)
{
	__attribute__((cleanup(free_probe))) blkid_probe probe = blkid_new_probe();
	int found = 0;

	if (!probe)
		return -ENOMEM;
	if (blkid_probe_set_device(probe, fd, (blkid_loff_t)start, (blkid_loff_t)size) < 0 ||
		blkid_probe_enable_superblocks(probe, 1) < 0 ||
		blkid_probe_set_superblocks_flags(
			probe, BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_TYPE | BLKID_SUBLKS_BADCSUM) < 0 ||
		blkid_probe_enable_partitions(probe, 1) < 0 ||
		blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT) <
			0)
		return -EIO;
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		found = blkid_do_probe(probe);
		if (found != 0)
			break;
		errno = 0;
		if (blkid_do_wipe(probe, 0) < 0)
			return errno ? -errno : -EIO;
	}
	return found == 1 ? 0 : -EIO;
}

int signatures_wipe(int fd, uint64_t offset_bytes, uint64_t size_bytes)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(places); i++)
		r = zero_place(fd, &places[i], offset_bytes, size_bytes);
	return r < 0 ? r : wipe_found(fd, offset_bytes, size_bytes);
}
