/* SPDX-License-Identifier: MIT */
/* cid - decodes the CID register of a card: 16 bytes, as 32 hex digits in sysfs. Pure. The two
 * standards have different formats (JESD84-B51 7.2; SD Physical Layer 5.2). The date is not
 * decoded: it wraps after 16 years, and kernels resolve that differently. */
#ifndef DEVICE_DISK_CID_H
#define DEVICE_DISK_CID_H

#include "device/base/util.h"

#include <stdint.h>

enum cid_standard { CID_MMC, CID_SD, CID_STANDARD_COUNT };

struct cid {
	uint8_t maker;
	char name[7]; /* 6 characters for MMC, 5 for SD; trimmed, sanitised */
	uint32_t serial;
};

/* Decodes 32 hex digits. 0, or -EINVAL with @ret untouched if @hex is anything else. */
_must_check_ int cid_decode(const char *hex, enum cid_standard standard, struct cid *ret);

/* Manufacturer for the first byte of a CID, or NULL if unknown. Only a hint for the operator: the
 * numbers are not published, and some manufacturers use those of others. */
const char *cid_maker_name(enum cid_standard standard, uint8_t maker);

#endif
