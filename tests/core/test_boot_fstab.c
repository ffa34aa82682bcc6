/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_fstab.h"

#include "tests/lib/boot_fixture.h"

#define ROOT  "11111111-2222-4333-8444-555555555555"
#define OTHER "99999999-2222-4333-8444-555555555555"

static void with_ids(struct layout *layout)
{
	STR_COPY(layout->partitions[0].fs_uuid, "ABCD-1234");
	STR_COPY(layout->partitions[1].fs_uuid, ROOT);
}

static void with_new_ids(struct layout *layout)
{
	with_ids(layout);
	layout->identity = LAYOUT_IDENTITY_NEW;
}

/* Lines after that of a root, for a vfat /boot and an ext4 /; and what is found without and with systemd. */
static const struct {
	const char *what, *line, *found, *by_systemd;
} lines[] = {
	{"none", "", "", ""},
	{"the right one", "UUID=ABCD-1234 /boot vfat defaults 0 2", "", ""},
	{"with a slash at the end", "UUID=ABCD-1234 /boot/ vfat", "", ""},
	{"by number", "/dev/mmcblk2p1 /boot auto", "", ""},
	{"without a type", "/dev/sda1 /boot", "", ""},
	{"another UUID", "UUID=" OTHER " /boot vfat", "warning:fstab-id", "error:fstab-id"},
	{"another UUID, and a slash", "UUID=" OTHER " /boot/ vfat", "warning:fstab-id",
		"error:fstab-id"},
	{"a partition too many", "/dev/sda7 /boot vfat", "warning:fstab-id", "error:fstab-id"},
	{"another filesystem of the layout", "UUID=" ROOT " /boot ext4", "warning:fstab-id",
		"warning:fstab-id"},
	{"another type", "/dev/sda1 /boot ext4", "warning:fstab-type", "error:fstab-type"},
	{"a list of types", "/dev/sda1 /boot ext4,vfat", "", ""},
	{"the old name of vfat", "/dev/sda1 /boot msdos", "", ""},
	{"another UUID, nofail", "UUID=" OTHER " /boot vfat nofail", "", ""},
	{"another UUID, noauto", "UUID=" OTHER " /boot vfat defaults,noauto", "", ""},
	{"another UUID, on demand", "UUID=" OTHER " /boot vfat x-systemd.automount", "", ""},
	{"the first line counts", "UUID=ABCD-1234 /boot vfat\nUUID=" OTHER " /boot vfat", "", ""},
	{"another disk", "UUID=" OTHER " /srv ext4", "warning:fstab-other", "warning:fstab-other"},
	{"another disk, nofail", "UUID=" OTHER " /srv ext4 nofail", "", ""},
	{"a label of another disk, on the network", "LABEL=data /srv ext4 _netdev", "", ""},
	{"memory and network", "tmpfs /tmp tmpfs\nserver:/x /x nfs\nproc /proc proc", "", ""},
	{"a mapped device", "/dev/mapper/data /srv ext4", "", ""},
	{"a swap partition", "UUID=" OTHER " none swap", "warning:fstab-other",
		"warning:fstab-other"},
	{"a swap file", "/swapfile none swap", "", ""},
	{"nonsense", "\xff\xfe \x01 / UUID=", "", ""},
};

static void find(
	const char *fstab, void (*change)(struct layout *layout), bool has_systemd, char ret[100])
{
	const struct member members[] = {{"./etc/fstab", '0', NULL, fstab}};
	struct manifest *manifest = read_kept(members, ARRAY_SIZE(members));
	struct layout layout = place("boot-root", change);
	struct boot_findings findings = {0};

	boot_fstab_check(manifest, &layout, has_systemd, &findings);
	ret[0] = '\0';
	for (uint32_t i = 0; i < findings.count; i++)
		(void)str_format(ret + strlen(ret), 100 - strlen(ret), "%s%s:%s", i ? " " : "",
			boot_severity_name(findings.list[i].severity), findings.list[i].code);
	manifest_free(manifest);
}

static void each_line_is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		for (unsigned has_systemd = 0; has_systemd < 2; has_systemd++) {
			char text[400], found[100];

			(void)STR_FORMAT(text, "UUID=" ROOT " / ext4\n%s\n", lines[i].line);
			find(text, with_ids, has_systemd, found);
			if (strcmp(found, has_systemd ? lines[i].by_systemd : lines[i].found) != 0)
				fail_msg("%s: %s", lines[i].what, found);
		}
}

/* The root is mounted already: the type in the fstab does not matter, and another one stays read-only. */
static void a_root_is_a_warning_unless_new_ids_were_asked_for(void **state)
{
	char found[100];

	(void)state;
	find("UUID=" ROOT " / ext3\n", with_ids, true, found);
	assert_string_equal(found, "");
	find("/dev/root / auto\n", with_ids, true, found);
	assert_string_equal(found, "");
	find("UUID=" OTHER " / ext4\n", with_ids, true, found);
	assert_string_equal(found, "warning:fstab-id");
	find("UUID=" OTHER " / ext4\n", with_new_ids, false, found);
	assert_string_equal(found, "error:fstab-id");
}

static void links_are_followed(void **state)
{
	static const struct member members[] = {{"./etc/fstab", '2', "fstab.real", NULL},
		{"./etc/fstab.real", '0', NULL, "UUID=" OTHER " / ext4\n"}};
	static const struct member elsewhere[] = {{"./etc/fstab", '2', "../run/fstab", NULL},
		{"./run/fstab", '0', NULL, "UUID=" OTHER " / ext4\n"}};
	struct layout layout = place("boot-root", with_ids);
	struct boot_findings findings = {0};
	struct manifest *manifest = read_kept(members, ARRAY_SIZE(members));

	(void)state;
	boot_fstab_check(manifest, &layout, false, &findings);
	assert_true(boot_findings_have(&findings, "fstab-id"));
	manifest_free(manifest);
	findings = (struct boot_findings){0};
	manifest = read_kept(elsewhere, ARRAY_SIZE(elsewhere));
	boot_fstab_check(manifest, &layout, false, &findings);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.list[0].code, "fstab-unread");
	manifest_free(manifest);
}

static void no_fstab_is_no_finding(void **state)
{
	static const struct member others[] = {
		{"./etc/passwd", '0', NULL, ""}, {"./etc/fstab", '5', NULL, NULL}};
	struct layout layout = place("boot-root", with_ids);
	struct boot_findings findings = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct manifest *manifest = read_kept(&others[i], 1);

		boot_fstab_check(manifest, &layout, true, &findings);
		assert_int_equal(findings.count, 0);
		manifest_free(manifest);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_judged),
		cmocka_unit_test(a_root_is_a_warning_unless_new_ids_were_asked_for),
		cmocka_unit_test(links_are_followed),
		cmocka_unit_test(no_fstab_is_no_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
