/* SPDX-License-Identifier: MIT */
/*
 * occupied - the ranges of a disk that its partition table takes now: the table itself, with its copy at
 * the end, and every partition. libblkid finds table and partitions; the places of a GPT are from its
 * headers, since its entries may be anywhere. An extended partition is occupied as a whole.
 */
#ifndef DEVICE_DISK_OCCUPIED_H
#define DEVICE_DISK_OCCUPIED_H

#include "device/base/diag.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define OCCUPIED_MAX 160 /* 128 partitions, and the parts of the table */

/* From start up to, but not including, end. */
struct occupied_range {
	uint64_t start_bytes, end_bytes;
	char what[56]; /* "partition 2 (rootfs)", "the GPT", sanitised */
};

struct occupied {
	char table[16]; /* "gpt", "dos" or another kind of libblkid's; "" if not read */
	uint32_t count;
	struct occupied_range ranges[OCCUPIED_MAX];
};

/*
 * Reads the table from the disk or image open for reading at @fd. May block as long as the device does.
 * Returns 0, or -errno with a clause about the disk in @diag ("it has no partition table") and
 * ret->table "": -ENODATA without a table, -E2BIG if it has more partitions than OCCUPIED_MAX,
 * otherwise -EIO or -ENOMEM.
 */
_must_check_ int occupied_read(int fd, struct occupied *ret, struct diag *diag);

/* Returns the first range that has a byte of @start_bytes up to @end_bytes, or NULL. */
const struct occupied_range *occupied_find(
	const struct occupied *occupied, uint64_t start_bytes, uint64_t end_bytes);

#endif
