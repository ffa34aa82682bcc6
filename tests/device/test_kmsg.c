/* SPDX-License-Identifier: MIT */
#include "device/kernel/kmsg.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>

/* Records of kernels 4.9 to 6.18, and broken ones. */
static void parses(void **state)
{
	static const struct {
		const char *record;
		bool whole;
		unsigned level, facility;
		uint64_t sequence, usec;
		const char *text;
	} cases[] = {
		{"6,339,5140900,-;NET: Registered protocol family 10\n", true, 6, 0, 339, 5140900,
			"NET: Registered protocol family 10"},
		{"3,14956,19158469459,-;I/O error, dev loop0, sector 8194 op 0x0:(READ)\n", true, 3,
			0, 14956, 19158469459, "I/O error, dev loop0, sector 8194 op 0x0:(READ)"},
		/* Lines that begin with a blank are properties of the device. */
		{"6,1059,2468,-;mmc1: card 0001 removed\n SUBSYSTEM=mmc\n DEVICE=+mmc:mmc1:0001\n",
			true, 6, 0, 1059, 2468, "mmc1: card 0001 removed"},
		/* With CONFIG_PRINTK_CALLER, and an unknown field after it. */
		{"4,7,8,-,caller=T1,more=x;text; and more\n", true, 4, 0, 7, 8, "text; and more"},
		/* A fragment that is continued: 'c', and '+' in older kernels. */
		{"6,8,9,c;one \n", true, 6, 0, 8, 9, "one"},
		{"6,8,9,+;two\n", true, 6, 0, 8, 9, "two"},
		/* systemd writes to the log as well: facility 3, notice. */
		{"29,9,10,-;systemd[1]: Started x\n", true, 5, 3, 9, 10, "systemd[1]: Started x"},
		{"14,9,10,-;from a program", true, 6, 1, 9, 10, "from a program"},
		/* Escapes. */
		{"6,1,2,-;a\\x0ab\\x09c\n", true, 6, 0, 1, 2, "a b c"},
		{"6,1,2,-;red \\x1b[31m and \\x5c back\n", true, 6, 0, 1, 2,
			"red ?[31m and \\ back"},
		{"6,1,2,-;\\xc3\\xa4 \\xc3\\x28\n", true, 6, 0, 1, 2, "\xc3\xa4 ?("},
		{"6,1,2,-;\\x00nul\\x\\x1\\xzz\n", true, 6, 0, 1, 2, "?nul\\x\\x1\\xzz"},
		{"6,1,2,-;", true, 6, 0, 1, 2, ""},
		{"6,1,2;no flags\n", false, 0, 0, 0, 0, ""},
		{"0,0,0,-;\n", true, 0, 0, 0, 0, ""},
		{"", false, 0, 0, 0, 0, ""},
		{";text", false, 0, 0, 0, 0, ""},
		{"6,1,2,- no semicolon\n", false, 0, 0, 0, 0, ""},
		{"6,;1,2,-", false, 0, 0, 0, 0, ""},
		{"6,1;2,3,-;x", false, 0, 0, 0, 0, ""},
		{"-6,1,2,-;x", false, 0, 0, 0, 0, ""},
		{"6,99999999999999999999,2,-;x", false, 0, 0, 0, 0, ""},
		{"6,18446744073709551615,2,-;x", true, 6, 0, UINT64_MAX, 2, "x"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmsg_record got = {.level = 99};
		size_t size = strlen(cases[i].record);
		/* Not followed by a NUL, so that the sanitizer finds reads beyond the end. */
		char *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, cases[i].record, size);
		if (kmsg_parse(copy, size, &got) != cases[i].whole)
			fail_msg("%s", cases[i].record);
		free(copy);
		if (!cases[i].whole) {
			assert_int_equal(got.level, 99); /* untouched */
			continue;
		}
		assert_int_equal(got.level, cases[i].level);
		assert_int_equal(got.facility, cases[i].facility);
		assert_int_equal(got.sequence, cases[i].sequence);
		assert_int_equal(got.usec, cases[i].usec);
		assert_string_equal(got.text, cases[i].text);
	}
}

static void cuts_a_long_record(void **state)
{
	struct kmsg_record got;
	char record[4096] = "6,1,2,-;";
	size_t head = strlen(record);

	(void)state;
	memset(record + head, 'x', sizeof(record) - head);
	assert_true(kmsg_parse(record, sizeof(record), &got));
	assert_int_equal(strlen(got.text), sizeof(got.text) - 1);
}

/* --- reading --- */

/* Results of consecutive reads; the last one is EAGAIN. */
static const struct answer {
	const char *record;
	int error;
} * answers;

static ssize_t read_answer(void *buf, size_t size)
{
	const struct answer *now = answers;

	assert_true(size >= 8192); /* else a kernel returns EINVAL for a long record */
	if (!now->record && now->error == 0)
		return 0;
	if (now->error != EAGAIN)
		answers++;
	if (!now->record) {
		errno = now->error;
		return -1;
	}
	memcpy(buf, now->record, strlen(now->record));
	return (ssize_t)strlen(now->record);
}

/* Replaces the C library's function: no real descriptor gives such results on request. */
#define ANSWERS (-1000)
ssize_t read(int fd, void *buf, size_t size)
{
	return fd == ANSWERS ? read_answer(buf, size) : syscall(SYS_read, fd, buf, size);
}

static void continues_after_an_overrun(void **state)
{
	static const struct answer script[] = {
		{"6,1,2,-;first\n", 0},
		{NULL, EPIPE}, /* 2 to 8 were overwritten */
		{NULL, EINTR},
		{"nonsense\n", 0},
		{"6,9,3,-;ninth\n", 0},
		{NULL, EAGAIN},
	};
	struct kmsg_record got;

	(void)state;
	answers = script;
	assert_int_equal(kmsg_next(ANSWERS, &got), 1);
	assert_string_equal(got.text, "first");
	assert_int_equal(kmsg_next(ANSWERS, &got), 1);
	assert_string_equal(got.text, "ninth");
	assert_int_equal(kmsg_next(ANSWERS, &got), 0);
	assert_int_equal(kmsg_next(ANSWERS, &got), 0);
}

static void reports_the_end(void **state)
{
	static const struct answer broken[] = {{NULL, EIO}, {NULL, EAGAIN}}, ended[] = {{NULL, 0}};
	struct kmsg_record got;

	(void)state;
	answers = broken;
	assert_int_equal(kmsg_next(ANSWERS, &got), -EIO);
	answers = ended;
	assert_int_equal(kmsg_next(ANSWERS, &got), -ENODATA);
}

/* The log of the running kernel: old messages are skipped, a new one arrives within a second. */
static void reads_the_kernel_log(void **state)
{
	struct kmsg_record got = {0};
	char line[64], want[48];
	int root = sysroot_open("/"), fd = kmsg_open(root), log;
	uint64_t end = now_ms() + 10000;
	bool found = false;

	(void)state;
	close_fd(&root);
	log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	STR_FORMAT(want, "boardstrap test %d", (int)getpid());
	STR_FORMAT(line, "<7>%s\n", want); /* debug: consoles do not print it */
	if (fd < 0 || log < 0 || write(log, line, strlen(line)) < 0) {
		print_message("SKIPPED: this machine lets nobody read and write /dev/kmsg\n");
		close_fd(&fd);
		close_fd(&log);
		skip();
	}
	while (!found && now_ms() < end) {
		(void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 100);
		while (!found && kmsg_next(fd, &got) == 1)
			found = strcmp(got.text, want) == 0;
	}
	assert_true(found);
	assert_int_equal(got.level, 7);
	assert_true(got.facility > 0);
	close_fd(&fd);
	close_fd(&log);
}

static void a_missing_log_is_an_error(void **state)
{
	const struct sandbox *box = *state;

	assert_int_equal(kmsg_open(box->root), -ENOENT);
}

/* --- matching a disk --- */

static void names_a_disk(void **state)
{
	static const struct {
		const char *disk, *devpath, *host, *port;
	} cases[] = {
		{"mmcblk1", "/devices/platform/fe330000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk1",
			"mmc0", ""},
		{"mmcblk1", "/devices/platform/soc/mmc12", "mmc12", ""},
		{"sda", "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.0/host6/target6:0:0",
			"", "1-1.4"},
		{"nvme0n1", "/devices/pci0000:00/0000:00:1d.0/nvme/nvme0", "", ""},
		{"board.img", "/home/op/1-2x/board.img", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct disk disk = {0};
		struct kmsg_names names;

		assert_true(STR_COPY(disk.name, cases[i].disk));
		assert_true(STR_COPY(disk.id.devpath, cases[i].devpath));
		kmsg_names(&disk, &names);
		assert_string_equal(names.disk, cases[i].disk);
		assert_string_equal(names.host, cases[i].host);
		assert_string_equal(names.port, cases[i].port);
	}
}

static const struct kmsg_names card = {"mmcblk1", "mmc0", ""}, stick = {"sda", "", "1-1"},
			       loop = {"loop1", "", ""}, drive = {"nvme0n1", "", ""};

enum { NOT, ABOUT, NEWS };

/* Messages of real kernels, and the disks they are about. */
static const struct {
	const struct kmsg_names *names;
	unsigned level;
	const char *text;
	int is;
} examples[] = {
	{&card, 6, "mmc0: card 0001 removed", NEWS},
	{&card, 6, "mmc0: new HS200 MMC card at address 0001", NEWS},
	{&card, 6, "mmc1: card 0001 removed", NOT}, /* blocks and hosts have separate numbers */
	{&card, 6, "mmc10: card 0001 removed", NOT},
	{&card, 3, "mmc0: Card stuck being busy! __mmc_poll_for_busy", NEWS},
	{&card, 4, "mmc0: Timeout waiting for hardware interrupt.", NEWS},
	{&card, 3, "mmc0: error -110 whilst initialising MMC card", NEWS},
	{&card, 3, "mmc0: cache flush error -110", NEWS},
	{&card, 6, "mmc_host mmc0: Bus speed (slot 0) = 50000000Hz", ABOUT},
	{&card, 6, "mmcblk1: mmc0:0001 DG4008 7.28 GiB ", ABOUT},
	{&card, 6, " mmcblk1: p1 p2", ABOUT},
	{&card, 3, "I/O error, dev mmcblk1, sector 2048 op 0x1:(WRITE) flags 0x800", NEWS},
	{&card, 3, "blk_update_request: I/O error, dev mmcblk1, sector 0", NEWS},
	{&card, 3, "print_req_error: I/O error, dev mmcblk1boot0, sector 0", NEWS},
	{&card, 3, "I/O error, dev mmcblk10, sector 2048", NOT},
	{&card, 3, "I/O error, dev mmcblk0, sector 2048", NOT},
	{&card, 3, "Buffer I/O error on dev mmcblk1p2, logical block 9, lost async page write",
		NEWS},
	{&card, 3, "Buffer I/O error on dev mmcblk0p1, logical block 9, lost sync page write", NOT},
	{&card, 2, "EXT4-fs error (device mmcblk1p1): ext4_find_entry:1455: inode #2: comm ls",
		NEWS},
	{&card, 2, "EXT4-fs (mmcblk1p1): Remounting filesystem read-only", NEWS},
	{&card, 4, "EXT4-fs warning (device mmcblk1p1): ext4_end_bio:345: I/O error 10", NEWS},
	{&card, 6, "EXT4-fs (mmcblk1p1): mounted filesystem 8f r/w with ordered data mode.", ABOUT},
	{&card, 6, "EXT4-fs (mmcblk1p1): unmounting filesystem 8f.", ABOUT},
	{&card, 3, "Aborting journal on device mmcblk1p1-8.", NEWS},
	{&card, 3, "JBD2: I/O error when updating journal superblock for mmcblk1p1-8.", NEWS},
	{&card, 3, "FAT-fs (mmcblk1p1): Directory bread(block 8) failed", NEWS},
	{&card, 4, "F2FS-fs (mmcblk1p2): Magic Mismatch, valid(0xf2f52010) - read(0x0)", NEWS},
	{&card, 3, "BTRFS error (device mmcblk1p2: state EA): bdev /dev/mmcblk1p2 errs: wr 1",
		NEWS},
	{&card, 4, "mmcblk1: response CRC error sending r/w cmd command, card status 0x900", NEWS},
	{&card, 4, "mmcblk1rpmb: mmc0:0001 DG4008 partition 3 4.00 MiB", NEWS},
	{&card, 7, "mmc0: card removed while debugging", ABOUT},
	{&card, 4, "usb 1-1: USB disconnect, device number 5", NOT},
	{&card, 4, "xmmcblk1: no such thing", NOT},
	{&card, 4, "mmcblk1p: no such thing", NOT},
	{&card, 4, "", NOT},
	{&stick, 6, "usb 1-1: USB disconnect, device number 5", NEWS},
	{&stick, 6, "usb 1-1: reset high-speed USB device number 5 using xhci_hcd", NEWS},
	{&stick, 6, "usb 1-1: new high-speed USB device number 6 using xhci_hcd", NEWS},
	{&stick, 6, "usb 1-1.2: USB disconnect, device number 6", NOT},
	{&stick, 6, "usb 1-10: USB disconnect, device number 6", NOT},
	{&stick, 6, "usb 2-1: USB disconnect, device number 7", NOT},
	{&stick, 6, "sd 6:0:0:0: [sda] Attached SCSI removable disk", ABOUT},
	{&stick, 4, "sd 6:0:0:0: [sda] Asking for cache data failed", NEWS},
	{&stick, 3, "sd 6:0:0:0: [sdaa] Assuming drive cache: write through", NOT},
	{&stick, 3, "I/O error, dev sda, sector 0 op 0x0:(READ)", NEWS},
	{&stick, 3, "I/O error, dev sdab, sector 0 op 0x0:(READ)", NOT},
	{&stick, 3, "EXT4-fs error (device sda1): ext4_journal_check_start:84", NEWS},
	{&stick, 3, "EXT4-fs error (device sda12): ext4_journal_check_start:84", NEWS},
	{&loop, 3, "I/O error, dev loop1, sector 8194 op 0x0:(READ) flags 0x1000", NEWS},
	{&loop, 3, "I/O error, dev loop12, sector 8194", NOT},
	{&loop, 3, "EXT4-fs (loop1p1): unable to read superblock", NEWS},
	{&loop, 6, "loop1: detected capacity change from 0 to 393216", ABOUT},
	{&drive, 4, "nvme0n1: I/O Cmd(0x2) @ LBA 0, 8 blocks, I/O Error (sct 0x3 / sc 0x71)", NEWS},
	{&loop, 3, "operation not supported error, dev loop1, sector 9 op 0x9:(WRITE_ZEROES)",
		ABOUT},
	{&loop, 3, "critical space allocation error, dev loop1, sector 9 op 0x1:(WRITE)", NEWS},
	{&drive, 3, "I/O error, dev nvme0n1p3, sector 0", NEWS},
	{&drive, 3, "I/O error, dev nvme0n10, sector 0", NOT},
};

static void selects_messages_about_a_disk(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		struct kmsg_record record = {.level = examples[i].level};

		assert_true(STR_COPY(record.text, examples[i].text));
		if (kmsg_is_about(record.text, examples[i].names) != (examples[i].is != NOT) ||
			kmsg_is_news(&record, examples[i].names) != (examples[i].is == NEWS))
			fail_msg("%s", examples[i].text);
		/* The same text from a program is not a message of the kernel. */
		record.facility = 1;
		assert_false(kmsg_is_news(&record, examples[i].names));
	}
	/* A disk without a name has no messages. */
	assert_false(kmsg_is_about("usb : x", &(struct kmsg_names){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(cuts_a_long_record),
		cmocka_unit_test(continues_after_an_overrun),
		cmocka_unit_test(reports_the_end),
		cmocka_unit_test(reads_the_kernel_log),
		sandbox_test(a_missing_log_is_an_error),
		cmocka_unit_test(names_a_disk),
		cmocka_unit_test(selects_messages_about_a_disk),
	};

	return cmocka_run_group_tests_name("kmsg", tests, NULL, NULL);
}
