/* SPDX-License-Identifier: MIT */
/* machine - the processors that programs and kernels are built for, by their names in Debian. Pure. */
#ifndef DEVICE_BASE_MACHINE_H
#define DEVICE_BASE_MACHINE_H

#include <stdbool.h>

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

/* Debian's name of the architecture: "arm64"; "" for MACHINE_UNKNOWN. */
const char *machine_name(enum machine machine);
/* The machine with that name, or MACHINE_UNKNOWN. */
enum machine machine_find(const char *name);
/* False if a kernel for @kernel certainly cannot run programs for @user. True if either is
 * unknown. */
bool machine_runs(enum machine kernel, enum machine user);

#endif
