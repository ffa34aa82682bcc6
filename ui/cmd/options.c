/* SPDX-License-Identifier: MIT */
#include "ui/cmd/options.h"

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define FOR(command) (1u << COMMAND_##command)
#define FOR_PLANS    (FOR(SCREENS) | FOR(INSTALL))

struct command_row {
	const char *name, *usage, *help;
	bool takes_name; /* an operand, in options.name */
};

static const struct command_row commands[COMMAND_COUNT] = {
	[COMMAND_SCREENS] = {.name = "",
		.usage = "[OPTION]...",
		.help = "choose on screens what to install, and where"},
	[COMMAND_LIST] = {.name = "list",
		.usage = "[OPTION]...",
		.help = "show the disks, and why one may not be written"},
	[COMMAND_INSPECT] = {.name = "inspect",
		.usage = "ARCHIVE [--json]",
		.help = "read an archive, and tell if it is sound"},
	[COMMAND_INSTALL] = {.name = "install",
		.usage = "--target DEV|IMAGE --archive FILE [OPTION]...",
		.help = "install an archive on a device or an image file"},
	[COMMAND_ATTACH] = {.name = "attach",
		.usage = "[NAME] [OPTION]...",
		.help = "follow a running install; Ctrl-C leaves it running",
		.takes_name = true},
	[COMMAND_STATUS] = {.name = "status",
		.usage = "[NAME] [--json]",
		.help = "print the running or the last install",
		.takes_name = true},
	[COMMAND_CANCEL] = {.name = "cancel",
		.usage = "[NAME]",
		.help = "cancel a running install",
		.takes_name = true},
};

/* Judges a value: 0, or -EINVAL with what is wrong with it as a sentence. */
typedef int take_value(struct options *options, const char *value, char *why, size_t size);

static int take_allow(struct options *options, const char *value, char *why, size_t size)
{
	unsigned allow;
	char bad[32];

	if (disk_allow_parse(value, &allow, bad) == 0) {
		options->allow |= allow;
		return 0;
	}
	(void)str_format(why, size,
		"--allow does not know the kind '%s'; the kinds are emmc, sd, usb, disk, loop and "
		"image, and worn is a word for worn-out ones",
		bad);
	return -EINVAL;
}

static int take_archive(struct options *options, const char *value, char *why, size_t size)
{
	(void)options;
	if (strcmp(value, "-") != 0)
		return 0;
	(void)str_format(why, size,
		"--archive - is not possible: the archive is read twice, once to check it before "
		"anything is written, so it must be a file");
	return -EINVAL;
}

static int take_scan(struct options *options, const char *value, char *why, size_t size)
{
	(void)options;
	if (strcmp(value, "before") == 0)
		return 0;
	if (strcmp(value, "during") == 0)
		(void)str_format(why, size,
			"--scan during is not supported yet: the archive is always read before");
	else
		(void)str_format(why, size, "--scan does not know '%s', only before", value);
	return -EINVAL;
}

#define NOWHERE SIZE_MAX /* as an offset: the function has taken the value */

static const struct option_row {
	const char *name, *value, *help;
	unsigned commands;
	size_t offset;	  /* of the bool of a flag, of the string of a value */
	take_value *take; /* may be NULL */
} table[] = {
	{"target", "DEV|IMAGE", "the device or image file to install to", FOR_PLANS,
		.offset = offsetof(struct options, target)},
	{"archive", "FILE", "the root filesystem: a tar archive, compressed or not", FOR_PLANS,
		.offset = offsetof(struct options, archive), .take = take_archive},
	{"layout", "NAME|FILE", "single-gpt (default), single-mbr, boot-root, or a file", FOR_PLANS,
		.offset = offsetof(struct options, layout)},
	{"allow", "KIND,...", "more than emmc: sd, usb, disk, loop, image; worn",
		FOR_PLANS | FOR(LIST), .offset = NOWHERE, .take = take_allow},
	{"tar", "PATH", "extract with this tar, not the one in the path", FOR_PLANS,
		.offset = offsetof(struct options, tar)},
	{"expect-id", "CID|SERIAL", "refuse any target but the one with this identity", FOR_PLANS,
		.offset = offsetof(struct options, expect_id)},
	{"no-verify", NULL, "do not compare the medium with the archive afterwards", FOR_PLANS,
		.offset = offsetof(struct options, no_verify)},
	{"yes", NULL, "do not ask before writing", FOR(INSTALL),
		.offset = offsetof(struct options, yes)},
	{"dry-run", NULL, "check everything, print the plan, and write nothing", FOR(INSTALL),
		.offset = offsetof(struct options, dry_run)},
	{"scan", "before", "read the whole archive before writing (the default)", FOR(INSTALL),
		.offset = NOWHERE, .take = take_scan},
	{"plain", NULL, "lines instead of screens, also on a terminal", FOR(INSTALL) | FOR(ATTACH),
		.offset = offsetof(struct options, plain)},
	{"json", NULL, "one JSON object a line, for programs",
		FOR(INSTALL) | FOR(ATTACH) | FOR(STATUS) | FOR(LIST) | FOR(INSPECT),
		.offset = offsetof(struct options, json)},
	{"all", NULL, "show loop devices and other unlikely ones, too", FOR(LIST),
		.offset = offsetof(struct options, all)},
	{"sysroot", "DIR", "list a recorded machine instead of this one", FOR(LIST),
		.offset = offsetof(struct options, sysroot)},
	{"help", NULL, "print this", ~0u, .offset = offsetof(struct options, help)},
};

const char *command_name(enum command command)
{
	return commands[command].name;
}

/* ---- did you mean ---- */

#define WORD_MAX 24

/* Levenshtein's distance; words longer than WORD_MAX are like nothing. */
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

/* The best of several words so far. Two slips, or a third of a long word, are still like it. */
struct likeness {
	const char *word, *best;
	size_t distance;
};

static void liken(struct likeness *likeness, const char *candidate)
{
	size_t length = strlen(likeness->word), at = distance(likeness->word, candidate);
	size_t limit = length >= 9 ? length / 3 : length >= 4 ? 2 : 1;

	/* The beginning of a word is like it, too: "--dry". */
	if (length >= 3 && strncmp(likeness->word, candidate, length) == 0)
		at = 1;
	if (at <= limit && (!likeness->best || at < likeness->distance)) {
		likeness->best = candidate;
		likeness->distance = at;
	}
}

enum command command_find(const char *name, char *why, size_t size)
{
	struct likeness likeness = {.word = name};

	for (unsigned i = COMMAND_SCREENS + 1; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return i;
		liken(&likeness, commands[i].name);
	}
	if (likeness.best)
		(void)str_format(
			why, size, "unknown command '%s'; did you mean '%s'?", name, likeness.best);
	else
		(void)str_format(why, size,
			"unknown command '%s'; `boardstrap --help` lists the commands", name);
	return COMMAND_COUNT;
}

/* ---- parsing ---- */

static const struct option_row *find_row(
	enum command command, const char *name, char *why, size_t size)
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
		(void)str_format(why, size, "--%s needs a command, as `boardstrap install --%s`",
			name, name);
	else if (elsewhere)
		(void)str_format(
			why, size, "%s has no option '--%s'", commands[command].name, name);
	else if (likeness.best)
		(void)str_format(why, size, "unknown option '--%s'; did you mean '--%s'?", name,
			likeness.best);
	else
		(void)str_format(why, size,
			"unknown option '--%s'; `boardstrap%s%s --help` lists the options", name,
			command ? " " : "", commands[command].name);
	return NULL;
}

static int take_row(const struct option_row *row, const char *value, struct options *options,
	char *why, size_t size)
{
	const char **text;
	int r;

	if (!row->value) {
		*(bool *)(void *)((char *)options + row->offset) = true;
		return 0;
	}
	if (!value[0]) {
		(void)str_format(why, size, "--%s is empty: it needs %s", row->name, row->value);
		return -EINVAL;
	}
	r = row->take ? row->take(options, value, why, size) : 0;
	if (r < 0 || row->offset == NOWHERE)
		return r;
	text = (const char **)(void *)((char *)options + row->offset);
	/* Which of two targets was meant is nothing to guess. */
	if (*text && strcmp(*text, value) != 0) {
		(void)str_format(
			why, size, "--%s is given twice: '%s' and '%s'", row->name, *text, value);
		return -EINVAL;
	}
	*text = value;
	return 0;
}

/* One word that begins with "--". Counts *@at on where the value is the next one. */
static int take_option(enum command command, int argc, char **argv, int *at,
	struct options *options, char *why, size_t size)
{
	const char *word = argv[*at] + 2, *equals = strchr(word, '=');
	const struct option_row *row;
	char name[64];

	(void)STR_COPY(name, word);
	name[strcspn(name, "=")] = '\0';
	row = find_row(command, name, why, size);
	if (!row)
		return -EINVAL;
	if (equals && !row->value) {
		(void)str_format(why, size, "--%s takes no value", name);
		return -EINVAL;
	}
	if (equals || !row->value)
		return take_row(row, equals ? equals + 1 : NULL, options, why, size);
	/* "--target --yes" forgot the device, it does not name one. */
	if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0) {
		(void)str_format(why, size, "--%s needs a value: --%s %s", name, name, row->value);
		return -EINVAL;
	}
	return take_row(row, argv[++*at], options, why, size);
}

static int take_operand(
	enum command command, const char *word, struct options *options, char *why, size_t size)
{
	if (commands[command].takes_name && !options->name) {
		options->name = word;
		return 0;
	}
	(void)str_format(why, size, "'%s' is one word too many; options begin with --", word);
	return -EINVAL;
}

int options_parse(
	enum command command, int argc, char **argv, struct options *ret, char *why, size_t size)
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
			r = take_option(command, argc, argv, &i, &options, why, size);
		else if (!ended && argv[i][0] == '-' && argv[i][1]) {
			(void)str_format(why, size,
				"unknown option '%s'; options are written out, as --help", argv[i]);
			r = -EINVAL;
		} else {
			r = take_operand(command, argv[i], &options, why, size);
		}
	}
	if (r == 0 && options.plain && options.json) {
		(void)str_format(why, size, "--plain and --json exclude each other");
		r = -EINVAL;
	}
	if (r == 0)
		*ret = options;
	return r;
}

/* ---- help ---- */

static const char exit_codes[] =
	"Exit codes:\n"
	"  0  installed and verified          4  verification failed\n"
	"  1  failed after writing began      5  another install holds the device\n"
	"  2  refused or bad usage, nothing   6  detached, the install goes on\n"
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
		fprintf(out, "Usage: boardstrap %s %s\n\nThe command to %s.\n",
			commands[command].name, commands[command].usage, commands[command].help);
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
