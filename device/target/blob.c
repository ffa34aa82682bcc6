/* SPDX-License-Identifier: MIT */
#include "device/target/blob.h"

#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES MIB(1)
#define HEAD_BYTES  KIB(4)
/* Enough alignment for O_DIRECT: no block device has larger logical blocks. */
#define ALIGN_BYTES KIB(64)

struct job {
	const struct blob *blob;
	struct diag *diag;
	bool writes;
	uint64_t done, total;
	struct stat planned; /* the file before the first read */
	uint64_t block;	     /* logical block size of the device */
	char *from, *to;     /* a chunk of the file; whole blocks of the device */
};

/* Reports a failed access to the device. A device that was removed has the size 0, whatever errno
 * the call returned. */
static int device_fail(const struct job *job, int error, const char *verb, uint64_t offset)
{
	uint64_t size;

	if (ioctl(job->blob->dst, BLKGETSIZE64, &size) < 0 || size == 0)
		return diag_fail(job->diag, -ENODEV, "the device was removed");
	return diag_fail(job->diag, error, "the device could not be %s at byte %" PRIu64 ": %s",
		verb, offset, strerror(-error));
}

static int check_file(struct job *job)
{
	uint64_t size;

	if (fstat(job->blob->src, &job->planned) < 0 || !S_ISREG(job->planned.st_mode))
		return diag_fail(job->diag, -ESTALE, "the file is not a regular file");
	size = (uint64_t)job->planned.st_size;
	if (size != job->blob->size_bytes)
		return diag_fail(job->diag, -ESTALE,
			"the file has %" PRIu64 " bytes, but had %" PRIu64
			" when the install was planned",
			size, job->blob->size_bytes);
	return 0;
}

static int check_device(struct job *job)
{
	const struct blob *blob = job->blob;
	int read_only, block;
	struct stat st;
	uint64_t size;

	if (fstat(blob->dst, &st) < 0 || !S_ISBLK(st.st_mode))
		return diag_fail(job->diag, -ENOTBLK, "the device is not a block device");
	if (ioctl(blob->dst, BLKGETSIZE64, &size) < 0 || size == 0 ||
		ioctl(blob->dst, BLKSSZGET, &block) < 0 ||
		ioctl(blob->dst, BLKROGET, &read_only) < 0)
		return diag_fail(job->diag, -ENODEV, "the device was removed");
	if (blob->offset_bytes > size || blob->size_bytes > size - blob->offset_bytes)
		return diag_fail(job->diag, -ENOSPC,
			"the device has %" PRIu64 " bytes, too few for %" PRIu64
			" bytes at byte %" PRIu64,
			size, blob->size_bytes, blob->offset_bytes);
	/* Opening a write-protected device for writing succeeds. */
	if (job->writes && read_only)
		return diag_fail(job->diag, -EROFS, "the device is write-protected");
	job->block = (uint64_t)block;
	return 0;
}

static int read_file(const struct job *job, uint64_t at, size_t size)
{
	int r = pread_full(job->blob->src, job->from, size, at);

	if (r == -ENODATA)
		return diag_fail(job->diag, -ESTALE,
			"the file became shorter than its %" PRIu64 " bytes during the install",
			job->blob->size_bytes);
	if (r < 0)
		return diag_fail(job->diag, r, "the file could not be read at byte %" PRIu64 ": %s",
			at, strerror(-r));
	return 0;
}

static int check_unchanged(const struct job *job)
{
	const struct timespec *before = &job->planned.st_mtim;
	struct stat now;

	if (fstat(job->blob->src, &now) < 0 || now.st_size != job->planned.st_size ||
		now.st_mtim.tv_sec != before->tv_sec || now.st_mtim.tv_nsec != before->tv_nsec)
		return diag_fail(job->diag, -ESTALE, "the file changed during the install");
	return 0;
}

static int advance(struct job *job, uint64_t bytes)
{
	const struct blob *blob = job->blob;

	job->done += bytes;
	if (blob->progress && blob->progress(blob->arg, job->done, job->total) != 0)
		return diag_fail(job->diag, -ECANCELED, "the install was cancelled");
	return 0;
}

static size_t chunk_size(const struct job *job, uint64_t at)
{
	uint64_t rest = job->blob->size_bytes - at;

	return rest < CHUNK_BYTES ? rest : CHUNK_BYTES;
}

static bool is_in_gap(const struct blob *blob, uint64_t offset)
{
	return offset >= blob->gap_start && offset < blob->gap_end;
}

/* The number of bytes from @offset on the device, of at most @size, that are all in the gap or all outside of it. */
static size_t stretch(const struct blob *blob, uint64_t offset, size_t size)
{
	uint64_t end = offset < blob->gap_start ? blob->gap_start : blob->gap_end;

	return offset < end && end - offset < size ? (size_t)(end - offset) : size;
}

/* Writes @size bytes at @at in the blob, but not those in the gap, and flushes them to the medium. */
static int put(const struct job *job, const char *bytes, size_t size, uint64_t at)
{
	uint64_t offset = job->blob->offset_bytes + at;
	int r = 0;

	for (size_t done = 0, n; r == 0 && done < size; done += n) {
		n = stretch(job->blob, offset + done, size - done);
		if (!is_in_gap(job->blob, offset + done))
			r = pwrite_full(job->blob->dst, bytes + done, n, offset + done);
	}
	if (r == 0 && fsync(job->blob->dst) < 0)
		r = -errno;
	return r < 0 ? device_fail(job, r, "written", offset) : 0;
}

static int write_chunk(struct job *job, uint64_t at)
{
	size_t size = chunk_size(job, at);
	int r = read_file(job, at, size);

	if (r == 0)
		r = put(job, job->from, size, at);
	return r < 0 ? r : advance(job, size);
}

static int write_all(struct job *job)
{
	static const char zeroes[HEAD_BYTES];
	uint64_t size = job->blob->size_bytes;
	int r;

	/* The first and the last block may be shared with data outside of the blob. That data comes
	 * from the cache of the disk, which may be older than data written through a partition,
	 * because a partition has a cache of its own. */
	if (ioctl(job->blob->dst, BLKFLSBUF, 0) < 0)
		return device_fail(job, -errno, "read", job->blob->offset_bytes);
	r = put(job, zeroes, size < HEAD_BYTES ? size : HEAD_BYTES, 0);
	for (uint64_t at = CHUNK_BYTES; r == 0 && at < size; at += CHUNK_BYTES)
		r = write_chunk(job, at);
	return r < 0 ? r : write_chunk(job, 0);
}

static int compare_chunk(struct job *job, uint64_t at)
{
	uint64_t begin = job->blob->offset_bytes + at, before = begin % job->block;
	size_t size = chunk_size(job, at);
	size_t blocks = (before + size + job->block - 1) / job->block;
	const char *found = job->to + before;
	int r;

	r = read_file(job, at, size);
	if (r < 0)
		return r;
	r = pread_full(job->blob->dst, job->to, blocks * job->block, begin - before);
	if (r < 0)
		return device_fail(job, r, "read back", begin);
	for (size_t i = 0; i < size; i++) {
		if (found[i] == job->from[i] || is_in_gap(job->blob, begin + i))
			continue;
		r = check_unchanged(job);
		return r < 0 ? r
			     : diag_fail(job->diag, -EILSEQ,
				       "the device returned 0x%02x at byte %" PRIu64
				       ", but the file has 0x%02x",
				       (unsigned char)found[i], begin + i,
				       (unsigned char)job->from[i]);
	}
	return advance(job, size);
}

static int compare_all(struct job *job)
{
	int dst = job->blob->dst, flags = fcntl(dst, F_GETFL);
	int r = 0;

	if (flags < 0 || fcntl(dst, F_SETFL, flags | O_DIRECT) < 0)
		return device_fail(job, -errno, "read back", job->blob->offset_bytes);
	for (uint64_t at = 0; r == 0 && at < job->blob->size_bytes; at += CHUNK_BYTES)
		r = compare_chunk(job, at);
	(void)fcntl(dst, F_SETFL, flags);
	return r < 0 ? r : check_unchanged(job);
}

static int run(const struct blob *blob, bool writes, struct diag *diag)
{
	_cleanup_free_ void *from = malloc(CHUNK_BYTES);
	_cleanup_free_ void *to = aligned_alloc(ALIGN_BYTES, CHUNK_BYTES + 2 * ALIGN_BYTES);
	struct job job = {
		.blob = blob,
		.diag = diag,
		.writes = writes,
		.total = (writes ? 2 : 1) * blob->size_bytes,
		.from = from,
		.to = to,
	};
	int r;

	if (!from || !to)
		return diag_fail(diag, -ENOMEM, "the file could not be read: out of memory");
	r = check_file(&job);
	if (r == 0)
		r = check_device(&job);
	if (r == 0)
		r = advance(&job, 0);
	if (r == 0 && writes)
		r = write_all(&job);
	return r < 0 ? r : compare_all(&job);
}

int blob_write(const struct blob *blob, struct diag *diag)
{
	return run(blob, true, diag);
}

int blob_compare(const struct blob *blob, struct diag *diag)
{
	return run(blob, false, diag);
}
