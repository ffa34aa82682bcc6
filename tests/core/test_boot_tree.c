/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_tree.h"

#include "device/base/util.h"
#include "tests/lib/manifest_fixture.h"

static const struct member members[] = {
	{"./boot/", '5', NULL, NULL},
	{"./boot/vmlinuz-6.1", '0', NULL, "kernel"},
	{"./boot/vmlinuz", '2', "vmlinuz-6.1", NULL},
	{"./boot/absolute", '2', "/vmlinuz-6.1", NULL},
	{"./boot/boot", '2', ".", NULL},
	{"./boot/again", '1', "./boot/vmlinuz-6.1", NULL},
	{"./boot/efi/EFI/BOOT/BOOTAA64.EFI", '0', NULL, "loader"},
	{"./boot/up", '2', "../../../boot/vmlinuz-6.1", NULL},
	{"./usr/lib/systemd/systemd", '0', NULL, "init"},
	{"./lib", '2', "usr/lib", NULL},
	{"./sbin", '2', "usr/sbin", NULL},
	{"./usr/sbin/init", '2', "/lib/systemd/systemd", NULL},
	{"./round/a", '2', "b", NULL},
	{"./round/b", '2', "/round/a", NULL},
	{"./round/self", '2', "self/self", NULL},
	{"./gone", '2', "nowhere", NULL},
};

static struct layout single(void)
{
	return *layout_find("single-gpt");
}

/* /boot is ext4, /boot/efi vfat. */
static struct layout divided(void)
{
	struct layout layout = *layout_find("boot-root");

	layout.partitions[0].fs = FS_EXT4;
	layout.partitions[2] = layout.partitions[0];
	layout.partitions[2].fs = FS_VFAT;
	STR_COPY(layout.partitions[2].mount, "/boot/efi");
	layout.count = 3;
	return layout;
}

struct sought {
	size_t partition;
	const char *folder, *path;
	const char *found; /* NULL: nothing */
};

static void assert_finds(const struct layout *layout, const struct sought *sought, size_t count)
{
	struct manifest *manifest = read_good(craft(members, ARRAY_SIZE(members), 1024));

	for (size_t i = 0; i < count; i++) {
		const struct boot_tree tree = {manifest, layout, sought[i].partition};
		struct manifest_entry entry = {.path = NULL};
		bool found = boot_tree_find(&tree, sought[i].folder, sought[i].path, &entry);

		if (found != (sought[i].found != NULL) ||
			(found && strcmp(entry.path, sought[i].found) != 0))
			fail_msg("%s in %s: found %s", sought[i].path, sought[i].folder,
				found ? entry.path : "nothing");
	}
	manifest_free(manifest);
}

static void the_system_sees_all(void **state)
{
	static const struct sought sought[] = {
		{BOOT_TREE_ALL, "", "/sbin/init", "usr/lib/systemd/systemd"},
		{BOOT_TREE_ALL, "", "/boot/vmlinuz", "boot/vmlinuz-6.1"},
		{BOOT_TREE_ALL, "", "/boot/again", "boot/vmlinuz-6.1"},
		{BOOT_TREE_ALL, "", "/boot/up", "boot/vmlinuz-6.1"},
		{BOOT_TREE_ALL, "", "/boot/absolute", NULL},
		{BOOT_TREE_ALL, "", "//boot/./boot/../vmlinuz", NULL},
		{BOOT_TREE_ALL, "boot", "vmlinuz", "boot/vmlinuz-6.1"},
		{BOOT_TREE_ALL, "boot/efi", "../vmlinuz", "boot/vmlinuz-6.1"},
		{BOOT_TREE_ALL, "", "/", ""},
		{BOOT_TREE_ALL, "", "/round/a", NULL},
		{BOOT_TREE_ALL, "", "/round/self", NULL},
		{BOOT_TREE_ALL, "", "/gone", NULL},
		{BOOT_TREE_ALL, "", "/boot/vmlinuz/more", NULL},
	};
	struct layout layout = single();

	(void)state;
	assert_finds(&layout, sought, ARRAY_SIZE(sought));
}

static void a_loader_sees_one_filesystem(void **state)
{
	static const struct sought sought[] = {
		{0, "", "/vmlinuz", "boot/vmlinuz-6.1"},
		{0, "", "/absolute", "boot/vmlinuz-6.1"},
		{0, "", "/../vmlinuz", "boot/vmlinuz-6.1"},
		{0, "", "/boot/vmlinuz", "boot/vmlinuz-6.1"}, /* by the link boot -> . */
		{0, "extlinux", "../vmlinuz", NULL},	      /* there is no such folder */
		{0, "", "/up", "boot/vmlinuz-6.1"}, /* ".." ends at the root, boot is "." */
		{0, "", "/sbin/init", NULL},
		{0, "", "/efi/EFI/BOOT/BOOTAA64.EFI", NULL}, /* another filesystem */
		{1, "", "/boot/vmlinuz", NULL},
		{1, "", "/sbin/init", "usr/lib/systemd/systemd"},
		{2, "", "/EFI/BOOT/BOOTAA64.EFI", "boot/efi/EFI/BOOT/BOOTAA64.EFI"},
		{2, "", "/efi/boot/bootaa64.efi", "boot/efi/EFI/BOOT/BOOTAA64.EFI"},
		{2, "EFI/BOOT", "bootaa64.efi", "boot/efi/EFI/BOOT/BOOTAA64.EFI"},
		{2, "", "/EFI/BOOT/OTHER.EFI", NULL},
	};
	struct layout layout = divided();

	(void)state;
	assert_finds(&layout, sought, ARRAY_SIZE(sought));
}

/* Any length of path, part or folder. */
static void long_paths_are_not_found(void **state)
{
	static char path[3 * PATH_MAX];
	struct manifest *manifest = read_good(craft(members, ARRAY_SIZE(members), 1024));
	struct layout layout = single();
	const struct boot_tree tree = {manifest, &layout, BOOT_TREE_ALL};
	struct manifest_entry entry;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	for (size_t size = NAME_MAX; size < sizeof(path); size += 100) {
		path[size] = '\0';
		assert_false(boot_tree_find(&tree, "", path, &entry));
		assert_false(boot_tree_find(&tree, path, "boot", &entry));
		path[size] = 'x';
	}
	manifest_free(manifest);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_system_sees_all),
		cmocka_unit_test(a_loader_sees_one_filesystem),
		cmocka_unit_test(long_paths_are_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
