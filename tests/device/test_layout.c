/* SPDX-License-Identifier: MIT */
#include "device/layout/layout.h"

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct layout plan(const char *name, uint64_t disk_bytes)
{
	const struct layout *spec = layout_find(name);
	struct layout planned;
	struct diag diag;

	assert_non_null(spec);
	assert_int_equal(layout_place(spec, disk_bytes, 0, &planned, &diag), 0);
	return planned;
}

static void builtins_are_listed(void **state)
{
	static const char *const names[] = {"single-gpt", "single-mbr", "boot-root"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_string_equal(layout_builtin(i)->name, names[i]);
		assert_ptr_equal(layout_find(names[i]), layout_builtin(i));
		assert_true(layout_builtin(i)->summary[0] != '\0');
	}
	assert_null(layout_builtin(ARRAY_SIZE(names)));
	assert_null(layout_find("no-such-layout"));
}

static void paths_are_on_the_deepest_mount(void **state)
{
	struct layout layout = {.count = 4,
		.partitions = {
			{.mount = "/boot"}, {.mount = "/"}, {.mount = ""}, {.mount = "/boot/efi"}}};

	(void)state;
	assert_int_equal(layout_partition_of(&layout, ""), 1);
	assert_int_equal(layout_partition_of(&layout, "etc/fstab"), 1);
	assert_int_equal(layout_partition_of(&layout, "boot"), 0); /* the root of that filesystem */
	assert_int_equal(layout_partition_of(&layout, "boot/grub/x"), 0);
	assert_int_equal(layout_partition_of(&layout, "bootx"), 1);
	assert_int_equal(layout_partition_of(&layout, "boot/efi/EFI"), 3);
	assert_int_equal(layout_partition_of(&layout, "usr/boot"), 1);
	layout.partitions[1].mount[0] = '\0';
	assert_int_equal(layout_partition_of(&layout, "etc"), 4);
	assert_int_equal(layout_partition_of(&layout, ""), 4);
}

/* A 7.28 GiB eMMC. The sizes were calculated by hand. */
static void single_gpt_fills_the_disk(void **state)
{
	struct layout l = plan("single-gpt", 7818182656);
	const struct layout_partition *p = &l.partitions[0];

	(void)state;
	assert_int_equal(l.disk_sectors, 15269888);
	assert_int_equal(l.count, 1);
	assert_int_equal(p->start, 8192);
	/* The disk has exactly 7456 MiB; the backup table takes the last one. */
	assert_int_equal(p->start + p->sectors, 7455 * 2048);
	assert_string_equal(p->mount, "/");
	assert_int_equal(p->fs, FS_EXT4);
}

static void single_mbr_uses_the_last_mebibyte(void **state)
{
	struct layout l = plan("single-mbr", 7818182656);

	(void)state;
	assert_int_equal(l.partitions[0].start, 8192);
	assert_int_equal(l.partitions[0].start + l.partitions[0].sectors, 7456 * 2048);
}

static void boot_root_places_both(void **state)
{
	struct layout l = plan("boot-root", GIB(4));

	(void)state;
	assert_int_equal(l.count, 2);
	assert_int_equal(l.partitions[0].start, 8192);
	assert_int_equal(l.partitions[0].sectors, 256 * 2048);
	assert_true(l.partitions[0].bootable);
	assert_int_equal(l.partitions[1].start, 260 * 2048);
	assert_int_equal(l.partitions[1].start + l.partitions[1].sectors, 4095 * 2048);
	assert_string_equal(l.partitions[0].mount, "/boot");
	assert_string_equal(l.partitions[0].label, "BOOT");
	assert_string_equal(l.partitions[1].label, "rootfs");
}

/* One sector less than layout_min_bytes() is too small; every larger size works. */
static void min_bytes_is_exact(void **state)
{
	(void)state;
	for (size_t i = 0; layout_builtin(i); i++) {
		const struct layout *spec = layout_builtin(i);
		uint64_t least = layout_min_bytes(spec);
		struct layout planned = {.name = "untouched"};
		struct diag diag;

		assert_int_equal(layout_place(spec, least - 512, 0, &planned, &diag), -ENOSPC);
		assert_string_equal(planned.name, "untouched");
		assert_non_null(strstr(diag.text, "needs"));
		for (uint64_t more = 0; more <= MIB(3); more += 512) {
			const struct layout_partition *last;

			assert_int_equal(layout_place(spec, least + more, 0, &planned, &diag), 0);
			last = &planned.partitions[planned.count - 1];
			assert_true(last->sectors * SECTOR_BYTES >= last->min_bytes);
			assert_true((last->start + last->sectors) * SECTOR_BYTES +
					    (spec->table == TABLE_GPT ? 33 * SECTOR_BYTES : 0) <=
				    least + more);
		}
	}
}

/* A contradiction in a description, made by changing a valid one. */
struct mistake {
	const char *text; /* part of the message */
	void (*make)(struct layout *layout);
	int error;
};

static void no_partitions(struct layout *l)
{
	l->count = 0;
}

static void too_many(struct layout *l)
{
	l->count = LAYOUT_PARTITIONS_MAX + 1;
}

static void sixty_on_mbr(struct layout *l)
{
	l->table = TABLE_MBR;
	l->count = 60;
}

static void odd_align(struct layout *l)
{
	l->align_bytes = MIB(3);
}

static void small_align(struct layout *l)
{
	l->align_bytes = 256;
}

static void grows_first(struct layout *l)
{
	l->partitions[0].grow = true;
	l->partitions[0].size_bytes = 0;
}

static void grows_and_has_size(struct layout *l)
{
	l->partitions[1].size_bytes = MIB(1);
}

static void no_size(struct layout *l)
{
	l->partitions[0].size_bytes = 0;
}

static void odd_size(struct layout *l)
{
	l->partitions[0].size_bytes += 511;
}

static void long_label(struct layout *l)
{
	(void)STR_COPY(l->partitions[0].label, "TWELVE-BYTES");
}

static void no_root(struct layout *l)
{
	(void)STR_COPY(l->partitions[1].mount, "/data");
}

static void same_mount(struct layout *l)
{
	(void)STR_COPY(l->partitions[0].mount, "/");
}

static void same_name(struct layout *l)
{
	(void)STR_COPY(l->partitions[1].name, "BOOT");
}

static void no_name(struct layout *l)
{
	l->partitions[1].name[0] = '\0';
}

static void mount_without_fs(struct layout *l)
{
	l->partitions[0].fs = FS_NONE;
	l->partitions[0].label[0] = '\0';
}

static void huge(struct layout *l)
{
	l->partitions[0].size_bytes = UINT64_MAX & ~UINT64_C(4095);
}

static void huge_align(struct layout *l)
{
	l->align_bytes = UINT64_C(1) << 63;
}

static void huge_minimum(struct layout *l)
{
	l->partitions[1].min_bytes = UINT64_MAX;
}

static void contradictions_are_reported(void **state)
{
	static const struct mistake mistakes[] = {
		{"1 to 128", no_partitions, -EINVAL},
		{"1 to 128", too_many, -EINVAL},
		{"at most 59", sixty_on_mbr, -EINVAL},
		{"alignment", odd_align, -EINVAL},
		{"alignment", small_align, -EINVAL},
		{"not the last", grows_first, -EINVAL},
		{"also grows", grows_and_has_size, -EINVAL},
		{"multiple of 512 bytes", no_size, -EINVAL},
		{"multiple of 512 bytes", odd_size, -EINVAL},
		{"too long", long_label, -EINVAL},
		{"on /", no_root, -EINVAL},
		{"mounted on /", same_mount, -EINVAL},
		{"name BOOT", same_name, -EINVAL},
		{"no name", no_name, -EINVAL},
		{"cannot be mounted", mount_without_fs, -EINVAL},
		{"needs", huge, -ENOSPC},
		{"needs", huge_align, -ENOSPC},
		{"needs", huge_minimum, -ENOSPC},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct layout spec = *layout_find("boot-root"), planned;
		struct diag diag = {.line = 7};

		mistakes[i].make(&spec);
		assert_int_equal(
			layout_place(&spec, GIB(8), 0, &planned, &diag), mistakes[i].error);
		assert_int_equal(diag.line, 0);
		if (!strstr(diag.text, mistakes[i].text))
			fail_msg("\"%s\" does not contain \"%s\"", diag.text, mistakes[i].text);
	}
}

static void mbr_ends_at_2_tib(void **state)
{
	struct layout planned;
	struct diag diag;

	(void)state;
	assert_int_equal(
		layout_place(layout_find("single-mbr"), GIB(2048) - MIB(1), 0, &planned, &diag), 0);
	assert_int_equal(
		layout_place(layout_find("single-mbr"), GIB(2048) + MIB(1), 0, &planned, &diag),
		-EINVAL);
	assert_int_equal(layout_place(layout_find("single-gpt"), GIB(4096), 0, &planned, &diag), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builtins_are_listed),
		cmocka_unit_test(paths_are_on_the_deepest_mount),
		cmocka_unit_test(single_gpt_fills_the_disk),
		cmocka_unit_test(single_mbr_uses_the_last_mebibyte),
		cmocka_unit_test(boot_root_places_both),
		cmocka_unit_test(min_bytes_is_exact),
		cmocka_unit_test(contradictions_are_reported),
		cmocka_unit_test(mbr_ends_at_2_tib),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
