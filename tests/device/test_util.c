/* SPDX-License-Identifier: MIT */
#include "device/base/util.h"

#include "tests/lib/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

static void copies_are_bounded(void **state)
{
	char to[4] = "xyz";

	(void)state;
	assert_true(STR_COPY(to, "abc"));
	assert_string_equal(to, "abc");
	assert_false(STR_COPY(to, "abcd"));
	assert_string_equal(to, "abc");
	assert_true(STR_COPY(to, ""));
	assert_string_equal(to, "");
	assert_true(STR_FORMAT(to, "%d", 123));
	assert_false(STR_FORMAT(to, "%d", 1234));
	assert_string_equal(to, "123");
	/* Overlapping. */
	assert_true(str_copy(to, sizeof(to), to + 1));
	assert_string_equal(to, "23");
}

static void copies_share_one_store(void **state)
{
	char store[8] = "xxxxxxx";
	size_t used = 0;
	const char *a = str_keep(store, sizeof(store), &used, "abc");
	const char *b = str_keep(store, sizeof(store), &used, "");

	(void)state;
	assert_ptr_equal(a, store);
	assert_ptr_equal(b, store + 4);
	assert_int_equal(used, 5);
	assert_null(str_keep(store, sizeof(store), &used, "def"));
	assert_int_equal(used, 5);
	assert_int_equal(store[5], 'x');
	assert_ptr_equal(str_keep(store, sizeof(store), &used, "de"), store + 5);
	assert_null(str_keep(store, sizeof(store), &used, ""));
	assert_string_equal(a, "abc");
	assert_string_equal(b, "");
	assert_string_equal(store + 5, "de");
}

static void prefixes_are_found(void **state)
{
	(void)state;
	assert_true(str_has_prefix("sda", "sd"));
	assert_true(str_has_prefix("sd", "sd"));
	assert_true(str_has_prefix("sd", ""));
	assert_false(str_has_prefix("s", "sd"));
	assert_false(str_has_prefix("xsd", "sd"));
	assert_false(str_has_prefix("", "sd"));
}

static void paths_are_below_whole_names(void **state)
{
	(void)state;
	assert_true(path_is_below("/boot", "/boot"));
	assert_true(path_is_below("/boot/efi", "/boot"));
	assert_false(path_is_below("/bootx", "/boot"));
	assert_false(path_is_below("/boo", "/boot"));
	assert_false(path_is_below("/", "/boot"));
	assert_true(path_is_below("/boot", ""));
	assert_true(path_is_below("", ""));
	assert_false(path_is_below("", "boot"));
}

static void expect_sanitised(const char *from, const char *to)
{
	char text[64];

	assert_true(STR_COPY(text, from));
	str_sanitise(text);
	assert_string_equal(text, to);
}

static void text_becomes_safe(void **state)
{
	(void)state;
	expect_sanitised("", "");
	expect_sanitised("rootfs ~", "rootfs ~");
	expect_sanitised("a\x1b[31m\n\x7f", "a?[31m??");
	expect_sanitised("gr\xc3\xb6\xc3\x9f"
			 "e \xe2\x82\xac \xf0\x9f\x92\xbe",
		"gr\xc3\xb6\xc3\x9f"
		"e \xe2\x82\xac \xf0\x9f\x92\xbe");
	expect_sanitised("\xc2\x9b"
			 "31m",
		"\?\?31m");				    /* CSI as a C1 control */
	expect_sanitised("\xe2\x80\xae.txt", "\?\?\?.txt"); /* right-to-left override */
	expect_sanitised("\xc0\x80 \xc1\xbf", "\?\? \?\?"); /* overlong */
	expect_sanitised("\xed\xa0\x80", "\?\?\?");	    /* surrogate */
	expect_sanitised("\xf4\x90\x80\x80", "\?\?\?\?");   /* beyond Unicode */
	expect_sanitised("cut \xe2\x82", "cut \?\?");
	expect_sanitised("\xfe\xff", "\?\?");
}

static void numbers_are_whole(void **state)
{
	static const struct {
		const char *text;
		int base, r;
		uint64_t value;
	} cases[] = {
		{"0", 10, 0, 0},
		{"18446744073709551615", 10, 0, UINT64_MAX},
		{"18446744073709551616", 10, -ERANGE, 0},
		{"0x1F", 0, 0, 31},
		{"017", 0, 0, 15},
		{"017", 10, 0, 17},
		{"ff", 16, 0, 255},
		{"ff", 10, -EINVAL, 0},
		{"", 10, -EINVAL, 0},
		{"", 16, -EINVAL, 0},
		{" 1", 10, -EINVAL, 0},
		{" 1", 16, -EINVAL, 0},
		{"\t1", 16, -EINVAL, 0},
		{"\n1", 10, -EINVAL, 0},
		{"-1", 10, -EINVAL, 0},
		{"-1", 16, -EINVAL, 0},
		{"+1", 10, -EINVAL, 0},
		{"+1", 16, -EINVAL, 0},
		{"1 ", 10, -EINVAL, 0},
		{"1x", 10, -EINVAL, 0},
		{"0x", 0, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 4711;
		int r = str_to_u64(cases[i].text, cases[i].base, &value);

		if (r != cases[i].r)
			print_error("'%s' in base %d\n", cases[i].text, cases[i].base);
		assert_int_equal(r, cases[i].r);
		assert_int_equal(value, r == 0 ? cases[i].value : 4711);
	}
}

static void descriptors_are_closed_once(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), same = fd;
	int taken;

	(void)state;
	assert_true(fd >= 0);
	taken = take_fd(&fd);
	assert_int_equal(taken, same);
	assert_int_equal(fd, -1);
	errno = ENOSPC;
	close_fd(&taken);
	assert_int_equal(taken, -1);
	assert_int_equal(fcntl(same, F_GETFD), -1);
	errno = ENOSPC;
	close_fd(&taken);
	assert_int_equal(errno, ENOSPC);
}

static void reads_and_writes_are_full(void **state)
{
	char buf[8];
	int fds[2];

	(void)state;
	/* A stream that delivers its bytes in pieces. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(write_full(fds[0], "ab", 2), 0);
	if (fork() == 0) {
		usleep(20000);
		_exit(write_full(fds[0], "cdef", 4) == 0 ? 0 : 1);
	}
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(read_full(fds[1], buf, 6), 0);
	assert_memory_equal(buf, "abcdef", 6);
	assert_int_equal(read_full(fds[1], buf, 1), -ENODATA);
	assert_int_equal(read_full(fds[1], buf, 0), 0);
	assert_int_equal(close(fds[1]), 0);
	assert_true(wait(NULL) > 0);
	assert_int_equal(read_full(-1, buf, 1), -EBADF);
	assert_int_equal(write_full(-1, buf, 1), -EBADF);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* A signal interrupts a write into a full pipe: the rest is written afterwards. */
static void short_writes_go_on(void **state)
{
	static unsigned char bytes[KIB(256)], read_back[sizeof(bytes)];
	const struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
	const struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
	int fds[2], status;
	pid_t reader;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7 + i / 251);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	reader = fork();
	if (reader == 0) {
		(void)close(fds[1]);
		(void)usleep(50000);
		_exit(read_full(fds[0], read_back, sizeof(bytes)) == 0 &&
					memcmp(read_back, bytes, sizeof(bytes)) == 0
				? 0
				: 1);
	}
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_int_equal(write_full(fds[1], bytes, sizeof(bytes)), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
	assert_int_equal(close(fds[0]), 0);
}

static void offsets_are_kept(void **state)
{
	struct sandbox *box = *state;
	char buf[4];
	int fd = openat(box->root, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite_full(fd, "abcd", 4, 10), 0);
	assert_int_equal(pread_full(fd, buf, 4, 10), 0);
	assert_memory_equal(buf, "abcd", 4);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_int_equal(pread_full(fd, buf, 4, 11), -ENODATA);
	assert_int_equal(pread_full(fd, buf, 1, UINT64_MAX), -EINVAL);
	assert_int_equal(close(fd), 0);
}

static void containers_are_found(void **state)
{
	struct outer {
		int before;
		int inner;
	} outer;

	(void)state;
	assert_ptr_equal(container_of(&outer.inner, struct outer, inner), &outer);
	assert_int_equal(KIB(1), 1024);
	assert_int_equal(GIB(5), 5368709120);
	assert_true(now_ms() <= now_ms());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_bounded),
		cmocka_unit_test(copies_share_one_store),
		cmocka_unit_test(prefixes_are_found),
		cmocka_unit_test(paths_are_below_whole_names),
		cmocka_unit_test(text_becomes_safe),
		cmocka_unit_test(numbers_are_whole),
		cmocka_unit_test(descriptors_are_closed_once),
		cmocka_unit_test(reads_and_writes_are_full),
		cmocka_unit_test(short_writes_go_on),
		sandbox_test(offsets_are_kept),
		cmocka_unit_test(containers_are_found),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
