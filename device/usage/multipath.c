/* SPDX-License-Identifier: MIT */
#include "device/usage/multipath.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	int root;
	struct multipath multipath;
};

/* NVMe: attribute of the namespace; SCSI: of the device behind the disk. */
static bool read_wwid(int root, const char *name, char *ret, size_t size)
{
	if (sysroot_read(root, ret, size, "sys/block/%s/wwid", name) < 0 &&
		sysroot_read(root, ret, size, "sys/block/%s/device/wwid", name) < 0)
		return false;
	sysroot_trim(ret);
	return ret[0] != '\0';
}

static int add_disk(void *arg, const char *name)
{
	struct walk *walk = arg;
	struct multipath *multipath = &walk->multipath;
	struct multipath_id id, *disks;

	if (!STR_COPY(id.disk, name) || !read_wwid(walk->root, name, id.wwid, sizeof(id.wwid)))
		return 0;
	disks = reallocarray(multipath->disks, multipath->count + 1, sizeof(*disks));
	if (!disks)
		return -ENOMEM;
	disks[multipath->count++] = id;
	multipath->disks = disks;
	return 0;
}

int multipath_load(int root, struct multipath *ret)
{
	struct walk walk = {.root = root};
	int r = sysroot_each(root, add_disk, &walk, "sys/block");

	if (r < 0) {
		multipath_finish(&walk.multipath);
		return r;
	}
	*ret = walk.multipath;
	return 0;
}

void multipath_finish(struct multipath *multipath)
{
	free(multipath->disks);
	*multipath = (struct multipath){0};
}

static const char *wwid_of(const struct multipath *multipath, const char *disk)
{
	for (size_t i = 0; i < multipath->count; i++)
		if (strcmp(multipath->disks[i].disk, disk) == 0)
			return multipath->disks[i].wwid;
	return NULL;
}

bool multipath_is_same(const struct multipath *multipath, const char *a, const char *b)
{
	const char *id = wwid_of(multipath, a), *other = wwid_of(multipath, b);

	return id && other && strcmp(id, other) == 0;
}
