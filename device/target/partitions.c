/* SPDX-License-Identifier: MIT */
#include "device/target/partitions.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/probe.h"
#include "device/target/ptable.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REREAD_TRIES	20
#define REREAD_PAUSE_US 100000 /* programs that list disks open partitions for a moment */

struct walk {
	int root;
	char dir[48]; /* of the disk, by number: the name may belong to another disk by now */
	const struct layout *layout;
	struct diag *diag;
	size_t found;
};

static struct walk walk_of(int root, const struct disk *disk)
{
	struct walk walk = {.root = root};

	(void)STR_FORMAT(walk.dir, "sys/dev/block/%u:%u", disk->id.major, disk->id.minor);
	return walk;
}

/* Number of the partition @entry, from 1; 0 if it is not a partition. */
static uint64_t partition_number(const struct walk *walk, const char *entry)
{
	return sysroot_number(walk->root, "%s/%s/partition", walk->dir, entry);
}

static bool attribute_is(
	const struct walk *walk, const char *entry, const char *attribute, uint64_t wanted)
{
	uint64_t value;

	return sysroot_read_u64(walk->root, &value, "%s/%s/%s", walk->dir, entry, attribute) == 0 &&
	       value == wanted;
}

/* False only if the kernel reports a different one. */
static bool partuuid_is(const struct walk *walk, const char *entry, const char *wanted)
{
	static const char key[] = "\nPARTUUID=";
	const char *line;
	char uevent[2048];

	if (sysroot_read(walk->root, uevent, sizeof(uevent), "%s/%s/uevent", walk->dir, entry) < 0)
		return true;
	line = strstr(uevent, key);
	return !line || strncasecmp(line + strlen(key), wanted, strlen(wanted)) == 0;
}

static int compare_partition(void *arg, const char *entry)
{
	struct walk *walk = arg;
	/* 0 is the number of no partition. */
	size_t index = table_numbered(walk->layout, partition_number(walk, entry));
	const struct layout_partition *wanted;
	const char *what = NULL;

	if (index == walk->layout->count)
		return 0; /* not a partition, or the extended one */
	wanted = &walk->layout->partitions[index];
	walk->found++;
	if (!attribute_is(walk, entry, "start", wanted->start))
		what = "start";
	else if (!attribute_is(walk, entry, "size", wanted->sectors))
		what = "size";
	else if (!partuuid_is(walk, entry, wanted->partuuid))
		what = "PARTUUID";
	return what ? diag_fail(walk->diag, -EILSEQ,
			      "the kernel reports a different %s of partition %s", what,
			      wanted->name)
		    : 0;
}

int partitions_compare(
	int root, const struct disk *disk, const struct layout *layout, struct diag *diag)
{
	struct walk walk = walk_of(root, disk);
	int r;

	walk.layout = layout;
	walk.diag = diag;
	r = sysroot_each(root, compare_partition, &walk, "%s", walk.dir);
	if (r == -EILSEQ)
		return r;
	if (r < 0)
		return diag_fail(
			diag, r, "cannot read the partitions of %s: %s", disk->name, strerror(-r));
	if (walk.found < layout->count)
		return diag_fail(diag, walk.found == 0 ? -ENOENT : -EILSEQ,
			"the kernel reports %zu partitions instead of %zu", walk.found,
			layout->count);
	return 0;
}

static int reread(int fd)
{
	int r = 0;

	for (unsigned i = 0; i < REREAD_TRIES; i++) {
		r = ioctl(fd, BLKRRPART) < 0 ? -errno : 0;
		if (r != -EBUSY)
			break;
		(void)usleep(REREAD_PAUSE_US);
	}
	/* Accepted: ptable_compare has checked the table on the medium, and the kernel keeps the
	 * partitions that ptable_announce added, which are compared below. -EBUSY: another program
	 * has one of them open; nobody can have mounted it, as @fd is the exclusive descriptor.
	 * -EINVAL: a loop device that was attached without a partition scan. */
	return r == -EBUSY || r == -EINVAL ? 0 : r;
}

int partitions_reread(
	int fd, int root, const struct disk *disk, const struct layout *layout, struct diag *diag)
{
	int r = reread(fd);

	if (r < 0)
		return diag_fail(
			diag, r, "the kernel cannot read the partition table: %s", strerror(-r));
	r = partitions_compare(root, disk, layout, diag);
	if (r != -ENOENT)
		return r;
	r = ptable_announce(fd, layout);
	if (r < 0)
		return diag_fail(diag, r, "the kernel refused the partitions: %s", strerror(-r));
	return partitions_compare(root, disk, layout, diag);
}

/* mke2fs makes what older kernels call ext2 or ext3 if the layout's options leave out features. */
static bool is_type(const char *found, enum fs_kind planned)
{
	return strcmp(found, fs_name(planned)) == 0 ||
	       (planned == FS_EXT4 && (strcmp(found, "ext2") == 0 || strcmp(found, "ext3") == 0));
}

int partitions_identify(int fd, const struct layout_partition *planned, struct diag *diag)
{
	struct disk_content found;

	probe_content_fd(fd, &found);
	if (found.state == CONTENT_AMBIVALENT)
		return diag_fail(diag, -EILSEQ, "it has the signature of another format too");
	if (found.state == CONTENT_BLANK)
		return diag_fail(diag, -EILSEQ, "it has no signature");
	if (found.state != CONTENT_FILESYSTEM && found.state != CONTENT_TABLE)
		return diag_fail(diag, -EIO, "it cannot be read");
	if (!is_type(found.type, planned->fs))
		return diag_fail(
			diag, -EILSEQ, "it is %s, not %s", found.type, fs_name(planned->fs));
	if (strcmp(found.label, planned->label) != 0)
		return diag_fail(
			diag, -EILSEQ, "its label is '%s', not '%s'", found.label, planned->label);
	if (planned->fs_uuid[0] && strcasecmp(found.uuid, planned->fs_uuid) != 0)
		return diag_fail(
			diag, -EILSEQ, "its UUID is '%s', not '%s'", found.uuid, planned->fs_uuid);
	return 0;
}

static void trigger(int root, const char *path)
{
	_cleanup_close_ int fd = openat(root, path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0)
		(void)write_full(fd, "change", strlen("change"));
}

static int trigger_partition(void *arg, const char *entry)
{
	const struct walk *walk = arg;
	char path[128];

	if (partition_number(walk, entry) > 0 && STR_FORMAT(path, "%s/%s/uevent", walk->dir, entry))
		trigger(walk->root, path);
	return 0;
}

void partitions_trigger(int root, const struct disk *disk)
{
	struct walk walk = walk_of(root, disk);
	char path[64];

	/* The disk first: udev rules of a partition import properties of its disk. */
	(void)STR_FORMAT(path, "%s/uevent", walk.dir);
	trigger(root, path);
	(void)sysroot_each(root, trigger_partition, &walk, "%s", walk.dir);
}
