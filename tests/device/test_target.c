/* SPDX-License-Identifier: MIT */
#include "device/target/target.h"

#include "tests/lib/device_fixture.h"
#include "tests/lib/sandbox.h"

#include "device/disk/disk_scan.h"

#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#define DISK_BYTES MIB(600)

static struct fixture fixture;
static struct target target, second;
static char job[160], job2[160];
static struct diag diag;

static int setup(void **state)
{
	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	target_init(&target);
	target_init(&second);
	diag.text[0] = '\0';
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	target_close(&target, true);
	target_close(&second, true);
	fixture_finish(*state);
	return 0;
}

static void make_jobs(const struct fixture *f)
{
	(void)STR_FORMAT(job, "%s/job", f->dir);
	(void)STR_FORMAT(job2, "%s/job2", f->dir);
	assert_int_equal(mkdir(job, 0700), 0);
	assert_int_equal(mkdir(job2, 0700), 0);
}

/* Picks an image of DISK_BYTES. */
static struct disk pick_image(struct fixture *f)
{
	struct disk disk;

	fixture_require_root();
	fixture_make_image(f, DISK_BYTES);
	make_jobs(f);
	assert_int_equal(disk_scan_target(f->root, f->image, &disk), 0);
	assert_int_equal(disk.kind, DISK_IMAGE);
	return disk;
}

/* Picks a loop device like any other disk. */
static struct disk pick_loop(struct fixture *f)
{
	struct disk disk;

	fixture_require_root();
	fixture_make_loop(f, DISK_BYTES);
	make_jobs(f);
	assert_int_equal(disk_scan_name(f->root, f->name, &disk), 0);
	return disk;
}

static void open_target(struct target *t, int root, const struct disk *disk, const char *dir)
{
	int r = target_open(t, root, disk, dir, &diag);

	if (r < 0)
		fail_msg("target_open: %d, %s", r, diag.text);
}

static void refused(const struct fixture *f, const struct disk *disk, int error, const char *text)
{
	assert_int_equal(target_open(&target, f->root, disk, job, &diag), error);
	if (!strstr(diag.text, text))
		fail_msg("\"%s\" does not contain \"%s\"", diag.text, text);
	assert_int_equal(target.id_fd, -1);
	assert_int_equal(target.loop_fd, -1);
	assert_int_equal(target.image_fd, -1);
	assert_int_equal(rmdir(job), 0); /* no node is left */
}

static dev_t node_rdev(const struct target *t, unsigned number)
{
	struct stat st;
	char node[TARGET_NODE_MAX];

	target_node(t, number, node);
	if (stat(node, &st) < 0)
		return 0;
	assert_true(S_ISBLK(st.st_mode));
	return st.st_rdev;
}

static dev_t fd_rdev(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_rdev;
}

/* A whole job, up to the last descriptor. */
static void image_from_start_to_end(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_image(f);
	struct layout layout;
	char node[TARGET_NODE_MAX], name[32];

	assert_int_equal(layout_place(layout_find("boot-root"), DISK_BYTES, 0, &layout, &diag), 0);
	layout_assign_ids(&layout, layout_random);
	open_target(&target, f->root, &disk, job);
	(void)STR_COPY(name, target.disk.name);
	assert_memory_equal(name, "loop", 4);
	assert_int_equal(target.disk.kind, DISK_IMAGE);
	assert_string_equal(target.disk.path, f->image);
	assert_int_equal(target.disk.id.size_bytes, DISK_BYTES);
	assert_int_equal(target.disk.id.major, 7);
	assert_int_equal(node_rdev(&target, 0), fd_rdev(target.id_fd));
	assert_false(target_is_gone(&target));

	assert_int_equal(target_try_lock(&target), 0);
	assert_int_equal(target_take_exclusive(&target, &diag), 0);
	assert_int_equal(target_take_exclusive(&target, &diag), 0);
	target_node(&target, 0, node);
	assert_int_equal(open(node, O_RDONLY | O_EXCL | O_CLOEXEC), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(ptable_announce(target.excl_fd, &layout), 0);
	target_release_exclusive(&target);
	assert_int_equal(target.excl_fd, -1);

	for (unsigned i = 1; i <= 2; i++) {
		uint64_t bytes;

		assert_int_equal(target_open_partition(&target, i, &diag), 0);
		assert_int_equal(node_rdev(&target, i), fd_rdev(target.partition_fds[i - 1]));
		assert_int_equal(ioctl(target.partition_fds[i - 1], BLKGETSIZE64, &bytes), 0);
		assert_int_equal(bytes, layout.partitions[i - 1].sectors * SECTOR_BYTES);
	}
	assert_int_equal(target_open_partition(&target, 3, &diag), -ENOENT);
	/* While open, they survive another program that makes the kernel read the empty table. */
	assert_int_equal(ptable_forget(target.id_fd, f->root, name), -EBUSY);
	assert_int_equal(ioctl(target.id_fd, BLKRRPART, 0), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(target_take_exclusive(&target, &diag), 0);

	target_close(&target, false);
	assert_false(sysroot_exists(f->root, "sys/block/%s/loop", name));
	assert_false(sysroot_exists(f->root, "sys/block/%s/%sp1", name, name));
	assert_int_equal(rmdir(job), 0);
	target_close(&target, true); /* closing twice is allowed */
}

static void image_is_locked_once(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_image(f);

	struct lock_owner owner;

	assert_false(target_locked_by(f->root, &disk, &owner));
	open_target(&target, f->root, &disk, job);
	/* A loop device of the second would be in the way of the first. */
	assert_int_equal(target_open(&second, f->root, &disk, job2, &diag), -EWOULDBLOCK);
	assert_int_equal(second.owner.pid, getpid());
	assert_false(second.owner.shared);
	assert_true(target_locked_by(f->root, &disk, &owner));
	assert_int_equal(owner.pid, getpid());
	assert_int_equal(target_try_lock(&target), 0);
	target_close(&target, true);
	open_target(&second, f->root, &disk, job2);
	assert_int_equal(target_try_lock(&second), 0);
}

/* Two jobs on a disk, and another program that follows the convention of locking the node in
 * /dev. */
static void disk_is_locked_once(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);
	struct lock_owner owner;
	char node[64];
	int other;

	open_target(&target, f->root, &disk, job);
	open_target(&second, f->root, &disk, job2);
	assert_int_equal(target_try_lock(&target), 0);
	assert_int_equal(target_try_lock(&second), -EWOULDBLOCK);
	assert_int_equal(second.owner.pid, getpid());
	assert_false(second.owner.shared);
	assert_true(target_locked_by(f->root, &disk, &owner));

	(void)STR_FORMAT(node, "/dev/%s", f->name);
	other = open(node, O_RDONLY | O_CLOEXEC);
	assert_true(other >= 0);
	assert_int_equal(flock(other, LOCK_SH | LOCK_NB), -1);
	target_close(&target, false);
	assert_int_equal(flock(other, LOCK_SH | LOCK_NB), 0);
	assert_int_equal(target_try_lock(&second), -EWOULDBLOCK);
	assert_true(second.owner.shared); /* udev's lock */
	assert_int_equal(close(other), 0);
	assert_int_equal(target_try_lock(&second), 0);
}

static void changed_image_is_refused(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_image(f);

	assert_int_equal(ftruncate(f->image_fd, DISK_BYTES / 2), 0);
	refused(f, &disk, -ESTALE, "no longer the image that was picked");
}

/* Another file at the same path, or the same inode number on another filesystem. */
static void swapped_image_is_refused(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_image(f);

	disk.id.file_dev++;
	refused(f, &disk, -ESTALE, "no longer the image that was picked");
	disk.id.file_dev--;
	disk.id.file_ino++;
	assert_int_equal(mkdir(job, 0700), 0);
	refused(f, &disk, -ESTALE, "no longer the image that was picked");
}

static void missing_image_is_refused(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_image(f);

	assert_int_equal(unlink(f->image), 0);
	refused(f, &disk, -ENOENT, "cannot open");
}

static void directory_for_image_is_refused(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_image(f);

	assert_int_equal(unlink(f->image), 0);
	assert_int_equal(mkdir(f->image, 0700), 0);
	refused(f, &disk, -EISDIR, "cannot open");
}

/* A stale node in /dev that belongs to another disk by now is not used. */
static void node_of_another_disk_is_not_used(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);
	_cleanup_close_ int other = -1, image = -1;
	char name[32], from[160], to[64];

	STR_FORMAT(from, "%s/other", f->dir);
	image = open(from, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(image >= 0);
	assert_int_equal(ftruncate(image, DISK_BYTES), 0);
	assert_int_equal(loop_attach(f->root, f->dir, image, name, &other), 0);
	(void)STR_FORMAT(from, "/dev/%s", name);
	(void)STR_FORMAT(to, "/dev/%s", f->name);
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	fixture_reopen_root(f);
	assert_int_equal(mount(from, to, NULL, MS_BIND, NULL), 0);
	open_target(&target, f->root, &disk, job);
	assert_int_equal(fd_rdev(target.id_fd), fd_rdev(f->fd));
	assert_int_equal(target_take_exclusive(&target, &diag), 0);
	assert_int_equal(umount2(to, MNT_DETACH), 0);
}

/* Every field of the identity is compared. */
static void another_disk_is_refused(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f), other = disk;

	if (disk.id.diskseq != 0) {
		other.id.diskseq++;
		refused(f, &other, -ESTALE, "sequence number changed");
		assert_int_equal(mkdir(job, 0700), 0);
	}
	other = disk;
	other.id.size_bytes -= 512;
	refused(f, &other, -ESTALE, "size changed");
	assert_int_equal(mkdir(job, 0700), 0);
	other = disk;
	(void)STR_COPY(other.id.cid, "90014a484247346132a42a1b2c3d1200");
	refused(f, &other, -ESTALE, "CID changed");
}

static void removed_disk_is_refused(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);

	(void)STR_COPY(disk.name, "no-such-disk");
	refused(f, &disk, -ESTALE, "no-such-disk was removed");
}

/* The disk shrinks between opening and writing. */
static void identity_is_compared_again(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);

	open_target(&target, f->root, &disk, job);
	assert_int_equal(ftruncate(f->image_fd, DISK_BYTES / 2), 0);
	assert_int_equal(ioctl(f->fd, LOOP_SET_CAPACITY, 0), 0);
	assert_int_equal(target_take_exclusive(&target, &diag), -ESTALE);
	assert_non_null(strstr(diag.text, "size"));
	assert_int_equal(target.excl_fd, -1);
}

static void removal_is_detected(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);

	open_target(&target, f->root, &disk, job);
	assert_false(target_is_gone(&target));
	assert_int_equal(ftruncate(f->image_fd, 0), 0);
	assert_int_equal(ioctl(f->fd, LOOP_SET_CAPACITY, 0), 0);
	assert_true(target_is_gone(&target));
}

/* Two loop devices on one file: data on the other one would be lost. */
static void file_of_another_loop_is_busy(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);
	_cleanup_close_ int other = -1;
	char name[32];

	assert_int_equal(loop_attach(f->root, f->dir, f->image_fd, name, &other), 0);
	open_target(&target, f->root, &disk, job);
	assert_int_equal(target_take_exclusive(&target, &diag), -EBUSY);
	assert_non_null(strstr(diag.text, name));
	assert_int_equal(loop_detach(other), 0);
	close_fd(&other);
	assert_int_equal(target_take_exclusive(&target, &diag), 0);
}

/* An install to the image and one to a loop device on it lock each other out. */
static void loop_and_its_file_share_a_lock(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);
	_cleanup_close_ int image = open(f->image, O_RDONLY | O_CLOEXEC);
	struct lock_owner owner;

	assert_true(image >= 0);
	assert_int_equal(flock(image, LOCK_EX | LOCK_NB), 0);
	assert_true(target_locked_by(f->root, &disk, &owner));
	assert_int_equal(owner.pid, getpid());
	open_target(&target, f->root, &disk, job);
	assert_int_equal(target_try_lock(&target), -EWOULDBLOCK);
	close_fd(&image);
	assert_int_equal(target_try_lock(&target), 0);
}

/* The image is replaced by another file of the same size. */
static void replaced_image_is_refused(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_image(f);
	char path[200];
	int fd;

	STR_FORMAT(path, "%s.new", f->image);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, DISK_BYTES), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(rename(path, f->image), 0);
	refused(f, &disk, -ESTALE, "no longer the image that was picked");
}

static void used_disk_is_busy(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);
	char node[64];
	int other;

	open_target(&target, f->root, &disk, job);
	(void)STR_FORMAT(node, "/dev/%s", f->name);
	other = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(other >= 0);
	assert_int_equal(target_take_exclusive(&target, &diag), -EBUSY);
	assert_int_equal(close(other), 0);
	assert_int_equal(target_take_exclusive(&target, &diag), 0);
}

/* Opening a write-protected disk for writing succeeds, so it is queried. */
static void read_only_disk_is_refused(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);
	int on = 1;

	open_target(&target, f->root, &disk, job);
	assert_int_equal(ioctl(f->fd, BLKROSET, &on), 0);
	assert_int_equal(target_take_exclusive(&target, &diag), -EROFS);
	assert_non_null(strstr(diag.text, "write-protected"));
	assert_int_equal(target.excl_fd, -1);
	on = 0;
	assert_int_equal(ioctl(f->fd, BLKROSET, &on), 0);
	assert_int_equal(target_take_exclusive(&target, &diag), 0);
}

/* A disk keeps its partitions after a job; a failed job removes them. */
static void partitions_stay_or_go(void **state)
{
	struct fixture *f = *state;
	struct disk disk = pick_loop(f);
	struct layout layout;

	assert_int_equal(layout_place(layout_find("single-mbr"), DISK_BYTES, 0, &layout, &diag), 0);
	open_target(&target, f->root, &disk, job);
	assert_int_equal(ptable_announce(target.id_fd, &layout), 0);
	assert_int_equal(target_open_partition(&target, 1, &diag), 0);
	target_close(&target, false);
	assert_true(sysroot_exists(f->root, "sys/block/%s/%sp1", f->name, f->name));

	open_target(&target, f->root, &disk, job);
	target_close(&target, true);
	assert_false(sysroot_exists(f->root, "sys/block/%s/%sp1", f->name, f->name));
}

/* A recorded eMMC whose disk and boot areas are loop devices, by their numbers in sysfs. */
struct emmc {
	struct fixture disk, areas[2];
	struct sandbox *box;
	struct disk picked;
};

static struct emmc emmc;

static int emmc_setup(void **state)
{
	emmc = (struct emmc){.disk = {.fd = -1, .image_fd = -1},
		.areas = {{.fd = -1, .image_fd = -1}, {.fd = -1, .image_fd = -1}}};
	if (sandbox_setup(state) < 0)
		return -1;
	emmc.box = *state;
	target_init(&target);
	diag.text[0] = '\0';
	return 0;
}

static int emmc_teardown(void **state)
{
	const int off = 0;

	target_close(&target, false);
	for (unsigned i = 0; i < 2; i++) {
		(void)ioctl(emmc.areas[i].fd, BLKROSET, &off);
		fixture_finish(&emmc.areas[i]);
	}
	fixture_finish(&emmc.disk);
	return sandbox_teardown(state);
}

static void emmc_number(const char *block, const struct fixture *f)
{
	char path[96], number[32];
	dev_t rdev = fd_rdev(f->fd);

	(void)STR_FORMAT(path, "sys/block/%s/dev", block);
	(void)STR_FORMAT(number, "%u:%u\n", major(rdev), minor(rdev));
	sandbox_file(emmc.box, path, number);
}

static void emmc_open(void)
{
	fixture_make_loop(&emmc.disk, MIB(16));
	sandbox_unpack(emmc.box, "tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz");
	emmc_number("mmcblk0", &emmc.disk);
	for (unsigned i = 0; i < 2; i++) {
		char name[32];

		(void)STR_FORMAT(name, "mmcblk0boot%u", i);
		fixture_make_loop(&emmc.areas[i], MIB(4));
		emmc_number(name, &emmc.areas[i]);
	}
	make_jobs(&emmc.disk);
	assert_int_equal(disk_scan_name(emmc.box->root, "mmcblk0", &emmc.picked), 0);
	open_target(&target, emmc.box->root, &emmc.picked, job);
}

static void boot_fails(unsigned index, int error, const char *text)
{
	assert_int_equal(target_open_boot(&target, index, &diag), error);
	if (!strstr(diag.text, text))
		fail_msg("\"%s\" does not contain \"%s\"", diag.text, text);
	assert_int_equal(target.boot_fds[index], -1);
}

/* udev probes only a disk that was open for writing. */
static void written_disk_is_triggered(void **state)
{
	static const char uevent[] = "sys/block/mmcblk0/uevent";
	char path[64], text[16];
	dev_t rdev;

	(void)state;
	fixture_require_root();
	emmc_open();
	rdev = fd_rdev(emmc.disk.fd);
	(void)STR_FORMAT(path, "sys/dev/block/%u:%u", major(rdev), minor(rdev));
	sandbox_link(emmc.box, path, "../../block/mmcblk0");
	sandbox_file(emmc.box, uevent, "none");
	open_target(&target, emmc.box->root, &emmc.picked, job);
	target_close(&target, false);
	assert_int_equal(sysroot_read(emmc.box->root, text, sizeof(text), "%s", uevent), 0);
	assert_string_equal(text, "none");

	open_target(&target, emmc.box->root, &emmc.picked, job);
	assert_int_equal(target_take_exclusive(&target, &diag), 0);
	target_release_exclusive(&target);
	target_close(&target, false);
	assert_int_equal(sysroot_read(emmc.box->root, text, sizeof(text), "%s", uevent), 0);
	assert_string_equal(text, "change");
}

static void boot_areas_are_opened_by_number(void **state)
{
	(void)state;
	fixture_require_root();
	emmc_open();
	for (unsigned i = 0; i < 2; i++) {
		char node[192];
		struct stat st;

		assert_int_equal(target_open_boot(&target, i, &diag), 0);
		assert_int_equal(target_open_boot(&target, i, &diag), 0);
		assert_int_equal(fd_rdev(target.boot_fds[i]), fd_rdev(emmc.areas[i].fd));
		(void)STR_FORMAT(node, "%s/boot%u", job, i);
		assert_int_equal(stat(node, &st), 0);
		assert_int_equal(st.st_rdev, fd_rdev(emmc.areas[i].fd));
		/* Opened exclusively. */
		assert_int_equal(open(node, O_RDONLY | O_EXCL | O_CLOEXEC), -1);
		assert_int_equal(errno, EBUSY);
		assert_int_equal(pwrite_full(target.boot_fds[i], "boot", 4, 0), 0);
	}
	target_close_boot(&target);
	assert_int_equal(target.boot_fds[0], -1);
	assert_int_equal(target.boot_fds[1], -1);
	assert_int_equal(target_open_boot(&target, 1, &diag), 0);
	target_close(&target, false);
	assert_int_equal(target.boot_fds[1], -1);
	assert_int_equal(rmdir(job), 0); /* no node is left */
}

static void boot_area_in_use_or_protected_is_refused(void **state)
{
	_cleanup_close_ int other = -1;
	char node[64];
	int on = 1;

	(void)state;
	fixture_require_root();
	emmc_open();
	(void)STR_FORMAT(node, "/dev/%s", emmc.areas[0].name);
	other = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
	boot_fails(0, -EBUSY, "cannot open mmcblk0boot0 exclusively");
	assert_int_equal(ioctl(emmc.areas[1].fd, BLKROSET, &on), 0);
	boot_fails(1, -EROFS, "mmcblk0boot1 is write-protected");
}

/* The card was swapped meanwhile: another identity, areas of another disk, or no areas. */
static void boot_area_of_another_card_is_refused(void **state)
{
	(void)state;
	fixture_require_root();
	emmc_open();
	sandbox_file(
		emmc.box, "sys/block/mmcblk0/device/cid", "00000000000000000000000000000000\n");
	boot_fails(0, -ESTALE, "its CID changed");
	emmc_number("mmcblk0", &emmc.areas[1]);
	boot_fails(0, -ESTALE, "mmcblk0boot0 is no longer a boot area of the disk that was picked");
	sandbox_file(emmc.box, "sys/block/mmcblk0boot0/dev", "\n");
	boot_fails(0, -EINVAL, "cannot open boot area mmcblk0boot0");
	target.disk.boot[0].name[0] = '\0';
	boot_fails(0, -ENOENT, "mmcblk0 has no boot area boot0");
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
#define EMMC_TEST(name) cmocka_unit_test_setup_teardown(name, emmc_setup, emmc_teardown)
	const struct CMUnitTest tests[] = {
		TEST(image_from_start_to_end),
		TEST(image_is_locked_once),
		TEST(disk_is_locked_once),
		TEST(changed_image_is_refused),
		TEST(swapped_image_is_refused),
		TEST(replaced_image_is_refused),
		TEST(missing_image_is_refused),
		TEST(directory_for_image_is_refused),
		TEST(node_of_another_disk_is_not_used),
		TEST(another_disk_is_refused),
		TEST(removed_disk_is_refused),
		TEST(identity_is_compared_again),
		TEST(removal_is_detected),
		TEST(file_of_another_loop_is_busy),
		TEST(loop_and_its_file_share_a_lock),
		TEST(used_disk_is_busy),
		TEST(read_only_disk_is_refused),
		TEST(partitions_stay_or_go),
		EMMC_TEST(written_disk_is_triggered),
		EMMC_TEST(boot_areas_are_opened_by_number),
		EMMC_TEST(boot_area_in_use_or_protected_is_refused),
		EMMC_TEST(boot_area_of_another_card_is_refused),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
