/* SPDX-License-Identifier: MIT */
#include "core/install/progress.h"

#include "device/base/util.h"

#include <inttypes.h>

#define MEDIUM_OVERHEAD_PERCENT 4   /* journal, inode tables, directories (measured) */
#define VERIFY_SPEEDUP		2.5 /* read over write rate, until measured */
#define COMMIT_S		1.0
/* Below this, most writes are the filesystem's own and do not show the medium's rate. */
#define WRITE_TRUSTED_BYTES MIB(4)
#define ETA_AFTER_MS	    2000	   /* the first rates are those of the page cache */
#define ETA_LIMIT_S	    (100 * 3600.0) /* longer estimates are useless */
#define RING_MS		    200		   /* between two entries: at 4 Hz the ring spans 8 s */
#define STALL_TEXT_MS	    5000

/* Fixed per mille of the percent for each step; the byte counts share the rest. */
static const unsigned fixed_permille[SCOPE_COUNT][STEP_COUNT] = {
	[SCOPE_ALL] =
		{
			[STEP_CHECK] = 1,
			[STEP_LOCK] = 1,
			[STEP_WIPE] = 10,
			[STEP_TABLE] = 1,
			[STEP_MKFS] = 7,
			[STEP_COMMIT] = 10,
		},
	[SCOPE_FILES] =
		{
			[STEP_CHECK] = 1,
			[STEP_LOCK] = 1,
			[STEP_WIPE] = 10,
			[STEP_TABLE] = 1,
			[STEP_MKFS] = 7,
			[STEP_COMMIT] = 10,
		},
	[SCOPE_IMAGES] =
		{
			[STEP_CHECK] = 5,
			[STEP_LOCK] = 5,
			[STEP_WIPE] = 20,
			[STEP_TABLE] = 5,
			[STEP_MKFS] = 5,
			[STEP_FLUSH] = 5,
			[STEP_VERIFY] = 5,
			[STEP_COMMIT] = 950,
		},
	[SCOPE_BOOT] =
		{
			[STEP_CHECK] = 10,
			[STEP_LOCK] = 10,
			[STEP_COMMIT] = 980,
		},
};

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static double fraction(struct gauge gauge)
{
	return gauge.total > 0 ? (double)gauge.done / (double)gauge.total : 0;
}

static uint64_t per_second(uint64_t bytes, uint64_t ms)
{
	return ms > 0 ? (uint64_t)((double)bytes * 1000 / (double)ms) : 0;
}

int gauge_percent(struct gauge gauge)
{
	if (gauge.total == 0)
		return -1;
	if (gauge.done >= gauge.total)
		return 100;
	return (int)min_u64((uint64_t)(fraction(gauge) * 100), 99);
}

void progress_init(struct progress *progress, const struct progress_totals *totals, uint64_t now_ms)
{
	*progress = (struct progress){
		.last.now_ms = now_ms,
		.step_start_ms = now_ms,
		.moved_ms = now_ms,
		.view.eta_s = -1,
	};
	progress_expect(progress, totals);
}

void progress_expect(struct progress *progress, const struct progress_totals *totals)
{
	struct progress_view *view = &progress->view;

	progress->totals = *totals;
	view->archive.total = totals->archive_bytes;
	view->extracted.total = totals->extracted_bytes;
	view->medium.total =
		totals->medium_bytes + totals->medium_bytes / 100 * MEDIUM_OVERHEAD_PERCENT;
}

/* Raises @gauge to @done, up to its total if that is known. */
static void gauge_raise(struct gauge *gauge, uint64_t done)
{
	if (gauge->total > 0)
		done = min_u64(done, gauge->total);
	gauge->done = max_u64(gauge->done, done);
}

/* Keeps an estimate below its total, since work is left. */
static uint64_t below(uint64_t bytes, uint64_t total)
{
	return total > 0 ? min_u64(bytes, total - 1) : bytes;
}

/* Merges @sample into @last so that no counter shrinks. Returns true if any counter changed. */
static bool take_sample(struct progress_sample *last, const struct progress_sample *sample)
{
	struct progress_sample joined = *sample;
	bool moved;

	joined.now_ms = max_u64(last->now_ms, sample->now_ms);
	if (joined.step < last->step)
		joined.step = last->step;
	joined.archive_bytes = max_u64(last->archive_bytes, sample->archive_bytes);
	joined.extracted_bytes = max_u64(last->extracted_bytes, sample->extracted_bytes);
	joined.medium_bytes = max_u64(last->medium_bytes, sample->medium_bytes);
	/* A late sample of a finished step does not describe the running one. */
	if (sample->step < joined.step) {
		joined.step_done = last->step_done;
		joined.step_total = last->step_total;
	} else if (joined.step == last->step) {
		joined.step_done = max_u64(last->step_done, sample->step_done);
	}

	moved = joined.step != last->step || joined.archive_bytes != last->archive_bytes ||
		joined.extracted_bytes != last->extracted_bytes ||
		joined.medium_bytes != last->medium_bytes || joined.step_done != last->step_done ||
		joined.in_flight != last->in_flight; /* a hung device completes no request */
	*last = joined;
	return moved;
}

static void begin_step(struct progress *progress, enum step_id step)
{
	uint64_t now = progress->last.now_ms;

	if (progress->step < STEP_EXTRACT && step >= STEP_EXTRACT)
		progress->extract_start_ms = now;
	/* After the flush the bytes written are the total. Verify and commit write no files. */
	if (progress->step <= STEP_FLUSH && step > STEP_FLUSH)
		progress->view.medium.done = progress->view.medium.total =
			progress->last.medium_bytes;
	progress->step = step;
	progress->step_start_ms = now;
	progress->ring_next = progress->ring_count = 0;
	progress->view.step = (struct gauge){0};
}

static void update_extracted(struct progress *progress)
{
	struct progress_view *view = &progress->view;
	const struct progress_sample *last = &progress->last;
	uint64_t done = last->extracted_bytes;

	if (progress->step > STEP_EXTRACT) {
		/* tar has succeeded and the archive is drained, even if no sample showed it. */
		view->archive.done = max_u64(view->archive.done, view->archive.total);
		view->extracted.done = max_u64(view->extracted.done, view->extracted.total);
		return;
	}
	gauge_raise(&view->archive, last->archive_bytes);
	if (!last->tar_answers)
		done = below((uint64_t)(fraction(view->archive) * (double)view->extracted.total),
			view->extracted.total);
	gauge_raise(&view->extracted, done);
}

static void update_medium(struct progress *progress)
{
	struct gauge *medium = &progress->view.medium;
	uint64_t done = progress->last.medium_bytes;

	if (progress->step > STEP_FLUSH)
		return;
	/* More than expected, but the flush is not done: raise the total, to stay at 99 %. */
	if (medium->total > 0 && done >= medium->total)
		medium->total = done + done / 128 + 1;
	gauge_raise(medium, done);
}

/* The byte count that shows the progress of the running step. */
static uint64_t phase_bytes(const struct progress *progress)
{
	const struct progress_view *view = &progress->view;

	if (progress->step == STEP_EXTRACT)
		return view->extracted.done > 0 ? view->extracted.done : view->archive.done;
	if (progress->step == STEP_FLUSH)
		return view->medium.done;
	return view->step.done;
}

static void update_rates(struct progress *progress)
{
	struct progress_view *view = &progress->view;
	uint64_t now = progress->last.now_ms, bytes = phase_bytes(progress);
	unsigned newest = (progress->ring_next + PROGRESS_RING - 1) % PROGRESS_RING;
	unsigned oldest =
		(progress->ring_next + PROGRESS_RING - progress->ring_count) % PROGRESS_RING;

	if (progress->ring_count > 0) {
		uint64_t span_ms = now - progress->ring[oldest].ms;

		view->rate_bps = per_second(bytes - progress->ring[oldest].bytes, span_ms);
	} else {
		view->rate_bps = 0;
	}
	if (progress->ring_count == 0 || now - progress->ring[newest].ms >= RING_MS) {
		progress->ring[progress->ring_next].ms = now;
		progress->ring[progress->ring_next].bytes = bytes;
		progress->ring_next = (progress->ring_next + 1) % PROGRESS_RING;
		if (progress->ring_count < PROGRESS_RING)
			progress->ring_count++;
	}
	/* Flush counts as writing; verify and commit do not. */
	if (progress->step == STEP_EXTRACT || progress->step == STEP_FLUSH) {
		uint64_t elapsed_ms = now - progress->extract_start_ms;

		view->mean_bps = per_second(view->extracted.done, elapsed_ms);
		progress->write_bps = view->medium.done >= WRITE_TRUSTED_BYTES
					      ? per_second(view->medium.done, elapsed_ms)
					      : 0;
	}
}

static double verify_work(const struct progress *progress)
{
	/* In the unit of the other gauges, where each byte counts twice: read and written. */
	return progress->totals.verify ? 2 / VERIFY_SPEEDUP * (double)progress->totals.verify_bytes
				       : 0;
}

static void update_percent(struct progress *progress)
{
	struct progress_view *view = &progress->view;
	struct gauge stream = view->extracted.total > 0 ? view->extracted : view->archive;
	double verify = verify_work(progress), permille = 0, all, done;
	/* In the same unit: written, and read back. */
	double commit = 2 * (double)progress->totals.commit_bytes;
	const unsigned *fixed_of = fixed_permille[progress->totals.scope];
	unsigned fixed = 0;

	for (unsigned i = 0; i < STEP_COUNT; i++) {
		fixed += fixed_of[i];
		if (i < progress->step)
			permille += fixed_of[i];
	}
	if (progress->step < STEP_COUNT)
		permille += fixed_of[progress->step] * fraction(view->step);
	all = (double)stream.total + (double)view->medium.total + verify + commit;
	done = (double)stream.done + (double)view->medium.done;
	if (progress->step == STEP_VERIFY)
		done += verify * fraction(view->step);
	else if (progress->step == STEP_COMMIT)
		done += verify + commit * fraction(view->step);
	else if (progress->step > STEP_COMMIT)
		done = all;
	if (all > 0)
		permille += (1000 - fixed) * done / all;
	if (permille > 10.0 * view->percent)
		view->percent = permille < 990 ? (int)(permille / 10) : 99;
}

/* Seconds left for @gauge, at the average of its mean and recent rates. -1 if both are 0. */
static double seconds_left(struct gauge gauge, uint64_t mean_bps, uint64_t rate_bps)
{
	double bps = ((double)mean_bps + (double)rate_bps) / 2;

	if (gauge.done >= gauge.total)
		return 0;
	return bps > 0 ? (double)(gauge.total - gauge.done) / bps : -1;
}

static double write_seconds_left(const struct progress *progress)
{
	const struct progress_view *view = &progress->view;
	double stream, medium;

	if (progress->step > STEP_FLUSH)
		return 0;
	if (progress->step == STEP_FLUSH)
		return seconds_left(view->medium, progress->write_bps,
			view->rate_bps > 0 ? view->rate_bps : progress->write_bps);
	stream = seconds_left(view->extracted, view->mean_bps, view->rate_bps);
	/* Before the medium's rate is known, assume that of the stream. */
	medium = progress->write_bps > 0
			 ? seconds_left(view->medium, progress->write_bps, progress->write_bps)
			 : stream;
	return stream < 0 || medium < 0 ? -1 : stream > medium ? stream : medium;
}

static double verify_seconds_left(const struct progress *progress)
{
	const struct progress_view *view = &progress->view;
	uint64_t elapsed_ms = progress->last.now_ms - progress->step_start_ms;
	uint64_t write_bps = progress->write_bps > 0 ? progress->write_bps : view->mean_bps;

	if (!progress->totals.verify || progress->step > STEP_VERIFY)
		return 0;
	if (progress->step == STEP_VERIFY && view->step.done > 0 && elapsed_ms >= ETA_AFTER_MS)
		return seconds_left(
			view->step, per_second(view->step.done, elapsed_ms), view->rate_bps);
	if (write_bps == 0)
		return -1;
	return (double)progress->totals.verify_bytes * (1 - fraction(view->step)) /
	       (VERIFY_SPEEDUP * (double)write_bps);
}

static double commit_seconds_left(const struct progress *progress)
{
	const struct progress_view *view = &progress->view;
	double rate = (double)(progress->write_bps > 0 ? progress->write_bps : view->mean_bps);
	double left = progress->step == STEP_COMMIT ? 1 - fraction(view->step) : 1;

	return COMMIT_S + (rate > 0 ? (1 + 1 / VERIFY_SPEEDUP) * left *
						  (double)progress->totals.commit_bytes / rate
				    : 0);
}

static void update_eta(struct progress *progress)
{
	struct progress_view *view = &progress->view;
	uint64_t elapsed_ms = progress->last.now_ms - progress->extract_start_ms;
	double write, verify, all;

	view->eta_s = -1;
	if (progress->step < STEP_EXTRACT || view->extracted.total == 0 ||
		(progress->step == STEP_EXTRACT && elapsed_ms < ETA_AFTER_MS) ||
		view->stall_ms >= STALL_TEXT_MS) /* the end of a stall cannot be predicted */
		return;
	write = write_seconds_left(progress);
	verify = verify_seconds_left(progress);
	all = write + verify + commit_seconds_left(progress);
	if (write >= 0 && verify >= 0 && all < ETA_LIMIT_S)
		view->eta_s = progress->step >= STEP_COUNT ? 0 : (int64_t)(all + 0.5);
}

void progress_update(struct progress *progress, const struct progress_sample *sample)
{
	struct progress_view *view = &progress->view;

	if (progress->finished)
		return;
	if (take_sample(&progress->last, sample))
		progress->moved_ms = progress->last.now_ms;
	view->stall_ms = progress->last.now_ms - progress->moved_ms;
	view->stall_in_flight = progress->last.in_flight;
	if (progress->last.step != progress->step)
		begin_step(progress, progress->last.step);
	view->step.total = max_u64(view->step.total, progress->last.step_total);
	if (view->step.total > 0) /* a total may come late and be too small */
		view->step.total = max_u64(view->step.total, view->step.done);
	gauge_raise(&view->step, progress->last.step_done);
	update_extracted(progress);
	update_medium(progress);
	update_rates(progress);
	update_percent(progress);
	update_eta(progress);
}

void progress_finish(struct progress *progress)
{
	struct progress_view *view = &progress->view;

	progress->finished = true;
	begin_step(progress, STEP_COUNT);
	update_extracted(progress);
	view->percent = 100;
	view->rate_bps = 0;
	view->eta_s = 0;
	view->stall_ms = view->stall_in_flight = 0;
}

const struct progress_view *progress_view(const struct progress *progress)
{
	return &progress->view;
}

void progress_stall_text(
	const struct progress_view *view, enum step_id step, char *ret, size_t size)
{
	uint64_t seconds = view->stall_ms / 1000, requests = view->stall_in_flight;
	bool reads = step == STEP_VERIFY || step == STEP_OPEN;

	if (view->stall_ms < STALL_TEXT_MS)
		(void)str_copy(ret, size, "");
	else if (requests > 0)
		(void)str_format(ret, size,
			"no progress for %" PRIu64 " s: the device is not answering (%" PRIu64
			" %s%s in flight)",
			seconds, requests, reads ? "read" : "write", requests == 1 ? "" : "s");
	else if (step == STEP_EXTRACT && gauge_percent(view->archive) == 100)
		(void)str_format(ret, size,
			"no progress for %" PRIu64 " s: the archive is read, waiting for tar",
			seconds);
	else if (view->archive.total > 0 && (step == STEP_EXTRACT || step == STEP_OPEN))
		(void)str_format(ret, size,
			"no progress for %" PRIu64 " s: waiting for the archive to be read",
			seconds);
	else
		(void)str_format(ret, size, "no progress for %" PRIu64 " s", seconds);
}
