/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_source.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void parses_what_files_write(void **state)
{
	static const struct {
		const char *text;
		enum boot_source_kind kind;
		const char *value;
		unsigned number;
	} sources[] = {
		{"UUID=1-2", BOOT_SOURCE_UUID, "1-2", 0},
		{"UUID=\"1-2\"", BOOT_SOURCE_UUID, "1-2", 0},
		{"LABEL=root\\x20fs", BOOT_SOURCE_LABEL, "root fs", 0},
		{"PARTUUID=feedc0de-02", BOOT_SOURCE_PARTUUID, "feedc0de-02", 0},
		{"PARTUUID=feedc0de-02/PARTNROFF=1", BOOT_SOURCE_OTHER, NULL, 0},
		{"PARTLABEL=rootfs", BOOT_SOURCE_PARTLABEL, "rootfs", 0},
		{"/dev/disk/by-uuid/1-2", BOOT_SOURCE_UUID, "1-2", 0},
		{"/dev/disk/by-label/a", BOOT_SOURCE_LABEL, "a", 0},
		{"/dev/disk/by-partuuid/a", BOOT_SOURCE_PARTUUID, "a", 0},
		{"/dev/disk/by-partlabel/a", BOOT_SOURCE_PARTLABEL, "a", 0},
		{"/dev/disk/by-id/mmc-x-part2", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/mmcblk0p2", BOOT_SOURCE_NUMBER, NULL, 2},
		{"/dev/mmcblk12p11", BOOT_SOURCE_NUMBER, NULL, 11},
		{"/dev/mmcblk0", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/mmcblk0boot0", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/mmcblk0p", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/nvme0n1p3", BOOT_SOURCE_NUMBER, NULL, 3},
		{"/dev/nvme0n1", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/sda2", BOOT_SOURCE_NUMBER, NULL, 2},
		{"/dev/sdp2", BOOT_SOURCE_NUMBER, NULL, 2},
		{"/dev/sda", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/vda1", BOOT_SOURCE_NUMBER, NULL, 1},
		{"/dev/vda1x", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/sda0", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/sda99999", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/root", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/nfs", BOOT_SOURCE_OTHER, NULL, 0},
		{"/dev/mapper/root", BOOT_SOURCE_OTHER, NULL, 0},
		{"ZFS=rpool/root", BOOT_SOURCE_OTHER, NULL, 0},
		{"179:2", BOOT_SOURCE_OTHER, NULL, 0},
		{"PARTUUID=${uuid}", BOOT_SOURCE_OTHER, NULL, 0},
		{"UUID=@ROOT@", BOOT_SOURCE_OTHER, NULL, 0},
		{"PARTUUID=%PARTUUID%", BOOT_SOURCE_OTHER, NULL, 0},
		{"UUID=", BOOT_SOURCE_OTHER, NULL, 0},
		{"UUID=0123456789012345678901234567890123456789", BOOT_SOURCE_OTHER, NULL, 0},
		{"tmpfs", BOOT_SOURCE_OTHER, NULL, 0},
		{"", BOOT_SOURCE_OTHER, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const struct boot_source source = boot_source_parse(sources[i].text);

		if (source.kind != sources[i].kind || source.number != sources[i].number ||
			(sources[i].value && strcmp(source.value, sources[i].value) != 0))
			fail_msg("%s: kind %u, \"%s\", %u", sources[i].text, source.kind,
				source.value, source.number);
	}
}

static struct layout with_ids(const char *name)
{
	struct layout layout = *layout_find(name);

	STR_COPY(layout.partitions[1].fs_uuid, "11111111-2222-4333-8444-555555555555");
	STR_COPY(layout.partitions[0].fs_uuid, "ABCD-1234");
	STR_COPY(layout.partitions[1].partuuid, "feedc0de-02");
	STR_COPY(layout.partitions[1].label, "rootfs");
	return layout;
}

static void compares_with_a_partition(void **state)
{
	static const struct {
		const char *text;
		bool is_root, is_own;
	} sources[] = {
		{"UUID=11111111-2222-4333-8444-555555555555", true, true},
		{"UUID=11111111-2222-4333-8444-555555555556", false, false},
		{"UUID=ABCD-1234", false, true},
		{"UUID=abcd-1234", false, true},
		{"PARTUUID=FEEDC0DE-02", true, true},
		{"PARTUUID=feedc0de-01", false, false},
		{"LABEL=rootfs", true, true},
		{"LABEL=ROOTFS", false, false},
		{"LABEL=BOOT", false, true},
		{"PARTLABEL=rootfs", true, true},
		{"PARTLABEL=BOOT", false, true},
		{"PARTLABEL=other", false, false},
		{"/dev/mmcblk0p2", true, true},
		{"/dev/sda1", false, true},
		{"/dev/sda3", false, false},
		{"/dev/nfs", true, true},
	};
	struct layout layout = with_ids("boot-root");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const struct boot_source source = boot_source_parse(sources[i].text);

		if (boot_source_is(&source, &layout, 1) != sources[i].is_root ||
			boot_source_is_own(&source, &layout) != sources[i].is_own)
			fail_msg("%s", sources[i].text);
	}
	layout.table = TABLE_MBR;
	assert_false(boot_source_is(
		&(struct boot_source){BOOT_SOURCE_PARTLABEL, "rootfs", 0}, &layout, 1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_what_files_write),
		cmocka_unit_test(compares_with_a_partition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
