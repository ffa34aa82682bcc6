/* SPDX-License-Identifier: MIT */
#include "ui/cmd/options.h"

#include "device/disk/disk.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define FOR(command)   (1u << COMMAND_##command)
#define FOR_PLANS      (FOR(SCREENS) | FOR(INSTALL))
#define OFFSET(member) offsetof(struct options, member)
#define NOWHERE	       SIZE_MAX /* as an offset: no member */

struct command_row {
	const char *name, *usage, *help;
	size_t operand; /* offset of its string, or NOWHERE */
};

static const struct command_row commands[COMMAND_COUNT] = {
	[COMMAND_SCREENS] = {.name = "",
		.usage = "[OPTION]...",
		.help = "choose target, archive and layout on screens",
		.operand = NOWHERE},
	[COMMAND_LIST] = {.name = "list",
		.usage = "[OPTION]...",
		.help = "show the disks, and why one is refused",
		.operand = NOWHERE},
	[COMMAND_INSPECT] = {.name = "inspect",
		.usage = "ARCHIVE [OPTION]...",
		.help = "read an archive and check that it is sound",
		.operand = OFFSET(archive)},
	[COMMAND_INSTALL] = {.name = "install",
		.usage = "--target DEV|IMAGE --archive FILE [OPTION]...",
		.help = "install an archive on a device or an image file",
		.operand = NOWHERE},
	[COMMAND_ATTACH] = {.name = "attach",
		.usage = "[NAME] [OPTION]...",
		.help = "follow a running install; Ctrl-C leaves it running",
		.operand = OFFSET(name)},
	[COMMAND_STATUS] = {.name = "status",
		.usage = "[NAME] [--json]",
		.help = "print the running or the last install",
		.operand = OFFSET(name)},
	[COMMAND_CANCEL] = {.name = "cancel",
		.usage = "[NAME]",
		.help = "cancel a running install",
		.operand = OFFSET(name)},
};

/* Checks a value, and stores it unless it is a string. Returns 0; 1 for a string that it has stored
 * elsewhere; or -EINVAL with @diag set. */
typedef int take_value(struct options *options, const char *value, struct diag *diag);

static int take_allow(struct options *options, const char *value, struct diag *diag)
{
	unsigned allow;
	char bad[32];

	if (disk_allow_parse(value, &allow, bad) < 0)
		return diag_fail(diag, -EINVAL,
			"--allow: unknown kind '%s'. Use emmc, sd, usb, disk, loop or image, "
			"worn for worn-out devices, root-named for the device that the "
			"kernel was started with, foreign-attributes to leave out attributes "
			"that Linux cannot store, and unbootable for a board that would not start",
			bad);
	options->allow |= allow;
	return 0;
}

static int take_only(struct options *options, const char *value, struct diag *diag)
{
	if (scope_parse(value, &options->scope) < 0)
		return diag_fail(diag, -EINVAL,
			"--only: unknown part '%.40s'. Use boot, for the boot loader alone", value);
	return 0;
}

static int take_archive(struct options *options, const char *value, struct diag *diag)
{
	const char *file = archive_choice_file(value);
	int r;

	if (strcmp(file ? file : value, "-") == 0)
		return diag_fail(diag, -EINVAL,
			"--archive cannot be standard input: the archive is read twice, so it must "
			"be a file");
	if (!file)
		return 0;
	r = archive_choices_add(&options->archives, value, diag);
	return r < 0 ? r : 1;
}

static int take_blob(struct options *options, const char *value, struct diag *diag)
{
	return blob_choices_add(&options->blobs, value, diag);
}

static int take_memory(struct options *options, const char *value, struct diag *diag)
{
	uint64_t bytes;

	if (str_to_bytes(value, &bytes) < 0 || bytes < MIB(1))
		return diag_fail(diag, -EINVAL,
			"--memory: '%.40s' is not a size of at least 1M, such as 64M or 1G", value);
	options->reading.memory_bytes = bytes;
	return 0;
}

static int take_strip(struct options *options, const char *value, struct diag *diag)
{
	uint64_t count;

	if (str_to_u64(value, 10, &count) < 0 || count < 1 || count > 99)
		return diag_fail(
			diag, -EINVAL, "--strip: '%.40s' is not a number from 1 to 99", value);
	options->reading.strip = (unsigned)count;
	return 0;
}

static const struct option_row {
	const char *name, *value, *help;
	unsigned commands;
	size_t offset;	  /* of a bool (flag) or a string (value), or NOWHERE */
	take_value *take; /* may be NULL */
} table[] = {
	{"target", "DEV|IMAGE", "the device or image file to install to", FOR_PLANS,
		.offset = OFFSET(target)},
	{"archive", "[NAME=]FILE", "tar archive of /, or with NAME= of one partition", FOR_PLANS,
		.offset = OFFSET(archive), .take = take_archive},
	{"layout", "NAME|FILE", "single-gpt (default), single-mbr, boot-root, or a file",
		FOR_PLANS | FOR(INSPECT), .offset = OFFSET(layout)},
	{"blob", "NAME=FILE", "write this file as the layout's blob NAME; repeatable", FOR_PLANS,
		.offset = NOWHERE, .take = take_blob},
	{"images", "DIR", "the folder of the images that a genimage.cfg names", FOR_PLANS,
		.offset = OFFSET(blobs.images)},
	{"only", "boot", "write the boot loader alone, and keep all partitions", FOR_PLANS,
		.offset = NOWHERE, .take = take_only},
	{"allow", "KIND,...", "allow sd, usb, disk, loop, image, worn and others",
		FOR_PLANS | FOR(LIST), .offset = NOWHERE, .take = take_allow},
	{"tar", "PATH", "extract with this tar instead of the one in PATH", FOR_PLANS,
		.offset = OFFSET(tar)},
	{"strip", "N", "leave out the first N parts of each name, as tar does",
		FOR_PLANS | FOR(INSPECT), .offset = NOWHERE, .take = take_strip},
	{"memory", "SIZE", "memory to decompress with: 64M (default: a quarter)",
		FOR_PLANS | FOR(INSPECT), .offset = NOWHERE, .take = take_memory},
	{"expect-id", "CID|SERIAL", "refuse a target with any other CID or serial", FOR_PLANS,
		.offset = OFFSET(expect_id)},
	{"no-verify", NULL, "do not compare the medium with the archive afterwards", FOR_PLANS,
		.offset = OFFSET(no_verify)},
	{"yes", NULL, "do not ask before writing", FOR(INSTALL), .offset = OFFSET(yes)},
	{"dry-run", NULL, "check everything, print the plan, and write nothing", FOR(INSTALL),
		.offset = OFFSET(dry_run)},
	{"plain", NULL, "print lines instead of screens, even on a terminal",
		FOR(INSTALL) | FOR(ATTACH), .offset = OFFSET(plain)},
	{"json", NULL, "print one JSON object per line, for programs",
		FOR(INSTALL) | FOR(ATTACH) | FOR(STATUS) | FOR(LIST) | FOR(INSPECT),
		.offset = OFFSET(json)},
	{"log", "FILE", "append plan, steps, messages and result to this file",
		FOR_PLANS | FOR(ATTACH), .offset = OFFSET(log)},
	{"quiet", NULL, "print errors only; the exit code is the result",
		FOR(INSTALL) | FOR(ATTACH), .offset = OFFSET(quiet)},
	{"all", NULL, "also show loop devices and other unlikely targets", FOR(LIST),
		.offset = OFFSET(all)},
	{"brief", NULL, "print one line per disk, without details", FOR(LIST),
		.offset = OFFSET(brief)},
	{"sysroot", "DIR", "list a recorded machine instead of this one", FOR(LIST),
		.offset = OFFSET(sysroot)},
	{"help", NULL, "print this help", ~0u, .offset = OFFSET(help)},
};

const char *command_name(enum command command)
{
	return commands[command].name;
}

/* ---- did you mean ---- */

#define WORD_MAX 24

/* Levenshtein distance; WORD_MAX if a word is longer than that. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], length = strlen(b);

	if (strlen(a) > WORD_MAX || length > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j + 1] + 1)
				best = row[j + 1] + 1;
			diagonal = row[j + 1];
			row[j + 1] = best;
		}
	}
	return row[length];
}

/* The best candidate so far. At most two edits match, or a third of the length of a long word. */
struct likeness {
	const char *word, *best;
	size_t distance;
};

static void liken(struct likeness *likeness, const char *candidate)
{
	size_t length = strlen(likeness->word), at = distance(likeness->word, candidate);
	size_t limit = length >= 9 ? length / 3 : length >= 4 ? 2 : 1;

	/* A prefix matches too: "--dry". */
	if (length >= 3 && strncmp(likeness->word, candidate, length) == 0)
		at = 1;
	if (at <= limit && (!likeness->best || at < likeness->distance)) {
		likeness->best = candidate;
		likeness->distance = at;
	}
}

enum command command_find(const char *name, struct diag *diag)
{
	struct likeness likeness = {.word = name};

	for (unsigned i = COMMAND_SCREENS + 1; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return i;
		liken(&likeness, commands[i].name);
	}
	if (likeness.best)
		(void)diag_fail(diag, -EINVAL, "unknown command '%.24s'; did you mean '%s'?", name,
			likeness.best);
	else
		(void)diag_fail(diag, -EINVAL,
			"unknown command '%.64s'; `boardstrap --help` lists the commands", name);
	return COMMAND_COUNT;
}

/* ---- parsing ---- */

/* The command that "--all list" was meant for: the one that is named further on, else the first
 * one that has the option. */
static enum command command_of(const struct option_row *row, int argc, char **argv)
{
	unsigned first = COMMAND_SCREENS;

	for (unsigned i = COMMAND_COUNT - 1; i > COMMAND_SCREENS; i--) {
		if (!(row->commands & (1u << i)))
			continue;
		first = i;
		for (int at = 1; at < argc; at++)
			if (strcmp(argv[at], commands[i].name) == 0)
				return i;
	}
	return first;
}

static const struct option_row *find_row(
	enum command command, const char *name, int argc, char **argv, struct diag *diag)
{
	struct likeness likeness = {.word = name};
	const struct option_row *elsewhere = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].commands & (1u << command)) {
			if (strcmp(table[i].name, name) == 0)
				return &table[i];
			liken(&likeness, table[i].name);
		} else if (strcmp(table[i].name, name) == 0) {
			elsewhere = &table[i];
		}
	}
	if (elsewhere && command == COMMAND_SCREENS)
		(void)diag_fail(diag, -EINVAL,
			"--%s needs a command before it, as in `boardstrap %s --%s%s%s`", name,
			commands[command_of(elsewhere, argc, argv)].name, name,
			elsewhere->value ? " " : "", elsewhere->value ? elsewhere->value : "");
	else if (elsewhere)
		(void)diag_fail(
			diag, -EINVAL, "%s has no option '--%s'", commands[command].name, name);
	else if (likeness.best)
		(void)diag_fail(diag, -EINVAL, "unknown option '--%s'; did you mean '--%s'?", name,
			likeness.best);
	else
		(void)diag_fail(diag, -EINVAL,
			"unknown option '--%s'; `boardstrap%s%s --help` lists the options", name,
			command ? " " : "", commands[command].name);
	return NULL;
}

static const char **string_at(struct options *options, size_t offset)
{
	return (const char **)(void *)((char *)options + offset);
}

static int take_row(
	const struct option_row *row, const char *value, struct options *options, struct diag *diag)
{
	const char **text;
	int r;

	if (!row->value) {
		*(bool *)(void *)((char *)options + row->offset) = true;
		return 0;
	}
	if (!value[0])
		return diag_fail(
			diag, -EINVAL, "--%s is empty: it needs %s", row->name, row->value);
	r = row->take ? row->take(options, value, diag) : 0;
	if (r != 0 || row->offset == NOWHERE)
		return r < 0 ? r : 0;
	text = string_at(options, row->offset);
	/* Never guess which of two targets was meant. */
	if (*text && strcmp(*text, value) != 0)
		return diag_fail(diag, -EINVAL, "--%s is given twice: '%s' and '%s'", row->name,
			*text, value);
	*text = value;
	return 0;
}

/* Parses the option argv[*@at]. Advances *@at if the value is the next argument. */
static int take_option(enum command command, int argc, char **argv, int *at,
	struct options *options, struct diag *diag)
{
	const char *word = argv[*at] + 2, *equals = strchr(word, '=');
	const struct option_row *row;
	char name[64];

	(void)STR_COPY(name, word);
	name[strcspn(name, "=")] = '\0';
	row = find_row(command, name, argc, argv, diag);
	if (!row)
		return -EINVAL;
	if (equals && !row->value)
		return diag_fail(diag, -EINVAL, "--%s takes no value", name);
	if (equals || !row->value)
		return take_row(row, equals ? equals + 1 : NULL, options, diag);
	/* In "--target --yes" the device is missing; "--yes" is not its name. */
	if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0)
		return diag_fail(
			diag, -EINVAL, "--%s needs a value: --%s %s", name, name, row->value);
	return take_row(row, argv[++*at], options, diag);
}

static int take_operand(
	enum command command, const char *word, struct options *options, struct diag *diag)
{
	size_t offset = commands[command].operand;

	if (command == COMMAND_SCREENS && command_find(word, diag) != COMMAND_COUNT)
		return diag_fail(diag, -EINVAL, "the command %s goes first, as in `boardstrap %s`",
			word, word);
	if (offset == NOWHERE || *string_at(options, offset))
		return diag_fail(diag, -EINVAL, "unexpected argument '%.80s'", word);
	*string_at(options, offset) = word;
	return 0;
}

int options_check_scope(const struct options *options, struct diag *diag)
{
	const char *only = scope_words(options->scope)->name;
	const struct {
		bool given;
		const char *name, *why;
	} useless[] = {
		{options->archive || options->archives.count > 0, "archive", "reads no archive"},
		{options->tar, "tar", "reads no archive"},
		{options->reading.strip > 0, "strip", "reads no archive"},
		{options->reading.memory_bytes > 0, "memory", "reads no archive"},
		{options->no_verify && !scope_has_files(options->scope), "no-verify",
			"always reads back what it has written"},
	};

	for (size_t i = 0; options->scope != SCOPE_ALL && i < ARRAY_SIZE(useless); i++)
		if (useless[i].given)
			return diag_fail(diag, -EINVAL, "%s%s %s: leave out --%s",
				only ? "--only " : "an install with this layout", only ? only : "",
				useless[i].why, useless[i].name);
	return 0;
}

int options_parse(
	enum command command, int argc, char **argv, struct options *ret, struct diag *diag)
{
	struct options options = {0};
	bool ended = false;
	int r = 0;

	for (int i = 1; i < argc && r == 0; i++) {
		if (!ended && strcmp(argv[i], "--") == 0)
			ended = true;
		else if (!ended && strcmp(argv[i], "-h") == 0)
			options.help = true;
		else if (!ended && strncmp(argv[i], "--", 2) == 0)
			r = take_option(command, argc, argv, &i, &options, diag);
		else if (!ended && argv[i][0] == '-' && argv[i][1])
			r = diag_fail(diag, -EINVAL,
				"unknown option '%.80s'; options have long names, such as --help",
				argv[i]);
		else
			r = take_operand(command, argv[i], &options, diag);
	}
	if (r == 0 && options.plain && options.json)
		r = diag_fail(diag, -EINVAL, "--plain and --json are mutually exclusive");
	if (r == 0 && options.quiet && (options.plain || options.json))
		r = diag_fail(diag, -EINVAL, "--quiet and --%s are mutually exclusive",
			options.plain ? "plain" : "json");
	if (r == 0 && options.brief && options.json)
		r = diag_fail(diag, -EINVAL, "--brief and --json are mutually exclusive");
	if (r == 0)
		r = options_check_scope(&options, diag);
	if (r == 0)
		*ret = options;
	return r;
}

/* ---- help ---- */

static const char exit_codes[] =
	"Exit codes:\n"
	"  0  installed and verified          4  verification failed\n"
	"  1  failed after writing began      5  another install holds the device\n"
	"  2  refused or bad usage, nothing   6  detached, the install continues\n"
	"     was written                     7  installed, not verified (--no-verify)\n"
	"  3  cancelled\n";

static void help_option(FILE *out, const struct option_row *row)
{
	char left[40];

	(void)STR_FORMAT(
		left, "--%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
	fprintf(out, "  %-22s  %s\n", left, row->help);
}

static void help_options(FILE *out, const char *title, unsigned with, unsigned without)
{
	fprintf(out, "\n%s\n", title);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if ((table[i].commands & with) && !(table[i].commands & without))
			help_option(out, &table[i]);
}

void options_help(FILE *out, enum command command)
{
	if (command != COMMAND_SCREENS) {
		fprintf(out, "Usage: boardstrap %s %s\n\n%c%s.\n", commands[command].name,
			commands[command].usage, toupper(commands[command].help[0]),
			commands[command].help + 1);
		help_options(out, "Options:", 1u << command, 0);
		if (command == COMMAND_INSTALL || command == COMMAND_ATTACH)
			fprintf(out, "\n%s", exit_codes);
		return;
	}
	fprintf(out,
		"boardstrap installs a root filesystem on an embedded board, and verifies it.\n"
		"\nUsage:\n");
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  boardstrap%s%s %s\n", i ? " " : "", commands[i].name,
			commands[i].usage);
	fprintf(out, "\nCommands:\n");
	for (unsigned i = COMMAND_SCREENS + 1; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].help);
	help_options(out, "Options:", FOR(SCREENS), 0);
	fprintf(out, "  %-22s  %s\n", "--version", "print the version and what is built in");
	help_options(out, "More options of commands:", ~0u, FOR(SCREENS));
	fprintf(out, "\n%s", exit_codes);
}
