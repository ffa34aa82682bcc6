/* SPDX-License-Identifier: MIT */
#include "ui/lines/follow.h"

#include "core/service/service.h"
#include "tests/lib/capture.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* The test plays the engine, at the other end of the socket. */
static int engine, viewer, reactor;
static struct follow follow;
static int old_stderr, error_fd;

static int setup(void **state)
{
	int ends[2];

	if (capture_open(state) < 0 ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -1;
	engine = ends[0];
	viewer = ends[1];
	/* Captures error sentences. */
	old_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	error_fd = memfd_create("errors", MFD_CLOEXEC);
	if (old_stderr < 0 || error_fd < 0 || dup2(error_fd, STDERR_FILENO) < 0)
		return -1;
	reactor = reactor_new();
	return follow_init(&follow, reactor, out, true);
}

static int teardown(void **state)
{
	follow_finish(&follow);
	close_fd(&reactor);
	(void)dup2(old_stderr, STDERR_FILENO);
	close_fd(&old_stderr);
	close_fd(&error_fd);
	close_fd(&engine);
	close_fd(&viewer);
	return capture_close(state);
}

static void send_state(enum install_state install, int code)
{
	struct snapshot snapshot = {
		.magic = SNAPSHOT_MAGIC,
		.version = SNAPSHOT_VERSION,
		.size = sizeof(snapshot),
		.state = install,
		.exit_code = code,
		.written = true,
	};

	assert_int_equal(send(engine, &snapshot, sizeof(snapshot), 0), sizeof(snapshot));
}

/* The text on standard error so far. */
static const char *errors(void)
{
	static char buf[2000];
	ssize_t n = pread(error_fd, buf, sizeof(buf) - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static bool was_cancelled(void)
{
	char command = 0;

	return recv(engine, &command, 1, MSG_DONTWAIT) == 1 && command == SERVICE_CANCEL;
}

static void to_the_end(void **state)
{
	(void)state;
	send_state(INSTALL_RUNNING, 0);
	send_state(INSTALL_PASSED, EXIT_NOT_VERIFIED);
	assert_int_equal(follow_engine(&follow, viewer), EXIT_NOT_VERIFIED);
	assert_non_null(strstr(capture_take(), "\"result\":\"pass\""));
	assert_false(was_cancelled());
}

static void an_engine_that_dies(void **state)
{
	(void)state;
	send_state(INSTALL_RUNNING, 0);
	close_fd(&engine);
	assert_int_equal(follow_engine(&follow, viewer), EXIT_FAILED);
	assert_null(strstr(capture_take(), "\"result\":\"pass\""));
}

/* Long output of a tool is wrapped, and its control characters are replaced. */
static void a_failure_is_wrapped(void **state)
{
	struct snapshot failed = {
		.magic = SNAPSHOT_MAGIC,
		.version = SNAPSHOT_VERSION,
		.size = sizeof(failed),
		.state = INSTALL_FAILED,
		.exit_code = EXIT_FAILED,
		.err = {.code = EXIT_FAILED, .step = "extract", .next = "Retry"},
	};
	const char *line;
	unsigned lines = 0;

	(void)state;
	STR_COPY(failed.err.text, "tar failed on board.img: exit status 2: tar: ");
	while (strlen(failed.err.text) < 300)
		(void)strcat(failed.err.text, "some/folder: \x1b[2J ");
	assert_int_equal(send(engine, &failed, sizeof(failed), 0), sizeof(failed));
	assert_int_equal(follow_engine(&follow, viewer), EXIT_FAILED);
	line = errors();
	assert_memory_equal(line, "boardstrap: tar failed on board.img", 35);
	assert_null(strchr(line, '\x1b'));
	for (; *line; line += strcspn(line, "\n") + 1, lines++)
		assert_in_range(strcspn(line, "\n"), 13, PLAIN_COLS);
	assert_in_range(lines, 5, 8);
	assert_string_equal(line - strlen("Retry.\n"), "Retry.\n");
}

/* Ctrl-C asks the engine to cancel, and waits for its result. */
static void ctrl_c_cancels(void **state)
{
	(void)state;
	send_state(INSTALL_CANCELLED, EXIT_CANCELLED);
	assert_int_equal(raise(SIGINT), 0);
	assert_int_equal(follow_engine(&follow, viewer), EXIT_CANCELLED);
	assert_true(was_cancelled());
}

static void ctrl_c_of_a_viewer_leaves(void **state)
{
	(void)state;
	follow.watch = true;
	assert_int_equal(raise(SIGINT), 0);
	assert_int_equal(follow_engine(&follow, viewer), EXIT_DETACHED);
	assert_false(was_cancelled());
	assert_non_null(strstr(errors(), "the install continues"));
}

static void a_hang_up_leaves(void **state)
{
	(void)state;
	send_state(INSTALL_RUNNING, 0);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(follow_engine(&follow, viewer), EXIT_DETACHED);
	assert_false(was_cancelled());
}

static void an_engine_of_another_version(void **state)
{
	(void)state;
	assert_int_equal(send(engine, "", 1, 0), 1);
	assert_int_equal(follow_engine(&follow, viewer), EXIT_DETACHED);
	assert_non_null(strstr(errors(), "another version of boardstrap"));
}

static void a_reader_that_goes_away(void **state)
{
	FILE *lost;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	lost = fdopen(ends[1], "w");
	assert_non_null(lost);
	(void)close(ends[0]);
	follow.out = lost;
	assert_int_equal(follow_engine(&follow, viewer), EXIT_DETACHED);
	(void)fclose(lost);
	assert_false(was_cancelled());
}

/* A pending signal must not kill the process afterwards. */
static void a_late_signal_is_dropped(void **state)
{
	(void)state;
	assert_int_equal(raise(SIGTERM), 0);
	follow_finish(&follow);
	assert_int_equal(follow.signals.fd, -1);
}

/* TERM does not matter here: app_follow queries the terminal. */
static void a_screen_needs_a_terminal(void **state)
{
	int saved[] = {
		fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
	int ends[] = {-1, -1}, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool neither, one, both;

	(void)state;
	assert_true(saved[0] >= 0 && saved[1] >= 0 && null >= 0);
	assert_int_equal(openpty(&ends[0], &ends[1], NULL, NULL, NULL), 0);
	assert_int_equal(setenv("TERM", "dumb", 1), 0);
	(void)fflush(stdout);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	neither = follow_has_screen();
	(void)dup2(ends[1], STDOUT_FILENO);
	one = follow_has_screen();
	(void)dup2(ends[1], STDIN_FILENO);
	both = follow_has_screen();
	(void)dup2(saved[0], STDIN_FILENO);
	(void)dup2(saved[1], STDOUT_FILENO);
	for (size_t i = 0; i < 2; i++) {
		close_fd(&saved[i]);
		close_fd(&ends[i]);
	}
	close_fd(&null);
	assert_false(neither);
	assert_false(one);
	assert_true(both);
}

/* --- a terminal that is stopped --- */

static int line_master, line_slave;
static pid_t follower;

/* Forks a follower on a stopped line, and sends it three snapshots. */
static void follow_on_a_stopped_line(void)
{
	int unread;
	FILE *line;

	assert_int_equal(openpty(&line_master, &line_slave, NULL, NULL, NULL), 0);
	assert_int_equal(fcntl(line_master, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(tcflow(line_slave, TCOOFF), 0);
	follower = fork();
	assert_true(follower >= 0);
	if (follower == 0) {
		close_fd(&engine);
		close_fd(&line_master);
		line = fdopen(line_slave, "w");
		(void)dup2(line_slave, STDERR_FILENO);
		/* Here: epoll reports a signalfd by the signals of the process that added it. */
		if (follow_init(&follow, reactor_new(), line, false) < 0)
			_exit(99);
		_exit(follow_engine(&follow, viewer));
	}
	close_fd(&viewer);
	for (unsigned i = 0; i < 3; i++) {
		struct snapshot snapshot = {
			.magic = SNAPSHOT_MAGIC,
			.version = SNAPSHOT_VERSION,
			.size = sizeof(snapshot),
			.state = INSTALL_RUNNING,
		};

		for (unsigned step = 0; step <= i; step++)
			snapshot.steps[step].state = STEP_DONE;
		assert_int_equal(send(engine, &snapshot, sizeof(snapshot), 0), sizeof(snapshot));
	}
	/* Wait until all are received: then the follower is ready for signals. */
	do
		(void)usleep(1000);
	while (ioctl(engine, SIOCOUTQ, &unread) == 0 && unread > 0);
}

/* Waits for the exit of the follower, at most a minute. Returns the exit code. */
static int follower_end(void)
{
	int status = -1;

	for (unsigned i = 0; i < 6000 && waitpid(follower, &status, WNOHANG) == 0; i++) {
		(void)usleep(10000);
		if (i == 5999) {
			(void)kill(follower, SIGKILL);
			(void)waitpid(follower, NULL, 0);
			fail_msg("the follower does not exit");
		}
	}
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The output on the line. */
static const char *line_text(void)
{
	static char buf[4096];
	ssize_t n = read(line_master, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	close_fd(&line_master);
	close_fd(&line_slave);
	return buf;
}

static void a_stopped_line_does_not_block_detaching(void **state)
{
	(void)state;
	follow_on_a_stopped_line();
	assert_int_equal(kill(follower, SIGHUP), 0);
	assert_int_equal(follower_end(), EXIT_DETACHED);
	assert_false(was_cancelled());
	(void)line_text();
}

static void a_stopped_line_does_not_block_cancelling(void **state)
{
	struct pollfd asked = {.fd = engine, .events = POLLIN};

	(void)state;
	follow_on_a_stopped_line();
	assert_int_equal(kill(follower, SIGTERM), 0);
	assert_int_equal(poll(&asked, 1, 60000), 1);
	assert_true(was_cancelled());
	send_state(INSTALL_CANCELLED, EXIT_CANCELLED);
	assert_int_equal(follower_end(), EXIT_CANCELLED);
	(void)line_text();
}

/* The result waits until the line is started, and the ended steps are printed before it. */
static void a_stopped_line_shows_the_result(void **state)
{
	const char *shown;

	(void)state;
	follow_on_a_stopped_line();
	send_state(INSTALL_PASSED, EXIT_NOT_VERIFIED);
	(void)usleep(300000);
	assert_int_equal(waitpid(follower, NULL, WNOHANG), 0);
	assert_int_equal(tcflow(line_slave, TCOON), 0);
	assert_int_equal(follower_end(), EXIT_NOT_VERIFIED);
	shown = line_text();
	assert_non_null(strstr(shown, "[ OK ]"));
	assert_non_null(strstr(shown, "PASS "));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(to_the_end),
		TEST(an_engine_that_dies),
		TEST(a_failure_is_wrapped),
		TEST(ctrl_c_cancels),
		TEST(ctrl_c_of_a_viewer_leaves),
		TEST(a_hang_up_leaves),
		TEST(an_engine_of_another_version),
		TEST(a_reader_that_goes_away),
		TEST(a_stopped_line_does_not_block_detaching),
		TEST(a_stopped_line_does_not_block_cancelling),
		TEST(a_stopped_line_shows_the_result),
		TEST(a_late_signal_is_dropped),
		cmocka_unit_test(a_screen_needs_a_terminal),
	};

	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
