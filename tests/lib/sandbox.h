/* SPDX-License-Identifier: MIT */
/*
 * sandbox - a temporary directory, in which a test can build a machine (sysfs and proc as plain
 * files) or unpack a recorded one. Its cmocka setup and teardown remove it however the test ends.
 */
#ifndef TESTS_SANDBOX_H
#define TESTS_SANDBOX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A function that not every test uses. */
#define SANDBOX_CALL static inline __attribute__((unused))

struct sandbox {
	char dir[PATH_MAX / 4];
	int root; /* descriptor of dir */
};

SANDBOX_CALL int sandbox_remove(
	const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

SANDBOX_CALL int sandbox_setup(void **state)
{
	const char *base = getenv("TMPDIR");
	struct sandbox *box = calloc(1, sizeof(*box));

	if (!box)
		return -1;
	(void)snprintf(box->dir, sizeof(box->dir), "%s/boardstrap-sandbox-XXXXXX",
		base && *base ? base : "/tmp");
	if (!mkdtemp(box->dir)) {
		free(box);
		return -1;
	}
	box->root = open(box->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = box;
	return box->root < 0 ? -1 : 0;
}

SANDBOX_CALL int sandbox_teardown(void **state)
{
	struct sandbox *box = *state;

	(void)close(box->root);
	(void)nftw(box->dir, sandbox_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(box);
	return 0;
}

#define sandbox_test(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, sandbox_setup, sandbox_teardown)

/* Creates the parent directories of @path. */
SANDBOX_CALL void sandbox_parents(const struct sandbox *box, const char *path)
{
	char dir[PATH_MAX];

	(void)snprintf(dir, sizeof(dir), "%s", path);
	for (char *p = strchr(dir, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdirat(box->root, dir, 0755);
		*p = '/';
	}
}

SANDBOX_CALL void sandbox_dir(const struct sandbox *box, const char *path)
{
	sandbox_parents(box, path);
	assert_int_equal(mkdirat(box->root, path, 0755), 0);
}

SANDBOX_CALL void sandbox_bytes(
	const struct sandbox *box, const char *path, const void *bytes, size_t size)
{
	int fd;

	sandbox_parents(box, path);
	fd = openat(box->root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	assert_int_equal(close(fd), 0);
}

SANDBOX_CALL void sandbox_file(const struct sandbox *box, const char *path, const char *text)
{
	sandbox_bytes(box, path, text, strlen(text));
}

SANDBOX_CALL void sandbox_link(const struct sandbox *box, const char *path, const char *target)
{
	sandbox_parents(box, path);
	(void)unlinkat(box->root, path, 0);
	assert_int_equal(symlinkat(target, box->root, path), 0);
}

SANDBOX_CALL const char *sandbox_path(
	const struct sandbox *box, const char *path, char ret[PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%s/%s", box->dir, path);
	return ret;
}

/* Creates a whole disk, or a partition of @parent if that is not NULL, with its links in sysfs. */
SANDBOX_CALL void sandbox_block(const struct sandbox *box, const char *parent, const char *name,
	const char *number, const char *sectors)
{
	const char *base = strncmp(name, "loop", 4) == 0 || strncmp(name, "dm-", 3) == 0
				   ? "devices/virtual/block"
				   : "devices/bus/block";
	char dir[256], path[PATH_MAX], target[PATH_MAX];

	(void)snprintf(
		dir, sizeof(dir), "%s/%s%s%s", base, parent ? parent : "", parent ? "/" : "", name);
	(void)snprintf(path, sizeof(path), "sys/%s/dev", dir);
	sandbox_file(box, path, number);
	(void)snprintf(path, sizeof(path), "sys/%s/size", dir);
	sandbox_file(box, path, sectors);
	(void)snprintf(target, sizeof(target), "../../%s", dir);
	(void)snprintf(path, sizeof(path), "sys/class/block/%s", name);
	sandbox_link(box, path, target);
	(void)snprintf(
		path, sizeof(path), "sys/dev/block/%.*s", (int)strcspn(number, "\n"), number);
	sandbox_link(box, path, target);
	if (parent) {
		(void)snprintf(path, sizeof(path), "sys/%s/partition", dir);
		sandbox_file(box, path, "1\n");
		return;
	}
	(void)snprintf(path, sizeof(path), "sys/block/%s", name);
	(void)snprintf(target, sizeof(target), "../%s", dir);
	sandbox_link(box, path, target);
}

/* Creates the disks that many tests use: sda with two partitions, and sdb. */
SANDBOX_CALL void sandbox_disks(const struct sandbox *box)
{
	sandbox_block(box, NULL, "sda", "8:0\n", "1000\n");
	sandbox_block(box, "sda", "sda1", "8:1\n", "100\n");
	sandbox_block(box, "sda", "sda2", "8:2\n", "100\n");
	sandbox_block(box, NULL, "sdb", "8:16\n", "1000\n");
}

/* Runs a program and waits for it. Returns its exit status, or -1. */
SANDBOX_CALL int sandbox_run(const char *const *argv)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		char *args[16];
		size_t n = 0;

		for (; argv[n] && n < 15; n++)
			args[n] = strdup(argv[n]);
		args[n] = NULL;
		(void)dup2(null, STDOUT_FILENO);
		execvp(args[0], args);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Group setup: the tests share the tree and the archives of make-archives.sh. */
SANDBOX_CALL int sandbox_archives(void **state)
{
	const struct sandbox *box;

	if (sandbox_setup(state) < 0)
		return -1;
	box = *state;
	return sandbox_run(
		(const char *const[]){"sh", "tests/tools/make-archives.sh", box->dir, NULL});
}

/* Unpacks a recorded machine into the sandbox, without its top directory. */
SANDBOX_CALL void sandbox_unpack(const struct sandbox *box, const char *archive)
{
	const char *const argv[] = {
		"tar", "-xzf", archive, "--strip-components=1", "-C", box->dir, NULL};

	assert_int_equal(sandbox_run(argv), 0);
}

#endif
