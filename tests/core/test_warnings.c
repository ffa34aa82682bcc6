/* SPDX-License-Identifier: MIT */
#include "core/archive/warnings.h"

#include "device/base/util.h"
#include "tests/lib/manifest_fixture.h"

#define MEMBERS_MAX 6

/* Returns "code: text" of all warnings, one a line. */
static const char *warnings_of(const struct member *members, unsigned strip)
{
	static char text[2000];
	struct manifest *manifest = manifest_new();
	struct archive_warnings warnings;
	struct diag diag;
	size_t count = 0;

	while (count < MEMBERS_MAX && members[count].name)
		count++;
	manifest_strip(manifest, strip);
	assert_int_equal(read_fd(manifest, craft(members, count, 1024), &diag), 0);
	archive_warnings_find(manifest, strip, &warnings);
	manifest_free(manifest);
	text[0] = '\0';
	for (uint32_t i = 0; i < warnings.count; i++)
		str_format(text + strlen(text), sizeof(text) - strlen(text), "%s: %s\n",
			warnings.list[i].code, warnings.list[i].text);
	return text;
}

static void finds_what_is_no_root_filesystem(void **state)
{
	static const struct {
		const char *expected; /* parts of the text, in this order; "" for no warning */
		const char *also;
		struct member members[MEMBERS_MAX];
		unsigned strip;
	} cases[] = {
		{"", NULL, {{"./etc/f", '0', NULL, NULL}, {"./boot/k", '0', NULL, NULL}}, 0},
		{"", NULL, {{"usr/bin/sh", '0', NULL, NULL}}, 0}, /* one folder, but a system's */
		{"docker-save: ", "docker export",
			{{"manifest.json", '0', NULL, "[]"}, {"l/", '5', NULL, NULL},
				{"l/layer.tar", '0', NULL, NULL},
				{"repositories", '0', NULL, NULL}},
			0},
		{"docker-save: ", NULL,
			{{"blobs/sha256/0", '0', NULL, NULL}, {"manifest.json", '0', NULL, "[]"},
				{"index.json", '0', NULL, NULL}, {"oci-layout", '0', NULL, NULL}},
			0},
		{"oci-image: ", NULL,
			{{"blobs/sha256/0", '0', NULL, NULL}, {"index.json", '0', NULL, NULL},
				{"oci-layout", '0', NULL, NULL}},
			0},
		{"docker-save: ", NULL,
			{{"manifest.json", '0', NULL, "[]"}, {"012ab.tar.gz", '0', NULL, NULL}}, 0},
		{"docker-save: ", NULL,
			{{"./manifest.json", '0', NULL, "[]"}, {"./012ab.tar", '0', NULL, NULL}},
			0},
		{"no-rootfs: ", NULL,
			{{"manifest.json", '0', NULL, "[]"}, {"a/012ab.tar", '0', NULL, NULL}}, 0},
		{"rootfs-folder: ", "LXD",
			{{"metadata.yaml", '0', NULL, NULL}, {"rootfs/etc/f", '0', NULL, NULL}}, 0},
		{"no-rootfs: ", NULL,
			{{"metadata.yaml", '0', NULL, NULL}, {"rootfs/f", '0', NULL, NULL}}, 0},
		/* Both names may occur in a root filesystem. */
		{"", NULL,
			{{"manifest.json", '0', NULL, NULL}, {"etc/layer.tar", '0', NULL, NULL},
				{"usr/", '5', NULL, NULL}},
			0},
		{"whiteouts: ", "install 2 whiteouts as files, such as etc/.wh.old;",
			{{"etc/.wh.old", '0', NULL, NULL}, {"var/.wh..wh..opq", '0', NULL, NULL}},
			0},
		{"", NULL, {{"etc/a.wh.b", '0', NULL, NULL}}, 0},
		{"one-folder: everything is below one folder, rootfs; use --strip 1 to", NULL,
			{{"rootfs/", '5', NULL, NULL}, {"rootfs/etc/", '5', NULL, NULL},
				{"rootfs/sbin/init", '0', NULL, NULL}},
			0},
		{"one-folder: everything is below one folder, rootfs; use --strip 1 to", NULL,
			{{"rootfs/etc/f", '0', NULL, NULL}, {"rootfs/etc/g", '0', NULL, NULL}}, 0},
		{"one-folder: everything is below one folder, rootfs; use --strip 2 to", NULL,
			{{"./", '5', NULL, NULL}, {"./rootfs/etc/f", '0', NULL, NULL}}, 0},
		{"one-folder: everything is below one folder, a/b; use --strip 2 to", NULL,
			{{"a/b/etc/f", '0', NULL, NULL}, {"a/b/bin", '2', "usr/bin", NULL}}, 0},
		{"one-folder: everything is below one folder, b; use --strip 2 to", NULL,
			{{"a/b/etc/f", '0', NULL, NULL}, {"a/b/bin", '2', "usr/bin", NULL}}, 1},
		{"", NULL, {{"a/b/etc/f", '0', NULL, NULL}, {"a/b/bin", '2', "usr/bin", NULL}}, 2},
		/* No strip fits names with and without "./". */
		{"one-folder: everything is below one folder, r\n", NULL,
			{{"./r/etc/f", '0', NULL, NULL}, {"r/etc/g", '0', NULL, NULL}}, 0},
		/* A source package: nothing to strip makes it a root filesystem. */
		{"one-folder: everything is below one folder, linux-6.1\n", NULL,
			{{"linux-6.1/", '5', NULL, NULL}, {"linux-6.1/Kconfig", '0', NULL, NULL},
				{"linux-6.1/kernel/x.c", '0', NULL, NULL}},
			0},
		{"one-folder: everything is below one folder, a\n", NULL,
			{{"a/bc/f", '0', NULL, NULL}, {"a/b/f", '0', NULL, NULL}}, 0},
		{"no-rootfs: ", NULL, {{"Image", '0', NULL, NULL}, {"board.dtb", '0', NULL, NULL}},
			0},
		{"no-rootfs: ", NULL, {{"ab/f", '0', NULL, NULL}, {"a/f", '0', NULL, NULL}}, 0},
		{"stripped: --strip leaves out 1 file or link", NULL,
			{{"r/etc/f", '0', NULL, NULL}, {"README", '0', NULL, NULL}}, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = warnings_of(cases[i].members, cases[i].strip);

		if (!str_has_prefix(text, cases[i].expected) || (!*cases[i].expected && *text) ||
			(cases[i].also && !strstr(text, cases[i].also)))
			fail_msg("case %zu: %s", i, text);
	}
}

static int add_root(struct manifest *manifest, uint32_t mode, uint32_t uid)
{
	const struct manifest_entry root = {
		.link = "", .type = MANIFEST_DIR, .mode = mode, .uid = uid};
	const struct manifest_entry etc = {.link = "", .type = MANIFEST_DIR, .mode = 0700};
	int r = manifest_add(manifest, "./", &root);

	if (r == 0)
		r = manifest_add(manifest, "./etc", &etc);
	return r < 0 ? r : manifest_seal(manifest);
}

static void judges_the_root_folder(void **state)
{
	static const struct {
		uint32_t mode, uid;
		const char *codes[2];
	} cases[] = {
		{0755, 0, {NULL, NULL}},
		{0555, 0, {NULL, NULL}},
		{0711, 0, {NULL, NULL}},
		{0700, 0, {"root-mode", NULL}},
		{0750, 0, {"root-mode", NULL}},
		{0755, 1000, {"root-owner", NULL}},
		{0700, 1000, {"root-mode", "root-owner"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manifest *manifest = manifest_new();
		struct archive_warnings warnings;
		uint32_t count = 0;

		assert_int_equal(add_root(manifest, cases[i].mode, cases[i].uid), 0);
		archive_warnings_find(manifest, 0, &warnings);
		for (; count < 2 && cases[i].codes[count]; count++)
			assert_string_equal(warnings.list[count].code, cases[i].codes[count]);
		assert_int_equal(warnings.count, count);
		manifest_free(manifest);
	}
}

static void warns_of_attributes_that_linux_has_not(void **state)
{
	struct manifest *manifest = manifest_new();
	struct archive_warnings warnings;

	(void)state;
	manifest_need(manifest, TAR_NEED_FOREIGN_XATTR, "etc/f (com.apple.provenance)");
	assert_int_equal(add_root(manifest, 0755, 0), 0);
	archive_warnings_find(manifest, 0, &warnings);
	assert_int_equal(warnings.count, 1);
	assert_string_equal(warnings.list[0].code, "lost-xattrs");
	assert_non_null(strstr(warnings.list[0].text, "etc/f (com.apple.provenance)"));
	assert_non_null(strstr(warnings.list[0].text, "--allow foreign-attributes"));
	manifest_free(manifest);
}

static void holds_a_few(void **state)
{
	struct archive_warnings warnings = {0};

	(void)state;
	for (unsigned i = 0; i < ARCHIVE_WARNINGS_MAX + 2; i++)
		archive_warnings_add(&warnings, "code", "number %u\033", i);
	assert_int_equal(warnings.count, ARCHIVE_WARNINGS_MAX);
	assert_string_equal(warnings.list[0].text, "number 0?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_no_root_filesystem),
		cmocka_unit_test(judges_the_root_folder),
		cmocka_unit_test(warns_of_attributes_that_linux_has_not),
		cmocka_unit_test(holds_a_few),
	};

	return cmocka_run_group_tests_name("warnings", tests, NULL, NULL);
}
