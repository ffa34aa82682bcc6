/* SPDX-License-Identifier: MIT */
#include "ui/cmd/cmd_list.h"

#include "core/install/err.h"
#include "device/disk/probe.h"
#include "tests/lib/device_fixture.h"
#include "tests/lib/sandbox.h"

#define RECORDED "tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz"

static char out[16384], err[16384];
static struct inventory_options inventory_options;

/* Runs the command; its output and errors are in @out and @err afterwards. */
static int run(const struct sandbox *box, const char *const *words)
{
	const struct {
		int fd;
		const char *name;
		char *text;
	} streams[] = {{STDOUT_FILENO, "out", out}, {STDERR_FILENO, "err", err}};
	char *argv[8] = {NULL};
	int argc = 0, code, saved[2];

	for (; words[argc]; argc++)
		assert_non_null(argv[argc] = strdup(words[argc]));
	(void)fflush(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		int fd = openat(
			box->root, streams[i].name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		saved[i] = fcntl(streams[i].fd, F_DUPFD_CLOEXEC, 10);
		assert_int_equal(dup2(fd, streams[i].fd), streams[i].fd);
		assert_int_equal(close(fd), 0);
	}
	code = cmd_list_with(argc, argv, &inventory_options);
	(void)fflush(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		ssize_t n = pread(streams[i].fd, streams[i].text, sizeof(out) - 1, 0);

		assert_int_equal(dup2(saved[i], streams[i].fd), streams[i].fd);
		assert_int_equal(close(saved[i]), 0);
		assert_true(n >= 0);
		streams[i].text[n] = '\0';
	}
	while (argc > 0)
		free(argv[--argc]);
	return code;
}

#define RUN(box, ...) run((box), (const char *const[]){"list", __VA_ARGS__, NULL})

static void a_table_for_people(void **state)
{
	struct sandbox *box = *state;

	sandbox_unpack(box, RECORDED);
	assert_int_equal(RUN(box, "--sysroot", box->dir), EXIT_OK);
	assert_string_equal(err, "");
	assert_string_equal(out,
		"NAME     KIND     SIZE  MODEL          IDENTITY  CONTENT\n"
		"mmcblk0  eMMC  512 MiB  QEMU!!         ..beef    not read\n"
		"         mmcblk0p1  510 MiB\n"
		"         maker 0xaa, eMMC 4.41, health n/a, boot0 4 MiB, boot1 4 MiB\n"
		"         serial deadbeef, CID aa015851454d55212101deadbeef2900\n"
		"mmcblk1  SD    256 MiB  QEMU!          ..beef    not read\n"
		"         mmcblk1p1   16 MiB\n"
		"         mmcblk1p2  224 MiB  /mnt\n"
		"         maker 0xaa\n"
		"         serial deadbeef, CID aa585951454d552101deadbeef006200\n"
		"         refused: mounted on /mnt\n"
		"         refused: not an eMMC (--allow sd)\n"
		"sda      USB   128 MiB  QEMU HARDDISK  usb 2-1   not read\n"
		"         maker QEMU\n"
		"         refused: not an eMMC (--allow usb)\n");
	assert_int_equal(RUN(box, "--sysroot", box->dir, "--allow=usb"), EXIT_OK);
	assert_null(strstr(out, "--allow usb"));
}

/* Exactly one line per disk, of at most 80 columns. */
static void a_brief_table(void **state)
{
	struct sandbox *box = *state;

	sandbox_unpack(box, RECORDED);
	assert_int_equal(RUN(box, "--sysroot", box->dir, "--brief"), EXIT_OK);
	assert_string_equal(out,
		"NAME     KIND     SIZE  MODEL          IDENTITY  CONTENT\n"
		"mmcblk0  eMMC  512 MiB  QEMU!!         ..beef    not read\n"
		"mmcblk1  SD    256 MiB  QEMU!          ..beef    refused: mounted on /mnt\n"
		"sda      USB   128 MiB  QEMU HARDDISK  usb 2-1   refused: not an eMMC (--allow..\n");
	assert_int_equal(RUN(box, "--brief", "--json"), EXIT_REFUSED);
}

/* No line exceeds 80 columns, even with long names and reasons. */
static void nothing_is_wider_than_the_page(void **state)
{
	struct sandbox *box = *state;
	int lines = 0;

	sandbox_file(box, "proc/self/mountinfo",
		"1 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n"
		"2 1 259:0 / /a/mount/point/with/a/long/and/rather/winding/path/of\\040words rw - "
		"ext4 x rw\n");
	sandbox_block(box, NULL, "nvme0n1", "259:0\n", "1000215216\n");
	sandbox_file(box, "sys/devices/bus/block/nvme0n1/device/model",
		"S\xc3\xa4msung SSD 970 EVO Plus with 500 GB\n");
	sandbox_file(box, "sys/devices/bus/block/nvme0n1/device/serial",
		"S4EWNX0M123456789012345678901234567890\n");
	assert_int_equal(RUN(box, "--sysroot", box->dir), EXIT_OK);
	assert_non_null(strstr(out, "S\xc3\xa4msung SSD 970 EVO Pl..  ..7890    not read\n"));
	assert_non_null(strstr(out, "refused: mounted on\n"));
	for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"), lines++) {
		size_t more = 0;

		for (const char *p = line; *p; p++)
			more += ((unsigned char)*p & 0xc0) == 0x80;
		if (strlen(line) - more > 80)
			fail_msg("%zu columns: %s", strlen(line) - more, line);
	}
	assert_true(lines >= 5);
}

static void health_and_warnings_are_shown(void **state)
{
	static const char dir[] = "sys/devices/bus/block/mmcblk0/device";
	static const char *const attributes[][2] = {
		{"type", "MMC\n"}, {"rev", "0x8\n"}, {"life_time", "0x01 0x09\n"}};
	struct sandbox *box = *state;
	char path[128];

	sandbox_file(box, "proc/self/mountinfo", "1 1 0:2 / / rw - rootfs rootfs rw\n");
	sandbox_block(box, NULL, "mmcblk0", "179:0\n", "15269888\n");
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		(void)STR_FORMAT(path, "%s/%s", dir, attributes[i][0]);
		sandbox_file(box, path, attributes[i][1]);
	}
	assert_int_equal(RUN(box, "--sysroot", box->dir), EXIT_OK);
	assert_non_null(strstr(out, "\n         eMMC 5.1, health 80-90 % used, boot areas none\n"));
	assert_non_null(strstr(out, "\n         beware: "));
}

static void loops_are_shown_on_demand(void **state)
{
	struct sandbox *box = *state;

	sandbox_file(box, "proc/self/mountinfo", "1 1 0:2 / / rw - rootfs rootfs rw\n");
	sandbox_block(box, NULL, "loop0", "7:0\n", "8192\n");
	assert_int_equal(RUN(box, "--sysroot", box->dir), EXIT_OK);
	assert_string_equal(out, "No disk found.\n");
	assert_int_equal(RUN(box, "--sysroot", box->dir, "--all"), EXIT_OK);
	assert_non_null(strstr(out, "loop0  loop  4 MiB"));
	assert_non_null(strstr(out, "refused"));
	assert_int_equal(RUN(box, "--sysroot", box->dir, "--allow", "loop"), EXIT_OK);
	assert_non_null(strstr(out, "loop0"));
	assert_null(strstr(out, "refused"));
}

static void json_for_programs(void **state)
{
	struct sandbox *box = *state;

	sandbox_unpack(box, RECORDED);
	unlinkat(box->root, "sys/block/mmcblk1", 0);
	unlinkat(box->root, "sys/block/sda", 0);
	assert_int_equal(RUN(box, "--json", "--sysroot", box->dir), EXIT_OK);
	assert_string_equal(out,
		"{\"disks\":[{\"name\":\"mmcblk0\",\"path\":\"/dev/mmcblk0\",\"kind\":\"emmc\","
		"\"bus\":null,\"size\":536870912,\"model\":\"QEMU!!\",\"serial\":\"0xdeadbeef\","
		"\"cid\":\"aa015851454d55212101deadbeef2900\",\"vendor\":\"0xaa\","
		"\"life_time\":{\"a\":null,\"b\":null},\"pre_eol\":null,\"content\":null,\"warning\":\"\","
		"\"content_state\":null,\"label\":\"\",\"emmc_version\":\"4.41\","
		"\"read_only\":false,\"port\":\"devices/pci0000:00/0000:00:04.0/mmc_host/mmc0/"
		"mmc0:0001/block/mmcblk0\",\"diskseq\":2,\"partition_count\":0,"
		"\"partitions\":[{\"number\":1,\"start\":1048576,\"size\":534773760,\"name\":\"\","
		"\"type\":\"\",\"uuid\":\"\",\"fs_type\":\"\",\"fs_label\":\"\",\"fs_uuid\":\"\","
		"\"device\":\"mmcblk0p1\",\"mounts\":[]}],\"boot_areas\":[{\"name\":\"mmcblk0boot0\",\"size\":4194304,"
		"\"content\":null,\"version\":\"\",\"enabled\":null},"
		"{\"name\":\"mmcblk0boot1\",\"size\":4194304,\"content\":null,\"version\":\"\","
		"\"enabled\":null}],\"boot_enable\":null,\"boot_loaders\":[],\"verdict\":\"ok\",\"reasons\":[]}],"
		"\"not_seen\":[\"contents\"]}\n");
	unlinkat(box->root, "sys/block/mmcblk0", 0);
	assert_int_equal(RUN(box, "--json", "--sysroot", box->dir), EXIT_OK);
	assert_string_equal(out, "{\"disks\":[],\"not_seen\":[\"contents\"]}\n");
}

static void bad_usage_is_refused(void **state)
{
	static const char *const wrong[] = {"--jsonn", "-j", "word", "--allow=floppy", "--sysroot"};
	struct sandbox *box = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(RUN(box, wrong[i]), EXIT_REFUSED);
		assert_string_equal(out, "");
		assert_memory_equal(err, "boardstrap: ", 12);
	}
	assert_int_equal(RUN(box, "--sysroot", "/no/such"), EXIT_REFUSED);
	/* A directory without a sysfs. */
	assert_int_equal(RUN(box, "--sysroot", box->dir), EXIT_REFUSED);
	assert_non_null(strstr(err, box->dir));
}

static struct fixture fixture, second;

static int loop_setup(void **state)
{
	fixture = second = (struct fixture){.fd = -1, .image_fd = -1};
	return sandbox_setup(state);
}

static int loop_teardown(void **state)
{
	inventory_options = (struct inventory_options){0};
	fixture_finish(&second);
	fixture_finish(&fixture);
	return sandbox_teardown(state);
}

static void probe_hangs_on_the_first(const char *path, struct disk_content *ret)
{
	probe_content(path, ret);
	while (strcmp(path + strlen("/dev/"), fixture.name) == 0)
		pause();
}

/* The table is printed with the contents of the other disks, and with sysfs data of the silent one.
 * The verdict on its content follows below. */
static void a_silent_disk_does_not_delay_the_table(void **state)
{
	struct sandbox *box = *state;
	const char *late, *table_end;
	char line[128];

	fixture_require_root();
	fixture_make_loop(&fixture, MIB(4));
	fixture_make_loop(&second, MIB(4));
	inventory_options.prober.probe = probe_hangs_on_the_first;
	inventory_options.prober.deadline_ms = 2000;
	assert_int_equal(RUN(box, "--allow", "loop"), EXIT_OK);
	(void)STR_FORMAT(line, "\n%s  loop", fixture.name);
	assert_non_null(strstr(out, line));
	assert_non_null(strstr(strstr(out, line), "no answer yet\n"));
	(void)STR_FORMAT(line, "\n%s: not answering\n", fixture.name);
	late = strstr(out, line);
	assert_non_null(late);
	(void)STR_FORMAT(line, "\n%s  loop", second.name);
	table_end = strstr(out, line);
	assert_true(table_end && table_end < late);
	assert_null(strstr(late + 1, "  loop"));

	inventory_options.prober.deadline_ms = 300;
	assert_int_equal(RUN(box, "--allow", "loop", "--json"), EXIT_OK);
	(void)STR_FORMAT(line, "{\"name\":\"%s\"", fixture.name);
	late = strstr(out, line);
	assert_non_null(late);
	late = strstr(late, "\"content_state\":");
	assert_memory_equal(late, "\"content_state\":\"silent\"", 24);
}

/* The probes of this machine's disks run and end. */
static void this_machine_is_listed(void **state)
{
	struct sandbox *box = *state;

	assert_int_equal(RUN(box, "--json", "--all"), EXIT_OK);
	assert_memory_equal(out, "{\"disks\":[", 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(a_table_for_people),
		sandbox_test(a_brief_table),
		sandbox_test(nothing_is_wider_than_the_page),
		sandbox_test(health_and_warnings_are_shown),
		sandbox_test(loops_are_shown_on_demand),
		sandbox_test(json_for_programs),
		sandbox_test(bad_usage_is_refused),
		cmocka_unit_test_setup_teardown(
			a_silent_disk_does_not_delay_the_table, loop_setup, loop_teardown),
		sandbox_test(this_machine_is_listed),
	};

	return cmocka_run_group_tests_name("cmd_list", tests, NULL, NULL);
}
