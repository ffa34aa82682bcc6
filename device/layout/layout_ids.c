/* SPDX-License-Identifier: MIT */
/* layout_ids - sets the IDs that a description leaves open, as the archive names them or at random. */
#include "device/layout/layout.h"

#include "device/base/util.h"
#include "device/layout/id.h"
#include "device/layout/layout_table.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

/* ---- IDs that the archive names ---- */

static char *id_field(struct layout_partition *p, enum layout_id kind)
{
	return kind == LAYOUT_ID_FS_UUID ? p->fs_uuid : p->partuuid;
}

static bool set_id(struct layout *layout, size_t index, enum layout_id kind, const char *id)
{
	char *own = id_field(&layout->partitions[index], kind);

	for (size_t i = 0; i < layout->count; i++)
		if (i != index && strcasecmp(id_field(&layout->partitions[i], kind), id) == 0)
			return false;
	return own[0] ? strcasecmp(own, id) == 0 : str_copy(own, ID_BYTES, id);
}

/* Sets the ID of the disk from which an MBR derives @partuuid. */
static bool set_disk_id(struct layout *layout, size_t index, const char *partuuid)
{
	char disk[ID_BYTES], derived[ID_BYTES];

	(void)STR_FORMAT(disk, "%.8s", partuuid);
	id_make_mbr(disk, table_number(layout, index), derived);
	if (strcmp(derived, partuuid) != 0 || !id_of_disk(TABLE_MBR, disk, disk))
		return false;
	return layout->disk_uuid[0] ? strcasecmp(layout->disk_uuid, disk) == 0
				    : STR_COPY(layout->disk_uuid, disk);
}

/* Removes the default label of another partition that is the same. */
static bool set_label(struct layout *layout, size_t index, const char *label)
{
	struct layout_partition *p = &layout->partitions[index];

	if (label[0] == '\0' || !fs_label_fits(p->fs, label) ||
		(p->label_is_set && strcmp(p->label, label) != 0))
		return false;
	for (size_t i = 0; i < layout->count; i++)
		if (i != index && layout->partitions[i].label_is_set &&
			strcmp(layout->partitions[i].label, label) == 0)
			return false;
	for (size_t i = 0; i < layout->count; i++)
		if (strcmp(layout->partitions[i].label, label) == 0)
			layout->partitions[i].label[0] = '\0';
	p->label_is_set = true;
	return STR_COPY(p->label, label);
}

bool layout_set_id(struct layout *layout, size_t index, enum layout_id kind, const char *value)
{
	char id[ID_BYTES];

	assert(index < layout->count);
	switch (kind) {
	case LAYOUT_ID_FS_UUID:
		return id_of_fs(layout->partitions[index].fs, value, id) &&
		       set_id(layout, index, kind, id);
	case LAYOUT_ID_PARTUUID:
		if (!id_of_partition(layout->table, value, id))
			return false;
		return layout->table == TABLE_GPT ? set_id(layout, index, kind, id)
						  : set_disk_id(layout, index, id);
	case LAYOUT_ID_LABEL:
		return set_label(layout, index, value);
	}
	return false;
}

/* ---- random IDs ---- */

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
			id_make_mbr(layout->disk_uuid, table_number(layout, i), p->partuuid);
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
