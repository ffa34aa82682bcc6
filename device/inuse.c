/* SPDX-License-Identifier: MIT */
#include "device/inuse.h"

#include "device/mountinfo.h"
#include "device/namespaces.h"
#include "device/resolve.h"
#include "device/stack.h"
#include "device/sysfs.h"
#include "device/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- facts ---- */

static bool has_fact(const struct inuse *inuse, const struct inuse_fact *fact)
{
	for (size_t i = 0; i < inuse->count; i++)
		if (inuse->facts[i].code == fact->code &&
			strcmp(inuse->facts[i].disk, fact->disk) == 0 &&
			strcmp(inuse->facts[i].text, fact->text) == 0)
			return true;
	return false;
}

static int add_fact(struct inuse *inuse, const char *disk, enum reason_code code,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
static int add_fact(
	struct inuse *inuse, const char *disk, enum reason_code code, const char *format, ...)
{
	struct inuse_fact fact = {.code = code}, *facts;
	va_list args;

	(void)STR_COPY(fact.disk, disk);
	va_start(args, format);
	(void)str_vformat(fact.text, sizeof(fact.text), format, args);
	va_end(args);
	str_sanitise(fact.text);
	if (has_fact(inuse, &fact))
		return 0;
	facts = reallocarray(inuse->facts, inuse->count + 1, sizeof(*facts));
	if (!facts)
		return -ENOMEM;
	facts[inuse->count++] = fact;
	inuse->facts = facts;
	return 0;
}

static bool is_known(const struct inuse *inuse, const char *disk)
{
	for (size_t i = 0; i < inuse->count; i++)
		if (strcmp(inuse->facts[i].disk, disk) == 0)
			return true;
	return false;
}

/* ---- mounts ---- */

/* Losing one of these, or what lies below it, stops the running machine or its next start. */
static bool is_critical(const char *point)
{
	static const char *const critical[] = {"/usr", "/boot", "/efi", "/nix"};

	if (strcmp(point, "/") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(critical); i++) {
		size_t length = strlen(critical[i]);

		if (strncmp(point, critical[i], length) == 0 &&
			(point[length] == '/' || point[length] == '\0'))
			return true;
	}
	return false;
}

static int add_mount(struct inuse *inuse, int root, const struct mountinfo *mounts,
	const struct mountinfo_entry *mount)
{
	bool critical = is_critical(mount->point);
	/* Otherwise the disk below a backing file is mounted, and has a line of its own. */
	struct resolver resolver = {.root = root, .mounts = mounts, .through_files = critical};
	int r = 0;

	/* The layers of an overlay have lines of their own, too. */
	if (!critical && strcmp(mount->fs_type, "overlay") == 0)
		return 0;
	resolve_mount(&resolver, mount);
	if (critical && resolver.unresolved)
		inuse->unresolved = true;
	if (resolver.count > 0 && strcmp(mount->point, "/") == 0)
		inuse->rootless = false;
	for (size_t i = 0; i < resolver.count && r == 0; i++)
		r = critical ? add_fact(inuse, resolver.disks[i], REASON_SYSTEM,
				       "the running system (%s)", mount->point)
			     : add_fact(inuse, resolver.disks[i], REASON_MOUNTED, "mounted on %s",
				       mount->point);
	return r;
}

static int add_mounts(struct inuse *inuse, int root, const struct mountinfo *mounts)
{
	int r = 0;

	for (size_t i = 0; i < mounts->count && r == 0; i++)
		r = add_mount(inuse, root, mounts, &mounts->entries[i]);
	return r;
}

struct visit {
	struct inuse *inuse;
	int root;
};

/* Most namespaces are copies of ours, with the same mounts: only what they have more is told. What
 * another's "/" lies on is no system of ours. */
static int add_foreign_mounts(void *arg, const char *table, const char *who)
{
	const struct visit *visit = arg;
	struct mountinfo mounts;
	int r = 0;

	if (mountinfo_load(visit->root, table, &mounts) < 0)
		return 0; /* the process has ended */
	for (size_t i = 0; i < mounts.count && r == 0; i++) {
		struct resolver resolver = {.root = visit->root, .mounts = &mounts};

		resolve_mount(&resolver, &mounts.entries[i]);
		for (size_t k = 0; k < resolver.count && r == 0; k++)
			if (!is_known(visit->inuse, resolver.disks[k]))
				r = add_fact(visit->inuse, resolver.disks[k], REASON_MOUNTED,
					"mounted on %s by %s", mounts.entries[i].point, who);
	}
	mountinfo_finish(&mounts);
	return r;
}

/* ---- swap ---- */

static int add_swap(
	struct inuse *inuse, int root, const struct mountinfo *mounts, const char *path, bool file)
{
	struct resolver resolver = {.root = root, .mounts = mounts, .through_files = true};
	uint32_t major, minor;
	int r = 0;

	if (file)
		resolve_path(&resolver, path);
	else if (stack_node_number(root, path, &major, &minor) == 0)
		resolve_number(&resolver, major, minor);
	for (size_t i = 0; i < resolver.count && r == 0; i++)
		r = add_fact(inuse, resolver.disks[i], REASON_SWAP, "swap (%s)", path);
	return r;
}

/* Lines of "Filename Type Size Used Priority"; the first one is just that, and no path. */
static int add_swaps(struct inuse *inuse, int root, const struct mountinfo *mounts)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r = sysfs_read_all(root, &text, NULL, "proc/swaps");

	if (r < 0)
		return r == -ENOENT ? 0 : r; /* a kernel without swap */
	rest = text;
	r = 0;
	while (r == 0 && (line = strsep(&rest, "\n"))) {
		char *state = NULL;
		char *path = strtok_r(line, " \t", &state), *type = strtok_r(NULL, " \t", &state);

		if (!path || !type)
			continue;
		mountinfo_unescape(path);
		r = add_swap(inuse, root, mounts, path, strcmp(type, "file") == 0);
	}
	return r;
}

/* ---- holders and loops ---- */

struct block_walk {
	struct inuse *inuse;
	int root;
	const char *disk;
};

static int add_holder(void *arg, const char *name)
{
	struct block_walk *walk = arg;
	char mapped[64];

	if (sysfs_read(walk->root, mapped, sizeof(mapped), "sys/block/%s/dm/name", name) == 0)
		return add_fact(
			walk->inuse, walk->disk, REASON_HOLDER, "used by %s (%s)", name, mapped);
	return add_fact(walk->inuse, walk->disk, REASON_HOLDER, "used by %s", name);
}

static int add_partition_holders(void *arg, const char *name)
{
	struct block_walk *walk = arg;
	int r;

	if (!sysfs_exists(walk->root, "sys/block/%s/%s/partition", walk->disk, name))
		return 0;
	r = sysfs_each(walk->root, add_holder, walk, "sys/block/%s/%s/holders", walk->disk, name);
	return r == -ENOENT ? 0 : r;
}

/* A loop over the raw disk keeps nobody from opening that exclusively: it must be looked for. One
 * over a file explains a busy disk whose filesystem was unmounted lazily. */
static int add_loop(struct inuse *inuse, int root, const char *name)
{
	char disks[STACK_DISKS_MAX][32];
	struct stack_loop loop;
	int count, r = 0;

	if (stack_read_loop(root, name, &loop) < 0)
		return 0;
	count = stack_whole_disks(
		root, loop.block_major, loop.block_minor, disks, ARRAY_SIZE(disks));
	for (int i = 0; i < count && r == 0; i++)
		r = add_fact(inuse, disks[i], REASON_LOOP, "%s lies over it", name);
	count = stack_whole_disks(root, loop.file_major, loop.file_minor, disks, ARRAY_SIZE(disks));
	for (int i = 0; i < count && r == 0; i++)
		if (!is_known(inuse, disks[i]))
			r = add_fact(inuse, disks[i], REASON_LOOP, "%s uses a file on it", name);
	return r;
}

/* The kernel holds it exclusively, but tells of no holder. */
static int add_backing(struct inuse *inuse, int root, const char *name)
{
	char disks[STACK_DISKS_MAX][32];
	uint32_t major, minor;
	int count, r = 0;

	if (stack_read_backing(root, name, &major, &minor) < 0)
		return 0;
	count = stack_whole_disks(root, major, minor, disks, ARRAY_SIZE(disks));
	for (int i = 0; i < count && r == 0; i++)
		r = add_fact(inuse, disks[i], REASON_HOLDER, "used by %s", name);
	return r;
}

static int add_block_user(void *arg, const char *name)
{
	struct block_walk *walk = arg;
	char card[32];
	int r;

	/* What uses a boot area uses the card. */
	walk->disk = stack_card_of(walk->root, name, card) ? card : name;
	r = sysfs_each(walk->root, add_holder, walk, "sys/block/%s/holders", name);
	if (r == 0 || r == -ENOENT)
		r = sysfs_each(walk->root, add_partition_holders, walk, "sys/block/%s", name);
	if (r == 0 || r == -ENOENT)
		r = add_loop(walk->inuse, walk->root, name);
	return r == 0 ? add_backing(walk->inuse, walk->root, name) : r;
}

/* ---- what the machine was started from ---- */

static int add_boot_disks(
	struct inuse *inuse, int root, const struct boot_name *name, uint32_t major, uint32_t minor)
{
	char disks[STACK_DISKS_MAX][32];
	int count = stack_whole_disks(root, major, minor, disks, ARRAY_SIZE(disks)), r = 0;

	for (int i = 0; i < count && r == 0; i++)
		r = add_fact(inuse, disks[i], REASON_SYSTEM, "the system is started from it (%s)",
			name->text);
	return r;
}

/* "/dev/mmcblk0p2", maybe with ":name" behind. */
static int find_node(int root, const char *value, uint32_t *ret_major, uint32_t *ret_minor)
{
	char node[sizeof(((struct boot_name *)0)->value)];
	int r = stack_node_number(root, value, ret_major, ret_minor);

	if (r == 0 || !STR_COPY(node, value))
		return r;
	node[strcspn(node, ":")] = '\0';
	return stack_node_number(root, node, ret_major, ret_minor);
}

/* A disk or partition that is simply not there now ("/dev/sda1") needs no protection. One of another
 * kind ("/dev/mapper/root", not set up) may be on any disk. */
static bool may_be_anywhere(const char *value)
{
	static const char *const plain[] = {"sd", "mmcblk", "nvme", "vd", "hd", "xvd", "sr"};
	const char *name = value + strlen("/dev/");

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strncmp(name, plain[i], strlen(plain[i])) == 0)
			return false;
	return true;
}

static int add_boot_name(struct inuse *inuse, int root, const struct boot_name *name)
{
	uint32_t major = name->major, minor = name->minor;

	switch (name->kind) {
	case BOOT_NODE:
		if (find_node(root, name->value, &major, &minor) < 0) {
			inuse->unresolved |= may_be_anywhere(name->value);
			return 0;
		}
		return add_boot_disks(inuse, root, name, major, minor);
	case BOOT_NUMBER:
		return add_boot_disks(inuse, root, name, major, minor);
	case BOOT_PARTUUID:
	case BOOT_PARTLABEL:
	case BOOT_UUID:
	case BOOT_LABEL:
		if (inuse->boot_count < ARRAY_SIZE(inuse->boot))
			inuse->boot[inuse->boot_count++].name = *name;
		return 0;
	case BOOT_OPAQUE:
		inuse->unresolved = true;
		return 0;
	}
	return 0;
}

/* The device tree's is what the bootloader said; the kernel may have been built to ignore it. */
static int add_boot_names(struct inuse *inuse, int root)
{
	static const char *const sources[] = {"proc/cmdline", "proc/device-tree/chosen/bootargs"};
	struct boot_name names[BOOT_NAMES_MAX];
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources) && r == 0; i++) {
		_cleanup_free_ char *text = NULL;
		size_t count;

		if (sysfs_read_all(root, &text, NULL, "%s", sources[i]) < 0)
			continue;
		count = boot_source_parse(text, names);
		for (size_t k = 0; k < count && r == 0; k++)
			r = add_boot_name(inuse, root, &names[k]);
	}
	return r;
}

int inuse_add_content(struct inuse *inuse, const struct disk *disk)
{
	int r = 0;

	for (size_t i = 0; i < inuse->boot_count && r == 0; i++) {
		if (!boot_source_matches(&inuse->boot[i].name, &disk->content))
			continue;
		inuse->boot[i].found = true;
		r = add_fact(inuse, disk->name, REASON_SYSTEM, "the system is started from it (%s)",
			inuse->boot[i].name.text);
	}
	return r;
}

/* ---- all of it ---- */

/* Process 1 sees the machine's mounts where we were put into a namespace of our own. */
static int add_tables(struct inuse *inuse, int root)
{
	static const char *const tables[] = {"proc/1/mountinfo", "proc/self/mountinfo"};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tables) && r == 0; i++) {
		struct mountinfo mounts;
		bool ours = i == ARRAY_SIZE(tables) - 1;

		r = mountinfo_load(root, tables[i], &mounts);
		if (r < 0) {
			if (!ours)
				r = 0;
			continue;
		}
		r = add_mounts(inuse, root, &mounts);
		if (r == 0 && ours)
			r = add_swaps(inuse, root, &mounts);
		mountinfo_finish(&mounts);
	}
	return r;
}

int inuse_load(int root, struct inuse *ret)
{
	struct inuse inuse = {.rootless = true};
	struct block_walk walk = {.inuse = &inuse, .root = root};
	struct visit visit = {.inuse = &inuse, .root = root};
	int r = add_tables(&inuse, root);

	if (r == 0 && inuse.rootless)
		r = add_boot_names(&inuse, root);
	if (r == 0)
		r = namespaces_each_other(root, add_foreign_mounts, &visit);
	if (r == 0)
		r = sysfs_each(root, add_block_user, &walk, "sys/block");
	if (r < 0) {
		inuse_finish(&inuse);
		return r;
	}
	*ret = inuse;
	return 0;
}

void inuse_finish(struct inuse *inuse)
{
	free(inuse->facts);
	*inuse = (struct inuse){0};
}

/* ---- a file of this job ---- */

/* The number of the mount that @fd is on: its st_dev would not do, btrfs gives each subvolume one
 * that no table has. */
static int read_mount_id(int root, int fd)
{
	static const char key[] = "mnt_id:";
	char text[256];
	const char *p;
	int r = sysfs_read(root, text, sizeof(text), "proc/self/fdinfo/%d", fd);

	if (r < 0)
		return r;
	p = strstr(text, key);
	return p ? atoi(p + strlen(key)) : -ENODATA;
}

/* 0 with the disks in @resolver, or -errno. */
static int resolve_live_file(struct resolver *resolver, const char *path)
{
	const struct mountinfo_entry *mount;
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (major(st.st_dev) > 0)
		resolve_number(resolver, major(st.st_dev), minor(st.st_dev));
	else if ((mount = mountinfo_of_id(resolver->mounts, read_mount_id(resolver->root, fd))))
		resolve_mount(resolver, mount);
	else
		resolver->unresolved = true;
	return 0;
}

int inuse_add_file(struct inuse *inuse, int root, const struct inuse_file *file)
{
	struct mountinfo mounts;
	struct resolver resolver = {.root = root, .mounts = &mounts, .through_files = true};
	int r = mountinfo_load(root, "proc/self/mountinfo", &mounts);

	if (r < 0)
		return r;
	if (sysfs_is_live(root))
		r = resolve_live_file(&resolver, file->path);
	else
		resolve_path(&resolver, file->path);
	mountinfo_finish(&mounts);
	if (resolver.unresolved)
		inuse->unresolved = true;
	for (size_t i = 0; i < resolver.count && r == 0; i++)
		r = add_fact(inuse, resolver.disks[i], REASON_SOURCE, "holds the %s", file->what);
	return r;
}

int inuse_add_files(struct inuse *inuse, int root, const struct inuse_file *files, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		r = inuse_add_file(inuse, root, &files[i]);
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}
