/* SPDX-License-Identifier: MIT */
#include "core/tar/tar.h"

#include "tests/lib/fake_tar.h"
#include "tests/lib/tar_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 60000 /* only a bug takes this long */
#define CHUNK	8000

/* One tar and its recorded events. */
struct run {
	int reactor, root, in;
	char dir[32], log[48];
	struct tar tar;
	unsigned messages, exits;
	char first[CHILD_LINE_MAX], last[CHILD_LINE_MAX];
	bool confirmed; /* ever */
	uint64_t bytes;
};

static void on_message(struct tar *tar, const char *text)
{
	struct run *run = tar->owner;

	if (run->messages++ == 0)
		STR_COPY(run->first, text);
	STR_COPY(run->last, text);
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c >= 0x20);
}

static void on_exit_(struct tar *tar)
{
	((struct run *)tar->owner)->exits++;
}

static void start(struct run *run, const struct tar_spec *base)
{
	struct tar_spec spec = *base;
	int fds[2];

	run->messages = run->exits = 0;
	run->first[0] = run->last[0] = '\0';
	run->confirmed = false;
	run->bytes = 0;
	(void)unlink(run->log);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	spec.archive = fds[0];
	spec.dir = run->dir;
	spec.on_message = on_message;
	spec.on_exit = on_exit_;
	spec.owner = run;
	assert_int_equal(tar_start(&run->tar, run->reactor, run->root, &spec), 0);
	(void)close(fds[0]);
	run->in = fds[1];
}

static void start_fake(struct run *run, const char *script, bool no_net)
{
	char env[512];

	STR_FORMAT(env, "FAKE_TAR=%s;log=%s", script, run->log);
	start(run, &(struct tar_spec){.program = fake_tar_path(),
			   .flavour = TAR_GNU,
			   .no_safety_net = no_net,
			   .env = (const char *const[]){env, NULL}});
}

static void step(struct run *run, uint64_t now)
{
	assert_true(reactor_dispatch(run->reactor, 1) >= 0);
	tar_tick(&run->tar, now);
	assert_true(run->tar.counts.bytes >= run->bytes);
	assert_true(run->tar.counts.replies <= run->tar.counts.signals);
	run->bytes = run->tar.counts.bytes;
	run->confirmed |= run->tar.counts.confirmed;
}

/* Ticks without pause and writes the input in interrupted_messages; ends the input after
 * @replies. */
static void finish(struct run *run, unsigned replies)
{
	static const char data[CHUNK];
	uint64_t until = now_ms() + LONG_MS;
	unsigned given = 0;

	while (run->exits == 0) {
		assert_true(now_ms() < until);
		if (run->in >= 0 && given <= run->tar.counts.replies) {
			given++;
			if (write(run->in, data, CHUNK) != CHUNK)
				close_fd(&run->in); /* it has died */
		}
		if (run->tar.counts.replies >= replies)
			close_fd(&run->in);
		step(run, now_ms());
	}
	close_fd(&run->in);
}

/* Counts the lines of the log that begin and end like this. */
static unsigned logged(const struct run *run, const char *what, const char *how)
{
	char line[128];
	FILE *file = fopen(run->log, "re");
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		n += strncmp(line, what, strlen(what)) == 0 && strlen(line) >= strlen(how) &&
		     strcmp(line + strlen(line) - strlen(how), how) == 0;
	}
	(void)fclose(file);
	return n;
}

/* ---- the matrix: every behaviour, with the safety net and without ---- */

enum { NEVER, CONFIRMED };

static const struct behaviour {
	const char *script;
	int confirmed;
	unsigned replies; /* number after which its input ends */
	unsigned signals; /* exact number; 0 with CONFIRMED: at least as many as replies */
	const char *why;  /* "" : ok */
	const char *message;
} behaviours[] = {
	{"handler=0", CONFIRMED, 3, 0, "", ""},
	{"handler=1", CONFIRMED, 3, 0, "", ""},
	{"handler=10", CONFIRMED, 3, 0, "", ""},
	{"handler=100", CONFIRMED, 3, 0, "", ""},
	{"handler=-1;run=300", NEVER, 0, 0, "", ""},
	{"block=1;run=300", NEVER, 0, 0, "", ""},
	{"drop=2;run=300", CONFIRMED, 2, 2, "", ""},
	{"handler=20;crash=100", CONFIRMED, 1000000, 0, "killed by signal 6", ""},
	{"handler=-1;crash=0;run=10", NEVER, 0, 0, "killed by signal 6", ""},
	{"exit=2;say=tar: x: Cannot open", CONFIRMED, 1, 0, "exit status 2: tar: x: Cannot open",
		"tar: x: Cannot open"},
	{"reply=none;run=300", CONFIRMED, 0, 1, "", ""},
	{"reply=garbage;run=300", CONFIRMED, 0, 1, "", "?[31mTotal"},
	{"reply=german", CONFIRMED, 3, 0, "", ""},
	{"reply=bsd", CONFIRMED, 3, 0, "", ""},
	{"reply=back", CONFIRMED, 6, 0, "", ""},
	{"reply=split", CONFIRMED, 3, 0, "", "tar: x: Cannot open: File exists"},
	{"lag=30", CONFIRMED, 3, 0, "", ""},
	{"stderr=20000", CONFIRMED, 1, 0, "", "tar: usr/share/000000: Cannot open: File exists"},
	{"read=0;run=100", CONFIRMED, 0, 0, "", ""},
};

static void behave(struct run *run, const struct behaviour *b, bool no_net)
{
	char why[256];
	unsigned early, late;
	uint32_t signals;

	start_fake(run, b->script, no_net);
	finish(run, b->replies);
	early = logged(run, "signal", "early");
	late = logged(run, "signal", "late");
	signals = run->tar.counts.signals;
	child_why(&run->tar.child, why, sizeof(why));

	if (strncmp(why, b->why, strlen(b->why)) != 0 || !why[0] != !b->why[0])
		fail_msg("%s (net %d): \"%s\"", b->script, !no_net, why);
	if (run->confirmed != (b->confirmed == CONFIRMED))
		fail_msg("%s (net %d): confirmed %d", b->script, !no_net, run->confirmed);
	if (early > 0 || logged(run, "pending", "") > 0)
		fail_msg("%s (net %d): %u signals before its handler", b->script, !no_net, early);
	/* The tracer sees every signal, except one that arrives at the end of the process. */
	if (late > signals || late + 1 < signals)
		fail_msg(
			"%s (net %d): %u signals sent, %u seen", b->script, !no_net, signals, late);
	if (b->confirmed == NEVER ? signals != 0 : b->signals && signals != b->signals)
		fail_msg("%s (net %d): %u signals", b->script, !no_net, signals);
	if (b->replies < 100 && run->tar.counts.replies < b->replies)
		fail_msg("%s (net %d): %u replies", b->script, !no_net, run->tar.counts.replies);
	if (b->replies > 0 && b->replies < 100 && run->tar.counts.bytes < CHUNK)
		fail_msg("%s (net %d): %llu bytes", b->script, !no_net,
			(unsigned long long)run->tar.counts.bytes);
	if (strncmp(run->first, b->message, strlen(b->message)) != 0 ||
		!run->first[0] != !b->message[0])
		fail_msg("%s (net %d): said \"%s\"", b->script, !no_net, run->first);
	tar_finish(&run->tar);
}

static void with_net(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(behaviours); i++)
		behave(*state, &behaviours[i], false);
}

static void without_net(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(behaviours); i++)
		behave(*state, &behaviours[i], true);
}

/* Proves that the matrix can fail: an unconfirmed signal is early, and kills without the net. */
static void harness_sees_early_signals(void **state)
{
	struct run *run = *state;
	char why[64];

	start_fake(run, "handler=2000", false);
	while (run->tar.child.state == CHILD_STARTING)
		assert_true(reactor_dispatch(run->reactor, 100) >= 0);
	/* The tracer is attached once the log exists. */
	while (access(run->log, F_OK) < 0)
		(void)usleep(1000);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(child_signal_one(&run->tar.child, SIGUSR1), 0);
		(void)usleep(5000);
	}
	finish(run, 1);
	assert_true(logged(run, "signal", "early") > 0);
	assert_true(child_ok(&run->tar.child));

	start_fake(run, "handler=20000", true);
	while (run->tar.child.state == CHILD_STARTING)
		assert_true(reactor_dispatch(run->reactor, 100) >= 0);
	assert_int_equal(child_signal_one(&run->tar.child, SIGUSR1), 0);
	finish(run, 1);
	child_why(&run->tar.child, why, sizeof(why));
	assert_string_equal(why, "killed by signal 10");
}

/* A missing answer is asked for again after two seconds; the clock is a parameter. */
static void late_answers(void **state)
{
	struct run *run = *state;
	uint64_t until = now_ms() + LONG_MS, now = 5000;

	start_fake(run, "reply=none;run=100", false);
	while (run->tar.counts.signals == 0) {
		assert_true(now_ms() < until);
		step(run, now);
	}
	for (; now < 5000 + TAR_LATE_MS; now += 100) {
		step(run, now);
		assert_int_equal(run->tar.counts.signals, 1);
	}
	step(run, now);
	assert_int_equal(run->tar.counts.signals, 2);
	step(run, now + TAR_LATE_MS - 1);
	assert_int_equal(run->tar.counts.signals, 2);
	step(run, now + TAR_LATE_MS);
	assert_int_equal(run->tar.counts.signals, 3);
	finish(run, 0);
	assert_true(child_ok(&run->tar.child));
	assert_int_equal(run->tar.counts.replies, 0);
}

/* A handler seen before exec could be our own, so it does not count. */
static void not_before_exec(void **state)
{
	struct run *run = *state;

	start_fake(run, "", false);
	while (access(run->log, F_OK) < 0 || logged(run, "handler", "") == 0)
		(void)usleep(1000);
	for (uint64_t now = 1; now < 10; now++)
		tar_tick(&run->tar, now * TAR_LATE_MS);
	assert_int_equal(run->tar.counts.signals, 0);
	assert_false(run->tar.counts.confirmed);
	finish(run, 1);
	assert_true(child_ok(&run->tar.child));
}

static void messages_are_capped(void **state)
{
	struct run *run = *state;

	start_fake(run, "stderr=300;say=tar: x: Cannot write: No space left on device", false);
	finish(run, 1);
	/* the maximum, the reason of the failure, and the number of suppressed ones */
	assert_int_equal(run->messages, TAR_MESSAGE_MAX + 2);
	assert_true(run->tar.no_space);
	assert_string_equal(run->last, "tar: 100 more messages are not shown");

	start_fake(run, "reply=garbage;say=tar: same\ntar: same", false);
	finish(run, 0);
	assert_false(run->tar.no_space);
}

static void line(struct run *run, const char *text)
{
	char buf[CHILD_LINE_MAX];

	STR_COPY(buf, text);
	run->tar.child.spec.on_line(&run->tar.child, buf);
}

/* Replies that interrupt messages, in interrupted_messages, and the messages that result. */
static void interrupted_messages(void **state)
{
#define TOTALS "Total bytes read: 10240 (10KiB, 1.8MiB/s)"
	static const struct {
		const char *lines[6], *messages[3];
	} cases[] = {
		{{"tar: a: Cannot open" TOTALS, ": File exists"},
			{"tar: a: Cannot open: File exists"}},
		{{"tar: " TOTALS, "a: Cannot open" TOTALS, ": File exists" TOTALS, "tar: b: x"},
			{"tar: a: Cannot open: File exists", "tar: b: x"}},
		{{TOTALS, TOTALS, "tar: b"}, {"tar: b"}},
		{{TOTALS TOTALS, "tar: b"}, {"tar: b"}},
		{{"Total bytes read: " TOTALS, "10240 (10KiB, 1.8MiB/s)", "tar: b"}, {"tar: b"}},
		{{"In: 7 bytes, compression 0%;  Out: 1 files, 7 bytes", "Current: f (7 bytes)",
			 "x"},
			{"x"}},
		{{"Current: f (7 bytes)"}, {"Current: f (7 bytes)"}},
		{{"a\033[2Jb"}, {"a?[2Jb"}},
	};
	struct run *run = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned wanted = 0;

		start_fake(run, "handler=-1;reply=none", false);
		for (size_t k = 0; cases[i].lines[k]; k++)
			line(run, cases[i].lines[k]);
		while (cases[i].messages[wanted])
			wanted++;
		finish(run, 0);
		assert_int_equal(run->messages, wanted);
		assert_string_equal(run->first, cases[i].messages[0]);
		assert_string_equal(run->last, cases[i].messages[wanted - 1]);
	}

	start_fake(run, "handler=-1;reply=none", false);
	for (unsigned i = 0; i < 10; i++)
		line(run, "tar: same");
	line(run, "tar: other");
	finish(run, 0);
	assert_int_equal(run->messages, TAR_REPEAT_MAX + 2);
	assert_string_equal(run->last, "tar: 7 more messages are not shown");

	/* a held text is output at the end */
	start_fake(run, "handler=-1;reply=none", false);
	line(run, "tar: a: Cannot open" TOTALS);
	assert_int_equal(run->messages, 0);
	finish(run, 0);
	assert_string_equal(run->first, "tar: a: Cannot open");
}

/* ---- pure functions ---- */

static void flavour_of(void **state)
{
	static const struct {
		const char *line;
		enum tar_flavour flavour;
	} cases[] = {
		{"tar (GNU tar) 1.34", TAR_GNU},
		{"bsdtar 3.6.2 - libarchive 3.6.2 zlib/1.2.13", TAR_BSD},
		{"tar (busybox) 1.35.0", TAR_BUSYBOX},
		{"BusyBox v1.36.1 (2023-11-07) multi-call binary.", TAR_BUSYBOX},
		{"toybox 0.8.9", TAR_TOYBOX},
		{"tar 7.0", TAR_UNKNOWN},
		{"", TAR_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(tar_flavour_parse(cases[i].line), cases[i].flavour);
}

static void arguments(void **state)
{
	static const struct {
		enum tar_flavour flavour;
		uint64_t needs;
		const char *strip, *argv;
	} cases[] = {
		{TAR_GNU, TAR_NEED_BIT(TAR_NEED_ACLS) | TAR_NEED_BIT(TAR_NEED_XATTRS), NULL,
			"tar -x --totals=SIGUSR1 --totals -p --same-owner --numeric-owner "
			"--delay-directory-restore --xattrs --xattrs-include=* --warning=no-timestamp "
			"--warning=no-unknown-keyword --acls -C /d -f -"},
		{TAR_GNU, TAR_NEED_BIT(TAR_NEED_SELINUX), NULL,
			"tar -x --totals=SIGUSR1 --totals -p --same-owner --numeric-owner "
			"--delay-directory-restore --xattrs --xattrs-include=* --warning=no-timestamp "
			"--warning=no-unknown-keyword --selinux -C /d -f -"},
		{TAR_GNU, 0, NULL,
			"tar -x --totals=SIGUSR1 --totals -p --same-owner --numeric-owner "
			"--delay-directory-restore --xattrs --xattrs-include=* --warning=no-timestamp "
			"--warning=no-unknown-keyword -C /d -f -"},
		{TAR_BSD, TAR_NEED_BIT(TAR_NEED_ACLS), NULL,
			"tar -x -p --same-owner --numeric-owner --no-fflags -C /d -f -"},
		{TAR_BUSYBOX, TAR_NEED_BIT(TAR_NEED_ACLS), NULL,
			"tar -x -p --numeric-owner -C /d -f -"},
		{TAR_TOYBOX, 0, NULL, "tar -x -p --numeric-owner -C /d -f -"},
		{TAR_UNKNOWN, 0, NULL, "tar -x -p -C /d -f -"},
		{TAR_BUSYBOX, 0, "--strip-components=2",
			"tar -x -p --numeric-owner --strip-components=2 -C /d -f -"},
	};
	const char *argv[TAR_ARGS_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = tar_argv(cases[i].flavour, cases[i].needs, cases[i].strip, "/d", argv);
		char text[512] = "";

		assert_null(argv[n]);
		for (size_t k = 0; k < n; k++)
			str_format(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				k ? " " : "", argv[k]);
		assert_string_equal(text, cases[i].argv);
	}
}

static void lacks(void **state)
{
	const uint64_t xattrs = TAR_NEED_BIT(TAR_NEED_XATTRS), acls = TAR_NEED_BIT(TAR_NEED_ACLS),
		       sparse = TAR_NEED_BIT(TAR_NEED_SPARSE),
		       acl_gnu = TAR_NEED_BIT(TAR_NEED_ACL_GNU),
		       acl_xattr = TAR_NEED_BIT(TAR_NEED_ACL_XATTR),
		       over_link = TAR_NEED_BIT(TAR_NEED_OVER_LINK);

	(void)state;
	assert_int_equal(tar_lacks(TAR_GNU, xattrs | acls | sparse), 0);
	assert_int_equal(tar_lacks(TAR_GNU, acl_xattr), 0);
	assert_int_equal(tar_lacks(TAR_GNU, acls | acl_xattr), acl_xattr);
	assert_int_equal(tar_lacks(TAR_BSD, xattrs | acls | acl_gnu | sparse), acl_gnu);
	assert_int_equal(tar_lacks(TAR_BUSYBOX, xattrs | acls | sparse), xattrs | acls | sparse);
	assert_int_equal(tar_lacks(TAR_TOYBOX, sparse), sparse);
	assert_int_equal(tar_lacks(TAR_UNKNOWN, xattrs | over_link), xattrs | over_link);
	assert_int_equal(tar_lacks(TAR_UNKNOWN, 0), 0);
	for (int need = 0; need < TAR_NEED_COUNT; need++)
		assert_non_null(tar_need_phrase((enum tar_need)need));
	assert_non_null(strstr(tar_advice(acls), "GNU tar"));
	assert_non_null(strstr(tar_advice(over_link), "--tar bsdtar"));
	assert_non_null(strstr(tar_advice(over_link | acl_gnu), "pack it again"));
	assert_int_equal(tar_lacks(TAR_BUSYBOX,
				 TAR_NEED_BIT(TAR_NEED_STRIP) | TAR_NEED_BIT(TAR_NEED_STRIP_LINKS)),
		0);
	assert_int_equal(tar_lacks(TAR_TOYBOX, TAR_NEED_BIT(TAR_NEED_STRIP)), 0);
	assert_int_equal(tar_lacks(TAR_TOYBOX, TAR_NEED_BIT(TAR_NEED_STRIP_LINKS)),
		TAR_NEED_BIT(TAR_NEED_STRIP_LINKS));
	assert_int_equal(
		tar_lacks(TAR_UNKNOWN, TAR_NEED_BIT(TAR_NEED_STRIP)), TAR_NEED_BIT(TAR_NEED_STRIP));
	for (int f = 0; f < TAR_FLAVOUR_COUNT; f++)
		assert_non_null(tar_flavour_name((enum tar_flavour)f));
}

/* ---- the tars of this machine ---- */

static const struct {
	const char *program;
	enum tar_flavour flavour;
	bool confirms;
} real[] = {
	{"tar", TAR_GNU, true},
	{"bsdtar", TAR_BSD, true},
	{"busybox", TAR_BUSYBOX, false},
	{"toybox", TAR_TOYBOX, false},
};

static void identify(void **state)
{
	struct run *run = *state;
	enum tar_flavour flavour = TAR_FLAVOUR_COUNT;
	char version[128] = "as it was", script[64];
	unsigned found = 0;
	int fd;

	assert_int_equal(tar_identify("no-such-tar", &flavour, version, sizeof(version)), -ENOENT);
	assert_int_equal(flavour, TAR_FLAVOUR_COUNT);
	assert_string_equal(version, "as it was");
	assert_int_equal(tar_identify("true", &flavour, version, sizeof(version)), 0);
	assert_int_equal(flavour, TAR_UNKNOWN);

	for (size_t i = 0; i < ARRAY_SIZE(real); i++) {
		int r = tar_identify(real[i].program, &flavour, version, sizeof(version));

		if (r == -ENOENT) {
			print_message("%s is not on this machine\n", real[i].program);
			continue;
		}
		assert_int_equal(r, 0);
		/* "tar" may be any of them on this machine */
		if (i > 0)
			assert_int_equal(flavour, real[i].flavour);
		assert_true(version[0] != '\0');
		found++;
	}
	assert_true(found > 0);

	/* a program that never answers */
	STR_FORMAT(script, "%s/tar.sh", run->dir);
	fd = open(script, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_int_equal(write(fd, "#!/bin/sh\nsleep 100\n", 20), 20);
	close_fd(&fd);
	assert_int_equal(tar_identify(script, &flavour, version, sizeof(version)), -ETIMEDOUT);
	assert_int_equal(unlink(script), 0);
}

/* The system's tar, also behind a program that is slow to execute it. */
static void extract(struct run *run, const struct tar_spec *spec, bool confirms)
{
	static unsigned char archive[USTAR_BYTES], file[USTAR_FILE_BYTES + 1];
	uint64_t until = now_ms() + LONG_MS, quiet = now_ms() + 100;
	char path[64], why[128];
	size_t given = 0;
	int fd;

	ustar_make(archive);
	start(run, spec);
	while (confirms ? run->tar.counts.replies < 2 : now_ms() < quiet) {
		assert_true(now_ms() < until);
		assert_true(run->exits == 0);
		/* a piece for each signal, even if tar is slow to start */
		if (run->tar.counts.signals > run->tar.counts.replies &&
			given < USTAR_BYTES / 4 * (run->tar.counts.replies + 1)) {
			assert_int_equal(write_full(run->in, archive + given, USTAR_PIECE), 0);
			given += USTAR_PIECE;
		}
		step(run, now_ms());
	}
	assert_int_equal(run->confirmed, confirms);
	assert_int_equal(run->tar.counts.signals > 0, confirms);
	assert_int_equal(write_full(run->in, archive + given, sizeof(archive) - given), 0);
	close_fd(&run->in);
	while (run->exits == 0) {
		assert_true(now_ms() < until);
		step(run, now_ms());
	}
	child_why(&run->tar.child, why, sizeof(why));
	assert_string_equal(run->first, "");
	assert_string_equal(why, "");
	STR_FORMAT(path, "%s/f", run->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, file, sizeof(file)), USTAR_FILE_BYTES);
	assert_memory_equal(file, archive + 512, USTAR_FILE_BYTES);
	close_fd(&fd);
	assert_int_equal(unlink(path), 0);
}

static void real_tars(void **state)
{
	struct run *run = *state;
	char version[128], env[256], path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(real); i++) {
		enum tar_flavour flavour;
		struct tar_spec spec = {.program = real[i].program, .flavour = real[i].flavour};

		if (tar_identify(real[i].program, &flavour, version, sizeof(version)) < 0 ||
			flavour != real[i].flavour) {
			print_message("%s is not on this machine: not tried\n",
				tar_flavour_name(real[i].flavour));
			continue;
		}
		for (int no_net = 0; no_net < 2; no_net++) {
			spec.no_safety_net = no_net;
			extract(run, &spec, real[i].confirms);
			if (flavour == TAR_GNU)
				assert_int_equal(run->tar.counts.bytes, USTAR_BYTES);
		}
		if (flavour != TAR_GNU)
			continue;
		/* behind a wrapper that is slow to execute it */
		assert_int_equal(child_find_program("tar", path, sizeof(path)), 0);
		STR_FORMAT(env, "FAKE_TAR=handler=50;exec=%s;log=%s", path, run->log);
		spec.program = fake_tar_path();
		spec.env = (const char *const[]){env, NULL};
		extract(run, &spec, true);
		assert_int_equal(logged(run, "signal", "early"), 0);
		assert_true(logged(run, "signal", "late") >= 2);
	}
}

static void finish_any_time(void **state)
{
	struct run *run = *state;
	struct tar never;

	tar_init(&never);
	tar_tick(&never, 1);
	tar_finish(&never);
	start_fake(run, "", false);
	tar_finish(&run->tar);
	close_fd(&run->in);
	tar_tick(&run->tar, 1);
	assert_int_equal(run->exits, 0);
	assert_int_equal(run->tar.counts.signals, 0);
}

static int setup(void **state)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return -1;
	STR_COPY(run->dir, "/tmp/tarXXXXXX");
	if (!mkdtemp(run->dir))
		return -1;
	STR_FORMAT(run->log, "%s/log", run->dir);
	run->reactor = reactor_new();
	run->root = open("/", O_PATH | O_CLOEXEC);
	run->in = -1;
	tar_init(&run->tar);
	*state = run;
	return run->reactor < 0 || run->root < 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {"log", "f", "tar.sh"};
	struct run *run = *state;
	char path[64];
	int r;

	tar_finish(&run->tar);
	close_fd(&run->in);
	close_fd(&run->reactor);
	close_fd(&run->root);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		STR_FORMAT(path, "%s/%s", run->dir, files[i]);
		(void)unlink(path); /* may be left by a failed test */
	}
	r = rmdir(run->dir);
	free(run);
	return r;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Lines that the tars print. */
static void tells_errors_from_other_messages(void **state)
{
	static const char *const errors[] = {
		"tar: ./etc/a: Cannot open: Not a directory",
		"tar: ./d: Cannot change ownership to uid 0, gid 0: Operation not permitted",
		"tar: Unexpected EOF in archive",
		"tar: Skipping to next header",
		"./z: Can't replace existing directory with non-directory: Directory not empty",
		"tar: can't create directory './etc': File exists",
		"tar: chown 0:0 './etc/': Not a directory",
	};
	static const char *const others[] = {
		"tar: Exiting with failure status due to previous errors",
		"tar: Error is not recoverable: exiting now",
		"bsdtar: Error exit delayed from previous errors.",
		"tar: had errors",
		"tar: Removing leading `/' from member names",
		"tar: Ignoring unknown extended header keyword 'LIBARCHIVE.creationtime'",
		"tar: ./a: time stamp 2030-01-01 00:00:00 is 99 s in the future",
		"tar: ./a: implausibly old time stamp 1901-12-13 20:45:52",
		"tar: A lone zero block at 20",
		"tar: ./a: Warning: Cannot acl_set_file_at: Operation not supported",
		"tar: setxattrs: Cannot set 'user.a' extended attribute for file './a': Not supported",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (!tar_message_is_error(errors[i]))
			fail_msg("%s", errors[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (tar_message_is_error(others[i]))
			fail_msg("%s", others[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_errors_from_other_messages),
		TEST(with_net),
		TEST(without_net),
		TEST(harness_sees_early_signals),
		TEST(late_answers),
		TEST(not_before_exec),
		TEST(messages_are_capped),
		TEST(interrupted_messages),
		TEST(flavour_of),
		TEST(arguments),
		TEST(lacks),
		TEST(identify),
		TEST(real_tars),
		TEST(finish_any_time),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
