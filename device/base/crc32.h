/* SPDX-License-Identifier: MIT */
/* crc32 - the checksum of a GPT and of U-Boot's images: CRC-32 of IEEE 802.3. Pure. */
#ifndef DEVICE_BASE_CRC32_H
#define DEVICE_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32(const void *data, size_t size);

#endif
