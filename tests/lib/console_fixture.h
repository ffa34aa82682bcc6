/* SPDX-License-Identifier: MIT */
/*
 * console_fixture - the running machine with a kernel console, console log level and kernel log of
 * the test: files of a sandbox are bind-mounted over the real ones, in a private mount namespace.
 * The terminal of every front end (front.h) becomes that console.
 */
#ifndef TESTS_CONSOLE_FIXTURE_H
#define TESTS_CONSOLE_FIXTURE_H

#include "device/base/sysroot.h"
#include "tests/lib/front.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#define CONSOLE_LOUD  "7\t4\t1\t7" /* initial content of /proc/sys/kernel/printk */
#define CONSOLE_QUIET "1"

static const struct sandbox *console_box;
static bool console_mounted;

/* Makes the terminal the kernel's console, in sysfs. */
FRONT_CALL void console_take_terminal(struct front *f)
{
	unsigned number = 0;
	char text[32];

	assert_int_equal(ioctl(f->emulator.slave, TIOCGDEV, &number), 0);
	STR_FORMAT(text, "%u:%u\n", major(number), minor(number));
	sandbox_file(console_box, "tty/ttyT/dev", text);
}

FRONT_CALL bool console_bind(const char *name, const char *over)
{
	char path[PATH_MAX];

	return mount(sandbox_path(console_box, name, path), over, NULL, MS_BIND, NULL) == 0;
}

FRONT_CALL bool console_try_mount(void)
{
	char path[PATH_MAX];

	sandbox_file(console_box, "tty/console/active", "ttyS0 ttyT\n");
	sandbox_file(console_box, "printk", CONSOLE_LOUD "\n");
	sandbox_dir(console_box, "run");
	assert_int_equal(mkfifo(sandbox_path(console_box, "kmsg", path), 0600), 0);
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       (mkdir(SERVICE_DIR, 0700) == 0 || errno == EEXIST) &&
	       console_bind("tty", "/sys/class/tty") &&
	       console_bind("printk", "/proc/sys/kernel/printk") &&
	       console_bind("kmsg", "/dev/kmsg") &&
	       /* Last: left over, it would be in the way of the engines of later tests. */
	       console_bind("run", SERVICE_DIR);
}

/* Sets up the machine; skips the calling test if mounting is not allowed. */
FRONT_CALL void console_mount(const struct sandbox *box)
{
	console_box = box;
	console_mounted = console_try_mount();
	if (!console_mounted) {
		print_message(
			"SKIPPED: needs root and permission to mount over /sys, /proc and /dev\n");
		skip();
	}
	front_on_terminal = console_take_terminal;
}

/* Undoes console_mount. Call it before the sandbox is removed. Returns 0, or -1 if a process still
 * uses a mount, which would be in the way of later tests. */
FRONT_CALL int console_unmount(void)
{
	static const char *const over[] = {
		"/dev/kmsg", "/proc/sys/kernel/printk", "/sys/class/tty", SERVICE_DIR};

	int r = 0;

	/* Unmount only if all mounts succeeded: otherwise one may not be ours. */
	for (size_t i = 0; console_mounted && i < ARRAY_SIZE(over); i++) {
		if (umount(over[i]) == 0)
			continue;
		print_message("ERROR: %s: %s\n", over[i], strerror(errno));
		r = -1;
	}
	console_mounted = false;
	front_on_terminal = NULL;
	return r;
}

FRONT_CALL int console_teardown(void **state)
{
	int r = console_unmount();

	return sandbox_teardown(state) < 0 ? -1 : r;
}

/* A test whose state is the sandbox. */
#define console_test(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, sandbox_setup, console_teardown)

/* Opens the kernel log for writing; the caller closes it. */
FRONT_CALL int console_open_log(void)
{
	char path[PATH_MAX];
	int log = open(sandbox_path(console_box, "kmsg", path), O_RDWR | O_CLOEXEC);

	assert_true(log >= 0);
	return log;
}

#define CONSOLE_MESSAGE "card 0001 removed"

/* Prints a kernel message on the screen, then adds it to @log. Returns the time of the former. */
FRONT_CALL uint64_t console_print(struct front *f, int log)
{
	static const char text[] = "\r\nmmc0: " CONSOLE_MESSAGE "\r\n",
			  record[] = "3,1,2,-;mmc0: " CONSOLE_MESSAGE "\n";
	uint64_t when_ms;

	assert_int_equal(write(f->emulator.slave, text, strlen(text)), (ssize_t)strlen(text));
	front_expect(f, CONSOLE_MESSAGE);
	when_ms = now_ms();
	assert_int_equal(write(log, record, strlen(record)), (ssize_t)strlen(record));
	return when_ms;
}

/* Waits until the message is overwritten. */
FRONT_CALL void console_wait_repaired(struct front *f)
{
	uint64_t end = now_ms() + EMULATOR_MS;

	while (emulator_shows(&f->emulator, CONSOLE_MESSAGE)) {
		(void)emulator_feed(&f->emulator, 5);
		assert_true(now_ms() < end);
	}
}

FRONT_CALL bool console_printk_is(const char *value)
{
	char found[64] = "";

	assert_true(sysroot_read(console_box->root, found, sizeof(found), "printk") == 0);
	return strncmp(found, value, strlen(value)) == 0;
}

#endif
