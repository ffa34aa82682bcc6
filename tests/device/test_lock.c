/* SPDX-License-Identifier: MIT */
/* Who holds a lock: real locks of this process, and tables of other processes. */
#include "device/disk/lock.h"

#include "device/base/sysroot.h"
#include "tests/lib/sandbox.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

static int open_file(const struct sandbox *box)
{
	int fd = openat(box->root, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void finds_this_process(void **state)
{
	const struct sandbox *box = *state;
	_cleanup_close_ int holder = open_file(box), fd = open_file(box), root = sysroot_open("/");
	struct lock_owner owner;

	for (unsigned shared = 0; shared < 2; shared++) {
		assert_int_equal(flock(holder, shared ? LOCK_SH : LOCK_EX), 0);
		lock_find(root, fd, &owner);
		assert_int_equal(owner.pid, getpid());
		assert_int_equal(owner.shared, shared);
		assert_string_equal(owner.name, "test_lock");
		/* It started before now, and not an hour ago. */
		assert_true(owner.since_s <= time(NULL) + 1 && owner.since_s > time(NULL) - 3600);
		/* The search holds no lock itself. */
		assert_int_equal(flock(holder, LOCK_EX | LOCK_NB), 0);
		assert_int_equal(flock(holder, LOCK_UN), 0);
	}
}

/* Writes proc/locks with @ replaced by the file's device and inode. */
static void write_table(const struct sandbox *box, int fd, const char *pattern)
{
	char file[64], table[400] = "";
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	(void)STR_FORMAT(file, "%02x:%02x:%llu", major(st.st_dev), minor(st.st_dev),
		(unsigned long long)st.st_ino);
	for (const char *c = pattern; *c; c++)
		(void)str_format(table + strlen(table), sizeof(table) - strlen(table), "%.*s",
			*c == '@' ? (int)sizeof(file) : 1, *c == '@' ? file : c);
	sandbox_file(box, "proc/locks", table);
}

static void reads_the_table(void **state)
{
	static const struct {
		const char *table;
		int pid;
	} rows[] = {
		{"1: FLOCK  ADVISORY  WRITE 812 @ 0 EOF\n", 812},
		{"1: FLOCK  ADVISORY  READ  7 @ 0 EOF\n2: FLOCK  ADVISORY  WRITE 812 @ 0 EOF\n",
			812},
		{"1: FLOCK  ADVISORY  WRITE 812 @ 0 EOF\n2: FLOCK  ADVISORY  READ  7 @ 0 EOF\n",
			812},
		/* A process that waits for the lock; other kinds of locks; other files. */
		{"1: FLOCK  ADVISORY  READ  7 @ 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 9 @ 0 EOF\n",
			7},
		{"1: POSIX  ADVISORY  WRITE 812 @ 0 EOF\n2: LEASE  ACTIVE  READ 9 @ 0 EOF\n", 0},
		{"1: FLOCK  ADVISORY  WRITE 812 @1 0 EOF\n", 0},
		{"1: FLOCK  ADVISORY  WRITE 0 @ 0 EOF\n", 0}, /* hidden */
		{"", 0},
		{"nonsense\n", 0},
	};
	const struct sandbox *box = *state;
	_cleanup_close_ int fd = open_file(box);
	struct lock_owner owner;

	sandbox_file(box, "proc/812/comm", "evil\033]name\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		write_table(box, fd, rows[i].table);
		lock_find(box->root, fd, &owner);
		if (owner.pid != rows[i].pid)
			fail_msg("row %zu: process %d", i, owner.pid);
		if (owner.pid == 812)
			assert_null(strchr(owner.name, '\033'));
		/* Nobody really holds a lock. */
		assert_true(owner.shared);
	}
}

static void is_told(void **state)
{
	static const struct {
		struct lock_owner owner;
		const char *text, *way_out;
	} rows[] = {
		{{.pid = 812, .name = "boardstrap-eng", .step = "verify", .since_s = 3600},
			"another install (process 812, since 01:00:00, now at verify)",
			"boardstrap cancel"},
		{{.pid = 812, .name = "sfdisk", .since_s = 3600},
			"sfdisk (process 812, since 01:00:00)", "Wait until it ends"},
		{{.pid = 812}, "a process that has ended, with a child that has not (process 812)",
			"or end it"},
		{{.pid = 0}, "a process that cannot be seen from here", "or end it"},
	};

	(void)state;
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[LOCK_TEXT_MAX], sentence[300], begins[200];

		lock_text(&rows[i].owner, text);
		assert_string_equal(text, rows[i].text);
		lock_sentence("sda", &rows[i].owner, sentence, sizeof(sentence));
		(void)STR_FORMAT(begins, "sda is locked by %s. ", text);
		assert_memory_equal(sentence, begins, strlen(begins));
		assert_non_null(strstr(sentence, rows[i].way_out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(finds_this_process),
		sandbox_test(reads_the_table),
		cmocka_unit_test(is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
