/* SPDX-License-Identifier: MIT */
/*
 * program - what the first bytes of a file say of it: an ELF program, a script or a kernel, and for
 * which machine. Pure.
 */
#ifndef CORE_MANIFEST_PROGRAM_H
#define CORE_MANIFEST_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum program_kind {
	PROGRAM_OTHER, /* none of these */
	PROGRAM_ELF,
	PROGRAM_SCRIPT, /* begins with "#!" */
	PROGRAM_KERNEL, /* an image of Linux for one machine */
};

enum machine {
	MACHINE_UNKNOWN,
	MACHINE_AMD64,
	MACHINE_I386,
	MACHINE_ARM64,
	MACHINE_ARMHF,
	MACHINE_ARMEL,
	MACHINE_RISCV64,
	MACHINE_RISCV32,
	MACHINE_PPC64EL,
	MACHINE_PPC64,
	MACHINE_POWERPC,
	MACHINE_MIPS64EL,
	MACHINE_MIPS64,
	MACHINE_MIPSEL,
	MACHINE_MIPS,
	MACHINE_S390X,
	MACHINE_LOONG64,
	MACHINE_COUNT
};

struct program {
	uint8_t kind;	 /* enum program_kind */
	uint8_t machine; /* enum machine; of an ARM kernel MACHINE_ARMHF, whatever its users are */
};

#define PROGRAM_HEAD_BYTES 1024 /* enough for all signatures */

/* @head has the first @size bytes of the file, PROGRAM_HEAD_BYTES unless the file is shorter. */
struct program program_identify(const unsigned char *head, size_t size);

/* Debian's name of the architecture: "arm64"; "" for MACHINE_UNKNOWN. */
const char *machine_name(enum machine machine);
/* The machine with that name, or MACHINE_UNKNOWN. */
enum machine machine_find(const char *name);
/* False if a kernel for @kernel certainly cannot run programs for @user. True if either is
 * unknown. */
bool machine_runs(enum machine kernel, enum machine user);

#endif
