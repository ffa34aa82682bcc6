/* SPDX-License-Identifier: MIT */
#include "device/usage/cmdline_disks.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/wholedisk.h"
#include "device/usage/cmdline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Keeps a name that was not found: it may be on a disk whose content is not known yet, or never
 * will be. */
static int remember(struct inuse *inuse, const struct cmdline_device *name)
{
	struct inuse_boot *boot = reallocarray(inuse->boot, inuse->boot_count + 1, sizeof(*boot));

	if (!boot)
		return -ENOMEM;
	boot[inuse->boot_count++] = (struct inuse_boot){.name = *name};
	inuse->boot = boot;
	return 0;
}

static int add_disks(struct inuse *inuse, int root, const struct cmdline_device *name,
	uint32_t major, uint32_t minor)
{
	char disks[WHOLEDISK_MAX][32];
	int count = wholedisk_of(root, major, minor, disks, ARRAY_SIZE(disks)), r = 0;

	if (count < 0)
		return remember(inuse, name);
	for (int i = 0; i < count && r == 0; i++)
		r = inuse_add_fact(inuse, disks[i], REASON_ROOT_NAMED,
			"the system boots from it (%s)", name->text);
	return r;
}

/* "/dev/mmcblk0p2", possibly followed by ":name". */
static int find_node(int root, const char *value, uint32_t *ret_major, uint32_t *ret_minor)
{
	char node[sizeof(((struct cmdline_device *)0)->value)];
	int r = wholedisk_node_number(root, value, ret_major, ret_minor);

	if (r == 0 || !STR_COPY(node, value))
		return r;
	node[strcspn(node, ":")] = '\0';
	return wholedisk_node_number(root, node, ret_major, ret_minor);
}

struct boot_visit {
	struct inuse *inuse;
	int root;
};

static int add_name(void *arg, const struct cmdline_device *name)
{
	const struct boot_visit *visit = arg;
	struct inuse *inuse = visit->inuse;
	int root = visit->root;
	uint32_t major = name->major, minor = name->minor;

	switch (name->kind) {
	case CMDLINE_NODE:
		if (find_node(root, name->value, &major, &minor) < 0)
			return remember(inuse, name);
		return add_disks(inuse, root, name, major, minor);
	case CMDLINE_NUMBER:
		return add_disks(inuse, root, name, major, minor);
	case CMDLINE_PARTUUID:
	case CMDLINE_PARTLABEL:
	case CMDLINE_UUID:
	case CMDLINE_LABEL:
	case CMDLINE_OPAQUE:
		break;
	}
	return remember(inuse, name);
}

/* The device tree has the command line of the bootloader, which the kernel may be built to
 * ignore. */
int cmdline_disks_add_facts(struct inuse *inuse, int root)
{
	static const char *const sources[] = {"proc/cmdline", "proc/device-tree/chosen/bootargs"};
	struct boot_visit visit = {.inuse = inuse, .root = root};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources) && r == 0; i++) {
		_cleanup_free_ char *text = NULL;

		if (sysroot_read_all(root, &text, NULL, "%s", sources[i]) == 0)
			r = cmdline_each(text, add_name, &visit);
	}
	return r;
}
