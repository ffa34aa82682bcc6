/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/uboot_image.h"

#include "device/base/crc32.h"
#include "device/base/util.h"

#include <string.h>

#define HEADER_BYTES 64
#define MAGIC	     0x27051956
#define FIT_MAGIC    0xd00dfeed
#define TYPE_SCRIPT  6

enum {
	HEADER_CRC = 4,
	DATA_SIZE = 12,
	DATA_CRC = 24,
	TYPE = 30,
};

static uint32_t be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static uint32_t header_crc(const uint8_t *header)
{
	uint8_t copy[HEADER_BYTES];

	memcpy(copy, header, sizeof(copy));
	memset(copy + HEADER_CRC, 0, 4);
	return crc32(copy, sizeof(copy));
}

/* The size of the table of sizes, with the 0 at its end; 0 if it has no end. */
static size_t table_bytes(const uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 4 <= size; at += 4)
		if (be32(data + at) == 0)
			return at + 4;
	return 0;
}

enum uboot_script_state uboot_script_open(
	const void *file, size_t size, const char **ret_text, size_t *ret_size)
{
	const uint8_t *bytes = file, *data;
	size_t table, data_size;

	*ret_text = "";
	*ret_size = 0;
	if (size >= 4 && be32(bytes) == FIT_MAGIC)
		return UBOOT_SCRIPT_FIT;
	if (size < 4 || be32(bytes) != MAGIC) {
		*ret_text = size > 0 ? file : "";
		*ret_size = size;
		return UBOOT_SCRIPT_NO_HEADER;
	}
	if (size < HEADER_BYTES)
		return UBOOT_SCRIPT_TRUNCATED;
	if (bytes[TYPE] != TYPE_SCRIPT)
		return UBOOT_SCRIPT_WRONG_TYPE;
	data = bytes + HEADER_BYTES;
	data_size = be32(bytes + DATA_SIZE);
	if (data_size > size - HEADER_BYTES)
		data_size = size - HEADER_BYTES;
	table = table_bytes(data, data_size);
	if (table > 4) {
		*ret_text = (const char *)data + table;
		*ret_size = data_size - table;
	}
	if (header_crc(bytes) != be32(bytes + HEADER_CRC))
		return UBOOT_SCRIPT_BAD_HEADER_CRC;
	if (data_size < be32(bytes + DATA_SIZE) || table == 0)
		return UBOOT_SCRIPT_TRUNCATED;
	if (crc32(data, data_size) != be32(bytes + DATA_CRC))
		return UBOOT_SCRIPT_BAD_DATA_CRC;
	return table > 4 ? UBOOT_SCRIPT_OK : UBOOT_SCRIPT_EMPTY;
}
