/* SPDX-License-Identifier: MIT */
#include "core/plan/trial.h"

#include "core/plan/plan_verdict.h"
#include "core/process/child_run.h"
#include "device/base/human.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/layout/fat.h"
#include "device/layout/layout_table.h"
#include "device/layout/mkfs.h"
#include "device/target/loop.h"
#include "device/target/mount.h"
#include "device/target/partitions.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MKFS_LIMIT_MS	 20000
#define UNMOUNT_LIMIT_MS 5000
#define MEMORY_MAX	 MIB(256) /* and at most a quarter of what the machine has */
#define APART_DIR	 "/run"	  /* where the child mounts a tmpfs that nobody else sees */
#define APART_LIMIT_MS	 (LAYOUT_PARTITIONS_MAX * MKFS_LIMIT_MS * 2)
#define BLOCK_BYTES	 4096u /* unit of plan_share.block_bytes */

/* One filesystem at a time: a sparse file, and a loop device on it. */
struct bench {
	int root;
	const struct plan *plan;
	char dir[200]; /* a tmpfs */
	char node[220], mount[220];
	int file, loop;	      /* -1: closed */
	struct layout layout; /* of the plan, with other IDs */
	struct trial *trial;
};

static void bench_close(struct bench *bench)
{
	if (bench->loop >= 0)
		(void)loop_detach(bench->loop);
	close_fd(&bench->loop);
	close_fd(&bench->file);
	(void)unlink(bench->node);
}

static bool is_full(const struct bench *bench)
{
	struct statvfs space;

	return statvfs(bench->dir, &space) == 0 && space.f_bavail == 0;
}

/* Opens a sparse file of the partition's size. Where there are no loop devices mkfs runs on the file
 * itself, which has no sectors of 4,096 bytes and cannot be mounted. Returns 0 or -errno. */
static int bench_open(struct bench *bench, const struct layout_partition *partition)
{
	char name[32];
	struct stat st;
	int r;

	bench->file = open(bench->node, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (bench->file < 0 ||
		ftruncate(bench->file, (off_t)(partition->sectors * SECTOR_BYTES)) < 0)
		return -errno;
	r = loop_attach_plain(bench->root, bench->dir, bench->file,
		bench->plan->target.sector_bytes, name, &bench->loop);
	if (r < 0) {
		(void)STR_FORMAT(bench->trial->untried, "no loop device: %s", strerror(-r));
		return 0;
	}
	if (fstat(bench->loop, &st) < 0 || unlink(bench->node) < 0 ||
		mknod(bench->node, S_IFBLK | 0600, st.st_rdev) < 0)
		return -errno;
	return 0;
}

static bool make(
	struct bench *bench, const struct layout_partition *partition, struct trial_filesystem *ret)
{
	struct mkfs_command command;
	struct child_spec spec = {.in = -1, .out = -1};
	char why[120];
	int r;

	(void)mkfs_command(partition, bench->node, bench->plan->target.sector_bytes, &command);
	spec.name = spec.program = command.program;
	spec.argv = command.argv;
	r = child_run(&spec, MKFS_LIMIT_MS, why, sizeof(why));
	if (r == 0)
		return true;
	if (r == -ETIMEDOUT) {
		(void)STR_FORMAT(bench->trial->untried, "%s took longer than %u s", spec.program,
			MKFS_LIMIT_MS / 1000);
		return false;
	}
	if (why[0] && why[strlen(why) - 1] == '.')
		why[strlen(why) - 1] = '\0';
	(void)STR_FORMAT(ret->fault, "%s fails: %s", command.program, why);
	return false;
}

/* Firmware may read it as another FAT than the kernel, or not at all. */
static bool identify(
	struct bench *bench, const struct layout_partition *partition, struct trial_filesystem *ret)
{
	int fd = bench->loop >= 0 ? bench->loop : bench->file;
	struct diag diag = {0};
	int r;

	if (bench->loop >= 0)
		(void)ioctl(bench->loop, BLKFLSBUF, 0);
	r = partitions_identify(fd, partition, &diag);
	if (r == 0 && partition->fs == FS_VFAT)
		r = fat_check(fd, &diag);
	if (r < 0)
		(void)STR_FORMAT(ret->fault, "%s makes something else: %s",
			mkfs_program(partition->fs), diag.text);
	return r == 0;
}

/* The space of a file of 4,097 bytes: two blocks, unless the filesystem has larger units. */
static uint64_t measure_unit(const char *dir)
{
	static const char bytes[BLOCK_BYTES + 1] = "x";
	_cleanup_close_ int fd = -1;
	char path[240];
	struct stat st;

	if (!STR_FORMAT(path, "%s/unit", dir))
		return BLOCK_BYTES;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write_full(fd, bytes, sizeof(bytes)) < 0 || fsync(fd) < 0 ||
		fstat(fd, &st) < 0 || (uint64_t)st.st_blocks * 512 <= 2 * BLOCK_BYTES)
		return BLOCK_BYTES;
	return (uint64_t)st.st_blocks * 512;
}

/* ext4 keeps 2 % of all blocks for itself, at most 4,096 clusters
 * (ext4_calculate_resv_clusters). The blocks that are reserved for root, tar may use. */
static uint64_t withheld_bytes(
	const struct layout_partition *partition, uint64_t block_bytes, uint64_t unit_bytes)
{
	uint64_t cluster = unit_bytes > BLOCK_BYTES ? unit_bytes : block_bytes;
	uint64_t bytes = partition->sectors * SECTOR_BYTES / 50;

	if (partition->fs != FS_EXT4)
		return 0;
	return bytes < 4096 * cluster ? bytes : 4096 * cluster;
}

static void measure(
	struct bench *bench, const struct layout_partition *partition, struct trial_filesystem *ret)
{
	struct statvfs space;
	uint64_t free_bytes, withheld;

	if (statvfs(bench->mount, &space) < 0)
		return;
	ret->unit_bytes = measure_unit(bench->mount);
	free_bytes = (uint64_t)space.f_bfree * space.f_frsize;
	withheld = withheld_bytes(partition, space.f_frsize, ret->unit_bytes);
	ret->usable_bytes = free_bytes > withheld ? free_bytes - withheld : 0;
	if (space.f_files > 0)
		ret->inodes = space.f_ffree;
}

static void mount_and_measure(
	struct bench *bench, const struct layout_partition *partition, struct trial_filesystem *ret)
{
	char holders[64];
	int r = mount_fs(bench->node, bench->mount, partition->fs, false);

	if (r < 0) {
		(void)STR_FORMAT(ret->fault, "this machine's kernel cannot mount what %s makes: %s",
			mkfs_program(partition->fs), strerror(-r));
		return;
	}
	measure(bench, partition, ret);
	/* The namespace takes it along in any case. */
	(void)mount_unmount(bench->mount, UNMOUNT_LIMIT_MS, holders, sizeof(holders));
}

/* mkfs.btrfs refuses the UUID of a filesystem that the machine has, and the target may have it until the
 * wipe. */
static void make_other_ids(struct layout *layout)
{
	for (size_t i = 0; i < layout->count; i++)
		layout->partitions[i].fs_uuid[0] = '\0';
	layout_assign_ids(layout, layout_random);
}

static void try_partition(struct bench *bench, unsigned index)
{
	const struct layout_partition *partition = &bench->layout.partitions[index];
	struct trial_filesystem *ret = &bench->trial->filesystems[index];
	int r = bench_open(bench, partition);

	if (r < 0)
		(void)STR_FORMAT(bench->trial->untried, "a file in memory could not be made: %s",
			strerror(-r));
	else if (make(bench, partition, ret) && identify(bench, partition, ret) &&
		 bench->loop >= 0 && partition->mount[0])
		mount_and_measure(bench, partition, ret);
	/* Then the fault is not the filesystem's. */
	if (ret->fault[0] && is_full(bench)) {
		(void)STR_FORMAT(bench->trial->untried,
			"there is too little memory to try the filesystem of partition %u",
			table_number(&bench->plan->layout, index));
		ret->fault[0] = '\0';
	}
	bench_close(bench);
}

/* Half of the memory that is available now. */
static uint64_t memory_bytes(int root)
{
	static const char key[] = "MemAvailable:";
	uint64_t bytes = MEMORY_MAX, kib;
	char text[2048];
	const char *at;

	if (sysroot_read(root, text, sizeof(text), "proc/meminfo") < 0)
		return bytes;
	at = strstr(text, key);
	if (at && sscanf(at + strlen(key), "%" SCNu64, &kib) == 1 && kib * 512 < bytes)
		bytes = kib * 512;
	return bytes;
}

/* A tmpfs of its own, so that an mkfs that writes much cannot fill the memory. */
static int mount_memory(int root, const char *dir)
{
	uint64_t bytes = memory_bytes(root);
	char options[64];

	(void)STR_FORMAT(options, "mode=0700,size=%" PRIu64, bytes);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	return mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NOEXEC, options) < 0 ? -errno : 0;
}

void trial_run(struct trial *ret, const struct plan *plan, int root, const char *dir)
{
	struct bench bench = {.root = root,
		.plan = plan,
		.file = -1,
		.loop = -1,
		.layout = plan->layout,
		.trial = ret};
	int r;

	make_other_ids(&bench.layout);
	*ret = (struct trial){0};
	for (size_t i = 0; i < ARRAY_SIZE(ret->filesystems); i++)
		ret->filesystems[i] = (struct trial_filesystem){.usable_bytes = UINT64_MAX,
			.inodes = UINT64_MAX,
			.unit_bytes = BLOCK_BYTES};
	r = STR_FORMAT(bench.dir, "%s/trial", dir) && STR_FORMAT(bench.node, "%s/fs", bench.dir) &&
			    STR_FORMAT(bench.mount, "%s/mount", bench.dir)
		    ? mount_memory(root, bench.dir)
		    : -ENAMETOOLONG;
	if (r < 0) {
		(void)STR_FORMAT(ret->untried, "no tmpfs could be mounted: %s", strerror(-r));
		return;
	}
	for (unsigned i = 0; i < plan->layout.count; i++)
		if (plan->layout.partitions[i].fs != FS_NONE)
			try_partition(&bench, i);
	(void)umount2(bench.dir, MNT_DETACH);
}

struct apart {
	struct trial *trial; /* shared with the child */
	const struct plan *plan;
};

static int work_apart(void *arg, int report_fd)
{
	const struct apart *apart = arg;
	_cleanup_close_ int root = -1;
	int r = mount_enter_private(APART_DIR);

	(void)report_fd;
	if (r == 0)
		r = root = sysroot_open("/");
	if (r < 0)
		return r;
	trial_run(apart->trial, apart->plan, root, APART_DIR);
	return 0;
}

int trial_run_apart(struct trial *ret, const struct plan *plan, bool (*stops)(void *arg), void *arg)
{
	struct apart apart = {.plan = plan};
	const struct child_spec spec = {
		.name = "trial", .work = work_apart, .arg = &apart, .in = -1, .out = -1};
	int r;

	apart.trial = mmap(NULL, sizeof(*apart.trial), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (apart.trial == MAP_FAILED)
		return -errno;
	r = child_run_until(&spec, APART_LIMIT_MS, stops, arg, NULL, 0);
	*ret = *apart.trial;
	(void)munmap(apart.trial, sizeof(*apart.trial));
	return r;
}

void trial_check(const struct plan *plan, const struct trial *trial, struct plan_verdict *verdict)
{
	for (unsigned i = 0; i < plan->layout.count; i++) {
		const struct layout_partition *partition = &plan->layout.partitions[i];
		const struct plan_share *share = &plan->shares[i];
		const struct trial_filesystem *made = &trial->filesystems[i];
		const char *options = partition->mkfs_options[0] ? "Correct its mkfs-options"
								 : "Choose another layout";
		/* At worst every entry wastes what the units are larger. */
		uint64_t need =
			share->block_bytes + share->inodes * (made->unit_bytes - BLOCK_BYTES);

		if (made->fault[0])
			plan_problem_add(verdict, "mkfs-trial",
				"Partition %s of layout %s: %s. %s.", partition->name,
				plan->layout.name, made->fault, options);
		else if (need > made->usable_bytes)
			plan_problem_add(verdict, "too-small",
				"Partition %s of layout %s is too small: the content for %s needs %s, "
				"and its filesystem holds %s. %s, or use a larger partition.",
				partition->name, plan->layout.name, partition->mount,
				human_size(need).s, human_size(made->usable_bytes).s, options);
		else if (share->inodes > made->inodes)
			plan_problem_add(verdict, "inodes",
				"Partition %s of layout %s is too small: the archive has %" PRIu64
				" files for %s, and its filesystem holds %" PRIu64
				". %s, or use a larger partition.",
				partition->name, plan->layout.name, share->inodes, partition->mount,
				made->inodes, options);
	}
}
