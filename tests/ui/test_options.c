/* SPDX-License-Identifier: MIT */
#include "ui/cmd/options.h"

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct options options;
static struct diag diag;

#define PARSE(command, ...) parse(COMMAND_##command, (const char *[]){"x", __VA_ARGS__, NULL})

static int parse(enum command command, const char **words)
{
	char *argv[32];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	argv[argc] = NULL;
	diag = (struct diag){0};
	return options_parse(command, argc, argv, &options, &diag);
}

static void install_takes_everything(void **state)
{
	(void)state;
	assert_int_equal(PARSE(INSTALL, "--target", "/dev/mmcblk1", "--archive=./a=b.tar",
				 "--layout", "boot-root", "--allow", "sd,image", "--allow=usb",
				 "--tar=/bin/tar", "--expect-id", "0x1234", "--no-verify", "--yes",
				 "--plain", "--blob", "u-boot=/b/a=b", "--blob=spl=spl.bin"),
		0);
	assert_string_equal(options.target, "/dev/mmcblk1");
	assert_string_equal(options.archive, "./a=b.tar");
	assert_int_equal(options.archives.count, 0);
	assert_string_equal(options.layout, "boot-root");
	assert_string_equal(options.tar, "/bin/tar");
	assert_string_equal(options.expect_id, "0x1234");
	assert_int_equal(options.allow, 1u << DISK_SD | 1u << DISK_IMAGE | 1u << DISK_USB);
	assert_int_equal(options.blobs.count, 2);
	assert_string_equal(options.blobs.list[0].name, "u-boot");
	assert_string_equal(options.blobs.list[0].file, "/b/a=b");
	assert_string_equal(options.blobs.list[1].name, "spl");
	assert_true(options.no_verify && options.yes && options.plain);
	assert_false(options.json || options.dry_run || options.all || options.help);
}

static void only_a_part(void **state)
{
	(void)state;
	assert_int_equal(PARSE(INSTALL, "--target", "a", "--layout", "b"), 0);
	assert_int_equal(options.scope, SCOPE_ALL);
	assert_int_equal(
		PARSE(INSTALL, "--only", "boot", "--target", "a", "--layout", "b", "--yes"), 0);
	assert_int_equal(options.scope, SCOPE_BOOT);
	assert_int_equal(PARSE(SCREENS, "--only=boot", "--only=boot"), 0);
	assert_int_equal(options.scope, SCOPE_BOOT);
}

static void defaults_and_operands(void **state)
{
	(void)state;
	assert_int_equal(parse(COMMAND_SCREENS, (const char *[]){"boardstrap", NULL}), 0);
	assert_null(options.target);
	assert_int_equal(options.allow, 0);
	assert_int_equal(PARSE(STATUS, "--json", "mmcblk1"), 0);
	assert_true(options.json);
	assert_string_equal(options.name, "mmcblk1");
	assert_int_equal(PARSE(ATTACH, "--", "--odd"), 0);
	assert_string_equal(options.name, "--odd");
	assert_int_equal(PARSE(INSPECT, "--json", "a.tar"), 0);
	assert_true(options.json);
	assert_string_equal(options.archive, "a.tar");
}

static void archives_of_partitions(void **state)
{
	(void)state;
	assert_int_equal(PARSE(INSTALL, "--archive", "root.tar", "--archive=data=/a/d=1.tar",
				 "--archive", "boot=b.tar", "--archive=boot=b.tar"),
		0);
	assert_string_equal(options.archive, "root.tar");
	assert_int_equal(options.archives.count, 2);
	assert_string_equal(options.archives.list[0].name, "data");
	assert_string_equal(options.archives.list[0].file, "/a/d=1.tar");
	assert_string_equal(options.archives.list[1].name, "boot");
}

/* Bad usage, and a part of the expected sentence. */
static void bad_usage(void **state)
{
	static const struct {
		enum command command;
		const char *words[4], *sentence;
	} cases[] = {
		{COMMAND_INSTALL, {"--yess"}, "unknown option '--yess'; did you mean '--yes'?"},
		{COMMAND_INSTALL, {"--dry"}, "did you mean '--dry-run'?"},
		{COMMAND_INSTALL, {"--tarjet=x"},
			"unknown option '--tarjet'; did you mean '--target'?"},
		{COMMAND_INSTALL, {"--frobnicate"},
			"unknown option '--frobnicate'; `boardstrap install --help` lists the options"},
		{COMMAND_SCREENS, {"--frobnicate"}, "`boardstrap --help` lists the options"},
		{COMMAND_SCREENS, {"--yes"},
			"--yes needs a command before it, as in `boardstrap install --yes`"},
		{COMMAND_SCREENS, {"--all", "list"}, "as in `boardstrap list --all`"},
		{COMMAND_SCREENS, {"--json", "status"}, "as in `boardstrap status --json`"},
		{COMMAND_SCREENS, {"--json"}, "as in `boardstrap list --json`"},
		{COMMAND_SCREENS, {"--sysroot=x"}, "as in `boardstrap list --sysroot DIR`"},
		{COMMAND_STATUS, {"--target", "x"}, "status has no option '--target'"},
		{COMMAND_CANCEL, {"--json"}, "cancel has no option '--json'"},
		{COMMAND_INSTALL, {"--target"}, "--target needs a value: --target DEV|IMAGE"},
		{COMMAND_INSTALL, {"--target", "--yes"}, "--target needs a value"},
		{COMMAND_INSTALL, {"--target="}, "--target is empty"},
		{COMMAND_INSTALL, {"--yes=no"}, "--yes takes no value"},
		{COMMAND_INSTALL, {"--target=a", "--target", "b"},
			"--target is given twice: 'a' and 'b'"},
		{COMMAND_INSTALL, {"--archive=a", "--archive=b"}, "--archive is given twice"},
		{COMMAND_INSTALL, {"--archive", "-"}, "it must be a file"},
		{COMMAND_INSTALL, {"--archive", "data=-"}, "it must be a file"},
		{COMMAND_INSTALL, {"--archive", "data="}, "neither FILE nor NAME=FILE"},
		{COMMAND_INSTALL, {"--archive", "=x.tar"}, "a file of that name is ./=x.tar"},
		{COMMAND_INSTALL, {"--archive", "data=a", "--archive=data=b"},
			"twice for partition data: 'a' and 'b'"},
		{COMMAND_INSTALL, {"--blob", "flash.bin"},
			"--blob: 'flash.bin' is not NAME=FILE, such as u-boot=flash.bin"},
		{COMMAND_INSTALL, {"--blob=a=1", "--blob=a=2"},
			"--blob a is given twice: '1' and '2'"},
		{COMMAND_INSPECT, {"--blob=a=1"}, "inspect has no option '--blob'"},
		{COMMAND_INSTALL, {"--allow", "sd,floppy"},
			"unknown kind 'floppy'. Use emmc, sd, usb, disk, loop or image"},
		{COMMAND_INSTALL, {"--allow=other"}, "unknown kind 'other'"},
		{COMMAND_INSTALL, {"--scan", "before"}, "unknown option '--scan'"},
		{COMMAND_INSPECT, {"a.tar", "b.tar"}, "unexpected argument 'b.tar'"},
		{COMMAND_INSPECT, {"a.tar", "--archive", "b.tar"}, "inspect has no option"},
		{COMMAND_INSTALL, {"--plain", "--json"}, "mutually exclusive"},
		{COMMAND_INSTALL, {"--only", "root"}, "--only: unknown part 'root'. Use boot"},
		{COMMAND_INSTALL, {"--only=boot", "--archive=a"},
			"reads no archive: leave out --archive"},
		{COMMAND_SCREENS, {"--only=boot", "--tar=/bin/tar"}, "leave out --tar"},
		{COMMAND_INSTALL, {"--strip=1", "--only=boot"}, "leave out --strip"},
		{COMMAND_INSTALL, {"--only=boot", "--memory=64M"}, "leave out --memory"},
		{COMMAND_INSTALL, {"--only=boot", "--no-verify"}, "leave out --no-verify"},
		{COMMAND_LIST, {"--only=boot"}, "list has no option '--only'"},
		{COMMAND_INSTALL, {"/dev/sda"}, "unexpected argument '/dev/sda'"},
		{COMMAND_SCREENS, {"--allow", "sd", "list"},
			"the command list goes first, as in `boardstrap list`"},
		{COMMAND_SCREENS, {"--allow", "sd", "lisst"}, "unexpected argument 'lisst'"},
		{COMMAND_ATTACH, {"a", "b"}, "unexpected argument 'b'"},
		{COMMAND_INSTALL, {"-y"}, "unknown option '-y'; options have long names"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *words[6] = {
			"x", cases[i].words[0], cases[i].words[1], cases[i].words[2]};
		struct options before = options;

		assert_int_equal(parse(cases[i].command, words), -EINVAL);
		if (!strstr(diag.text, cases[i].sentence))
			fail_msg("case %zu: \"%s\" lacks \"%s\"", i, diag.text, cases[i].sentence);
		assert_memory_equal(&before, &options, sizeof(before));
	}
}

/* No command accepts an abbreviation, even an unambiguous one. */
static void options_are_spelled_out(void **state)
{
	(void)state;
	for (unsigned command = 0; command < COMMAND_COUNT; command++) {
		assert_int_equal(parse(command, (const char *[]){"x", "--hel", NULL}), -EINVAL);
		assert_string_equal(diag.text, "unknown option '--hel'; did you mean '--help'?");
		assert_int_equal(parse(command, (const char *[]){"x", "--js", NULL}), -EINVAL);
		assert_non_null(strstr(diag.text, "unknown option '--js'"));
	}
}

static void long_words_are_harmless(void **state)
{
	char word[300];

	(void)state;
	memset(word, 'a', sizeof(word));
	memcpy(word, "--", 2);
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(PARSE(INSTALL, word), -EINVAL);
	assert_int_equal(command_find(word, &diag), COMMAND_COUNT);
}

static void commands(void **state)
{
	(void)state;
	assert_int_equal(command_find("install", &diag), COMMAND_INSTALL);
	assert_int_equal(command_find("cancel", &diag), COMMAND_CANCEL);
	assert_int_equal(command_find("instal", &diag), COMMAND_COUNT);
	assert_string_equal(diag.text, "unknown command 'instal'; did you mean 'install'?");
	/* Not commands. */
	assert_int_equal(command_find("verify", &diag), COMMAND_COUNT);
	assert_int_equal(command_find("station", &diag), COMMAND_COUNT);
	assert_string_equal(
		diag.text, "unknown command 'station'; `boardstrap --help` lists the commands");
	assert_int_equal(command_find("", &diag), COMMAND_COUNT);
}

/* ---- every command line that a message, the help or a document suggests is one ---- */

#define WORDS_MAX 16

/* Parses a command line as main does; ends it at the first word that is none: "shows". */
static int parse_line(char *line)
{
	char *argv[WORDS_MAX], *rest = NULL;
	enum command command = COMMAND_SCREENS;
	int argc = 0;

	for (char *word = strtok_r(line, " \n", &rest); word && argc < WORDS_MAX - 1;
		word = strtok_r(NULL, " \n", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	if (argc > 1 && argv[1][0] != '-') {
		command = command_find(argv[1], &diag);
		if (command == COMMAND_COUNT)
			return -EINVAL;
	}
	/* main answers this one itself. */
	if (command == COMMAND_SCREENS && argc == 2 && strcmp(argv[1], "--version") == 0)
		return 0;
	return options_parse(command, argc - (command != COMMAND_SCREENS),
		argv + (command != COMMAND_SCREENS), &options, &diag);
}

/* Reads a file, and joins string literals that continue on the next line. */
static char *read_joined(const char *path)
{
	char *text = calloc(1, 300000), *to = text;
	FILE *file = fopen(path, "r");

	assert_non_null(text);
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	text[fread(text, 1, 299999, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	for (const char *from = text; *from;) {
		size_t gap = *from == '"' ? strspn(from + 1, " \t\n") : 0;

		if (gap > 0 && from[1 + gap] == '"')
			from += gap + 2;
		else
			*to++ = *from++;
	}
	*to = '\0';
	return text;
}

/* In prose a command line is in backticks, or only a command follows. */
static size_t check_suggestions(const char *path)
{
	char *text = read_joined(path);
	size_t count = 0;

	for (char *at = strstr(text, "boardstrap "); at; at = strstr(at + 1, "boardstrap ")) {
		char line[200], word[32];
		size_t length = strcspn(at, "`\n\"");
		bool quoted = at > text && at[-1] == '`';

		STR_FORMAT(word, "%.*s", (int)strcspn(at + 11, " ,.;)`\n\""), at + 11);
		if (quoted)
			STR_FORMAT(line, "%.*s", (int)length, at);
		else if (strncmp(word, "--", 2) == 0 ||
			 (command_find(word, &diag) != COMMAND_COUNT && word[0]))
			STR_FORMAT(line, "boardstrap %s", word);
		else
			continue;
		if (strchr(line, '%') || strchr(line, '#')) /* the test of its message has it */
			continue;
		count++;
		if (parse_line(line) < 0)
			fail_msg("%s suggests \"boardstrap%.60s\": %s", path, at + 10, diag.text);
	}
	free(text);
	return count;
}

static void suggestions_of_sources_parse(void **state)
{
	static const char *const files[] = {
		"ui/*.c", "ui/*/*.c", "core/*/*.c", "device/*/*.c", "README.md", "CONTRIBUTING.md"};
	size_t count = 0;
	glob_t found;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		assert_int_equal(glob(files[i], 0, NULL, &found), 0);
		for (size_t j = 0; j < found.gl_pathc; j++)
			count += check_suggestions(found.gl_pathv[j]);
		globfree(&found);
	}
	/* They are found at all. */
	assert_true(count >= 15);
}

/* The sentence for an option without its command names a command that has it. */
static void suggestions_for_options_parse(void **state)
{
	static const char *const names[] = {"target", "archive", "layout", "blob", "allow", "tar",
		"expect-id", "no-verify", "yes", "dry-run", "plain", "json", "all", "sysroot",
		"brief", "log", "quiet"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char option[32], line[sizeof(diag.text)], *suggestion;

		STR_FORMAT(option, "--%s", names[i]);
		if (parse(COMMAND_SCREENS, (const char *[]){"x", option, "loop", NULL}) == 0 ||
			!strstr(diag.text, "needs a command"))
			continue;
		STR_COPY(line, diag.text);
		suggestion = strchr(line, '`');
		assert_non_null(suggestion);
		suggestion++;
		suggestion[strcspn(suggestion, "`")] = '\0';
		if (parse_line(suggestion) < 0)
			fail_msg("--%s suggests what does not parse: %s", names[i], diag.text);
	}
}

static char *help_of(enum command command)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	options_help(out, command);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* At most 80 columns, with every option. */
static void help(void **state)
{
	static const char *const all[] = {"--target", "--archive", "--layout", "--blob", "--allow",
		"--tar ", "--expect-id", "--yes", "--dry-run", "--no-verify", "--plain", "--json",
		"--all", "--sysroot", "--help", "--version", "list", "inspect", "install", "attach",
		"status", "cancel"};

	(void)state;
	for (unsigned command = 0; command < COMMAND_COUNT; command++) {
		char *text = help_of(command);

		if (command == COMMAND_SCREENS)
			for (size_t i = 0; i < ARRAY_SIZE(all); i++)
				assert_non_null(strstr(text, all[i]));
		if (command == COMMAND_INSTALL)
			assert_null(strstr(text, "--sysroot"));
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			if (strlen(line) > 80)
				fail_msg("%zu columns: %s", strlen(line), line);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(install_takes_everything),
		cmocka_unit_test(only_a_part),
		cmocka_unit_test(defaults_and_operands),
		cmocka_unit_test(archives_of_partitions),
		cmocka_unit_test(bad_usage),
		cmocka_unit_test(options_are_spelled_out),
		cmocka_unit_test(long_words_are_harmless),
		cmocka_unit_test(commands),
		cmocka_unit_test(suggestions_of_sources_parse),
		cmocka_unit_test(suggestions_for_options_parse),
		cmocka_unit_test(help),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
