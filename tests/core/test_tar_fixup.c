/* SPDX-License-Identifier: MIT */
#include "core/manifest/tar_fixup.h"

#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Starts from a tree that a tar without directory times and link owners has extracted. */
static void directories_and_links(void **state)
{
	char dir[] = "/tmp/test-mend-XXXXXX";
	struct diag diag;
	struct manifest *manifest = manifest_new();
	_cleanup_close_ int fd = -1;
	struct manifest_entry folder = {.path = "d",
		.link = "",
		.type = MANIFEST_DIR,
		.mtime_s = 1000000000,
		.mtime_ns = 5};
	struct manifest_entry link = {.path = "d/l",
		.link = "x",
		.type = MANIFEST_SYMLINK,
		.uid = 12,
		.gid = 34,
		.mtime_s = 900000000};
	struct manifest_entry missing = {.path = "no", .link = "", .type = MANIFEST_DIR};
	struct stat st;

	(void)state;
	if (geteuid() != 0) {
		print_message("owners can only be given away by root\n");
		skip();
	}
	assert_non_null(manifest);
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(mkdirat(fd, "d", 0755), 0);
	assert_int_equal(symlinkat("x", fd, "d/l"), 0);
	assert_int_equal(manifest_add(manifest, "d/", &folder), 0);
	assert_int_equal(manifest_add(manifest, "d/l", &link), 0);
	assert_int_equal(manifest_seal(manifest), 0);
	assert_int_equal(tar_fixup_tree(fd, manifest, &diag), 0);
	assert_int_equal(fstatat(fd, "d", &st, 0), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
	assert_int_equal(st.st_mtim.tv_nsec, 5);
	assert_int_equal(fstatat(fd, "d/l", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_uid, 12);
	assert_int_equal(st.st_gid, 34);
	assert_int_equal(st.st_mtim.tv_sec, 900000000);
	manifest_free(manifest);

	manifest = manifest_new();
	assert_non_null(manifest);
	assert_int_equal(manifest_add(manifest, "no", &missing), 0);
	assert_int_equal(manifest_seal(manifest), 0);
	assert_int_equal(tar_fixup_tree(fd, manifest, &diag), -ENOENT);
	assert_string_equal(diag.text, "no");
	manifest_free(manifest);

	assert_int_equal(unlinkat(fd, "d/l", 0), 0);
	assert_int_equal(unlinkat(fd, "d", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_and_links),
	};

	return cmocka_run_group_tests_name("tar_fixup", tests, NULL, NULL);
}
