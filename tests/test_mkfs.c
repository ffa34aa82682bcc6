/* SPDX-License-Identifier: MIT */
#include "device/mkfs.h"

#include "tests/device_fixture.h"

#include "device/disk.h"

#include <blkid.h>

static struct fixture fixture;

static int setup(void **state)
{
	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	fixture_finish(*state);
	return 0;
}

static struct layout_partition partition(enum fs_kind fs, const char *label, const char *uuid)
{
	struct layout_partition p = {.sectors = MIB(64) / SECTOR_BYTES, .fs = fs};

	(void)STR_COPY(p.label, label);
	(void)STR_COPY(p.fs_uuid, uuid);
	return p;
}

static void joined(const struct mkfs_command *command, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; command->argv[i]; i++) {
		size_t length = strlen(ret);

		assert_true(str_format(
			ret + length, size - length, "%s%s", i > 0 ? " " : "", command->argv[i]));
	}
}

static void ext4_argv(void **state)
{
	struct layout_partition p = partition(FS_EXT4, "rootfs", "some-uuid");
	struct mkfs_command command;
	char line[512];

	(void)state;
	assert_true(mkfs_command(&p, "/job/p1", &command));
	joined(&command, line, sizeof(line));
	assert_string_equal(command.program, "mkfs.ext4");
	assert_string_equal(line,
		"mkfs.ext4 -q -F -b 4096 -I 256 -m 1 -O none,has_journal,ext_attr,resize_inode,"
		"dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,"
		"dir_nlink,extra_isize,metadata_csum -E nodiscard,lazy_itable_init=1,"
		"lazy_journal_init=1,root_owner=0:0 -L rootfs -U some-uuid /job/p1");
}

static void vfat_argv(void **state)
{
	struct layout_partition p = partition(FS_VFAT, "BOOT", "12AB-34CD");
	struct mkfs_command command;
	char line[512];

	(void)state;
	assert_true(mkfs_command(&p, "/job/p1", &command));
	joined(&command, line, sizeof(line));
	assert_string_equal(line, "mkfs.vfat -F 32 -n BOOT -i 12AB34CD /job/p1");

	/* Too small for FAT32: the program chooses. Nothing asked for: no option. */
	p = partition(FS_VFAT, "", "");
	p.sectors = MIB(33) / SECTOR_BYTES - 1;
	assert_true(mkfs_command(&p, "/job/p1", &command));
	joined(&command, line, sizeof(line));
	assert_string_equal(line, "mkfs.vfat /job/p1");
}

static void nothing_to_make(void **state)
{
	struct layout_partition p = partition(FS_NONE, "", "");
	struct mkfs_command command;

	(void)state;
	assert_false(mkfs_command(&p, "/job/p1", &command));
	assert_null(mkfs_program(FS_NONE));
	assert_null(mkfs_package(FS_NONE));
	assert_string_equal(mkfs_package(FS_EXT4), "e2fsprogs");
	assert_string_equal(mkfs_program(FS_VFAT), "mkfs.vfat");
}

/* Runs the command on the image; false, with the reason, where the program is not installed. */
static bool make(struct fixture *f, const struct layout_partition *p)
{
	struct mkfs_command command;
	int status;

	assert_true(mkfs_command(p, f->image, &command));
	status = fixture_run(command.argv);
	if (status == 127) {
		print_message("[ SKIP ] %s is not installed\n", command.program);
		return false;
	}
	assert_int_equal(status, 0);
	return true;
}

static void has_value(blkid_probe probe, const char *name, const char *value)
{
	const char *found = NULL;

	assert_int_equal(blkid_probe_lookup_value(probe, name, &found, NULL), 0);
	assert_string_equal(found, value);
}

static void check_made(const char *image, const char *type, const struct layout_partition *p)
{
	blkid_probe probe = blkid_new_probe_from_filename(image);

	assert_non_null(probe);
	blkid_probe_set_superblocks_flags(
		probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID);
	assert_int_equal(blkid_do_safeprobe(probe), 0);
	has_value(probe, "TYPE", type);
	has_value(probe, "LABEL", p->label);
	has_value(probe, "UUID", p->fs_uuid);
	blkid_free_probe(probe);
}

/* The option list is accepted, little is written, and newer defaults do not slip in. */
static void ext4_is_made(void **state)
{
	struct fixture *f = *state;
	struct layout_partition p =
		partition(FS_EXT4, "rootfs", "12345678-1234-4234-8234-123456789abc");
	uint32_t incompat, compat;
	struct stat st;

	fixture_make_image(f, GIB(4));
	if (!make(f, &p))
		skip();
	check_made(f->image, "ext4", &p);
	/* Superblock at 1024; s_feature_compat at 0x5c, s_feature_incompat at 0x60. */
	assert_int_equal(pread_full(f->image_fd, &compat, 4, 1024 + 0x5c), 0);
	assert_int_equal(pread_full(f->image_fd, &incompat, 4, 1024 + 0x60), 0);
	assert_int_equal(compat, 0x3c);	   /* journal, xattrs, resize inode, directory index */
	assert_int_equal(incompat, 0x2c2); /* filetype, extents, 64bit, flex_bg */
	assert_int_equal(fstat(f->image_fd, &st), 0);
	assert_true((uint64_t)st.st_blocks * 512 < MIB(8));
}

static void vfat_is_made(void **state)
{
	struct fixture *f = *state;
	struct layout_partition p = partition(FS_VFAT, "BOOT", "12AB-34CD");

	fixture_make_image(f, MIB(64));
	if (!make(f, &p))
		skip();
	check_made(f->image, "vfat", &p);
}

/* 32 MiB is too small for FAT32 by half a hair: made all the same. */
static void small_vfat_is_made(void **state)
{
	struct fixture *f = *state;
	struct layout_partition p = partition(FS_VFAT, "BOOT", "12AB-34CD");

	fixture_make_image(f, MIB(32));
	p.sectors = MIB(32) / SECTOR_BYTES;
	if (!make(f, &p))
		skip();
	check_made(f->image, "vfat", &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ext4_argv),
		cmocka_unit_test(vfat_argv),
		cmocka_unit_test(nothing_to_make),
		cmocka_unit_test_setup_teardown(ext4_is_made, setup, teardown),
		cmocka_unit_test_setup_teardown(vfat_is_made, setup, teardown),
		cmocka_unit_test_setup_teardown(small_vfat_is_made, setup, teardown),
	};

	return cmocka_run_group_tests_name("mkfs", tests, NULL, NULL);
}
