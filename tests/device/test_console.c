/* SPDX-License-Identifier: MIT */
#include "device/kernel/console.h"

#include "device/base/settings.h"
#include "device/base/util.h"

#include "tests/lib/sandbox.h"

#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

/* A machine whose active consoles are @active, in which the pseudo-terminal @tty is called
 * "ttyT": a test has no other terminal whose name it can choose. */
static void machine(const struct sandbox *box, int tty, const char *active)
{
	unsigned number = 0;
	char text[32];

	assert_int_equal(ioctl(tty, TIOCGDEV, &number), 0);
	(void)STR_FORMAT(text, "%u:%u\n", major(number), minor(number));
	sandbox_file(box, "sys/class/tty/console/active", active);
	sandbox_file(box, "sys/class/tty/ttyT/dev", text);
	sandbox_file(box, "sys/class/tty/ttyS0/dev", "4:64\n");
	sandbox_file(box, "sys/class/tty/tty0/dev", "4:0\n");
}

static void a_console_is_recognised(void **state)
{
	static const struct {
		const char *active;
		bool is;
	} cases[] = {
		{"ttyT\n", true},
		{"tty0 ttyT\n", true},
		{"ttyT ttyS0\n", true},
		{"ttyS0\n", false},
		{"tty0 ttyS0\n", false},
		{"ttyT1\n", false}, /* does not exist */
		{"\n", false},
	};
	const struct sandbox *box = *state;
	int master, slave, pipes[2];

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	assert_false(console_is(box->root, slave)); /* a machine without that file */
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		machine(box, slave, cases[i].active);
		if (console_is(box->root, slave) != cases[i].is)
			fail_msg("%s", cases[i].active);
	}
	machine(box, slave, "ttyT\n");
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_false(console_is(box->root, pipes[0]));
	assert_false(console_is(box->root, -1));
	close_fd(&pipes[0]);
	close_fd(&pipes[1]);
	close_fd(&master);
	close_fd(&slave);
}

static void a_virtual_terminal_is_recognised(void **state)
{
	const struct sandbox *box = *state;

	sandbox_file(box, "sys/class/tty/ttyS0/dev", "4:64\n");
	sandbox_file(box, "sys/class/tty/console/active", "tty0\n");
	assert_true(console_has(box->root, 4, 1)); /* tty1, if it is in the foreground */
	assert_true(console_has(box->root, 4, 63));
	assert_false(console_has(box->root, 4, 64)); /* ttyS0 */
	assert_false(console_has(box->root, 5, 1));
	sandbox_file(box, "sys/class/tty/console/active", "ttyS0\n");
	assert_false(console_has(box->root, 4, 1));
	assert_true(console_has(box->root, 4, 64));
	assert_false(console_has(box->root, 4, 65));
}

static void the_level_is_read(void **state)
{
	static const struct {
		const char *printk;
		unsigned level;
	} cases[] = {
		{"4\t4\t1\t7\n", 4},
		{"0\t4\t1\t7\n", 0},
		{"1\n", 1},
		{"15 4 1 7\n", 15},
		{"-1\t4\t1\t7\n", CONSOLE_LEVEL_MAX},
		{"99\t4\t1\t7\n", CONSOLE_LEVEL_MAX},
		{"\n", CONSOLE_LEVEL_MAX},
	};
	const struct sandbox *box = *state;

	assert_int_equal(console_level(box->root), CONSOLE_LEVEL_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sandbox_file(box, CONSOLE_PRINTK, cases[i].printk);
		assert_int_equal(console_level(box->root), cases[i].level);
	}
}

static struct settings_journal open_journal(const struct sandbox *box)
{
	struct settings_journal journal;
	char path[PATH_MAX];

	assert_int_equal(
		settings_open(&journal, box->root, sandbox_path(box, "settings", path)), 0);
	return journal;
}

static void quiet_and_restored(void **state)
{
	const struct sandbox *box = *state;
	struct settings_journal journal = open_journal(box);

	assert_int_equal(console_quiet(&journal), -ENOENT);
	sandbox_file(box, CONSOLE_PRINTK, "7\t4\t1\t7\n");
	assert_int_equal(console_quiet(&journal), 0);
	assert_int_equal(console_level(box->root), 1); /* emergencies are still printed */
	assert_int_equal(settings_restore(&journal), 0);
	assert_int_equal(console_level(box->root), 7);
	/* Never raises the level. */
	sandbox_file(box, CONSOLE_PRINTK, "0\t4\t1\t7\n");
	assert_int_equal(console_quiet(&journal), 0);
	assert_int_equal(console_level(box->root), 0);
	assert_int_equal(settings_restore(&journal), 0);
	assert_int_equal(console_level(box->root), 0);
}

/* The next start restores the console of a killed process. */
static void restored_after_a_kill(void **state)
{
	const struct sandbox *box = *state;
	struct settings_journal journal = open_journal(box);
	int status;
	pid_t pid;

	sandbox_file(box, CONSOLE_PRINTK, "7\t4\t1\t7\n");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)console_quiet(&journal);
		(void)raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(console_level(box->root), 1);
	assert_int_equal(settings_restore_stale(&journal), 0);
	assert_int_equal(console_level(box->root), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(a_console_is_recognised),
		sandbox_test(a_virtual_terminal_is_recognised),
		sandbox_test(the_level_is_read),
		sandbox_test(quiet_and_restored),
		sandbox_test(restored_after_a_kill),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
