/* SPDX-License-Identifier: MIT */
/*
 * console_fixture - a machine of which the test says the kernel's console, its level and its log: the
 * running one, with files of a sandbox laid over its own in a mount namespace that nobody else sees.
 * The terminal of every front end (front.h) is that console then.
 */
#ifndef TESTS_CONSOLE_FIXTURE_H
#define TESTS_CONSOLE_FIXTURE_H

#include "device/base/sysroot.h"
#include "tests/lib/front.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#define CONSOLE_LOUD  "7\t4\t1\t7" /* printk, as the test has it */
#define CONSOLE_QUIET "1"

static const struct sandbox *console_box;
static bool console_laid;

/* The machine says that the terminal is its console. */
FRONT_CALL void console_take_terminal(struct front *f)
{
	unsigned number = 0;
	char text[32];

	assert_int_equal(ioctl(f->emulator.slave, TIOCGDEV, &number), 0);
	STR_FORMAT(text, "%u:%u\n", major(number), minor(number));
	sandbox_file(console_box, "tty/ttyT/dev", text);
}

FRONT_CALL bool console_lay_over(const char *name, const char *over)
{
	char path[PATH_MAX];

	return mount(sandbox_path(console_box, name, path), over, NULL, MS_BIND, NULL) == 0;
}

FRONT_CALL bool console_make(void)
{
	char path[PATH_MAX];

	sandbox_file(console_box, "tty/console/active", "ttyS0 ttyT\n");
	sandbox_file(console_box, "printk", CONSOLE_LOUD "\n");
	sandbox_dir(console_box, "run");
	assert_int_equal(mkfifo(sandbox_path(console_box, "kmsg", path), 0600), 0);
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       (mkdir(SERVICE_DIR, 0700) == 0 || errno == EEXIST) &&
	       console_lay_over("run", SERVICE_DIR) && console_lay_over("tty", "/sys/class/tty") &&
	       console_lay_over("printk", "/proc/sys/kernel/printk") &&
	       console_lay_over("kmsg", "/dev/kmsg");
}

/* To be called by each test, which is skipped where this cannot be done. */
FRONT_CALL void console_lay(const struct sandbox *box)
{
	console_box = box;
	console_laid = console_make();
	if (!console_laid) {
		print_message("SKIPPED: needs root, who may mount over /sys, /proc and /dev\n");
		skip();
	}
	front_on_terminal = console_take_terminal;
}

/* At the end of each test, before the sandbox goes. */
FRONT_CALL void console_leave(void)
{
	static const char *const over[] = {
		"/dev/kmsg", "/proc/sys/kernel/printk", "/sys/class/tty", SERVICE_DIR};

	/* Each is our own: nothing was laid over where the first of them failed. */
	for (size_t i = 0; console_laid && i < ARRAY_SIZE(over); i++)
		(void)umount(over[i]);
	console_laid = false;
	front_on_terminal = NULL;
}

FRONT_CALL int console_teardown(void **state)
{
	console_leave();
	return sandbox_teardown(state);
}

/* The state of such a test is the sandbox. */
#define console_test(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, sandbox_setup, console_teardown)

/* The kernel's log, to be closed. */
FRONT_CALL int console_open_log(void)
{
	char path[PATH_MAX];
	int log = open(sandbox_path(console_box, "kmsg", path), O_RDWR | O_CLOEXEC);

	assert_true(log >= 0);
	return log;
}

#define CONSOLE_MESSAGE "card 0001 removed"

/* A message of the kernel comes out on the screen, and then in the @log. Returns when that was. */
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

/* Until the message is painted over. */
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
