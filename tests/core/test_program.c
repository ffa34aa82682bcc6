/* SPDX-License-Identifier: MIT */
#include "core/manifest/program.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bytes of a file, each part at its offset. */
struct part {
	size_t offset;
	const char *bytes;
	size_t size;
};
#define AT(offset, text)                                                                           \
	{                                                                                          \
		offset, text, sizeof(text) - 1                                                     \
	}

static const struct {
	const char *what;
	struct part parts[4];
	enum program_kind kind;
	const char *machine;
} files[] = {
	{"amd64 program",
		{AT(0, "\x7f"
		       "ELF\2\1\1"),
			AT(16, "\3\0\x3e\0")},
		PROGRAM_ELF, "amd64"},
	{"i386 program",
		{AT(0, "\x7f"
		       "ELF\1\1\1"),
			AT(16, "\2\0\3\0")},
		PROGRAM_ELF, "i386"},
	{"arm64 program",
		{AT(0, "\x7f"
		       "ELF\2\1\1"),
			AT(16, "\3\0\xb7\0")},
		PROGRAM_ELF, "arm64"},
	{"armhf program",
		{AT(0, "\x7f"
		       "ELF\1\1\1"),
			AT(16, "\3\0\x28\0"), AT(36, "\0\4\0\5")},
		PROGRAM_ELF, "armhf"},
	{"armel program",
		{AT(0, "\x7f"
		       "ELF\1\1\1"),
			AT(16, "\3\0\x28\0"), AT(36, "\0\2\0\5")},
		PROGRAM_ELF, "armel"},
	{"riscv64 program",
		{AT(0, "\x7f"
		       "ELF\2\1\1"),
			AT(16, "\3\0\xf3\0")},
		PROGRAM_ELF, "riscv64"},
	{"s390x program",
		{AT(0, "\x7f"
		       "ELF\2\2\1"),
			AT(16, "\0\3\0\x16")},
		PROGRAM_ELF, "s390x"},
	{"mips program",
		{AT(0, "\x7f"
		       "ELF\1\2\1"),
			AT(16, "\0\2\0\x08")},
		PROGRAM_ELF, "mips"},
	{"mipsel program",
		{AT(0, "\x7f"
		       "ELF\1\1\1"),
			AT(16, "\2\0\x08\0")},
		PROGRAM_ELF, "mipsel"},
	{"program of an unknown machine",
		{AT(0, "\x7f"
		       "ELF\2\1\1"),
			AT(16, "\3\0\xff\xee")},
		PROGRAM_ELF, ""},
	{"arm64 class with 32 bits",
		{AT(0, "\x7f"
		       "ELF\1\1\1"),
			AT(16, "\3\0\xb7\0")},
		PROGRAM_ELF, ""},
	{"script", {AT(0, "#!/bin/sh\n")}, PROGRAM_SCRIPT, ""},
	{"text", {AT(0, "x\n")}, PROGRAM_OTHER, ""},
	{"zImage of ARM", {AT(36, "\x18\x28\x6f\x01")}, PROGRAM_KERNEL, "armhf"},
	{"Image of arm64", {AT(56, "ARM\x64")}, PROGRAM_KERNEL, "arm64"},
	{"Image of arm64 for UEFI",
		{AT(0, "MZ"), AT(56, "ARM\x64"), AT(60, "\x40"), AT(64, "PE\0\0\x64\xaa")},
		PROGRAM_KERNEL, "arm64"},
	{"Image of riscv64", {AT(56, "RSC\x05")}, PROGRAM_KERNEL, "riscv64"},
	{"compressed Image for UEFI",
		{AT(0, "MZ\0\0zimg"), AT(60, "\x40"), AT(64, "PE\0\0\x64\xaa")}, PROGRAM_KERNEL,
		"arm64"},
	{"bzImage of i386", {AT(0x202, "HdrS\x0d\x02")}, PROGRAM_KERNEL, "i386"},
	{"bzImage of amd64", {AT(0x202, "HdrS\x0d\x02"), AT(0x236, "\x2b")}, PROGRAM_KERNEL,
		"amd64"},
	{"bzImage of Linux 3.2", {AT(0x202, "HdrS\x0a\x02")}, PROGRAM_OTHER, ""},
	{"uImage of ARM", {AT(0, "\x27\x05\x19\x56"), AT(28, "\5\2\2")}, PROGRAM_KERNEL, "armhf"},
	{"script in a uImage", {AT(0, "\x27\x05\x19\x56"), AT(28, "\5\2\6")}, PROGRAM_OTHER, ""},
	{"uImage of an unknown machine", {AT(0, "\x27\x05\x19\x56"), AT(28, "\5\xff\2")},
		PROGRAM_OTHER, ""},
	{"PE far away", {AT(0, "MZ"), AT(60, "\xff\xff\xff\xff")}, PROGRAM_OTHER, ""},
};

static void knows_programs_and_kernels(void **state)
{
	unsigned char head[PROGRAM_HEAD_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct program program;

		memset(head, 0, sizeof(head));
		for (size_t j = 0; j < ARRAY_SIZE(files[i].parts) && files[i].parts[j].bytes; j++)
			memcpy(head + files[i].parts[j].offset, files[i].parts[j].bytes,
				files[i].parts[j].size);
		program = program_identify(head, sizeof(head));
		if (program.kind != files[i].kind ||
			strcmp(machine_name(program.machine), files[i].machine) != 0)
			fail_msg("%s: kind %u, \"%s\"", files[i].what, program.kind,
				machine_name(program.machine));
	}
}

/* Each file, cut at each length: nothing behind the end is read (see the sanitizers). */
static void short_files_are_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		for (size_t size = 0; size < 0x240; size++) {
			unsigned char *head = calloc(1, size + 1);

			for (size_t j = 0; j < 4 && files[i].parts[j].bytes; j++)
				for (size_t k = 0; k < files[i].parts[j].size; k++)
					if (files[i].parts[j].offset + k < size)
						head[files[i].parts[j].offset + k] =
							(unsigned char)files[i].parts[j].bytes[k];
			(void)program_identify(head, size);
			free(head);
		}
	assert_int_equal(program_identify((const unsigned char *)"", 0).kind, PROGRAM_OTHER);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_programs_and_kernels),
		cmocka_unit_test(short_files_are_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
