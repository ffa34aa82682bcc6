/* SPDX-License-Identifier: MIT */
/*
 * uboot_image - the script in a boot.scr: a uImage of mkimage, or plain text. Pure.
 *
 * Facts, from U-Boot's image_locate_script (boot/image-board.c) and include/image.h: 64 bytes of
 * header, all numbers big endian: magic 27051956h at 0, CRC-32 of the header (counted with 0 in its
 * own place) at 4, size of the data at 12, CRC-32 of the data at 24, type at 30 (6: script). The
 * data begin with a table of sizes that ends with 0. U-Boot refuses an image with another checksum
 * (of the data: unless its variable `verify` is "no").
 */
#ifndef CORE_BOOTCHECK_UBOOT_IMAGE_H
#define CORE_BOOTCHECK_UBOOT_IMAGE_H

#include <stddef.h>

enum uboot_script_state {
	UBOOT_SCRIPT_OK,
	UBOOT_SCRIPT_NO_HEADER, /* the whole file is taken for the text; `source` refuses it */
	UBOOT_SCRIPT_BAD_HEADER_CRC,
	UBOOT_SCRIPT_BAD_DATA_CRC,
	UBOOT_SCRIPT_WRONG_TYPE, /* a uImage of something else: no text */
	UBOOT_SCRIPT_FIT,	 /* a flattened image tree, which is not looked into: no text */
	UBOOT_SCRIPT_TRUNCATED,	 /* shorter than by its header */
	UBOOT_SCRIPT_EMPTY,	 /* its first size is 0, which U-Boot refuses: no text */
};

/* Finds the script in the @size bytes at @file. The text is within them, and as much as there is if
 * the state is another one; "" (0 bytes) where the state is said to have no text. */
enum uboot_script_state uboot_script_open(
	const void *file, size_t size, const char **ret_text, size_t *ret_size);

#endif
