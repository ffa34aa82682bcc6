/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/fstab.h"

#include "tests/lib/sandbox.h"

struct seen {
	char text[4096];
	unsigned count, stop_at;
};

/* One line of output for each call: "number source mount type options". */
static int note(void *arg, const struct fstab_line *line)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	assert_non_null(line->source);
	assert_non_null(line->mount);
	(void)str_format(seen->text + used, sizeof(seen->text) - used, "%u|%s|%s|%s|%s\n",
		line->line, line->source, line->mount, line->type, line->options);
	return ++seen->count == seen->stop_at ? 7 : 0;
}

static const char *parse_bytes(const char *text, size_t size)
{
	static struct seen seen;

	memset(&seen, 0, sizeof(seen));
	assert_int_equal(fstab_each(text, size, note, &seen), 0);
	return seen.text;
}

static const char *parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void reads_what_distributions_write(void **state)
{
	(void)state;
	/* Debian */
	assert_string_equal(
		parse("# /etc/fstab: static file system information.\n"
		      "#\n"
		      "# <file system> <mount point>   <type>  <options>       <dump>  <pass>\n"
		      "UUID=1b4e28ba-2fa1-11d2-883f-0016d3cca427 /  ext4 errors=remount-ro 0 1\n"
		      "UUID=6A1B-2C3D  /boot/efi       vfat    umask=0077      0       1\n"
		      "\n"
		      "/swapfile none swap sw 0 0\n"),
		"4|UUID=1b4e28ba-2fa1-11d2-883f-0016d3cca427|/|ext4|errors=remount-ro\n"
		"5|UUID=6A1B-2C3D|/boot/efi|vfat|umask=0077\n"
		"7|/swapfile|none|swap|sw\n");
	/* Buildroot: tabs, no comment of its own */
	assert_string_equal(parse("# <file system>\t<mount pt>\t<type>\t<options>\t<dump>\t<pass>\n"
				  "/dev/root\t/\t\text2\trw,noauto\t0\t1\n"
				  "proc\t\t/proc\t\tproc\tdefaults\t0\t0\n"),
		"2|/dev/root|/|ext2|rw,noauto\n3|proc|/proc|proc|defaults\n");
}

static void reads_any_form(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{"", ""},
		{"\n\n  \t\n", ""},
		{"/dev/sda1", ""},
		{"/dev/sda1 /", "1|/dev/sda1|/||\n"},
		{"  /dev/sda1\t/\r\n", "1|/dev/sda1|/||\n"},
		{"  # a b c d\n", ""},
		{"a#b /c d#e\n", "1|a#b|/c|d#e|\n"},
		{"LABEL=my\\040disk /mnt/a\\011b ext4", "1|LABEL=my disk|/mnt/a\tb|ext4|\n"},
		{"a\\134040 /", "1|a\\040|/||\n"},	/* the result is not read again */
		{"a\\000b /\\9", "1|a\\000b|/\\9||\n"}, /* no escapes */
		{"a\\777 /\\0", "1|a\\777|/\\0||\n"},	/* no byte; too short */
		{"LABEL=\"root\" /", "1|LABEL=root|/||\n"},
		{"UUID='a-b' /", "1|UUID=a-b|/||\n"},
		{"LABEL=\"root /", "1|LABEL=\"root|/||\n"},
		{"LABEL=\" /", "1|LABEL=\"|/||\n"},
		{"LABEL=\"\" /", "1|LABEL=|/||\n"},
		{"\xef\xbb\xbf"
		 "a /\n",
			"1|a|/||\n"},
		{"\xff\xfe\x01 /\n", "1|\xff\xfe\x01|/||\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(parse(cases[i].text), cases[i].found);
}

static void ends_at_nul(void **state)
{
	(void)state;
	assert_string_equal(parse_bytes("a /\n\0b /c\n", 10), "1|a|/||\n");
	assert_string_equal(parse_bytes("a /\n\0\nb /c\n", 11), "1|a|/||\n");
	assert_string_equal(parse_bytes("a\0 \0/\0", 6), ""); /* UTF-16 */
	assert_string_equal(parse_bytes("a /bcd", 4), "1|a|/b||\n");
	assert_string_equal(parse_bytes(NULL, 0), "");
}

static void leaves_out_what_is_too_long(void **state)
{
	size_t size = 100000;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', size);
	memcpy(text, "/dev/a /", 8);
	memcpy(text + size - 8, "\nb / c d", 8);
	assert_string_equal(parse_bytes(text, size), "2|b|/|c|d\n");
	free(text);
}

static void stops_when_told(void **state)
{
	struct seen seen = {.stop_at = 2};
	const char *text = "a /a\nb /b\nc /c\n";

	(void)state;
	assert_int_equal(fstab_each(text, strlen(text), note, &seen), 7);
	assert_int_equal(seen.count, 2);
}

static void finds_options(void **state)
{
	(void)state;
	assert_true(fstab_has_option("defaults,nofail", "nofail"));
	assert_true(fstab_has_option("nofail,x", "nofail"));
	assert_true(fstab_has_option("nofail", "nofail"));
	assert_false(fstab_has_option("nofailure,xnofail,nofail=1", "nofail"));
	assert_false(fstab_has_option("", "nofail"));
	assert_false(fstab_has_option("context=\"a,nofail,b\"", "nofail"));
	assert_true(fstab_has_option("context=\"a,b\",nofail", "nofail"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_distributions_write),
		cmocka_unit_test(reads_any_form),
		cmocka_unit_test(ends_at_nul),
		cmocka_unit_test(leaves_out_what_is_too_long),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(finds_options),
	};

	return cmocka_run_group_tests_name("fstab", tests, NULL, NULL);
}
