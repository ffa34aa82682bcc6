/* SPDX-License-Identifier: MIT */
/* A single extraction: a fake tar, real decompressors, and scripts that replace them. */
#include "core/install/extract.h"

#include "tests/lib/fake_tar.h"
#include "tests/lib/sandbox.h"
#include "tests/lib/tar_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#define LIMIT_MS 60000 /* only a bug takes this long */
#define TICK_MS	 20
#define PADDING	 3000000 /* more than a pipe holds */

struct run {
	int reactor;
	char archive[PATH_MAX], dir[PATH_MAX], tar[PATH_MAX];
	struct extract extract;
	uint64_t ahead_ms; /* how far the clock is ahead, to skip long waits */
	unsigned ends, messages;
	char why[300], message[300]; /* the last ones; "" after success */
};

static void on_message(void *owner, const char *text)
{
	struct run *run = owner;

	run->messages++;
	STR_COPY(run->message, text);
}

static void on_end(void *owner, const char *why)
{
	struct run *run = owner;

	run->ends++;
	STR_COPY(run->why, why ? why : "");
}

/* Writes f.tar and f.tar.gz, padded with zeros as on a tape. */
static void make_archives(const struct sandbox *box, size_t padding)
{
	unsigned char *archive = calloc(1, USTAR_BYTES + padding);
	char path[PATH_MAX];
	FILE *file;

	assert_non_null(archive);
	ustar_make(archive);
	file = fopen(sandbox_path(box, "f.tar", path), "we");
	assert_non_null(file);
	assert_int_equal(fwrite(archive, 1, USTAR_BYTES + padding, file), USTAR_BYTES + padding);
	assert_int_equal(fclose(file), 0);
	free(archive);
	assert_int_equal(sandbox_run((const char *const[]){"gzip", "-kf", path, NULL}), 0);
}

/* Opens an archive to be extracted by a fake tar that runs @script, or by the real one. */
static void set_up(
	struct run *run, const struct sandbox *box, const char *archive, const char *script)
{
	static unsigned fakes;
	struct diag diag;
	char name[32];

	*run = (struct run){.reactor = reactor_new()};
	assert_true(run->reactor >= 0);
	sandbox_path(box, archive, run->archive);
	sandbox_path(box, "out", run->dir);
	(void)mkdir(run->dir, 0755);
	assert_int_equal(child_find_program("tar", run->tar, sizeof(run->tar)), 0);
	if (script) {
		/* A unique name: a running program cannot be overwritten. */
		STR_FORMAT(name, "fake%u", fakes++);
		sandbox_path(box, name, run->tar);
		assert_int_equal(
			sandbox_run((const char *const[]){"cp", fake_tar_path(), run->tar, NULL}),
			0);
		STR_FORMAT(name, "fake%u.script", fakes - 1);
		sandbox_file(box, name, script);
	}
	extract_init(&run->extract);
	if (extract_open(&run->extract, run->archive, NULL, &diag) < 0)
		fail_msg("%s", diag.text);
}

static const struct decompressor unpack = {.name = "./unpack"};

/* Replaces the decompressor by a script, in which "gzip -dc" runs the real one. */
static void replace_decompressor(struct run *run, const struct sandbox *box, const char *text)
{
	char path[PATH_MAX], script[512];

	STR_FORMAT(script, "#!/bin/sh\n%s\n", text);
	sandbox_file(box, "unpack", script);
	assert_int_equal(chmod(sandbox_path(box, "unpack", path), 0755), 0);
	assert_int_equal(chdir(box->dir), 0);
	run->extract.source.program = &unpack;
}

static void start(struct run *run)
{
	struct diag diag;
	struct extract_spec spec = {
		.archive = run->archive,
		.target = "board.img",
		.dir = run->dir,
		.tar_program = run->tar,
		.flavour = TAR_GNU,
		.stream_bytes = USTAR_BYTES,
		.on_message = on_message,
		.on_end = on_end,
		.owner = run,
	};
	int proc = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (extract_start(&run->extract, run->reactor, proc, &spec, &diag) < 0)
		fail_msg("%s", diag.text);
	run->extract.tar.proc_root = proc;
}

static void tick(struct run *run)
{
	assert_true(reactor_dispatch(run->reactor, TICK_MS) >= 0);
	extract_tick(&run->extract, now_ms() + run->ahead_ms);
}

static void run_until_end(struct run *run)
{
	uint64_t limit = now_ms() + LIMIT_MS;

	while (run->ends == 0) {
		assert_true(now_ms() < limit);
		tick(run);
	}
}

static void tear_down(struct run *run)
{
	close_fd(&run->extract.tar.proc_root);
	extract_finish(&run->extract);
	assert_false(extract_has_children(&run->extract));
	close_fd(&run->reactor);
	assert_true(run->ends <= 1);
}

static void assert_ends_well(struct run *run)
{
	run_until_end(run);
	assert_string_equal(run->why, "");
	assert_false(extract_has_children(&run->extract));
	assert_int_equal(run->extract.archive_bytes, run->extract.source.id.size_bytes);
	assert_int_equal(run->extract.extracted_bytes, USTAR_BYTES);
	assert_true(run->extract.tar_answers);
}

/* Runs until the end. Expects one call of on_end, with a failure that contains @why. */
static void assert_fails(struct run *run, const char *why)
{
	uint64_t limit;

	run_until_end(run);
	if (!strstr(run->why, why))
		fail_msg("\"%s\" is not in: %s", why, run->why);
	extract_stop(&run->extract, SIGTERM);
	for (limit = now_ms() + LIMIT_MS; extract_has_children(&run->extract);) {
		assert_true(now_ms() < limit);
		tick(run);
	}
	tear_down(run);
}

static void extracts(void **state)
{
	static const char *const archives[] = {"f.tar", "f.tar.gz"};
	const struct sandbox *box = *state;
	struct run run;
	struct stat st;

	make_archives(box, 0);
	for (size_t i = 0; i < ARRAY_SIZE(archives); i++) {
		set_up(&run, box, archives[i], NULL);
		start(&run);
		assert_ends_well(&run);
		assert_int_equal(run.messages, 0);
		assert_int_equal(fstatat(box->root, "out/f", &st, 0), 0);
		assert_int_equal(st.st_size, USTAR_FILE_BYTES);
		assert_int_equal(unlinkat(box->root, "out/f", 0), 0);
		tear_down(&run);
	}
}

static void several_at_once(void **state)
{
	const struct sandbox *box = *state;
	struct run runs[4];

	make_archives(box, 0);
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		set_up(&runs[i], box, i % 2 ? "f.tar.gz" : "f.tar", i == 2 ? "exit=7" : "");
		start(&runs[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		if (i == 2)
			assert_fails(&runs[i], "status 7");
		else
			assert_ends_well(&runs[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		if (i != 2)
			tear_down(&runs[i]);
}

static void fails_with_tar(void **state)
{
	static const struct {
		const char *script, *why;
	} cases[] = {
		{"exit=2", "tar could not extract to board.img: exit status 2"},
		{"read=0;exit=2", "exit status 2"},
		{"run=60000;crash=50", "killed by signal"},
		{"say=tar: it is broken;exit=1",
			"tar could not extract to board.img: it is broken"},
	};
	const struct sandbox *box = *state;
	struct run run;

	make_archives(box, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_up(&run, box, i % 2 ? "f.tar" : "f.tar.gz", cases[i].script);
		start(&run);
		assert_fails(&run, cases[i].why);
	}
	set_up(&run, box, "f.tar.gz", NULL);
	STR_COPY(run.tar, "no-such-tar");
	start(&run);
	assert_fails(&run, "not found");
}

/* Neither warnings before it, nor what follows from it, are the reason. */
static void names_the_first_error_of_tar(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"echo 'tar: ./a: time stamp 2030-01-01 is 9 s in the future'; "
		 "echo 'tar: ./etc/b: Cannot open: Not a directory'; echo 'tar: ./c: Cannot mkdir'; "
		 "echo 'tar: Exiting with failure status due to previous errors'; exit 2",
			"tar could not extract to board.img: ./etc/b: Cannot open: Not a directory"},
		{"echo 'tar: Exiting with failure status due to previous errors'; exit 2",
			"exit status 2: tar: Exiting"},
		{"echo 'tar: ./etc/b: Cannot open: Not a directory'; kill -9 $$",
			"killed by signal 9"},
	};
	const struct sandbox *box = *state;
	struct run run;

	make_archives(box, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[PATH_MAX], script[512];

		STR_FORMAT(script, "#!/bin/sh\nexec >&2\n%s\n", cases[i].text);
		sandbox_file(box, "tar", script);
		assert_int_equal(chmod(sandbox_path(box, "tar", path), 0755), 0);
		set_up(&run, box, i % 2 ? "f.tar" : "f.tar.gz", NULL);
		STR_COPY(run.tar, path);
		start(&run);
		assert_fails(&run, cases[i].why);
	}
}

/* tar accepts a truncated stream: the decompressor's exit status decides. */
static void fails_with_the_decompressor(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"head -c 1000; exit 3", "the gzip data was read up to byte "},
		{"gzip -dc; echo 'unpack: no such option' >&2; exit 1", "unpack: no such option"},
		{"gzip -dc; echo 'unpack: corrupted' >&2; exit 1",
			"f.tar.gz could not be decompressed: the gzip data is damaged before byte "},
		{"gzip -dc; kill -9 $$", "killed by signal 9"},
	};
	const struct sandbox *box = *state;
	char path[PATH_MAX];
	struct run run;

	make_archives(box, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_up(&run, box, "f.tar.gz", "");
		replace_decompressor(&run, box, cases[i].text);
		start(&run);
		assert_fails(&run, cases[i].why);
	}
	assert_int_equal(truncate(sandbox_path(box, "f.tar.gz", path), 200), 0);
	set_up(&run, box, "f.tar.gz", "");
	start(&run);
	assert_fails(&run,
		"f.tar.gz could not be decompressed: the gzip data is cut short: it ends at byte "
		"200");
}

/* Waits until tar has reported @bytes. */
static void run_until_bytes(struct run *run, uint64_t bytes)
{
	uint64_t limit = now_ms() + LIMIT_MS;

	while (run->extract.extracted_bytes < bytes) {
		assert_true(now_ms() < limit);
		assert_int_equal(run->ends, 0);
		tick(run);
	}
}

static void stops_a_decompressor_that_hangs_at_the_end(void **state)
{
	const struct sandbox *box = *state;
	struct run run;

	make_archives(box, 0);
	set_up(&run, box, "f.tar.gz", "");
	replace_decompressor(&run, box, "gzip -dc; exec sleep 1000");
	start(&run);
	run_until_bytes(&run, USTAR_BYTES);
	run.ahead_ms = 29000; /* it still has time to exit */
	for (unsigned i = 0; i < 5; i++)
		tick(&run);
	assert_int_equal(run.messages, 0);
	assert_true(extract_has_children(&run.extract));
	run.ahead_ms = 31000;
	assert_ends_well(&run);
	assert_int_equal(run.messages, 1);
	assert_string_equal(
		run.message, "./unpack has output all of f.tar.gz but does not exit; stopping it");
	tear_down(&run);
}

/* A tar that reports no count shows no progress while it works: the time of the decompressor begins
 * when tar has ended. */
static void a_silent_tar_does_not_end_the_decompressor(void **state)
{
	const struct sandbox *box = *state;
	char path[PATH_MAX];
	struct run run;

	make_archives(box, 0);
	set_up(&run, box, "f.tar.gz", NULL);
	replace_decompressor(&run, box, "gzip -dc; exec sleep 1000");
	STR_FORMAT(run.tar, "%s/silent", box->dir);
	sandbox_file(box, "silent",
		"#!/bin/sh\nhead -c 20480 >/dev/null\n"
		"while [ ! -e go ]; do sleep 0.05; done\n");
	assert_int_equal(chmod(sandbox_path(box, "silent", path), 0755), 0);
	start(&run);
	for (uint64_t until = now_ms() + LIMIT_MS; now_ms() < until;) {
		tick(&run);
		if (run.extract.archive_bytes == run.extract.source.id.size_bytes)
			break;
	}
	assert_int_equal(run.extract.archive_bytes, run.extract.source.id.size_bytes);
	run.ahead_ms = 31000;
	sandbox_file(box, "go", "");
	for (uint64_t until = now_ms() + LIMIT_MS; !run.extract.tar_done && now_ms() < until;)
		tick(&run);
	assert_true(run.extract.tar_done);
	tick(&run);
	assert_int_equal(run.messages, 0);
	assert_true(extract_has_children(&run.extract));
	run.ahead_ms = 62000;
	assert_ends_well(&run);
	assert_int_equal(run.messages, 1);
	tear_down(&run);
}

/* Half an archive is never accepted as complete. */
static void waits_for_a_decompressor_that_hangs_half_way(void **state)
{
	const struct sandbox *box = *state;
	struct run run;

	make_archives(box, 0);
	set_up(&run, box, "f.tar.gz", "");
	replace_decompressor(&run, box, "gzip -dc | head -c 102400; exec sleep 1000");
	start(&run);
	run_until_bytes(&run, 102400);
	run.ahead_ms = 1000000;
	for (unsigned i = 0; i < 10; i++)
		tick(&run);
	assert_int_equal(run.ends, 0);
	assert_int_equal(run.messages, 0);
	assert_true(child_is_running(&run.extract.source.decompressor));
	tear_down(&run);
	assert_int_equal(run.ends, 0);
}

/* Padding that tar leaves in the pipe would kill the decompressor with SIGPIPE. */
static void reads_the_padding(void **state)
{
	const struct sandbox *box = *state;
	struct run run;

	make_archives(box, PADDING);
	set_up(&run, box, "f.tar.gz", "read=0");
	start(&run);
	assert_ends_well(&run);
	tear_down(&run);
}

static void stops(void **state)
{
	static const int signals[] = {SIGTERM, SIGKILL};
	const struct sandbox *box = *state;
	struct run run;

	make_archives(box, PADDING);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		uint64_t limit = now_ms() + LIMIT_MS;

		set_up(&run, box, "f.tar.gz", "read=0;run=60000");
		start(&run);
		tick(&run);
		assert_true(extract_has_children(&run.extract));
		extract_stop(&run.extract, signals[i]);
		while (extract_has_children(&run.extract)) {
			assert_true(now_ms() < limit);
			tick(&run);
		}
		tear_down(&run);
		assert_int_equal(run.ends, 0);
	}
	/* Right after the decompressor was stopped, which would otherwise complete the
	 * extraction. */
	set_up(&run, box, "f.tar.gz", "read=0");
	replace_decompressor(&run, box, "gzip -dc; exec sleep 1000");
	start(&run);
	for (uint64_t limit = now_ms() + LIMIT_MS; run.messages == 0; run.ahead_ms += 5000) {
		assert_true(now_ms() < limit);
		tick(&run);
	}
	extract_stop(&run.extract, SIGKILL);
	while (extract_has_children(&run.extract))
		tick(&run);
	tear_down(&run);
	assert_int_equal(run.ends, 0);
	/* Before the start, and repeatedly. */
	set_up(&run, box, "f.tar.gz", NULL);
	extract_stop(&run.extract, SIGTERM);
	tick(&run);
	extract_finish(&run.extract);
	tear_down(&run);
	assert_int_equal(run.ends, 0);
}

/* tar would read the rest of the archive and fail on every file. */
static void ends_at_once_if_the_target_is_full(void **state)
{
	const struct sandbox *box = *state;
	struct run run;

	make_archives(box, 0);
	set_up(&run, box, "f.tar.gz",
		"say=tar: f: Cannot write: No space left on device;run=60000");
	start(&run);
	run_until_end(&run);
	assert_true(extract_has_children(&run.extract));
	assert_int_equal(run.messages, 1);
	assert_fails(&run, "board.img is full: tar: f: Cannot write: No space left on device");
}

static void fails_if_the_archive_changes(void **state)
{
	const struct timespec times[] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
	const struct sandbox *box = *state;
	struct run run;

	for (unsigned i = 0; i < 2; i++) {
		make_archives(box, 0);
		set_up(&run, box, "f.tar.gz", "run=300");
		start(&run);
		assert_int_equal(
			i == 0 ? utimensat(AT_FDCWD, run.archive, times, 0) : unlink(run.archive),
			0);
		assert_fails(&run, "f.tar.gz was changed or removed while it was extracted");
	}
}

/* For a tar that never answers, the count follows the archive after a while. */
static void detects_a_silent_tar(void **state)
{
	const struct sandbox *box = *state;
	struct run run;

	make_archives(box, 0);
	set_up(&run, box, "f.tar.gz", "handler=-1;run=60000");
	start(&run);
	tick(&run);
	assert_true(run.extract.tar_answers);
	run.ahead_ms = 11000;
	tick(&run);
	assert_false(run.extract.tar_answers);
	assert_int_equal(run.extract.tar.counts.signals, 0);
	tear_down(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(extracts),
		sandbox_test(several_at_once),
		sandbox_test(fails_with_tar),
		sandbox_test(names_the_first_error_of_tar),
		sandbox_test(fails_with_the_decompressor),
		sandbox_test(stops_a_decompressor_that_hangs_at_the_end),
		sandbox_test(a_silent_tar_does_not_end_the_decompressor),
		sandbox_test(waits_for_a_decompressor_that_hangs_half_way),
		sandbox_test(reads_the_padding),
		sandbox_test(stops),
		sandbox_test(ends_at_once_if_the_target_is_full),
		sandbox_test(fails_if_the_archive_changes),
		sandbox_test(detects_a_silent_tar),
	};

	return cmocka_run_group_tests_name("extract", tests, NULL, NULL);
}
