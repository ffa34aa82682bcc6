/* SPDX-License-Identifier: MIT */
#include "device/base/machine.h"

#include "device/base/util.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	enum machine runs[2]; /* the others whose programs its kernel can run */
} machines[MACHINE_COUNT] = {
	[MACHINE_UNKNOWN] = {.name = ""},
	[MACHINE_AMD64] = {"amd64", {MACHINE_I386}},
	[MACHINE_I386] = {.name = "i386"},
	[MACHINE_ARM64] = {"arm64", {MACHINE_ARMHF, MACHINE_ARMEL}},
	[MACHINE_ARMHF] = {"armhf", {MACHINE_ARMEL}},
	[MACHINE_ARMEL] = {"armel", {MACHINE_ARMHF}},
	[MACHINE_RISCV64] = {"riscv64", {MACHINE_RISCV32}},
	[MACHINE_RISCV32] = {.name = "riscv32"},
	[MACHINE_PPC64EL] = {.name = "ppc64el"},
	[MACHINE_PPC64] = {"ppc64", {MACHINE_POWERPC}},
	[MACHINE_POWERPC] = {.name = "powerpc"},
	[MACHINE_MIPS64EL] = {"mips64el", {MACHINE_MIPSEL}},
	[MACHINE_MIPS64] = {"mips64", {MACHINE_MIPS}},
	[MACHINE_MIPSEL] = {.name = "mipsel"},
	[MACHINE_MIPS] = {.name = "mips"},
	[MACHINE_S390X] = {.name = "s390x"},
	[MACHINE_LOONG64] = {.name = "loong64"},
};

const char *machine_name(enum machine machine)
{
	return machines[machine].name;
}

enum machine machine_find(const char *name)
{
	for (unsigned i = MACHINE_UNKNOWN + 1; i < MACHINE_COUNT; i++)
		if (strcmp(machines[i].name, name) == 0)
			return (enum machine)i;
	return MACHINE_UNKNOWN;
}

bool machine_runs(enum machine kernel, enum machine user)
{
	if (kernel == MACHINE_UNKNOWN || user == MACHINE_UNKNOWN || kernel == user)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(machines[kernel].runs); i++)
		if (machines[kernel].runs[i] == user)
			return true;
	return false;
}
