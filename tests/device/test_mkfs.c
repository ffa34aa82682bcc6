/* SPDX-License-Identifier: MIT */
#include "device/layout/mkfs.h"

#include "tests/lib/device_fixture.h"

#include "device/disk/disk.h"

#include <blkid.h>

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
	assert_true(mkfs_command(&p, "/job/p1", SECTOR_BYTES, &command));
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
	assert_true(mkfs_command(&p, "/job/p1", SECTOR_BYTES, &command));
	joined(&command, line, sizeof(line));
	assert_string_equal(line, "mkfs.vfat -F 32 -s 1 -n BOOT -i 12AB34CD /job/p1");

	/* Too small for FAT32. No option for empty values. */
	p = partition(FS_VFAT, "", "");
	p.sectors = MIB(32) / SECTOR_BYTES;
	assert_true(mkfs_command(&p, "/job/p1", SECTOR_BYTES, &command));
	joined(&command, line, sizeof(line));
	assert_string_equal(line, "mkfs.vfat -F 16 -s 4 /job/p1");
}

/* The other programs, with options of a layout. */
static void other_argvs(void **state)
{
	static const struct {
		enum fs_kind fs;
		const char *options, *line;
	} rows[] = {
		{FS_F2FS, "", "mkfs.f2fs -q -f -t 0 -l data -U some-uuid /job/p1"},
		{FS_F2FS, "-o 10  -O extra_attr",
			"mkfs.f2fs -q -f -t 0 -l data -U some-uuid -o 10 -O extra_attr /job/p1"},
		{FS_BTRFS, "", "mkfs.btrfs -q -f -K -d single -m dup -L data -U some-uuid /job/p1"},
		{FS_BTRFS, "-m single",
			"mkfs.btrfs -q -f -K -d single -m dup -L data -U some-uuid -m single "
			"/job/p1"},
		{FS_SWAP, "", "mkswap -L data -U some-uuid /job/p1"},
		{FS_SWAP, "-p 4096", "mkswap -L data -U some-uuid -p 4096 /job/p1"},
		{FS_VFAT, "-F 16 -s 4", "mkfs.vfat -n data -i some-uui -F 16 -s 4 /job/p1"},
		{FS_VFAT, "-s 4", "mkfs.vfat -F 16 -n data -i some-uui -s 4 /job/p1"},
		{FS_VFAT, "-S 4096", "mkfs.vfat -F 16 -s 1 -n data -i some-uui -S 4096 /job/p1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct layout_partition p = partition(
			rows[i].fs, "data", rows[i].fs == FS_VFAT ? "some--uui" : "some-uuid");
		struct mkfs_command command;
		char line[512];

		(void)STR_COPY(p.mkfs_options, rows[i].options);
		assert_true(mkfs_command(&p, "/job/p1", SECTOR_BYTES, &command));
		joined(&command, line, sizeof(line));
		assert_string_equal(line, rows[i].line);
	}
}

/* mke2fs accepts -O and -E once: those of the layout must not replace ours. */
static void ext4_lists_are_joined(void **state)
{
	struct layout_partition p = partition(FS_EXT4, "", "");
	struct mkfs_command command;
	char line[640];

	(void)state;
	(void)STR_COPY(p.mkfs_options, "-m 5 -O ^metadata_csum,uninit_bg -i 65536 -E stride=4");
	assert_true(mkfs_command(&p, "/job/p1", SECTOR_BYTES, &command));
	joined(&command, line, sizeof(line));
	assert_string_equal(line,
		"mkfs.ext4 -q -F -b 4096 -I 256 -m 1 -O none,has_journal,ext_attr,resize_inode,"
		"dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,"
		"dir_nlink,extra_isize,metadata_csum,^metadata_csum,uninit_bg -E nodiscard,"
		"lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0,stride=4 -m 5 -i 65536 "
		"/job/p1");
}

/* Options must not reach another disk or contradict the layout. */
static void options_are_checked(void **state)
{
	static const struct {
		enum fs_kind fs;
		const char *options, *message; /* NULL: valid */
	} rows[] = {
		{FS_EXT4, "", NULL},
		{FS_EXT4, "-m 1", NULL},
		{FS_EXT4, " -m  1 -i 8192 ", NULL},
		{FS_EXT4, "-J size=16 -O ^64bit", NULL},
		{FS_EXT4, "-m", "has no value"},
		{FS_EXT4, "-m1", "not -m1"},
		{FS_EXT4, "-m 1 -m 2", "-m twice"},
		{FS_EXT4, "-m -i", "not allowed"},
		{FS_EXT4, "-L other", "not -L"},
		{FS_EXT4, "-U random", "not -U"},
		{FS_EXT4, "-n 1", "not -n"},
		{FS_EXT4, "-J device=UUID=1", "not allowed"},
		{FS_EXT4, "-J device=/dev/sda", "not allowed"},
		{FS_EXT4, "-O journal_dev", "not allowed"},
		{FS_EXT4, "/dev/sda", "not /dev/sda"},
		{FS_EXT4, "-m 1 sda", "not sda"},
		{FS_EXT4, "--help x", "not --help"},
		{FS_EXT4, "- x", "not -"},
		{FS_F2FS, "-c /dev/sda", "not -c"},
		{FS_F2FS, "-w ../sda", "not allowed"},
		{FS_BTRFS, "-r dir", "not -r"},
		{FS_BTRFS, "-d raid1", NULL},
		{FS_SWAP, "-c 1", "not -c"},
		{FS_NONE, "", NULL},
		{FS_NONE, "-m 1", "nothing"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct diag diag = {.text = ""};
		int r = mkfs_check_options(rows[i].fs, rows[i].options, &diag);

		if (r != (rows[i].message ? -EINVAL : 0) ||
			(rows[i].message && !strstr(diag.text, rows[i].message)))
			fail_msg("\"%s\": %d, %s", rows[i].options, r, diag.text);
	}
}

static void nothing_to_make(void **state)
{
	struct layout_partition p = partition(FS_NONE, "", "");
	struct mkfs_command command;

	(void)state;
	assert_false(mkfs_command(&p, "/job/p1", SECTOR_BYTES, &command));
	assert_null(mkfs_program(FS_NONE));
	assert_null(mkfs_package(FS_NONE));
	assert_string_equal(mkfs_package(FS_EXT4), "e2fsprogs");
	assert_string_equal(mkfs_program(FS_VFAT), "mkfs.vfat");
}

/* Runs the command on the image. Returns false, with a message, if the program is not installed. */
static bool make(struct fixture *f, const struct layout_partition *p)
{
	struct mkfs_command command;
	int status;

	assert_true(mkfs_command(p, f->image, SECTOR_BYTES, &command));
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

/* mke2fs accepts the options, writes little, and adds no newer features. */
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

/* 32 MiB is slightly too small for FAT32; mkfs.vfat must succeed nevertheless. */
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

/* Each other filesystem is made and valid, with a label of the maximum length. */
static void others_are_made(void **state)
{
	static const struct {
		enum fs_kind fs;
		const char *type, *label, *options;
	} rows[] = {
		{FS_F2FS, "f2fs", "sixteen-bytes-it", ""},
		{FS_F2FS, "f2fs", "data", "-o 20"},
		{FS_BTRFS, "btrfs", "sixteen-bytes-it", ""},
		{FS_BTRFS, "btrfs", "data", "-m single"},
		{FS_SWAP, "swap", "fifteen-bytes-x", ""},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct layout_partition p = partition(
			rows[i].fs, rows[i].label, "12345678-1234-4234-8234-123456789abc");
		uint64_t least = fs_min_bytes(p.fs);

		assert_int_equal(strlen(rows[i].options[0] ? "" : rows[i].label),
			rows[i].options[0] ? 0 : fs_label_max(p.fs));
		(void)STR_COPY(p.mkfs_options, rows[i].options);
		p.sectors = least / SECTOR_BYTES;
		fixture_make_image(f, least);
		if (make(f, &p))
			check_made(f->image, rows[i].type, &p);
		fixture_finish(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ext4_argv),
		cmocka_unit_test(vfat_argv),
		cmocka_unit_test(other_argvs),
		cmocka_unit_test(ext4_lists_are_joined),
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(nothing_to_make),
		fixture_test(ext4_is_made),
		fixture_test(vfat_is_made),
		fixture_test(small_vfat_is_made),
		fixture_test(others_are_made),
	};

	return cmocka_run_group_tests_name("mkfs", tests, NULL, NULL);
}
