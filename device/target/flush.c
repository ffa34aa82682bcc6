/* SPDX-License-Identifier: MIT */
#include "device/target/flush.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

int flush_read_stat(int root, const char *name, struct flush_stat *ret)
{
	uint64_t sectors, in_flight;
	char text[512];
	int r;

	r = sysroot_read(root, text, sizeof(text), "sys/class/block/%s/stat", name);
	if (r < 0)
		return r;
	/* Fields: reads (I/Os, merges, sectors, ms), writes (I/Os, merges, sectors, ms), in flight. */
	if (sscanf(text, "%*u %*u %*u %*u %*u %*u %" SCNu64 " %*u %" SCNu64, &sectors,
		    &in_flight) != 2)
		return -EBADMSG;
	ret->written_bytes = sectors * SECTOR_BYTES;
	ret->in_flight = in_flight;
	return 0;
}

int flush_filesystem(int dir_fd)
{
	return syncfs(dir_fd) < 0 ? -errno : 0;
}

int flush_device(int fd)
{
	return fsync(fd) < 0 ? -errno : 0;
}
