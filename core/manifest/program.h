/* SPDX-License-Identifier: MIT */
/*
 * program - the kind of a file by its first bytes: an ELF program, a script or a kernel, and for
 * which machine. Pure.
 */
#ifndef CORE_MANIFEST_PROGRAM_H
#define CORE_MANIFEST_PROGRAM_H

#include "device/base/machine.h"

#include <stddef.h>
#include <stdint.h>

enum program_kind {
	PROGRAM_OTHER, /* none of these */
	PROGRAM_ELF,
	PROGRAM_SCRIPT, /* begins with "#!" */
	PROGRAM_KERNEL, /* an image of Linux for one machine */
};

struct program {
	uint8_t kind;	 /* enum program_kind */
	uint8_t machine; /* enum machine; of an ARM kernel MACHINE_ARMHF, whatever its users are */
};

#define PROGRAM_HEAD_BYTES 1024 /* enough for all signatures */

/* @head has the first @size bytes of the file, PROGRAM_HEAD_BYTES unless the file is shorter. */
struct program program_identify(const unsigned char *head, size_t size);

#endif
