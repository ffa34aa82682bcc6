/* SPDX-License-Identifier: MIT */
#include "device/target/ptable.h"

#include "tests/lib/device_fixture.h"

#include "device/disk/disk.h"

#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

static struct layout plan(const char *name, uint64_t disk_bytes)
{
	struct layout planned;
	struct diag diag;

	assert_int_equal(layout_place(layout_find(name), disk_bytes, &planned, &diag), 0);
	layout_assign_ids(&planned, layout_random);
	return planned;
}

static struct ptable_head head; /* of the last table that was written */

static void write_and_compare(int fd, const struct layout *layout)
{
	struct diag diag = {.text = ""};

	if (ptable_write(fd, layout, &head, &diag) < 0 ||
		ptable_compare(fd, layout, &head, &diag) < 0)
		fail_msg("%s: %s", layout->name, diag.text);
}

static void compare_reports(int fd, const struct layout *layout, const char *text)
{
	struct diag diag = {.text = ""};

	assert_int_equal(ptable_compare(fd, layout, &head, &diag), -EILSEQ);
	if (!strstr(diag.text, text))
		fail_msg("\"%s\" does not contain \"%s\"", diag.text, text);
}

/* Every built-in layout, on an image file and without privileges. All of the first sector is compared;
 * no library compares the addresses in CHS, the protective MBR, entries without a partition, and the boot
 * code. */
static void tables_on_a_file(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(600));
	for (size_t i = 0; layout_builtin(i); i++) {
		struct layout layout = plan(layout_builtin(i)->name, MIB(600));

		fixture_fill(f->image_fd, 0, 440, 0xbb);
		write_and_compare(f->image_fd, &layout);
		assert_true(fixture_is_filled(f->image_fd, 0, 440, 0xbb));
		for (size_t at = 0; at < sizeof(head.bytes); at++) {
			fixture_fill(f->image_fd, at, 1, head.bytes[at] ^ 1);
			compare_reports(f->image_fd, &layout, "on the medium");
			fixture_fill(f->image_fd, at, 1, head.bytes[at]);
		}
		write_and_compare(f->image_fd, &layout);
	}
}

/* sfdisk reads the same table. */
static void sfdisk_agrees(void **state)
{
	struct fixture *f = *state;
	struct layout layout;
	const char *verify[] = {"sfdisk", "--verify", "--quiet", f->image, NULL};

	fixture_make_image(f, MIB(600));
	for (size_t i = 0; layout_builtin(i); i++) {
		layout = plan(layout_builtin(i)->name, MIB(600));
		write_and_compare(f->image_fd, &layout);
		assert_int_equal(fixture_run(verify), 0);
	}
}

static void boot_code_on_a_loop_survives(void **state)
{
	struct fixture *f = *state;
	struct layout layout;

	fixture_require_root();
	fixture_make_loop(f, MIB(600));
	for (size_t i = 0; layout_builtin(i); i++) {
		layout = plan(layout_builtin(i)->name, MIB(600));
		fixture_fill(f->fd, 0, 440, 0x5a);
		write_and_compare(f->fd, &layout);
		assert_int_equal(ioctl(f->fd, BLKFLSBUF, 0), 0);
		assert_true(fixture_is_filled(f->fd, 0, 440, 0x5a));
	}
}

static void four_kib_sectors(void **state)
{
	struct fixture *f = *state;
	struct layout layout;

	fixture_require_root();
	fixture_make_loop(f, MIB(600));
	assert_int_equal(ioctl(f->fd, LOOP_SET_BLOCK_SIZE, 4096), 0);
	for (size_t i = 0; layout_builtin(i); i++) {
		layout = plan(layout_builtin(i)->name, MIB(600));
		write_and_compare(f->fd, &layout);
	}
}

/* By default libfdisk starts no partition before the first MiB. */
static void partitions_in_the_first_mebibyte(void **state)
{
	static const uint64_t starts[] = {[TABLE_GPT] = KIB(24), [TABLE_MBR] = KIB(4)};
	struct fixture *f = *state;

	fixture_make_image(f, MIB(600));
	/* Each is also written over a table of its kind, and over the other kind. */
	for (size_t n = 0; n < 5; n++) {
		struct layout spec = *layout_find("boot-root"), layout;
		struct diag diag = {.text = ""};
		size_t i = n / 2 % 2;

		spec.table = (enum table_kind)i;
		spec.partitions[0].offset_bytes = starts[i];
		spec.partitions[0].size_bytes = KIB(64);
		spec.partitions[0].fs = FS_NONE;
		spec.partitions[0].label[0] = spec.partitions[0].mount[0] = '\0';
		assert_int_equal(layout_place(&spec, MIB(600), &layout, &diag), 0);
		layout_assign_ids(&layout, layout_random);
		assert_int_equal(layout.partitions[0].start, starts[i] / SECTOR_BYTES);
		write_and_compare(f->image_fd, &layout);
	}
}

/* Writes a table of each kind, then compares it with descriptions that differ. */
static void differences_are_reported(void **state)
{
	struct fixture *f = *state;
	struct layout written, other;
	struct diag diag;

	fixture_make_image(f, MIB(600));
	compare_reports(f->image_fd, layout_find("single-gpt"), "no GPT");

	written = plan("boot-root", MIB(600));
	assert_int_equal(ptable_write(f->image_fd, &written, &head, &diag), 0);

	other = written;
	other.table = TABLE_MBR;
	compare_reports(f->image_fd, &other, "no MBR");
	other = plan("boot-root", MIB(600));
	compare_reports(f->image_fd, &other, "disk ID");
	other = written;
	other.partitions[1].start += 8;
	compare_reports(f->image_fd, &other, "start of partition rootfs");
	other = written;
	other.partitions[1].sectors -= 8;
	compare_reports(f->image_fd, &other, "size of partition rootfs");
	other = written;
	other.partitions[0].partuuid[0] ^= 1;
	compare_reports(f->image_fd, &other, "PARTUUID of partition BOOT");
	other = written;
	(void)STR_COPY(other.partitions[0].type_guid, other.partitions[1].type_guid);
	compare_reports(f->image_fd, &other, "type of partition BOOT");
	other = written;
	(void)STR_COPY(other.partitions[0].name, "TOOB");
	compare_reports(f->image_fd, &other, "name of partition TOOB");
	other = written;
	other.partitions[1].bootable = true;
	compare_reports(f->image_fd, &other, "bootable");
	other = written;
	other.count = 1;
	compare_reports(f->image_fd, &other, "2 partitions");

	written = plan("single-mbr", MIB(600));
	assert_int_equal(ptable_write(f->image_fd, &written, &head, &diag), 0);
	other = written;
	other.partitions[0].type_mbr = 0x82;
	compare_reports(f->image_fd, &other, "type");
}

/* The CHS of its start and end, its start, its size, and the next entry. */
static void a_flip_in_the_protective_mbr_is_reported(void **state)
{
	static const struct {
		size_t at;
		const char *text;
	} flips[] = {{0x1bf, "byte 447"}, {0x1c3, "byte 451"}, {0x1c6, "byte 454"},
		{0x1ca, "byte 458"}, {0x1ce, "byte 462"}};
	struct fixture *f = *state;
	struct layout layout = plan("boot-root", MIB(600));

	fixture_make_image(f, MIB(600));
	for (size_t i = 0; i < ARRAY_SIZE(flips); i++) {
		write_and_compare(f->image_fd, &layout);
		fixture_fill(f->image_fd, flips[i].at, 1, head.bytes[flips[i].at] ^ 0x10);
		compare_reports(f->image_fd, &layout, flips[i].text);
	}
}

/* libblkid would silently read the backup. */
static void damaged_primary_is_reported(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan("single-gpt", MIB(600));

	fixture_make_image(f, MIB(600));
	write_and_compare(f->image_fd, &layout);
	fixture_fill(f->image_fd, 512 + 40, 8, 0xff);
	compare_reports(f->image_fd, &layout, "primary GPT");
}

/* A repair of the primary table needs an intact header and entries in the backup. */
static void damaged_backup_is_reported(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan("single-gpt", MIB(600));
	const off_t damaged[] = {MIB(600) - 512, MIB(600) - 512 + 60, MIB(600) - 33 * 512 + 8};

	fixture_make_image(f, MIB(600));
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		write_and_compare(f->image_fd, &layout);
		fixture_fill(f->image_fd, damaged[i], 8, 0xa5);
		compare_reports(f->image_fd, &layout, "backup GPT");
	}
}

/* No partition may be moved or shrunk to fit. */
static void partition_that_does_not_fit_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan("boot-root", MIB(600));
	struct diag diag;

	fixture_make_image(f, MIB(600));
	layout.partitions[1].sectors = MIB(600) / SECTOR_BYTES;
	assert_true(ptable_write(f->image_fd, &layout, &head, &diag) < 0);
	assert_non_null(strstr(diag.text, "cannot add partition rootfs"));
	layout = plan("boot-root", MIB(600));
	layout.partitions[1].start = layout.partitions[0].start;
	assert_true(ptable_write(f->image_fd, &layout, &head, &diag) < 0);
	/* nothing was written */
	assert_true(fixture_is_filled(f->image_fd, 0, MIB(1), 0));
}

static uint64_t partition_value(const struct fixture *f, unsigned number, const char *attribute)
{
	uint64_t value;

	if (sysroot_read_u64(f->root, &value, "sys/block/%s/%sp%u/%s", f->name, f->name, number,
		    attribute) < 0)
		return UINT64_MAX;
	return value;
}

/* The kernel has the partitions while the medium has no table, and loses them again. */
static void kernel_adds_and_forgets(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan("boot-root", MIB(600));
	char node[64];
	int held;

	fixture_require_root();
	fixture_make_loop(f, MIB(600));
	assert_int_equal(ptable_announce(f->fd, &layout), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(partition_value(f, i + 1, "start"), layout.partitions[i].start);
		assert_int_equal(partition_value(f, i + 1, "size"), layout.partitions[i].sectors);
	}
	assert_true(fixture_is_filled(f->fd, 0, MIB(1), 0));
	assert_int_equal(ptable_announce(f->fd, &layout), -EBUSY);

	/* An open partition keeps all of them, whichever it is. */
	for (unsigned i = 0; i < 2; i++) {
		(void)STR_FORMAT(node, "/dev/%sp%u", f->name, i + 1);
		held = open(node, O_RDONLY | O_CLOEXEC);
		assert_true(held >= 0);
		assert_int_equal(ptable_forget(f->fd, f->root, f->name), -EBUSY);
		assert_int_equal(close(held), 0);
		for (unsigned j = 0; j < 2; j++) {
			assert_int_equal(
				partition_value(f, j + 1, "start"), layout.partitions[j].start);
			assert_int_equal(
				partition_value(f, j + 1, "size"), layout.partitions[j].sectors);
		}
	}

	assert_int_equal(ptable_forget(f->fd, f->root, f->name), 0);
	assert_int_equal(partition_value(f, 1, "start"), UINT64_MAX);
	assert_int_equal(partition_value(f, 2, "start"), UINT64_MAX);
	assert_int_equal(ptable_forget(f->fd, f->root, f->name), 0);
	assert_int_equal(ptable_forget(f->fd, f->root, "no-such-disk"), -ENOENT);
}

static void read_only_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan("single-gpt", MIB(600));
	_cleanup_close_ int fd = -1;
	struct diag diag = {.text = ""};

	fixture_make_image(f, MIB(600));
	fd = open(f->image, O_RDONLY | O_CLOEXEC);
	assert_true(ptable_write(fd, &layout, &head, &diag) < 0);
	assert_true(diag.text[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(tables_on_a_file),
		fixture_test(sfdisk_agrees),
		fixture_test(boot_code_on_a_loop_survives),
		fixture_test(four_kib_sectors),
		fixture_test(partitions_in_the_first_mebibyte),
		fixture_test(differences_are_reported),
		fixture_test(a_flip_in_the_protective_mbr_is_reported),
		fixture_test(damaged_primary_is_reported),
		fixture_test(damaged_backup_is_reported),
		fixture_test(partition_that_does_not_fit_is_an_error),
		fixture_test(kernel_adds_and_forgets),
		fixture_test(read_only_is_an_error),
	};

	return cmocka_run_group_tests_name("ptable", tests, NULL, NULL);
}
