/* SPDX-License-Identifier: MIT */
/* layout_ids - generates the IDs that a description leaves open. */
#include "device/layout/layout.h"

#include "device/base/util.h"
#include "device/layout/id.h"

#include <sys/random.h>

static void make_uuid(char ret[37], void (*fill)(void *buf, size_t size))
{
	unsigned char b[16];

	fill(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* RFC 9562: version 4 */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* variant 1 */
	(void)str_format(ret, 37,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
}

/* A 32-bit ID other than 0, which means "none". */
static uint32_t make_id(void (*fill)(void *buf, size_t size))
{
	uint32_t id;

	fill(&id, sizeof(id));
	return id != 0 ? id : 1;
}

/* Generates an ID in the form that mkfs of the filesystem expects. */
static void make_fs_id(enum fs_kind fs, char ret[37], void (*fill)(void *buf, size_t size))
{
	uint32_t id;

	switch (fs) {
	case FS_EXT4:
	case FS_F2FS:
	case FS_BTRFS:
	case FS_SWAP:
		make_uuid(ret, fill);
		break;
	case FS_VFAT:
		id = make_id(fill);
		(void)str_format(ret, 37, "%04X-%04X", id >> 16, id & 0xffff);
		break;
	case FS_NONE:
	case FS_KIND_COUNT:
		ret[0] = '\0';
		break;
	}
}

void layout_assign_ids(struct layout *layout, void (*fill)(void *buf, size_t size))
{
	if (layout->disk_uuid[0] == '\0' && layout->table == TABLE_GPT)
		make_uuid(layout->disk_uuid, fill);
	else if (layout->disk_uuid[0] == '\0')
		(void)STR_FORMAT(layout->disk_uuid, "%08x", make_id(fill));

	for (size_t i = 0; i < layout->count; i++) {
		struct layout_partition *p = &layout->partitions[i];

		if (layout->table == TABLE_MBR)
			id_make_mbr(layout->disk_uuid, i, p->partuuid);
		else if (p->partuuid[0] == '\0')
			make_uuid(p->partuuid, fill);
		if (p->fs_uuid[0] == '\0')
			make_fs_id(p->fs, p->fs_uuid, fill);
	}
}

void layout_random(void *buf, size_t size)
{
	char *p = buf;

	while (size > 0) {
		ssize_t n = getrandom(p, size, 0);

		if (n < 0)
			continue; /* only EINTR is possible for a valid buffer and flags 0 */
		p += n;
		size -= (size_t)n;
	}
}
