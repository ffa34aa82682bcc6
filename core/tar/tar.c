/* SPDX-License-Identifier: MIT */
#include "core/tar/tar.h"

#include "core/process/child_run.h"
#include "core/tar/sigcgt.h"
#include "core/tar/tar_totals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define IDENTIFY_MS 10000 /* a busy machine takes more than two seconds to start a program */

/*
 * The differences between the tars. argv[0] is always "tar": a multi-call binary selects its applet
 * by that name. GNU tar: -x comes first, since a signal between --totals=SIGUSR1 and -x would abort
 * it. The second --totals prints a final total. On a board without a clock GNU tar warns of every
 * file unless --warning=no-timestamp is given.
 */
#define BIT TAR_NEED_BIT

/* Tars that read ustar and little of its extensions. */
#define LACKS_OF_SMALL_TARS                                                                        \
	(BIT(TAR_NEED_XATTRS) | BIT(TAR_NEED_ACLS) | BIT(TAR_NEED_SPARSE) |                        \
		BIT(TAR_NEED_ACL_XATTR) | BIT(TAR_NEED_LIBARCHIVE_XATTR) |                         \
		BIT(TAR_NEED_XATTR_NAME) | BIT(TAR_NEED_SELINUX) | BIT(TAR_NEED_GLOBAL) |          \
		BIT(TAR_NEED_PAX_IDS) | BIT(TAR_NEED_PAX_SIZE) | BIT(TAR_NEED_TWO_HEADERS) |       \
		BIT(TAR_NEED_SIGNED_SUM) | BIT(TAR_NEED_SLASH) | BIT(TAR_NEED_DUMPDIR) |           \
		BIT(TAR_NEED_LABEL) | BIT(TAR_NEED_GNU_TIMES) | BIT(TAR_NEED_LINK_SLASH) |         \
		BIT(TAR_NEED_OVER_LINK) | BIT(TAR_NEED_OVER_SAME) | BIT(TAR_NEED_OVER_DIR) |       \
		BIT(TAR_NEED_LINK_SELF) | BIT(TAR_NEED_SPARSE_ENDS) | BIT(TAR_NEED_ODD_NODES))

static const struct {
	const char *name, *mark; /* for messages; word in the first line of --version */
	uint64_t lacks;		 /* TAR_NEED_BIT */
	const char *env;	 /* added to the environment of a child, or NULL */
	bool answers;		 /* SIGUSR1 */
	const char *args[12];
	struct {
		enum tar_need need;
		const char *arg;
	} if_needed[2];
} flavours[TAR_FLAVOUR_COUNT] = {
	[TAR_UNKNOWN] =
		{
			.name = "an unknown tar",
			.lacks = UINT64_MAX,
			.args = {"-x", "-p"},
		},
	[TAR_GNU] =
		{
			.name = "GNU tar",
			.mark = "GNU tar",
			.lacks = BIT(TAR_NEED_LIBARCHIVE_XATTR) | BIT(TAR_NEED_OVER_LINK) |
				 BIT(TAR_NEED_SPARSE_ENDS),
			.answers = true,
			.args = {"-x", "--totals=SIGUSR1", "--totals", "-p", "--same-owner",
				"--numeric-owner", "--delay-directory-restore", "--xattrs",
				"--xattrs-include=*", "--warning=no-timestamp",
				"--warning=no-unknown-keyword"},
			.if_needed = {{TAR_NEED_ACLS, "--acls"}, {TAR_NEED_SELINUX, "--selinux"}},
		},
	[TAR_BSD] =
		{
			.name = "bsdtar",
			.mark = "bsdtar",
			.answers = true,
			/* It fails on ACL records that GNU tar wrote. */
			.lacks = BIT(TAR_NEED_ACL_GNU) | BIT(TAR_NEED_ACL_XATTR) |
				 BIT(TAR_NEED_XATTR_NAME) | BIT(TAR_NEED_FOREIGN_XATTR) |
				 BIT(TAR_NEED_GLOBAL) | BIT(TAR_NEED_TWO_HEADERS) |
				 BIT(TAR_NEED_NO_LINK) | BIT(TAR_NEED_PAX_BYTES) |
				 BIT(TAR_NEED_DECOMPOSED) | BIT(TAR_NEED_LINK_SELF) |
				 BIT(TAR_NEED_DIR_XATTRS) | BIT(TAR_NEED_LARGE_HEADER),
			.env = "LC_ALL=C.UTF-8", /* the C locale: no non-ASCII names */
			/* A flag such as immutable would keep the fix-up from setting times; GNU tar
			 * restores no flags either. */
			.args = {"-x", "-p", "--same-owner", "--numeric-owner", "--no-fflags"},
		},
	[TAR_BUSYBOX] =
		{
			.name = "BusyBox tar",
			.mark = "busybox",
			.lacks = LACKS_OF_SMALL_TARS | BIT(TAR_NEED_V7) | BIT(TAR_NEED_DIR_OVER) |
				 BIT(TAR_NEED_OVER_NAMES) | BIT(TAR_NEED_LONG_4095),
			.args = {"-x", "-p", "--numeric-owner"},
		},
	[TAR_TOYBOX] =
		{
			.name = "Toybox tar",
			.mark = "toybox",
			.lacks = LACKS_OF_SMALL_TARS | BIT(TAR_NEED_PAX_LINK) |
				 BIT(TAR_NEED_NO_NAME) | BIT(TAR_NEED_LATE_DIR) |
				 BIT(TAR_NEED_NEGATIVE) | BIT(TAR_NEED_WIDE_MINOR) |
				 BIT(TAR_NEED_STRIP_LINKS) | BIT(TAR_NEED_ODD_BYTES) |
				 BIT(TAR_NEED_TWO_RECORDS) | BIT(TAR_NEED_LINK_META) |
				 BIT(TAR_NEED_OVER_SYMLINK),
			.args = {"-x", "-p", "--numeric-owner"},
		},
};

bool tar_answers(enum tar_flavour flavour)
{
	return flavours[flavour].answers;
}

enum tar_flavour tar_flavour_parse(const char *version_line)
{
	for (int flavour = TAR_UNKNOWN + 1; flavour < TAR_FLAVOUR_COUNT; flavour++)
		if (strcasestr(version_line, flavours[flavour].mark))
			return (enum tar_flavour)flavour;
	return TAR_UNKNOWN;
}

const char *tar_flavour_name(enum tar_flavour flavour)
{
	return flavours[flavour].name;
}

uint64_t tar_lacks(enum tar_flavour flavour, uint64_t needs)
{
	const uint64_t both = BIT(TAR_NEED_ACLS) | BIT(TAR_NEED_ACL_XATTR);
	uint64_t lacks = flavours[flavour].lacks;

	/* With --acls GNU tar leaves out the ACLs that are attributes. */
	if ((needs & both) == both)
		lacks |= BIT(TAR_NEED_ACL_XATTR);
	return needs & lacks;
}

const char *tar_need_phrase(enum tar_need need)
{
	static const char *const phrases[TAR_NEED_COUNT] = {
		[TAR_NEED_XATTRS] = "has extended attributes (file capabilities, for example)",
		[TAR_NEED_ACLS] = "has an access control list",
		[TAR_NEED_SPARSE] = "is a sparse file",
		[TAR_NEED_SPARSE_ENDS] = "is a sparse file that GNU tar has not written",
		[TAR_NEED_ACL_GNU] = "has an access control list that bsdtar does not restore",
		[TAR_NEED_ACL_XATTR] = "has an access control list in the form of an attribute",
		[TAR_NEED_LIBARCHIVE_XATTR] =
			"has an extended attribute in libarchive's own form alone",
		[TAR_NEED_XATTR_NAME] = "has an extended attribute with = or % in its name",
		[TAR_NEED_SELINUX] = "has an SELinux label",
		[TAR_NEED_FOREIGN_XATTR] = "has an attribute that Linux cannot store",
		[TAR_NEED_GLOBAL] = "has values in a global pax header",
		[TAR_NEED_PAX_IDS] = "has its owner in a pax header",
		[TAR_NEED_PAX_SIZE] = "has its size in a pax header",
		[TAR_NEED_TWO_HEADERS] = "has several extended headers",
		[TAR_NEED_PAX_LINK] = "has its link target in a pax header",
		[TAR_NEED_NO_LINK] = "has its link target in an extended header alone",
		[TAR_NEED_NO_NAME] = "has an empty name in its header",
		[TAR_NEED_PAX_BYTES] = "has a name in a pax header that is not UTF-8",
		[TAR_NEED_DECOMPOSED] = "has a name in decomposed Unicode, as macOS writes it",
		[TAR_NEED_SIGNED_SUM] = "has a checksum of signed bytes, of an old tar",
		[TAR_NEED_ODD_BYTES] =
			"has an unusual checksum or bytes in unused parts of its header",
		[TAR_NEED_ODD_NODES] = "has no numbers in unused fields of its header",
		[TAR_NEED_LONG_4095] = "has a name or a link target of 4095 bytes",
		[TAR_NEED_LARGE_HEADER] = "has an extended header of more than a megabyte",
		[TAR_NEED_TWO_RECORDS] = "has a name twice in its pax header",
		[TAR_NEED_V7] = "has a header in the old V7 format",
		[TAR_NEED_SLASH] = "is no folder by its header and has a name that ends in a slash",
		[TAR_NEED_DUMPDIR] = "is a folder of an incremental archive",
		[TAR_NEED_LABEL] = "follows a volume label",
		[TAR_NEED_GNU_TIMES] = "has more times in GNU's old format",
		[TAR_NEED_NEGATIVE] = "has a negative time in its header",
		[TAR_NEED_WIDE_MINOR] = "has a minor device number of 20 bits",
		[TAR_NEED_LINK_SELF] = "is a hard link to itself",
		[TAR_NEED_LINK_SLASH] = "is a hard link to an absolute name",
		[TAR_NEED_LINK_META] =
			"is a hard link to a symlink, or has another mode or owner than its file",
		[TAR_NEED_OVER_SYMLINK] = "replaces a symlink",
		[TAR_NEED_OVER_SAME] = "is the same symlink again",
		[TAR_NEED_DIR_XATTRS] = "is a folder again, with other attributes",
		[TAR_NEED_OVER_LINK] =
			"is a later version of a symlink that leads up or to an absolute path",
		[TAR_NEED_OVER_DIR] = "replaces a folder",
		[TAR_NEED_DIR_OVER] = "is a folder that replaces something else",
		[TAR_NEED_LATE_DIR] =
			"comes before its folder, and a part of its path is the name of another entry",
		[TAR_NEED_OVER_NAMES] = "replaces one of several hard links",
		[TAR_NEED_STRIP] = "has parts to strip from its name",
		[TAR_NEED_STRIP_LINKS] = "has parts to strip from the target of its hard link",
	};

	return phrases[need];
}

const char *tar_advice(uint64_t needs)
{
	if (!tar_lacks(TAR_GNU, needs))
		return "Install GNU tar (package tar) or name it with --tar.";
	if (!tar_lacks(TAR_BSD, needs))
		return "Install bsdtar (package libarchive-tools) and name it with --tar bsdtar.";
	return "No tar extracts all of this archive: unpack it, and pack it again with GNU tar "
	       "--format=posix --xattrs --acls.";
}

uint64_t tar_built_without(const char *program, enum tar_flavour flavour, uint64_t needs)
{
	static const char call[] = "setfilecon"; /* of libselinux */
	_cleanup_close_ int fd = -1;
	struct stat st;
	void *map;
	bool found;

	if (flavour != TAR_GNU || !(needs & BIT(TAR_NEED_SELINUX)))
		return 0;
	fd = open(program, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
		return BIT(TAR_NEED_SELINUX);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return BIT(TAR_NEED_SELINUX);
	found = memmem(map, (size_t)st.st_size, call, strlen(call)) != NULL;
	(void)munmap(map, (size_t)st.st_size);
	return found ? 0 : BIT(TAR_NEED_SELINUX);
}

/* ---- identification ---- */

/* Takes the first line. */
static void identity_line(struct child *child, char *line)
{
	char *first = child->spec.owner;

	if (!first[0])
		(void)str_copy(first, CHILD_LINE_MAX, line);
}

int tar_identify(const char *program, enum tar_flavour *ret, char *version, size_t size)
{
	static const char *const argv[] = {"tar", "--version", NULL};
	char line[CHILD_LINE_MAX] = "";
	const struct child_spec spec = {
		.name = "tar",
		.program = program,
		.argv = argv,
		.in = -1,
		.out = -1,
		.out_lines = true,
		.on_line = identity_line,
		.owner = line,
	};
	int r = child_run(&spec, IDENTIFY_MS, NULL, 0);

	if (r < 0 && r != -ECHILD) /* busybox prints its version and fails */
		return r;
	str_sanitise(line);
	str_copy(version, size, line);
	*ret = tar_flavour_parse(line);
	return 0;
}

size_t tar_argv(enum tar_flavour flavour, uint64_t needs, const char *strip, const char *dir,
	const char *ret_argv[TAR_ARGS_MAX])
{
	const char *const last[] = {"-C", dir, "-f", "-"};
	size_t n = 0;

	ret_argv[n++] = "tar";
	for (size_t i = 0; i < ARRAY_SIZE(flavours[0].args) && flavours[flavour].args[i]; i++)
		ret_argv[n++] = flavours[flavour].args[i];
	for (size_t i = 0; i < ARRAY_SIZE(flavours[0].if_needed); i++)
		if (flavours[flavour].if_needed[i].arg &&
			(needs & BIT(flavours[flavour].if_needed[i].need)))
			ret_argv[n++] = flavours[flavour].if_needed[i].arg;
	if (strip)
		ret_argv[n++] = strip;
	for (size_t i = 0; i < ARRAY_SIZE(last); i++)
		ret_argv[n++] = last[i];
	ret_argv[n] = NULL;
	return n;
}

/* ---- messages ---- */

bool tar_message_is_error(const char *text)
{
	/* Of GNU tar, but for "Error exit delayed" of bsdtar and "had errors" of Toybox. */
	static const char *const others[] = {
		"Exiting with failure status",
		"Error is not recoverable",
		"Error exit delayed",
		"had errors",
		"Child returned status",
		"Warning:",
		"setxattrs: Cannot set", /* a warning, in spite of its words */
		"Removing leading",
		"Substituting",
		"Ignoring unknown extended header",
		"implausibly old time stamp",
		"time stamp",
		"A lone zero block",
		"Record size =",
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strstr(text, others[i]))
			return false;
	return true;
}

static void pass_on(struct tar *tar, const char *text)
{
	bool same = strcmp(text, tar->previous) == 0;
	bool first_no_space = !tar->no_space && strstr(text, "No space left on device");

	tar->no_space |= first_no_space;
	if (!tar->first_error[0] && tar_message_is_error(text))
		STR_COPY(tar->first_error, text);
	tar->repeats = same ? tar->repeats + 1 : 1;
	STR_COPY(tar->previous, text);
	/* Never suppress the reason of a failure. */
	if ((tar->repeats > TAR_REPEAT_MAX || tar->passed >= TAR_MESSAGE_MAX) && !first_no_space) {
		tar->suppressed++;
		return;
	}
	tar->passed++;
	if (tar->on_message)
		tar->on_message(tar, text);
}

static void flush_held(struct tar *tar)
{
	char text[sizeof(tar->held)];

	if (!tar->held[0])
		return;
	STR_COPY(text, tar->held);
	tar->held[0] = '\0';
	pass_on(tar, text);
}

/* Handles a line, or the part of a line before a reply: GNU tar writes a warning in four
 * pieces, and a reply may come between any two of them. */
static void take_text(struct tar *tar, char *text, bool whole)
{
	size_t length;

	str_sanitise(text);
	if (strncmp(text, "tar: ", 5) == 0)
		flush_held(tar); /* a new message begins: the held text was complete */
	length = strlen(tar->held);
	str_copy(tar->held + length, sizeof(tar->held) - length, text);
	if (whole)
		flush_held(tar);
}

static void tar_line(struct child *child, char *line)
{
	struct tar *tar = child->spec.owner;
	bool replied = tar->replied;
	uint64_t bytes;
	size_t start;

	tar->replied = tar_totals_parse(line, &bytes, &start);
	if (!tar->replied) {
		/* bsdtar's reply has a second line, which names the current file. */
		if (!replied || strncmp(line, "Current: ", 9) != 0)
			take_text(tar, line, true);
		return;
	}
	/* The count can drop once, when tar examines the archive a second time. */
	if (bytes > tar->counts.bytes)
		tar->counts.bytes = bytes;
	tar->counts.replies += tar->asked_ms != 0;
	tar->asked_ms = 0;
	line[start] = '\0';
	take_text(tar, line, false);
}

static void tar_ended(struct child *child)
{
	struct tar *tar = child->spec.owner;
	char text[64];

	flush_held(tar);
	if (tar->suppressed > 0 && tar->on_message) {
		STR_FORMAT(text, "tar: %u more messages are not shown", tar->suppressed);
		tar->on_message(tar, text);
	}
	if (tar->on_exit)
		tar->on_exit(tar);
}

/* ---- the protocol ---- */

void tar_init(struct tar *tar)
{
	*tar = (struct tar){.proc_root = -1};
	child_init(&tar->child);
}

int tar_start(struct tar *tar, int reactor, int proc_root, const struct tar_spec *spec)
{
	const char *env[CHILD_ENV_MAX + 1] = {NULL};
	size_t n = 0;
	int r;

	tar_init(tar);
	tar->proc_root = proc_root;
	tar->on_message = spec->on_message;
	tar->on_exit = spec->on_exit;
	tar->owner = spec->owner;
	if (!STR_COPY(tar->dir, spec->dir))
		return -ENAMETOOLONG;
	if (spec->strip)
		STR_FORMAT(tar->strip, "--strip-components=%u", spec->strip);
	(void)tar_argv(
		spec->flavour, spec->needs, spec->strip ? tar->strip : NULL, tar->dir, tar->argv);
	if (flavours[spec->flavour].env)
		env[n++] = flavours[spec->flavour].env;
	for (size_t i = 0; spec->env && spec->env[i] && n < CHILD_ENV_MAX; i++)
		env[n++] = spec->env[i];

	r = child_start(&tar->child, reactor,
		&(struct child_spec){.name = "tar",
			.program = spec->program,
			.argv = tar->argv,
			.env = env,
			.in = spec->archive,
			.out = -1,
			.no_safety_net = spec->no_safety_net,
			.on_line = tar_line,
			.on_exit = tar_ended,
			.owner = tar});
	tar->child.spec.env = NULL; /* env is on this stack frame */
	if (r < 0)
		return r;
	tar->counts.pid = tar->child.pid;
	return 0;
}

void tar_tick(struct tar *tar, uint64_t now_ms)
{
	bool outstanding = tar->asked_ms != 0 && now_ms < tar->asked_ms + TAR_LATE_MS;
	enum sigcgt seen;

	/* Before exec, /proc/PID/status shows our own handlers. */
	if (tar->child.state == CHILD_RUNNING && !outstanding) {
		/* Confirm before every signal: tar may have removed its handler. */
		seen = sigcgt_read(tar->proc_root, tar->child.pid, SIGUSR1);
		/* SIGUSR1 is blocked while the handler runs, and tar gone at its end: neither
		 * changes what is confirmed. */
		if (seen == SIGCGT_CAUGHT || seen == SIGCGT_NOT_CAUGHT)
			tar->counts.confirmed = seen == SIGCGT_CAUGHT;
		if (seen == SIGCGT_CAUGHT && child_signal_one(&tar->child, SIGUSR1) == 0) {
			tar->counts.signals++;
			tar->asked_ms = now_ms ? now_ms : 1; /* 0 means none */
		}
	}
	child_poll(&tar->child); /* last: its on_exit may free the tar */
}

void tar_why(const struct tar *tar, char *ret, size_t size)
{
	const struct child *child = &tar->child;
	const char *text = tar->first_error;

	child_why(child, ret, size);
	/* A signal or a failed exec is the reason itself. */
	if (!*ret || !*text || child->exec_error != 0 || !WIFEXITED(child->status))
		return;
	str_copy(ret, size, str_has_prefix(text, "tar: ") ? text + 5 : text);
}

void tar_finish(struct tar *tar)
{
	child_finish(&tar->child);
}
