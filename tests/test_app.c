/* SPDX-License-Identifier: MIT */
/*
 * The whole front end in a process of its own, on a terminal emulator: an engine that this test
 * plays, and the way through the screens on a recorded machine. It always ends before an engine
 * would be started.
 */
#include "ui/app.h"

#include "core/service.h"
#include "device/sysfs.h"
#include "emulator.h"
#include "sandbox.h"
#include "screen_model.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

/* One front end, and both ends of what it talks to. */
struct front {
	struct emulator emulator;
	int engine; /* our end of the service's socket; -1 */
	int said;   /* what it says on standard error */
	pid_t pid;
	struct termios before;
};

/* What a test does once the terminal is there, before the front end is. */
static void (*on_terminal)(struct front *f);

/* Runs @options, or follows the socket @service_fd. */
static void front_start(struct front *f, const char *type, const struct app_options *options,
	int service_fd)
{
	int said[2];

	emulator_open(&f->emulator, 24, 80, false);
	assert_int_equal(tcgetattr(f->emulator.slave, &f->before), 0);
	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	if (on_terminal)
		on_terminal(f);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		close_fd(&f->emulator.master);
		if (f->engine >= 0)
			close_fd(&f->engine);
		(void)setsid();
		(void)ioctl(f->emulator.slave, TIOCSCTTY, 0);
		(void)dup2(f->emulator.slave, STDIN_FILENO);
		(void)dup2(f->emulator.slave, STDOUT_FILENO);
		(void)dup2(said[1], STDERR_FILENO);
		if (type)
			setenv("TERM", type, 1);
		else
			unsetenv("TERM");
		setenv("LC_ALL", "C", 1);
		exit(options ? app_run(options) : app_follow(service_fd));
	}
	close(said[1]);
	f->said = said[0];
}

/* Follows an engine that has sent @first. */
static struct front follow(const struct snapshot *first, bool may_command)
{
	struct snapshot snapshot = *first;
	struct front f = {.engine = -1};
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	f.engine = pair[0];
	snapshot.commands = may_command;
	assert_int_equal(
		send(f.engine, &snapshot, sizeof(snapshot), 0), (ssize_t)sizeof(snapshot));
	front_start(&f, "vt220", NULL, pair[1]);
	close(pair[1]);
	return f;
}

static void expect(struct front *f, const char *text)
{
	if (emulator_wait(&f->emulator, text))
		return;
	for (int i = 0; i < 24; i++) {
		char row[2048];

		emulator_row(&f->emulator, i, row, sizeof(row));
		print_message("%2d|%s\n", i, row);
	}
	fail_msg("\"%s\" never came", text);
}

static void type(struct front *f, const char *keys)
{
	emulator_type(&f->emulator, keys);
}

/* Waits for the end; returns the exit code. The terminal must be as it was. */
static int front_end(struct front *f)
{
	struct termios after;
	uint64_t end = now_ms() + EMULATOR_MS;
	int status;

	while (waitpid(f->pid, &status, WNOHANG) == 0) {
		if (f->emulator.master >= 0)
			(void)emulator_feed(&f->emulator, 20);
		else
			(void)poll(NULL, 0, 20);
		if (now_ms() > end) {
			(void)kill(f->pid, SIGKILL);
			fail_msg("it does not end");
		}
	}
	assert_true(WIFEXITED(status));
	if (f->emulator.master >= 0) {
		assert_int_equal(tcgetattr(f->emulator.slave, &after), 0);
		assert_int_equal(f->before.c_lflag, after.c_lflag);
		assert_int_equal(f->before.c_iflag, after.c_iflag);
	}
	return WEXITSTATUS(status);
}

/* What it has said on standard error, once it has ended. */
static bool has_said(struct front *f, const char *text)
{
	char buf[4096];
	ssize_t n = read(f->said, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	if (text ? !!strstr(buf, text) : !buf[0])
		return true;
	print_message("it said: %s\n", buf);
	return false;
}

static void front_close(struct front *f)
{
	emulator_close(&f->emulator);
	close_fd(&f->engine);
	close_fd(&f->said);
}

static void send_snapshot(struct front *f, const struct snapshot *s)
{
	assert_int_equal(send(f->engine, s, sizeof(*s), 0), (ssize_t)sizeof(*s));
}

static void wait_for_byte(struct front *f, char want)
{
	struct pollfd poll_fd = {.fd = f->engine, .events = POLLIN};
	uint64_t end = now_ms() + EMULATOR_MS;
	char got = 0;

	while (recv(f->engine, &got, 1, 0) != 1 && now_ms() < end) {
		(void)poll(&poll_fd, 1, 20);
		(void)emulator_feed(&f->emulator, 0);
	}
	assert_int_equal(got, want);
}

static void follows_to_pass(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = follow(&s, true);

	(void)state;
	expect(&f, "rootfs.tar.zst -> mmcblk1");
	expect(&f, "48 %");
	type(&f, "l");
	expect(&f, "GNU tar 1.34");
	type(&f, "q?");
	expect(&f, "goes on when this screen");
	type(&f, "q");
	expect(&f, "d detach");
	s.progress.percent = 77;
	send_snapshot(&f, &s);
	expect(&f, "77 %");
	s = make_passed();
	send_snapshot(&f, &s);
	expect(&f, "19,318 entries verified, 0 wrong");
	expect(&f, "exit code 0");
	type(&f, "\r");
	assert_int_equal(front_end(&f), EXIT_OK);
	assert_true(has_said(&f, NULL));
	front_close(&f);
}

static void cancels_after_a_question(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = follow(&s, true);

	(void)state;
	expect(&f, "c cancel");
	type(&f, "c");
	expect(&f, "Cancel? The device will not boot.");
	type(&f, "n");
	expect(&f, "c cancel");
	type(&f, "c");
	expect(&f, "Cancel?");
	type(&f, "y");
	wait_for_byte(&f, 'c'); /* one, and none before */
	s.state = INSTALL_CANCELLING;
	send_snapshot(&f, &s);
	expect(&f, "Cancelling:");
	s = make_failed(STEP_EXTRACT, EXIT_CANCELLED, "cancelled");
	s.state = INSTALL_CANCELLED;
	send_snapshot(&f, &s);
	expect(&f, "exit code 3");
	type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_CANCELLED);
	front_close(&f);
}

static void watcher_cannot_cancel(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = follow(&s, false);
	char byte;

	(void)state;
	expect(&f, "d detach");
	assert_false(emulator_shows(&f.emulator, "c cancel"));
	type(&f, "c");
	expect(&f, "only watches");
	type(&f, "yd");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_true(has_said(&f, "boardstrap attach"));
	assert_int_equal(recv(f.engine, &byte, 1, 0), 0); /* closed, and no command came */
	front_close(&f);
}

static void term_signal_detaches(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = follow(&s, true);

	(void)state;
	expect(&f, "48 %");
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
}

/* How long it takes to go by SIGTERM, with the line stopped in the middle of the install. */
static uint64_t time_stuck_end(void)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = follow(&s, true);
	uint64_t start;

	expect(&f, "48 %");
	assert_int_equal(tcflow(f.emulator.slave, TCOOFF), 0);
	s.progress.percent = 77;
	send_snapshot(&f, &s);
	start = now_ms();
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	start = now_ms() - start;
	front_close(&f);
	return start;
}

/* The best of three: the machine may do other things as well. */
static void stuck_line_does_not_hold(void **state)
{
	uint64_t best = UINT64_MAX;

	(void)state;
	for (int i = 0; i < 3 && best >= 500; i++) {
		uint64_t ms = time_stuck_end();

		best = ms < best ? ms : best;
	}
	print_message("gone %u ms after SIGTERM\n", (unsigned)best);
	assert_in_range(best, 0, 499);
}

static void hangup_detaches(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = follow(&s, true);
	char byte;

	(void)state;
	expect(&f, "48 %");
	close_fd(&f.emulator.slave);
	close_fd(&f.emulator.master);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_int_equal(recv(f.engine, &byte, 1, 0), 0);
	front_close(&f);
}

static void engine_that_vanishes_is_a_failure(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = follow(&s, true);

	(void)state;
	expect(&f, "48 %");
	close_fd(&f.engine);
	expect(&f, "was killed, or has died");
	expect(&f, "It will not boot");
	type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_FAILED);
	front_close(&f);
}

static void resizes(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = follow(&s, true);

	(void)state;
	expect(&f, "48 %");
	emulator_resize(&f.emulator, 10, 40);
	expect(&f, "d detach  c cancel  l log  ? help");
	emulator_resize(&f.emulator, 30, 100);
	expect(&f, "d detach, the install goes on");
	type(&f, "d");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
}

static void no_usable_terminal(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	const struct app_options options = {.root = -1};
	struct front f = {.engine = -1};
	int said[2], status, null;
	pid_t pid;

	(void)state;
	(void)s;
	front_start(&f, "dumb", &options, -1);
	assert_int_equal(front_end(&f), EXIT_REFUSED);
	assert_true(has_said(&f, "--plain"));
	front_close(&f);

	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(said[1], STDERR_FILENO);
		exit(app_run(&options));
	}
	close(said[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), EXIT_REFUSED);
	f.said = said[0];
	assert_true(has_said(&f, "There is no terminal"));
	close(said[0]);
}

/* From the first screen to the refusal on the last, and back again. */
static void all_the_way(void **state)
{
	struct sandbox *box = *state;
	struct app_options options = {
		.root = box->root, .allow = 1u << DISK_IMAGE, .expect_id = "not-this-one"};
	char image[PATH_MAX], archive[PATH_MAX], inside[PATH_MAX];
	struct front f = {.engine = -1};

	sandbox_unpack(box, "tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz");
	sandbox_file(box, "op/images/tree/etc/hostname", "board\n");
	sandbox_file(box, "op/board.img", "");
	sandbox_path(box, "op/board.img", image);
	assert_int_equal(truncate(image, (off_t)MIB(512)), 0);
	sandbox_path(box, "op/images/root.tar", archive);
	sandbox_path(box, "op/images/tree", inside);
	{
		const char *const argv[] = {"tar", "-cf", archive, "-C", inside, ".", NULL};

		assert_int_equal(sandbox_run(argv), 0);
	}
	assert_int_equal(chdir(box->dir), 0);
	options.target = image;
	front_start(&f, "linux", &options, -1);
	expect(&f, "board.img");
	expect(&f, "mmcblk0"); /* of the recorded machine */
	expect(&f, "image file");
	type(&f, "?");
	expect(&f, "Keys on the screen Target");
	type(&f, "q\r");
	expect(&f, "Enter open");
	type(&f, "p");
	expect(&f, "Path: ");
	type(&f, "op/im\t");
	expect(&f, "op/images/");
	type(&f, "root\t\r");
	expect(&f, "single-gpt");
	expect(&f, "entries"); /* the scan is through */
	type(&f, "\r");
	expect(&f, "It cannot begin:");
	type(&f, "q");
	expect(&f, "single-mbr");
	type(&f, "q");
	expect(&f, "root.tar");
	type(&f, "q");
	expect(&f, "q quit");
	type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_CANCELLED);
	assert_true(has_said(&f, NULL));
	front_close(&f);
}

/* A machine where the test does the plugging; whatever the kernel tells of this one. */
static void plugging_shows(void **state)
{
	struct sandbox *box = *state;
	const struct app_options options = {.root = box->root, .allow = 1u << DISK_FIXED};
	struct front f = {.engine = -1};

	sandbox_file(box, "proc/self/mountinfo", "1 1 0:2 / / rw - rootfs rootfs rw\n");
	sandbox_dir(box, "sys/block");
	front_start(&f, "vt220", &options, -1);
	expect(&f, "No device yet");
	sandbox_block(box, NULL, "sdy", "8:384\n", "262144\n");
	sandbox_file(box, "sys/devices/bus/block/sdy/device/model", "Stick\n");
	expect(&f, "> sdy");
	/* Another one before it: the cursor stays. */
	sandbox_block(box, NULL, "sdx", "8:368\n", "262144\n");
	sandbox_file(box, "sys/devices/bus/block/sdx/device/model", "Other\n");
	expect(&f, "  sdx");
	expect(&f, "> sdy");
	assert_int_equal(unlinkat(box->root, "sys/block/sdy", 0), 0);
	expect(&f, "> sdx");
	type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_CANCELLED);
	assert_true(has_said(&f, NULL));
	front_close(&f);
}

static void unset_term_is_said(void **state)
{
	struct sandbox *box = *state;
	const struct app_options options = {.root = box->root, .allow = 1u << DISK_IMAGE};
	struct front f = {.engine = -1};

	sandbox_dir(box, "sys/block");
	sandbox_file(box, "proc/self/mountinfo", "");
	sandbox_file(box, "proc/swaps", "");
	front_start(&f, NULL, &options, -1);
	expect(&f, "TERM is not set: taken for a plain terminal.");
	expect(&f, "No device yet");
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	assert_int_equal(front_end(&f), EXIT_CANCELLED);
	front_close(&f);
}

/* --- on the kernel's own console --- */

#define PRINTK "7\t4\t1\t7\n"

static const struct sandbox *console_box;
static bool console_laid;

/* The machine says that the terminal is its console. */
static void terminal_is_console(struct front *f)
{
	unsigned number = 0;
	char text[32];

	assert_int_equal(ioctl(f->emulator.slave, TIOCGDEV, &number), 0);
	STR_FORMAT(text, "%u:%u\n", major(number), minor(number));
	sandbox_file(console_box, "tty/ttyT/dev", text);
}

static bool lay_over(const char *name, const char *over)
{
	char path[PATH_MAX];

	return mount(sandbox_path(console_box, name, path), over, NULL, MS_BIND, NULL) == 0;
}

/* A machine of which the test says the console, its level and the log: the running one, with files of
 * the sandbox laid over its own in a mount namespace that nobody else sees. */
static bool make_console(const struct sandbox *box)
{
	char path[PATH_MAX];

	console_box = box;
	sandbox_file(box, "tty/console/active", "ttyS0 ttyT\n");
	sandbox_file(box, "printk", PRINTK);
	sandbox_dir(box, "run");
	assert_int_equal(mkfifo(sandbox_path(box, "kmsg", path), 0600), 0);
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       (mkdir(SERVICE_DIR, 0700) == 0 || errno == EEXIST) &&
	       lay_over("run", SERVICE_DIR) && lay_over("tty", "/sys/class/tty") &&
	       lay_over("printk", "/proc/sys/kernel/printk") && lay_over("kmsg", "/dev/kmsg");
}

static int leave_console(void **state)
{
	static const char *const over[] = {
		"/dev/kmsg", "/proc/sys/kernel/printk", "/sys/class/tty", SERVICE_DIR};

	/* Each is our own: nothing was laid over where the first of them failed. */
	for (size_t i = 0; console_laid && i < ARRAY_SIZE(over); i++)
		(void)umount(over[i]);
	console_laid = false;
	on_terminal = NULL;
	return sandbox_teardown(state);
}

static bool printk_is(const char *value)
{
	char found[64] = "";

	assert_true(sysfs_read(console_box->root, found, sizeof(found), "printk") == 0);
	return strncmp(found, value, strlen(value)) == 0;
}

static void lay_console(const struct sandbox *box)
{
	console_laid = make_console(box);
	if (!console_laid) {
		print_message("SKIPPED: needs root, who may mount over /sys, /proc and /dev\n");
		skip();
	}
	on_terminal = terminal_is_console;
}

static void kernel_keeps_off_the_console(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f;

	lay_console(*state);
	f = follow(&s, true);
	expect(&f, "48 %");
	assert_true(printk_is("1"));
	type(&f, "d");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_true(printk_is("7\t4\t1\t7"));
	front_close(&f);

	/* One that is killed leaves it to the next. */
	f = follow(&s, true);
	expect(&f, "48 %");
	assert_true(printk_is("1"));
	assert_int_equal(kill(f.pid, SIGKILL), 0);
	assert_int_equal(waitpid(f.pid, NULL, 0), f.pid);
	assert_true(printk_is("1"));
	front_close(&f);
	f = follow(&s, true);
	expect(&f, "48 %");
	assert_true(printk_is("1"));
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_true(printk_is("7\t4\t1\t7"));
	front_close(&f);
}

static void kernel_message_is_painted_over(void **state)
{
	static const char text[] = "\r\nmmc0: card 0001 removed\r\n", log[] = "3,1,2,-;mmc0: x\n";
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	char path[PATH_MAX];
	struct front f;
	uint64_t begin;
	int kmsg;

	lay_console(*state);
	kmsg = open(sandbox_path(console_box, "kmsg", path), O_RDWR | O_CLOEXEC);
	assert_true(kmsg >= 0);
	f = follow(&s, true);
	expect(&f, "48 %");
	/* It comes out on the terminal, for somebody has raised the level again. */
	sandbox_file(console_box, "printk", PRINTK);
	assert_int_equal(write(f.emulator.slave, text, strlen(text)), (ssize_t)strlen(text));
	expect(&f, "card 0001 removed");
	begin = now_ms();
	assert_int_equal(write(kmsg, log, strlen(log)), (ssize_t)strlen(log));
	while (emulator_shows(&f.emulator, "card 0001 removed") && now_ms() < begin + EMULATOR_MS)
		(void)emulator_feed(&f.emulator, 20);
	assert_false(emulator_shows(&f.emulator, "card 0001 removed"));
	print_message("repaired after %u ms\n", (unsigned)(now_ms() - begin));
	expect(&f, "48 %");
	type(&f, "d");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
	close_fd(&kmsg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_to_pass),
		cmocka_unit_test(cancels_after_a_question),
		cmocka_unit_test(watcher_cannot_cancel),
		cmocka_unit_test(term_signal_detaches),
		cmocka_unit_test(stuck_line_does_not_hold),
		cmocka_unit_test(hangup_detaches),
		cmocka_unit_test(engine_that_vanishes_is_a_failure),
		cmocka_unit_test(resizes),
		cmocka_unit_test(no_usable_terminal),
		sandbox_test(plugging_shows),
		sandbox_test(unset_term_is_said),
		sandbox_test(all_the_way),
		cmocka_unit_test_setup_teardown(
			kernel_keeps_off_the_console, sandbox_setup, leave_console),
		cmocka_unit_test_setup_teardown(
			kernel_message_is_painted_over, sandbox_setup, leave_console),
	};

	return cmocka_run_group_tests_name("app", tests, NULL, NULL);
}
