/* SPDX-License-Identifier: MIT */
#include "device/layout/fat.h"

#include "tests/lib/device_fixture.h"

#include "device/disk/disk.h"

static void the_type_follows_the_clusters(void **state)
{
	(void)state;
	assert_int_equal(fat_type(0), 12);
	assert_int_equal(fat_type(4084), 12);
	assert_int_equal(fat_type(4085), 16);
	assert_int_equal(fat_type(65524), 16);
	assert_int_equal(fat_type(65525), 32);
}

static void expect(uint64_t mib, uint32_t sector, uint32_t wanted, unsigned type, uint32_t cluster)
{
	struct fat fat = fat_choose(MIB(mib), sector, wanted);

	if (fat.type != type || fat.cluster_sectors != cluster)
		fail_msg("%llu MiB, sectors of %u: FAT%u with clusters of %u sectors",
			(unsigned long long)mib, sector, fat.type, fat.cluster_sectors);
}

static void fat32_is_chosen_where_it_is_one(void **state)
{
	(void)state;
	expect(8, 512, 0, 12, 8); /* about 4,085 clusters of four sectors: too near to the limit */
	expect(16, 512, 0, 16, 4);
	expect(32, 512, 0, 16, 4);
	expect(33, 512, 0, 32, 1);
	expect(256, 512, 0, 32, 1);
	expect(512, 512, 0, 32, 8);
	expect(GIB(20) / MIB(1), 512, 0, 32, 32);
	expect(8, 4096, 0, 12, 1);
	expect(64, 4096, 0, 16, 1);
	expect(256, 4096, 0, 16,
		2); /* as FAT32 it would have 65,376 clusters: a FAT16 to firmware */
	expect(260, 4096, 0, 32, 1);
	expect(512, 4096, 0, 32, 1);
	/* As the layout wants. */
	expect(256, 512, 8, 16, 8);
	expect(256, 512, 2, 32, 2);
	expect(8, 512, 16, 12, 16);
}

static uint32_t le(const unsigned char *p, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes > 0)
		value = value << 8 | p[--bytes];
	return value;
}

/* The clusters of the FAT in @fd, as firmware counts them. */
static uint64_t clusters_of(int fd)
{
	unsigned char b[512];
	uint32_t sector, sectors, tables, root;

	assert_int_equal(pread_full(fd, b, sizeof(b), 0), 0);
	sector = le(b + 11, 2);
	sectors = le(b + 19, 2) ? le(b + 19, 2) : le(b + 32, 4);
	tables = b[16] * (le(b + 22, 2) ? le(b + 22, 2) : le(b + 36, 4));
	root = (le(b + 17, 2) * 32 + sector - 1) / sector;
	return (sectors - le(b + 14, 2) - tables - root) / b[13];
}

static bool fsck_is_clean(const char *image)
{
	return fixture_run((const char *const[]){"fsck.fat", "-n", image, NULL}) == 0;
}

/* With the real mkfs.vfat, on every size and around the limits. */
static void mkfs_makes_what_was_chosen(void **state)
{
	static const uint64_t sizes_kib[] = {512, 1024, 2048, 4096, 8140, 8192, 8240, 8320, 16300,
		16384, 16600, 20480, 32600, 32768, 33280, 33792, 34816, 65536, 131072, 200000,
		261000, 262000, 262144, 262400, 263000, 264000, 266240, 400000, 524288, 530000,
		1048576};
	static const uint32_t sectors[] = {512, 4096};
	struct fixture *f = *state;
	unsigned made = 0;

	fixture_make_image(f, 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes_kib) * ARRAY_SIZE(sectors); i++) {
		uint64_t kib = sizes_kib[i / ARRAY_SIZE(sectors)];
		uint32_t sector = sectors[i % ARRAY_SIZE(sectors)];
		struct fat fat = fat_choose(KIB(kib), sector, 0);
		char type[8], cluster[16], size[16];
		struct diag diag;
		const char *const argv[] = {
			"mkfs.vfat", "-F", type, "-s", cluster, "-S", size, f->image, NULL};
		int status;

		STR_FORMAT(type, "%u", fat.type);
		STR_FORMAT(cluster, "%u", fat.cluster_sectors);
		STR_FORMAT(size, "%u", sector);
		assert_int_equal(ftruncate(f->image_fd, 0), 0);
		assert_int_equal(ftruncate(f->image_fd, (off_t)KIB(kib)), 0);
		status = fixture_run(argv);
		if (status == 127)
			break;
		if (status != 0 || fat_type(clusters_of(f->image_fd)) != fat.type ||
			!fsck_is_clean(f->image))
			fail_msg("%llu KiB, sectors of %u: FAT%s, %llu clusters, exit %d",
				(unsigned long long)kib, sector, type,
				(unsigned long long)clusters_of(f->image_fd), status);
		if (fat_check(f->image_fd, &diag) < 0)
			fail_msg("%llu KiB, sectors of %u: %s", (unsigned long long)kib, sector,
				diag.text);
		made++;
	}
	if (made == 0) {
		print_message("[ SKIP ] mkfs.vfat is not installed\n");
		skip();
	}
	assert_int_equal(made, ARRAY_SIZE(sizes_kib) * ARRAY_SIZE(sectors));
}

/* mkfs.vfat makes what it is told; firmware would read it as another type. */
static void a_fat_of_another_type_is_found(void **state)
{
	static const struct {
		const char *type, *cluster, *sector, *text;
		uint64_t mib;
	} faults[] = {
		{"32", "1", "4096", "a FAT32 of 65376 clusters, which firmware reads as a FAT16",
			256},
		{"32", "1", "512", "which firmware reads as a FAT16", 32},
		{"32", "1", "4096", "which firmware reads as a FAT12", 8},
	};
	struct fixture *f = *state;

	fixture_make_image(f, 0);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct diag diag = {.text = ""};
		const char *const argv[] = {"mkfs.vfat", "-F", faults[i].type, "-s",
			faults[i].cluster, "-S", faults[i].sector, f->image, NULL};
		int status;

		assert_int_equal(ftruncate(f->image_fd, 0), 0);
		assert_int_equal(ftruncate(f->image_fd, (off_t)MIB(faults[i].mib)), 0);
		status = fixture_run(argv);
		if (status == 127)
			skip();
		assert_int_equal(status, 0);
		assert_int_equal(fat_check(f->image_fd, &diag), -EILSEQ);
		if (!strstr(diag.text, faults[i].text))
			fail_msg("no \"%s\" in: %s", faults[i].text, diag.text);
	}
	fixture_fill(f->image_fd, 0, 512, 0);
	assert_int_equal(fat_check(f->image_fd, &(struct diag){0}), -EILSEQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_type_follows_the_clusters),
		cmocka_unit_test(fat32_is_chosen_where_it_is_one),
		fixture_test(mkfs_makes_what_was_chosen),
		fixture_test(a_fat_of_another_type_is_found),
	};

	return cmocka_run_group_tests_name("fat", tests, NULL, NULL);
}
