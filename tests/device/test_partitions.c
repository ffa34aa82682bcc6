/* SPDX-License-Identifier: MIT */
#include "device/target/partitions.h"

#include "tests/lib/device_fixture.h"
#include "tests/lib/sandbox.h"

#include "device/disk/disk_scan.h"

#define DIR "sys/devices/bus/block/mmcblk1/"

static struct layout plan(const char *name)
{
	struct layout planned;
	struct diag diag;

	assert_int_equal(layout_place(layout_find(name), MIB(600), 0, &planned, &diag), 0);
	layout_assign_ids(&planned, layout_random);
	return planned;
}

static const struct disk card = {.name = "mmcblk1", .id = {.major = 179, .minor = 8}};

static void put_number(
	const struct sandbox *box, unsigned number, const char *attribute, uint64_t value)
{
	char path[128], text[24];

	(void)STR_FORMAT(path, DIR "mmcblk1p%u/%s", number, attribute);
	(void)STR_FORMAT(text, "%llu\n", (unsigned long long)value);
	sandbox_file(box, path, text);
}

static void put_uevent(const struct sandbox *box, unsigned number, const char *more)
{
	char path[128], text[256];

	(void)STR_FORMAT(path, DIR "mmcblk1p%u/uevent", number);
	(void)STR_FORMAT(text, "MAJOR=179\nMINOR=%u\nDEVTYPE=partition\nPARTN=%u\n%s", 8 + number,
		number, more);
	sandbox_file(box, path, text);
}

/* The card with the partitions of @layout, as reported by a kernel that has read its table. */
static void put_card(const struct sandbox *box, const struct layout *layout)
{
	char name[32], number[16], more[80];

	sandbox_block(box, NULL, "mmcblk1", "179:8\n", "1228800\n");
	sandbox_file(box, DIR "uevent", "MAJOR=179\n");
	sandbox_file(box, DIR "queue/uevent", "");
	for (unsigned i = 0; i < layout->count; i++) {
		(void)STR_FORMAT(name, "mmcblk1p%u", i + 1);
		(void)STR_FORMAT(number, "179:%u\n", 9 + i);
		sandbox_block(box, "mmcblk1", name, number, "0\n");
		put_number(box, i + 1, "partition", i + 1);
		put_number(box, i + 1, "start", layout->partitions[i].start);
		put_number(box, i + 1, "size", layout->partitions[i].sectors);
		(void)STR_FORMAT(more, "PARTUUID=%s\n", layout->partitions[i].partuuid);
		put_uevent(box, i + 1, more);
	}
}

static void compares(
	const struct sandbox *box, const struct layout *layout, int result, const char *text)
{
	struct diag diag = {.text = ""};

	assert_int_equal(partitions_compare(box->root, &card, layout, &diag), result);
	if (!strstr(diag.text, text))
		fail_msg("\"%s\" does not contain \"%s\"", diag.text, text);
}

static void kernel_agrees(void **state)
{
	static const char *const names[] = {"boot-root", "single-mbr"};
	const struct sandbox *box = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct layout layout = plan(names[i]);

		put_card(box, &layout);
		compares(box, &layout, 0, "");
	}
}

static void kernel_contradicts(void **state)
{
	const struct sandbox *box = *state;
	struct layout layout = plan("boot-root");
	struct layout other;

	put_card(box, &layout);
	other = layout;
	other.partitions[1].start++;
	compares(box, &other, -EILSEQ, "different start of partition rootfs");
	other = layout;
	other.partitions[0].sectors--;
	compares(box, &other, -EILSEQ, "different size of partition BOOT");
	other = plan("boot-root"); /* other UUIDs */
	compares(box, &other, -EILSEQ, "different PARTUUID of partition BOOT");
	other = layout;
	other.partitions[other.count++] = layout.partitions[0];
	compares(box, &other, -EILSEQ, "2 partitions instead of 3");
}

/* A kernel that knows the partitions from BLKPG has no UUIDs, a name may contain the key, and the
 * kernel may have found more partitions than the layout has. */
static void kernel_reports_less_or_more(void **state)
{
	const struct sandbox *box = *state;
	struct layout layout = plan("boot-root"), shorter = layout;

	put_card(box, &layout);
	put_uevent(box, 1, "");
	put_uevent(box, 2, "PARTNAME=PARTUUID=1\n");
	compares(box, &layout, 0, "");
	shorter.count = 1;
	compares(box, &shorter, 0, "");
}

static void kernel_knows_none(void **state)
{
	const struct sandbox *box = *state;
	struct layout layout = plan("single-gpt"), none = layout;
	struct disk gone = card;
	struct diag diag = {.text = ""};

	none.count = 0;
	put_card(box, &none);
	compares(box, &layout, -ENOENT, "0 partitions instead of 1");
	gone.id.minor = 16;
	assert_true(partitions_compare(box->root, &gone, &layout, &diag) < 0);
}

static void is_triggered(const struct sandbox *box, const char *path, bool wanted)
{
	char text[64];

	assert_int_equal(sysroot_read(box->root, text, sizeof(text), "%s", path), 0);
	if (wanted)
		assert_string_equal(text, "change");
	else
		assert_string_not_equal(text, "change");
}

static void udev_is_triggered(void **state)
{
	const struct sandbox *box = *state;
	struct layout layout = plan("boot-root");

	put_card(box, &layout);
	partitions_trigger(box->root, &card);
	is_triggered(box, DIR "uevent", true);
	is_triggered(box, DIR "mmcblk1p1/uevent", true);
	is_triggered(box, DIR "mmcblk1p2/uevent", true);
	is_triggered(box, DIR "queue/uevent", false);
	partitions_trigger(
		box->root, &(struct disk){.id = {.major = 1}}); /* removed: nothing happens */
}

/* On a real kernel, with or without a parser for the table, it has the partitions in the end. */
static void kernel_reads_again(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan("boot-root"), other = layout;
	struct diag diag = {.text = ""};
	struct table_bytes table;
	struct disk disk;

	fixture_require_root();
	fixture_make_loop(f, MIB(600));
	assert_int_equal(disk_scan_name(f->root, f->name, &disk), 0);
	table_bytes_make(&layout, &table);
	assert_int_equal(ptable_write(f->fd, &table, &diag), 0);
	/* The partitions added before were of another table, and disappear. */
	other.partitions[0].sectors -= 8;
	other.count = 1;
	assert_int_equal(ptable_announce(f->fd, &other), 0);
	assert_int_equal(partitions_compare(f->root, &disk, &layout, &diag), -EILSEQ);
	if (partitions_reread(f->fd, f->root, &disk, &layout, &diag) < 0)
		fail_msg("%s", diag.text);
	assert_int_equal(partitions_compare(f->root, &disk, &layout, &diag), 0);
}

/* Another program keeps a partition open: the partitions from BLKPG stay, and are accepted only if
 * they are those of the layout. */
static void partition_is_held(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan("single-gpt"), other = layout;
	struct diag diag = {.text = ""};
	struct disk disk;
	char node[64];
	int held;

	fixture_require_root();
	fixture_make_loop(f, MIB(600));
	assert_int_equal(disk_scan_name(f->root, f->name, &disk), 0);
	assert_int_equal(ptable_announce(f->fd, &layout), 0);
	(void)STR_FORMAT(node, "/dev/%sp1", f->name);
	held = open(node, O_RDONLY | O_CLOEXEC);
	assert_true(held >= 0);
	assert_int_equal(partitions_reread(f->fd, f->root, &disk, &layout, &diag), 0);
	other.partitions[0].sectors -= 8;
	assert_int_equal(partitions_reread(f->fd, f->root, &disk, &other, &diag), -EILSEQ);
	assert_non_null(strstr(diag.text, "different size of partition rootfs"));
	assert_int_equal(ptable_forget(f->fd, f->root, f->name), -EBUSY);
	assert_int_equal(close(held), 0);
}

/* A filesystem is what was planned only if libblkid sees all of that and nothing else. */
static void a_filesystem_is_identified(void **state)
{
	struct fixture *f = *state;
	struct layout_partition planned = {.fs = FS_EXT4,
		.label = "root fs",
		.fs_uuid = "5F6CC61F-1111-4222-8333-0123456789ab"};
	struct layout_partition other = planned;
	struct diag diag = {0};

	fixture_make_image(f, MIB(64));
	planned.sectors = MIB(64) / SECTOR_BYTES;
	assert_int_equal(partitions_identify(f->image_fd, &planned, &diag), -EILSEQ);
	assert_string_equal(diag.text, "it has no signature");
	if (!fixture_mkfs(&planned, f->image))
		skip();
	assert_int_equal(partitions_identify(f->image_fd, &planned, &diag), 0);

	other.fs = FS_VFAT;
	assert_int_equal(partitions_identify(f->image_fd, &other, &diag), -EILSEQ);
	assert_string_equal(diag.text, "it is ext4, not vfat");
	other = planned;
	other.label[0] = '\0';
	assert_int_equal(partitions_identify(f->image_fd, &other, &diag), -EILSEQ);
	assert_string_equal(diag.text, "its label is 'root fs', not ''");
	other = planned;
	other.fs_uuid[0] = '6';
	assert_int_equal(partitions_identify(f->image_fd, &other, &diag), -EILSEQ);
	assert_non_null(strstr(diag.text, "its UUID is '5f6cc61f-"));
	other.fs_uuid[0] = '\0'; /* not planned */
	assert_int_equal(partitions_identify(f->image_fd, &other, &diag), 0);

	/* The first block of ext4 has room for the signature of another. */
	assert_int_equal(pwrite(f->image_fd, "hsqs", 4, 0), 4);
	assert_int_equal(pwrite(f->image_fd, "\4\0\0\0", 4, 28), 4);
	assert_int_equal(partitions_identify(f->image_fd, &planned, &diag), -EILSEQ);
	assert_string_equal(diag.text, "it has the signature of another format too");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(kernel_agrees),
		sandbox_test(kernel_contradicts),
		sandbox_test(kernel_reports_less_or_more),
		sandbox_test(kernel_knows_none),
		sandbox_test(udev_is_triggered),
		fixture_test(kernel_reads_again),
		fixture_test(partition_is_held),
		fixture_test(a_filesystem_is_identified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
