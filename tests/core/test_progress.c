/* SPDX-License-Identifier: MIT */
#include "core/install/progress.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* A board that writes 40 MiB a second and reads 100. */
#define WRITE_BPS MIB(40)
#define READ_BPS  MIB(100)

static const struct progress_totals totals = {
	.archive_bytes = MIB(200),
	.extracted_bytes = MIB(740),
	.medium_bytes = MIB(760),
	.verify_bytes = MIB(720),
	.verify = true,
};

static void whole_percent(void **state)
{
	(void)state;
	assert_int_equal(gauge_percent((struct gauge){0, 0}), -1);
	assert_int_equal(gauge_percent((struct gauge){5, 0}), -1);
	assert_int_equal(gauge_percent((struct gauge){0, 100}), 0);
	assert_int_equal(gauge_percent((struct gauge){999, 1000}), 99);
	assert_int_equal(gauge_percent((struct gauge){1000, 1000}), 100);
	assert_int_equal(gauge_percent((struct gauge){UINT64_MAX - 1, UINT64_MAX}), 99);
	assert_int_equal(gauge_percent((struct gauge){UINT64_MAX, UINT64_MAX}), 100);
}

/* One install at constant speed, sampled four times a second. Fills @percents and @etas with the
 * values of each tick; returns the number of ticks. */
struct shown {
	uint64_t ms;
	enum step_id step;
	struct progress_view view;
};

static size_t run_install(const struct progress_totals *of, bool tar_answers, double overhead,
	struct shown *shown, size_t max)
{
	struct progress progress = {0};
	struct progress_sample sample = {.now_ms = 1000, .tar_answers = tar_answers};
	uint64_t written = 0, on_medium = (uint64_t)((double)of->medium_bytes * overhead);
	size_t count = 0;

	progress_init(&progress, of, sample.now_ms);
	for (enum step_id step = STEP_CHECK; step < STEP_COUNT; count++) {
		assert_true(count < max);
		sample.now_ms += 250;
		sample.step = step;
		sample.step_done += step == STEP_VERIFY ? READ_BPS / 4 : 0;
		sample.step_total = step == STEP_VERIFY ? of->verify_bytes : 0;
		if (step == STEP_EXTRACT || step == STEP_FLUSH) {
			written += WRITE_BPS / 4;
			sample.medium_bytes = written < on_medium ? written : on_medium;
			/* tar is 64 MiB ahead of the medium */
			sample.extracted_bytes = written + MIB(64) < of->extracted_bytes
							 ? written + MIB(64)
							 : of->extracted_bytes;
			sample.archive_bytes =
				(uint64_t)((double)sample.extracted_bytes /
					   (double)of->extracted_bytes * (double)of->archive_bytes);
			if (!tar_answers)
				sample.extracted_bytes = 0;
		}
		progress_update(&progress, &sample);
		shown[count] = (struct shown){
			.ms = sample.now_ms, .step = step, .view = *progress_view(&progress)};
		if (step == STEP_EXTRACT      ? sample.archive_bytes >= of->archive_bytes
			: step == STEP_FLUSH  ? written >= on_medium
			: step == STEP_VERIFY ? sample.step_done >= of->verify_bytes
					      : true) {
			step++;
			sample.step_done = 0;
		}
		if (step == STEP_VERIFY && !of->verify)
			step++;
	}
	progress_finish(&progress);
	assert_int_equal(progress_view(&progress)->percent, 100);
	assert_int_equal(gauge_percent(progress_view(&progress)->medium), 100);
	assert_int_equal(progress_view(&progress)->eta_s, 0);
	return count;
}

static struct shown shown[400];

static const struct shown *last_of(enum step_id step, size_t count)
{
	while (count > 1 && shown[count - 1].step != step)
		count--;
	assert_int_equal(shown[count - 1].step, step);
	return &shown[count - 1];
}

static void an_install_moves_evenly(void **state)
{
	size_t count = run_install(&totals, true, 1.02, shown, ARRAY_SIZE(shown));
	uint64_t all_ms = shown[count - 1].ms - shown[0].ms;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct progress_view *view = &shown[i].view;
		double truth = (double)(shown[i].ms - shown[0].ms) / (double)all_ms * 100;
		int64_t left_s = (int64_t)(shown[count - 1].ms - shown[i].ms) / 1000;

		assert_true(view->percent <= 99);
		if (i > 0)
			assert_true(view->percent >= shown[i - 1].view.percent);
		/* Within a few percent of the real time, at a constant speed. */
		assert_true(view->percent > truth - 8 && view->percent < truth + 8);
		if (shown[i].step < STEP_EXTRACT)
			assert_int_equal(view->eta_s, -1);
		if (view->eta_s >= 0 && llabs(view->eta_s - left_s) > 2 + left_s / 4)
			fail_msg("eta %d s, but %d s were left in %s", (int)view->eta_s,
				(int)left_s, step_name(shown[i].step));
	}
	assert_true(last_of(STEP_EXTRACT, count)->view.eta_s > 0);
	assert_true(last_of(STEP_FLUSH, count)->view.rate_bps > WRITE_BPS * 9 / 10);
	assert_true(last_of(STEP_VERIFY, count)->view.rate_bps > READ_BPS * 9 / 10);
}

static void the_medium_is_full_after_the_flush(void **state)
{
	static const double overheads[] = {0.5, 1.0, 1.04, 1.1, 2.0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(overheads); i++) {
		size_t count = run_install(&totals, true, overheads[i], shown, ARRAY_SIZE(shown));
		const struct gauge flush = last_of(STEP_FLUSH, count)->view.medium,
				   after = last_of(STEP_VERIFY, count)->view.medium;

		assert_true(flush.done < flush.total);
		/* It shows the bytes written; the estimate is dropped. */
		assert_int_equal(after.done, after.total);
		assert_int_equal(
			after.done, (uint64_t)((double)totals.medium_bytes * overheads[i]));
	}
}

static void more_than_expected_grows_the_total(void **state)
{
	struct progress_totals small = {
		.archive_bytes = 100, .extracted_bytes = 100, .medium_bytes = 1000};
	struct progress_sample sample = {.now_ms = 1, .step = STEP_EXTRACT, .tar_answers = true};
	struct progress progress = {0};
	const struct gauge *medium = &progress.view.medium;

	(void)state;
	progress_init(&progress, &small, 0);
	assert_int_equal(medium->total, 1040); /* with the filesystem's overhead */
	for (sample.medium_bytes = 900; sample.medium_bytes < 100000; sample.medium_bytes += 37) {
		int before = gauge_percent(*medium);

		progress_update(&progress, &sample);
		assert_true(medium->done < medium->total);
		assert_true(gauge_percent(*medium) >= before);
		assert_int_equal(
			medium->done, sample.medium_bytes <= 1039 || sample.medium_bytes > 1040
					      ? sample.medium_bytes
					      : medium->done);
	}
	assert_int_equal(gauge_percent(*medium), 99);
}

/* Some data is left until the flush is done, however little. */
static void a_small_total_grows_too(void **state)
{
	struct progress_totals small = {.extracted_bytes = 100, .medium_bytes = 10};
	struct progress_sample sample = {.now_ms = 1, .step = STEP_FLUSH, .tar_answers = true};
	struct progress progress = {0};

	(void)state;
	progress_init(&progress, &small, 0);
	for (sample.medium_bytes = 1; sample.medium_bytes < 300; sample.medium_bytes++) {
		progress_update(&progress, &sample);
		assert_true(progress.view.medium.done < progress.view.medium.total);
	}
}

/* A total that changed with each sample could not be read. */
static void the_total_grows_rarely(void **state)
{
	struct progress_totals small = {.extracted_bytes = 100, .medium_bytes = 1000};
	struct progress_sample sample = {.now_ms = 1, .step = STEP_FLUSH, .tar_answers = true};
	struct progress progress = {0};
	unsigned samples = 0, changes = 0;

	(void)state;
	progress_init(&progress, &small, 0);
	for (sample.medium_bytes = 10000; sample.medium_bytes < 100000; sample.medium_bytes += 10) {
		uint64_t before = progress.view.medium.total;

		progress_update(&progress, &sample);
		changes += progress.view.medium.total != before;
		samples++;
	}
	assert_true(changes > 1 && changes < samples / 10);
}

/* The gauges of the files are full after their steps, however rare the samples; writes of verify
 * and commit do not count. */
static void finished_steps_are_full(void **state)
{
	static const uint64_t medium_totals[] = {0, MIB(760)};
	struct progress_totals some = totals;
	struct progress_sample sample;
	struct progress progress = {0};
	const struct progress_view *view = progress_view(&progress);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(medium_totals); i++) {
		some.medium_bytes = medium_totals[i];
		progress_init(&progress, &some, 0);
		sample = (struct progress_sample){.now_ms = 1,
			.step = STEP_EXTRACT,
			.archive_bytes = MIB(20),
			.extracted_bytes = MIB(70),
			.medium_bytes = MIB(60),
			.tar_answers = true};
		progress_update(&progress, &sample);
		assert_int_equal(view->archive.done, MIB(20));
		assert_int_equal(view->extracted.done, MIB(70));
		sample.step = STEP_FLUSH;
		progress_update(&progress, &sample);
		assert_int_equal(view->archive.done, totals.archive_bytes);
		assert_int_equal(view->extracted.done, totals.extracted_bytes);
		assert_int_equal(view->medium.done, MIB(60));
		sample.step = STEP_VERIFY;
		sample.medium_bytes = MIB(80);
		progress_update(&progress, &sample);
		sample.medium_bytes = MIB(90);
		progress_update(&progress, &sample);
		assert_int_equal(view->medium.done, MIB(80));
		assert_int_equal(view->medium.total, MIB(80));
		progress_finish(&progress);
		assert_int_equal(view->archive.done, totals.archive_bytes);
		assert_int_equal(view->extracted.done, totals.extracted_bytes);
		assert_int_equal(view->medium.done, MIB(80));
		assert_int_equal(view->medium.total, MIB(80));
	}
}

/* With padding, more bytes are read from the archive or reported by tar than expected. */
static void gauges_end_at_their_totals(void **state)
{
	struct progress_sample sample = {.now_ms = 1,
		.step = STEP_EXTRACT,
		.archive_bytes = totals.archive_bytes + 1,
		.extracted_bytes = totals.extracted_bytes + 1,
		.tar_answers = true};
	struct progress progress = {0};

	(void)state;
	progress_init(&progress, &totals, 0);
	for (sample.step = STEP_EXTRACT; sample.step < STEP_COUNT; sample.step++) {
		progress_update(&progress, &sample);
		assert_int_equal(progress.view.archive.done, totals.archive_bytes);
		assert_int_equal(progress.view.extracted.done, totals.extracted_bytes);
	}
}

static void a_silent_tar_is_shown_by_the_archive(void **state)
{
	size_t count = run_install(&totals, false, 1.02, shown, ARRAY_SIZE(shown));
	const struct progress_view *end = &last_of(STEP_EXTRACT, count)->view;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct progress_view *view = &shown[i].view;
		int files = gauge_percent(view->extracted), read = gauge_percent(view->archive);

		if (shown[i].step == STEP_EXTRACT)
			assert_true(files == read || files + 1 == read);
	}
	/* The archive is read, but tar may still buffer some of it. */
	assert_int_equal(gauge_percent(end->archive), 100);
	assert_int_equal(gauge_percent(end->extracted), 99);
	assert_int_equal(gauge_percent(last_of(STEP_FLUSH, count)->view.extracted), 100);
}

static void without_verification(void **state)
{
	struct progress_totals unverified = totals;
	size_t count;

	(void)state;
	unverified.verify = false;
	count = run_install(&unverified, true, 1.02, shown, ARRAY_SIZE(shown));
	assert_true(last_of(STEP_FLUSH, count)->view.percent >= 95);
	assert_true(last_of(STEP_FLUSH, count)->view.eta_s <= 2);
}

static void unknown_totals(void **state)
{
	struct progress_totals none = {.verify = true};
	struct progress_sample sample = {.now_ms = 1000, .step = STEP_EXTRACT};
	struct progress progress = {0};
	const struct progress_view *view = progress_view(&progress);

	(void)state;
	progress_init(&progress, &none, 0);
	for (int i = 0; i < 40; i++) {
		sample.now_ms += 250;
		sample.archive_bytes += MIB(1);
		sample.medium_bytes += MIB(2);
		progress_update(&progress, &sample);
	}
	assert_int_equal(gauge_percent(view->archive), -1);
	assert_int_equal(view->archive.done, MIB(40));
	assert_int_equal(view->medium.done, MIB(80));
	assert_int_equal(view->rate_bps, MIB(4));
	assert_int_equal(view->eta_s, -1);
	assert_true(view->percent < 10);
	sample.step_done = sample.step_total = 7;
	progress_update(&progress, &sample);
	progress_finish(&progress);
	assert_int_equal(view->percent, 100);
	assert_int_equal(gauge_percent(view->medium), 100);
	assert_int_equal(view->step.total, 0);
}

static void a_stall_is_reported(void **state)
{
	struct progress_sample sample = {.now_ms = 1000, .step = STEP_EXTRACT};
	struct progress progress = {0};
	const struct progress_view *view = progress_view(&progress);
	char text[96];

	(void)state;
	progress_init(&progress, &totals, 0);
	sample.medium_bytes = 4096;
	sample.in_flight = 2;
	progress_update(&progress, &sample);
	assert_int_equal(view->stall_ms, 0);
	sample.now_ms += 4900;
	progress_update(&progress, &sample);
	progress_stall_text(view, STEP_EXTRACT, text, sizeof(text));
	assert_string_equal(text, "");
	sample.now_ms += 7100;
	progress_update(&progress, &sample);
	progress_stall_text(view, STEP_EXTRACT, text, sizeof(text));
	assert_string_equal(
		text, "no progress for 12 s: the device is not answering (2 writes in flight)");
	assert_true(view->rate_bps == 0);
	progress_stall_text(view, STEP_VERIFY, text, sizeof(text));
	assert_string_equal(
		text, "no progress for 12 s: the device is not answering (2 reads in flight)");
	/* A request has completed: that is progress, if slow. */
	sample.in_flight = 1;
	progress_update(&progress, &sample);
	assert_int_equal(view->stall_ms, 0);
	sample.now_ms += 6000;
	progress_update(&progress, &sample);
	progress_stall_text(view, STEP_FLUSH, text, sizeof(text));
	assert_string_equal(
		text, "no progress for 6 s: the device is not answering (1 write in flight)");
	sample.in_flight = 0;
	progress_update(&progress, &sample);
	sample.now_ms += 6000;
	progress_update(&progress, &sample);
	progress_stall_text(view, STEP_EXTRACT, text, sizeof(text));
	assert_string_equal(text, "no progress for 6 s: waiting for the archive to be read");
	progress_stall_text(view, STEP_COMMIT, text, sizeof(text));
	assert_string_equal(text, "no progress for 6 s");
	/* Once all of it is read, the cause cannot be the archive. */
	sample.archive_bytes = totals.archive_bytes;
	progress_update(&progress, &sample);
	sample.now_ms += 6000;
	progress_update(&progress, &sample);
	progress_stall_text(view, STEP_EXTRACT, text, sizeof(text));
	assert_string_equal(text, "no progress for 6 s: the archive is read, waiting for tar");
}

static void a_stall_has_a_text_from_five_seconds_on(void **state)
{
	struct progress_view view = {.stall_ms = 4999};
	char text[96] = "?";

	(void)state;
	progress_stall_text(&view, STEP_FLUSH, text, sizeof(text));
	assert_string_equal(text, "");
	view.stall_ms = 5000;
	progress_stall_text(&view, STEP_FLUSH, text, sizeof(text));
	assert_string_equal(text, "no progress for 5 s");
}

/* A counter that falls and rises again to its old value is no progress. */
static void a_falling_counter_is_a_stall(void **state)
{
	static const size_t counters[] = {offsetof(struct progress_sample, archive_bytes),
		offsetof(struct progress_sample, extracted_bytes),
		offsetof(struct progress_sample, medium_bytes),
		offsetof(struct progress_sample, step_done)};
	struct progress progress = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		struct progress_sample sample = {.now_ms = 1000, .step = STEP_EXTRACT};
		uint64_t *counter = (uint64_t *)(void *)((char *)&sample + counters[i]);

		progress_init(&progress, &totals, 1000);
		*counter = 5000;
		progress_update(&progress, &sample);
		for (unsigned k = 1; k <= 6; k++) {
			sample.now_ms += 1000;
			*counter = k % 2 ? 4000 : 5000;
			progress_update(&progress, &sample);
			assert_int_equal(progress_view(&progress)->stall_ms, k * 1000);
		}
		sample.now_ms += 1000;
		*counter = 5001;
		progress_update(&progress, &sample);
		assert_int_equal(progress_view(&progress)->stall_ms, 0);
	}
}

/* A sample of a finished step, or one without a total, does not change the running step's gauge. */
static void a_late_sample_is_ignored(void **state)
{
	struct progress_sample sample = {
		.now_ms = 1000, .step = STEP_VERIFY, .step_done = 10, .step_total = 100};
	struct progress progress = {0};
	const struct gauge *step = &progress.view.step;

	(void)state;
	progress_init(&progress, &totals, 1000);
	progress_update(&progress, &sample);
	sample = (struct progress_sample){
		.now_ms = 1250, .step = STEP_WIPE, .step_done = 70, .step_total = 700};
	progress_update(&progress, &sample);
	assert_int_equal(progress_view(&progress)->stall_ms, 250);
	assert_int_equal(step->done, 10);
	assert_int_equal(step->total, 100);
	sample = (struct progress_sample){.now_ms = 1500, .step = STEP_VERIFY, .step_done = 20};
	progress_update(&progress, &sample);
	assert_int_equal(step->done, 20);
	assert_int_equal(step->total, 100);
	/* The next step starts at 0. */
	sample = (struct progress_sample){.now_ms = 1750, .step = STEP_COMMIT, .step_done = 1};
	progress_update(&progress, &sample);
	assert_int_equal(step->done, 1);
	assert_int_equal(step->total, 0);
}

/* The end of the stream can be estimated without the medium's total. */
static void the_eta_needs_no_medium(void **state)
{
	struct progress_totals some = totals;
	struct progress_sample sample = {.now_ms = 1000, .step = STEP_EXTRACT, .tar_answers = true};
	struct progress progress = {0};

	(void)state;
	some.medium_bytes = 0;
	progress_init(&progress, &some, 1000);
	for (unsigned i = 0; i < 40; i++) {
		sample.now_ms += 250;
		sample.extracted_bytes += MIB(10);
		sample.medium_bytes += MIB(10);
		progress_update(&progress, &sample);
	}
	/* 340 MiB at 40 MiB a second, then 720 at 100. */
	assert_in_range(progress_view(&progress)->eta_s, 15, 19);
}

static void the_eta_is_unknown_while_nothing_moves(void **state)
{
	struct progress_totals unverified = totals;
	struct progress_sample sample = {.now_ms = 1000, .step = STEP_EXTRACT, .tar_answers = true};
	struct progress progress = {0};

	(void)state;
	unverified.verify = false;
	progress_init(&progress, &unverified, 1000);
	progress_update(&progress, &sample);
	sample.now_ms += 3000;
	progress_update(&progress, &sample);
	assert_int_equal(progress_view(&progress)->eta_s, -1);
	/* No rate was measured before verify. */
	progress_init(&progress, &totals, 1000);
	sample.step = STEP_VERIFY;
	progress_update(&progress, &sample);
	assert_int_equal(progress_view(&progress)->eta_s, -1);
}

/* The filesystem's first blocks do not show the rate; during a stall no remaining time is known. */
static void the_eta_needs_a_rate(void **state)
{
	struct progress_sample sample = {.now_ms = 1000, .step = STEP_EXTRACT};
	struct progress progress = {0};
	const struct progress_view *view = progress_view(&progress);

	(void)state;
	progress_init(&progress, &totals, 1000);
	sample.medium_bytes = KIB(12);
	for (int i = 0; i < 40; i++) {
		sample.now_ms += 250;
		sample.archive_bytes += totals.archive_bytes / 80;
		progress_update(&progress, &sample);
	}
	assert_in_range(view->eta_s, 5, 40);
	for (int i = 0; i < 40; i++) {
		sample.now_ms += 250;
		progress_update(&progress, &sample);
	}
	assert_in_range(view->stall_ms, 9000, 11000);
	assert_int_equal(view->eta_s, -1);
}

static void the_clock_may_jump(void **state)
{
	struct progress_sample sample = {.now_ms = 100000, .step = STEP_EXTRACT};
	struct progress progress = {0};
	const struct progress_view *view = progress_view(&progress);

	(void)state;
	progress_init(&progress, &totals, 100000);
	sample.archive_bytes = MIB(10);
	sample.now_ms = 104000;
	progress_update(&progress, &sample);
	sample.now_ms = 5;
	progress_update(&progress, &sample);
	assert_int_equal(view->stall_ms, 0);
	assert_true(view->rate_bps < MIB(1000));
	sample.now_ms = UINT64_MAX;
	progress_update(&progress, &sample);
	assert_int_equal(view->eta_s, -1);
}

/* ---- properties, over random samples ---- */

static uint64_t random_bytes(void)
{
	uint64_t bytes = (uint64_t)random() << 31 | (uint64_t)random();

	return bytes >> (random() % 62);
}

static uint64_t jitter(uint64_t value)
{
	switch (random() % 8) {
	case 0:
		return 0;
	case 1:
		return value / 2;
	case 2:
		return random_bytes();
	default:
		return value + (uint64_t)(random() % 1000000);
	}
}

static void check_gauge(struct gauge before, struct gauge now)
{
	assert_true(now.done >= before.done);
	assert_true(now.total == 0 || now.done <= now.total);
	/* A total that was never known may become unknown; a percent never falls. */
	if (now.total > 0)
		assert_true(gauge_percent(now) >= gauge_percent(before));
}

static void check_view(const struct progress_view *before, const struct progress_view *now,
	enum step_id step, bool same_step)
{
	assert_in_range(now->percent, 0, 99);
	assert_true(now->percent >= before->percent);
	check_gauge(before->archive, now->archive);
	check_gauge(before->extracted, now->extracted);
	check_gauge(before->medium, now->medium);
	if (same_step)
		assert_true(now->step.done >= before->step.done);
	assert_true(now->step.total == 0 || now->step.done <= now->step.total);
	assert_true(now->eta_s >= -1 && now->eta_s <= 100 * 3600);
	if (step <= STEP_FLUSH && now->medium.total > 0)
		assert_true(now->medium.done < now->medium.total);
}

static void random_install(void)
{
	struct progress_totals some = {
		.archive_bytes = random() % 4 ? random_bytes() : 0,
		.extracted_bytes = random() % 4 ? random_bytes() : 0,
		.medium_bytes = random() % 4 ? random_bytes() : 0,
		.verify_bytes = random() % 4 ? random_bytes() : 0,
		.verify = random() % 2,
	};
	struct progress_sample sample = {.now_ms = (uint64_t)random()};
	struct progress_view before = {.eta_s = -1};
	struct progress progress = {0};
	enum step_id reached = 0;

	progress_init(&progress, &some, sample.now_ms);
	before = *progress_view(&progress);
	for (int i = 0; i < 60; i++) {
		enum step_id was = reached;

		sample.now_ms = random() % 16 ? sample.now_ms + (uint64_t)(random() % 2000)
					      : jitter(sample.now_ms);
		/* Sometimes backwards, as in a late sample. */
		if (random() % 4 == 0)
			sample.step = (enum step_id)(
				random() % 8 ? (unsigned)reached + 1 : random() % (STEP_COUNT + 1));
		if (sample.step > STEP_COUNT)
			sample.step = STEP_COUNT;
		if (sample.step > reached)
			reached = sample.step;
		sample.archive_bytes = jitter(sample.archive_bytes);
		sample.extracted_bytes = jitter(sample.extracted_bytes);
		sample.medium_bytes = jitter(sample.medium_bytes);
		sample.step_done = jitter(sample.step_done);
		sample.step_total = random() % 3 ? random_bytes() : 0;
		sample.in_flight = (uint64_t)(random() % 3);
		sample.tar_answers = random() % 2;
		progress_update(&progress, &sample);
		check_view(&before, progress_view(&progress), reached, was == reached);
		before = *progress_view(&progress);
	}
	progress_finish(&progress);
	assert_int_equal(progress_view(&progress)->percent, 100);
	/* Nothing changes after the end. */
	progress_update(&progress, &sample);
	assert_int_equal(progress_view(&progress)->percent, 100);
}

static void gauges_stay_consistent(void **state)
{
	(void)state;
	srandom(20);
	for (int i = 0; i < 5000; i++)
		random_install();
}

/* Only the commit takes time: its bytes are the percentage. */
static void the_boot_loader_alone(void **state)
{
	const struct progress_totals boot = {.scope = SCOPE_BOOT, .verify = true};
	struct progress progress = {0};
	struct progress_sample sample = {.now_ms = 1000, .step = STEP_LOCK};

	(void)state;
	progress_init(&progress, &boot, sample.now_ms);
	progress_update(&progress, &sample);
	assert_int_equal(progress_view(&progress)->percent, 1);
	sample = (struct progress_sample){
		.now_ms = 2000, .step = STEP_COMMIT, .step_done = MIB(1), .step_total = MIB(2)};
	progress_update(&progress, &sample);
	assert_int_equal(progress_view(&progress)->percent, 51);
	sample.step_done = MIB(2);
	progress_update(&progress, &sample);
	assert_int_equal(progress_view(&progress)->percent, 99);
	progress_finish(&progress);
	assert_int_equal(progress_view(&progress)->percent, 100);
}

/* The percentage at the begin of the commit, and in its middle. */
static void commit_percents(uint64_t commit_bytes, int ret[2])
{
	const struct progress_totals files = {.scope = SCOPE_FILES,
		.extracted_bytes = MIB(100),
		.medium_bytes = MIB(100),
		.verify_bytes = MIB(100),
		.commit_bytes = commit_bytes,
		.verify = true};
	struct progress progress = {0};
	struct progress_sample sample = {.now_ms = 1000, .step = STEP_FLUSH};

	progress_init(&progress, &files, 0);
	progress_update(&progress, &sample);
	sample.step = STEP_COMMIT;
	sample.step_total = MIB(2);
	progress_update(&progress, &sample);
	ret[0] = progress_view(&progress)->percent;
	sample.now_ms = 2000;
	sample.step_done = MIB(1);
	progress_update(&progress, &sample);
	ret[1] = progress_view(&progress)->percent;
}

/* Images beside files take their part of the percentage, and no images take none. */
static void images_have_their_share(void **state)
{
	int percents[2];

	(void)state;
	commit_percents(0, percents);
	assert_int_equal(percents[0], 99);
	commit_percents(MIB(700), percents);
	assert_in_range(percents[0], 10, 20);
	assert_in_range(percents[1], 50, 65);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_percent),
		cmocka_unit_test(an_install_moves_evenly),
		cmocka_unit_test(the_medium_is_full_after_the_flush),
		cmocka_unit_test(more_than_expected_grows_the_total),
		cmocka_unit_test(a_small_total_grows_too),
		cmocka_unit_test(the_total_grows_rarely),
		cmocka_unit_test(finished_steps_are_full),
		cmocka_unit_test(gauges_end_at_their_totals),
		cmocka_unit_test(a_silent_tar_is_shown_by_the_archive),
		cmocka_unit_test(without_verification),
		cmocka_unit_test(unknown_totals),
		cmocka_unit_test(a_stall_is_reported),
		cmocka_unit_test(a_stall_has_a_text_from_five_seconds_on),
		cmocka_unit_test(a_falling_counter_is_a_stall),
		cmocka_unit_test(a_late_sample_is_ignored),
		cmocka_unit_test(the_eta_needs_no_medium),
		cmocka_unit_test(the_eta_is_unknown_while_nothing_moves),
		cmocka_unit_test(the_eta_needs_a_rate),
		cmocka_unit_test(the_clock_may_jump),
		cmocka_unit_test(gauges_stay_consistent),
		cmocka_unit_test(the_boot_loader_alone),
		cmocka_unit_test(images_have_their_share),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
