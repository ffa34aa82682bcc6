/* SPDX-License-Identifier: MIT */
#include "device/disk/loader.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <string.h>

/* One block with @length bytes at @at. */
static const unsigned char *block_of(size_t at, const char *bytes, size_t length)
{
	static unsigned char block[LOADER_BLOCK_BYTES];

	memset(block, 0, sizeof(block));
	memcpy(block + at, bytes, length);
	return block;
}

struct sample {
	enum loader_kind kind;
	uint64_t right, wrong; /* places */
	size_t at;
	const char *bytes;
	size_t length;
};
#define SAMPLE(kind, right, wrong, at, text)                                                       \
	{                                                                                          \
		kind, right, wrong, at, text, sizeof(text) - 1                                     \
	}
#define IVT  "\xd1\0\x20\x41\0\0\xc0\x87\0\0\0\0\x2c\x74\xff\x87\x20\x74\xff\x87"
#define AHAB "\0\x20\x02\x87\0\0\0\0\0\0\0\x03\x10\x01\0\0"

static const struct sample on_disk[] = {
	SAMPLE(LOADER_ALLWINNER, KIB(8), KIB(16), 0,
		"\x16\0\0\xea"
		"eGON.BT0"),
	SAMPLE(LOADER_ALLWINNER, KIB(128), 0, 0,
		"\x16\0\0\xea"
		"eGON.BT0"),
	SAMPLE(LOADER_ALLWINNER, KIB(8), KIB(9), 0, "TOC0.GLH\0\x98\x11\x89"),
	SAMPLE(LOADER_ROCKCHIP, KIB(32), KIB(64), 0, "RKNS"),
	SAMPLE(LOADER_ROCKCHIP, KIB(32), KIB(31), 0, "RKSS"),
	SAMPLE(LOADER_ROCKCHIP, KIB(32), 0, 0, "\x3b\x8c\xdc\xfc\xbe\x9f\x9d\x51"),
	SAMPLE(LOADER_ROCKCHIP, KIB(32), 0, 0, "\x55\xaa\xf0\x0f"),
	SAMPLE(LOADER_IMX, KIB(1), KIB(2), 0, IVT),
	SAMPLE(LOADER_IMX, KIB(33), KIB(34), 0, IVT),
	SAMPLE(LOADER_IMX, KIB(32), 0, 0, IVT),
	SAMPLE(LOADER_IMX_AHAB, KIB(32), KIB(33), 0, AHAB),
	SAMPLE(LOADER_STM32, 17408, UINT64_MAX, 0, "STM2"),
	SAMPLE(LOADER_AMLOGIC, 512, 1024, 16, "@AML"),
	SAMPLE(LOADER_TI, KIB(128), KIB(130), 0x14, "CHSETTINGS"),
	SAMPLE(LOADER_XILINX, 0, 512, 0x20, "\x66\x55\x99\xaaXNLX"),
	SAMPLE(LOADER_MEDIATEK, 0, 512, 0, "SDMMC_BOOT\0\0\1"),
	SAMPLE(LOADER_GRUB, 0, 512, 0x180, "GRUB \0Geom\0Hard Disk"),
	SAMPLE(LOADER_SYSLINUX, 0, 512, 0,
		"\x33\xc0\xfa\x8e\xd8\x8e\xd0\xbc\0\x7c\x89\xe6\x06\x57\x8e\xc0"),
	SAMPLE(LOADER_FIT, MIB(8), UINT64_MAX, 0, "\xd0\x0d\xfe\xed"),
	SAMPLE(LOADER_UIMAGE, KIB(40), UINT64_MAX, 0, "\x27\x05\x19\x56"),
	SAMPLE(LOADER_RK_NEXT, MIB(8), UINT64_MAX, 0, "LOADER  "),
};

static void loaders_are_known_by_place_and_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(on_disk); i++) {
		const struct sample *s = &on_disk[i];
		unsigned char cut[LOADER_BLOCK_BYTES];
		const unsigned char *block = block_of(s->at, s->bytes, s->length);

		assert_int_equal(loader_at(LOADER_IN_DISK, s->right, block), s->kind);
		if (s->wrong != UINT64_MAX)
			assert_int_equal(loader_at(LOADER_IN_DISK, s->wrong, block), LOADER_DATA);
		/* Each bit of the first 4 bytes of the signature counts, but for the version. */
		memcpy(cut, block, sizeof(cut));
		cut[s->at + (s->kind == LOADER_ALLWINNER	 ? 5
				    : s->kind == LOADER_IMX_AHAB ? 3
								 : 1)] ^= 0x20;
		assert_int_not_equal(loader_at(LOADER_IN_DISK, s->right, cut), s->kind);
	}
}

static void boot_areas_have_places_of_their_own(void **state)
{
	static const struct sample in_area[] = {
		SAMPLE(LOADER_ALLWINNER, 0, KIB(8), 4, "eGON.BT0"),
		SAMPLE(LOADER_ROCKCHIP, KIB(32), KIB(8), 0, "RKNS"),
		SAMPLE(LOADER_IMX, KIB(33), KIB(8), 0, IVT),
		SAMPLE(LOADER_IMX, 0, KIB(8), 0, IVT),
		SAMPLE(LOADER_IMX_AHAB, 0, KIB(8), 0, AHAB),
		SAMPLE(LOADER_STM32, 0, KIB(8), 0, "STM2"),
		SAMPLE(LOADER_MEDIATEK, 0, KIB(8), 0, "EMMC_BOOT\0"),
		SAMPLE(LOADER_AMLOGIC, 512, KIB(8), 16, "@AML"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(in_area); i++) {
		const struct sample *s = &in_area[i];
		const unsigned char *block = block_of(s->at, s->bytes, s->length);

		assert_int_equal(loader_at(LOADER_IN_BOOT_AREA, s->right, block), s->kind);
		assert_int_equal(loader_at(LOADER_IN_BOOT_AREA, s->wrong, block), LOADER_DATA);
	}
}

/* An i.MX table with another version, length, or with bits where there are none, is none. */
static void a_table_of_imx_is_checked_closely(void **state)
{
	unsigned char block[LOADER_BLOCK_BYTES];
	static const struct {
		size_t at;
		unsigned char value;
		enum loader_kind kind;
	} changes[] = {{3, 0x43, LOADER_IMX}, {3, 0x44, LOADER_DATA}, {3, 0x50, LOADER_DATA},
		{2, 0x30, LOADER_DATA}, {8, 1, LOADER_DATA}, {31, 1, LOADER_DATA}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		memcpy(block, block_of(0, IVT, sizeof(IVT) - 1), sizeof(block));
		block[changes[i].at] = changes[i].value;
		assert_int_equal(loader_at(LOADER_IN_DISK, KIB(1), block), changes[i].kind);
	}
}

static void empty_is_zeros_or_ones(void **state)
{
	unsigned char block[LOADER_BLOCK_BYTES] = {0};

	(void)state;
	assert_int_equal(loader_at(LOADER_IN_DISK, 0, block), LOADER_EMPTY);
	memset(block, 0xff, sizeof(block));
	assert_int_equal(loader_at(LOADER_IN_DISK, 0, block), LOADER_EMPTY);
	block[511] = 0;
	assert_int_equal(loader_at(LOADER_IN_DISK, 0, block), LOADER_DATA);
	memset(block, 0x55, sizeof(block));
	assert_int_equal(loader_at(LOADER_IN_DISK, 0, block), LOADER_DATA);
	assert_true(loader_is_empty(block, 0));
}

static void versions_are_found(void **state)
{
	static const struct {
		const char *text, *version;
	} samples[] = {
		{"..U-Boot SPL 2024.01-rc3 (Jan 02 2024)", "U-Boot SPL 2024.01-rc3"},
		{"U-Boot 2023.07.02\n", "U-Boot 2023.07.02"},
		{"U-Boot SPL %s U-Boot TPL 2017.09-g1(x)", "U-Boot TPL 2017.09-g1"},
		{"U-Boot 1.1.4", ""},
		{"U-Boot 202", ""},
		{"U-Boot ", ""},
		{"", ""},
	};
	char version[LOADER_VERSION_MAX], longest[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		bool found = loader_version(
			(const unsigned char *)samples[i].text, strlen(samples[i].text), version);

		assert_string_equal(version, samples[i].version);
		assert_int_equal(found, samples[i].version[0] != '\0');
	}
	(void)STR_FORMAT(longest, "U-Boot 2024.01%0150d", 1);
	assert_true(loader_version((const unsigned char *)longest, strlen(longest), version));
	assert_int_equal(strlen(version), LOADER_VERSION_MAX - 1);
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LOADER_KIND_COUNT; i++) {
		assert_true(loader_name(i)[0] && loader_label(i)[0]);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(loader_name(i), loader_name(j));
	}
	assert_int_equal(loader_role(LOADER_ROCKCHIP), LOADER_BY_ROM);
	assert_int_equal(loader_role(LOADER_GRUB), LOADER_BY_BIOS);
	assert_int_equal(loader_role(LOADER_FIT), LOADER_BY_LOADER);
	assert_int_equal(loader_role(LOADER_DATA), LOADER_BY_NONE);
	assert_string_equal(loader_name(LOADER_KIND_COUNT), "unread");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loaders_are_known_by_place_and_bytes),
		cmocka_unit_test(boot_areas_have_places_of_their_own),
		cmocka_unit_test(a_table_of_imx_is_checked_closely),
		cmocka_unit_test(empty_is_zeros_or_ones),
		cmocka_unit_test(versions_are_found),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
