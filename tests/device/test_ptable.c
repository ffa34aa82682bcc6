/* SPDX-License-Identifier: MIT */
#include "device/target/ptable.h"

#include "tests/lib/device_fixture.h"

#include "device/disk/disk.h"

#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

static struct layout plan_on(const char *name, uint64_t disk_bytes, uint32_t sector_bytes)
{
	struct layout planned;
	struct diag diag;

	assert_int_equal(
		layout_place(layout_find(name), disk_bytes, sector_bytes, &planned, &diag), 0);
	layout_assign_ids(&planned, layout_random);
	return planned;
}

static struct layout plan(const char *name, uint64_t disk_bytes)
{
	return plan_on(name, disk_bytes, SECTOR_BYTES);
}

static struct table_bytes table; /* the last one that was written */

/* The byte at @at in the first sector, as it was written. */
static unsigned char head_byte(size_t at)
{
	const uint8_t *bytes = table.bytes;

	for (size_t i = 0; i + 1 < table.count; i++)
		bytes += table.areas[i].size;
	return bytes[at - TABLE_HEAD_START];
}

static int write_table(int fd, const struct layout *layout, struct diag *diag)
{
	table_bytes_make(layout, &table);
	return ptable_write(fd, &table, diag);
}

static void write_and_compare(int fd, const struct layout *layout)
{
	struct diag diag = {.text = ""};

	if (write_table(fd, layout, &diag) < 0 || ptable_compare(fd, layout, &table, &diag) < 0)
		fail_msg("%s: %s", layout->name, diag.text);
}

static void compare_reports(int fd, const struct layout *layout, const char *text)
{
	struct diag diag = {.text = ""};

	assert_int_equal(ptable_compare(fd, layout, &table, &diag), -EILSEQ);
	if (!strstr(diag.text, text))
		fail_msg("\"%s\" does not contain \"%s\"", diag.text, text);
}

/* Every built-in layout, on an image file and without privileges. All of the table in the first sector is
 * compared; no library compares the addresses in CHS, the protective MBR, and entries without a partition. */
static void tables_on_a_file(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(600));
	for (size_t i = 0; layout_builtin(i); i++) {
		struct layout layout = plan(layout_builtin(i)->name, MIB(600));

		fixture_fill(f->image_fd, 0, 440, 0xbb);
		write_and_compare(f->image_fd, &layout);
		assert_true(fixture_is_filled(f->image_fd, 0, 440, 0xbb));
		for (size_t at = TABLE_HEAD_START; at < TABLE_HEAD_END; at++) {
			fixture_fill(f->image_fd, at, 1, head_byte(at) ^ 1);
			compare_reports(f->image_fd, &layout, "on the medium");
			fixture_fill(f->image_fd, at, 1, head_byte(at));
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

/* A partition of @bytes that is left empty. */
static struct layout_partition empty_partition(const char *name, uint64_t bytes)
{
	struct layout_partition p = {.size_bytes = bytes,
		.type_guid = "0fc63daf-8483-4772-8e79-3d69d8477de4",
		.type_mbr = 0x83};

	STR_COPY(p.name, name);
	return p;
}

/* A root filesystem after @count empty partitions of 1 MiB. */
static struct layout many(enum table_kind kind, size_t count, uint64_t align_bytes)
{
	struct layout spec = {.name = "many", .table = kind, .align_bytes = align_bytes};

	while (spec.count < count) {
		char name[8];

		(void)STR_FORMAT(name, "p%zu", spec.count);
		spec.partitions[spec.count++] = empty_partition(name, MIB(1));
	}
	spec.partitions[spec.count] = layout_find("single-gpt")->partitions[0];
	spec.partitions[spec.count++].bootable = false;
	return spec;
}

static struct layout place(const struct layout *spec, uint64_t bytes, uint32_t sector_bytes)
{
	struct layout placed;
	struct diag diag = {.text = ""};

	if (layout_place(spec, bytes, sector_bytes, &placed, &diag) < 0)
		fail_msg("%s", diag.text);
	layout_assign_ids(&placed, layout_random);
	return placed;
}

/* The same table, as commands for sfdisk. */
static void write_script(const char *path, const struct layout *layout)
{
	FILE *script = fopen(path, "we");

	assert_non_null(script);
	(void)fprintf(script, "label: %s\nlabel-id: %s%s\nunit: sectors\n",
		layout->table == TABLE_GPT ? "gpt" : "dos", layout->table == TABLE_GPT ? "" : "0x",
		layout->disk_uuid);
	if (layout->table == TABLE_GPT)
		(void)fprintf(script, "first-lba: 34\n");
	if (layout->table == TABLE_MBR && layout->count > 4)
		(void)fprintf(script, "4: start=%llu, size=%llu, type=f\n",
			(unsigned long long)table_logical_bytes(layout, 3) / SECTOR_BYTES,
			(unsigned long long)(layout->disk_sectors -
					     table_logical_bytes(layout, 3) / SECTOR_BYTES));
	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_partition *p = &layout->partitions[i];

		(void)fprintf(script, "%u: start=%llu, size=%llu, ", table_number(layout, i),
			(unsigned long long)p->start, (unsigned long long)p->sectors);
		if (layout->table == TABLE_GPT)
			(void)fprintf(script, "type=%s, uuid=%s, name=%s%s\n", p->type_guid,
				p->partuuid, p->name,
				p->bootable ? ", attrs=LegacyBIOSBootable" : "");
		else
			(void)fprintf(script, "type=%x%s\n", (unsigned)p->type_mbr,
				p->bootable ? ", bootable" : "");
	}
	assert_int_equal(fclose(script), 0);
}

static void expect_same_areas(const char *path, const struct layout *layout)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	const uint8_t *wanted = table.bytes;

	assert_true(fd >= 0);
	for (size_t i = 0; i < table.count; wanted += table.areas[i++].size) {
		uint8_t found[TABLE_GPT_ENTRIES * TABLE_GPT_ENTRY_BYTES];

		assert_true(table.areas[i].size <= sizeof(found));
		assert_int_equal(
			pread_full(fd, found, table.areas[i].size, table.areas[i].start), 0);
		for (size_t at = 0; at < table.areas[i].size; at++)
			if (found[at] != wanted[at])
				fail_msg("%s: part %d, byte %zu: sfdisk has %02x, not %02x",
					layout->name, table.areas[i].part, at, found[at],
					wanted[at]);
	}
}

/* Another program makes the same bytes of the same description, also where addresses in CHS need all their bits, or
 * end. */
static void sfdisk_makes_the_same_bytes(void **state)
{
	static const uint64_t sizes[] = {MIB(600), GIB(3), GIB(20)};
	struct fixture *f = *state;
	char other[176], script[176], command[512];

	fixture_make_image(f, MIB(600));
	assert_true(
		STR_FORMAT(other, "%s/other", f->dir) && STR_FORMAT(script, "%s/script", f->dir));
	for (size_t i = 0; i < 5 * ARRAY_SIZE(sizes); i++) {
		uint64_t bytes = sizes[i / 5];
		const struct layout *builtin = layout_builtin(i % 5);
		struct layout ten = many(i % 5 == 3 ? TABLE_GPT : TABLE_MBR, 9, MIB(1));
		struct layout layout = place(builtin ? builtin : &ten, bytes, 512);
		const char *run[] = {"sh", "-c", command, NULL};

		assert_true(STR_FORMAT(command,
			"truncate -s 0 %s && truncate -s %llu %s && sfdisk -q %s <%s", other,
			(unsigned long long)bytes, other, other, script));
		write_script(script, &layout);
		assert_int_equal(fixture_run(run), 0);
		table_bytes_make(&layout, &table);
		expect_same_areas(other, &layout);
	}
}

/* Up to the limits of both tables, for disks with each size of sectors. */
static void many_partitions(void **state)
{
	static const struct {
		enum table_kind kind;
		size_t count;
		uint32_t sector_bytes;
	} cases[] = {{TABLE_GPT, 127, 512}, {TABLE_MBR, 4, 512}, {TABLE_MBR, 58, 512},
		{TABLE_GPT, 127, 4096}, {TABLE_MBR, 58, 4096}};
	struct fixture *f = *state;

	fixture_require_root();
	fixture_make_loop(f, GIB(1));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct layout spec = many(cases[i].kind, cases[i].count, MIB(1));
		struct layout layout = place(&spec, GIB(1), cases[i].sector_bytes);

		assert_int_equal(ioctl(f->fd, LOOP_SET_BLOCK_SIZE, cases[i].sector_bytes), 0);
		write_and_compare(f->fd, &layout);
		assert_int_equal(table_number(&layout, cases[i].count),
			cases[i].count + (cases[i].kind == TABLE_GPT ? 1 : 2));
	}
}

/* The table of a logical partition is in the sector before it if there is no room for the alignment. */
static void a_logical_partition_close_behind_another(void **state)
{
	struct fixture *f = *state;
	struct layout spec = many(TABLE_MBR, 5, MIB(1)), layout = place(&spec, MIB(100), 512);

	spec.partitions[4].offset_bytes =
		(layout.partitions[3].start + layout.partitions[3].sectors + 1) * SECTOR_BYTES;
	layout = place(&spec, MIB(100), 512);
	assert_int_equal(table_logical_bytes(&layout, 4), spec.partitions[4].offset_bytes - 512);
	fixture_make_image(f, MIB(100));
	write_and_compare(f->image_fd, &layout);
}

/* No program makes a partition over a boot loader before the first one. */
static void usable_sectors_are_behind_boot_loaders(void **state)
{
	struct fixture *f = *state;
	struct layout spec = *layout_find("single-gpt"), layout;
	uint8_t usable[8];

	spec.blob_count = 2;
	spec.blobs[0] =
		(struct layout_blob){.name = "a", .offset_bytes = KIB(32), .size_bytes = 100000};
	spec.blobs[1] = (struct layout_blob){
		.name = "b", .target = BLOB_BOOT0, .offset_bytes = MIB(1), .size_bytes = 1};
	layout = place(&spec, MIB(100), 512);
	fixture_make_image(f, MIB(100));
	write_and_compare(f->image_fd, &layout);
	assert_int_equal(pread_full(f->image_fd, usable, sizeof(usable), 512 + 40), 0);
	assert_int_equal(usable[0] | usable[1] << 8, (KIB(32) + 100000 + 511) / 512);
}

/* The copies of a GPT do not overlap where a sector is larger than the entries. */
static void large_sectors(void **state)
{
	struct layout layout = plan_on("single-gpt", GIB(1), 65536);

	(void)state;
	table_bytes_make(&layout, &table);
	for (size_t i = 0; i < table.count; i++)
		for (size_t j = 0; j < i; j++)
			assert_true(
				table.areas[i].start + table.areas[i].size <=
					table.areas[j].start ||
				table.areas[j].start + table.areas[j].size <= table.areas[i].start);
	for (size_t i = 0; i + 1 < table.count; i++)
		assert_int_equal(table.areas[i].start % 65536, 0);
}

/* Each byte of the chain is compared: most of them are seen by no library. */
static void damaged_chain_is_reported(void **state)
{
	struct fixture *f = *state;
	struct layout spec = many(TABLE_MBR, 5, KIB(4)), layout = place(&spec, MIB(100), 512);

	fixture_make_image(f, MIB(100));
	for (size_t i = 3; i < layout.count; i++) {
		uint64_t at = table_logical_bytes(&layout, i);

		assert_int_equal(at, layout.partitions[i].start * SECTOR_BYTES - KIB(4));
		write_and_compare(f->image_fd, &layout);
		fixture_fill(f->image_fd, at + 447, 1, 0x77);
		compare_reports(f->image_fd, &layout, "table of a logical partition");
	}
}

/* The first usable sector is behind the entries, and the partitions are as they were. sgdisk checks both copies. */
static void entries_can_be_moved(void **state)
{
	static const uint64_t places[] = {1024, KIB(9), MIB(2), MIB(3) + 512};
	struct fixture *f = *state;
	const char *verify[] = {"sh", "-c", NULL, NULL};
	char command[256];

	fixture_make_image(f, MIB(100));
	assert_true(STR_FORMAT(command, "sgdisk -v %s | grep -q 'No problems found'", f->image));
	verify[2] = command;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct layout spec = *layout_find("single-gpt"), layout;

		spec.gpt_entries_bytes = places[i];
		layout = place(&spec, MIB(100), 512);
		assert_true(layout.partitions[0].start * SECTOR_BYTES >= places[i] + KIB(16));
		write_and_compare(f->image_fd, &layout);
		assert_int_equal(fixture_run(verify), 0);
	}
}

/* Firmware without GPT finds the partitions that have a type for it; all others find the GPT. */
static void hybrid_mbr(void **state)
{
	struct fixture *f = *state;
	struct layout spec = many(TABLE_GPT, 4, MIB(1)), layout;

	spec.partitions[1].type_hybrid = 0x0c;
	spec.partitions[1].bootable = true;
	spec.partitions[3].type_hybrid = 0x83;
	layout = place(&spec, MIB(100), 512);
	fixture_make_image(f, MIB(100));
	write_and_compare(f->image_fd, &layout);
	assert_int_equal(head_byte(446), 0x80);
	assert_int_equal(head_byte(446 + 4), 0x0c);
	assert_int_equal(head_byte(446 + 8), 4096 % 256); /* starts at 2 MiB */
	assert_int_equal(head_byte(446 + 9), 4096 / 256);
	assert_int_equal(head_byte(462 + 4), 0x83);
	assert_int_equal(head_byte(478 + 4), 0xee);
	assert_int_equal(head_byte(478 + 8), 1);
	assert_int_equal(head_byte(478 + 12), 33); /* up to the end of the entries */
	assert_int_equal(head_byte(494 + 4), 0);
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
		layout = plan_on(layout_builtin(i)->name, MIB(600), 4096);
		write_and_compare(f->fd, &layout);
	}
}

static void partitions_in_the_first_mebibyte(void **state)
{
	static const uint64_t starts[] = {[TABLE_GPT] = KIB(17), [TABLE_MBR] = 512};
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
		assert_int_equal(layout_place(&spec, MIB(600), 0, &layout, &diag), 0);
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
	assert_int_equal(write_table(f->image_fd, &written, &diag), 0);

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
	assert_int_equal(write_table(f->image_fd, &written, &diag), 0);
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
		fixture_fill(f->image_fd, flips[i].at, 1, head_byte(flips[i].at) ^ 0x10);
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
	assert_true(write_table(fd, &layout, &diag) < 0);
	assert_true(diag.text[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(tables_on_a_file),
		fixture_test(sfdisk_agrees),
		fixture_test(sfdisk_makes_the_same_bytes),
		fixture_test(many_partitions),
		fixture_test(a_logical_partition_close_behind_another),
		fixture_test(usable_sectors_are_behind_boot_loaders),
		fixture_test(large_sectors),
		fixture_test(damaged_chain_is_reported),
		fixture_test(entries_can_be_moved),
		fixture_test(hybrid_mbr),
		fixture_test(boot_code_on_a_loop_survives),
		fixture_test(four_kib_sectors),
		fixture_test(partitions_in_the_first_mebibyte),
		fixture_test(differences_are_reported),
		fixture_test(a_flip_in_the_protective_mbr_is_reported),
		fixture_test(damaged_primary_is_reported),
		fixture_test(damaged_backup_is_reported),
		fixture_test(kernel_adds_and_forgets),
		fixture_test(read_only_is_an_error),
	};

	return cmocka_run_group_tests_name("ptable", tests, NULL, NULL);
}
