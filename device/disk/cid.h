/* SPDX-License-Identifier: MIT */
/*
 * cid - what a card says of itself in its CID register: 16 bytes, 32 hex digits in sysfs. Pure. The
 * two standards lay it out differently (JESD84-B51 7.2; SD Physical Layer 5.2). The date is left
 * out: it wraps after 16 years, and every kernel guesses the rest otherwise.
 */
#ifndef DEVICE_DISK_CID_H
#define DEVICE_DISK_CID_H

#include "device/base/util.h"

#include <stdint.h>

enum cid_standard { CID_MMC, CID_SD, CID_STANDARD_COUNT };

struct cid {
	uint8_t maker;
	char name[7]; /* 6 characters of an MMC's, 5 of an SD card's; trimmed, sanitised */
	uint32_t serial;
};

/* Decodes 32 hex digits. 0, or -EINVAL where @hex is anything else; @ret is untouched then. */
_must_check_ int cid_decode(const char *hex, enum cid_standard standard, struct cid *ret);

/* Who made it, by the first byte: a hint for the eye, no more, for the numbers are not published and
 * some makers use others'. NULL where nobody here knows. */
const char *cid_maker_name(enum cid_standard standard, uint8_t maker);

#endif
