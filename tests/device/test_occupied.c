/* SPDX-License-Identifier: MIT */
#include "device/disk/occupied.h"

#include "tests/lib/device_fixture.h"

static struct occupied occupied;
static struct diag diag;

/* Runs a shell command in the folder of the image "image". Returns false, with a message, if its
 * program is not installed. */
static bool shell(const struct fixture *f, const char *text)
{
	char command[1024];
	int status;

	assert_true(STR_FORMAT(command, "cd %s && %s", f->dir, text));
	status = fixture_run((const char *const[]){"sh", "-c", command, NULL});
	if (status == 127)
		print_message("[ SKIP ] not installed: %s\n", text);
	else if (status != 0)
		fail_msg("exit %d: %s", status, text);
	return status == 0;
}

static void expect(uint64_t start, uint64_t end, const char *what)
{
	for (uint32_t i = 0; i < occupied.count; i++)
		if (occupied.ranges[i].start_bytes == start &&
			occupied.ranges[i].end_bytes == end &&
			strcmp(occupied.ranges[i].what, what) == 0)
			return;
	for (uint32_t i = 0; i < occupied.count; i++)
		print_message("%llu %llu %s\n", (unsigned long long)occupied.ranges[i].start_bytes,
			(unsigned long long)occupied.ranges[i].end_bytes, occupied.ranges[i].what);
	fail_msg("no range %llu to %llu: %s", (unsigned long long)start, (unsigned long long)end,
		what);
}

static void refused(int fd, int error, const char *says)
{
	memset(&occupied, 0xff, sizeof(occupied));
	assert_int_equal(occupied_read(fd, &occupied, &diag), error);
	assert_string_equal(diag.text, says);
	assert_string_equal(occupied.table, "");
}

static void a_gpt(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(64));
	if (!shell(f, "printf 'label: gpt\\n start=2048, size=2048, name=boot\\n size=8192\\n' |"
		      "sfdisk -q image"))
		return;
	assert_int_equal(occupied_read(f->image_fd, &occupied, &diag), 0);
	assert_string_equal(occupied.table, "gpt");
	expect(440, 512, "the partition table");
	expect(512, 1024, "the GPT");
	expect(1024, KIB(17), "the GPT");
	expect(MIB(64) - 512, MIB(64), "the backup of the GPT");
	expect(MIB(64) - 33 * 512, MIB(64) - 512, "the backup of the GPT");
	expect(MIB(1), MIB(2), "partition 1 (boot)");
	expect(MIB(2), MIB(6), "partition 2");
	assert_int_equal(occupied.count, 7);

	assert_null(occupied_find(&occupied, 0, 440));
	assert_non_null(occupied_find(&occupied, 0, 441));
	assert_null(occupied_find(&occupied, KIB(17), MIB(1)));
	assert_non_null(occupied_find(&occupied, KIB(17) - 1, KIB(17)));
	assert_string_equal(
		occupied_find(&occupied, KIB(17), MIB(1) + 1)->what, "partition 1 (boot)");
	assert_null(occupied_find(&occupied, MIB(6), MIB(64) - 33 * 512));
	assert_non_null(occupied_find(&occupied, MIB(63), UINT64_MAX));
}

/* Only its header has their place. */
static void a_gpt_whose_entries_were_moved(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(64));
	if (!shell(f, "if ! command -v sgdisk; then exit 127; fi;"
		      "sgdisk -j 2048 -n 1:4096:8191 image"))
		return;
	assert_int_equal(occupied_read(f->image_fd, &occupied, &diag), 0);
	expect(512, 1024, "the GPT");
	expect(MIB(1), MIB(1) + KIB(16), "the GPT");
	assert_null(occupied_find(&occupied, 1024, MIB(1)));
}

/* The backup of an image that has grown stays where it was. */
static void a_disk_that_grew(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(64));
	if (!shell(f, "printf 'label: gpt\\n start=2048, size=2048\\n' | sfdisk -q image"))
		return;
	assert_int_equal(ftruncate(f->image_fd, MIB(96)), 0);
	assert_int_equal(occupied_read(f->image_fd, &occupied, &diag), 0);
	expect(MIB(64) - 33 * 512, MIB(64) - 512, "the backup of the GPT");
	expect(MIB(96) - 512, MIB(96), "the backup of the GPT");
}

/* libblkid, like the kernel, then takes the backup. */
static void a_gpt_with_a_damaged_head(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(64));
	if (!shell(f, "printf 'label: gpt\\n start=2048, size=2048\\n' | sfdisk -q image"))
		return;
	fixture_fill(f->image_fd, 512, 512, 0);
	assert_int_equal(occupied_read(f->image_fd, &occupied, &diag), 0);
	assert_string_equal(occupied.table, "gpt");
	expect(512, 1024, "the GPT");
	expect(MIB(64) - 33 * 512, MIB(64) - 512, "the backup of the GPT");
	expect(MIB(1), MIB(2), "partition 1");
}

/* The gaps inside of an extended partition hold its chain of tables. */
static void an_mbr_with_logical_partitions(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(64));
	if (!shell(f, "printf 'label: dos\\n start=2048, size=2048, type=83\\n"
		      " start=8192, size=16384, type=5\\n start=10240, size=2048, type=83\\n' |"
		      "sfdisk -q image"))
		return;
	assert_int_equal(occupied_read(f->image_fd, &occupied, &diag), 0);
	assert_string_equal(occupied.table, "dos");
	expect(440, 512, "the partition table");
	expect(MIB(1), MIB(2), "partition 1");
	expect(MIB(4), MIB(12), "partition 2");
	expect(MIB(5), MIB(6), "partition 5");
	assert_null(occupied_find(&occupied, 512, MIB(1)));
}

static void a_disk_with_large_sectors(void **state)
{
	struct fixture *f = *state;
	char path[200], name[64] = "";
	int fd, r;

	fixture_require_root();
	fixture_make_image(f, MIB(64));
	if (!shell(f, "loop=$(losetup -f --show -b 4096 image) || exit 127; echo $loop >name;"
		      "printf 'label: gpt\n start=256, size=256\n' | sfdisk -q $loop;"
		      "[ $? = 0 ] || { losetup -d $loop; exit 127; }"))
		return;
	STR_FORMAT(path, "%s/name", f->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, name, sizeof(name) - 1) > 0);
	close_fd(&fd);
	name[strcspn(name, "\n")] = '\0';
	fd = open(name, O_RDONLY | O_CLOEXEC);
	r = occupied_read(fd, &occupied, &diag);
	close_fd(&fd);
	assert_true(shell(f, "losetup -d $(cat name)")); /* also after a failure */
	assert_int_equal(r, 0);
	expect(4096, 8192, "the GPT");
	expect(8192, 8192 + KIB(16), "the GPT");
	expect(MIB(64) - 4096, MIB(64), "the backup of the GPT");
	expect(MIB(1), MIB(2), "partition 1");
}

static void no_table(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(64));
	refused(f->image_fd, -ENODATA, "it has no partition table");
	if (shell(f, "mkfs.ext4 -q -F image"))
		refused(f->image_fd, -ENODATA, "it has no partition table");
	if (shell(f, "mkfs.vfat -I image")) /* its boot sector looks like an MBR */
		refused(f->image_fd, -ENODATA, "it has no partition table");
}

static void too_many_partitions(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(512));
	if (!shell(f, "(echo label: gpt; echo table-length: 256; for i in $(seq 200); do "
		      "echo size=64; done) | sfdisk -q image"))
		return;
	refused(f->image_fd, -E2BIG, "it has too many partitions");
}

static void a_medium_that_cannot_be_read(void **state)
{
	(void)state;
	refused(-1, -EIO, "its partition table cannot be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_gpt),
		fixture_test(a_gpt_whose_entries_were_moved),
		fixture_test(a_disk_that_grew),
		fixture_test(a_gpt_with_a_damaged_head),
		fixture_test(an_mbr_with_logical_partitions),
		fixture_test(a_disk_with_large_sectors),
		fixture_test(no_table),
		fixture_test(too_many_partitions),
		fixture_test(a_medium_that_cannot_be_read),
	};

	return cmocka_run_group_tests_name("occupied", tests, NULL, NULL);
}
