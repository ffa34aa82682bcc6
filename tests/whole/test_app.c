/* SPDX-License-Identifier: MIT */
/*
 * The whole front end in a child process on a terminal emulator: with an engine played by the test,
 * and all screens on a recorded machine. No test starts a real engine.
 */
#include "ui/app/app.h"

#include "tests/lib/console_fixture.h"
#include "tests/lib/front.h"
#include "tests/lib/screen_model.h"
#include "tests/lib/speed.h"
#include "ui/term/term.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/un.h>

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
	struct front f = front_follow(&s, true);

	(void)state;
	front_expect(&f, "rootfs.tar.zst -> mmcblk1");
	front_expect(&f, "48 %");
	front_type(&f, "l");
	front_expect(&f, "GNU tar 1.34");
	front_type(&f, "q?");
	front_expect(&f, "continues if this screen");
	front_type(&f, "q");
	front_expect(&f, "d detach");
	s.progress.percent = 77;
	front_send(&f, &s);
	front_expect(&f, "77 %");
	front_type(&f, "l");
	front_expect(&f, "GNU tar 1.34");
	s = make_passed();
	front_send(&f, &s);
	front_expect(&f, "Log: the install has ended");
	front_type(&f, "q"); /* closes the log, does not quit */
	front_expect(&f, "19,318 entries verified, 0 wrong");
	front_expect(&f, "exit code 0");
	front_type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_OK);
	assert_true(front_has_said(&f, "boardstrap: PASS: mmcblk1 is installed and verified.\n"));
	front_close(&f);
}

/* Leaving the alternate screen removes the Result: the verdict is printed for the shell. */
static void verdict_outlives_the_screens(void **state)
{
	static const struct {
		enum install_state install;
		int code;
		const char *text, *says;
	} rows[] = {
		{INSTALL_PASSED, EXIT_NOT_VERIFIED, "",
			"boardstrap: PASS: mmcblk1 is installed, but not verified.\n"},
		{INSTALL_FAILED, EXIT_FAILED, "mkfs.ext4 failed on mmcblk1p1",
			"boardstrap: FAIL: mkfs.ext4 failed on mmcblk1p1. Try another card.\n"},
		{INSTALL_CANCELLED, EXIT_CANCELLED, "Cancelled during extract",
			"boardstrap: CANCELLED: Cancelled during extract. Try another card.\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct front_program xterm = {
			.term = "xterm-256color", .rows = 24, .cols = 80};
		struct snapshot s = make_snapshot(STEP_EXTRACT);
		struct front f = front_follow_on(&s, true, &xterm);
		char code[32];

		front_expect(&f, "48 %");
		s.state = rows[i].install;
		s.exit_code = rows[i].code;
		STR_COPY(s.err.text, rows[i].text);
		STR_COPY(s.err.next, rows[i].text[0] ? "Try another card" : "");
		front_send(&f, &s);
		STR_FORMAT(code, "exit code %d", rows[i].code);
		front_expect(&f, code);
		front_type(&f, "q");
		assert_int_equal(front_end(&f), rows[i].code);
		assert_true(front_has_said(&f, rows[i].says));
		front_close(&f);
	}
}

static void cancels_after_a_question(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);

	(void)state;
	front_expect(&f, "c cancel");
	front_type(&f, "c");
	front_expect(&f, "Cancel? The device will not boot.");
	front_type(&f, "n");
	front_expect(&f, "c cancel");
	front_type(&f, "c");
	front_expect(&f, "Cancel?");
	front_type(&f, "y");
	wait_for_byte(&f, 'c'); /* exactly one */
	s.state = INSTALL_CANCELLING;
	front_send(&f, &s);
	front_expect(&f, "Cancelling:");
	s = make_failed(STEP_EXTRACT, EXIT_CANCELLED, "cancelled");
	s.state = INSTALL_CANCELLED;
	front_send(&f, &s);
	front_expect(&f, "exit code 3");
	front_type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_CANCELLED);
	front_close(&f);
}

static void watcher_cannot_cancel(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, false);
	char byte;

	(void)state;
	front_expect(&f, "d detach");
	assert_false(emulator_shows(&f.emulator, "c cancel"));
	front_type(&f, "c");
	front_expect(&f, "is read-only");
	front_type(&f, "yd");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_true(front_has_said(&f, "boardstrap attach"));
	assert_int_equal(recv(f.engine, &byte, 1, 0), 0); /* closed, with no command sent */
	front_close(&f);
}

static void term_signal_detaches(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);

	(void)state;
	front_expect(&f, "48 %");
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
}

/* While stopped, a shell changes the settings and the content of the terminal. */
static void continues_after_a_stop(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);
	uint64_t end = now_ms() + 2 * EMULATOR_MS;
	struct termios now;
	int status;

	(void)state;
	front_expect(&f, "48 %");
	assert_int_equal(kill(f.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(f.pid, &status, WUNTRACED), f.pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(tcsetattr(f.emulator.slave, TCSANOW, &f.before), 0);
	(void)emulator_feed(&f.emulator, 100); /* discard earlier output */
	emulator_resize(&f.emulator, 24, 80);
	assert_false(emulator_shows(&f.emulator, "48 %"));
	assert_int_equal(kill(f.pid, SIGCONT), 0);
	front_expect(&f, "48 %");
	front_expect(&f, "d detach");
	do
		assert_int_equal(tcgetattr(f.emulator.slave, &now), 0);
	while ((now.c_lflag & (ICANON | ECHO | ISIG)) && now_ms() < end);
	assert_false(now.c_lflag & (ICANON | ECHO | ISIG));
	front_type(&f, "d");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
}

/* Milliseconds from SIGTERM to the exit, with the line stopped during an install. */
static uint64_t time_stuck_end(void)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);
	uint64_t start;

	front_expect(&f, "48 %");
	assert_int_equal(tcflow(f.emulator.slave, TCOOFF), 0);
	s.progress.percent = 77;
	front_send(&f, &s);
	start = now_ms();
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	start = now_ms() - start;
	front_close(&f);
	return start;
}

static void stuck_line_does_not_block_the_exit(void **state)
{
	(void)state;
	assert_speed("gone after SIGTERM", time_stuck_end(), 500);
}

static void hangup_detaches(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);
	char byte;

	(void)state;
	front_expect(&f, "48 %");
	close_fd(&f.emulator.slave);
	close_fd(&f.emulator.master);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_int_equal(recv(f.engine, &byte, 1, 0), 0);
	front_close(&f);
}

static void engine_that_vanishes_is_a_failure(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);

	(void)state;
	front_expect(&f, "48 %");
	close_fd(&f.engine);
	front_expect(&f, "was killed or crashed");
	front_expect(&f, "It will not boot");
	front_type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_FAILED);
	front_close(&f);
}

static void resizes(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);

	(void)state;
	front_expect(&f, "48 %");
	emulator_resize(&f.emulator, 10, 40);
	front_expect(&f, "d detach  c cancel  l log  ? help");
	emulator_resize(&f.emulator, 30, 100);
	front_expect(&f, "d detach, the install continues");
	front_type(&f, "d");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
}

#if !defined(__SANITIZE_ADDRESS__) /* its allocator aborts instead of returning NULL */
/* The grid of a larger terminal needs memory, and there is none. */
static void no_memory_detaches(void **state)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);

	(void)state;
	front_expect(&f, "48 %");
	assert_int_equal(prlimit(f.pid, RLIMIT_AS, &none, NULL), 0);
	emulator_resize(&f.emulator, TERM_ROWS_MAX, TERM_COLS_MAX);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_true(front_has_said(&f, service_detached_text(0)));
	front_close(&f);
}
#endif

static void engine_of_another_version_continues(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);

	(void)state;
	front_expect(&f, "48 %");
	s.version++;
	front_send(&f, &s);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_true(front_has_said(&f, "another version of boardstrap"));
	front_close(&f);
}

static int order_ms(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/*
 * A key takes effect before the next tick: each is pressed right after a frame, when the next is
 * furthest away. Only the median is checked, because the machine may be busy.
 */
static void keys_are_shown_at_once(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);
	uint64_t took_ms[40];
	char percent[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(took_ms); i++) {
		if (i % 2 == 0) {
			s.progress.percent = 64 + (int)i / 2;
			front_send(&f, &s);
			STR_FORMAT(percent, "%d %%", s.progress.percent);
			front_expect(&f, percent);
		}
		took_ms[i] = now_ms();
		front_type(&f, i % 2 == 0 ? "?" : "q");
		front_expect(&f, i % 2 == 0 ? "continues if this screen" : "d detach");
		took_ms[i] = now_ms() - took_ms[i];
	}
	qsort(took_ms, ARRAY_SIZE(took_ms), sizeof(took_ms[0]), order_ms);
	print_message("from a key to the screen: %u ms at most\n",
		(unsigned)took_ms[ARRAY_SIZE(took_ms) - 1]);
	assert_speed("half of them", took_ms[ARRAY_SIZE(took_ms) / 2], 100);
	front_type(&f, "d");
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
	front_start(&f, "dumb", &options);
	f.emulator.mute = true;
	assert_int_equal(front_end(&f), EXIT_REFUSED);
	assert_true(front_has_said(&f, "--plain"));
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
	assert_true(front_has_said(&f, "The screens need a terminal"));
	close(said[0]);
}

/* ---- the key r on the Result ---- */

/* Writes a program that leaves the file "restarted" and ends with @status. */
static void write_restart_program(struct sandbox *box, int status, char ret_path[PATH_MAX])
{
	char text[2 * PATH_MAX];

	STR_FORMAT(text, "#!/bin/sh\necho >%s/restarted\necho no init >&2\nexit %d\n", box->dir,
		status);
	sandbox_file(box, "restart", text);
	sandbox_path(box, "restart", ret_path);
	assert_int_equal(chmod(ret_path, 0755), 0);
}

static bool has_restarted(struct sandbox *box)
{
	return faccessat(box->root, "restarted", F_OK, 0) == 0;
}

/* A listening socket such as another engine's. */
static int other_engine(void)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX, .sun_path = SERVICE_DIR "/sdz.4242" SERVICE_SOCKET};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* Follows an install of an eMMC to PASS. */
static struct front follow_to_pass(void)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);

	front_expect(&f, "48 %");
	s = make_passed();
	front_send(&f, &s);
	front_expect(&f, "Take out the installer's medium");
	return f;
}

static void restarts_after_a_question(void **state)
{
	struct sandbox *box = *state;
	char program[PATH_MAX];
	struct front f;
	int other;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		print_message("SKIPPED: needs root, for a mount over " SERVICE_DIR "\n");
		skip();
	}
	/* Without the sockets of other installs of this machine. */
	assert_true(mkdir(SERVICE_DIR, 0700) == 0 || errno == EEXIST);
	assert_int_equal(mount("none", SERVICE_DIR, "tmpfs", 0, NULL), 0);
	front_restart_program = program;

	write_restart_program(box, 1, program);
	f = follow_to_pass();
	front_type(&f, "r");
	front_expect(&f, "Restart this machine?");
	front_type(&f, "nr");
	front_expect(&f, "Restart this machine?");
	assert_false(has_restarted(box));
	other = other_engine();
	front_type(&f, "y");
	front_expect(&f, "Another install is running");
	assert_false(has_restarted(box));
	close(other);
	front_type(&f, "ry");
	front_expect(&f, "cannot be restarted: exit status 1: no init");
	front_type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_OK);
	front_close(&f);

	write_restart_program(box, 0, program);
	f = follow_to_pass();
	front_type(&f, "ry");
	assert_int_equal(front_end(&f), EXIT_OK);
	assert_true(has_restarted(box));
	assert_true(front_has_said(&f, "PASS: mmcblk1 is installed and verified."));
	front_close(&f);

	front_restart_program = NULL;
	assert_int_equal(umount(SERVICE_DIR), 0);
}

/* From the first screen to the refusal on the Review, and back. */
static void all_the_way(void **state)
{
	struct sandbox *box = *state;
	struct app_options options = {
		.root = box->root, .allow = 1u << DISK_IMAGE, .expect_id = "not-this-one"};
	char image[PATH_MAX], archive[PATH_MAX], inside[PATH_MAX];
	const char *const pack[] = {"tar", "-cf", archive, "-C", inside, ".", NULL};
	struct front f = {.engine = -1};

	sandbox_unpack(box, "tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz");
	sandbox_file(box, "op/images/tree/etc/hostname", "board\n");
	sandbox_file(box, "op/board.img", "");
	sandbox_path(box, "op/board.img", image);
	assert_int_equal(truncate(image, (off_t)MIB(512)), 0);
	sandbox_path(box, "op/images/root.tar", archive);
	sandbox_path(box, "op/images/tree", inside);
	assert_int_equal(sandbox_run(pack), 0);
	assert_int_equal(chdir(box->dir), 0);
	options.target = image;
	front_start(&f, "linux", &options);
	front_expect(&f, "board.img");
	front_expect(&f, "mmcblk0"); /* from the recorded machine */
	front_expect(&f, "image file");
	front_type(&f, "?");
	front_expect(&f, "Help: Target");
	front_type(&f, "q\r");
	front_expect(&f, "Enter open");
	front_type(&f, "p");
	front_expect(&f, "Path: ");
	front_type(&f, "op/im\t");
	front_expect(&f, "op/images/");
	front_type(&f, "no\r");
	front_expect(&f, "file."); /* "Choose another file." */
	front_type(&f, "\177\177root\t\r");
	front_expect(&f, "single-gpt");
	front_expect(&f, "entries"); /* the scan has ended */
	front_type(&f, "\r");
	front_expect(&f, "Cannot install:");
	front_expect(&f, "no digest file");
	/* A rescan also reads the archive again, both when it changed and when it was bad. */
	assert_int_equal(truncate(archive, 1600), 0);
	front_type(&f, "r");
	front_expect(&f, "replace"); /* "or replace it and press r." */
	assert_int_equal(sandbox_run(pack), 0);
	front_type(&f, "r");
	front_expect(&f, "no digest file");
	front_type(&f, "q");
	front_expect(&f, "single-mbr");
	front_type(&f, "q");
	front_expect(&f, "root.tar");
	front_type(&f, "q");
	front_expect(&f, "q quit");
	front_type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_CANCELLED);
	assert_true(front_has_said(&f, NULL));
	front_close(&f);
}

/* Hotplug on a machine of the test, independent of events of the real kernel. */
static void plugging_shows(void **state)
{
	struct sandbox *box = *state;
	const struct app_options options = {.root = box->root, .allow = 1u << DISK_FIXED};
	struct front f = {.engine = -1};

	sandbox_file(box, "proc/self/mountinfo", "1 1 0:2 / / rw - rootfs rootfs rw\n");
	sandbox_dir(box, "sys/block");
	front_start(&f, "vt220", &options);
	front_expect(&f, "No device found");
	sandbox_block(box, NULL, "sdy", "8:384\n", "262144\n");
	sandbox_file(box, "sys/devices/bus/block/sdy/device/model", "Stick\n");
	front_expect(&f, "> sdy");
	/* A new row above the cursor does not move it to another disk. */
	sandbox_block(box, NULL, "sdx", "8:368\n", "262144\n");
	sandbox_file(box, "sys/devices/bus/block/sdx/device/model", "Other\n");
	front_expect(&f, "  sdx");
	front_expect(&f, "> sdy");
	assert_int_equal(unlinkat(box->root, "sys/block/sdy", 0), 0);
	front_expect(&f, "> sdx");
	front_type(&f, "q");
	assert_int_equal(front_end(&f), EXIT_CANCELLED);
	assert_true(front_has_said(&f, NULL));
	front_close(&f);
}

/* TERM is missing or "dumb", but the terminal answers the query. */
static void plain_terminal_is_noted(void **state)
{
	static const struct {
		const char *type, *says;
	} rows[] = {
		{NULL, "TERM is not set; using a plain VT220 description."},
		{"dumb", "\"dumb\" (TERM), but the terminal responds"},
	};
	struct sandbox *box = *state;
	const struct app_options options = {.root = box->root, .allow = 1u << DISK_IMAGE};

	sandbox_dir(box, "sys/block");
	sandbox_file(box, "proc/self/mountinfo", "");
	sandbox_file(box, "proc/swaps", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct front f = {.engine = -1};

		front_start(&f, rows[i].type, &options);
		front_expect(&f, rows[i].says);
		front_expect(&f, "No device found");
		assert_int_equal(kill(f.pid, SIGTERM), 0);
		assert_int_equal(front_end(&f), EXIT_CANCELLED);
		front_close(&f);
	}
}

/* --- on the kernel's own console --- */

static void kernel_messages_stay_off_the_console(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f;

	console_mount(*state);
	f = front_follow(&s, true);
	front_expect(&f, "48 %");
	assert_true(console_printk_is(CONSOLE_QUIET));
	front_type(&f, "d");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_true(console_printk_is(CONSOLE_LOUD));
	front_close(&f);

	/* A killed front end leaves the level to be restored by the next one. */
	f = front_follow(&s, true);
	front_expect(&f, "48 %");
	assert_true(console_printk_is(CONSOLE_QUIET));
	assert_int_equal(kill(f.pid, SIGKILL), 0);
	assert_int_equal(waitpid(f.pid, NULL, 0), f.pid);
	assert_true(console_printk_is(CONSOLE_QUIET));
	front_close(&f);
	f = front_follow(&s, true);
	front_expect(&f, "48 %");
	assert_true(console_printk_is(CONSOLE_QUIET));
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	assert_true(console_printk_is(CONSOLE_LOUD));
	front_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_to_pass),
		cmocka_unit_test(verdict_outlives_the_screens),
		cmocka_unit_test(cancels_after_a_question),
		cmocka_unit_test(watcher_cannot_cancel),
		cmocka_unit_test(term_signal_detaches),
		cmocka_unit_test(continues_after_a_stop),
		cmocka_unit_test(stuck_line_does_not_block_the_exit),
		cmocka_unit_test(hangup_detaches),
		cmocka_unit_test(engine_that_vanishes_is_a_failure),
		cmocka_unit_test(resizes),
#if !defined(__SANITIZE_ADDRESS__)
		cmocka_unit_test(no_memory_detaches),
#endif
		cmocka_unit_test(engine_of_another_version_continues),
		cmocka_unit_test(keys_are_shown_at_once),
		cmocka_unit_test(no_usable_terminal),
		sandbox_test(plugging_shows),
		sandbox_test(plain_terminal_is_noted),
		sandbox_test(all_the_way),
		sandbox_test(restarts_after_a_question),
		console_test(kernel_messages_stay_off_the_console),
	};

	return cmocka_run_group_tests_name("app", tests, NULL, NULL);
}
