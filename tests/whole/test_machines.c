/* SPDX-License-Identifier: MIT */
/*
 * Whole machines, from their files in sysfs and proc to the verdict on each disk: those of
 * tests/sysroots/ and 100,000 generated ones. Generated machines are in memory (memory_root.h),
 * every 1000th also in a folder. All modules are those of the program.
 *
 *   MACHINES=N        how many (100,000; fewer with sanitizers)
 *   MACHINES_FIRST=N  begin with the Nth, to reproduce a failure
 */
#include "device/base/sysroot.h"
#include "tests/lib/machine.h"
#include "tests/lib/machine_generator.h"
#include "tests/lib/memory_root.h"

#include <dirent.h>
#include <errno.h>

#define SEED	       0x626f617264737472 /* "boardstr" */
#define FOLDER_EVERY   1000
#define SYSROOTS_LEAST 12

#if defined(__SANITIZE_ADDRESS__)
#define MACHINES 10000
#else
#define MACHINES 100000
#endif

static struct machine machine;
static void *box; /* the machine as files */

static const struct expectation *expectation_of(const char *disk)
{
	for (size_t i = 0; i < machine.expectation_count; i++)
		if (strcmp(machine.expectations[i].disk, disk) == 0)
			return &machine.expectations[i];
	return NULL;
}

/* ---- the machines of tests/sysroots/ ---- */

static void expect_verdicts(int root, const char *name, const char *where)
{
	struct disk_list list;
	char codes[128];

	machine_judge(&machine, root, &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct disk *disk = &list.disks[i];
		const struct expectation *expected = expectation_of(disk->name);

		if (!expected)
			fail_msg("%s, %s: %s is listed, but has no expectation", name, where,
				disk->name);
		if (strcmp(disk_codes(disk, codes), expected->codes) != 0)
			fail_msg("%s, %s: %s is '%s' (%s), not '%s'", name, where, disk->name,
				codes, disk->reasons[0].text, expected->codes);
		if (expected->text[0] && strcmp(disk->reasons[0].text, expected->text) != 0)
			fail_msg("%s, %s: the reason of %s is '%s', not '%s'", name, where,
				disk->name, disk->reasons[0].text, expected->text);
	}
	if (list.count != machine.expectation_count)
		fail_msg("%s, %s: %zu disks listed, expected %zu", name, where, list.count,
			machine.expectation_count);
	disk_list_finish(&list);
}

/* In memory, and again as files in a folder. */
static void check_machine(const char *path)
{
	_cleanup_free_ char *text = NULL;

	if (sysroot_read_all(AT_FDCWD, &text, NULL, "%s", path) < 0)
		fail_msg("%s cannot be read", path);
	machine_make(&machine, text);
	memory_tree = &machine.tree;
	expect_verdicts(MEMORY_ROOT, path, "in memory");
	assert_int_equal(sandbox_setup(&box), 0);
	tree_write(machine.tree.root, box, "");
	expect_verdicts(((struct sandbox *)box)->root, path, "in a folder");
	assert_int_equal(sandbox_teardown(&box), 0);
}

static void handwritten_machines(void **state)
{
	DIR *dir = opendir("tests/sysroots");
	struct dirent *entry;
	unsigned count = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char path[300];
		size_t length = strlen(entry->d_name);

		if (length < 9 || strcmp(entry->d_name + length - 8, ".machine") != 0)
			continue;
		(void)STR_FORMAT(path, "tests/sysroots/%s", entry->d_name);
		check_machine(path);
		count++;
	}
	(void)closedir(dir);
	print_message("%u machines\n", count);
	assert_true(count >= SYSROOTS_LEAST);
}

/* ---- generated machines ---- */

struct totals {
	unsigned long machines, offered, refused;
	unsigned long codes[REASON_COUNT];
};

static void fail_machine(const struct generated *g, unsigned long number, const char *disk,
	const char *what, const char *codes)
{
	print_message("%s\n", g->text);
	fail_msg("machine %lu: %s %s; its reasons: %s", number, disk, what, codes);
}

static void expect_generated(
	const struct generated *g, unsigned long number, int root, struct totals *totals)
{
	struct disk_list list;
	char codes[128], what[64];

	machine_judge(&machine, root, &list);
	for (size_t i = 0; i < g->disk_count; i++) {
		const struct generated_disk *wanted = &g->disks[i];
		const struct disk *disk = NULL;
		unsigned found = 0;

		for (size_t k = 0; k < list.count && !disk; k++)
			if (strcmp(list.disks[k].name, wanted->name) == 0)
				disk = &list.disks[k];
		if (!disk)
			fail_machine(g, number, wanted->name, "is not listed", "");
		(void)disk_codes(disk, codes);
		for (uint32_t k = 0; k < disk->reason_count; k++)
			found |= USE(disk->reasons[k].code);
		if (disk->kind != wanted->kind)
			fail_machine(g, number, wanted->name, "is of another kind", codes);
		for (enum reason_code code = 0; code < REASON_COUNT; code++) {
			if (!(wanted->uses & USE(code)))
				continue;
			totals->codes[code]++;
			(void)STR_FORMAT(what, "is not refused as %s", reason_name(code));
			/* REASON_BUSY is expected only if there is no other reason. */
			if (code == REASON_BUSY ? disk->reason_count == 0 : !(found & USE(code)))
				fail_machine(g, number, wanted->name, what, codes);
		}
		if (is_to_be_offered(g, wanted) != (disk->reason_count == 0))
			fail_machine(g, number, wanted->name,
				disk->reason_count ? "is free and not offered"
						   : "is in use and is offered",
				codes);
		*(disk->reason_count ? &totals->refused : &totals->offered) += 1;
	}
	if (list.count != g->disk_count)
		fail_machine(g, number, "the list", "has another number of disks", "");
	disk_list_finish(&list);
}

static unsigned long number_from(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

static void no_disk_in_use_is_ever_offered(void **state)
{
	static struct generated g;
	struct totals totals = {0};
	unsigned long count = number_from("MACHINES", MACHINES);
	unsigned long first = number_from("MACHINES_FIRST", 0);

	(void)state;
	print_message("seed %#llx, machines %lu to %lu\n", (unsigned long long)SEED, first,
		first + count - 1);
	for (unsigned long number = first; number < first + count; number++) {
		generate(&g, SEED + number);
		machine_make(&machine, g.text);
		memory_tree = &machine.tree;
		expect_generated(&g, number, MEMORY_ROOT, &totals);
		totals.machines++;
		if (number % FOLDER_EVERY == 0) {
			struct totals unused = {0};

			assert_int_equal(sandbox_setup(&box), 0);
			tree_write(machine.tree.root, box, "");
			expect_generated(&g, number, ((struct sandbox *)box)->root, &unused);
			assert_int_equal(sandbox_teardown(&box), 0);
		}
	}
	print_message("%lu machines: %lu disks offered, %lu refused\n", totals.machines,
		totals.offered, totals.refused);
	/* A use that is never generated would not be tested. */
	for (enum reason_code code = 0; code < REASON_COUNT; code++) {
		if (code != REASON_KIND && code != REASON_UNKNOWN && count >= 1000 &&
			totals.codes[code] == 0)
			fail_msg("no disk was used as %s", reason_name(code));
	}
	assert_true(count < 1000 || totals.offered > 100);
}

static int finish(void **state)
{
	(void)state;
	tree_finish(&machine.tree);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handwritten_machines),
		cmocka_unit_test(no_disk_in_use_is_ever_offered),
	};

	/* Thousands of small files: use memory, unless TMPDIR is set. */
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests_name("machines", tests, NULL, finish);
}
