/* SPDX-License-Identifier: MIT */
#include "device/usage/holders.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/wholedisk.h"

#include <errno.h>

struct block_walk {
	struct inuse *inuse;
	int root;
	const char *disk;
};

static int add_holder(void *arg, const char *name)
{
	struct block_walk *walk = arg;
	char mapped[64];

	if (sysroot_read(walk->root, mapped, sizeof(mapped), "sys/block/%s/dm/name", name) == 0)
		return inuse_add_fact(
			walk->inuse, walk->disk, REASON_HOLDER, "in use by %s (%s)", name, mapped);
	return inuse_add_fact(walk->inuse, walk->disk, REASON_HOLDER, "in use by %s", name);
}

static int add_partition_holders(void *arg, const char *name)
{
	struct block_walk *walk = arg;
	int r;

	if (!sysroot_exists(walk->root, "sys/block/%s/%s/partition", walk->disk, name))
		return 0;
	r = sysroot_each(walk->root, add_holder, walk, "sys/block/%s/%s/holders", walk->disk, name);
	return r == -ENOENT ? 0 : r;
}

/* A loop device on a raw disk does not make O_EXCL fail, so search for it. Never offer it as a
 * target: writing to it writes to the disk below. A loop device on a file explains a busy disk
 * whose filesystem was unmounted lazily. */
static int add_loop(struct inuse *inuse, int root, const char *name)
{
	char disks[WHOLEDISK_MAX][32];
	struct wholedisk_loop loop;
	int count, r = 0;

	if (wholedisk_read_loop(root, name, &loop) < 0)
		return 0;
	if (loop.block_major > 0)
		r = inuse_add_fact(
			inuse, name, REASON_LOOP, "is a loop device on top of %s", loop.backing);
	count = wholedisk_of(root, loop.block_major, loop.block_minor, disks, ARRAY_SIZE(disks));
	for (int i = 0; i < count && r == 0; i++)
		r = inuse_add_fact(inuse, disks[i], REASON_LOOP, "in use by %s", name);
	count = wholedisk_of(root, loop.file_major, loop.file_minor, disks, ARRAY_SIZE(disks));
	for (int i = 0; i < count && r == 0; i++)
		if (!inuse_knows(inuse, disks[i]))
			r = inuse_add_fact(
				inuse, disks[i], REASON_LOOP, "in use by %s (a file on it)", name);
	return r;
}

/* zram holds its backing device exclusively, but is not in holders/. */
static int add_backing(struct inuse *inuse, int root, const char *name)
{
	char disks[WHOLEDISK_MAX][32];
	uint32_t major, minor;
	int count, r = 0;

	if (wholedisk_read_backing(root, name, &major, &minor) < 0)
		return 0;
	count = wholedisk_of(root, major, minor, disks, ARRAY_SIZE(disks));
	for (int i = 0; i < count && r == 0; i++)
		r = inuse_add_fact(inuse, disks[i], REASON_HOLDER, "in use by %s", name);
	return r;
}

static int add_block_user(void *arg, const char *name)
{
	struct block_walk *walk = arg;
	char card[32];
	int r;

	/* A user of a boot area is a user of the card. */
	walk->disk = wholedisk_card_of(walk->root, name, card) ? card : name;
	r = sysroot_each(walk->root, add_holder, walk, "sys/block/%s/holders", name);
	if (r == 0 || r == -ENOENT)
		r = sysroot_each(walk->root, add_partition_holders, walk, "sys/block/%s", name);
	if (r == 0 || r == -ENOENT)
		r = add_loop(walk->inuse, walk->root, name);
	return r == 0 ? add_backing(walk->inuse, walk->root, name) : r;
}

int holders_add_facts(struct inuse *inuse, int root)
{
	struct block_walk walk = {.inuse = inuse, .root = root};

	return sysroot_each(root, add_block_user, &walk, "sys/block");
}
