/* SPDX-License-Identifier: MIT */
#include "device/twin.h"

#include "device/sysfs.h"
#include "device/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	int root;
	struct twins twins;
};

/* The namespace itself has it for NVMe, the device behind the disk for SCSI. */
static bool read_wwid(int root, const char *name, char *ret, size_t size)
{
	if (sysfs_read(root, ret, size, "sys/block/%s/wwid", name) < 0 &&
		sysfs_read(root, ret, size, "sys/block/%s/device/wwid", name) < 0)
		return false;
	sysfs_trim(ret);
	return ret[0] != '\0';
}

static int add_disk(void *arg, const char *name)
{
	struct walk *walk = arg;
	struct twins *twins = &walk->twins;
	struct twin twin, *disks;

	if (!STR_COPY(twin.disk, name) ||
		!read_wwid(walk->root, name, twin.wwid, sizeof(twin.wwid)))
		return 0;
	disks = reallocarray(twins->disks, twins->count + 1, sizeof(*disks));
	if (!disks)
		return -ENOMEM;
	disks[twins->count++] = twin;
	twins->disks = disks;
	return 0;
}

int twins_load(int root, struct twins *ret)
{
	struct walk walk = {.root = root};
	int r = sysfs_each(root, add_disk, &walk, "sys/block");

	if (r < 0) {
		twins_finish(&walk.twins);
		return r;
	}
	*ret = walk.twins;
	return 0;
}

void twins_finish(struct twins *twins)
{
	free(twins->disks);
	*twins = (struct twins){0};
}

static const char *wwid_of(const struct twins *twins, const char *disk)
{
	for (size_t i = 0; i < twins->count; i++)
		if (strcmp(twins->disks[i].disk, disk) == 0)
			return twins->disks[i].wwid;
	return NULL;
}

bool twins_are_equal(const struct twins *twins, const char *a, const char *b)
{
	const char *id = wwid_of(twins, a), *other = wwid_of(twins, b);

	return id && other && strcmp(id, other) == 0;
}
