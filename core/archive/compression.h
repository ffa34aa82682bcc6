/* SPDX-License-Identifier: MIT */
/*
 * compression - the compressed formats of archives: how their first bytes look, which programs
 * decompress them, how much memory that takes, and what the programs' errors mean. Pure: reads no
 * file and starts no program.
 */
#ifndef CORE_ARCHIVE_COMPRESSION_H
#define CORE_ARCHIVE_COMPRESSION_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_XZ,
	COMPRESSION_ZSTD,
	COMPRESSION_BZIP2,
	COMPRESSION_LZ4,
	COMPRESSION_LZIP,
	COMPRESSION_COUNT
};

const char *compression_name(enum compression compression); /* "zstd", "none" */

/* A format that is not installed: what it is, and what to do, NULL for the usual advice. */
struct compression_stranger {
	const char *what, *advice;
};

#define COMPRESSION_HEAD_BYTES 2048

/*
 * Recognises a tar archive by the first @size bytes of a file: 512 are enough for that, and
 * COMPRESSION_HEAD_BYTES to name another format. A valid tar header wins over the marks of
 * compressed formats, since a file name may look like one. Skippable frames at the beginning are
 * skipped; if they fill the head, the file is taken for zstd. 0 with the compression (whose content
 * is not checked), or -EINVAL with the format in @ret_what, NULL if that is unknown.
 */
_must_check_ int compression_sniff(const unsigned char *head, size_t size,
	enum compression *ret_compression, const struct compression_stranger **ret_what);

/* Size of the skippable frame of zstd or lz4 at the beginning of @head, with its header, or 0. pzstd begins each file with one. */
uint64_t compression_skip(const unsigned char *head, size_t size);

/* Bytes of memory that the decompressor needs for data that begins with @head, from the window or
 * dictionary in its header. Later frames or blocks may need more. 0 for COMPRESSION_NONE. */
uint64_t compression_memory(enum compression compression, const unsigned char *head, size_t size);
/* Advice for packing with less memory: "zstd --long=26 or less"; or NULL. */
const char *compression_memory_advice(enum compression compression);

#define COMPRESSION_ARGS_MAX 4

/* A program that decompresses standard input to standard output. */
struct decompressor {
	const char *name;
	const char *args[COMPRESSION_ARGS_MAX]; /* after the name, ended by NULL */
	const char *memory_option; /* limits its memory, before a number of bytes; or NULL */
};

/* The program number @index in order of preference, or NULL. */
const struct decompressor *compression_program(enum compression compression, size_t index);
/* The Debian package of a program that handles the format. */
const char *compression_package(enum compression compression);

/* Most memory for a decompressor's limit: zstd accepts no larger windows, 2 GiB, or 1 GiB on
 * 32-bit systems. */
#define COMPRESSION_MEMORY_MAX (sizeof(void *) > 4 ? GIB(2) : GIB(1))

enum compression_fault {
	FAULT_OTHER, /* an unknown message, or none */
	FAULT_DAMAGED,
	FAULT_CUT,	/* the data ends too early */
	FAULT_TRAILING, /* data of another kind after the end */
	FAULT_MEMORY,	/* needs more than the limit */
	FAULT_PADDING,	/* data after the end that the program ignores: no fault */
};

/* The meaning of the line @message of a decompressor that failed, in the C locale; "" is no line. */
enum compression_fault compression_fault(enum compression compression, const char *message);

#endif
