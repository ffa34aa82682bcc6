/* SPDX-License-Identifier: MIT */
#include "core/install/copying.h"

#include "core/archive/copies.h"
#include "device/base/util.h"
#include "device/layout/layout_copy.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

struct board {
	const struct sandbox *box;
	struct layout layout;
	struct manifest *manifest;
	int tree;
	uint64_t told; /* bytes */
};

static void tell(void *arg, uint64_t bytes)
{
	struct board *board = arg;

	assert_true(bytes > board->told);
	board->told = bytes;
}

/* The folder "out" is the tree, and "in" has the files. */
static struct board read_board(const struct sandbox *box, const char *word)
{
	struct board board = {.box = box,
		.layout = {.count = 1, .partitions = {{.name = "boot", .mount = "/boot"}}},
		.manifest = manifest_new()};
	char folder[PATH_MAX];
	uint64_t bytes;
	struct diag diag;

	sandbox_file(box, "out/boot/some", "");
	board.tree = openat(box->root, "out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(board.tree >= 0 && board.manifest);
	assert_int_equal(
		layout_add_copy(&board.layout, 0, word, sandbox_path(box, "in", folder), &diag), 0);
	assert_int_equal(copies_read(board.manifest, &board.layout, &bytes, &diag), 0);
	assert_int_equal(manifest_seal(board.manifest), 0);
	return board;
}

static int run_board(struct board *board, bool *ret_target, struct diag *diag)
{
	const struct copying copying = {.root_fd = board->tree,
		.layout = &board->layout,
		.manifest = board->manifest,
		.progress = tell,
		.arg = board};

	return copying_run(&copying, ret_target, diag);
}

static void free_board(struct board *board)
{
	manifest_free(board->manifest);
	close_fd(&board->tree);
}

static void expect_text(const struct sandbox *box, const char *path, const char *want)
{
	char text[64] = "";
	int fd = openat(box->root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	close_fd(&fd);
	assert_string_equal(text, want);
}

static void content_and_mode_are_copied(void **state)
{
	const struct sandbox *box = *state;
	struct board board;
	bool at_target;
	struct diag diag;
	struct stat st;

	sandbox_file(box, "in/dtbs/sub/b.dtb", "tree");
	assert_int_equal(fchmodat(box->root, "in/dtbs/sub/b.dtb", 0741, 0), 0);
	assert_int_equal(fchmodat(box->root, "in/dtbs/sub", 0711, 0), 0);
	board = read_board(box, "new/dir=dtbs");
	if (run_board(&board, &at_target, &diag) < 0)
		fail_msg("%s", diag.text);
	assert_int_equal(board.told, 4);
	expect_text(box, "out/boot/new/dir/sub/b.dtb", "tree");
	assert_int_equal(fstatat(board.tree, "boot/new/dir/sub/b.dtb", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0741);
	assert_int_equal(fstatat(board.tree, "boot/new/dir/sub", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	free_board(&board);
}

/* What the archive has at the place of a copy gives way, and nothing else changes. */
static void what_is_there_gives_way(void **state)
{
	const struct sandbox *box = *state;
	struct board board;
	bool at_target;
	struct diag diag;

	sandbox_file(box, "in/f", "new");
	sandbox_file(box, "out/boot/f", "old");
	assert_int_equal(linkat(box->root, "out/boot/f", box->root, "out/boot/hard", 0), 0);
	board = read_board(box, "f");
	assert_int_equal(run_board(&board, &at_target, &diag), 0);
	expect_text(box, "out/boot/f", "new");
	expect_text(box, "out/boot/hard", "old");
	free_board(&board);

	sandbox_file(box, "outside", "safe");
	assert_int_equal(unlinkat(box->root, "out/boot/f", 0), 0);
	sandbox_link(box, "out/boot/f", "../../outside");
	board = read_board(box, "f");
	assert_int_equal(run_board(&board, &at_target, &diag), 0);
	expect_text(box, "out/boot/f", "new");
	expect_text(box, "outside", "safe");
	free_board(&board);

	/* Also as a folder on the way. */
	sandbox_dir(box, "elsewhere");
	sandbox_link(box, "out/boot/way", "../../elsewhere");
	board = read_board(box, "way/f=f");
	assert_int_equal(run_board(&board, &at_target, &diag), 0);
	expect_text(box, "out/boot/way/f", "new");
	assert_int_equal(faccessat(box->root, "elsewhere/f", F_OK, 0), -1);
	free_board(&board);

	sandbox_dir(box, "out/boot/empty");
	board = read_board(box, "empty=f");
	assert_int_equal(run_board(&board, &at_target, &diag), 0);
	expect_text(box, "out/boot/empty", "new");
	free_board(&board);
}

static void failures_name_their_side(void **state)
{
	const struct sandbox *box = *state;
	const struct timespec epoch[2] = {{0}, {0}};
	struct board board;
	bool at_target;
	struct diag diag;

	sandbox_file(box, "in/f", "new");
	sandbox_file(box, "out/boot/full/file", "x");
	board = read_board(box, "full=f");
	assert_int_equal(run_board(&board, &at_target, &diag), -ENOTEMPTY);
	assert_true(at_target);
	assert_string_equal(diag.text, "/boot/full");
	free_board(&board);

	board = read_board(box, "f");
	assert_int_equal(copying_check(&board.layout, board.manifest, &diag), 0);
	sandbox_file(box, "in/f", "changed");
	assert_int_equal(copying_check(&board.layout, board.manifest, &diag), -ESTALE);
	assert_int_equal(run_board(&board, &at_target, &diag), -ESTALE);
	assert_false(at_target);
	assert_non_null(strstr(diag.text, "/in/f has changed since it was read"));
	assert_int_equal(board.told, 0);
	free_board(&board);

	/* One that went away, and one that only its content tells from the old one. */
	sandbox_file(box, "in/d/one", "1");
	sandbox_file(box, "in/d/two", "2");
	assert_int_equal(utimensat(box->root, "in/d/one", epoch, 0), 0);
	board = read_board(box, "d");
	sandbox_file(box, "in/d/one", "x");
	assert_int_equal(utimensat(box->root, "in/d/one", epoch, 0), 0);
	assert_int_equal(copying_check(&board.layout, board.manifest, &diag), 0);
	assert_int_equal(run_board(&board, &at_target, &diag), -ESTALE);
	assert_false(at_target);
	assert_non_null(strstr(diag.text, "/in/d/one has changed since it was read"));
	sandbox_file(box, "in/d/one", "1");
	assert_int_equal(utimensat(box->root, "in/d/one", epoch, 0), 0);
	assert_int_equal(unlinkat(box->root, "in/d/two", 0), 0);
	assert_int_equal(copying_check(&board.layout, board.manifest, &diag), -ESTALE);
	assert_string_equal(diag.text, "a file of the layout was removed since it was read");
	board.told = 0;
	assert_int_equal(run_board(&board, &at_target, &diag), -ESTALE);
	assert_false(at_target);
	free_board(&board);
}

/* A folder that the archive has loses what the copy has not, and a default ACL is not inherited. */
static void attributes_are_those_of_the_copy(void **state)
{
	/* user::rwx, group::rwx, other::---: acl(5), as the kernel stores it. */
	static const unsigned char acl[] = {2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 4, 0, 7, 0,
		255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255};
	const struct sandbox *box = *state;
	struct board board;
	bool at_target;
	struct diag diag;
	char path[PATH_MAX], inside[PATH_MAX];

	sandbox_file(box, "in/d/f", "1");
	sandbox_dir(box, "out");
	sandbox_dir(box, "out/boot");
	sandbox_dir(box, "out/boot/d");
	(void)sandbox_path(box, "out/boot/d", path);
	(void)sandbox_path(box, "out/boot/d/f", inside);
	if (setxattr(path, "user.a", "x", 1, 0) < 0 ||
		setxattr(path, "system.posix_acl_default", acl, sizeof(acl), 0) < 0) {
		print_message("this filesystem has no attributes: %s\n", strerror(errno));
		skip();
	}
	board = read_board(box, "d");
	assert_int_equal(run_board(&board, &at_target, &diag), 0);
	assert_int_equal(getxattr(path, "user.a", NULL, 0), -1);
	assert_int_equal(getxattr(path, "system.posix_acl_default", NULL, 0), -1);
	assert_int_equal(getxattr(inside, "system.posix_acl_access", NULL, 0), -1);
	free_board(&board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(content_and_mode_are_copied),
		sandbox_test(what_is_there_gives_way),
		sandbox_test(failures_name_their_side),
		sandbox_test(attributes_are_those_of_the_copy),
	};

	return cmocka_run_group_tests_name("copying", tests, NULL, NULL);
}
