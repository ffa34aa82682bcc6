/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_draft.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"

/* A draft with room for @room more bytes, of which the NUL of a string is one. */
static struct boot_draft *draft_with_room(size_t room)
{
	static struct boot_draft draft;
	static char text[BOOT_DRAFT_BYTES];
	const char *filler = NULL;

	boot_draft_begin(&draft, 1);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - room - 1] = '\0';
	boot_draft_set(&draft, BOOT_ALL, &filler, text);
	assert_non_null(filler);
	assert_int_equal(draft.entry.unknown, 0);
	return &draft;
}

static void begins_without_parts(void **state)
{
	static struct boot_draft draft;
	struct boot_entry *entry = &draft.entry;

	(void)state;
	memset(&draft, 0xff, sizeof(draft));
	boot_draft_begin(&draft, 7);
	assert_string_equal(entry->title, "");
	assert_int_equal(entry->line, 7);
	assert_false(entry->is_default);
	assert_null(entry->root);
	assert_null(entry->kernel);
	assert_null(entry->fdt);
	assert_null(entry->fdt_dir);
	assert_null(entry->command_line);
	assert_int_equal(entry->initrd_count, 0);
	assert_int_equal(entry->overlay_count, 0);
	assert_int_equal(entry->unknown, 0);
	/* All of its memory is free. */
	draft = *draft_with_room(1);
	boot_draft_begin(&draft, 8);
	boot_draft_set(&draft, BOOT_KERNEL, &entry->kernel, "/vmlinuz");
	assert_string_equal(entry->kernel, "/vmlinuz");
}

static void keeps_copies(void **state)
{
	struct boot_draft *draft = draft_with_room(200);
	struct boot_entry *entry = &draft->entry;
	char text[] = "/a";

	(void)state;
	boot_draft_set(draft, BOOT_KERNEL, &entry->kernel, text);
	text[1] = 'b';
	boot_draft_add_initrd(draft, text);
	text[1] = 'c';
	boot_draft_add_initrd(draft, text);
	text[1] = 'd';
	boot_draft_add_overlay(draft, text);
	text[1] = 'e';
	boot_draft_add_options(draft, text);
	text[1] = 'f';
	boot_draft_set(draft, BOOT_FDT, &entry->fdt, text);
	text[1] = 'g';
	boot_draft_add_options(draft, text);
	text[1] = 'x';
	assert_string_equal(entry->kernel, "/a");
	assert_int_equal(entry->initrd_count, 2);
	assert_string_equal(entry->initrds[0], "/b");
	assert_string_equal(entry->initrds[1], "/c");
	assert_int_equal(entry->overlay_count, 1);
	assert_string_equal(entry->overlays[0], "/d");
	assert_string_equal(entry->command_line, "/e /g");
	assert_string_equal(entry->fdt, "/f");
	assert_int_equal(entry->unknown, 0);
}

static void forgets_what_does_not_fit(void **state)
{
	static const unsigned parts[] = {
		0, BOOT_KERNEL, BOOT_INITRD, BOOT_FDT, BOOT_OVERLAY, BOOT_COMMAND_LINE, BOOT_ALL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct boot_draft *draft = draft_with_room(3);
		const char *field = "before";

		boot_draft_set(draft, parts[i], &field, "abc");
		assert_string_equal(field, "before");
		assert_int_equal(draft->entry.unknown, parts[i]);
		boot_draft_set(draft, BOOT_ALL, &field, "ab");
		assert_string_equal(field, "ab");
		assert_int_equal(draft->entry.unknown, parts[i]);
		boot_draft_set(draft, BOOT_KERNEL, &field, "");
		assert_int_equal(draft->entry.unknown, parts[i] | BOOT_KERNEL);
	}
}

static void adds_files_up_to_its_limits(void **state)
{
	static const struct {
		void (*add)(struct boot_draft *draft, const char *path);
		size_t offset, max; /* of the count; how many there can be */
		unsigned part;
	} cases[] = {
		{boot_draft_add_initrd, offsetof(struct boot_entry, initrd_count), BOOT_INITRDS_MAX,
			BOOT_INITRD},
		{boot_draft_add_overlay, offsetof(struct boot_entry, overlay_count),
			BOOT_OVERLAYS_MAX, BOOT_OVERLAY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct boot_draft *draft = draft_with_room(1000);
		size_t *count = (size_t *)(void *)((char *)&draft->entry + cases[i].offset);

		for (size_t k = 0; k < cases[i].max; k++)
			cases[i].add(draft, "/a");
		assert_int_equal(*count, cases[i].max);
		assert_int_equal(draft->entry.unknown, 0);
		cases[i].add(draft, "/b");
		assert_int_equal(*count, cases[i].max);
		assert_int_equal(draft->entry.unknown, cases[i].part);
		draft = draft_with_room(3);
		cases[i].add(draft, "/ab");
		assert_int_equal(*count, 0);
		assert_int_equal(draft->entry.unknown, cases[i].part);
		cases[i].add(draft, "/a");
		assert_int_equal(*count, 1);
	}
}

static void joins_options(void **state)
{
	struct boot_draft *draft = draft_with_room(100);
	struct boot_entry *entry = &draft->entry;

	(void)state;
	boot_draft_add_options(draft, "");
	assert_string_equal(entry->command_line, "");
	boot_draft_add_options(draft, "root=a");
	assert_string_equal(entry->command_line, "root=a");
	boot_draft_add_options(draft, "ro  quiet");
	assert_string_equal(entry->command_line, "root=a ro  quiet");
	assert_int_equal(entry->unknown, 0);
	draft = draft_with_room(20);
	boot_draft_add_options(draft, "root=a");
	boot_draft_add_options(draft, "ro quiet splash"); /* the sum does not fit */
	assert_string_equal(entry->command_line, "root=a");
	assert_int_equal(entry->unknown, BOOT_COMMAND_LINE);
}

static void finds_paths_that_only_the_loader_knows(void **state)
{
	static const struct {
		const char *path;
		bool is_elsewhere;
	} cases[] = {
		{"/boot/Image", false},
		{"Image", false},
		{"", false},
		{"//a:/b", false},
		{"${kernel}", true},
		{"/dtbs/$fdtfile", true},
		{"tftp://10.0.0.1/Image", true},
		{"://", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(boot_path_is_elsewhere(cases[i].path), cases[i].is_elsewhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_without_parts),
		cmocka_unit_test(keeps_copies),
		cmocka_unit_test(forgets_what_does_not_fit),
		cmocka_unit_test(adds_files_up_to_its_limits),
		cmocka_unit_test(joins_options),
		cmocka_unit_test(finds_paths_that_only_the_loader_knows),
	};

	return cmocka_run_group_tests_name("boot_draft", tests, NULL, NULL);
}
