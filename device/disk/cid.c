/* SPDX-License-Identifier: MIT */
#include "device/disk/cid.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CID_BYTES 16

/* Byte offsets of the name and the serial number. */
static const struct {
	uint8_t name, name_length, serial;
} places[CID_STANDARD_COUNT] = {
	[CID_MMC] = {.name = 3, .name_length = 6, .serial = 10},
	[CID_SD] = {.name = 3, .name_length = 5, .serial = 9},
};

static const char *const makers[CID_STANDARD_COUNT][256] = {
	[CID_MMC] =
		{
			[0x02] = "SanDisk",
			[0x11] = "Kioxia",
			[0x13] = "Micron",
			[0x15] = "Samsung",
			[0x45] = "SanDisk",
			[0x70] = "Kingston",
			[0x88] = "Foresee",
			[0x90] = "SK Hynix",
			[0x9b] = "YMTC",
			[0xd6] = "Foresee",
			[0xf4] = "Biwin",
			[0xfe] = "Micron",
		},
	[CID_SD] =
		{
			[0x01] = "Panasonic",
			[0x02] = "Kioxia",
			[0x03] = "SanDisk",
			[0x09] = "ATP",
			[0x12] = "Patriot",
			[0x13] = "Micron",
			[0x1b] = "Samsung",
			[0x1d] = "AData",
			[0x27] = "Phison",
			[0x28] = "Lexar",
			[0x31] = "Silicon Power",
			[0x41] = "Kingston",
			[0x5d] = "Swissbit",
			[0x6f] = "ST",
			[0x74] = "Transcend",
			[0x82] = "Sony",
			[0x9f] = "Kingston",
		},
};

const char *cid_maker_name(enum cid_standard standard, uint8_t maker)
{
	return makers[standard][maker];
}

int cid_decode(const char *hex, enum cid_standard standard, struct cid *ret)
{
	uint8_t bytes[CID_BYTES];
	struct cid cid = {0};

	for (size_t i = 0; i < CID_BYTES; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i] ? hex[2 * i + 1] : '\0'};
		uint64_t byte;

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
			return -EINVAL;
		(void)str_to_u64(pair, 16, &byte);
		bytes[i] = (uint8_t)byte;
	}
	if (hex[2 * CID_BYTES] != '\0')
		return -EINVAL;
	cid.maker = bytes[0];
	memcpy(cid.name, bytes + places[standard].name, places[standard].name_length);
	sysroot_trim(cid.name);
	str_sanitise(cid.name);
	for (size_t i = 0; i < 4; i++)
		cid.serial = cid.serial << 8 | bytes[places[standard].serial + i];
	*ret = cid;
	return 0;
}
