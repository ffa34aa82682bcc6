/* SPDX-License-Identifier: MIT */
/* file_id - identifies a file and its content, to detect that a file changed after it was read. */
#ifndef DEVICE_BASE_FILE_ID_H
#define DEVICE_BASE_FILE_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct file_id {
	dev_t dev;
	ino_t ino;
	uint64_t size_bytes;
	struct timespec mtime;
};

static inline struct file_id file_id_of(const struct stat *st)
{
	return (struct file_id){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size_bytes = (uint64_t)st->st_size,
		.mtime = st->st_mtim,
	};
}

/* True if both are the same file with the same size and modification time. */
static inline bool file_id_equal(const struct file_id *a, const struct file_id *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size_bytes == b->size_bytes &&
	       a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec;
}

/* True if @path still is the file @id, unchanged. False if it cannot be read. */
static inline bool file_id_is(const struct file_id *id, const char *path)
{
	struct stat st;
	struct file_id now;

	if (stat(path, &st) < 0)
		return false;
	now = file_id_of(&st);
	return file_id_equal(id, &now);
}

#endif
