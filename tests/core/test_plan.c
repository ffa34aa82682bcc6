/* SPDX-License-Identifier: MIT */
/* plan - plan_begin, plan_complete and plan_look on the test's own images and archives. Needs no root. */
#include "core/plan/plan.h"

#include "core/plan/space.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/layout/layout_archive.h"
#include "tests/lib/manifest_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct plan plan;
static struct plan_facts facts;
static struct plan_verdict verdict;

static const struct plan_problem *find(const char *code)
{
	for (uint32_t i = 0; i < verdict.count; i++)
		if (strcmp(verdict.problems[i].code, code) == 0)
			return &verdict.problems[i];
	return NULL;
}

static void least_target_holds_the_archive(void **state)
{
	const struct archive_list archives = {
		.count = 1, .list = {{.block_bytes = MIB(799), .inodes = 19318}}};

	(void)state;
	for (size_t i = 0; layout_builtin(i); i++) {
		const struct layout *spec = layout_builtin(i);
		uint64_t need = plan_need_bytes(&archives, spec);
		struct layout placed;
		struct diag diag;
		uint64_t bytes = 0;

		assert_true(need > MIB(799));
		assert_int_equal(layout_place(spec, need, 0, &placed, &diag), 0);
		for (size_t j = 0; j < placed.count; j++)
			if (strcmp(placed.partitions[j].mount, "/") == 0)
				bytes = placed.partitions[j].sectors * 512;
		assert_true(space_usable_bytes(FS_EXT4, bytes, 1) >= MIB(799));
		/* But not much more. */
		assert_true(need < MIB(799 + 400));
	}
}

/* ---- plan_begin, plan_complete and plan_look ---- */

struct world {
	char dir[64], archive[96], image[96];
	int root;
	struct disk target;
	struct inspect_result inspected;
	struct manifest *manifest;
};

static void make_archive(const char *path)
{
	static char large[5001], block[4097];
	const struct member members[] = {
		{"./", '5', NULL, NULL},
		{"boot/", '5', NULL, NULL},
		{"boot/kernel", '0', NULL, large},
		{"boot/vmlinuz", '2', "kernel", NULL},
		{"bootstrap", '0', NULL, "b"},
		{"kernel-too", '1', "boot/kernel", NULL},
		{"bootstrap-too", '1', "bootstrap", NULL},
		{"etc/", '5', NULL, NULL},
		{"etc/caf\xc3\xa9", '0', NULL, block},
	};

	memset(large, 'l', sizeof(large) - 1);
	memset(block, 'b', sizeof(block) - 1);
	craft_file(path, members, ARRAY_SIZE(members), 1024);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *tmp = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	struct diag diag;
	struct stat st;
	int fd;

	*state = w;
	STR_FORMAT(w->dir, "%s/boardstrap-plan-XXXXXX", tmp);
	if (!mkdtemp(w->dir))
		return -1;
	STR_FORMAT(w->archive, "%s/rootfs.tar", w->dir);
	STR_FORMAT(w->image, "%s/board.img", w->dir);
	make_archive(w->archive);
	fd = open(w->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)GIB(1)) < 0)
		return -1;
	close_fd(&fd);
	w->root = sysroot_open("/");
	assert_true(w->root >= 0);
	assert_int_equal(disk_scan_target(w->root, w->image, &w->target), 0);

	w->manifest = manifest_new();
	assert_non_null(w->manifest);
	fd = open(w->archive, O_RDONLY | O_CLOEXEC);
	assert_int_equal(manifest_read(w->manifest, fd, NULL, NULL, &diag), 0);
	close_fd(&fd);
	archive_list_make(&w->inspected.archives, w->archive, NULL);
	w->inspected.state = INSPECT_OK;
	w->inspected.totals = *manifest_totals(w->manifest);
	assert_int_equal(stat(w->archive, &st), 0);
	w->inspected.archives.list[0].id = file_id_of(&st);
	w->inspected.archives.list[0].block_bytes = w->inspected.totals.block_bytes;
	w->inspected.archives.list[0].inodes =
		w->inspected.totals.entries - w->inspected.totals.hardlinks;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	manifest_free(w->manifest);
	close_fd(&w->root);
	(void)unlink(w->archive);
	(void)unlink(w->image);
	(void)rmdir(w->dir);
	free(w);
	return 0;
}

static void request(struct world *w, const char *layout, const char *tar)
{
	plan_begin(&plan, &(struct plan_request){.target = &w->target,
				  .archive = w->archive,
				  .layout = layout_find(layout),
				  .tar_program = tar,
				  .allow = 1u << DISK_IMAGE,
				  .verify = true});
	assert_false(plan.complete);
	plan_complete(&plan, &w->inspected, w->manifest);
	assert_true(plan.complete);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
}

/* Facts that need root or installed programs are not checked here. */
static uint32_t problems_but(const char *code)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < verdict.count; i++)
		count += strcmp(verdict.problems[i].code, code) != 0;
	if (count)
		print_message("%s: %s\n", verdict.problems[0].code, verdict.problems[0].text);
	return count;
}

static bool has(const char *code)
{
	for (uint32_t i = 0; i < verdict.count; i++)
		if (strcmp(verdict.problems[i].code, code) == 0)
			return true;
	return false;
}

static void a_good_image_and_archive_pass(void **state)
{
	request(*state, "single-gpt", NULL);
	assert_int_equal(problems_but("not-root"), 0);
	assert_int_equal(plan.layout.count, 1);
	assert_int_equal(strlen(plan.layout.partitions[0].partuuid), 36);
	assert_int_equal(plan.tar, TAR_GNU);
	assert_false(plan.plain_names);
	/* Three folders; files of 5000, 1 and 4096 bytes; hard links use no blocks. */
	assert_int_equal(plan.shares[0].block_bytes, (3 + 2 + 1 + 1) * 4096);
	assert_int_equal(plan.shares[0].inodes, 7);
	assert_int_equal(plan.shares[0].unfit, 0);
}

/* A dry run plans what there is, and checks it: no problem hides another one. */
static void missing_parts_hide_no_problem(void **state)
{
	struct world *w = *state;
	struct plan_request asked = {.target = &w->target,
		.archive = "/nowhere/none.tar",
		.layout = layout_find("single-gpt"),
		.tar_program = "/nowhere/tar",
		.expect_id = "1234",
		.verify = true};

	plan_begin(&plan, &asked);
	plan_complete(&plan, NULL, NULL);
	assert_false(plan.complete);
	assert_int_equal(plan.layout.count, 1);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	assert_true(has("target-kind") && has("tar-silent") && has("expect-id"));
	assert_false(has("archive-changed"));

	asked.target = &(struct disk){0};
	asked.archive = w->archive;
	plan_begin(&plan, &asked);
	plan_complete(&plan, &w->inspected, w->manifest);
	assert_false(plan.complete);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	assert_true(has("tar-silent"));
	assert_false(has("target-gone") || has("layout") || has("expect-id"));

	asked.target = &w->target;
	asked.layout = &(struct layout){0};
	plan_begin(&plan, &asked);
	plan_complete(&plan, &w->inspected, w->manifest);
	assert_false(plan.complete);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	assert_true(has("target-kind") && has("tar-silent"));
	assert_false(has("layout"));
}

static void shares_follow_the_mount_points(void **state)
{
	size_t root, boot;

	request(*state, "boot-root", NULL);
	assert_int_equal(plan.layout.count, 2);
	root = strcmp(plan.layout.partitions[0].mount, "/") == 0 ? 0 : 1;
	boot = !root;
	assert_string_equal(plan.layout.partitions[boot].mount, "/boot");
	/* "bootstrap" is not below "/boot". */
	assert_int_equal(plan.shares[boot].block_bytes, (1 + 2) * 4096);
	assert_int_equal(plan.shares[root].block_bytes, (2 + 1 + 1) * 4096);
	assert_int_equal(plan.shares[boot].unfit, 1);
	assert_string_equal(plan.shares[boot].unfit_path, "boot/vmlinuz");
	assert_int_equal(plan.shares[root].unfit, 1);
	assert_string_equal(plan.shares[root].unfit_path, "kernel-too");
	assert_non_null(find("unfit"));
}

/* ---- mount points that the archive has as something else ---- */

static const struct layout_partition mounts[] = {
	{.name = "boot", .fs = FS_VFAT, .size_bytes = MIB(64), .mount = "/boot"},
	{.name = "efi", .fs = FS_EXT4, .size_bytes = MIB(64), .mount = "/boot/efi"},
	{.name = "home", .fs = FS_EXT4, .size_bytes = MIB(64), .mount = "/home"},
	{.name = "own", .fs = FS_EXT4, .size_bytes = MIB(64), .mount = "/data/own"},
	{.name = "rootfs", .fs = FS_EXT4, .grow = true, .mount = "/"},
};

struct made_of {
	const char *path;
	enum manifest_type type;
	const char *link;
};

static void request_made_of(struct world *w, const struct made_of *entries, size_t count)
{
	struct layout spec = *layout_find("single-gpt");
	struct manifest *manifest = manifest_new();

	assert_non_null(manifest);
	for (size_t i = 0; i < count && entries[i].path; i++) {
		struct manifest_entry entry = {.type = entries[i].type, .link = entries[i].link};

		assert_int_equal(manifest_add(manifest, entries[i].path, &entry), 0);
	}
	assert_int_equal(manifest_seal(manifest), 0);
	spec.count = ARRAY_SIZE(mounts);
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		spec.partitions[i] = mounts[i];
		STR_COPY(spec.partitions[i].type_guid, "0fc63daf-8483-4772-8e79-3d69d8477de4");
	}
	w->inspected.totals = *manifest_totals(manifest);
	plan_begin(&plan, &(struct plan_request){.target = &w->target,
				  .archive = w->archive,
				  .layout = &spec,
				  .allow = 1u << DISK_IMAGE,
				  .verify = true});
	plan_complete(&plan, &w->inspected, manifest);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	manifest_free(manifest);
}

static void a_mount_point_must_be_a_folder(void **state)
{
	static const struct {
		struct made_of entries[4];
		const char *words[3]; /* NULL: no problem */
	} cases[] = {
		{{{"home", MANIFEST_DIR, ""}, {"data/own/file", MANIFEST_FILE, ""}}, {NULL}},
		{{{"homes", MANIFEST_FILE, ""}, {"data/owner", MANIFEST_FILE, ""}}, {NULL}},
		{{{"home/boot", MANIFEST_SYMLINK, "../boot"}}, {NULL}},
		{{{"etc/home", MANIFEST_SYMLINK, "../home"}}, {NULL}},
		{{{"home", MANIFEST_SYMLINK, "var/home"}},
			{"partition 3 on /home, ", "/home in ", " a symbolic link to var/home"}},
		{{{"./home/", MANIFEST_SYMLINK, "/home"}}, {"/home in ", " link to /home"}},
		{{{"home", MANIFEST_FILE, ""}}, {"/home in ", " is a file. "}},
		{{{"home", MANIFEST_CHAR, ""}}, {" is a device node. "}},
		{{{"home", MANIFEST_BLOCK, ""}}, {" is a device node. "}},
		{{{"home", MANIFEST_FIFO, ""}}, {" is a named pipe. "}},
		{{{"a", MANIFEST_FILE, ""}, {"home", MANIFEST_HARDLINK, "a"}},
			{" is a hard link to a. "}},
		/* the file that it leads to is replaced */
		{{{"a", MANIFEST_FILE, ""}, {"home", MANIFEST_HARDLINK, "a"},
			 {"a", MANIFEST_DIR, ""}},
			{"/home in ", " is a file. "}},
		/* a parent, also one without entries below */
		{{{"data", MANIFEST_SYMLINK, "srv"}},
			{"on /data/own, ", "/data in ", " link to srv"}},
		{{{"data", MANIFEST_FILE, ""}}, {"on /data/own, ", "/data in ", " is a file. "}},
		{{{"data/own", MANIFEST_FIFO, ""}},
			{"on /data/own, ", "/data/own in ", " named pipe. "}},
		/* tar creates entries that are replaced later, too */
		{{{"home", MANIFEST_SYMLINK, "x"}, {"home", MANIFEST_DIR, ""}},
			{" symbolic link to x. "}},
		{{{"home", MANIFEST_DIR, ""}, {"home", MANIFEST_FILE, ""}}, {" is a file. "}},
		{{{"data", MANIFEST_FILE, ""}, {"data", MANIFEST_DIR, ""}},
			{"/data in ", " is a file. "}},
		/* a mount point in another partition; vfat */
		{{{"boot", MANIFEST_DIR, ""}, {"boot/efi", MANIFEST_FILE, ""}},
			{"partition 2 on /boot/efi, ", "/boot/efi in ", " is a file. "}},
		{{{"boot", MANIFEST_SYMLINK, "usr/boot"}}, {"on /boot, ", " link to usr/boot. "}},
		/* two mount points that become one */
		{{{"data", MANIFEST_DIR, ""}, {"data/own", MANIFEST_SYMLINK, "../home"}},
			{"on /data/own, ", " a symbolic link to ../home. "}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct plan_problem *problem;

		request_made_of(*state, cases[i].entries, ARRAY_SIZE(cases[i].entries));
		problem = find("mount-point");
		if (!cases[i].words[0] != !problem)
			fail_msg("case %zu: %s", i, problem ? problem->text : "no problem");
		for (size_t j = 0; problem && j < 3 && cases[i].words[j]; j++)
			if (!strstr(problem->text, cases[i].words[j]))
				fail_msg("case %zu: no \"%s\" in: %s", i, cases[i].words[j],
					problem->text);
	}
}

static void an_entry_through_a_link_is_refused(void **state)
{
	static const struct made_of entries[] = {
		{"users", MANIFEST_SYMLINK, "home"}, {"users/me", MANIFEST_FILE, ""}};

	request_made_of(*state, entries, ARRAY_SIZE(entries));
	assert_non_null(find("archive-path"));
}

/* What two archives have, the second for a partition that is mounted on /home. */
struct two_archives {
	struct made_of entries[4]; /* of the main one */
	const char *own;	   /* of the other one: a file, or NULL */
	const char *words[3];	   /* in the sentence; none: accepted */
};

static void archives_do_not_overlap(void **state)
{
	static const struct two_archives cases[] = {
		{.entries = {{"etc", MANIFEST_DIR, ""}}, .own = "me/x"},
		{.entries = {{"home", MANIFEST_DIR, ""}}, .own = "me/x"},
		{.entries = {{"homely", MANIFEST_FILE, ""}}, .own = "me/x"},
		{.entries = {{"home/other", MANIFEST_FILE, ""}},
			.own = "me/x",
			.words = {"rootfs.tar has 1 entry below /home", "home.tar fills",
				"home/other"}},
		/* An entry that the other archive replaces is extracted too. */
		{.entries = {{"home/x", MANIFEST_FILE, ""}, {"home/y", MANIFEST_DIR, ""}},
			.own = "x",
			.words = {"has 2 entries below /home", "home.tar fills"}},
	};
	struct world *w = *state;

	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		struct layout spec = *layout_find("single-gpt");
		struct manifest *manifest = manifest_new();
		struct file_id id = w->inspected.archives.list[0].id;
		const struct plan_problem *problem;
		struct diag diag;

		for (size_t i = 0; i < 4 && cases[c].entries[i].path; i++)
			assert_int_equal(
				manifest_add(manifest, cases[c].entries[i].path,
					&(struct manifest_entry){
						.type = cases[c].entries[i].type, .link = ""}),
				0);
		assert_int_equal(manifest_set_archive(manifest, 1, "home"), 0);
		assert_int_equal(
			manifest_add(manifest, cases[c].own, &(struct manifest_entry){.link = ""}),
			0);
		assert_int_equal(manifest_seal(manifest), 0);
		spec.partitions[0].grow = false;
		spec.partitions[0].size_bytes = MIB(64);
		spec.partitions[1] = spec.partitions[0];
		STR_COPY(spec.partitions[1].name, "home");
		STR_COPY(spec.partitions[1].mount, "/home");
		spec.count = 2;
		assert_int_equal(layout_set_archive(&spec, 1, "/nowhere/home.tar", &diag), 0);
		archive_list_make(&w->inspected.archives, w->archive, &spec);
		assert_int_equal(w->inspected.archives.count, 2);
		w->inspected.archives.list[0].id = id;
		w->inspected.totals = *manifest_totals(manifest);
		plan_begin(&plan, &(struct plan_request){.target = &w->target,
					  .archive = w->archive,
					  .layout = &spec,
					  .allow = 1u << DISK_IMAGE,
					  .verify = true});
		plan_complete(&plan, &w->inspected, manifest);
		plan_look(&facts, &plan, w->root);
		assert_true(facts.archive_changed[1]);
		plan_check(&plan, &facts, &verdict);
		problem = find("two-archives");
		if (!cases[c].words[0] != !problem)
			fail_msg("case %zu: %s", c, problem ? problem->text : "no problem");
		for (size_t j = 0; problem && j < 3 && cases[c].words[j]; j++)
			if (!strstr(problem->text, cases[c].words[j]))
				fail_msg("case %zu: no \"%s\" in: %s", c, cases[c].words[j],
					problem->text);
		assert_non_null(strstr(find("archive-changed")->text, "home.tar was changed"));
		manifest_free(manifest);
	}
}

/* A file of an archive lies in the partition that it fills: the others need no room for it. */
static void each_archive_needs_room_in_its_partition(void **state)
{
	struct layout spec = *layout_find("boot-root");
	struct archive_list archives = {.count = 2,
		.list = {{.block_bytes = MIB(1)},
			{.folder = "boot", .partition = "BOOT", .block_bytes = GIB(1)}}};

	(void)state;
	assert_true(plan_need_bytes(&archives, &spec) < GIB(1));
	archives.list[0].block_bytes = GIB(1);
	assert_true(plan_need_bytes(&archives, &spec) > GIB(1));
}

static void without_a_manifest_the_totals_go_to_the_root(void **state)
{
	struct world *w = *state;

	manifest_free(w->manifest);
	w->manifest = NULL;
	request(w, "single-mbr", NULL);
	assert_int_equal(plan.shares[0].block_bytes, plan.totals.block_bytes);
	assert_int_equal(plan.shares[0].inodes, plan.totals.entries - plan.totals.hardlinks);
	assert_int_equal(problems_but("not-root"), 0);
}

static void a_small_image_is_refused(void **state)
{
	struct world *w = *state;

	assert_int_equal(truncate(w->image, (off_t)MIB(5)), 0);
	assert_int_equal(disk_scan_target(w->root, w->image, &w->target), 0);
	request(w, "single-gpt", NULL);
	assert_true(find("layout") || find("too-small"));
	assert_true(truncate(w->image, 0) == 0);
}

static void later_changes_are_detected(void **state)
{
	struct world *w = *state;
	struct timespec times[2] = {
		w->inspected.archives.list[0].id.mtime, w->inspected.archives.list[0].id.mtime};
	int fd;

	request(w, "single-gpt", NULL);
	assert_null(find("archive-changed"));
	/* The same for a layout's boot loader. */
	plan.layout.blob_count = 1;
	STR_COPY(plan.layout.blobs[0].file, w->archive);
	plan.layout.blobs[0].id = w->inspected.archives.list[0].id;
	plan_look(&facts, &plan, w->root);
	assert_false(facts.blob_changed[0]);
	/* Rewritten within the same second, with the same size. */
	times[1].tv_nsec = (times[1].tv_nsec + 1) % 1000000000;
	assert_int_equal(utimensat(AT_FDCWD, w->archive, times, 0), 0);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	assert_non_null(find("archive-changed"));
	assert_non_null(find("blob-changed"));

	fd = open(w->archive, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	close_fd(&fd);
	assert_int_equal(truncate(w->image, (off_t)GIB(2)), 0);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	assert_non_null(find("archive-changed"));
	assert_non_null(find("target-changed"));

	assert_int_equal(unlink(w->archive), 0);
	assert_int_equal(unlink(w->image), 0);
	plan_look(&facts, &plan, w->root);
	plan_check(&plan, &facts, &verdict);
	assert_non_null(find("archive-changed"));
	assert_non_null(find("target-gone"));
	assert_non_null(strstr(find("target-gone")->text, "does not exist"));
}

static void an_image_must_be_allowed(void **state)
{
	request(*state, "single-gpt", NULL);
	plan.allow = 0;
	plan_look(&facts, &plan, ((struct world *)*state)->root);
	plan_check(&plan, &facts, &verdict);
	assert_non_null(find("target-kind"));
}

static void an_unusable_tar_is_named(void **state)
{
	request(*state, "single-gpt", "/nonexistent/tar");
	assert_non_null(find("tar-silent"));
	assert_non_null(strstr(find("tar-silent")->text, "/nonexistent/tar"));
	request(*state, "single-gpt", "/bin/false");
	assert_non_null(find("tar-silent"));
}

/* The engine works in another folder, where the name may mean another file. */
static void paths_are_absolute(void **state)
{
	const struct world *w = *state;
	struct plan_request request = {.target = &w->target,
		.archive = "does-not-exist.tar",
		.layout = layout_find("single-gpt"),
		.tar_program = "./no-tar"};
	char path[200];

	assert_int_equal(chdir(w->dir), 0);
	plan_begin(&plan, &request);
	STR_FORMAT(path, "%s/does-not-exist.tar", w->dir);
	assert_string_equal(plan.archives.list[0].path, path);
	assert_string_equal(plan.tar_program, "./no-tar"); /* for the message */
	request.archive = basename(w->archive);
	plan_begin(&plan, &request);
	assert_string_equal(plan.archives.list[0].path, w->archive);
	assert_int_equal(chdir("/"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_target_holds_the_archive),
		TEST(a_good_image_and_archive_pass),
		TEST(missing_parts_hide_no_problem),
		TEST(paths_are_absolute),
		TEST(shares_follow_the_mount_points),
		TEST(a_mount_point_must_be_a_folder),
		TEST(an_entry_through_a_link_is_refused),
		TEST(archives_do_not_overlap),
		TEST(each_archive_needs_room_in_its_partition),
		TEST(without_a_manifest_the_totals_go_to_the_root),
		TEST(a_small_image_is_refused),
		TEST(later_changes_are_detected),
		TEST(an_image_must_be_allowed),
		TEST(an_unusable_tar_is_named),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
