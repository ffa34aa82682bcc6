/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_file.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/target/ptable.h"

#include <errno.h>
#include <unistd.h>

/* The minimum that every layout needs. */
#define ROOT "partition \"rootfs\" {\n grow = true\n format = ext4\n mount = /\n}\n"
#define BLOB "blob \"spl\" {\n file = spl.bin\n"

/* Creates a sparse file of @bytes. */
static void make_file(const struct sandbox *box, const char *name, off_t bytes)
{
	int fd;

	sandbox_file(box, name, "");
	fd = openat(box->root, name, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	assert_int_equal(close(fd), 0);
}

static int load(const struct sandbox *box, const char *text, struct layout *ret, struct diag *diag)
{
	char path[PATH_MAX];

	*diag = (struct diag){.line = 99};
	sandbox_file(box, "board.conf", text);
	return layout_load(sandbox_path(box, "board.conf", path), NULL, ret, diag);
}

static struct layout load_good(const struct sandbox *box, const char *text)
{
	struct layout layout;
	struct diag diag;

	if (load(box, text, &layout, &diag) < 0)
		fail_msg("%d: %s\n%s", diag.line, diag.text, text);
	return layout;
}

static void every_keyword_is_parsed(void **state)
{
	static const char text[] = "# the whole grammar\n"
				   "disk {\n"
				   "  table = \"gpt\"   // or mbr\n"
				   "  align = \"8M\"\n"
				   "  min-size = 3500M  /* over\n two lines */\n"
				   "  id = 01234567-89AB-4CDE-8F01-000000000000\n"
				   "  identity = new machine = riscv64\n"
				   "}\n"
				   "partition \"boot\" {\n"
				   "  offset = 32768s\n"
				   "  size = \"64M\"\n"
				   "  type = \"esp\"\n"
				   "  bootable = true\n"
				   "  format = 'vfat'\n"
				   "  label = BOOT\n"
				   "  uuid = 12AB-34CD\n"
				   "  mount = \"/boot\"\n"
				   "}\n"
				   "partition env {\n"
				   "  size = 1024k\n"
				   "  type = 3de21764-95bd-54bd-a5c3-4abe786f38a8\n"
				   "  format = none\n"
				   "}\n"
				   "partition swap { size = 1G format = swap label = swap }\n"
				   "partition \"rootfs\" {\n"
				   "  grow = true  min = 1G\n"
				   "  format = btrfs  label = \"the root\"\n"
				   "  uuid = random\n"
				   "  partuuid = \"01234567-89ab-4cde-8f01-23456789abcd\"\n"
				   "  mkfs-options = \"-m single -O ^no-holes\"\n"
				   "  mount = /\n"
				   "}\n"
				   "blob \"spl\" { file = spl.bin offset = 32K max = 4M }\n"
				   "blob \"env\" { file = sub/env.bin target = partition:env }\n"
				   "blob \"boot\" { file = spl.bin target = boot1 offset = 512 }\n"
				   "emmc { boot-enable = boot1 boot-ack = off "
				   "boot-bus = \"dual retain x8\" }\n";
	const struct sandbox *box = *state;
	char path[PATH_MAX];
	struct layout l;

	make_file(box, "spl.bin", 100000);
	make_file(box, "sub/env.bin", 8192);
	l = load_good(box, text);
	assert_string_equal(l.name, "board");
	assert_string_equal(l.file, sandbox_path(box, "board.conf", path));
	assert_int_equal(l.table, TABLE_GPT);
	assert_int_equal(l.align_bytes, MIB(8));
	assert_int_equal(l.min_bytes, MIB(3500));
	assert_string_equal(l.disk_uuid, "01234567-89ab-4cde-8f01-000000000000");
	assert_int_equal(l.identity, LAYOUT_IDENTITY_NEW);
	assert_int_equal(l.machine, MACHINE_RISCV64);
	assert_int_equal(l.count, 4);

	assert_string_equal(l.partitions[0].name, "boot");
	assert_int_equal(l.partitions[0].line, 10);
	assert_int_equal(l.partitions[0].offset_bytes, MIB(16));
	assert_int_equal(l.partitions[0].size_bytes, MIB(64));
	assert_string_equal(l.partitions[0].type_guid, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	assert_true(l.partitions[0].bootable);
	assert_int_equal(l.partitions[0].fs, FS_VFAT);
	assert_string_equal(l.partitions[0].label, "BOOT");
	assert_true(l.partitions[0].label_is_set);
	assert_string_equal(l.partitions[0].fs_uuid, "12AB-34CD");
	assert_string_equal(l.partitions[0].mount, "/boot");
	assert_false(l.partitions[0].grow);

	assert_int_equal(l.partitions[1].size_bytes, MIB(1));
	assert_string_equal(l.partitions[1].type_guid, "3de21764-95bd-54bd-a5c3-4abe786f38a8");
	assert_int_equal(l.partitions[1].fs, FS_NONE);
	assert_false(l.partitions[1].label_is_set);
	assert_int_equal(l.partitions[2].fs, FS_SWAP);
	assert_string_equal(l.partitions[2].type_guid, "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f");

	assert_true(l.partitions[3].grow);
	assert_int_equal(l.partitions[3].min_bytes, GIB(1));
	assert_int_equal(l.partitions[3].fs, FS_BTRFS);
	assert_string_equal(l.partitions[3].label, "the root");
	assert_string_equal(l.partitions[3].fs_uuid, "");
	assert_string_equal(l.partitions[3].partuuid, "01234567-89ab-4cde-8f01-23456789abcd");
	assert_string_equal(l.partitions[3].mkfs_options, "-m single -O ^no-holes");

	assert_int_equal(l.blob_count, 3);
	assert_string_equal(l.blobs[0].file, sandbox_path(box, "spl.bin", path));
	assert_int_equal(l.blobs[0].target, BLOB_DISK);
	assert_int_equal(l.blobs[0].offset_bytes, KIB(32));
	assert_int_equal(l.blobs[0].size_bytes, 100000);
	assert_int_equal(l.blobs[0].max_bytes, MIB(4));
	assert_string_equal(l.blobs[1].file, sandbox_path(box, "sub/env.bin", path));
	assert_int_equal(l.blobs[1].target, BLOB_PARTITION);
	assert_string_equal(l.blobs[1].partition, "env");
	assert_int_equal(l.blobs[2].target, BLOB_BOOT1);
	assert_int_equal(l.blobs[2].offset_bytes, 512);

	assert_int_equal(l.emmc.boot, EMMC_BOOT_BOOT1);
	assert_int_equal(l.emmc.ack, EMMC_ACK_OFF);
	assert_true(l.emmc.set_boot_bus);
	assert_int_equal(l.emmc.boot_bus, 2 << 3 | 1 << 2 | 2);
}

static void omitted_keywords_have_defaults(void **state)
{
	struct layout l = load_good(*state, ROOT), planned;
	struct diag diag;

	assert_int_equal(l.table, TABLE_GPT);
	assert_int_equal(l.align_bytes, MIB(4));
	assert_string_equal(l.disk_uuid, "");
	assert_int_equal(l.identity, LAYOUT_IDENTITY_ARCHIVE);
	assert_int_equal(l.machine, MACHINE_UNKNOWN);
	assert_int_equal(l.blob_count, 0);
	assert_string_equal(l.partitions[0].type_guid, "0fc63daf-8483-4772-8e79-3d69d8477de4");
	assert_int_equal(l.emmc.boot, EMMC_BOOT_KEEP);
	assert_int_equal(l.emmc.ack, EMMC_ACK_KEEP);
	assert_false(l.emmc.set_boot_bus);
	assert_int_equal(layout_place(&l, GIB(4), 0, &planned, &diag), 0);
	assert_int_equal(planned.partitions[0].start, 8192);
	l = load_good(*state, "emmc { boot-bus = keep boot-enable = user }\n" ROOT);
	assert_false(l.emmc.set_boot_bus);
	assert_int_equal(l.emmc.boot, EMMC_BOOT_USER);
}

/* The line of the error in @text, and a part of the message. */
struct mistake {
	const char *text;
	int line;
	const char *message;
};

#define BOOT "partition \"b\" {\n size = 1M\n format = ext4\n mount = /boot\n"

static const struct mistake mistakes[] = {
	/* refused by the scanner */
	{"", 0, "1 to 128 partitions"},
	{"# only a comment", 0, "1 to 128 partitions"},
	{"disk {\n table = \"gpt\n}\n", 2, "string: it must end on the same line"},
	{"disk {\n table = 'gpt", 2, "unterminated string"},
	{"/* \n\n never closed", 1, "unterminated comment"},
	{ROOT "/*/", 6, "unterminated comment"},
	{"disk {\n align = *4M\n}\n" ROOT, 2, "unexpected *"},
	{"disk {\n align = 4M;\n}\n" ROOT, 2, "unexpected ;"},
	{"disk {\n align += 4M\n}\n" ROOT, 2, "unexpected +"},
	{"disk {\n align = (4M)\n}\n" ROOT, 2, "unexpected ("},
	{"disk {\n align = \xff\n}\n" ROOT, 2, "unexpected ?"},
	{"disk {\n align = ${HOME}\n}\n" ROOT, 2, "unexpected $"},
	{"disk {\n align = \"${HOME}\"\n}\n" ROOT, 2, "without \\ and $"},
	{"disk {\n align = \"4\\M\"\n}\n" ROOT, 2, "without \\ and $"},
	{"disk {\n align = \"4\tM\"\n}\n" ROOT, 2, "plain ASCII"},
	{"partition \"r\xc3\xb6t\" {\n}\n", 1, "plain ASCII"},
	/* grammar, with the right line after comments of every kind */
	{"# 1\n// 2\n/* 3\n 4 */\nbogus = 1\n", 5, "no such option 'bogus'"},
	{"include(\"/etc/passwd\")\n", 1, "unexpected ("},
	{"disk {\n tabel = gpt\n}\n", 2, "disk: no such option 'tabel'"},
	{"disk {\n table gpt\n}\n", 2, "missing equal sign"},
	{"disk {\n table =\n}\n", 3, "unexpected token"},
	{"disk {\n table = gpt\n", 1, "begins here is not closed"},
	{"disk {\n table = gpt }\n\npartition \"a\" {\n", 4, "begins here is not closed"},
	{"disk { disk {\n } }\n" ROOT, 1, "no such option 'disk'"},
	{"disk {\n}\npartition", 3, "premature end"},
	{"disk \"x\" {\n}\n", 1, "missing opening brace"},
	{"partition {\n}\n", 1, "missing title"},
	{"}\n", 1, "closing brace"},
	{"disk {\n table = gpt\n}\n\ndisk {\n align = 4M\n}\n" ROOT, 5, "two disk sections"},
	{"disk {\n}\ndisk {\n}\n" ROOT, 4, "two disk sections"},
	{"emmc {\n boot-ack = on\n}\nemmc {\n boot-ack = on\n}\n" ROOT, 4, "two emmc sections"},
	{ROOT ROOT, 6, "duplicate title 'rootfs'"},
	{"disk {\n align = 4M\n align = 8M\n}\n", 3, "align is given twice"},
	{"partition \"a\" {\n grow = true\n\n grow = true\n}\n", 4, "grow is given twice"},
	/* values */
	{"disk {\n table = dos\n}\n", 2, "must be gpt or mbr"},
	{"disk {\n align = 4MB\n}\n", 2, "must be a size"},
	{"disk {\n align = 4m\n}\n", 2, "must be a size"},
	{"disk {\n align = M\n}\n", 2, "must be a size"},
	{"disk {\n align = \"\"\n}\n", 2, "must be a size"},
	{"disk {\n align = -4M\n}\n", 2, "must be a size"},
	{"disk {\n align = 0x4M\n}\n", 2, "must be a size"},
	{"disk {\n align = 1.5M\n}\n", 2, "must be a size"},
	{"disk {\n align = 99999999999G\n}\n", 2, "must be a size"},
	{"disk {\n align = 99999999999999999999999\n}\n", 2, "must be a size"},
	{"disk {\n align = 3M\n}\n" ROOT, 0, "alignment"},
	{"disk {\n id = feedc0d\n}\n", 2, "8 hexadecimal digits for an MBR"},
	{"disk {\n id = 0x00000000\n table = mbr\n}\n", 2, "not all zeros"},
	{"disk {\n identity = old\n}\n", 2, "must be archive or new"},
	{"disk {\n machine = aarch64\n}\n", 2, "must be the name of a Debian architecture"},
	{"\ndisk {\n table = gpt\n id = 0xFEEDC0DE\n}\n" ROOT, 2,
		"id feedc0de is not valid for the table gpt: use a UUID"},
	{"disk {\n id = 0fc63daf-8483-4772-8e79-3d69d8477de4\n table = mbr\n}\n" ROOT, 1,
		"8477de4 is not valid for the table mbr: use 8 hexadecimal digits"},
	{"partition \"a\" {\n grow = yes\n}\n", 2, "true or false"},
	{"partition \"a\" {\n type = windows\n}\n", 2, "must be linux, esp"},
	{"partition \"a\" {\n type = 0x0\n}\n", 2, "must be linux, esp"},
	{"partition \"a\" {\n mbr-type = 0x00\n}\n", 2, "must be linux, esp, data, swap"},
	{"partition \"a\" {\n format = ntfs\n}\n", 2, "ext4, vfat"},
	{"partition \"a\" {\n label = 12345678901234567\n}\n", 2, "at most 16"},
	{"partition \"a\" {\n uuid = 1234\n}\n", 2, "random or a UUID"},
	{"partition \"123456789012345678901234567890123456\" { grow = true\n}\n", 1,
		"1 to 35 bytes"},
	{"partition \"\" {\n grow = true\n}\n", 1, "1 to 35 bytes"},
	{ROOT BLOB " target = boot2\n}\n", 8, "disk, boot0"},
	{ROOT "emmc {\n boot-enable = boot2\n}\n", 7, "boot0, boot1, user"},
	{ROOT "emmc {\n boot-ack = true\n}\n", 7, "on, off or keep"},
	{ROOT "emmc {\n boot-bus = \"single_hs x1\"\n}\n", 7, "three words"},
	{ROOT "emmc {\n boot-bus = \"single_hs x1 x4 x8\"\n}\n", 7, "three words"},
	{ROOT "emmc {\n boot-bus = \"single_hs x1 x\"\n}\n", 7, "three words"},
	/* partitions */
	{"partition \"a\" {\n}\n", 2, "has no size"},
	{"\npartition \"a\" {\n format = ext4\n}\n", 2, "has no size"},
	{"partition \"a\" {\n size = 1M\n min = 1M\n}\n", 1, "min but does not grow"},
	{"partition \"a\" {\n size = 1000\n}\n" ROOT, 1, "multiple of 512 bytes"},
	{"partition \"a\" {\n size = 1M\n offset = 4609\n}\n" ROOT, 1, "multiple of 512 bytes"},
	{"partition \"a\" {\n size = 32M\n format = f2fs\n}\n" ROOT, 1, "too small for f2fs"},
	{"partition \"a\" {\n size = 1M\n format = swap\n mount = /x\n}\n" ROOT, 1,
		"cannot be mounted"},
	{"partition \"a\" {\n size = 1M\n format = vfat\n mount = /x/../y\n}\n" ROOT, 1,
		"cannot be mounted"},
	{"partition \"a\" {\n size = 1M\n format = vfat\n mount = /x/\n}\n" ROOT, 1,
		"cannot be mounted"},
	{"partition \"a\" {\n size = 1M\n format = vfat\n label = BOOT-PARTITION\n}\n" ROOT, 1,
		"too long for vfat"},
	{"partition \"a\" {\n size = 1M\n format = vfat\n label = A.B\n}\n" ROOT, 1,
		"label 'A.B' has a character"},
	{"partition \"a\" {\n size = 1M\n format = vfat\n label = \" B\"\n}\n" ROOT, 1,
		"not allowed on vfat"},
	{"partition \"a\" {\n size = 1M\n type = 0x0c\n}\n" ROOT, 1, "only on an MBR"},
	{"disk {\n table = mbr\n}\npartition \"a\" {\n size = 1M\n"
	 " type = 0fc63daf-8483-4772-8e79-3d69d8477de4\n}\n" ROOT,
		4, "only on a GPT"},
	{"disk {\n table = mbr\n}\npartition \"a\" {\n size = 1M\n"
	 " partuuid = 0fc63daf-8483-4772-8e79-3d69d8477de4\n}\n" ROOT,
		4, "derives it from the ID of the disk. Use disk { id"},
	{"partition \"a\" {\n size = 1M\n partuuid = feedc0de-02\n}\n" ROOT
	 "disk {\n table = mbr\n id = feedc0de\n}\n",
		1, "partition a cannot have the partuuid feedc0de-02"},
	{"partition \"a\" {\n size = 1M\n uuid = 1234-5678\n format = ext4\n}\n" ROOT, 1,
		"not valid for the format ext4"},
	{"partition \"a\" {\n size = 1M\n uuid = 1234-5678\n}\n" ROOT, 1,
		"not valid for the format none"},
	{"partition \"a\" {\n size = 1M\n partuuid = 1234-5678\n}\n" ROOT, 3, "or a UUID"},
	{"partition \"a\" {\n size = 1M\n partuuid = feedc0de-01\n}\n" ROOT, 1, "not a UUID"},
	{"partition \"a\" {\n size = 8M\n format = vfat\n uuid = 0000-0000\n}\n" ROOT, 4,
		"not all zeros"},
	{"partition \"a\" {\n size = 8M\n format = ext4\n mkfs-options = \"-L x\"\n}\n" ROOT, 1,
		"not -L"},
	{ROOT "partition \"b\" {\n size = 1M\n}\n", 1, "not the last"},
	{"partition \"a\" {\n grow = true\n}\n" ROOT, 1, "not the last"},
	{"partition \"a\" {\n size = 1M\n}\n", 0, "mounted on /"},
	{"partition \"a\" {\n size = 1M\n format = vfat\n mount = /\n}\n" ROOT, 6, "mounted on /"},
	{"partition \"a\" {\n size = 8M\n}\npartition \"b\" {\n size = 1M\n offset = 8M\n}\n" ROOT,
		4, "begins at 8 MiB, inside partition a"},
	{"partition \"a\" {\n size = 1M\n offset = 16K\n}\n" ROOT, 1, "inside the partition table"},
	{"disk {\n gpt-entries = 1M\n}\npartition \"a\" {\n size = 1M\n offset = 64K\n}\n" ROOT, 4,
		"inside the partition table"},
	{"disk {\n table = mbr\n align = 1M\n}\n"
	 "partition \"1\" { size = 1M }\npartition \"2\" { size = 1M }\n"
	 "partition \"3\" { size = 1M }\npartition \"4\" { size = 1M offset = 4M }\n" ROOT,
		8, "no room for the table of the logical partition 4: leave 512 bytes before it"},
	{"disk {\n table = mbr\n gpt-entries = 1M\n}\n" ROOT, 0, "only on a GPT"},
	{"partition \"a\" {\n size = file\n}\n" ROOT, 1, "no blob is written to it"},
	{"disk {\n table = mbr\n}\npartition \"1\" {\n size = 3000G\n}\n" ROOT, 0, "2 TiB"},
	/* blobs; spl.bin has 100000 bytes */
	{ROOT "partition \"i\" {\n image = missing/spl.bin\n format = ext4\n}\n", 6,
		"has an image and also the format ext4"},
	{"partition \"i\" {\n image = spl.bin\n}\n" ROOT
	 "blob \"i\" { file = spl.bin offset = 32K }\n",
		9, "two blobs have the name i"},
	{"partition \"i\" {\n image = spl.bin\n size = 64K\n}\n" ROOT, 1,
		"does not fit in partition i"},
	{"partition \"i\" {\n image = spl.bin\n}\n"
	 "partition \"b\" {\n size = 1M\n format = ext4\n mount = /boot\n}\n",
		4, "partition b is mounted on /boot, but no partition is mounted on /"},
	{"partition \"b\" {\n size = 1M\n format = ext4\n mount = /boot\n files = spl.bin\n"
	 " archive = b.tar\n}\n",
		1, "has an archive, but no partition is mounted on /"},
	/* files */
	{"partition \"b\" {\n size = 1M\n files = spl.bin\n}\n" ROOT, 1,
		"has files but no mount point"},
	{BOOT " files = { \"a\", \"b=a\", \"a=spl.bin\" }\n}\n" ROOT, 1,
		"two files at one place: a and a"},
	{BOOT " files = { \"a/b=a\", \"a=spl.bin\" }\n}\n" ROOT, 1,
		"two files at one place: a/b and a"},
	{BOOT " files = { \"a\", \"a/b=spl.bin\" }\n}\n" ROOT, 1,
		"two files at one place: a and a/b"},
	{BOOT " files = 'efi/grub/x=a'\n}\npartition \"e\" { size = 1M format = ext4 mount = "
	      "/boot/efi }\n" ROOT,
		1, "file efi/grub/x of partition b would be in partition e"},
	{BOOT " files = a\n files = b\n}\n" ROOT, 6, "files is given twice"},
	{BOOT " files = { a }\n files = { b, c }\n}\n" ROOT, 6, "files is given twice"},
	{BOOT " files = { a, \"\" }\n}\n" ROOT, 5, "must be a list such as"},
	{BOOT " files = { a, }\n", 1, "begins here is not closed"},
	{BOOT " files = { \"../a=b\" }\n}\n" ROOT, 1, "'../a' is no name"},
	{BOOT " files = { \"=b\" }\n}\n" ROOT, 1, "'=b' is not FILE or NAME=FILE"},
	{BOOT " bootable = { true }\n}\n" ROOT, 5, "unexpected"},
	{"partition \"env\" {\n size = 1M\n}\npartition \"r\" {\n size = 1M\n format = ext4\n}\n" BLOB
	 " target = partition:env\n}\n",
		0, "no partition is mounted on /, and none has an image"},
	{ROOT BLOB "}\n", 6, "has no offset"},
	{ROOT "blob \"x\" {\n file = missing.bin\n}\n", 6, "has no offset"},
	{ROOT "blob \"x\" {\n file = missing.bin\n offset = 4M\n}\n", 6,
		"blob x (unknown size at 4 MiB) overlaps partition rootfs"},
	{ROOT "blob \"x\" {\n target = partition:rootfs\n}\n", 6, "destroy the ext4"},
	{ROOT "blob \"x\" {\n target = boot0\n file = \".\"\n}\n", 6, "not a regular file"},
	{ROOT "blob \"x\" {\n target = boot0\n file = empty.bin\n}\n", 6, "is empty"},
	{ROOT BLOB " offset = 32K\n max = 64K\n}\n", 6, "larger than its max"},
	{ROOT BLOB " offset = 0\n}\n", 6, "the header of the GPT (bytes 512 to 1023)"},
	{ROOT BLOB " offset = 511\n}\n", 6, "bytes 440 to 511"},
	{ROOT BLOB " offset = 1s\n}\n", 6, "the header of the GPT"},
	{ROOT BLOB " offset = 8K\n}\n", 6, "overlaps the entries of the GPT"},
	{ROOT BLOB " offset = 17407\n}\n", 6, "overlaps the entries of the GPT"},
	{ROOT BLOB " offset = 4M\n}\n", 6, "overlaps partition rootfs"},
	{ROOT BLOB " offset = 4094305\n}\n", 6, "overlaps partition rootfs"},
	{ROOT BLOB " offset = 500G\n}\n", 6, "overlaps partition rootfs"},
	{ROOT BLOB " offset = 32K\n}\nblob \"u\" {\n file = spl.bin\n offset = 64K\n}\n", 10,
		"blob u overlaps blob spl"},
	{ROOT BLOB " target = boot0\n}\nblob \"u\" {\n file = spl.bin\n target = boot0\n"
		   " offset = 99999\n}\n",
		10, "blob u overlaps blob spl"},
	{ROOT BLOB " target = partition:nowhere\n}\n", 6, "no partition nowhere"},
	{ROOT BLOB " target = partition:rootfs\n}\n", 6, "destroy the ext4"},
	{"partition \"env\" {\n size = 64K\n}\n" ROOT BLOB " target = partition:env\n}\n", 9,
		"does not fit in partition env"},
	{ROOT BLOB " offset = 32K\n}\n" BLOB " offset = 1M\n}\n", 10, "duplicate title 'spl'"},
};

static void mistakes_are_reported_with_their_line(void **state)
{
	const struct sandbox *box = *state;

	make_file(box, "spl.bin", 100000);
	make_file(box, "empty.bin", 0);
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct layout layout = {.name = "untouched"};
		struct diag diag;
		int r = load(box, mistakes[i].text, &layout, &diag);

		if (r != -EINVAL || diag.line != mistakes[i].line ||
			!strstr(diag.text, mistakes[i].message))
			fail_msg("%s\ngives %d, line %d: %s\ninstead of line %d: %s",
				mistakes[i].text, r, diag.line, diag.text, mistakes[i].line,
				mistakes[i].message);
		assert_string_equal(layout.name, "untouched");
		/* No state is left for the next file. */
		(void)load_good(box, ROOT);
	}
}

/* As many sections as there are entries, and one more. */
static void partitions_have_a_limit(void **state)
{
	struct layout layout;
	struct diag diag;
	char text[8192] = "", *end = text;

	for (size_t i = 0; i < LAYOUT_PARTITIONS_MAX; i++, end += strlen(end)) {
		if (i == LAYOUT_PARTITIONS_MAX - 1) {
			assert_true(str_copy(end, 256, ROOT));
			assert_int_equal(load_good(*state, text).count, LAYOUT_PARTITIONS_MAX);
		}
		assert_true(str_format(end, 64, "partition \"%zu\" { size = 1M }\n", i));
	}
	assert_true(str_copy(end, 256, ROOT));
	assert_int_equal(load(*state, text, &layout, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "more than 128 partition sections"));
}

/* Valid layouts that are close to the mistakes above. */
static void neighbours_are_valid(void **state)
{
	static const char *const good[] = {
		ROOT BLOB " offset = 17K\n}\n",
		ROOT BLOB " offset = 4094304\n}\n", /* up to 4 MiB */
		"disk { gpt-entries = 2M }\n" ROOT BLOB " offset = 8K\n}\n",
		"disk { table = mbr }\n" ROOT BLOB " offset = 0\n}\n", /* around the table */
		"disk { table = mbr align = 512 }\npartition \"a\" { size = 512 type = 0x00 }\n" ROOT,
		"partition \"a\" { size = 512 offset = 17K mbr-type = 0x0c }\n" ROOT,
		"partition \"env\" { size = file }\n" ROOT BLOB " target = partition:env\n}\n",
		/* A growing partition has room for its image, and a missing blob moves what comes behind it. */
		"partition \"root\" { image = spl.bin grow = true }\n",
		"blob \"x\" { file = nothing.bin offset = 4M }\n" ROOT,
		BOOT " files = { }\n}\n" ROOT,
		BOOT " files = { a, 'A=spl.bin', ab }\n}\n" ROOT,
		/* Without an archive: files beside an image, and files alone. */
		"partition \"root\" { image = spl.bin }\n" BOOT " files = { a, 'b/c=d' }\n}\n",
		BOOT " files = a\n}\n",
		"partition \"root\" { image = spl.bin }\npartition \"data\" { grow = true image = spl.bin }\n",
		"disk { table = mbr }\n" ROOT BLOB " offset = 512\n}\n",
		ROOT "blob \"b\" { file = boot.bin offset = 0 }\n" BLOB " offset = 24K\n}\n",
		ROOT BLOB " offset = 32K\n}\nblob \"u\" { file = spl.bin offset = 132768 }\n",
		ROOT BLOB " target = boot0\n}\nblob \"u\" { file = spl.bin target = boot1 }\n",
		"partition \"env\" { size = 100K }\n" ROOT BLOB " target = partition:env\n}\n",
		"partition \"a\" { size = 100K }\npartition \"b\" { size = 100K }\n" ROOT BLOB
		" target = partition:a\n}\nblob \"u\" { file = spl.bin target = partition:b }\n",
		"partition \"a\" { size = 4K offset = 24K }\n" ROOT,
		"disk { table = mbr }\npartition \"a\" { size = 4K offset = 4K }\n" ROOT,
		"partition \"a\" { size = 4M }\npartition \"b\" { size = 4K offset = 8M }\n" ROOT,
		/* The table may come after the partition, and the format after the uuid. */
		"partition \"r\" { grow = true mount = / uuid = 12ab-cd34 format = vfat"
		" partuuid = FEEDC0DE-01 }\ndisk { id = 0xfeedc0de table = mbr }\n",
		"disk { table = mbr id = random }\n" ROOT,
		/* After partitions that do not grow. */
		"partition \"r\" { size = 64M format = ext4 mount = / }\n" BLOB
		" offset = 1000M\n}\n",
	};
	const struct sandbox *box = *state;

	make_file(box, "spl.bin", 100000);
	make_file(box, "boot.bin", 440);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		(void)load_good(box, good[i]);
}

static void blobs_count_for_the_least_size(void **state)
{
	const struct sandbox *box = *state;
	struct layout l, planned;
	struct diag diag;

	make_file(box, "spl.bin", 100000);
	l = load_good(box, "partition \"r\" { size = 64M format = ext4 mount = / }\n"
			   "blob \"spl\" { file = spl.bin offset = 1000M }\n"
			   "blob \"b\" { file = spl.bin target = boot0 offset = 1K }\n"
			   "blob \"c\" { file = spl.bin target = boot0 offset = 1M }\n");
	/* The backup GPT after it fits as well. */
	assert_int_equal(layout_min_bytes(&l),
		MIB(1000) + 100000 + KIB(4) - 100000 % KIB(4) + KIB(16) + 512);
	assert_int_equal(layout_place(&l, MIB(1000), 0, &planned, &diag), -ENOSPC);
	assert_non_null(strstr(diag.text, "1001 MiB"));
	assert_int_equal(layout_place(&l, MIB(1001), 0, &planned, &diag), 0);
	assert_int_equal(planned.boot_bytes[0], MIB(1) + 100000);
	assert_int_equal(planned.boot_bytes[1], 0);

	l = load_good(box, "disk { min-size = 3500M }\n" ROOT);
	assert_int_equal(layout_place(&l, MIB(3499), 0, &planned, &diag), -ENOSPC);
	assert_non_null(strstr(diag.text, "needs 3500 MiB"));
	assert_int_equal(layout_place(&l, MIB(3500), 0, &planned, &diag), 0);
}

static void fixed_ids_are_kept(void **state)
{
	struct layout l = load_good(*state,
		"disk { id = 00000000-0000-4000-8000-00000000000A }\n"
		"partition \"boot\" { size = 64M format = vfat uuid = 12ab-34cd }\n"
		"partition \"rootfs\" { grow = true format = f2fs mount = /\n"
		" uuid = 00000000-0000-4000-8000-00000000000B\n"
		" partuuid = 00000000-0000-4000-8000-00000000000C }\n");

	layout_assign_ids(&l, layout_random);
	assert_string_equal(l.partitions[0].fs_uuid, "12AB-34CD");
	assert_int_equal(strlen(l.partitions[0].partuuid), 36);
	assert_string_equal(l.disk_uuid, "00000000-0000-4000-8000-00000000000a");
	assert_string_equal(l.partitions[1].fs_uuid, "00000000-0000-4000-8000-00000000000b");
	assert_string_equal(l.partitions[1].partuuid, "00000000-0000-4000-8000-00000000000c");

	l = load_good(*state, "disk { table = mbr id = 0xFEEDC0DE }\n" ROOT);
	layout_assign_ids(&l, layout_random);
	assert_string_equal(l.disk_uuid, "feedc0de");
	assert_string_equal(l.partitions[0].partuuid, "feedc0de-01");
}

/* The label of a layout file is a wish, that of a built-in layout a default. */
static void labels_of_files_are_kept(void **state)
{
	struct layout l = load_good(*state,
		"partition \"a\" { size = 8M format = ext4 label = a }\n"
		"partition \"b\" { size = 8M format = ext4 label = \"\" }\n" ROOT);

	assert_true(layout_set_id(&l, 0, LAYOUT_ID_LABEL, "a"));
	assert_false(layout_set_id(&l, 0, LAYOUT_ID_LABEL, "b"));
	assert_false(layout_set_id(&l, 1, LAYOUT_ID_LABEL, "b"));
	assert_true(layout_set_id(&l, 2, LAYOUT_ID_LABEL, "root"));
	assert_string_equal(l.partitions[2].label, "root");
}

static void files_that_are_not_layouts(void **state)
{
	const struct sandbox *box = *state;
	struct layout layout;
	struct diag diag;
	char path[PATH_MAX];

	assert_int_equal(
		layout_load(sandbox_path(box, "none.conf", path), NULL, &layout, &diag), -ENOENT);
	assert_int_equal(diag.line, 0);
	assert_non_null(strstr(diag.text, "No such file"));
	assert_int_equal(layout_load(box->dir, NULL, &layout, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "not a regular file"));
	make_file(box, "large.conf", LAYOUT_FILE_MAX + 1);
	assert_int_equal(
		layout_load(sandbox_path(box, "large.conf", path), NULL, &layout, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "64 KiB"));
	make_file(box, "zeroes.conf", LAYOUT_FILE_MAX);
	assert_int_equal(
		layout_load(sandbox_path(box, "zeroes.conf", path), NULL, &layout, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "NUL byte"));
}

/* ---- names ---- */

static void names_are_resolved(void **state)
{
	const struct sandbox *box = *state;
	char path[PATH_MAX], wanted[PATH_MAX + 64];
	struct layout layout;
	struct diag diag;

	sandbox_file(box, "mine.conf", ROOT);
	sandbox_file(box, "single-mbr.conf", ROOT);
	sandbox_file(box, "bad.conf", "disk {\n align = 3\n");

	/* A built-in one wins. */
	assert_int_equal(layout_resolve("single-mbr", box->dir, NULL, &layout, &diag), 0);
	assert_string_equal(layout.file, "");
	assert_int_equal(layout_resolve("mine", box->dir, NULL, &layout, &diag), 0);
	assert_string_equal(layout.name, "mine");
	assert_string_equal(layout.file, sandbox_path(box, "mine.conf", path));
	assert_int_equal(layout_resolve(path, "/nowhere", NULL, &layout, &diag), 0);

	assert_int_equal(layout_resolve("bad", box->dir, NULL, &layout, &diag), -EINVAL);
	(void)snprintf(wanted, sizeof(wanted), "%s:1: the section that begins here is not closed",
		sandbox_path(box, "bad.conf", path));
	assert_string_equal(diag.text, wanted);
	assert_int_equal(layout_resolve("./none.conf", box->dir, NULL, &layout, &diag), -ENOENT);
	assert_string_equal(diag.text, "./none.conf: cannot be read: No such file or directory");
	/* A name with this suffix is a file, not a layout in the folder. */
	assert_int_equal(layout_resolve("mine.conf", box->dir, NULL, &layout, &diag), -ENOENT);
	assert_int_equal(layout_resolve("none", box->dir, NULL, &layout, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "no layout 'none'"));
	assert_non_null(strstr(diag.text, "single-gpt, single-mbr, boot-root"));
	assert_non_null(strstr(diag.text, box->dir));
}

static void the_folder_is_beside_the_program(void **state)
{
	char folder[256];

	(void)state;
	layout_folder(folder);
	assert_non_null(strstr(folder, "/../share/boardstrap/layouts"));
	assert_int_equal(folder[0], '/');
}

/* ---- the installed layouts ---- */

/* Sizes of real cards in sectors, and the end of a growing partition on them: for a GPT 33 sectors
 * before the end of the card, then rounded down to a whole MiB. */
static const struct {
	uint64_t sectors, gpt_end, mbr_end;
} cards[] = {
	{4194304, 4192256, 4194304},	   /* 2.0 GiB */
	{7634944, 7632896, 7634944},	   /* 3.6 GiB */
	{8388608, 8386560, 8388608},	   /* 4.0 GiB */
	{15269888, 15267840, 15269888},	   /* 7.3 GiB */
	{16777216, 16775168, 16777216},	   /* 8.0 GiB */
	{30535680, 30533632, 30535680},	   /* 14.6 GiB */
	{31116288, 31115264, 31115264},	   /* 14.8 GiB, an SD card: 15193.5 MiB */
	{61071360, 61069312, 61071360},	   /* 29.1 GiB */
	{122142720, 122140672, 122142720}, /* 58.2 GiB */
};

static const struct {
	const char *name;
	enum table_kind table;
	struct {
		uint64_t start, sectors; /* 0: to the end */
		enum fs_kind fs;
		const char *mount;
	} partitions[3];
	const char *blob; /* its file, or NULL */
	off_t blob_bytes;
	enum blob_target target;
	uint64_t blob_offset;
	struct layout_emmc emmc;
	const char *machine;
	const char *next_blob; /* the file of a second one, of 128 KiB at 512, or NULL */
} shipped[] = {
	{"rockchip", TABLE_GPT, {{32768, 0, FS_EXT4, "/"}}, "u-boot-rockchip.bin", MIB(10),
		BLOB_DISK, 32768, {0}, "", NULL},
	{"allwinner", TABLE_GPT, {{8192, 0, FS_EXT4, "/"}}, "u-boot-sunxi-with-spl.bin", KIB(896),
		BLOB_DISK, 131072, {0}, "", NULL},
	{"allwinner-mbr", TABLE_MBR, {{8192, 0, FS_EXT4, "/"}}, "u-boot-sunxi-with-spl.bin",
		KIB(900), BLOB_DISK, 8192, {0}, "", NULL},
	{"allwinner-boot0", TABLE_GPT, {{8192, 0, FS_EXT4, "/"}}, "u-boot-sunxi-with-spl.bin",
		KIB(900), BLOB_BOOT0, 0, {EMMC_BOOT_BOOT0, EMMC_ACK_ON, true, 0x09}, "",
		NULL}, /* as `mmc bootbus` writes it */
	{"imx8mm", TABLE_GPT, {{8192, 0, FS_EXT4, "/"}}, "flash.bin", MIB(2), BLOB_DISK, 33792,
		{.boot = EMMC_BOOT_USER}, "arm64", NULL},
	{"imx8mp", TABLE_GPT, {{8192, 0, FS_EXT4, "/"}}, "flash.bin", MIB(2), BLOB_DISK, 32768,
		{.boot = EMMC_BOOT_USER}, "arm64", NULL},
	{"imx8mp-boot0", TABLE_GPT, {{8192, 0, FS_EXT4, "/"}}, "flash.bin", MIB(2), BLOB_BOOT0, 0,
		{.boot = EMMC_BOOT_BOOT0}, "arm64", NULL},
	{"raspberrypi", TABLE_MBR,
		{{8192, 1048576, FS_VFAT, "/boot/firmware"}, {1056768, 0, FS_EXT4, "/"}}, NULL, 0,
		BLOB_DISK, 0, {0}, "", NULL},
	{"uefi", TABLE_GPT, {{8192, 1048576, FS_VFAT, "/boot/efi"}, {1056768, 0, FS_EXT4, "/"}},
		NULL, 0, BLOB_DISK, 0, {0}, "", NULL},
	{"bios", TABLE_MBR, {{8192, 0, FS_EXT4, "/"}}, "boot.img", 512, BLOB_DISK, 0, {0}, "",
		"core.img"},
};

/* Loads the installed layout file, with its blob beside it. */
static struct layout load_shipped(const struct sandbox *box, size_t i)
{
	char path[PATH_MAX], text[8192] = "";
	int fd;

	(void)snprintf(path, sizeof(path), "assets/layouts/%s.conf", shipped[i].name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		fail_msg("%s cannot be read: run this in the project's folder", path);
	(void)close(fd);
	if (shipped[i].blob)
		make_file(box, shipped[i].blob, shipped[i].blob_bytes);
	if (shipped[i].next_blob)
		make_file(box, shipped[i].next_blob, KIB(128));
	return load_good(box, text);
}

static void installed_layouts_fit_every_card(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(shipped); i++) {
		struct layout spec = load_shipped(*state, i), l;
		struct diag diag = {0};

		assert_int_equal(spec.table, shipped[i].table);
		assert_int_equal(spec.machine, machine_find(shipped[i].machine));
		assert_int_equal(spec.blob_count,
			(shipped[i].blob != NULL) + (shipped[i].next_blob != NULL));
		if (shipped[i].blob) {
			assert_int_equal(spec.blobs[0].target, shipped[i].target);
			assert_int_equal(spec.blobs[0].offset_bytes, shipped[i].blob_offset);
		}
		if (shipped[i].next_blob) {
			assert_int_equal(spec.blobs[1].target, BLOB_DISK);
			assert_int_equal(spec.blobs[1].offset_bytes, SECTOR_BYTES);
		}
		assert_int_equal(spec.emmc.boot, shipped[i].emmc.boot);
		assert_int_equal(spec.emmc.ack, shipped[i].emmc.ack);
		assert_int_equal(spec.emmc.set_boot_bus, shipped[i].emmc.set_boot_bus);
		assert_int_equal(spec.emmc.boot_bus, shipped[i].emmc.boot_bus);
		for (size_t j = 0; j < ARRAY_SIZE(cards); j++) {
			uint64_t end =
				spec.table == TABLE_GPT ? cards[j].gpt_end : cards[j].mbr_end;
			size_t count = 0;

			if (layout_place(&spec, cards[j].sectors * SECTOR_BYTES, 0, &l, &diag) < 0)
				fail_msg("%s: %s", shipped[i].name, diag.text);
			for (; shipped[i].partitions[count].start > 0; count++) {
				uint64_t start = shipped[i].partitions[count].start;
				uint64_t sectors = shipped[i].partitions[count].sectors;

				assert_int_equal(l.partitions[count].start, start);
				assert_int_equal(l.partitions[count].sectors,
					sectors ? sectors : end - start);
				assert_int_equal(
					l.partitions[count].fs, shipped[i].partitions[count].fs);
				assert_string_equal(l.partitions[count].mount,
					shipped[i].partitions[count].mount);
			}
			assert_int_equal(l.count, count);
		}
	}
}

static void every_installed_layout_is_tested(void **state)
{
	size_t count = 0;
	const char *const argv[] = {"sh", "-c", "exit $(ls assets/layouts/*.conf | wc -l)", NULL};

	(void)state;
	count = (size_t)sandbox_run(argv);
	assert_int_equal(count, ARRAY_SIZE(shipped));
}

/* The table is written after the blobs: it must not change other bytes. */
static void tables_leave_blobs_alone(void **state)
{
	const struct sandbox *box = *state;
	static unsigned char before[MIB(16)], after[MIB(16)];

	memset(before, 0xbb, sizeof(before));
	for (size_t i = 0; i < ARRAY_SIZE(shipped); i++) {
		struct layout spec = load_shipped(box, i), l;
		size_t table_end = spec.table == TABLE_GPT ? 34 * SECTOR_BYTES : SECTOR_BYTES;
		struct table_bytes table;
		struct diag diag = {0};
		int fd;

		make_file(box, "image", 0);
		make_file(box, "image", (off_t)GIB(2));
		fd = openat(box->root, "image", O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(pwrite_full(fd, before, sizeof(before), 0), 0);
		assert_int_equal(layout_place(&spec, GIB(2), 0, &l, &diag), 0);
		layout_assign_ids(&l, layout_random);
		table_bytes_make(&l, &table);
		if (ptable_write(fd, &table, &diag) < 0 ||
			ptable_compare(fd, &l, &table, &diag) < 0)
			fail_msg("%s: %s", l.name, diag.text);
		assert_int_equal(pread_full(fd, after, sizeof(after), 0), 0);
		assert_memory_equal(before, after, 440);
		assert_memory_not_equal(before, after + 440, 72);
		assert_memory_equal(before, after + table_end, sizeof(after) - table_end);
		assert_int_equal(close(fd), 0);
	}
}

static void archives_are_relative_to_the_file(void **state)
{
	static const char text[] =
		"partition data { size = 64M format = ext4 mount = /data archive = a/data.tar }\n"
		"partition home { size = 64M format = ext4 mount = /home archive = /none/home.tar }\n" ROOT;
	static const char without[] = ROOT "partition \"raw\" {\n size = 1M\n archive = x\n}\n";
	const struct sandbox *box = *state;
	char path[PATH_MAX];
	struct layout l = load_good(box, text);
	struct diag diag;

	assert_int_equal(l.archive_count, 2);
	assert_int_equal(l.archives[0].partition, 0);
	assert_string_equal(l.archives[0].file, sandbox_path(box, "a/data.tar", path));
	assert_int_equal(l.archives[1].partition, 1);
	assert_string_equal(l.archives[1].file, "/none/home.tar");
	assert_true(load(box, without, &l, &diag) < 0);
	assert_int_equal(diag.line, 6);
	assert_string_equal(diag.text, "partition raw has an archive but no mount point");
}

static void files_are_relative_to_the_file(void **state)
{
	static const char text[] = "partition boot { size = 64M format = vfat mount = /boot\n"
				   " files = { \"dts/board.dtb\",\n"
				   "# the menu\n"
				   "   'extlinux/extlinux.conf=/none/menu' }\n}\n" ROOT;
	const struct sandbox *box = *state;
	struct layout l = load_good(box, text);
	char path[PATH_MAX];

	assert_int_equal(l.copy_count, 2);
	assert_int_equal(l.copies[1].partition, 0);
	assert_string_equal(l.copies[0].name, "board.dtb");
	assert_string_equal(l.copies[0].file, sandbox_path(box, "dts/board.dtb", path));
	assert_string_equal(l.copies[1].name, "extlinux/extlinux.conf");
	assert_string_equal(l.copies[1].file, "/none/menu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(files_are_relative_to_the_file),
		sandbox_test(every_keyword_is_parsed),
		sandbox_test(omitted_keywords_have_defaults),
		sandbox_test(mistakes_are_reported_with_their_line),
		sandbox_test(archives_are_relative_to_the_file),
		sandbox_test(partitions_have_a_limit),
		sandbox_test(neighbours_are_valid),
		sandbox_test(blobs_count_for_the_least_size),
		sandbox_test(fixed_ids_are_kept),
		sandbox_test(labels_of_files_are_kept),
		sandbox_test(files_that_are_not_layouts),
		sandbox_test(names_are_resolved),
		cmocka_unit_test(the_folder_is_beside_the_program),
		sandbox_test(installed_layouts_fit_every_card),
		cmocka_unit_test(every_installed_layout_is_tested),
		sandbox_test(tables_leave_blobs_alone),
	};

	return cmocka_run_group_tests_name("layout_file", tests, NULL, NULL);
}
