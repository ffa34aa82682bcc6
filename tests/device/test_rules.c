/* SPDX-License-Identifier: MIT */
#include "device/usage/rules.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#define ALLOW(kind) (1u << (kind))
#define ALLOW_ALL   (~0u)

static struct disk make_disk(enum disk_kind kind)
{
	return (struct disk){.name = "x", .kind = kind, .size_bytes = GIB(1)};
}

/* Compares the codes of the reasons, separated by blanks. */
static void expect_codes(struct disk disk, const struct rules_facts *facts, const char *expected)
{
	char all[256] = "";

	disk.reason_count = 3; /* old ones: cleared */
	rules_judge(&disk, facts);
	for (uint32_t i = 0; i < disk.reason_count; i++)
		(void)str_format(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			i > 0 ? " " : "", reason_name(disk.reasons[i].code));
	assert_string_equal(all, expected);
}

static void only_emmc_is_allowed_by_default(void **state)
{
	static const struct inuse unused = {0};
	struct rules_facts facts = {.inuse = &unused};

	(void)state;
	for (enum disk_kind kind = 0; kind < DISK_KIND_COUNT; kind++) {
		facts.allow = 0;
		expect_codes(make_disk(kind), &facts, kind == DISK_EMMC ? "" : "kind");
		facts.allow = ALLOW(kind);
		expect_codes(make_disk(kind), &facts, kind == DISK_OTHER ? "kind" : "");
		facts.allow = ALLOW_ALL & ~ALLOW(kind);
		expect_codes(make_disk(kind), &facts, kind == DISK_EMMC ? "" : "kind");
	}
}

static void the_medium_must_be_suitable(void **state)
{
	static const struct inuse unused = {0};
	struct rules_facts facts = {.inuse = &unused, .need_bytes = GIB(1)};
	struct disk disk = make_disk(DISK_EMMC);

	(void)state;
	expect_codes(disk, &facts, "");
	facts.need_bytes++;
	expect_codes(disk, &facts, "too-small");
	disk.read_only = true;
	expect_codes(disk, &facts, "read-only too-small");
	/* An empty slot is not reported as too small as well. */
	disk.read_only = false;
	disk.size_bytes = 0;
	expect_codes(disk, &facts, "no-medium");
	rules_judge(&disk, &facts);
	assert_string_equal(disk.reasons[0].text, "no medium");
	disk.size_bytes = MIB(512);
	rules_judge(&disk, &facts);
	assert_string_equal(disk.reasons[0].text, "too small: 512 MiB, needs 1025 MiB");
}

static struct inuse_fact facts_of_x[] = {
	{.disk = "x", .code = REASON_LOOP, .text = "in use by loop0"},
	{.disk = "y", .code = REASON_SYSTEM, .text = "the running system (/)"},
	{.disk = "x", .code = REASON_MOUNTED, .text = "mounted on /a"},
	{.disk = "x", .code = REASON_MOUNTED, .text = "mounted on /b"},
	{.disk = "x", .code = REASON_SWAP, .text = "swap (/dev/x2)"},
	{.disk = "x", .code = REASON_MOUNTED, .text = "mounted on /c"},
	{.disk = "x", .code = REASON_HOLDER, .text = "in use by dm-0"},
	{.disk = "x", .code = REASON_SOURCE, .text = "holds the archive"},
	{.disk = "xy", .code = REASON_SYSTEM, .text = "the running system (/)"},
};

static void uses_are_refused_most_serious_first(void **state)
{
	const struct inuse inuse = {.facts = facts_of_x, .count = ARRAY_SIZE(facts_of_x)};
	const struct rules_facts facts = {.inuse = &inuse, .allow = ALLOW_ALL};
	struct disk disk = make_disk(DISK_USB);

	(void)state;
	expect_codes(disk, &facts, "source mounted swap holder loop");
	rules_judge(&disk, &facts);
	assert_string_equal(disk.reasons[0].text, "holds the archive");
	assert_string_equal(disk.reasons[1].text, "mounted on /a and 2 more");

	(void)STR_COPY(disk.name, "y");
	expect_codes(disk, &facts, "system");
	(void)STR_COPY(disk.name, "z");
	expect_codes(disk, &facts, "");
	/* A file with the name of a disk. */
	disk.kind = DISK_IMAGE;
	(void)STR_COPY(disk.name, "x");
	expect_codes(disk, &facts, "");
}

/* Disks that have all reasons together: there is a phrase for each. */
static void every_reason_has_a_rule(void **state)
{
	struct inuse_fact uses[] = {
		{.disk = "x", .code = REASON_SYSTEM, .text = "the running system (/)"},
		{.disk = "x", .code = REASON_SOURCE, .text = "holds the archive"},
		{.disk = "x", .code = REASON_MOUNTED, .text = "mounted on /a"},
		{.disk = "x", .code = REASON_SWAP, .text = "swap (/dev/x2)"},
		{.disk = "x", .code = REASON_HOLDER, .text = "in use by dm-0"},
		{.disk = "x", .code = REASON_LOOP, .text = "in use by loop0"},
	};
	const struct inuse used = {.facts = uses, .count = ARRAY_SIZE(uses)};
	struct inuse_fact named = {
		.disk = "x", .code = REASON_ROOT_NAMED, .text = "the system boots from it"};
	const struct inuse in_memory = {.facts = &named, .count = 1},
			   unknown = {.incomplete = true};
	const struct rules_facts facts[] = {
		{.inuse = &used},
		{.inuse = &unknown, .need_bytes = GIB(2)},
		{.inuse = &in_memory},
	};
	struct disk disks[] = {make_disk(DISK_EMMC), make_disk(DISK_OTHER), make_disk(DISK_EMMC)};
	unsigned seen = 0;

	(void)state;
	disks[0].read_only = true;
	disks[0].size_bytes = 0;
	disks[1].content.hold = HOLD_EXCLUSIVE;
	disks[1].pre_eol = 3;
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		rules_judge(&disks[i], &facts[i]);
		for (uint32_t k = 0; k < disks[i].reason_count; k++) {
			seen |= 1u << disks[i].reasons[k].code;
			assert_true(strlen(disks[i].reasons[k].text) > 4);
		}
	}
	assert_int_equal(seen, (1u << REASON_COUNT) - 1);
}

/* An image is identified by its file, by any path. */
static void a_file_in_use_is_refused(void **state)
{
	struct inuse_fact swap = {
		.file_dev = 7, .file_ino = 9, .code = REASON_SWAP, .text = "in use as swap"};
	const struct inuse inuse = {.facts = &swap, .count = 1};
	const struct rules_facts facts = {.inuse = &inuse, .allow = ALLOW_ALL};
	struct disk disk = make_disk(DISK_IMAGE);

	(void)state;
	disk.id.file_dev = 7;
	expect_codes(disk, &facts, "");
	disk.id.file_ino = 9;
	expect_codes(disk, &facts, "swap");
	disk.id.file_dev = 8;
	expect_codes(disk, &facts, "");
	/* Facts about disks do not apply to files, nor the reverse. */
	disk.id.file_dev = disk.id.file_ino = 0;
	swap.file_dev = swap.file_ino = 0;
	(void)STR_COPY(swap.disk, "x");
	expect_codes(disk, &facts, "");
	expect_codes(make_disk(DISK_USB), &facts, "swap");
	swap.disk[0] = '\0';
	disk.kind = DISK_EMMC;
	expect_codes(disk, &facts, "");
}

static void long_phrases_are_cut(void **state)
{
	struct inuse_fact long_facts[2] = {{.disk = "x", .code = REASON_MOUNTED}};
	const struct inuse inuse = {.facts = long_facts, .count = 2};
	const struct rules_facts facts = {.inuse = &inuse};
	struct disk disk = make_disk(DISK_EMMC);

	(void)state;
	memset(long_facts[0].text, 'a', sizeof(long_facts[0].text) - 1);
	long_facts[1] = long_facts[0];
	rules_judge(&disk, &facts);
	assert_int_equal(disk.reason_count, 1);
	assert_non_null(strstr(disk.reasons[0].text, "aaa and 1 more"));
}

/* If the system's disk is unknown, it may be this one. */
static void an_unresolved_system_fails_closed(void **state)
{
	const struct inuse inuse = {.unresolved = true};
	struct rules_facts facts = {.inuse = &inuse};

	(void)state;
	expect_codes(make_disk(DISK_EMMC), &facts, "unknown");
	expect_codes(make_disk(DISK_SD), &facts, "kind unknown");
	expect_codes(make_disk(DISK_FIXED), &facts, "kind unknown");
	expect_codes(make_disk(DISK_LOOP), &facts, "kind");
	facts.allow = ALLOW(DISK_SD) | ALLOW(DISK_LOOP) | ALLOW(DISK_IMAGE);
	expect_codes(make_disk(DISK_EMMC), &facts, "unknown");
	expect_codes(make_disk(DISK_SD), &facts, "");
	expect_codes(make_disk(DISK_LOOP), &facts, "");
	expect_codes(make_disk(DISK_IMAGE), &facts, "");
	facts.allow = ALLOW(DISK_EMMC) | ALLOW(DISK_FIXED);
	expect_codes(make_disk(DISK_EMMC), &facts, "");
	expect_codes(make_disk(DISK_FIXED), &facts, "unknown");
}

/* Without a mount of "/", as in a chroot, no word insists. */
static void a_machine_without_a_root_offers_files_only(void **state)
{
	const struct inuse inuse = {.blind = true, .rootless = true};
	const struct rules_facts facts = {.inuse = &inuse, .allow = ALLOW_ALL};

	(void)state;
	for (enum disk_kind kind = 0; kind < DISK_OTHER; kind++)
		expect_codes(make_disk(kind), &facts,
			kind == DISK_LOOP || kind == DISK_IMAGE ? "" : "unknown");
}

/* A system in memory that was started with the arguments of the board's own system. */
static void who_insists_may_write_to_the_disk_of_root(void **state)
{
	struct inuse_fact uses[] = {
		{.disk = "x", .code = REASON_ROOT_NAMED, .text = "the system boots from it"},
		{.disk = "x", .code = REASON_MOUNTED, .text = "mounted on /a"},
	};
	struct inuse inuse = {.facts = uses, .count = 1, .rootless = true};
	struct rules_facts facts = {.inuse = &inuse};
	const struct disk disk = make_disk(DISK_EMMC);

	(void)state;
	expect_codes(disk, &facts, "root-named");
	facts.allow = ALLOW_ALL & ~ALLOW_ROOT_NAMED;
	expect_codes(disk, &facts, "root-named");
	facts.allow = ALLOW_ROOT_NAMED;
	expect_codes(disk, &facts, "");
	inuse.count = 2;
	expect_codes(disk, &facts, "mounted");
	/* In a container the command line is the host's. */
	inuse.count = 1;
	inuse.unresolved = true;
	facts.allow = ALLOW_ALL;
	expect_codes(disk, &facts, "system");
	inuse.unresolved = false;
	inuse.blind = true;
	expect_codes(disk, &facts, "system unknown");
}

/* The device reports that it is used up: life time 0x0b, or pre-EOL 3 in the EXT_CSD. */
static void worn_disks_are_refused_or_warned_of(void **state)
{
	static const struct {
		int a, b, pre_eol;
		const char *codes, *text;
	} cases[] = {
		{0, 0, 0, "", ""},
		{7, 7, 1, "", ""},
		{8, 1, 1, "", "worn: 70 to 80 % of its life time used"},
		{1, 10, 2, "", "worn: 90 to 100 % of its life time used"},
		{1, 1, 2, "", "worn: most spare blocks used"},
		{11, 1, 1, "worn", "worn out: life time exceeded"},
		{1, 11, 3, "worn", "worn out: life time exceeded"},
		{1, 1, 3, "worn", "worn out: almost no spare blocks left"},
	};
	static const struct inuse unused = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rules_facts facts = {.inuse = &unused};
		struct disk disk = make_disk(DISK_EMMC);
		bool worn = cases[i].codes[0];

		disk.life_time_a = cases[i].a;
		disk.life_time_b = cases[i].b;
		disk.pre_eol = cases[i].pre_eol;
		expect_codes(disk, &facts, cases[i].codes);
		rules_judge(&disk, &facts);
		assert_string_equal(worn ? disk.reasons[0].text : disk.warning, cases[i].text);
		assert_string_equal(worn ? disk.warning : "", "");
		/* If allowed, there is only a warning. */
		facts.allow = ALLOW_WORN;
		rules_judge(&disk, &facts);
		assert_int_equal(disk.reason_count, 0);
		assert_string_equal(disk.warning, cases[i].text);
	}
}

/* A hold is a reason only if no fact explains it. */
static void a_held_disk_is_busy(void **state)
{
	const struct inuse unused = {0}, inuse = {.facts = facts_of_x, .count = 1};
	struct rules_facts facts = {.inuse = &unused};
	struct disk disk = make_disk(DISK_EMMC);

	(void)state;
	disk.content.hold = HOLD_EXCLUSIVE;
	expect_codes(disk, &facts, "busy");
	disk.content.hold = HOLD_LOCKED;
	expect_codes(disk, &facts, "busy");
	facts.inuse = &inuse;
	expect_codes(disk, &facts, "loop");
}

static int take_name(void *arg, const struct cmdline_device *name)
{
	*(struct cmdline_device *)arg = *name;
	return 1;
}

/* The kernel command line has a UUID: until it is found, any unread disk may have it. */
static void unread_content_may_be_the_system(void **state)
{
	struct inuse_boot *boot = calloc(1, sizeof(*boot));
	struct inuse inuse = {.rootless = true, .boot = boot, .boot_count = 1};
	struct rules_facts facts = {.inuse = &inuse};
	struct disk disk = make_disk(DISK_EMMC);

	(void)state;
	assert_non_null(boot);
	assert_int_equal(cmdline_each("root=UUID=ab", take_name, &boot->name), 1);
	for (enum content_state s = CONTENT_PENDING; s <= CONTENT_SILENT; s++) {
		bool known = s == CONTENT_BLANK || s == CONTENT_TABLE || s == CONTENT_FILESYSTEM;

		disk.content.state = s;
		facts.allow = 0;
		boot->found = false;
		expect_codes(disk, &facts, known ? "" : "unknown");
		facts.allow = ALLOW(DISK_EMMC);
		expect_codes(disk, &facts, "");
		facts.allow = 0;
		boot->found = true;
		expect_codes(disk, &facts, "");
	}
	/* More partitions than the array holds. */
	boot->found = false;
	disk.content = (struct disk_content){
		.state = CONTENT_TABLE, .partition_count = DISK_PARTITIONS_MAX};
	expect_codes(disk, &facts, "");
	disk.content.partition_count++;
	expect_codes(disk, &facts, "unknown");

	/* A name that was cut, or a partition that could not be read. */
	disk.content = (struct disk_content){.state = CONTENT_TABLE, .partial = true};
	expect_codes(disk, &facts, "unknown");

	/* A container, which may have it inside. */
	disk.content = (struct disk_content){.state = CONTENT_FILESYSTEM, .type = "crypto_LUKS"};
	expect_codes(disk, &facts, "unknown");
	rules_judge(&disk, &facts);
	assert_string_equal(
		disk.reasons[0].text, "has crypto_LUKS, may hold root=UUID=ab (--allow emmc)");
	disk.content = (struct disk_content){.state = CONTENT_TABLE, .partition_count = 2};
	(void)STR_COPY(disk.content.partitions[0].fs_type, "ext4");
	expect_codes(disk, &facts, "");
	(void)STR_COPY(disk.content.partitions[1].fs_type, "linux_raid_member");
	expect_codes(disk, &facts, "unknown");

	/* Found on one disk: that is the system's, and the content of the others no longer
	 * matters. */
	disk.content = (struct disk_content){.state = CONTENT_FILESYSTEM, .uuid = "AB"};
	assert_int_equal(inuse_add_content(&inuse, &disk), 0);
	assert_true(boot->found);
	expect_codes(disk, &facts, "root-named");
	(void)STR_COPY(disk.name, "y");
	disk.content = (struct disk_content){.state = CONTENT_DENIED};
	expect_codes(disk, &facts, "");
	inuse_finish(&inuse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_emmc_is_allowed_by_default),
		cmocka_unit_test(the_medium_must_be_suitable),
		cmocka_unit_test(uses_are_refused_most_serious_first),
		cmocka_unit_test(every_reason_has_a_rule),
		cmocka_unit_test(a_file_in_use_is_refused),
		cmocka_unit_test(long_phrases_are_cut),
		cmocka_unit_test(an_unresolved_system_fails_closed),
		cmocka_unit_test(a_machine_without_a_root_offers_files_only),
		cmocka_unit_test(who_insists_may_write_to_the_disk_of_root),
		cmocka_unit_test(worn_disks_are_refused_or_warned_of),
		cmocka_unit_test(a_held_disk_is_busy),
		cmocka_unit_test(unread_content_may_be_the_system),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
