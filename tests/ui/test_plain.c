/* SPDX-License-Identifier: MIT */
#include "ui/lines/plain.h"

#include "tests/lib/capture.h"
#include "ui/lines/follow.h"

static struct plain plain;

static int setup(void **state)
{
	if (capture_open(state) < 0)
		return -1;
	plain_init(&plain, out);
	return 0;
}

/* The output since the last call. Fails if a line is too long. */
static const char *printed(void)
{
	const char *last = capture_take();

	for (const char *line = last; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > PLAIN_COLS)
			fail_msg("too long: %s", line);
	return last;
}

static struct snapshot extracting(void)
{
	struct snapshot snapshot = {
		.step = STEP_EXTRACT,
		.progress =
			{
				.archive = {MIB(129), MIB(204)},
				.extracted = {MIB(453), MIB(740)},
				.medium = {MIB(457), MIB(796)},
				.percent = 48,
				.rate_bps = 37958451,
				.mean_bps = 37539020,
				.eta_s = 19,
			},
		.elapsed_ms = 16000,
		.target_name = "mmcblk1",
		.target_kind = DISK_EMMC,
		.target_short = "..9f31",
		.archive_name = "rootfs.tar.zst",
	};

	snapshot.steps[STEP_EXTRACT].state = STEP_ACTIVE;
	return snapshot;
}

static void a_progress_line(void **state)
{
	struct snapshot before = {0}, now = extracting();

	(void)state;
	plain_snapshot(&plain, &before, &now);
	assert_string_equal(printed(), "extract  61 %  453/740 MiB  36.2 MiB/s  about 0:19 left\n");
	now.step = STEP_FLUSH;
	now.steps[STEP_FLUSH].state = STEP_ACTIVE;
	now.progress.eta_s = -1;
	plain_snapshot(&plain, &now, &now);
	assert_string_equal(printed(), ""); /* at most one line a second */
	now.elapsed_ms += 1000;
	plain_snapshot(&plain, &now, &now);
	assert_string_equal(printed(), "flush    57 %  457/796 MiB  36.2 MiB/s\n");
}

/* 100 s at one percent a second, at 4 Hz: exactly one line per 5 %. */
static void not_too_many_lines(void **state)
{
	struct snapshot before = extracting(), now = before;
	unsigned lines = 0;

	(void)state;
	for (unsigned tick = 0; tick < 400; tick++) {
		now.elapsed_ms = tick * 250;
		now.progress.extracted = (struct gauge){tick, 400};
		plain_snapshot(&plain, &before, &now);
		before = now;
	}
	for (const char *c = printed(); *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 19); /* 5, 10, ... 95 % */

	/* Ten times slower: one line every ten seconds. */
	now.progress.extracted.done = 0;
	now.step = STEP_VERIFY;
	now.steps[STEP_VERIFY].state = STEP_ACTIVE;
	lines = 0;
	for (unsigned tick = 0; tick <= 400; tick++) {
		now.elapsed_ms = 200000 + tick * 250;
		now.progress.step = (struct gauge){tick, 4000};
		plain_snapshot(&plain, &before, &now);
		before = now;
	}
	for (const char *c = printed(); *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 10);
}

/* --- the byte budget at 9600 baud --- */

#define TICK_MS	  250
#define LIVE_MS	  120000 /* the simulated install */
#define BUDGET_BS 96	 /* a tenth of 960 bytes a second */

/* The snapshot at @tick of an install of two minutes at 4 Hz: scan and the small steps take a
 * tenth, extract, flush and verify the rest; @warnings messages a tick. */
static struct snapshot live(unsigned tick, unsigned warnings)
{
	static const struct {
		enum step_id step;
		unsigned until; /* in hundredths of the whole */
	} steps[] = {{STEP_OPEN, 8}, {STEP_WIPE, 9}, {STEP_MKFS, 10}, {STEP_EXTRACT, 60},
		{STEP_FLUSH, 75}, {STEP_VERIFY, 99}, {STEP_COMMIT, 100}};
	unsigned ticks = LIVE_MS / TICK_MS, begin = 0, i = 0;
	struct snapshot now = extracting();
	struct gauge gauge;

	while (i < ARRAY_SIZE(steps) - 1 && tick * 100 >= steps[i].until * ticks)
		begin = steps[i++].until;
	for (unsigned done = 0; done < steps[i].step; done++)
		now.steps[done] = (struct snapshot_step){STEP_DONE, 59000};
	now.step = steps[i].step;
	now.steps[now.step].state = STEP_ACTIVE;
	now.elapsed_ms = (uint64_t)tick * TICK_MS;
	gauge = (struct gauge){
		MIB(7400) * (tick * 100 - begin * ticks) / ((steps[i].until - begin) * ticks),
		MIB(7400)};
	now.progress.archive = now.progress.extracted = gauge;
	now.progress.medium = now.progress.step = gauge;
	now.progress.eta_s = (LIVE_MS - tick * TICK_MS) / 1000;
	now.message_count = (uint64_t)tick * warnings;
	for (unsigned m = 0; m < SNAPSHOT_MESSAGES; m++) {
		struct snapshot_message *message = &now.messages[SNAPSHOT_MESSAGES - 1 - m];

		message->number = now.message_count > m ? now.message_count - m : 0;
		memset(message->text, 'w', sizeof(message->text) - 1);
	}
	return now;
}

/* Prints that install. Returns the bytes printed; *ret_worst is the maximum in ten seconds. */
static size_t live_bytes(unsigned warnings, unsigned *ret_lines, size_t *ret_worst)
{
	static size_t until_tick[LIVE_MS / TICK_MS + 1];
	const unsigned ticks = LIVE_MS / TICK_MS, ten = 10000 / TICK_MS;
	struct snapshot before = {0};
	const char *all;

	for (unsigned tick = 0; tick < ticks; tick++) {
		struct snapshot now = live(tick, warnings);

		plain_snapshot(&plain, &before, &now);
		before = now;
		until_tick[tick] = (size_t)ftell(out);
	}
	*ret_worst = 0;
	for (unsigned tick = ten; tick < ticks; tick++)
		if (until_tick[tick] - until_tick[tick - ten] > *ret_worst)
			*ret_worst = until_tick[tick] - until_tick[tick - ten];
	*ret_lines = 0;
	all = printed();
	for (const char *c = all; *c; c++) {
		*ret_lines += *c == '\n';
		assert_true(*c == '\n' || (*c >= ' ' && *c != 0x7f));
	}
	return strlen(all);
}

static void two_minutes_fit_a_slow_line(void **state)
{
	static const unsigned floods[] = {0, 1, 8, 100}; /* messages a tick */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(floods); i++) {
		unsigned lines;
		size_t worst, bytes;

		plain_init(&plain, out);
		bytes = live_bytes(floods[i], &lines, &worst);
		print_message("%3u messages/s: %zu bytes in %u lines over %u s, %zu B/s, at the "
			      "worst %zu in 10 s\n",
			floods[i] * 4, bytes, lines, LIVE_MS / 1000, bytes / (LIVE_MS / 1000),
			worst);
		assert_true(bytes <= BUDGET_BS * LIVE_MS / 1000);
		/* Any ten seconds fit, except for the initial burst of messages. */
		assert_true(worst <= (size_t)BUDGET_BS * 10 + SNAPSHOT_MESSAGES * 80);
	}
}

/* An install of five seconds: at most one progress line a second. */
static void a_quick_install_prints_few_lines(void **state)
{
	struct snapshot before = {0}, now = extracting();
	unsigned lines = 0;

	(void)state;
	for (unsigned tick = 0; tick < 20; tick++) {
		now.elapsed_ms = tick * 250;
		now.progress.extracted = (struct gauge){tick, 20};
		plain_snapshot(&plain, &before, &now);
		before = now;
	}
	for (const char *c = printed(); *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 4); /* at 1, 2, 3, 4 s */
}

static void messages_are_counted_or_shown(void **state)
{
	struct snapshot before = {0}, now = extracting();
	unsigned shown = 0, counted = 0, n;

	(void)state;
	now.steps[STEP_EXTRACT].state = STEP_TODO;
	for (unsigned number = 1; number <= 2000; number += 1 + number % 7 * 2) {
		for (unsigned m = 0; m < SNAPSHOT_MESSAGES; m++) {
			now.messages[m].number = number + m + 1 > SNAPSHOT_MESSAGES
							 ? number + m + 1 - SNAPSHOT_MESSAGES
							 : 0;
			STR_FORMAT(now.messages[m].text, "tar: warning");
		}
		now.message_count = number;
		now.elapsed_ms += 250;
		plain_snapshot(&plain, &before, &now);
		before = now;
	}
	now.state = INSTALL_PASSED;
	plain_snapshot(&plain, &before, &now);
	for (const char *line = printed(); *line; line += strcspn(line, "\n") + 1) {
		shown += strncmp(line, "tar: warning", 12) == 0;
		if (sscanf(line, "(%u more message", &n) == 1)
			counted += n;
	}
	assert_true(shown >= SNAPSHOT_MESSAGES && shown < 100);
	assert_int_equal(shown + counted, now.message_count);
}

/* Names of files and devices are not trusted. */
static void no_escape_gets_out(void **state)
{
	static const char evil[] = "a\x1b[2J\rb\x9b"
				   "c\x7f\a\n";
	struct snapshot before = {0}, now = extracting();
	struct plan *plan = calloc(1, sizeof(*plan));
	const char *all;

	(void)state;
	assert_non_null(plan);
	STR_COPY(now.target_name, evil);
	STR_COPY(now.target_short, evil);
	STR_COPY(now.archive_name, evil);
	STR_COPY(now.stall, evil);
	now.message_count = now.messages[0].number = 1;
	STR_COPY(now.messages[0].text, evil);
	now.elapsed_ms = 60000;
	plain_snapshot(&plain, &before, &now);
	plain_status(&plain, &now);
	now.state = INSTALL_FAILED;
	now.err = (struct err){.code = EXIT_FAILED};
	STR_COPY(now.err.text, evil);
	STR_COPY(now.err.step, evil);
	plain_snapshot(&plain, &before, &now);
	plain_status(&plain, &now);
	STR_COPY(plan->target.name, evil);
	STR_COPY(plan->target.model, evil);
	STR_COPY(plan->target.warning, evil);
	plan->archives.count = 1;
	STR_COPY(plan->archives.list[0].path, evil);
	STR_COPY(plan->layout.name, evil);
	plain_plan(&plain, plan);
	all = printed();
	assert_non_null(strstr(all, "a?[2J?b?c??"));
	for (const char *c = all; *c; c++)
		if (*c != '\n' && (*c < ' ' || *c == 0x7f))
			fail_msg("byte 0x%02x in: %s", (unsigned char)*c, all);
	free(plan);
}

static void steps_and_messages(void **state)
{
	struct snapshot before = {0}, now = {0};

	(void)state;
	now.step = STEP_MKFS;
	now.steps[STEP_OPEN] = (struct snapshot_step){STEP_DONE, 2400};
	now.steps[STEP_WIPE] = (struct snapshot_step){STEP_FAILED, 61000};
	now.steps[STEP_MKFS] = (struct snapshot_step){STEP_ACTIVE, 10};
	now.steps[STEP_VERIFY] = (struct snapshot_step){STEP_SKIPPED, 0};
	now.message_count = 1;
	now.messages[SNAPSHOT_MESSAGES - 1] = (struct snapshot_message){.number = 1,
		.text = "tar: a/very/long/path/\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
			"/that/does/not/fit/on/one/line/of/a/console: time stamp in the future"};
	plain_snapshot(&plain, &before, &now);
	assert_string_equal(printed(),
		"[ OK ] scan     0:02\n"
		"[FAIL] wipe     1:01\n"
		"[SKIP] verify\n"
		"tar: a/very/long/path/\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"/that/does/not/fit/on/one/line/of/a/cons...\n");
	plain_snapshot(&plain, &now, &now);
	assert_string_equal(printed(), "");
}

static void a_cut_keeps_characters_whole(void **state)
{
	struct snapshot before = {0}, now = {0};
	struct snapshot_message *message = &now.messages[SNAPSHOT_MESSAGES - 1];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		size_t at = i;
		const char *line;

		memset(message->text, 'x', i);
		for (; at + 2 < sizeof(message->text) - 1; at += 2)
			memcpy(message->text + at, "\xc3\xa4", 3);
		message->number = now.message_count = i + 1;
		plain_snapshot(&plain, &before, &now);
		before = now;
		line = printed();
		assert_true((unsigned char)line[strlen(line) - 5] == 0xa4); /* "ä...\n" */
	}
}

static void a_stall_takes_the_line(void **state)
{
	struct snapshot before = extracting(), now = before;

	(void)state;
	plain_snapshot(&plain, &before, &now);
	(void)printed();
	STR_COPY(now.stall,
		"no progress for 12 s: the device is not answering (2 writes in flight)");
	now.elapsed_ms += 5000;
	plain_snapshot(&plain, &before, &now);
	assert_string_equal(printed(), "");
	now.elapsed_ms += 5000;
	plain_snapshot(&plain, &before, &now);
	assert_string_equal(printed(),
		"no progress for 12 s: the device is not answering (2 writes in flight)\n");
}

static void results(void **state)
{
	struct snapshot before = extracting(), now = before;

	(void)state;
	now.state = INSTALL_PASSED;
	now.elapsed_ms = 37000;
	now.verify.entries = 19318;
	plain_snapshot(&plain, &before, &now);
	assert_string_equal(printed(),
		"PASS mmcblk1, eMMC ..9f31: 19,318 entries verified, 0 wrong, 453 MiB in 0:37\n");
	plain_snapshot(&plain, &now, &now);
	assert_string_equal(printed(), "");
	now.exit_code = EXIT_NOT_VERIFIED;
	STR_COPY(now.target_name, "a-rather-long-name-of-an-image");
	plain_snapshot(&plain, &before, &now);
	assert_string_equal(printed(),
		"PASS a-rather-long-name-of-an-image, eMMC ..9f31: installed, not verified, 453\n"
		"     MiB in 0:37\n");
	now.state = INSTALL_FAILED;
	now.err = (struct err){EXIT_FAILED, "mkfs", "why", ""};
	STR_COPY(now.target_name, "mmcblk1");
	plain_snapshot(&plain, &before, &now);
	assert_string_equal(printed(), "FAIL mmcblk1, eMMC ..9f31: at mkfs, after 0:37\n");
	now.state = INSTALL_CANCELLED;
	plain_snapshot(&plain, &before, &now);
	assert_string_equal(printed(), "CANCELLED mmcblk1, eMMC ..9f31: at mkfs, after 0:37\n");
}

static void the_status(void **state)
{
	struct snapshot now = extracting();

	(void)state;
	plain_status(&plain, &now);
	assert_string_equal(
		printed(), "rootfs.tar.zst -> mmcblk1: extract, 48 % done, about 0:19 left\n");
	now.state = INSTALL_FAILED;
	now.err = (struct err){EXIT_FAILED, "mkfs", "mkfs.ext4 failed on mmcblk1p1: exit status 1",
		"The card may be worn out; try another one"};
	plain_status(&plain, &now);
	assert_string_equal(printed(),
		"FAIL mmcblk1, eMMC ..9f31: at mkfs, after 0:16\n"
		"  mkfs.ext4 failed on mmcblk1p1: exit status 1. The card may be worn out; try\n"
		"  another one\n");
}

static void a_word_longer_than_a_line(void **state)
{
	char word[200];

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	plain_wrap(out, "Archive  ", word);
	plain_wrap(out, "  ", "");
	assert_int_equal(strlen(printed()), sizeof(word) - 1 + 3 * 9 + 3 + 3);
}

static void the_plan(void **state)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	(void)state;
	assert_non_null(plan);
	plan->target = (struct disk){.name = "mmcblk1",
		.model = "DG4008",
		.kind = DISK_EMMC,
		.size_bytes = 7818182656,
		.id.cid = "450100444734303038013f2a9f310000"};
	plan->archives.count = 1;
	STR_COPY(plan->archives.list[0].path, "/media/rootfs.tar.zst");
	plan->archives.list[0].id.size_bytes = MIB(204);
	plan->archives.list[0].stream_bytes = MIB(740);
	plan->archives.list[0].entries = 19318;
	STR_COPY(plan->archives.list[0].sha256, "6b1f0123456789abcdef");
	plan->archives.list[0].sidecar = SIDECAR_OK;
	STR_COPY(plan->layout.name, "single-gpt");
	plan->layout.count = 1;
	plan->layout.partitions[0] = (struct layout_partition){
		.start = 8192, .sectors = 15261696, .fs = FS_EXT4, .label = "rootfs", .mount = "/"};
	plan->layout.blob_count = 1;
	plan->layout.blobs[0] = (struct layout_blob){.name = "spl",
		.file = "/b/spl.bin",
		.offset_bytes = KIB(32),
		.size_bytes = KIB(128)};
	STR_COPY(plan->tar_program, "/bin/tar");
	plan->tar = TAR_GNU;
	plan->verify = true;
	plain_plan(&plain, plan);
	assert_string_equal(printed(),
		"Target   mmcblk1, eMMC DG4008, 7.3 GiB, ..9f31\n"
		"Archive  rootfs.tar.zst, 204 MiB -> 740 MiB, 19,318 entries\n"
		"         sha256 6b1f01234567..., matches the digest file beside it\n"
		"Layout   single-gpt, GPT\n"
		"         1: ext4 \"rootfs\" on /, from 4 MiB, 7.3 GiB\n"
		"         spl: /b/spl.bin (128 KiB) to the disk, from 32 KiB\n"
		"With     GNU tar, flush, verify every entry, then the partition table\n");
	free(plan);
}

/* The engine reports the scan as done, or repeats it, after the front end has shown it: still one
 * stream, with the scan reported once. */
static void the_engine_takes_over(void **state)
{
	struct snapshot now = {0};
	struct follow follow = {.json = true, .out = out, .signals.fd = -1};
	const char *line;

	(void)state;
	now.steps[STEP_OPEN] = (struct snapshot_step){STEP_ACTIVE, 100};
	follow_show(&follow, &now);
	now.steps[STEP_OPEN] = (struct snapshot_step){STEP_DONE, 2000};
	follow_show(&follow, &now);
	(void)capture_take();
	now.steps[STEP_OPEN] = (struct snapshot_step){STEP_ACTIVE, 0};
	follow_show(&follow, &now);
	now.steps[STEP_OPEN] = (struct snapshot_step){STEP_DONE, 0};
	now.steps[STEP_CHECK] = (struct snapshot_step){STEP_ACTIVE, 0};
	now.step = STEP_CHECK;
	follow_show(&follow, &now);
	follow_show(&follow, &now);
	assert_int_equal(follow.shown.steps[STEP_OPEN].ms, 2000);
	line = capture_take();
	assert_null(strstr(line, "\"scan\""));
	line = strstr(line, "{\"event\":\"step\",\"step\":\"check\",\"state\":\"start\"");
	assert_non_null(line);
	assert_null(strstr(line + 1, "{\"event\":\"step\""));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, capture_close)
	const struct CMUnitTest tests[] = {
		TEST(a_progress_line),
		TEST(not_too_many_lines),
		TEST(two_minutes_fit_a_slow_line),
		TEST(a_quick_install_prints_few_lines),
		TEST(messages_are_counted_or_shown),
		TEST(no_escape_gets_out),
		TEST(steps_and_messages),
		TEST(a_cut_keeps_characters_whole),
		TEST(a_stall_takes_the_line),
		TEST(results),
		TEST(the_status),
		TEST(a_word_longer_than_a_line),
		TEST(the_plan),
		TEST(the_engine_takes_over),
	};

	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
