/* SPDX-License-Identifier: MIT */
#include "device/disk/loader.h"

#include "device/base/util.h"

#include <ctype.h>
#include <string.h>

static const struct {
	const char *name, *label;
	enum loader_role role;
} kinds[LOADER_KIND_COUNT] = {
	[LOADER_UNREAD] = {"unread", "not read", LOADER_BY_NONE},
	[LOADER_EMPTY] = {"empty", "empty", LOADER_BY_NONE},
	[LOADER_DATA] = {"data", "unknown data", LOADER_BY_NONE},
	[LOADER_BOOT_CODE] = {"boot-code", "MBR boot code", LOADER_BY_NONE},
	[LOADER_GRUB] = {"grub", "GRUB", LOADER_BY_BIOS},
	[LOADER_SYSLINUX] = {"syslinux", "Syslinux", LOADER_BY_BIOS},
	[LOADER_FIT] = {"fit", "FIT image", LOADER_BY_LOADER},
	[LOADER_UIMAGE] = {"uimage", "U-Boot image", LOADER_BY_LOADER},
	[LOADER_RK_NEXT] = {"rockchip-next", "Rockchip second stage", LOADER_BY_LOADER},
	[LOADER_ALLWINNER] = {"allwinner", "Allwinner boot loader", LOADER_BY_ROM},
	[LOADER_ROCKCHIP] = {"rockchip", "Rockchip boot loader", LOADER_BY_ROM},
	[LOADER_IMX] = {"imx", "i.MX boot loader", LOADER_BY_ROM},
	[LOADER_IMX_AHAB] = {"imx-ahab", "i.MX 8/9 boot loader", LOADER_BY_ROM},
	[LOADER_STM32] = {"stm32", "STM32 boot loader", LOADER_BY_ROM},
	[LOADER_AMLOGIC] = {"amlogic", "Amlogic boot loader", LOADER_BY_ROM},
	[LOADER_TI] = {"ti", "TI boot loader", LOADER_BY_ROM},
	[LOADER_XILINX] = {"xilinx", "Xilinx boot loader", LOADER_BY_ROM},
	[LOADER_MEDIATEK] = {"mediatek", "MediaTek boot loader", LOADER_BY_ROM},
};

const char *loader_name(enum loader_kind kind)
{
	return kinds[kind < LOADER_KIND_COUNT ? kind : LOADER_UNREAD].name;
}

const char *loader_label(enum loader_kind kind)
{
	return kinds[kind < LOADER_KIND_COUNT ? kind : LOADER_UNREAD].label;
}

enum loader_role loader_role(enum loader_kind kind)
{
	return kinds[kind < LOADER_KIND_COUNT ? kind : LOADER_UNREAD].role;
}

/* Bits of the places. */
enum {
	AT_0 = 1 << 0,
	AT_512 = 1 << 1,
	AT_1K = 1 << 2,
	AT_8K = 1 << 3,
	AT_32K = 1 << 4,
	AT_33K = 1 << 5,
	AT_128K = 1 << 6,
	AT_256K = 1 << 7,
	AT_384K = 1 << 8,
	ANYWHERE = 1 << 9, /* at any block */
};

const uint64_t loader_places[LOADER_PLACES] = {
	0, 512, KIB(1), KIB(8), KIB(32), KIB(33), KIB(128), KIB(256), KIB(384)};

static unsigned place_bit(uint64_t offset_bytes)
{
	for (unsigned i = 0; i < LOADER_PLACES; i++)
		if (loader_places[i] == offset_bytes)
			return 1u << i;
	return 0;
}

/* @length bytes at offset @at of the block; of the last one, only the bits of @mask unless that is 0.
 * SEARCHED: somewhere in the boot code of an MBR. */
struct piece {
	uint16_t at;
	uint8_t length;
	const char *bytes;
	uint8_t mask;
};
#define BYTES(at, text)                                                                            \
	{                                                                                          \
		(at), sizeof(text) - 1, (text), 0                                                  \
	}
#define MASKED(at, text, mask)                                                                     \
	{                                                                                          \
		(at), sizeof(text) - 1, (text), (mask)                                             \
	}
#define SEARCHED	UINT16_MAX
#define BOOT_CODE_BYTES 440
#define PIECES		3

/*
 * Sources. Allwinner: linux-sunxi.org/EGON and its list (128 KiB, boot areas), U-Boot's sunxi_image.h
 * (TOC0). Rockchip: U-Boot's rkcommon.c, 0x0ff0aa55 and "RKNS", plain and as RC4 encodes it; sector
 * 64. i.MX: U-Boot's imximage.h, the reference manuals (1 KiB; 33 KiB of 8MQ and 8MM; 32 KiB of 8MN
 * and 8MP), container.h (32 KiB, boot area 0). STM32: U-Boot's stm32image.c; the ROM finds its
 * partition by the table. Amlogic: block 1 of a card, header at 16 (U-Boot's aml_chksum.h). TI: the
 * TOC of raw mode, AM335x manual 26.1.9, blocks 0, 256, 512, 768. Xilinx: U-Boot's zynqimage.c.
 * MediaTek: U-Boot's mtk_image.h. GRUB: boot.S. Syslinux: mbr.bin and gptmbr.bin begin alike.
 */
static const struct signature {
	enum loader_kind kind;
	unsigned disk, boot_area; /* places */
	struct piece pieces[PIECES];
} signatures[] = {
	{LOADER_ALLWINNER, AT_8K | AT_128K, AT_0, {BYTES(4, "eGON.BT0")}},
	{LOADER_ALLWINNER, AT_8K | AT_128K, AT_0, {BYTES(0, "TOC0.GLH")}},
	{LOADER_ROCKCHIP, AT_32K, AT_0 | AT_32K, {BYTES(0, "RKNS")}},
	{LOADER_ROCKCHIP, AT_32K, AT_0 | AT_32K, {BYTES(0, "RKSS")}},
	{LOADER_ROCKCHIP, AT_32K, AT_0 | AT_32K, {BYTES(0, "\x3b\x8c\xdc\xfc")}},
	{LOADER_ROCKCHIP, AT_32K, AT_0 | AT_32K, {BYTES(0, "\x55\xaa\xf0\x0f")}},
	/* Tag, length, version 0x40 to 0x43; two reserved words. */
	{LOADER_IMX, AT_1K | AT_32K | AT_33K, AT_0 | AT_1K | AT_32K | AT_33K,
		{MASKED(0, "\xd1\0\x20\x40", 0xfc), BYTES(8, "\0\0\0\0"), BYTES(28, "\0\0\0\0")}},
	/* Version, tag; a reserved field. */
	{LOADER_IMX_AHAB, AT_32K, AT_0 | AT_32K,
		{BYTES(0, "\0"), BYTES(3, "\x87"), BYTES(14, "\0\0")}},
	{LOADER_STM32, ANYWHERE, AT_0, {BYTES(0, "STM2")}},
	{LOADER_AMLOGIC, AT_0 | AT_512, AT_0 | AT_512, {BYTES(16, "@AML")}},
	{LOADER_TI, AT_0 | AT_128K | AT_256K | AT_384K, AT_0 | AT_128K | AT_256K | AT_384K,
		{BYTES(0x14, "CHSETTINGS")}},
	{LOADER_XILINX, AT_0, AT_0, {BYTES(0x20, "\x66\x55\x99\xaaXNLX")}},
	{LOADER_MEDIATEK, AT_0, AT_0, {BYTES(0, "EMMC_BOOT\0")}},
	{LOADER_MEDIATEK, AT_0, AT_0, {BYTES(0, "SDMMC_BOOT\0")}},
	{LOADER_GRUB, AT_0, 0, {{SEARCHED, 5, "GRUB ", 0}}},
	{LOADER_SYSLINUX, AT_0, 0,
		{BYTES(0, "\x33\xc0\xfa\x8e\xd8\x8e\xd0\xbc\0\x7c\x89\xe6\x06\x57")}},
	{LOADER_FIT, ANYWHERE, ANYWHERE, {BYTES(0, "\xd0\x0d\xfe\xed")}},
	{LOADER_UIMAGE, ANYWHERE, ANYWHERE, {BYTES(0, "\x27\x05\x19\x56")}},
	{LOADER_RK_NEXT, ANYWHERE, 0, {BYTES(0, "LOADER  ")}},
};

static bool has_piece(const struct piece *piece, const unsigned char *block)
{
	size_t length = piece->length;
	const unsigned char *bytes = (const unsigned char *)piece->bytes, *at;

	if (length == 0) /* the signature has fewer pieces */
		return true;
	if (piece->at == SEARCHED)
		return memmem(block, BOOT_CODE_BYTES, bytes, length) != NULL;
	at = block + piece->at;
	if (!piece->mask)
		return memcmp(at, bytes, length) == 0;
	return memcmp(at, bytes, length - 1) == 0 &&
	       (at[length - 1] & piece->mask) == bytes[length - 1];
}

static bool has_all(const struct signature *signature, const unsigned char *block)
{
	for (size_t i = 0; i < PIECES; i++)
		if (!has_piece(&signature->pieces[i], block))
			return false;
	return true;
}

enum loader_kind loader_at(enum loader_area area, uint64_t offset_bytes, const unsigned char *block)
{
	unsigned here = place_bit(offset_bytes) | ANYWHERE;

	if (loader_is_empty(block, LOADER_BLOCK_BYTES))
		return LOADER_EMPTY;
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		const struct signature *s = &signatures[i];

		if ((area == LOADER_IN_DISK ? s->disk : s->boot_area) & here && has_all(s, block))
			return s->kind;
	}
	return LOADER_DATA;
}

bool loader_is_empty(const unsigned char *data, size_t size)
{
	return size == 0 ||
	       ((data[0] == 0 || data[0] == 0xff) && memcmp(data, data + 1, size - 1) == 0);
}

/* Length of "U-Boot ", of "U-Boot SPL " or "U-Boot TPL ", and of a version from 2008.10 on: the year
 * first. 0 if @text, which has @size bytes, is none. */
static size_t version_length(const char *text, size_t size)
{
	static const char *const starts[] = {"U-Boot SPL ", "U-Boot TPL ", "U-Boot "};
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(starts) && at == 0; i++)
		if (size > strlen(starts[i]) && memcmp(text, starts[i], strlen(starts[i])) == 0)
			at = strlen(starts[i]);
	if (at == 0 || size - at < 7 || memcmp(text + at, "20", 2) != 0 ||
		!isdigit((unsigned char)text[at + 2]) || !isdigit((unsigned char)text[at + 3]) ||
		text[at + 4] != '.')
		return 0;
	while (at < size && isgraph((unsigned char)text[at]) && text[at] != '(')
		at++;
	return at;
}

bool loader_version(const unsigned char *data, size_t size, char ret[LOADER_VERSION_MAX])
{
	static const char start[] = "U-Boot ";
	const unsigned char *end = data + size, *p = data;

	ret[0] = '\0';
	while (p < end && (p = memmem(p, (size_t)(end - p), start, strlen(start)))) {
		size_t length = version_length((const char *)p, (size_t)(end - p));

		if (length > 0) {
			(void)str_format(
				ret, LOADER_VERSION_MAX, "%.*s", (int)length, (const char *)p);
			return true;
		}
		p++;
	}
	return false;
}
