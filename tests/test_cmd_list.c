/* SPDX-License-Identifier: MIT */
#include "ui/cmd_list.h"

#include "core/err.h"
#include "device/util.h"
#include "tests/sandbox.h"

#define RECORDED "tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz"

static char out[16384], err[16384];

/* Runs the command with its output and errors in files. */
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
	code = cmd_list(argc, argv);
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
		"mmcblk1  SD    256 MiB  QEMU!          ..beef    refused: mounted on /mnt\n"
		"sda      USB   128 MiB  QEMU HARDDISK  usb 2-1   refused: not an eMMC (--allow "
		"usb)\n");
	assert_int_equal(RUN(box, "--sysroot", box->dir, "--allow=usb"), EXIT_OK);
	assert_null(strstr(out, "--allow"));
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
		"\"size\":536870912,\"model\":\"QEMU!!\",\"serial\":\"0xdeadbeef\","
		"\"cid\":\"aa015851454d55212101deadbeef2900\",\"vendor\":\"0xaa\","
		"\"life_time\":{\"a\":null,\"b\":null},\"pre_eol\":null,\"content\":null,\"warning\":\"\","
		"\"partitions\":[],\"boot_areas\":[{\"name\":\"mmcblk0boot0\",\"size\":4194304},"
		"{\"name\":\"mmcblk0boot1\",\"size\":4194304}],\"verdict\":\"ok\",\"reasons\":[]}]}"
		"\n");
	unlinkat(box->root, "sys/block/mmcblk0", 0);
	assert_int_equal(RUN(box, "--json", "--sysroot", box->dir), EXIT_OK);
	assert_string_equal(out, "{\"disks\":[]}\n");
}

static void wrong_words_are_refused(void **state)
{
	static const char *const wrong[] = {"--jsonn", "-j", "word", "--allow=floppy", "--sysroot"};
	struct sandbox *box = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(RUN(box, wrong[i]), EXIT_REFUSED);
		assert_string_equal(out, "");
		assert_memory_equal(err, "boardstrap list: ", 17);
	}
	assert_int_equal(RUN(box, "--sysroot", "/no/such"), EXIT_REFUSED);
	/* A directory that is no machine. */
	assert_int_equal(RUN(box, "--sysroot", box->dir), EXIT_REFUSED);
	assert_non_null(strstr(err, box->dir));
}

/* This machine, whatever it has: the probes run and end. */
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
		sandbox_test(loops_are_shown_on_demand),
		sandbox_test(json_for_programs),
		sandbox_test(wrong_words_are_refused),
		sandbox_test(this_machine_is_listed),
	};

	return cmocka_run_group_tests_name("cmd_list", tests, NULL, NULL);
}
