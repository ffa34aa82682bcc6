/* SPDX-License-Identifier: MIT */
#include "core/manifest/program.h"

#include "device/base/util.h"

#include <elf.h>
#include <endian.h>
#include <string.h>

#ifndef EM_RISCV
#define EM_RISCV 243
#endif
#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* A number of @bytes bytes. */
static uint32_t number(const unsigned char *at, unsigned bytes, bool little)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | at[little ? bytes - 1 - i : i];
	return value;
}

static uint32_t le32_at(const unsigned char *head, size_t size, size_t offset)
{
	return offset + 4 <= size ? number(head + offset, 4, true) : 0;
}

/* ---- ELF: elf(5) ---- */

struct elf_machine {
	uint16_t elf;
	uint8_t class, data; /* EI_CLASS, EI_DATA */
	uint8_t machine;
};

static const struct elf_machine elf_machines[] = {
	{EM_X86_64, ELFCLASS64, ELFDATA2LSB, MACHINE_AMD64},
	{EM_X86_64, ELFCLASS32, ELFDATA2LSB, MACHINE_AMD64}, /* x32 */
	{EM_386, ELFCLASS32, ELFDATA2LSB, MACHINE_I386},
	{EM_AARCH64, ELFCLASS64, ELFDATA2LSB, MACHINE_ARM64},
	{EM_ARM, ELFCLASS32, ELFDATA2LSB, MACHINE_ARMEL},
	{EM_RISCV, ELFCLASS64, ELFDATA2LSB, MACHINE_RISCV64},
	{EM_RISCV, ELFCLASS32, ELFDATA2LSB, MACHINE_RISCV32},
	{EM_PPC64, ELFCLASS64, ELFDATA2LSB, MACHINE_PPC64EL},
	{EM_PPC64, ELFCLASS64, ELFDATA2MSB, MACHINE_PPC64},
	{EM_PPC, ELFCLASS32, ELFDATA2MSB, MACHINE_POWERPC},
	{EM_MIPS, ELFCLASS64, ELFDATA2LSB, MACHINE_MIPS64EL},
	{EM_MIPS, ELFCLASS64, ELFDATA2MSB, MACHINE_MIPS64},
	{EM_MIPS, ELFCLASS32, ELFDATA2LSB, MACHINE_MIPSEL},
	{EM_MIPS, ELFCLASS32, ELFDATA2MSB, MACHINE_MIPS},
	{EM_S390, ELFCLASS64, ELFDATA2MSB, MACHINE_S390X},
	{EM_LOONGARCH, ELFCLASS64, ELFDATA2LSB, MACHINE_LOONG64},
};

#define ARM_FLAGS      0x24
#define ARM_FLOAT_HARD 0x400 /* EF_ARM_ABI_FLOAT_HARD */

static bool is_elf(const unsigned char *head, size_t size)
{
	return size >= ARM_FLAGS + 4 && memcmp(head, ELFMAG, SELFMAG) == 0;
}

static struct program identify_elf(const unsigned char *head)
{
	bool little = head[EI_DATA] == ELFDATA2LSB;
	uint32_t machine = number(head + 18, 2, little);
	struct program program = {PROGRAM_ELF, MACHINE_UNKNOWN};

	for (size_t i = 0; i < ARRAY_SIZE(elf_machines); i++)
		if (elf_machines[i].elf == machine && elf_machines[i].class == head[EI_CLASS] &&
			elf_machines[i].data == head[EI_DATA])
			program.machine = elf_machines[i].machine;
	if (program.machine == MACHINE_ARMEL &&
		(number(head + ARM_FLAGS, 4, little) & ARM_FLOAT_HARD))
		program.machine = MACHINE_ARMHF;
	return program;
}

/* ---- kernels ---- */

/* Machine types of PE files (Microsoft, PE Format), for kernels that UEFI can start. */
static enum machine pe_machine(const unsigned char *head, size_t size)
{
	static const struct {
		uint16_t pe;
		uint8_t machine;
	} machines[] = {
		{0x8664, MACHINE_AMD64},
		{0x014c, MACHINE_I386},
		{0xaa64, MACHINE_ARM64},
		{0x01c2, MACHINE_ARMHF},
		{0x5064, MACHINE_RISCV64},
		{0x5032, MACHINE_RISCV32},
		{0x6264, MACHINE_LOONG64},
	};
	size_t at = le32_at(head, size, 0x3c);

	if (size < 0x40 || memcmp(head, "MZ", 2) != 0 || at > size || size - at < 6 ||
		memcmp(head + at, "PE\0\0", 4) != 0)
		return MACHINE_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (number(head + at + 4, 2, true) == machines[i].pe)
			return machines[i].machine;
	return MACHINE_UNKNOWN;
}

/* Byte 29 of U-Boot's legacy header: include/image.h, IH_ARCH_*. */
static enum machine uimage_machine(const unsigned char *head, size_t size)
{
	static const uint8_t machines[] = {
		[2] = MACHINE_ARMHF,
		[3] = MACHINE_I386,
		[22] = MACHINE_ARM64,
		[24] = MACHINE_AMD64,
	};

	if (size < 64 || number(head, 4, false) != 0x27051956 || head[30] != 2 /* a kernel */)
		return MACHINE_UNKNOWN;
	return head[29] < ARRAY_SIZE(machines) ? machines[head[29]] : MACHINE_UNKNOWN;
}

/* Linux, Documentation/arch/x86/boot.rst: "HdrS" at 0x202, the version of the protocol at 0x206, and since
 * 2.12 the flag of a 64-bit kernel at 0x236. */
static enum machine x86_machine(const unsigned char *head, size_t size)
{
	if (le32_at(head, size, 0x202) != 0x53726448 ||
		(le32_at(head, size, 0x206) & 0xffff) < 0x020c)
		return MACHINE_UNKNOWN;
	return le32_at(head, size, 0x236) & 1 ? MACHINE_AMD64 : MACHINE_I386;
}

/* Linux, Documentation/arch/arm64/booting.rst and riscv/boot-image-header.rst: the magic at 56; and
 * arch/arm/boot/compressed/head.S: the magic at 0x24. */
static enum machine image_machine(const unsigned char *head, size_t size)
{
	switch (le32_at(head, size, 56)) {
	case 0x644d5241: /* "ARM\x64" */
		return MACHINE_ARM64;
	case 0x05435352: /* "RSC\x05" */
		return MACHINE_RISCV64;
	default:
		return le32_at(head, size, 0x24) == 0x016f2818 ? MACHINE_ARMHF : MACHINE_UNKNOWN;
	}
}

struct program program_identify(const unsigned char *head, size_t size)
{
	static enum machine (*const kernels[])(const unsigned char *, size_t) = {
		x86_machine, image_machine, uimage_machine, pe_machine};

	if (is_elf(head, size))
		return identify_elf(head);
	if (size > 2 && memcmp(head, "#!", 2) == 0)
		return (struct program){PROGRAM_SCRIPT, MACHINE_UNKNOWN};
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		enum machine machine = kernels[i](head, size);

		if (machine != MACHINE_UNKNOWN)
			return (struct program){PROGRAM_KERNEL, (uint8_t)machine};
	}
	return (struct program){PROGRAM_OTHER, MACHINE_UNKNOWN};
}
